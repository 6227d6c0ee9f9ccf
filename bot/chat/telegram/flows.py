"""Questions and answers until a command or a button has all it needs. Pure: what is asked next, and its keys.

A flow is kept as a row (`tx.chats.save_flow`); `Asking` is its detail. The data of its keys is f:FLOW:STEP.WHAT, so
that a key of an earlier question is known for one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from bot.chat.parse import parse
from bot.chat.telegram.keyboard import Key, Keyboard
from bot.core.command import MAX_TEXT, Command, CommandTable, Parameter, bind, places
from bot.core.errors import ForbiddenError, UserError
from bot.core.excerpt import excerpt
from bot.core.reply import Field, Line, decode, encode

_PAGE = 8
_LABEL = 40
MOST_OPTIONS = 48
_DATA = re.compile(r"f:(f[0-9]{1,12}):(?:([0-9]{1,3})\.)?([a-z]|p?[0-9]{1,3})")

CANCEL, TYPE, SKIP = "x", "t", "s"


@dataclass(frozen=True, slots=True)
class Asking:
    """`path`: the command, or of a button its label. `given`: by argument or field, "" for a skipped one.

    `fields`: of a button's form, each its name, its label encoded, and whether it must be given. `question`: the
    message that asks now; `said`: where the command was typed. `event`: the update that was heard last.
    """

    kind: Literal["command", "press"]
    path: str
    event: str
    given: Mapping[str, str]
    name: str = ""
    step: int = 0
    page: int = 0
    options: Sequence[Sequence[str]] = ()
    question: int | None = None
    said: str = ""
    message: str = ""
    button: str = ""
    pressed: str = ""
    fields: Sequence[Sequence[Any]] = ()

    def as_detail(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def line(self) -> str:
        """The command as it would have been typed, as far as it is known."""
        words = [f"{name}={_quoted(text)}" for name, text in self.given.items()]
        return " ".join((f"/{self.path}", *words))

    def filled(self, commands: CommandTable) -> dict[str, str]:
        """By option; of what collects options ("concurrent=320 orders=12"), those that were named."""
        named = {name: text for name, text in self.given.items() if text}
        collector = None if self.kind == "press" else _collector(commands.get(self.path))
        if collector is not None and collector in named:
            named |= parse(named.pop(collector)).keyed
        return named


def of_detail(detail: Mapping[str, Any]) -> Asking:
    return Asking(**detail)


def of_form(fields: Sequence[Field]) -> tuple[tuple[str, str, bool], ...]:
    return tuple((field.name, encode(field.label), field.required) for field in fields)


def _quoted(text: str) -> str:
    return f'"{text}"' if re.search(r"\s", text) else text


@dataclass(frozen=True, slots=True)
class Question:
    """`parameter`: what of a command is asked; None for a field of a form."""

    name: str
    help: Line
    parameter: Parameter | None = None
    required: bool = True

    @property
    def is_secret(self) -> bool:
        return self.parameter is not None and self.parameter.arg.secret


def given_of(command: Command, words: Sequence[str], keyed: Mapping[str, str]) -> dict[str, str]:
    """What was typed, by argument; `words` without those that name the command."""
    placed = {item.name: " ".join(words[place]) for item, place in places(command, keyed, len(words))}
    return {**placed, **keyed}


def _collector(command: Command) -> str | None:
    """The argument that takes whatever options there are beside those of the command."""
    return next((item.name for item in command.parameters if item.arg.kind == "values"), None)


def following(asking: Asking, commands: CommandTable) -> Question | None:
    """What is to be asked next; None: nothing more. A secret comes last, so that it is never kept."""
    if asking.kind == "press":
        for name, label, required in asking.fields:
            if name not in asking.given:
                return Question(name, decode(label), required=required)
        return None
    command = commands.get(asking.path)
    own = {item.name for item in command.parameters}
    known = set(asking.given) | ({_collector(command)} if set(asking.given) - own else set())
    missing = [item for item in command.parameters if item.required and item.name not in known]
    missing.sort(key=lambda item: item.arg.secret)
    return Question(missing[0].name, missing[0].help, missing[0]) if missing else None


def check(asking: Asking, question: Question, text: str, commands: CommandTable) -> None:
    """Raises UserError where the answer cannot be read as what was asked."""
    if question.parameter is None:
        if not text or len(text) > MAX_TEXT:
            raise UserError("tg.ask.too_long", most=MAX_TEXT)
        return
    arg = question.parameter.arg
    if arg.kind == "values" and (parse(text).words or not parse(text).keyed):
        raise UserError("command.bad_value", name=question.name, value=excerpt(text, 60), example=arg.example)
    try:
        bind(commands.get(asking.path), (), answered(asking, text, "", question.name).filled(commands))
    except UserError as error:
        if error.message.key != "command.missing":
            raise


def answered(asking: Asking, text: str, event: str, name: str = "") -> Asking:
    """`name`: of what was asked, where that is not what the flow is at."""
    given = {**asking.given, name or asking.name: text}
    return replace(asking, given=given, event=event, step=asking.step + 1, page=0, options=())


def asked_again(asking: Asking, error: UserError, commands: CommandTable) -> Asking | None:
    """All is given, and it was wrong: the flow as it goes on, without the one answer to be given again.

    None: no answer would mend it. An error that repeats what was given is about that; another one that is about what
    was typed at all is about what was asked last.
    """
    if asking.kind == "press" or isinstance(error, ForbiddenError):
        return None
    told = [value for value in error.message.params.values() if isinstance(value, str) and value]
    quoted = (name for name, text in asking.given.items() if text and any(_is_of(text, value) for value in told))
    last = asking.name if type(error) is UserError else None
    name = next(quoted, last)
    asked = {item.name for item in commands.get(asking.path).parameters if item.required and not item.arg.secret}
    if name not in asked:
        return None
    return replace(asking, given={one: text for one, text in asking.given.items() if one != name}, name="")


def _is_of(text: str, value: str) -> bool:
    """Errors repeat long answers cut off, and of several figures the wrong one."""
    return text.startswith(value) or value in parse(text).keyed.values()


@dataclass(frozen=True, slots=True)
class Pressed:
    """A key of a flow. `step` None: it is good at any time."""

    flow: str
    step: int | None
    what: str

    @property
    def page(self) -> int | None:
        return int(self.what[1:]) if self.what[0] == "p" and len(self.what) > 1 else None

    @property
    def option(self) -> int | None:
        return int(self.what) if self.what.isdecimal() else None


def pressed_in(data: str) -> Pressed | None:
    """None where it is no key of a flow."""
    found = _DATA.fullmatch(data)
    return None if found is None else Pressed(found[1], int(found[2]) if found[2] else None, found[3])


def keys(flow: str, asking: Asking, names: Mapping[str, str], *, can_type: bool, can_skip: bool) -> Keyboard:
    """The keys under a question. `names`: of CANCEL, TYPE and SKIP. `can_type`: one that asks for words is needed."""
    at = f"f:{flow}:{asking.step}."
    shown = asking.options[asking.page * _PAGE : (asking.page + 1) * _PAGE]
    made = [
        Key(excerpt(label or value, _LABEL), f"{at}{number}")
        for number, (value, label) in enumerate(shown, asking.page * _PAGE)
    ]
    rows = _abreast(made)
    turn = []
    if asking.page > 0:
        turn.append(Key("‹", f"{at}p{asking.page - 1}"))
    if len(asking.options) > (asking.page + 1) * _PAGE:
        turn.append(Key("›", f"{at}p{asking.page + 1}"))
    last = [Key(names[TYPE], f"{at}{TYPE}")] if can_type else []
    last += [Key(names[SKIP], f"{at}{SKIP}")] if can_skip else []
    last.append(Key(names[CANCEL], f"f:{flow}:{CANCEL}"))
    return (*rows, *((tuple(turn),) if turn else ()), tuple(last))


def _abreast(made: Sequence[Key]) -> list[tuple[Key, ...]]:
    """Two short ones in a row."""
    is_short = all(len(key.label) <= 16 for key in made)  # noqa: PLR2004
    width = 2 if is_short else 1
    return [tuple(made[at : at + width]) for at in range(0, len(made), width)]
