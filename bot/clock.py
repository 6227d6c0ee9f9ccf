"""The three clocks. Nothing else in the program reads the time."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


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
    """Runs `speed` times as fast as real time from `start`; may be sped up, slowed down or set ahead, never back."""

    kind = "scaled"

    def __init__(self, start: datetime, speed: float) -> None:
        self._base, self._since, self.speed = start.astimezone(UTC), time.monotonic(), speed

    def now(self) -> datetime:
        return self._base + timedelta(seconds=(time.monotonic() - self._since) * self.speed)

    def real(self, at: datetime) -> datetime:
        return datetime.now(UTC) + (at - self.now()) / self.speed

    def set_speed(self, speed: float) -> None:
        self._base, self._since, self.speed = self.now(), time.monotonic(), speed

    def jump(self, to: datetime) -> None:
        """Skips ahead to `to`; going back is ignored, since promises may have been kept meanwhile."""
        if to > self.now():
            self._base, self._since = to.astimezone(UTC), time.monotonic()


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
