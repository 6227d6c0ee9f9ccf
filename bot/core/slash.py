"""The command table as chats with menus of their own want it: Discord's tree of slash commands, Telegram's menu.

Everything people read is a catalogue key here, so that an adapter asks each of its languages for it. Names are
`slash.<group>`, `slash.<group>.<name>` and `opt.<field>`, in English as they are typed; what a group is for is
`slash.about.<group>`, what a choice is called `choice.<field>.<value>`; the rest is in `cmd.*` and `arg.*`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from bot.core.command import MAX_NUMBER, MAX_TEXT, Command, CommandTable, Parameter
from bot.core.model import Role
from bot.core.reply import Msg

MOST_COMMANDS = 100
"""Commands of the first row that Discord takes; Telegram's menus take as many."""
MOST_ROWS = 25
"""Subcommands of a group, options of a command, choices of an option."""

NativeKind = Literal["string", "integer", "boolean", "attachment"]


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    title: Msg


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a command. `least` and `most`: of the number; of a string's characters.

    `is_completed`: while it is typed, values are to be asked for by `parameter.arg.completer`.
    """

    parameter: Parameter
    title: Msg
    about: Msg
    kind: NativeKind
    choices: tuple[Choice, ...]
    is_completed: bool
    least: int | None
    most: int | None

    @property
    def name(self) -> str:
        return self.parameter.name

    @property
    def required(self) -> bool:
        return self.parameter.required


@dataclass(frozen=True, slots=True)
class Leaf:
    """A command that can be called: `name` is its last word; required options come first."""

    command: Command
    name: str
    title: Msg
    options: tuple[Option, ...]

    @property
    def about(self) -> Msg:
        return self.command.summary


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    title: Msg
    about: Msg
    leaves: tuple[Leaf, ...]


Tree: TypeAlias = tuple[Leaf | Group, ...]


def tree(table: CommandTable) -> Tree:
    """The rows of the menu as groups with subcommands, and commands of one word, in the table's order.

    Rows that only buttons stand for are left out, and so are hidden arguments.

    Raises:
        ValueError: a command of one word shares it with a group and has no `own_word` to be found by inside.
    """
    groups: dict[str, list[Command]] = {}
    for command in table.commands:
        if command.menu:
            groups.setdefault(command.group, []).append(command)
    return tuple(_branch(group, rows) for group, rows in groups.items())


def leaves(found: Tree) -> dict[tuple[str, ...], Leaf]:
    """Every command that can be called, by the words that call it: ("show", "plan"), ("now",)."""
    by_words: dict[tuple[str, ...], Leaf] = {}
    for branch in found:
        if isinstance(branch, Leaf):
            by_words[branch.name,] = branch
        else:
            by_words |= {(branch.name, leaf.name): leaf for leaf in branch.leaves}
    return by_words


def given(leaf: Leaf, options: Mapping[str, str | int | bool]) -> dict[str, str]:
    """What was filled in as the texts that somebody would have typed for it (`name=value`).

    A collecting option ("concurrent=320 orders=12") is left out: `bot.chat.native` cuts it.
    """
    texts = {}
    for option in leaf.options:
        if option.name in options and option.parameter.arg.kind != "values":
            value = options[option.name]
            texts[option.name] = ("yes" if value else "no") if isinstance(value, bool) else str(value)
    return texts


def _branch(group: str, rows: Sequence[Command]) -> Leaf | Group:
    if len(rows) == 1 and not rows[0].name:
        return _leaf(rows[0], group, Msg(f"slash.{group}"))
    inside = []
    for command in rows:
        word = command.name or command.own_word
        if not word:
            raise ValueError(f"/{group} is a command and a group: it needs an own_word to be called by inside")
        inside.append(_leaf(command, word, Msg(f"slash.{group}.{word}")))
    return Group(group, Msg(f"slash.{group}"), Msg(f"slash.about.{group}"), tuple(inside))


def _leaf(command: Command, name: str, title: Msg) -> Leaf:
    shown = [_option(item) for item in command.parameters if not item.arg.hidden]
    return Leaf(command, name, title, tuple(sorted(shown, key=lambda option: not option.required)))


_NATIVE: Mapping[str, NativeKind] = {"integer": "integer", "flag": "boolean", "file": "attachment"}


def _option(parameter: Parameter) -> Option:
    arg = parameter.arg
    kind = _NATIVE.get(arg.kind, "string")
    least, most = arg.least, arg.most
    if kind == "integer":
        least = -MAX_NUMBER if least is None else least
        most = MAX_NUMBER if most is None else most
    elif kind == "string" and not arg.choices:
        least, most = 1, MAX_TEXT
    choices = tuple(Choice(value, Msg(f"choice.{parameter.name}.{value}")) for value in arg.choices)
    is_completed = arg.completer is not None and not choices
    return Option(
        parameter, Msg(f"opt.{parameter.name}"), parameter.help, kind, choices, is_completed, least, most
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a menu without groups: `word` is typed after the slash (show_plan)."""

    word: str
    about: Msg
    command: Command


def menu(table: CommandTable, role: Role) -> tuple[Entry, ...]:
    """The lines for somebody whose highest role is `role`, in the table's order."""
    return tuple(
        Entry(command.path.replace(" ", "_"), command.summary, command)
        for command in table.commands
        if command.menu and command.role <= role
    )
