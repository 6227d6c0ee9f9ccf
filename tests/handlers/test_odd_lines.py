"""Odd text through the real chat: a clear answer, or the text kept as it is; never a broken server."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    "text",
    [
        "/", "/ ", "//", "/why \x00", "/room add \x07 us", "/why '; drop table rooms", "/help " + "x" * 3000,
        "/show plan us_main 每周五20:00 length=2小时", '/why "', "/note gmv=" + "9" * 300,
    ],
)  # fmt: skip
async def test_an_odd_line_gets_an_answer(bot, text):
    answer = await bot.say(text)
    assert answer.status in (200, 400, 404, 409), answer.body
    assert "Something broke" not in answer.text


async def test_half_a_character_is_refused_and_the_chat_goes_on(bot):
    async with bot.http.post(
        f"{bot.chat}/chat/api/say",
        data=b'{"channel":"team","text":"/host add x name=\\ud800"}',
        headers={"X-Showcaller-As": "boss", "Content-Type": "application/json"},
    ) as response:
        assert response.status in (200, 400), await response.text()
    assert 200 == (await bot.say("/now")).status


async def test_a_note_of_an_impossible_sum_is_refused(bot):
    await bot.room()
    await bot.plan()
    await bot.ok("/show start us_main")
    assert 400 == (await bot.say("/note gmv=" + "9" * 30)).status
