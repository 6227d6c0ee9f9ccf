"""Where in time a schedule phrase is read, and which date is meant by one that is said in part only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from bot.core.phrase_draft import (
    MONTHS,
    Day,
    DayOf,
    Draft,
    MonthDay,
    MonthEnd,
    Part,
    WeekDay,
    checked_date,
    days_of,
    is_date,
    no_such_date,
)
from bot.core.phrase_words import month_day
from bot.core.zones import resolve

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Present:
    """Where in time the phrase is read: `today` in `zone`; what starts at or before `floor` (aware) is past."""

    zone: ZoneInfo
    today: date
    floor: datetime

    def is_ahead(self, day: date, clock: time) -> bool:
        return resolve(datetime.combine(day, clock), self.zone).at > self.floor


def the_date(draft: Draft, present: Present, day: Day, part: Part, fits: Callable[[date], bool]) -> date:
    """The date that was said; without its year or month the next one that `fits`.

    Raises:
        UserError: the next one is not in the calendar (the 29th of February is not moved on unasked), or out of range.
    """
    match day:
        case MonthDay(month, number):
            return _next(draft, part, present.today, month, number, fits)
        case MonthEnd(month):
            year = present.today.year
            end = date(year, month, days_of(year, month))
            return end if fits(end) else checked_date(draft, part, year + 1, month, days_of(year + 1, month))
        case WeekDay(weeks, weekday):
            return present.today + _DAY * (7 * weeks + weekday - present.today.weekday())
        case DayOf(months, number):
            return _in_month(draft, part, present.today, months, number, fits)
        case date():
            return day
    return present.today + _DAY * day


def _next(draft: Draft, part: Part, today: date, month: int, day: int, fits: Callable[[date], bool]) -> date:
    for year in range(today.year, today.year + 9):
        if not is_date(year, month, day):
            if (year, month) < (today.year, today.month):
                continue
            return checked_date(draft, part, year, month, day)
        found = date(year, month, day)
        if fits(found):
            return found
    return checked_date(draft, part, today.year + 9, month, day)


def _in_month(
    draft: Draft, part: Part, today: date, months: int | None, day: int, fits: Callable[[date], bool]
) -> date:
    """Like "the 15th": of this month while it is ahead, otherwise of the next."""
    for ahead in (0, 1) if months is None else (months,):
        year, month = divmod(today.year * 12 + today.month - 1 + ahead, MONTHS)
        length = days_of(year, month + 1)
        if day > length:
            last = month_day(month + 1, length, chinese=not draft.raw.isascii())
            raise no_such_date(draft, part, length, last)
        found = date(year, month + 1, day)
        if months is not None or fits(found):
            break
    return found
