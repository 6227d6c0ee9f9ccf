"""Where discord.py finds Discord. Its addresses are globals of classes: one server per process at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from tests.servers.discord_server import DiscordServer


@contextmanager
def aimed_at(url: str) -> Iterator[None]:
    """discord.py's REST, gateway and CDN are at `url` (http://127.0.0.1:PORT) in here, and where they were after."""
    before = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, discord.Asset.BASE
    Route.BASE = f"{url}/api/v10"
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(url.replace("http", "ws", 1) + "/gw/")
    discord.Asset.BASE = url
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, discord.Asset.BASE = before


@asynccontextmanager
async def served(token: str | None = None) -> AsyncIterator[DiscordServer]:
    """A server in this loop with discord.py aimed at it; `.control` is what tests ask of it."""
    async with DiscordServer(token) as server:
        with aimed_at(server.url):
            yield server
