"""A bot with nothing to do does nothing."""

from __future__ import annotations

from datetime import timedelta

from bot.core.records import Post
from bot.core.reply import Text, reply


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


async def test_pumping_with_nothing_due_writes_nothing(bot):
    """Side by side as much as one after the other, also while a destination waits and another is parked."""
    post = Post("k", "team", "note", reply(Text("x")), only=("scripted:slow", "scripted:gone"))
    later = bot.now + timedelta(minutes=10)

    def trouble(tx):
        tx.outbox.post(post, bot.now)
        tx.outbox.pause("scripted:slow", later, "429", bot.now)
        tx.outbox.park("scripted:gone", "removed", bot.now)

    await bot.app.store.write(trouble)
    writes: list[None] = []
    bot.app.store.written.append(lambda: writes.append(None))
    assert later == await bot.app.relay.pump(lambda: None)
    assert await bot.app.relay.drain() == 0
    assert writes == []
