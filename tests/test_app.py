"""The whole program: real and scaled time, new zone data, a clean stop, and another start after a kill."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import replace
from datetime import timedelta

import aiohttp
import pytest

from bot.app import App
from bot.clock import ScaledClock
from bot.demo.play import demo_settings
from tests.crash.served import Served
from tests.front_door import BEGIN, PEOPLE, SHOW_AT, Bot, running

STOPS_WITHIN_S = 5.0


async def test_with_a_running_clock_the_loops_do_what_falls_due(tmp_path):
    settings = demo_settings(tmp_path, "en", web_port=0, ingest_port=0)
    clock = ScaledClock(BEGIN, 60)
    shown = asyncio.Event()
    async with App(settings, clock, people=PEOPLE) as app, aiohttp.ClientSession() as http:
        app.chat.on_shown.append(lambda message: shown.set() if message.kind == "checklist" else None)
        bot = Bot(app, http)
        for line in ("/room add us_main us", "/show plan us_main 2027-03-12 20:00 length=1h"):
            assert (await bot.say(line)).status == 200
        clock.jump(SHOW_AT - timedelta(minutes=60, seconds=5))
        app.wake()
        async with asyncio.timeout(10):
            await shown.wait()
        assert clock.now() >= SHOW_AT - timedelta(minutes=60)


async def test_a_loop_that_fails_is_started_again(tmp_path):
    settings = demo_settings(tmp_path, "en", web_port=0, ingest_port=0)
    shown = asyncio.Event()
    async with App(settings, ScaledClock(BEGIN, 60), people=PEOPLE) as app, aiohttp.ClientSession() as http:
        real, failures = app.relay.pump, [OSError("disk"), OSError("disk")]

        async def pump(wake):
            if failures:
                raise failures.pop()
            return await real(wake)

        app.relay.pump = pump
        app.chat.on_shown.append(lambda message: shown.set() if message.kind == "checklist" else None)
        bot = Bot(app, http)
        for line in ("/room add us_main us", "/show plan us_main 2027-03-12 18:40 length=1h"):
            assert (await bot.say(line)).status == 200
        async with asyncio.timeout(20):
            await shown.wait()
        assert [] == failures


async def test_new_zone_data_moves_what_is_planned_and_says_so(tmp_path):
    """As if the show had been planned with data that knew another offset."""
    async with running(tmp_path) as bot:
        await bot.room()
        show = await bot.plan()

        def older(tx):
            planned = tx.shows.get(show)
            tx.shows.save(replace(planned, starts_at=planned.starts_at + timedelta(hours=1)))
            tx.timers.set("ChecklistDue", show, planned.starts_at)
            tx.remember("tzdata", "1999a")

        await bot.app.store.write(older)
    async with running(tmp_path) as bot:
        await bot.advance(bot.now)
        told = await bot.find("1999a")
        assert show in told["text"]
        assert SHOW_AT == (await bot.app.store.read(lambda tx: tx.shows.get(show))).starts_at
        await bot.advance(SHOW_AT - timedelta(minutes=60))
        assert await bot.find("checklist")
    async with running(tmp_path) as bot:
        await bot.advance(bot.now)
        assert len([message for message in await bot.messages() if "1999a" in message["text"]]) == 1


async def test_new_zone_data_that_moves_nothing_is_not_worth_a_word(tmp_path):
    async with running(tmp_path) as bot:
        await bot.room()
        await bot.plan()
        await bot.app.store.write(lambda tx: tx.remember("tzdata", "1999a"))
    async with running(tmp_path) as bot:
        await bot.advance(bot.now)
        assert not [message for message in await bot.messages() if "1999a" in message["text"]]


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
async def test_serve_stops_cleanly_at_once_although_a_page_is_open(tmp_path, name):
    """The page is one that hangs: it never reads, so it never answers the goodbye either."""
    served = Served(tmp_path / "bot")
    await served.start(None)
    async with aiohttp.ClientSession() as http:
        page = await http.ws_connect(served.url("web", "/chat/ws?as=operator"))
        async with http.post(
            served.url("web", "/chat/api/say"), json={"channel": "team", "text": "/room add us_main us"}
        ) as answer:
            assert answer.status == 200
        code, took_s = await asyncio.to_thread(served.stop, name)
        await page.close()
    said = served.said()
    assert (0, False) == (code, "Traceback" in said or "was destroyed" in said or "Error" in said), said
    assert took_s < STOPS_WITHIN_S


async def test_killed_and_started_again_it_still_knows_everything(tmp_path):
    """In real time, each start a process of its own."""
    served = Served(tmp_path / "bot")
    await served.start(None)
    async with aiohttp.ClientSession() as http:
        for text in ("/room add us_main us", "hello"):
            async with http.post(
                served.url("web", "/chat/api/say"), json={"channel": "team", "text": text, "nonce": text}
            ) as answer:
                assert answer.status == 200
        served.kill()
        await served.start(None)
        async with http.get(served.url("web", "/chat/api/messages?channel=team&after=0")) as answer:
            texts = [message["text"] for message in (await answer.json())["messages"]]
    assert ["/room add us_main us", "hello"] == [texts[0], texts[-1]]
    assert len(texts) == 3
    code, _ = await asyncio.to_thread(served.stop)
    assert code == 0
