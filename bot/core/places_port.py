"""What a chat tells of itself: where the bot is in it, what it may do there, and what accounts can be there.

Part of ports.py, whose rules hold here. A chat's client may have an attribute `places` that keeps this Protocol;
bot/app.py gathers them by the chat's name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

Can = Literal["threads", "topics", "events"]


@dataclass(frozen=True, slots=True)
class ChatPlace:
    """A channel or a group in which the bot could post. `address` as in destinations, without the chat ("123").

    `name` as people see it there, with its sign ("#us-team", "US team"). `missing`: permissions that the bot lacks
    there, by the names in LACKING or the platform's own. `kinds`: what may be made there for a show.
    """

    address: str
    name: str
    missing: tuple[str, ...] = ()
    kinds: tuple[Can, ...] = ()

    @property
    def is_closed(self) -> bool:
        """Nothing at all can be posted there."""
        return any(permission in CLOSING for permission in self.missing)


@dataclass(frozen=True, slots=True)
class ChatMark:
    """What an account can be in a group: a Discord role, an administrator of a Telegram group.

    `mark` is exactly what `Incoming.marks` holds; `name` as people see it ("@ops"). `is_everybody`: everybody in the
    group bears it (@everyone, member), so that a role of ours given to it is given to whoever comes in.
    """

    mark: str
    name: str
    is_everybody: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """A Discord server, or a Telegram group, which is its own only place. `missing`: permissions of all of it."""

    id: str
    name: str
    places: tuple[ChatPlace, ...] = ()
    marks: tuple[ChatMark, ...] = ()
    missing: tuple[str, ...] = ()


class Places(Protocol):
    async def look(self) -> tuple[Group, ...] | None:
        """Where the bot is now, asking the platform where that is needed, within five seconds.

        None: the chat cannot be reached. Raises nothing; a group that could not be looked at is as it was seen last.
        What it gives is what `seen` gives from then on.
        """
        ...

    def seen(self) -> tuple[Group, ...]:
        """As it was seen last, without asking anybody: for names and completion."""
        ...

    def way_in(self, code: str) -> str | None:
        """What spends a link's code there: a line as it is typed, an address to open. None: as in any chat."""
        ...


CLOSING = frozenset(("view_channel", "send_messages", "embed_links", "member", "can_send_messages"))
"""Permissions without which nothing can be posted in a place; on Discord every message of ours is an embed."""
LACKING = (
    *("view_channel", "send_messages", "embed_links", "attach_files", "read_message_history"),
    *("create_public_threads", "send_messages_in_threads", "create_events", "manage_events"),
    *("member", "can_send_messages", "can_send_photos", "can_send_documents", "can_manage_topics"),
)
"""Permissions of Discord, then of Telegram, whose lack is told in words: what it is called there and what fails.

Discord's as discord.Permissions names them; "member": the bot is not in the group (any more).
"""
