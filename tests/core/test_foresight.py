"""Which shows' hour moves for whom: against a look at every show, minute by minute where the clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import foresight
from bot.core.foresight import Change, Seat
from bot.core.model import Show
from bot.core.zones import resolve

ZONES = (
    "America/New_York", "America/Los_Angeles", "Europe/London", "Europe/Berlin", "Asia/Shanghai", "Africa/Casablanca",
    "Australia/Sydney", "Australia/Lord_Howe", "America/Santiago", "Asia/Kolkata", "America/Havana", "UTC",
)  # fmt: skip


def show(wall, zone, length_s=7200, **more):
    at = resolve(datetime.fromisoformat(wall), zone)
    local = at.local.replace(tzinfo=None, fold=0)
    return Show("s1", "us_main", "mia", local, zone, at.at, length_s, "planned", **more)


def offset(zone, at):
    return at.astimezone(ZoneInfo(zone)).utcoffset()


def walked(planned, seat, now):
    """The rule again, by walking: minute by minute, the last day on which one of the two clocks changed before it."""
    found, at = None, now.replace(second=0, microsecond=0)
    while at < planned.starts_at:
        after = at + timedelta(minutes=1)
        for zone in (planned.zone, seat.zone):
            if offset(zone, at) != offset(zone, after) and after > now:
                day = after.astimezone(ZoneInfo(zone)).date()
                if found is None or day > found[0]:
                    found = (day, at)
        at = after
    if found is None:
        return None
    day, eve = found
    apart = [offset(seat.zone, when) - offset(planned.zone, when) for when in (eve, planned.starts_at)]
    return (day, apart[1] - apart[0]) if apart[0] != apart[1] else None


@given(
    market=st.sampled_from(ZONES),
    home=st.sampled_from(ZONES),
    now=st.sampled_from([(2027, 3, 12), (2027, 3, 26), (2027, 10, 29), (2027, 11, 6), (2027, 4, 2), (2027, 2, 6)]),
    ahead_min=st.integers(1, 9 * 1440),
)
@settings(max_examples=60, deadline=None)
def test_agrees_with_a_walk_through_every_minute(market, home, now, ahead_min):
    begin = datetime(*now, 9, tzinfo=UTC)
    at = (begin + timedelta(minutes=ahead_min)).astimezone(ZoneInfo(market))
    planned = show(at.replace(tzinfo=None).isoformat(), market)
    seat = Seat("mia", home)
    found = foresight.moved(planned, seat, begin)
    assert (None if found is None else (found.day, found.by)) == walked(planned, seat, begin)
    if found is not None:
        assert found.after == planned.starts_at.astimezone(ZoneInfo(home)).replace(tzinfo=None, fold=0)


NOW = datetime(2027, 3, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wall", "market", "home", "day", "old", "new"),
    [
        ("2027-03-19T20:00", "America/New_York", "Asia/Shanghai", date(2027, 3, 14), "09:00", "08:00"),
        ("2027-03-19T20:00", "America/New_York", "Europe/London", date(2027, 3, 14), "01:00", "00:00"),
        ("2027-04-02T20:00", "America/New_York", "Europe/London", date(2027, 3, 28), "00:00", "01:00"),
        ("2027-03-14T02:30", "America/New_York", "Asia/Shanghai", date(2027, 3, 14), "16:30", "15:30"),  # in the gap
        ("2027-04-05T20:00", "Australia/Sydney", "Europe/London", date(2027, 4, 4), "10:00", "11:00"),
        ("2027-03-19T20:00", "Asia/Shanghai", "America/New_York", date(2027, 3, 14), "07:00", "08:00"),
    ],
)
def test_hours_as_people_know_them(wall, market, home, day, old, new):
    found = foresight.moved(show(wall, market), Seat("mia", home), NOW)
    assert (found.day, f"{found.before:%H:%M}", f"{found.after:%H:%M}") == (day, old, new)


@pytest.mark.parametrize(
    ("wall", "market", "home"),
    [
        ("2027-03-19T20:00", "America/New_York", "America/New_York"),
        ("2027-03-19T20:00", "America/New_York", "America/Toronto"),
        ("2027-03-13T20:00", "America/New_York", "Asia/Shanghai"),
        ("2027-07-19T20:00", "Asia/Shanghai", "Asia/Tokyo"),
        ("2027-02-26T20:00", "America/New_York", "Asia/Shanghai"),  # past
    ],
)
def test_nothing_moves(wall, market, home):
    assert foresight.moved(show(wall, market), Seat("mia", home), NOW) is None


def test_both_halves_of_the_world_move_apart_and_ramadan_moves_morocco():
    moved = foresight.moved(
        show("2027-11-09T20:00", "America/New_York"), Seat("", "Australia/Sydney"), datetime(2027, 9, 25, tzinfo=UTC)
    )
    assert (date(2027, 11, 7), timedelta(hours=1)) == (moved.day, moved.by)  # since 3 October it is two in all
    changes = foresight.changes("Africa/Casablanca", datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
    assert [(3600, 0), (0, 3600)] == [(each.before_s, each.after_s) for each in changes]


def test_changes_are_found_to_the_second():
    found = foresight.changes("America/New_York", datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 12, 1, tzinfo=UTC))
    assert found == (
        Change("America/New_York", datetime(2027, 3, 14, 7, tzinfo=UTC), -18000, -14400),
        Change("America/New_York", datetime(2027, 11, 7, 6, tzinfo=UTC), -14400, -18000),
    )
    assert () == foresight.changes("Asia/Shanghai", datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 12, 1, tzinfo=UTC))


def test_a_show_that_kept_the_host_s_hour_has_not_moved():
    planned = show("2027-03-19T20:00", "America/New_York")
    found = foresight.moved(planned, Seat("mia", "Asia/Shanghai"), NOW)
    assert f"{foresight.wall_for(planned, found.by):%H:%M}" == "21:00"
    wall = planned.starts_local
    shifted = foresight.moved(show("2027-03-19T21:00", "America/New_York"), Seat("mia", "Asia/Shanghai"), NOW)
    assert foresight.is_kept(shifted, wall)
    assert not foresight.is_kept(found, wall)
    assert not foresight.is_kept(found, None)


def test_what_becomes_night():
    at_night = foresight.moved(show("2027-03-19T09:30", "America/New_York"), Seat("mia", "Asia/Shanghai"), NOW)
    assert (at_night.is_night_now, f"{at_night.after:%H:%M}") == (False, "21:30")  # it was more of a night before
    later = foresight.moved(
        show("2027-11-09T09:00", "America/New_York"), Seat("", "Asia/Shanghai"), datetime(2027, 11, 1, tzinfo=UTC)
    )
    assert (later.is_night_now, f"{later.before:%H:%M}", f"{later.after:%H:%M}") == (True, "21:00", "22:00")


@pytest.mark.parametrize(
    ("seconds", "told"), [(0, "UTC+0"), (-18000, "UTC-5"), (19800, "UTC+5:30"), (-12600, "UTC-3:30")]
)
def test_offsets_as_they_are_written(seconds, told):
    assert told == foresight.told_offset(seconds)
