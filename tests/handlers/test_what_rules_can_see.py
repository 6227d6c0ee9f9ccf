"""What /now says of the rules: whether they can judge this room at all, how fast, and by what."""

from __future__ import annotations

import pytest

from tests.front_door import running

RATES = {"us_busy": 30, "us_small": 3, "us_tiny": 0.5}
"""Comments a minute, evenly spread."""


async def rooms(bot):
    for slug in RATES:
        await bot.ok(f"/room add {slug} us")
        await bot.secret(slug)


async def chat_for(bot, minutes, rates=RATES):
    """Ten-second batches; the gauge stays at 100."""
    for step in range(round(minutes * 6)):
        await bot.advance(seconds=10)
        for slug, rate in rates.items():
            n = int((step + 1) * rate / 6) - int(step * rate / 6)
            lines = [bot.line("concurrent", n=100), *([bot.line("comment", n=n)] if n else [])]
            assert (await bot.send(lines, slug)).status == 202


async def seen(bot):
    """The rules' rows by room."""
    found = {}
    for slug in RATES:
        lines = (await bot.ok(f"/now {slug}")).text.splitlines()
        found[slug] = [line for line in lines if line.startswith(("Cold-room rule", "Source", "冷场规则", "数据源"))]
    return found


@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_now_says_in_words_what_each_rule_can_see(tmp_path, language, snapshot):
    async with running(tmp_path, language=language) as bot:
        await rooms(bot)
        told = {}
        await chat_for(bot, 0.5)
        told["at first"] = await seen(bot)
        await chat_for(bot, 2)
        told["warming up"] = await seen(bot)
        await chat_for(bot, 9)
        told["after a while"] = await seen(bot)
        await bot.send([bot.line("stream", state="paused")], "us_busy")
        await chat_for(bot, 1)
        told["one is paused"] = (await seen(bot))["us_busy"]
        await bot.advance(minutes=3)
        told["sources are silent"] = (await seen(bot))["us_small"]
        assert snapshot == told


async def test_a_room_with_three_comments_a_minute_is_slow_to_notice_and_one_with_thirty_is_not(bot):
    await rooms(bot)
    await chat_for(bot, 11)
    told = {slug: rows[0] for slug, rows in (await seen(bot)).items()}
    assert {"us_small"} == {slug for slug, row in told.items() if "slow to notice (about 5 min)" in row}
    assert {"us_tiny"} == {slug for slug, row in told.items() if "too quiet to judge" in row}
    assert {"us_busy", "us_small"} == {slug for slug, row in told.items() if "P 0." in row}


async def test_the_probability_shown_rises_in_a_cold_spell_while_the_usual_rate_stays(bot):
    await rooms(bot)
    await chat_for(bot, 15, {"us_busy": 30})
    usual, p = figures((await seen(bot))["us_busy"][0])
    await chat_for(bot, 4, {"us_busy": 3})
    usual_in_the_cold, p_in_the_cold = figures((await seen(bot))["us_busy"][0])
    assert (True, True) == (p < 0.1, p_in_the_cold > 0.9)
    assert usual == pytest.approx(usual_in_the_cold, rel=0.15)


async def test_after_a_restart_now_knows_what_it_knew(tmp_path):
    async with running(tmp_path) as bot:
        await rooms(bot)
        await chat_for(bot, 11)
        before, stopped_at = await seen(bot), bot.now
    async with running(tmp_path, start=stopped_at) as bot:
        assert before == await seen(bot)


def figures(row):
    """Usual comments a minute and P of "...; 30 comments a minute are usual, P 0.01"."""
    words = row.split("; ")[1].split()
    return float(words[0]), float(words[-1])
