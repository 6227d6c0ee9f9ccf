"""How many viewers a hand-off brought, counted from the lines of both rooms around it."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.core import handoff
from bot.core.model import Session
from bot.core.planning_port import HandOff
from bot.core.ports import Tx
from bot.core.story import HandOffRow
from handlers import handoff_card

_RECENT = 20
"""So many sessions of a room are looked through for the one that was on air."""
_BEFORE = timedelta(days=1)


def rows(tx: Tx, session: Session, now: datetime) -> tuple[HandOffRow, ...]:
    """What the session gave and received, by time; one that was withdrawn before anybody used it is left out."""
    given = [
        HandOffRow(
            item.id,
            True,
            handoff_card.name(tx, item.room),
            item.used_at or item.offered_at,
            item.used_at is not None,
            item.is_to_live,
            arrived(tx, item),
            _is_whole(item, now),
        )
        for item in tx.hand_offs.of_session(session.id)
        if item.stands or item.used_at is not None
    ]
    received = [
        HandOffRow(item.id, False, _from(tx, item), item.used_at, True, True, arrived(tx, item), _is_whole(item, now))
        for item in tx.hand_offs.to_room(session.room, session.started_at - _BEFORE)
        if item.used_at is not None and item.is_to_live and _was_on_air(session, item.used_at)
    ]
    return tuple(sorted((*given, *received), key=lambda row: row.at))


def _is_whole(item: HandOff, now: datetime) -> bool:
    return item.used_at is None or item.used_at + handoff.ARRIVES <= now


def _from(tx: Tx, item: HandOff) -> str:
    session = tx.sessions.get(item.session)
    return item.session if session is None else handoff_card.name(tx, session.room)


def _was_on_air(session: Session, at: datetime) -> bool:
    return session.started_at <= at and (session.ended_at is None or at < session.ended_at)


def arrived(tx: Tx, item: HandOff) -> int | None:
    """None: not used, to a later show, or no source names the viewers of both rooms alike."""
    used_at, here = item.used_at, tx.sessions.get(item.session)
    if used_at is None or here is None or not item.is_to_live:
        return None
    there = next((each for each in tx.sessions.of_room(item.room, _RECENT) if _was_on_air(each, used_at)), None)
    rooms = tx.rooms.get(here.room), tx.rooms.get(item.room)
    if there is None or rooms[0] is None or rooms[1] is None or rooms[0].platform != rooms[1].platform:
        return None
    seen_from = used_at - handoff.SEEN
    return handoff.arrived(
        tx.signals.people(here.id, seen_from, used_at),
        tx.signals.people(there.id, seen_from, used_at),
        tx.signals.people(there.id, used_at, used_at + handoff.ARRIVES),
    )
