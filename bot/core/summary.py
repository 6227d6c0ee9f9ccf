"""The summary of a session: the post the managers read, and the file other programs read (SCHEMAS, summary.json)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.core.advice import Action, choose
from bot.core.ledger import FIGURE_NAMES, ledger
from bot.core.money import Money
from bot.core.reply import Block, Image, Line, Reply, msg
from bot.core.sections import SECTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime
    from decimal import Decimal

    from bot.core.story import AlertRow, Figure, ProductRow, PromptRow, SegmentRow, Story

_RATIO_DIGITS = 4
_DIGITS = 2


def reply(story: Story, chart: str | None) -> Reply:
    """The whole report; `chart` is the name of the stored picture, shown under the headline, None if none was drawn."""
    blocks: list[Block] = []
    for place, section in enumerate(SECTIONS):
        blocks.extend(section(story))
        if place == 0 and chart is not None:
            blocks.append(Image(chart, msg("summary.chart.alt", title=story.title)))
    return Reply(tuple(blocks))


def to_json(story: Story, say: Callable[[Line], str]) -> dict[str, Any]:
    """The object of summary.json; `say` puts reasons and actions into words.

    Unknown is null. Ratios are rounded to 4 decimals, other measures to 2; money is exact.
    """
    extra = sorted(set(story.figures) - set(FIGURE_NAMES))
    return {
        "room": story.room.slug,
        "show": story.show,
        "start": _instant(story.started_at, story.room.market.zone),
        "end": _instant(story.ended_at, story.room.market.zone),
        "state": story.state,
        "figures": {name: _figure(story.figures.get(name)) for name in (*FIGURE_NAMES, *extra)},
        "segments": [_segment(row) for row in story.segments],
        "products": list(_products(story)),
        "alerts": [_alert(row, say) for row in story.alerts],
        "prompts": [_prompt(alert, row) for alert in story.alerts for row in alert.prompts],
        "actions": [_action(action, say) for action in choose(story)],
    }


def _instant(at: datetime, zone: str) -> str:
    try:
        local = at.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError):
        local = at  # a zone nobody knows was refused when the room was made; the instant is what counts
    return local.isoformat(timespec="seconds")


def _number(value: Decimal, digits: int) -> float | int:
    rounded = round(value, digits)
    return int(rounded) if rounded == rounded.to_integral_value() else float(rounded)


def _money(value: Money | None) -> dict[str, str] | None:
    return None if value is None else {"amount": f"{value.amount:f}", "currency": value.currency}


def _value(figure: Figure) -> Any:
    if isinstance(figure.value, Money):
        return _money(figure.value)
    if isinstance(figure.value, int):
        return figure.value
    return _number(figure.value, _RATIO_DIGITS if figure.unit == "ratio" else _DIGITS)


def _figure(figure: Figure | None) -> dict[str, Any] | None:
    if figure is None:
        return None
    return {"value": _value(figure), "unit": figure.unit, "basis": figure.basis, "source": figure.source}


def _segment(row: SegmentRow) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "starts_s": row.starts_s,
        "ends_s": row.ends_s,
        "skus": list(row.skus),
        "views": row.views,
        "acu": None if row.acu is None else _number(row.acu, _DIGITS),
        "comments": row.comments,
        "orders": row.orders,
        "gmv_gross": _money(row.gmv_gross),
    }


def _products(story: Story) -> Iterator[dict[str, Any]]:
    table = ledger(story)
    for row in story.products:
        yield _product(row, table.get(f"product.{row.sku}.ctor"))


def _product(row: ProductRow, ctor: Figure | None) -> dict[str, Any]:
    return {
        "sku": row.sku,
        "name": row.name,
        "product_clicks": row.clicks,
        "orders": row.orders,
        "ctor": None if ctor is None else _value(ctor),
        "gmv_gross": _money(row.gmv_gross),
    }


def _alert(row: AlertRow, say: Callable[[Line], str]) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "opened_s": row.opened_s,
        "resolved_s": row.resolved_s,
        "reason": say(row.reason),
        "evidence": _evidence(row.evidence),
        "acknowledged_by": row.acknowledged_by,
        "orders_next_10min": row.orders_next_10min,
    }


def _evidence(evidence: Mapping[str, float | int | str | None]) -> dict[str, Any]:
    """JSON has no NaN and no infinity: such a figure is unknown."""
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in evidence.items()
    }


def _prompt(alert: AlertRow, row: PromptRow) -> dict[str, Any]:
    return {
        "alert": alert.kind,
        "offered_s": row.offered_s,
        "tactic": row.tactic,
        "text": row.text,
        "language": row.language,
        "state": row.state,
        "answered_s": row.answered_s,
        "by": row.by,
    }


def _action(action: Action, say: Callable[[Line], str]) -> dict[str, Any]:
    figure = None if action.figure is None else _value(action.figure)
    unit = None if action.figure is None else action.figure.unit
    return {
        "text": say(action.text),
        "figure": {"name": action.name, "value": figure, "unit": unit},
        "owner": action.owner,
    }
