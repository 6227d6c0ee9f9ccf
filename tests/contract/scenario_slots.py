"""Weekly slots: suggested, and planned with a press; dates with what they are in the market."""

from __future__ import annotations

from tests.contract.scenario_show import a_room
from tests.contract.world import World


async def weekly_slots(w: World) -> None:
    """Three slots for a room without history, one of them taken; a sale day beside a date."""
    await a_room(w)
    await w.no("/slot suggest nowhere", "olga")
    await w.no("/slot suggest us_main length=30h", "olga")
    found = await w.say("/slot suggest us_main length=90m host=mia", "olga")
    await w.no_press(found, "show plan", "vera", when="every thu 20:00")
    await w.press(found, "show plan", "olga", when="every mon 20:00")
    await w.say("/slot suggest us_main", "vera")
    await w.say("/show plan us_main 2027-11-26 20:00 length=1h", "olga")
    await w.say("/show list us_main", "vera")
