"""Plan files on Telegram: sent with the command below them, or alone; through the real library and a Bot API server."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chat.telegram_app import ACCOUNTS, TEAM, telegram_running

BOSS, OLGA, VERA = ACCOUNTS["boss"], ACCOUNTS["olga"], ACCOUNTS["vera"]
PLAN = "room,when,length\nus_main,2027-03-20 20:00,2h\nus_man,fri 20:00,\n"


@pytest.fixture
async def bot(tmp_path: Any) -> Any:
    async with telegram_running(tmp_path) as running:
        await running.ok("/room add us_main us")
        yield running
        assert running.server.noted_violations() == []


def words(message: Any) -> str:
    """What a person reads: without the joiners that keep names from becoming links."""
    return message.text.replace("\u2060", "")


async def planned(bot: Any) -> list[str]:
    return await bot.app.store.read(lambda tx: [show.id for show in tx.shows.planned()])


async def test_a_file_with_the_command_below_it_is_shown_and_imported_by_a_press(bot: Any) -> None:
    [shown] = await bot.sends_file(OLGA, PLAN, "plan.csv", caption="/plan import")
    assert "What plan.csv would plan" in words(shown)
    assert "line 3: room: there is no room us_man" in words(shown)
    assert await planned(bot) == []
    names = [button["text"] for button in shown.buttons]
    await bot.taps(OLGA, shown, names.index("Import only the 1 good show"))
    assert await planned(bot) == ["us_main-0320"]


async def test_a_room_may_be_named_below_the_file(bot: Any) -> None:
    [shown] = await bot.sends_file(OLGA, "when\n2027-03-20 20:00\n", "plan.csv", caption="/plan_import room=us_main")
    assert "us_main: 1 show" in words(shown)


async def test_a_file_alone_is_asked_about_in_private_and_left_alone_in_a_group(bot: Any) -> None:
    [asked] = await bot.sends_file(OLGA, PLAN, "plan.csv")
    assert "Import plan.csv as a plan?" in words(asked)
    await bot.taps(OLGA, asked, 0)
    assert "What plan.csv would plan" in words(bot.last(OLGA))
    assert await bot.sends_file(OLGA, PLAN, "plan.csv", chat_id=TEAM) == []
    [shown] = await bot.sends_file(OLGA, PLAN, "plan.csv", chat_id=TEAM, caption="/plan import")
    assert "What plan.csv would plan" in words(shown)


async def test_who_may_plan_nothing_and_what_is_too_large_is_refused(bot: Any) -> None:
    [refused] = await bot.sends_file(VERA, PLAN, "plan.csv", caption="/plan import")
    assert "/plan import" in words(refused)
    assert await bot.app.store.read(lambda tx: tx.plan_files.upload("d1")) is None
    [large] = await bot.sends_file(OLGA, "x" * (1024 * 1024 + 1), "plan.csv", caption="/plan import")
    assert "at most 1,024 KB are read" in words(large)


async def test_a_caption_that_is_another_command_is_none(bot: Any) -> None:
    assert await bot.sends_file(OLGA, PLAN, "plan.csv", chat_id=TEAM, caption="/show list") == []
