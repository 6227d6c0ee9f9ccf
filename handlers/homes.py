"""Which session a line of a room belongs to; what opens one, takes it up again or ends it (SCHEMAS, "Signal")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.core.model import Session
from bot.core.ports import Ports, Tx
from bot.core.records import StoredSignal
from handlers import sessions

_OPENERS = ("concurrent", "comment")
_LATE_KINDS = ("order", "refund", "totals")
"""Kinds that come long after the end and still belong to the session, until it is settled."""
_OLDEST = timedelta(hours=2)
"""Older lines open nothing: they tell what was on air once, not what is."""
_SAME = timedelta(seconds=sessions.SAME_S)


@dataclass(frozen=True, slots=True)
class Incoming:
    """One checked signal. `data` as bot.core.signal.data_of makes it; `at` UTC; `source_id` the sender's own id."""

    at: datetime
    source: str
    source_id: str | None
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """New lines and the sessions they went to (None: to none so far); `mark` as `SignalRepo.newest` after them."""

    lines: Sequence[tuple[str | None, StoredSignal]]
    mark: int


def keep(tx: Tx, room: str, signals: Sequence[Incoming], ports: Ports) -> Kept:
    """Stores what is new, line by line in arrival order; what came before has no effect at all."""
    keeper = _Keeper(tx, room, ports)
    for place in tx.signals.fresh(room, [(line.source, line.source_id) for line in signals]):
        keeper.take(signals[place])
    keeper.flush()
    return Kept(keeper.kept, tx.signals.newest())


class _Keeper:
    """One batch of one room inside its transaction."""

    def __init__(self, tx: Tx, room: str, ports: Ports) -> None:
        self._tx, self._room, self._ports = tx, room, ports
        self._now = ports.clock.now()
        self._newest = tx.sessions.latest(room)
        self._join_show()
        self._pending: list[tuple[StoredSignal, str | None]] = []
        self._home: str | None = None
        self.kept: list[tuple[str | None, StoredSignal]] = []

    @property
    def _live(self) -> Session | None:
        return self._newest if self._newest is not None and self._newest.state == "live" else None

    def _join_show(self) -> None:
        """A stream that went on air too early for its show becomes that show once its time has come."""
        if self._live is not None and self._live.show is None:
            show = sessions.planned_show(self._tx, self._room, self._now)
            if show is not None:
                self._newest = sessions.join(self._tx, self._live, show, self._ports)

    def take(self, line: Incoming) -> None:
        stored = StoredSignal(line.at, line.source, line.data)
        if self._live is None:
            self._open(stored)
        home = self._home_of(stored)
        if home != self._home:
            self.flush()
            self._home = home
        self._pending.append((stored, line.source_id))
        live = self._live
        if live is not None and home == live.id and _state(stored) == "ended":
            self.flush()
            if not self._is_undone(live, stored.at):
                self._newest = sessions.close_session(self._tx, live, stored.at, "stream", self._ports)

    def _is_undone(self, live: Session, ended_at: datetime) -> bool:
        """Lines overtake each other: an end that a later start has undone already ends nothing."""
        if ended_at <= live.started_at:
            return ended_at < live.started_at  # the end of what was on air before
        return not {"started", "resumed"}.isdisjoint(self._tx.signals.streams(live.id, ended_at))

    def flush(self) -> None:
        self._tx.signals.store(self._room, self._home, self._pending)
        self.kept += [(self._home, stored) for stored, _ in self._pending]
        self._pending.clear()

    def _home_of(self, line: StoredSignal) -> str | None:
        """The session of the line's own time; late orders go to the last one until it is settled."""
        live = self._live
        if live is not None and line.at >= live.started_at:
            return live.id
        for session in self._tx.sessions.of_room(self._room, 5):
            if session.state == "live" or session.ended_at is None or line.at < session.started_at:
                continue
            is_late = line.data["kind"] in _LATE_KINDS and session.state != "settled"
            if line.at <= session.ended_at + _SAME or (is_late and live is None):
                return session.id
            break
        return live.id if live is not None else None

    def _open(self, line: StoredSignal) -> None:
        """Goes on air, where the line says so."""
        starts = _state(line) == "started"
        last = self._newest
        if not (starts or line.data["kind"] in _OPENERS) or line.at < self._now - _OLDEST:
            return
        show = sessions.planned_show(self._tx, self._room, line.at)
        if last is not None and last.ended_at is not None and line.at <= last.ended_at + _SAME:
            if not starts or line.at < last.ended_at or last.state == "settled":
                return
            if show is None or not sessions.is_over(self._tx, last, line.at):
                self.flush()
                self._newest = sessions.reopen(self._tx, last, self._ports)
                return
        room = self._tx.rooms.get(self._room)
        if room is not None and room.archived_at is None:
            self.flush()
            self._newest = sessions.open_session(self._tx, self._room, show, line.at, self._ports)


def _state(line: StoredSignal) -> str | None:
    return line.data.get("state") if line.data["kind"] == "stream" else None
