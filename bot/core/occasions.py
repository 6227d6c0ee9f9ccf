"""What a date is in a market beside a weekday: a public holiday, a big sale day, a season; and on which days it falls.

The table of our own (prompts/occasions.toml) gives the rules, this module their days. Dates are the market's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

from dateutil.easter import easter

from bot.core.reply import Line, Msg, msg

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

OccasionKind = Literal["holiday", "sale", "season"]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Occasion:
    """One thing a day is. `is_expected`: the date is a calculation; the moon's sighting or a decree may shift it."""

    name: Line
    kind: OccasionKind
    is_expected: bool = False


def occasion_msg(occasion: Occasion) -> Msg:
    """As it is noted: `holiday: Christmas Day`, `season: Ramadan (expected)`."""
    name: Line = msg("occasion.expected", name=occasion.name) if occasion.is_expected else occasion.name
    return msg(f"occasion.kind.{occasion.kind}", name=name)


def occasions_msg(occasions: Sequence[Occasion]) -> Msg | None:
    """All that a day is, as one line; None where it is nothing but a day."""
    line: Msg | None = None
    for item in occasions:
        line = occasion_msg(item) if line is None else msg("occasion.also", first=line, second=occasion_msg(item))
    return line


@dataclass(frozen=True, slots=True)
class Announced:
    """Days somebody announced, or a calendar that no formula here gives: both ends included.

    `countries` narrows the rule's where that year's announcement named others.
    """

    first: date
    last: date
    source: str
    countries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """When something of our own table falls. Exactly one of the ways to tell a day is given.

    `day`: month and day of every year. `nth`: (n, weekday 0-6, month), n from 1, or -1 for the last. `easter`: days
    after Western Easter Sunday. `monthly`: the day of every month. `announced`: nothing but these.
    `plus` days are added to what `nth` gives. `latest`: where the day of the month is later, it is a week earlier (the
    French sales). `never_easter`: where it falls so many days after Easter, it is a week later (the French Mother's
    Day, which gives way to Pentecost). `lasts` is a length in days. `since`: the first year.
    """

    id: str
    kind: OccasionKind
    countries: tuple[str, ...]
    source: str
    day: tuple[int, int] | None = None
    nth: tuple[int, int, int] | None = None
    easter: int | None = None
    monthly: int | None = None
    announced: tuple[Announced, ...] = ()
    plus: int = 0
    latest: int | None = None
    never_easter: int | None = None
    lasts: int = 1
    since: int = 0
    is_expected: bool = False


def days_of(rule: Rule, year: int, country: str) -> tuple[date, ...]:
    """The days of that year on which the rule holds there, in order; a stretch may have begun the year before."""
    if country not in rule.countries:
        return ()
    days = {
        first + timedelta(days=number)
        for begins in (year - 1, year)
        for first, length in _stretches(rule, begins, country)
        for number in range(length)
    }
    return tuple(sorted(day for day in days if day.year == year))


def _stretches(rule: Rule, year: int, country: str) -> Iterator[tuple[date, int]]:
    """First day and length in days of each stretch that begins in the year."""
    for item in rule.announced:
        if item.first.year == year and (not item.countries or country in item.countries):
            yield item.first, (item.last - item.first).days + 1
    if year < max(rule.since, 1):
        return
    if rule.monthly is not None:
        yield from ((date(year, month, rule.monthly), rule.lasts) for month in range(1, 13))
    first = _first(rule, year)
    if first is not None:
        yield first, rule.lasts


def _first(rule: Rule, year: int) -> date | None:
    if rule.day is not None:
        return date(year, *rule.day)
    if rule.easter is not None:
        return easter(year) + timedelta(days=rule.easter)
    if rule.nth is None:
        return None
    found = nth_weekday(year, *rule.nth)
    if rule.latest is not None and found.day > rule.latest:
        found -= _WEEK
    found += timedelta(days=rule.plus)
    if rule.never_easter is not None and found == easter(year) + timedelta(days=rule.never_easter):
        found += _WEEK
    return found


def nth_weekday(year: int, n: int, weekday: int, month: int) -> date:
    """The nth Monday (0) to Sunday (6) of a month; n = -1 is the last."""
    if n > 0:
        first = date(year, month, 1)
        return first + timedelta(days=(weekday - first.weekday()) % 7) + (n - 1) * _WEEK
    last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    return last - timedelta(days=(last.weekday() - weekday) % 7)
