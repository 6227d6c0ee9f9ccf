"""The whole matrix on one card, the hosts' weeks, and a change of clocks that is told two weeks ahead."""

from __future__ import annotations

from datetime import datetime

from tests.contract.scenario_show import a_room
from tests.contract.world import World


async def _series(w: World, line: str) -> None:
    """It is shown first, and a button saves it."""
    await w.press(await w.say(line, "olga"), "show plan", "olga", save="yes")


async def the_matrix(w: World) -> None:
    """A card that follows what is done; which matrix is meant; hours of hosts; whose hour moves, and a decision."""
    await a_room(w)
    await w.say('/room add us_home us theme=home role=flagship target_gmv=5000 testing="noon" siblings=us_main', "max")
    await w.say("/room edit us_main theme=beauty siblings=us_home target_orders=120 target_acu=300", "max")
    await w.no("/room edit us_main siblings=us_main", "max")
    await w.no("/room edit us_main target_gmv=5,5", "max")
    await w.say("/room info us_main", "olga", own=True)
    await w.say("/matrix", "olga")
    card = await w.find("matrix", "team")
    await _series(w, "/show plan us_main every fri 20:00 length=1h host=mia")
    await _series(w, "/show plan us_home every sat 20:00 length=1h host=mia")
    await _series(w, "/show plan us_home every wed 18:00 length=1h host=mia")
    await w.say("/matrix edit main organised_by=region", "max", "managers")
    await w.advance(seconds=6)
    assert (await w.find("matrix", "team")).message == card.message
    await w.say("/matrix", "olga")
    await w.say("/hosts hours week=next", "olga")
    await w.say("/hosts hours mia week=next", "olga")
    await w.say("/room add eu_main de matrix=eu", "max", "managers")
    which = await w.say("/matrix", "max")
    await w.press(which, "matrix", "max", matrix="eu")
    await w.advance(datetime.fromisoformat("2027-03-13T09:00:01+08:00"))
    told = await w.find("foresight", "team")
    await w.press(told, "foresight keep", "olga", series="w1")
    await w.say("/foresight keep main 2027-03-14 w3", "olga")
    told = await w.find("foresight", "team")
    asked = await w.press(told, "show move", "olga", show="us_home-0320")
    await w.press(asked, "show move", "olga", save="yes")
    await w.advance(seconds=6)
    await w.no("/foresight keep main 2027-03-14", "olga")
