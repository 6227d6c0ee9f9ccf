"""What people type in Telegram, through the real library at a Bot API server."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.telegram.heard import Asked, asked_in, line_of
from bot.chat.telegram.pace import Limits, Pace
from tests.chat.telegram_app import ACCOUNTS, STRANGER, TEAM, TelegramBot, telegram_running

BOSS, OLGA, VERA, MIA = ACCOUNTS["boss"], ACCOUNTS["olga"], ACCOUNTS["vera"], ACCOUNTS["mia"]


@pytest.fixture
async def bot(tmp_path: Any) -> Any:
    async with telegram_running(tmp_path) as running:
        yield running
        assert running.server.noted_violations() == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("/now", "/now"),
        ("  /show_plan@ourBot us_main", "/show_plan us_main"),
        ("/show@ourBot plan us_main", "/show plan us_main"),
        ("@OurBot show plan us_main", "/show plan us_main"),
        ("@ourbot /now", "/now"),
        ("/now@OtherBot", None),
        ("what about /now", None),
        ("@ourbots now", None),
        ("/", None),
        ("/…", None),
    ],
)
def test_what_is_a_command_for_this_bot(text: str, line: str | None) -> None:
    found = line_of(text, "OurBot")
    assert (found and found.text) == line


def test_where_a_command_was_typed_is_found_again_in_the_key() -> None:
    assert asked_in(f"telegram:1001:{Asked(55, 7)}") == Asked(55, 7)
    assert asked_in(f"telegram:1001:{Asked(55)}") == Asked(55)
    assert asked_in("telegram:1001") is None
    assert asked_in("go:S1") is None


@given(st.text(st.characters() | st.sampled_from('/@_ ="\n\u2060')))
def test_any_text_is_a_line_or_none(text: str) -> None:
    line = line_of(text, "OurBot")
    if line is not None:
        assert line.text.startswith("/")
        assert line.payload.isascii()
        assert line.first == line.first.lower()


@pytest.mark.parametrize(
    "line",
    [
        "/show plan us_main fri 20:00",
        '/show_plan us_main when="fri 20:00"',
        "/show_plan@ShowcallerBot us_main fri 20:00",
        "/show plan room=us_main when=“fri 20:00”",
        "/show plan room＝us_main when＝「fri 20:00」",
        "/show　plan　room＝us_main　when＝＂fri 20:00＂",
        "/SHOW_PLAN@showcallerbot ROOM=us_main WHEN=”fri 20:00”",
        "@ShowcallerBot show plan us_main fri 20:00",
    ],
)
async def test_a_command_may_be_typed_in_every_way_and_is_replied_to(bot: TelegramBot, line: str) -> None:
    await bot.room()
    said = await bot.types(OLGA, line, TEAM)
    shows = await bot.app.store.read(lambda tx: tx.shows.planned())
    assert [show.room for show in shows] == ["us_main"]
    typed = bot.server.said(TEAM, by_bot=False)[-1]
    assert [one for one in said if one.reply_to == typed.id]


async def test_a_command_that_was_copied_from_a_message_of_ours_is_one(bot: TelegramBot) -> None:
    """There, a character that nobody sees keeps it from being a link."""
    (said,) = await bot.types(OLGA, "/\u2060room\u2060 list")
    assert "only understand" not in (said.text or "")


async def test_chatter_and_other_bots_are_left_alone(bot: TelegramBot) -> None:
    bot.server.setting("reads_all", True)
    for text in ("hello everybody", "/now@SomeOtherBot", "/weather tomorrow", "see /now"):
        assert await bot.types(OLGA, text, TEAM) == []
    (said,) = await bot.types(OLGA, "hello")
    assert "only understand commands" in (said.text or "")


async def test_what_was_wrong_is_a_reply_in_the_group_with_the_line_to_type(bot: TelegramBot) -> None:
    (said,) = await bot.types(OLGA, "/room info nowhere", TEAM)
    assert said.reply_to == bot.server.said(TEAM, by_bot=False)[-1].id
    assert "nowhere" in (said.text or "")
    (said,) = await bot.types(OLGA, "/shwo list", TEAM)
    assert "/show list" in (said.text or "")
    assert [one["type"] for one in said.now.marked] == ["code"] or "code" in [one["type"] for one in said.now.marked]


async def test_who_may_not_is_told_so_and_the_audit_has_it(bot: TelegramBot) -> None:
    (said,) = await bot.types(STRANGER, "/show plan us_main fri 20:00", TEAM)
    assert "Boss" in (said.text or "")
    entries = await bot.app.store.read(lambda tx: tx.audit.newest(1))
    assert [(entry.actor, entry.action) for entry in entries] == [(f"telegram:{STRANGER}", "refused")]


async def test_an_update_that_comes_again_does_nothing(bot: TelegramBot) -> None:
    await bot.room()
    updates = bot.server.house.updates
    bot.server.types(OLGA, "/show plan us_main fri 20:00", TEAM)
    kept = dict(updates.waiting)
    await bot.settle()
    before = len(bot.server.said())
    updates.waiting.update(kept)
    updates.wake()
    bot.client._inbox.forget()
    await bot.settle()
    assert len(await bot.app.store.read(lambda tx: tx.shows.planned())) == 1
    assert len(bot.server.said()) == before


async def test_a_private_answer_goes_to_the_private_chat(bot: TelegramBot) -> None:
    said = await bot.types(OLGA, "/me", TEAM)
    assert [one.chat for one in said] == [OLGA]


async def test_who_has_not_pressed_start_is_led_there_and_then_gets_the_answer(bot: TelegramBot) -> None:
    await bot.person(VERA, "vera", has_started=False)
    (line,) = await bot.types(VERA, "/me", TEAM)
    assert line.chat == TEAM
    (key,) = line.buttons
    assert key["url"] == "https://t.me/ShowcallerBot?start=answer"
    assert not [one for one in await bot.messages() if "telegram:@" in one["text"]], "nobody else is told"
    said = await bot.starts(VERA, "answer")
    assert {one.chat for one in said} == {VERA}
    assert any("Vera" in (one.text or "") and "viewer" in (one.text or "").lower() for one in said)


async def test_a_private_answer_that_is_refused_is_never_shown_to_others(bot: TelegramBot) -> None:
    bot.server.house.world.users[VERA].has_blocked = True  # and nobody has told the bot
    said = await bot.types(VERA, "/me", TEAM)
    assert not [one for one in said if "Roles" in (one.text or "") or "viewer" in (one.text or "").lower()]
    everywhere = [message["text"] for message in await bot.messages()] + [one.text for one in bot.server.said(TEAM)]
    assert not any("viewer" in (text or "").lower() for text in everywhere)
    bot.server.unblocks(VERA)
    said = await bot.starts(VERA)
    assert any("viewer" in (one.text or "").lower() for one in said if one.chat == VERA)


async def test_a_secret_is_sent_to_its_asker_alone_and_never_kept(bot: TelegramBot) -> None:
    said = await bot.types(OLGA, "/link", TEAM)
    assert [one.chat for one in said] == [OLGA]
    code = (said[0].text or "").partition("code=")[2].split()[0]
    assert len(code) >= 10
    stored = bot.app.settings.database.read_bytes()
    wal = bot.app.settings.database.with_name(bot.app.settings.database.name + "-wal")
    stored += wal.read_bytes() if wal.exists() else b""
    assert code.encode() not in stored
    (done,) = await bot.types(STRANGER, f"/link code={code}")
    assert "Olga" in (done.text or "")


async def test_a_secret_for_who_has_not_pressed_start_is_not_shown_at_all(bot: TelegramBot) -> None:
    await bot.person(VERA, "vera", has_started=False)
    (line,) = await bot.types(VERA, "/link", TEAM)
    assert "Press Start" in (line.text or "")
    assert "code=" not in (line.text or "")


async def test_a_deep_link_with_a_code_links_a_new_account_at_once(bot: TelegramBot) -> None:
    said = await bot.types(OLGA, "/link")
    code = (said[0].text or "").partition("code=")[2].split()[0]
    (done,) = await bot.starts(STRANGER, f"link_{code}")
    assert "Olga" in (done.text or "")
    person = await bot.app.store.read(lambda tx: tx.people.by_account("telegram", str(STRANGER)))
    assert person.slug == "olga"


async def test_a_deep_link_never_takes_an_account_from_somebody(bot: TelegramBot) -> None:
    said = await bot.types(OLGA, "/link")
    code = (said[0].text or "").partition("code=")[2].split()[0]
    (asked,) = await bot.starts(VERA, f"link_{code}")
    assert f"/link code={code}" in (asked.text or "")
    person = await bot.app.store.read(lambda tx: tx.people.by_account("telegram", str(VERA)))
    assert person.slug == "vera"


async def test_start_greets_each_in_their_own_language(bot: TelegramBot) -> None:
    bot.server.user(71, "小雅", language_code="zh-hans")
    (said,) = await bot.starts(71)
    assert "直播助手" in (said.text or "")
    (said,) = await bot.starts(STRANGER)
    assert "/link code=" in (said.text or "")
    (said,) = await bot.starts(OLGA)
    assert "Olga" in (said.text or "")


async def test_a_host_gets_nudges_after_start_and_none_after_stop(bot: TelegramBot) -> None:
    await bot.ok("/host add mia name=Mia zone=Asia/Shanghai")
    await bot.person(MIA, "mia", has_started=False)
    (said,) = await bot.starts(MIA)
    assert "your nudges" in (said.text or "")
    (bye,) = await bot.types(MIA, "/stop")
    assert "begins again" in (bye.text or "")
    state = await bot.app.store.read(lambda tx: tx.outbox.state_of(f"telegram:@{MIA}"))
    assert state.parked_at is not None
    assert not await bot.client._door.reaches(str(MIA))
    await bot.starts(MIA)
    assert await bot.app.store.read(lambda tx: tx.outbox.state_of(f"telegram:@{MIA}")) is None


async def test_who_blocks_the_bot_is_known_to_be_out_of_reach(bot: TelegramBot) -> None:
    bot.server.blocks(VERA)
    await bot.settle()
    known = await bot.app.store.read(lambda tx: tx.chats.account("telegram", str(VERA)))
    assert not known.is_reachable
    bot.server.unblocks(VERA)
    await bot.settle()
    assert (await bot.app.store.read(lambda tx: tx.chats.account("telegram", str(VERA)))).is_reachable


async def test_a_new_group_is_told_once_what_to_do(bot: TelegramBot) -> None:
    bot.server.group(-1002000, "DE team", [BOSS], bot="left")
    bot.server.bot_is(-1002000, "member", by=BOSS)
    await bot.settle()
    bot.server.bot_is(-1002000, "administrator", by=BOSS)
    await bot.settle()
    (said,) = bot.server.said(-1002000)
    assert "@ShowcallerBot" in (said.text or "")


async def test_a_group_that_is_set_up_is_greeted_as_one(bot: TelegramBot) -> None:
    (said,) = await bot.types(OLGA, "/start@ShowcallerBot", TEAM)
    assert "/help@ShowcallerBot" in (said.text or "")
    assert await bot.types(OLGA, "/start", TEAM) == [], "it may be meant for another bot"


async def test_a_code_is_not_repeated_with_what_was_wrong(bot: TelegramBot) -> None:
    (said,) = await bot.types(STRANGER, "/claim AAAAA-BBBBB too=much")
    assert "AAAAA" not in (said.text or "")


async def test_a_group_that_gets_another_number_stays_bound(bot: TelegramBot) -> None:
    bot.server.migrates(TEAM, -1003000)
    await bot.settle()
    bound = await bot.app.store.read(lambda tx: tx.outbox.bound("team"))
    assert bound == ("web:team", "telegram:-1003000")
    said = await bot.types(OLGA, "/room list", -1003000)
    assert {one.chat for one in said} == {-1003000}


async def test_a_command_in_a_topic_is_answered_there(bot: TelegramBot) -> None:
    bot.server.group(-1004000, "Forum", [OLGA], is_forum=True)
    topic = bot.server.opens_topic(OLGA, -1004000, "Planning")
    said = await bot.types(OLGA, "/room list", -1004000, thread=topic)
    assert [one.thread for one in said] == [topic]


async def test_an_anonymous_admin_is_nobody(bot: TelegramBot) -> None:
    """All of them share one account of Telegram's."""
    world = bot.server.house.world
    message = {
        "message_id": 4000, "date": 1, "chat": world.shown_chat(world.chats[TEAM]), "text": "/claim@ShowcallerBot X",
        "from": {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"},
        "sender_chat": world.shown_chat(world.chats[TEAM]),
        "entities": [{"type": "bot_command", "offset": 0, "length": 20}],
    }  # fmt: skip
    bot.server.house.updates.push("message", message)
    await bot.settle()
    assert "Remain anonymous" in (bot.last(TEAM).text or "")
    assert await bot.app.store.read(lambda tx: tx.chats.account("telegram", "1087968824")) is None


async def test_status_is_troubled_by_who_has_not_started_only_while_something_waits(bot: TelegramBot) -> None:
    await bot.person(VERA, "vera", has_started=False)
    await bot.types(VERA, "/me", TEAM)
    assert "has not pressed Start" in (await bot.ok("/status")).text
    await bot.advance(hours=2)
    assert (await bot.ok("/status")).text.startswith("All is well")


async def test_whoever_has_to_wait_for_an_answer_sees_that_they_were_heard(bot: TelegramBot) -> None:
    await bot.types(OLGA, "/room list", TEAM)
    assert bot.server.asked("setMessageReaction") == []
    bot.client.outbound.pace = Pace(Limits(each_s=0.0, group=4, urgent_in_group=3))
    await bot.types(OLGA, "/room list", TEAM)
    assert bot.server.asked("setMessageReaction") == []
    assert await bot.types(OLGA, "/room list", TEAM) == []
    typed = bot.server.said(TEAM, by_bot=False)[-1]
    assert [one.body["message_id"] for one in bot.server.asked("setMessageReaction")] == [typed.id]
    description = "Bad Request: REACTION_INVALID"
    bot.server.fault("status", methods=["setMessageReaction"], status=400, description=description)
    await bot.types(OLGA, "/room list", TEAM)
    assert bot.server.pending() == 0, "where reactions are not allowed, there is none"


async def test_a_command_in_the_help_begins_when_it_is_tapped(bot: TelegramBot) -> None:
    await bot.room()
    said, *_ = await bot.types(OLGA, "/help")
    found = [one for one in said.now.found if one["type"] == "bot_command"]
    raw = (said.text or "").encode("utf-16-le")
    words = [raw[2 * one["offset"] : 2 * (one["offset"] + one["length"])].decode("utf-16-le") for one in found]
    assert "/show_plan" in words
    (question,) = await bot.types(OLGA, "/show_plan")
    assert question.buttons
