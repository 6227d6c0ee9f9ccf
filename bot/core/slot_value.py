"""What an hour of the week is worth to a room: its own shows, shrunk towards its market's, shrunk towards the evening.

A show's money an hour is taken as a product: **level** of the room x **evening** of the hour x **effect** of the slot.

- The evening is the prior, EVENING: what is known before anybody was on air.
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
from dataclasses import dataclass
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
"""What an hour of the market's day is worth before anything is known, by its wall clock.

Guides for sellers agree on 19:00 to 23:00 as the prime time and 12:00 to 14:00 as a second one (for example
https://calculatecreator.com/guides/best-times-go-live). They are advice, not measurements, so the hours differ by no
more than the evening being twice the day, and K shows of one's own outweigh them. Weekdays are alike: no guide
agrees with another on them.
"""


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

    `low` to `high` hold the true mean with 80 %. `own` is the share of the room's own shows in it, 0 to 1, `acu` the
    average viewers of those, None where nobody measured them.
    """

    rank: float
    own: float
    expected: float | None
    low: float | None
    high: float | None
    acu: float | None


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

    n: float = 0.0
    money: float = 0.0
    relative: float = 0.0

    def effects(self, level: float | None) -> float:
        """Summed; a room that never sold anything tells nothing of one hour against another."""
        return self.relative + (self.money / level if level else self.n)


class History:
    """A room's shows by cell of the week; built once, asked for every slot."""

    def __init__(self, aired: Iterable[Aired]) -> None:
        self.aired = tuple(aired)
        self._on = [cells(cell_of(item.starts), item.length_s) for item in self.aired]
        worth = [evening(on) for on in self._on]
        self.level = _level([item.gmv_per_hour for item in self.aired], worth)
        self.measured = sum(item.gmv_per_hour is not None for item in self.aired)
        self._slot, self._hour = _Sums(WEEK), _Sums(DAY)
        self._strays: list[float] = []
        viewers = _level([item.acu for item in self.aired], worth)
        for item, on, value in zip(self.aired, self._on, worth, strict=True):
            if item.gmv_per_hour is not None:
                self._add(on, 1.0, item.gmv_per_hour / value, 0.0)
                self._strays.append(item.gmv_per_hour / (self.level * value) - 1 if self.level else 0.0)
            elif item.acu is not None:
                self._add(on, _ACU_WEIGHT, 0.0, _ACU_WEIGHT * (item.acu / (viewers * value) if viewers else 1.0))

    def _add(self, on: Sequence[int], n: float, money: float, relative: float) -> None:
        for cell in on:
            self._slot.add(cell, n, money, relative)
            self._hour.add(cell % DAY, n, money, relative)

    def in_slot(self, of: Sequence[int]) -> _Seen:
        return self._slot.seen(of)

    def on_other_days(self, of: Sequence[int]) -> _Seen:
        """At the same hours of the other days of the week, at half weight."""
        here, any_day = self._slot.seen(of), self._hour.seen([cell % DAY for cell in of])
        return _Seen(
            _OTHER_DAYS * (any_day.n - here.n),
            _OTHER_DAYS * max(0.0, any_day.money - here.money),  # floats: the difference of equals may be below 0
            _OTHER_DAYS * max(0.0, any_day.relative - here.relative),
        )

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

    @property
    def scatter(self) -> float:
        """By how much of its mean a single show strays; what is assumed, while there are too few to tell."""
        if len(self._strays) < _SCATTER_LEAST:
            return _SCATTER
        return math.sqrt(sum(stray * stray for stray in self._strays) / (len(self._strays) - 1))


class _Sums:
    """Running sums by cell."""

    def __init__(self, size: int) -> None:
        self._n, self._money, self._relative = [0.0] * size, [0.0] * size, [0.0] * size

    def add(self, cell: int, n: float, money: float, relative: float) -> None:
        self._n[cell] += n
        self._money[cell] += money
        self._relative[cell] += relative

    def seen(self, of: Sequence[int]) -> _Seen:
        return _Seen(
            sum([self._n[cell] for cell in of]) / len(of),
            sum([self._money[cell] for cell in of]) / len(of),
            sum([self._relative[cell] for cell in of]) / len(of),
        )


def _level(values: Sequence[float | None], worth: Sequence[float]) -> float | None:
    known = [(value, of) for value, of in zip(values, worth, strict=True) if value is not None]
    return sum(value for value, _ in known) / sum(of for _, of in known) if known else None


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

    def estimate(self, of: Sequence[int]) -> Estimate:
        """What a show in these cells can be expected to bring."""
        market = 1.0
        for seen in ([other.on_other_days(of) for other in self.others], [other.in_slot(of) for other in self.others]):
            effects = sum(one.effects(other.level) for one, other in zip(seen, self.others, strict=True))
            market = shrunk(effects, sum(one.n for one in seen), market)
        # From here on in money where any is known, so that no show of the room changes the meaning of another.
        unit = self.level or 1.0
        value, here = market * unit, self.own.in_slot(of)
        for one in (self.own.on_other_days(of), here):
            value = shrunk(one.money + one.relative * unit if self.level else one.effects(None), one.n, value)
        worth = evening(of)
        viewers = [item.acu for item in self.own.on_air(of) if item.acu is not None]
        return Estimate(
            rank=worth * value / unit,
            own=here.n / (here.n + K),
            acu=sum(viewers) / len(viewers) if viewers else None,
            **self._money(worth, value, here.n),
        )

    def _money(self, worth: float, value: float, n: float) -> dict[str, float | None]:
        """Expected, and the bounds by the scatter of shows in the slot and of the level."""
        if self.level is None:
            return {"expected": None, "low": None, "high": None}
        expected = worth * value if self.level else 0.0
        sure = worth * self.level * _LIKELY_Z * self.own.scatter * math.sqrt(1 / (n + K) + 1 / self.level_n)
        return {"expected": expected, "low": max(0.0, expected - sure), "high": expected + sure}
