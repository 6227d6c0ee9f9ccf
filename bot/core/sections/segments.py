"""What each part of the rundown drew and sold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.ledger import Ledger, ledger, shown
from bot.core.reply import Block, Heading, Line, Listing, Msg, Note, Table, msg

if TYPE_CHECKING:
    from bot.core.story import Story

_COLUMNS = ("views", "acu", "comments", "orders", "gmv_gross")


def segments(story: Story) -> tuple[Block, ...]:
    """In rundown order. A column nobody measured is left out and named below."""
    if not story.segments:
        return ()
    table = ledger(story)
    places = range(len(story.segments))
    known = [name for name in _COLUMNS if any(table[f"segment.{place}.{name}"] is not None for place in places)]
    head = (
        msg("summary.segments.segment"),
        msg("summary.segments.start"),
        msg("summary.segments.length"),
        *(Msg(f"summary.figure.{name}") for name in known),
    )
    blocks: list[Block] = [Heading(msg("summary.segments.heading"))]
    blocks.append(Table(head, tuple(_cells(story, place, known, table) for place in places)))
    unknown = [name for name in _COLUMNS if name not in known]
    if unknown:
        names = Listing(tuple(Msg(f"summary.figure.{name}") for name in unknown))
        blocks.append(Note(msg("summary.segments.unknown", names=names)))
    return tuple(blocks)


def _cells(story: Story, place: int, known: list[str], table: Ledger) -> tuple[Line, ...]:
    row = story.segments[place]
    names = {product.sku: product.name for product in story.products}
    kind = Msg(f"summary.segment.{row.kind}")
    led = Listing(tuple(names.get(sku, sku) for sku in row.skus))
    label = msg("summary.segments.selling", kind=kind, products=led) if row.skus else kind
    figures = (table[f"segment.{place}.{name}"] for name in ("starts_s", "length_s", *known))
    return label, *(msg("summary.value", value=shown(figure)) for figure in figures)
