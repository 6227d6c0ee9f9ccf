"""What a schedule phrase says of rhythm, bounds and times of day: each function takes one wording into the draft."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.errors import UserError
from bot.core.phrase_draft import EXAMPLE, Clock, Draft, Part, Span, refused, unreadable
from bot.core.phrase_words import number
from bot.core.phrases import MAX_COUNT, MAX_INTERVAL, MAX_MONTHS, MAX_TIMES

if TYPE_CHECKING:
    import re

    from bot.core.phrase_days import Take

_FACE = 12
"""Hours on a clock's face."""


def nothing(draft: Draft, found: re.Match[str], part: Part) -> None:
    """A word that changes nothing: "this fri" is the next Friday there is."""


def repeats(draft: Draft, found: re.Match[str], part: Part) -> None:
    del found, part
    draft.repeats = True


def weeks(interval: int) -> Take:
    def take(draft: Draft, found: re.Match[str], part: Part) -> None:
        del found
        draft.once("interval", part)
        draft.repeats, draft.interval = True, interval

    return take


def every_weeks(draft: Draft, found: re.Match[str], part: Part) -> None:
    draft.once("interval", part)
    draft.repeats, draft.interval = True, number(found[1])
    if not 1 <= draft.interval <= MAX_INTERVAL:
        raise _out_of_range("schedule.interval", part, f"every 2 weeks {EXAMPLE}", MAX_INTERVAL)


def months(interval: int) -> Take:
    def take(draft: Draft, found: re.Match[str], part: Part) -> None:
        del found
        draft.once("months", part)
        draft.repeats, draft.months = True, interval

    return take


def every_months(draft: Draft, found: re.Match[str], part: Part) -> None:
    draft.once("months", part)
    draft.repeats, draft.months = True, number(found[1])
    if not 1 <= draft.months <= MAX_MONTHS:
        raise _out_of_range("schedule.interval_months", part, "every 3 months on the 15th 20:00", MAX_MONTHS)


def every_days(draft: Draft, found: re.Match[str], part: Part) -> None:
    del found
    raise refused("schedule.interval_days", draft.raw, part, try_instead="mon,wed,fri 20:00")


def of_the_month(draft: Draft, found: re.Match[str], part: Part) -> None:
    del found
    if "of" not in draft.gap:
        raise unreadable(draft.raw, part)
    draft.once("months", part)
    draft.repeats, draft.months = True, 1


def twice_or_every_second(unit: str) -> Take:
    """biweekly, bimonthly: twice in each, or in every second one?"""

    def take(draft: Draft, found: re.Match[str], part: Part) -> None:
        del found
        once = {"week": "every", "month": "monthly"}[unit]
        draft.doubt_about(part, (f"every 2 {unit}s", once))
        draft.repeats, draft.months = True, 1 if unit == "month" else draft.months

    return take


def interval_in_doubt(draft: Draft, found: re.Match[str], part: Part) -> None:
    """每隔两周: every second week to some, every third to others."""
    draft.once("interval", part)
    draft.repeats, draft.interval = True, number(found[1])
    draft.doubt_about(part, (f"每{draft.interval}周的", f"每{draft.interval + 1}周的"))


def bound(name: str) -> Take:
    """from, until, except: what the next date is for."""

    def take(draft: Draft, found: re.Match[str], part: Part) -> None:
        del found
        if name != "without":
            draft.once(name, part)
            draft.repeats = True
        draft.parts.setdefault(name, part)
        draft.awaits = name

    return take


def start_said(draft: Draft, found: re.Match[str], part: Part) -> None:
    """5月1日起: the date before was the first one."""
    del found
    if draft.last != "date":
        raise unreadable(draft.raw, part)
    if draft.start is None and draft.days:
        draft.start, draft.parts["start"] = draft.days.pop()
        draft.repeats = True


def without_said(draft: Draft, found: re.Match[str], part: Part) -> None:
    """5月7日除外: the dates before are left out."""
    del found
    if draft.days:
        draft.parts.setdefault("without", draft.days[0][1])
        draft.without += draft.days
        draft.days.clear()
    elif draft.last != "date out":
        raise unreadable(draft.raw, part)


def going_on(unit: str) -> Take:
    """For some weeks or months from the first date on."""

    def take(draft: Draft, found: re.Match[str], part: Part) -> None:
        draft.once("until", part)
        length = number(found[1])
        if not 1 <= length <= MAX_COUNT:
            raise _out_of_range("schedule.count", part, f"every {EXAMPLE} x6", MAX_COUNT)
        draft.repeats, draft.until = True, Span(weeks=length) if unit == "weeks" else Span(months=length)

    return take


def counted_after_times(draft: Draft, found: re.Match[str], part: Part) -> None:
    """Takes "3 times", 3次 as the count where a time stands before it; 每天两次 is something else."""
    if not draft.clocks:
        raise unreadable(draft.raw, part)
    counted(draft, found, part)


def counted(draft: Draft, found: re.Match[str], part: Part) -> None:
    draft.once("count", part)
    draft.repeats, draft.count = True, number(next(filter(None, found.groups())))
    if not 1 <= draft.count <= MAX_COUNT:
        raise _out_of_range("schedule.count", part, f"every {EXAMPLE} x6", MAX_COUNT)


def clock(draft: Draft, found: re.Match[str], part: Part) -> None:
    meridiem = (found[3] or "")[:1]
    _add(draft, Clock(int(found[1]), int(found[2] or 0), part, f"{meridiem}m" if meridiem else None))


def bare_hour(draft: Draft, found: re.Match[str], part: Part) -> None:
    if not 1 <= int(found[0]) <= _FACE:
        raise unreadable(draft.raw, part)
    _add(draft, Clock(int(found[0]), 0, part, bare=True))


def chinese_clock(draft: Draft, found: re.Match[str], part: Part) -> None:
    hour, half, quarters, minutes = found.group(1, 2, 3, 4)
    minute = 30 if half else 15 * number(quarters) if quarters else number(minutes) if minutes else 0
    _add(draft, Clock(number(hour), minute, part, bare=1 <= number(hour) <= _FACE))


def hour_of_face(hour: int) -> Take:
    """noon, midnight."""

    def take(draft: Draft, found: re.Match[str], part: Part) -> None:
        del found
        _add(draft, Clock(hour, 0, part))

    return take


def _add(draft: Draft, said: Clock) -> None:
    if len(draft.clocks) >= MAX_TIMES:
        raise _out_of_range("schedule.too_many_times", said.part, f"every {EXAMPLE}", MAX_TIMES)
    draft.add_clock(said)


def part_of_day(name: str) -> Take:
    """Said before a time, or in English right after it ("8 in the evening")."""

    def take(draft: Draft, found: re.Match[str], part: Part) -> None:
        del found
        before = draft.clocks[-1] if draft.clocks and draft.last == "clock" else None
        if before is not None and before.part_of_day is None and part.text.isascii() and not draft.separated:
            draft.clocks[-1] = before._replace(part_of_day=name)
        elif draft.part_of_day is None:
            draft.part_of_day, draft.parts["part_of_day"] = name, part
        else:
            raise unreadable(draft.raw, part)

    return take


def time_range(draft: Draft, found: re.Match[str], part: Part) -> None:
    """20:00-22:00: how long a show takes is not said here."""
    instead = draft.replaced(part, part.text[: len(found[1])])
    raise refused("schedule.time_range", draft.raw, part, try_instead=instead)


def zone_given(draft: Draft, found: re.Match[str], part: Part) -> None:
    del found
    draft.once("zone", part)


def _out_of_range(key: str, part: Part, instead: str, most: int) -> UserError:
    return UserError(key, try_instead=instead, part=part.text, at=part.start + 1, most=most)
