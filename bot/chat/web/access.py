"""Which channels a role reads and writes in: whatever goes in or out of the web chat asks here.

A role is the highest somebody has anywhere: channels are the team's, not a room's. What a line or a press may do is
another question, decided behind the runner by where it is done.
"""

from __future__ import annotations

from bot.core.command import Actor
from bot.core.errors import ForbiddenError
from bot.core.model import Role
from bot.core.records import WebMessage
from bot.core.reply import msg
from bot.core.rights import LEAST_OF_CHANNEL

_FOR_ALL = "team"
"""Where somebody without any role may type what is open to them (/help, /link), and finds the answers to it alone."""


def channels_of(role: Role) -> tuple[str, ...]:
    """The channels this role has, in the page's order."""
    return tuple(name for name, least in LEAST_OF_CHANNEL.items() if role >= least or name == _FOR_ALL)


def check(actor: Actor, channel: str, *, to_talk: bool = False) -> None:
    """Raises ForbiddenError, saying who may, unless the actor has the channel; `to_talk`: to say something to all."""
    least = LEAST_OF_CHANNEL[channel]
    if channel not in channels_of(actor.role) or (to_talk and actor.role < least):
        raise ForbiddenError(
            "signin.channel", channel=msg(f"web.channel.{channel}"), needed=msg(f"role.{least.name.lower()}"),
            have=msg(f"role.{actor.role.name.lower()}"),
        )  # fmt: skip


def is_for(actor: Actor, message: WebMessage) -> bool:
    """Whether it stands in a channel of theirs and is no private message of others."""
    is_ours = not message.private or actor.person in (message.to, message.author)
    return is_ours and message.channel in channels_of(actor.role)


def sees(actor: Actor, message: WebMessage) -> bool:
    """Whether the actor may read the message."""
    return is_for(actor, message) and (message.private or actor.role >= LEAST_OF_CHANNEL[message.channel])
