"""Counters a platform reports as totals since the session's start: increments are the differences of its reports."""

from __future__ import annotations

from array import array
from typing import Final

from bot.core.money import Money
from bot.core.signal import TOTALS, SignalLike

PERSON_NAME: Final = "person"
"""The source of everything entered by hand, whoever did it: they read the same screen."""


class Cumulative:
    """One counter of one source. Reports may come late; they are read in the order of their time.

    A fall is a restart of the source's counter: what it then shows has been counted since the restart. Where
    `is_person`, a fall is a correction: people mistype, they do not restart.
    """

    __slots__ = ("_by_tick", "_first_s", "_is_person", "_resets", "_sorted", "_t", "_ticks", "_total", "_value")

    def __init__(self, *, is_person: bool = False) -> None:
        self._is_person = is_person
        self._t = array("d")
        self._value = array("q")
        self._ticks = array("q")
        self._by_tick: dict[int, int] = {}
        self._first_s = float("inf")
        self._resets = self._total = 0
        self._sorted = True

    def report(self, t_s: float, index: int, value: int) -> None:
        """The counter stood at `value`; what is new lands in tick `index`."""
        late = bool(self._t) and (t_s, value) < (self._t[-1], self._value[-1])
        self._t.append(t_s)
        self._value.append(value)
        self._ticks.append(index)
        self._first_s = min(self._first_s, t_s)
        self._sorted = self._sorted and not late
        if self._sorted:
            self._count(len(self._t) - 1)

    @property
    def first_s(self) -> float:
        """The earliest report's time, seconds from the session's start."""
        return self._first_s

    @property
    def reports(self) -> int:
        return len(self._t)

    @property
    def total(self) -> int:
        self._arrange()
        return self._total

    @property
    def resets(self) -> int:
        """How often the counter fell."""
        self._arrange()
        return self._resets

    def in_tick(self, index: int) -> int:
        """Increments of one tick; a correction downwards is no event of its tick, so never less than 0."""
        self._arrange()
        return max(0, self._by_tick.get(index, 0))

    def between(self, first: int, last: int) -> int:
        """The increments of ticks first to last - 1."""
        self._arrange()
        return sum(new for index, new in self._by_tick.items() if first <= index < last)

    def _arrange(self) -> None:
        if self._sorted:
            return
        rows = sorted(zip(self._t, self._value, self._ticks, strict=True))
        self._t = array("d", (row[0] for row in rows))
        self._value = array("q", (row[1] for row in rows))
        self._ticks = array("q", (row[2] for row in rows))
        self._sorted = True
        self._by_tick.clear()
        self._resets = self._total = 0
        for place in range(len(rows)):
            self._count(place)

    def _count(self, place: int) -> None:
        value = self._value[place]
        new = value - (self._value[place - 1] if place else 0)
        if new < 0 and not self._is_person:
            self._resets += 1
            new = value
        if new:
            index = self._ticks[place]
            self._by_tick[index] = self._by_tick.get(index, 0) + new
            self._total += new


class Totals:
    """All counters of one session, per source. Sources are never added up: one is believed per counter.

    `currency` is what a report's money without one is in; None: it is unknown then, and counted in `bare`.
    """

    __slots__ = ("_counters", "_currency", "bare")

    def __init__(self, currency: str | None) -> None:
        self._currency = currency
        self._counters: dict[str, dict[str, Cumulative]] = {}
        self.bare = 0

    def report(self, signal: SignalLike, source: str, index: int, t_s: float) -> None:
        """Takes a `totals` or `note` line of tick `index`."""
        for name in TOTALS:
            value = getattr(signal, name)
            if value is not None:
                self._counter(name, source).report(t_s, index, value)
        if signal.gmv is None:
            return
        try:
            money = Money.parse(signal.gmv, signal.currency or self._currency or "")
        except ValueError:
            self.bare += 1
        else:
            self._counter(f"gmv {money.currency}", source).report(t_s, index, money.minor)

    def best(self, name: str) -> tuple[str, Cumulative] | None:
        """The source that counts more finely: a platform before a person, then who reports more often, or first."""
        sources = self._counters.get(name)
        if not sources:
            return None
        return min(
            sources.items(), key=lambda item: (item[0] == PERSON_NAME, -item[1].reports, item[1].first_s, item[0])
        )

    def in_tick(self, name: str, index: int, end_s: float) -> int:
        """Increments in a tick that ends at `end_s`; whom to ask must not hang on what anybody reports later."""
        sources = self._counters.get(name)
        if not sources:
            return 0
        known = [(src == PERSON_NAME, one.first_s, src) for src, one in sources.items() if one.first_s < end_s]
        return sources[min(known)[2]].in_tick(index) if known else 0

    def currencies(self) -> tuple[str, ...]:
        """What GMV was reported in."""
        return tuple(sorted(name.removeprefix("gmv ") for name in self._counters if name.startswith("gmv ")))

    def resets(self) -> list[tuple[str, str, int]]:
        """Counters that fell: name, source, how often."""
        fallen = (
            (name, source, counter.resets)
            for name, sources in sorted(self._counters.items())
            for source, counter in sorted(sources.items())
        )
        return [row for row in fallen if row[2]]

    def _counter(self, name: str, source: str) -> Cumulative:
        return self._counters.setdefault(name, {}).setdefault(source, Cumulative(is_person=source == PERSON_NAME))
