"""One bot on all three chats at once: a room's team is in a Discord channel, a Telegram group and the web chat."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bot.chat.telegram.pace import NONE, Pace
from bot.chat_settings import TelegramSettings
from tests.chat.discord_app import on_discord
from tests.chat.telegram_app import ACCOUNTS, TelegramBot, peopled
from tests.contract.discord_driver import DiscordDriver
from tests.contract.driver import PLACES, Driver, Key, Place, Seen
from tests.contract.telegram_driver import GROUPS, TelegramDriver
from tests.contract.web_driver import WebDriver
from tests.front_door import PEOPLE, SECRET, Bot
from tests.servers.telegram_server import TelegramServer

ROOM = "us_main"


@dataclass(slots=True)
class Everywhere:
    """`chats`: a driver each."""

    bot: Bot
    chats: Mapping[str, Driver]

    async def say(self, chat: str, line: str, person: str = "boss", place: Place = "team") -> Seen:
        return await self.chats[chat].say(person, line, place)

    async def press(
        self, chat: str, seen: Seen, command: str, person: str, fields: Mapping[str, str] | None = None, **args: str
    ) -> Seen:
        return await self.chats[chat].press(person, seen, key_of(seen, command, **args), fields or {})

    async def kinds(self, chat: str, place: Place) -> list[str]:
        """What stands there, by kind."""
        return [kind for kind, seen in await self._shown(chat) if seen.place == place]

    async def find(self, chat: str, kind: str, place: Place = "team") -> Seen:
        """The newest of its kind, as it stands in that chat."""
        found = [seen for its_kind, seen in await self._shown(chat) if (its_kind, seen.place) == (kind, place)]
        assert found, f"no {kind} in {place} of {chat}"
        return found[-1]

    async def _shown(self, chat: str) -> list[tuple[str, Seen]]:
        """Every message that was promised and stands there, with its kind."""
        shown = await self.chats[chat].shown()
        promised = await self.bot.app.store.read(lambda tx: [tx.outbox.message(seen.message) for seen in shown])
        return [(message.kind, seen) for message, seen in zip(promised, shown, strict=True)]

    async def room(self) -> None:
        """A room with two products, and a host that every chat knows."""
        await self.say("web", f"/room add {ROOM} us")
        for number in (1, 2):
            line = f'/product add {ROOM} P{number} {number}9.90 name="Lamp {number}" stock=9 points="warm light"'
            await self.say("web", line)
        await self.say("web", "/host add mia name=Mia zone=Asia/Shanghai")
        for driver in self.chats.values():
            await driver.link("mia")
        await self.bot.app.store.write(
            lambda tx: tx.signals.add_secret(ROOM, SECRET, self.bot.now, old_valid_until=None)
        )


def key_of(seen: Seen, command: str, **args: str) -> Key:
    return next(key for key in seen.keys if key.command == command and args.items() <= dict(key.args).items())


@asynccontextmanager
async def everywhere(folder: Path) -> AsyncIterator[Everywhere]:
    """Every purpose is bound in all three; the team's channel and group are one room's own."""
    async with TelegramServer() as server:
        peopled(server)
        addresses = {"base_url": server.base_url, "base_file_url": server.base_file_url}
        telegram = TelegramSettings(token=SecretStr(server.token), **addresses)
        async with on_discord(folder, telegram=telegram) as town:
            bot = TelegramBot(town.bot.app, town.bot.http, server=server)
            bot.client.outbound.pace = Pace(NONE)
            channels: dict[Place, Any] = {
                place: town.team if place == "team" else town.guild.create_text_channel(place) for place in PLACES
            }
            drivers = {"web": WebDriver(bot), "discord": DiscordDriver(town, channels), "telegram": TelegramDriver(bot)}
            for place in PLACES:
                if place != "team":
                    server.group(GROUPS[place], place.title(), list(ACCOUNTS.values()))
                room = ROOM if place == "team" else None
                await bot.app.store.write(lambda tx, place=place: tx.outbox.bind(place, f"web:{place}"))
                for to in (f"discord:{channels[place].id}", f"telegram:{GROUPS[place]}"):
                    await bot.app.store.write(lambda tx, place=place, to=to, room=room: tx.outbox.bind(place, to, room))
            for person in PEOPLE:
                for driver in drivers.values():
                    await driver.link(person.slug)
            await bot.connected()
            yield Everywhere(bot, drivers)
            assert server.noted_violations() == []
