"""Any order of changes leaves a plan that is whole: each date of a rule once, timers for what is to come, no loss."""

from __future__ import annotations

import asyncio

from hypothesis import HealthCheck, settings
from hypothesis import given as drawn
from hypothesis import strategies as st

from tests.front_door import running
from tests.handlers.test_series_changes import sound

RULES = (
    "every fri 20:00", "weekdays 20:00 x12", "every 2 weeks sat,sun 02:30", "daily 10:00,20:00 x30",
    "monthly on the last fri 20:00",
)  # fmt: skip
CHANGES = st.sampled_from(
    (
        "/show move {show} 21:30",
        "/show move {show} sun",
        "/show move {show} 18:00 scope=following",
        "/show move {show} every sun 02:30 scope=following",
        "/show move {show} daily 20:00 scope=following",
        "/show move {show} every thu,sat 19:00 scope=all",
        "/show skip {show}",
        "/show skip {series} {day}",
        "/show cancel {show}",
        "/show cancel {show} scope=following",
        "/show edit {show} title=x length=90m scope=following",
        "/undo",
        "/undo",
        "wait",
    )
)
STEPS = st.lists(st.tuples(CHANGES, st.integers(0, 9)), min_size=4, max_size=8)


async def live(folder, rule, steps):
    async with running(folder) as bot:
        await bot.ok("/room add us_main us")
        await bot.ok(f"/show plan us_main {rule} length=1h save=yes")
        sequences = {}
        for what, which in steps:
            shows = await bot.app.store.read(lambda tx: tx.shows.planned())
            ahead = [show for show in shows if show.starts_at > bot.now]
            if what == "wait":
                await bot.advance(hours=9 * which)
            elif ahead:
                show = ahead[which % len(ahead)]
                line = what.format(show=show.id, series=show.series or show.id, day=f"{show.starts_local:%F}")
                save = "" if what.startswith(("/undo", "/show skip")) else " save=yes"
                answer = await bot.say(line + save)
                assert answer.status in (200, 400, 409), (line, answer.body)
            await bot.advance(bot.now)
            sequences = await sound(bot, sequences)


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@drawn(rule=st.sampled_from(RULES), steps=STEPS)
def test_the_plan_stays_whole(tmp_path_factory, rule, steps):
    asyncio.run(live(tmp_path_factory.mktemp("plan"), rule, steps))
