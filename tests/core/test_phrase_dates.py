"""The dates of a series, and what can be done with it, against counting days one by one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.core.errors import UserError
from bot.core.phrases import MAX_WITHOUT
from bot.core.schedule import (
    Monthly,
    OneOff,
    Phrase,
    Recurring,
    Weekly,
    between,
    from_json,
    is_of,
    occurrences,
    parse,
    phrase_text,
    remarks,
    shifted,
    split,
    to_json,
    without,
)
from bot.core.zones import resolve

NEW_YORK = "America/New_York"
DAY = timedelta(days=1)
LOOKED_AT = 6000
"""Days of a series, from its first date on."""
LONG_AGO = datetime(2019, 1, 1, tzinfo=UTC)

dates = st.dates(date(2020, 1, 1), date(2037, 12, 31))
clocks = st.builds(time, st.integers(0, 23), st.integers(0, 59))
times_of_day = st.sets(clocks, min_size=1, max_size=3).map(lambda found: tuple(sorted(found)))


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


def nth_of(day: date) -> int:
    return (day.day + 6) // 7


def by_day(rule: Recurring) -> Iterator[date]:
    """Every date of a series, bounds aside, by looking at one day after the other."""
    monday = rule.first - DAY * rule.first.weekday()
    for day in (rule.first + DAY * step for step in range(LOOKED_AT)):
        if isinstance(rule, Weekly):
            fits = day.weekday() in rule.weekdays and (day - monday).days // 7 % rule.interval == 0
        else:
            months = (day.year - rule.first.year) * 12 + day.month - rule.first.month
            is_last = (day + DAY).day == 1
            of_days = day.day in rule.days or (is_last and -1 in rule.days)
            is_last_such = (day + 7 * DAY).month != day.month
            of_nth = (nth_of(day), day.weekday()) in rule.nth or (is_last_such and (-1, day.weekday()) in rule.nth)
            fits = months % rule.interval == 0 and (of_days or of_nth)
        if fits:
            yield day


def counted(rule: Recurring, most: int) -> list[datetime]:
    """Its first wall times, `most` of them at most."""
    walls = (datetime.combine(day, each) for day in by_day(rule) for each in rule.times)
    bounded = islice(walls, min(rule.count or most, most))
    return [
        wall
        for wall in bounded
        if (rule.until is None or wall.date() <= rule.until) and wall.date() not in rule.without
    ]


@st.composite
def recurring(draw: st.DrawFn) -> Recurring:
    first, times = draw(dates), draw(times_of_day)
    interval = draw(st.integers(1, 4))
    kind = draw(st.sampled_from(["weekly", "days", "nth"]))
    rule: Recurring
    if kind == "weekly":
        rule = Weekly(tuple(sorted(draw(st.sets(st.integers(0, 6))) | {first.weekday()})), times, first, interval)
    elif kind == "days":
        days = draw(st.sets(st.integers(1, 31), max_size=3)) | {first.day}
        ordered = (*sorted(days), *((-1,) if draw(st.booleans()) else ()))
        rule = Monthly(times, first, days=ordered, interval=interval)
    else:
        nth = draw(st.sets(st.tuples(st.integers(1, 5), st.integers(0, 6)), max_size=2))
        last = draw(st.sets(st.tuples(st.just(-1), st.integers(0, 6)), max_size=1))
        ordered_nth = (*sorted(nth | {(nth_of(first), first.weekday())}), *sorted(last))
        rule = Monthly(times, first, nth=ordered_nth, interval=interval)
    some = list(islice(by_day(rule), 8))
    until = draw(st.none() | st.integers(0, 500).map(lambda later: first + DAY * later))
    out = tuple(sorted(day for day in draw(st.sets(st.sampled_from(some), max_size=3)) if not until or day <= until))
    count = draw(st.none() | st.integers(1, 20))
    if isinstance(rule, Weekly):
        return Weekly(rule.weekdays, times, first, interval, until, count, out)
    return Monthly(times, first, rule.days, rule.nth, interval, until, count, out)


phrases = recurring() | st.builds(OneOff, st.builds(datetime.combine, dates, clocks))


def walls_of(phrase: Phrase | None, most: int) -> list[datetime]:
    if phrase is None:
        return []
    return [phrase.wall] if isinstance(phrase, OneOff) else counted(phrase, most)


@settings(deadline=None)
@given(phrases)
def test_the_canonical_text_and_the_stored_form_read_back(phrase: Phrase) -> None:
    bare = phrase if isinstance(phrase, OneOff) or walls_of(phrase, 40) else None
    assume(bare is not None)  # nothing left of it: that is refused when it is typed
    assert phrase == parse(phrase_text(phrase), now=LONG_AGO, zone=NEW_YORK)
    assert phrase == from_json(json.loads(json.dumps(to_json(phrase))))


@settings(deadline=None)
@given(recurring(), st.integers(-400, 1200), st.sampled_from([NEW_YORK, "Asia/Shanghai", "Australia/Lord_Howe"]))
def test_instants_agree_with_counting_days_one_by_one(rule: Recurring, later: int, zone: str) -> None:
    after = datetime.combine(rule.first, time(), tzinfo=UTC) + DAY * later
    instants = {resolve(wall, zone).at for wall in counted(rule, 4000)}
    ahead = sorted(at for at in instants if at > after)
    assert ahead[:3] == [each.at for each in occurrences(rule, zone, after=after, count=3)]
    end = after + 60 * DAY
    assert sorted(at for at in instants if after <= at < end) == [each.at for each in between(rule, zone, after, end)]


@settings(deadline=None)
@given(phrases, st.integers(0, 30), st.integers(-2, 2))
def test_the_two_parts_of_a_series_are_the_whole(phrase: Phrase, number: int, beside: int) -> None:
    whole = walls_of(phrase, 120)
    assume(whole)
    day = whole[min(number, len(whole) - 1)].date() + DAY * beside
    before, after = split(phrase, day)
    left, right = walls_of(before, 120), walls_of(after, 120)
    if not isinstance(phrase, OneOff):  # the days looked at are counted from the first date of what is looked at
        right = [each for each in right if each.date() < phrase.first + LOOKED_AT * DAY]
    assert left == [each for each in whole if each.date() < day]
    rest = [each for each in whole if each.date() >= day]
    assert right[: len(rest)] == rest
    assert right == rest or len(whole) > 100
    assert (before is None, after is None) == (not left, not right)
    assert all(is_of(part, each) for part, walls in ((before, left), (after, right[:9])) for each in walls if part)


@settings(deadline=None)
@given(recurring(), st.integers(-10, 200), clocks)
def test_whether_a_series_has_a_wall_time(rule: Recurring, later: int, clock: time) -> None:
    any_time = datetime.combine(rule.first + DAY * later, clock)
    whole = counted(rule, 700)
    assert is_of(rule, any_time) == (any_time in whole)
    assert all(is_of(rule, each) for each in whole[:5])
    assert not any(is_of(rule, datetime.combine(day, rule.times[0])) for day in rule.without)


@settings(deadline=None)
@given(recurring(), st.integers(-1440, 1440))
def test_a_series_is_moved_as_each_of_its_times_is_or_not_at_all(rule: Recurring, minutes: int) -> None:
    try:
        moved = shifted(rule, minutes=minutes)
    except UserError:
        days = {(datetime.combine(rule.first, each) + timedelta(minutes=minutes)).date() for each in rule.times}
        assert days != {rule.first}  # it stays on its days
        return
    expected = [each + timedelta(minutes=minutes) for each in counted(rule, 60)]
    assert walls_of(moved, 60) == expected


def test_moving_over_midnight() -> None:
    fri = Weekly((4,), (time(23, 30),), date(2027, 3, 12), 2, without=(date(2027, 3, 26),))
    assert shifted(fri, minutes=60) == Weekly((5,), (time(0, 30),), date(2027, 3, 13), 2, without=(date(2027, 3, 27),))
    last = Monthly((time(23),), date(2027, 3, 31), days=(-1,))
    assert shifted(last, minutes=60) == Monthly((time(0),), date(2027, 4, 1), days=(1,))
    assert shifted(Monthly((time(0),), date(2027, 4, 1), days=(1,)), minutes=-60) == last
    assert shifted(fri, times=(time(20), time(10))).times == (time(10), time(20))  # type: ignore[union-attr]
    assert shifted(OneOff(wall("2027-03-12T23:00")), minutes=120) == OneOff(wall("2027-03-13T01:00"))
    assert shifted(OneOff(wall("2027-03-12T23:00")), times=(time(9),)) == OneOff(wall("2027-03-12T09:00"))


@pytest.mark.parametrize(
    ("rule", "key"),
    [
        (Weekly((0, 6), (time(23),), date(2027, 3, 14), 2), "shift_week"),
        (Weekly((4,), (time(10), time(23)), date(2027, 3, 12)), "shift_apart"),
        (Monthly((time(23),), date(2027, 3, 12), nth=((2, 4),)), "shift_monthly"),
        (Monthly((time(23),), date(2027, 3, 31), days=(31,)), "shift_monthly"),
    ],
)
def test_what_no_rule_can_say_is_not_moved(rule: Recurring, key: str) -> None:
    with pytest.raises(UserError) as raised:
        shifted(rule, minutes=90)
    assert raised.value.message.key == f"schedule.{key}"


def test_a_series_leaves_dates_of_its_own_out_and_no_end_of_them() -> None:
    daily = Weekly(tuple(range(7)), (time(20),), date(2027, 3, 12))
    out = [date(2027, 3, 20) + DAY * step for step in range(MAX_WITHOUT)]
    full = without(without(daily, out[::2]), out)
    assert full.without == tuple(out)
    assert full == parse(phrase_text(full), now=LONG_AGO, zone=NEW_YORK)
    with pytest.raises(UserError) as raised:
        without(full, [date(2027, 8, 1)])
    assert raised.value.message.key == "schedule.too_many_dates"
    with pytest.raises(UserError) as raised:
        parse(f"{phrase_text(full)},2027-08-01", now=LONG_AGO, zone=NEW_YORK)
    assert raised.value.message.key == "schedule.too_many_dates"
    with pytest.raises(ValueError):
        without(Weekly((4,), (time(20),), date(2027, 3, 12)), [date(2027, 3, 13)])


def test_a_month_that_lacks_the_date_is_skipped_and_said() -> None:
    rule = Monthly((time(20),), date(2027, 3, 31), days=(31,))
    found = occurrences(rule, NEW_YORK, after=LONG_AGO, count=4)
    assert [f"{each.wall:%m-%d}" for each in found] == ["03-31", "05-31", "07-31", "08-31"]
    (said,) = remarks(rule, found)
    assert (said.key, said.params["months"].items) == ("schedule.month_skipped", ("2027-04", "2027-06"))  # type: ignore[union-attr]
    assert remarks(Monthly((time(20),), date(2027, 3, 31), days=(-1,)), found) == []


def test_a_count_counts_what_is_left_out_and_says_so() -> None:
    rule = Weekly((4,), (time(20),), date(2027, 3, 12), count=6, without=(date(2027, 3, 19),))
    found = occurrences(rule, NEW_YORK, after=LONG_AGO, count=9)
    assert len(found) == 5
    (said,) = remarks(rule, found)
    assert (said.key, said.params) == ("schedule.counted_out", {"count": 6, "held": 5})


def test_what_was_stored_with_one_time_of_day_is_read() -> None:
    stored = {"kind": "weekly", "weekdays": ["fri"], "wall": "20:00:00", "first": "2027-03-12", "interval": 1}
    kept = from_json(stored | {"until": None, "count": None})
    assert kept == Weekly((4,), (time(20),), date(2027, 3, 12))


@pytest.mark.parametrize(
    "made",
    [
        lambda: Weekly((4,), (), date(2027, 3, 12)),
        lambda: Weekly((4,), (time(20), time(10)), date(2027, 3, 12)),
        lambda: Weekly((4,), (time(20, tzinfo=UTC),), date(2027, 3, 12)),
        lambda: Weekly((4,), (time(20),), date(2027, 3, 12), without=(date(2027, 3, 13),)),
        lambda: Weekly((4,), (time(20),), date(2027, 3, 12), 2, without=(date(2027, 3, 19),)),
        lambda: Monthly((time(20),), date(2027, 3, 12)),
        lambda: Monthly((time(20),), date(2027, 3, 12), days=(12,), nth=((2, 4),)),
        lambda: Monthly((time(20),), date(2027, 3, 12), days=(0, 12)),
        lambda: Monthly((time(20),), date(2027, 3, 12), days=(13,)),
        lambda: Monthly((time(20),), date(2027, 3, 12), nth=((6, 4),)),
        lambda: Monthly((time(20),), date(2027, 3, 12), days=(12,), interval=13),
        lambda: OneOff(datetime(2027, 3, 12, tzinfo=ZoneInfo(NEW_YORK))),
    ],
)
def test_a_rule_that_cannot_be_is_not_made(made: object) -> None:
    with pytest.raises(ValueError):
        made()  # type: ignore[operator]
