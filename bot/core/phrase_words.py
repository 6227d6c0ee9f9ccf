"""The words of schedule phrases as patterns, in English and Chinese, and what single ones of them stand for.

Every repetition is bounded or of one kind of character, so that no text takes more than linear time.
"""

from __future__ import annotations

from bot.core.phrases import DAY_NAMES, LAST

WORD_END = "(?![a-z])"
DAYS_EN = r"(?:mon(?:day)?|tue(?:sday|s)?|wed(?:nesday|s)?|thu(?:rsday|rs|r)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)"
MONTHS_EN = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
DAYS_ZH = "一二三四五六日天"
WEEK = "(?:周|星期|礼拜)"
NUMBER = "(?:[0-9]{1,2}|[二三四五]?十[一二三四五六七八九]?|[零〇]?[一二两三四五六七八九]|[零〇])"
"""零 to 五十九."""
AND_ZH = "[、,和及]"
AM_PM = r"([ap])\.?m\.?(?![a-z])"
ORDINAL = "(?:st|nd|rd|th)"
YEAR = r"(?:,?[\s-]*([0-9]{4})(?![0-9:]))?"
DATE_EN = rf"(?:[0-9]{{4}}[-/.]|[0-9]{{1,2}}{ORDINAL}?\s*(?:of\s+)?{MONTHS_EN}{WORD_END}|{MONTHS_EN}{WORD_END})"
DATE_ZH = rf"(?:[0-9]{{4}}[-/年]|{NUMBER}月)"
CLOCK = rf"(?:[0-9]{{1,2}}(?::[0-9]{{2}})?(?:\s*[ap]\.?m\.?)?|{NUMBER}点半?)"
CLOCK_SURELY = rf"(?:[0-9]{{1,2}}(?::[0-9]{{2}}(?![-0-9])|\s*[ap]\.?m)|{NUMBER}点)"
COUNT_EN = "(?:[0-9]{1,4}|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
ORDINALS_EN = "(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last)"
CITY = rf"(?!{DAYS_EN}{WORD_END})[a-z]{{2,20}}(?:[ _][a-z]{{2,20}}){{0,2}}(?=\s+time{WORD_END})"
ZONES = (
    r"(?:utc|gmt)(?:[+-][0-9:]{1,5})?(?![a-z0-9])|[+-][0-9]{2}:?[0-9]{2}(?![0-9])|[a-z]{2,20}/[a-z_/+-]{2,40}|"
    r"(?:[ecmp][sd]?t|ces?t|ees?t|bst|jst|kst|sgt|hkt|ict|ist|wib|z)(?![a-z])"
)

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CARDINALS = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_ORDINALS = ("", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_DIGITS = "零一二三四五六七八九"

VOCABULARY = (
    *("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", *DAY_NAMES),
    *("january", "february", "march", "april", "june", "july", "august", "september", "october", "november"),
    *("december", "every", "other", "weeks", "week", "months", "month", "monthly", "weekly", "daily", "weekdays"),
    *("weekday", "weekends", "weekend", "fortnightly", "quarterly", "today", "tonight", "tomorrow", "morning"),
    *("afternoon", "evening", "noon", "midnight", "until", "from", "starting", "except", "first", "second", "third"),
    *("fourth", "fifth", "last", "times"),
)
"""What a word may have been meant to be when it is nearly one of these."""


def number(text: str) -> int:
    """Digits, a Chinese number from 零 to 五十九, or an English word from two to twelve."""
    if text.isdecimal() and text.isascii():
        return int(text)
    if text in _CARDINALS:
        return _CARDINALS.index(text)
    tens, ten, ones = text.replace("两", "二").replace("〇", "零").partition("十")
    if not ten:
        tens, ones = "", tens.lstrip("零")
    return (_DIGITS.index(tens or "一") * 10 if ten else 0) + _DIGITS.index(ones or "零")


def ordinal(text: str) -> int:
    """Like "first", "3rd", "last" (-1)."""
    if text == "last":
        return LAST
    return _ORDINALS.index(text) if text in _ORDINALS else int(text[:-2])


def ordinal_word(which: int) -> str:
    return "last" if which == LAST else _ORDINALS[which]


def weekday(name: str) -> int:
    """0 is Monday; English by its first three letters, Chinese or 1-7 by one character."""
    if name[0] in DAYS_ZH:
        return min(DAYS_ZH.index(name[0]), 6)
    return int(name) - 1 if name.isdigit() else DAY_NAMES.index(name[:3])


def month(name: str) -> int:
    return _MONTHS.index(name[:3]) + 1


def month_day(month: int, day: int, *, chinese: bool) -> str:
    """A date without its year, as it can be typed."""
    return f"{month}月{day}日" if chinese else f"{day} {_MONTHS[month - 1]}"
