"""What comes in between: nobody comes, changes of mind, series, archives, new zone data, a place that is shut."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from handlers import zonechange
from tests.contract.scenario_show import MINUTE, SHOW, a_room, planned
from tests.contract.world import World
from tests.front_door import SHOW_AT


async def nobody_comes(w: World) -> None:
    """No stream: asked, asked again, called off with a reason, taken back, started by hand."""
    await planned(w)
    await w.bot.advance(SHOW_AT + 3 * MINUTE)
    await w.look()
    await w.advance(SHOW_AT + 8 * MINUTE)
    asked = await w.find("ask.no_show", "managers")
    cancelled = await w.press(asked, "show cancel", "max", {"reason": "the studio is flooded"})
    await w.find("show.cancelled", "team", text="flooded")
    await w.find("show.cancelled", "host", text="flooded")
    await w.advance(seconds=15)
    await w.press(cancelled, "undo", "max")
    await w.find("show.back_on", "host")
    await w.press(await w.find("no_show", "team"), "show start", "olga")
    await w.find("session", "team")
    await w.say(f"/show end {SHOW}", "olga")
    await w.advance(minutes=2)
    await w.no("/undo", "olga")
    await w.say("/show plan us_main 2027-03-12 20:30 length=20m", "olga")
    await w.say("/show start us_main-0312-2", "olga")


async def changes_of_mind(w: World) -> None:
    """A series that meets another show, shows called off by command, a room put away and back, a zone's new rules."""
    await a_room(w)
    shown = await w.say("/show plan us_main every fri 20:00 length=1h", "olga")
    await w.press(shown, "show plan", "olga", save="yes")
    shows = await w.bot.app.store.read(lambda tx: tx.shows.planned())
    taken = max(show.starts_local for show in shows) + timedelta(days=7, minutes=-30)
    await w.say(f'/show plan us_main "{taken:%Y-%m-%d %H:%M}" length=1h', "olga")
    await w.advance(SHOW_AT + timedelta(days=7))
    await w.find("show.skipped", "team")
    await w.say("/show cancel us_main-0326 the host is ill", "olga")
    await w.say("/undo", "olga")
    asked = await w.say("/show cancel us_main-0326 scope=following", "olga")
    await w.press(asked, "show cancel", "olga", save="yes")
    await w.say("/room add uk_main uk", "max", "managers")
    archived = await w.say("/room archive uk_main", "max", "managers")
    await w.advance(seconds=5)
    await w.press(archived, "undo", "max")
    await w.say("/room archive uk_main", "max", "managers")
    await w.no("/room archive uk_main", "max", "managers")
    await w.say("/room restore uk_main", "max", "managers")
    await w.say("/room archive uk_main", "max", "managers")
    await w.advance(seconds=5)
    await w.say("/undo", "max", "team")
    await w.find("room.restored", "managers")
    await _new_zone_data(w)


async def _new_zone_data(w: World) -> None:
    """A show was planned by rules of a zone that hold no more."""

    def older(tx: Any) -> None:
        [show, *_] = [show for show in tx.shows.planned() if show.starts_at > w.now]
        tx.shows.save(replace(show, starts_at=show.starts_at + timedelta(hours=1)))
        zonechange.announce(tx, "2026z", w.bot.app.ports)

    await w.bot.app.store.write(older)
    await w.bot.app.store.write(lambda tx: zonechange.announce(tx, "2027a", w.bot.app.ports))
    await w.advance(seconds=1)
    await w.find("zone_data", "team")


async def a_shut_place(w: World) -> None:
    """A place takes nothing any more: told, listed, sent to again when it does."""
    await a_room(w)
    fence = w.fence
    await w.say("/setup bind team place=other:1", own=True)
    fence.shut = True
    await w.say("/show plan us_main 2027-03-12 19:30 length=1h", "olga")
    await w.advance(SHOW_AT - 80 * MINUTE)
    parked = await w.find("delivery.parked", "team")
    await w.say("/delivery list", "olga", own=True)
    await w.say("/status", "vera", own=True)
    await w.no("/delivery resume other:1", "vera")
    fence.shut = False
    await w.press(parked, "delivery resume", "olga")
    assert fence.at("1", "checklist")
    fence.shut = True
    await w.say("/show cancel us_main-0312", "olga")
    await w.advance(minutes=1)
    fence.shut = False
    await w.say("/delivery resume other:1", "olga")


async def another_host(w: World) -> None:
    """Given by name, offered and withdrawn, taken by one tap; nobody takes one; nobody comes, late, a stand-in."""
    await planned(w)
    await w.say("/host add vera")
    await w.say(f"/show host {SHOW} vera", "olga")
    await w.find("show.host", "host")
    await w.say("/undo", "olga")
    await w.say(f"/show offer {SHOW}", "mia", "host")
    await w.press(await w.find("offer", "team"), "offer withdraw", "olga")
    await w.say(f"/show offer {SHOW}", "olga")
    await w.say("/offer withdraw o2", "olga")
    await w.say(f"/show offer {SHOW}", "olga")
    await w.press(await w.find("offer", "host", text="The first to take"), "offer take", "vera")
    await w.no("/offer take o3", "mia", "host")
    await w.say("/show plan us_main 2027-03-13 20:00 length=1h host=mia", "olga")
    await w.say("/show offer us_main-0313", "olga")
    await w.say("/offer take o4", "vera", "host")
    await w.say("/show host us_main-0313 mia", "olga")
    await w.say("/show offer us_main-0313", "olga")
    await w.bot.advance(SHOW_AT + 3 * MINUTE)
    await w.press(await w.find("no_show", "team"), "show late", "olga", {"by": "5m"})
    await w.say(f"/show late {SHOW} 6m", "vera", "host")
    await w.find("show.late", "team")
    await w.advance(SHOW_AT + 10 * MINUTE)
    await w.press(await w.find("no_show", "team", text="stand in"), "show offer", "olga")
    await w.find("offer", "host", text="right now")
    await w.advance(SHOW_AT + timedelta(days=1))
    await w.press(await w.find("offer", "team", text="no other host"), "show offer", "olga")
    asked = await w.say("/show plan us_main every wed 20:00 length=1h host=mia", "olga")
    await w.press(asked, "show plan", "olga", save="yes")
    asked = await w.say("/show host us_main-0324 vera scope=following", "olga")
    await w.press(asked, "show host", "olga", save="yes")
