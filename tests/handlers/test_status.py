"""/status and /room info: what is wrong first, each with its mend; a source's rhythm and its silence."""

from __future__ import annotations

import re
from datetime import timedelta
from email.utils import format_datetime

import pytest

from bot import health
from bot.core.records import Post
from bot.core.reply import Text, reply
from bot.core.zones import tzdata_version
from bot.deadman import Deadman
from bot.pulse import DEAD_S
from handlers import lookup
from storage.space import Space
from tests.front_door import SECRET, SHOW_AT, running
from tests.machine import TestMachine
from tests.outside import TOKEN, Outside

OTHER = SECRET[:-4] + "abcd"


async def status(bot, person="boss"):
    answer = await bot.say("/status", person)
    assert answer.status == 200, answer.body
    return answer


def steady(text):
    """Without what differs from machine to machine, or once somebody else's message comes before."""
    text = re.sub(r"[\d.]+ [MG]B", "# MB", text)
    text = re.sub(r"\bm\d+\b", "m#", re.sub(r"\d+ delivered|送达 \d+", "# delivered", text))
    return text.replace(tzdata_version(), "ZONES").splitlines()


async def on_air(bot, minutes=2):
    await bot.room()
    await bot.plan()
    await bot.advance(SHOW_AT)
    await bot.send([bot.line("stream", state="started")])
    await report(bot, minutes * 6)


async def report(bot, times, every_s=10, **fields):
    for _ in range(times):
        await bot.send([bot.line("concurrent", n=300, **fields)])
        await bot.advance(seconds=every_s)


async def post(bot, key, at):
    """Promises a message and takes it up, as if its delivery were under way."""

    def work(tx):
        tx.outbox.post(Post(key, "team", "test", reply(Text(key))), at)
        return tx.outbox.claim(at, at + timedelta(hours=1))

    return await bot.app.store.write(work)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_a_well_bot_says_so_in_its_first_line(tmp_path, language, snapshot):
    machine = TestMachine()
    async with running(tmp_path, language=language, machine=machine) as bot, Outside().listening() as outside:
        bot.app.health.deadman = Deadman(outside.url, 60, bot.app.health.why_unwell, machine)
        outside.date = format_datetime(machine.wall(), usegmt=True)
        await on_air(bot)
        for name in ("due", "relay"):
            bot.app.health.pulse.beat(name)
        await bot.app.health.deadman.once()
        machine.pass_(7)
        answer = await status(bot)
        assert "good" == answer.body["reply"]["tone"]
        room = (await bot.say("/room info us_main")).text.splitlines()
        assert snapshot == {"status": steady(answer.text), "room": room}
        assert TOKEN not in answer.text


@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_an_unwell_bot_says_the_worst_first_with_what_to_do(tmp_path, language, snapshot, monkeypatch):
    machine = TestMachine()
    async with running(tmp_path, language=language, machine=machine) as bot:
        await on_air(bot)
        await bot.advance(seconds=170)
        pulse = bot.app.health.pulse
        for name in ("due", "relay"):
            pulse.beat(name)
        machine.pass_(DEAD_S + 30)
        machine.set_clock(-300)
        pulse.beat("relay")
        monkeypatch.setattr(health, "space", lambda _path: Space(40_000_000, 30_000_000))
        bot.app.health.deadman = Deadman(f"http://127.0.0.1:1/{TOKEN}", 60, nothing, machine)
        await bot.app.health.deadman.once()
        bot.app.health.note("/show plan", "a1b2c3")
        refused = await post(bot, "refused", bot.now - timedelta(minutes=5))
        await bot.app.store.write(lambda tx: tx.outbox.fail(refused, "the text is too long", bot.now))
        stuck = await post(bot, "stuck", bot.now - timedelta(minutes=4))

        def work(tx):
            tx.outbox.park("web:managers", "the bot was removed", bot.now)
            tx.outbox.retry(stuck, bot.now + timedelta(minutes=5), "busy")
            tx.timers.set("GoDue", "us_main-0312", bot.now - timedelta(minutes=3))
            tx.signals.add_secret("us_main", OTHER, bot.now, old_valid_until=bot.now + timedelta(hours=5))
            tx.remember("tzdata_changed", "2025b 2027-03-01T00:00:00+00:00 2")

        await bot.app.store.write(work)
        answer = await status(bot)
        assert "warning" == answer.body["reply"]["tone"]
        assert snapshot == steady(answer.text)
        assert TOKEN not in answer.text


async def nothing():
    return None


async def test_every_mend_that_is_a_command_can_be_typed(tmp_path):
    async with running(tmp_path) as bot:
        await on_air(bot)
        await bot.advance(seconds=170)
        refused = await post(bot, "refused", bot.now)
        await bot.app.store.write(lambda tx: tx.outbox.fail(refused, "the text is too long", bot.now))
        await bot.app.store.write(lambda tx: tx.timers.set("GoDue", "us_main-0312", bot.now - timedelta(minutes=3)))
        lines = re.findall(r"/(?:why|room info|now)[^)\n]*", (await status(bot)).text)
        assert 3 == len(lines), lines
        for line in lines:
            assert 200 == (await bot.say(line)).status, line
        told = (await bot.say(f"/why {refused.message}")).text
        assert "refused, attempt 1: the text is too long" in told


async def test_an_error_is_counted_for_an_hour_under_the_reference_people_saw(bot, monkeypatch):
    await bot.room()
    real = lookup.room

    def broken(tx, slug):
        raise RuntimeError("boom")

    monkeypatch.setattr(lookup, "room", broken)
    seen = (await bot.say("/room info us_main")).text
    monkeypatch.setattr(lookup, "room", real)
    [reference] = re.findall(r"\b[0-9a-f]{6}\b", seen)
    told = (await status(bot)).text
    assert f"1 error in the last hour: {reference}, in /room info" in told
    assert f"grep {reference}" in told
    await bot.advance(hours=1, seconds=1)
    assert "All is well" in (await status(bot)).text.splitlines()[0]


async def test_a_source_that_falls_silent_on_air_is_named_with_its_rhythm(bot):
    await on_air(bot)
    assert "All is well" in (await status(bot)).text
    await report(bot, 8, source="obs", every_s=10)
    assert "usually every 10 s" in (await bot.say("/room info us_main")).text
    await bot.advance(seconds=70)
    await bot.send([bot.line("comment", n=1)])
    told = (await status(bot)).text
    assert "1 thing to look at" in told
    assert "us_main: nothing heard from obs for 1 min 20 s" in told
    assert "usually every 10 s" in told


async def test_nobody_on_air_nobody_missed(bot):
    await on_air(bot)
    await bot.send([bot.line("stream", state="ended")])
    await bot.advance(hours=3)
    told = (await status(bot)).text
    assert "All is well" in told.splitlines()[0]
    info = (await bot.say("/room info us_main")).text
    assert "usually every 10 s" in info
    assert "SILENT" not in info


async def test_a_room_that_lives_by_hand_is_not_silent(bot):
    await bot.room()
    await bot.plan()
    await bot.advance(SHOW_AT)
    await bot.ok("/show start us_main-0312", "olga")
    await bot.ok("/note concurrent=300", "olga")
    await bot.advance(minutes=20)
    told = (await status(bot)).text
    assert "All is well" in told.splitlines()[0]
    assert "entered by hand" in told


async def test_a_source_that_was_there_yesterday_and_is_not_today_is_missed(bot):
    await on_air(bot)
    await bot.send([bot.line("stream", state="ended")])
    await bot.ok("/show plan us_main 2027-03-13 20:00 length=1h host=mia")
    await bot.advance(SHOW_AT + timedelta(days=1))
    await bot.ok("/show start us_main", "olga")
    await bot.advance(minutes=3)
    assert "us_main: nothing heard from own for 3 min" in (await status(bot)).text


async def test_the_rhythm_outlives_a_restart_and_a_session(tmp_path):
    async with running(tmp_path) as bot:
        await on_air(bot)
    async with running(tmp_path, start=SHOW_AT + timedelta(hours=1)) as bot:
        assert "usually every 10 s" in (await bot.say("/room info us_main")).text


async def test_the_slowest_kinds_are_named_with_how_long_they_took(bot):
    await bot.room()
    await bot.plan()
    until = SHOW_AT - timedelta(minutes=58, seconds=30)
    await bot.app.store.write(lambda tx: tx.outbox.pause("web:team", until, "429", bot.now))
    await bot.advance(SHOW_AT - timedelta(minutes=57))
    assert "99 % arrived within: checklist 1 min 30 s" in (await bot.ok("/status")).text


async def test_what_came_too_late_because_the_bot_was_down_is_dropped_and_no_trouble(tmp_path):
    """It died while it handed a line over that nobody wants to read any more when it is back."""
    late = Post("late", "team", "nudge.alert", reply(Text("say it now")), expires_at=SHOW_AT - timedelta(hours=1))
    async with running(tmp_path) as bot:

        def dies(tx):
            tx.outbox.post(late, bot.now)
            return tx.outbox.claim(bot.now, bot.now + timedelta(seconds=60))

        assert await bot.app.store.write(dies) is not None
    async with running(tmp_path, start=SHOW_AT) as bot:
        await bot.advance(bot.now)
        assert {"expired": 1} == dict(await bot.app.store.read(lambda tx: tx.outbox.counts()))
        told = (await bot.ok("/status")).text
        assert "All is well" in told
        assert "1 too late" in told
        assert [] == [message for message in await bot.messages() if "say it now" in message["text"]]
