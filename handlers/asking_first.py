"""A change that more than one show follows, or that has something to decide, is shown before it is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.core.command import Context
from bot.core.ports import Tx
from bot.core.reply import Actions, Block, Button, Heading, Item, Items, Line, Msg, Note, Reply, When, msg, reply
from handlers import dates, reach


@dataclass(frozen=True, slots=True)
class Again:
    """The command that does it once it is said again, with all it was given; `danger`: shows are lost by it."""

    command: str
    args: Mapping[str, str]
    danger: bool = False


def preview(tx: Tx, change: reach.Change, ctx: Context, title: Msg, again: Again, more: Sequence[Block] = ()) -> Reply:
    """Each show as it is and as it would be; how many stay as they are; and the buttons."""
    seen = change.seen
    before = {show.id: show for show, _ in seen}
    held = [after for _, after in seen if not after.is_off]
    asked = [] if change.asked is None else [change.asked]
    blocks: list[Block] = [Heading(title)]
    if held:
        blocks += dates.listed(tx, held, ctx, msg("change.would_be", n=len(held)), before, asked)
    further = len(held) - dates.SHOWN
    blocks += [Note(msg("change.further", n=further))] if further > 0 else []
    blocks += told(change)
    yes = Button(
        msg("button.do_change", n=len(seen)), again.command, {**again.args, "save": "yes"},
        "danger" if again.danger else "primary",
    )  # fmt: skip
    no = Button(msg("button.not_now_plan"), again.command, {**again.args, "save": "no"})
    return reply(*blocks, *more, Actions((yes, no)))


def told(change: reach.Change) -> list[Block]:
    """What a change means beside the shows that go along: those that fall away, come to be, and stay."""
    off = [after for before, after in change.seen if after.is_off and not before.is_off]
    blocks: list[Block] = []
    if off:
        zone = off[0].zone
        lines: Sequence[Line] = [
            msg("show.when_short", show=show.id, when=When(show.starts_at, zone)) for show in off[: dates.SHOWN]
        ]
        items = tuple(Item(line) for line in lines)
        blocks.append(Items(items, title=msg("change.off", n=len(off))))
    if change.added and change.rule is not None:
        zone = change.rule.zone
        items = tuple(Item(msg("value", value=When(time.at, zone))) for time in change.added[: dates.SHOWN])
        blocks.append(Items(items, title=msg("change.added", n=len(change.added))))
    if change.kept:
        blocks.append(Note(msg("change.kept", n=change.kept)))
    return blocks
