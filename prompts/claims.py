"""What the facts of a show allow a line to claim, by placeholder, and how each claim is said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.core.money import Money
from prompts.figures import clock, locale_of, money, number

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.core.facts import Benefit, HandOffFacts, ProductFacts, ShowFacts
    from prompts.wording import Template

OF_PRODUCT = frozenset(
    (
        "product",
        "price",
        "list_price",
        "selling_point",
        "stock",
        "limit_per_buyer",
        "gift",
        "warranty_days",
        "ships_from",
    )
)
OF_SHOW = frozenset(("benefit", "benefit_threshold", "shipping_days", "returns_days", "free_shipping_over"))
PLACEHOLDERS = OF_PRODUCT | OF_SHOW

OF_HAND_OFF = frozenset(("sibling", "handle", "theme", "next_at", "back_at"))
"""What a line that sends viewers on may claim, and nothing else."""

GOAL_KINDS = ("like", "comment", "follow")
"""Signals viewers can count with us: what a goal may be of."""

_LEAST_GOAL = 2  # one like is no goal to watch


@dataclass(frozen=True, slots=True)
class Goal:
    """So many signals of a kind ("like") unlock a benefit."""

    kind: str
    n: int


@dataclass(frozen=True, slots=True)
class Limited:
    """A benefit of which there are only `n`."""

    what: str
    n: int


@dataclass(frozen=True, slots=True)
class Begins:
    """A show begins today or tomorrow; `at` in the market's zone."""

    at: datetime
    is_today: bool


Claim = str | int | Money | Goal | Limited | Begins


@dataclass(frozen=True, slots=True)
class Phrases:
    """How goals (by kind) and limited benefits are said: language -> template with {n} (and {what}).

    `days`: how a start "today" and one "tomorrow" are, with {time}.
    """

    goals: Mapping[str, Mapping[str, Template]]
    limited: Mapping[str, Template]
    days: Mapping[str, Mapping[str, Template]]

    def speak(self, claim: Claim, *, language: str, currency: str | None) -> str:
        """The claim in words. Amounts in `currency`, the market's own, are written as they are said there."""
        locale = locale_of(language)
        match claim:
            case str():
                return claim
            case int():
                return number(claim, locale) or ""
            case Money():
                return money(claim, locale, spoken=claim.currency == currency)
            case Begins():
                time = clock(claim.at, locale)
                return self.days["today" if claim.is_today else "tomorrow"][language].fill(lambda _name: time)
            case Goal():
                template, said = self.goals[claim.kind][language], {}
            case Limited():
                template, said = self.limited[language], {"what": claim.what}
        said["n"] = number(claim.n, locale) or ""
        return template.fill(said.__getitem__)


def claims_of_hand_off(facts: HandOffFacts) -> dict[str, Claim]:
    """The placeholders that may be filled. Of a room on air its name, handle and theme; of a show its room and start.

    A time that is neither today nor tomorrow, where the viewers are, is not said.
    """
    if facts.starts_at is None:
        found = {"sibling": facts.name, "handle": facts.handle, "theme": facts.theme}
        return {name: tidy for name, text in found.items() if (tidy := _tidy(text or ""))}
    zone = ZoneInfo(facts.zone)
    at, now = facts.starts_at.astimezone(zone), facts.now.astimezone(zone)
    if (days := (at.date() - now.date()).days) not in (0, 1):
        return {}
    begins = Begins(at, is_today=days == 0)
    return {"back_at": begins} if facts.is_own else {"sibling": _tidy(facts.name), "next_at": begins}


def claims_of(facts: ShowFacts, *, turn: int) -> dict[str, Claim]:
    """The placeholders that may be filled. `turn` counts the selling points said so far: the next is another one."""
    found: dict[str, Claim | None] = {
        "shipping_days": _positive(facts.shipping_days),
        "returns_days": _positive(facts.returns_days),
        "free_shipping_over": facts.free_shipping_over,
    }
    if facts.product is not None:
        found |= _of_product(facts.product, turn)
    found |= _of_benefit(facts)
    return {name: claim for name, claim in found.items() if claim is not None and claim != ""}


def _of_product(product: ProductFacts, turn: int) -> dict[str, Claim | None]:
    price, listed = product.price, product.list_price
    reduced = price and listed and price.currency == listed.currency and price.minor < listed.minor
    points = [point for point in map(_tidy, product.selling_points) if point]
    gifts = [gift for gift in map(_tidy, product.gifts) if gift]
    return {
        "product": _tidy(product.name),
        "price": price,
        "list_price": listed if reduced else None,
        "selling_point": points[turn % len(points)] if points else None,
        "stock": _positive(product.stock),
        "limit_per_buyer": _positive(product.limit_per_buyer),
        "gift": gifts[0] if gifts else None,
        "warranty_days": _positive(product.warranty_days),
        "ships_from": _tidy(product.ships_from or ""),
    }


def _of_benefit(facts: ShowFacts) -> dict[str, Claim | None]:
    """Benefit and goal of one promise: a goal must never be said with another promise's benefit."""
    valid = [benefit for benefit in facts.benefits if _is_on(benefit, facts)]
    chosen = next((benefit for benefit in valid if _goal(benefit)), valid[0] if valid else None)
    if chosen is None:
        return {}
    what = _tidy(chosen.what)
    return {
        "benefit": what if chosen.quantity is None else Limited(what, chosen.quantity),
        "benefit_threshold": _goal(chosen),
    }


def _is_on(benefit: Benefit, facts: ShowFacts) -> bool:
    left = benefit.quantity is None or benefit.quantity > 0
    return bool(_tidy(benefit.what)) and left and (benefit.until is None or benefit.until > facts.now)


def _goal(benefit: Benefit) -> Goal | None:
    if benefit.threshold_kind not in GOAL_KINDS or benefit.threshold_n is None or benefit.threshold_n < _LEAST_GOAL:
        return None
    return Goal(benefit.threshold_kind, benefit.threshold_n)


def _positive(count: int | None) -> int | None:
    return count if count is not None and count > 0 else None


def _tidy(text: str) -> str:
    """One line without the full stop: the playbook's line brings its own."""
    return " ".join(text.split()).rstrip(" .。")
