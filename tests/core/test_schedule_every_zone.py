"""Every kind of phrase at every change of offset of every zone, from 2020 to 2037, against the library whenever.

Exhaustive, not sampled. Names of one set of rules (links: the same bytes in the package) are looked at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from importlib import resources
from zoneinfo import ZoneInfo

import pytest
import whenever

from bot.core.schedule import Monthly, OneOff, Phrase, Weekly, between, occurrences
from tests.transitions import DAY, NAMES, Transition, distinct_zones, transitions

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True, scope="module")
def _the_packages_zone_data() -> Iterator[None]:
    """Whenever, too, reads the tzdata package and no zone files of the machine."""
    before = whenever.get_tzpath()
    whenever.reset_tzpath([])
    whenever.clear_tzcache()
    yield
    whenever.reset_tzpath(list(before))
    whenever.clear_tzcache()


def by_whenever(wall: datetime, zone: str) -> datetime:
    plain = whenever.PlainDateTime(wall.year, wall.month, wall.day, wall.hour, wall.minute, wall.second)
    return plain.assume_tz(zone, disambiguation="compatible").to_instant().to_stdlib()


def walls_around(change: Transition) -> tuple[datetime, datetime, datetime]:
    """The first, a middle and the last minute of the wall times that are skipped, or shown twice."""
    first, last = (change.at + edge(change.before, change.after) for edge in (min, max))
    middle = (first + (last - first) / 2).replace(microsecond=0)
    return first, middle, last - MINUTE


def months_from(day: date, step: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + step, 12)
    return date(year, month + 1, 1)


def series_through(wall: datetime) -> Iterator[tuple[Phrase, list[datetime]]]:
    """Series that meet that wall time with a few dates of theirs around it, found by counting days."""
    day, clock = wall.date(), wall.time()
    yield OneOff(wall), [wall]
    daily = [day + DAY * step for step in range(-2, 3)]
    yield Weekly(tuple(range(7)), (clock,), daily[0]), [datetime.combine(each, clock) for each in daily]
    weekly = [day + 7 * DAY * step for step in range(-2, 2)]
    yield Weekly((day.weekday(),), (clock,), weekly[0]), [datetime.combine(each, clock) for each in weekly]
    months = [months_from(day, step) for step in range(-1, 3)]
    same = [each.replace(day=day.day) for each in months if day.day <= (months_from(each, 1) - DAY).day]
    yield Monthly((clock,), same[0], days=(day.day,)), [datetime.combine(each, clock) for each in same]
    which = (day.day + 6) // 7
    fitting = (each + DAY * ((day.weekday() - each.weekday()) % 7 + 7 * (which - 1)) for each in months)
    nth = [each for each, month in zip(fitting, months, strict=True) if each.month == month.month]
    rule = Monthly((clock,), nth[0], nth=((which, day.weekday()),))
    yield rule, [datetime.combine(each, clock) for each in nth]


def check(phrase: Phrase, walls: Sequence[datetime], change: Transition) -> None:
    """Their instants are whenever's, and clocks there show the wall time that was asked for, or the policy's."""
    start = walls[0].replace(tzinfo=UTC) - 2 * DAY
    found = occurrences(phrase, change.zone, after=start, count=len(walls))
    instants = [by_whenever(wall, change.zone) for wall in walls]
    expected = list(dict.fromkeys(instants))
    assert expected == [each.at for each in found][: len(expected)], (change, phrase)
    first, _, last = walls_around(change)
    for each in found:
        shown = each.local.replace(tzinfo=None, fold=0)
        if each.note != "gap":
            assert shown == each.wall, (change, phrase)
        elif first <= each.wall <= last:
            assert shown == each.wall + (change.after - change.before), (change, phrase)
        else:
            assert shown > each.wall, (change, phrase)


def test_whenever_reads_the_same_zone_data() -> None:
    assert whenever.get_tzpath() == ()
    assert set(NAMES) - {"localtime"} == whenever.available_timezones()
    kept = {name: resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes() for name in NAMES}
    assert {kept[name] for name in distinct_zones()} == set(kept.values())
    assert len(NAMES) > 590
    assert len(transitions()) > 2000


def test_every_kind_of_series_keeps_its_wall_time_at_every_change() -> None:
    for change in transitions():
        for phrase, walls in series_through(walls_around(change)[1]):
            check(phrase, walls, change)


def test_every_edge_of_every_change() -> None:
    """The first and last minute of what is skipped or comes twice, and those beside: once, by the stated policy."""
    for change in transitions():
        first, _, last = walls_around(change)
        for wall in (first - MINUTE, first, last, last + MINUTE):
            (found,) = occurrences(OneOff(wall), change.zone, after=datetime(2019, 1, 1, tzinfo=UTC), count=1)
            assert found.at == by_whenever(wall, change.zone), (change, wall)
            inside = first <= wall <= last
            assert found.note == (("gap" if change.after > change.before else "overlap") if inside else None)


def test_several_times_of_a_day_stay_in_order_at_every_change() -> None:
    """A skipped time comes later than it says, so it may change places with one that is not skipped."""
    for change in transitions():
        first, middle, last = walls_around(change)
        times = tuple(sorted({each.time().replace(second=0) for each in (first - MINUTE, middle, last + MINUTE)}))
        days = [middle.date() + DAY * step for step in range(-2, 3)]
        rule = Weekly(tuple(range(7)), times, days[0], until=days[-1])
        expected = sorted({by_whenever(datetime.combine(day, each), change.zone) for day in days for each in times})
        found = between(rule, change.zone, expected[0], expected[-1] + MINUTE)
        assert expected == [each.at for each in found], change


def test_where_clocks_never_change_nothing_is_said() -> None:
    moving = {change.zone for change in transitions()}
    still = [name for name in distinct_zones() if name not in moving]
    assert len(still) > 100
    rule = Weekly((4,), (time(20),), date(2020, 1, 3), until=date(2037, 12, 31), interval=13)
    for name in still:
        found = between(rule, name, datetime(2020, 1, 1, tzinfo=UTC), datetime(2038, 1, 1, tzinfo=UTC))
        assert len({each.local.utcoffset() for each in found}) == 1
        assert {each.local.time() for each in found} == {time(20)}
        assert all(each.note is None and each.local.tzinfo == ZoneInfo(name) for each in found)
