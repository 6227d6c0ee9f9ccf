"""Three weekly slots: what they are worth, what they must never be, and that nothing is guessed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import availability
from bot.core.slot_value import EVENING, WEEK, Aired, History, K, Market, cell_of, cells, evening
from bot.core.slots import DATES, Host, Question, Taken, suggest

NOW = datetime(2027, 3, 10, 12, 0, tzinfo=UTC)
ZONE = "America/New_York"
HOUR = 3600
FRIDAY = datetime.fromisoformat("2027-03-05T20:00")
MONDAY = datetime.fromisoformat("2027-03-08")
"""Naive: wall times of the market."""


def aired(weekday=4, hour=20, weeks_ago=1, gmv=100.0, acu=None, length_s=2 * HOUR, minute=0):
    day = MONDAY + timedelta(days=weekday, weeks=-weeks_ago)
    return Aired(day.replace(hour=hour, minute=minute), length_s, gmv, acu)


def asked(**more):
    return Question(**{"zone": ZONE, "length_s": 2 * HOUR, "now": NOW} | more)


def walls(found):
    return [(slot.weekday, slot.wall.hour, slot.wall.minute) for slot in found.slots]


def estimate(own, first, others=()):
    return Market(History(own), [History(other) for other in others]).estimate(cells(first, 2 * HOUR))


FRI_20 = cell_of(FRIDAY)
histories = st.lists(
    st.builds(
        aired,
        weekday=st.integers(0, 6),
        hour=st.integers(0, 23),
        weeks_ago=st.integers(1, 20),
        gmv=st.one_of(st.none(), st.floats(0, 5_000)),
        acu=st.one_of(st.none(), st.floats(0, 900)),
        length_s=st.integers(1_800, 5 * HOUR),
        minute=st.sampled_from((0, 7, 30, 52)),
    ),
    max_size=25,
)


def test_the_prior_is_the_evening():
    assert len(EVENING) == 24
    assert max(range(24), key=lambda hour: EVENING[hour]) in (20, 21)
    assert evening(cells(FRI_20, 2 * HOUR)) == pytest.approx(1.5)
    assert len(cells(WEEK - 1, 2 * HOUR)) == 4  # around the end of the week
    assert cells(WEEK - 1, 2 * HOUR)[:2] == (WEEK - 1, 0)


def test_with_no_history_it_is_the_market_evening_on_three_days_and_no_figure():
    found = suggest(asked())
    assert walls(found) == [(0, 20, 0), (3, 20, 0), (5, 20, 0)]
    assert (found.shows, found.measured, found.market_shows) == (0, 0, 0)
    for slot in found.slots:
        assert (slot.estimate.expected, slot.estimate.low, slot.estimate.high, slot.acu) == (None,) * 4
        assert slot.estimate.own == 0


def test_by_hand():
    """Two shows at Friday 20:00 and one at Tuesday 14:00, as the docstring says: level x evening x effect."""
    own = [aired(gmv=300.0), aired(weeks_ago=2, gmv=360.0), aired(weekday=1, hour=14, gmv=60.0)]
    level = (300 + 360 + 60) / (1.5 + 1.5 + 0.75)
    effects = [300 / (level * 1.5), 360 / (level * 1.5)]
    found = estimate(own, FRI_20)
    assert found.expected == pytest.approx(level * 1.5 * (sum(effects) + K * 1) / (2 + K))
    assert found.own == pytest.approx(2 / 6)
    assert found.low < found.expected < found.high


def test_with_many_shows_the_own_mean_decides():
    own = [aired(weeks_ago=1 + number % 20, gmv=200.0 + number % 3) for number in range(3_000)]
    found = estimate(own, FRI_20, others=[[aired(gmv=9_000.0, weekday=2)] * 30])
    assert found.expected == pytest.approx(201, rel=0.07)
    assert found.own > 0.99
    scattered = [*own, *[aired(weekday=1, hour=20, gmv=20.0)] * 3_000]
    assert estimate(scattered, FRI_20).expected == pytest.approx(201, rel=0.01)
    assert estimate(scattered, FRI_20 - 3 * 48).expected == pytest.approx(20, rel=0.02)


def test_a_room_without_sales_takes_the_level_of_its_market_and_its_best_hours():
    others = [[aired(weekday=6, hour=11, gmv=900.0, weeks_ago=number) for number in range(1, 9)]]
    others[0] += [aired(weekday=2, hour=20, gmv=300.0, weeks_ago=number) for number in range(1, 9)]
    found = suggest(asked(others=others))
    assert found.slots[0].weekday == 6
    assert found.slots[0].wall.hour in (10, 11)
    assert found.slots[0].estimate.expected is not None
    assert found.market_shows == 16


@given(own=histories, others=st.lists(histories, max_size=2), more=st.floats(1, 5_000))
def test_more_sold_in_a_slot_never_makes_it_worth_less(own, others, more):
    """Neither its figure, nor beside any slot of another day in which the room never was on air."""
    own = [*own, aired(gmv=100.0)]
    better = [*own[:-1], replace(own[-1], gmv_per_hour=100.0 + more)]
    before, after = estimate(own, FRI_20, others), estimate(better, FRI_20, others)
    assert after.expected >= before.expected * (1 - 1e-9)
    history = History(own)
    for first in range(0, WEEK, 6):
        if first // 48 != 4 and history.week.in_slot(cells(first, 2 * HOUR)).n == 0:
            other, then = estimate(own, first, others), estimate(better, first, others)
            assert after.expected * other.expected >= before.expected * then.expected * (1 - 1e-9)


@given(own=histories, others=st.lists(histories, max_size=3))
def test_figures_are_sound(own, others):
    """An interval around what is expected; no money where nobody measured any; the same answer twice."""
    found = suggest(asked(own=own, others=others))
    assert found == suggest(asked(own=own, others=others))
    has_money = any(item.gmv_per_hour is not None for history in (own, *others) for item in history)
    for slot in found.slots:
        worth = slot.estimate
        assert (worth.expected is not None) == has_money
        assert 0 <= worth.own < 1
        if has_money:
            assert 0 <= worth.low <= worth.expected <= worth.high


def test_unknown_is_not_nothing():
    """Shows nobody measured change neither the figures nor the order."""
    own = [aired(gmv=300.0, weeks_ago=2), aired(weekday=1, gmv=100.0)]
    unknown = [aired(weekday=6, gmv=None, weeks_ago=number) for number in range(9, 20)]
    assert estimate([*own, *unknown], FRI_20) == estimate(own, FRI_20)
    assert suggest(asked(own=[*own, *unknown])).shows == 2
    sold_nothing = [aired(weekday=6, gmv=0.0, weeks_ago=number) for number in range(9, 20)]
    assert estimate([*own, *sold_nothing], FRI_20).rank > estimate(own, FRI_20).rank


def test_viewers_stand_in_where_no_sales_were_measured():
    own = [aired(weekday=2, gmv=None, acu=900.0, weeks_ago=number) for number in range(1, 9)]
    own += [aired(weekday=4, gmv=None, acu=90.0, weeks_ago=number) for number in range(1, 9)]
    found = suggest(asked(own=own))
    assert found.slots[0].weekday == 2
    assert found.slots[0].estimate.expected is None
    assert found.slots[0].acu == 900
    assert (found.shows, found.measured) == (16, 0)


def test_a_slot_kept_for_weeks_counts_more_than_scattered_ones():
    kept = [aired(weekday=3, gmv=100.0, weeks_ago=number) for number in range(1, 7)]
    scattered = [aired(weekday=5, hour=hour, gmv=100.0 * EVENING[hour] / 1.5, weeks_ago=number)
                 for number, hour in enumerate((9, 12, 15, 18, 20, 22), 1)]  # fmt: skip
    found = suggest(asked(own=[*kept, *scattered]))
    assert (found.slots[0].weekday, found.slots[0].wall, found.slots[0].weeks_kept) == (3, time(20), 6)


def test_a_room_that_begins_at_half_past_is_suggested_half_past():
    found = suggest(asked(own=[aired(weekday=3, minute=34, gmv=500.0, weeks_ago=number) for number in range(1, 9)]))
    assert walls(found)[0] == (3, 20, 30)
    assert all(slot.wall.minute == 0 for slot in found.slots[1:])


def weekly(weekday, hour, length_s=2 * HOUR, zone=ZONE, name="x", **more):
    """Shows of the next ten weeks."""
    day = MONDAY + timedelta(days=weekday)
    starts = [
        (day + timedelta(weeks=week)).replace(hour=hour, tzinfo=ZoneInfo(zone)).astimezone(UTC) for week in range(10)
    ]
    return [Taken(at, at + timedelta(seconds=length_s), f"{name}-{at:%m%d}", **more) for at in starts]


def test_not_where_a_sibling_of_the_theme_is_on_air_and_said_where_another_is():
    rivals = [*weekly(0, 20, name="rival", is_rival=True), *weekly(3, 21, name="rival", is_rival=True)]
    found = suggest(asked(siblings=rivals))
    for slot in found.slots:
        assert not slot.siblings
        assert (slot.weekday, slot.wall.hour) not in [(0, 19), (0, 20), (0, 21), (3, 20), (3, 21), (3, 22)]
    others = [replace(item, is_rival=False, name="us_other") for item in rivals]
    assert not any(slot.siblings for slot in suggest(asked(siblings=others)).slots)  # there are as good hours without
    best = suggest(asked(own=[aired(weekday=0, weeks_ago=1), aired(weekday=1, gmv=10.0)], siblings=others)).slots[0]
    assert (best.weekday, best.wall, best.siblings) == (0, time(20), ("us_other",))


def test_where_the_room_is_on_air_already():
    """The very slot is shown as planned; one that runs into a planned show is not suggested."""
    found = suggest(asked(plan=weekly(0, 20, name="us_main")))
    assert walls(found)[0] == (0, 20, 0)
    assert found.slots[0].planned == "us_main-0316"
    assert suggest(asked(plan=weekly(0, 19, name="us_main"))).slots[0].weekday != 0


@settings(max_examples=60, deadline=None)
@given(
    own=histories,
    length_s=st.sampled_from((HOUR, 2 * HOUR, 5 * HOUR)),
    rest_s=st.sampled_from((0, 8 * HOUR, 24 * HOUR)),
    shows=st.lists(
        st.tuples(st.integers(0, 6), st.integers(0, 23), st.sampled_from(("Asia/Shanghai", ZONE))), max_size=5
    ),
)
def test_a_named_host_has_their_rest_and_no_evening_comes_twice(own, length_s, rest_s, shows):
    taken = [item for weekday, hour, zone in shows for item in weekly(weekday, hour, zone=zone)]
    host = Host("mia", "Mia", "Asia/Shanghai", rest_s=rest_s, shows=tuple(taken))
    found = suggest(asked(own=own, length_s=length_s, hosts=[host], is_named=True))
    length, rest = timedelta(seconds=length_s), timedelta(seconds=rest_s)
    planned = []
    for slot in found.slots:
        here = slot.next_at.astimezone(ZoneInfo(ZONE)).replace(tzinfo=None)
        assert (here.weekday(), here.time()) == (slot.weekday, slot.wall)
        dates = [(here + timedelta(weeks=week)).replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC) for week in range(DATES)]
        planned.append(dates)
        for start in dates:
            for other in taken:
                assert max(start - other.ends_at, other.starts_at - (start + length)) >= rest
    for one, other in combinations(planned, 2):
        assert all(max(a - (b + length), b - (a + length)) >= rest for a in one for b in other)
    evenings = {(slot.next_at.astimezone(ZoneInfo(ZONE)) - timedelta(hours=5)).weekday() for slot in found.slots}
    assert len(evenings) == len(found.slots) <= 3


def test_hours_a_host_told_are_kept_where_there_is_a_choice():
    """Shanghai evenings are New York mornings."""
    host = Host("mia", "Mia", "Asia/Shanghai", availability.parse("daily 08:00-12:00"))
    found = suggest(asked(hosts=[host]))
    for slot in found.slots:
        assert 8 <= slot.next_at.astimezone(ZoneInfo("Asia/Shanghai")).hour <= 10
        assert not slot.hosts[0].is_outside
    night = Host("ben", "Ben", "Europe/Berlin")
    assert [slot.hosts[0].is_night for slot in suggest(asked(hosts=[night])).slots] == [True] * 3  # 20:00 is 02:00


def test_nothing_left_is_nothing_suggested():
    busy = Host("mia", "Mia", ZONE, shows=tuple(item for day in range(7) for hour in (0, 8, 16)
                                                for item in weekly(day, hour, 7 * HOUR)))  # fmt: skip
    assert suggest(asked(hosts=[busy], is_named=True)).slots == ()
