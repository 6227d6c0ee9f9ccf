from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.errors import UserError
from bot.core.schedule import Weekly, notes, occurrences, phrase_text
from bot.core.zones import resolve, tzdata_version, zone
from tests.transitions import DAY, NAMES, Transition, transitions

MINUTE = timedelta(minutes=1)


def test_the_scan_finds_the_transitions() -> None:
    names = {each.zone for each in transitions()}
    assert len(transitions()) > 2000
    assert len(names) > 60
    assert Transition(
        "America/New_York", datetime.fromisoformat("2027-03-14T07:00"), -5 * timedelta(hours=1), -4 * timedelta(hours=1)
    ) in [each._replace(zone="America/New_York") for each in transitions() if each.before == timedelta(hours=-5)]
    assert any(abs(each.after - each.before) == timedelta(minutes=30) for each in transitions())  # Lord Howe


def test_gap_and_overlap_policy_at_every_transition_of_every_zone() -> None:
    for zone_name, at, before, after in transitions():
        info = ZoneInfo(zone_name)
        first, last = at + min(before, after), at + max(before, after)
        for wall in (first, first + (last - first) / 2, last - MINUTE):
            resolved = resolve(wall, info)
            # Both policies are one rule: the wall time is read with the offset before the change.
            assert (wall - before).replace(tzinfo=UTC) == resolved.at, (zone_name, wall)
            if after > before:
                assert resolved.note == "gap"
                assert resolved.local.replace(tzinfo=None) == wall + (after - before)
                assert resolved.local.utcoffset() == after
            else:
                assert resolved.note == "overlap"
                assert resolved.local.replace(tzinfo=None, fold=0) == wall
                assert resolved.local.utcoffset() == before
        for wall, expected in ((first - MINUTE, before), (last, after)):
            outside = resolve(wall, info)
            assert ((wall - expected).replace(tzinfo=UTC), None) == (outside.at, outside.note), (zone_name, wall)


def test_a_weekly_series_keeps_its_wall_time_over_every_transition() -> None:
    for zone_name, at, before, after in transitions():
        wall = at + min(before, after) + abs(after - before) / 2
        day, clock = wall.date(), wall.time().replace(microsecond=0)
        rule = Weekly((day.weekday(),), (clock,), first=day - 14 * DAY)
        start = (datetime.combine(rule.first, clock) - 2 * DAY).replace(tzinfo=UTC)
        found = occurrences(rule, zone_name, after=start, count=4)
        assert [None, None, "gap" if after > before else "overlap", None] == [each.note for each in found], zone_name
        shift = after - before if after > before else timedelta()
        walls = [datetime.combine(rule.first + 7 * DAY * n, clock) for n in range(4)]
        walls[2] += shift
        assert walls == [each.local.replace(tzinfo=None, fold=0) for each in found]
        assert all(each.at == each.local.astimezone(UTC) for each in found)
        changed = 2 if after > before else 3  # in an overlap the first reading still has the old offset
        assert "offset change" in notes(found)[changed], (zone_name, phrase_text(rule))


@settings(deadline=None)
@given(st.datetimes(datetime.fromisoformat("1900-01-01"), datetime.fromisoformat("2100-01-01")), st.sampled_from(NAMES))
def test_what_is_resolved_is_what_clocks_there_show(wall: datetime, name: str) -> None:
    resolved = resolve(wall, name)
    assert resolved.local.astimezone(UTC) == resolved.at  # not ==: PEP 495 makes times in an overlap unequal to all
    assert resolved.at.tzinfo is UTC
    if resolved.note != "gap":
        assert resolved.local.replace(tzinfo=None, fold=0) == wall
        earlier = resolve(resolved.local.replace(tzinfo=None), name)
        assert resolved == earlier
    else:
        assert resolved.local.replace(tzinfo=None, fold=0) > wall


@pytest.mark.parametrize(
    ("wall", "name", "local", "note"),
    [
        ("2027-03-14T02:30", "America/New_York", "2027-03-14T03:30:00-04:00", "gap"),
        ("2027-11-07T01:30", "America/New_York", "2027-11-07T01:30:00-04:00", "overlap"),
        ("2027-11-07T02:00", "America/New_York", "2027-11-07T02:00:00-05:00", None),
        ("2027-10-03T02:15", "Australia/Lord_Howe", "2027-10-03T02:45:00+11:00", "gap"),
        ("2027-04-04T01:45", "Australia/Lord_Howe", "2027-04-04T01:45:00+11:00", "overlap"),
        ("2011-12-30T20:00", "Pacific/Apia", "2011-12-31T20:00:00+14:00", "gap"),
        ("2027-03-12T20:00", "Asia/Shanghai", "2027-03-12T20:00:00+08:00", None),
    ],
)
def test_known_days(wall: str, name: str, local: str, note: str | None) -> None:
    resolved = resolve(datetime.fromisoformat(wall), name)
    assert (local, note) == (resolved.local.isoformat(), resolved.note)


def test_an_instant_is_no_wall_time() -> None:
    with pytest.raises(ValueError, match="has a zone"):
        resolve(datetime(2027, 1, 1, tzinfo=UTC), "UTC")


def test_every_iana_name_is_taken_in_any_case() -> None:
    assert [zone(name).key for name in NAMES] == NAMES
    assert [zone(f" {name.upper()} ").key for name in NAMES] == NAMES


@pytest.mark.parametrize(
    ("typed", "best"),
    [
        ("new york", "America/New_York"),
        ("New_York", "America/New_York"),
        ("nyc", "America/New_York"),
        ("America/NewYork", "America/New_York"),
        ("America/New York", "America/New_York"),
        ("Amercia/New_York", "America/New_York"),
        ("Bangkok", "Asia/Bangkok"),
        ("bangkock", "Asia/Bangkok"),
        ("PST", "America/Los_Angeles"),
        ("hanoi", "Asia/Ho_Chi_Minh"),
        ("ho chi minh", "Asia/Ho_Chi_Minh"),
        ("北京", "Asia/Shanghai"),
        ("shenzhen", "Asia/Shanghai"),
    ],
)
def test_cities_and_abbreviations_are_suggested_not_taken(typed: str, best: str) -> None:
    with pytest.raises(UserError) as raised:
        zone(typed)
    assert ("zone.unknown", best) == (raised.value.message.key, raised.value.try_instead)


def test_an_abbreviation_of_two_countries_suggests_both() -> None:
    with pytest.raises(UserError) as raised:
        zone("CST")
    assert raised.value.message.params["suggestions"].items == ("America/Chicago", "Asia/Shanghai")


@pytest.mark.parametrize(
    "name",
    ["", " ", "\0", "../../etc/passwd", "/etc/localtime", "America/../UTC", "x" * 5000, "America", "\ud800", "UTC+8",
     "Etc/GMT+99", "a/" * 2500, "posixrules", "{name}", "%s", "\u202etxt"],
)  # fmt: skip
def test_hostile_names_are_refused_in_words(name: str) -> None:
    with pytest.raises(UserError) as raised:
        zone(name)
    params = raised.value.message.params
    assert len(params["name"]) <= 80
    params["name"].encode()
    assert params["suggestions"].items
    assert all(zone(each).key == each for each in params["suggestions"].items)


def test_the_reversed_signs_of_etc_are_never_suggested() -> None:
    for typed in ("utc+8", "gmt+8", "GMT +8", "etc/gmt 8"):
        with pytest.raises(UserError) as raised:
            zone(typed)
        assert not [each for each in raised.value.message.params["suggestions"].items if each.startswith("Etc")]


@settings(deadline=None)
@given(st.text(max_size=100))
def test_any_name_is_a_zone_or_a_user_error(name: str) -> None:
    try:
        found = zone(name).key
    except UserError as error:
        found = error.try_instead or ""
    assert found in NAMES


def test_the_zone_data_is_that_of_the_package() -> None:
    assert zoneinfo.TZPATH == ()
    assert tzdata_version()[:4].isdigit()
