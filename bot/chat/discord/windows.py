"""Windows to fill in (Discord's modals): for a button's form, and for the text a slash command was given without."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import discord

from bot.chat.discord.markdown import cut_plain, flat
from bot.core.command import MAX_TEXT, Command
from bot.core.delivery import Reader
from bot.core.reply import Button, Line
from bot.core.slash import Leaf, Option

_TITLE, _LABEL, _MORE = 45, 45, 100
_OPEN_S = 900.0
"""The library forgets an open window after so many real seconds; what is sent in later is heard all the same."""


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    label: Line
    required: bool
    is_long: bool


def for_button(custom_id: str, button: Button, command: Command, reader: Reader) -> discord.ui.Modal:
    long = {item.name for item in command.parameters if item.arg.rest}
    fields = [_Field(item.name, item.label, item.required, item.name in long) for item in button.form]
    return _window(custom_id, button.label, fields, reader)


def for_options(custom_id: str, leaf: Leaf, options: Iterable[Option], reader: Reader) -> discord.ui.Modal:
    fields = [_Field(item.name, item.about, item.required, is_long=True) for item in options]
    return _window(custom_id, leaf.about, fields, reader)


def _window(custom_id: str, title: Line, fields: Iterable[_Field], reader: Reader) -> discord.ui.Modal:
    window = discord.ui.Modal(title=_short(reader, title, _TITLE), timeout=_OPEN_S, custom_id=custom_id)
    for field in fields:
        whole = flat(reader.line(field.label))
        label = cut_plain(whole, _LABEL)
        entry = discord.ui.TextInput[discord.ui.Modal](
            custom_id=field.name,
            style=discord.TextStyle.paragraph if field.is_long else discord.TextStyle.short,
            required=field.required,
            max_length=MAX_TEXT,
        )
        more = cut_plain(whole, _MORE) if label != whole else None
        window.add_item(discord.ui.Label(text=label, description=more, component=entry))
    return window


def _short(reader: Reader, line: Line, most: int) -> str:
    return cut_plain(flat(reader.line(line)), most)
