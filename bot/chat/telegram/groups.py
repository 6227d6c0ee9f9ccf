"""The groups the bot is in: it comes, goes, is given rights; a group gets another number.

They are kept, as Telegram lists them to nobody.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import structlog
import telegram

from bot.chat.telegram.door import CHAT, Door
from bot.chat.telegram.greeting import Greeting
from bot.chat.telegram.moving import GROUP, follow
from bot.chat.telegram.strangers import is_ours
from bot.core.chats_port import Spot
from bot.core.ports import Tx
from bot.core.records import Post

log = structlog.get_logger()

_MOST_TOLD = 1_000


def is_in(member: telegram.ChatMember) -> bool:
    if isinstance(member, telegram.ChatMemberRestricted):
        return member.is_member
    return member.status in ("creator", "administrator", "member")


@dataclass(slots=True)
class Groups:
    door: Door
    greeting: Greeting
    _told: dict[int, tuple[str | None, bool, str]] = field(default_factory=dict)

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
            await self.seen(change.chat, change.from_user)
            await self._resumed(change.chat)
        if now and not was:
            await self._came(update, change.chat)
        elif was and not now:
            await self._went(change.chat)

    async def seen(self, chat: telegram.Chat, user: telegram.User | None) -> None:
        """Something came from a group, by `user`: it is kept with its name, where that is news.

        With it is kept who answers for its being the team's: whoever took the bot in, or one of ours who spoke there.
        """
        by = "" if user is None else str(user.id)
        facts = (chat.title, bool(chat.is_forum), by)
        if chat.type not in (telegram.Chat.GROUP, telegram.Chat.SUPERGROUP) or self._told.get(chat.id) == facts:
            return

        def news(tx: Tx) -> Spot | None:
            known = tx.chats.spot(CHAT, "", GROUP, str(chat.id))
            before = "" if known is None else str(known.detail.get("by", ""))
            is_better = not before or (not is_ours(tx, before) and is_ours(tx, by))
            detail: dict[str, Any] = {
                "title": chat.title or str(chat.id), "is_forum": bool(chat.is_forum), "by": by if is_better else before
            }  # fmt: skip
            if known is not None and known.detail == detail:
                return None
            return Spot(CHAT, "", GROUP, str(chat.id), str(chat.id), self.door.parts.clock.now(), detail)

        spot = await self.door.parts.store.read(news)
        if spot is not None:
            await self.door.parts.store.write(lambda tx: tx.chats.save_spot(spot))
        if len(self._told) >= _MOST_TOLD:
            self._told.clear()
        self._told[chat.id] = facts

    async def _resumed(self, chat: telegram.Chat) -> None:
        """What waited there or in one of its topics, as the bot was out or might not write, goes on."""

        def waiting(tx: Tx) -> list[str]:
            here = f"{CHAT}:{chat.id}"
            found = (state.destination for state in tx.outbox.parked())
            return [name for name in found if name.partition("/")[0] == here]

        def resume(tx: Tx) -> None:
            for name in waiting(tx):
                tx.outbox.unpark(name)

        if await self.door.parts.store.read(waiting):
            await self.door.parts.store.write(resume)

    async def _came(self, update: telegram.Update, chat: telegram.Chat) -> None:
        """One message says what to do next."""
        destination, now = f"{CHAT}:{chat.id}", self.door.parts.clock.now()
        hello = await self.greeting.to_group(str(chat.id))

        def work(tx: Tx) -> None:
            if not tx.chats.take(CHAT, str(update.update_id), now):
                return
            key = f"{CHAT}:{update.update_id}"
            tx.outbox.post(Post(key, "team", "answer", hello, only=(destination,)), now)

        await self.door.parts.store.write(work)

    async def _went(self, chat: telegram.Chat) -> None:
        spot = Spot(CHAT, "", GROUP, str(chat.id), None, self.door.parts.clock.now())
        await self.door.parts.store.write(lambda tx: tx.chats.drop_spot(spot))
        log.info("telegram_left_group", group=chat.id)

    async def moved(self, old: int, new: int) -> None:
        """A group became a supergroup: Telegram tells of it in the old one."""
        await self.door.parts.store.write(lambda tx: follow(tx, old, new))
        self.door.marks.forget(str(old))
        log.info("telegram_group_moved", old=old, new=new)
