"""The groups the bot is in: it comes, goes, is given rights; a group gets another number.

They are kept, as Telegram lists them to nobody.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import structlog
import telegram

from bot.chat.telegram.door import CHAT, Door
from bot.chat.telegram.greeting import Greeting
from bot.core.chats_port import Spot
from bot.core.model import Role
from bot.core.ports import Tx
from bot.core.records import Post

log = structlog.get_logger()

KIND = "group"
"""Of the spots that say where the bot is; their subject is the group's number."""


def is_in(member: telegram.ChatMember) -> bool:
    if isinstance(member, telegram.ChatMemberRestricted):
        return member.is_member
    return member.status in ("creator", "administrator", "member")


@dataclass(slots=True)
class Groups:
    door: Door
    greeting: Greeting
    _told: dict[int, tuple[str | None, bool]] = field(default_factory=dict)

    async def changed(self, update: telegram.Update, change: telegram.ChatMemberUpdated) -> None:
        """What the bot itself is in a chat now."""
        was, now = is_in(change.old_chat_member), is_in(change.new_chat_member)
        if change.chat.type == telegram.Chat.PRIVATE:
            await self.door.met(str(change.chat.id), is_reachable=now)
            return
        if change.chat.type == telegram.Chat.CHANNEL:
            return
        self.door.marks.forget(str(change.chat.id))
        self._told.pop(change.chat.id, None)
        if now:
            await self.seen(change.chat)
        if now and not was:
            await self._came(update, change.chat)
        elif was and not now:
            await self._went(change.chat)

    async def seen(self, chat: telegram.Chat) -> None:
        """Something came from a group: it is kept with its name, where that is news."""
        facts = (chat.title, bool(chat.is_forum))
        if chat.type not in (telegram.Chat.GROUP, telegram.Chat.SUPERGROUP) or self._told.get(chat.id) == facts:
            return
        detail: dict[str, Any] = {"title": chat.title or str(chat.id), "is_forum": bool(chat.is_forum)}
        spot = Spot(CHAT, "", KIND, str(chat.id), str(chat.id), self.door.parts.clock.now(), detail)

        def is_known(tx: Tx) -> bool:
            known = tx.chats.spot(CHAT, "", KIND, str(chat.id))
            return known is not None and known.detail == detail

        if not await self.door.parts.store.read(is_known):
            await self.door.parts.store.write(lambda tx: tx.chats.save_spot(spot))
        self._told[chat.id] = facts

    async def _came(self, update: telegram.Update, chat: telegram.Chat) -> None:
        """One message says what to do next; what waited because the bot had been put out goes on."""
        destination, now = f"{CHAT}:{chat.id}", self.door.parts.clock.now()
        hello = await self.greeting.to_group(str(chat.id))

        def work(tx: Tx) -> None:
            if not tx.chats.take(CHAT, str(update.update_id), now):
                return
            state = tx.outbox.state_of(destination)
            if state is not None and state.parked_at is not None:
                tx.outbox.unpark(destination)
            key = f"{CHAT}:{update.update_id}"
            tx.outbox.post(Post(key, "team", "answer", hello, only=(destination,)), now)

        await self.door.parts.store.write(work)

    async def _went(self, chat: telegram.Chat) -> None:
        spot = Spot(CHAT, "", KIND, str(chat.id), None, self.door.parts.clock.now())
        await self.door.parts.store.write(lambda tx: tx.chats.drop_spot(spot))
        log.info("telegram_left_group", group=chat.id)

    async def moved(self, old: int, new: int) -> None:
        """A group became a supergroup, which has a number of its own: everything of it goes along."""

        def work(tx: Tx) -> None:
            tx.outbox.rename(f"{CHAT}:{old}", f"{CHAT}:{new}")
            for row in tx.chats.mark_roles(CHAT):
                group, _, what = row.mark.rpartition(":")
                if group == str(old):
                    tx.chats.set_mark_role(replace(row, mark=f"{new}:{what}"))
                    tx.chats.set_mark_role(replace(row, role=Role.NOBODY))
            spot = tx.chats.spot(CHAT, "", KIND, str(old))
            if spot is not None:
                tx.chats.drop_spot(spot)
                tx.chats.save_spot(replace(spot, subject=str(new), ref=str(new)))

        await self.door.parts.store.write(work)
        self.door.marks.forget(str(old))
        log.info("telegram_group_moved", old=old, new=new)
