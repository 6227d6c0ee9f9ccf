"""Whose attention each message wants: who must do something, with just that role for that room, and nobody else."""

from __future__ import annotations

import pytest

from tests.asked import MINUTE, rung
from tests.evenings import minutes_of_chat
from tests.front_door import SHOW_AT, running
from tests.other_chat import Square


@pytest.fixture
def square():
    return Square()


async def bound(bot):
    """Every purpose goes to a place of its own in the second chat."""

    def work(tx):
        for address, purpose in enumerate(("team", "host", "managers"), start=1):
            tx.outbox.bind(purpose, f"other:{address}")

    await bot.app.store.write(work)


@pytest.fixture
async def bot(tmp_path, square):
    """All that is said is said in the second chat too; rita operates us_main alone, and ulf another room."""
    async with running(tmp_path, chats={"other": square}) as bot:
        await bot.ok("/room add uk_main uk matrix=other")
        await bot.ok("/room add us_main us")
        for name, scope in (("rita", "room=us_main"), ("ulf", "matrix=other")):
            await bot.ok(f"/person add {name}")
            await bot.ok(f"/grant {name} operator {scope}")
        await bound(bot)
        yield bot


def pings(square, kind):
    return [row.pings for row in square.posts if row.kind == kind and row.op == "post"]


async def the_room(bot):
    """us_main is there already: its goods and its host."""
    await bot.ok('/product add us_main P1 19.90 name="Lamp" stock=100 points="warm light"')
    await bot.ok("/host add mia name=Mia zone=Asia/Shanghai")
    return await bot.plan()


async def test_owners_and_whoever_says_go_are_called_and_then_managers_and_the_host(bot, square):
    await the_room(bot)
    await bot.advance(SHOW_AT - 14 * MINUTE)
    owners = {row.channel: row.pings for row in square.posts if row.kind == "owners"}
    assert owners == {"host": ("mia",), "team": ("olga", "rita"), "managers": ("max",)}
    await bot.advance(SHOW_AT - 10 * MINUTE)
    assert pings(square, "go") == [("olga", "rita")]
    await bot.advance(SHOW_AT - MINUTE)
    assert pings(square, "ask.go") == [("max",), ("mia",), ("olga", "rita")]
    await bot.advance(SHOW_AT + 10 * MINUTE)
    assert pings(square, "no_show") == [("olga", "rita")]
    assert pings(square, "ask.no_show") == [("max",)]
    assert {row.room for row in square.posts if row.op == "post"} == {"us_main"}


async def test_a_blocked_item_calls_its_owner(bot, square):
    show = await the_room(bot)
    await bot.ok(f"/checklist block {show} sound_lapel no battery")
    await bot.ok(f"/checklist block {show} host_nudges mia is late")
    await bot.ok(f"/checklist block {show} benefits_agreed not agreed")
    assert pings(square, "checklist.blocked") == [("olga", "rita"), ("mia",), ("max",)]


async def test_an_alert_calls_nobody_until_nobody_has_taken_it(tmp_path, square):
    async with running(tmp_path, chats={"other": square}) as bot:
        await bound(bot)
        await rung(bot)
        await minutes_of_chat(bot, 6.5, 4)
        assert pings(square, "alert.cold_room") == [()]
        assert pings(square, "ask.alert") == [("olga",), ("max",)]
        assert {row.room for row in square.posts if row.kind == "ask.alert"} == {"us_main"}
