"""What an interaction says of who did it and where, and what a custom id of ours stands for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import discord

from bot.chat.desk import ASIDE, Incoming

_PRESS = re.compile(r"(m\d+):([0-9a-f]{10})")
_PAGE = re.compile(r"(m\d+):\+(\d{1,3})")
WINDOW = "ask:"
"""Begins the id of a window that asks for what a slash command lacks; a flow's id follows."""


def incoming_of(interaction: discord.Interaction[Any]) -> Incoming:
    """A thread is its channel: that is what people bind. What the account is there, marks.py knows.

    A private thread is a place of its own: what comes late must not be read by the whole channel.
    """
    user = interaction.user
    if interaction.guild_id is None or not isinstance(user, discord.Member):
        return Incoming(str(interaction.id), str(user.id), user.display_name, f"@{user.id}")
    channel = interaction.channel
    place = interaction.channel_id
    if isinstance(channel, discord.Thread) and not channel.is_private():
        place = channel.parent_id
    return Incoming(str(interaction.id), str(user.id), user.display_name, str(place))


def language_of(interaction: discord.Interaction[Any]) -> str:
    """What Discord is set to, for somebody we know no language of."""
    return "zh-CN" if interaction.locale.value.startswith("zh") else "en"


def press_of(interaction: discord.Interaction[Any]) -> tuple[str, str] | None:
    """Our message and its button: what was pressed, picked from a list, or filled in a window."""
    data: Mapping[str, Any] = interaction.data or {}
    for text in (*data.get("values", ()), str(data.get("custom_id", ""))):
        found = _PRESS.fullmatch(str(text))
        if found is not None:
            return found[1], found[2]
    return None


def page_of(interaction: discord.Interaction[Any]) -> tuple[str, int] | None:
    """Our message and which further page of its buttons is wanted."""
    data: Mapping[str, Any] = interaction.data or {}
    found = _PAGE.fullmatch(str(data.get("custom_id", "")))
    return None if found is None else (found[1], int(found[2]))


def window_of(interaction: discord.Interaction[Any]) -> str | None:
    """The flow whose window was sent in."""
    data: Mapping[str, Any] = interaction.data or {}
    name = str(data.get("custom_id", ""))
    return name.removeprefix(WINDOW) if name.startswith(WINDOW) else None


def pressed_of(interaction: discord.Interaction[Any]) -> str:
    """Discord's id of the message that was pressed; Discord vouches that it carries what was pressed."""
    message = interaction.message
    return ASIDE if message is None or message.flags.ephemeral else str(message.id)


def stands(ref: str, pressed: str) -> bool:
    """Whether the ref of a message of ours ("CHANNEL:MESSAGE") names the message that was pressed."""
    return ref.rpartition(":")[2] == pressed


def filled_in(interaction: discord.Interaction[Any]) -> dict[str, str]:
    """The fields of a window by name; those left empty are absent."""
    data: Mapping[str, Any] = interaction.data or {}
    return {name: text for name, text in _inputs(data.get("components", ())) if text.strip()}


def _inputs(components: Any) -> Iterator[tuple[str, str]]:
    for part in components:
        if "component" in part:
            yield from _inputs([part["component"]])
        elif "components" in part:
            yield from _inputs(part["components"])
        elif isinstance(part.get("value"), str):
            yield str(part.get("custom_id", "")), part["value"]
