"""What each product drew and sold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.ledger import Ledger, ledger, shown
from bot.core.reply import Block, Heading, Line, Listing, Msg, Note, Table, msg

if TYPE_CHECKING:
    from bot.core.story import ProductRow, Story

_COLUMNS = {"clicks": "product_clicks", "orders": "orders", "ctor": "ctor", "gmv_gross": "gmv_gross"}
_ROWS = 12
"""A chat message is no spreadsheet: the best sellers, then how many more there were."""


def products(story: Story) -> tuple[Block, ...]:
    """Best sellers first. A column nobody measured is left out and named below."""
    if not story.products:
        return ()
    table = ledger(story)
    rows = sorted(story.products, key=_rank)
    known = [name for name in _COLUMNS if any(table.get(f"product.{row.sku}.{name}") is not None for row in rows)]
    blocks: list[Block] = [Heading(msg("summary.products.heading"))]
    if known:
        head = (msg("summary.products.product"), *(Msg(f"summary.figure.{_COLUMNS[name]}") for name in known))
        blocks.append(Table(head, tuple(_cells(row, known, table) for row in rows[:_ROWS])))
    if len(rows) > _ROWS and known:
        blocks.append(Note(msg("summary.products.more", n=len(rows) - _ROWS)))
    unknown = [name for name in _COLUMNS if name not in known and name != "ctor"]
    if unknown:
        names = Listing(tuple(Msg(f"summary.figure.{_COLUMNS[name]}") for name in unknown))
        blocks.append(Note(msg("summary.products.unknown", names=names)))
    return tuple(blocks)


def _rank(row: ProductRow) -> tuple[int, int, int, str]:
    sold = row.gmv_gross.minor if row.gmv_gross else -1
    return -sold, -(row.orders or 0), -(row.clicks or 0), row.sku


def _cells(row: ProductRow, known: list[str], table: Ledger) -> tuple[Line, ...]:
    figures = (table.get(f"product.{row.sku}.{name}") for name in known)
    return row.name, *(msg("summary.value", value=shown(figure)) for figure in figures)
