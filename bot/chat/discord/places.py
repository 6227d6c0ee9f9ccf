"""The servers the bot is on, with the channels it could post to and the roles people can have."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import discord

from bot.chat.discord.permissions import missing_in, missing_on
from bot.core.places_port import Can, ChatMark, ChatPlace, Group

_THREADS = frozenset(("create_public_threads", "send_messages_in_threads"))


@dataclass(slots=True)
class Servers:
    """From what Discord tells of itself all the time; nothing is asked for. `client` gives None while it is not up.

    The library's memory belongs to the event loop: from another thread, what the loop saw last is given.
    """

    client: Callable[[], discord.Client | None]
    _seen: tuple[Group, ...] = ()

    async def look(self) -> tuple[Group, ...] | None:
        return None if self.client() is None else self.seen()

    def seen(self) -> tuple[Group, ...]:
        client = self.client() if _is_on_loop() else None
        if client is not None:
            before = {group.id: group for group in self._seen}
            found = [before.get(str(server.id)) if server.unavailable else _group(server) for server in client.guilds]
            self._seen = tuple(group for group in found if group is not None)
        return self._seen

    def way_in(self, code: str) -> str | None:
        return f"/link code:{code}"


def _is_on_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _group(server: discord.Guild) -> Group:
    missing = missing_on(server)
    places = tuple(_place(channel, has_events="create_events" not in missing) for channel in server.text_channels)
    marks = tuple(_mark(role) for role in reversed(server.roles) if not role.is_bot_managed())
    return Group(str(server.id), server.name, places, marks, missing)


def _place(channel: discord.TextChannel, *, has_events: bool) -> ChatPlace:
    missing = missing_in(channel)
    kinds: list[Can] = [] if _THREADS.intersection(missing) else ["threads"]
    kinds += ["events"] if has_events else []
    return ChatPlace(str(channel.id), f"#{channel.name}", missing, tuple(kinds))


def _mark(role: discord.Role) -> ChatMark:
    return ChatMark(str(role.id), f"@{role.name.removeprefix('@')}", is_everybody=role.is_default())
