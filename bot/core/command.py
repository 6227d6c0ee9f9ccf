"""The command table: a command is declared once, and parsing, completion, help and every chat's menus come from it.

A command is a frozen request dataclass whose fields are `Annotated[type, Arg(...)]`, an async function that returns a
Reply, and one `Command` row. Texts are catalogue keys: `cmd.<group>.<name>` and `arg.<field>`.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
import typing
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from bot.core.errors import UserError
from bot.core.model import Role
from bot.core.reply import Listing, Msg, Reply
from bot.core.rights import ANYWHERE, Place, Rights

if TYPE_CHECKING:
    from bot.core.ports import Ports, Tx

Kind = Literal["text", "integer", "duration", "choice", "flag", "values", "file"]


_FEW = 2
"""Options of a command that a list of all commands can show."""


@dataclass(frozen=True, slots=True)
class Arg:
    """How one field is typed, explained and completed.

    `rest`: takes all words up to the first key=value. `keyed`: only ever given as key=value.
    `secret`: a one-time code or the like; the line kept in the chat shows "•••" in its place.
    `kind` "file" is the id of a file that was brought; a chat where one can be given with a command asks for that.
    `kind` "values" collects every other key=value into a mapping (`/note concurrent=320 orders=12`).
    `least` and `most`: what a chat with number fields holds people to; what else comes the handler refuses.
    """

    example: str
    kind: Kind = "text"
    choices: tuple[str, ...] = ()
    completer: str | None = None
    rest: bool = False
    keyed: bool = False
    hidden: bool = False
    secret: bool = False
    help: str | None = None
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who typed or pressed, and where. `chat` is the platform's name, `channel` its purpose (team, host, managers).

    `account` is theirs in that chat; `address` the very place, as in destinations, empty in the web chat; `room` the
    one whose own place it is, if something was typed in such a one. Somebody whom nobody has linked to a person yet is
    `CHAT:ACCOUNT`, without rights.
    """

    person: str
    name: str
    rights: Rights
    language: str
    zone: str
    chat: str
    channel: str = "team"
    account: str = ""
    address: str = ""
    room: str | None = None

    @property
    def role(self) -> Role:
        """The highest they have anywhere: what menus and help go by. What is allowed is decided by place."""
        return self.rights.highest

    @property
    def elsewhere(self) -> dict[str, str]:
        """For the audit: which of a person's accounts it was, where it is not called like the person."""
        return {"account": self.account} if self.account not in ("", self.person) else {}


@dataclass(frozen=True, slots=True)
class Context:
    """What a command runs with. `message` is the message whose button was pressed."""

    actor: Actor
    ports: Ports
    now: datetime
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    arg: Arg
    required: bool

    @property
    def help(self) -> Msg:
        return Msg(self.arg.help or f"arg.{self.name}")


@dataclass(frozen=True, slots=True)
class Where:
    """How to find what a request is about, so that the presser's role there can be looked up; `name` is for the docs.

    `find` runs in a transaction and may raise UserError where the thing named does not exist. `is_meant`: left out,
    the request's `room` is the one whose own place it was typed in.
    """

    name: str
    find: Callable[[Tx, Any, Context], Place]
    is_meant: bool = False


@dataclass(frozen=True, slots=True)
class More:
    """The role that a request needs where that may be a higher one than its command's; `name` is for the docs."""

    name: str
    find: Callable[[Tx, Any, Context], Role]


NOWHERE = Where("anywhere", lambda _tx, _request, _ctx: ANYWHERE)


@dataclass(frozen=True, slots=True)
class Command:
    """One row of the table. `name` is empty for one-word commands (`/now`); `menu` False keeps it to buttons.

    `own_word` names a one-word command inside its group (`/prompt ask`): some chats cannot call a group itself.
    `role` is the least one needed at the place that `where` finds; `more` says where a request needs a higher one.
    """

    group: str
    name: str
    request: type[Any]
    run: Callable[[Any, Context], Awaitable[Reply]]
    role: Role
    where: Where = NOWHERE
    more: More | None = None
    private: bool = False
    menu: bool = True
    own_word: str = ""
    parameters: tuple[Parameter, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "parameters", tuple(_parameters(self.request)))

    @property
    def path(self) -> str:
        return f"{self.group} {self.name}".strip()

    @property
    def summary(self) -> Msg:
        return Msg(f"cmd.{self.path.replace(' ', '.')}")

    @property
    def usage(self) -> str:
        words = [f"/{self.path}"]
        for parameter in self.parameters:
            if not parameter.arg.hidden:
                word = _usage_word(parameter)
                words.append(word if parameter.required else f"[{word}]")
        return " ".join(words)

    @property
    def brief(self) -> str:
        """`usage` for a list of many: options beyond two are left to `/help COMMAND`."""
        shown = [parameter for parameter in self.parameters if not parameter.arg.hidden]
        if sum(not parameter.required for parameter in shown) <= _FEW:
            return self.usage
        return " ".join([f"/{self.path}", *(_usage_word(item) for item in shown if item.required), "[...]"])

    @property
    def example(self) -> str:
        words = [f"/{self.path}"]
        for parameter in self.parameters:
            if parameter.required:
                example = parameter.arg.example
                words.append(f"{parameter.name}={_quoted(example)}" if parameter.arg.keyed else example)
        return " ".join(words)


def _parameters(request: type[Any]) -> list[Parameter]:
    hints = typing.get_type_hints(request, include_extras=True)
    found = []
    for spec in dataclasses.fields(request):
        arg = next(item for item in typing.get_args(hints[spec.name]) if isinstance(item, Arg))
        required = spec.default is dataclasses.MISSING and spec.default_factory is dataclasses.MISSING
        found.append(Parameter(spec.name, arg, required))
    return found


def _usage_word(parameter: Parameter) -> str:
    if parameter.arg.kind == "values":
        return "NAME=VALUE..."
    word = parameter.name.upper() + ("..." if parameter.arg.rest else "")
    return f"{parameter.name}={word}" if parameter.arg.keyed else word


def _quoted(text: str) -> str:
    return f'"{text}"' if " " in text else text


def bind(command: Command, words: Sequence[str], keyed: Mapping[str, str]) -> Any:
    """The request for what was typed.

    Raises:
        UserError: a missing, unknown, doubled or unreadable argument, with the line to type instead.
    """
    names = {parameter.name: parameter for parameter in command.parameters}
    given: dict[str, Any] = {}
    extra: dict[str, str] = {}
    collector = next((parameter for parameter in command.parameters if parameter.arg.kind == "values"), None)
    for name, text in keyed.items():
        if name in names and names[name] is not collector:
            given[name] = _convert(command, names[name], text)
        elif collector is not None:
            extra[name] = text
        else:
            raise _unknown_option(command, name, names)
    placed = places(command, given, len(words))
    for parameter, place in placed:
        given[parameter.name] = _convert(command, parameter, " ".join(words[place]))
    left = words[placed[-1][1].stop if placed else 0 :]
    if left:
        raise UserError("command.too_many", word=left[0], usage=command.usage, try_instead=command.example)
    if collector is not None:
        given[collector.name] = extra
    for parameter in command.parameters:
        if parameter.required and parameter.name not in given:
            raise UserError(
                "command.missing",
                name=parameter.name,
                help=parameter.help,
                usage=command.usage,
                try_instead=_with_the_rest(command, keyed, {item.name: " ".join(words[at]) for item, at in placed}),
            )
    return command.request(**given)


def _with_the_rest(command: Command, keyed: Mapping[str, str], placed: Mapping[str, str]) -> str:
    """What was typed, with an example of each argument that is missing; of commands that take a secret the example."""
    if any(parameter.arg.secret or parameter.arg.kind == "values" for parameter in command.parameters):
        return command.example
    texts = {**keyed, **placed}
    line = f"/{command.path}"
    for parameter in command.parameters:
        text = texts.get(parameter.name, parameter.arg.example if parameter.required else None)
        if text is not None:
            in_quotes = text if parameter.arg.rest else _quoted(text)
            line += f" {parameter.name}={_quoted(text)}" if parameter.arg.keyed else f" {in_quotes}"
    return line


def places(command: Command, keyed: Collection[str], count: int) -> list[tuple[Parameter, slice]]:
    """Which of `count` words each argument takes that is not in `keyed`, given by name; words left over come last."""
    found = []
    at = 0
    for parameter in command.parameters:
        arg = parameter.arg
        if arg.keyed or parameter.name in keyed or arg.kind == "values" or at == count:
            continue
        end = count if arg.rest else at + 1
        found.append((parameter, slice(at, end)))
        at = end
    return found


def _unknown_option(command: Command, name: str, names: Mapping[str, Parameter]) -> UserError:
    near = difflib.get_close_matches(name, names, n=1)
    return UserError(
        "command.unknown_option",
        name=name,
        options=Listing(tuple(names)),
        try_instead=f"{near[0]}=" if near else command.example,
    )


_DURATION = re.compile(
    r"(?:(\d{1,3})\s*(?:h|小时|时))?\s*(?:(\d{1,4})\s*(?:m(?:in)?|分钟|分))?\s*(?:(\d{1,5})\s*(?:s|秒))?"
)


def parse_duration(text: str) -> int | None:
    """Seconds for `2h30m`, `2h30`, `2小时30分`, `150m`, `90s`, `1.5h`; a bare number is minutes. None: no duration."""
    text = text.strip().lower()
    if re.fullmatch(r"\d{1,4}", text):
        return int(text) * 60
    if part := re.fullmatch(r"(\d{1,2})[.,](\d{1,2})\s*h", text):
        return round(float(f"{part[1]}.{part[2]}") * 3600)
    if part := re.fullmatch(r"(\d{1,3})\s*h\s*(\d{1,2})", text):
        return int(part[1]) * 3600 + int(part[2]) * 60
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        return None
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds


_FLAGS = dict.fromkeys(("yes", "true", "1", "on", "是"), True) | dict.fromkeys(("no", "false", "0", "off", "否"), False)


MAX_NUMBER = 999_999_999
"""Largest whole number that can be typed, without its sign."""
_NUMBER = r"[+-]?\d{1,9}"


def _convert(command: Command, parameter: Parameter, text: str) -> Any:
    arg = parameter.arg
    if arg.kind == "integer":
        if re.fullmatch(_NUMBER, text):
            return int(text)
    elif arg.kind == "duration":
        seconds = parse_duration(text)
        if seconds is not None:
            return seconds
    elif arg.kind == "flag":
        flag = _FLAGS.get(text.lower())
        if flag is not None:
            return flag
    elif arg.kind == "choice":
        if text.lower() in arg.choices:
            return text.lower()
        raise UserError(
            "command.bad_choice",
            name=parameter.name,
            value=text[:60],
            choices=Listing(arg.choices),
            try_instead=command.example if parameter.required else f"{command.example} {parameter.name}={arg.example}",
        )
    elif text.strip() and len(text) <= MAX_TEXT:
        return text.strip()
    raise UserError(
        "command.bad_value",
        name=parameter.name,
        value=HIDDEN if arg.secret else text[:60],
        example=arg.example,
        try_instead=command.example,
    )


HIDDEN = "•••"
"""What stands in the place of a secret value."""
MAX_TEXT = 2_000
"""Longest text argument, in characters."""


class CommandTable:
    """The explicit list of commands, with look-up by what people type."""

    def __init__(self, commands: Sequence[Command]) -> None:
        self.commands = tuple(commands)
        self._by_path = {command.path: command for command in commands}
        self._by_word = {command.path.replace(" ", "_"): command for command in commands}
        self._by_two = {item.path: item for item in commands if item.name} | {
            f"{item.group} {item.own_word}": item for item in commands if item.own_word
        }
        two = sum(bool(item.name) + bool(item.own_word) for item in commands)
        if not len(self._by_path) == len(self._by_word) == len(self.commands) or two != len(self._by_two):
            raise ValueError("two commands share a path")

    def get(self, path: str) -> Command:
        return self._by_path[path]

    def __contains__(self, path: str) -> bool:
        return path in self._by_path

    def find(self, words: Sequence[str]) -> tuple[Command, int]:
        """The command that `words` begin with (`show plan ...`, `show_plan ...`) and how many words name it.

        Raises:
            UserError: no such command, with the nearest one.
        """
        first = words[0].lower() if words else ""
        if len(words) > 1 and (two := f"{first} {words[1].lower()}") in self._by_two:
            return self._by_two[two], 2
        if (joined := first.replace(" ", "_")) in self._by_word:
            return self._by_word[joined], 1
        in_group = [command for command in self.commands if command.group == first and command.menu]
        if in_group:
            raise UserError(
                "command.which",
                group=first,
                names=Listing(tuple(command.path for command in in_group)),
                try_instead=in_group[0].example,
            )
        typed = " ".join(words[:2]).lower()
        near = difflib.get_close_matches(typed, self._by_path, n=1, cutoff=0.5) or difflib.get_close_matches(
            first, self._by_path, n=1, cutoff=0.6
        )
        raise UserError("command.unknown", typed=typed[:60], try_instead=f"/{near[0]}" if near else "/help")
