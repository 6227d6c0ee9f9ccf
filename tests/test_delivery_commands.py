"""A chat that refuses for good, as operators live it: the notice, the button that resumes, the list of destinations."""

from __future__ import annotations

import pytest

from bot.core.delivery import Refused, RetryAfter
from tests.desk import ScriptedChat
from tests.front_door import SHOW_AT, running

GONE = Refused("channel deleted")


@pytest.fixture
async def stage(tmp_path):
    """A bot whose team reads in another chat, and that chat."""
    chat = ScriptedChat(None)
    async with running(tmp_path, chats={"scripted": chat}) as bot:
        await bot.app.store.write(lambda tx: tx.outbox.bind("team", "scripted:team"))
        yield bot, chat


async def planned(bot):
    await bot.room()
    show = await bot.plan()
    await bot.advance(SHOW_AT.replace(hour=19))  # the checklist
    return show


async def notice(bot):
    return await bot.find("takes no more messages", "managers", "max")


async def test_one_notice_lists_what_waits_and_its_button_resumes(stage):
    bot, chat = stage
    chat.script = [GONE]
    await planned(bot)
    await bot.advance(SHOW_AT.replace(hour=19, minute=51))
    told = await notice(bot)
    assert "channel deleted" in told["text"]
    assert 1 == len(chat.got)
    await bot.press_command(told["id"], "delivery resume", "max")
    [after] = [message for message in await bot.messages("managers") if message["id"] == told["id"]]
    assert "Max resumed it" in after["text"]
    assert "being sent: checklist: 1, go question: 1 and open checklist items: 1" in after["text"]
    assert [] == after["buttons"]
    assert 4 == len(chat.got), "the refused checklist, then all three"
    second = await bot.say("/delivery resume scripted:team", "olga")
    assert (409, True) == (second.status, "is not parked" in second.text)


async def test_what_is_too_late_by_then_is_dropped_and_said(stage):
    bot, chat = stage
    chat.script = [GONE]
    await planned(bot)
    await bot.advance(hours=4)
    told = await notice(bot)
    await bot.press_command(told["id"], "delivery resume", "max")
    [after] = [message for message in await bot.messages("managers") if message["id"] == told["id"]]
    assert "too late to be worth saying" in after["text"]
    assert 1 == len(chat.got)
    [entry] = await bot.app.store.read(lambda tx: tx.audit.of_subject("scripted:team"))
    assert ("max", "delivery.resume", "channel deleted") == (entry.actor, entry.action, entry.before["why"])


async def test_only_operators_resume_and_look(stage):
    bot, chat = stage
    chat.script = [GONE]
    await planned(bot)
    told = await notice(bot)
    button = await bot.button(told["id"], "delivery resume")
    assert 404 == (await bot.press(told["id"], button, "vera")).status, "it stands among the managers"
    assert 403 == (await bot.say("/delivery resume scripted:team", "vera")).status
    assert 403 == (await bot.say("/delivery list", "vera")).status


async def test_the_list_says_who_is_well_who_waits_and_who_is_parked(stage):
    bot, chat = stage
    chat.script = [RetryAfter(600, "429")]
    await planned(bot)
    listed = (await bot.ok("/delivery list", "olga")).text
    assert "scripted:team: waits until" in listed
    assert "429" in listed
    assert "1 waiting, the oldest for" in listed
    assert "web:managers: well" in listed
    chat.script = [GONE]
    await bot.advance(minutes=10)
    listed = (await bot.ok("/delivery list", "olga")).text
    assert "scripted:team: parked since" in listed
    assert "channel deleted" in listed


async def test_a_chat_cannot_take_the_web_chats_name(tmp_path):
    chat = ScriptedChat()
    with pytest.raises(ValueError, match="web"):
        async with running(tmp_path, chats={"web": chat}):
            pass
