"""What an account is in the team's groups gives roles of ours; menus follow roles and languages."""

from __future__ import annotations

from typing import Any

import pytest

from bot.core.chats_port import MarkRole
from bot.core.model import Role
from bot.core.rights import EVERYWHERE
from tests.chat.telegram_app import ACCOUNTS, STRANGER, TEAM, TelegramBot, telegram_running

OLGA, VERA, BOSS = ACCOUNTS["olga"], ACCOUNTS["vera"], ACCOUNTS["boss"]


@pytest.fixture
async def bot(tmp_path: Any) -> Any:
    async with telegram_running(tmp_path) as running:
        yield running
        assert running.server.noted_violations() == []


async def give(bot: TelegramBot, mark: str, role: Role) -> None:
    await bot.app.store.write(lambda tx: tx.chats.set_mark_role(MarkRole("telegram", mark, EVERYWHERE, role)))


async def marks(bot: TelegramBot, account: int) -> set[str]:
    known = await bot.app.store.read(lambda tx: tx.chats.account("telegram", str(account)))
    return set(known.marks)


async def test_an_administrator_of_the_group_has_the_role_that_was_given_to_them(bot: TelegramBot) -> None:
    await bot.room()
    await give(bot, f"{TEAM}:administrator", Role.OPERATOR)
    (said,) = await bot.types(STRANGER, "/show plan us_main fri 20:00", TEAM)
    assert "Boss" in (said.text or ""), "only a member so far"
    bot.server.makes_admin(TEAM, STRANGER)
    bot.client._door.marks.forget(str(TEAM))
    await bot.types(STRANGER, "/show plan us_main fri 20:00", TEAM)
    assert len(await bot.app.store.read(lambda tx: tx.shows.planned())) == 1
    assert await marks(bot, STRANGER) == {f"{TEAM}:administrator", f"{TEAM}:member"}


async def test_a_change_is_heard_at_once_where_the_bot_is_an_administrator(bot: TelegramBot) -> None:
    bot.server.bot_is(TEAM, "administrator", by=BOSS)
    await bot.types(OLGA, "/room list", TEAM)
    bot.server.makes_admin(TEAM, OLGA)
    await bot.settle()
    assert f"{TEAM}:administrator" in await marks(bot, OLGA)
    bot.server.leaves(OLGA, TEAM)
    await bot.settle()
    assert await marks(bot, OLGA) == set()


async def test_a_group_is_asked_once_a_minute(bot: TelegramBot) -> None:
    for _ in range(3):
        await bot.types(OLGA, "/room list", TEAM)
    assert len(bot.server.asked("getChatMember")) == 1


async def test_in_private_the_groups_of_the_team_are_asked(bot: TelegramBot) -> None:
    await bot.types(OLGA, "/room list")
    assert await marks(bot, OLGA) == {f"{TEAM}:member"}


async def test_when_telegram_does_not_say_what_was_known_stays(bot: TelegramBot) -> None:
    await bot.types(OLGA, "/room list", TEAM)
    bot.client._door.marks.forget(str(TEAM))
    bot.server.fault("status", methods=["getChatMember"], status=502, count=3)
    assert await bot.types(OLGA, "/room list", TEAM)
    assert await marks(bot, OLGA) == {f"{TEAM}:member"}


async def test_menus_by_role_and_language(bot: TelegramBot) -> None:
    def words(account: int, chat: int | None = None) -> set[str]:
        return {entry["command"] for entry in bot.server.menu(account, chat)}

    assert "help" in words(STRANGER)
    assert "show_plan" not in words(STRANGER)
    await bot.types(OLGA, "/room list")
    assert "show_plan" in words(OLGA)
    await bot.types(VERA, "/room list")
    assert "show_plan" not in words(VERA)
    assert "room_list" in words(VERA)
    await bot.types(OLGA, "/room list", TEAM)
    assert "show_plan" in words(OLGA, TEAM)
    bot.server.user(71, "小雅", language_code="zh")
    about = {entry["command"]: entry["description"] for entry in bot.server.menu(71)}
    assert any("\u4e00" <= sign <= "\u9fff" for sign in about["help"])
    assert bot.server.violations() == []


async def test_a_menu_is_set_only_when_it_has_changed(bot: TelegramBot) -> None:
    await bot.types(OLGA, "/room list")
    before = len(bot.server.asked("setMyCommands"))
    await bot.types(OLGA, "/room list")
    bot.client._menus.begin()
    await bot.settle()
    assert len(bot.server.asked("setMyCommands")) == before
    await bot.ok("/grant olga viewer")
    await bot.types(OLGA, "/room list")
    assert len(bot.server.asked("setMyCommands")) == before + 1
    assert "show_plan" not in {entry["command"] for entry in bot.server.menu(OLGA)}
