"""One object, several chats: what is done to it in one shows in the others, on the message that stands there."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta

from tests.chat.telegram_app import ACCOUNTS
from tests.contract.together import everywhere, key_of
from tests.evenings import minutes_of_chat, scripted
from tests.front_door import SHOW_AT

CHATS = ("web", "discord", "telegram")


@asynccontextmanager
async def all_chats(tmp_path):
    """No fixture: simcord's clock wants to be set and put back in one context."""
    async with everywhere(tmp_path) as world:
        await world.room()
        await world.say("web", "/show plan us_main 2027-03-12 20:00 length=2h host=mia likes_goal=900", "olga")
        yield world


async def standing(world, kind, place="team"):
    return {chat: await world.find(chat, kind, place) for chat in CHATS}


async def test_a_tick_in_one_chat_shows_in_the_others(tmp_path):
    async with all_chats(tmp_path) as world:
        await world.bot.advance(SHOW_AT - timedelta(minutes=59))
        before = await standing(world, "checklist")
        assert 1 == len({seen.message for seen in before.values()}), "one message of ours"
        for chat, item, words in (
            ("telegram", "light_key", "Key light"),
            ("discord", "camera_stable", "Camera or phone"),
            ("web", "sound_lapel", "Lapel microphone"),
        ):
            await world.press(chat, await world.find(chat, "checklist"), "checklist tick", "olga", item=item)
            for other, seen in (await standing(world, "checklist")).items():
                line = next(line for line in seen.text.splitlines() if words in line)
                assert "Olga" in line, (chat, other)
                assert seen.message == before[other].message
                assert key_of(seen, "checklist untick", item=item), "and its button is the other one everywhere"


async def test_a_reason_given_in_one_chat_is_read_in_the_others_as_it_was_written(tmp_path):
    async with all_chats(tmp_path) as world:
        await world.bot.advance(SHOW_AT - timedelta(minutes=59))
        for number, chat in enumerate(CHATS):
            item = ("light_key", "camera_stable", "sound_lapel")[number]
            reason = f"<b>no</b> *{chat}* _cable_ @everyone `x`"
            card = await world.find(chat, "checklist")
            await world.press(chat, card, "checklist block", "olga", {"reason": reason}, item=item)
            for other, seen in (await standing(world, "checklist")).items():
                assert reason in seen.text, (chat, other)


async def test_an_acknowledgement_and_a_used_line_show_everywhere(tmp_path):
    async with all_chats(tmp_path) as world:
        await world.bot.advance(SHOW_AT)
        await world.bot.send([world.bot.line("stream", state="started"), world.bot.line("concurrent", n=300)])
        await minutes_of_chat(world.bot, 1, 40)
        await scripted(world.bot, ("opened", "warning"), *[("going_on", "warning")] * 5)
        await minutes_of_chat(world.bot, 1.4, 4)
        await world.press("discord", await world.find("discord", "alert.cold_room"), "alert ack", "olga")
        for chat, seen in (await standing(world, "alert.cold_room")).items():
            assert "Olga" in seen.text, chat
            assert "alert ack" not in [key.command for key in seen.keys], chat
        await world.press("telegram", await world.find("telegram", "alert.cold_room"), "prompt used", "max")
        for chat, seen in (await standing(world, "alert.cold_room")).items():
            assert "Max" in seen.text, chat
            assert "prompt used" not in [key.command for key in seen.keys if key.args.get("prompt") == "p1"], chat


async def test_what_is_answered_in_one_chat_is_told_in_the_others(tmp_path):
    async with all_chats(tmp_path) as world:
        await world.bot.advance(SHOW_AT + timedelta(minutes=3))
        asked = await world.find("telegram", "no_show")
        answer = await world.press("telegram", asked, "show cancel", "olga", {"reason": "a flood"})
        assert "flood" in answer.text
        for chat, seen in (await standing(world, "no_show")).items():
            assert [] == [key.command for key in seen.keys], chat
        for chat in ("web", "discord"):
            assert "flood" in (await world.find(chat, "show.cancelled")).text, chat
        assert "show.cancelled" not in await world.kinds("telegram", "team"), "there it was answered"
        for chat in CHATS:
            assert "show.cancelled" in await world.kinds(chat, "managers"), chat
        await world.say("discord", "/undo", "olga")
        for chat in ("web", "telegram"):
            assert "us_main-0312" in (await world.find(chat, "show.back_on")).text, chat
        assert "show.back_on" not in await world.kinds("discord", "team")


async def test_what_is_done_in_a_private_chat_is_told_to_all(tmp_path):
    async with all_chats(tmp_path) as world:
        account = ACCOUNTS["olga"]
        [answer, *_] = await world.bot.types(account, "/show cancel us_main-0312 the host is ill")
        assert answer.chat == account
        for chat in CHATS:
            assert "ill" in (await world.find(chat, "show.cancelled")).text, chat


async def test_a_direct_message_goes_to_one_chat_only(tmp_path):
    async with all_chats(tmp_path) as world:
        await world.bot.advance(SHOW_AT - timedelta(minutes=10))
        await world.bot.advance(SHOW_AT - timedelta(minutes=3))
        asked = []
        for chat in CHATS:
            shown = await world.chats[chat].shown()
            asked += [(chat, seen) for seen in shown if seen.place == "host" and "nobody has said go yet" in seen.text]
        assert 1 == len(asked), asked
        assert asked[0][1].is_private


async def test_the_summary_is_the_same_everywhere(tmp_path):
    async with all_chats(tmp_path) as world:
        await world.bot.advance(SHOW_AT)
        await world.bot.send([world.bot.line("stream", state="started"), world.bot.line("concurrent", n=300)])
        await minutes_of_chat(world.bot, 3, 40)
        order = world.bot.line("order", n=1, gmv="19.90", currency="USD", order_id="o1")
        await world.bot.send([order, world.bot.line("stream", state="ended")])
        await world.bot.advance(minutes=6)
        found = await standing(world, "summary", "managers")
        assert 1 == len({seen.message for seen in found.values()})
        assert 1 == len({seen.pictures for seen in found.values()}), "and the same picture"
        figures = {chat: sorted(word for word in seen.text.split() if "US$" in word) for chat, seen in found.items()}
        assert figures["web"] == figures["discord"] == figures["telegram"] != []
        late = world.bot.line("order", n=1, gmv="5.10", currency="USD", order_id="o2")
        await world.bot.send([late])
        await world.bot.advance(hours=25)
        for chat, seen in (await standing(world, "summary", "managers")).items():
            assert "US$25.00" in seen.text, chat
            assert seen.message == found[chat].message
