"""The main messages as people read them, in both languages: whoever changes a word sees here how it reads."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from tests.front_door import SHOW_AT, running


async def chat_for(bot, minutes, per_minute):
    dice = random.Random(f"{bot.now}")
    for _ in range(minutes * 6):
        await bot.advance(seconds=10)
        n = sum(dice.random() < per_minute / 600 for _ in range(100))
        await bot.send(
            [bot.line("concurrent", n=300), bot.line("view", n=3), *([bot.line("comment", n=n)] if n else [])]
        )


async def first(bot, kind, channel="team"):
    """The text of the channel's first message of that kind, as it stands."""
    stored = await bot.app.store.read(lambda tx: tx.webchat.since(channel, 0, "boss"))
    [message, *_] = sorted((m for m in stored if m.kind == kind), key=lambda m: m.first_rev)
    shown = next(m for m in await bot.messages(channel) if m["id"] == message.id)
    return shown["text"].splitlines() + [f"({button['label']})" for button in shown["buttons"]]


async def the_evening(bot):
    """A show from the plan to its summary; what was read on the way, by name."""
    seen = {}
    await bot.room()
    plan = await bot.ok('/show plan us_main 2027-03-14 20:00 length=1h host=mia benefit="a free bulb" likes_goal=900')
    seen["plan"] = plan.text.splitlines()
    starts = SHOW_AT + timedelta(days=2, hours=-1)  # the clocks of New York go forward on that day
    await bot.advance(starts - timedelta(hours=23))
    seen["reminder"] = await first(bot, "reminder")
    await bot.advance(starts - timedelta(minutes=59))
    seen["checklist"] = await first(bot, "checklist")
    await bot.ok('/checklist block us_main sound_lapel "the battery is empty"', "olga")
    await bot.advance(starts - timedelta(minutes=9))
    seen["owners"] = await first(bot, "owners")
    seen["go"] = await first(bot, "go")
    await bot.advance(starts)
    await bot.send([bot.line("stream", state="started"), bot.line("pin", sku="P1", state="released")])
    await bot.advance(seconds=1)
    seen["on air"] = await first(bot, "session")
    await chat_for(bot, 25, 40)
    await chat_for(bot, 8, 4)
    seen["alert"] = await first(bot, "alert.cold_room")
    seen["host's line"] = await first(bot, "nudge.alert", "host")
    seen["operator's cue"] = await first(bot, "cue")
    seen["host's cue"] = await first(bot, "nudge.cue", "host")
    seen["now"] = (await bot.ok("/now")).text.splitlines()
    await bot.send([bot.line("order", n=1, gmv="19.90", order_id="o1"), bot.line("stream", state="ended")])
    await bot.advance(minutes=6)
    seen["summary"] = await first(bot, "summary", "managers")
    cancelled = await bot.ok("/show plan us_main every fri 20:00 length=1h host=mia save=yes")
    seen["series"] = cancelled.text.splitlines()
    seen["cancelled"] = (await bot.ok("/show cancel us_main-0319 the host is ill")).text.splitlines()
    seen["all cancelled"] = (await bot.ok("/show cancel us_main-0326 series=yes save=yes")).text.splitlines()
    return seen


@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_the_main_messages(tmp_path, language, snapshot):
    async with running(tmp_path, language=language) as bot:
        assert snapshot == await the_evening(bot)
