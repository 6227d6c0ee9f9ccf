"""Plan files that are iCalendar: what other programs write, and each way of being wrong with what a person is told."""

from __future__ import annotations

import time as clock
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.calendars import read as reading
from bot.core import schedule
from bot.core.zones import resolve
from tests.calendars.files import NOW, calendar, noted, on, said, told

NY = "America/New_York"
AT = f"DTSTART;TZID={NY}:20270312T200000\nDTEND;TZID={NY}:20270312T220000\n"
CUSTOM = """BEGIN:VTIMEZONE
TZID:Their Own
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:+0700
TZOFFSETTO:+0700
TZNAME:THEIRS
END:STANDARD
END:VTIMEZONE
"""


def wall(line):
    assert isinstance(line.phrase, schedule.OneOff)
    return line.phrase.wall


def text(line):
    return schedule.phrase_text(line.phrase)


def test_an_event_is_a_show_of_the_room_that_its_place_or_a_category_names():
    file = told(
        "plan.ics",
        calendar(f"{AT}SUMMARY:Friday\\, late\nLOCATION:us_main", f"{AT}CATEGORIES:sale,TH_MAIN",
                 f"{AT}LOCATION:Studio A"),
        room="us_main",
    )  # fmt: skip
    assert said(file) == []
    assert [(line.room, wall(line), line.length_s, line.title) for line in file.lines] == [
        ("us_main", on("2027-03-12 20:00"), 7200, "Friday, late"),
        ("th_main", on("2027-03-13 08:00"), 7200, None),
        ("us_main", on("2027-03-12 20:00"), 7200, None),
    ]


def test_without_any_room_the_line_of_the_event_says_so():
    [problem] = said(told("plan.ics", calendar(f"{AT}LOCATION:Studio A")))
    assert problem.startswith(
        "line 4 (UID 1): no room is named: neither its place nor its categories are one (Studio A)"
    )
    assert problem.endswith("[room=us_main]")


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("DTSTART:20270313T010000Z", on("2027-03-12 20:00")),  # UTC
        ("DTSTART:20270315T000000Z", on("2027-03-14 20:00")),  # UTC after the clocks changed
        ("DTSTART;TZID=Asia/Shanghai:20270313T090000", on("2027-03-12 20:00")),
        ("DTSTART;TZID=Eastern Standard Time:20270312T200000", on("2027-03-12 20:00")),  # Outlook's name
        ("DTSTART;TZID=Their Own:20270313T080000", on("2027-03-12 20:00")),  # by its VTIMEZONE
        ("DTSTART;TZID=America/New_York:20270314T023000", on("2027-03-14 02:30")),  # in the gap: kept as said
    ],
)
def test_any_zone_becomes_the_wall_time_of_the_market(start, expected):
    file = told("plan.ics", calendar(f"{start}\nDURATION:PT1H", head=CUSTOM), room="us_main")
    assert said(file) == []
    assert [wall(line) for line in file.lines] == [expected]


def test_floating_times_are_read_in_the_market_and_that_is_said():
    file = told("plan.ics", calendar("DTSTART:20270312T200000\nDURATION:PT1H"), room="th_main")
    assert [wall(line) for line in file.lines] == [on("2027-03-12 20:00")]
    assert noted(file) == ["Times without a zone were taken for Asia/Bangkok, where the room sells."]


def test_a_zone_without_vtimezone_that_nobody_knows_is_an_error_naming_it():
    file = told("plan.ics", calendar("DTSTART;TZID=America/New_Yrok:20270312T200000\nDURATION:PT1H"), room="us_main")
    [problem] = said(file)
    assert problem.startswith(
        "line 4 (UID 1): nobody says what the time zone America/New_Yrok is: the file has no VTIME"
    )
    assert problem.endswith("[TZID=America/New_York]")


@pytest.mark.parametrize(
    ("event", "wanted"),
    [
        ("DTSTART;VALUE=DATE:20270312", "it is all day (2027-03-12); a show needs a time. [DTSTART:20270312T200000]"),
        ("DTSTART:2027x312T200000", "DTSTART is 2027x312T200000, which is no time."),
        ("SUMMARY:x", "DTSTART is missing."),
        (f"{AT}DTSTART:20270312T200000Z", "DTSTART is there more than once."),
        (
            "DTSTART:20270312T200000Z\nDURATION:PT5M",
            "it is 5 minutes long; a show has between 10 minutes and 24 hours.",
        ),
        ("DTSTART:20270312T200000Z\nDTEND:20270311T200000Z", "it is -1,440 minutes long"),
        (f"{AT}RRULE:FREQ=SECONDLY;COUNT=1000000", "it recurs SECONDLY; a show recurs daily at most."),
        (f"{AT}RRULE:FREQ=HOURLY", "it recurs HOURLY"),
        (f"{AT}RRULE:FREQ=WEEKLY;BYHOUR=8,20", "its rule has BYHOUR, which is not read here."),
        (f"{AT}RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "its rule has no dates."),
        (f"{AT}RRULE:FREQ=WEEKLY;BYDAY=MO", "its rule does not have its own first date, 2027-03-12 20:00."),
        (f"{AT}RRULE:FREQ=WEEKLY\nRRULE:FREQ=DAILY", "its rule has RRULE, which is not read here."),
        ("DTSTART;TZID=Asia/Bangkok:20271107T133000\nDURATION:PT1H", "comes twice on that day in America/New_York"),
    ],
)
def test_what_is_wrong_with_an_event_is_said_with_its_line_and_uid(event, wanted):
    problems = said(told("plan.ics", calendar(event), room="us_main"))
    assert len(problems) == 1
    assert problems[0].startswith("line 4 (UID 1): ")
    assert wanted in problems[0]


def test_one_broken_event_does_not_hide_the_others():
    file = told("plan.ics", calendar(AT, "DTSTART:nonsense", AT.replace("0312", "0319")), room="us_main")
    assert [wall(line).day for line in file.lines] == [12, 19]
    assert said(file)[0].startswith("line 10 (UID 2): DTSTART is nonsense")


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=DAILY", "daily 20:00 from 2027-03-12"),
        ("FREQ=DAILY;INTERVAL=14", "every 2 weeks fri 20:00 from 2027-03-12"),
        ("FREQ=WEEKLY", "every fri 20:00 from 2027-03-12"),
        ("FREQ=WEEKLY;BYDAY=FR,MO;WKST=SU", "every mon,fri 20:00 from 2027-03-12"),
        ("FREQ=WEEKLY;INTERVAL=3;BYDAY=FR", "every 3 weeks fri 20:00 from 2027-03-12"),
        ("FREQ=WEEKLY;COUNT=6", "every fri 20:00 from 2027-03-12 x6"),
        ("FREQ=WEEKLY;UNTIL=20270402T235959Z", "every fri 20:00 from 2027-03-12 until 2027-04-01"),
        ("FREQ=WEEKLY;UNTIL=20270403T000000Z", "every fri 20:00 from 2027-03-12 until 2027-04-02"),
        ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", "weekdays 20:00 from 2027-03-12"),
    ],
)  # fmt: skip
def test_a_rule_that_a_phrase_says_is_a_series(rule, expected):
    file = told("plan.ics", calendar(f"{AT}RRULE:{rule}"), room="us_main")
    assert said(file) == []
    assert [text(line) for line in file.lines] == [expected]


@pytest.mark.parametrize(
    "rule",
    ["FREQ=MONTHLY;BYDAY=2FR", "FREQ=MONTHLY;BYMONTHDAY=12", "FREQ=MONTHLY;BYDAY=FR;BYSETPOS=2",
     "FREQ=MONTHLY;INTERVAL=2"],
)  # fmt: skip
def test_a_monthly_rule_has_its_own_dates_in_any_case(rule):
    file = told("plan.ics", calendar(f"{AT}RRULE:{rule}"), room="us_main")
    assert said(file) == []
    wanted = [resolve(at, NY).at for at in rrulestr(rule, dtstart=on("2027-03-12 20:00"))[:3]]
    found = [time.at for line in file.lines for time in schedule.occurrences(line.phrase, NY, after=NOW, count=3)]
    assert found[:3] == wanted


def test_a_rule_in_utc_keeps_its_instants_show_by_show_where_the_market_changes_its_clocks():
    file = told("plan.ics", calendar("DTSTART:20270306T010000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY"), room="us_main")
    assert [f"{wall(line):%a %H:%M}" for line in file.lines[:3]] == ["Fri 20:00", "Fri 20:00", "Fri 21:00"]
    assert "no phrase says its rule, so 26 single shows are planned, until" in noted(file)[0]
    steady = told("plan.ics", calendar("DTSTART:20270306T130000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY"), room="th_main")
    assert [text(line) for line in steady.lines] == ["every sat 20:00 from 2027-03-06"]
    midnight = "DTSTART;TZID=Asia/Shanghai:20270305T000000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;BYDAY=FR"
    day_before = told("plan.ics", calendar(midnight), room="th_main")
    assert [text(line) for line in day_before.lines] == ["every thu 23:00 from 2027-03-04"]


def test_a_million_recurrences_are_cut_short_in_time():
    rules = ["FREQ=DAILY;COUNT=1000000", "FREQ=DAILY;INTERVAL=3", "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=12;COUNT=1000000"]
    begun = clock.monotonic()
    file = told("plan.ics", calendar(*(f"{AT}RRULE:{rule}" for rule in rules)), room="us_main")
    assert said(file) == []
    found = Counter(str(line.where.params["uid"]) for line in file.lines)
    assert found == {"1": reading.MOST_EXPANDED, "2": 58, "3": 1}  # the second has no more within half a year
    endless = told("plan.ics", calendar(f"{AT}RRULE:FREQ=DAILY".replace("20270312", "19500101")), room="us_main")
    assert [text(line) for line in endless.lines] == ["daily 20:00 from 2027-03-01"]
    many = told("plan.ics", calendar(*[f"{AT}RRULE:FREQ=DAILY"] * 2_001), room="us_main")
    assert said(many) == ["the file: there are 2,001 events; at most 2,000 are read. Leave out what is over."]
    assert clock.monotonic() - begun < 3


def test_dates_left_out_moved_and_cancelled_are_so_in_the_plan():
    series = f"UID:s\n{AT}RRULE:FREQ=WEEKLY\nEXDATE;TZID={NY}:20270319T200000"
    moved = f"UID:s\nRECURRENCE-ID;TZID={NY}:20270326T200000\nDTSTART;TZID={NY}:20270327T190000\nDURATION:PT90M"
    off = f"UID:s\nRECURRENCE-ID;TZID={NY}:20270402T200000\nSTATUS:CANCELLED\n{AT}"
    file = told("plan.ics", calendar(series, moved, off), room="us_main")
    assert said(file) == []
    [line] = file.lines
    assert text(line) == "every fri 20:00 from 2027-03-12 except 2027-03-19,2027-04-02"
    [date] = line.moved
    assert (date.slot, date.wall, date.length_s) == (on("2027-03-26 20:00"), on("2027-03-27 19:00"), 5400)


def test_what_is_over_or_cancelled_is_left_out_and_counted():
    old = AT.replace("20270312", "20260312")
    file = told(
        "plan.ics", calendar(old, f"{old}RRULE:FREQ=WEEKLY;COUNT=3", f"{AT}STATUS:CANCELLED", AT), room="us_main"
    )
    assert len(file.lines) == 1
    assert noted(file) == ["2 events are over and were left out.", "1 event is cancelled and was left out."]


def test_extra_dates_are_single_shows():
    file = told("plan.ics", calendar(f"{AT}RDATE;TZID={NY}:20270320T180000,20270321T180000"), room="us_main")
    assert [wall(line) for line in file.lines] == [
        on("2027-03-12 20:00"), on("2027-03-20 18:00"), on("2027-03-21 18:00"),
    ]  # fmt: skip


def test_rules_without_end_or_sense_end_in_time():
    awful = ["FREQ=DAILY;INTERVAL=14;BYDAY=SA", "FREQ=MONTHLY;BYDAY=FR;BYSETPOS=6", "FREQ=DAILY;INTERVAL=7;BYDAY=TH",
             "FREQ=YEARLY;BYMONTH=13", "FREQ=WEEKLY;INTERVAL=0", "FREQ=WEEKLY;COUNT=0", "FREQ=NEVER"]  # fmt: skip
    begun = clock.monotonic()
    file = told("plan.ics", calendar(*(f"{AT}RRULE:{rule}" for rule in awful)), room="us_main")
    assert (len(file.lines), len(file.problems)) == (0, len(awful)), said(file)
    assert clock.monotonic() - begun < 3


PARTS = st.sampled_from(
    ["DTSTART", "DTEND", "DURATION", "RRULE", "EXDATE", "RDATE", "RECURRENCE-ID", "STATUS", "LOCATION", "UID",
     "CATEGORIES"]
)  # fmt: skip
VALUES = st.sampled_from(
    ["20270312T200000", "20270312T200000Z", "20270312", "PT1H", "-PT1H", "FREQ=WEEKLY", "FREQ=DAILY;BYDAY=-9FR",
     "us_main",
     "99999999T999999", "00010101T000000Z", "99991231T235959Z", "FREQ=MONTHLY;BYMONTHDAY=0", "1", "CANCELLED",
     "20270312T200000/PT1H", "FREQ=WEEKLY;UNTIL=20270401;COUNT=2", ""]
) | st.text(max_size=12)  # fmt: skip
LINES = st.builds("{}{}:{}".format, PARTS, st.sampled_from(["", ";VALUE=DATE", f";TZID={NY}", ";TZID=Mars"]), VALUES)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(LINES, max_size=6), min_size=1, max_size=3))
def test_any_event_is_shows_or_problems_and_no_crash(events):
    file = told("plan.ics", calendar(*("\n".join(["SUMMARY:x", *lines]) for lines in events)), room="us_main")
    for line in file.lines:
        assert timedelta(minutes=10) <= timedelta(seconds=line.length_s) <= timedelta(days=1)
        assert all(time.at > datetime(2027, 1, 1, tzinfo=UTC) for time in _dates(line))
    assert said(file) or file.lines or noted(file)


def _dates(line):
    return schedule.occurrences(line.phrase, line.zone, after=NOW, count=3)
