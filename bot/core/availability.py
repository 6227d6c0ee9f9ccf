"""A host's hours of the week as they are typed, and whether a show fits into them.

`mon-fri 18:00-02:00; sat 10:00-22:00`, `daily 19:00-24:00`, `周一至周五 18:00-02:00`. Hours are wall time in the host's
own zone; one that ends at or before its start ends on the next day.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.errors import UserError
from bot.core.excerpt import excerpt

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CHINESE = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6}
_NAMED = {
    "daily": range(7), "every day": range(7), "每天": range(7), "weekdays": range(5), "工作日": range(5),
    "weekends": range(5, 7), "周末": range(5, 7),
}  # fmt: skip
_PART = re.compile(r"(?P<days>.*?)\s*(?P<start>\d{1,2}:\d{2})\s*[-–~至到]\s*(?P<end>\d{1,2}:\d{2})")
_DAY_MIN = 24 * 60
_WEEK_MIN = 7 * _DAY_MIN
EXAMPLE = "mon-fri 18:00-02:00; sat 10:00-22:00"
MOST = 40
"""Windows a week that can be kept."""


@dataclass(frozen=True, slots=True)
class Window:
    """Minutes from Monday 00:00 of a week in the host's zone; `end_min` may lie in the next week, never 24 h later."""

    start_min: int
    end_min: int


def parse(text: str) -> tuple[Window, ...]:
    """The windows in the order of the week, those that touch joined.

    Raises:
        UserError: which part was not understood, with one that can be typed.
    """
    found: list[Window] = []
    for part in re.split(r"[;；]", text):
        if part.strip():
            found += _windows(part.strip())
    if not found or len(found) > MOST:
        raise _unclear(text)
    return _joined(found)


def _windows(part: str) -> list[Window]:
    match = _PART.fullmatch(part.lower().replace("：", ":").replace("，", ","))
    if match is None:
        raise _unclear(part)
    start, end = _minute(match["start"], part), _minute(match["end"], part)
    if end <= start:
        end += _DAY_MIN
    days = _days(match["days"].strip(), part)
    return [Window(day * _DAY_MIN + start, day * _DAY_MIN + end) for day in days if start < _DAY_MIN]


def _minute(text: str, part: str) -> int:
    hour, minute = (int(piece) for piece in text.split(":"))
    if minute > 59 or hour > 24 or (hour == 24 and minute):  # noqa: PLR2004 - a clock's own numbers
        raise _unclear(part)
    return hour * 60 + minute


def _days(text: str, part: str) -> list[int]:
    if text in _NAMED:
        return list(_NAMED[text])
    days: list[int] = []
    for piece in re.split(r"[,、\s]+", text):
        ends = [_day(end, part) for end in re.split(r"[-–~至到]", piece)]
        if len(ends) > 2:  # noqa: PLR2004 - from and to
            raise _unclear(part)
        first, last = ends[0], ends[-1]
        days += [day % 7 for day in range(first, last + 1 if last >= first else last + 8)]
    return sorted(set(days))


def _day(text: str, part: str) -> int:
    for place, name in enumerate(_DAYS):
        if text[:3] == name and re.fullmatch(r"[a-z]+", text):
            return place
    chinese = re.fullmatch(r"(?:周|星期|礼拜)([一二三四五六日天])", text)
    if chinese is None:
        raise _unclear(part)
    return _CHINESE[chinese[1]]


def _unclear(part: str) -> UserError:
    return UserError("hours.unclear", part=excerpt(part, 40), example=EXAMPLE, try_instead=f'hours="{EXAMPLE}"')


def _joined(windows: Sequence[Window]) -> tuple[Window, ...]:
    joined: list[Window] = []
    for window in sorted(windows, key=lambda item: (item.start_min, item.end_min)):
        if joined and window.start_min <= joined[-1].end_min:
            joined[-1] = Window(joined[-1].start_min, max(joined[-1].end_min, window.end_min))
        else:
            joined.append(window)
    return tuple(joined)


def told(windows: Sequence[Window]) -> str:
    """As it can be typed again; a window longer than a day is told in days."""
    parts: list[tuple[int, str]] = []
    for window in windows:
        start = window.start_min
        while start < window.end_min:
            end = min(window.end_min, start + _DAY_MIN)
            parts.append((start // _DAY_MIN % 7, f"{_clock(start)}-{_clock(end)}"))
            start = end
    by_hours: dict[str, list[int]] = {}
    for day, hours in sorted(parts):
        by_hours.setdefault(hours, []).append(day)
    return "; ".join(f"{_in_rows(days)} {hours}" for hours, days in by_hours.items())


def _in_rows(days: Sequence[int]) -> str:
    """Three and more in a row as a range: `mon-fri,sun`."""
    rows: list[list[int]] = []
    for day in days:
        if rows and day == rows[-1][-1] + 1:
            rows[-1].append(day)
        else:
            rows.append([day])
    return ",".join(
        f"{_DAYS[row[0]]}-{_DAYS[row[-1]]}" if row[-1] - row[0] > 1 else ",".join(_DAYS[day] for day in row)
        for row in rows
    )


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02}:{minute % 60:02}"


def covers(windows: Sequence[Window], starts_local: datetime, ends_local: datetime) -> bool:
    """Whether a show lies inside one window; both times naive, in the host's zone.

    Wall time: on the night a clock changes the hour that is doubled or missing is not counted.
    """
    monday = datetime.combine(starts_local.date() - timedelta(days=starts_local.weekday()), datetime.min.time())
    start = (starts_local - monday) / timedelta(minutes=1)
    end = (ends_local - monday) / timedelta(minutes=1)
    placed = [(window.start_min, window.end_min) for window in windows]
    # Sunday's night goes on on Monday: each window stands also a week earlier, and the last meets the first.
    around = sorted((first + shift, last + shift) for first, last in placed for shift in (-_WEEK_MIN, 0, _WEEK_MIN))
    reached: float = start
    for first, last in around:
        if first <= reached <= last:
            reached = max(reached, last)
    return bool(placed) and reached >= end
