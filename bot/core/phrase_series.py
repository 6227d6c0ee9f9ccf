"""The series a schedule phrase means: its first date, its end, and the dates that are left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from bot.core.errors import UserError
from bot.core.excerpt import excerpt
from bot.core.phrase_dates import walls
from bot.core.phrase_draft import YEARS, Day, Draft, Part, Span, days_of, unreadable
from bot.core.phrase_present import Present, the_date
from bot.core.phrases import LAST, MAX_WITHOUT, Monthly, Recurring, Weekly, days_in_order, nth_in_order

if TYPE_CHECKING:
    from collections.abc import Iterator

_DAY = timedelta(days=1)
_FAR = 460
"""Days within which every rhythm has a date: a fifth Friday, a 31st."""


def series(draft: Draft, present: Present, times: tuple[time, ...]) -> Recurring:
    """The series with its first date, the next one ahead, unless `from` names another: it may have begun already.

    Raises:
        UserError: it ends before it begins, nothing of it is left, or a date that is left out is none of its dates.
    """
    rule = _begun(draft, present, times)
    _check_year(draft, "start", rule.first)
    if draft.until is not None:
        until = _until(draft, present, rule, draft.until)
        _check_year(draft, "until", until)
        rule = replace(rule, until=until)
    if draft.without:
        rule = replace(rule, without=_without(draft, present, rule))
        if next(walls(rule, datetime.combine(rule.first, time())), None) is None:
            part = draft.parts["without"]
            instead = draft.raw[: part.start].strip()
            raise UserError("schedule.nothing_left", try_instead=instead, part=part.text, at=part.start + 1)
    return rule


def _check_year(draft: Draft, name: str, day: date) -> None:
    """A date that was only counted must be one that could be typed."""
    first, last = YEARS
    if not first <= day.year <= last:
        part = draft.parts.get(name) or Part(draft.raw, 0, len(draft.raw))
        raise UserError(
            "schedule.year",
            try_instead=draft.raw[: part.start].strip(),
            part=excerpt(part.text, 40),
            at=part.start + 1,
            first=first,
            last=last,
        )


def _begun(draft: Draft, present: Present, times: tuple[time, ...]) -> Recurring:
    begin = present.today
    if draft.start is not None:
        part = draft.parts.get("start date", draft.parts["start"])
        begin = the_date(draft, present, draft.start, part, lambda day: day >= present.today)
    # What is counted must be ahead, so a counted series begins on a day of which no time has passed yet.
    needed = times[0] if draft.count is not None else times[-1]
    for rule in _beginning(draft, begin, times):
        if draft.start is not None or present.is_ahead(rule.first, needed):
            return rule
    raise unreadable(draft.raw, Part(draft.raw, 0, len(draft.raw)))


def _beginning(draft: Draft, begin: date, times: tuple[time, ...]) -> Iterator[Recurring]:
    """The same rule with each of its dates from `begin` on as its first."""
    days = days_in_order(day for day, _ in draft.month_days)
    nth = nth_in_order((which, weekday) for which, weekday, _ in draft.nth)
    weekdays = tuple(sorted(draft.weekdays))
    for day in (begin + _DAY * step for step in range(_FAR)):
        if not days and not nth:
            if day.weekday() in weekdays:
                yield Weekly(weekdays, times, day, draft.interval or 1, count=draft.count)
        elif (days and (day.day in days or (LAST in days and (day + _DAY).day == 1))) or any(
            weekday == day.weekday() and which in {(day.day + 6) // 7, LAST} for which, weekday in nth
        ):
            try:
                yield Monthly(times, day, days, nth, draft.months or 1, count=draft.count)
            except ValueError:
                continue  # a Friday, but not the last


def _until(draft: Draft, present: Present, rule: Recurring, said: Day | Span) -> date:
    part = draft.parts["until"]
    if isinstance(said, Span):
        return _after(rule.first, said) - _DAY
    until = the_date(draft, present, said, draft.parts.get("until date", part), lambda day: day >= rule.first)
    if until < rule.first:
        raise UserError(
            "schedule.until_too_early",
            try_instead=draft.replaced(part, f"until {rule.first + 7 * _DAY}"),
            part=part.text,
            at=part.start + 1,
            first=rule.first.isoformat(),
        )
    return until


def _after(day: date, span: Span) -> date:
    if span.weeks:
        return day + 7 * _DAY * span.weeks
    year, month = divmod(day.year * 12 + day.month - 1 + span.months, 12)
    return date(year, month + 1, min(day.day, days_of(year, month + 1)))


def _without(draft: Draft, present: Present, rule: Recurring) -> tuple[date, ...]:
    found: set[date] = set()
    for said, part in draft.without:
        day = the_date(draft, present, said, part, lambda each: each >= rule.first)
        if day < rule.first or not rule.has(day) or (rule.until is not None and day > rule.until):
            near = _nearest(rule, day)
            raise UserError(
                "schedule.not_of_series",
                try_instead=draft.replaced(part, f"{near}"),
                part=part.text,
                at=part.start + 1,
                date=day.isoformat(),
                near=near.isoformat(),
            )
        found.add(day)
        if len(found) > MAX_WITHOUT:
            instead = draft.raw[: part.start].strip()
            raise UserError("schedule.too_many_dates", try_instead=instead, most=MAX_WITHOUT)
    return tuple(sorted(found))


def _nearest(rule: Recurring, day: date) -> date:
    """The date of the series nearest to another."""
    last = rule.until or day + _FAR * _DAY
    start = max(rule.first, min(day, last) - _FAR * _DAY)
    dates = [each for step in range(2 * _FAR) if (each := start + _DAY * step) <= last and rule.has(each)]
    return min(dates, key=lambda each: abs(each - day))
