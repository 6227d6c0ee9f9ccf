"""What happened, in one line, and whether the figures may still change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.ledger import LEVEL, Ledger, count, ledger, number, shown
from bot.core.reply import Block, Heading, Item, Items, Listing, Msg, Note, Text, Value, When, msg

if TYPE_CHECKING:
    from bot.core.story import Story

_LEADING = ("gmv_gross", "orders", "acu")


def headline(story: Story) -> tuple[Block, ...]:
    """GMV, orders, average viewers and length, each against the room's median where one is known."""
    table = ledger(story)
    known = [name for name in _LEADING if table.get(name) is not None]
    unknown = [name for name in _LEADING if table.get(name) is None]
    length = shown(table["length_s"])
    if known:
        parts = Listing(tuple(_part(name, table) for name in known))
        blocks: list[Block] = [Heading(story.title), Text(msg("summary.headline", parts=parts, length=length))]
    else:
        blocks = [Heading(story.title), Text(msg("summary.headline.nothing", length=length))]
    if known and unknown:
        blocks.append(Note(msg("summary.not_measured", names=Listing(tuple(_name(name) for name in unknown)))))
    blocks.append(Note(_when(story)))
    if story.changed:
        blocks.append(_changes(story))
    if not (story.state == "settled" and story.changed):
        blocks.append(Note(msg(f"summary.state.{story.state}")))
    return tuple(blocks)


def _name(name: str) -> Msg:
    return Msg(f"summary.figure.{name}")


def _part(name: str, table: Ledger) -> Msg:
    """The figure, and how far above or below its median it is."""
    params: dict[str, Value] = {"value": shown(table[name])}
    if name == "orders":
        params["n"] = count(table["orders"])
    part = Msg(f"summary.headline.{name}", params)
    now, median = number(table[name]), number(table.get(f"median.{name}"))
    change = number(table.get(f"change.{name}"))
    if now is None or median is None or change is None:
        return part
    if change <= LEVEL:
        return msg("summary.compare.level", value=part)
    key = "summary.compare.above" if now > median else "summary.compare.below"
    return msg(key, value=part, change=shown(table[f"change.{name}"]), median=shown(table[f"median.{name}"]))


def _when(story: Story) -> Msg:
    zone = story.room.market.zone
    start, end = When(story.started_at, zone), When(story.ended_at, zone, "time")
    if story.host is None:
        return msg("summary.when", start=start, end=end)
    return msg("summary.when_hosted", start=start, end=end, host=story.host)


def _changes(story: Story) -> Items:
    rows = tuple(
        Item(msg("summary.changed.row", name=_name(name), old=shown(old), new=shown(new)))
        for name, old, new in story.changed
    )
    return Items(rows, title=msg(f"summary.changed.{story.state}"))
