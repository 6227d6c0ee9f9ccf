"""Schedule phrases: from words to a rule in wall time, and from the rule to instants.

The words are in bot.core.phrase_grammar, their meaning in bot.core.phrase_meaning, the rules in bot.core.phrases, the
policy for clock changes in bot.core.zones. This is the face of them all.
"""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal, TypedDict

from dateutil.rrule import MO, WEEKLY, rrule

from bot.core.phrase_grammar import read
from bot.core.phrase_meaning import Present, meaning
from bot.core.phrases import OneOff, Phrase, Weekly, from_json, phrase_text, to_json
from bot.core.reply import Msg, When, msg
from bot.core.zones import Resolved, resolve
from bot.core.zones import zone as zone_named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from zoneinfo import ZoneInfo

__all__ = [
    "Note",
    "OneOff",
    "Phrase",
    "PreviewRow",
    "Resolved",
    "Weekly",
    "from_json",
    "note_msg",
    "notes",
    "occurrences",
    "parse",
    "phrase_text",
    "preview",
    "to_json",
]

Note = Literal["gap", "overlap", "offset change"]

_LAST_YEAR = 9998  # an instant in 9999 may be beyond what datetime can hold in another zone
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
    found: list[Resolved] = []
    for wall in _walls(phrase, after.astimezone(info).replace(tzinfo=None)):
        if len(found) >= count:
            break
        resolved = resolve(wall, info)
        if resolved.at > after and not (found and found[-1].at == resolved.at):
            found.append(resolved)
    return found


def notes(resolved: Sequence[Resolved]) -> list[tuple[Note, ...]]:
    """What to say beside each occurrence, "offset change" where its UTC offset is not that of the one before."""
    said: list[tuple[Note, ...]] = []
    before = None
    for each in resolved:
        offset = each.local.utcoffset()
        changed: tuple[Note, ...] = ("offset change",) if before is not None and offset != before else ()
        said.append(((each.note,) if each.note else ()) + changed)
        before = offset
    return said


def note_msg(note: Note, resolved: Resolved, zone: str) -> Msg:
    """The sentence for a note of an occurrence."""
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
    found = occurrences(_parse(text, begin, info, floor), info.key, after=floor, count=count)
    return [
        PreviewRow(
            local=each.local.isoformat(),
            zone=info.key,
            utc=each.at.isoformat().replace("+00:00", "Z"),
            note=", ".join((*said, *(beside(each.local.date()) if beside else ()))) or None,
        )
        for each, said in zip(found, notes(found), strict=True)
    ]


def _parse(text: str, now: datetime, info: ZoneInfo, floor: datetime) -> Phrase:
    if now.tzinfo is None:
        raise ValueError(f"{now.isoformat()} is not an instant: it has no zone")
    return meaning(read(text), Present(info, now.astimezone(info).date(), floor.astimezone(UTC)))


def _walls(phrase: Phrase, after: datetime) -> Iterator[datetime]:
    """The naive wall times of a phrase in order, from about two days before the naive `after` on."""
    if isinstance(phrase, OneOff):
        return iter((phrase.wall,))
    begin = phrase.first
    if phrase.count is None:
        # Whole intervals are skipped, so that a series that began years ago costs no more than a new one. Two days
        # of margin: a wall time in a gap comes up to a day later than it says.
        monday = phrase.first - timedelta(days=phrase.first.weekday())
        weeks = (after.date() - timedelta(days=2) - monday).days // 7 // phrase.interval * phrase.interval
        begin = max(phrase.first, monday + timedelta(weeks=weeks))
    rule = rrule(
        WEEKLY,
        dtstart=datetime.combine(begin, phrase.wall),
        interval=phrase.interval,
        count=phrase.count,
        byweekday=phrase.weekdays,
        wkst=MO,
    )
    last = min(phrase.until or date.max, date(_LAST_YEAR, 12, 31))
    return itertools.takewhile(lambda wall: wall.date() <= last, rule)
