"""What a schedule phrase means: a rule in wall time, without zone and without instants.

Reading one from words is bot.core.schedule, its dates are bot.core.phrase_dates, how it is kept and typed is
bot.core.phrase_forms.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DAY = tuple(range(7))
WEEKDAYS = tuple(range(5))
WEEKENDS = (5, 6)

MAX_INTERVAL = 52
"""Weeks between two dates of a series."""
MAX_MONTHS = 12
"""Months between two dates of a monthly series."""
MAX_TIMES = 12
"""Times of a day."""
MAX_COUNT = 999
MAX_WITHOUT = 60
"""Dates left out of a series: more than a year of a weekly one. What is typed must stay short enough to be read."""

LAST = -1
"""The last of a month: its last day, its last Sunday."""

_DAYS = (*range(1, 32), LAST)
_NTH = (1, 2, 3, 4, 5, LAST)


@dataclass(frozen=True, slots=True)
class OneOff:
    """Once, at a naive wall time."""

    wall: datetime

    def __post_init__(self) -> None:
        if self.wall.tzinfo is not None:
            raise ValueError(f"{self.wall.isoformat()} is not a wall time: it has a zone")


@dataclass(frozen=True, slots=True)
class Weekly:
    """At `times` on `weekdays` (0 is Monday, both ascending) of every `interval`-th week, counted from that of `first`.

    `first` is the first date of the series, so one of its weekdays; `until` includes its day; `count` counts the times
    from `first` on as RFC 5545 does: those on the dates `without` (ascending, all dates of the series), which are left
    out, too. Weeks begin on Monday.
    """

    weekdays: tuple[int, ...]
    times: tuple[time, ...]
    first: date
    interval: int = 1
    until: date | None = None
    count: int | None = None
    without: tuple[date, ...] = ()

    def __post_init__(self) -> None:
        if not self.weekdays or list(self.weekdays) != sorted(set(self.weekdays) & set(EVERY_DAY)):
            raise ValueError(f"weekdays must be ascending numbers from 0 to 6, not {self.weekdays!r}")
        if self.first.weekday() not in self.weekdays:
            raise ValueError(f"the first date {self.first} is none of the weekdays {self.weekdays!r}")
        _check(self, MAX_INTERVAL)

    def has(self, day: date) -> bool:
        """Whether the rhythm meets that date; bounds and dates left out aside."""
        monday = self.first - timedelta(days=self.first.weekday())
        return day.weekday() in self.weekdays and (day - monday).days // 7 % self.interval == 0


@dataclass(frozen=True, slots=True)
class Monthly:
    """At `times` on `days` of the month or on its `nth` weekdays, in every `interval`-th month from that of `first`.

    One of `days` and `nth` is empty. A day is 1 to 31 or -1, the last; an nth is (which, weekday), which from 1 to 5 or
    -1, the last. The last comes last; otherwise both ascend. A month that lacks the date is skipped. The other fields
    are those of Weekly.
    """

    times: tuple[time, ...]
    first: date
    days: tuple[int, ...] = ()
    nth: tuple[tuple[int, int], ...] = ()
    interval: int = 1
    until: date | None = None
    count: int | None = None
    without: tuple[date, ...] = ()

    def __post_init__(self) -> None:
        if bool(self.days) == bool(self.nth):
            raise ValueError("a monthly series is on days of the month or on its weekdays")
        if self.days != days_in_order(self.days) or not all(day in _DAYS for day in self.days):
            raise ValueError(f"days of the month must be ascending from 1 to 31, then -1, not {self.days!r}")
        if self.nth != nth_in_order(self.nth) or not all(_is_nth(*each) for each in self.nth):
            raise ValueError(f"weekdays of the month must be ascending, the last ones last, not {self.nth!r}")
        if not self.has(self.first):
            raise ValueError(f"the first date {self.first} is none of the series")
        _check(self, MAX_MONTHS)

    def has(self, day: date) -> bool:
        """Whether the rhythm meets that date; bounds and dates left out aside."""
        months = (day.year - self.first.year) * 12 + day.month - self.first.month
        return months % self.interval == 0 and day in self.of_month(day.year, day.month)

    def of_month(self, year: int, month: int) -> list[date]:
        """The dates of one month, ascending, whether or not the rhythm meets that month."""
        return sorted({day for day in self._in(year, month) if day is not None})

    def lacks(self, year: int, month: int) -> bool:
        """Whether that month has not all of the dates."""
        return None in self._in(year, month)

    def _in(self, year: int, month: int) -> Iterator[date | None]:
        weekday, length = calendar.monthrange(year, month)
        for day in self.days:
            yield date(year, month, length if day == LAST else day) if day <= length else None
        for which, wanted in self.nth:
            fitting = range((wanted - weekday) % 7 + 1, length + 1, 7)
            place = which if which == LAST else which - 1
            yield date(year, month, fitting[place]) if place < len(fitting) else None


Recurring = Weekly | Monthly
Phrase = OneOff | Weekly | Monthly


def days_in_order(days: Iterable[int]) -> tuple[int, ...]:
    """Days of the month, each once, the last of the month last."""
    return tuple(sorted(set(days), key=lambda day: (day == LAST, day)))


def nth_in_order(nth: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Weekdays of the month, each once, the last of the month last."""
    return tuple(sorted(set(nth), key=lambda each: (each[0] == LAST, each)))


def _check(rule: Recurring, most: int) -> None:
    """What both kinds of series have in common."""
    if not 1 <= rule.interval <= most or (rule.count is not None and not 1 <= rule.count <= MAX_COUNT):
        raise ValueError(f"interval {rule.interval!r} or count {rule.count!r} is out of range")
    if not 1 <= len(rule.times) <= MAX_TIMES or list(rule.times) != sorted(set(rule.times)):
        raise ValueError(f"times must be ascending, 1 to {MAX_TIMES} of them, not {rule.times!r}")
    if any(each.tzinfo is not None for each in rule.times):
        raise ValueError(f"{rule.times!r} are no wall times: one has a zone")
    out = list(rule.without)
    last = rule.until or date.max
    if len(out) > MAX_WITHOUT or out != sorted(set(out)):
        raise ValueError(f"dates left out must be ascending, at most {MAX_WITHOUT}, not {out!r}")
    if not all(rule.first <= day <= last and rule.has(day) for day in out):
        raise ValueError(f"one of the dates left out is none of the series: {out!r}")


def _is_nth(which: int, weekday: int) -> bool:
    return which in _NTH and weekday in EVERY_DAY
