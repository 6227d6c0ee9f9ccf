"""How to type: /help, made from the command table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from bot.core.command import Arg, Command, Context
from bot.core.model import Role
from bot.core.reply import Block, Code, Heading, Item, Items, Line, Note, Reply, Text, msg, reply

_SHELVES = {
    **dict.fromkeys(("grant", "revoke", "roles", "invite", "audit"), "person"),
    **dict.fromkeys(("me", "link", "unlink", "sessions", "signout", "claim"), "self"),
    **dict.fromkeys(("why", "status", "help"), "bot"),
    **dict.fromkeys(("matrix", "foresight"), "matrix"),
    "hosts": "host",
    "prompt": "prompt",
    "setup": "setup",
}
"""Where groups stand that have no title of their own, and one-word commands that are not for every day."""
_WAYS = ("once", "weekly", "several", "rhythm", "monthly", "bounds", "without", "move")
_NOTES = {
    "plan import": "help.note.import", "show plan": "help.note.plan", "show move": "help.note.move",
    "show skip": "help.note.skip",
}  # fmt: skip
"""What one example cannot say."""
_OF_SIGN_IN = ("invite", "sessions", "signout")


@dataclass(frozen=True, slots=True)
class Help:
    about: Annotated[str | None, Arg("show plan", rest=True, completer="command")] = None


async def help_(request: Help, ctx: Context) -> Reply:
    table = ctx.ports.commands
    if request.about is not None:
        about = " ".join(request.about.lower().removeprefix("/").split())
        if about == "when":
            return _whens()
        if not any(command.path == about for command in table.commands):
            # /help plan: the group of plan files, and /show plan.
            near = [item for item in table.commands if about in (item.group, item.name) and _is_of_use(item, ctx)]
            if near:
                return _shelves(near) if len(near) > 1 else _one(near[0])
        command, _ = table.find(about.split())
        return _one(command)
    return _shelves([command for command in table.commands if _is_of_use(command, ctx)])


def _whens() -> Reply:
    """The ways to say when, which /show plan, /show move and plan files understand."""
    ways = tuple(Item(msg(f"help.when.{name}")) for name in _WAYS)
    return reply(Heading(msg("help.when")), Items(ways), Note(msg("help.when.zone")))


def _shelves(listed: Sequence[Command]) -> Reply:
    groups: dict[str, list[Command]] = {}
    for command in listed:
        shelf = _SHELVES.get(command.group, command.group if command.name else "day")
        groups.setdefault(shelf, []).append(command)
    blocks: list[Block] = [Heading(msg("help.title"))]
    for group, commands in groups.items():
        items = tuple(Item(_line(command, command.brief), note=command.summary) for command in commands)
        blocks.append(Items(items, title=msg(f"help.group.{group}")))
    blocks.append(Note(msg("help.more")))
    return reply(*blocks)


def _line(command: Command, usage: str) -> Line:
    """A line of ours to type, which a chat may let people tap."""
    return msg("command.line", path=command.path, rest=usage.removeprefix(f"/{command.path}"))


def _is_of_use(command: Command, ctx: Context) -> bool:
    """Whether to list it for this person; /help COMMAND explains any."""
    if command.group in _OF_SIGN_IN and ctx.ports.door is None:
        return False
    if command.group == "claim" and ctx.actor.role > Role.NOBODY:
        return False  # whoever may use it reads the whole line where the bot was started
    return command.menu and command.role <= ctx.actor.role


def _one(command: Command) -> Reply:
    items = tuple(
        Item(
            msg(
                "help.argument" if item.required else "help.optional",
                name=item.name,
                help=item.help,
                example=item.arg.example,
            )
        )
        for item in command.parameters
        if not item.arg.hidden
    )
    blocks: list[Block] = [Heading(_line(command, command.usage)), Text(command.summary)]
    if items:
        blocks.append(Items(items))
    note = [Note(msg(_NOTES[command.path]))] if command.path in _NOTES else []
    return reply(*blocks, Code(command.example), *note)
