"""Alerts: taken, put off, called useless, left alone; and lines for the host: used, changed, refused."""

from __future__ import annotations

from tests.contract.driver import Seen
from tests.contract.scenario_show import begun
from tests.contract.world import World
from tests.evenings import minutes_of_chat, scripted

_GOING_ON = ("going_on", "warning")


async def chat(w: World, minutes: float, per_minute: int = 4) -> None:
    await minutes_of_chat(w.bot, minutes, per_minute)
    await w.look()


async def ringing(w: World) -> None:
    """A source falls silent; then a cold room nobody takes, put off, rung again, taken, over."""
    await begun(w, length="2h", benefit='"a free bulb"', likes_goal="900")
    await minutes_of_chat(w.bot, 1, 40)
    await w.advance(seconds=90)
    silent = await w.find("alert.no_data", "team")
    await w.no_press(silent, "alert ack", "mia")
    await w.press(silent, "alert ack", "olga")
    await chat(w, 1, 40)
    await w.find("alert.clear", "team", text="data")
    await scripted(w.bot, ("opened", "warning"), *[_GOING_ON] * 19, ("cleared", "notice"))
    await chat(w, 1.4)
    await w.say("/why a2", "olga")
    await chat(w, 3)
    await w.find("ask.alert", "team")
    await chat(w, 3)
    asked = await w.find("ask.alert", "managers")
    await w.press(asked, "alert snooze", "max", by="10m")
    await w.no_press(asked, "alert snooze", "boss", by="10m")
    await chat(w, 10.4)
    again = await w.find("alert.again", "team")
    await w.press(again, "alert ack", "olga")
    card = await w.find("alert.cold_room", "team")
    await w.press(card, "alert not_useful", "olga")
    await w.press(await w.find("alert.cold_room"), "alert useful", "max")
    await w.press(await w.find("alert.cold_room"), "why", "olga")
    await chat(w, 4)
    await w.find("alert.clear", "team")


async def host_card(w: World) -> Seen:
    """The host's lines, once their turn has come."""
    for _ in range(40):
        if "nudge.alert" in await w.kinds():
            return await w.find("nudge.alert", "host")
        await minutes_of_chat(w.bot, 1 / 6, 4)
    raise AssertionError("the host got no line")


async def lines_for_the_host(w: World) -> None:
    """A cold room with lines to speak: another, not now, used, and worse all the same; the same by command."""
    await begun(w, length="2h", benefit='"a free bulb"', likes_goal="900")
    await w.send(w.bot.line("pin", sku="P1", state="released"))
    await minutes_of_chat(w.bot, 1, 40)
    await scripted(w.bot, ("opened", "notice"), _GOING_ON, _GOING_ON, ("going_on", "urgent"), ("cleared", "notice"))
    await chat(w, 1.1)
    nudge = await host_card(w)
    await w.press(nudge, "prompt another", "mia")
    await w.no_press(await w.find("alert.cold_room", "team"), "prompt used", "vera")
    await w.press(await w.find("nudge.alert", "host"), "prompt not_now", "mia")
    await w.press(await w.find("alert.cold_room", "team"), "prompt used", "olga")
    await chat(w, 3.2)
    await w.find("alert.worse", "team")
    await w.say("/alert not_useful a1", "olga")
    await w.say("/alert useful a1", "max", "managers")
    await w.say("/alert snooze a1 10m", "olga")
    await w.say("/alert ack", "olga")
    await w.no("/alert ack a1", "max")
    await chat(w, 1.5)
    offered = await w.say("/prompt us_main", "olga")
    prompt = next(key.args["prompt"] for key in offered.keys if key.command == "prompt used")
    await w.say(f"/prompt another {prompt}", "mia", "host")
    offered = await w.say("/prompt us_main", "mia", "host")
    await w.press(offered, "prompt used", "mia")
    offered = await w.say("/prompt us_main", "olga")
    prompt = next(key.args["prompt"] for key in offered.keys if key.command == "prompt used")
    await w.say(f"/prompt used {prompt}", "olga")
    offered = await w.say("/prompt us_main", "olga")
    prompt = next(key.args["prompt"] for key in offered.keys if key.command == "prompt used")
    await w.say(f"/prompt not_now {prompt}", "olga")
    tuned = await w.say("/alert tune us_main", "olga")
    await w.press(tuned, "room edit", "max")
    await w.say("/why us_main", "olga")
