"""A series as people make it, look at it and change it: shown first, moved, left out, edited, taken back."""

from __future__ import annotations

from tests.contract.scenario_show import a_room
from tests.contract.world import World
from tests.front_door import SHOW_AT


async def a_series(w: World) -> None:
    """Planned by a button, taken back, planned again; then changed in every way."""
    await a_room(w)
    await w.say("/show plan us_main 2027-03-13 12:00 length=1h", "max")
    await w.say("/undo", "max", "managers")
    await w.find("show.unplanned", "team")
    shown = await w.say("/show plan us_main every fri 20:00 length=1h host=mia", "olga")
    await w.press(shown, "show plan", "olga", save="no")
    await w.press(shown, "show plan", "olga", save="yes")
    await w.say("/show series", "vera")
    await w.say("/show move us_main-0326 21:30", "olga")
    await w.find("show.moved", "host")
    await w.say("/undo", "olga")
    moving = await w.say('/show move us_main-0326 "every sat 19:00" scope=following', "olga")
    await w.press(moving, "show move", "olga", save="no")
    await w.press(moving, "show move", "olga", save="yes")
    await w.no("/show move us_main-0326 sun scope=following", "olga")
    await w.say("/show edit us_main-0402 title=Spring length=90m", "max", "managers")
    await w.find("show.edited", "host")
    editing = await w.say('/show edit us_main-0402 benefit="a free bulb" scope=all', "olga")
    await w.press(editing, "show edit", "olga", save="yes")
    await w.say("/show skip us_main-0409", "max", "managers")
    await w.find("show.skipped", "team", text="left out")
    await w.say("/show skip w2 2027-07-10", "olga")
    await w.no("/show skip w2 2027-07-09", "olga")
    await w.say("/show list us_main all=yes", "vera")
    listed = await w.say("/show series w2", "olga")
    await w.press(listed, "show move", "olga", {"when": "20:15"})
    await w.press(listed, "show skip", "olga")
    await w.advance(SHOW_AT)
