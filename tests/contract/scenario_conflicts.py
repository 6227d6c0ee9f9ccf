"""Shows in each other's way: refused with a way out, allowed with a reason, told when something changes."""

from __future__ import annotations

from tests.contract.scenario_show import a_room
from tests.contract.world import World


async def in_the_way(w: World) -> None:
    """A host twice, a room twice, a manager's word and its undo, a studio that two rooms share since yesterday."""
    await a_room(w)
    await w.say("/room add us_two us", "max")
    await w.say("/show plan us_main 2027-03-20 20:00 length=2h host=mia", "olga")
    refused = await w.say("/show plan us_two 2027-03-20 21:00 length=2h host=mia", "olga")
    await w.no_press(refused, "show plan", "olga", {"despite": "she can do both"}, when="2027-03-20 21:00")
    await w.press(refused, "show plan", "max", {"despite": "she can do both"}, when="2027-03-20 21:00")
    await w.say("/why us_two-0320", "olga")
    taken = await w.say("/show plan us_main every sat 21:00 length=1h", "olga")
    shown = await w.press(taken, "show plan", "olga", when="every sat 22:00 from 2027-03-13")
    await w.press(shown, "show plan", "olga", save="yes")
    await w.say("/conflict list", "vera")
    await w.say("/room edit us_main studio=A", "max")
    await w.say("/room edit us_two studio=a", "max")
    told = await w.find("conflict", "team")
    await w.press(told, "conflict allow", "max", {"reason": "two corners"}, other="us_main-0320")
    await w.say("/undo", "max")
    listed = await w.say("/conflict list us_two", "vera")
    await w.no("/conflict allow us_two nowhere because", "max")
    await w.say("/conflict allow us_two-0320 us_main-0320 two corners", "max", "managers")
    await w.find("conflict.allowed", "team")
    await w.press(listed, "show skip", "olga", show="us_main-0320-2")
    await w.press(listed, "show move", "olga")
