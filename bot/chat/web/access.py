"""Which channels a role reads and writes in: whatever goes in or out of the web chat asks here."""

from __future__ import annotations

from bot.core.command import Actor
from bot.core.errors import ForbiddenError
from bot.core.model import Role
from bot.core.records import WebMessage
from bot.core.reply import msg

_LEAST = {"team": Role.VIEWER, "host": Role.HOST, "managers": Role.MANAGER}


def channels_of(role: Role) -> tuple[str, ...]:
    """The channels this role sees, in the page's order."""
    return tuple(name for name, least in _LEAST.items() if role >= least)


def check(actor: Actor, channel: str) -> None:
    """Raises ForbiddenError, saying who may, unless the actor sees the channel."""
    if channel not in channels_of(actor.role):
        needed = msg(f"role.{_LEAST[channel].name.lower()}")
        raise ForbiddenError(
            "signin.channel", channel=msg(f"web.channel.{channel}"), needed=needed,
            have=msg(f"role.{actor.role.name.lower()}"),
        )  # fmt: skip


def sees(actor: Actor, message: WebMessage) -> bool:
    """Whether the message is one the actor may read, and so press."""
    if message.private and actor.person not in (message.to, message.author):
        return False
    return message.channel in channels_of(actor.role)
