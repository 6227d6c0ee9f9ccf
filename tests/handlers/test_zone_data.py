"""New zone data: a show goes where the rule of its series says, what was moved by hand stays, and people hear of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from handlers import zonechange
from tests.front_door import running

GAP, PLAIN, BY_HAND = "us_main-0314", "us_main-0321", "us_main-0328"


def as_by_other_rules(show, wall):
    """As if it had been planned when the zone's clocks changed on another day."""
    at = show.starts_at - (show.starts_local - wall)
    return replace(show, starts_local=wall, starts_at=at + timedelta(hours=1))


async def test_what_the_rule_says_comes_from_the_slot(tmp_path):
    async with running(tmp_path) as bot:
        await bot.room()
        await bot.ok("/show plan us_main every sun 02:30 length=1h host=mia save=yes")
        await bot.ok(f"/show move {BY_HAND} 05:00")
        planned = {show.id: show for show in await bot.app.store.read(lambda tx: tx.shows.planned())}

        def older(tx):
            for name in (GAP, PLAIN):
                show = planned[name]
                tx.shows.save(as_by_other_rules(show, show.slot))
            tx.shows.save(as_by_other_rules(planned[BY_HAND], planned[BY_HAND].starts_local))
            zonechange.announce(tx, "2026z", bot.app.ports)

        await bot.app.store.write(older)
        await bot.app.store.write(lambda tx: zonechange.announce(tx, "2027a", bot.app.ports))
        await bot.advance(seconds=1)
        now = {show.id: show for show in await bot.app.store.read(lambda tx: tx.shows.planned())}
        assert planned == now, "the gap comes to 03:30 again, the one moved by hand stays at 05:00"
        for channel in ("team", "host"):
            told = (await bot.find("New zone data", channel))["text"]
            assert all(name in told for name in (GAP, PLAIN, BY_HAND)), channel
        due = await bot.app.store.read(lambda tx: {t.kind: t.due_at for t in tx.timers.of_subject(PLAIN)})
        assert now[PLAIN].starts_at + timedelta(minutes=3) == due["NoShowDue"]
