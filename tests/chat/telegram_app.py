"""The whole bot with the real python-telegram-bot at a Bot API server on this machine, on a clock the test moves.

    async with telegram_running(tmp_path) as bot:
        bot.person(42, "olga")                       # an account that is Olga's, who has pressed Start
        said = await bot.types(42, "/now", TEAM)     # what the bot wrote since, all chats, in order
        await bot.taps(42, said[-1], "Tick")         # a button by its text, number or data
        bot.server.violations() == []

`bot` is a front_door.Bot as well: `ok`, `room`, `plan`, `advance` and the web chat work beside it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
from pydantic import SecretStr

from bot.app import App
from bot.chat.telegram.adapter import TelegramChat
from bot.chat.telegram.pace import NONE, Pace
from bot.chat_settings import TelegramSettings
from bot.clock import VirtualClock
from bot.core.model import Person
from bot.core.records import Account
from bot.demo.play import demo_settings
from tests.front_door import BEGIN, PEOPLE, Bot
from tests.migrated import made_ready
from tests.servers.telegram_methods import Query
from tests.servers.telegram_server import TelegramServer
from tests.servers.telegram_world import Message

TEAM = -1001000
"""The team's group, which `telegram_running` makes and binds."""
ACCOUNTS = {"boss": 1, "olga": 2, "max": 3, "vera": 4, "mia": 5}
"""Telegram accounts of front_door's people."""
STRANGER = 99
SECRET = "made-up-secret"


@dataclass(slots=True)
class TelegramBot(Bot):
    server: TelegramServer = None  # type: ignore[assignment]
    polls: int = 0

    @property
    def client(self) -> TelegramChat:
        client = self.app.clients["telegram"]
        assert isinstance(client, TelegramChat)
        return client

    async def connected(self) -> None:
        """Until the bot asks for updates, or has set its webhook, and has set its menus."""
        updates = self.server.house.updates
        await self.server.until(lambda: updates.polls > self.polls or updates.webhook is not None)
        async with asyncio.timeout(10):
            while not self.client._connection.is_up:  # noqa: ASYNC110 - its first answer is still on its way
                await asyncio.sleep(0)
        await self.client.quiet()

    async def settle(self) -> None:
        """Until everything that people did has been handled, and everything due has been sent."""
        await self.server.until(lambda: not self.server.pending())
        await self.client.quiet()
        await self.advance(self.now)

    def person(self, account: int, slug: str, *, has_started: bool = True) -> Any:
        """Links an account; to be awaited."""

        async def work() -> None:
            self.server.house.world.users[account].has_started = has_started
            now = self.now

            def both(tx: Any) -> None:
                tx.people.link(Account("telegram", str(account), slug, now))
                tx.chats.reachable("telegram", str(account), is_reachable=has_started, now=now)

            await self.app.store.write(both)

        return work()

    async def types(self, account: int, text: str, chat: int | None = None, **more: Any) -> list[Message]:
        """Writes and waits; what the bot wrote since."""
        return await self._since(lambda: self.server.types(account, text, chat, **more))

    async def sends_file(self, account: int, content: str, name: str, **more: Any) -> list[Message]:
        return await self._since(lambda: self.server.sends_file(account, content, name, **more))

    async def starts(self, account: int, payload: str = "") -> list[Message]:
        return await self._since(lambda: self.server.starts(account, payload))

    async def taps(self, account: int, message: Message, button: str | int = 0) -> Query:
        """Presses and waits; the query says how it was answered."""
        query = self.server.presses(account, message.chat, message.id, button)
        await self.settle()
        return query

    async def forges(self, account: int, message: Message, data: str) -> Query:
        query = self.server.forges(account, message.chat, message.id, data)
        await self.settle()
        return query

    async def _since(self, act: Any) -> list[Message]:
        before = {(one.chat, one.id) for one in self.server.said()}
        act()
        await self.settle()
        return [one for one in self.server.said() if (one.chat, one.id) not in before]

    def last(self, chat: int) -> Message:
        return self.server.said(chat)[-1]


@asynccontextmanager
async def telegram_running(
    folder: Path,
    *,
    server: TelegramServer | None = None,
    start: datetime = BEGIN,
    language: str = "en",
    people: tuple[Person, ...] = PEOPLE,
    mode: str = "polling",
    is_bound: bool = True,
    is_connected: bool = True,
    chats: dict[str, Any] | None = None,
    tables: dict[str, Any] | None = None,
    **settings: Any,
) -> AsyncIterator[TelegramBot]:
    """A bot in `folder` with a team group of everybody in front_door's PEOPLE, whose accounts are linked.

    `server`: one that is running already, with people in it. `settings`: of the table [telegram]; `tables`: others of
    the settings that are not the demo's. `chats`: more chats beside it.
    """
    async with AsyncExitStack() as stack:
        if server is None:
            server = await stack.enter_async_context(TelegramServer())
            peopled(server)
        table = {"token": SecretStr(server.token), "base_url": server.base_url, "base_file_url": server.base_file_url}
        if mode == "webhook":
            port = _free_port()
            table |= {"webhook_url": f"http://127.0.0.1:{port}", "secret_token": SecretStr(SECRET)}
        else:
            port = 0
        chosen = demo_settings(folder, language, web_port=0, ingest_port=port).model_copy(
            update={"telegram": TelegramSettings(**{**table, "mode": mode, **settings})} | (tables or {})
        )
        made_ready(chosen.database)
        app = App(chosen, VirtualClock(start), people=people, chats=chats)
        client = app.clients["telegram"]
        assert isinstance(client, TelegramChat)
        client.outbound.pace = Pace(NONE)
        polls = server.house.updates.polls
        await stack.enter_async_context(app)
        http = await stack.enter_async_context(aiohttp.ClientSession())
        bot = TelegramBot(app, http, server=server, polls=polls)
        if is_bound:
            await app.store.write(lambda tx: [tx.outbox.bind("team", to) for to in ("web:team", f"telegram:{TEAM}")])
        for slug, account in ACCOUNTS.items():
            if any(person.slug == slug for person in people):
                await bot.person(account, slug)
        if is_connected:
            await bot.connected()
        yield bot


def peopled(server: TelegramServer) -> None:
    """Everybody of front_door's PEOPLE, a host and a stranger, in the team's group."""
    for slug, account in ACCOUNTS.items():
        server.user(account, slug.title(), language_code="en")
    server.user(STRANGER, "Stranger", language_code="en")
    server.group(TEAM, "US team", [*ACCOUNTS.values(), STRANGER])


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
