"""A bot with nothing to do does nothing."""

from __future__ import annotations


async def test_looking_for_work_writes_nothing(bot):
    """Every write wakes the loops; if looking wrote, an idle bot would never sleep."""
    await bot.room()
    await bot.advance(minutes=1)
    writes: list[None] = []
    bot.app.store.written.append(lambda: writes.append(None))
    assert await bot.app.relay.drain() == 0
    assert await bot.app.dispatch.run_due() == 0
    await bot.app.dispatch.next_due()
    assert writes == []
