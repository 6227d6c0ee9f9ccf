"""What may come next while somebody types a command: from the table, so that it cannot drift from it."""

from __future__ import annotations

import re
from typing import Any

from bot.chat.parse import parse
from bot.core.command import Actor, Command, CommandTable, Parameter
from bot.core.delivery import Reader, Runner
from bot.core.errors import UserError
from bot.core.handling import Offer
from bot.core.matching import matching

_MOST = 25


async def complete(text: str, table: CommandTable, actor: Actor, runner: Runner, reader: Reader) -> dict[str, Any]:
    """Items to insert, and the hint for the command being typed (null while it is not known)."""
    if not text.startswith("/"):
        return {"items": [], "usage": None, "args": []}
    typed = parse(text).words
    try:
        command, used = table.find(typed)
    except UserError:
        return {"items": _commands(text, table, actor, reader), "usage": None, "args": []}
    typing_name = not text.endswith(" ") and len(text.split()) <= used
    if typing_name:
        return {"items": _commands(text, table, actor, reader), **_hint(command, None, reader)}
    current, prefix, head = _position(text, command, used)
    items: list[dict[str, str]] = []
    if current is not None:
        items = await _values(command, current, prefix, head, actor, runner)
    if not prefix or current is None or current.arg.keyed is False:
        items += _keys(command, text, *_last_word(text), reader)
    return {"items": items[:_MOST], **_hint(command, current, reader)}


def _commands(text: str, table: CommandTable, actor: Actor, reader: Reader) -> list[dict[str, str]]:
    start = " ".join(text.removeprefix("/").lower().replace("_", " ").split())
    found = [item for item in table.commands if item.menu and item.role <= actor.role]
    first = [item for item in found if item.path.startswith(start)]
    rest = [item for item in found if item not in first and start and start in item.path]
    return [
        {"insert": f"/{item.path} ", "label": f"/{item.path}", "help": reader.line(item.summary)}
        for item in (first + rest)[:_MOST]
    ]


def _hint(command: Command, current: Parameter | None, reader: Reader) -> dict[str, Any]:
    args = [
        {
            "name": item.name,
            "help": reader.line(item.help),
            "required": item.required,
            "example": item.arg.example,
            "current": item is current,
        }
        for item in command.parameters
        if not item.arg.hidden
    ]
    return {"usage": command.usage, "args": args}


def _position(text: str, command: Command, used: int) -> tuple[Parameter | None, str, str]:
    """The argument under the cursor (at the end), what of it is typed, and the text before it."""
    head, last = _last_word(text)
    name, equals, value = last.partition("=")
    by_name = {item.name: item for item in command.parameters}
    if equals and name in by_name:
        return by_name[name], value, f"{head}{name}="
    given = parse(head)
    words = len(given.words) - used
    free = [
        item
        for item in command.parameters
        if not item.arg.keyed and item.name not in given.keyed and item.arg.kind != "values"
    ]
    for place, item in enumerate(free):
        if item.arg.rest and place <= words:
            return item, *_rest(text, used + place, last, head)
        if place == words:
            return item, last, head
    return None, last, head


def _last_word(text: str) -> tuple[str, str]:
    """What stands before the word that is being typed, and that word; "" after a space."""
    cut = len(text) if text.endswith(" ") else text.rfind(" ") + 1
    return text[:cut], text[cut:]


def _rest(text: str, before: int, last: str, head: str) -> tuple[str, str]:
    """What is typed of an argument that takes all further words, and the text before it.

    Only where nothing but words stands before it: else its words need not stand side by side.
    """
    found = re.match(rf"\s*(?:\S+\s+){{{before}}}", text)
    if found is None or "=" in text or '"' in text:
        return last, head
    return text[found.end() :], text[: found.end()]


async def _values(
    command: Command, current: Parameter, prefix: str, head: str, actor: Actor, runner: Runner
) -> list[dict[str, str]]:
    offers = [Offer(value) for value in current.arg.choices]
    if current.arg.completer is not None:
        offers = await runner.offers(actor, command, current.arg.completer)
    found = [
        {"insert": f"{head}{_quoted(offer.value, current)} ", "label": offer.value, "help": offer.label}
        for offer in matching(offers, prefix.strip('"'))
    ]
    return [item for item in found if item["label"] != prefix]


def _quoted(value: str, parameter: Parameter) -> str:
    return f'"{value}"' if " " in value and not parameter.arg.rest else value


def _keys(command: Command, text: str, head: str, prefix: str, reader: Reader) -> list[dict[str, str]]:
    """`name=` for what may be given by name and is not there yet."""
    given = parse(text).keyed
    if "=" in head[head.rfind(" ") + 1 :]:
        return []
    return [
        {"insert": f"{head}{item.name}=", "label": f"{item.name}=", "help": reader.line(item.help)}
        for item in command.parameters
        if item.arg.keyed and not item.arg.hidden and item.name not in given and item.name.startswith(prefix)
    ]
