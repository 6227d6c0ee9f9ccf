"""Prices as people in many markets type them: read as meant, or refused, never read as something else."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("market", "typed", "kept"),
    [
        ("us", "29.90", 2990), ("us", "29,90", 2990), ("us", "30", 3000), ("us", "0.5", 50),
        ("jp", "1980", 1980), ("vn", "199000", 199000), ("id", "199000", 19900000), ("id", "199000,50", 19900050),
    ],
)  # fmt: skip
async def test_a_price_is_kept_as_typed(bot, market, typed, kept):
    await bot.ok(f"/room add shop {market}")
    await bot.ok(f"/product add shop P1 {typed}")
    product = await bot.app.store.read(lambda tx: tx.rooms.product("shop", "P1"))
    assert kept == product.price.minor


@pytest.mark.parametrize(
    ("market", "typed"),
    [
        ("us", "1,299"), ("us", "1.299"), ("us", "1,299.90"), ("us", "19.999"), ("us", "-5"), ("us", "1e3"),
        ("us", "NaN"), ("us", "free"), ("us", "$5"), ("vn", "199.000"), ("vn", "199,000"), ("id", "199.000"),
        ("jp", "1,980"), ("jp", "19.80"), ("us", "9" * 16),
    ],
)  # fmt: skip
async def test_a_price_that_could_mean_two_things_is_refused(bot, market, typed):
    await bot.ok(f"/room add shop {market}")
    answer = await bot.say(f"/product add shop P1 {typed}")
    assert (400, True) == (answer.status, "no price" in answer.text), answer.body
    assert answer.body["try"]


async def test_an_edit_is_as_careful(bot):
    await bot.room()
    assert 400 == (await bot.say("/product edit us_main P1 price=1,299")).status
    assert 400 == (await bot.say("/product edit us_main P1 list_price=1,299")).status


async def test_a_long_code_is_refused_and_not_cut(bot):
    await bot.room()
    answer = await bot.say(f"/product add us_main {'A' * 61} 9.90")
    assert 400 == answer.status


async def test_what_is_not_there_is_none_and_never_not_measured(bot):
    for line in ("/room info nowhere", "/show list nowhere", "/prompt", "/note orders=1", "/alert ack", "/status x=1",
                 "/cue done c9", "/checklist go nowhere"):  # fmt: skip
        answer = await bot.say(line)
        assert answer.status >= 400, line
        assert "not measured" not in answer.text, (line, answer.text)
    await bot.room()
    await bot.ok("/show plan us_main 2027-03-12 20:00")
    await bot.ok("/show start us_main-0312")
    answer = await bot.say("/room archive us_main")
    assert "not measured" not in answer.text
