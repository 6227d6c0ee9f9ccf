"""People at the test server: they open chats, type, answer, press, join, leave, block. telegram_server has the list."""

from __future__ import annotations

import zlib
from typing import Any

from tests.servers.telegram_markup import found_in
from tests.servers.telegram_methods import House, Query
from tests.servers.telegram_methods_chats import open_topic
from tests.servers.telegram_world import BOT_RIGHTS, Chat, Message, User, Version

_HERE = ("member", "administrator", "creator", "restricted")


class People:
    """What a test lets people do. Ids in, messages out; every act pushes the update the real Telegram would."""

    house: House

    # Who and where

    def user(self, user_id: int, name: str = "Somebody", **more: Any) -> User:
        """A person Telegram knows. more: username, language_code."""
        world = self.house.world
        world.users[user_id] = User(user_id, name, **more)
        world.chats[user_id] = Chat(user_id, "private", members={user_id: "member", world.bot.id: "member"})
        return world.users[user_id]

    def group(
        self,
        chat_id: int,
        title: str = "A group",
        members: list[int] | None = None,
        *,
        kind: str = "supergroup",
        is_forum: bool = False,
        admins: list[int] | None = None,
        bot: str = "member",
        rights: list[str] | None = None,
        username: str | None = None,
    ) -> Chat:
        """A chat of several, its people already in it. `bot`: its status there, "left" for not in it. No update."""
        world = self.house.world
        chat = Chat(chat_id, kind, title, username, is_forum)
        chat.members |= dict.fromkeys(members or [], "member") | dict.fromkeys(admins or [], "administrator")
        chat.members |= {} if bot == "left" else {world.bot.id: bot}
        chat.bot_rights = tuple(rights) if rights is not None else BOT_RIGHTS
        world.chats[chat_id] = chat
        return chat

    def makes_admin(self, chat_id: int, user_id: int, *, status: str = "administrator") -> None:
        """A person's standing changes; for the bot's own use `bot_is`."""
        self._stands(self.house.world.chats[chat_id], user_id, user_id, status)

    def bot_is(self, chat_id: int, status: str, *, by: int | None = None, rights: list[str] | None = None) -> None:
        """Somebody changes the bot's standing: member, administrator, restricted, kicked, left."""
        chat = self.house.world.chats[chat_id]
        if rights is not None:
            chat.bot_rights = tuple(rights)
        actor = by or next((one for one in chat.members if one != self.house.world.bot.id), chat_id)
        self._stands(chat, self.house.world.bot.id, actor, status)

    def migrates(self, chat_id: int, new_id: int) -> None:
        """A group becomes a supergroup of another id; the old one answers 400 with migrate_to_chat_id from now on."""
        world = self.house.world
        old = world.chats[chat_id]
        world.chats[new_id] = Chat(new_id, "supergroup", old.title, members=dict(old.members))
        old.moved_to = new_id
        someone = next(one for one in old.members if one != world.bot.id)
        for where, service in ((chat_id, {"migrate_to_chat_id": new_id}), (new_id, {"migrate_from_chat_id": chat_id})):
            self._heard(world.post(where, someone, Version(world.clock()), service=service))

    # What they say

    def starts(self, user_id: int, payload: str = "") -> Message:
        """Opens the private chat with the bot (t.me/BOT?start=PAYLOAD) and presses Start."""
        user = self.house.world.users[user_id]
        if user.has_blocked:
            self.unblocks(user_id)
        user.has_started = True
        return self.types(user_id, f"/start {payload}".strip())

    def types(
        self,
        user_id: int,
        text: str,
        chat_id: int | None = None,
        *,
        thread: int | None = None,
        reply_to: int | None = None,
    ) -> Message:
        """Writes into a chat; without one, into the private chat with the bot. `reply_to` is a message id there."""
        world = self.house.world
        chat = world.chats[user_id if chat_id is None else chat_id]
        assert chat.members.get(user_id) in _HERE, f"{user_id} is not in {chat.id}"
        if chat.kind == "private":
            world.users[user_id].has_started = True
        if reply_to is not None and thread is None:
            thread = world.messages[chat.id, reply_to].thread
        version = Version(world.clock(), text, found=found_in(text, []))
        return self._heard(world.post(chat.id, user_id, version, thread=thread, reply_to=reply_to))

    def edits(self, user_id: int, chat_id: int, message_id: int, text: str) -> Message:
        """Changes a message of their own."""
        message = self.house.world.messages[chat_id, message_id]
        assert message.sender == user_id, "people edit only what they wrote"
        message.history.append(Version(self.house.world.clock(), text, found=found_in(text, [])))
        return self._heard(message, "edited_message")

    def sends_file(
        self, user_id: int, content: str, name: str = "a.txt", chat_id: int | None = None, caption: str | None = None
    ) -> Message:
        """A document with that text in it."""
        world = self.house.world
        kept = world.keep(content.encode(), name, "text/plain")
        shown = {"file_id": kept.id, "file_unique_id": f"U{kept.id}", "file_name": name, "file_size": len(kept.content)}
        found = found_in(caption, []) if caption else []
        version = Version(world.clock(), caption=caption, found=found, media={"document": shown})
        return self._heard(world.post(user_id if chat_id is None else chat_id, user_id, version))

    def opens_topic(self, user_id: int, chat_id: int, name: str) -> int:
        """The thread id of the new topic."""
        topic = open_topic(self.house, self.house.world.chats[chat_id], user_id, name)
        self._heard(self.house.world.messages[chat_id, topic.id])
        return topic.id

    def closes_topic(self, user_id: int, chat_id: int, thread: int) -> None:
        world = self.house.world
        world.chats[chat_id].topics[thread].is_closed = True
        self._heard(
            world.post(chat_id, user_id, Version(world.clock()), thread=thread, service={"forum_topic_closed": {}})
        )

    def deletes(self, chat_id: int, message_id: int) -> None:
        """Somebody deletes a message: bots are not told."""
        self.house.world.messages[chat_id, message_id].deleted_at = self.house.world.clock()

    # What they press

    def presses(self, user_id: int, chat_id: int, message_id: int, button: str | int = 0) -> Query:
        """A button that is on the message: by its number in reading order, by its text, or by its data."""
        message = self.house.world.messages[chat_id, message_id]
        buttons = [one for one in message.buttons if "callback_data" in one]
        fits = [one for one in buttons if button in (one["text"], one["callback_data"])]
        if isinstance(button, int) and button < len(buttons):
            fits = [buttons[button]]
        assert fits, f"no button {button!r} on {[one['text'] for one in buttons]}"
        return self.forges(user_id, chat_id, message_id, fits[0]["callback_data"])

    def forges(self, user_id: int, chat_id: int, message_id: int, data: str) -> Query:
        """A press with any data on any message of the bot, as a doctored client can send it.

        A message that is gone or never was is shown as inaccessible.
        """
        world = self.house.world
        query = Query(str(4_000_000_000 + next(world.numbers)), user_id, chat_id, message_id, data, world.clock())
        self.house.queries[query.id] = query
        message = world.messages.get((chat_id, message_id))
        is_there = message is not None and message.deleted_at is None
        gone = {"message_id": message_id, "date": 0, "chat": world.shown_chat(world.chats[chat_id])}
        shown = {"id": query.id, "from": world.shown_user(user_id), "data": data}
        shown |= {"message": world.shown(message) if message is not None and is_there else gone}
        shown |= {"chat_instance": str(zlib.crc32(str(chat_id).encode()))}
        self.house.updates.push("callback_query", shown)
        return query

    def reacts(self, user_id: int, chat_id: int, message_id: int, emoji: str | None) -> None:
        """Puts a reaction on a message, None takes it off. The bot hears of it only if it asked to, as an admin."""
        world = self.house.world
        chat = world.chats[chat_id]
        if chat.kind == "private" or chat.members.get(world.bot.id) == "administrator":
            new = [{"type": "emoji", "emoji": emoji}] if emoji else []
            place = {"chat": world.shown_chat(chat), "message_id": message_id, "user": world.shown_user(user_id)}
            told = place | {"date": int(world.clock()), "old_reaction": [], "new_reaction": new}
            self.house.updates.push("message_reaction", told)

    # Coming and going

    def joins(self, user_id: int, chat_id: int) -> None:
        world = self.house.world
        chat = world.chats[chat_id]
        self._stands(chat, user_id, user_id, "member")
        service = {"new_chat_members": [world.shown_user(user_id)]}
        self._heard(world.post(chat_id, user_id, Version(world.clock()), service=service))

    def leaves(self, user_id: int, chat_id: int) -> None:
        world = self.house.world
        service = {"left_chat_member": world.shown_user(user_id)}
        self._stands(world.chats[chat_id], user_id, user_id, "left")
        self._heard(world.post(chat_id, user_id, Version(world.clock()), service=service))

    def blocks(self, user_id: int) -> None:
        """Blocks the bot: 403 from now on."""
        self._blocking(user_id, has_blocked=True)

    def unblocks(self, user_id: int) -> None:
        self._blocking(user_id, has_blocked=False)

    def deactivates(self, user_id: int) -> None:
        """Deletes their account."""
        self.house.world.users[user_id].is_deactivated = True

    def forgets_queries(self) -> None:
        """Every pressed button so far is too old to be answered."""
        for query in self.house.queries.values():
            query.is_over = True

    # How it gets to the bot

    def _blocking(self, user_id: int, *, has_blocked: bool) -> None:
        self.house.world.users[user_id].has_blocked = has_blocked
        self._stands(
            self.house.world.chats[user_id], self.house.world.bot.id, user_id, "kicked" if has_blocked else "member"
        )

    def _stands(self, chat: Chat, user_id: int, by: int, status: str) -> None:
        world = self.house.world
        old = world.shown_member(chat, user_id)
        chat.members[user_id] = status
        told = {"chat": world.shown_chat(chat), "from": world.shown_user(by), "date": int(world.clock())}
        told |= {"old_chat_member": old, "new_chat_member": world.shown_member(chat, user_id)}
        is_own = user_id == world.bot.id
        if is_own or chat.members.get(world.bot.id) == "administrator":
            self.house.updates.push("my_chat_member" if is_own else "chat_member", told)

    def _heard(self, message: Message, kind: str = "message") -> Message:
        if self.hears(message):
            self.house.updates.push(kind, self.house.world.shown(message))
        return message

    def hears(self, message: Message) -> bool:
        """Whether the bot is told of a person's message: privacy mode lets through what is meant for it."""
        world = self.house.world
        chat = world.chats[message.chat]
        status = chat.members.get(world.bot.id, "left")
        if chat.kind == "private" or status not in _HERE:
            return chat.kind == "private" and not world.users[chat.id].has_blocked
        if status == "administrator" or self.house.settings.get("reads_all") or message.service:
            return True
        answered = world.messages.get((chat.id, message.reply_to or 0))
        if answered is not None and answered.sender == world.bot.id:
            return True
        return any(self._is_meant(message, one) for one in message.now.found)

    def _is_meant(self, message: Message, entity: dict[str, Any]) -> bool:
        raw = (message.text or "").encode("utf-16-le")
        named = raw[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])].decode("utf-16-le").lower()
        mine = f"@{self.house.world.bot.username}".lower()
        if entity["type"] == "bot_command":
            return entity["offset"] == 0 and ("@" not in named or named.endswith(mine))
        return entity["type"] == "mention" and named == mine
