"""What an hour of the week is worth to a room: its own shows, shrunk towards its market's, shrunk towards the evening.

A show's money an hour is taken as a product: **level** of the room x **evening** of the hour x **effect** of the slot.

- The evening is the prior: what an hour of the market's day is worth before anybody was on air. Guides for sellers
  agree on 19:00 to 23:00 as the prime time and on 12:00 to 14:00 as a second one (for example
  https://calculatecreator.com/guides/best-times-go-live). They are advice, not measurements, so the evening is put at
  no more than twice the afternoon, and a few shows of one's own outweigh it. Weekdays are alike: no guide agrees with
  another on them.
- The level is the room's GMV an hour divided by the evening of the hours it was on air in, over all its shows; so a
  room that only ever sold at 20:00 is not thought to do better at another 20:00.
- The effect is what shows brought over level x evening, 1 being nothing special.

Empirical Bayes: what n shows say together is shrunk to (n * mean + K * before) / (n + K), where "before" is the step
before in this order: 1; the market's other rooms at that hour on other days; the same rooms in that very slot; the
room's own shows at that hour on other days; the room's own shows in that slot. Those on other days count half: the
hour is the same, the day is not. The room's level is shrunk to the mean of its market's rooms in the same way.

K is the scatter of single shows over the scatter between slots, both squared (the James-Stein weight). One show in a
slot strays by some 60 % of its mean, slots among themselves by some 30 %: K = (0.6 / 0.3)**2 = 4. Both are estimates of
ours, not measured; with K = 4 a slot's own figures count half after four shows, and all after many.

A show whose GMV nobody measured speaks with its average viewers, for half a show: viewers are not yet buyers. Unknown
is never taken for nothing.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

K = 4.0
CELL_MIN = 30
"""Minutes of a cell; the week has WEEK of them, from Monday 00:00."""
WEEK = 7 * 24 * 60 // CELL_MIN
DAY = WEEK // 7
_ACU_WEIGHT = 0.5
_OTHER_DAYS = 0.5
_SCATTER, _SCATTER_LEAST = 0.6, 5
_LIKELY_Z = 1.2816
"""The middle 80 % of a normal distribution."""

EVENING = (
    *(0.35, 0.25, 0.2, 0.2, 0.2, 0.3),  # 00:00 to 06:00
    *(0.5, 0.6, 0.6, 0.65, 0.7, 0.75),  # to noon
    *(0.9, 0.9, 0.75, 0.75, 0.8, 0.9),  # lunch, afternoon
    *(1.1, 1.3, 1.5, 1.5, 1.2, 0.7),  # 18:00 to midnight
)
"""By the hour of the market's wall clock."""


@dataclass(frozen=True, slots=True)
class Aired:
    """A past show. `starts`: naive wall time of the market; money an hour in the market's currency; None: unknown."""

    starts: datetime
    length_s: int
    gmv_per_hour: float | None = None
    acu: float | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """What to expect of a slot. `rank` compares slots of one room; money an hour, None while no room of it sold.

    `low` to `high` hold the true mean with 80 %. `own` is the share of the room's own shows in it, 0 to 1.
    """

    rank: float
    own: float
    expected: float | None
    low: float | None
    high: float | None


def cell_of(starts: datetime) -> int:
    """The cell whose start is nearest to a wall time."""
    minutes = starts.weekday() * 24 * 60 + starts.hour * 60 + starts.minute
    return (minutes + CELL_MIN // 2) // CELL_MIN % WEEK


def cells(first: int, length_s: int) -> tuple[int, ...]:
    """The cells of a show that begins in one of them; no show is longer than the week."""
    count = min(WEEK, max(1, round(length_s / 60 / CELL_MIN)))
    return tuple((first + number) % WEEK for number in range(count))


def evening(of: Sequence[int]) -> float:
    return sum(EVENING[cell % DAY * CELL_MIN // 60] for cell in of) / len(of)


@dataclass(frozen=True, slots=True)
class _Seen:
    """How many shows there were in some cells, on average, and what they say together.

    `money` sums GMV an hour over the evening; `relative` the effects of those that only viewers are known of.
    """

    n: float
    money: float
    relative: float

    def effects(self, level: float | None) -> float:
        """Summed; a room that never sold anything tells nothing of one hour against another."""
        return self.relative + (self.money / level if level else self.n)


class _Week:
    """Sums by cell of the week and by cell of the day."""

    def __init__(self) -> None:
        self._slot = [[0.0] * WEEK for _ in range(3)]
        self._hour = [[0.0] * DAY for _ in range(3)]

    def add(self, cell: int, *sums: float) -> None:
        """`sums` as in `_Seen`."""
        for place, value in enumerate(sums):
            self._slot[place][cell] += value
            self._hour[place][cell % DAY] += value

    def at(self, cell: int) -> _Seen:
        return _Seen(*(sums[cell] for sums in self._slot))

    def in_slot(self, of: Sequence[int]) -> _Seen:
        return _Seen(*(sum([sums[cell] for cell in of]) / len(of) for sums in self._slot))

    def on_other_days(self, of: Sequence[int], here: _Seen) -> _Seen:
        """At the same hours of the other days of the week, at half weight; `here` is what `in_slot` gave."""
        hours = [cell % DAY for cell in of]
        n, money, relative = (sum([sums[hour] for hour in hours]) / len(of) for sums in self._hour)
        found = (n - here.n, money - here.money, relative - here.relative)
        return _Seen(*(_OTHER_DAYS * max(0.0, value) for value in found))  # of floats, equals may differ below 0


class History:
    """A room's shows by cell of the week; built once, asked for every slot."""

    def __init__(self, aired: Iterable[Aired]) -> None:
        self.aired = tuple(aired)
        self._on = [cells(cell_of(item.starts), item.length_s) for item in self.aired]
        worth = [evening(on) for on in self._on]
        self.level = _level([item.gmv_per_hour for item in self.aired], worth)
        self.measured = sum(item.gmv_per_hour is not None for item in self.aired)
        self.week = _Week()
        strays: list[float] = []
        viewers = _level([item.acu for item in self.aired], worth)
        for item, on, value in zip(self.aired, self._on, worth, strict=True):
            if item.gmv_per_hour is not None:
                self._add(on, 1.0, item.gmv_per_hour / value, 0.0)
                strays.append(item.gmv_per_hour / (self.level * value) - 1 if self.level else 0.0)
            elif item.acu is not None:
                self._add(on, _ACU_WEIGHT, 0.0, _ACU_WEIGHT * (item.acu / (viewers * value) if viewers else 1.0))
        self.scatter = _scatter(strays)

    def _add(self, on: Sequence[int], *sums: float) -> None:
        for cell in on:
            self.week.add(cell, *sums)

    def on_air(self, of: Sequence[int]) -> list[Aired]:
        """The shows that were on air at least half of the time of these cells."""
        wanted = set(of)
        return [
            item for item, on in zip(self.aired, self._on, strict=True) if 2 * len(wanted.intersection(on)) >= len(of)
        ]

    def weeks_kept(self, now: datetime, weeks: int) -> dict[int, int]:
        """By cell: in how many of the last `weeks` weeks before the naive wall time `now` a show began in it."""
        began: dict[int, set[date]] = defaultdict(set)
        for item in self.aired:
            if now - timedelta(weeks=weeks) <= item.starts < now:
                began[cell_of(item.starts)].add(item.starts.date() - timedelta(days=item.starts.weekday()))
        return {cell: len(found) for cell, found in began.items()}


def _level(values: Sequence[float | None], worth: Sequence[float]) -> float | None:
    known = [(value, of) for value, of in zip(values, worth, strict=True) if value is not None]
    return sum(value for value, _ in known) / sum(of for _, of in known) if known else None


def _scatter(strays: Sequence[float]) -> float:
    """By how much of its mean a single show strays; what is assumed, while there are too few to tell."""
    if len(strays) < _SCATTER_LEAST:
        return _SCATTER
    return math.sqrt(sum(stray * stray for stray in strays) / (len(strays) - 1))


def shrunk(total: float, n: float, towards: float) -> float:
    """The mean of n values that sum up to `total`, as if K more had been `towards`."""
    return (total + K * towards) / (n + K)


class Market:
    """What the room's own history and those of its market say together."""

    def __init__(self, own: History, others: Sequence[History]) -> None:
        self.own, self.others = own, others
        levels = [other.level for other in others if other.level is not None]
        usual = sum(levels) / len(levels) if levels else None
        self.level_n = own.measured + (0.0 if usual is None else K)
        if own.level is None or usual is None:
            self.level = usual if own.level is None else own.level
        else:
            self.level = shrunk(own.level * own.measured, own.measured, usual)
        self._theirs = _Week()  # all of them as effects: one big room must not be the market
        for other in others:
            for cell in range(WEEK):
                seen = other.week.at(cell)
                if seen.n:
                    self._theirs.add(cell, seen.n, 0.0, seen.effects(other.level))

    def estimate(self, of: Sequence[int]) -> Estimate:
        """What a show in these cells can be expected to bring."""
        there, here = self._theirs.in_slot(of), self.own.week.in_slot(of)
        market = 1.0
        for seen in (self._theirs.on_other_days(of, there), there):
            market = shrunk(seen.relative, seen.n, market)
        # From here on in money where any is known, so that no show of the room changes the meaning of another.
        unit = self.level or 1.0
        value = market * unit
        for seen in (self.own.week.on_other_days(of, here), here):
            value = shrunk(seen.money + seen.relative * unit if self.level else seen.effects(None), seen.n, value)
        worth = evening(of)
        found = Estimate(worth * value / unit, here.n / (here.n + K), None, None, None)
        if self.level is None:
            return found
        expected = worth * value if self.level else 0.0
        sure = worth * self.level * _LIKELY_Z * self.own.scatter * math.sqrt(1 / (here.n + K) + 1 / self.level_n)
        return replace(found, expected=expected, low=max(0.0, expected - sure), high=expected + sure)
