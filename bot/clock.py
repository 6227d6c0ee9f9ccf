"""The three clocks, and the machine's own. Nothing else in the program reads the time."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class Machine:
    """The machine's time of day, and the seconds it counts evenly whatever is done to that."""

    def wall(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


class RealClock:
    """Production."""

    kind = "real"
    speed = 1.0

    def now(self) -> datetime:
        return datetime.now(UTC)

    def real(self, at: datetime) -> datetime:
        """When the real clock will show what this one calls `at`."""
        return at


class ScaledClock:
    """Runs `speed` times as fast as real time from `start`; may be sped up, slowed down or set ahead, never back.

    Whoever drives it may hold it: it then stops at an instant until it is let go on, so that a machine too slow for
    the speed lives through everything in order instead of missing it.
    """

    kind = "scaled"

    def __init__(self, start: datetime, speed: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._base, self._since, self.speed = start.astimezone(UTC), monotonic(), speed
        self._limit: datetime | None = None

    def now(self) -> datetime:
        at = self._base + timedelta(seconds=(self._monotonic() - self._since) * self.speed)
        return at if self._limit is None else min(at, self._limit)

    def real(self, at: datetime) -> datetime:
        return datetime.now(UTC) + (at - self.now()) / self.speed

    def set_speed(self, speed: float) -> None:
        self._base, self._since, self.speed = self.now(), self._monotonic(), speed

    def hold_at(self, limit: datetime | None) -> None:
        """Goes on from now, but not beyond `limit` (one that has passed holds it where it is); None: freely."""
        now = self.now()
        self._base, self._since = now, self._monotonic()
        self._limit = None if limit is None else max(limit.astimezone(UTC), now)

    def jump(self, to: datetime) -> None:
        """Skips ahead to `to`; going back is ignored, since promises may have been kept meanwhile."""
        if to > self.now():
            self._base, self._since = to.astimezone(UTC), self._monotonic()
            if self._limit is not None:
                self._limit = max(self._limit, self._base)


class VirtualClock:
    """Stands still until it is set: replay, tests, `demo --speed max`."""

    kind = "virtual"
    speed = 0.0

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def set(self, to: datetime) -> None:
        self._now = max(self._now, to.astimezone(UTC))
