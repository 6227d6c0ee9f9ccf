"""/alert tune: what the last shows would have rung at each sensitivity, beside what people said of what rang."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.records import Alert, AuditEntry, StoredSignal
from bot.core.reply import Msg, When
from bot.core.tuning import Trial
from handlers import tuning
from tests.evenings import minutes_of_chat, on_air, past_show
from tests.front_door import running

TABLES = ("rooms", "sessions", "signals", "alerts", "prompts", "nudges", "timers", "audit", "messages", "outbox")


async def stored(bot):
    return await bot.app.store.read(
        lambda tx: {table: tx.db.execute(f"select * from {table}").fetchall() for table in TABLES}
    )


@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_what_is_read(tmp_path, language, snapshot, monkeypatch):
    monkeypatch.setattr(tuning, "try_out", rung_as_told)
    async with running(tmp_path, language=language) as bot:
        await bot.room()
        seen = {"none": await read(bot)}
        session = await past_show(bot, 1)
        seen["one"] = await read(bot)
        await bot.app.store.write(lambda tx: that_rang(tx, session))
        await past_show(bot, 2, cold=False)
        await past_show(bot, 3, minutes=5)
        seen["three"] = await read(bot)
        assert snapshot == seen


def rung_as_told(ticks, sensitivity):
    """What the rule finds is its own matter: here is what people read of it."""
    rings_s = {"calm": (), "normal": (1_740,), "keen": (1_260, 1_680)}[sensitivity]
    return Trial(tuple(at_s for at_s in rings_s if at_s < len(ticks) * 10), max(0, len(ticks) * 10 - 600))


def that_rang(tx, session):
    """An alert that two people said something of, and one that nobody did."""
    for number, minutes in ((1, 28), (2, 40)):
        at, reason = session.started_at + timedelta(minutes=minutes), Msg("alert.cold_room.title")
        alert = Alert(f"a{number}", "us_main", "cold_room", session.id, at, minutes * 60, "resolved", "warning", reason,
                      {}, reason, resolved_at=at)  # fmt: skip
        tx.alerts.save(alert if number == 2 else replace(alert, not_useful_by="max", not_useful_at=at))
        if number == 1:
            tx.audit.add(AuditEntry(at, "olga", "web", "alert.ack", "a1"))


async def read(bot):
    answer = await bot.ok("/alert tune", "olga")
    buttons = [button["label"] for button in answer.body["reply"]["buttons"]]
    return [*answer.text.splitlines(), *buttons]


async def test_a_show_as_it_was_and_what_people_said_of_it(bot):
    """Lived through: the setting in force rings when the live bot rang."""
    await on_air(bot)
    await minutes_of_chat(bot, 20, 40)
    await minutes_of_chat(bot, 8, 4)
    [alert] = await bot.app.store.read(lambda tx: tx.alerts.of_session("x1"))
    [line, *_] = await bot.app.store.read(lambda tx: tx.alerts.prompts("x1"))
    await bot.ok("/alert ack a1", "olga")
    await bot.ok(f"/prompt used {line.id}", "mia")
    await bot.ok("/alert not_useful a1", "max")
    await bot.send([bot.line("stream", state="ended")])
    await bot.advance(minutes=1)
    text = (await bot.ok("/alert tune us_main", "olga")).text
    reader = bot.app.words.reader("en")
    at = reader.value(When(alert.opened_at, "America/New_York", "time"))
    assert f"normal: 1 alert ({at})" in text, text
    assert f"Alert a1 rang {at}" in text
    assert "Olga took it, Mia used a line and Max: not useful" in text
    assert "1 alert rang: people took 1, used a line with 1, called 1 not useful" in text


async def test_it_looks_at_the_last_five_that_are_over_and_changes_nothing(bot, monkeypatch):
    await bot.room()
    for number in range(1, 8):
        await past_show(bot, number, minutes=12)
    await bot.send([bot.line("stream", state="started"), bot.line("concurrent", n=300)])
    looked_at, threads = [], set()
    counted, try_out = tuning._counted, tuning.try_out

    def count(tx, session):
        looked_at.append(session.id)
        return counted(tx, session)

    def on_which_thread(*given):
        threads.add(threading.current_thread())
        return try_out(*given)

    monkeypatch.setattr(tuning, "_counted", count)
    monkeypatch.setattr(tuning, "try_out", on_which_thread)
    before = await stored(bot)
    watch = bot.app.ports.live.get("x1").watch.dump()
    text = (await bot.say("/alert tune", "olga")).text
    assert ["x101", "x102", "x103", "x104", "x105"] == looked_at
    assert "its last 5 shows" in text
    assert "have ended so far" not in text
    assert threading.main_thread() not in threads, "the event loop goes on meanwhile"
    assert before == await stored(bot)
    assert watch == bot.app.ports.live.get("x1").watch.dump()


async def test_its_buttons_set_the_others_for_whoever_may(bot):
    await bot.room()
    await past_show(bot, 1, minutes=12)
    await bot.ok("/alert tune us_main", "olga")
    message = (await bot.find("its last show"))["id"]
    refused = await bot.press(message, await bot.button(message, "room edit", sensitivity="keen"), "olga")
    assert 403 == refused.status
    await bot.press_command(message, "room edit", "max", sensitivity="keen")
    assert "keen" == (await bot.app.store.read(lambda tx: tx.rooms.get("us_main"))).sensitivity
    text = (await bot.ok("/alert tune us_main", "olga")).text
    assert "keen (in force)" in text
    assert "normal (in force)" not in text


async def test_the_room_may_be_left_out_where_there_is_one(bot):
    answer = await bot.say("/alert tune", "olga")
    assert 400 == answer.status
    await bot.room()
    await bot.ok("/alert tune", "olga")
    await bot.ok("/room add id_main id")
    answer = await bot.say("/alert tune", "olga")
    assert (400, "/alert tune us_main") == (answer.status, answer.body["try"])
    assert "id_main" in answer.text
    await bot.send([bot.line("stream", state="started")])
    assert "us_main" in (await bot.ok("/alert tune", "olga")).text
    assert 404 == (await bot.say("/alert tune nowhere", "olga")).status


async def test_a_pause_is_told_to_the_rule_as_on_air(bot):
    """A show whose ten cold minutes are a pause has none."""
    await bot.room()
    session = await past_show(bot, 1)
    assert "normal: 1 alert" in (await bot.ok("/alert tune", "olga")).text

    def pause(tx):
        for minute, state in ((25, "paused"), (35, "resumed")):
            at = session.started_at + timedelta(minutes=minute)
            tx.signals.store(
                "us_main", session.id, [(StoredSignal(at, "own", {"kind": "stream", "state": state}), None)]
            )

    await bot.app.store.write(pause)
    assert "normal: none" in (await bot.ok("/alert tune", "olga")).text
