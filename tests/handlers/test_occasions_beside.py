"""Whoever sees a date sees what it is in the market: a holiday, a sale day."""

from __future__ import annotations

from datetime import datetime

from tests.front_door import running

BEGIN = datetime.fromisoformat("2027-11-15T18:00:00-05:00")


async def test_beside_the_dates_of_a_plan_a_list_and_a_reminder(tmp_path):
    async with running(tmp_path, start=BEGIN) as bot:
        await bot.room()
        planned = await bot.ok("/show plan us_main every fri 20:00 length=1h host=mia save=yes")
        assert "sale day: Black Friday" in planned.text
        assert "holiday: Christmas Day (observed)" in planned.text
        listed = await bot.ok("/show list")
        assert "planned · sale day: Black Friday" in listed.text
        await bot.advance(to=datetime.fromisoformat("2027-11-25T20:00:00-05:00"))
        assert "On that day: sale day: Black Friday" in (await bot.find("on air in 24 hours"))["text"]


async def test_a_team_reads_it_in_its_language(tmp_path):
    async with running(tmp_path, start=BEGIN, language="zh-CN") as bot:
        await bot.room()
        planned = await bot.ok("/show plan us_main 2027-11-26 20:00 length=1h host=mia")
        assert "大促日：黑色星期五" in planned.text


async def test_nothing_stands_beside_a_day_that_is_nothing_but_a_day(tmp_path):
    async with running(tmp_path, start=BEGIN) as bot:
        await bot.room()
        planned = await bot.ok("/show plan us_main 2027-11-17 20:00 length=1h host=mia")
        assert "On that day" not in planned.text
