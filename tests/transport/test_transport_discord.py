"""Discord over the wire, Telegram beside it: logging in, commands, limits, faults, lost lines, what is found again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.command import CommandTable
from bot.core.reply import Heading, Text, reply
from handlers import COMMANDS
from tests.front_door import SHOW_AT
from tests.transport.stage import buttons, on_stage, until, words

SYNC = ("PUT", "/applications/*/commands")


async def test_commands_are_told_once_and_again_only_when_they_have_changed(tmp_path, monkeypatch):
    async with on_stage(tmp_path) as stage:
        await stage.discord.until_requests(1, *SYNC)
        told = {command["name"] for command in await stage.discord.commands()}
        assert {"room", "show", "checklist", "status"} <= told
        await until(lambda: stage.logged("discord_commands_synced"))
        await stage.restart()
        assert words((await stage.slash("boss", "room list"))["messages"][0])
        assert len(await stage.discord.requests(*SYNC)) == 1
        fewer = CommandTable([command for command in COMMANDS.commands if command.path != "room list"])
        monkeypatch.setattr("bot.app.COMMANDS", fewer)
        await stage.restart()
        await stage.discord.until_requests(2, *SYNC)
        (room,) = [command for command in await stage.discord.commands() if command["name"] == "room"]
        assert "list" not in {option["name"] for option in room["options"]}


async def test_while_somebody_types_0_3_and_60_values_match(tmp_path):
    async with on_stage(tmp_path) as stage:
        for number in range(60):
            await stage.bot.ok(f"/room add live{number:02} us")
        for name in ("tokyo_a", "tokyo_b", "tokyo_c"):
            await stage.bot.ok(f"/room add {name} us")
        found = {}
        for typed in ("zzz", "tokyo", "live"):
            asked = await stage.discord.autocomplete(
                stage.members["olga"], "room info", {"room": typed}, "room", stage.channels["team"]
            )
            found[typed] = [choice["value"] for choice in (await stage.discord.settled(asked))["choices"]]
        assert found["zzz"] == []
        assert sorted(found["tokyo"]) == ["tokyo_a", "tokyo_b", "tokyo_c"]
        assert len(found["live"]) == 25
