"""A topic for each show, where the group is a forum and the bot may manage topics: what is quiet goes there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from telegram import Bot
from telegram.constants import ForumTopicLimit
from telegram.error import BadRequest, Forbidden, NetworkError

from bot.chat.telegram.failures import NotReachedError, kind
from bot.chat.telegram.markup import clean, units
from bot.core.chats_port import Spot
from bot.core.delivery_policy import QUIET_ABOUT_A_SHOW, family
from bot.core.ports import Clock, Store, Tx
from bot.core.records import Delivery
from bot.core.reply import Line, When, msg

log = structlog.get_logger()

HERE = QUIET_ABOUT_A_SHOW | {"checklist"}
"""Families that go to the show's topic. In Telegram that is the checklist's place too: a forum shows topics, not what
hangs below a message."""

_KIND = "topic"
_AGAIN_S = 600.0
"""Seconds until a group in which no topic could be made is asked again: it may have become a forum."""


@dataclass(slots=True)
class Topics:
    """`at`: seconds of the loop until which a chat is known to have no topics for us."""

    bot: Bot
    store: Store
    clock: Clock
    at: dict[int, float] = field(default_factory=dict)

    async def of(self, chat: int, delivery: Delivery, say: Callable[[Line], str]) -> int | None:
        """The topic of the delivery's show, made if there is none yet; None: the general one."""
        show = delivery.show
        if chat > 0 or show is None or family(delivery.kind) not in HERE:
            return None
        spot = await self.store.read(lambda tx: tx.chats.spot("telegram", str(chat), _KIND, show))
        if spot is not None and spot.ref is not None:
            return int(spot.ref)
        if self.at.get(chat, 0.0) > asyncio.get_running_loop().time():
            return None
        return await self._make(chat, show, say)

    async def _make(self, chat: int, show_id: str, say: Callable[[Line], str]) -> int | None:
        show = await self.store.read(lambda tx: tx.shows.get(show_id))
        if show is None:
            return None
        name = say(msg("telegram.topic", room=show.room, when=When(show.starts_at, show.zone)))
        try:
            topic = await self.bot.create_forum_topic(chat, _name(name))
        except (BadRequest, Forbidden) as error:
            log.info("no_topics", chat=chat, why=kind(error))
            self.at[chat] = asyncio.get_running_loop().time() + _AGAIN_S
            return None
        except NetworkError as error:
            raise NotReachedError(f"no topic could be made: {type(error).__name__}") from None
        ref, now = str(topic.message_thread_id), self.clock.now()
        spot = Spot("telegram", str(chat), _KIND, show_id, ref, now)
        await self.store.write(lambda tx: tx.chats.save_spot(spot))
        return topic.message_thread_id

    async def gone(self, chat: int, delivery: Delivery) -> None:
        """Somebody deleted the show's topic: it is forgotten, so that `of` makes it anew."""
        show = delivery.show or ""

        def work(tx: Tx) -> None:
            spot = tx.chats.spot("telegram", str(chat), _KIND, show)
            if spot is not None:
                tx.chats.drop_spot(spot)

        await self.store.write(work)


def _name(text: str) -> str:
    text = " ".join(clean(text).split())
    while units(text) > ForumTopicLimit.MAX_NAME_LENGTH:
        text = text[:-1]
    return text
