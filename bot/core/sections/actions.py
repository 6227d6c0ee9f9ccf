"""Three things to do next time, each tied to a figure and given to somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.advice import choose
from bot.core.reply import Block, Heading, Item, Items, Msg, msg

if TYPE_CHECKING:
    from bot.core.story import Story


def actions(story: Story) -> tuple[Block, ...]:
    rows = tuple(
        Item(msg("summary.action.row", text=action.text, owner=Msg(f"summary.owner.{action.owner}")))
        for action in choose(story)
    )
    return Heading(msg("summary.actions.heading")), Items(rows)
