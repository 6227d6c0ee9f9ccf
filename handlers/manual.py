"""How to type: /help, made from the command table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from bot.core.command import Arg, Command, Context
from bot.core.reply import Block, Code, Heading, Item, Items, Note, Reply, Text, msg, reply


@dataclass(frozen=True, slots=True)
class Help:
    about: Annotated[str | None, Arg("show plan", rest=True, completer="command")] = None


async def help_(request: Help, ctx: Context) -> Reply:
    table = ctx.ports.commands
    if request.about is not None:
        command, _ = table.find(request.about.removeprefix("/").split())
        return _one(command)
    allowed = [command for command in table.commands if command.menu and command.role <= ctx.actor.role]
    groups: dict[str, list[Command]] = {}
    for command in allowed:
        groups.setdefault(command.group if command.name else "", []).append(command)
    blocks: list[Block] = [Heading(msg("help.title"))]
    for group, commands in groups.items():
        items = tuple(Item(command.usage, note=command.summary) for command in commands)
        blocks.append(Items(items, title=msg(f"help.group.{group or 'day'}")))
    blocks.append(Note(msg("help.more")))
    return reply(*blocks)


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
    blocks: list[Block] = [Heading(command.usage), Text(command.summary)]
    if items:
        blocks.append(Items(items))
    return reply(*blocks, Code(command.example))
