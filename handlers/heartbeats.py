"""The sources of a room: when each was last heard, its usual rhythm, and which ought to be heard and are not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.core.heartbeat import Source
from bot.core.live import LiveRooms
from bot.core.model import Session
from bot.core.ports import Tx
from bot.core.reply import Item, Line, Listing, Span, When, msg
from bot.core.rules.no_data import SILENT_IN_PAUSE_S

_ALL_SILENT_S = 120
"""Without a line from any source of a room on air for so long, its counts mean nothing."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Of a room on air. `source`: who, or everybody."""

    room: str
    source: Line | Listing
    since_s: int


def item(source: Source, now: datetime, *, on_air: bool) -> Item:
    """One line about a source; only on air is a silence worth a word."""
    line = msg("source.line", source=source.name, at=When(source.heard_at))
    if source.is_by_hand:
        return Item(line, note=msg("source.by_hand"))
    if source.usual_s is None:
        return Item(line, note=msg("source.no_rhythm"))
    usual = Span(round(source.usual_s))
    if on_air and source.is_overdue(now):
        return Item(line, note=msg("source.silent", since=Span(source.silent_s(now)), usual=usual))
    return Item(line, note=msg("source.usual", usual=usual))


def silences(tx: Tx, live: LiveRooms, now: datetime) -> list[Silence]:
    """Of rooms on air alone: a source that falls silent when nobody is live has every right to."""
    return [found for session in tx.sessions.live() for found in _of(tx, session, live, now)]


def _of(tx: Tx, session: Session, live: LiveRooms, now: datetime) -> list[Silence]:
    sources = [source for source in tx.signals.sources(session.room) if not source.is_by_hand]
    if not sources:
        return []  # figures by hand, or none
    here = [source for source in sources if source.heard_at >= session.started_at]
    last = max((source.heard_at for source in here), default=session.started_at)
    since_s = int((now - last).total_seconds())
    if since_s <= (SILENT_IN_PAUSE_S if _is_paused(live, session) else _ALL_SILENT_S):
        return [
            Silence(session.room, source.name, source.silent_s(now))
            for source in here
            if source.is_overdue(now) and not _is_paused(live, session)
        ]
    return [Silence(session.room, Listing(tuple(source.name for source in here or sources)), since_s)]


def _is_paused(live: LiveRooms, session: Session) -> bool:
    found = live.get(session.id)
    return found is not None and found.judged >= 0 and found.tally.tick(found.judged).paused
