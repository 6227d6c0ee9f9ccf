"""What becomes of an offered show when things move on: on air, cancelled and back, late, asked about, two at once."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, timedelta

import pytest

from bot.core.reply import buttons_of
from handlers import conflicts, offers
from tests.front_door import SHOW_AT, running

SHOW = "us_main-0312"
START = SHOW_AT + timedelta(hours=2)


@pytest.fixture
async def bot(tmp_path):
    async with running(tmp_path) as bot:
        await bot.room()
        await bot.ok("/host add leo name=Leo zone=Europe/Berlin speaks=en")
        await bot.ok("/host add kim name=Kim zone=Asia/Seoul speaks=en")
        await bot.plan(when="2027-03-12 22:00")
        yield bot


async def posted(bot, key):
    """The message as it stands, and the commands on it."""

    def look(tx):
        message = tx.outbox.by_key(key)
        shown = tx.webchat.get(message.id)
        return message.id, {button.command for button in buttons_of(shown.reply)}

    number, commands = await bot.app.store.read(look)
    [shown] = [item for place in ("team", "host") for item in await bot.messages(place) if item["id"] == number]
    return shown, commands


async def host(bot):
    return (await bot.app.store.read(lambda tx: tx.shows.get(SHOW))).host


async def test_the_hosts_reminder_begins_with_their_time_and_lets_them_give_the_show_away(bot):
    show = "us_main-0313"
    await bot.ok("/show plan us_main 2027-03-13 22:00 length=1h host=mia save=yes")
    await bot.advance(START)
    shown, commands = await posted(bot, f"reminder-host:{show}")
    assert shown["text"].index("Your time") < shown["text"].index("In the market")
    assert {"show offer"} == commands
    _, of_team = await posted(bot, f"reminder:{show}")
    assert set() == of_team
    await bot.press_command(shown["id"], "show offer", "mia")
    assert {"offer take"} == (await posted(bot, "offer:o1:leo"))[1]
    await bot.ok("/offer take o1", "leo", "host")
    shown, commands = await posted(bot, f"reminder-host:{show}")
    assert set() == commands, "it is hers no longer to give away"
    assert "Leo" in shown["text"]


async def test_a_host_who_cannot_while_nobody_else_can_is_heard_by_the_team(bot):
    for who in ("leo", "kim"):
        await bot.ok(f"/host edit {who} markets=uk")
    answer = await bot.ok(f"/show offer {SHOW}", "mia", "host")
    assert "the team has been told" in answer.text
    shown = await bot.find("Mia cannot host us_main-0312")
    assert "/show host us_main-0312 NAME" in shown["text"]
    await bot.ok(f"/show offer {SHOW}", "mia", "host")
    assert 1 == sum("Mia cannot host" in item["text"] for item in await bot.messages())
    assert 409 == (await bot.say(f"/show offer {SHOW}", "olga")).status


async def test_with_the_stream_an_offer_ends(bot):
    await bot.ok(f"/show offer {SHOW}", "olga")
    await bot.advance(START - timedelta(minutes=70))
    await bot.ok("/offer withdraw o1", "olga")
    await bot.advance(START + timedelta(minutes=4))
    await bot.ok(f"/show offer {SHOW}", "olga")
    await bot.ok(f"/show start {SHOW}", "olga")
    shown, commands = await posted(bot, "offer:o2:leo")
    assert (set(), True) == (commands, "Not needed any more" in shown["text"])
    assert "not on offer" in (await bot.say("/offer take o2", "leo", "host")).text


async def test_a_show_that_is_held_after_all_is_on_offer_again(bot):
    await bot.ok(f"/show offer {SHOW}", "olga")
    await bot.ok(f"/show cancel {SHOW} power cut", "olga")
    assert set() == (await posted(bot, "offer:o1:leo"))[1]
    await bot.ok("/undo", "olga")
    assert {"offer take"} == (await posted(bot, "offer:o1:leo"))[1]
    await bot.ok("/offer take o1", "leo", "host")
    assert "leo" == await host(bot)


async def test_what_was_asked_about_an_offer_is_told(bot):
    await bot.ok(f"/show offer {SHOW}", "olga")
    told = (await bot.ok("/why o1", "olga")).text
    assert "Offer o1 of us_main-0312" in told
    assert ("Mia" in told, "Kim" in told, "Leo" in told) == (True, True, True)
    assert "Offer a show to the hosts" in told
    await bot.ok("/offer take o1", "leo", "host")
    told = (await bot.ok("/why o1", "olga")).text
    assert "Taken by Leo" in told
    assert "Take an offered show" in told
    assert "o1" in (await bot.say("/why o9", "olga")).text


async def test_of_two_who_tap_at_once_the_second_reads_who_was_quicker(bot):
    await bot.ok(f"/show offer {SHOW}", "olga")
    (first, _), (second, _) = await posted(bot, "offer:o1:leo"), await posted(bot, "offer:o1:kim")
    buttons = [await bot.button(card["id"], "offer take") for card in (first, second)]
    await bot.press(first["id"], buttons[0], "leo")
    lost = await bot.press(second["id"], buttons[1], "kim")
    assert (409, True) == (lost.status, "Leo was quicker" in lost.text)
    assert "leo" == await host(bot)


async def test_the_alarm_says_that_a_stand_in_is_asked_and_that_none_is_any_more(bot):
    await bot.advance(START + timedelta(minutes=3))
    shown, commands = await posted(bot, f"no-show:{SHOW}")
    assert "show offer" in commands
    await bot.press_command(shown["id"], "show offer", "olga")
    shown, commands = await posted(bot, f"no-show:{SHOW}")
    assert ("show offer" in commands, "Asked to stand in: " in shown["text"]) == (False, True)
    await bot.ok("/offer withdraw o1", "olga")
    shown, commands = await posted(bot, f"no-show:{SHOW}")
    assert ("show offer" in commands, "Free to stand in: " in shown["text"]) == (True, True)


async def test_when_no_stand_in_taps_in_time_the_alarm_can_ask_again(bot):
    await bot.advance(START + timedelta(minutes=3))
    await bot.ok(f"/show offer {SHOW}", "olga")
    await bot.advance(START + timedelta(minutes=33, seconds=1))
    shown, commands = await posted(bot, f"no-show:{SHOW}")
    assert ("show offer" in commands, "Asked to stand in" in shown["text"]) == (True, False)
    await bot.press_command(shown["id"], "show offer", "olga")
    assert {"offer take"} == (await posted(bot, "offer:o2:leo"))[1]


async def test_what_was_said_to_come_late_still_is_when_a_stand_in_is_asked_or_it_was_nearly_cancelled(bot):
    await bot.advance(START + timedelta(minutes=3))
    await bot.ok(f"/show late {SHOW} 10m", "olga")
    await bot.ok(f"/show offer {SHOW}", "olga")
    assert "comes late, by 22:13" in (await posted(bot, f"no-show:{SHOW}"))[0]["text"]
    await bot.ok(f"/show cancel {SHOW} power cut", "olga")
    assert "cancelled" in (await posted(bot, f"no-show:{SHOW}"))[0]["text"]
    await bot.ok("/undo", "olga")
    assert "comes late, by 22:13" in (await posted(bot, f"no-show:{SHOW}"))[0]["text"]
    await bot.advance(START + timedelta(minutes=13, seconds=1))
    assert "nothing on air" in (await posted(bot, f"no-show:{SHOW}@{START.astimezone(UTC):%Y%m%dT%H%M}"))[0]["text"]


async def test_an_avatar_is_stood_in_for_by_nobody(bot):
    await bot.ok("/room add bot_room us host_mode=avatar")
    planned = await bot.ok("/show plan bot_room 2027-03-13 21:00 length=1h save=yes")
    assert "No host yet" not in planned.text
    refused = await bot.say("/show offer bot_room-0313", "olga")
    assert (409, True) == (refused.status, "avatar" in refused.text)
    await bot.advance(START + timedelta(hours=23, minutes=3))
    shown, commands = await posted(bot, "no-show:bot_room-0313")
    assert ("show start" in commands, "show offer" in commands) == (True, False)
    assert "stand in" not in shown["text"]
    await bot.ok("/matrix", "olga")
    assert any("bot_room" in card["text"] and "avatar" in card["text"] for card in await bot.messages())


async def test_a_stand_in_for_a_show_that_is_put_off_is_not_needed_right_now(bot):
    await bot.advance(START + timedelta(minutes=4))
    await bot.ok(f"/show offer {SHOW}", "olga")
    assert "right now" in (await posted(bot, "offer:o1:leo"))[0]["text"]
    await bot.ok(f"/show move {SHOW} 2027-03-13 22:00", "olga")
    shown, commands = await posted(bot, "offer:o1:leo")
    assert ({"offer take"}, False, True) == (commands, "right now" in shown["text"], "Could you host" in shown["text"])
    await bot.advance(START + timedelta(minutes=40))
    await bot.ok("/offer take o1", "leo", "host")
    assert "leo" == await host(bot)


async def test_an_offer_of_a_show_moved_nearer_ends_an_hour_before_it(bot):
    await bot.ok(f"/show offer {SHOW}", "olga")
    await bot.ok(f"/show move {SHOW} 2027-03-12 21:00", "olga")
    await bot.advance(START - timedelta(hours=2) + timedelta(seconds=1))
    assert "Nobody took it" in (await posted(bot, "offer:o1:leo"))[0]["text"]


async def test_moved_since_it_is_not_said_to_come_late_any_more(bot):
    await bot.advance(START + timedelta(minutes=3))
    await bot.ok(f"/show late {SHOW} 10m", "olga")
    await bot.ok(f"/show move {SHOW} 22:30", "olga")
    await bot.advance(START + timedelta(minutes=31))
    await bot.ok(f"/show offer {SHOW}", "olga")
    assert "comes late" not in (await posted(bot, f"no-show:{SHOW}"))[0]["text"]


async def test_nobody_comes_late_beyond_the_planned_end(bot):
    await bot.advance(START)
    refused = await bot.say(f"/show late {SHOW} 2h", "mia", "host")
    assert (409, True, True) == (refused.status, "23:00" in refused.text, "Move it" in refused.text)
    await bot.ok(f"/show late {SHOW} 59m", "mia", "host")


async def test_a_restart_loses_no_offer_and_ends_those_whose_time_is_over(tmp_path):
    async with running(tmp_path) as bot:
        await bot.room()
        await bot.ok("/host add leo name=Leo zone=Europe/Berlin speaks=en")
        await bot.plan(when="2027-03-12 22:00")
        await bot.plan(when="2027-03-15 22:00")
        await bot.ok(f"/show offer {SHOW}", "olga")
        await bot.ok("/show offer us_main-0315", "olga")
    async with running(tmp_path, start=START - timedelta(minutes=30)) as bot:
        await bot.advance(seconds=1)
        assert "Nobody took it" in (await posted(bot, "offer:o1:leo"))[0]["text"]
        await bot.ok("/offer take o2", "leo", "host")
        shown = await bot.app.store.read(lambda tx: tx.shows.get("us_main-0315"))
        assert "leo" == shown.host


async def test_who_is_free_is_who_has_no_conflict(bot):
    """Found the short way, and by the conflicts themselves: the same for 3 hosts and 200 plans around a show."""
    await bot.ok("/room add uk_main uk")
    await bot.ok("/room add bot_room us host_mode=avatar")
    rng = random.Random(7)
    find = []

    def look(tx):
        base = tx.shows.get(SHOW)
        names = [f"x{number}" for number in range(4)]
        for _ in range(200):
            for name in names:
                hours, length = rng.randrange(-40, 41), rng.choice((1, 3, 12, 24))
                at = base.starts_at + timedelta(hours=hours)
                tx.shows.save(
                    replace(
                        base, id=name, host=rng.choice(("leo", "kim", "mia")), starts_at=at,
                        room=rng.choice(("us_main", "uk_main", "bot_room")), duration_s=length * 3600,
                        state=rng.choice(("planned", "go", "live", "ended", "cancelled")),
                    )
                )  # fmt: skip
            show = replace(base, room=rng.choice(("us_main", "us_main", "bot_room")))
            now = bot.now
            for who in ("leo", "kim", "mia"):
                found = conflicts.of(tx, [replace(show, host=who)], now)
                find.append(not any(item.kind in ("host", "rest") for item in found))
                assert find[-1] == offers.is_free(tx, show, who, now)

    await bot.app.store.write(look)
    assert {True, False} == set(find)
