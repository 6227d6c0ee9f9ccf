"""A plan file: looked at, put aside, imported, taken back at once and later."""

from __future__ import annotations

from typing import Any

from bot.core.planning_port import Upload
from tests.contract.scenario_show import a_room
from tests.contract.world import World

PLAN = b"""room,when,length,host,title,likes_goal
us_main,every fri 20:00 from 2027-03-19,2h,Mia,Friday night,900
us_main,2027-03-20 20:00,,,"<b>Bold</b>, *starred*",
us_main,2027-03-20 21:00,,,,
us_man,fri 20:00,,,,
us_main,fri 8,,,,
us_main,2027-03-21 20:00,,,,lots
"""


async def plan_files(w: World) -> None:
    """By the managers, so that the team hears of it."""
    await a_room(w)
    await _brought(w, "max")
    preview = await w.say("/plan import d1", "max", "managers")
    await w.press(preview, "plan drop", "max")
    again = await w.say("/plan import d1", "max", "managers")
    imported = await w.press(again, "plan apply", "max")
    await w.find("plan.imported", "team", text="9 shows")
    await w.advance(seconds=5)
    await w.press(imported, "undo", "max")
    await w.find("plan.undone", "team")
    await w.say("/plan import d1", "max", "managers")
    await w.say("/plan drop i3", "max", "managers")
    await w.say("/plan import d1", "max", "managers")
    await w.say("/plan apply i4", "max", "managers")
    await w.no("/plan apply i4", "max", "managers")
    await w.advance(minutes=10)
    await w.say("/plan undo i4", "max", "managers")
    await w.no("/plan undo i4", "max", "managers")


async def _brought(w: World, person: str) -> None:
    """As each chat's way of bringing a file leaves it."""

    def work(tx: Any) -> None:
        tx.plan_files.save_upload(Upload(tx.next_id("d"), "plan.csv", "text/csv", PLAN, person, w.now))

    await w.bot.app.store.write(work)
