"""What the session chart shows, as numbers and finished words: bot.charts draws it without knowing a story.

Everything here survives pickling, because the drawing happens in another process.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.core.ledger import ledger, shown, used_line
from bot.core.reply import Line, Msg, Span, When, msg

if TYPE_CHECKING:
    from bot.core.story import Story

Say = Callable[[Line], str]

_POINTS = 240
_BARS = 48
_BINS_S = (60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400)
_TICK_STEPS_S = (60, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400)
_TICKS = 9


@dataclass(frozen=True, slots=True)
class Panel:
    """One series: value i covers [i * step_s, (i + 1) * step_s); None where nothing was measured.

    `aside` stands right of the title; `missing` is shown in place of a series that has no value at all.
    """

    title: str
    aside: str
    missing: str
    step_s: int
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of time in seconds from the start; `style` numbers the alert kinds by their first appearance."""

    starts_s: int
    ends_s: int
    label: str
    style: int = 0


@dataclass(frozen=True, slots=True)
class Marks:
    """Moments in seconds from the start, with what they are called in the legend."""

    label: str
    at_s: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ChartSpec:
    """`ticks`: seconds from the start and the market's wall time there."""

    title: str
    subtitle: str
    length_s: int
    ticks: tuple[tuple[int, str], ...]
    viewers: Panel
    interactions: Panel
    orders: Panel
    segments: tuple[Band, ...]
    alerts: tuple[Band, ...]
    prompts: Marks
    releases: Marks


def chart_spec(story: Story, say: Say) -> ChartSpec:
    """The chart in the language of `say`; times on the axis are the market's."""
    length_s = max(1, story.length_s)
    start = When(story.started_at, story.room.market.zone)
    used = [row.answered_s for alert in story.alerts if (row := used_line(alert)) and row.answered_s is not None]
    return ChartSpec(
        title=story.title,
        subtitle=say(msg("summary.chart.subtitle", start=start, length=Span(story.length_s))),
        length_s=length_s,
        ticks=_ticks(story.started_at, _zone(story.room.market.zone), length_s),
        viewers=_viewers(story, say, length_s),
        interactions=_interactions(story, say, length_s),
        orders=_orders(story, say, length_s),
        segments=tuple(
            Band(row.starts_s, min(row.ends_s, length_s), say(Msg(f"summary.chart.segment.{row.kind}")))
            for row in story.segments
            if row.starts_s < length_s
        ),
        alerts=_alerts(story, say, length_s),
        prompts=Marks(say(msg("summary.chart.prompts")), _inside(used, length_s)),
        releases=Marks(say(msg("summary.chart.releases")), _inside([row.t_s for row in story.releases], length_s)),
    )


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def _inside(moments: Sequence[int], length_s: int) -> tuple[int, ...]:
    return tuple(sorted(each for each in moments if 0 <= each <= length_s))


def _ticks(started_at: datetime, zone: tzinfo, length_s: int) -> tuple[tuple[int, str], ...]:
    """Round wall times, at most nine; each is converted by itself, so a clock change on air is shown as it was."""
    step = next((each for each in _TICK_STEPS_S if length_s / each <= _TICKS), length_s)
    local = started_at.astimezone(zone)
    first = -(local.hour * 3600 + local.minute * 60 + local.second) % step
    moments = range(first, length_s + 1, step)
    return tuple((at, (started_at + timedelta(seconds=at)).astimezone(zone).strftime("%H:%M")) for at in moments)


def _bin_s(length_s: int, step_s: int, most: int) -> int:
    """The shortest round bin that is a multiple of the step and leaves at most `most` of them."""
    fitting = (each for each in _BINS_S if each % step_s == 0 and length_s / each <= most)
    return next(fitting, step_s * -(-length_s // (step_s * most)))


def _binned(values: Sequence[float | None], per_bin: int) -> list[list[float]]:
    """The measured values of each bin."""
    groups = (values[place : place + per_bin] for place in range(0, len(values), per_bin))
    return [[value for value in group if value is not None] for group in groups]


def _panel(say: Say, title: Msg, aside: Msg | None, step_s: int, values: list[float | None]) -> Panel:
    missing = say(msg("summary.chart.missing"))
    return Panel(say(title), "" if aside is None else say(aside), missing, step_s, tuple(values))


def _viewers(story: Story, say: Say, length_s: int) -> Panel:
    line = story.timeline
    step = _bin_s(length_s, line.step_s, _POINTS)
    means = [sum(group) / len(group) if group else None for group in _binned(line.concurrent, step // line.step_s)]
    table = ledger(story)
    acu, pcu = shown(table.get("acu")), shown(table.get("pcu"))
    aside = None if acu is None or pcu is None else msg("summary.chart.viewers.aside", acu=acu, pcu=pcu)
    return _panel(say, msg("summary.chart.viewers"), aside, step, means)


def _interactions(story: Story, say: Say, length_s: int) -> Panel:
    line = story.timeline
    step = _bin_s(length_s, line.step_s, _POINTS)
    groups = _binned(line.interactions, step // line.step_s)
    # Per measured time, not per bin: a bin with a hole must not look like a lull.
    rates = [sum(group) * 60 / (len(group) * line.step_s) if group else None for group in groups]
    return _panel(say, msg("summary.chart.interactions"), None, step, rates)


def _orders(story: Story, say: Say, length_s: int) -> Panel:
    line = story.timeline
    step = _bin_s(length_s, line.step_s, _BARS)
    totals = [sum(group) if group else None for group in _binned(line.orders, step // line.step_s)]
    orders = ledger(story).get("orders")
    aside = None if orders is None else msg("summary.chart.orders.aside", total=shown(orders))
    return _panel(say, msg("summary.chart.orders", span=Span(step)), aside, step, totals)


def _alerts(story: Story, say: Say, length_s: int) -> tuple[Band, ...]:
    kinds = list(dict.fromkeys(row.kind for row in story.alerts))
    return tuple(
        Band(
            row.opened_s,
            length_s if row.resolved_s is None else min(row.resolved_s, length_s),
            say(Msg(f"alert.{row.kind}.title")),
            kinds.index(row.kind),
        )
        for row in story.alerts
        if row.opened_s <= length_s
    )
