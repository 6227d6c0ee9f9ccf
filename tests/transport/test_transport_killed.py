"""`run.py serve` on both chats, killed with SIGKILL: what was posted still works, what was fetched is not lost."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta

from tests.chat.telegram_app import ACCOUNTS, TEAM
from tests.crash.served import Served
from tests.front_door import SHOW_AT
from tests.transport.seen import place_of, until, words
from tests.transport.stage import DISCORD_TOKEN, SECRETS, SYNC, TELEGRAM_TOKEN, on_stage

OLGA = ACCOUNTS["olga"]
UP = ("discord_up", "telegram_connected")


@asynccontextmanager
async def served(stage, monkeypatch):
    """The bot of the stage as a process of its own, from a minute before its checklist is due."""
    monkeypatch.setenv("SHOWCALLER_DISCORD__TOKEN", DISCORD_TOKEN)
    monkeypatch.setenv("SHOWCALLER_TELEGRAM__TOKEN", TELEGRAM_TOKEN)
    chosen = stage.settings()
    more = f"""
[team]
zone = "Asia/Shanghai"
[discord]
api_base = "{chosen.discord.api_base}"
gateway_url = "{chosen.discord.gateway_url}"
[telegram]
base_url = "{chosen.telegram.base_url}"
base_file_url = "{chosen.telegram.base_file_url}"
paced = false
"""
    process = Served(stage.folder, has_loops=True, more=more, ready=UP)
    try:
        await process.start(SHOW_AT - timedelta(minutes=60))
        yield process
    finally:
        process.close()
        for secret in SECRETS:
            assert secret not in process.said()


def state_of(process, show, item):
    with process.rows() as rows:
        return rows.execute("select * from checklist_items where show = ? and key = ?", [show, item]).fetchone()


def button_of(process, item):
    """The custom id of the checklist's button that ticks an item."""
    with process.rows() as rows:
        found = rows.execute("select * from buttons where command = 'checklist tick' and args like ?", [f'%"{item}"%'])
        row = found.fetchone()
        return f"{row['message']}:{row['button']}"


async def test_killed_and_started_again_the_old_buttons_work_and_nothing_fetched_is_lost(tmp_path, monkeypatch):
    async with on_stage(tmp_path) as stage:
        await stage.bot.room()
        show = await stage.bot.plan()
        await until(lambda: stage.logged("discord_commands_synced"))
        await stage.end()
        async with served(stage, monkeypatch) as process:
            (card,) = await stage.on_discord("checklist")
            (sheet,) = await stage.on_telegram("checklist")

            # Fetched, and killed before it was through: it comes again, and is done once.
            stage.telegram.fault("hang", methods=["getChatMember"])
            typed = stage.telegram.types(ACCOUNTS["boss"], "/room add uk_main uk", TEAM)
            await until(lambda: stage.telegram.asked("getChatMember"))
            process.kill()
            stage.telegram.heals()
            assert stage.telegram.pending() == 1
            await process.start(stage.bot.now)
            (answer,) = await stage.on_telegram("uk_main is here")
            assert answer.reply_to == typed.id
            await stage.telegram.until(lambda: not stage.telegram.pending())

            # The old buttons.
            tick, other = (button_of(process, item) for item in ("sound_lapel", "camera_stable"))
            custom_id, values = place_of(card, tick)
            asked = await stage.discord.press(stage.members["olga"], card["id"], custom_id, values)
            done = await stage.discord.settled(asked, 15)
            assert done["acked_at"] - done["at"] < 3
            stage.telegram.presses(OLGA, TEAM, sheet.id, other)
            await until(lambda: state_of(process, show, "sound_lapel")["state"] == "done")
            await stage.telegram.until(lambda: "Olga" in (stage.telegram.message(TEAM, sheet.id).text or ""))

            async def shows_both():
                return words(await stage.discord.message(card["id"])).count("Olga") >= 2

            await until(shows_both)

            assert len(await stage.discord.requests(*SYNC)) == 1
            code, took_s = process.stop()
            assert (code, took_s < 10) == (0, True)
        assert len(await stage.on_discord("checklist")) == 1
        assert len([one for one in stage.telegram.said(TEAM) if "checklist" in (one.text or "")]) == 1
