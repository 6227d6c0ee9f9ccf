"""A cold room as people live through it: the alert's card, the host's line, and what pressing does, in any order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.evenings import minutes_of_chat
from tests.front_door import SHOW_AT


@pytest.fixture
async def cold(bot):
    """On air for 20 minutes, then cold until the alert rings."""
    await bot.room()
    await bot.plan(length="2h", benefit='"a free bulb"', likes_goal="900")
    await bot.advance(SHOW_AT)
    await bot.send([bot.line("stream", state="started"), bot.line("pin", sku="P1", state="released")])
    await minutes_of_chat(bot, 20, 40)
    for _ in range(12):
        await minutes_of_chat(bot, 1, 4)
        if await alerts(bot):
            return bot
    raise AssertionError("no alert")


async def alerts(bot):
    return await bot.app.store.read(lambda tx: tx.alerts.of_session("x1"))


async def prompts(bot):
    return await bot.app.store.read(lambda tx: tx.alerts.prompts("x1"))


async def host_nudge(bot):
    """The host's cold-room card, as it stands, once its slot has come."""
    for _ in range(30):
        found = [m for m in await bot.messages("host") if "cold" in m["text"]]
        if found:
            return found[-1]
        await minutes_of_chat(bot, 1 / 6, 4)
    raise AssertionError("the host got no line")


async def shown(bot, message, channel="host"):
    return next(m for m in await bot.messages(channel) if m["id"] == message["id"])


async def test_another_twice_shows_each_line_once_and_an_old_button_says_so(cold):
    bot = cold
    card = await host_nudge(bot)
    first = (await prompts(bot))[0]
    old = await bot.button(card["id"], "prompt another")
    assert 200 == (await bot.press(card["id"], old, "mia")).status
    again = await bot.press(card["id"], old, "mia")
    assert (409, True) == (again.status, "Mia" in again.text), again.body
    await bot.advance(bot.now)
    second = (await shown(bot, card))["text"]
    assert first.text not in second
    await bot.press_command(card["id"], "prompt another", "mia")
    third = (await shown(bot, card))["text"]
    assert third != second


async def test_what_the_team_marks_does_not_take_the_line_from_the_hosts_screen(cold):
    bot = cold
    card = await host_nudge(bot)
    before = (await shown(bot, card))["text"]
    beside = (await prompts(bot))[1]
    alert_card = await bot.find("Cold room")
    await bot.press_command(alert_card["id"], "prompt used", "olga", prompt=beside.id)
    assert before == (await shown(bot, card))["text"]


async def test_a_line_answered_before_its_slot_is_not_sent(bot):
    await bot.room()
    await bot.plan(length="2h", benefit='"a free bulb"', likes_goal="900")
    await bot.advance(SHOW_AT)
    await bot.send([bot.line("stream", state="started"), bot.line("pin", sku="P1", state="released")])
    await minutes_of_chat(bot, 20, 40)
    while not await alerts(bot):
        await bot.app.store.write(_just_nudged)
        await minutes_of_chat(bot, 1, 4)
    first = (await prompts(bot))[0]
    [row] = [r for r in await bot.app.store.read(lambda tx: tx.alerts.nudges("x1")) if r.kind == "alert"]
    assert "waiting" == row.state
    await bot.ok(f"/prompt used {first.id}", "olga")
    [row] = [r for r in await bot.app.store.read(lambda tx: tx.alerts.nudges("x1")) if r.kind == "alert"]
    assert ("dropped", "done") == (row.state, row.why)
    await bot.advance(minutes=3)
    assert not any("cold" in m["text"] for m in await bot.messages("host"))


def _just_nudged(tx):
    """The budget is used up all the time."""
    for row in tx.alerts.nudges("x1"):
        if row.kind == "cue" and row.state == "sent":
            later = max(row.at, tx.signals.last_at("x1")) + timedelta(seconds=70)
            tx.alerts.save_nudge(replace(row, at=later))
            return


async def test_after_the_all_clear_nothing_can_be_taken_and_the_host_gets_no_new_line(cold):
    bot = cold
    card = await host_nudge(bot)
    another = await bot.button(card["id"], "prompt another")
    [alert] = await alerts(bot)
    await minutes_of_chat(bot, 6, 45)
    assert "resolved" == (await alerts(bot))[0].state
    for line in (f"/alert ack {alert.id}", f"/alert snooze {alert.id}"):
        assert 409 == (await bot.say(line, "olga")).status
    assert 409 == (await bot.press(card["id"], another, "mia")).status
    assert "Say this" not in (await shown(bot, card))["text"]


async def test_a_snoozed_alert_rings_again_once_and_its_second_card_follows_the_first(cold):
    bot = cold
    [alert] = await alerts(bot)
    await bot.ok(f"/alert snooze {alert.id} 5m", "olga")
    await minutes_of_chat(bot, 6, 4)
    again = await bot.find("snoozed, still on")
    await bot.press_command(again["id"], "alert ack", "olga")
    buttons = [button["label"] for button in (await shown(bot, again, "team"))["buttons"]]
    assert "I'm on it" not in buttons


async def test_an_alert_ends_with_its_show_and_no_snooze_rings_after_it(cold):
    bot = cold
    [alert] = await alerts(bot)
    card = await bot.find("Cold room")
    await bot.ok(f"/alert snooze {alert.id} 10m", "olga")
    await bot.send([bot.line("stream", state="ended")])
    await bot.advance(minutes=15)
    assert not any("snoozed, still on" in m["text"] for m in await bot.messages())
    assert "I'm on it" not in [b["label"] for b in (await shown(bot, card, "team"))["buttons"]]
    assert 409 == (await bot.say(f"/alert ack {alert.id}", "olga")).status
    assert (await alerts(bot))[0].resolved_at is None, "there was no all-clear, and none is claimed"
    assert alert.id not in (await bot.ok("/now")).text


async def test_a_price_changed_on_air_changes_the_lines_that_are_out(cold):
    bot = cold
    card = await host_nudge(bot)
    offered = [p for p in await prompts(bot) if p.state == "offered"]
    with_price = [p for p in offered if "19.90" in p.text]
    await bot.ok("/product edit us_main P1 price=17.90 points=brighter", "olga")
    after = {p.id: p for p in await prompts(bot)}
    for prompt in offered:
        assert "19.90" not in after[prompt.id].text or after[prompt.id].state == "replaced"
        assert not any(point in after[prompt.id].text for point in ("warm light", "quiet fan")) or (
            after[prompt.id].state == "replaced"
        )
    texts = (await shown(bot, card))["text"] + (await bot.find("Cold room"))["text"]
    assert "19.90" not in texts
    assert "warm light" not in texts, with_price


async def test_why_names_who_pressed_what_in_plain_words(cold):
    bot = cold
    [alert] = await alerts(bot)
    card = await host_nudge(bot)
    await bot.press_command(card["id"], "prompt used", "mia")
    await bot.ok(f"/alert ack {alert.id}", "olga")
    text = (await bot.ok(f"/why {alert.id}", "olga")).text
    assert "Mia" in text
    assert "Olga" in text
    assert "Take an alert" in text
    assert "[" not in text, text
    assert "alert.ack" not in text
