"""What the Discord test server knows: people, guilds, channels, messages with their edits, interactions.

Everything is in Discord's own form (dicts, ids as strings); what is ours stands beside it in dataclasses. Times are
seconds since the epoch, real ones, because Discord's ids and rules are about real time.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.servers.discord_permissions import BOT, EVERYONE, GuildRights, Perm

DISCORD_EPOCH_MS = 1_420_070_400_000
TEXT, DM, CATEGORY, PUBLIC_THREAD, PRIVATE_THREAD, FORUM = 0, 1, 4, 11, 12, 15
THREADS = frozenset({10, PUBLIC_THREAD, PRIVATE_THREAD})
EPHEMERAL, LOADING = 1 << 6, 1 << 7
Payload = dict[str, Any]


class Wrong(Exception):  # noqa: N818 - an answer, not a fault of the server's
    """An answer that is an error, in Discord's form."""

    def __init__(self, status: int, code: int, message: str, errors: Payload | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body: Payload = {"message": message, "code": code}
        if errors:
            self.body["errors"] = errors


def unknown(code: int, what: str) -> Wrong:
    return Wrong(404, code, f"Unknown {what}")


def iso(at: float | None = None) -> str:
    return datetime.fromtimestamp(time.time() if at is None else at, UTC).isoformat()


@dataclass(slots=True)
class Message:
    """One message: `history` is what it said before, oldest first; `only_for` who alone sees it (ephemeral)."""

    payload: Payload
    at: float
    only_for: str | None = None
    history: list[Payload] = field(default_factory=list)
    pinged: list[str] = field(default_factory=list)
    interaction: str | None = None
    deleted_at: float | None = None

    @property
    def id(self) -> str:
        return str(self.payload["id"])

    @property
    def channel(self) -> str:
        return str(self.payload["channel_id"])

    def shown(self) -> Payload:
        """For the control API: the payload's parts, and ours."""
        return {**self.payload, **{key: value for key, value in asdict(self).items() if key != "payload"}}


@dataclass(slots=True)
class Interaction:
    """One thing a person did, and what was answered. `kind` is command, autocomplete, component or modal."""

    id: str
    token: str
    kind: str
    user: str
    channel: str
    at: float
    source: str | None = None
    """The message whose component was pressed."""
    acked_at: float | None = None
    answer: int | None = None
    """The type of the first answer: 4 message, 5 and 6 deferred, 7 edit, 8 choices, 9 form."""
    loading: bool = False
    original: str | None = None
    followups: list[str] = field(default_factory=list)
    choices: list[Payload] = field(default_factory=list)
    modal: Payload | None = None
    expired: bool = False


@dataclass(slots=True)
class Limits:
    """What Discord's patience is, in seconds; and whether its ordinary rate limits are on."""

    callback_s: float = 3.0
    token_s: float = 900.0
    nonce_s: float = 300.0
    buckets: bool = False
    bucket_size: int = 5
    bucket_s: float = 5.0
    today: float | None = None
    """What scheduled events may not begin before; None: tests have clocks of their own."""


class World:
    """`changed` is called after anything happened; `send` gives an event to the gateway (name, data, guild or None)."""

    def __init__(self, token: str = "bot-token-of-the-test", name: str = "showcaller") -> None:
        self.token = token
        self.limits = Limits()
        self.users: dict[str, Payload] = {}
        self.guilds: dict[str, Payload] = {}
        self.channels: dict[str, Payload] = {}
        self.messages: dict[str, Message] = {}
        self.interactions: dict[str, Interaction] = {}
        self.events: dict[str, Payload] = {}
        self.commands: dict[str, list[Payload]] = {}
        """By guild id; the ones for everywhere under an empty one."""
        self.nonces: dict[str, tuple[float, str]] = {}
        """When each was used and for which message. Discord's documents know them by author, whatever the channel."""
        self.no_dms: set[str] = set()
        self.files: dict[str, bytes] = {}
        self.base = ""
        self.send: Callable[[str, Payload, str | None], None] = lambda *_: None
        self.changed: Callable[[], None] = lambda: None
        self._numbers = itertools.count()
        self.bot = self.person(name, bot=True)
        self.app = self.bot

    def snowflake(self) -> str:
        """An id of now: later ones are greater."""
        return str((int(time.time() * 1000) - DISCORD_EPOCH_MS << 22) + next(self._numbers) % (1 << 22))

    def person(self, name: str, bot: bool = False) -> str:
        user = self.snowflake()
        self.users[user] = {
            "id": user, "username": name, "global_name": None if bot else name, "discriminator": "0", "avatar": None,
            "bot": bot, "system": False, "public_flags": 0, "flags": 0, "mfa_enabled": False, "verified": True,
        }  # fmt: skip
        return user

    def guild(self, name: str) -> str:
        """A guild with the bot in it, whose role has the permissions the bot asks for."""
        guild = self.snowflake()
        self.guilds[guild] = {
            "id": guild, "name": name, "icon": None, "splash": None, "banner": None, "description": None,
            "discovery_splash": None, "owner_id": self.person("owner"), "afk_channel_id": None, "afk_timeout": 300,
            "verification_level": 0, "default_message_notifications": 0, "explicit_content_filter": 0, "mfa_level": 0,
            "premium_tier": 0, "premium_subscription_count": 0, "preferred_locale": "en-US", "system_channel_id": None,
            "system_channel_flags": 0, "rules_channel_id": None, "public_updates_channel_id": None, "features": [],
            "vanity_url_code": None, "application_id": None, "max_members": 500000, "max_presences": None,
            "emojis": [], "stickers": [], "nsfw_level": 0, "premium_progress_bar_enabled": False,
            "roles": [role(guild, "@everyone", EVERYONE, 0)], "members": {},
        }  # fmt: skip
        own = self.role(guild, self.users[self.bot]["username"], BOT, tags={"bot_id": self.bot})
        self.join(guild, self.bot, [own])
        return guild

    def role(self, guild: str, name: str, permissions: int = 0, **more: Any) -> str:
        made = {**role(self.snowflake(), name, permissions, len(self.guilds[guild]["roles"])), **more}
        self.guilds[guild]["roles"].append(made)
        self.send("GUILD_ROLE_CREATE", {"guild_id": guild, "role": made}, guild)
        return str(made["id"])

    def join(self, guild: str, user: str, roles: list[str]) -> None:
        member = {
            "user": self.users[user], "roles": list(roles), "nick": None, "avatar": None, "joined_at": iso(),
            "premium_since": None, "deaf": False, "mute": False, "pending": False, "flags": 0,
            "communication_disabled_until": None,
        }  # fmt: skip
        self.guilds[guild]["members"][user] = member
        self.send("GUILD_MEMBER_ADD", {**member, "guild_id": guild}, guild)

    def channel(self, guild: str, name: str, kind: int = TEXT, **more: Any) -> str:
        channel = self.snowflake()
        self.channels[channel] = {
            "id": channel, "guild_id": guild, "type": kind, "name": name, "position": len(self.channels), "topic": None,
            "permission_overwrites": [], "parent_id": None, "nsfw": False, "rate_limit_per_user": 0,
            "last_message_id": None, "flags": 0, **more,
        }  # fmt: skip
        self.send("CHANNEL_CREATE", self.channels[channel], guild)
        return channel

    def dm(self, user: str) -> str:
        """The channel of the bot and one person, made when it is first asked for."""
        if user not in self.users:
            raise unknown(10013, "User")
        for channel in self.channels.values():
            if channel["type"] == DM and channel["recipients"][0]["id"] == user:
                return str(channel["id"])
        channel_id = self.snowflake()
        self.channels[channel_id] = {
            "id": channel_id, "type": DM, "last_message_id": None, "flags": 0, "recipients": [self.users[user]],
        }  # fmt: skip
        return channel_id

    def thread(self, parent: Payload, name: str, thread_id: str | None = None, **more: Any) -> Payload:
        channel = thread_id or self.snowflake()
        state = {"archived": False, "auto_archive_duration": 1440, "archive_timestamp": iso(), "locked": False}
        thread = {
            "id": channel, "guild_id": parent["guild_id"], "parent_id": parent["id"], "owner_id": self.bot,
            "type": PUBLIC_THREAD, "name": name, "message_count": 0, "total_message_sent": 0, "member_count": 1,
            "rate_limit_per_user": 0, "last_message_id": None, "flags": 0,
            "thread_metadata": {**state, "create_timestamp": iso()}, **more,
        }  # fmt: skip
        self.channels[channel] = thread
        self.send("THREAD_CREATE", {**thread, "newly_created": True}, thread["guild_id"])
        return thread

    def here(self, channel: str) -> Payload:
        """The channel; what the bot may not see is refused as Discord does."""
        if channel not in self.channels:
            raise unknown(10003, "Channel")
        found = self.channels[channel]
        if not self.rights(channel) & Perm.VIEW_CHANNEL:
            raise Wrong(403, 50001, "Missing Access")
        return found

    def rights(self, channel: str, user: str | None = None) -> int:
        """Permission bits of somebody (the bot) in a channel."""
        found = self.channels[channel]
        if found["type"] == DM:
            return int(EVERYONE)
        if found["type"] in THREADS:
            found = self.channels[found["parent_id"]]
        return GuildRights(self.guilds[found["guild_id"]]).within(user or self.bot, found)

    def need(self, channel: str, *bits: Perm) -> None:
        if any(not self.rights(channel) & bit for bit in bits):
            raise Wrong(403, 50013, "Missing Permissions")

    def need_in_guild(self, guild: str, *one_of: Perm) -> None:
        mine = GuildRights(self.guilds[guild]).at_large(self.bot)
        if not any(mine & bit for bit in one_of):
            raise Wrong(403, 50013, "Missing Permissions")

    def guild_of(self, guild: str) -> Payload:
        if guild not in self.guilds or self.bot not in self.guilds[guild]["members"]:
            raise unknown(10004, "Guild")
        return self.guilds[guild]

    def guild_created(self, guild: str) -> Payload:
        """GUILD_CREATE, everything in it."""
        known = self.guilds[guild]
        inside = [channel for channel in self.channels.values() if channel.get("guild_id") == guild]
        return {
            **known,
            "members": list(known["members"].values()),
            "member_count": len(known["members"]),
            "channels": [channel for channel in inside if channel["type"] not in THREADS],
            "threads": [channel for channel in inside if channel["type"] in THREADS],
            "guild_scheduled_events": [event for event in self.events.values() if event["guild_id"] == guild],
            "large": False, "unavailable": False, "joined_at": known["members"][self.bot]["joined_at"],
            "presences": [], "voice_states": [], "stage_instances": [], "soundboard_sounds": [],
        }  # fmt: skip


def role(role_id: str, name: str, permissions: int, position: int) -> Payload:
    return {
        "id": role_id, "name": name, "permissions": str(int(permissions)), "position": position, "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None}, "hoist": False,
        "managed": False, "mentionable": False, "flags": 0, "icon": None, "unicode_emoji": None,
    }  # fmt: skip
