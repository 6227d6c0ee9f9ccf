"""The three clocks: what they show, how they are sped up, held and set, and that none ever goes back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.clock import RealClock, ScaledClock, VirtualClock

START = datetime(2027, 3, 12, 18, tzinfo=UTC)


class Seconds:
    """Real seconds, passed by hand."""

    def __init__(self) -> None:
        self.passed = 0.0

    def __call__(self) -> float:
        return self.passed


@pytest.fixture
def seconds():
    return Seconds()


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_a_scaled_clock_runs_so_many_times_as_fast(seconds):
    clock = ScaledClock(START, 60, seconds)
    seconds.passed = 2
    assert after(120) == clock.now()


def test_another_speed_goes_on_from_where_it_is(seconds):
    clock = ScaledClock(START, 60, seconds)
    seconds.passed = 1
    clock.set_speed(6)
    assert after(60) == clock.now()
    seconds.passed = 2
    assert after(66) == clock.now()


def test_a_jump_leads_ahead_and_never_back(seconds):
    clock = ScaledClock(START, 10, seconds)
    seconds.passed = 1
    clock.jump(START)
    assert after(10) == clock.now()
    clock.jump(after(3600))
    seconds.passed = 2
    assert after(3610) == clock.now()


def test_a_held_clock_stops_there_and_goes_on_from_there(seconds):
    clock = ScaledClock(START, 1000, seconds)
    clock.hold_at(after(30))
    seconds.passed = 5
    assert after(30) == clock.now()
    clock.hold_at(after(60))
    assert after(30) == clock.now(), "the time it was held is not made up for at once"
    seconds.passed = 5.01
    assert after(40) == clock.now()
    clock.hold_at(None)
    seconds.passed = 6.01
    assert after(1040) == clock.now()


def test_holding_a_clock_at_a_past_instant_does_not_set_it_back(seconds):
    clock = ScaledClock(START, 10, seconds)
    seconds.passed = 10
    clock.hold_at(after(50))
    assert after(100) == clock.now()


def test_a_jump_beyond_the_hold_takes_the_hold_along(seconds):
    clock = ScaledClock(START, 10, seconds)
    clock.hold_at(after(5))
    clock.jump(after(20))
    seconds.passed = 9
    assert after(20) == clock.now()


def test_an_instant_of_a_scaled_clock_is_sooner_in_real_time(seconds):
    clock = ScaledClock(START, 60, seconds)
    in_s = (clock.real(after(600)) - datetime.now(UTC)).total_seconds()
    assert in_s == pytest.approx(10, abs=1)


def test_a_start_in_any_zone_is_shown_in_utc(seconds):
    local = datetime.fromisoformat("2027-03-12T20:00:00-05:00")
    assert "2027-03-13T01:00:00+00:00" == ScaledClock(local, 1, seconds).now().isoformat()
    assert "2027-03-13T01:00:00+00:00" == VirtualClock(local).now().isoformat()


def test_a_virtual_clock_stands_still_and_is_never_set_back():
    clock = VirtualClock(START)
    assert START == clock.now()
    clock.set(after(60))
    clock.set(START)
    assert after(60) == clock.now()


def test_the_real_clock_is_aware_and_needs_no_conversion():
    clock = RealClock()
    assert clock.now().utcoffset() == timedelta(0)
    assert clock.real(START) == START
