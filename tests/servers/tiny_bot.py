"""A bot of the tests' own on the real discord.py, to show what the Discord test server does. Not Showcaller's."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import discord
from discord import app_commands


class Tiny(discord.Client):
    def __init__(self, intents: discord.Intents | None = None) -> None:
        super().__init__(intents=intents or discord.Intents.default(), heartbeat_timeout=5.0)
        self._connection.guild_ready_timeout = 0.05
        self.tree = app_commands.CommandTree(self)
        self.choices = 2
        stock = app_commands.Group(name="stock", description="What is left")
        stock.command(name="set", description="Says what is left")(_stock_set)
        self.tree.add_command(stock)
        for name, does in (("slow", _slow), ("form", _form), ("ask", _ask), ("quiet", _quiet)):
            self.tree.command(name=name, description=f"For the test: {name}")(does)

    async def setup_hook(self) -> None:
        self.add_view(Ask())
        await self.tree.sync()


async def _items(interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
    client: Any = interaction.client
    names = ["lamp", "lace", *(f"la{n}" for n in range(98))]
    return [app_commands.Choice(name=name, value=name) for name in names[: client.choices] if name.startswith(typed)]


@app_commands.autocomplete(item=_items)
async def _stock_set(interaction: discord.Interaction, item: str, left: app_commands.Range[int, 0]) -> None:
    await interaction.response.send_message(f"{item}: {left}, said {interaction.user.display_name}")


async def _slow(interaction: discord.Interaction) -> None:
    await interaction.response.defer(thinking=True)
    await interaction.followup.send("one")
    await interaction.followup.send("two")


async def _quiet(interaction: discord.Interaction) -> None:
    await interaction.response.send_message("psst", ephemeral=True)


async def _ask(interaction: discord.Interaction) -> None:
    await interaction.response.send_message("Well?", view=Ask())


async def _form(interaction: discord.Interaction) -> None:
    await interaction.response.send_modal(Why())


class Ask(discord.ui.View):
    def __init__(self) -> None:
        super().__init__(timeout=None)

    @discord.ui.button(label="Yes", custom_id="yes")
    async def yes(self, interaction: discord.Interaction, _: discord.ui.Button[Ask]) -> None:
        await interaction.response.edit_message(content=f"{interaction.user.display_name} said yes")

    @discord.ui.button(label="Later", custom_id="later")
    async def later(self, interaction: discord.Interaction, _: discord.ui.Button[Ask]) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(content="It is later", view=None)
        await interaction.followup.send("only you", ephemeral=True)

    @discord.ui.select(custom_id="pick", options=[discord.SelectOption(label="A"), discord.SelectOption(label="B")])
    async def pick(self, interaction: discord.Interaction, picked: discord.ui.Select[Ask]) -> None:
        await interaction.response.send_message(f"picked {picked.values[0]}")
        await interaction.delete_original_response()


class Why(discord.ui.Modal, title="Why"):
    why: discord.ui.TextInput[Why] = discord.ui.TextInput(label="Why", custom_id="why")

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"{interaction.user.display_name}: {self.why.value}")


@dataclass(slots=True)
class Running:
    """`discord` is the server's control; ids are texts."""

    client: Tiny
    task: asyncio.Task[None]
    discord: Any
    guild: discord.Guild
    channel: discord.TextChannel
    team: str
    ann: str
    ben: str


@asynccontextmanager
async def running(server: Any, token: str | None = None, intents: discord.Intents | None = None) -> AsyncIterator[Any]:
    """The bot logged in to a guild with a channel, Ann and Ben in it; stopped before the server is."""
    control = getattr(server, "control", server)
    guild = await control.add_guild()
    team = await control.add_channel(guild)
    ann, ben = [await control.add_member(guild, name) for name in ("Ann", "Ben")]
    client = Tiny(intents)
    task = asyncio.create_task(client.start(token or (await control.about())["token"]))
    try:
        ready = asyncio.create_task(client.wait_until_ready())
        await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED, timeout=10)
        ready.cancel()
        if task.done():
            await task
        found = client.get_guild(int(guild))
        channel = client.get_channel(int(team))
        assert found is not None
        assert isinstance(channel, discord.TextChannel)
        yield Running(client, task, control, found, channel, team, ann, ben)
    finally:
        await client.close()
        await asyncio.gather(task, return_exceptions=True)


if __name__ == "__main__":
    from tests.servers.discord_aim import aimed_at

    with aimed_at(sys.argv[1]):
        Tiny().run(sys.argv[2], log_handler=None)
