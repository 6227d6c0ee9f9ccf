"""What the signals of one session add up to; the same in whatever order the lines arrived, and nothing guessed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.core.cumulative import PERSON_NAME, Cumulative
from bot.core.gauge import GAP_S, Presence
from bot.core.intake import LIMIT_S, Intake
from bot.core.money import Money
from bot.core.reply import Listing, Msg, Span, msg
from bot.core.sales import SkuSales
from bot.core.signal import PERSON
from bot.core.story import Release, Timeline
from bot.core.tick import TICK_S

INTERACTIONS: Final = ("comments", "likes", "shares", "follows")
_SPAN_NAMES: Final = ("views", *INTERACTIONS, "product_clicks", "orders")


@dataclass(frozen=True, slots=True)
class Count:
    """`source`: "lines", "totals", "person" or the sources' names, joined by "+"."""

    value: int
    source: str


@dataclass(frozen=True, slots=True)
class Amount:
    value: Money
    source: str


@dataclass(frozen=True, slots=True)
class SpanCounts:
    """What happened in a stretch of the session; None: not measured at all in this session."""

    views: int | None
    comments: int | None
    likes: int | None
    shares: int | None
    follows: int | None
    product_clicks: int | None
    orders: int | None
    gmv_gross: Money | None
    acu: Decimal | None

    @property
    def interactions(self) -> int | None:
        """Comments, likes, shares and follows, as far as they are measured."""
        known = [n for n in (self.comments, self.likes, self.shares, self.follows) if n is not None]
        return sum(known) if known else None


@dataclass(frozen=True, slots=True)
class SkuCounts:
    clicks: int | None
    orders: int | None
    gmv_gross: Money | None


class Tally(Intake):
    """`currency` (ISO 4217) is what money without one is in: the recording's or the room's; None: unknown then.

    Adding the same line twice counts it twice: whoever stores signals knows their ids.
    """

    def count(self, name: str) -> Count | None:
        """A counter by its name in a totals line, or "engaged"; None where nothing measured it."""
        if name == "engaged":
            return self._people(self._engaged, INTERACTIONS, nameless=self._nameless_acts)
        if name == "viewers" and (people := self._people(self._viewers, ("views",), nameless=self._nameless_views)):
            return people
        column = self._by_name.get(name)
        if column is not None and column.sources:
            return Count(sum(column.counts), _sources(column.sources))
        if name == "orders" and self._order_sources:
            return Count(self.sales.orders(), _sources(self._order_sources))
        best = self.totals.best(name)
        return None if best is None else Count(best[1].total, best[0])

    def _people(self, users: set[str], names: Iterable[str], *, nameless: bool) -> Count | None:
        """Distinct users; one line without a user, and their number is unknown."""
        if nameless or not users:
            return None
        return Count(len(users), _sources(set().union(*(self._by_name[name].sources for name in names))))

    def gross(self) -> Amount | None:
        """What was paid, cancelled and refunded orders included: from order lines if they tell all, else totals."""
        if self._order_sources and (money := self.sales.gross()) is not None:
            return Amount(money, _sources(self._order_sources))
        currency, counter = self._gmv_totals()
        return None if counter is None else Amount(Money(counter[1].total, currency), counter[0])

    def net(self) -> Amount | None:
        """`gross` less what was cancelled or refunded after payment; None where a part of that is unknown.

        Totals do not say what came back: with them alone the net amount is unknown.
        """
        gross = self.gross()
        if gross is None:
            return None
        if not self.sales.has_returns:
            return gross if self._order_sources and self.sales.gross() is not None else None
        back = self.sales.returned()
        if back is None or back.currency != gross.value.currency:
            return None
        return Amount(gross.value - back, gross.source)

    def _gmv_totals(self) -> tuple[str, tuple[str, Cumulative] | None]:
        currencies = self.totals.currencies()
        if len(currencies) != 1 or self.totals.bare:
            return "", None
        return currencies[0], self.totals.best(f"gmv {currencies[0]}")

    def peak(self) -> Count | None:
        """The most viewers at once."""
        peak = self.gauge.peak()
        return None if peak is None else Count(peak, _sources(self._gauge_sources))

    def presence(self, start_s: float, end_s: float) -> Presence:
        return self.gauge.between(start_s, end_s)

    def between(self, start_s: float, end_s: float) -> SpanCounts:
        """Counts of the ticks that start in [start_s, end_s): neighbouring spans share none and miss none."""
        first, last = _tick_of(start_s), _tick_of(end_s)
        counts = {name: self._in_span(name, first, last) for name in _SPAN_NAMES}
        return SpanCounts(**counts, gmv_gross=self._gross_in(first, last), acu=self.gauge.between(start_s, end_s).mean)

    def _in_span(self, name: str, first: int, last: int) -> int | None:
        if name == "orders" and self._order_sources:
            return self.sales.orders(first, last)
        column = self._by_name.get(name)
        if column is not None and column.sources:
            return column.between(first, last)
        best = self.totals.best(name)
        return None if best is None else best[1].between(first, last)

    def _gross_in(self, first: int, last: int) -> Money | None:
        whole = self.gross()
        if whole is None:
            return None
        if self._order_sources and self.sales.gross() is not None:
            return self.sales.gross(first, last) if self.sales.orders(first, last) else Money(0, whole.value.currency)
        currency, counter = self._gmv_totals()
        return None if counter is None else Money(counter[1].between(first, last), currency)

    def products(self) -> dict[str, SkuCounts]:
        """Per sku that any line named. Clicks or orders are None for all where no line of that kind names products."""
        sold = self.sales.by_sku()
        nothing = SkuSales(0, None)
        return {
            sku: SkuCounts(
                clicks=self._clicks.get(sku, 0) if self._clicks else None,
                orders=sold.get(sku, nothing).orders if sold else None,
                gmv_gross=sold.get(sku, nothing).gmv_gross,
            )
            for sku in sorted({*self._clicks, *sold})
        }

    def timeline(self, step_s: int, end_s: float | None = None) -> Timeline:
        """The session until `end_s` (None: the last line) in steps, a positive multiple of TICK_S.

        Raises:
            ValueError: a step that is no such multiple.
        """
        if step_s <= 0 or step_s % TICK_S:
            raise ValueError(f"step_s={step_s} is not a positive multiple of {TICK_S}")
        until = self.last_index + 1 if end_s is None else min(_tick_of(end_s), LIMIT_S // TICK_S)
        steps = [self._step(first, first + step_s // TICK_S) for first in range(0, until, step_s // TICK_S)]
        return Timeline(
            step_s,
            concurrent=tuple(concurrent for concurrent, _, _ in steps),
            interactions=tuple(interactions for _, interactions, _ in steps),
            orders=tuple(orders for _, _, orders in steps),
        )

    def _step(self, first: int, last: int) -> tuple[float | None, int | None, int | None]:
        """Viewers, interactions, orders. Without a heartbeat where there are heartbeats, nothing is None, not 0."""
        acu = self.gauge.between(first * TICK_S, last * TICK_S).mean
        known = [n for name in INTERACTIONS if (n := self._in_span(name, first, last)) is not None]
        interactions, orders = sum(known) if known else None, self._in_span("orders", first, last)
        if any(self._beats) and not any(self._beats[first:last]):
            interactions, orders = interactions or None, orders or None
        return None if acu is None else float(acu), interactions, orders

    @property
    def pins(self) -> tuple[tuple[float, str, str], ...]:
        """When (seconds), sku, and "released" or "removed", in order."""
        return tuple(sorted(self._pins))

    def releases(self) -> tuple[Release, ...]:
        return tuple(Release(int(t_s), sku) for t_s, sku, state in self.pins if state == "released")

    def questions(self) -> tuple[str, ...]:
        """The newest comments that ask something, oldest first: viewers' words, data and nothing else."""
        return tuple(text for _, text in sorted(self._asked))

    def notes(self, ended_s: float) -> tuple[Msg, ...]:
        """What a reader of the figures has to know about them."""
        return tuple(self._notes(ended_s))

    def _notes(self, ended_s: float) -> Iterator[Msg]:
        for name, source, times in self.totals.resets():
            yield msg("signals.totals_reset", counter=name, source=source, n=times)
        if self._order_sources:
            unclear = self.sales.unclear()
            if unclear.no_amount:
                yield msg("signals.no_amount", n=unclear.no_amount)
            if unclear.no_currency:
                yield msg("signals.no_currency", n=unclear.no_currency)
            if unclear.refunds:
                yield msg("signals.refund_unclear", n=unclear.refunds)
            if len(unclear.currencies) > 1:
                yield msg("signals.mixed_currencies", currencies=Listing(unclear.currencies))
        elif self.totals.bare:
            yield msg("signals.no_currency_totals")
        elif len(self.totals.currencies()) > 1:
            yield msg("signals.mixed_currencies", currencies=Listing(self.totals.currencies()))
        gap_s = round(self.gauge.between(0, ended_s).gap_s)
        if len(self.gauge) and gap_s > GAP_S:
            yield msg("signals.gauge_gap", gap=Span(gap_s))


def _tick_of(t_s: float) -> int:
    """The first tick that starts at or after this second."""
    return max(math.ceil(t_s / TICK_S), 0)


def _sources(names: Iterable[str | None]) -> str:
    """Where a figure was counted: a named source by its name, a person as that, the rest "lines"."""
    told = {"lines" if name is None else PERSON_NAME if name.startswith(PERSON) else name for name in names}
    return "+".join(sorted(told))
