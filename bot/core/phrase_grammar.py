"""The wordings of a schedule phrase, in English and Chinese: a table, tried in order at each place of the text.

Gathers what was said into a Draft and says where understanding stopped. What it means on the calendar, and what could
mean two things, is bot.core.phrase_meaning's matter. A new wording is a new row of GRAMMAR.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from bot.core import phrase_days as days
from bot.core import phrase_rhythm as rhythm
from bot.core.errors import UserError
from bot.core.phrase_days import Take
from bot.core.phrase_draft import EXAMPLE, LONGEST, Draft, Part, normalised, unreadable
from bot.core.phrase_rhythm import nothing
from bot.core.phrase_words import (
    AM_PM,
    AND_ZH,
    CITY,
    CLOCK,
    CLOCK_SURELY,
    COUNT_EN,
    DATE_EN,
    DATE_ZH,
    DAYS_EN,
    DAYS_ZH,
    MONTHS_EN,
    NUMBER,
    ORDINAL,
    ORDINALS_EN,
    WEEK,
    WORD_END,
    YEAR,
    ZONES,
)
from bot.core.phrases import EVERY_DAY, WEEKDAYS, WEEKENDS

_GAP = re.compile(r"(?:[\s,;、。&|@/()的和及]|(?:and|at|in|of|on|the)(?![a-z0-9]))*")
_CHUNK = re.compile(r"[a-z]+|[0-9][0-9:./-]*|\S\S{0,19}")
_CITY_ZH = "(?:[\u4e00-\u9fff]{2,5}?(?=时间))"


_AWAITED = {"start": {"date"}, "until": {"date"}, "without": {"date", "weekday", "day"}}
"""What may follow "from", "until" and "except"."""


class _Row(NamedTuple):
    pattern: re.Pattern[str]
    take: Take
    kind: str


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
    at = _skip_gap(draft, plain, 0)
    while at < len(plain):
        at = _skip_gap(draft, plain, _step(draft, plain, places, at))
    if draft.awaits is not None:
        raise unreadable(text, draft.parts[draft.awaits])
    return draft


def _step(draft: Draft, plain: str, places: list[int], at: int) -> int:
    for pattern, take, kind in GRAMMAR:
        found = pattern.match(plain, at)
        if found is None:
            continue
        part = _part(draft.raw, places, at, found.end())
        if draft.awaits is not None and kind not in _AWAITED[draft.awaits]:
            raise unreadable(draft.raw, part)
        out = len(draft.without), len(draft.weekdays_out)
        take(draft, found, part)
        if kind != "word":
            draft.last = f"{kind} out" if out != (len(draft.without), len(draft.weekdays_out)) else kind
        return found.end()
    raise unreadable(draft.raw, _part(draft.raw, places, at, _end(_CHUNK, plain, at)))


def _skip_gap(draft: Draft, plain: str, at: int) -> int:
    end = _end(_GAP, plain, at)
    draft.gap = plain[at:end]
    return end


def _end(pattern: re.Pattern[str], plain: str, at: int) -> int:
    found = pattern.match(plain, at)
    return found.end() if found else at + 1


def _part(raw: str, places: list[int], start: int, end: int) -> Part:
    first, last = places[start], places[end - 1] + 1
    return Part(raw[first:last].rstrip(), first, first + len(raw[first:last].rstrip()))


def _rows(kind: str, *table: tuple[str, Take]) -> tuple[_Row, ...]:
    return tuple(_Row(re.compile(pattern), take, kind) for pattern, take in table)


# The order matters: longer wordings come before their beginnings, and zones last, since "mon/wed" looks like one.
_RANGES = _rows(
    "word",
    (rf"({CLOCK})\s*(?:[-–~到至]|(?:to|until|till){WORD_END})\s*{CLOCK_SURELY}", rhythm.time_range),
    (rf"from\s+(?={DAYS_EN}\s*(?:-|(?:to|thru|through){WORD_END}))", nothing),
    (rf"从(?={WEEK}[{DAYS_ZH}][到至])", nothing),
)
_BOUNDS = _rows(
    "bound",
    (rf"(until|till?|through|thru)\s+({MONTHS_EN}){WORD_END}(?!\.?\s*[0-9])", days.until_month),
    (rf"(直?到|至|截止[到至]?|截至)({NUMBER})月(?!{NUMBER}|底|末)", days.until_month),
    (rf"(?:until|till?|through|thru){WORD_END}(?:\s+the(?=\s+end))?", rhythm.bound("until")),
    (rf"to(?=\s+(?:{DATE_EN}|(?:the\s+)?end\s+of\s))", rhythm.bound("until")),
    (rf"(?:直?到|至|截止[到至]?|截至)(?=\s*{DATE_ZH})", rhythm.bound("until")),
    (rf"(?:from|start(?:s|ing)?|beginning){WORD_END}(?:\s+(?:on|from){WORD_END})?", rhythm.bound("start")),
    ("从|自", rhythm.bound("start")),
    (
        rf"(?:except(?:ing)?(?:\s+(?:for|on))?|excluding|but\s+not(?:\s+on)?|not\s+on|skip(?:ping)?|without){WORD_END}",
        rhythm.bound("without"),
    ),
    ("除外|外|以外|之外|[不停]播|休息", rhythm.without_said),
    ("除了?|不含|不包括|跳过", rhythm.bound("without")),
    ("开始|起", rhythm.start_said),
    ("为?止", nothing),
    (rf"for\s+({COUNT_EN})\s+weeks?{WORD_END}", rhythm.going_on("weeks")),
    (rf"for\s+({COUNT_EN})\s+months?{WORD_END}", rhythm.going_on("months")),
    (rf"(?:连续|为期|持续|共)({NUMBER})个?(?:周|星期|礼拜)", rhythm.going_on("weeks")),
    (rf"(?:连续|为期|持续|共)({NUMBER})个月", rhythm.going_on("months")),
    (r"[x×]\s?([0-9]{1,4})(?![0-9a-z])|([0-9]{1,4})\s?[x×](?![0-9a-z])", rhythm.counted),
    (rf"(?:for\s+)?({COUNT_EN})\s+(?:times|shows){WORD_END}", rhythm.counted_after_times),
    (rf"(?:[一总]?共)?([0-9]{{1,4}}|{NUMBER})[次场]", rhythm.counted_after_times),
)
_DATES = _rows(
    "date",
    (r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})(?:t(?=[0-9])|(?![0-9]))", days.full_date),
    (rf"(?:([0-9]{{4}})年)?({NUMBER})月({NUMBER})(?:[日号]|(?![0-9一二三四五六七八九点时:]))", days.chinese_date),
    (rf"({NUMBER})月[底末]", days.month_end),
    (rf"end\s+of\s+({MONTHS_EN}){WORD_END}", days.month_end),
    (rf"([0-9]{{1,2}}){ORDINAL}?[\s-]*(?:of\s+)?({MONTHS_EN})(?![a-z])\.?{YEAR}", days.day_and_month),
    (rf"({MONTHS_EN})\.?\s*([0-9]{{1,2}})(?![0-9:]|\s*{AM_PM}){ORDINAL}?{YEAR}", days.month_and_day),
    (r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})(?![0-9])", days.numeric_date),
    (r"([0-9]{1,2})/([0-9]{1,2})()(?![0-9/:])", days.numeric_date),
    (rf"today{WORD_END}|今[天日]", days.days_ahead(0)),
    (rf"tonight{WORD_END}|今晚", days.days_ahead(0, "night")),
    (rf"tomorrow{WORD_END}|明[天日]", days.days_ahead(1)),
    ("明晚", days.days_ahead(1, "night")),
    ("明早", days.days_ahead(1, "morning")),
    (rf"day\s+after\s+tomorrow{WORD_END}|(?<!大)后天", days.days_ahead(2)),
    ("大后天", days.days_ahead(3)),
    (rf"([0-9]{{1,3}})\s+days?(?:\s+from\s+now)?{WORD_END}", days.in_days),
    (rf"([0-9]{{1,3}}|{NUMBER})天[以之]?后", days.in_days),
    (rf"(?:next\s+week\s+(?:on\s+)?({DAYS_EN}){WORD_END}|({DAYS_EN})\s+next\s+week{WORD_END})", days.day_next_week),
    (rf"(本|这个?|下{{1,2}}个?){WEEK}([{DAYS_ZH}]|[1-7](?![0-9]))", days.week_day),
    (rf"(本|这个?|下{{1,2}}个?)月({NUMBER})[号日]", days.day_of_month),
    (rf"next\s+({DAYS_EN}){WORD_END}", days.next_weekday),
)
_RHYTHM = _rows(
    "rhythm",
    (rf"every\s+(?:[0-9]{{1,4}}|other|second|two|three|four|five)\s+days?{WORD_END}", rhythm.every_days),
    (rf"隔[天日]|每隔?{NUMBER}[天日]", rhythm.every_days),
    (rf"(?:every\s+other|every\s+second)\s+month{WORD_END}|隔月", rhythm.months(2)),
    (rf"every\s+([0-9]{{1,3}}|two|three|four|six)\s+months?{WORD_END}", rhythm.every_months),
    (rf"quarterly{WORD_END}|every\s+quarter{WORD_END}|每个?季度?", rhythm.months(3)),
    (rf"bi-?monthly{WORD_END}", rhythm.twice_or_every_second("month")),
    (rf"(?:monthly|(?:every|each)\s+month){WORD_END}|每个?月", rhythm.months(1)),
    (rf"每({NUMBER})个月", rhythm.every_months),
    (rf"month{WORD_END}", rhythm.of_the_month),
    (
        rf"every\s+(second|third|fourth|fifth|[2-5]{ORDINAL})\s+({DAYS_EN}){WORD_END}(?!\s+of\s)",
        days.second_weekday,
    ),
    (
        rf"every\s+(?:other(?:\s+week)?|second\s+week|fortnight|alternate){WORD_END}|(?:fortnightly|alternate){WORD_END}",
        rhythm.weeks(2),
    ),
    (rf"every\s+([0-9]{{1,3}}|two|three|four)\s+weeks?{WORD_END}", rhythm.every_weeks),
    (rf"bi-?weekly{WORD_END}", rhythm.twice_or_every_second("week")),
    (rf"(?:隔(?:一?周(?=的?{WEEK})|(?={WEEK}))|每隔[一1]个?{WEEK})", rhythm.weeks(2)),
    (rf"每隔({NUMBER})个?{WEEK}的?", rhythm.interval_in_doubt),
    (rf"每({NUMBER})个?{WEEK}", rhythm.every_weeks),
)
_DAYS = _rows(
    "day",
    (rf"(?:daily|(?:every|each)\s*day){WORD_END}|每[天日]|天天", days.day_set(EVERY_DAY)),
    (rf"(?:every|each)\s+morning{WORD_END}|每早", days.day_set(EVERY_DAY, "morning")),
    (rf"(?:every|each)\s+(?:evening|night){WORD_END}|每晚", days.day_set(EVERY_DAY, "night")),
    (rf"(?:(?:every|each)\s+)?weekdays?{WORD_END}|(?:每个?)?工作日", days.day_set(WEEKDAYS)),
    (rf"(?:(?:every|each)\s+weekend|weekends){WORD_END}|每个?周末", days.day_set(WEEKENDS)),
    (rf"weekend{WORD_END}|周末", days.weekend_in_doubt),
)
_REPEATS = _rows(
    "rhythm",
    (rf"(?:every\s+week|weekly|every|each){WORD_END}", rhythm.repeats),
    (rf"(?:每逢?个?|逢)(?:(?={WEEK}[{DAYS_ZH}八九十0-9])|{WEEK})", rhythm.repeats),
)
_ORDINALS = _rows(
    "ordinal",
    (rf"({ORDINALS_EN}|[0-9]{{1,2}}{ORDINAL}){WORD_END}", days.an_ordinal),
    (rf"第({NUMBER})个?|首个()", days.chinese_ordinal),
    ("最后[一1]天", days.last_day),
    ("最后[一1]?个?", days.last_weekday),
    (rf"({NUMBER}(?:{AND_ZH}\s*{NUMBER}){{0,12}})[号日]", days.days_of_the_month),
    (rf"(?<!last )(?<!first )day\s+([0-9]{{1,2}})(?![0-9:.]|\s*{AM_PM})", days.days_of_the_month),
    (rf"day{WORD_END}", days.the_day),
)
_WEEKDAYS = _rows(
    "weekday",
    (
        rf"(?:[-–~到至]|(?:to|thru|through){WORD_END})\s*{WEEK}?({DAYS_EN}{WORD_END}|[{DAYS_ZH}])",
        days.weekday_range,
    ),
    (rf"({DAYS_EN})(s)?{WORD_END}", days.english_weekday),
    (rf"{WEEK}([{DAYS_ZH}](?:{AND_ZH}?[{DAYS_ZH}](?![点时十月:]))*|[1-7](?![0-9]))", days.chinese_weekdays),
    (rf"{WEEK}[八九十0-9]", days.no_such_weekday),
)
_CLOCKS = _rows(
    "clock",
    (rf"([0-9]{{1,2}}):([0-9]{{2}})(?::00)?(?:\s*{AM_PM})?(?![0-9:])", rhythm.clock),
    (rf"([0-9]{{1,2}})(?:\.([0-9]{{2}}))?\s*{AM_PM}", rhythm.clock),
    (rf"({NUMBER})(?:点钟?|时)(?:(半)|([一三])刻|({NUMBER})分?|整)?", rhythm.chinese_clock),
    (rf"noon{WORD_END}", rhythm.hour_of_face(12)),
    (rf"midnight{WORD_END}|午夜", rhythm.hour_of_face(24)),
    (r"[0-9]{1,2}(?![0-9:/.年月日号点时-])", rhythm.bare_hour),
)
_PARTS = _rows(
    "part",
    (rf"morning{WORD_END}|清晨|早上|早晨|上午|早", rhythm.part_of_day("morning")),
    (rf"afternoon{WORD_END}|下午|午后", rhythm.part_of_day("afternoon")),
    (rf"(?:evening|night){WORD_END}|傍晚|晚上|晚间|夜里|晚", rhythm.part_of_day("night")),
    ("中午", rhythm.part_of_day("noon")),
    ("凌晨", rhythm.part_of_day("small hours")),
)
_ELSE = _rows("word", ("o'?clock", nothing), (rf"this\s+(?={DAYS_EN})", nothing)) + _rows(
    "zone",
    (rf"local\s+time{WORD_END}|[当本]地时间", nothing),
    (rf"(?:{CITY}|{_CITY_ZH})(?:\s+time|时间)|{ZONES}", rhythm.zone_given),
)

GRAMMAR = (
    *_RANGES,
    *_BOUNDS,
    *_DATES,
    *_RHYTHM,
    *_DAYS,
    *_REPEATS,
    *_ORDINALS,
    *_WEEKDAYS,
    *_CLOCKS,
    *_PARTS,
    *_ELSE,
)
