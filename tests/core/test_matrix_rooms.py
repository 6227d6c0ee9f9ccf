"""Rooms beside each other: siblings, who takes whose viewers, what nothing tells apart; evenings without anybody."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import coverage, handoff, matrix
from bot.core.handoff import OnAir, Partner
from bot.core.markets import MARKETS
from bot.core.matrix import Alike, Result
from bot.core.model import Market, Room
from bot.core.money import Money

NOW = datetime(2027, 3, 12, 23, tzinfo=UTC)
ZONES = (
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "Asia/Shanghai",
    "America/Havana",
    "Asia/Kathmandu",
)


def room(slug, market="us", **more):
    return Room(slug, slug, "tiktok", MARKETS[market], **more)


US, WEST, UK, OTHER = room("us"), room("west", "us_west"), room("uk", "uk"), room("other", matrix="eu")
ROOMS = [US, WEST, UK, OTHER]


def slugs(rooms):
    return [each.slug for each in rooms]


def test_siblings_are_those_of_the_market_in_the_matrix_or_those_named():
    assert ["west"] == slugs(matrix.siblings(US, ROOMS))
    assert ["other", "uk"] == slugs(matrix.siblings(replace(US, siblings=("other", "uk", "gone")), ROOMS))
    archived = replace(WEST, archived_at=NOW)
    assert [] == matrix.siblings(US, [US, archived])


def test_viewers_go_to_who_is_on_air_then_to_who_is_next_and_never_to_another_market():
    third = room("third")
    rooms = [US, WEST, UK, third]
    ahead = {"west": NOW + timedelta(hours=2), "third": NOW + timedelta(hours=1), "uk": NOW}
    there = OnAir(NOW + timedelta(hours=1))
    assert Partner(WEST) == handoff.at_end(US, rooms, {"west": there}, ahead, NOW)
    assert Partner(third, ahead["third"]) == handoff.at_end(US, rooms, {"us": there}, ahead, NOW)
    assert handoff.at_end(US, rooms, {}, {}, NOW) is None
    assert handoff.at_end(replace(US, siblings=("uk",)), rooms, {"uk": there}, {"uk": ahead["third"]}, NOW) is None
    late = {"west": NOW + timedelta(days=3)}
    assert handoff.at_end(US, rooms, {}, late, NOW) is None
    assert Partner(WEST, late["west"]) == handoff.at_end(US, rooms, {}, late, NOW, within=None)


@pytest.mark.parametrize(
    ("rooms", "found"),
    [
        ([US], []),
        ([US, replace(WEST, theme="home")], [Alike(None, ("us",))]),
        ([replace(US, theme="Home"), replace(WEST, theme="home")], [Alike("Home", ("us", "west"))]),
        ([replace(US, theme="home"), replace(UK, theme="home")], []),
        ([replace(US, theme="home"), replace(WEST, theme="home", role="test", testing="two hosts")], []),
        ([replace(US, theme="home"), replace(WEST, theme="home", role="test")], [Alike("home", ("us", "west"))]),
    ],
)
def test_rooms_that_nothing_tells_apart(rooms, found):
    assert found == matrix.alike(rooms)


def of(*amounts, currency="USD"):
    return [Result("x", None if each is None else Money.parse(each, currency), None) for each in amounts]


def test_a_usual_result_needs_three_that_were_measured_in_the_market_s_currency():
    assert Money.parse(20, "USD") == matrix.usual(of(10, None, 20, 99), "USD").gmv
    few = matrix.usual([*of(10, None, 20), *of(5, currency="EUR")], "USD")
    assert (few.gmv, few.known, few.acu) == (None, 2, None)
    acus = [Result("x", None, Decimal(each)) for each in (3, 1, 2)]
    assert Decimal(2) == matrix.usual(acus, "USD").acu


def test_a_share_of_nothing_is_not_known():
    dollar = Money(100, "USD")
    assert matrix.share(dollar, Money(200, "USD")) == 0.5
    assert [None] * 4 == [
        matrix.share(*pair)
        for pair in ((None, dollar), (dollar, None), (dollar, Money(0, "USD")), (dollar, Money(9, "EUR")))
    ]


def test_rooms_stand_as_the_matrix_is_organised_the_flagship_first():
    rooms = [
        room("b", "us", theme="style"),
        room("a", "us"),
        room("z", "uk", role="flagship", theme="home"),
        room("y", "uk"),
    ]
    assert ["z", "y", "a", "b"] == slugs(matrix.in_order(rooms, "region"))
    assert ["z", "b", "a", "y"] == slugs(matrix.in_order(rooms, "category"))
    assert ["z", "a", "b", "y"] == slugs(matrix.in_order(rooms, None))


def test_a_market_put_together_by_hand_is_called_by_its_zone():
    assert ("us", "America/Chicago") == (
        matrix.market_name(MARKETS["us"]), matrix.market_name(Market("America/Chicago", "en", "USD")),
    )  # fmt: skip


def minutes_empty(zone, now, stretches, days):
    """Minute by minute, on the zone's own clocks: what `evenings` must find."""
    info, at, found = ZoneInfo(zone), now, {}
    while at < now + timedelta(days=days + 2):
        local = at.astimezone(info)
        if 19 <= local.hour < 23:
            empty = not any(start <= at < end for start, end in stretches)
            sums = found.setdefault(local.date(), [0, 0])
            sums[0] += 1
            sums[1] += empty
        at += timedelta(minutes=1)
    return dict(sorted(found.items())[:days])


@given(
    zone=st.sampled_from(ZONES),
    minute=st.integers(0, 250 * 1440),
    shows=st.lists(st.tuples(st.integers(-600, 3 * 1440), st.integers(10, 600)), max_size=6),
)
@settings(max_examples=40, deadline=None)
def test_evenings_agree_with_a_look_at_every_minute(zone, minute, shows):
    now = datetime(2027, 3, 8, tzinfo=UTC) + timedelta(minutes=minute)
    stretches = [(now + timedelta(minutes=at), now + timedelta(minutes=at + length)) for at, length in shows]
    found = coverage.evenings(zone, now, stretches, days=3)
    expected = minutes_empty(zone, now, stretches, 3)
    assert {each.day: [each.length_s // 60, each.empty_s // 60] for each in found} == expected


def test_an_evening_that_runs_counts_with_its_rest_and_one_that_is_over_not_at_all():
    new_york = ZoneInfo("America/New_York")
    late = datetime(2027, 3, 12, 22, tzinfo=new_york)
    [first, second, *_] = coverage.evenings("America/New_York", late, [])
    assert (date(2027, 3, 12), 3600) == (first.day, first.length_s)
    assert (date(2027, 3, 13), 4 * 3600, True) == (second.day, second.empty_s, second.is_empty)
    assert date(2027, 3, 13) == coverage.evenings("America/New_York", late + timedelta(hours=1), [])[0].day
