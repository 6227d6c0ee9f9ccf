"""How easily a room's cold-room alerts ring: set in the chat, said in plain words, kept over a restart."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core import sensitivity
from bot.core.reply import Span
from bot.core.rules.cold_room import RING_AT
from tests.evenings import minutes_of_chat, on_air
from tests.front_door import SHOW_AT, running


async def alerts(bot):
    return await bot.app.store.read(lambda tx: tx.alerts.of_session("x1"))


@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_the_room_card_says_what_a_setting_costs(tmp_path, language, snapshot):
    async with running(tmp_path, language=language) as bot:
        await bot.room()
        seen = {"normal": (await bot.ok("/room info us_main")).text.splitlines()}
        for setting in ("calm", "keen"):
            seen[setting] = (await bot.ok(f"/room edit us_main sensitivity={setting}")).text.splitlines()
        assert snapshot == seen


def test_the_words_follow_the_measured_figures(monkeypatch):
    told = {
        name: (said.params["alarms"].params["n"], said.params["n"], said.params["length"])
        for name in sensitivity.SENSITIVITIES
        for said in [sensitivity.false_alarms(name)]
    }
    assert {"calm": (1, 3, Span(10_800)), "normal": (3, 4, Span(10_800)), "keen": (3, 2, Span(10_800))} == told
    monkeypatch.setitem(sensitivity.FALSE_ALARMS_PER_HOUR, "calm", 0.01)
    rare = sensitivity.false_alarms("calm").params
    assert (1, 33) == (rare["alarms"].params["n"], rare["n"])


async def test_another_word_is_refused_with_the_choices(bot):
    await bot.room()
    answer = await bot.say("/room edit us_main sensitivity=loud")
    assert 400 == answer.status
    assert all(word in answer.text for word in ("loud", "calm", "normal", "keen")), answer.text
    assert "normal" == (await bot.app.store.read(lambda tx: tx.rooms.get("us_main"))).sensitivity


async def test_an_edit_of_something_else_leaves_it(bot):
    await bot.room()
    await bot.ok("/room edit us_main sensitivity=keen")
    await bot.ok("/room edit us_main theme=home")
    assert "keen" == (await bot.app.store.read(lambda tx: tx.rooms.get("us_main"))).sensitivity


async def test_who_changed_it_is_kept(bot):
    await bot.room()
    await bot.ok("/room edit us_main sensitivity=keen", "max")
    text = (await bot.ok("/why us_main")).text
    assert "Max: Change a room" in text
    assert "sensitivity normal → sensitivity keen" in text


async def test_a_change_holds_at_once_for_the_show_on_air_with_all_its_watch_knew(tmp_path, monkeypatch):
    """Calm that rings for nothing, over a restart; normal rings with the next tick, for the minutes before it."""
    monkeypatch.setitem(RING_AT, "calm", 1_000.0)
    async with running(tmp_path) as bot:
        await bot.room()
        await bot.ok("/room edit us_main sensitivity=calm")
        await bot.plan(length="2h")
        await bot.advance(SHOW_AT)
        await bot.send([bot.line("stream", state="started")])
        await minutes_of_chat(bot, 20, 40)
        now, sent = bot.now, bot.sent
    async with running(tmp_path, start=now) as bot:
        bot.sent = sent  # a webhook id is used once
        await minutes_of_chat(bot, 8, 4)
        assert [] == await alerts(bot)
        before = bot.app.ports.live.get("x1").watch.dump()
        answer = await bot.ok("/room edit us_main sensitivity=normal")
        assert "on air" in answer.text
        assert before == bot.app.ports.live.get("x1").watch.dump()
        await minutes_of_chat(bot, 1 / 2, 4)
        [alert] = await alerts(bot)
        assert alert.evidence["lasted_s"] > 240


async def test_only_the_edited_room_is_judged_otherwise(bot):
    await on_air(bot)
    await bot.ok("/room add id_main id")
    answer = await bot.ok("/room edit id_main sensitivity=keen")
    assert "on air" not in answer.text
    assert "normal" == bot.app.ports.live.get("x1").sensitivity


async def test_a_show_that_goes_on_air_takes_the_rooms_setting(bot):
    await bot.room()
    await bot.ok("/room edit us_main sensitivity=keen")
    await bot.advance(SHOW_AT)
    await bot.send([bot.line("stream", state="started")])
    assert "keen" == bot.app.ports.live.get("x1").sensitivity


async def test_a_change_that_came_while_a_show_was_being_read_holds_from_its_next_tick(bot):
    """The edit itself found nothing on air to tell: here it is in the room's row alone."""
    await on_air(bot)
    room = await bot.app.store.read(lambda tx: tx.rooms.get("us_main"))
    await bot.app.store.write(lambda tx: tx.rooms.save(replace(room, sensitivity="keen")))
    await minutes_of_chat(bot, 1 / 2, 40)
    assert "keen" == bot.app.ports.live.get("x1").sensitivity
