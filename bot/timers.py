"""APScheduler behind a port: it wakes the program when a row falls due and decides nothing.

The rows are the truth; the one job per loop held here is made anew after every look at them. A virtual clock has no
waker: it is stepped.
"""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime, timedelta
from typing import Protocol

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger

_SAME = timedelta(milliseconds=1)
"""Instants closer than this are one: a loop that is woken by every write need not set the same job again each time."""


class RunningClock(Protocol):
    def real(self, at: datetime) -> datetime: ...


class Waker:
    """Lets a loop sleep until an instant or until somebody calls `wake`."""

    def __init__(self, scheduler: AsyncIOScheduler, clock: RunningClock, name: str) -> None:
        self._scheduler, self._clock, self._name = scheduler, clock, name
        self._event = asyncio.Event()
        self._rings_at: datetime | None = None

    def wake(self) -> None:
        self._event.set()

    async def sleep_until(self, at: datetime | None, *, at_most_s: float | None = None) -> None:
        """Returns at `at` (None: only when woken), or at once if `wake` was called since the last sleep.

        `at_most_s`: real seconds after which it returns in any case. A job is set for seconds from now, so without
        this a machine's clock that is set ahead would let it sleep too long.
        """
        real = None if at is None else self._clock.real(at)
        if real is not None and (self._rings_at is None or abs(real - self._rings_at) > _SAME):
            self._rings_at = real
            self._scheduler.add_job(
                self._ring,
                DateTrigger(run_date=real),
                id=self._name,
                replace_existing=True,
                misfire_grace_time=None,  # the default silently drops a job that is a second late
                coalesce=True,
                max_instances=100,  # the default of 1 skips a job set anew while the last ring is still being booked
            )
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(at_most_s):
                await self._event.wait()
        self._event.clear()

    def _ring(self) -> None:
        self._rings_at = None
        self.wake()


def scheduler() -> AsyncIOScheduler:
    """One in-memory scheduler in UTC; whatever it forgets at a crash is rebuilt from the rows."""
    return AsyncIOScheduler(timezone="UTC")
