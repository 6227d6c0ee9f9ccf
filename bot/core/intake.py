"""Signals of one session, counted as they come: per ten-second tick for the rules, whole for tally.py to add up."""

from __future__ import annotations

import heapq
import re
from array import array
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Final

from bot.core.airtime import Airtime
from bot.core.cumulative import PERSON_NAME, Totals
from bot.core.gauge import Gauge
from bot.core.sales import Sales
from bot.core.signal import PERSON, SignalLike, is_person
from bot.core.tick import TICK_S, Tick

LIMIT_S: Final = 7 * 24 * 3600
"""Later lines count in the last tick before it: a wrong date must not cost a gigabyte of empty ticks."""
QUESTIONS: Final = 50
COUNTED: Final[Mapping[str, str]] = {
    "view": "views",
    "comment": "comments",
    "like": "likes",
    "share": "shares",
    "follow": "follows",
    "product_click": "product_clicks",
    "add_to_cart": "add_to_cart",
}
"""Kinds that are summed, and the name of their sum (the same as in a totals line)."""
_SPARE: Final = 360
_NEVER: Final = float("inf")
_QUESTION: Final = re.compile(
    r"[?？]\s*$|\b(how|what|when|where|which|who|why|can i|do you|does it|is it|is there|are there)\b|[吗嗎呢么]\s*$"
    r"|多少|怎么|怎麼|什么|什麼|哪里|哪個|哪个|几点|几号|\b(berapa|kapan|bagaimana|bao nhiêu|cómo|cuánto)\b|ไหม|เท่าไร",
    re.IGNORECASE,
)


class Column:
    """One counted kind, per tick."""

    __slots__ = ("counts", "first_s", "sources")

    def __init__(self) -> None:
        self.counts = array("q")
        self.first_s = _NEVER
        self.sources: set[str | None] = set()

    def between(self, first: int, last: int) -> int:
        return sum(self.counts[first:last])


class Intake:
    """Takes lines in any order and shows ticks. What a tick shows never depends on lines of a later time."""

    def __init__(self, currency: str | None) -> None:
        self._currency = currency
        self._columns = {kind: Column() for kind in COUNTED}
        self._by_name = {COUNTED[kind]: column for kind, column in self._columns.items()}
        self._last = -1
        self._size = 0
        self._beats = bytearray()
        self._gauge_t = array("d")
        self._gauge_n = array("q")
        self._gauge_sources: set[str | None] = set()
        self._order_sources: set[str | None] = set()
        self._clicks: dict[str, int] = {}
        self._viewers: set[str] = set()
        self._engaged: set[str] = set()
        self._nameless_views = self._nameless_acts = False
        self._asked: list[tuple[float, str]] = []
        self._pins: list[tuple[float, str, str]] = []
        self._giveaways: tuple[tuple[int, int], ...] = ()
        self.gauge = Gauge()
        self.sales = Sales(currency)
        self.airtime = Airtime()
        self.totals = Totals(currency)

    def add(self, signal: SignalLike, t_s: float) -> None:
        """`t_s`: seconds from the session's start. What came before counts in tick 0; unknown kinds are passed by."""
        index = int(t_s // TICK_S) if t_s > 0 else 0
        if index > self._last:
            index = self._reach(index)
        take = self._take.get(signal.kind)
        if take is not None:
            take(self, signal, index, t_s)

    def giveaways(self, spans: Sequence[tuple[int, int]]) -> None:
        """When the rundown has a giveaway running: (from, to) in seconds from the session's start."""
        self._giveaways = tuple(spans)

    def _reach(self, index: int) -> int:
        index = min(index, LIMIT_S // TICK_S - 1)
        self._last = max(self._last, index)
        if index >= self._size:
            more = index + 1 + _SPARE - self._size
            for column in self._columns.values():
                column.counts.frombytes(bytes(8 * more))
            self._gauge_n.frombytes(bytes(8 * more))
            self._gauge_t.extend([-_NEVER] * more)
            self._beats.extend(bytes(more))
            self._size += more
        return index

    def _count(self, signal: SignalLike, index: int, t_s: float) -> None:
        column = self._columns[signal.kind]
        column.counts[index] += signal.n
        if t_s < column.first_s:  # noqa: PLR1730 - a call more on every line
            column.first_s = t_s
        column.sources.add(signal.source)

    def _view(self, signal: SignalLike, index: int, t_s: float) -> None:
        self._count(signal, index, t_s)
        if signal.user is not None:
            self._viewers.add(signal.user)
        elif signal.n:
            self._nameless_views = True

    def _act(self, signal: SignalLike, index: int, t_s: float) -> None:
        self._count(signal, index, t_s)
        if signal.user is not None:
            self._engaged.add(signal.user)
        elif signal.n:
            self._nameless_acts = True
        if signal.text is not None and _QUESTION.search(signal.text):
            heapq.heappush(self._asked, (t_s, signal.text))
            if len(self._asked) > QUESTIONS:
                heapq.heappop(self._asked)

    def _click(self, signal: SignalLike, index: int, t_s: float) -> None:
        self._count(signal, index, t_s)
        if signal.sku is not None and signal.kind == "product_click":
            self._clicks[signal.sku] = self._clicks.get(signal.sku, 0) + signal.n

    def _order(self, signal: SignalLike, index: int, t_s: float) -> None:
        self.sales.add(signal, index, t_s)
        self._order_sources.add(signal.source)

    def _refund(self, signal: SignalLike, _index: int, _t_s: float) -> None:
        self.sales.refund(signal)

    def _concurrent(self, signal: SignalLike, index: int, t_s: float) -> None:
        self._read_gauge(signal.n, signal.source, index, t_s)
        self._beats[index] |= not is_person(signal.kind, signal.source)

    def _read_gauge(self, n: int, source: str | None, index: int, t_s: float) -> None:
        self.gauge.add(t_s, n)
        self._gauge_sources.add(source)
        newest = max((t_s, n), (self._gauge_t[index], self._gauge_n[index]))
        self._gauge_t[index], self._gauge_n[index] = newest

    def _quality(self, _signal: SignalLike, index: int, _t_s: float) -> None:
        self._beats[index] = 1

    def _report(self, signal: SignalLike, index: int, t_s: float) -> None:
        by_person = is_person(signal.kind, signal.source)
        self._beats[index] |= not by_person
        self.totals.report(signal, PERSON_NAME if by_person else signal.source or "totals", index, t_s)
        if signal.kind == "note" and signal.concurrent is not None:
            self._read_gauge(signal.concurrent, signal.source or PERSON, index, t_s)

    def _stream(self, signal: SignalLike, _index: int, t_s: float) -> None:
        self.airtime.add(t_s, signal.state or "")

    def _pin(self, signal: SignalLike, _index: int, t_s: float) -> None:
        self._pins.append((t_s, signal.sku or "", signal.state or ""))

    _take: ClassVar[Mapping[str, Callable[[Intake, SignalLike, int, float], None]]] = {
        "view": _view,
        "comment": _act,
        "like": _act,
        "share": _act,
        "follow": _act,
        "product_click": _click,
        "add_to_cart": _click,
        "order": _order,
        "refund": _refund,
        "concurrent": _concurrent,
        "quality": _quality,
        "totals": _report,
        "note": _report,
        "stream": _stream,
        "pin": _pin,
    }
    # Plain functions: bound methods kept in the instance would make every tally a reference cycle.

    @property
    def last_index(self) -> int:
        """The newest tick a line landed in; -1 before the first line."""
        return self._last

    def tick(self, index: int) -> Tick:
        """What the rules see; ticks nothing landed in are empty."""
        start_s, end_s = index * TICK_S, (index + 1) * TICK_S
        tick = Tick(
            index,
            comments=self._in_tick("comments", index, end_s),
            likes=self._in_tick("likes", index, end_s),
            shares=self._in_tick("shares", index, end_s),
            follows=self._in_tick("follows", index, end_s),
            views=self._in_tick("views", index, end_s),
            product_clicks=self._in_tick("product_clicks", index, end_s),
            orders=self.sales.in_tick(index)
            if self.sales.first_s < end_s
            else self.totals.in_tick("orders", index, end_s),
            paused=self.airtime.is_broken(start_s, end_s),
            giveaway=any(begin < end_s and end > start_s for begin, end in self._giveaways),
        )
        if index < self._size:
            tick.heartbeat = bool(self._beats[index])
            if self._gauge_t[index] > -_NEVER:
                tick.concurrent = self._gauge_n[index]
        return tick

    def _in_tick(self, name: str, index: int, end_s: float) -> int:
        column = self._by_name[name]
        if column.first_s < end_s:
            return column.counts[index] if index < self._size else 0
        return self.totals.in_tick(name, index, end_s)
