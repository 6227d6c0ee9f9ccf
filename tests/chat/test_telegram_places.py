"""What /setup is told of Telegram's groups, and a group that is set up from inside it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.core.places_port import ChatMark, ChatPlace, Group
from bot.core.records import Post
from bot.core.reply import Text, reply
from tests.chat.telegram_app import ACCOUNTS, TEAM, TelegramBot, telegram_running

BOSS = ACCOUNTS["boss"]
FORUM = -1007000


@pytest.fixture
async def bot(tmp_path: Any) -> Any:
    async with telegram_running(tmp_path) as running:
        yield running
        assert running.server.noted_violations() == []


async def test_the_groups_with_what_the_bot_may_not_do_there(bot: TelegramBot) -> None:
    bot.server.group(FORUM, "DE team", [BOSS], is_forum=True, bot="left")
    bot.server.bot_is(FORUM, "member", by=BOSS)
    await bot.settle()
    found = await bot.client.places.look()
    assert found is not None
    assert {group.id: group.places for group in found} == {
        str(TEAM): (ChatPlace(str(TEAM), "US team"),),
        str(FORUM): (ChatPlace(str(FORUM), "DE team", ("can_manage_topics",)),),
    }
    bot.server.bot_is(FORUM, "administrator", by=BOSS)
    bot.server.bot_is(TEAM, "kicked", by=BOSS)
    await bot.settle()
    found = await bot.client.places.look()
    assert found is not None
    by_id = {group.id: group for group in found}
    assert by_id[str(FORUM)].places == (ChatPlace(str(FORUM), "DE team", (), ("topics",)),)
    assert by_id[str(TEAM)].places[0].is_closed
    assert by_id[str(FORUM)].marks == (
        ChatMark(f"{FORUM}:administrator", "administrators"),
        ChatMark(f"{FORUM}:member", "all members", is_everybody=True),
    )


async def test_what_cannot_be_asked_is_as_it_was(bot: TelegramBot) -> None:
    before: tuple[Group, ...] | None = await bot.client.places.look()
    bot.server.fault("status", methods=["getChat"], status=502, count=5)
    assert await bot.client.places.look() == before
    assert bot.client.places.seen() == before


async def test_a_new_group_is_set_up_from_inside_it(bot: TelegramBot) -> None:
    bot.server.group(FORUM, "DE team", [BOSS], bot="left")
    bot.server.bot_is(FORUM, "member", by=BOSS)
    await bot.settle()
    (hello,) = bot.server.said(FORUM)
    line = next(part for part in (hello.text or "").split() if part.startswith("/setup"))
    said = await bot.types(BOSS, line, FORUM)
    assert [one.chat for one in said] == [BOSS], "it is for managers' eyes"
    assert any("DE team" in button["text"] for button in said[0].buttons), said[0].buttons
    private, public = await bot.types(BOSS, "/setup bind team", FORUM)
    assert (private.chat, public.chat) == (BOSS, FORUM)
    assert f"telegram:{FORUM}" in await bot.app.store.read(lambda tx: tx.outbox.bound("team"))


@pytest.mark.parametrize("how", ["restricted", "kicked", "left"])
async def test_what_waited_while_the_bot_could_not_write_goes_out_by_itself(bot: TelegramBot, how: str) -> None:
    topic = bot.server.opens_topic(BOSS, TEAM, "Planning")
    destinations = f"telegram:{TEAM}", f"telegram:{TEAM}/{topic}"
    bot.server.bot_is(TEAM, how, by=BOSS)
    await bot.settle()
    await bot.app.store.write(lambda tx: tx.outbox.bind("team", destinations[1]))
    post = Post("k1", "team", "show", reply(Text("while you were away")), only=destinations)
    await bot.app.store.write(lambda tx: tx.outbox.post(post, bot.now))
    await bot.settle()
    for destination in destinations:
        assert await bot.app.store.read(lambda tx, to=destination: tx.outbox.is_parked(to))
    bot.server.bot_is(TEAM, "member", by=BOSS)
    await bot.settle()
    assert [one.text for one in bot.server.said(TEAM)].count("while you were away") == 2
