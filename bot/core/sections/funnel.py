"""Views, engaged, product clicks, orders, GMV: each step's rate, and the weakest step by a measure that is named."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.core.ledger import LEVEL, Ledger, ledger, number, shown
from bot.core.reply import Block, Heading, Line, Listing, Msg, Note, Table, Text, msg

if TYPE_CHECKING:
    from bot.core.story import Story


@dataclass(frozen=True, slots=True)
class _Step:
    rate: str
    origin: str
    target: str


_STEPS = (
    _Step("engaged_rate", "views", "engaged"),
    _Step("live_ctr", "views", "product_clicks"),
    _Step("ctor", "product_clicks", "orders"),
)
_ENDS = ("views", "engaged", "product_clicks", "orders", "gmv_gross")
_RATES = {"engaged": "engaged_rate", "product_clicks": "live_ctr", "orders": "ctor", "gmv_gross": "aov"}
_COMPARABLE = 2
"""A weakest step needs at least this many measured ones."""


def funnel(story: Story) -> tuple[Block, ...]:
    """The steps as a table; an end nobody measured says so."""
    table = ledger(story)
    blocks: list[Block] = [Heading(msg("summary.funnel.heading"))]
    if any(table.get(name) is not None for name in _ENDS):
        columns = (msg("summary.funnel.step"), msg("summary.funnel.count"), msg("summary.funnel.rate"))
        blocks.append(Table(columns, tuple(_row(name, table) for name in _ENDS)))
        blocks.append(Text(weakest(table)))
    else:
        blocks.append(Text(msg("summary.funnel.nothing")))
    by_hand = [name for name, figure in story.figures.items() if figure is not None and _is_by_hand(figure.source)]
    if by_hand:
        names = Listing(tuple(Msg(f"summary.figure.{name}") for name in sorted(by_hand)))
        blocks.append(Note(msg("summary.funnel.by_hand", names=names)))
    return (*blocks, *(Note(note) for note in story.notes))


def weakest(table: Ledger) -> Msg:
    """Names the step furthest below its own median; without medians the one the smallest share passes."""
    measured = [step for step in _STEPS if _is_measured(step, table)]
    usual = [(ratio, step) for step in measured if (ratio := _to_median(step, table)) is not None]
    if len(usual) >= _COMPARABLE:
        ratio, step = min(usual, key=lambda pair: pair[0])
        if ratio >= 1 - LEVEL:
            return msg("summary.weakest.none")
        median = shown(table[f"median.{step.rate}"])
        return msg("summary.weakest.median", step=_path(step), rate=shown(table[step.rate]), median=median)
    if len(measured) >= _COMPARABLE:
        step = min(measured, key=lambda each: number(table[each.rate]) or Decimal(0))
        return msg("summary.weakest.share", step=_path(step), rate=shown(table[step.rate]))
    missing = [name for name in ("views", "engaged", "product_clicks", "orders") if table.get(name) is None]
    if not missing:
        return msg("summary.weakest.empty")
    return msg("summary.weakest.unknown", names=Listing(tuple(Msg(f"summary.figure.{name}") for name in missing)))


def _is_measured(step: _Step, table: Ledger) -> bool:
    return all(table.get(name) is not None for name in (step.rate, step.origin, step.target))


def _to_median(step: _Step, table: Ledger) -> Decimal | None:
    now, median = number(table[step.rate]), number(table.get(f"median.{step.rate}"))
    return now / median if now is not None and median else None


def _path(step: _Step) -> Msg:
    return msg(
        "summary.funnel.path",
        origin=Msg(f"summary.figure.{step.origin}"),
        target=Msg(f"summary.figure.{step.target}"),
    )


def _row(name: str, table: Ledger) -> tuple[Line, ...]:
    rate = table.get(_RATES.get(name, ""))
    cell = msg("summary.dash") if rate is None else msg(f"summary.funnel.{_RATES[name]}", rate=shown(rate))
    return Msg(f"summary.figure.{name}"), msg("summary.value", value=shown(table.get(name))), cell


def _is_by_hand(source: str) -> bool:
    return any(part == "person" or part.startswith("note") for part in source.split("+"))
