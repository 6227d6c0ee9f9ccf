"""Another host for a show: by name, by an offer that the first to tap takes, and a stand-in when nobody comes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.front_door import SHOW_AT, running
from tests.standing import state

SHOW = "us_main-0312"


@pytest.fixture
async def bot(tmp_path):
    async with running(tmp_path) as bot:
        await bot.room()
        await bot.ok("/host add leo name=Leo zone=Europe/Berlin speaks=en")
        await bot.ok("/host add ana name=Ana zone=America/New_York speaks=es")
        await bot.plan(when="2027-03-12 22:00")
        yield bot


async def host_of(bot, show=SHOW):
    return (await bot.app.store.read(lambda tx: tx.shows.get(show))).host


async def newest(bot, kind, channel="team", person="boss"):
    return (await of_kind(bot, kind, channel, person))[-1]


async def of_kind(bot, kind, channel="team", person="boss"):
    ids = await bot.app.store.read(
        lambda tx: {row[0] for row in tx.db.execute("select id from messages where kind = ?", [kind]).fetchall()}
    )
    return [message for message in await bot.messages(channel, person) if message["id"] in ids]


async def test_a_show_is_given_to_somebody_by_name_and_back(bot):
    before = await state(bot)
    answer = await bot.ok(f"/show host {SHOW} leo", "olga")
    assert "Mia → Leo" in answer.text
    assert "leo" == await host_of(bot)
    assert {"mia", "leo"} == {message["to"] for message in await of_kind(bot, "show.host", "host", "mia")}
    assert 200 == (await bot.say("/undo", "olga")).status
    assert before == await state(bot)


async def test_who_does_not_host_there_is_no_host_and_nothing_changes(bot):
    refused = await bot.say(f"/show host {SHOW} vera", "olga")
    assert (422, "mia") == (refused.status, await host_of(bot)) or refused.status in (400, 404, 409)
    assert "mia" == await host_of(bot)
    assert "already" in (await bot.say(f"/show host {SHOW} mia", "olga")).text
    await bot.ok(f"/show host {SHOW} none", "olga")
    assert await host_of(bot) is None


async def test_an_offer_goes_to_whoever_could_do_it_and_the_first_tap_has_it(bot):
    answer = await bot.ok(f"/show offer {SHOW}", "mia", "host")
    assert "offered to Leo" in answer.text, "Ana does not speak the market's language"
    card = await newest(bot, "offer", "host", "leo")
    assert "Could you host" in card["text"]
    assert {"leo"} == {message["to"] for message in await of_kind(bot, "offer", "host", "ana")}
    taken = await bot.press_command(card["id"], "offer take", "leo")
    assert "is yours" in taken.text
    assert "leo" == await host_of(bot)
    assert "Taken by Leo" in (await newest(bot, "offer"))["text"]
    assert "mia" in {message["to"] for message in await of_kind(bot, "show.host", "host", "mia")}
    again = await bot.press(card["id"], await bot_button(bot, card["id"], "offer take"), "leo")
    assert again.status != 200


async def bot_button(bot, message, command):
    try:
        return await bot.button(message, command)
    except AssertionError:  # the card has lost it, and an old page has it still
        return "0000000000"


async def test_what_was_taken_by_mistake_is_on_offer_again(bot):
    await bot.ok(f"/show offer {SHOW}", "olga")
    card = await newest(bot, "offer", "host", "leo")
    await bot.press_command(card["id"], "offer take", "leo")
    await bot.ok("/undo", "leo", "host")
    assert "mia" == await host_of(bot)
    assert "The first to take it" in (await newest(bot, "offer", "host", "leo"))["text"]
    await bot.press_command(card["id"], "offer take", "leo")
    assert "leo" == await host_of(bot)


async def test_an_offer_nobody_takes_ends_before_the_show_and_is_told(bot):
    await bot.ok(f"/show offer {SHOW}", "olga")
    await bot.advance(SHOW_AT + timedelta(hours=1, seconds=1))
    assert "no other host has been found" in (await bot.find("no other host"))["text"]
    card = await newest(bot, "offer", "host", "leo")
    assert "Nobody took it in time" in card["text"]
    assert card["buttons"] == []
    late = await bot.say("/offer take o1", "leo", "host")
    assert "not on offer" in late.text
    assert "mia" == await host_of(bot)


async def test_an_offer_ends_with_its_show_and_when_it_is_withdrawn(bot):
    await bot.ok(f"/show offer {SHOW}", "olga")
    assert "already" in (await bot.say(f"/show offer {SHOW}", "olga")).text
    await bot.ok("/offer withdraw o1", "olga")
    assert "has its host" in (await newest(bot, "offer", "host", "leo"))["text"]
    await bot.ok(f"/show offer {SHOW}", "olga")
    await bot.ok(f"/show cancel {SHOW} power cut", "olga")
    assert "cancelled" in (await newest(bot, "offer", "host", "leo"))["text"]


async def test_a_host_may_offer_their_own_show_and_no_other(bot):
    refused = await bot.say(f"/show offer {SHOW}", "leo", "host")
    assert (403, True) == (refused.status, "operator" in refused.text)


async def test_when_nobody_comes_a_stand_in_is_named_asked_and_takes_it(bot):
    start = SHOW_AT + timedelta(hours=2)
    await bot.advance(start + timedelta(minutes=3))
    alarm = await newest(bot, "no_show")
    assert "Leo (there it is 04:03" in alarm["text"]
    assert {"show start", "show late", "show offer", "show cancel"} == {
        button["command"] for button in await buttons(bot, alarm["id"])
    }
    await bot.press_command(alarm["id"], "show offer", "olga")
    card = await newest(bot, "offer", "host", "leo")
    assert "right now" in card["text"]
    await bot.press_command(card["id"], "offer take", "leo")
    assert "leo" == await host_of(bot)


async def buttons(bot, message):
    from bot.core.reply import buttons_of

    stored = await bot.app.store.read(lambda tx: tx.webchat.get(message))
    return [{"command": button.command} for button in buttons_of(stored.reply)]


async def test_who_says_that_it_comes_late_is_not_alarmed_before_and_then_again(bot):
    start = SHOW_AT + timedelta(hours=2)
    await bot.advance(start + timedelta(minutes=3))
    alarm = await newest(bot, "no_show")
    await bot.press_command(alarm["id"], "show late", "olga", fields={"by": "10m"})
    assert "comes late, by 22:13" in (await newest(bot, "no_show"))["text"]
    await bot.advance(start + timedelta(minutes=12))
    assert [alarm["id"]] == [message["id"] for message in await of_kind(bot, "no_show")]
    assert [] == await of_kind(bot, "ask.no_show", "managers")
    await bot.advance(start + timedelta(minutes=13, seconds=1))
    [second] = [item for item in await of_kind(bot, "no_show") if item["id"] != alarm["id"]]
    assert "nothing on air" in second["text"]
    assert "rung again" in (await bot.find("rung again"))["text"]
    await bot.advance(start + timedelta(minutes=18))
    assert 1 == len(await of_kind(bot, "ask.no_show", "managers"))


@pytest.mark.parametrize("by", ["0m", "4h", "soon"])
async def test_how_late_is_a_time_that_can_be(bot, by):
    await bot.advance(SHOW_AT + timedelta(hours=2))
    assert (await bot.say(f"/show late {SHOW} {by}", "olga")).status != 200


async def test_a_series_gets_another_host_from_a_date_on_and_the_host_back(bot):
    asked = await bot.ok("/show plan us_main every sun 20:00 length=1h host=mia", "olga")
    await bot.press_command(asked.body["reply"]["id"], "show plan", "olga", save="yes")
    before = await state(bot)
    asked = await bot.ok("/show host us_main-0321 leo scope=following", "olga")
    assert before == await state(bot), "several shows: asked first"
    done = await bot.press_command(asked.body["reply"]["id"], "show host", "olga", save="yes")
    assert "Mia → Leo" in done.text
    assert ("mia", "leo", "leo") == tuple(
        [await host_of(bot, show) for show in ("us_main-0314", "us_main-0321", "us_main-0328")]
    )
    kept = await bot.app.store.read(lambda tx: tx.shows.all_series("us_main"))
    assert ["mia", "leo"] == [series.host for series in kept]
    await bot.ok("/undo", "olga")
    shows, timers, *_ = await state(bot)
    assert (before[0], before[1]) == (shows, timers)
