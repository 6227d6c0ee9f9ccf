"""The words of a schedule phrase, in English and Chinese: a table of what is recognised, tried in order at each place.

Gathers what was said into a Draft and says where understanding stopped. What it means on the calendar, and what could
mean two things, is bot.core.schedule's matter. A new wording is a new row of GRAMMAR.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from bot.core.errors import UserError
from bot.core.phrase_draft import (
    EXAMPLE,
    LEAP_YEAR,
    MONTHS,
    Clock,
    Draft,
    MonthDay,
    Part,
    WeekDay,
    checked_date,
    days_of,
    is_date,
    no_such_date,
    normalised,
    refused,
    unreadable,
)
from bot.core.phrases import DAY_NAMES, EVERY_DAY, MAX_INTERVAL, WEEKDAYS, WEEKENDS

if TYPE_CHECKING:
    from datetime import date

LONGEST = 200
"""Characters of a phrase that are read; the longest sensible one has about 60."""

Take = Callable[[Draft, re.Match[str], Part], None]

_GAP = re.compile(r"(?:[\s,;、。&|@/的和及]|(?:and|at|in|of|on|the)(?![a-z0-9]))*")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WORD_END = "(?![a-z])"
_CHUNK = re.compile(r"[a-z]+|[0-9][0-9:./-]*|\S\S{0,19}")
_DAYS_EN = r"(?:mon(?:day)?|tue(?:sday|s)?|wed(?:nesday|s)?|thu(?:rsday|rs|r)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)"
_MONTHS_EN = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DAYS_ZH = "一二三四五六日天"
_WEEK = "(?:周|星期|礼拜)"
_NUMBER = "(?:[0-9]{1,2}|[二三四五]?十[一二三四五六七八九]?|[零〇]?[一二两三四五六七八九]|[零〇])"  # 零 to 五十九
_ZONES = (
    r"(?:utc|gmt)(?:[+-][0-9:]{1,5})?|[+-][0-9]{2}:?[0-9]{2}|[a-z]+/[a-z_/+-]+|[北京美国东西部当地泰英日本韩越南]{2,4}时间|"
    r"(?:[ecmp][sd]?t|ces?t|ees?t|bst|jst|kst|sgt|hkt|ict|ist|wib|z|local time)(?![a-z])"
)


def read(text: str) -> Draft:
    """Recognises a whole phrase.

    Raises:
        UserError: where understanding stopped, or a date or number that cannot be.
    """
    draft = Draft(text)
    if not text.strip():
        raise UserError("schedule.empty", try_instead=EXAMPLE)
    if len(text.strip()) > LONGEST:
        raise UserError("schedule.too_long", try_instead=EXAMPLE, length=len(text), limit=LONGEST)
    plain, places = normalised(text)
    at = _end(_GAP, plain, 0)
    while at < len(plain):
        at = _end(_GAP, plain, _step(draft, plain, places, at))
    return draft


def _step(draft: Draft, plain: str, places: list[int], at: int) -> int:
    for pattern, take in GRAMMAR:
        found = pattern.match(plain, at)
        if found:
            take(draft, found, _part(draft.raw, places, at, found.end()))
            return found.end()
    raise unreadable(draft.raw, _part(draft.raw, places, at, _end(_CHUNK, plain, at)))


def _end(pattern: re.Pattern[str], plain: str, at: int) -> int:
    found = pattern.match(plain, at)
    return found.end() if found else at + 1


def _part(raw: str, places: list[int], start: int, end: int) -> Part:
    first, last = places[start], places[end - 1] + 1
    return Part(raw[first:last].rstrip(), first, first + len(raw[first:last].rstrip()))


def _number(text: str) -> int:
    """0 to 59 in ASCII or Chinese digits, as _NUMBER matches them."""
    if text.isascii():
        return int(text)
    tens, ten, ones = text.replace("两", "二").lstrip("零〇").partition("十")
    if not ten:
        tens, ones = "", tens
    digits = "零一二三四五六七八九"
    return (digits.index(tens or "一") * 10 if ten else 0) + digits.index(ones or "零")


def _weekday(name: str) -> int:
    """0 is Monday; English by its first three letters, Chinese or 1-7 by one character."""
    if name[0] in _DAYS_ZH:
        return min(_DAYS_ZH.index(name[0]), 6)
    return int(name) - 1 if name.isdigit() else DAY_NAMES.index(name[:3])


def _month(name: str) -> int:
    return _MONTHS.index(name[:3]) + 1


def _set_day(draft: Draft, part: Part, day: date | int | MonthDay | WeekDay) -> None:
    draft.once("day", part)
    draft.day = day


def _full_date(draft: Draft, found: re.Match[str], part: Part) -> None:
    year, month, day = (int(group) for group in found.group(1, 2, 3))
    _set_day(draft, part, checked_date(draft, part, year, month, day))


def _named_date(draft: Draft, part: Part, year: str | None, month: int, day: int) -> None:
    if year:
        _set_day(draft, part, checked_date(draft, part, int(year), month, day))
        return
    if not 1 <= month <= MONTHS:
        raise refused("schedule.no_such_month", draft.raw, part)
    if not is_date(LEAP_YEAR, month, day):  # whether this year has a 29th of February is seen when the year is known
        days = days_of(LEAP_YEAR, month)
        raise no_such_date(draft, part, days, _without_year(draft, month, days))
    _set_day(draft, part, MonthDay(month, day))


def _chinese_date(draft: Draft, found: re.Match[str], part: Part) -> None:
    _named_date(draft, part, found[1], _number(found[2]), _number(found[3]))


def _day_month(draft: Draft, found: re.Match[str], part: Part) -> None:
    _named_date(draft, part, found[3], _month(found[2]), int(found[1]))


def _month_day(draft: Draft, found: re.Match[str], part: Part) -> None:
    _named_date(draft, part, found[4], _month(found[1]), int(found[2]))


def _numeric_date(draft: Draft, found: re.Match[str], part: Part) -> None:
    """03/04/2027: month first or day first, when both can be."""
    first, second, year = int(found[1]), int(found[2]), found[3]
    readings = dict.fromkeys([(first, second), (second, first)])
    possible = [each for each in readings if is_date(int(year or LEAP_YEAR), *each)]
    if len(possible) == 1:
        _named_date(draft, part, year, *possible[0])
        return
    if not possible:
        raise refused("schedule.no_such_day_month", draft.raw, part)
    _set_day(draft, part, MonthDay(*possible[0]))
    names = [f"{year}-{month:02}-{day:02}" if year else _without_year(draft, month, day) for month, day in possible]
    draft.doubt_about(part, tuple(names))


def _without_year(draft: Draft, month: int, day: int) -> str:
    return f"{day} {_MONTHS[month - 1]}" if draft.raw.isascii() else f"{month}月{day}日"


def _english_weekday(draft: Draft, found: re.Match[str], part: Part) -> None:
    draft.add_weekdays({_weekday(found[1])}, part, last=_weekday(found[1]))
    draft.repeats |= bool(found[2])


def _chinese_weekdays(draft: Draft, found: re.Match[str], part: Part) -> None:
    days = [_weekday(character) for character in re.findall(f"[{_DAYS_ZH}1-7]", found[1])]
    draft.add_weekdays(set(days), part, last=days[-1])


def _weekday_range(draft: Draft, found: re.Match[str], part: Part) -> None:
    """mon-fri, 周一到周五; sat-mon goes over the week's end."""
    first, last = draft.last_weekday, _weekday(found[1])
    if first is None:
        raise unreadable(draft.raw, part)
    draft.add_weekdays({(first + step) % 7 for step in range((last - first) % 7 + 1)}, part)
    draft.repeats = True


def _day_set(days: tuple[int, ...]) -> Take:
    def take(draft: Draft, found: re.Match[str], part: Part) -> None:
        del found
        draft.add_weekdays(set(days), part)
        draft.repeats = True

    return take


def _days_ahead(days: int, part_of_day: str | None = None) -> Take:
    def take(draft: Draft, found: re.Match[str], part: Part) -> None:
        del found
        _set_day(draft, part, days)
        if part_of_day:
            draft.once("part_of_day", part)
            draft.part_of_day = part_of_day

    return take


def _week_day(draft: Draft, found: re.Match[str], part: Part) -> None:
    _set_day(draft, part, WeekDay(found[1].count("下"), _weekday(found[2])))


def _next_weekday(draft: Draft, found: re.Match[str], part: Part) -> None:
    draft.once("day", part)
    draft.next_weekday = _weekday(found[1])


def _repeats(draft: Draft, found: re.Match[str], part: Part) -> None:
    del found, part
    draft.repeats = True


def _every_other(draft: Draft, found: re.Match[str], part: Part) -> None:
    del found
    draft.once("interval", part)
    draft.repeats, draft.interval = True, 2


def _interval(draft: Draft, found: re.Match[str], part: Part) -> None:
    words = {"two": 2, "three": 3, "four": 4}
    draft.once("interval", part)
    draft.interval = words.get(found[1]) or _number(found[1])
    draft.repeats = True
    if not 1 <= draft.interval <= MAX_INTERVAL:
        raise UserError(
            "schedule.interval",
            try_instead=f"every 2 weeks {EXAMPLE}",
            part=part.text,
            at=part.start + 1,
            most=MAX_INTERVAL,
        )


def _twice_or_fortnight(draft: Draft, found: re.Match[str], part: Part) -> None:
    del found
    draft.doubt_about(part, ("every 2 weeks", "every"))
    draft.repeats = True


def _weekend_in_doubt(draft: Draft, found: re.Match[str], part: Part) -> None:
    """周末: this one, or every one?"""
    del found
    draft.add_weekdays(set(WEEKENDS), part)
    chinese = not part.text.isascii()
    draft.doubt_about(part, ("每周末", "周六", "周日") if chinese else ("weekends", "sat", "sun"))


def _clock(draft: Draft, found: re.Match[str], part: Part) -> None:
    draft.once("clock", part)
    meridiem = (found[3] or "")[:1]
    draft.clock = Clock(int(found[1]), int(found[2] or 0), f"{meridiem}m" if meridiem else None)


def _bare_hour(draft: Draft, found: re.Match[str], part: Part) -> None:
    if "clock" in draft.parts or not 1 <= int(found[0]) <= 12:  # noqa: PLR2004 - a clock's face
        raise unreadable(draft.raw, part)
    draft.once("clock", part)
    draft.clock = Clock(int(found[0]), 0, bare=True)


def _chinese_clock(draft: Draft, found: re.Match[str], part: Part) -> None:
    draft.once("clock", part)
    hour, half, quarters, minutes = found.group(1, 2, 3, 4)
    minute = 30 if half else 15 * _number(quarters) if quarters else _number(minutes) if minutes else 0
    draft.clock = Clock(_number(hour), minute, bare=1 <= _number(hour) <= 12)  # noqa: PLR2004 - a clock's face


def _part_of_day(name: str) -> Take:
    def take(draft: Draft, found: re.Match[str], part: Part) -> None:
        del found
        draft.once("part_of_day", part)
        draft.part_of_day = name

    return take


def _bound(draft: Draft, found: re.Match[str], part: Part) -> None:
    year, month, day = (int(group) for group in found.group(2, 3, 4))
    bound = checked_date(draft, part, year, month, day)
    draft.repeats = True
    if found[1] in {"until", "till"}:
        draft.once("until", part)
        draft.until = bound
    else:
        draft.once("start", part)
        draft.start = bound


def _count(draft: Draft, found: re.Match[str], part: Part) -> None:
    draft.once("count", part)
    draft.repeats, draft.count = True, int(found[1])


def _no_such_weekday(draft: Draft, found: re.Match[str], part: Part) -> None:
    del found
    raise refused("schedule.no_such_weekday", draft.raw, part, try_instead="周五 20:00")


def _zone_given(draft: Draft, found: re.Match[str], part: Part) -> None:
    del found
    draft.once("zone", part)


def _noon(draft: Draft, found: re.Match[str], part: Part) -> None:
    del found
    draft.once("clock", part)
    draft.clock = Clock(12, 0)


def _nothing(draft: Draft, found: re.Match[str], part: Part) -> None:
    """A word that changes nothing: "this fri" is the next Friday there is."""


def _rows(table: tuple[tuple[str, Take], ...]) -> tuple[tuple[re.Pattern[str], Take], ...]:
    return tuple((re.compile(pattern), take) for pattern, take in table)


_AM_PM = r"([ap])\.?m\.?(?![a-z])"
_ORDINAL = "(?:st|nd|rd|th)?"
_YEAR = r"(?:,?\s*([0-9]{4})(?![0-9:]))?"

# The order matters: longer wordings come before their beginnings, and zones last, since "mon/wed" looks like one.
# Every repetition is bounded or of one kind of character, so that no text takes more than linear time.
GRAMMAR = _rows(
    (
        (r"(from|starting|until|till)\s+([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?![0-9])", _bound),
        (r"x\s?([1-9][0-9]{0,2})(?![0-9a-z])", _count),
        # dates
        (r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})(?:t(?=[0-9])|(?![0-9]))", _full_date),
        (rf"(?:([0-9]{{4}})年)?({_NUMBER})月({_NUMBER})(?:[日号]|(?![0-9一二三四五六七八九点时:]))", _chinese_date),
        (rf"([0-9]{{1,2}}){_ORDINAL}\s*(?:of\s+)?({_MONTHS_EN})(?![a-z])\.?{_YEAR}", _day_month),
        (rf"({_MONTHS_EN})\.?\s*([0-9]{{1,2}})(?![0-9:]|\s*{_AM_PM}){_ORDINAL}{_YEAR}", _month_day),
        (r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})(?![0-9])", _numeric_date),
        (r"([0-9]{1,2})/([0-9]{1,2})()(?![0-9/])", _numeric_date),
        # rhythm
        (rf"(?:every\s+other(?:\s+week)?|every\s+fortnight|fortnightly){_WORD_END}", _every_other),
        (rf"every\s+([0-9]{{1,3}}|two|three|four)\s+weeks?{_WORD_END}", _interval),
        (rf"bi-?weekly{_WORD_END}", _twice_or_fortnight),
        (rf"(?:daily|(?:every|each)\s*day){_WORD_END}", _day_set(EVERY_DAY)),
        (rf"(?:(?:every|each)\s+)?weekdays?{_WORD_END}", _day_set(WEEKDAYS)),
        (rf"(?:(?:every|each)\s+weekend|weekends){_WORD_END}", _day_set(WEEKENDS)),
        (rf"weekend{_WORD_END}", _weekend_in_doubt),
        (rf"(?:every\s+week|weekly|every|each){_WORD_END}", _repeats),
        (rf"隔(?:一?周(?=的?{_WEEK})|(?={_WEEK}))", _every_other),
        (rf"每({_NUMBER})个?{_WEEK}", _interval),
        ("每[天日]|天天", _day_set(EVERY_DAY)),
        ("(?:每个?)?工作日", _day_set(WEEKDAYS)),
        ("每个?周末", _day_set(WEEKENDS)),
        ("周末", _weekend_in_doubt),
        (rf"每个?(?:(?={_WEEK}[{_DAYS_ZH}1-9])|{_WEEK})", _repeats),
        # weekdays
        (rf"(本|这个?|下{{1,2}}个?){_WEEK}([{_DAYS_ZH}]|[1-7](?![0-9]))", _week_day),
        (rf"next\s+({_DAYS_EN}){_WORD_END}", _next_weekday),
        (rf"this\s+(?={_DAYS_EN})", _nothing),
        (
            rf"(?:[-–~到至]|(?:to|thru|through){_WORD_END})\s*{_WEEK}?({_DAYS_EN}{_WORD_END}|[{_DAYS_ZH}])",
            _weekday_range,
        ),
        (rf"({_DAYS_EN})(s)?{_WORD_END}", _english_weekday),
        (rf"{_WEEK}([{_DAYS_ZH}](?:[、,和及]?[{_DAYS_ZH}](?![点时十月:]))*|[1-7](?![0-9]))", _chinese_weekdays),
        (rf"{_WEEK}[八九十0-9]", _no_such_weekday),
        # days counted from today
        (rf"(?:today{_WORD_END}|今[天日])", _days_ahead(0)),
        (rf"(?:tonight{_WORD_END}|今晚)", _days_ahead(0, "night")),
        (rf"(?:tomorrow{_WORD_END}|明[天日])", _days_ahead(1)),
        ("明晚", _days_ahead(1, "night")),
        ("明早", _days_ahead(1, "morning")),
        (rf"(?:day\s+after\s+tomorrow{_WORD_END}|后天)", _days_ahead(2)),
        ("大后天", _days_ahead(3)),
        # times of day
        (rf"([0-9]{{1,2}}):([0-9]{{2}})(?::00)?(?:\s*{_AM_PM})?(?![0-9:])", _clock),
        (rf"([0-9]{{1,2}})(?:\.([0-9]{{2}}))?\s*{_AM_PM}", _clock),
        (rf"({_NUMBER})(?:点钟?|时)(?:(半)|([一三])刻|({_NUMBER})分?|整)?", _chinese_clock),
        (rf"noon{_WORD_END}", _noon),
        (r"[0-9]{1,2}(?![0-9:/.年月日号点时-])", _bare_hour),
        (rf"morning{_WORD_END}|清晨|早上|早晨|上午|早", _part_of_day("morning")),
        (rf"afternoon{_WORD_END}|下午|午后", _part_of_day("afternoon")),
        (rf"(?:evening|night){_WORD_END}|傍晚|晚上|晚间|夜里|晚", _part_of_day("night")),
        ("中午", _part_of_day("noon")),
        ("凌晨", _part_of_day("small hours")),
        (_ZONES, _zone_given),
    )
)
