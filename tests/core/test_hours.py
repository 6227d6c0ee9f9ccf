"""A host's week: real seconds, whatever the clocks do; nothing is lost between weeks, night is part of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import hours
from bot.core.hours import Shift

ZONES = (
    "Asia/Shanghai",
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
)
BEGIN = datetime(2027, 3, 1, tzinfo=UTC)


@st.composite
def plans(draw):
    begins = draw(st.sampled_from((BEGIN, datetime(2027, 10, 25, tzinfo=UTC), datetime(2011, 12, 27, tzinfo=UTC))))
    rows = draw(st.lists(st.tuples(st.integers(0, 20 * 1440), st.integers(10, 1440)), max_size=12))
    return [
        Shift(f"s{number}", begins + timedelta(minutes=at), begins + timedelta(minutes=at + length))
        for number, (at, length) in enumerate(rows)
    ]


def seconds(shift):
    return int((shift.ends_at - shift.starts_at).total_seconds())


@given(plans(), st.sampled_from(ZONES))
@settings(max_examples=80, deadline=None)
def test_the_weeks_together_have_every_second_of_every_show_and_night_is_never_more(shifts, zone):
    info = ZoneInfo(zone)
    first = hours.monday_of(min((shift.starts_at for shift in shifts), default=BEGIN).astimezone(info).date())
    weeks = [hours.week(first + timedelta(days=7 * number), info, shifts) for number in range(5)]
    assert sum(week.on_air_s for week in weeks) == sum(map(seconds, shifts))
    assert sum(week.shows for week in weeks) == len(shifts)
    assert sum(week.night_s for week in weeks) == sum(
        hours.night_s(each.starts_at, each.ends_at, info) for each in shifts
    )
    for week in weeks:
        assert 0 <= week.night_s <= week.on_air_s
        assert (len(week.free) == 7) == (week.on_air_s == 0)


@given(plans(), st.sampled_from(ZONES))
@settings(max_examples=60, deadline=None)
def test_night_agrees_with_a_look_at_every_ten_minutes(shifts, zone):
    info = ZoneInfo(zone)
    for shift in shifts[:2]:
        start, end = (at.replace(minute=at.minute // 10 * 10) for at in (shift.starts_at, shift.ends_at))
        looks = [start + timedelta(minutes=10 * number) for number in range(int((end - start).total_seconds()) // 600)]
        dark = sum(not 6 <= at.astimezone(info).hour < 22 for at in looks)
        assert hours.night_s(start, end, info) == dark * 600


def shift(name, start, length_h, zone="America/New_York"):
    begins = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return Shift(name, begins, begins + timedelta(hours=length_h))


def test_a_night_in_which_the_clocks_change_counts_its_real_hours():
    info = ZoneInfo("America/New_York")
    spring, autumn = shift("a", "2027-03-13T22:00", 7), shift("b", "2027-11-06T22:00", 9)
    assert 7 * 3600 == hours.night_s(spring.starts_at, spring.ends_at, info)  # 22:00 to 06:00 by the clocks
    assert 9 * 3600 == hours.night_s(autumn.starts_at, autumn.ends_at, info)
    assert 7 * 3600 == hours.night_s(spring.starts_at, spring.ends_at + timedelta(hours=2), info)


@pytest.mark.parametrize(
    ("shifts", "rest_h"),
    [
        ([], None),
        ([shift("a", "2027-03-10T20:00", 2)], None),
        ([shift("a", "2027-03-10T20:00", 2), shift("b", "2027-03-11T06:00", 2)], 8),
        ([shift("a", "2027-03-10T20:00", 5), shift("b", "2027-03-10T21:00", 1)], 0),
        ([shift("a", "2027-03-07T20:00", 2), shift("b", "2027-03-08T03:00", 1)], 5),  # over the week's border
        ([shift("a", "2027-03-06T20:00", 2), shift("b", "2027-03-06T23:00", 1)], None),  # both before it
        ([shift("a", "2027-03-10T08:00", 9), shift("b", "2027-03-10T10:00", 1), shift("c", "2027-03-10T18:00", 1)], 0),
    ],
)
def test_the_shortest_rest_of_the_week(shifts, rest_h):
    found = hours.week(date(2027, 3, 8), ZoneInfo("America/New_York"), shifts).rest_s
    assert found == (None if rest_h is None else rest_h * 3600)


def test_more_than_one_and_a_half_times_the_mean_is_named():
    assert {"a": 2.0} == hours.above({"a": 20, "b": 5, "c": 5})
    assert {} == hours.above({"a": 15, "b": 9, "c": 6})
    assert {} == hours.above({"a": 20}) == hours.above({}) == hours.above({"a": 0, "b": 0})
