"""Plan files on Discord: given with the command, fetched, and from there on as everywhere."""

from __future__ import annotations

import discord

from bot.chat.discord import interactions
from tests.chat.discord_app import on_discord, words

PLAN = b"room,when,length,host\nus_main,2027-03-20 20:00,2h,\nus_man,fri 20:00,,\n"


async def planned(town):
    return await town.app.store.read(lambda tx: [show.id for show in tx.shows.planned()])


async def test_a_file_given_with_the_command_is_shown_and_imported_by_a_press(tmp_path):
    async with on_discord(tmp_path) as town:
        boss = await town.member("boss")
        await boss.slash(town.team, "room add", slug="us_main", market="us")
        shown = await boss.slash(town.team, "plan import", file=("plan.csv", PLAN))
        text = words(shown.response)
        assert "What plan.csv would plan" in text
        assert "line 3: room: there is no room us_man" in text
        assert await planned(town) == []
        await boss.click(shown.response, label="Import only the 1 good show")
        assert await planned(town) == ["us_main-0320"]


async def test_who_may_plan_nothing_need_bring_nothing(tmp_path):
    async with on_discord(tmp_path) as town:
        boss = await town.member("boss")
        await boss.slash(town.team, "host add", slug="mia")
        mia = await town.member("mia")
        shown = await mia.slash(town.team, "plan import", file=("plan.csv", PLAN))
        assert shown.ephemeral
        assert "/plan import" in words(shown.response)
        assert await town.app.store.read(lambda tx: tx.plan_files.upload("d1")) is None


async def test_a_file_that_is_too_large_is_not_fetched(tmp_path):
    async with on_discord(tmp_path) as town:
        boss = await town.member("boss")
        shown = await boss.slash(town.team, "plan import", file=("plan.csv", b"x" * (1024 * 1024 + 1)))
        assert "at most 1,024 KB are read" in words(shown.response)


async def test_a_file_that_discord_does_not_hand_out_is_said(tmp_path, monkeypatch):
    async def never(self, **options):
        raise discord.DiscordServerError(type("Gone", (), {"status": 503, "reason": "no"})(), "no")

    monkeypatch.setattr(discord.Attachment, "read", never)
    async with on_discord(tmp_path) as town:
        boss = await town.member("boss")
        shown = await boss.slash(town.team, "plan import", file=("plan.csv", PLAN))
        assert "plan.csv could not be fetched" in words(shown.response)
        assert interactions.FETCH_S > 0
