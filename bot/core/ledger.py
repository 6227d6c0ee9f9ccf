"""The ledger of a summary: every number its prose may use, by name.

Sections and actions take their numbers from here and nowhere else, so a number in a text can be looked up.
Names: a figure's own (`orders`), `median.orders`, `change.orders`, `product.SKU.ctor`, `segment.0.acu`,
`alert.0.lines`, `hand_off.0.arrived`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from bot.core.handoff import ARRIVES
from bot.core.money import Money
from bot.core.reply import Share, Span, Value
from bot.core.story import AlertRow, Figure, PromptRow, SegmentRow, Story

FIGURE_NAMES = (
    *("views", "viewers", "acu", "pcu", "comments", "likes", "shares", "follows", "product_clicks", "orders"),
    *("gmv_gross", "gmv_net", "aov", "gpm", "live_ctr", "ctor", "conversion_rate", "interaction_rate", "uv_value"),
    *("gmv_per_hour", "avg_view_duration_s"),
)
"""The names of summary.json, in its order."""

AFTER_ALERT_S = 600
"""Orders are counted for this long after an alert rang."""

_MANY = 10
"""From so many viewers on, a decimal says nothing."""

LEVEL = Decimal("0.02")
"""A figure within 2 % of its median is as usual."""

Ledger = Mapping[str, Figure | None]


def ledger(story: Story) -> Ledger:
    """All figures of the story, given and derived; an unknown one is None."""
    table: dict[str, Figure | None] = dict(story.figures)
    for part in (_whole(story), _medians(story), _products(story), _segments(story), _alerts(story), _hand_offs(story)):
        table.update(part)
    return table


def shown(figure: Figure | None) -> Value:
    """The figure as a value to show: a ratio as a percentage, seconds as a span, viewers without needless decimals."""
    if figure is None or isinstance(figure.value, Money):
        return None if figure is None else figure.value
    if figure.unit == "ratio":
        ratio = float(figure.value)
        return Share(ratio, digits=1 if abs(ratio) < 1 else 0)
    if figure.unit == "s":
        return Span(round(figure.value))
    if isinstance(figure.value, int):
        return figure.value
    whole = figure.value == figure.value.to_integral_value()
    if whole or (figure.unit == "viewers" and figure.value >= _MANY):
        return round(figure.value)
    return round(figure.value, 1)


def number(figure: Figure | None) -> Decimal | None:
    """The bare number; money in major units."""
    if figure is None:
        return None
    return figure.value.amount if isinstance(figure.value, Money) else Decimal(figure.value)


def count(figure: Figure | None) -> int | None:
    """A whole number, for texts that have a plural."""
    value = number(figure)
    return None if value is None else int(value)


def used_line(alert: AlertRow) -> PromptRow | None:
    """The first line the host said they used."""
    return next((row for row in alert.prompts if row.state == "used"), None)


def cleared_after_line_s(alert: AlertRow) -> int | None:
    """Seconds from the press of "used it" to the all-clear; None where one is missing or the all-clear came first."""
    used = used_line(alert)
    if used is None or used.answered_s is None or alert.resolved_s is None or alert.resolved_s < used.answered_s:
        return None
    return alert.resolved_s - used.answered_s


def alert_seconds(story: Story, kind: str) -> int:
    """Time under alerts of this kind; one without an all-clear lasted to the end."""
    spans = sorted(
        (row.opened_s, story.length_s if row.resolved_s is None else row.resolved_s)
        for row in story.alerts
        if row.kind == kind
    )
    total, reached = 0, 0
    for opened, closed in spans:
        total += max(0, closed - max(opened, reached))
        reached = max(reached, closed)
    return total


def viewer_hours(row: SegmentRow) -> Decimal | None:
    """Average viewers times hours; None without a gauge."""
    hours = Decimal(row.ends_s - row.starts_s) / 3600
    return row.acu * hours if row.acu and hours > 0 else None


def _ours(value: Decimal | int, unit: str, basis: str) -> Figure:
    return Figure(value, unit, basis, "showcaller")


def _ratio(top: int | None, bottom: int | None, basis: str) -> Figure | None:
    return _ours(Decimal(top) / bottom, "ratio", basis) if top is not None and bottom else None


def _whole(story: Story) -> Iterator[tuple[str, Figure | None]]:
    yield "length_s", _ours(story.length_s, "s", "end - start")
    yield "alerts", _ours(len(story.alerts), "count", "alerts")
    yield "cold_s", _ours(alert_seconds(story, "cold_room"), "s", "time under cold-room alerts")
    yield "no_data_s", _ours(alert_seconds(story, "no_data"), "s", "time under no-data alerts")
    cold = [row for row in story.alerts if row.kind == "cold_room"]
    yield "cold_lines_offered", _ours(sum(len(row.prompts) for row in cold), "count", "lines offered when cold")
    soonest = [took for row in cold if (took := cleared_after_line_s(row)) is not None]
    yield "cold_soonest_s", _ours(min(soonest), "s", "all-clear - line used, shortest") if soonest else None
    yield "after_alert_s", _ours(AFTER_ALERT_S, "s", "orders are counted this long after an alert")
    first = min((release.t_s for release in story.releases), default=None)
    yield "first_release_s", None if first is None else _ours(first, "s", "first link release - start")
    yield "checklist_waived", _ours(len(story.checklist_waived), "count", "checklist items waived")
    yield "nudges_dropped", _ours(story.nudges_dropped, "count", "nudges not sent because late or outranked")
    unknown = [name for name in FIGURE_NAMES if story.figures.get(name) is None]
    yield "not_measured", _ours(len(unknown), "count", "figures no source gave")
    engaged, views = count(story.figures.get("engaged")), count(story.figures.get("views"))
    yield "engaged_rate", _ratio(engaged, views, "engaged / views")
    yield "peak_s", _peak(story)


def _peak(story: Story) -> Figure | None:
    known = [(value, -place) for place, value in enumerate(story.timeline.concurrent) if value is not None]
    return _ours(-max(known)[1] * story.timeline.step_s, "s", "moment of most viewers - start") if known else None


def _medians(story: Story) -> Iterator[tuple[str, Figure | None]]:
    for name, median in (story.medians or {}).items():
        figure = story.figures.get(name)
        if figure is None:
            continue
        value = Money.parse(median, figure.value.currency) if isinstance(figure.value, Money) else median
        yield f"median.{name}", Figure(value, figure.unit, f"median of {name}", "earlier sessions")
        now = number(figure)
        if now is not None and median > 0:
            yield f"change.{name}", _ours(abs(now / median - 1), "ratio", f"|{name} / median - 1|")


def _counts(prefix: str, counts: Iterable[tuple[str, int | None]], source: str) -> Iterator[tuple[str, Figure | None]]:
    for name, value in counts:
        yield f"{prefix}.{name}", None if value is None else Figure(value, "count", name, source)


def _money(value: Money | None) -> Figure | None:
    return None if value is None else Figure(value, value.currency, "gmv_gross", "products")


def _products(story: Story) -> Iterator[tuple[str, Figure | None]]:
    for row in story.products:
        prefix = f"product.{row.sku}"
        yield from _counts(prefix, (("clicks", row.clicks), ("orders", row.orders)), "products")
        yield f"{prefix}.gmv_gross", _money(row.gmv_gross)
        yield f"{prefix}.ctor", _ratio(row.orders, row.clicks, "orders / product clicks")


def _segments(story: Story) -> Iterator[tuple[str, Figure | None]]:
    for place, row in enumerate(story.segments):
        prefix = f"segment.{place}"
        yield f"{prefix}.starts_s", _ours(row.starts_s, "s", "segment - start")
        yield f"{prefix}.length_s", _ours(row.ends_s - row.starts_s, "s", "end - start")
        counts = (("views", row.views), ("comments", row.comments), ("orders", row.orders))
        yield from _counts(prefix, counts, "segments")
        yield f"{prefix}.gmv_gross", _money(row.gmv_gross)
        yield f"{prefix}.acu", None if row.acu is None else Figure(row.acu, "viewers", "mean of concurrent", "segments")
        hours = viewer_hours(row)
        rate = None if row.orders is None or not hours else row.orders * 100 / hours
        basis = "orders / (average viewers x hours) x 100"
        yield f"{prefix}.orders_per_100_viewer_hours", None if rate is None else _ours(rate, "count", basis)


def _alerts(story: Story) -> Iterator[tuple[str, Figure | None]]:
    for place, row in enumerate(story.alerts):
        prefix = f"alert.{place}"
        yield f"{prefix}.opened_s", _ours(row.opened_s, "s", "alert - start")
        used = used_line(row)
        answered = None if used is None or used.answered_s is None else used.answered_s - used.offered_s
        spans = (
            ("recovered_s", row.recovered_s, "all-clear - alert"),
            ("answered_s", answered, "line used - line offered"),
            ("cleared_after_line_s", cleared_after_line_s(row), "all-clear - line used"),
            ("window_s", max(0, min(AFTER_ALERT_S, story.length_s - row.opened_s)), "time orders were counted"),
        )
        for name, value, basis in spans:
            yield f"{prefix}.{name}", None if value is None else _ours(value, "s", basis)
        yield from _counts(prefix, (("lines", len(row.prompts)), ("orders", row.orders_next_10min)), "alerts")


def _hand_offs(story: Story) -> Iterator[tuple[str, Figure | None]]:
    if story.hand_offs:
        yield "hand_off.window_s", _ours(int(ARRIVES.total_seconds()), "s", "arrivals are counted this long")
    for place, row in enumerate(story.hand_offs):
        yield from _counts(f"hand_off.{place}", (("arrived", row.arrived),), "lines")
