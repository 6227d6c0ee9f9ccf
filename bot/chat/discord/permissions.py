"""What the bot needs to be allowed on a server, the link that asks for exactly that, and what of it is missing.

By the names of discord.Permissions. What does not work without one is told by `lack.NAME` in the catalogues, what it is
called by `permission.NAME`.
"""

from __future__ import annotations

import discord

IN_CHANNELS = (
    *("view_channel", "send_messages", "embed_links", "attach_files", "read_message_history"),
    *("create_public_threads", "send_messages_in_threads"),
)
"""In every channel it posts to."""
ON_SERVER = ("create_events", "manage_events")
"""Once for the server: its events are of no channel."""
NEEDED = (*IN_CHANNELS, *ON_SERVER)
SCOPES = ("bot", "applications.commands")


def needed() -> discord.Permissions:
    return discord.Permissions(**dict.fromkeys(NEEDED, True))


def invitation(application: int) -> str:
    """The address at which somebody who manages a server lets the bot in."""
    return discord.utils.oauth_url(application, permissions=needed(), scopes=SCOPES)


def missing_in(channel: discord.abc.GuildChannel) -> tuple[str, ...]:
    me = channel.guild.me
    has = channel.permissions_for(me) if me is not None else discord.Permissions.none()
    return tuple(name for name in IN_CHANNELS if not getattr(has, name))


def missing_on(server: discord.Guild) -> tuple[str, ...]:
    """What it lacks wherever it is on the server; a single closed channel is no lack of the server."""
    has = server.me.guild_permissions if server.me is not None else discord.Permissions.none()
    everywhere = [set(missing_in(channel)) for channel in server.text_channels]
    nowhere = set(IN_CHANNELS).intersection(*everywhere) if everywhere else set[str]()
    return tuple(name for name in NEEDED if name in nowhere or (name in ON_SERVER and not getattr(has, name)))
