"""The groups the bot is in, with what it may not do there and what accounts can be there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import telegram
from telegram.error import BadRequest, Forbidden, TelegramError
from telegram.helpers import create_deep_linked_url

from bot.chat.desk import Parts
from bot.chat.telegram.checks import missing_of
from bot.chat.telegram.door import CHAT
from bot.chat.telegram.heard import LINK
from bot.chat.telegram.moving import GROUP
from bot.chat.telegram.strangers import is_ours
from bot.core.places_port import ChatMark, ChatPlace, Group
from bot.core.ports import Tx
from bot.core.reply import msg

_PATIENCE_S = 4.5
_MOST = 50


class TelegramPlaces:
    """Telegram lists a bot's groups to nobody: they are those it came into or heard from, and those bound by hand."""

    def __init__(self, bot: telegram.Bot, parts: Parts, is_up: Callable[[], bool]) -> None:
        self._bot, self._parts, self._is_up = bot, parts, is_up
        self._seen: dict[str, Group] = {}

    def seen(self) -> tuple[Group, ...]:
        return tuple(self._seen.values())

    async def load(self) -> None:
        """At the start, from what is kept."""
        for number, title in (await self._parts.store.read(_known)).items():
            self._seen.setdefault(number, self._group(number, title, (), is_forum=False))

    async def look(self) -> tuple[Group, ...] | None:
        if not self._is_up():
            return None
        known = await self._parts.store.read(_known)
        self._seen = {number: group for number, group in self._seen.items() if number in known}
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await asyncio.gather(*(self._ask(number, title) for number, title in list(known.items())[:_MOST]))
        except TimeoutError:
            pass  # the rest is as it was seen last
        return self.seen()

    def way_in(self, code: str) -> str | None:
        """Opens the private chat; Start there says who somebody is and lets the bot write to them, in one."""
        return create_deep_linked_url(self._bot.username, f"{LINK}{code}") if self._is_up() else None

    async def _ask(self, number: str, title: str) -> None:
        try:
            chat = await self._bot.get_chat(int(number))
            me = await self._bot.get_chat_member(int(number), self._bot.id)
        except (BadRequest, Forbidden):
            self._seen[number] = self._group(number, title, ("member",), is_forum=False)
            return
        except TelegramError:
            self._seen.setdefault(number, self._group(number, title, (), is_forum=False))
            return
        missing = tuple(missing_of(chat, me))
        self._seen[number] = self._group(number, chat.title or title, missing, is_forum=bool(chat.is_forum))

    def _group(self, number: str, title: str, missing: tuple[str, ...], *, is_forum: bool) -> Group:
        say = self._parts.words.reader(self._parts.team.language).line
        has_topics = is_forum and "can_manage_topics" not in missing
        place = ChatPlace(number, title, missing, ("topics",) if has_topics else ())
        marks = (
            ChatMark(f"{number}:administrator", say(msg("tg.mark.administrator"))),
            ChatMark(f"{number}:member", say(msg("tg.mark.member")), is_everybody=True),
        )
        return Group(number, title, (place,), marks)


def _known(tx: Tx) -> dict[str, str]:
    """Groups by number, with their titles; one that is only bound is called by its number.

    Anybody can take the bot into a group of theirs, and call it as they like: those that none of ours answers for, and
    nothing is bound to, are not the team's.
    """
    titles = {spot.subject: str(spot.detail.get("title", spot.subject)) for spot in tx.chats.spots(CHAT, "", GROUP)}
    by = {spot.subject: str(spot.detail.get("by", "")) for spot in tx.chats.spots(CHAT, "", GROUP)}
    known = {number: title for number, title in titles.items() if is_ours(tx, by[number])}
    for binding in tx.outbox.bindings(CHAT):
        number = binding.destination.partition(":")[2].partition("/")[0]
        if not number.startswith("@"):
            known.setdefault(number, titles.get(number, number))
    return known
