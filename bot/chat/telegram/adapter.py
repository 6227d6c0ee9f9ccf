"""The Telegram chat: updates in, the outbox's rows out, and the connection both need."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
import telegram
from aiohttp import web
from telegram.error import RetryAfter as Wait
from telegram.request import HTTPXRequest

from bot.chat.desk import Parts
from bot.chat.telegram.answers import Answers
from bot.chat.telegram.connection import Connection, Webhook
from bot.chat.telegram.deliver import Outbound
from bot.chat.telegram.documents import Documents
from bot.chat.telegram.door import CHAT, Door
from bot.chat.telegram.greeting import Greeting
from bot.chat.telegram.groups import Groups
from bot.chat.telegram.guide import Guide
from bot.chat.telegram.inbox import Inbox
from bot.chat.telegram.marks import Marks
from bot.chat.telegram.menus import Menus
from bot.chat.telegram.pace import NONE as NO_LIMITS
from bot.chat.telegram.pace import Pace
from bot.chat.telegram.places import TelegramPlaces
from bot.chat.telegram.press import Presses
from bot.chat.telegram.questions import Questions
from bot.chat.telegram.refs import stands
from bot.chat.telegram.talk import Talk
from bot.chat.telegram.webhook import WebhookRoute
from bot.core.delivery import Client, Outcome, RetryAfter
from bot.core.records import Delivery
from bot.core.vitals import Standing

log = structlog.get_logger()

_API = "https://api.telegram.org"
_CONNECTIONS = 32
_AWAY_S = 10.0
"""Seconds until a message is tried again while there is no connection; it goes out as soon as there is one."""
_PATIENCE_S = 10.0
"""What is said past the outbox waits so long for its turn; then the update is taken up again."""


class TelegramChat:
    """Everything of one bot. `routes()` belong on the ingest port."""

    def __init__(self, parts: Parts, bot: telegram.Bot, webhook: Webhook | None, pace: Pace | None = None) -> None:
        self._parts, self._bot = parts, bot
        self.outbound = Outbound(bot, parts, pace)
        self.idempotent_s = self.outbound.idempotent_s
        self._door = Door(
            parts, parts.desk(CHAT, "outbox", stands), bot, Marks(bot, parts.store), self._room, self._wait
        )  # fmt: skip
        answers, greeting = Answers(self._door, self.outbound), Greeting(self._door)
        guide = Guide(self._door, answers, Questions(self._door))
        self._talk = Talk(self._door, answers, guide, greeting, Documents(self._door, answers))
        self._presses = Presses(self._door, answers, guide, self.outbound)
        self._groups = Groups(self._door, greeting)
        self._menus = Menus(bot, parts)
        self._inbox = Inbox(self._handle)
        say = parts.words.reader(parts.team.language, parts.team.zone).line
        log_say = parts.words.reader("en").line
        self._connection = Connection(bot, self._inbox, parts.clock, webhook, self._reached, say, log_say)
        self.places = TelegramPlaces(bot, parts, lambda: self._connection.is_up)
        self._route = None if webhook is None else WebhookRoute(webhook.secret, bot, self._inbox, self._connection)

    # -- its life --------------------------------------------------------------

    async def start(self) -> None:
        await self._connection.start()

    async def stop(self) -> None:
        await self._menus.close()
        await self._connection.stop()

    def standing(self) -> Standing:
        return self._connection.standing()

    def routes(self) -> Sequence[web.RouteDef]:
        return () if self._route is None else self._route.routes()

    async def quiet(self) -> None:
        """Until nothing of what came in is under way, and the menus are set."""
        await self._inbox.settle(None)
        await self._menus.settle()

    async def _reached(self) -> None:
        self._menus.begin()
        await self.places.load()
        await self._parts.reached(CHAT)

    # -- out -------------------------------------------------------------------

    async def deliver(self, delivery: Delivery) -> Outcome:
        if self._connection.is_away:
            return RetryAfter(_AWAY_S, "Telegram is not connected", is_away=True)
        return await self.outbound.deliver(delivery)

    async def _room(self, chat: int) -> None:
        wait = await self.outbound.pace.room(chat, urgent=True, patience_s=_PATIENCE_S)
        if wait is not None:
            raise Wait(int(wait.seconds) + 1)

    def _wait(self, chat: int) -> float:
        return self.outbound.pace.wait(chat)

    # -- in --------------------------------------------------------------------

    async def _handle(self, update: telegram.Update) -> None:
        message, query, change = update.message, update.callback_query, update.my_chat_member
        if query is not None:
            await self._presses.pressed(update, query)
        elif message is not None and message.migrate_to_chat_id is not None:
            await self._groups.moved(message.chat.id, message.migrate_to_chat_id)
        elif message is not None:
            await self._groups.seen(message.chat, message.from_user)
            incoming = await self._talk.heard(update, message)
            if incoming is not None:
                self._menus.look(incoming, await self._door.desk.actor(incoming))
        elif change is not None:
            await self._groups.changed(update, change)
        elif update.chat_member is not None:
            await self._door.marks.learn(update.chat_member, self._parts.clock.now())


def telegram_chat(
    parts: Parts,
    *,
    token: str,
    base_url: str = "",
    base_file_url: str = "",
    mode: str = "polling",
    webhook_url: str = "",
    secret_token: str = "",
    paced: bool = True,
) -> Client:
    """The chat, not connected yet; the options are those of the settings, empty ones are Telegram's own."""
    bot = telegram.Bot(
        token,
        base_url=_base(base_url, "/bot"),
        base_file_url=_base(base_file_url, "/file/bot"),
        request=HTTPXRequest(_CONNECTIONS, read_timeout=20, write_timeout=20, connect_timeout=10, pool_timeout=10),
        get_updates_request=HTTPXRequest(2, read_timeout=10, connect_timeout=10),
    )
    webhook = Webhook(webhook_url, secret_token) if mode == "webhook" else None
    return TelegramChat(parts, bot, webhook, None if paced else Pace(NO_LIMITS))


def _base(url: str, end: str) -> str:
    url = url or f"{_API}{end}"
    return url if url.endswith(end) else f"{url}{end}"
