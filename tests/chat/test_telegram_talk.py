"""What people type in Telegram, through the real library at a Bot API server."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chat.telegram_app import ACCOUNTS, STRANGER, TEAM, TelegramBot, telegram_running

BOSS, OLGA, VERA = ACCOUNTS["boss"], ACCOUNTS["olga"], ACCOUNTS["vera"]


@pytest.fixture
async def bot(tmp_path: Any) -> Any:
    async with telegram_running(tmp_path) as running:
        yield running
        assert running.server.noted_violations() == []


@pytest.mark.parametrize(
    "line",
    [
        "/show plan us_main fri 20:00",
        "/show_plan us_main when=\"fri 20:00\"",
        "/show_plan@ShowcallerBot us_main fri 20:00",
        "/show plan room=us_main when=“fri 20:00”",
        "@ShowcallerBot show plan us_main fri 20:00",
    ],
)
async def test_a_command_may_be_typed_in_every_way(bot: TelegramBot, line: str) -> None:
    await bot.room()
    said = await bot.types(OLGA, line, TEAM)
    shows = await bot.app.store.read(lambda tx: tx.shows.planned())
    assert [show.room for show in shows] == ["us_main"]
    assert any(one.chat == TEAM and one.reply_to is not None for one in said)
