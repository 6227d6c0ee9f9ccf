"""The whole bot on both chats at once: our App, the real discord.py and python-telegram-bot, both servers on loopback.

    async with on_stage(tmp_path) as stage:
        await stage.bot.room()                              # the front door beside the chats: also `ok`, `plan`, `send`
        await stage.bot.advance(hours=1)                    # everything due until then is done, by the bot's own loops
        told = await stage.slash("olga", "room list")       # on Discord; told["messages"]
        said = await stage.types("olga", "/room list")      # in Telegram's team group

The bot's clock runs as fast as the real one, and is set ahead. Its loops run as in production.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from pydantic import SecretStr

from bot.app import App
from bot.chat.discord.client import aim
from bot.chat_settings import DiscordSettings, TelegramSettings
from bot.clock import ScaledClock
from bot.config import Settings
from bot.core.records import Account, Post
from bot.core.reply import Reply, button_id, buttons_of
from bot.demo.play import demo_settings
from tests import secrets_seen
from tests.chat.telegram_app import ACCOUNTS, TEAM, peopled
from tests.front_door import BEGIN, PEOPLE, SHOW_AT, Bot
from tests.servers.discord_control import Control
from tests.servers.discord_server import DiscordServer
from tests.servers.telegram_server import TelegramServer
from tests.servers.telegram_world import Message
from tests.transport.seen import PATIENCE_S, overheard, place_of, until, words

DISCORD_TOKEN = "MTE0NzI4OTAwMQ.tRaNsP.nobody-may-ever-read-this-one"
TELEGRAM_TOKEN = "778899:nobody-may-ever-read-that-one"
SECRETS = (DISCORD_TOKEN, TELEGRAM_TOKEN.partition(":")[2])
secrets_seen.MADE.update(SECRETS)
HOSTS, MANAGERS = TEAM - 1, TEAM - 2
"""Telegram's groups beside TEAM."""
SYNC = ("PUT", "/applications/*/commands")
"""How Discord is told the commands."""
CHATS = ("discord", "telegram")


class RunningBot(Bot):
    """The front door of a bot whose loops run."""

    async def advance(self, to: datetime | None = None, **by: float) -> None:
        """Sets the clock ahead through everything due; what chats were promised may still be under way."""
        app, clock = self.app, self.app.clock
        assert isinstance(clock, ScaledClock)
        to = to if to is not None else self.now + timedelta(**by)
        while (due := await app.dispatch.next_due()) is not None and due <= to:
            clock.jump(due)
            app.wake()
            await until(lambda due=due: self._is_past(due))
        clock.jump(to)
        app.wake()

    async def _is_past(self, at: datetime) -> bool:
        due = await self.app.dispatch.next_due()
        return due is None or due > at

    async def arrived(self, kind: str, chat: str = "", n: int = 1) -> list[Any]:
        """Waits until n rows of a kind have arrived at destinations that begin so."""
        return await until(lambda: self.in_state(kind, "sent", chat, n))

    async def in_state(self, kind: str, state: str, chat: str = "", n: int = 1) -> list[Any]:
        """Those rows, if there are as many."""
        rows = [row for row in await self.rows(kind) if row[1].startswith(chat) and row[2] == state]
        return rows if len(rows) >= n else []

    async def rows(self, kind: str) -> list[Any]:
        """(message, destination, state, op, repeat, error) of a kind's rows."""
        sql = (
            "select o.message, o.destination, o.state, o.op, o.repeat, o.error from outbox o"
            " join messages m on m.id = o.message where m.kind = ? order by o.id"
        )
        return await self.app.store.read(lambda tx: tx.db.execute(sql, [kind]).fetchall())


@dataclass
class Stage:
    folder: Path
    discord_server: DiscordServer
    telegram: TelegramServer
    chats: tuple[str, ...]
    more: dict[str, Any]
    guild: str = ""
    channels: dict[str, str] = field(default_factory=dict)
    """Of Discord, by purpose."""
    members: dict[str, str] = field(default_factory=dict)
    """Discord accounts by person."""
    logs: list[Any] = field(default_factory=list)
    is_cut_off: bool = False
    bot: RunningBot = field(init=False)
    _running: AsyncExitStack | None = None

    @property
    def discord(self) -> Control:
        return self.discord_server.control

    @property
    def app(self) -> App:
        return self.bot.app

    # -- its life --------------------------------------------------------------

    async def set_up(self) -> None:
        control = self.discord
        self.guild = await control.add_guild("Dewlight")
        for purpose in ("team", "host", "managers"):
            self.channels[purpose] = await control.add_channel(self.guild, purpose)
        for person in ACCOUNTS:
            self.members[person] = await control.add_member(self.guild, person.title())
        self.members["ned"] = await control.add_member(self.guild, "Ned")
        peopled(self.telegram)
        for chat, title in ((HOSTS, "Hosts"), (MANAGERS, "Managers")):
            self.telegram.group(chat, title, list(ACCOUNTS.values()))

    def settings(self) -> Settings:
        made = demo_settings(
            self.folder, self.more.get("language", "en"), web_port=0, ingest_port=self.more.get("ingest_port", 0)
        )
        tables: dict[str, Any] = {"database": self.folder / "show.db"}
        if "discord" in self.chats:
            tables["discord"] = DiscordSettings(**{
                "token": SecretStr(DISCORD_TOKEN), "api_base": f"{self.discord_server.url}/api/v10",
                "gateway_url": self.discord_server.url.replace("http", "ws", 1) + "/gw/",
            } | self.more.get("discord", {}))  # fmt: skip
        if "telegram" in self.chats:
            tables["telegram"] = TelegramSettings(**{
                "token": SecretStr(TELEGRAM_TOKEN), "base_url": self.telegram.base_url,
                "base_file_url": self.telegram.base_file_url, "paced": False,
            } | self.more.get("telegram", {}))  # fmt: skip
        return made.model_copy(update=tables)

    async def open(self, *, is_up: bool = True) -> None:
        """The first start, with everybody's accounts linked and every purpose bound."""
        await self.begin()
        await self.bind()
        await self.link(*(person.slug for person in PEOPLE))
        if is_up:
            await self.up()
            await self.until_synced()

    async def until_synced(self) -> None:
        if "discord" in self.chats:
            await self.discord.until_requests(1, *SYNC)

    async def lose_network(self) -> None:
        """Both servers are gone: nobody listens at their addresses."""
        self.is_cut_off = True
        await self.discord_server.stop()
        await self.telegram.stop()

    async def regain_network(self) -> None:
        if not self.is_cut_off:
            return
        self.is_cut_off = False
        await self.discord_server.start(int(self.discord_server.url.rpartition(":")[2]))
        await self.telegram.start()

    async def begin(self, at: datetime | None = None) -> None:
        """Starts a bot on the folder."""
        now = at or (self.bot.now if hasattr(self, "bot") else BEGIN)
        self._running = AsyncExitStack()
        app = App(self.settings(), ScaledClock(now, 1.0), people=PEOPLE)
        await self._running.enter_async_context(app)
        http = await self._running.enter_async_context(aiohttp.ClientSession())
        self.bot = RunningBot(app, http)

    async def end(self) -> float:
        """Stops it; how many seconds that took."""
        began = time.monotonic()
        running, self._running = self._running, None
        if running is not None:
            await running.aclose()
        return time.monotonic() - began

    async def restart(self) -> None:
        await self.end()
        await self.begin()
        await self.up()

    async def up(self, *chats: str) -> None:
        for chat in chats or self.chats:
            await self.stands(chat, None)

    def why(self, chat: str) -> str | None:
        return self.app.clients[chat].standing().why

    async def stands(self, chat: str, why: str | None, patience_s: float = PATIENCE_S) -> None:
        """Waits until a chat is well (None), or until what is wrong with it has these words."""

        def is_so() -> bool:
            now = self.why(chat)
            return now is None if why is None else why in (now or "")

        await until(is_so, patience_s, lambda: self.why(chat))

    async def told(self, words: str) -> str:
        """What /status says in the web chat, which has the words."""
        text = (await self.bot.ok("/status")).text
        assert words in text, text
        return text

    def logged(self, event: str) -> list[Any]:
        return [entry for entry in self.logs if entry["event"] == event]

    # -- people ----------------------------------------------------------------

    async def link(self, *people: str, chats: tuple[str, ...] = CHATS) -> None:
        """Their accounts are theirs; on Telegram they have pressed Start."""

        def work(tx: Any) -> None:
            now = self.bot.now
            for person in people:
                if "discord" in chats:
                    tx.people.link(Account("discord", self.members[person], person, now))
                if "telegram" in chats:
                    account = str(ACCOUNTS[person])
                    self.telegram.house.world.users[ACCOUNTS[person]].has_started = True
                    tx.people.link(Account("telegram", account, person, now))
                    tx.chats.reachable("telegram", account, is_reachable=True, now=now)

        await self.app.store.write(work)

    async def bind(self) -> None:
        """Each purpose has its place on the web and in both chats."""
        groups = {"team": TEAM, "host": HOSTS, "managers": MANAGERS}

        def work(tx: Any) -> None:
            for purpose, group in groups.items():
                tx.outbox.bind(purpose, f"web:{purpose}")
                if "discord" in self.chats:
                    tx.outbox.bind(purpose, f"discord:{self.channels[purpose]}")
                if "telegram" in self.chats:
                    tx.outbox.bind(purpose, f"telegram:{group}")

        await self.app.store.write(work)

    async def slash(self, person: str, line: str, where: str = "team", **options: str) -> dict[str, Any]:
        """Types a command on Discord and waits for its answer."""
        asked = await self.discord.slash(self.members[person], line, options, self.channels[where])
        return await self.discord.settled(asked, PATIENCE_S)

    async def types(self, person: str, text: str, chat: int = TEAM) -> list[Message]:
        """Types in Telegram and waits for an answer there: what the bot has written since."""
        before = {(one.chat, one.id) for one in self.telegram.said()}
        self.telegram.types(ACCOUNTS[person], text, chat)

        def news() -> list[Message]:
            return [one for one in self.telegram.said() if (one.chat, one.id) not in before]

        return await self.telegram.until(news)

    async def button(self, message: str, command: str, **args: str) -> str:
        """The custom id (callback data) of a message's button for a command, anywhere."""
        shown = await self.app.store.read(lambda tx: tx.outbox.message(message) or tx.chats.answer(message))
        for button in buttons_of(shown.reply):
            if button.command == command and args.items() <= dict(button.args).items():
                return f"{message}:{button_id(message, button)}"
        raise AssertionError(f"{message} has no button for {command} {args}: {buttons_of(shown.reply)}")

    async def press(self, person: str, shown: dict[str, Any], button: str) -> dict[str, Any]:
        """Presses a button (its custom id) on Discord and waits for what becomes of it."""
        custom_id, values = place_of(shown, button)
        asked = await self.discord.press(self.members[person], shown["id"], custom_id, values)
        return await self.discord.settled(asked, PATIENCE_S)

    async def post(self, key: str, reply: Reply, kind: str = "session", channel: Any = "team", **more: Any) -> str:
        """Promises something of ours."""
        post = Post(key, channel, kind, reply, **more)
        return await self.app.store.write(lambda tx: tx.outbox.post(post, self.bot.now))

    async def to_the_checklist(self) -> str:
        """A room and a show in it, and the hour before, in which its checklist is posted; the show's id."""
        await self.bot.room()
        show = await self.bot.plan()
        await self.bot.advance(SHOW_AT - timedelta(minutes=60))
        return show

    async def on_discord(self, text: str, where: str = "team", n: int = 1) -> list[dict[str, Any]]:
        """Waits for n messages with the text in a channel."""
        channel = self.channels.get(where, where)

        async def found() -> list[dict[str, Any]]:
            shown = [each for each in await self.discord.messages(channel) if text in words(each)]
            return shown if len(shown) >= n else []

        return await until(found, what=lambda: text)

    async def on_web(self, text: str, where: str = "team") -> str:
        """Waits for a message of the web chat with the text."""

        async def found() -> list[str]:
            return [each["text"] for each in await self.bot.messages(where) if text in each["text"]]

        return (await until(found, what=lambda: text))[-1]

    async def on_telegram(self, text: str, chat: int = TEAM, n: int = 1) -> list[Message]:
        def found() -> list[Message]:
            shown = [one for one in self.telegram.said(chat) if text in (one.text or "")]
            return shown if len(shown) >= n else []

        return await until(found, what=lambda: [one.text for one in self.telegram.said(chat)])


@asynccontextmanager
async def on_stage(
    folder: Path,
    *,
    chats: tuple[str, ...] = CHATS,
    is_up: bool = True,
    begins: bool = True,
    is_strict: bool = True,
    **more: Any,
) -> AsyncIterator[Stage]:
    """Everybody of front_door's PEOPLE in both chats, their accounts linked, every purpose bound in each.

    `more`: settings of the tables `discord` and `telegram`, `ingest_port`, and the team's `language`. At the end no
    token stands anywhere, and Telegram has seen nothing wrong if `is_strict`.
    """
    with overheard() as (logs, theirs):
        async with DiscordServer(DISCORD_TOKEN) as discord, TelegramServer(token=TELEGRAM_TOKEN) as telegram:
            stage = Stage(folder, discord, telegram, chats, more, logs=logs)
            await stage.set_up()
            try:
                if begins:
                    await stage.open(is_up=is_up)
                yield stage
            finally:
                await stage.end()
                aim("", "")
            shown = repr([*await discord.control.messages(deleted=True), *telegram.said(deleted=True)])
            assert not is_strict or telegram.violations() == []
    database = b"".join(path.read_bytes() for path in folder.glob("show.db*"))
    for secret in SECRETS:
        assert secret not in repr(logs) + "\n".join(theirs) + shown
        assert secret.encode() not in database
