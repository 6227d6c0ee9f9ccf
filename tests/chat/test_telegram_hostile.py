"""Strangers, foreign groups and made-up input: what they get is little, and nothing of the team's."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
import structlog.testing
import telegram

from bot.chat.telegram.inbox import Inbox
from bot.core.chats_port import MarkRole
from bot.core.model import Role
from bot.core.rights import EVERYWHERE
from tests.chat.telegram_app import ACCOUNTS, SECRET, STRANGER, TEAM, TelegramBot, telegram_running
from tests.servers.telegram_updates import SECRET_HEADER

BOSS, OLGA, VERA = ACCOUNTS["boss"], ACCOUNTS["olga"], ACCOUNTS["vera"]
MINE = -1009000
"""A stranger's own group, into which they have taken the bot."""
PLAN = "/show plan us_main fri 20:00"


@pytest.fixture
async def bot(tmp_path: Any) -> Any:
    async with telegram_running(tmp_path) as running:
        yield running
        assert running.server.noted_violations() == []


async def planned(bot: TelegramBot) -> int:
    return len(await bot.app.store.read(lambda tx: tx.shows.planned()))


async def administrators_are_operators(bot: TelegramBot) -> None:
    """The stranger is one of them, and has been seen."""
    await bot.room()
    row = MarkRole("telegram", f"{TEAM}:administrator", EVERYWHERE, Role.OPERATOR)
    await bot.app.store.write(lambda tx: tx.chats.set_mark_role(row))
    bot.server.makes_admin(TEAM, STRANGER)
    assert await bot.types(STRANGER, "/room list", TEAM)


async def takes_the_bot(bot: TelegramBot, title: str = "US team") -> None:
    bot.server.group(MINE, title, [STRANGER], bot="left")
    bot.server.bot_is(MINE, "member", by=STRANGER)
    await bot.settle()


# -- rights ----------------------------------------------------------------------


async def test_who_left_the_team_keeps_no_role_by_writing_from_a_group_of_their_own(bot: TelegramBot) -> None:
    await administrators_are_operators(bot)
    await takes_the_bot(bot)
    bot.server.leaves(STRANGER, TEAM)
    bot.client._door.marks.forget(str(TEAM))
    await bot.types(STRANGER, PLAN, MINE)
    assert await planned(bot) == 0


async def test_who_puts_the_bot_out_keeps_no_role_either(bot: TelegramBot) -> None:
    """Nobody can say any more what they are there."""
    await administrators_are_operators(bot)
    bot.server.bot_is(TEAM, "kicked", by=STRANGER)
    await bot.settle()
    await bot.types(STRANGER, PLAN)
    assert await planned(bot) == 0


async def test_an_administrator_of_a_foreign_group_is_nobody(bot: TelegramBot) -> None:
    await bot.room()
    await takes_the_bot(bot)
    bot.server.makes_admin(MINE, STRANGER, status="creator")
    for line in (PLAN, "/setup bind team", f"/setup role mark=telegram:{MINE}:administrator role=admin", "/setup"):
        for said in await bot.types(STRANGER, line, MINE):
            assert "Boss" in (said.text or ""), "whom to ask"
    assert await planned(bot) == 0
    assert await bot.app.store.read(lambda tx: tx.chats.mark_roles("telegram")) == []
    assert f"telegram:{MINE}" not in await bot.app.store.read(lambda tx: tx.outbox.bound("team"))


async def test_a_foreign_group_is_not_offered_as_a_place_whatever_it_is_called(bot: TelegramBot) -> None:
    await takes_the_bot(bot)
    await bot.types(STRANGER, "/help", MINE)
    found = await bot.client.places.look()
    assert found is not None
    assert [group.id for group in found] == [str(TEAM)]
    bot.server.house.world.chats[MINE].members[BOSS] = "member"
    await bot.types(BOSS, "/setup", MINE)
    found = await bot.client.places.look()
    assert found is not None
    assert {group.id for group in found} == {str(TEAM), str(MINE)}


async def test_what_an_inline_bot_wrote_for_somebody_is_no_command(bot: TelegramBot) -> None:
    """They chose it from a list of that bot's, whose text may have been another."""
    await bot.room()
    world = bot.server.house.world
    for chat in (TEAM, OLGA):
        message = {
            "message_id": 4000, "date": 1, "chat": world.shown_chat(world.chats[chat]), "text": PLAN,
            "from": {"id": OLGA, "is_bot": False, "first_name": "Olga"},
            "via_bot": {"id": 777, "is_bot": True, "first_name": "Gif", "username": "gif"},
            "entities": [{"type": "bot_command", "offset": 0, "length": 5}],
        }  # fmt: skip
        bot.server.house.updates.push("message", message)
    await bot.settle()
    assert await planned(bot) == 0


# -- floods ----------------------------------------------------------------------


async def test_who_has_no_rights_gets_a_few_answers_a_minute_and_no_more(bot: TelegramBot) -> None:
    for _ in range(25):
        bot.server.types(STRANGER, "hello")
    bot.server.types(OLGA, "/room list")
    await bot.settle()
    assert 1 <= len(bot.server.said(STRANGER)) <= 10
    assert len(bot.server.said(OLGA)) == 1, "whom the team knows is answered"


async def test_many_strangers_share_what_they_get(bot: TelegramBot) -> None:
    for account in range(5000, 5060):
        bot.server.user(account, "Flood")
        bot.server.starts(account)
        bot.server.types(account, "/now")
    await bot.settle()
    assert 1 <= sum(len(bot.server.said(account)) for account in range(5000, 5060)) <= 60


# -- odd input ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["/note " + "x" * 4_090, "/room info \u202edlrow\u202c", "/room info " + "Z\u0337\u0353" * 300, "/" * 4_096,
     "/help " + "\u0000\u0001", "/start " + "A" * 500],
)  # fmt: skip
async def test_odd_lines_are_answered_and_break_nothing(bot: TelegramBot, text: str) -> None:
    await bot.types(OLGA, text)
    assert await bot.types(OLGA, "/room list")


@pytest.mark.parametrize(
    ("text", "name"), [("/note \ud83d", "Olga"), ("/room list", "O\ud83d\u202elga" + "\u0337" * 500)]
)
async def test_half_a_character_in_a_text_or_a_name_breaks_nothing(bot: TelegramBot, text: str, name: str) -> None:
    """JSON can hold one, UTF-8 cannot: neither the database nor an answer can."""
    world = bot.server.house.world
    message = {
        "message_id": 4000, "date": 1, "chat": world.shown_chat(world.chats[TEAM]), "text": text,
        "from": {"id": OLGA, "is_bot": False, "first_name": name},
    }  # fmt: skip
    with structlog.testing.capture_logs() as logs:
        await bot.client._inbox.handled(
            telegram.Update.de_json({"update_id": 9000, "message": message}, bot.client._bot)
        )
        await bot.settle()
    assert bot.server.said()
    assert not [line for line in logs if line["log_level"] == "error"]


async def test_the_webhook_takes_no_odd_header_and_no_odd_body(tmp_path: Any) -> None:
    async with telegram_running(tmp_path, mode="webhook") as bot:
        url = urlsplit(bot.app.settings.telegram.webhook_url)

        async def answered(head: bytes, body: bytes = b"{}") -> bytes:
            reader, writer = await asyncio.open_connection(url.hostname, url.port)
            head = b"POST /v1/telegram HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + head
            writer.write(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
            found = await reader.readline()
            writer.close()
            return found.split()[1]

        secret = f"{SECRET_HEADER}: {SECRET}\r\n".encode()
        assert await answered(f"{SECRET_HEADER}: ".encode() + b"\xff\xfe\r\n") == b"403"
        dated = b'{"update_id": 1, "message": {"message_id": 1, "date": 1e30, "chat": {"id": 1, "type": "group"}}}'
        for body in (b"", b"[]", b'{"update_id": true}', b'{"update_id": 1, "message": []}', dated, b"[" * 90_000):
            assert await answered(secret, body) == b"400", body[:60]


# -- order -------------------------------------------------------------------------


async def test_updates_of_one_account_stay_in_order_however_many_wait() -> None:
    gates = {number: asyncio.Event() for number in range(1, 5)}
    seen: list[str] = []

    async def handle(update: Any) -> None:
        seen.append(f"begins {update.update_id}")
        await gates[update.update_id].wait()
        seen.append(f"ends {update.update_id}")

    inbox = Inbox(handle)

    def update(number: int) -> Any:
        return SimpleNamespace(update_id=number, effective_user=SimpleNamespace(id=7))

    async def turns() -> None:
        for _ in range(10):
            await asyncio.sleep(0)

    inbox.take([update(1), update(2)])
    await turns()
    gates[1].set()
    await turns()
    inbox.take([update(3)])  # while the second, which had to wait, is under way
    await turns()
    assert seen == ["begins 1", "ends 1", "begins 2"]
    for gate in gates.values():
        gate.set()
    await inbox.settle(None)
    assert seen == [f"{what} {number}" for number in (1, 2, 3) for what in ("begins", "ends")]
    assert not inbox._lanes


# -- what the team is troubled with --------------------------------------------------


async def test_a_group_in_which_the_bot_may_not_write_is_no_trouble_of_the_teams(bot: TelegramBot) -> None:
    before = len(await bot.messages())
    bot.server.group(MINE, "Silence", [STRANGER], bot="left")
    bot.server.bot_is(MINE, "restricted", by=STRANGER)
    await bot.settle()
    await bot.types(STRANGER, "/room list", MINE)
    bot.server.types(STRANGER, "/room list")
    bot.server.house.world.users[STRANGER].has_blocked = True
    await bot.settle()
    assert len(await bot.messages()) == before
    assert str(MINE) not in (await bot.ok("/status")).text
    assert await bot.app.store.read(lambda tx: tx.outbox.parked()) == []


async def test_who_comes_and_goes_in_a_foreign_group_is_not_remembered(bot: TelegramBot) -> None:
    await takes_the_bot(bot)
    bot.server.bot_is(MINE, "administrator", by=STRANGER)
    for account in range(5000, 5005):
        bot.server.user(account, "Crowd")
        bot.server.joins(account, MINE)
    await bot.settle()
    assert not [key for key in bot.client._door.marks._known if key[0] == str(MINE)]
