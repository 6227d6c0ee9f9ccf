"""What a schedule phrase said, word for word, before it means anything on a calendar."""

from __future__ import annotations

import calendar
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

_TRADITIONAL = str.maketrans("週點兩後號時禮個這間無", "周点两后号时礼个这间无")


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


class Clock(NamedTuple):
    """A time as typed. `bare`: the hour alone, so that 8 may be the morning's or the evening's."""

    hour: int
    minute: int
    meridiem: str | None = None
    bare: bool = False


class Doubt(NamedTuple):
    """A part with two meanings, and what could be written in its place."""

    part: Part
    readings: tuple[str, ...]


@dataclass(slots=True)
class Draft:
    """What was recognised so far; `parts` has the stretch of text behind the fields that may be said only once."""

    raw: str
    repeats: bool = False
    interval: int | None = None
    weekdays: set[int] = field(default_factory=set)
    last_weekday: int | None = None
    listing: bool = False
    day: date | int | MonthDay | WeekDay | None = None
    clock: Clock | None = None
    part_of_day: str | None = None
    start: date | None = None
    until: date | None = None
    count: int | None = None
    next_weekday: int | None = None
    doubt: Doubt | None = None
    parts: dict[str, Part] = field(default_factory=dict)

    def once(self, name: str, part: Part) -> None:
        """Marks a field as said; saying it twice is where understanding stops."""
        if name in self.parts:
            raise unreadable(self.raw, part)
        self.parts[name] = part
        self.listing, self.last_weekday = False, None

    def add_weekdays(self, days: set[int], part: Part, last: int | None = None) -> None:
        """Adds to the list of weekdays as long as nothing else stands between; `last` may begin a range."""
        if self.weekdays and not self.listing:
            raise unreadable(self.raw, part)
        self.parts.setdefault("weekdays", part)
        self.weekdays |= days
        self.listing, self.last_weekday = True, last

    def doubt_about(self, part: Part, readings: tuple[str, ...]) -> None:
        """Notes two meanings; the first doubt is the one asked about."""
        self.doubt = self.doubt or Doubt(part, readings)

    def replaced(self, part: Part, words: str) -> str:
        """The typed line with other words in the place of `part`: something to type instead."""
        return excerpt(f"{self.raw[: part.start]}{words}{self.raw[part.end :]}".strip())


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
