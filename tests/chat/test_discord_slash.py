"""Slash commands on Discord: answered at once or after thinking, refusals for whoever asked alone."""

from __future__ import annotations

from tests.chat.discord_app import on_discord, words


async def test_a_command_is_answered_in_the_channel(tmp_path):
    async with on_discord(tmp_path) as town:
        boss = await town.member("boss")
        shown = await boss.slash(town.team, "room add", slug="us_main", market="us")
        assert shown.response is not None
        assert "us_main" in words(shown.response)
        assert not shown.ephemeral
        assert not shown.deferred
