"""From what was said to what it means: the calendar side of reading a schedule phrase, and every refusal to guess."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, NoReturn

from bot.core.errors import UserError
from bot.core.excerpt import excerpt
from bot.core.phrase_draft import (
    EXAMPLE,
    Clock,
    Draft,
    MonthDay,
    WeekDay,
    checked_date,
    is_date,
    refused,
    unreadable,
)
from bot.core.phrases import DAY_NAMES, OneOff, Phrase, Weekly
from bot.core.reply import Listing, When, msg
from bot.core.zones import resolve

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_NOON = 12
_MIDNIGHT = 24

# What an hour means when the part of the day is said with it; hours that are missing do not go with that part.
_PARTS_OF_DAY: dict[str, dict[int, int]] = {
    "small hours": {hour: hour for hour in range(6)},
    "morning": {hour: hour for hour in range(4, 12)},
    "noon": {11: 11, 12: 12, 1: 13, 2: 14, 13: 13, 14: 14},
    "afternoon": {12: 12} | {hour: hour + 12 for hour in range(1, 7)} | {hour: hour for hour in range(13, 19)},
    "night": {hour: hour + 12 for hour in range(5, 12)} | {hour: hour for hour in range(17, 24)},
}


@dataclass(frozen=True, slots=True)
class Present:
    """Where in time the phrase is read: `today` in `zone`; what starts at or before `floor` (aware) is past."""

    zone: ZoneInfo
    today: date
    floor: datetime

    def is_ahead(self, day: date, clock: time) -> bool:
        return resolve(datetime.combine(day, clock), self.zone).at > self.floor


def meaning(draft: Draft, present: Present) -> Phrase:
    """The rule that was meant.

    Raises:
        UserError: it could mean two things, something is missing, it is past, or there is no such time.
    """
    if "zone" in draft.parts:
        part = draft.parts["zone"]
        shorter = " ".join(draft.replaced(part, "").split()) or EXAMPLE
        raise UserError(
            "schedule.zone_given", try_instead=shorter, part=part.text, at=part.start + 1, zone=present.zone.key
        )
    clock = _clock(draft, present)
    _refuse_doubt(draft, present, clock)
    if draft.day is None and not draft.weekdays:
        _refuse_without_day(draft, present, clock)
    if draft.day is not None and (draft.repeats or len(draft.weekdays) > 1):
        raise unreadable(draft.raw, max(draft.parts[name] for name in _SAID & draft.parts.keys()))
    day = None if draft.day is None else _date(draft, present, clock or time())
    if day is not None and draft.weekdays:
        _check_weekday(draft, day, clock)
    if clock is None:
        raise UserError("schedule.no_time", try_instead=f"{excerpt(draft.raw.strip())} 20:00", text=excerpt(draft.raw))
    if draft.repeats or len(draft.weekdays) > 1:
        return _weekly(draft, present, clock)
    return _one_off(draft, present, day, clock)


_SAID = frozenset({"day", "weekdays", "interval", "start", "until", "count"})


def _one_off(draft: Draft, present: Present, day: date | None, clock: time) -> OneOff:
    if day is None:
        day = present.today + _DAY * ((min(draft.weekdays) - present.today.weekday()) % 7)
        if not present.is_ahead(day, clock):
            day += 7 * _DAY
    wall = datetime.combine(day, clock)
    if not present.is_ahead(day, clock):
        raise UserError(
            "schedule.past",
            try_instead=f"tomorrow {clock:%H:%M}",
            text=excerpt(draft.raw),
            when=When(resolve(wall, present.zone).at, present.zone.key),
        )
    return OneOff(wall)


def _weekly(draft: Draft, present: Present, clock: time) -> Weekly:
    """The first date is the next one ahead, unless `from` names another: a series may have begun already."""
    begin = draft.start or present.today
    dates = [begin + _DAY * step for step in range(15)]
    first = next(
        day
        for day in dates
        if day.weekday() in draft.weekdays and (draft.start is not None or present.is_ahead(day, clock))
    )
    if draft.until is not None and draft.until < first:
        part = draft.parts["until"]
        raise UserError(
            "schedule.until_too_early",
            try_instead=draft.replaced(part, f"until {first + 7 * _DAY}"),
            part=part.text,
            at=part.start + 1,
            first=first.isoformat(),
        )
    return Weekly(tuple(sorted(draft.weekdays)), (clock,), first, draft.interval or 1, draft.until, draft.count)


def _date(draft: Draft, present: Present, clock: time) -> date:
    match draft.day:
        case MonthDay(month, day):
            return _next_month_day(draft, present, clock, month, day)
        case WeekDay(weeks, weekday):
            return present.today + _DAY * (7 * weeks + weekday - present.today.weekday())
        case date() as day:
            return day
        case int() as ahead:
            return present.today + _DAY * ahead
    raise AssertionError("no day was said")


def _next_month_day(draft: Draft, present: Present, clock: time, month: int, day: int) -> date:
    """The next such date; the 29th of February is not moved on to the next leap year unasked."""
    part, year = draft.parts["day"], present.today.year
    if is_date(year, month, day) and present.is_ahead(date(year, month, day), clock):
        return date(year, month, day)
    missing = present.today.month <= month and not is_date(year, month, day)
    return checked_date(draft, part, year if missing else year + 1, month, day)


def _check_weekday(draft: Draft, day: date, clock: time | None) -> None:
    """One of "fri" and "2027-03-13", a Saturday, is a slip, and only the person knows which."""
    said = min(draft.weekdays)
    if day.weekday() == said:
        return
    nearest = day + _DAY * ((said - day.weekday() + 3) % 7 - 3)
    readings = tuple(f"{each} {clock or time(20):%H:%M}" for each in (day, nearest))
    raise UserError(
        "schedule.weekday_mismatch",
        try_instead=readings[0],
        date=day.isoformat(),
        actual=msg(f"schedule.weekday.{DAY_NAMES[day.weekday()]}"),
        typed=msg(f"schedule.weekday.{DAY_NAMES[said]}"),
        readings=Listing(readings),
    )


def _clock(draft: Draft, present: Present) -> time | None:
    """The time of day; None where none was said or where it is in doubt."""
    clock = draft.clock
    if clock is None:
        return None
    part = draft.parts["clock"]
    if clock.minute >= 60 or clock.hour > _MIDNIGHT:  # noqa: PLR2004 - minutes of an hour
        raise refused("schedule.no_such_time", draft.raw, part)
    if clock.meridiem:
        if not 1 <= clock.hour <= _NOON:
            raise refused("schedule.no_such_time", draft.raw, part)
        return time(clock.hour % 12 + (12 if clock.meridiem == "pm" else 0), clock.minute)
    if clock.hour == _MIDNIGHT or (draft.part_of_day == "night" and clock.hour in {0, _NOON}):
        _refuse_midnight(draft, present, clock)
    if draft.part_of_day:
        hour = _PARTS_OF_DAY[draft.part_of_day].get(clock.hour)
        if hour is None:
            raise refused("schedule.part_of_day", draft.raw, part)
        return time(hour, clock.minute)
    if clock.bare:
        hours = sorted({clock.hour % 12, clock.hour % 12 + 12})
        draft.doubt_about(part, tuple(f"{hour:02}:{clock.minute:02}" for hour in hours))
        return None
    return time(clock.hour, clock.minute)


def _refuse_midnight(draft: Draft, present: Present, clock: Clock) -> NoReturn:
    """24:00 on Friday is 00:00 on Saturday; said so, since half of those who type it mean Thursday night."""
    part = draft.parts["clock"]
    if draft.day is not None:
        day = f"{_date(draft, present, time()) + _DAY}"
    elif draft.weekdays:
        day = ",".join(DAY_NAMES[day] for day in sorted((day + 1) % 7 for day in draft.weekdays))
    else:
        day = "tomorrow"
    every = f"every {draft.interval} weeks " if draft.interval else "every "
    instead = f"{every if draft.repeats and draft.weekdays else ''}{day} 00:{clock.minute:02}"
    raise refused("schedule.midnight", draft.raw, part, try_instead=instead)


def _refuse_doubt(draft: Draft, present: Present, clock: time | None) -> None:
    if draft.next_weekday is not None:
        coming = present.today + _DAY * ((draft.next_weekday - present.today.weekday() - 1) % 7 + 1)
        draft.doubt_about(draft.parts["day"], (f"{coming}", f"{coming + 7 * _DAY}"))
    if draft.doubt is None:
        return
    part, words = draft.doubt
    missing = "" if clock or "clock" in draft.parts else " 20:00"
    readings = tuple(draft.replaced(part, each) + missing for each in words)
    raise UserError(
        "schedule.ambiguous",
        try_instead=readings[0],
        part=part.text,
        at=part.start + 1,
        readings=Listing(readings),
    )


def _refuse_without_day(draft: Draft, present: Present, clock: time | None) -> NoReturn:
    at = f"{clock or time(20):%H:%M}"
    if draft.interval:
        readings: tuple[str, ...] = (f"every {draft.interval} weeks fri {at}",)
    elif draft.repeats:
        readings = (f"every fri {at}", f"daily {at}")
    else:
        today = (f"today {at}",) if clock and present.is_ahead(present.today, clock) else ()
        readings = (*today, f"tomorrow {at}", f"daily {at}")
    raise UserError("schedule.no_day", try_instead=readings[0], text=excerpt(draft.raw), readings=Listing(readings))
