"""How the Discord test server makes, edits and removes messages, and whom they ping."""

from __future__ import annotations

import copy
import re
import time
from typing import Any

from tests.servers.discord_permissions import Perm
from tests.servers.discord_world import (
    DM,
    EPHEMERAL,
    LOADING,
    THREADS,
    Interaction,
    Message,
    Payload,
    World,
    Wrong,
    iso,
    unknown,
)

KEPT_FLAGS = 1 << 2 | EPHEMERAL | LOADING | 1 << 12 | 1 << 15
"""Of what a bot may set: no link previews, ephemeral, silent, components of the second kind."""
Files = dict[str, tuple[str, bytes]]
"""The files of a form, by their field: name and bytes."""


class Messages:
    def __init__(self, world: World) -> None:
        self.world = world

    def post(self, channel: str, body: Payload, files: Files) -> Message:
        """As the bot, by POST to a channel; one whose nonce is known from a moment ago is not made again."""
        self._may_post(channel, body, files)
        nonce = str(body.get("nonce"))
        if body.get("enforce_nonce") and body.get("nonce") is not None:
            at, known = self.world.nonces.get(nonce, (0.0, ""))
            if known and time.time() - at < self.world.limits.nonce_s:
                return self.world.messages[known]
        self._awake(self.world.channels[channel])
        made = self.make(channel, self.world.bot, body, files)
        if body.get("nonce") is not None:
            self.world.nonces[nonce] = (made.at, made.id)
        return made

    def _may_post(self, channel: str, body: Payload, files: Files) -> None:
        found = self.world.here(channel)
        if found["type"] == DM:
            user = found["recipients"][0]["id"]
            shared = any({user, self.world.bot} <= set(guild["members"]) for guild in self.world.guilds.values())
            if user in self.world.no_dms or not shared:
                raise Wrong(403, 50007, "Cannot send messages to this user")
            return
        in_thread = found["type"] in THREADS
        self.world.need(channel, Perm.SEND_MESSAGES_IN_THREADS if in_thread else Perm.SEND_MESSAGES)
        if in_thread and found["thread_metadata"]["locked"] and not self.world.rights(channel) & Perm.MANAGE_THREADS:
            raise Wrong(400, 50083, "Thread is archived")
        if body.get("embeds"):
            self.world.need(channel, Perm.EMBED_LINKS)
        if files:
            self.world.need(channel, Perm.ATTACH_FILES)

    def _awake(self, channel: Payload) -> None:
        """A message in a thread that was put away brings it back."""
        if channel["type"] in THREADS and channel["thread_metadata"]["archived"]:
            channel["thread_metadata"]["archived"] = False
            self.world.send("THREAD_UPDATE", channel, channel["guild_id"])

    def make(
        self, channel: str, author: str, body: Payload, files: Files | None = None, of: Interaction | None = None
    ) -> Message:
        """Stores a message and tells the gateway, unless only one person sees it."""
        message_id = self.world.snowflake()
        flags = (body.get("flags") or 0) & KEPT_FLAGS
        payload: Payload = {
            "id": message_id, "channel_id": channel, "author": self.world.users[author], "timestamp": iso(),
            "edited_timestamp": None, "tts": False, "mention_everyone": False, "mentions": [], "mention_roles": [],
            "pinned": False, "type": 0, "flags": flags, "content": body.get("content") or "",
            "embeds": [], "components": body.get("components") or [],
            "attachments": self._attach(channel, body, files or {}),
        }  # fmt: skip
        made = Message(payload, time.time(), only_for=of.user if of and flags & EPHEMERAL else None)
        if body.get("nonce") is not None:
            payload["nonce"] = body["nonce"]
        if body.get("message_reference"):
            reference = {"type": 0, "channel_id": channel, **body["message_reference"]}
            payload |= {"type": 19, "message_reference": reference}
        if of is not None:
            made.interaction = of.id
            payload |= {"application_id": self.world.app, "webhook_id": self.world.app}
        payload["embeds"] = _embeds(body, payload["attachments"])
        self._mention(made, body.get("allowed_mentions"))
        self.world.messages[message_id] = made
        self.world.channels[channel]["last_message_id"] = message_id
        self._tell("MESSAGE_CREATE", made, payload)
        return made

    def edit(self, message: Message, body: Payload, files: Files) -> Message:
        """What is not named stays. What was there goes to the history."""
        if message.deleted_at is not None:
            raise unknown(10008, "Message")
        before = copy.deepcopy(message.payload)
        payload = message.payload
        if "attachments" in body or files:
            named = {str(each["id"]) for each in body.get("attachments") or []}
            kept = [each for each in payload["attachments"] if "attachments" not in body or each["id"] in named]
            payload["attachments"] = kept + self._attach(message.channel, body, files)
        if "embeds" in body:
            payload["embeds"] = _embeds(body, payload["attachments"])
        for part, empty in (("content", ""), ("components", [])):
            if part in body:
                payload[part] = body[part] or empty
        if not any(payload[part] for part in ("content", "embeds", "components", "attachments")):
            message.payload = before
            raise Wrong(400, 50006, "Cannot send an empty message")
        filled = bool(payload["flags"] & LOADING)
        payload["flags"] &= ~LOADING
        payload["edited_timestamp"] = iso()
        message.history.append(before)
        self._mention(message, body.get("allowed_mentions"), again=not filled)
        self._tell("MESSAGE_UPDATE", message, payload)
        return message

    def delete(self, message: Message) -> None:
        message.deleted_at = time.time()
        self._tell("MESSAGE_DELETE", message, {"id": message.id, "channel_id": message.channel})

    def of_channel(self, channel: str, message: str) -> Message:
        """For the bot by way of the channel: what only one person sees does not exist there."""
        self.world.here(channel)
        found = self.world.messages.get(message)
        if found is None or found.channel != channel or found.deleted_at is not None or found.only_for is not None:
            raise unknown(10008, "Message")
        return found

    def listed(self, channel: str, query: dict[str, str]) -> list[Payload]:
        """The newest first, 50 unless said otherwise; `after` gives the ones next to it."""
        self.world.here(channel)
        if self.world.channels[channel]["type"] != DM and not self.world.rights(channel) & Perm.READ_MESSAGE_HISTORY:
            return []
        there = [
            message.payload for message in self.world.messages.values()
            if message.channel == channel and message.deleted_at is None and message.only_for is None
        ]  # fmt: skip
        there.sort(key=lambda message: int(message["id"]))
        limit = int(query.get("limit", 50))
        if "around" in query:
            near = sorted(there, key=lambda message: abs(int(message["id"]) - int(query["around"])))[:limit]
            return sorted(near, key=lambda message: -int(message["id"]))
        if "after" in query:
            there = [each for each in there if int(each["id"]) > int(query["after"])][:limit]
        elif "before" in query:
            there = [each for each in there if int(each["id"]) < int(query["before"])][-limit:]
        return there[::-1][:limit]

    def _tell(self, event: str, message: Message, payload: Payload) -> None:
        guild = self.world.channels[message.channel].get("guild_id")
        if message.only_for is None:
            self.world.send(event, payload | ({"guild_id": guild} if guild else {}), guild)
        self.world.changed()

    def _attach(self, channel: str, body: Payload, files: Files) -> list[Payload]:
        about = {str(each.get("id")): each for each in body.get("attachments") or []}
        attached = []
        for name, (filename, data) in files.items():
            number = re.sub(r"\D", "", name)
            file_id = self.world.snowflake()
            path = f"/attachments/{channel}/{file_id}/{filename}"
            self.world.files[path] = data
            attached.append({
                "id": file_id, "filename": filename, "size": len(data), "url": self.world.base + path,
                "proxy_url": self.world.base + path, "content_type": None,
                "description": about.get(number, {}).get("description"),
            })  # fmt: skip
        return attached

    def _mention(self, message: Message, allowed: Payload | None, *, again: bool = False) -> None:
        """Who is named, and who of them is pinged: an edit names without pinging."""
        payload = message.payload
        named = list(dict.fromkeys(re.findall(r"<@!?(\d+)>", payload["content"])))
        payload["mentions"] = [self.world.users[user] for user in named if user in self.world.users]
        payload["mention_roles"] = list(dict.fromkeys(re.findall(r"<@&(\d+)>", payload["content"])))
        if again:
            return
        everything: dict[str, Any] = {"parse": ["users", "roles", "everyone"]}
        allowed = everything if allowed is None else allowed
        parse = allowed.get("parse") or []
        users = {str(user) for user in allowed.get("users") or []}
        roles = {str(role) for role in allowed.get("roles") or []}
        message.pinged = [user for user in named if "users" in parse or user in users]
        message.pinged += [role for role in payload["mention_roles"] if "roles" in parse or role in roles]
        if "everyone" in parse and re.search(r"@(everyone|here)\b", payload["content"]):
            payload["mention_everyone"] = bool(self.world.rights(message.channel) & Perm.MENTION_EVERYONE)
            message.pinged += ["everyone"] if payload["mention_everyone"] else []


def _embeds(body: Payload, attachments: list[Payload]) -> list[Payload]:
    """With the addresses that `attachment://` ones come to have."""
    urls = {f"attachment://{each['filename']}": each["url"] for each in attachments}
    embeds = []
    for embed in copy.deepcopy(body.get("embeds") or []):
        for place in ("image", "thumbnail"):
            if place in embed:
                embed[place]["url"] = urls.get(embed[place]["url"], embed[place]["url"])
        embeds.append({"type": "rich", **embed})
    return embeds
