"""Discord's permissions, as far as a bot like ours meets them: bits, and how roles and channels add up."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import Any


class Perm(IntFlag):
    ADMINISTRATOR = 1 << 3
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_EVENTS = 1 << 33
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    SEND_MESSAGES_IN_THREADS = 1 << 38
    CREATE_EVENTS = 1 << 44
    PIN_MESSAGES = 1 << 51


_P = Perm
EVERYONE = (
    _P.VIEW_CHANNEL | _P.SEND_MESSAGES | _P.EMBED_LINKS | _P.ATTACH_FILES | _P.READ_MESSAGE_HISTORY
    | _P.USE_APPLICATION_COMMANDS | _P.CREATE_PUBLIC_THREADS | _P.SEND_MESSAGES_IN_THREADS
)  # fmt: skip
BOT = EVERYONE | _P.MANAGE_EVENTS | _P.CREATE_EVENTS | _P.MANAGE_THREADS | _P.PIN_MESSAGES
"""What the bot's own role has where a test says nothing else."""
_ALL = (1 << 52) - 1


@dataclass(frozen=True, slots=True)
class GuildRights:
    guild: dict[str, Any]

    def at_large(self, user: str) -> int:
        """The roles' bits together; an administrator's and the owner's are all."""
        member = self.guild["members"].get(user)
        if member is None:
            return 0
        held = {self.guild["id"], *member["roles"]}
        bits = 0
        for role in self.guild["roles"]:
            if role["id"] in held:
                bits |= int(role["permissions"])
        return _ALL if bits & Perm.ADMINISTRATOR or user == self.guild["owner_id"] else bits

    def within(self, user: str, channel: dict[str, Any]) -> int:
        """With the channel's own: everyone's first, then the roles' together, then the member's."""
        bits = self.at_large(user)
        if bits in {0, _ALL}:
            return bits
        own = {each["id"]: (int(each["allow"]), int(each["deny"])) for each in channel["permission_overwrites"]}
        allow, deny = own.get(self.guild["id"], (0, 0))
        bits = bits & ~deny | allow
        theirs = [own[role] for role in self.guild["members"][user]["roles"] if role in own]
        for _, deny in theirs:
            bits &= ~deny
        for allow, _ in theirs:
            bits |= allow
        allow, deny = own.get(user, (0, 0))
        return bits & ~deny | allow
