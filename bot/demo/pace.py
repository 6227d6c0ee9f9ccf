"""How fast the demo's time runs: quickly by itself, slowly while something waits for a person nobody scripts."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.model import Session, Show
from bot.core.ports import Tx
from bot.core.records import Alert
from bot.demo.goods import ROOM
from bot.demo.matrix import HOST, OPERATOR
from handlers.rundowns import cue_at

SLOW = 6.0
_GO_S, _CHECKLIST_S = 600, 3600
_CUE_WAITS = timedelta(seconds=15)
"""How long after its moment a cue is still worth an answer."""


@dataclass(frozen=True, slots=True)
class Pace:
    """`skips`: stretches in which nothing is due are left out."""

    speed: float
    skips: bool = True


def pace(tx: Tx, now: datetime, starts_at: datetime, humans: AbstractSet[str], full: float) -> Pace:
    """The pace that lets `humans` do what is theirs; with nobody there to wait for, `full` speed."""
    if not humans:
        return Pace(full)
    slow = Pace(min(SLOW, full), skips=False)
    for session in tx.sessions.live(ROOM):
        show = tx.shows.get(session.show) if session.show else None
        if show is not None and _is_cued(tx, show, session, now, humans):
            return slow
    if any(_is_asked(tx, alert, humans) for alert in tx.alerts.open(ROOM)):
        return slow
    ahead_s = (starts_at - now).total_seconds()
    show = next((item for item in tx.shows.planned() if item.room == ROOM), None)
    if show is None or show.state not in ("planned", "no_go") or not 0 < ahead_s <= _CHECKLIST_S:
        return Pace(full)
    return slow if ahead_s <= _GO_S and OPERATOR in humans else Pace(full, skips=False)


def _is_asked(tx: Tx, alert: Alert, humans: AbstractSet[str]) -> bool:
    if alert.state == "open" and OPERATOR in humans:
        return True
    lines = [prompt for prompt in tx.alerts.prompts(alert.session) if prompt.alert == alert.id]
    return HOST in humans and bool(lines) and all(line.state == "offered" for line in lines)


def _is_cued(tx: Tx, show: Show, session: Session, now: datetime, humans: AbstractSet[str]) -> bool:
    return any(
        cue.state == "sent"
        and now < cue_at(show, session, cue) + _CUE_WAITS
        and (HOST in humans or (cue.needs_operator and OPERATOR in humans))
        for cue in tx.shows.cues(show.id)
    )
