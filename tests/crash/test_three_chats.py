"""A whole show day on Discord, Telegram and the web chat at once: undisturbed on `run.py serve`, and killed in it."""

from __future__ import annotations

import asyncio
import os
import random

import aiohttp
import pytest

from tests.crash.day import can_fork
from tests.crash.demo_day import lived, speak
from tests.crash.ledgers import accounts
from tests.crash.page import PAGE, read
from tests.crash.places import DISCORD_TOKEN, TELEGRAM_TOKEN
from tests.crash.strikes import blows
from tests.crash.three_chats import DAYS, KILLS, SEED, killed, undisturbed

needs_fork = pytest.mark.skipif(not can_fork(), reason="the many starts are forks, which this system has not")
FEW = 4


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """Lived on the real `run.py serve`."""
    return asyncio.run(undisturbed(tmp_path_factory.mktemp("three"), is_fresh=True))


def test_a_day_is_the_same_on_three_chats(day):
    assert [] == day.broken
    words = list(day.summaries.values())
    assert words[0] == words[1] == words[2]
    assert words[0].total() > 500
    assert words[0]["Settled"] == 1
    for chat in ("discord", "telegram", "web"):
        assert day.accounts[chat].received >= 18, chat
        assert all(day.used[chat, what] >= 5 for what in ("say", "press")), (chat, day.used)
    assert day.accounts["discord"].edited >= 30
    assert day.accounts["telegram"].edited >= 30
    assert day.effects.deeds.total() >= 55
    assert (0, 1) == (day.unseen, day.starts)


@needs_fork
async def test_a_few_kills_lose_and_double_nothing(day, tmp_path):
    seed = SEED if os.environ.get("CI") == "true" else random.randrange(10**6)
    strikes = blows(day.model, random.Random(seed), FEW)
    found = await killed(tmp_path, day, strikes, is_fresh=False, remembered_s=1.0)
    assert [] == found.broken, f"to see it again: seed {seed}"
    assert found.starts == 1 + FEW
    assert found.struck.total() == FEW


async def test_a_chat_that_loses_or_doubles_is_reported(tmp_path):
    """The bot believes what it was told; what the servers show is what counts."""
    async with lived(tmp_path, is_fresh=True, is_whole=False) as day:
        places, say = day.life.places, speak()
        assert all(not one.broken() for one in (await accounts(day.life, say)).values())
        [shown] = [one for one in await places.discord.messages(places.channels["team"]) if not one["interaction"]]
        said = (await places.ask("said", places.groups["team"]))[-1]
        bearer = {"Authorization": f"Bot {DISCORD_TOKEN}"}
        async with aiohttp.ClientSession() as http:
            url = f"{places.discord.url}/api/v10/channels/{shown['channel_id']}/messages"
            async with http.post(url, json={"embeds": shown["embeds"]}, headers=bearer) as answer:
                assert answer.status == 200
            url = f"{places.telegram.base_url}{TELEGRAM_TOKEN}/sendMessage"
            async with http.post(url, json={"chat_id": said.chat, "text": said.text}) as answer:
                assert answer.status == 200
        found = await accounts(day.life, say)
        assert 1 == len(found["discord"].doubled) == len(found["discord"].broken())
        assert 1 == len(found["telegram"].doubled) == len(found["telegram"].broken())
        await places.discord.remove_message((await places.discord.messages(places.channels["host"]))[-1]["id"])
        lost = (await places.ask("said", places.groups["host"]))[-1]
        await places.ask("deletes", lost.chat, lost.id)
        found = await accounts(day.life, say)
        assert 1 == len(found["discord"].lost)
        assert 1 == len(found["telegram"].lost)


def test_the_page_reports_the_killed_days():
    three = read(PAGE.read_text("utf-8")).three
    assert three is not None
    assert 0 == three.broken
    assert KILLS * len(DAYS) == sum(three.struck.values())
    assert three.starts == three.days + sum(three.struck.values())
    assert {"discord", "telegram"} <= three.struck.keys()
