"""Plan files that are tables: what is read, and each way of being wrong with what a person is told."""

from __future__ import annotations

import io
import time as clock
import zipfile
from datetime import date, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core import schedule
from bot.core.plan_file import MAX_FILE, line_from_json, line_to_json
from tests.calendars.files import ZONES, book, noted, on, said, told

HEAD = "room,when,length,host,title,benefit,likes_goal\n"


def csv_of(*rows: str, head: str = HEAD) -> bytes:
    return (head + "\n".join(rows)).encode()


def once(line):
    assert isinstance(line.phrase, schedule.OneOff)
    return line.phrase.wall


def test_a_row_is_a_show_or_a_series_in_the_wall_time_of_its_market():
    file = told(
        "plan.csv",
        csv_of('us_main,every fri 20:00,2h30m,mia,"Friday, late",a tote,1000', "TH_MAIN,2027-03-12 20:00,,,,,"),
    )
    assert said(file) == []
    series, single = file.lines
    assert schedule.phrase_text(series.phrase) == "every fri 20:00 from 2027-03-05"
    assert (series.room, series.zone, series.length_s, series.host) == ("us_main", "America/New_York", 9000, "mia")
    assert (series.title, series.benefit, series.likes_goal) == ("Friday, late", "a tote", 1000)
    assert (single.room, once(single), single.length_s) == ("th_main", on("2027-03-12 20:00"), 7200)
    assert [line_from_json(line_to_json(line)) for line in file.lines] == list(file.lines)


@pytest.mark.parametrize(
    ("encoding", "note"),
    [
        ("utf-8", None),
        ("utf-8-sig", None),
        ("utf-16", "UTF-16"),
        ("gb18030", "GB18030"),
    ],
)
@pytest.mark.parametrize("separator", [",", ";", "\t", "，"])
def test_chinese_headings_in_any_encoding_with_any_separator(encoding, note, separator):
    if separator == "，" and encoding == "gb18030":
        separator = ","
    rows = [["直播间", "时间", "时长", "标题"], ["us_main", "每周五 20:00", "2小时", "周五晚场：新品"]]
    file = told("排期.csv", "\n".join(separator.join(row) for row in rows).encode(encoding))
    assert said(file) == []
    [line] = file.lines
    assert (schedule.phrase_text(line.phrase), line.title) == ("every fri 20:00 from 2027-03-05", "周五晚场：新品")
    assert [f"taken for {note}" in text for text in noted(file)] == ([True] if note else [])


def test_windows_1252_letters_stay_letters_and_the_encoding_is_said():
    text = "room;when;title\nus_main;fri 20:00;Café décor à la crème, über 20 €\n"
    file = told("plan.csv", text.encode("cp1252"))
    assert [line.title for line in file.lines] == ["Café décor à la crème, über 20 €"]
    assert "Windows-1252" in noted(file)[0]


def test_date_and_time_may_be_two_columns_and_the_end_says_the_length():
    head = "房间,日期,开始时间,结束时间\n"
    file = told("plan.csv", csv_of("us_main,2027-03-13,23:00,01:30", head=head))
    assert said(file) == []
    assert once(file.lines[0]) == on("2027-03-13 23:00")
    assert file.lines[0].length_s == 9000
    across = told("plan.csv", csv_of("us_main,2027-03-14,01:00,04:00", head=head))
    assert across.lines[0].length_s == 7200  # the clocks leave out an hour of that night


def test_without_a_room_column_the_one_named_with_the_command_is_meant():
    file = told("plan.csv", csv_of("fri 20:00", head="when\n"), room="th_main")
    assert [line.room for line in file.lines] == ["th_main"]


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        (("us_man,fri 20:00,,,,,",), "line 2: room: there is no room us_man; there are: us_main and th_main."),
        ((",fri 20:00,,,,,",), "line 2: no room is named. [us_main]"),
        (("us_main,,,mia,,,",), "line 2: the date is empty. [2027-03-12 20:00]"),
        (("us_main,fri 8,,,,,",), "can mean more than one thing"),
        (("us_main,03/04/2027 20:00,,,,,",), "can mean more than one thing"),
        (("us_main,2027-02-29 20:00,,,,,",), "line 2: when:"),
        (("us_main,2027-02-01 20:00,,,,,",), "and that is past"),
        (("us_main,每周八 20:00,,,,,",), "line 2: when:"),
        (("us_main,fri 20:00,5m,,,,",), "line 2: length: 5m is no length between 10 minutes and 24 hours. [2h30m]"),
        (("us_main,fri 20:00,,,,,many",), "line 2: likes_goal: many is no whole number. [1000]"),
        (("us_main,fri 20:00,,,,,-4",), "line 2: likes_goal: -4 is no whole number. [1000]"),
        (("us_main,fri 20:00,,,,,1.5",), "line 2: likes_goal: 1.5 is no whole number. [1000]"),
        (("", 'us_main,fri 20:00,,,"two', 'lines",,', "us_main,fri 25:00,,,,,"), "line 5: when:"),
        (("us_main," + "fri 20:00 " * 500 + ",,,,,",), "line 2: when has more than 2,000 characters."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line_its_column_and_what_to_put_there(rows, wanted):
    problems = said(told("plan.csv", csv_of(*rows)))
    assert len(problems) == 1
    assert wanted in problems[0]


@pytest.mark.parametrize(
    ("head", "wanted"),
    [
        ("room,wen\n", "line 1: there is no column wen. [when]"),
        ("rom,when\n", "line 1: there is no column rom. [room]"),
        ("room,title\n", "line 1: the column for when is missing; there are: room and title."),
        ("room,date\n", "line 1: the column for time is missing"),
        ("room,when,直播间\n", "is a second column for room"),
    ],
)
def test_headings_that_are_missing_or_slips_are_said(head, wanted):
    assert any(wanted in problem for problem in said(told("plan.csv", csv_of("us_main,fri 20:00", head=head))))


def test_a_column_of_theirs_is_not_read_and_said_to_be_not_read():
    file = told("plan.csv", csv_of("us_main,fri 20:00,x", head="room,when,budget\n"))
    assert said(file) == []
    assert noted(file) == ["Columns that are not read: budget."]


def test_an_excel_sheet_with_dates_times_numbers_and_a_title_above():
    def fill(sheet, made):
        sheet.append(["Plan for March"])
        sheet.merge_cells("A1:E1")
        sheet.append(["Room", "Date", "Time", "Length", "Likes goal"])
        sheet.append(["us_main", date(2027, 3, 12), time(20, 0), time(2, 30), 1000])
        sheet.append(["us_main", on("2027-03-13 00:00"), timedelta(hours=19, minutes=59, seconds=59.9), 90, 1000.0])
        made.create_sheet("Ideas")

    file = told("plan.xlsx", book(fill))
    assert said(file) == []
    assert [(once(line), line.length_s, line.likes_goal) for line in file.lines] == [
        (on("2027-03-12 20:00"), 9000, 1000),
        (on("2027-03-13 20:00"), 5400, 1000),
    ]
    assert noted(file) == ["Only the sheet Sheet was read, not Ideas."]


def test_text_in_a_number_column_is_an_error_with_its_cell():
    def fill(sheet, made):
        sheet.append(["room", "when", "likes goal"])
        sheet.append(["us_main", "fri 20:00", "a lot"])

    assert said(told("plan.xlsx", book(fill))) == ["row 2: C2: a lot is no whole number. [1000]"]


def test_a_formula_without_its_value_is_an_error_and_one_with_it_is_its_value():
    def fill(sheet, made):
        sheet.append(["room", "when", "length"])
        sheet.append(["us_main", "=B1&1", "2h"])

    data = book(fill)
    [problem] = said(told("plan.xlsx", data))
    assert problem.startswith("row 2: B2 holds a formula whose value is not in the file.")
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        inside = {name: parts.read(name) for name in parts.namelist()}
    sheet = inside["xl/worksheets/sheet1.xml"]
    cached = sheet.replace(b"<f>B1&amp;1</f><v></v>", b"<f>B1&amp;1</f><v>fri 20:00</v>")
    cached = cached.replace(b"<f>B1&amp;1</f><v />", b"<f>B1&amp;1</f><v>fri 20:00</v>")
    cached = cached.replace(b'<c r="B2"', b'<c t="str" r="B2"') if b't="str"' not in cached else cached
    assert cached != sheet
    inside["xl/worksheets/sheet1.xml"] = cached
    file = told("plan.xlsx", zipped(inside))
    assert said(file) == []
    assert once(file.lines[0]) == on("2027-03-05 20:00")


def zipped(inside, how=zipfile.ZIP_DEFLATED) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", how) as parts:
        for name, content in inside.items():
            parts.writestr(name, content)
    return data.getvalue()


def test_a_value_merged_down_holds_for_each_row_and_one_merged_across_is_an_error():
    def fill(sheet, made):
        sheet.append(["room", "when", "host", "title"])
        for row in (["us_main", "fri 20:00"], [None, "sat 20:00"], ["th_main", "fri 20:00", "mia"]):
            sheet.append(row)
        sheet.merge_cells("A2:A3")
        sheet.merge_cells("C4:D4")

    file = told("plan.xlsx", book(fill))
    assert [line.room for line in file.lines] == ["us_main", "us_main"]
    assert said(file) == ["row 4: C4:D4 is merged over several columns. Unmerge it and fill each cell."]


def test_fifty_thousand_rows_are_refused_in_time():
    with zipfile.ZipFile(io.BytesIO(book(lambda sheet, made: sheet.append(["room", "when"])))) as parts:
        inside = {name: parts.read(name) for name in parts.namelist()}
    cell = '<c r="{}{}" t="inlineStr"><is><t>{}</t></is></c>'
    rows = "".join(
        f'<row r="{row}">{cell.format("A", row, "us_main")}{cell.format("B", row, "fri 20:00")}</row>'
        for row in range(2, 50_002)
    )
    name = "xl/worksheets/sheet1.xml"
    inside[name] = inside[name].replace(b"</sheetData>", rows.encode() + b"</sheetData>")
    made = zipped(inside)
    begun = clock.monotonic()
    problems = said(told("plan.xlsx", made))
    assert problems == ["the file: there are more than 500 lines to plan. Split the file; nothing after them was read."]
    assert said(told("plan.csv", csv_of(*["us_main,fri 20:00,,,,,"] * 30_000)))[-1] == problems[0]
    assert clock.monotonic() - begun < 4


def test_a_zip_bomb_is_not_unpacked():
    bomb = zipped({"[Content_Types].xml": "<x/>", "xl/worksheets/sheet1.xml": b"\0" * 60_000_000})
    assert len(bomb) < MAX_FILE
    begun = clock.monotonic()
    assert said(told("plan.xlsx", bomb)) == [
        "the file: it unpacks to 57 MB, which no plan needs; at most 24 MB are read."
    ]
    assert clock.monotonic() - begun < 0.5
    dense = zipped({"[Content_Types].xml": "<x/>", "xl/worksheets/sheet1.xml": b"\0" * 20_000_000})
    assert "it unpacks to 19 MB" in said(told("plan.xlsx", dense))[0]


def test_an_entity_bomb_in_a_sheet_is_not_expanded():
    def fill(sheet, made):
        sheet.append(["room", "when"])

    with zipfile.ZipFile(io.BytesIO(book(fill))) as parts:
        inside = {name: parts.read(name) for name in parts.namelist()}
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 9))
    inside["xl/worksheets/sheet1.xml"] = (
        f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "ha">{entities}]><worksheet>&e8;</worksheet>'.encode()
    )
    assert "it is broken, or no real xlsx file" in said(told("plan.xlsx", zipped(inside)))[0]


def test_a_cell_far_below_is_reached_in_time():
    def fill(sheet, made):
        sheet.append(["room", "when"])
        sheet.cell(200_000, 1, "us_man")

    begun = clock.monotonic()
    assert said(told("plan.xlsx", book(fill)))[0].startswith("row 200000: A200000: ")
    assert clock.monotonic() - begun < 6


@pytest.mark.parametrize(
    ("name", "data", "wanted"),
    [
        ("plan.csv", b"", "there is nothing in it"),
        ("plan.csv", b"\n\n,,,\n", "there is nothing in it"),
        ("plan.csv", b"room,when\n" + b"\xff\xfe\x81", "none of UTF-8, GB18030 and Windows-1252"),
        ("plan.csv", b"room,when\nus_main,\0", "it is no text"),
        ("plan.csv", b"\xff\xfea", "it begins as UTF-16 but is not"),
        ("plan.csv", b"a" * (MAX_FILE + 1), "at most 1,024 KB are read"),
        ("plan.csv", b'room,when\nus_main,"' + b"x" * 200_000, "a quotation mark is opened at line 2"),
        ("plan.csv", b"room,when" + b"," * 50, "more than 40 columns"),
        ("plan.xls", b"\xd0\xcf\x11\xe0" + b"\0" * 600, "old .xls, or protected"),
        ("plan.xlsx", b"PK\x03\x04" + b"\0" * 600, "it is broken"),
        ("plan.pdf", b"%PDF-1.7", "plan.pdf is none of .csv, .xlsx and .ics"),
    ],
)
def test_a_file_that_is_none_is_one_problem_that_says_why(name, data, wanted):
    problems = said(told(name, data))
    assert len(problems) == 1
    assert wanted in problems[0]


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(["csv", "tsv", "txt", "xlsx", "ics", "pdf", ""]), st.binary(max_size=400), st.booleans())
def test_whatever_the_bytes_are_there_are_problems_and_no_crash(ending, data, has_head):
    heads = {"csv": HEAD.encode(), "ics": b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:", "xlsx": b"PK\x03\x04"}
    file = told(f"plan.{ending}", heads.get(ending, b"") + data if has_head else data)
    assert said(file) or file.lines or noted(file) or ending in {"csv", "tsv", "txt", ""}


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=20).filter(str.strip)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(ZONES)),
            st.datetimes(on("2027-03-03 00:00"), on("2030-01-01 00:00")).map(
                lambda at: at.replace(second=0, microsecond=0)
            ),
            st.integers(10, 1440),
            TEXTS,
            st.none() | st.integers(0, 999_999_999),
        ),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from([",", ";", "\t"]),
)  # fmt: skip
def test_a_table_made_of_any_plan_is_read_as_that_plan(plans, separator):
    import csv

    out = io.StringIO()
    table = csv.writer(out, delimiter=separator)
    table.writerow(["room", "when", "length", "title", "likes_goal"])
    for room, at, minutes, title, goal in plans:
        table.writerow([room, f"{at:%Y-%m-%d %H:%M}", f"{minutes}m", title, "" if goal is None else goal])
    file = told("plan.csv", out.getvalue().encode())
    assert said(file) == []
    found = [(line.room, once(line), line.length_s, line.title, line.likes_goal) for line in file.lines]
    wanted = [(room, at, minutes * 60, title.strip(), goal) for room, at, minutes, title, goal in plans]
    assert found == wanted
