"""The naive wall times of a schedule phrase, and what can be done with a series: split, shift, leave dates out.

dateutil finds the dates; the times of a day, the count and the dates left out are put on them here, since its BYHOUR
and BYMINUTE would combine every hour with every minute.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from dateutil.rrule import MO, MONTHLY, WEEKLY, rrule
from dateutil.rrule import weekday as rrule_weekday

from bot.core.errors import UserError
from bot.core.phrases import LAST, MAX_WITHOUT, Monthly, OneOff, Phrase, Recurring, Weekly, days_in_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LAST_DATE = date(9998, 12, 31)  # an instant in 9999 may be beyond what datetime can hold in another zone
_DAY = timedelta(days=1)
_MARGIN = 2 * _DAY
_EVERY_MONTH = 28
"""Days of the month that every month has: 1 to this."""


def walls(phrase: Phrase, after: datetime) -> Iterator[datetime]:
    """The wall times in order, from about two days before the naive `after` on.

    Two days of margin: a wall time in a gap comes up to a day later than it says.
    """
    if isinstance(phrase, OneOff):
        return iter((phrase.wall,))
    out = frozenset(phrase.without)
    return (wall for wall in _counted(phrase, after.date()) if wall.date() not in out)


def split(phrase: Phrase, day: date) -> tuple[Phrase | None, Phrase | None]:
    """What of a phrase is before `day`, and what is from `day` on; None where that is nothing.

    The rhythm of every n weeks or months and the count go on in the second as they would have in the whole.
    """
    if isinstance(phrase, OneOff):
        return (phrase, None) if phrase.wall.date() < day else (None, phrase)
    if day <= phrase.first:
        return None, phrase
    begun = _used(phrase, day)
    before = replace(
        phrase,
        until=min(day - _DAY, phrase.until or date.max),
        count=phrase.count if phrase.count is None or begun >= phrase.count else begun,
        without=tuple(out for out in phrase.without if out < day),
    )
    left = None if phrase.count is None else phrase.count - begun
    first = next((each for each in _dates(phrase, day) if each >= day), None)
    if first is None or (left is not None and left <= 0):
        return _unless_empty(before), None
    after = replace(phrase, first=first, count=left, without=tuple(out for out in phrase.without if out >= day))
    return _unless_empty(before), _unless_empty(after)


def is_of(phrase: Phrase, wall: datetime) -> bool:
    """Whether the phrase has that naive wall time."""
    if isinstance(phrase, OneOff):
        return wall == phrase.wall
    day = wall.date()
    if day < phrase.first or not phrase.has(day) or wall.time() not in phrase.times or day in phrase.without:
        return False
    if phrase.until is not None and day > phrase.until:
        return False
    return phrase.count is None or any(each == wall for each in _counted(phrase, day))


def shifted(phrase: Phrase, *, times: tuple[time, ...] | None = None, minutes: int = 0) -> Phrase:
    """The same phrase at other `times` of day, or all of its times moved by `minutes`, into the next day if need be.

    Raises:
        UserError: some of its times would come to another day and others not, or the days they come to have no rule.
        ValueError: several times for a one-off.
    """
    if isinstance(phrase, OneOff):
        if times is not None:
            (only,) = times
            return OneOff(datetime.combine(phrase.wall.date(), only))
        return OneOff(phrase.wall + timedelta(minutes=minutes))
    if times is not None:
        return replace(phrase, times=tuple(sorted(set(times))))
    moved = [datetime.combine(phrase.first, each) + timedelta(minutes=minutes) for each in phrase.times]
    days = {(each.date() - phrase.first).days for each in moved}
    if len(days) > 1:
        raise UserError("schedule.shift_apart", try_instead="/show list")
    at = tuple(sorted(each.time() for each in moved))
    return _on_other_days(replace(phrase, times=at), days.pop())


def without(phrase: Recurring, dates: Iterable[date]) -> Recurring:
    """The same series with further dates left out.

    Raises:
        UserError: more than a series can leave out.
        ValueError: one of them is none of its dates.
    """
    out = tuple(sorted({*phrase.without, *dates}))
    if len(out) > MAX_WITHOUT:
        raise UserError("schedule.too_many_dates", most=MAX_WITHOUT, try_instead="/show list")
    return replace(phrase, without=out)


def months_lacking(phrase: Phrase, begin: date, end: date) -> list[date]:
    """The months (their first days) after that of `begin` and before that of `end` which a monthly series skips.

    That is: months which its rhythm meets but which have not all of its dates.
    """
    if not isinstance(phrase, Monthly):
        return []
    first, last = (each.year * 12 + each.month - 1 for each in (begin, end))
    return [
        date(month // 12, month % 12 + 1, 1)
        for month in range(first + 1, last)
        if (month + 1 - phrase.first.year * 12 - phrase.first.month) % phrase.interval == 0
        and phrase.lacks(month // 12, month % 12 + 1)
    ]


def _on_other_days(rule: Recurring, by: int) -> Recurring:
    """The series with all of its dates moved by some days."""
    if by == 0:
        return rule
    first, step = rule.first + by * _DAY, by * _DAY
    until, out = None if rule.until is None else rule.until + step, tuple(day + step for day in rule.without)
    if isinstance(rule, Weekly):
        weeks = {(day + by) // 7 for day in rule.weekdays}
        if rule.interval > 1 and len(weeks) > 1:
            raise UserError("schedule.shift_week", try_instead="/show list")
        days = tuple(sorted((day + by) % 7 for day in rule.weekdays))
        return replace(rule, weekdays=days, first=first, until=until, without=out)
    if by == 1 and rule.days == (LAST,):
        return replace(rule, days=(1,), first=first, until=until, without=out)
    if by == -1 and rule.days == (1,):
        return replace(rule, days=(LAST,), first=first, until=until, without=out)
    if rule.nth or LAST in rule.days or any(not 1 <= each <= _EVERY_MONTH for d in rule.days for each in (d, d + by)):
        raise UserError("schedule.shift_monthly", try_instead="/show list")
    return replace(rule, days=days_in_order(day + by for day in rule.days), first=first, until=until, without=out)


def _unless_empty(rule: Recurring) -> Recurring | None:
    return None if next(walls(rule, datetime.combine(rule.first, time())), None) is None else rule


def _used(rule: Recurring, day: date) -> int:
    """How many of its counted times are before `day`; only of use where it has a count."""
    if rule.count is None:
        return 0
    return sum(1 for _ in itertools.takewhile(lambda wall: wall.date() < day, _counted(rule, day)))


def _counted(rule: Recurring, near: date) -> Iterator[datetime]:
    """Its wall times with those left out, from two days before `near` on; all of them where they are counted."""
    last = min(rule.until or _LAST_DATE, _LAST_DATE)
    dates = itertools.takewhile(lambda day: day <= last, _dates(rule, near))
    every = (datetime.combine(day, each) for day in dates for each in rule.times)
    return every if rule.count is None else itertools.islice(every, rule.count)


def _dates(rule: Recurring, near: date) -> Iterator[date]:
    """The dates of a series without its end, from two days before `near` on; all of them where it has a count."""
    begin = _first_of_period(rule)
    if rule.count is None:
        begin = _skipped(rule, begin, near - _MARGIN)
    dates = _rrule(rule, begin)
    return itertools.dropwhile(lambda day: day < rule.first, (each.date() for each in dates))


def _first_of_period(rule: Recurring) -> date:
    """The Monday, or the first of the month, from which the interval counts."""
    if isinstance(rule, Weekly):
        return rule.first - timedelta(days=rule.first.weekday())
    return rule.first.replace(day=1)


def _skipped(rule: Recurring, begin: date, to: date) -> date:
    """Whole intervals are skipped, so that a series that began years ago costs no more than a new one."""
    if to <= begin:
        return begin
    if isinstance(rule, Weekly):
        return begin + timedelta(weeks=(to - begin).days // 7 // rule.interval * rule.interval)
    months = (to.year - begin.year) * 12 + to.month - begin.month
    year, month = divmod(begin.year * 12 + begin.month - 1 + months // rule.interval * rule.interval, 12)
    return date(year, month + 1, 1)


def _rrule(rule: Recurring, begin: date) -> rrule:
    start = datetime.combine(begin, time())
    if isinstance(rule, Weekly):
        return rrule(WEEKLY, dtstart=start, interval=rule.interval, byweekday=rule.weekdays, wkst=MO)
    if rule.days:
        return rrule(MONTHLY, dtstart=start, interval=rule.interval, bymonthday=rule.days)
    on = [rrule_weekday(weekday)(which) for which, weekday in rule.nth]
    return rrule(MONTHLY, dtstart=start, interval=rule.interval, byweekday=on)
