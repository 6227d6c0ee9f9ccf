"""What went wrong on air, which lines were offered and used, and what followed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.core.ledger import Ledger, count, ledger, shown, used_line
from bot.core.reply import Block, Heading, Item, Items, Msg, When, msg

if TYPE_CHECKING:
    from bot.core.story import AlertRow, Story


def alerts(story: Story) -> tuple[Block, ...]:
    """One list per alert, in the order they rang. What followed is told, not credited to the line."""
    if not story.alerts:
        return ()
    table = ledger(story)
    heading = Heading(msg("summary.alerts.heading"))
    return heading, *(_one(story, place, row, table) for place, row in enumerate(story.alerts))


def _one(story: Story, place: int, row: AlertRow, table: Ledger) -> Items:
    at = When(story.started_at + timedelta(seconds=row.opened_s), story.room.market.zone, "time")
    title = msg("summary.alert.title", kind=Msg(f"alert.{row.kind}.title"), at=at)
    lines = _rehearsed(place, table) if story.replayed else _lines(place, row, table)
    items = [Item(row.reason), *lines, Item(_cleared(place, row, table)), Item(_orders(place, table))]
    return Items(tuple(items), title=title)


def _rehearsed(place: int, table: Ledger) -> list[Item]:
    offered = count(table[f"alert.{place}.lines"])
    return [Item(msg("summary.alert.would_offer", n=offered))] if offered else []


def _lines(place: int, row: AlertRow, table: Ledger) -> list[Item]:
    if not row.prompts:
        return [Item(msg("summary.alert.no_line"))] if row.kind == "cold_room" else []
    offered, used = count(table[f"alert.{place}.lines"]), used_line(row)
    if used is None:
        return [Item(msg("summary.alert.unused", n=offered))]
    tactic = Msg(f"core.tactic.{used.tactic}")
    after = shown(table[f"alert.{place}.answered_s"])
    if used.by is None or after is None:
        text = msg("summary.alert.used_by_nobody", n=offered, tactic=tactic, line=used.text)
    else:
        text = msg("summary.alert.used", n=offered, tactic=tactic, by=used.by, after=after, line=used.text)
    return [Item(text)]


def _cleared(place: int, row: AlertRow, table: Ledger) -> Msg:
    if row.resolved_s is None:
        return msg("summary.alert.never_cleared")
    took, since = shown(table[f"alert.{place}.recovered_s"]), shown(table[f"alert.{place}.cleared_after_line_s"])
    if since is None:
        return msg("summary.alert.cleared", took=took)
    return msg("summary.alert.cleared_after_line", took=took, since=since)


def _orders(place: int, table: Ledger) -> Msg:
    orders, window = count(table[f"alert.{place}.orders"]), shown(table[f"alert.{place}.window_s"])
    if orders is None:
        return msg("summary.alert.orders_unknown", window=window)
    return msg("summary.alert.orders", n=orders, window=window)
