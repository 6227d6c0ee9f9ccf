"""The outgoing half of Telegram at a Bot API server: real outbox, relay and library; for the tests in tests/chat."""

from __future__ import annotations

import io
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import PIL.Image
from telegram import Bot
from telegram.request import HTTPXRequest

from bot.chat.desk import Parts
from bot.chat.telegram.deliver import Outbound
from bot.chat.telegram.pace import NONE, Pace
from bot.core.ports import Team
from bot.core.records import Post
from bot.core.reply import Actions, Button, Reply, Text, reply
from bot.relay import Relay
from handlers import delivery
from prompts.catalogue import Catalogues
from storage.database import SqliteStore
from tests.desk import Desk
from tests.servers.telegram_server import TelegramServer

GROUP, MEI = -100_500, 7
LONG = reply(*(Text(f"{number} " + "x" * 3_000) for number in range(3)), Actions((Button("Go", "go"),)))
WORDS = Catalogues.load()


def png(color: str) -> bytes:
    made = io.BytesIO()
    PIL.Image.new("RGB", (40, 30), color).save(made, "png")
    return made.getvalue()


PNG, NEW_PNG = png("navy"), png("red")


async def _nobody(_: str) -> None: ...


@dataclass
class Here:
    """The outbox, the relay and the bot's outgoing half, and the server it writes to."""

    server: TelegramServer
    desk: Desk
    chat: Outbound
    relay: Relay
    parts: Parts
    bot: Bot
    posted: int = 0

    async def post(self, answer: Reply, destination: str = f"telegram:{GROUP}", kind: str = "show", **more: Any) -> str:
        """Its message's id, once the relay has done all it can now."""
        self.posted += 1
        post = Post(f"k{self.posted}", "team", kind, answer, only=(destination,), **more)
        message = await self.desk.store.write(lambda tx: tx.outbox.post(post, self.desk.clock.now()))
        await self.relay.drain()
        return message

    async def edit(self, answer: Reply, number: int | None = None) -> None:
        key, now = f"k{number or self.posted}", self.desk.clock.now()
        await self.desk.store.write(lambda tx: tx.outbox.edit(key, answer, now))
        await self.relay.drain()

    async def later(self, **by: float) -> None:
        self.desk.clock.set(self.desk.clock.now() + timedelta(**by))
        await self.relay.drain()

    async def ref(self, message: str, destination: str = f"telegram:{GROUP}") -> str | None:
        return await self.desk.store.read(lambda tx: tx.outbox.ref(message, destination))

    async def state(self, message: str) -> str:
        return (await self.desk.row(message)).state

    def forgets(self) -> None:
        """As after a restart: nothing is remembered but what is stored."""
        self.chat.__init__(self.bot, self.parts, Pace(NONE))

    def texts(self, chat: int = GROUP, **more: Any) -> list[str | None]:
        return [message.text for message in self.server.said(chat, **more)]


@asynccontextmanager
async def opened(tmp_path, server, pace: Pace, *, read_timeout: float = 5.0):
    store = SqliteStore(tmp_path / "telegram.db")
    await store.open()
    desk = Desk(store)
    runner: Any = None
    parts = Parts(store, desk.clock, runner, runner, WORDS, Team("t", "en", "UTC"), _nobody)
    request = HTTPXRequest(read_timeout=read_timeout)
    async with Bot(server.token, base_url=server.base_url, request=request) as bot:
        chat = Outbound(bot, parts, pace)
        relay = Relay(store, desk.clock, {"web": desk.chat, "telegram": chat}, on_parked=delivery.on_parked)
        yield Here(server, desk, chat, relay, parts, bot)
    await store.close()


@asynccontextmanager
async def around(tmp_path):
    """A group that is a forum, Mei in it, no limits; every request was valid in the end."""
    async with TelegramServer() as server:
        server.user(MEI, "Mei")
        server.group(GROUP, "The team", [MEI], is_forum=True)
        async with opened(tmp_path, server, Pace(NONE), read_timeout=0.5) as found:
            yield found
        assert server.noted_violations() == []
