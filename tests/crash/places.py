"""Where the team of the three chats lives: a Discord and a Telegram of their own processes, with people and places."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.servers.discord_control import Remote
from tests.servers.discord_process import discord_process
from tests.servers.telegram_process import TelegramProcess

ROOMS_OWN = "room"
"""The place of one room's team, beside those of all rooms."""
PLACES = ("team", "host", "managers", ROOMS_OWN)
PEOPLE = {"operator": "Lin Wei", "manager": "Chen Yu", "mia": "Mia Torres"}
DISCORD_TOKEN = "MTIzNDU2Nzg5.made.up-for-the-tests"
TELEGRAM_TOKEN = "123456:made-up-for-tests-only"
_GROUPS = dict(zip(PLACES, (-1001, -1002, -1003, -1004), strict=True))
_TELEGRAM = dict(zip(PEOPLE, (71, 72, 73), strict=True))


@dataclass(slots=True)
class Places:
    """`channels` and `groups`: by what they are for; `discord_of`, `telegram_of`: accounts by person."""

    discord: Remote
    telegram: TelegramProcess
    guild: str = ""
    channels: dict[str, str] = field(default_factory=dict)
    groups: dict[str, int] = field(default_factory=lambda: dict(_GROUPS))
    discord_of: dict[str, str] = field(default_factory=dict)
    telegram_of: dict[str, int] = field(default_factory=lambda: dict(_TELEGRAM))

    async def furnish(self) -> None:
        self.guild = await self.discord.add_guild("Dewlight HQ")
        for name in PLACES:
            self.channels[name] = await self.discord.add_channel(self.guild, name)
        for person, name in PEOPLE.items():
            self.discord_of[person] = await self.discord.add_member(self.guild, name)
            await self.ask("user", self.telegram_of[person], name, language_code="en")
        members = list(self.telegram_of.values())
        for name, group in self.groups.items():
            await self.ask("group", group, name, members, bot="administrator", admins=[self.telegram_of["operator"]])

    async def ask(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Anything of the Telegram server's, whose calls block."""
        return await asyncio.to_thread(self.telegram, name, *args, **kwargs)

    async def direct(self) -> dict[str, str]:
        """The Discord channel of direct messages with each person, by its destination."""
        return {f"discord:@{user}": await self.discord.dm(user) for user in self.discord_of.values()}

    @property
    def settings(self) -> str:
        """What the bot's settings say of both."""
        url = self.discord.url
        return f"""
[team]
name = "Dewlight"
zone = "Asia/Shanghai"
[discord]
token = "{DISCORD_TOKEN}"
api_base = "{url}/api/v10"
gateway_url = "{url.replace("http", "ws", 1)}/gw/"
[telegram]
token = "{TELEGRAM_TOKEN}"
base_url = "{self.telegram.base_url}"
base_file_url = "{self.telegram.base_file_url}"
paced = false
"""


@asynccontextmanager
async def places(folder: Path) -> AsyncIterator[Places]:
    """Both servers, until the block ends. They live through whatever happens to the bot."""
    with TelegramProcess(token=TELEGRAM_TOKEN) as telegram:
        async with discord_process(folder / "discord.json", "--token", DISCORD_TOKEN) as discord:
            found = Places(discord, telegram)
            await found.furnish()
            yield found
