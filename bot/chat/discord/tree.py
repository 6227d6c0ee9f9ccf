"""The slash commands as discord.py wants them, built from the command table; names in every language we have.

A required text that people write rather than look up (a reason) need not be given with the command: left out, it is
asked for in a window, where there is room to write.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

import discord
from discord import app_commands

from bot.chat.native import typed as typed_from
from bot.chat.parse import Typed, parse
from bot.core.command import CommandTable, places
from bot.core.delivery import Words
from bot.core.errors import UserError
from bot.core.reply import Msg
from bot.core.slash import Group, Leaf, Option, leaves, tree

Options: TypeAlias = Mapping[str, str | int | bool]
Given: TypeAlias = Mapping[str, str | int | bool | discord.Attachment]
"""As Discord hands it over: files have not been fetched yet."""
Run: TypeAlias = Callable[[discord.Interaction, Leaf, Given], Awaitable[None]]
Complete: TypeAlias = Callable[
    [discord.Interaction, Leaf, Option, str], Awaitable[Sequence[app_commands.Choice[str]]]
]  # fmt: skip
Branch: TypeAlias = "app_commands.Command[Any, ..., None] | app_commands.Group"

_LOCALES = {discord.Locale.chinese: "zh-CN"}
"""Discord's languages we have names in, beside English; a language without any shows English."""
_KEY = "key"
_PLAIN: Mapping[str, type] = {"boolean": bool, "attachment": discord.Attachment}
"""Kinds of options without limits of their own."""


def slash_commands(table: CommandTable, words: Words, run: Run, complete: Complete) -> list[Branch]:
    """Every row of the menu as a command or in a group."""
    return [_branch(branch, words, run, complete) for branch in tree(table)]


def _branch(branch: Leaf | Group, words: Words, run: Run, complete: Complete) -> Branch:
    if isinstance(branch, Leaf):
        return _command(branch, words, run, complete)
    group = app_commands.Group(name=_named(branch.name, branch.title), description=_said(branch.about, words))
    for leaf in branch.leaves:
        group.add_command(_command(leaf, words, run, complete))
    return group


def _command(leaf: Leaf, words: Words, run: Run, complete: Complete) -> app_commands.Command[Any, ..., None]:
    async def call(interaction: discord.Interaction, **given: Any) -> None:
        await run(interaction, leaf, {name: value for name, value in given.items() if value is not None})

    call.__signature__ = _signature(leaf)  # type: ignore[attr-defined]  # what discord.py reads options from
    app_commands.rename(**{option.name: _named(option.name, option.title) for option in leaf.options})(call)
    app_commands.describe(**{option.name: _said(option.about, words) for option in leaf.options})(call)
    app_commands.choices(**{option.name: _choices(option, words) for option in leaf.options if option.choices})(call)
    completed = [option for option in leaf.options if option.is_completed]
    app_commands.autocomplete(**{option.name: _offering(leaf, option, complete) for option in completed})(call)
    return app_commands.Command(
        name=_named(leaf.name, leaf.title), description=_said(leaf.about, words), callback=call
    )  # fmt: skip


def _signature(leaf: Leaf) -> inspect.Signature:
    kind = inspect.Parameter.KEYWORD_ONLY
    later = asked_later(leaf)
    first = inspect.Parameter("interaction", inspect.Parameter.POSITIONAL_ONLY, annotation=discord.Interaction)
    rest = [
        inspect.Parameter(
            option.name, kind, annotation=_type(option),
            default=inspect.Parameter.empty if option.required and option not in later else None,
        )
        for option in leaf.options
    ]  # fmt: skip
    return inspect.Signature([first, *rest])


def _type(option: Option) -> Any:
    if option.kind in _PLAIN:
        return _PLAIN[option.kind]
    of = int if option.kind == "integer" else str
    if option.least is None or option.most is None:
        return of
    return app_commands.Range[of, option.least, option.most]


def _choices(option: Option, words: Words) -> list[app_commands.Choice[str]]:
    return [app_commands.Choice(name=_said(choice.title, words), value=choice.value) for choice in option.choices]


def _offering(leaf: Leaf, option: Option, complete: Complete) -> Any:
    async def offer(interaction: discord.Interaction, current: str) -> Sequence[app_commands.Choice[str]]:
        return await complete(interaction, leaf, option, current)

    return offer


def asked_later(leaf: Leaf) -> tuple[Option, ...]:
    """The options that are asked for in a window where they are left out."""
    return tuple(
        option
        for option in leaf.options
        if option.required and option.parameter.arg.rest and option.kind == "string"
        and not option.is_completed and not option.choices
    )  # fmt: skip


def _named(name: str, title: Msg) -> app_commands.locale_str:
    return app_commands.locale_str(name, **{_KEY: title})


def _said(line: Msg, words: Words) -> app_commands.locale_str:
    return app_commands.locale_str(words.reader("en").line(line), **{_KEY: line})


class Names(app_commands.Translator):
    """Our catalogues as discord.py asks for them."""

    def __init__(self, words: Words) -> None:
        self._readers = {locale: words.reader(language) for locale, language in _LOCALES.items()}

    async def translate(
        self, string: app_commands.locale_str, locale: discord.Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        del context
        reader, line = self._readers.get(locale), string.extras.get(_KEY)
        return None if reader is None or line is None else reader.line(line)


async def payload_of(commands: app_commands.CommandTree[Any]) -> tuple[list[dict[str, Any]], str]:
    """What Discord is told, and its digest: the same commands always have the same."""
    names = commands.translator
    told = [
        await command.get_translated_payload(commands, names) if names is not None else command.to_dict(commands)
        for command in commands.get_commands()
    ]
    text = json.dumps(told, sort_keys=True, ensure_ascii=False)
    return told, hashlib.blake2s(text.encode()).hexdigest()


class Slashes:
    """From what is typed here to what is typed everywhere, and back."""

    def __init__(self, table: CommandTable) -> None:
        self._table = table
        self._leaves: Mapping[tuple[str, ...], Leaf] = leaves(tree(table))
        self._words = {leaf.command.path: words for words, leaf in self._leaves.items()}

    def leaf(self, path: str) -> Leaf | None:
        """The leaf of a command, by its path in the table."""
        words = self._words.get(path)
        return None if words is None else self._leaves[words]

    def typed(self, leaf: Leaf, options: Options) -> Typed:
        return typed_from(leaf, options)

    def line(self, leaf: Leaf, options: Given) -> str:
        """As it would be typed elsewhere."""
        named = {name: getattr(value, "filename", value) for name, value in options.items()}
        given = [f'{name}="{value}"' if " " in str(value) else f"{name}={value}" for name, value in named.items()]
        return " ".join([f"/{leaf.command.path}", *given])

    def as_slash(self, line: str) -> str:
        """A line to type instead, as Discord fills it in when pasted: `/show plan room:us_main`."""
        if not line.startswith("/"):
            return line
        try:
            typed = parse(line)
            command, used = self._table.find(typed.words)
        except UserError:
            return line
        words = self._words.get(command.path)
        if words is None:
            return line
        rest = typed.words[used:]
        placed = {item.name: " ".join(rest[place]) for item, place in places(command, typed.keyed, len(rest))}
        options = [f"{name}:{value}" for name, value in (placed | typed.keyed).items()]
        return " ".join([f"/{' '.join(words)}", *options])
