"""The rooms on air now: their running counts and their rules, in memory, rebuilt from stored signals at start."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.model import Session
from bot.core.rules import rules_for
from bot.core.rules.cold_room import Sensitivity
from bot.core.tally import Tally
from bot.core.tick import TICK_S
from bot.core.watch import Watch

SETTLE_S = 2
"""A tick is judged this long after its end at the earliest, so that lines under way still land in it."""
_SPREAD_S = 8
"""Rooms are judged spread over this many seconds, so that many rooms never tick at once."""


@dataclass(slots=True)
class LiveSession:
    """`judged` is the index of the last judged tick (-1: none yet).

    `mark` is the newest stored line that was read when this was loaded: later ones are counted as they come.
    """

    session: Session
    tally: Tally
    watch: Watch
    judged: int = -1
    mark: int = 0
    held_until: datetime | None = None
    sensitivity: Sensitivity = "normal"

    @property
    def judge_at(self) -> datetime:
        """When the next tick is judged (UTC)."""
        spread = zlib.crc32(self.session.room.encode()) % _SPREAD_S
        at = self.session.started_at + timedelta(seconds=(self.judged + 2) * TICK_S + SETTLE_S + spread)
        return at if self.held_until is None else max(at, self.held_until)

    def hold(self, until: datetime) -> None:
        """Judges nothing before `until`: something went wrong and is tried again."""
        self.held_until = until

    def tune(self, sensitivity: Sensitivity) -> None:
        """From the next tick on it is judged with this sensitivity; what the rules know of the session stays."""
        if sensitivity == self.sensitivity:
            return
        watch = Watch(rules_for(sensitivity))
        watch.restore(self.watch.dump())
        self.watch, self.sensitivity = watch, sensitivity

    def seconds(self, at: datetime) -> float:
        """Seconds from the session's start."""
        return (at - self.session.started_at).total_seconds()


class LiveRooms:
    """By session id; at most one live session per room."""

    def __init__(self) -> None:
        self._by_session: dict[str, LiveSession] = {}

    def __iter__(self) -> Iterator[LiveSession]:
        return iter(list(self._by_session.values()))

    def add(self, live: LiveSession) -> None:
        self._by_session[live.session.id] = live

    def get(self, session: str) -> LiveSession | None:
        return self._by_session.get(session)

    def remove(self, session: str) -> None:
        self._by_session.pop(session, None)

    def earliest(self) -> LiveSession | None:
        return min(self._by_session.values(), key=lambda live: (live.judge_at, live.session.id), default=None)

    def next_due(self) -> datetime | None:
        earliest = self.earliest()
        return None if earliest is None else earliest.judge_at
