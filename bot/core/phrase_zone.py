"""A zone in a schedule phrase: taken where it is the room's own, asked about where it is another."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, timedelta, timezone
from zoneinfo import ZoneInfo

from bot.core.errors import NotFoundError, UserError
from bot.core.phrase_draft import EXAMPLE, Draft, Part, unreadable
from bot.core.phrase_forms import phrase_text
from bot.core.phrase_present import Present
from bot.core.phrases import OneOff, Phrase
from bot.core.reply import Listing
from bot.core.zones import named, zone

_TIME = re.compile("\\s*(?:time|时间|時間)$", re.IGNORECASE)
_OFFSET = re.compile(r"(?:utc|gmt)?([+-])([0-9]{1,2}):?([0-9]{2})?", re.IGNORECASE)


def refuse_foreign_zone(draft: Draft, present: Present) -> None:
    """Nothing where no zone was said, or the room's own by its name or city.

    An abbreviation is never taken: EST is what people write in summer too.

    Raises:
        UserError: another zone, or none that there is.
    """
    part = draft.parts.get("zone")
    if part is None:
        return
    word = _TIME.sub("", part.text)
    zones = named(word)
    if word == part.text and "/" not in word:
        raise _foreign(draft, present, part)
    if present.zone.key in zones and len(zones) == 1:
        return
    if "/" in word and not zones:
        raise _unknown(draft, present, part)
    if not zones:
        raise unreadable(draft.raw, part)
    raise _foreign(draft, present, part)


def with_both_times(error: UserError, read: Callable[[str], Phrase], room: ZoneInfo) -> UserError:
    """An error about another zone with both meanings to choose from, where the show is one and the zone is certain.

    That is: that time on the room's clocks, and the room's time when clocks there show it.
    """
    said = error.message
    if said.key != "schedule.zone_given" or error.try_instead is None:
        return error
    there = _certain(str(said.params["part"]))
    try:
        phrase = read(error.try_instead)
    except UserError:
        return error
    if there is None or not isinstance(phrase, OneOff):
        return error
    here = phrase.wall.replace(tzinfo=there).astimezone(room).replace(tzinfo=None)
    if here == phrase.wall:
        return error  # today they agree; on another day, or after a change of the clocks, they may not
    both = Listing((error.try_instead, phrase_text(OneOff(here))))
    return UserError(said.key, try_instead=error.try_instead, **{**said.params, "readings": both})


def _certain(word: str) -> ZoneInfo | timezone | None:
    """The zone or the offset to UTC that a word stands for; None where it may be several."""
    if word.lower() == "z":
        return UTC
    if offset := _OFFSET.fullmatch(word):
        ahead = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
        return timezone(ahead if offset[1] == "+" else -ahead) if ahead < timedelta(hours=24) else None
    zones = named(_TIME.sub("", word))
    return ZoneInfo(zones[0]) if len(zones) == 1 else None


def _foreign(draft: Draft, present: Present, part: Part) -> UserError:
    instead = _shorter(draft, part)
    return UserError(
        "schedule.zone_given",
        try_instead=instead,
        part=part.text,
        at=part.start + 1,
        zone=present.zone.key,
        readings=Listing((instead,)),
    )


def _unknown(draft: Draft, present: Present, part: Part) -> UserError:
    try:
        zone(part.text)
    except NotFoundError as unknown:
        near = unknown.message.params["suggestions"]
    else:
        near = Listing(())
    return UserError(
        "schedule.zone_unknown",
        try_instead=_shorter(draft, part),
        part=part.text,
        at=part.start + 1,
        zone=present.zone.key,
        suggestions=near,
    )


def _shorter(draft: Draft, part: Part) -> str:
    return " ".join(draft.replaced(part, "").split()) or EXAMPLE
