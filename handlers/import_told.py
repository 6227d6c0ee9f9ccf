"""What is said of a plan file: its preview with every problem, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.core import schedule
from bot.core.command import Context
from bot.core.conflicts import Conflict
from bot.core.errors import UserError
from bot.core.plan_file import PlanFile, Problem
from bot.core.planning_port import PlanImport
from bot.core.ports import Tx
from bot.core.reply import (
    Actions,
    Block,
    Button,
    Facts,
    Heading,
    Item,
    Items,
    Line,
    Msg,
    Note,
    Reply,
    Text,
    Tone,
    When,
    msg,
    reply,
)
from handlers import conflicts
from handlers.import_check import Checked, Good

MOST_PROBLEMS = 20
"""Shown in full; the others are counted."""
_MOST_LINES = 12
_MOST_NOTES = 8
_MOST_CONFLICTS = 5


def as_a_whole(error: UserError) -> Checked:
    """Nothing of it can be planned."""
    return Checked(problems=[Problem(msg("plan.at.file"), error.message, error.try_instead)])


def preview(
    tx: Tx, ctx: Context, plan: PlanImport, file: PlanFile, found: Checked, clashes: Sequence[Conflict],
    until: datetime,
) -> Reply:  # fmt: skip
    blocks: list[Block] = [Heading(msg("plan.preview", file=plan.name))]
    blocks += _what(found)
    blocks += _problems(found.problems)
    if found.doubles:
        items = tuple(Item(line) for line in found.doubles[:_MOST_LINES])
        blocks.append(Items(items, title=msg("plan.doubles", n=len(found.doubles))))
    blocks += [Note(note) for note in file.notes[:_MOST_NOTES]]
    blocks += conflicts.blocks(tx, clashes[:_MOST_CONFLICTS], ctx, conflicts.Again("plan apply", {"plan": plan.id}))
    blocks += _buttons(plan, found, until)
    tone: Tone = "error" if not found.good and found.problems else "warning" if found.problems else "normal"
    return Reply(tuple(blocks), tone)


def _what(found: Checked) -> list[Block]:
    """Counts by room, then the first lines."""
    if not found.good:
        return [Text(msg("plan.nothing"))]
    items = tuple(Item(_line(good)) for good in found.good[:_MOST_LINES])
    left = len(found.good) - len(items)
    blocks: list[Block] = [_by_room(found), Items(items, title=msg("plan.lines", n=len(found.good)))]
    return [*blocks, Note(msg("plan.more_lines", n=left))] if left else blocks


def _line(good: Good) -> Line:
    line = good.line
    first = When(good.held[0].begins, line.zone)
    if good.is_series:
        return msg("plan.line_series", where=line.where, room=line.room, phrase=schedule.phrase_text(line.phrase),
                   first=first, host=line.host or msg("none"))  # fmt: skip
    return msg("plan.line_once", where=line.where, room=line.room, first=first, host=line.host or msg("none"))


def _instead(text: str) -> Msg:
    """What belongs into the file instead, or a command that tells more."""
    return msg("plan.look" if text.startswith("/") else "plan.instead", text=text)


def _problems(problems: Sequence[Problem]) -> list[Block]:
    if not problems:
        return []
    items = []
    for problem in problems[:MOST_PROBLEMS]:
        text = msg("plan.problem", where=problem.where, what=problem.what)
        note = None if problem.try_instead is None else _instead(problem.try_instead)
        items.append(Item(text, note=note))
    blocks: list[Block] = [Items(tuple(items), title=msg("plan.problems", n=len(problems)))]
    left = len(problems) - len(items)
    return [*blocks, Note(msg("plan.more_problems", n=left))] if left else blocks


def _buttons(plan: PlanImport, found: Checked, until: datetime) -> list[Block]:
    if not found.good:
        return []
    args = {"plan": plan.id}
    if found.problems:
        go = Button(msg("plan.button.good", n=found.shows), "plan apply", args, until=until)
    else:
        go = Button(msg("plan.button.all", n=found.shows), "plan apply", args, "primary", until=until)
    if not plan.id:  # on the command line
        return []
    told: list[Block] = [Note(msg("plan.nothing_yet", plan=plan.id))]
    return [*told, Actions((go, Button(msg("plan.button.not_now"), "plan drop", args, until=until)))]


def imported(ctx: Context, plan: PlanImport, found: Checked, n: int) -> Reply:
    return reply(Text(msg("plan.imported", file=plan.name, n=n, who=ctx.actor.name)), _by_room(found), tone="good")


def _by_room(found: Checked) -> Facts:
    rows: list[tuple[Line, Line]] = []
    for room in found.rooms:
        mine = [good for good in found.good if good.line.room == room]
        dates = [date for good in mine for date in good.held]
        first = When(min(date.begins for date in dates), mine[0].line.zone)
        series = sum(good.is_series for good in mine)
        rows.append((room, msg("plan.room_line", n=len(dates), series=series, first=first)))
    return Facts(tuple(rows))
