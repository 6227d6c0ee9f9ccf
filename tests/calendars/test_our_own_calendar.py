"""A calendar that the bot itself gave out comes back as the same dates, and twice it is nothing new."""

from __future__ import annotations

import io

from bot.calendars.serve import FRESH
from tests.front_door import running


async def _dates(bot):
    planned = await bot.app.store.read(lambda tx: tx.shows.planned())
    return {(show.starts_at, show.duration_s) for show in planned}


async def _exported(bot):
    answer = await bot.ok("/calendar add room=us_main")
    [secret] = [block for block in answer.body["reply"]["blocks"] if block["type"] == "secret"]
    await bot.advance(bot.now + FRESH)
    async with bot.http.get(secret["text"]) as response:
        return await response.read()


async def _looked_at(bot, data):
    url, whose = f"{bot.chat}/chat/api/upload", {"X-Showcaller-As": "boss"}
    async with bot.http.post(url, params={"name": "our.ics"}, data=io.BytesIO(data), headers=whose) as response:
        upload = (await response.json())["upload"]
    return await bot.ok(f"/plan import {upload} room=us_main")


async def _pressed(bot, answer, command):
    """Presses it where it is offered: a series is shown before it is saved."""
    found = [button for button in answer.body["reply"]["buttons"] if command in button["label"]]
    for button in found[:1]:
        done = await bot.press(answer.body["reply"]["id"], button["id"])
        assert done.status == 200, done.body


async def test_our_own_calendar_comes_back_as_the_same_dates(tmp_path):
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    async with running(tmp_path / "first") as bot:
        await bot.room()
        for when in ("every fri 20:00 from 2027-03-19", "every 2 weeks mon,wed 07:30 from 2027-03-22"):
            await _pressed(bot, await bot.ok(f"/show plan us_main {when} length=1h"), "Plan")
        await bot.ok("/show plan us_main 2027-03-20 20:00 length=90m")
        await _pressed(bot, await bot.ok("/show skip us_main-0326"), "kip")
        wanted = await _dates(bot)
        data = await _exported(bot)
        again = await _looked_at(bot, data)
        assert [button["label"] for button in again.body["reply"]["buttons"]] == []
        assert "planned already" in again.text
    async with running(tmp_path / "second") as bot:
        await bot.room()
        answer = await _looked_at(bot, data)
        assert "problem" not in answer.text
        await _pressed(bot, answer, "Import")
        assert await _dates(bot) >= wanted
