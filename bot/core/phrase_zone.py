"""A zone in a schedule phrase: taken where it is the room's own, asked about where it is another."""

from __future__ import annotations

from bot.core.errors import NotFoundError, UserError
from bot.core.phrase_draft import EXAMPLE, Draft, Part, unreadable
from bot.core.phrase_present import Present
from bot.core.reply import Listing
from bot.core.zones import named, zone

_TIME = ("time", "时间", "時間")


def refuse_foreign_zone(draft: Draft, present: Present) -> None:
    """Nothing where no zone was said, or the room's own by its name or city.

    An abbreviation is never taken: EST is what people write in summer too.

    Raises:
        UserError: another zone, or none that there is.
    """
    part = draft.parts.get("zone")
    if part is None:
        return
    word = part.text
    for ending in _TIME:
        if word.lower().endswith(ending):
            word = word[: -len(ending)].strip()
            break
    else:
        if "/" not in word:
            raise _foreign(draft, present, part)
    zones = named(word)
    if present.zone.key in zones and len(zones) == 1:
        return
    if "/" in word and not zones:
        raise _unknown(draft, present, part)
    if not zones:
        raise unreadable(draft.raw, part)
    raise _foreign(draft, present, part)


def _foreign(draft: Draft, present: Present, part: Part) -> UserError:
    instead = _shorter(draft, part)
    return UserError(
        "schedule.zone_given", try_instead=instead, part=part.text, at=part.start + 1, zone=present.zone.key
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
