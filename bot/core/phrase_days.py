"""What a schedule phrase says of its days: each function takes one wording into the draft."""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.core.phrase_draft import (
    LEAP_YEAR,
    MONTHS,
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
    refused,
    unreadable,
)
from bot.core.phrase_words import DAYS_ZH, NUMBER, month, month_day, number, ordinal, ordinal_word, weekday
from bot.core.phrases import LAST, WEEKENDS

Take = Callable[[Draft, "re.Match[str]", Part], None]

_LONGEST_MONTH = 31
_MOST_WEEKS = 5


def full_date(draft: Draft, found: re.Match[str], part: Part) -> None:
    draft.add_day(checked_date(draft, part, *(int(group) for group in found.group(1, 2, 3))), part)


def _named_date(draft: Draft, part: Part, year: str | None, month: int, day: int) -> None:
    if year:
        draft.add_day(checked_date(draft, part, int(year), month, day), part)
        return
    if not 1 <= month <= MONTHS:
        raise refused("schedule.no_such_month", draft.raw, part)
    if not is_date(LEAP_YEAR, month, day):  # whether this year has a 29th of February is seen when the year is known
        days = days_of(LEAP_YEAR, month)
        raise no_such_date(draft, part, days, _without_year(draft, month, days))
    draft.add_day(MonthDay(month, day), part)


def chinese_date(draft: Draft, found: re.Match[str], part: Part) -> None:
    _named_date(draft, part, found[1], number(found[2]), number(found[3]))


def day_and_month(draft: Draft, found: re.Match[str], part: Part) -> None:
    _named_date(draft, part, found[3], month(found[2]), int(found[1]))


def month_and_day(draft: Draft, found: re.Match[str], part: Part) -> None:
    _named_date(draft, part, found[4], month(found[1]), int(found[2]))


def numeric_date(draft: Draft, found: re.Match[str], part: Part) -> None:
    """03/04/2027: month first or day first, when both can be."""
    first, second, year = int(found[1]), int(found[2]), found[3]
    readings = dict.fromkeys([(first, second), (second, first)])
    possible = [each for each in readings if is_date(int(year or LEAP_YEAR), *each)]
    if len(possible) == 1:
        _named_date(draft, part, year, *possible[0])
        return
    if not possible:
        raise refused("schedule.no_such_day_month", draft.raw, part)
    draft.add_day(MonthDay(*possible[0]), part)
    names = [f"{year}-{month:02}-{day:02}" if year else _without_year(draft, month, day) for month, day in possible]
    draft.doubt_about(part, tuple(names))


def _without_year(draft: Draft, month: int, day: int) -> str:
    return month_day(month, day, chinese=not draft.raw.isascii())


def month_end(draft: Draft, found: re.Match[str], part: Part) -> None:
    """Like "end of may", "5月底"."""
    name = found[1]
    which = number(name) if not name.isascii() or name.isdigit() else month(name)
    if not 1 <= which <= MONTHS:
        raise refused("schedule.no_such_month", draft.raw, part)
    draft.add_day(MonthEnd(which), part)


def until_month(draft: Draft, found: re.Match[str], part: Part) -> None:
    """Like "until may": with May or without it?"""
    chinese = not found[1].isascii()
    which = number(found[2]) if chinese else month(found[2])
    if not 1 <= which <= MONTHS:
        raise refused("schedule.no_such_month", draft.raw, part)
    draft.once("until", part)
    draft.repeats, draft.until = True, MonthEnd(which)
    before = (which + 10) % 12 + 1
    ends = [month_day(each, days_of(LEAP_YEAR - 1, each), chinese=chinese) for each in (before, which)]
    draft.doubt_about(part, tuple(f"{found[1]}{'' if chinese else ' '}{end}" for end in ends))


def english_weekday(draft: Draft, found: re.Match[str], part: Part) -> None:
    _take_weekdays(draft, [weekday(found[1])], part)
    draft.repeats |= bool(found[2])


def chinese_weekdays(draft: Draft, found: re.Match[str], part: Part) -> None:
    _take_weekdays(draft, [weekday(character) for character in re.findall(f"[{DAYS_ZH}1-7]", found[1])], part)


def _take_weekdays(draft: Draft, days: list[int], part: Part) -> None:
    """Weekdays; after "first" or "last" those of the month."""
    if not draft.ordinals:
        draft.add_weekdays(set(days), part, last=days[-1])
        return
    if draft.last != "ordinal" or len(days) > 1:
        raise unreadable(draft.raw, part)
    for which, where in draft.ordinals:
        if which > _MOST_WEEKS:
            word = re.sub(rf"(?<=第){NUMBER}|^[a-z0-9]+", "first" if where.text.isascii() else "一", where.text.lower())
            raise refused("schedule.no_such_nth", draft.raw, where, try_instead=draft.replaced(where, word))
        whole = Part(draft.raw[where.start : part.end], where.start, part.end)
        draft.nth.append((which, days[0], whole))
    draft.ordinals.clear()


def weekday_range(draft: Draft, found: re.Match[str], part: Part) -> None:
    """mon-fri, 周一到周五; sat-mon goes over the week's end."""
    first, last = draft.last_weekday, weekday(found[1])
    if first is None:
        raise unreadable(draft.raw, part)
    draft.add_weekdays({(first + step) % 7 for step in range((last - first) % 7 + 1)}, part)
    draft.repeats = True


def day_set(days: tuple[int, ...], part_of_day: str | None = None) -> Take:
    def take(draft: Draft, found: re.Match[str], part: Part) -> None:
        del found
        draft.add_weekdays(set(days), part)
        draft.repeats = True
        _set_part_of_day(draft, part_of_day, part)

    return take


def days_ahead(days: int, part_of_day: str | None = None) -> Take:
    def take(draft: Draft, found: re.Match[str], part: Part) -> None:
        del found
        draft.add_day(days, part)
        _set_part_of_day(draft, part_of_day, part)

    return take


def _set_part_of_day(draft: Draft, name: str | None, part: Part) -> None:
    if name is not None:
        draft.part_of_day, draft.parts["part_of_day"] = name, part


def in_days(draft: Draft, found: re.Match[str], part: Part) -> None:
    if found[1].isascii() and not part.text.endswith(("后", "後")) and "in" not in draft.gap:
        raise unreadable(draft.raw, part)
    draft.add_day(number(found[1]), part)


def week_day(draft: Draft, found: re.Match[str], part: Part) -> None:
    draft.add_day(WeekDay(found[1].count("下"), weekday(found[2])), part)


def day_next_week(draft: Draft, found: re.Match[str], part: Part) -> None:
    draft.add_day(WeekDay(1, weekday(found[1] or found[2])), part)


def day_of_month(draft: Draft, found: re.Match[str], part: Part) -> None:
    """Like "下个月5号"."""
    draft.add_day(DayOf(found[1].count("下"), _checked_day(draft, number(found[2]), part)), part)


def next_weekday(draft: Draft, found: re.Match[str], part: Part) -> None:
    draft.once("next", part)
    draft.next_weekday = weekday(found[1])


def weekend_in_doubt(draft: Draft, found: re.Match[str], part: Part) -> None:
    """周末: this one, or every one?"""
    del found
    draft.add_weekdays(set(WEEKENDS), part)
    chinese = not part.text.isascii()
    draft.doubt_about(part, ("每周末", "周六", "周日") if chinese else ("weekends", "sat", "sun"))


def no_such_weekday(draft: Draft, found: re.Match[str], part: Part) -> None:
    del found
    raise refused("schedule.no_such_weekday", draft.raw, part, try_instead="周五 20:00")


def an_ordinal(draft: Draft, found: re.Match[str], part: Part) -> None:
    """Like "first", "15th": of a weekday when one follows, otherwise a day of the month."""
    draft.listing, draft.last_weekday = False, None
    draft.ordinals.append((ordinal(found[1]), part))


def chinese_ordinal(draft: Draft, found: re.Match[str], part: Part) -> None:
    draft.listing, draft.last_weekday = False, None
    draft.ordinals.append((number(found[1]) if found[1] else 1, part))


def last_weekday(draft: Draft, found: re.Match[str], part: Part) -> None:
    del found
    draft.listing, draft.last_weekday = False, None
    draft.ordinals.append((LAST, part))


def second_weekday(draft: Draft, found: re.Match[str], part: Part) -> None:
    """Like "every second fri": every two weeks, or once a month?"""
    which, day = ordinal(found[1]), found[2]
    draft.nth.append((which, weekday(day), part))
    draft.repeats, draft.months = True, draft.months or 1
    draft.doubt_about(part, (f"every {which} weeks {day}", f"monthly on the {ordinal_word(which)} {day}"))


def days_of_the_month(draft: Draft, found: re.Match[str], part: Part) -> None:
    """Like "15号", "1、15号", "day 15"."""
    for digits in re.findall(NUMBER, found[1]):
        draft.month_days.append((_checked_day(draft, number(digits), part), part))


def last_day(draft: Draft, found: re.Match[str], part: Part) -> None:
    del found
    draft.month_days.append((LAST, part))


def the_day(draft: Draft, found: re.Match[str], part: Part) -> None:
    """The word "day" after "last", "first" or "15th"."""
    del found
    if not draft.ordinals or draft.last != "ordinal":
        raise unreadable(draft.raw, part)
    _ordinals_are_days(draft)


def bare_ordinals(draft: Draft) -> None:
    """What neither a weekday nor "day" followed: "the 15th" is a day of the month, "first" of a monthly series only."""
    for which, part in draft.ordinals:
        is_number = any(character.isdecimal() for character in part.text)
        if which == LAST or not (is_number or draft.months):
            raise unreadable(draft.raw, part)
    _ordinals_are_days(draft)


def _ordinals_are_days(draft: Draft) -> None:
    for which, part in draft.ordinals:
        draft.month_days.append((LAST if which == LAST else _checked_day(draft, which, part), part))
    draft.ordinals.clear()


def _checked_day(draft: Draft, day: int, part: Part) -> int:
    if not 1 <= day <= _LONGEST_MONTH:
        raise refused("schedule.no_such_month_day", draft.raw, part)
    return day
