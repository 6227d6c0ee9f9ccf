from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from bot.core import phrase_dates
from bot.core.errors import UserError
from bot.core.reply import Listing
from bot.core.schedule import (
    OneOff,
    Phrase,
    Weekly,
    from_json,
    occurrences,
    parse,
    phrase_text,
    preview,
)

NEW_YORK = "America/New_York"
NOW = datetime(2027, 3, 10, 15, 0, tzinfo=UTC)  # a Wednesday, 10:00 in New York
DAY = timedelta(days=1)
ROOT = Path(__file__).parents[2]


def read(text: str, now: datetime = NOW, zone: str = NEW_YORK) -> Phrase:
    return parse(text, now=now, zone=zone)


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("every fri 20:00", "every fri 20:00 from 2027-03-12"),
        ("every friday 8:30pm", "every fri 20:30 from 2027-03-12"),
        ("every wed 09:00", "every wed 09:00 from 2027-03-17"),
        ("weekly fri 20:00", "every fri 20:00 from 2027-03-12"),
        ("every week on fri at 20:00", "every fri 20:00 from 2027-03-12"),
        ("fridays 20:00", "every fri 20:00 from 2027-03-12"),
        ("every mon,wed,fri 20:00", "every mon,wed,fri 20:00 from 2027-03-10"),
        ("mon, wed & fri 20:00", "every mon,wed,fri 20:00 from 2027-03-10"),
        ("every tuesday and thursday at 8pm", "every tue,thu 20:00 from 2027-03-11"),
        ("mon/wed/fri 20:00", "every mon,wed,fri 20:00 from 2027-03-10"),
        ("weekdays 19:30", "weekdays 19:30 from 2027-03-10"),
        ("mon-fri 19:30", "weekdays 19:30 from 2027-03-10"),
        ("sat to mon 19:30", "every mon,sat,sun 19:30 from 2027-03-13"),
        ("weekdays and sat 19:30", "every mon,tue,wed,thu,fri,sat 19:30 from 2027-03-10"),
        ("weekends 10:00", "weekends 10:00 from 2027-03-13"),
        ("daily 20:00", "daily 20:00 from 2027-03-10"),
        ("every day 09:00", "daily 09:00 from 2027-03-11"),
        ("every 2 weeks sat 10:00", "every 2 weeks sat 10:00 from 2027-03-13"),
        ("every three weeks sat 10:00", "every 3 weeks sat 10:00 from 2027-03-13"),
        ("every other friday 20:00", "every 2 weeks fri 20:00 from 2027-03-12"),
        ("every fri 20:00 from 2027-05-01", "every fri 20:00 from 2027-05-07"),
        ("every fri 20:00 until 2027-05-07", "every fri 20:00 from 2027-03-12 until 2027-05-07"),
        ("every fri 20:00 x6", "every fri 20:00 from 2027-03-12 x6"),
        ("每周五 20:00", "every fri 20:00 from 2027-03-12"),
        ("每周一三五 20:00", "every mon,wed,fri 20:00 from 2027-03-10"),
        ("每周一、三、五晚上8点", "every mon,wed,fri 20:00 from 2027-03-10"),
        ("每周六日 10:00", "weekends 10:00 from 2027-03-13"),
        ("每个周五20:00", "every fri 20:00 from 2027-03-12"),
        ("周一到周五 19:30", "weekdays 19:30 from 2027-03-10"),
        ("工作日19:30", "weekdays 19:30 from 2027-03-10"),
        ("每周末10:00", "weekends 10:00 from 2027-03-13"),
        ("每天晚上八点", "daily 20:00 from 2027-03-10"),
        ("隔周五20:00", "every 2 weeks fri 20:00 from 2027-03-12"),
        ("隔周周五晚8点", "every 2 weeks fri 20:00 from 2027-03-12"),
        ("每两周周六10:00", "every 2 weeks sat 10:00 from 2027-03-13"),
        ("daily 8pm and 10am", "daily 10:00,20:00 from 2027-03-10"),
        ("first sat, last sun of the month 20:00", "monthly on the first sat, last sun 20:00 from 2027-03-28"),
        ("every last sunday 18:00", "monthly on the last sun 18:00 from 2027-03-28"),
        ("every 2 months on the 1st and 22nd 20:00", "every 2 months on the 1st, 22nd 20:00 from 2027-03-22"),
        ("每月最后一天20:00", "monthly on the last day 20:00 from 2027-03-31"),
        ("monthly on the 15th and last day 20:00", "monthly on the 15th, last day 20:00 from 2027-03-15"),
        ("fri 20:00 for 2 months", "every fri 20:00 from 2027-03-12 until 2027-05-11"),
        ("fri 20:00 x3 except 19 mar", "every fri 20:00 from 2027-03-12 x3 except 2027-03-19"),
        ("weekdays except fri 20:00", "every mon,tue,wed,thu 20:00 from 2027-03-10"),
        ("daily 20:00 except weekends until 20 mar", "weekdays 20:00 from 2027-03-10 until 2027-03-20"),
        ("每天20:00除了周日", "every mon,tue,wed,thu,fri,sat 20:00 from 2027-03-10"),
        ("6x alternate fridays 20:00", "every 2 weeks fri 20:00 from 2027-03-12 x6"),
        ("monthly on the first at 8 in the evening", "monthly on the 1st 20:00 from 2027-04-01"),
        ("friday 8pm", "2027-03-12 20:00"),
        ("Friday, 8 p.m.", "2027-03-12 20:00"),
        ("sat 12am", "2027-03-13 00:00"),
        ("sat 12pm", "2027-03-13 12:00"),
        ("fri 8:30", "2027-03-12 08:30"),
        ("wed 09:00", "2027-03-17 09:00"),
    ],
)
def test_how_what_was_typed_is_repeated(text: str, canonical: str) -> None:
    assert canonical == phrase_text(read(text))


@pytest.mark.parametrize(
    ("text", "at", "part", "instead"),
    [
        ("fri 20:00-sat", 10, "-sat", "fri 20:00"),
        ("mon 20:00 fri", 11, "fri", "mon 20:00"),
        ("\0", 1, "\ufffd", "fri 20:00"),
        ("every fri in april 20:00", 14, "april", "every fri 20:00"),
        ("每周五3次20:00", 4, "3次", "每周五 20:00"),  # three of each Friday, or three Fridays?
        ("每周两次20:00", 3, "两次", "fri 20:00"),
        ("first 20:00", 1, "first", "fri 20:00"),
        ("12.12 20:00", 1, "12.12", "12 dec 20:00"),
        ("24.12. 20:00", 1, "24.12.", "24 dec 20:00"),
        ("11.25 20:00", 1, "11.25", "25 nov 20:00"),
        ("3.4 20:00", 1, "3.4", "fri 20:00"),  # in April or in March
        ("13.13 20:00", 1, "13.13", "fri 20:00"),
        ("双十二 晚上8点", 1, "双十二", "12月12日 晚上8点"),
        ("fri 20:00 except sun", 18, "sun", "fri 20:00"),
    ],
)
def test_says_where_understanding_stopped(text: str, at: int, part: str, instead: str) -> None:
    with pytest.raises(UserError) as raised:
        read(text)
    error = raised.value
    assert (error.message.key, error.try_instead) == ("schedule.unreadable", instead)
    assert (at, part) == (error.message.params["at"], error.message.params["part"])


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("fri 20:00 PST", "2027-03-12 23:00"),
        ("fri 20:00 GMT+8", "2027-03-12 07:00"),
        ("2027-03-19T20:00Z", "2027-03-19 16:00"),
        ("fri 8pm London time", "2027-03-12 15:00"),
        ("fri 20:00 CST", None),  # Chicago's or Shanghai's
        ("every fri 20:00 PST", None),  # no rule here follows the clocks there
    ],
)
def test_a_time_in_another_zone_is_offered_in_both_meanings(text: str, other: str | None) -> None:
    with pytest.raises(UserError) as raised:
        read(text)
    readings = raised.value.message.params["readings"]
    assert isinstance(readings, Listing)
    assert readings.items[1:] == ((other,) if other else ())


def test_every_n_weeks_counts_from_the_first_date() -> None:
    rule = read("every 2 weeks mon,sat 10:00 from 2027-03-13")
    found = occurrences(rule, NEW_YORK, after=NOW, count=4)
    assert [f"{each.local.date()}" for each in found] == ["2027-03-13", "2027-03-22", "2027-03-27", "2027-04-05"]
    later = occurrences(rule, NEW_YORK, after=found[1].at, count=2)
    assert found[2:] == later


def test_a_series_that_began_long_ago_costs_no_more_than_a_new_one() -> None:
    rule, after = Weekly((4,), (time(20),), date(1971, 1, 1), interval=3), wall("2090-01-01T00:00")
    assert after - next(phrase_dates.walls(rule, after)) < 3 * 7 * DAY
    found = occurrences(rule, NEW_YORK, after=after.replace(tzinfo=UTC), count=1)
    assert found[0].local.isoformat() == "2090-01-06T20:00:00-05:00"


def test_a_series_ends_quietly_at_the_end_of_the_calendar() -> None:
    found = occurrences(Weekly((4,), (time(20),), date(9998, 12, 4)), "Etc/GMT+12", after=NOW, count=99)
    assert len(found) == 4


def test_preview_rows_say_gap_overlap_and_offset_change() -> None:
    rows = preview("every sun 02:30", zone=NEW_YORK, start=date(2027, 3, 1), count=3)
    assert rows == [
        {"local": "2027-03-07T02:30:00-05:00", "zone": NEW_YORK, "utc": "2027-03-07T07:30:00Z", "note": None},
        {
            "local": "2027-03-14T03:30:00-04:00",
            "zone": NEW_YORK,
            "utc": "2027-03-14T07:30:00Z",
            "note": "gap, offset change",
        },
        {"local": "2027-03-21T02:30:00-04:00", "zone": NEW_YORK, "utc": "2027-03-21T06:30:00Z", "note": None},
    ]
    autumn = preview("every sun 01:30", zone=NEW_YORK, start=date(2027, 11, 1), count=2)
    assert [row["note"] for row in autumn] == ["overlap", "offset change"]


def test_a_day_that_a_zone_skipped_is_one_occurrence() -> None:
    rows = preview("daily 20:00", zone="Pacific/Apia", start=date(2011, 12, 29), count=3)
    assert [row["local"][:10] for row in rows] == ["2011-12-29", "2011-12-31", "2012-01-01"]
    assert rows[1]["note"] == "gap, offset change"


@pytest.mark.parametrize("text", ["mon 00:00", "today 00:00", "every mon 00:00", "2027-03-01 00:00"])
def test_preview_includes_its_very_first_moment(text: str) -> None:
    first = "2027-03-01T00:00:00-05:00"
    assert first == preview(text, zone=NEW_YORK, start=date(2027, 3, 1), count=1)[0]["local"]
    assert first == preview(text, zone=NEW_YORK, start=datetime(2027, 3, 1, 5, tzinfo=UTC), count=1)[0]["local"]


def test_preview_of_a_one_off_is_one_row() -> None:
    assert len(preview("fri 20:00", zone="asia/bangkok", start=date(2027, 3, 1), count=8)) == 1
    assert preview("fri 20:00", zone="asia/bangkok", start=date(2027, 3, 1), count=8)[0]["zone"] == "Asia/Bangkok"


def test_the_weekday_is_that_of_the_market() -> None:
    late = datetime(2027, 3, 12, 3, 0, tzinfo=UTC)  # Thursday evening in New York, Friday noon in Tokyo
    assert OneOff(wall("2027-03-11T23:00")) == read("today 23:00", late)
    assert OneOff(wall("2027-03-12T23:00")) == read("today 23:00", late, "Asia/Tokyo")


def test_now_must_be_an_instant_and_the_zone_real() -> None:
    with pytest.raises(ValueError, match="has no zone"):
        read("fri 20:00", wall("2027-01-01T00:00"))
    with pytest.raises(UserError) as raised:
        read("fri 20:00", zone="nyc")
    assert raised.value.message.key == "zone.unknown"


@pytest.mark.parametrize(
    "stored", [{}, {"kind": "yearly"}, {"kind": "weekly", "weekdays": ["mon"]}, {"kind": "once", "wall": 5}]
)
def test_a_foreign_stored_form_is_refused(stored: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="schedule phrase"):
        from_json(stored)


def test_a_rule_that_cannot_be_is_refused() -> None:
    for weekdays, first in (((), date(2027, 3, 12)), ((4, 4), date(2027, 3, 12)), ((3,), date(2027, 3, 12))):
        with pytest.raises(ValueError):
            Weekly(weekdays, (time(20),), first)
