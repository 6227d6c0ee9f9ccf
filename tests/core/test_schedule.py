from __future__ import annotations

import json
import time as stopwatch
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.messages.pofile import read_po
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.core import phrase_dates
from bot.core.errors import UserError
from bot.core.schedule import (
    OneOff,
    Phrase,
    Weekly,
    from_json,
    note_msg,
    notes,
    occurrences,
    parse,
    phrase_text,
    preview,
    to_json,
)

NEW_YORK = "America/New_York"
NOW = datetime(2027, 3, 10, 15, 0, tzinfo=UTC)  # a Wednesday, 10:00 in New York
DAY = timedelta(days=1)
ROOT = Path(__file__).parents[2]


def read(text: str, now: datetime = NOW, zone: str = NEW_YORK) -> Phrase:
    return parse(text, now=now, zone=zone)


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


def refusal(text: str, now: datetime = NOW) -> UserError:
    with pytest.raises(UserError) as raised:
        read(text, now)
    return raised.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fri 20:00", "2027-03-12 20:00"),
        ("  FRI   20:00 ", "2027-03-12 20:00"),
        ("friday 8pm", "2027-03-12 20:00"),
        ("Friday, 8 p.m.", "2027-03-12 20:00"),
        ("8.30pm on friday", "2027-03-12 20:30"),
        ("fri evening 8", "2027-03-12 20:00"),
        ("fri at 8 in the evening", "2027-03-12 20:00"),
        ("sat 12am", "2027-03-13 00:00"),
        ("sat 12pm", "2027-03-13 12:00"),
        ("fri noon", "2027-03-12 12:00"),
        ("fri 8:30", "2027-03-12 08:30"),
        ("wed 20:00", "2027-03-10 20:00"),
        ("wed 10:00", "2027-03-17 10:00"),
        ("wed 10:01", "2027-03-10 10:01"),
        ("wed 09:00", "2027-03-17 09:00"),
        ("this fri 20:00", "2027-03-12 20:00"),
        ("today 21:00", "2027-03-10 21:00"),
        ("tonight 8:30", "2027-03-10 20:30"),
        ("tomorrow 7pm", "2027-03-11 19:00"),
        ("day after tomorrow 7pm", "2027-03-12 19:00"),
        ("2027-03-12 20:00", "2027-03-12 20:00"),
        ("2027-03-12T20:00", "2027-03-12 20:00"),
        ("2027-03-12 20:00:00", "2027-03-12 20:00"),
        ("2027/3/12 20:00", "2027-03-12 20:00"),
        ("fri 2027-03-12 20:00", "2027-03-12 20:00"),
        ("12 mar 2027 20:00", "2027-03-12 20:00"),
        ("12th of March, 8pm", "2027-03-12 20:00"),
        ("mar 12 20:00", "2027-03-12 20:00"),
        ("March 12th, 2028 20:00", "2028-03-12 20:00"),
        ("9 mar 20:00", "2028-03-09 20:00"),
        ("29 feb 20:00", "2028-02-29 20:00"),
        ("13/04/2027 20:00", "2027-04-13 20:00"),
        ("04/04/2027 20:00", "2027-04-04 20:00"),
        ("周五20:00", "2027-03-12 20:00"),
        ("周五２０：００", "2027-03-12 20:00"),
        ("ｆｒｉ\u3000２０：００", "2027-03-12 20:00"),
        ("星期五 20:00", "2027-03-12 20:00"),
        ("礼拜五晚上八点", "2027-03-12 20:00"),
        ("週五晚上8點", "2027-03-12 20:00"),
        ("周五晚上8点半", "2027-03-12 20:30"),
        ("周五晚8:30", "2027-03-12 20:30"),
        ("周五晚上八点一刻", "2027-03-12 20:15"),
        ("周五20点30分", "2027-03-12 20:30"),
        ("周五二十点零五", "2027-03-12 20:05"),
        ("周一二十点", "2027-03-15 20:00"),
        ("周日上午10点", "2027-03-14 10:00"),
        ("周五下午3点", "2027-03-12 15:00"),
        ("周五中午12点", "2027-03-12 12:00"),
        ("周五凌晨2点", "2027-03-12 02:00"),
        ("下周五20:00", "2027-03-19 20:00"),
        ("这周五20:00", "2027-03-12 20:00"),
        ("今天20:00", "2027-03-10 20:00"),
        ("今晚8点", "2027-03-10 20:00"),
        ("明天19:00", "2027-03-11 19:00"),
        ("后天19点", "2027-03-12 19:00"),
        ("3月12日 20:00", "2027-03-12 20:00"),
        ("3月12号晚上8点", "2027-03-12 20:00"),
        ("三月十二日20:00", "2027-03-12 20:00"),
        ("2027年3月12日20点", "2027-03-12 20:00"),
    ],
)
def test_one_off(text: str, expected: str) -> None:
    assert OneOff(datetime.fromisoformat(expected)) == read(text)


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
    ],
)
def test_weekly(text: str, canonical: str) -> None:
    assert canonical == phrase_text(read(text))


@pytest.mark.parametrize(
    ("text", "key", "instead"),
    [
        ("tue 8", "schedule.ambiguous", "tue 08:00"),
        ("every tue 8", "schedule.ambiguous", "every tue 08:00"),
        ("周五8点半", "schedule.ambiguous", "周五08:30"),
        ("03/04/2027", "schedule.ambiguous", "2027-03-04 20:00"),
        ("3/4 20:00", "schedule.ambiguous", "4 mar 20:00"),
        ("next fri 20:00", "schedule.ambiguous", "2027-03-12 20:00"),
        ("next wed 20:00", "schedule.ambiguous", "2027-03-17 20:00"),
        ("biweekly sat 10:00", "schedule.ambiguous", "every 2 weeks sat 10:00"),
        ("周末10:00", "schedule.ambiguous", "每周末10:00"),
        ("20:00", "schedule.no_day", "today 20:00"),
        ("09:00", "schedule.no_day", "tomorrow 09:00"),
        ("every 20:00", "schedule.no_day", "every fri 20:00"),
        ("every 2 weeks 9pm", "schedule.no_day", "every 2 weeks fri 21:00"),
        ("fri", "schedule.no_time", "fri 20:00"),
        ("每周五", "schedule.no_time", "每周五 20:00"),
        ("fri 2027-03-13", "schedule.weekday_mismatch", "2027-03-13 20:00"),
        ("fri 13 mar 9pm", "schedule.weekday_mismatch", "2027-03-13 21:00"),
        ("today 10:00", "schedule.past", "tomorrow 10:00"),
        ("2027-03-09 20:00", "schedule.past", "tomorrow 20:00"),
        ("本周一20:00", "schedule.past", "tomorrow 20:00"),
        ("30 feb 20:00", "schedule.no_such_date", "29 feb 20:00"),
        ("2月30日 20:00", "schedule.no_such_date", "2月29日 20:00"),
        ("2027-04-31 20:00", "schedule.no_such_date", "2027-04-30 20:00"),
        ("2029-02-29 20:00", "schedule.no_such_date", "2029-02-28 20:00"),
        ("2027-13-01 20:00", "schedule.no_such_month", "fri 20:00"),
        ("31/13/2027 20:00", "schedule.no_such_day_month", "fri 20:00"),
        ("2207-01-01 20:00", "schedule.year", "fri 20:00"),
        ("fri 24:00", "schedule.midnight", "sat 00:00"),
        ("every sun 24:00", "schedule.midnight", "every mon 00:00"),
        ("2027-03-31 24:00", "schedule.midnight", "2027-04-01 00:00"),
        ("今晚12点", "schedule.midnight", "2027-03-11 00:00"),
        ("fri 25:99", "schedule.no_such_time", "fri 20:00"),
        ("fri 20:60", "schedule.no_such_time", "fri 20:00"),
        ("fri 13pm", "schedule.no_such_time", "fri 20:00"),
        ("周五下午9点", "schedule.part_of_day", "fri 20:00"),
        ("周八 20:00", "schedule.no_such_weekday", "周五 20:00"),
        ("fri 20:00 PST", "schedule.zone_given", "fri 20:00"),
        ("2027-03-12T20:00Z", "schedule.zone_given", "2027-03-12T20:00"),
        ("fri 20:00 America/New_York", "schedule.zone_given", "fri 20:00"),
        ("周五20:00 北京时间", "schedule.zone_given", "周五20:00"),
        ("every 0 weeks fri 20:00", "schedule.interval", "every 2 weeks fri 20:00"),
        ("every fri 20:00 until 2027-03-11", "schedule.until_too_early", "every fri 20:00 until 2027-03-19"),
        ("", "schedule.empty", "fri 20:00"),
        (" \t\u3000", "schedule.empty", "fri 20:00"),
    ],
)
def test_what_is_in_doubt_or_impossible_is_asked_not_guessed(text: str, key: str, instead: str) -> None:
    error = refusal(text)
    assert (key, instead) == (error.message.key, error.try_instead)


@pytest.mark.parametrize(
    ("text", "at", "part"),
    [
        ("fri 20:00 foo", 11, "foo"),
        ("frii 20:00", 1, "frii"),
        ("fri 20:00 21:00", 11, "21:00"),
        ("mon 20:00 fri", 11, "fri"),
        ("every fri 20:00 tomorrow", 17, "tomorrow"),
        ("fri 20:00-sat", 10, "-sat"),
        ("fri 8:5", 5, "8:5"),
        ("fri 20", 5, "20"),
        ("　周五２０：００哈", 9, "哈"),
        ("every second fri 20:00", 7, "second"),
        ("\0", 1, "\ufffd"),
        ("fri 20:00; drop table shows", 12, "drop"),
        ("ﷺ fri", 1, "ﷺ"),
        ("fri ٢٠:٠٠", 5, "٢٠:٠٠"),
    ],
)
def test_says_where_understanding_stopped(text: str, at: int, part: str) -> None:
    error = refusal(text)
    assert (error.message.key, error.try_instead) == ("schedule.unreadable", "fri 20:00")
    assert (at, part) == (error.message.params["at"], error.message.params["part"])


@pytest.mark.parametrize(
    "text", ["tue 8", "周五8点半", "next fri 20:00", "20:00", "fri 2027-03-13", "周末10:00", "7/4 9pm"]
)
def test_every_reading_that_is_offered_can_be_typed(text: str) -> None:
    readings = refusal(text).message.params["readings"].items
    assert len(readings) > 1
    assert len({phrase_text(read(each)) for each in readings}) == len(readings)


HOSTILE = (
    "x" * 5000,
    "fri " * 1250,
    " " * 5000 + "fri",
    "1" * 5000,
    "每" * 5000,
    "周一" * 2500,
    "(" * 5000,
    "，" * 5000,
    "mon,tue," * 600,
    "12/" * 1600,
    "20:00" * 1000,
    "ﷺ" * 5000,
    "ﷺ" * 200,
    "fri 20:00" + " " * 5000 + "x",
    "fri 20:00 " + "a." * 90,
    "周一" + "、一" * 95,
    "周一" + "一点" * 95,
)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_length_ends_quickly_in_a_user_error(text: str) -> None:
    began = stopwatch.perf_counter()
    error = refusal(text)
    assert stopwatch.perf_counter() - began < 1
    assert len(str(error.message.params.get("text", ""))) <= 80
    assert len(str(error.message.params.get("part", ""))) <= 200


WORDS = """fri mon fridays every weekly daily weekdays weekends every 2 weeks other 20:00 8pm 8 24:00 25:99
    today tomorrow tonight next this 2027-03-12 2027-02-30 12 mar feb 29 2028 3/4 03/04/2027 from until x6
    周 周五 每 每周 一三五 周八 隔周 晚上 8点半 二十点 凌晨 3月12日
    下周一 今晚 周末 到 - , pst z 0000-00-00 9999-12-31 99:99 am""".split()  # noqa: SIM905
typed = st.lists(st.sampled_from([*WORDS, "from 2027-01-01", "until 2028-01-01"]), max_size=7)


@settings(deadline=None)
@given(st.text(max_size=60) | typed.map(" ".join) | typed.map("".join))
@example("12 mar 9999 20:00")
@example("每五十九周周五20:00")
@example("PT")
def test_any_text_is_a_phrase_or_a_user_error(text: str) -> None:
    try:
        phrase = read(text)
    except UserError as error:
        said, instead = error.message.params, error.try_instead
        assert instead
        json.dumps(
            {"text": said.get("text"), "part": said.get("part"), "instead": instead}, ensure_ascii=False
        ).encode()
    else:
        assert phrase == read(phrase_text(phrase))
        assert phrase == from_json(json.loads(json.dumps(to_json(phrase))))
        assert all(each.at > NOW for each in occurrences(phrase, NEW_YORK, after=NOW, count=2))


dates = st.dates(date(2020, 1, 1), date(2037, 12, 31))
clocks = st.builds(time, st.integers(0, 23), st.integers(0, 59))


@st.composite
def weeklies(draw: st.DrawFn) -> Weekly:
    first = draw(dates)
    days = tuple(sorted(draw(st.sets(st.integers(0, 6))) | {first.weekday()}))
    until = draw(st.none() | st.integers(0, 500).map(lambda days: first + DAY * days))
    return Weekly(days, (draw(clocks),), first, draw(st.integers(1, 5)), until, draw(st.none() | st.integers(1, 20)))


@settings(deadline=None)
@given(weeklies() | st.builds(OneOff, st.builds(datetime.combine, dates, clocks)))
def test_the_canonical_text_and_the_stored_form_read_back(phrase: Phrase) -> None:
    long_ago = datetime(2019, 1, 1, tzinfo=UTC)
    assert phrase == read(phrase_text(phrase), now=long_ago)
    assert phrase == from_json(json.loads(json.dumps(to_json(phrase))))


@settings(deadline=None)
@given(weeklies(), st.integers(-400, 4000), st.sampled_from([NEW_YORK, "Asia/Shanghai", "Australia/Lord_Howe"]))
def test_occurrences_agree_with_counting_days_one_by_one(rule: Weekly, later: int, zone: str) -> None:
    after = datetime.combine(rule.first, time(), tzinfo=UTC) + DAY * later
    monday = rule.first - DAY * rule.first.weekday()
    fitting = [
        day
        for day in (rule.first + DAY * step for step in range(max(later, 0) + 120))
        if day.weekday() in rule.weekdays and (day - monday).days // 7 % rule.interval == 0
    ][: rule.count]
    walls = [datetime.combine(day, rule.times[0]) for day in fitting if rule.until is None or day <= rule.until]
    expected = [wall for wall in walls if wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) > after][:3]
    found = occurrences(rule, zone, after=after, count=3)
    assert [wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) for wall in expected] == [each.at for each in found]


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


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_texts_use_what_the_errors_carry(language: str) -> None:
    """Every key that code can raise has a text, and it asks for no parameter that the code does not give."""
    with (ROOT / f"prompts/locales/{language}/LC_MESSAGES/schedule.po").open("rb") as file:
        catalogue = read_po(file, abort_invalid=True)
    rule = Weekly((6,), (time(2, 30),), date(2027, 3, 7))
    found = occurrences(rule, NEW_YORK, after=NOW, count=1)
    said = [note_msg(note, found[0], NEW_YORK) for note in ("gap", "overlap", "offset change")]
    assert notes(found) == [("gap",)]
    said += [refusal(text).message for text in EVERY_ERROR]
    assert len({each.key for each in said}) == len(EVERY_ERROR) + 3
    for message in said:
        texts = catalogue[message.key].string
        for text in (texts,) if isinstance(texts, str) else texts:
            assert text.format(**message.params), message.key
    for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun"):
        assert catalogue[f"schedule.weekday.{day}"].string


EVERY_ERROR = (
    "fri foo",
    "",
    "x" * 300,
    "tue 8",
    "20:00",
    "fri",
    "fri 2027-03-13",
    "today 01:00",
    "30 feb 20:00",
    "2027-13-01 20:00",
    "32/13/2027",
    "周八",
    "fri 25:99",
    "周五下午9点",
    "fri 24:00",
    "2207-01-01 20:00",
    "every 0 weeks fri 20:00",
    "every fri 20:00 until 2027-03-01",
    "fri 20:00 PST",
)
