"""Who is in the demo room and what they buy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.demo.goods import PRODUCTS

if TYPE_CHECKING:
    from bot.core.model import Product
    from bot.core.money import Money
    from bot.demo.noise import Noise


_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"


class Crowd:
    """Who is in the room. Ids are opaque; a viewer comes back now and then, and those who talk, talk again."""

    def __init__(self, noise: Noise) -> None:
        self._noise = noise
        self._known: list[str] = []
        self._present: list[str] = []
        self._talkers: list[str] = []

    def enter(self) -> str:
        if self._known and self._noise.chance(0.26):
            user = self._noise.pick(self._known)
        else:
            user = _opaque(len(self._known))
            self._known.append(user)
        self._present.append(user)
        return user

    def leave_until(self, count: int) -> None:
        while len(self._present) > max(count, 1):
            place = self._noise.below(len(self._present))
            self._present[place] = self._present[-1]
            self._present.pop()
        here = set(self._present)
        self._talkers = [user for user in self._talkers if user in here]

    def somebody(self) -> str:
        return self._noise.pick(self._present)

    def talker(self) -> str:
        if self._talkers and self._noise.chance(0.6):
            return self._noise.pick(self._talkers)
        user = self.somebody()
        self._talkers.append(user)
        return user


def _opaque(number: int) -> str:
    """Distinct ids that do not tell who came first: the factor is odd, so no two numbers meet modulo 32 ** 4."""
    scrambled = (number * 640_017 + 271_829) % 32**4
    return "u" + "".join(_LETTERS[scrambled >> shift & 31] for shift in (15, 10, 5, 0))


@dataclass(frozen=True, slots=True)
class Order:
    """A sale at `at_s`; `gmv` is its total."""

    order_id: str
    at_s: float
    sku: str
    items: int
    gmv: Money


class Shop:
    """Sells what is in stock and remembers the orders."""

    def __init__(self, noise: Noise) -> None:
        self._noise = noise
        self._left = {product.sku: product.stock or 0 for product in PRODUCTS}
        self._products = {product.sku: product for product in PRODUCTS}
        self.orders: list[Order] = []

    def sell(self, at_s: float, sku: str) -> Order | None:
        product = self._products[sku]
        items = min(self._items(product), self._left[sku])
        if not items:
            return None
        self._left[sku] -= items
        number = 576_400_000_000_000_000 + self._noise.below(10**8) * 10**6 + len(self.orders)
        order = Order(str(number), at_s, sku, items, product.price * items)
        self.orders.append(order)
        return order

    def _items(self, product: Product) -> int:
        wanted = 1 + self._noise.chance(0.16) + self._noise.chance(0.03)
        return min(wanted, product.limit_per_buyer or wanted)
