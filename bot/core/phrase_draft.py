"""What a schedule phrase said, word for word, before it means anything on a calendar."""

from __future__ import annotations

import calendar
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from bot.core.errors import UserError
from bot.core.excerpt import excerpt

EXAMPLE = "fri 20:00"
YEARS = (1970, 2099)
MONTHS = 12
LEAP_YEAR = 2028

LONGEST = 1000
"""Characters of a phrase that are read: the longest sensible one leaves sixty dates out."""

_TRADITIONAL = str.maketrans(
    "週點兩後號時禮個這間無從開場連續為過雙當紐約鐘內於數總", "周点两后号时礼个这间无从开场连续为过双当纽约钟内于数总"
)
_SEPARATOR = re.compile(r"[,;、。&/|和及]|and")


class Part(NamedTuple):
    """A stretch of the typed text: `start` counts from 0, `end` is the place after it."""

    text: str
    start: int
    end: int


class MonthDay(NamedTuple):
    """A date without its year."""

    month: int
    day: int


class WeekDay(NamedTuple):
    """A weekday (0 is Monday) of the calendar week that is `weeks` after the present one."""

    weeks: int
    weekday: int


class DayOf(NamedTuple):
    """A day (1 to 31, -1 the last) of the month that is `months` after the present one; None: the next there is."""

    months: int | None
    day: int


class MonthEnd(NamedTuple):
    """The last day of a month, without its year."""

    month: int


class Span(NamedTuple):
    """How long a series goes on from its first date."""

    weeks: int = 0
    months: int = 0


Day = date | int | MonthDay | WeekDay | DayOf | MonthEnd
"""A date as it was said; an int counts days from today."""


class Clock(NamedTuple):
    """A time as typed. `bare`: the hour alone, so that 8 may be the morning's or the evening's.

    `part_of_day` is what was said with it, `leads` whether that stood before it and may be meant for the next time too.
    """

    hour: int
    minute: int
    part: Part
    meridiem: str | None = None
    bare: bool = False
    part_of_day: str | None = None
    leads: bool = False


class Doubt(NamedTuple):
    """A part with two meanings, and what could be written in its place."""

    part: Part
    readings: tuple[str, ...]


@dataclass(slots=True)
class Draft:
    """What was recognised so far; `parts` has the stretch of text behind the fields that may be said only once.

    `last` is the kind of the word before, `gap` what stood between it and the present one, `awaits` what the next date
    is for.
    """

    raw: str
    repeats: bool = False
    interval: int | None = None
    months: int | None = None
    weekdays: set[int] = field(default_factory=set)
    weekdays_out: set[int] = field(default_factory=set)
    last_weekday: int | None = None
    listing: bool = False
    days: list[tuple[Day, Part]] = field(default_factory=list)
    ordinals: list[tuple[int, Part]] = field(default_factory=list)
    month_days: list[tuple[int, Part]] = field(default_factory=list)
    nth: list[tuple[int, int, Part]] = field(default_factory=list)
    clocks: list[Clock] = field(default_factory=list)
    part_of_day: str | None = None
    start: Day | None = None
    until: Day | Span | None = None
    count: int | None = None
    without: list[tuple[Day, Part]] = field(default_factory=list)
    next_weekday: int | None = None
    doubt: Doubt | None = None
    parts: dict[str, Part] = field(default_factory=dict)
    last: str = ""
    gap: str = ""
    awaits: str | None = None

    def once(self, name: str, part: Part) -> None:
        """Marks a field as said; saying it twice is where understanding stops."""
        if name in self.parts:
            raise unreadable(self.raw, part)
        self.parts[name] = part
        self.listing, self.last_weekday = False, None

    def add_weekdays(self, days: set[int], part: Part, last: int | None = None) -> None:
        """Adds to the list of weekdays as long as nothing else stands between; `last` may begin a range."""
        if self.awaits == "without" or (self.last == "weekday out" and self.awaits is None):
            self.awaits = None
            self.weekdays_out |= days
            self.parts["weekdays out"] = part
            return
        if self.weekdays and not self.listing:
            raise unreadable(self.raw, part)
        self.parts.setdefault("weekdays", part)
        self.weekdays |= days
        self.listing, self.last_weekday = True, last

    def add_day(self, day: Day, part: Part) -> None:
        """Takes a date for what it is for: the show's, the first, the last, or one that is left out."""
        wanted, self.awaits = self.awaits, None
        self.listing, self.last_weekday = False, None
        if wanted == "without" or (wanted is None and self.last == "date out"):
            self.without.append((day, part))
        elif wanted is not None:
            before = self.parts[wanted]
            self.parts[wanted] = Part(self.raw[before.start : part.end], before.start, part.end)
            self.parts[f"{wanted} date"] = part
            if wanted == "start":
                self.start = day
            else:
                self.until = day
        else:
            self.days.append((day, part))

    def add_clock(self, clock: Clock) -> None:
        """Adds to the list of times as long as nothing else stands between."""
        if self.clocks and self.last not in {"clock", "part"}:
            raise unreadable(self.raw, clock.part)
        self.listing, self.last_weekday = False, None
        if self.part_of_day is not None:
            clock = clock._replace(part_of_day=self.part_of_day, leads=True)
            self.part_of_day = None
        self.clocks.append(clock)

    @property
    def separated(self) -> bool:
        """Whether a comma or an "and" stands before the present word."""
        return bool(_SEPARATOR.search(self.gap))

    def doubt_about(self, part: Part, readings: tuple[str, ...]) -> None:
        """Notes two meanings; the first doubt is the one asked about."""
        self.doubt = self.doubt or Doubt(part, readings)

    def replaced(self, part: Part, words: str) -> str:
        """The typed line with other words in the place of `part`: something to type instead."""
        return excerpt(f"{self.raw[: part.start]}{words}{self.raw[part.end :]}".strip(), LONGEST)


def refused(key: str, raw: str, part: Part, try_instead: str = EXAMPLE) -> UserError:
    """An error about one part of the text; `at` counts characters from 1."""
    return UserError(key, try_instead=try_instead, text=excerpt(raw), at=part.start + 1, part=excerpt(part.text, 40))


def unreadable(raw: str, part: Part) -> UserError:
    return refused("schedule.unreadable", raw, part)


def days_of(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]


def is_date(year: int, month: int, day: int) -> bool:
    return 1 <= month <= MONTHS and 1 <= day <= days_of(year, month)


def checked_date(draft: Draft, part: Part, year: int, month: int, day: int) -> date:
    """The date, or an error naming what is wrong with it and the nearest real one."""
    first, last = YEARS
    if not first <= year <= last:
        raise UserError("schedule.year", try_instead=EXAMPLE, part=part.text, at=part.start + 1, first=first, last=last)
    if not 1 <= month <= MONTHS:
        raise refused("schedule.no_such_month", draft.raw, part)
    days = days_of(year, month)
    if not 1 <= day <= days:
        raise no_such_date(draft, part, days, f"{year}-{month:02}-{days}")
    return date(year, month, day)


def no_such_date(draft: Draft, part: Part, days: int, last: str) -> UserError:
    """A day its month does not have; `days` is what the month has, `last` its last day as it can be typed."""
    instead = draft.replaced(part, last)
    return UserError("schedule.no_such_date", try_instead=instead, part=part.text, at=part.start + 1, n=days)


def normalised(text: str) -> tuple[str, list[int]]:
    """Half-width, lower case, simplified; and for each character the place in `text` that it came from."""
    plain: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        narrow = unicodedata.normalize("NFKC", character).lower().translate(_TRADITIONAL)
        plain.append(narrow)
        places += [place] * len(narrow)
    return "".join(plain), places
