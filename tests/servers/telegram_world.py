"""What the Telegram test server knows: people, chats, messages with all they ever were, files. No network here."""

from __future__ import annotations

import itertools
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.servers.telegram_markup import Entity

BOT_RIGHTS = ("can_manage_topics", "can_pin_messages", "can_delete_messages")
"""What an admin gives a bot like ours; the other rights are shown as not given."""
_ALL_RIGHTS = (
    *(
        "can_manage_chat",
        "can_delete_messages",
        "can_manage_video_chats",
        "can_restrict_members",
        "can_promote_members",
    ),
    *("can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories", "can_delete_stories"),
    *("can_pin_messages", "can_manage_topics", "can_manage_tags"),
)
_RESTRICTED = (
    *("can_send_messages", "can_send_audios", "can_send_documents", "can_send_photos", "can_send_videos"),
    *("can_send_video_notes", "can_send_voice_notes", "can_send_polls", "can_send_other_messages", "can_edit_tag"),
    *("can_add_web_page_previews", "can_react_to_messages", "can_change_info", "can_invite_users"),
    *("can_pin_messages", "can_manage_topics"),
)
SEEN_S = 48 * 3600.0
"""A bot may delete its own messages that long."""


class RefusedError(Exception):
    """The answer is an error. `is_violation`: the request was wrong in itself, whatever the state of things."""

    def __init__(self, code: int, description: str, *, is_violation: bool = False, **parameters: Any) -> None:
        super().__init__(description)
        self.code, self.description, self.is_violation, self.parameters = code, description, is_violation, parameters


@dataclass(slots=True)
class User:
    """`has_started`: has pressed Start, so that the bot may write; `has_blocked`: and has blocked the bot since."""

    id: int
    first_name: str
    username: str | None = None
    language_code: str | None = None
    is_bot: bool = False
    has_started: bool = False
    has_blocked: bool = False
    is_deactivated: bool = False

    def shown(self) -> dict[str, Any]:
        shown = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        more = {"username": self.username, "language_code": self.language_code}
        return shown | {name: value for name, value in more.items() if value}


@dataclass(slots=True)
class Topic:
    id: int
    name: str
    icon_color: int = 7322096
    is_closed: bool = False


@dataclass(slots=True)
class Chat:
    """`kind`: private, group, supergroup or channel. `members`: status by user id, the bot's own included."""

    id: int
    kind: str
    title: str = ""
    username: str | None = None
    is_forum: bool = False
    members: dict[int, str] = field(default_factory=dict)
    bot_rights: tuple[str, ...] = BOT_RIGHTS
    topics: dict[int, Topic] = field(default_factory=dict)
    pinned: list[int] = field(default_factory=list)
    moved_to: int | None = None


@dataclass(slots=True)
class Version:
    """One state of a message. `found` are the entities Telegram saw in plain text by itself; `marked` the bot's own."""

    at: float
    text: str | None = None
    caption: str | None = None
    marked: list[Entity] = field(default_factory=list)
    found: list[Entity] = field(default_factory=list)
    keyboard: dict[str, Any] | None = None
    media: dict[str, Any] = field(default_factory=dict)
    """photo or document, as the API shows them."""

    @property
    def entities(self) -> list[Entity]:
        return sorted([*self.marked, *self.found], key=lambda one: (one["offset"], -one["length"]))

    def is_same(self, other: Version) -> bool:
        mine = (self.text, self.caption, self.marked, self.keyboard, self.media)
        return mine == (other.text, other.caption, other.marked, other.keyboard, other.media)


@dataclass(slots=True)
class Message:
    """`history` ends with how it stands now; `request` is the number of the request that made it, None for people's."""

    id: int
    chat: int
    sender: int
    history: list[Version]
    thread: int | None = None
    reply_to: int | None = None
    group: str | None = None
    service: dict[str, Any] = field(default_factory=dict)
    is_silent: bool = False
    request: int | None = None
    deleted_at: float | None = None
    reactions: list[str] = field(default_factory=list)

    @property
    def now(self) -> Version:
        return self.history[-1]

    @property
    def text(self) -> str | None:
        """Text or caption, as it stands."""
        return self.now.text if self.now.text is not None else self.now.caption

    @property
    def at(self) -> float:
        """Seconds since the epoch, when it was sent."""
        return self.history[0].at

    @property
    def buttons(self) -> list[dict[str, Any]]:
        """All inline buttons in reading order."""
        return [one for row in (self.now.keyboard or {}).get("inline_keyboard", []) for one in row]


@dataclass(slots=True)
class Document:
    id: str
    content: bytes
    name: str | None
    mime: str | None

    @property
    def path(self) -> str:
        return f"files/{self.id}"


@dataclass(slots=True)
class World:
    bot: User
    clock: Callable[[], float] = time.time
    users: dict[int, User] = field(default_factory=dict)
    chats: dict[int, Chat] = field(default_factory=dict)
    messages: dict[tuple[int, int], Message] = field(default_factory=dict)
    files: dict[str, Document] = field(default_factory=dict)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    counted: defaultdict[int, itertools.count[int]] = field(
        default_factory=lambda: defaultdict(lambda: itertools.count(1))
    )

    def add(self, message: Message) -> Message:
        self.messages[message.chat, message.id] = message
        return message

    def post(self, chat: int, sender: int, version: Version, **rest: Any) -> Message:
        """Each supergroup counts its messages for itself, so that ids of two chats are often equal."""
        own = chat if self.chats[chat].kind in ("supergroup", "channel") else 0
        return self.add(Message(next(self.counted[own]), chat, sender, [version], **rest))

    def keep(self, content: bytes, name: str | None, mime: str | None) -> Document:
        kept = Document(f"F{next(self.numbers):06d}", content, name, mime)
        self.files[kept.id] = kept
        return kept

    def chat(self, chat_id: Any) -> Chat:
        """The chat of an id or a public @name; a private one exists with its user. RefusedError where there is none."""
        if isinstance(chat_id, str) and chat_id.startswith("@"):
            named = [chat for chat in self.chats.values() if chat.username == chat_id[1:] and chat.kind != "private"]
            chat_id = named[0].id if named else 0
        if chat_id not in self.chats:
            raise RefusedError(400, "Bad Request: chat not found")
        return self.chats[chat_id]

    def writable(self, chat_id: Any) -> Chat:
        """The same, if the bot may write there now."""
        chat = self.chat(chat_id)
        if chat.moved_to is not None:
            reason = "Bad Request: group chat was upgraded to a supergroup chat"
            raise RefusedError(400, reason, migrate_to_chat_id=chat.moved_to)
        if chat.kind == "private":
            user = self.users[chat.id]
            if user.is_deactivated:
                raise RefusedError(403, "Forbidden: user is deactivated")
            if user.has_blocked:
                raise RefusedError(403, "Forbidden: bot was blocked by the user")
            if not user.has_started:
                raise RefusedError(403, "Forbidden: bot can't initiate conversation with a user")
            return chat
        standing = chat.members.get(self.bot.id, "left")
        if standing == "kicked":
            raise RefusedError(403, f"Forbidden: bot was kicked from the {chat.kind} chat")
        if standing == "left":
            raise RefusedError(403, f"Forbidden: bot is not a member of the {chat.kind} chat")
        if standing == "restricted":
            raise RefusedError(400, "Bad Request: not enough rights to send text messages to the chat")
        return chat

    def topic(self, chat: Chat, thread: int | None) -> None:
        """RefusedError unless the bot may write into that topic. 1 is the general one, named by None."""
        if thread is None:
            return
        if thread not in chat.topics:
            raise RefusedError(400, "Bad Request: message thread not found")
        is_admin = chat.members.get(self.bot.id) == "administrator" and "can_manage_topics" in chat.bot_rights
        if chat.topics[thread].is_closed and not is_admin:
            raise RefusedError(400, "Bad Request: TOPIC_CLOSED")

    def standing(self, chat: Chat, message_id: Any, what: str) -> Message:
        """A message that is still there; `what` as in "message to edit not found"."""
        message = self.messages.get((chat.id, message_id))
        if message is None or message.deleted_at is not None:
            raise RefusedError(400, f"Bad Request: {what} not found")
        return message

    def shown_chat(self, chat: Chat) -> dict[str, Any]:
        if chat.kind == "private":
            user = self.users[chat.id].shown()
            return {"id": chat.id, "type": "private"} | {
                name: user[name] for name in ("first_name", "username") if name in user
            }
        shown = {"id": chat.id, "type": chat.kind, "title": chat.title}
        shown |= {"username": chat.username} if chat.username else {}
        return shown | ({"is_forum": True} if chat.is_forum else {})

    def shown_user(self, user_id: int) -> dict[str, Any]:
        return (self.bot if user_id == self.bot.id else self.users[user_id]).shown()

    def shown_member(self, chat: Chat, user_id: int) -> dict[str, Any]:
        status = chat.members.get(user_id, "left")
        shown: dict[str, Any] = {"status": status, "user": self.shown_user(user_id)}
        if status == "administrator":
            given = chat.bot_rights if user_id == self.bot.id else _ALL_RIGHTS
            shown |= {"can_be_edited": False, "is_anonymous": False}
            shown |= {right: right in (*given, "can_manage_chat") for right in _ALL_RIGHTS}
        elif status == "creator":
            shown |= {"is_anonymous": False}
        elif status == "restricted":
            shown |= dict.fromkeys(_RESTRICTED, False) | {"is_member": True, "until_date": 0}
        elif status == "kicked":
            shown |= {"until_date": 0}
        return shown

    def shown(self, message: Message, depth: int = 1) -> dict[str, Any]:
        """A message as the API shows it; `depth` is how many answered messages are shown with it."""
        chat, now = self.chats[message.chat], message.now
        shown: dict[str, Any] = {"message_id": message.id, "date": int(message.at), "chat": self.shown_chat(chat)}
        shown |= {"from": self.shown_user(message.sender)} if chat.kind != "channel" else {}
        shown |= self._place(chat, message, depth)
        shown |= {"edit_date": int(now.at)} if len(message.history) > 1 else {}
        shown |= {"media_group_id": message.group} if message.group else {}
        shown |= now.media | message.service
        for name, value in (("text", now.text), ("caption", now.caption)):
            if value:
                shown[name] = value
                key = "entities" if name == "text" else "caption_entities"
                shown |= {key: self._entities(now)} if now.entities else {}
        return shown | ({"reply_markup": now.keyboard} if now.keyboard and message.sender == self.bot.id else {})

    def _place(self, chat: Chat, message: Message, depth: int) -> dict[str, Any]:
        place: dict[str, Any] = {}
        if message.thread is not None:
            place |= {"message_thread_id": message.thread, "is_topic_message": True}
        # Within a topic, what answers nothing is shown as an answer to the message that opened the topic.
        target = message.reply_to or (message.thread if message.thread != message.id else None)
        if target and depth and (chat.id, target) in self.messages:
            place["reply_to_message"] = self.shown(self.messages[chat.id, target], depth - 1)
        return place

    def _entities(self, version: Version) -> list[Entity]:
        return [
            one | {"user": self.shown_user(one["user"]["id"])} if one["type"] == "text_mention" else one
            for one in version.entities
        ]
