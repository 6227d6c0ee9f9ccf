"""What to do next time: rules over the figures score candidates, the best three are kept.

Every candidate is tied to one entry of the ledger. A rule that lacks its figures says nothing; what was not measured
is advice of its own, so that there are always three and none is made up.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from bot.core.ledger import Ledger, cleared_after_line_s, count, ledger, number, shown, used_line, viewer_hours
from bot.core.reply import Listing, Msg, Value, msg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.core.story import Figure, ProductRow, Story

Owner = Literal["operator", "host", "manager"]


@dataclass(frozen=True, slots=True)
class Action:
    """`figure` is the ledger entry `name`; None says that it is the missing figure itself that is to be mended.

    Of one `topic` only the best-scored action is kept. `score` 0..1: how much the figures speak for it.
    """

    topic: str
    score: float
    text: Msg
    name: str
    figure: Figure | None
    owner: Owner


ACTIONS = 3
_TRACKED = ("orders", "gmv_gross", "product_clicks", "acu", "views")
_COLD_WEIGHT = 2
_ENOUGH_CLICKS = 20
_ENOUGH_ORDERS = 5
_WEAK_CTOR = Decimal("0.7")
_LEAST_EXPECTED = 3
"""Below three expected orders, too few orders say nothing."""
_STRONG_SEGMENT = Decimal("1.3")
_BELOW_MEDIAN = Decimal("0.9")
_LATE_RELEASE_S = 20 * 60
_NAMED = 3
"""A text names at most so many things."""


def choose(story: Story) -> tuple[Action, ...]:
    """Exactly three actions, the strongest first; no two on one topic."""
    table = ledger(story)
    found = [action for rule in RULES for action in rule(story, table)]
    found += [action for name in _TRACKED if (action := _build_on(name, story, table)) is not None]
    topics = {action.topic for action in found}
    unknown = [name for name in _TRACKED if table.get(name) is None]
    if unknown and len(topics) >= ACTIONS - 1:
        found.append(_unmeasured(unknown, table))
    else:
        found += [_connect(name, place) for place, name in enumerate(unknown)]
    best: dict[str, Action] = {}
    for action in sorted(found, key=lambda each: (-each.score, each.topic, each.name)):
        best.setdefault(action.topic, action)
    return tuple(best.values())[:ACTIONS]


def _act(topic: str, score: Decimal | float, text: Msg, figure: tuple[str, Figure | None], owner: Owner) -> Action:
    return Action(topic, round(float(score), 6), text, *figure, owner)


def _entry(name: str, table: Ledger) -> tuple[str, Figure | None]:
    return name, table[name]


def cold(story: Story, table: Ledger) -> Iterator[Action]:
    """Time spent cold, and what the lines did about it."""
    total = count(table["cold_s"])
    if not total:
        return
    rows = [row for row in story.alerts if row.kind == "cold_room"]
    score = 0.5 + min(0.4, _COLD_WEIGHT * total / max(1, story.length_s))
    spent = shown(table["cold_s"])
    offered = count(table["cold_lines_offered"])
    cleared = [
        (took, used.tactic)
        for row in rows
        if (took := cleared_after_line_s(row)) is not None and (used := used_line(row))
    ]
    if story.replayed:
        text = msg("summary.action.cold.replayed", total=spent)
    elif cleared:
        tactic = Msg(f"core.tactic.{min(cleared)[1]}")
        text = msg("summary.action.cold.tactic", total=spent, tactic=tactic, took=shown(table["cold_soonest_s"]))
    elif offered and not any(used_line(row) for row in rows):
        text = msg("summary.action.cold.unused", total=spent, n=offered)
    else:
        text = msg("summary.action.cold.open", total=spent)
    yield _act("cold", score, text, _entry("cold_s", table), "host")


def silence(story: Story, table: Ledger) -> Iterator[Action]:
    """Time without any signal."""
    total = count(table["no_data_s"])
    if total:
        score = 0.45 + min(0.4, _COLD_WEIGHT * total / max(1, story.length_s))
        text = msg("summary.action.silence", total=shown(table["no_data_s"]))
        yield _act("silence", score, text, _entry("no_data_s", table), "operator")


def weak_product(story: Story, table: Ledger) -> Iterator[Action]:
    """The product that lost most orders against the session's own CTOR, with clicks enough to say so."""
    clicks = sum(row.clicks for row in story.products if row.clicks is not None and row.orders is not None)
    orders = sum(row.orders for row in story.products if row.clicks is not None and row.orders is not None)
    if not clicks or not orders:
        return
    mean = Decimal(orders) / clicks
    lost: list[tuple[Decimal, ProductRow]] = []
    for row in story.products:
        if row.clicks is None or row.orders is None or row.clicks < _ENOUGH_CLICKS:
            continue
        expected = mean * row.clicks
        gap = expected - row.orders
        # One standard deviation of a Poisson count: less may be luck.
        if expected >= _LEAST_EXPECTED and row.orders <= _WEAK_CTOR * expected and gap * gap >= expected:
            lost.append((gap, row))
    if lost:
        gap, row = max(lost, key=lambda pair: (pair[0], pair[1].sku))
        name = f"product.{row.sku}.ctor"
        text = msg(
            "summary.action.weak_product",
            product=row.name,
            n=row.clicks,
            orders=shown(table[f"product.{row.sku}.orders"]),
            ctor=shown(table[name]),
        )
        yield _act(
            "product", Decimal("0.45") + min(Decimal("0.4"), 2 * gap / orders), text, _entry(name, table), "operator"
        )


def strong_segment(story: Story, table: Ledger) -> Iterator[Action]:
    """A later selling segment that sold far more per viewer-hour than the show as a whole."""
    rows = [
        (place, row, hours)
        for place, row in enumerate(story.segments)
        if row.kind == "selling" and row.skus and row.orders is not None and (hours := viewer_hours(row))
    ]
    orders, hours = sum(row.orders or 0 for _, row, _ in rows), sum((each for *_, each in rows), Decimal(0))
    if len(rows) <= 1 or not orders:
        return
    mean = orders * 100 / hours
    place, row, _ = max(rows, key=lambda each: number(table[f"segment.{each[0]}.orders_per_100_viewer_hours"]) or 0)
    name = f"segment.{place}.orders_per_100_viewer_hours"
    rate = number(table[name]) or Decimal(0)
    if place == rows[0][0] or (row.orders or 0) < _ENOUGH_ORDERS or rate < _STRONG_SEGMENT * mean:
        return
    names = {product.sku: product.name for product in story.products}
    product = Listing(tuple(names.get(sku, sku) for sku in row.skus[:_NAMED]))
    score = Decimal("0.35") + min(Decimal("0.3"), (rate / mean - 1) / 5)
    starts = shown(table[f"segment.{place}.starts_s"])
    text = msg("summary.action.strong_segment", product=product, rate=shown(table[name]), starts=starts)
    yield _act("rundown", score, text, _entry(name, table), "manager")


def waived(story: Story, table: Ledger) -> Iterator[Action]:
    """Required checklist items that were waived at the go."""
    n = len(story.checklist_waived)
    if n:
        items = Listing(tuple(Msg(f"checklist.item.{key}") for key, _ in story.checklist_waived[:_NAMED]))
        text = msg("summary.action.waived", items=items, n=n)
        yield _act("checklist", 0.4 + min(0.2, 0.05 * n), text, _entry("checklist_waived", table), "operator")


def below_usual(_story: Story, table: Ledger) -> Iterator[Action]:
    """Figures well below the room's own median; without a median nothing is called low."""
    owners: tuple[tuple[str, Owner], ...] = (
        ("live_ctr", "host"),
        ("ctor", "operator"),
        ("acu", "manager"),
        ("interaction_rate", "host"),
        ("aov", "operator"),
    )
    for name, owner in owners:
        now, median = number(table.get(name)), number(table.get(f"median.{name}"))
        if now is not None and median and now < _BELOW_MEDIAN * median:
            score = Decimal("0.4") + min(Decimal("0.4"), 1 - now / median)
            params: dict[str, Value] = {"value": shown(table[name]), "median": shown(table[f"median.{name}"])}
            yield _act(name, score, Msg(f"summary.action.below.{name}", params), _entry(name, table), owner)


def late_release(story: Story, table: Ledger) -> Iterator[Action]:
    """The first product link opened late in the show."""
    first = count(table["first_release_s"])
    if first is not None and first > max(_LATE_RELEASE_S, story.length_s // 6):
        text = msg("summary.action.late_release", after=shown(table["first_release_s"]))
        score = 0.3 + min(0.3, (first - _LATE_RELEASE_S) / 3600)
        yield _act("release", score, text, _entry("first_release_s", table), "operator")


def crowded(story: Story, table: Ledger) -> Iterator[Action]:
    """Nudges the host never got because others came first."""
    if story.nudges_dropped:
        text = msg("summary.action.crowded", n=story.nudges_dropped)
        yield _act(
            "nudges", 0.2 + min(0.15, 0.01 * story.nudges_dropped), text, _entry("nudges_dropped", table), "operator"
        )


def best_product(story: Story, table: Ledger) -> Iterator[Action]:
    """The product whose clicks turned into orders most often."""
    rows = [
        row for row in story.products if (row.clicks or 0) >= _ENOUGH_CLICKS and (row.orders or 0) >= _ENOUGH_ORDERS
    ]
    if len(story.products) > 1 and rows:
        row = max(rows, key=lambda each: (number(table[f"product.{each.sku}.ctor"]) or 0, each.sku))
        name = f"product.{row.sku}.ctor"
        text = msg("summary.action.best_product", product=row.name, ctor=shown(table[name]), n=row.clicks)
        yield _act("best_product", 0.25, text, _entry(name, table), "host")


RULES: tuple[Callable[[Story, Ledger], Iterator[Action]], ...] = (
    *(cold, silence, weak_product, strong_segment, waived, below_usual, late_release, crowded, best_product),
)


def _build_on(name: str, story: Story, table: Ledger) -> Action | None:
    """A modest action on a figure that is known: what is left to say when nothing stands out."""
    if table.get(name) is None:
        return None
    owners: dict[str, Owner] = {"gmv_gross": "manager", "orders": "operator", "acu": "manager"}
    rank = 0.15 - 0.01 * _TRACKED.index(name)
    params: dict[str, Value] = {"value": shown(table[name])}
    if name == "acu":
        peak = table["peak_s"]
        if peak is not None and table.get("pcu") is not None and story.length_s:
            text = msg("summary.action.peak", value=shown(table["pcu"]), at=shown(peak))
            return _act("acu", rank, text, _entry("pcu", table), "operator")
    return _act(
        name, rank, Msg(f"summary.action.build_on.{name}", params), _entry(name, table), owners.get(name, "host")
    )


def _unmeasured(unknown: list[str], table: Ledger) -> Action:
    names = Listing(tuple(Msg(f"summary.figure.{name}") for name in unknown))
    text = msg("summary.action.unmeasured", names=names, n=count(table["not_measured"]))
    return _act("sources", 0.5, text, _entry("not_measured", table), "operator")


def _connect(name: str, place: int) -> Action:
    return Action(f"source.{name}", 0.5 - 0.01 * place, Msg(f"summary.action.connect.{name}"), name, None, "operator")
