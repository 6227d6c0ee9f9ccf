"""Where viewers were sent and from where some came, and how many, as far as a source tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.ledger import Ledger, count, ledger, shown
from bot.core.reply import Block, Heading, Item, Items, Msg, When, msg

if TYPE_CHECKING:
    from bot.core.story import HandOffRow, Story


def hand_offs(story: Story) -> tuple[Block, ...]:
    """In the order they were used; nothing where none was given or received."""
    if not story.hand_offs:
        return ()
    table = ledger(story)
    rows = tuple(Item(_one(story, place, row, table)) for place, row in enumerate(story.hand_offs))
    return Heading(msg("summary.hand_offs.heading")), Items(rows)


def _one(story: Story, place: int, row: HandOffRow, table: Ledger) -> Msg:
    at = When(row.at, story.room.market.zone, "time")
    if not row.to_live:
        key = "summary.hand_off.later" if row.is_used else "summary.hand_off.later_unused"
        return msg(key, room=row.room, at=at)
    if not row.is_used:
        return msg("summary.hand_off.unused", room=row.room, at=at)
    arrived, window = count(table[f"hand_off.{place}.arrived"]), shown(table["hand_off.window_s"])
    if arrived is None:
        return msg(
            "summary.hand_off.given_unknown" if row.is_given else "summary.hand_off.received_unknown",
            room=row.room,
            at=at,
        )
    so_far = "" if row.is_whole else "_so_far"
    key = f"summary.hand_off.{'given' if row.is_given else 'received'}{so_far}"
    return Msg(key, {"room": row.room, "at": at, "n": arrived, "window": window})
