"""What is true of a show right now, and therefore all that a line may claim (SCHEMAS.md, "Facts of a show").

An absent field (None or empty) licenses nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.core.money import Money


@dataclass(frozen=True, slots=True)
class ProductFacts:
    sku: str
    name: str
    price: Money | None = None
    list_price: Money | None = None
    stock: int | None = None
    limit_per_buyer: int | None = None
    gifts: tuple[str, ...] = ()
    selling_points: tuple[str, ...] = ()
    ships_from: str | None = None
    warranty_days: int | None = None


@dataclass(frozen=True, slots=True)
class Benefit:
    """A promise to viewers: `what`, unlocked when `threshold_kind` (like, comment, follow) reaches `threshold_n`."""

    what: str
    quantity: int | None = None
    threshold_kind: str | None = None
    threshold_n: int | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ShowFacts:
    language: str
    currency: str
    now: datetime
    market: str | None = None
    platform: str | None = None
    products: tuple[ProductFacts, ...] = ()
    on_air: str | None = None
    benefits: tuple[Benefit, ...] = ()
    free_shipping_over: Money | None = None
    shipping_days: int | None = None
    returns_days: int | None = None
    ends_at: datetime | None = None

    @property
    def product(self) -> ProductFacts | None:
        """The product on air, if one is and its facts are known."""
        return next((product for product in self.products if product.sku == self.on_air), None)


@dataclass(frozen=True, slots=True)
class HandOffFacts:
    """What is true of where a room's viewers are sent: `name`, `handle` and `theme` (what it sells) of that room.

    `starts_at` None: it is on air now; else its next show begins then, which viewers are told in `zone` (IANA), their
    own. `is_own`: the next show is one of the room they are in.
    """

    language: str
    zone: str
    now: datetime
    name: str
    handle: str | None = None
    theme: str | None = None
    starts_at: datetime | None = None
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class PromptLine:
    """One line offered to a host. `id` is the playbook line's; `gloss` the same line in the team's language."""

    id: str
    tactic: str
    text: str
    language: str
    gloss: str | None


@dataclass(frozen=True, slots=True)
class MissingTactic:
    """A tactic the facts cannot support: `missing` are the names of the facts to set."""

    tactic: str
    missing: tuple[str, ...]
