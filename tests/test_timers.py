"""The waker: APScheduler wakes a sleeping loop at an instant, however late, and a call of `wake` at once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.clock import RealClock, ScaledClock
from bot.timers import Waker, scheduler

SOON_S = 15.0
"""Real seconds within which anything awaited here must have happened."""


@pytest.fixture
async def ticker():
    found = scheduler()
    found.start()
    yield found
    found.shutdown(wait=False)


async def is_asleep(sleep: asyncio.Task[None]) -> bool:
    """After every other task had its turn."""
    done, _ = await asyncio.wait([sleep], timeout=0.05)
    return not done


@pytest.mark.parametrize("late_s", [0, 2, 3600, 86_400])
async def test_a_late_instant_still_wakes(ticker, late_s):
    """APScheduler's own default drops a job that is more than a second late."""
    clock = RealClock()
    async with asyncio.timeout(SOON_S):
        await Waker(ticker, clock, "due").sleep_until(clock.now() - timedelta(seconds=late_s))


async def test_an_instant_to_come_wakes_when_the_scaled_clock_gets_there(ticker):
    clock = ScaledClock(RealClock().now(), 600)
    at = clock.now() + timedelta(seconds=60)
    async with asyncio.timeout(SOON_S):
        await Waker(ticker, clock, "due").sleep_until(at)
    assert clock.now() >= at


async def test_without_an_instant_only_a_call_wakes(ticker):
    waker = Waker(ticker, RealClock(), "due")
    sleep = asyncio.create_task(waker.sleep_until(None))
    assert await is_asleep(sleep)
    waker.wake()
    async with asyncio.timeout(SOON_S):
        await sleep


async def test_a_call_just_before_the_sleep_is_not_lost(ticker):
    waker = Waker(ticker, RealClock(), "due")
    waker.wake()
    async with asyncio.timeout(SOON_S):
        await waker.sleep_until(None)


async def test_one_call_wakes_one_sleep(ticker):
    waker = Waker(ticker, RealClock(), "due")
    waker.wake()
    await waker.sleep_until(None)
    sleep = asyncio.create_task(waker.sleep_until(None))
    assert await is_asleep(sleep)
    sleep.cancel()


async def test_a_new_instant_takes_the_place_of_the_old_one(ticker):
    clock = RealClock()
    waker = Waker(ticker, clock, "due")
    first = asyncio.create_task(waker.sleep_until(clock.now() + timedelta(hours=1)))
    assert await is_asleep(first)
    waker.wake()
    await first
    async with asyncio.timeout(SOON_S):
        await waker.sleep_until(clock.now() + timedelta(milliseconds=20))
    assert [] == ticker.get_jobs()


async def test_two_loops_do_not_take_each_others_jobs(ticker):
    clock = RealClock()
    due, relay = Waker(ticker, clock, "due"), Waker(ticker, clock, "relay")
    far = asyncio.create_task(due.sleep_until(clock.now() + timedelta(hours=1)))
    async with asyncio.timeout(SOON_S):
        await relay.sleep_until(clock.now())
    assert await is_asleep(far)
    far.cancel()


async def test_the_same_instant_is_not_set_again_each_time_and_still_wakes(ticker, monkeypatch):
    """Every write wakes the loops: while a destination waits they would set the same job hundreds of times a second."""
    clock = RealClock()
    waker = Waker(ticker, clock, "due")
    set_jobs = []
    real = ticker.add_job
    monkeypatch.setattr(ticker, "add_job", lambda *given, **more: (set_jobs.append(more), real(*given, **more)))
    at = clock.now() + timedelta(milliseconds=80)
    for _ in range(5):
        waker.wake()
        await waker.sleep_until(at)
    async with asyncio.timeout(SOON_S):
        await waker.sleep_until(at)
    assert 1 == len(set_jobs)
    assert clock.now() >= at
    async with asyncio.timeout(SOON_S):
        await waker.sleep_until(at)
    assert 2 == len(set_jobs), "it rang, so the next one is set anew"
