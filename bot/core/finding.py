"""What `run.py check` says of one thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.places_port import CLOSING


@dataclass(frozen=True, slots=True)
class Finding:
    """`look`: nothing is wrong yet, but somebody should look."""

    what: str
    ok: bool
    detail: str
    look: bool = False


def of_places(chat: str, bound: int, wrong: Sequence[Finding]) -> list[Finding]:
    """What is said of a chat's bound places: a line for each in which something is amiss, else one for all."""
    if wrong:
        return list(wrong)
    what = f"{chat} places"
    if not bound:
        mend = "type /setup where they are to come"
        return [Finding(what, ok=True, look=True, detail=f"no messages go there yet: {mend}")]
    return [Finding(what, ok=True, detail=f"can write to all {bound}")]


def of_lack(destination: str, missing: Sequence[str], told: Sequence[str]) -> Finding | None:
    """The line about a place where the bot lacks permissions; `told`: what they are called there. None: it has all."""
    if not missing:
        return None
    closed = any(name in CLOSING for name in missing)
    detail = f"lacks {', '.join(told)}: /setup says what fails without; allow it there"
    return Finding(f"place {destination}", ok=not closed, look=True, detail=detail)
