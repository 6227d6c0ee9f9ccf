"""What the bot says, before any chat platform or language is known.

A reply carries message keys and parameters, never finished text: each reader's renderer translates it, so one
post can be read in two languages. Plain `str` in a block is data (a name, a viewer's words) and is shown as is,
escaped by the renderer.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from bot.core.money import Money


@dataclass(frozen=True, slots=True)
class When:
    """An instant to show: `at` is an aware UTC datetime, `zone` the IANA zone to show it in (None: the reader's).

    "exact" is the time with its seconds.
    """

    at: datetime
    zone: str | None = None
    style: Literal["full", "date", "time", "exact"] = "full"


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time, in seconds; shown as "2 min 10 s"."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Share:
    """A ratio (0.25) shown as a percentage (25 %); `digits` decimals of the percentage."""

    ratio: float
    digits: int = 0


@dataclass(frozen=True, slots=True)
class Msg:
    """A text to translate: a catalogue key and the values for its placeholders."""

    key: str
    params: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listing:
    """Several values shown as one phrase ("a, b and c")."""

    items: tuple[Value, ...]


Value = str | int | float | Decimal | Money | When | Span | Share | Msg | Listing | None
"""None is shown as "not measured"."""

Line = Msg | str


def msg(key: str, /, **params: Value) -> Msg:
    return Msg(key, params)


def changed(line: Line, change: Callable[[str], str]) -> Line:
    """The line with everything in it that is data, and no text of ours, changed."""
    return change(line) if isinstance(line, str) else _changed_msg(line, change)


def _changed_msg(line: Msg, change: Callable[[str], str]) -> Msg:
    return Msg(line.key, {name: _changed_value(value, change) for name, value in line.params.items()})


def _changed_value(value: Value, change: Callable[[str], str]) -> Value:
    match value:
        case str():
            return change(value)
        case Msg():
            return _changed_msg(value, change)
        case Listing(items):
            return Listing(tuple(_changed_value(item, change) for item in items))
        case _:
            return value


@dataclass(frozen=True, slots=True)
class Field:
    """One text field of a button's form."""

    name: str
    label: Msg
    required: bool = True


@dataclass(frozen=True, slots=True)
class Button:
    """Stands for a command and its arguments; pressing it re-enters the command table.

    `until` (UTC): from then on a press is refused, so a chat that can takes the button away. It is no promise that the
    button is gone by then: whoever answers the press looks at the clock.
    """

    label: Line
    command: str
    args: Mapping[str, str] = field(default_factory=dict)
    style: Literal["plain", "primary", "danger"] = "plain"
    form: tuple[Field, ...] = ()
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    text: Line


@dataclass(frozen=True, slots=True)
class Text:
    text: Line


@dataclass(frozen=True, slots=True)
class Note:
    """Small print below the main text."""

    text: Line


@dataclass(frozen=True, slots=True)
class Code:
    """Text to be copied exactly: a command to type, a secret shown once."""

    text: str


@dataclass(frozen=True, slots=True)
class Secret:
    """Something shown once, to whoever asked: a one-time link, a code. It is never kept: once stored, `text` is empty.

    `qr`: for the camera of a phone as well, where the chat can draw it.
    """

    text: str = field(repr=False)
    qr: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Label and value pairs."""

    rows: tuple[tuple[Line, Line], ...]


@dataclass(frozen=True, slots=True)
class Item:
    text: Line
    state: Literal["none", "open", "done", "blocked", "waived"] = "none"
    note: Line | None = None
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class Items:
    """A list; checklist items carry a state and their own buttons."""

    items: tuple[Item, ...]
    title: Line | None = None


@dataclass(frozen=True, slots=True)
class Table:
    columns: tuple[Line, ...]
    rows: tuple[tuple[Line, ...], ...]


@dataclass(frozen=True, slots=True)
class Say:
    """A line for the host to speak, in the market's `language`, with its `gloss` in the team's."""

    text: str
    language: str
    tactic: Msg | None = None
    gloss: str | None = None
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class Image:
    """A stored file by name, with the words for who cannot see it."""

    name: str
    alt: Line


@dataclass(frozen=True, slots=True)
class Actions:
    buttons: tuple[Button, ...]


Block = Heading | Text | Note | Code | Secret | Facts | Items | Table | Say | Image | Actions
Tone = Literal["normal", "alert", "good", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Reply:
    """What a command answers or the bot posts. `private`: only its addressee may see it."""

    blocks: tuple[Block, ...]
    tone: Tone = "normal"
    private: bool = False


def reply(*blocks: Block, tone: Tone = "normal", private: bool = False) -> Reply:
    return Reply(blocks, tone, private)


def buttons_of(answer: Reply) -> list[Button]:
    """Every button in the reply, in reading order."""
    found: list[Button] = []
    for block in answer.blocks:
        if isinstance(block, Actions | Say):
            found.extend(block.buttons)
        elif isinstance(block, Items):
            for item in block.items:
                found.extend(item.buttons)
    return found


SECRET_GONE = msg("secret.gone")
"""What stands in the place of a secret that was shown."""


def without_secrets(answer: Reply) -> Reply:
    """The reply as it is kept, and as everybody but whoever asked sees it."""
    return replace(answer, blocks=tuple(map(_forgotten, answer.blocks)))


def _forgotten(block: Block) -> Block:
    return replace(block, text="") if isinstance(block, Secret) else block


def button_id(message: str, button: Button) -> str:
    """Short id (10 characters) of a button in a message; the same command and arguments keep it through edits."""
    text = json.dumps([message, button.command, sorted(button.args.items())], ensure_ascii=False)
    return hashlib.blake2s(text.encode(), digest_size=5).hexdigest()


_KINDS: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        *(When, Span, Share, Msg, Listing, Money, Field, Button, Item, Reply),
        *(Heading, Text, Note, Code, Secret, Facts, Items, Table, Say, Image, Actions),
    )
}


def encode(value: Any) -> str:
    """The reply (or any value in it) as JSON that `decode` turns back into an equal one, but without secrets."""
    return json.dumps(_pack(value), ensure_ascii=False, separators=(",", ":"))


def decode(text: str) -> Any:
    """The inverse of `encode`."""
    return _unpack(json.loads(text))


def _pack(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Decimal):
        return {"$": "Decimal", "value": str(value)}
    if isinstance(value, datetime):
        return {"$": "datetime", "value": value.isoformat()}
    if isinstance(value, Mapping):
        return {"$": "map", "value": {name: _pack(item) for name, item in value.items()}}
    if isinstance(value, tuple | list):
        return [_pack(item) for item in value]
    if isinstance(value, Secret):
        value = _forgotten(value)
    packed = {"$": type(value).__name__}
    for spec in dataclasses.fields(value):
        item = getattr(value, spec.name)
        if item != spec.default:
            packed[spec.name] = _pack(item)
    return packed


def _unpack(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_unpack(item) for item in value)
    if not isinstance(value, dict):
        return value
    kind = value["$"]
    if kind == "Decimal":
        return Decimal(value["value"])
    if kind == "datetime":
        return datetime.fromisoformat(value["value"])
    if kind == "map":
        return {name: _unpack(item) for name, item in value["value"].items()}
    return _KINDS[kind](**{name: _unpack(item) for name, item in value.items() if name != "$"})
