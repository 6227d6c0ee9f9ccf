"""APScheduler behind a port: it wakes the program when a row falls due and decides nothing.

The rows are the truth; the one job per loop held here is made anew after every look at them. A virtual clock has no
waker: it is stepped.
"""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime
from typing import Protocol

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger


class RunningClock(Protocol):
    def real(self, at: datetime) -> datetime: ...


class Waker:
    """Lets a loop sleep until an instant or until somebody calls `wake`."""

    def __init__(self, scheduler: AsyncIOScheduler, clock: RunningClock, name: str) -> None:
        self._scheduler, self._clock, self._name = scheduler, clock, name
        self._event = asyncio.Event()

    def wake(self) -> None:
        self._event.set()

    async def sleep_until(self, at: datetime | None, *, at_most_s: float | None = None) -> None:
        """Returns at `at` (None: only when woken), or at once if `wake` was called since the last sleep.

        `at_most_s`: real seconds after which it returns in any case. A job is set for seconds from now, so without
        this a machine's clock that is set ahead would let it sleep too long.
        """
        if at is not None:
            self._scheduler.add_job(
                self.wake,
                DateTrigger(run_date=self._clock.real(at)),
                id=self._name,
                replace_existing=True,
                misfire_grace_time=None,  # the default silently drops a job that is a second late
                coalesce=True,
            )
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(at_most_s):
                await self._event.wait()
        self._event.clear()


def scheduler() -> AsyncIOScheduler:
    """One in-memory scheduler in UTC; whatever it forgets at a crash is rebuilt from the rows."""
    return AsyncIOScheduler(timezone="UTC")
