"""discord.py's client as we use it: the least intents, no mention by accident, events handed on."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import discord
import structlog
from discord import app_commands
from discord.backoff import ExponentialBackoff
from discord.gateway import DiscordWebSocket
from discord.http import Route

log = structlog.get_logger()

LONGEST_WAIT_S = 30.0
"""For a rate limit inside the library, the least it takes; what has to wait longer waits in the outbox."""
GUILDS_S = 2.0
"""Real seconds after the last server that Discord names until it is taken for the last; as the library has it."""
INTENTS = ("guilds",)
"""What Discord is asked to tell by itself, by the names of discord.Intents: the servers, their channels and roles.
Commands and presses come without; none of these is privileged."""
_API, _GATEWAY = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY


@dataclass(frozen=True, slots=True)
class Hooks:
    """Who is told of what. Nothing they raise may get lost: they handle it themselves."""

    up: Callable[[], Awaitable[None]]
    down: Callable[[], None]
    joined: Callable[[discord.Guild], Awaitable[None]]
    interaction: Callable[[discord.Interaction], Awaitable[None]]
    stale: Callable[[discord.Interaction], Awaitable[None]]


class BotClient(discord.Client):
    """One connection, from logging in until it is closed; a new one is made for each attempt."""

    def __init__(self, hooks: Hooks) -> None:
        super().__init__(
            intents=discord.Intents(**dict.fromkeys(INTENTS, True)),
            allowed_mentions=discord.AllowedMentions.none(),
            max_ratelimit_timeout=LONGEST_WAIT_S,
            member_cache_flags=discord.MemberCacheFlags.none(),
            max_messages=None,
            chunk_guilds_at_startup=False,
            guild_ready_timeout=GUILDS_S,
        )
        self._told = hooks
        self.tree: _Commands = _Commands(self, hooks)

    async def on_ready(self) -> None:
        await self._told.up()

    async def on_resumed(self) -> None:
        await self._told.up()

    async def on_disconnect(self) -> None:
        self._told.down()

    async def on_guild_join(self, guild: discord.Guild) -> None:
        await self._told.joined(guild)

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Slash commands come through the tree; presses and windows come here, also those of an earlier process."""
        if interaction.type in (discord.InteractionType.component, discord.InteractionType.modal_submit):
            await self._told.interaction(interaction)


class _Commands(app_commands.CommandTree[BotClient]):
    def __init__(self, client: BotClient, hooks: Hooks) -> None:
        super().__init__(client, fallback_to_global=True)
        self._told = hooks

    async def on_error(self, interaction: discord.Interaction[Any], error: app_commands.AppCommandError, /) -> None:
        """Ours raise nothing, so it is a command or an option that Discord still shows and we no longer have."""
        log.warning("discord_command_unknown", kind=type(error).__name__)
        await self._told.stale(interaction)


def aim(api_base: str, gateway_url: str) -> None:
    """Where discord.py finds Discord, for the whole process; empty is Discord's own."""
    Route.BASE = api_base or _API
    DiscordWebSocket.DEFAULT_GATEWAY = type(_GATEWAY)(gateway_url) if gateway_url else _GATEWAY


class _Patient(ExponentialBackoff[Any]):
    """The library's waits between attempts to come back, up to about a minute instead of 17."""

    def __init__(self, base: int = 1, *, integral: Any = False) -> None:
        super().__init__(base, integral=integral)
        self._max = 6


class _OneLine(logging.Handler):
    """What the library has to say, in the bot's own log; an exception by its kind, as its text may hold an address."""

    def emit(self, record: logging.LogRecord) -> None:
        kind = record.exc_info[0] if record.exc_info else None
        more: Mapping[str, str] = {} if kind is None else {"kind": kind.__name__}
        log.warning("discord_says", what=record.getMessage()[:200], **more)


def tame() -> None:
    """Once per process: the library's waits and its log, which need not tell that the bot cannot speak."""
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    discord.client.ExponentialBackoff = _Patient  # type: ignore[attr-defined]
    theirs = logging.getLogger("discord")
    if not any(isinstance(handler, _OneLine) for handler in theirs.handlers):
        theirs.addHandler(_OneLine(logging.WARNING))
        theirs.propagate = False
