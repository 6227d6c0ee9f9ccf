"""The whole bot on Discord: our app on a clock the test moves, the real discord.py, and simcord in the network's place.

async with on_discord(tmp_path) as town:
    boss = town.member("boss")                    # the account is linked to the person boss
    shown = await boss.slash(town.team, "room list")
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import aiohttp
import discord
import simcord
from pydantic import SecretStr
from simcord.results import InteractionResult

from bot.app import App
from bot.chat.discord.adapter import DiscordChat
from bot.chat_settings import DiscordSettings
from bot.clock import VirtualClock
from bot.config import Settings
from bot.core.model import Person
from bot.core.records import Account
from bot.core.reply import button_id, buttons_of
from bot.demo.play import demo_settings
from tests.front_door import BEGIN, PEOPLE, Bot
from tests.migrated import made_ready

TOKEN = "MTIzNDU2Nzg5.made.up-for-the-tests"


async def _no_network(client: discord.Client, token: str, *, reconnect: bool = True) -> None:
    """Where discord.py would log in and stay on the line: simcord hands the client its events."""
    await asyncio.Event().wait()


def settings_in(folder: Path, language: str = "en", **more: Any) -> Settings:
    made = demo_settings(folder, language, web_port=0, ingest_port=0)
    return made.model_copy(update={"discord": DiscordSettings(token=SecretStr(TOKEN)), **more})


@dataclass
class Town:
    """A Discord server with the bot on it. `bot` is its front door over HTTP, and moves the clock."""

    folder: Path
    language: str
    settings: dict[str, Any] = field(default_factory=dict)
    chats: dict[str, Any] | None = None
    people: tuple[Person, ...] = PEOPLE
    env: simcord.Env = field(init=False)
    guild: Any = field(init=False)
    bot: Bot = field(init=False)
    team: Any = field(init=False)
    _running: AsyncExitStack = field(init=False)
    _members: dict[str, Any] = field(default_factory=dict)

    @property
    def app(self) -> App:
        return self.bot.app

    @property
    def chat(self) -> DiscordChat:
        chat = self.app.clients["discord"]
        assert isinstance(chat, DiscordChat)
        return chat

    @property
    def client(self) -> discord.Client:
        client = self.chat.connection.client
        assert client is not None
        return client

    async def begin(self) -> None:
        """Starts a bot on the folder; its client waits to be connected."""
        self._running = AsyncExitStack()
        self._running.enter_context(patch.object(discord.Client, "start", _no_network))
        settings = settings_in(self.folder, self.language, **self.settings)
        made_ready(settings.database)
        app = App(settings, VirtualClock(self._now()), people=self.people, chats=self.chats)
        await self._running.enter_async_context(app)
        http = await self._running.enter_async_context(aiohttp.ClientSession())
        self.bot = Bot(app, http)
        await asyncio.sleep(0)  # the connection's first turn, in which it makes its client

    def _now(self) -> Any:
        return self.bot.now if hasattr(self, "bot") else BEGIN

    async def end(self) -> None:
        await self._running.aclose()

    async def restart(self) -> None:
        """Another process on the same database, with Discord as it was."""
        await self.end()
        await self.begin()
        await self.env.restart_bot(self.client)

    async def member(self, person: str, *, roles: tuple[Any, ...] = (), linked: bool = True) -> Any:
        """Somebody on the server; `linked`: the account is that person's."""
        if person not in self._members:
            user = self.env.create_user(person)
            self._members[person] = self.guild.add_member(user, roles=list(roles))
            if linked:
                account = Account("discord", str(user.id), person, self.bot.now)
                await self.app.store.write(lambda tx: tx.people.link(account))
        return self._members[person]

    async def bind(self, purpose: str, channel: Any, room: str | None = None) -> None:
        await self.app.store.write(lambda tx: tx.outbox.bind(purpose, f"discord:{channel.id}", room))

    @asynccontextmanager
    async def slow_disk(self) -> AsyncIterator[asyncio.Event]:
        """Nothing is written until the event is set."""
        store, gate = self.app.store, asyncio.Event()
        write = store.write

        async def late(work: Any) -> Any:
            if not gate.is_set():
                await self.env.external_wait(gate.wait(), reason="a slow disk")
            return await write(work)

        with patch.object(store, "write", late):
            yield gate
            gate.set()
            await self.env.settle()

    @contextmanager
    def overheard(self) -> Iterator[list[dict[str, Any]]]:
        """Every interaction that Discord sends meanwhile."""
        heard: list[dict[str, Any]] = []

        def listen(event: str, payload: Any) -> None:
            if event == "INTERACTION_CREATE":
                heard.append(deepcopy(payload))

        self.env.backend.subscribers.append(listen)
        yield heard
        self.env.backend.subscribers.remove(listen)

    async def send_again(self, interaction: dict[str, Any], **changed: Any) -> Any:
        """Discord sends it once more; with changes it is another one, by the same person in the same place."""
        backend = self.env.backend
        record = backend.interactions[int(interaction["id"])]
        if changed:
            record = backend.new_interaction(record.type, record.channel_id, record.user_id, record.guild_id)
            interaction = interaction | {"id": str(record.id), "token": record.token} | changed
        backend.emit("INTERACTION_CREATE", interaction)
        await self.env.settle()
        return InteractionResult(self.env, record)

    async def custom_id(self, message: str, command: str, **args: str) -> str:
        """What the message's button for a command is called at Discord."""

        def find(tx: Any) -> Any:
            return (tx.outbox.message(message) or tx.chats.answer(message)).reply

        for button in buttons_of(await self.app.store.read(find)):
            if button.command == command and args.items() <= dict(button.args).items():
                return f"{message}:{button_id(message, button)}"
        raise AssertionError(f"{message} has no button for {command} {args}")


@asynccontextmanager
async def on_discord(
    folder: Path,
    *,
    language: str = "en",
    people: tuple[Person, ...] = PEOPLE,
    chats: dict[str, Any] | None = None,
    **settings: Any,
) -> AsyncIterator[Town]:
    """A bot that is up on Discord, with a server "Dewlight HQ" and its channel #team, which is bound to nothing yet.

    `chats`: more chats beside it; `settings`: tables of the settings that are not the demo's.
    """
    town = Town(folder, language, settings, chats, people)
    await town.begin()
    try:
        async with simcord.run(town.client) as env:
            town.env = env
            with env.time_context():
                town.guild = env.create_guild("Dewlight HQ")
                town.team = town.guild.create_text_channel("team")
                await env.settle()
                try:
                    yield town
                finally:
                    await town.end()
    finally:
        await town.end()


def words(shown: Any) -> str:
    """All that can be read in a message: content, embeds and what its parts are called."""
    found = [shown.content or ""]
    for embed in shown.embeds:
        found += [embed.title or "", embed.description or ""]
        found += [f"{field.name} {field.value}" for field in embed.fields]
    return "\n".join(filter(None, found)).replace("\\", "")
