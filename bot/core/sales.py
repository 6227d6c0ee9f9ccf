"""Orders, refunds and their money in one session: every order once, by its newest status, and no guessed currency."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, NamedTuple

from bot.core.money import Money
from bot.core.signal import ORDER_STATES, SignalLike

_NEVER: Final = float("inf")
_RANK: Final = {state: rank for rank, state in enumerate(ORDER_STATES)}


class _Sale(NamedTuple):
    """`n` paid orders of one tick; `money` is their sum, None where the amount or its currency is unknown."""

    tick: int
    sku: str | None
    n: int
    money: Money | None


@dataclass(slots=True)
class _Order:
    """One order by its id. Each `*_told` ranks the line the value came from, so that arrival is no matter."""

    newest: tuple[float, int] | None = None
    paid_s: float = _NEVER
    paid_index: int = 0
    money: Money | None = None
    money_told: tuple[bool, float, int, int, str] | None = None
    sku: str | None = None
    sku_told: tuple[float, int, str] | None = None
    without_currency: bool = False
    refunds: list[tuple[Decimal | None, str | None]] = field(default_factory=list)

    @property
    def is_paid(self) -> bool:
        return self.paid_s < _NEVER

    @property
    def is_cancelled(self) -> bool:
        return self.newest is not None and self.newest[1] == _RANK["cancelled"]


@dataclass(frozen=True, slots=True)
class SkuSales:
    """`gmv_gross` is None where an amount or a currency is missing, or currencies are mixed."""

    orders: int
    gmv_gross: Money | None


@dataclass(frozen=True, slots=True)
class Unclear:
    """Why money is unknown: paid orders without an amount, without a currency; refunds without either; the mixture."""

    no_amount: int
    no_currency: int
    refunds: int
    currencies: tuple[str, ...]


class Sales:
    """`currency` is what a line without one is in; None: unknown then.

    An order_id is one order whatever its `n`. Paid at some time: it counts, in the tick of its first payment, with the
    newest paid line's amount. Only created, or cancelled without a payment: it does not. Cancelled or refunded after
    the payment: off the net amount, and never by more than was paid.
    """

    __slots__ = ("_back", "_currency", "_in_tick", "_loose", "_orders", "first_s")

    def __init__(self, currency: str | None) -> None:
        self._currency = currency
        self._loose: dict[tuple[int, str | None, str | None, bool], list[int]] = {}
        self._orders: dict[str, _Order] = {}
        self._in_tick: dict[int, int] = {}
        self._back: list[tuple[int, Money | None]] = []
        self.first_s = _NEVER

    def add(self, signal: SignalLike, index: int, t_s: float) -> None:
        """An order line of tick `index`."""
        self.first_s = min(self.first_s, t_s)
        money, status = self._money(signal.gmv, signal.currency), signal.status or "paid"
        if signal.order_id is not None:
            order = self._orders.setdefault(signal.order_id, _Order())
            self._stage(order, status, index, t_s)
            _describe(order, signal, money, (t_s, _RANK.get(status, 0)))
        elif status == "paid":
            key = (index, signal.sku, None if money is None else money.currency, signal.gmv is not None)
            sums = self._loose.setdefault(key, [0, 0])
            sums[0] += signal.n
            sums[1] += 0 if money is None else money.minor
            self._in_tick[index] = self._in_tick.get(index, 0) + signal.n
        elif status == "cancelled":
            self._back.append((signal.n, money))

    def refund(self, signal: SignalLike) -> None:
        """A refund line; without an amount it is the whole of the order it names."""
        if signal.order_id is None:
            self._back.append((signal.n, self._money(signal.gmv, signal.currency)))
        else:
            self._orders.setdefault(signal.order_id, _Order()).refunds.append((signal.gmv, signal.currency))

    def in_tick(self, index: int) -> int:
        """Orders first paid in that tick; a later cancellation does not take them back."""
        return self._in_tick.get(index, 0)

    def orders(self, first: int = 0, last: int | None = None) -> int:
        """Orders first paid in ticks first to last - 1."""
        if last is not None and last - first < len(self._in_tick):  # a minute of a long session: look up, don't scan
            return sum(self._in_tick.get(index, 0) for index in range(first, last))
        return sum(n for index, n in self._in_tick.items() if first <= index and (last is None or index < last))

    def gross(self, first: int = 0, last: int | None = None) -> Money | None:
        """What was paid in those ticks, cancelled and refunded orders included; None where any part is unknown."""
        sold = (sale for sale in self._sold() if first <= sale.tick and (last is None or sale.tick < last))
        return self._sum((sale.n, sale.money) for sale in sold)

    @property
    def has_returns(self) -> bool:
        """Whether any cancellation after payment or refund was reported."""
        return next(self._returns(), None) is not None

    def returned(self) -> Money | None:
        """What was cancelled or refunded after payment; None where any part of it is unknown."""
        return self._sum(self._returns())

    def by_sku(self) -> dict[str, SkuSales]:
        """Orders and amounts of the lines that named a product."""
        parts: dict[str, list[_Sale]] = {}
        for sale in self._sold():
            if sale.sku is not None:
                parts.setdefault(sale.sku, []).append(sale)
        return {
            sku: SkuSales(sum(sale.n for sale in sales), self._sum((sale.n, sale.money) for sale in sales))
            for sku, sales in sorted(parts.items())
        }

    def unclear(self) -> Unclear:
        loose = [(key[3], sums[0]) for key, sums in self._loose.items() if key[2] is None]
        bare = [order for order in self._orders.values() if order.is_paid and order.money is None]
        seen = {sale.money.currency for sale in self._sold() if sale.money is not None}
        return Unclear(
            no_amount=sum(n for told, n in loose if not told) + sum(not order.without_currency for order in bare),
            no_currency=sum(n for told, n in loose if told) + sum(order.without_currency for order in bare),
            refunds=sum(n for n, money in self._returns() if money is None),
            currencies=tuple(sorted(seen)),
        )

    def _stage(self, order: _Order, status: str, index: int, t_s: float) -> None:
        stage = (t_s, _RANK.get(status, 0))
        order.newest = stage if order.newest is None else max(order.newest, stage)
        if status != "paid" or t_s >= order.paid_s:
            return
        if order.is_paid:
            self._in_tick[order.paid_index] -= 1
        order.paid_s, order.paid_index = t_s, index
        self._in_tick[index] = self._in_tick.get(index, 0) + 1

    def _sold(self) -> Iterator[_Sale]:
        for (index, sku, currency, _), (n, minor) in self._loose.items():
            yield _Sale(index, sku, n, None if currency is None else Money(minor, currency))
        for order in self._orders.values():
            if order.is_paid:
                yield _Sale(order.paid_index, order.sku, 1, order.money)

    def _returns(self) -> Iterator[tuple[int, Money | None]]:
        yield from self._back
        for order in self._orders.values():
            if order.newest is None:  # refunds for an order this session did not see
                yield from ((1, self._money(gmv, currency)) for gmv, currency in order.refunds)
            elif order.is_paid and order.is_cancelled:
                yield 1, order.money
            elif order.is_paid and order.refunds:
                yield 1, self._refunded(order)

    def _refunded(self, order: _Order) -> Money | None:
        if order.money is None:
            return None
        minor = 0
        for gmv, currency in order.refunds:
            part = order.money if gmv is None else self._money(gmv, currency or order.money.currency)
            if part is None or part.currency != order.money.currency:
                return None
            minor += part.minor
        return Money(min(minor, order.money.minor), order.money.currency)

    def _money(self, gmv: Decimal | None, currency: str | None) -> Money | None:
        code = currency or self._currency
        if gmv is None or code is None:
            return None
        try:
            return Money.parse(gmv, code)
        except ValueError:  # never from a checked line; a figure is then unknown, the room goes on
            return None

    def _sum(self, parts: Iterable[tuple[int, Money | None]]) -> Money | None:
        sums: dict[str, int] = {}
        for n, money in parts:
            if money is not None:
                sums[money.currency] = sums.get(money.currency, 0) + money.minor
            elif n:
                return None
        if len(sums) > 1:
            return None
        if not sums:
            return None if self._currency is None else Money(0, self._currency)
        ((currency, minor),) = sums.items()
        return Money(minor, currency)


def _describe(order: _Order, signal: SignalLike, money: Money | None, stage: tuple[float, int]) -> None:
    """Takes amount and product from this line where it is the better witness: a paid one, then the newer one."""
    order.without_currency = order.without_currency or (money is None and signal.gmv is not None)
    if money is not None:
        told = (stage[1] == _RANK["paid"], *stage, money.minor, money.currency)
        if order.money_told is None or told > order.money_told:
            order.money, order.money_told = money, told
    if signal.sku is not None:
        witness = (*stage, signal.sku)
        if order.sku_told is None or witness > order.sku_told:
            order.sku, order.sku_told = signal.sku, witness
