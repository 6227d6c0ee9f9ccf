"""Conflicts through the front door: refused with fixes, allowed by a manager, told when something changes later."""

from __future__ import annotations

from typing import Any

import pytest
from bot.core.reply import buttons_of
from tests.front_door import running


@pytest.fixture
async def bot(tmp_path: Any) -> Any:
    async with running(tmp_path) as found:
        await found.ok("/room add us_main us")
        await found.ok("/room add us_two us")
        await found.ok("/host add mia name=Mia zone=Asia/Shanghai")
        await found.ok("/host add leo name=Leo zone=America/New_York")
        yield found


async def buttons(bot: Any, message: str) -> list[tuple[str, dict[str, str]]]:
    stored = await bot.app.store.read(lambda tx: tx.webchat.get(message))
    return [(button.command, dict(button.args)) for button in buttons_of(stored.reply)]


async def shows(bot: Any) -> list[Any]:
    return await bot.app.store.read(lambda tx: tx.shows.planned())


async def test_x(bot: Any) -> None:
    await bot.ok("/show plan us_main 2027-03-13 20:00 length=2h host=mia")
    for line in (
        "/show plan us_main 2027-03-13 21:00 length=2h host=leo",
        "/show plan us_two 2027-03-13 21:00 length=2h host=mia",
        "/show plan us_two 2027-03-13 23:00 length=2h host=mia",
        "/show plan us_two every sat 21:00 length=2h host=mia",
        "/conflict list",
    ):
        a = await bot.say(line)
        print(a.status, a.text)
        print(a.body)
        for m in (await bot.messages())[-1:]:
            print(await buttons(bot, m["id"]))
    assert 0
