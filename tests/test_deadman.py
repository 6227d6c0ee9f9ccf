"""The ping to the outside: sent while the bot is well, kept back when it is not, and a secret in either case."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from email.utils import format_datetime

import aiohttp
import pytest
from structlog.testing import capture_logs

from bot import deadman as module
from bot.app import App
from bot.clock import RealClock, ScaledClock
from bot.config import Settings, WatchSettings
from bot.deadman import Deadman
from bot.demo.play import demo_settings
from bot.pulse import DEAD_S
from tests.front_door import BEGIN, PEOPLE
from tests.machine import TestMachine
from tests.outside import TOKEN, Outside


@pytest.fixture
async def outside():
    async with Outside().listening() as found:
        yield found


class Bot:
    def __init__(self):
        self.why = None

    async def why_unwell(self):
        return self.why


def ping_of(outside, bot=None, machine=None):
    return Deadman(outside.url, 60, (bot or Bot()).why_unwell, machine or TestMachine())


async def test_a_well_bot_pings_at_its_pace(outside):
    machine, waits = TestMachine(), []

    async def sleep(seconds):
        waits.append(seconds)
        if len(waits) == 4:
            raise asyncio.CancelledError
        machine.pass_(seconds)

    with pytest.raises(asyncio.CancelledError):
        await ping_of(outside, machine=machine).run(sleep)
    assert [60] * 4 == waits
    assert [f"/{TOKEN}"] * 4 == outside.got


async def test_an_unwell_bot_keeps_quiet_and_pings_again_once_it_is_well(outside):
    bot, machine = Bot(), TestMachine()
    ping = ping_of(outside, bot, machine)
    await ping.once()
    bot.why = "the due loop has not come round for 91 s"
    for _ in range(3):
        machine.pass_(60)
        await ping.once()
    assert 1 == len(outside.got)
    assert (bot.why, 180) == (ping.state().withheld, ping.state().reached_s)
    bot.why = None
    await ping.once()
    assert 2 == len(outside.got)
    assert (None, 0) == (ping.state().withheld, ping.state().reached_s)


@pytest.mark.parametrize("status", [404, 410, 500, 503])
async def test_a_refusal_is_no_answer(outside, status):
    outside.status = status
    ping = ping_of(outside)
    await ping.once()
    assert (f"HTTP {status}", None) == (ping.state().error, ping.state().reached_s)
    outside.status = 200
    await ping.once()
    assert (None, 0) == (ping.state().error, ping.state().reached_s)


async def test_nobody_there_is_no_answer(outside):
    ping = Deadman(f"http://127.0.0.1:1/{TOKEN}", 60, Bot().why_unwell, TestMachine())
    await ping.once()
    assert "ClientConnectorError" == ping.state().error


async def test_an_answer_that_does_not_come_is_not_awaited_for_ever(outside, monkeypatch):
    monkeypatch.setattr(module, "TIMEOUT_S", 0.05)
    outside.hangs = True
    ping = ping_of(outside)
    await ping.once()
    assert "timeout" == ping.state().error


@pytest.mark.parametrize(("moved", "error"), [(2, None), (9, "TooManyRedirects")])
async def test_a_few_redirects_are_followed_and_no_more(outside, moved, error):
    outside.moved = moved
    ping = ping_of(outside)
    await ping.once()
    assert error == ping.state().error
    assert len(outside.got) <= 4


@pytest.mark.parametrize("ahead_s", [-40, 0, 40])
async def test_the_answer_tells_how_far_the_clocks_are_apart(outside, ahead_s):
    machine = TestMachine()
    outside.date = format_datetime(machine.wall() + timedelta(seconds=ahead_s), usegmt=True)
    ping = ping_of(outside, machine=machine)
    await ping.once()
    assert ahead_s == ping.state().skew_s


async def test_a_date_that_is_none_is_unknown_not_nought(outside):
    outside.date = "yesterday"
    ping = ping_of(outside)
    await ping.once()
    assert (None, None) == (ping.state().skew_s, ping.state().error)


async def test_a_reason_that_cannot_be_found_out_is_no_crash(outside):
    async def broken():
        raise RuntimeError(f"something with {outside.url}")

    ping = Deadman(outside.url, 60, broken, TestMachine())
    await ping.once()
    assert ("RuntimeError", []) == (ping.state().error, outside.got)


async def test_the_address_is_in_no_log_and_no_state(outside):
    with capture_logs() as logs:
        for url in (outside.url, f"http://127.0.0.1:1/{TOKEN}", f"http://user:{TOKEN}@127.0.0.1:1/x"):
            ping = Deadman(url, 60, Bot().why_unwell, TestMachine())
            await ping.once()
            outside.status = 500
            await ping.once()
            assert TOKEN not in repr(ping.state())
    assert logs
    assert TOKEN not in repr(logs)


def test_the_settings_do_not_show_it():
    url = f"https://example.org/{TOKEN}"
    assert TOKEN not in repr(Settings(watch=WatchSettings(ping_url=url)))


@pytest.mark.parametrize(
    "url",
    [f"ftp://x/{TOKEN}", TOKEN, f"https:///{TOKEN}", f"http://x:99999/{TOKEN}", f"http://x/{TOKEN}\n", "http://["],
)
def test_an_address_that_cannot_be_fetched_is_refused_without_repeating_it(url):
    with pytest.raises(ValueError, match="is no address to fetch") as refused:
        WatchSettings(ping_url=url)
    assert TOKEN not in "".join(item["msg"] for item in refused.value.errors())


# -- the whole bot -----------------------------------------------------------------


@asynccontextmanager
async def serving(folder, outside, clock, machine):
    watch = WatchSettings(ping_url=outside.url)
    settings = demo_settings(folder, "en", web_port=0, ingest_port=0).model_copy(update={"watch": watch})
    async with App(settings, clock, people=PEOPLE, machine=machine) as app, aiohttp.ClientSession() as http:

        async def ready():
            async with http.get(f"http://127.0.0.1:{app.ingest.port}/readyz") as answer:
                return answer.status, await answer.json()

        yield app, ready


async def test_a_bot_in_production_pings_by_itself(tmp_path, outside):
    async with serving(tmp_path, outside, RealClock(), TestMachine()):
        async with asyncio.timeout(10):
            await outside.heard.wait()


async def test_a_rehearsal_does_not(tmp_path, outside):
    async with serving(tmp_path, outside, ScaledClock(BEGIN, 60), TestMachine()) as (_, ready):
        assert (200, {"ready": True}) == await ready()
    assert [] == outside.got


async def test_with_a_loop_that_hangs_it_is_not_ready_and_does_not_ping(tmp_path, outside):
    machine = TestMachine()
    async with serving(tmp_path, outside, ScaledClock(BEGIN, 60), machine) as (app, ready):
        hangs, stuck = asyncio.Event(), asyncio.Event()

        async def pump(_wake):
            stuck.set()
            await hangs.wait()

        app.relay.pump = pump
        app.wake()
        async with asyncio.timeout(10):
            await stuck.wait()
        machine.pass_(DEAD_S + 1)
        app.health.pulse.beat("due")
        status, body = await ready()
        assert (503, False) == (status, body["ready"])
        assert "relay loop" in body["why"]
        await app.health.deadman.once()
        assert [] == outside.got
        hangs.set()


async def test_with_a_database_that_takes_no_write_it_is_not_ready(tmp_path, outside):
    machine = TestMachine()
    async with serving(tmp_path, outside, ScaledClock(BEGIN, 60), machine) as (app, ready):
        assert (200, {"ready": True}) == await ready()
        writer = app.store._writer

        def set_read_only(on):
            app.store._db.conn.execute(f"pragma query_only = {on}")

        await asyncio.get_running_loop().run_in_executor(writer, set_read_only, "on")
        machine.pass_(11)
        status, body = await ready()
        assert (503, "the database takes no write") == (status, body["why"])
        await app.health.deadman.once()
        assert [] == outside.got
        await asyncio.get_running_loop().run_in_executor(writer, set_read_only, "off")
        machine.pass_(11)
        assert (200, {"ready": True}) == await ready()
