"""A table of shows, as people keep it in a spreadsheet: its columns in two languages, and each row made a PlanLine.

Cells come as they stand in the file: text, or a number, date or time of a spreadsheet.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.core import schedule
from bot.core.command import MAX_NUMBER, MAX_TEXT, parse_duration
from bot.core.errors import NotFoundError, UserError
from bot.core.excerpt import excerpt, whole
from bot.core.plan_file import Findings, Known, PlanLine
from bot.core.reply import Listing, Msg, msg

Value = str | int | float | bool | datetime | date | time | timedelta | UserError
"""An error: why the cell has no value."""

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "room": ("room", "account", "直播间", "房间", "账号"),
    "when": ("when", "schedule", "排期", "开播时间", "什么时候"),
    "date": ("date", "day", "日期"),
    "time": ("time", "start", "start time", "starts", "时间", "开始", "开始时间"),
    "length": ("length", "duration", "时长"),
    "end": ("end", "end time", "ends", "结束", "结束时间"),
    "host": ("host", "主播"),
    "title": ("title", "name", "标题", "主题"),
    "benefit": ("benefit", "gift", "福利"),
    "likes_goal": ("likes_goal", "likes goal", "likes", "点赞目标", "点赞"),
}
"""What a column may be called."""
STANDARD_S = 2 * 3600
"""Length of a show that says none, in seconds: as `/show plan` has it."""
SHORTEST_S, LONGEST_S = 10 * 60, 24 * 3600
_BY_NAME = {name.replace(" ", "").replace("_", ""): field for field, names in COLUMNS.items() for name in names}
_NEAR_ENOUGH = 0.75
_LONGEST_WHEN = 200
_CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})(?::\d{2})?")
_DAY_S = 24 * 3600
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Cell:
    """`at` is where to look: "C7", or the name of the column in a file without addresses."""

    value: Value
    at: str


@dataclass(frozen=True, slots=True)
class Row:
    """Cells by field; empty ones are absent."""

    where: Msg
    cells: Mapping[str, Cell]


def plain(name: str) -> str:
    """A heading as it is compared."""
    return re.sub(r"[\s_*:.-]+", "", unicodedata.normalize("NFKC", name)).lower()


def recognised(names: Sequence[str]) -> int:
    """How many of these are headings of ours."""
    return sum(plain(name) in _BY_NAME for name in names)


def columns(names: Sequence[tuple[str, Msg]], found: Findings, known: Known) -> dict[int, str] | None:
    """Which field each column is, from the headings with their places; None: a column that is needed is missing.

    A heading that looks like a slip is a problem, since what it holds would be lost; any other is noted as not read.
    """
    fields: dict[int, str] = {}
    unread: list[str] = []
    for number, (name, where) in enumerate(names):
        key = plain(name)
        field = _BY_NAME.get(key)
        if field is None and key:
            near = difflib.get_close_matches(key, _BY_NAME, n=1, cutoff=_NEAR_ENOUGH)
            if near:
                found.wrong(where, UserError("plan.column_slip", try_instead=_BY_NAME[near[0]], name=excerpt(name, 40)))
            else:
                unread.append(excerpt(name, 40))
        elif field in fields.values():
            found.wrong(where, UserError("plan.column_twice", name=excerpt(name, 40), column=field))
        elif field is not None:
            fields[number] = field
    if "when" not in fields.values() and "date" not in fields.values():  # 时间 alone says the day as well
        fields = {number: "when" if field == "time" else field for number, field in fields.items()}
    if unread:
        found.note(msg("plan.note.columns_unread", names=Listing(tuple(unread[:10]))))
    return fields if _complete(set(fields.values()), names, found, known) else None


def _complete(fields: set[str], names: Sequence[tuple[str, Msg]], found: Findings, known: Known) -> bool:
    missing = [] if "room" in fields or known.room is not None else ["room"]
    if "when" not in fields and not {"date", "time"} <= fields:
        missing.append("time" if "date" in fields else "when")
    if missing:
        where = names[0][1] if names else msg("plan.at.file")
        there = Listing(tuple(excerpt(name, 30) for name, _ in names[:12] if name))
        lacking = Listing(tuple(missing))
        found.wrong(
            where, UserError("plan.columns_missing", try_instead="room,when,length,host", names=lacking, found=there)
        )
    return not missing


def line_of(row: Row, known: Known) -> PlanLine:
    """What a row means.

    Raises:
        UserError: what is wrong, with its cell, and what to put there.
    """
    room = _room(row, known)
    zone = known.zones[room]
    when = _when(row)
    try:
        phrase = schedule.parse(when, now=known.now, zone=zone)
    except UserError as error:
        cell = row.cells.get("when") or row.cells.get("date") or row.cells["time"]
        raise UserError("plan.bad_when", try_instead=error.try_instead, cell=cell.at, why=error.message) from error
    return PlanLine(
        where=row.where,
        room=room,
        phrase=phrase,
        zone=zone,
        length_s=_length(row, phrase, zone, known.now),
        host=_text(row, "host"),
        title=_text(row, "title"),
        benefit=_text(row, "benefit"),
        likes_goal=_number(row, "likes_goal"),
    )


def room_named(name: str, known: Known) -> str | None:
    """The slug of a room that may be named, upper or lower case."""
    return next((slug for slug in known.zones if slug.casefold() == name.strip().casefold()), None)


def _room(row: Row, known: Known) -> str:
    text = _text(row, "room")
    if text is None:
        if known.room is None:
            raise UserError("plan.no_room", try_instead=next(iter(known.zones), "us_main"))
        return known.room
    found = room_named(text, known)
    if found is None:
        near = difflib.get_close_matches(text.casefold(), known.zones, n=1)
        raise NotFoundError(
            "plan.unknown_room", try_instead=near[0] if near else next(iter(known.zones), "us_main"),
            cell=row.cells["room"].at, room=excerpt(text, 40), known=Listing(tuple(list(known.zones)[:8])),
        )  # fmt: skip
    return found


def _text(row: Row, field: str) -> str | None:
    cell = row.cells.get(field)
    if cell is None:
        return None
    value = cell.value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return clean(str(value))


def clean(text: str) -> str | None:
    """Text of theirs as it is kept: on one line, and with nothing that no file can keep."""
    return _CONTROL.sub(" ", whole(text)).strip()[:MAX_TEXT] or None


def _when(row: Row) -> str:
    """The phrase: out of one column, or of a date and a time."""
    cell = row.cells.get("when")
    if cell is not None:
        if isinstance(cell.value, datetime):
            return f"{_minute(cell.value):%Y-%m-%d %H:%M}"
        return _phrase_text(cell)
    day, clock = row.cells.get("date"), row.cells.get("time")
    if day is None or clock is None:
        raise UserError("plan.no_when", try_instead="2027-03-12 20:00", column="date" if day is None else "time")
    return f"{_day_text(day)} {_clock_text(clock)}"


def _phrase_text(cell: Cell) -> str:
    if not isinstance(cell.value, str) or len(cell.value) > _LONGEST_WHEN:
        value = excerpt(str(cell.value), 40)
        raise UserError("plan.no_date", try_instead="2027-03-12 20:00", cell=cell.at, value=value)
    return cell.value.strip()


def _day_text(cell: Cell) -> str:
    if isinstance(cell.value, datetime | date):
        return f"{cell.value:%Y-%m-%d}"
    return _phrase_text(cell)


def _clock_text(cell: Cell) -> str:
    match cell.value:
        case datetime():
            return f"{_minute(cell.value):%H:%M}"
        case time():
            return f"{_minute(datetime.combine(date(2000, 1, 1), cell.value)):%H:%M}"
        case timedelta() if 0 <= cell.value.total_seconds() < _DAY_S:
            return f"{_minute(datetime(2000, 1, 1) + cell.value):%H:%M}"  # noqa: DTZ001 - a wall time
    return _phrase_text(cell)


def _minute(moment: datetime) -> datetime:
    """To the nearest minute: a spreadsheet keeps 20:00 as a fraction of a day, which may fall short of it."""
    return (moment + timedelta(seconds=30)).replace(second=0, microsecond=0)


def _length(row: Row, phrase: schedule.Phrase, zone: str, now: datetime) -> int:
    """Seconds, from the length or the end."""
    cell, end = row.cells.get("length"), row.cells.get("end")
    if cell is None and end is None:
        return STANDARD_S
    length = _until(end, phrase, zone, now) if cell is None and end is not None else _duration(cell or _NONE)
    at = cell or end or _NONE
    if length is None or not SHORTEST_S <= length <= LONGEST_S:
        key = "plan.bad_length" if cell is not None else "plan.bad_end"
        raise UserError(key, try_instead="2h30m" if cell else "22:30", cell=at.at, value=excerpt(str(at.value), 40))
    return length


_NONE = Cell("", "")


def _duration(cell: Cell) -> int | None:
    """A bare number is minutes, 2:30 is two hours and a half, and so is such a time of a spreadsheet."""
    value = cell.value
    if isinstance(value, str):
        text = unicodedata.normalize("NFKC", value).strip()
        clock = _CLOCK.fullmatch(text)
        return int(clock[1]) * 3600 + int(clock[2]) * 60 if clock else parse_duration(text)
    if isinstance(value, timedelta):
        return round(value.total_seconds())
    if isinstance(value, time):
        return value.hour * 3600 + value.minute * 60
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= _DAY_S:
        return round(value * 60)
    return None


def _until(cell: Cell, phrase: schedule.Phrase, zone: str, now: datetime) -> int | None:
    """From the start to that wall time, past midnight where it is earlier; both on the clock of `zone`."""
    if isinstance(cell.value, str):
        clock = _CLOCK.fullmatch(unicodedata.normalize("NFKC", cell.value).strip())
        if clock is None or int(clock[1]) > 23 or int(clock[2]) > 59:  # noqa: PLR2004 - of a clock
            return None
        ends = time(int(clock[1]), int(clock[2]))
    elif isinstance(cell.value, datetime | time):
        ends = time.fromisoformat(_clock_text(cell))
    else:
        return None
    first = next(iter(schedule.occurrences(phrase, zone, after=now, count=1)), None)
    if first is None:
        return None
    starts = first.wall
    finish = datetime.combine(starts.date(), ends)
    if isinstance(cell.value, datetime) and cell.value.date() > starts.date():
        finish = _minute(cell.value)
    elif finish <= starts:
        finish += timedelta(days=1)
    info = ZoneInfo(zone)
    apart = finish.replace(tzinfo=info).astimezone(UTC) - first.at
    return round(apart.total_seconds())


def _number(row: Row, field: str) -> int | None:
    cell = row.cells.get(field)
    if cell is None:
        return None
    value = cell.value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str):
        text = unicodedata.normalize("NFKC", value).strip()
        if re.fullmatch(r"[0-9]{1,9}", text):
            value = int(text)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_NUMBER:
        raise UserError("plan.no_number", try_instead="1000", cell=cell.at, value=excerpt(str(cell.value), 40))
    return value
