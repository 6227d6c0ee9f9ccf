"""Deeds and undos in any order: what stands in the end is what the deeds that were not undone would have made."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.front_door import SHOW_AT, running
from tests.standing import state

BEGIN = SHOW_AT - timedelta(minutes=12)
"""So that go / no-go, and with long pauses the no-show question, fall due on the way."""
DEEDS = (
    "/show cancel us_main-0312",
    "/show cancel us_main-0319",
    "/show cancel us_main-0312 series=yes save=yes",
    "/show cancel us_main-0326 series=yes save=yes",
    "/room archive us_main",
    "/room archive uk_main",
    "/room restore uk_main",
    "/checklist waive us_main-0312 sound_lapel no cable",
    "/checklist waive us_main-0312 network_backup no line",
)
UNDOS = st.integers(0, 1)
STEPS = st.lists(
    st.tuples(st.integers(0, 30), st.one_of(st.sampled_from(DEEDS), UNDOS, UNDOS)), min_size=6, max_size=12
)
"""Seconds to wait, then a deed, or the undo of the last deed but so many."""


async def live(folder, steps):
    """Lives through the steps; returns what stands in the end, and the steps that nobody took back."""
    async with running(folder, start=BEGIN) as bot:
        await bot.ok("/room add us_main us")
        await bot.ok("/room add uk_main uk")
        await bot.ok("/host add mia")
        await bot.ok("/show plan us_main every fri 20:00 x3 length=1h host=mia save=yes")
        await bot.ok("/checklist show us_main-0312")
        made = 1  # the plan
        left = {}
        for place, (wait, what) in enumerate(steps):
            await bot.advance(seconds=wait)
            if isinstance(what, int):
                undone = f"u{made - what}"
                if undone != "u1" and (await bot.say(f"/undo {undone}")).status == 200:
                    left[next(at for at, deed in left.items() if deed == undone)] = None
            elif (await bot.say(what)).status == 200:
                made += "restore" not in what
                left[place] = "kept" if "restore" in what else f"u{made}"
            await bot.advance(bot.now)
        shown = await state(bot)
        await bot.advance(minutes=30)
        then = await state(bot)
        waits = [wait for wait, _ in steps]
        kept, since = [], 0
        for place, wait in enumerate(waits):
            since += wait
            if left.get(place) is not None:
                kept.append((since, steps[place][1]))
                since = 0
        return (shown, then), kept, since


async def both(folder, steps):
    with_undos, kept, rest = await live(folder / "with", steps)
    without, _, _ = await live(folder / "without", [*kept, (rest, 99)])
    return with_undos, without


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS)
def test_the_state_is_that_of_the_deeds_that_were_not_undone(tmp_path_factory, steps):
    with_undos, without = asyncio.run(both(tmp_path_factory.mktemp("lives"), steps))
    assert with_undos == without
