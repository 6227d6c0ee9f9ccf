"""Schedule phrases: from words to a rule in wall time, and from the rule to instants.

The words are in bot.core.phrase_grammar, their meaning in bot.core.phrase_meaning, the rules in bot.core.phrases, their
dates in bot.core.phrase_dates, the policy for clock changes in bot.core.zones. This is the face of them all.
"""

from __future__ import annotations

import bisect
import itertools
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal, TypedDict

from bot.core.errors import UserError
from bot.core.excerpt import excerpt
from bot.core.phrase_dates import is_of, months_lacking, shifted, split, walls, without
from bot.core.phrase_forms import from_json, phrase_text, to_json
from bot.core.phrase_grammar import read
from bot.core.phrase_meaning import meaning
from bot.core.phrase_mending import mended
from bot.core.phrase_present import Present
from bot.core.phrase_zone import with_both_times
from bot.core.phrases import Monthly, OneOff, Phrase, Recurring, Weekly
from bot.core.reply import Listing, Msg, When, msg
from bot.core.zones import Resolved, resolve
from bot.core.zones import zone as zone_named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from zoneinfo import ZoneInfo

__all__ = [
    "Monthly",
    "Note",
    "OneOff",
    "Phrase",
    "PreviewRow",
    "Recurring",
    "Resolved",
    "Weekly",
    "between",
    "from_json",
    "is_of",
    "note_msg",
    "notes",
    "occurrences",
    "parse",
    "phrase_text",
    "preview",
    "remarks",
    "shifted",
    "split",
    "to_json",
    "without",
]

Note = Literal["gap", "overlap", "offset change", "month skipped"]

_SETTLED = timedelta(days=2)
"""A wall time in a gap comes at most a day later than it says, so nothing comes before what is this much older."""
_MOMENT = timedelta(microseconds=1)


class PreviewRow(TypedDict):
    """One line of `preview`: ISO 8601 with offset, UTC as Z; several notes are joined with ", "."""

    local: str
    zone: str
    utc: str
    note: str | None


def parse(text: str, *, now: datetime, zone: str) -> Phrase:
    """Reads a phrase typed at the aware instant `now`, in the wall time of `zone`.

    A weekday or date without a year means the next one whose start is still ahead of `now`.

    Raises:
        UserError: not understood (where), in doubt (both readings), past, impossible, or no such zone.
    """
    return _parse(text, now, zone_named(zone), floor=now)


def occurrences(phrase: Phrase, zone: str, *, after: datetime, count: int) -> list[Resolved]:
    """The next `count` instants later than the aware `after`, fewer when the phrase ends before.

    Two dates that become the same instant (the day Samoa skipped) are one occurrence.

    Raises:
        NotFoundError: no such zone.
    """
    info = zone_named(zone)
    begin = after.astimezone(info).replace(tzinfo=None)
    ahead = itertools.dropwhile(lambda each: each.at <= after, _in_order(walls(phrase, begin), info))
    return list(itertools.islice(ahead, count))


def between(phrase: Phrase, zone: str, start: datetime, end: datetime) -> list[Resolved]:
    """Every instant from the aware `start` on and before `end`.

    Raises:
        NotFoundError: no such zone.
    """
    info = zone_named(zone)
    begin = start.astimezone(info).replace(tzinfo=None)
    ahead = itertools.dropwhile(lambda each: each.at < start, _in_order(walls(phrase, begin), info))
    return list(itertools.takewhile(lambda each: each.at < end, ahead))


def notes(resolved: Sequence[Resolved], phrase: Phrase | None = None) -> list[tuple[Note, ...]]:
    """What to say beside each occurrence.

    "offset change" where its UTC offset is not that of the one before, "month skipped" where `phrase` is given and a
    month between the two lacks the date.
    """
    said: list[tuple[Note, ...]] = []
    before: Resolved | None = None
    for each in resolved:
        found: list[Note] = [each.note] if each.note else []
        if before is not None and each.local.utcoffset() != before.local.utcoffset():
            found.append("offset change")
        if before is not None and phrase is not None and months_lacking(phrase, before.wall.date(), each.wall.date()):
            found.append("month skipped")
        said.append(tuple(found))
        before = each
    return said


def remarks(phrase: Phrase, resolved: Sequence[Resolved]) -> list[Msg]:
    """What to say of a series beside its next dates: the months it skips, and what its count comes to."""
    said: list[Msg] = []
    if resolved:
        lacking = months_lacking(phrase, resolved[0].wall.date(), resolved[-1].wall.date())
        if lacking:
            said.append(msg("schedule.month_skipped", months=Listing(tuple(f"{month:%Y-%m}" for month in lacking))))
    if not isinstance(phrase, OneOff) and phrase.count is not None and phrase.without:
        held = sum(1 for _ in walls(phrase, datetime.combine(phrase.first, time())))
        said.append(msg("schedule.counted_out", count=phrase.count, held=held))
    return said


def note_msg(note: Note, resolved: Resolved, zone: str) -> Msg:
    """The sentence for a note of an occurrence, other than "month skipped", which `remarks` says of them all."""
    return msg(f"schedule.{note.replace(' ', '_')}", zone=zone, at=When(resolved.at, zone))


def preview(
    text: str, *, zone: str, start: date | datetime, count: int, beside: Callable[[date], Sequence[str]] | None = None
) -> list[PreviewRow]:
    """The first `count` occurrences of a phrase, read as if typed at `start` and including one at that very moment.

    Args:
        text: the phrase.
        zone: IANA name.
        start: an aware instant, or a date: its first moment in `zone`.
        count: rows at most.
        beside: what else to note of a date in `zone`: the holidays and sale days there.

    Raises:
        UserError: as `parse`.
    """
    info = zone_named(zone)
    begin = start if isinstance(start, datetime) else resolve(datetime.combine(start, time()), info).at
    floor = begin - _MOMENT
    phrase = _parse(text, begin, info, floor)
    found = occurrences(phrase, info.key, after=floor, count=count)
    return [
        PreviewRow(
            local=each.local.isoformat(),
            zone=info.key,
            utc=each.at.isoformat().replace("+00:00", "Z"),
            note=", ".join((*said, *(beside(each.local.date()) if beside else ()))) or None,
        )
        for each, said in zip(found, notes(found, phrase), strict=True)
    ]


def _parse(text: str, now: datetime, info: ZoneInfo, floor: datetime) -> Phrase:
    if now.tzinfo is None:
        raise ValueError(f"{now.isoformat()} is not an instant: it has no zone")
    present = Present(info, now.astimezone(info).date(), floor.astimezone(UTC))

    def as_it_is(words: str) -> Phrase:
        return meaning(read(words), present)

    try:
        return as_it_is(text)
    except UserError as error:
        better = mended(with_both_times(error, as_it_is, info), text, as_it_is)
        # Every error names the whole phrase: what is to be typed instead stands for that, not for the part in doubt.
        better.message = Msg(better.message.key, {"text": excerpt(text.strip()), **better.message.params})
        raise better from None


def _in_order(walls: Iterator[datetime], info: ZoneInfo) -> Iterator[Resolved]:
    """Their instants, ascending and each once.

    Two dates may become the same instant (the day Samoa skipped), and two times of a day may change places (02:30 in a
    gap comes after 03:15): what is found waits until nothing can come before it.
    """
    waiting: list[Resolved] = []
    last: datetime | None = None
    for resolved in itertools.chain((resolve(wall, info) for wall in walls), (None,)):
        if resolved is not None:
            bisect.insort_right(waiting, resolved, key=lambda each: each.at)
        while waiting and (resolved is None or waiting[0].at < resolved.at - _SETTLED):
            first = waiting.pop(0)
            if first.at != last:
                yield first
            last = first.at
