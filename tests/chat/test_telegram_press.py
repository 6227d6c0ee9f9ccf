"""Keys under Telegram messages: pressed by those who may, by those who may not, and made up."""

from __future__ import annotations

from typing import Any

import pytest

from bot.core.records import Post
from bot.core.reply import Actions, Button, Text, reply
from tests.chat.telegram_app import ACCOUNTS, STRANGER, TEAM, TelegramBot, telegram_running
from tests.servers.telegram_methods import Query
from tests.servers.telegram_world import Message

OLGA, VERA, BOSS = ACCOUNTS["olga"], ACCOUNTS["vera"], ACCOUNTS["boss"]


@pytest.fixture
async def bot(tmp_path: Any) -> Any:
    async with telegram_running(tmp_path) as running:
        await running.room()
        await running.plan()
        await running.advance(hours=1)
        yield running
        assert running.server.noted_violations() == []


def shown(query: Query) -> dict[str, Any]:
    ((_, answer),) = query.answers
    return answer


def card(bot: TelegramBot) -> Message:
    """The newest message in the group with something to tick."""
    return next(one for one in reversed(bot.server.said(TEAM)) if any("⬜" in key["text"] for key in one.buttons))


def open_item(message: Message) -> str:
    return next(key["text"] for key in message.buttons if "⬜" in key["text"])


async def test_a_tick_edits_the_message_in_place_and_shows_on_the_web_too(bot: TelegramBot) -> None:
    message = card(bot)
    item = open_item(message)
    query = await bot.taps(OLGA, message, item)
    assert query.answers
    assert item.replace("⬜", "✅") in [key["text"] for key in message.buttons]
    found = await bot.find(item.removeprefix("⬜ ").strip("…")[:12])
    assert "Olga" in found["text"] or "✅" in found["text"] or "[x]" in found["text"]


async def test_the_same_press_twice_is_one_and_both_are_answered(bot: TelegramBot) -> None:
    message = card(bot)
    item = open_item(message)
    data = next(key["callback_data"] for key in message.buttons if key["text"] == item)
    first = bot.server.forges(OLGA, TEAM, message.id, data)
    second = bot.server.forges(OLGA, TEAM, message.id, data)
    await bot.settle()
    assert first.answers
    assert second.answers


async def test_who_may_not_gets_an_alert_that_says_whom_to_ask(bot: TelegramBot) -> None:
    message = card(bot)
    item = open_item(message)
    answer = shown(await bot.taps(VERA, message, item))
    assert answer["show_alert"]
    assert len(answer["text"]) <= 200
    answer = shown(await bot.taps(STRANGER, message, item))
    assert answer["show_alert"]
    assert item in [key["text"] for key in message.buttons]


@pytest.mark.parametrize(
    "data", ["", "x", ":", "m1:", ":0a1b2c3d4e", "m999999:0a1b2c3d4e", "m1:ffffffffff", "f:f1:0.1", "m1:~2", "é" * 32]
)
async def test_made_up_data_is_refused_and_nothing_spins(bot: TelegramBot, data: str) -> None:
    message = card(bot)
    query = await bot.forges(OLGA, message, data)
    assert query.answers
    assert bot.server.pending() == 0


async def test_a_button_of_a_message_elsewhere_cannot_be_pressed_from_here(bot: TelegramBot) -> None:
    """Numbers of messages are each chat's own: the same one may stand for another message elsewhere."""
    message = card(bot)
    data = next(key["callback_data"] for key in message.buttons if "⬜" in key["text"])
    bot.server.group(-1009000, "Elsewhere", [OLGA, STRANGER])
    query = bot.server.forges(OLGA, -1009000, message.id, data)
    await bot.settle()
    assert shown(query)["show_alert"]
    assert data in [key["callback_data"] for key in message.buttons if "⬜" in key["text"]]
    entries = await bot.app.store.read(lambda tx: tx.audit.newest(1))
    assert entries[0].action == "refused"


async def test_a_press_on_another_message_of_the_same_chat_is_refused(bot: TelegramBot) -> None:
    message = card(bot)
    data = next(key["callback_data"] for key in message.buttons if "⬜" in key["text"])
    other = (await bot.types(OLGA, "/room list", TEAM))[-1]
    query = await bot.forges(OLGA, other, data)
    assert shown(query)["show_alert"]


async def test_the_views_of_a_long_keyboard_are_drawn_for_who_asks(bot: TelegramBot) -> None:
    message = card(bot)
    turn = next((key for key in message.buttons if "~" in key["callback_data"]), None)
    assert turn is not None
    before = [key["text"] for key in message.buttons]
    await bot.taps(OLGA, message, turn["text"])
    assert [key["text"] for key in message.buttons] != before


async def test_an_old_press_is_let_be(bot: TelegramBot) -> None:
    message = card(bot)
    query = bot.server.presses(OLGA, TEAM, message.id, open_item(message))
    bot.server.forgets_queries()
    await bot.settle()
    assert not query.answers
    assert any("✅" in key["text"] for key in message.buttons), "it counts all the same"


async def test_a_private_answer_to_a_press_opens_the_private_chat_where_start_is_missing(bot: TelegramBot) -> None:
    (show,) = await bot.app.store.read(lambda tx: tx.shows.planned())
    asks = reply(Text("Late?"), Actions((Button("Why?", "why", {"subject": show.id}),)))
    await bot.app.store.write(lambda tx: tx.outbox.post(Post("test", "team", "alert", asks), bot.now))
    await bot.advance(bot.now)
    message = bot.last(TEAM)
    await bot.taps(OLGA, message, "Why?")
    assert bot.server.said(OLGA), "it lies in the private chat"
    await bot.person(VERA, "vera", has_started=False)
    query = await bot.taps(VERA, message, "Why?")
    assert shown(query)["url"] == "https://t.me/ShowcallerBot?start=answer"
    assert not bot.server.said(VERA)
    assert await bot.starts(VERA, "answer")
    assert len(bot.server.said(VERA)) == 2
