"""What `run.py check` asks Discord, over its API alone: whether the token opens it, and where the bot may write.

Errors of the library may carry an address or a text of somebody else's, so only their kinds are told.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

import discord

from bot.chat.discord.client import aim
from bot.chat.discord.permissions import IN_CHANNELS, ON_SERVER, invitation
from bot.core.finding import Finding, of_lack, of_places

LIMIT_S = 10.0
"""Real seconds that all of it may take."""
_CLOSE_S = 2.0
_MOST = 5
"""Servers named."""


async def inspect(token: str, api_base: str, destinations: Sequence[str]) -> list[Finding]:
    """`destinations`: what messages are bound to there ("discord:123"). Changes nothing, and says nothing there."""
    aim(api_base, "")
    client = discord.Client(intents=discord.Intents.none())
    found: list[Finding] = []
    try:
        async with asyncio.timeout(LIMIT_S):
            await client.login(token)
            found.append(await _itself(client))
            wrong = [finding for name in destinations if (finding := await _place(client, name)) is not None]
            found += of_places("discord", len(destinations), wrong)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is to be named and not to end the other checks
        found.append(_failed(error))
    finally:
        with contextlib.suppress(Exception):
            async with asyncio.timeout(_CLOSE_S):
                await client.close()
    return found


def _failed(error: Exception) -> Finding:
    if isinstance(error, discord.LoginFailure):
        mend = "make a new one in the developer portal (Bot, Reset Token) and set SHOWCALLER_DISCORD__TOKEN to it"
        return Finding("discord", ok=False, detail=f"Discord refuses the token: {mend}")
    if isinstance(error, discord.HTTPException):
        detail = f"Discord answers with error {error.status}: try again later; discordstatus.com tells of its troubles"
        return Finding("discord", ok=False, detail=detail)
    mend = "look at the network of this machine, and at the setting `discord.api_base` if it is set"
    return Finding("discord", ok=False, detail=f"could not be reached ({type(error).__name__}): {mend}")


async def _itself(client: discord.Client) -> Finding:
    servers = [server.name async for server in client.fetch_guilds(limit=200)]
    name = client.user.name if client.user is not None else "?"
    if not servers:
        link = invitation(client.application_id or 0)
        return Finding(
            "discord", ok=True, look=True, detail=f"logged in as {name}, on no server: let it in with {link}"
        )
    told = ", ".join(servers[:_MOST]) + (f" and {len(servers) - _MOST} more" if len(servers) > _MOST else "")
    return Finding("discord", ok=True, detail=f"logged in as {name}, on {told}")


async def _place(client: discord.Client, destination: str) -> Finding | None:
    what, gone = f"place {destination}", "put the bot where it sees it, or type /setup unbind"
    try:
        missing = await _missing(client, int(destination.partition(":")[2]))
    except (discord.NotFound, ValueError):
        return Finding(what, ok=False, detail=f"there is no such channel (any more): {gone}")
    except discord.Forbidden:
        return Finding(what, ok=False, detail=f"the bot does not see this channel: {gone}")
    return of_lack(destination, missing, [name.replace("_", " ").title() for name in missing])


async def _missing(client: discord.Client, channel_id: int) -> list[str]:
    """Permissions that the bot lacks in a channel, and on its server."""
    told = await client.http.get_channel(channel_id)
    server = await client.fetch_guild(int(str(told.get("guild_id") or 0)))
    me = await server.fetch_member(client.user.id if client.user is not None else 0)
    channel = await server.fetch_channel(channel_id)
    parent = channel.parent_id if isinstance(channel, discord.Thread) else None
    place = channel if parent is None else await server.fetch_channel(parent)
    if isinstance(place, discord.Thread):
        return []
    has = place.permissions_for(me)
    lacking = [name for name in IN_CHANNELS if not getattr(has, name)]
    return lacking + [name for name in ON_SERVER if not getattr(me.guild_permissions, name)]
