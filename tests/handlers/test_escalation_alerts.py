"""Alerts nobody takes: asked again, then the managers; taken from any copy; several rooms are one message."""

from __future__ import annotations

import pytest

from tests.asked import GOING_ON, MINUTE, WHEN, labels, of_kind, one, rung, story
from tests.evenings import minutes_of_chat, scripted
from tests.front_door import SHOW_AT, running


async def opened_at(bot):
    [question, *_] = await bot.app.store.read(lambda tx: tx.asks.of_subject("a1"))
    return question.asked_at


async def test_an_alert_nobody_takes_is_asked_again_and_then_goes_to_the_managers(bot):
    await rung(bot)
    begun = await opened_at(bot)
    assert "it goes to the operators by name" in (await one(bot, "alert.cold_room", "team"))["text"]
    await minutes_of_chat(bot, 2, 4)
    assert [] == await of_kind(bot, "ask.alert")
    await minutes_of_chat(bot, 1.2, 4)
    again = await one(bot, "ask.alert", "team")
    assert "Olga: an alert that nobody has taken" in again["text"]
    assert "it goes to the managers" in again["text"]
    await minutes_of_chat(bot, 3, 4)
    asked = await one(bot, "ask.alert", "managers")
    assert "Max: an alert that nobody has taken" in asked["text"]
    assert "us_main: Cold room" in asked["text"]
    assert ["I'm on it", "Snooze 10 min", "Not useful", "Why?"] == labels(asked)
    steps = await bot.app.store.read(lambda tx: tx.asks.steps("q2"))
    assert [begun + 3 * MINUTE, begun + 6 * MINUTE] == [step.at for step in steps]
    await minutes_of_chat(bot, 5, 4)
    for message in await of_kind(bot, "ask.alert"):
        assert "The alert is over" == message["text"].splitlines()[0]
        assert "All clear" in message["text"]
        assert "goes to" not in message["text"]
        assert "good" == message["tone"]
    assert 2 == len(await of_kind(bot, "ask.alert"))
    assert "ended by the all-clear" in (await story(bot, "a1"))[-1]


async def test_it_ends_with_the_session(bot):
    await rung(bot)
    await minutes_of_chat(bot, 3.2, 4)
    await bot.send([bot.line("stream", state="ended")])
    await bot.advance(minutes=10)
    [message] = await of_kind(bot, "ask.alert")
    assert "There was no all-clear until the end" in message["text"]
    assert ["Not useful", "Why?"] == labels(message)
    assert "ended with the session" in (await story(bot, "a1"))[-1]


async def test_a_stream_that_comes_back_asks_anew(bot):
    await rung(bot)
    await bot.send([bot.line("stream", state="ended")])
    await bot.advance(minutes=2)
    await bot.send([bot.line("stream", state="started"), bot.line("concurrent", n=300)])
    first, second = await bot.app.store.read(lambda tx: tx.asks.of_subject("a1"))
    assert ("off_air", None) == (first.outcome, second.outcome)
    assert second.next_at == bot.now + 3 * MINUTE


@pytest.mark.parametrize(
    ("kind", "channel", "minutes", "command"),
    [
        ("alert.cold_room", "team", 1, "alert ack"),
        ("ask.alert", "team", 4, "alert snooze"),
        ("alert.cold_room", "team", 4, "alert ack"),
        ("ask.alert", "team", 7, "alert ack"),
        ("ask.alert", "managers", 7, "alert snooze"),
        ("ask.alert", "managers", 7, "alert ack"),
    ],
)
async def test_an_alert_is_taken_from_any_copy(bot, kind, channel, minutes, command):
    await rung(bot)
    await minutes_of_chat(bot, minutes - 0.5, 4)
    person, who = ("max", "Max") if channel == "managers" else ("olga", "Olga")
    everywhere = [*await of_kind(bot, "alert.cold_room"), *await of_kind(bot, "ask.alert")]
    old = {message["id"]: await bot.button(message["id"], command) for message in everywhere}
    await bot.press_command((await one(bot, kind, channel))["id"], command, person)
    done = f"{who} took it" if command == "alert ack" else f"{who} snoozed it until"
    everywhere = [*await of_kind(bot, "alert.cold_room"), *await of_kind(bot, "ask.alert")]
    assert {1: 1, 4: 2, 7: 3}[minutes] == len(everywhere)
    for message in everywhere:
        assert done in message["text"]
        assert ("warning", False) == (message["tone"], "goes to" in message["text"])
    host = await one(bot, "nudge.alert", "host", "mia")
    assert (f"{who} took it" if command == "alert ack" else f"{who} answered") in host["text"]
    assert ["Used it", "Another", "Not now"] == labels(host), "the line is still worth saying"
    for message, button in old.items():
        again = await bot.press(message, button, "boss")
        assert (409, True) == (again.status, who in again.text), again.body
    asked = len(await of_kind(bot, "ask.alert"))
    await minutes_of_chat(bot, 3, 4)
    assert asked == len(await of_kind(bot, "ask.alert"))


async def test_the_host_who_uses_the_line_has_answered(bot):
    await rung(bot)
    await bot.advance(seconds=30)
    await bot.press_command((await one(bot, "nudge.alert", "host", "mia"))["id"], "prompt used", "mia")
    assert "Mia answered at" in (await one(bot, "alert.cold_room", "team"))["text"]
    await minutes_of_chat(bot, 6, 4)
    assert [] == await of_kind(bot, "ask.alert")
    assert "Mia answered in host" in (await story(bot, "a1"))[-1]


async def test_after_a_snooze_it_is_asked_anew(bot):
    await rung(bot)
    await bot.ok("/alert snooze a1 2m", "olga")
    await minutes_of_chat(bot, 2.2, 4)
    again = await one(bot, "alert.again", "team")
    assert "it goes to the operators by name" in again["text"]
    await minutes_of_chat(bot, 3.2, 4)
    assert 1 == len(await of_kind(bot, "ask.alert", "team"))
    await bot.press_command(again["id"], "alert ack", "olga")
    assert "Olga took it" in (await one(bot, "ask.alert", "team"))["text"]


async def test_several_rooms_come_to_the_managers_as_one_message(bot):
    rooms = ("us_a", "us_b", "us_c")
    for number, room in enumerate(rooms, 1):
        await bot.ok(f"/room add {room} us")
        await bot.secret(room)
        await bot.ok(f"/host add h{number} name=H{number} zone=Asia/Shanghai")
        await bot.plan(room, WHEN, length="2h", host=f"h{number}")
    await bot.advance(SHOW_AT)
    for room in rooms:
        await bot.send([bot.line("stream", state="started"), bot.line("concurrent", n=300)], room)
    for number in (1, 2, 3):
        await scripted(bot, *GOING_ON, session=f"x{number}")
    for _ in range(48):
        await bot.advance(seconds=10)
        for room in rooms:
            await bot.send([bot.line("concurrent", n=300)], room)
    assert ["Olga: 3 alerts that nobody has taken"] == [
        message["text"].splitlines()[0] for message in await of_kind(bot, "ask.alert", "team")
    ]
    await bot.advance(minutes=3)
    asked = await one(bot, "ask.alert", "managers")
    assert "Max: 3 alerts that nobody has taken" in asked["text"]
    assert all(f"{room}: Cold room" in asked["text"] for room in rooms)
    await bot.press_command(asked["id"], "alert ack", "max", alert="a2")
    asked = await one(bot, "ask.alert", "managers")
    assert asked["text"].startswith("Max: 2 alerts that nobody has taken")
    assert 1 == asked["text"].count("Max took it")
    for alert in ("a1", "a3"):
        await bot.ok(f"/alert ack {alert}", "olga")
    asked = await one(bot, "ask.alert", "managers")
    assert ("The 3 alerts are in hand", "warning") == (asked["text"].splitlines()[0], asked["tone"])


async def test_an_alert_outlives_a_kill_between_its_steps(tmp_path):
    async with running(tmp_path) as bot:
        await rung(bot)
        begun = await opened_at(bot)
    async with running(tmp_path, start=begun + 4 * MINUTE) as bot:
        await bot.advance(seconds=1)
        assert 1 == len(await of_kind(bot, "ask.alert", "team")), "late, but nobody has taken it yet"
    async with running(tmp_path, start=begun + 6 * MINUTE) as bot:
        await bot.advance(seconds=1)
        assert 1 == len(await of_kind(bot, "ask.alert", "team"))
        asked = await one(bot, "ask.alert", "managers")
        await bot.press_command(asked["id"], "alert ack", "max")
    async with running(tmp_path, start=begun + 7 * MINUTE) as bot:
        assert "Max took it" in (await one(bot, "alert.cold_room", "team"))["text"]
