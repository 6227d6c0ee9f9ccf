"""The times of day a schedule phrase means, and every refusal to guess between morning and evening."""

from __future__ import annotations

from datetime import time, timedelta
from typing import TYPE_CHECKING, NoReturn

from bot.core.phrase_draft import Clock, Draft, MonthDay, refused, unreadable
from bot.core.phrase_present import Present, the_date
from bot.core.phrases import DAY_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable

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
_EXAMPLES = {"small hours": "02:00", "morning": "10:00", "noon": "12:00", "afternoon": "15:00", "night": "20:00"}


def example_time(draft: Draft) -> str:
    """A time that goes with what was said, to show how it is typed."""
    return _EXAMPLES.get(draft.part_of_day or "", "20:00")


def times_of(draft: Draft, present: Present) -> tuple[time, ...]:
    """The times of day, ascending; those in doubt are left out, and the doubt is noted.

    Raises:
        UserError: no such time, twice the same, or one that does not go with the part of the day beside it.
    """
    _give_part_of_day(draft)
    _read_on_24_hours(draft)
    found: list[time] = []
    before: Clock | None = None
    for said in draft.clocks:
        clock = _as_before(draft, said, before)
        if clock is not None:
            at = _time(draft, present, clock)
            if at is None:
                clock = None
            elif at in found:
                cut = draft.raw[: before.part.end if before else 0] + draft.raw[said.part.end :]
                raise refused("schedule.time_twice", draft.raw, said.part, try_instead=cut.strip())
            else:
                found.append(at)
        before = clock
    return tuple(sorted(found))


def _give_part_of_day(draft: Draft) -> None:
    """A part of the day that no time followed: "8:30 tonight" says it of the only time there is."""
    if draft.part_of_day is None or not draft.clocks:
        return
    if len(draft.clocks) > 1 or draft.clocks[0].part_of_day is not None:
        raise unreadable(draft.raw, draft.parts["part_of_day"])
    draft.clocks[0] = draft.clocks[0]._replace(part_of_day=draft.part_of_day)
    draft.part_of_day = None


def _read_on_24_hours(draft: Draft) -> None:
    """Sets 10点 beside 20点 to the morning: both are hours as they are said, and no part of the day is."""
    said = [clock for clock in draft.clocks if not clock.part.text.isascii()]
    plain = len(said) == len(draft.clocks) and not any(clock.meridiem or clock.part_of_day for clock in said)
    if plain and any(_NOON < clock.hour < _MIDNIGHT for clock in said):
        draft.clocks = [clock._replace(bare=False) for clock in said]


def _as_before(draft: Draft, clock: Clock, before: Clock | None) -> Clock | None:
    """晚上8点和10点: the part of the day said before the first time is also the next one's where that fits."""
    if before is None or not before.leads or before.part_of_day is None:
        return clock
    if clock.part_of_day is not None or clock.meridiem is not None or not 1 <= clock.hour <= _NOON:
        return clock
    hours = _PARTS_OF_DAY[before.part_of_day]
    if clock.bare and hours.get(clock.hour, -1) > hours.get(before.hour, _MIDNIGHT):
        return clock._replace(part_of_day=before.part_of_day, leads=True)
    hour = clock.hour % _NOON or _NOON
    draft.doubt_about(clock.part, tuple(f"{hour}:{clock.minute:02}{half}" for half in ("am", "pm")))
    return None


def _time(draft: Draft, present: Present, clock: Clock) -> time | None:
    if clock.minute >= 60 or clock.hour > _MIDNIGHT:  # noqa: PLR2004 - minutes of an hour
        raise refused("schedule.no_such_time", draft.raw, clock.part)
    if clock.meridiem:
        return _with_meridiem(draft, clock)
    if clock.hour == _MIDNIGHT or (clock.part_of_day == "night" and clock.hour in {0, _NOON}):
        _refuse_midnight(draft, present, clock)
    if clock.part_of_day:
        hour = _PARTS_OF_DAY[clock.part_of_day].get(clock.hour)
        if hour is None:
            raise refused("schedule.part_of_day", draft.raw, clock.part)
        return time(hour, clock.minute)
    if clock.bare:
        hours = sorted({clock.hour % 12, clock.hour % 12 + 12})
        draft.doubt_about(clock.part, tuple(f"{hour:02}:{clock.minute:02}" for hour in hours))
        return None
    return time(clock.hour, clock.minute)


def _with_meridiem(draft: Draft, clock: Clock) -> time:
    if not 1 <= clock.hour <= _NOON:
        raise refused("schedule.no_such_time", draft.raw, clock.part)
    hour = clock.hour % 12 + (12 if clock.meridiem == "pm" else 0)
    if clock.part_of_day and hour not in _PARTS_OF_DAY[clock.part_of_day].values():
        raise refused("schedule.part_of_day", draft.raw, clock.part)
    return time(hour, clock.minute)


def _refuse_midnight(draft: Draft, present: Present, clock: Clock) -> NoReturn:
    """24:00 on Friday is 00:00 on Saturday; said so, since half of those who type it mean Thursday night."""
    at = f"00:{clock.minute:02}"
    if draft.months or draft.nth or draft.month_days:
        instead = draft.replaced(clock.part, "23:59")
    elif draft.days:
        day, part = draft.days[0]
        ahead = the_date(draft, present, day, part, lambda each: not isinstance(day, MonthDay) or each > present.today)
        instead = f"{ahead + timedelta(days=1)} {at}"
    elif draft.weekdays:
        names = _names((day + 1) % 7 for day in draft.weekdays)
        if draft.repeats and len(draft.weekdays) == len(DAY_NAMES) and not draft.interval:
            raise refused("schedule.midnight", draft.raw, clock.part, try_instead=f"daily {at}")
        every = f"every {draft.interval} weeks " if draft.interval else "every "
        instead = f"{every if draft.repeats else ''}{names} {at}"
    else:
        instead = f"tomorrow {at}"
    raise refused("schedule.midnight", draft.raw, clock.part, try_instead=instead)


def _names(days: Iterable[int]) -> str:
    return ",".join(DAY_NAMES[day] for day in sorted(days))
