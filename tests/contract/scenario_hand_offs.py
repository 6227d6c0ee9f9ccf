"""Viewers sent to a sibling room: when a room is cold, and at the end of its show."""

from __future__ import annotations

from tests.contract.driver import Seen
from tests.contract.scenario_show import begun, cue
from tests.contract.world import World
from tests.evenings import Judging, judging, minutes_of_chat, scripted
from tests.front_door import SECRET


async def _sibling(w: World) -> None:
    """A second room of the market, on air for longer than the first, and lively."""
    await w.say('/room add us_side us name="Glow Side" handle=@glow.side theme=lamps')
    await w.bot.app.store.write(lambda tx: tx.signals.add_secret("us_side", SECRET, w.now, old_valid_until=None))
    await w.say("/show plan us_side 2027-03-12 20:30 length=3h", "olga")


async def _turn(w: World) -> Seen:
    """The host's card, once its turn has come."""
    before = (await w.kinds()).count("nudge.hand_off")
    for _ in range(20):
        await minutes_of_chat(w.bot, 1 / 6, 4)
        if (await w.kinds()).count("nudge.hand_off") > before:
            return await w.find("nudge.hand_off", "host")
    raise AssertionError("the host got no line")


async def hand_offs(w: World) -> None:
    """Offered on the alert's card, sent and used, by button and by command; the closing cue; what the summary says."""
    await begun(w, length="1h")
    await _sibling(w)
    await w.advance(minutes=5)
    await w.send(w.bot.line("stream", state="started"), w.bot.line("concurrent", n=300), room="us_side")
    await w.send(*(w.bot.line("comment", user=user) for user in ("ann", "ben")))
    await w.send(w.bot.line("comment", user="cleo"), room="us_side")
    await w.advance(seconds=20)
    judging(w.bot, "x2", Judging(0.1))
    for number in (1, 2):
        await scripted(w.bot, ("opened", "warning"), *[("going_on", "warning")] * 4, ("cleared", "notice"))
        await minutes_of_chat(w.bot, 1.2, 4)
        await w.look()
        card = await w.find("alert.cold_room", "team")
        if number == 1:
            await w.no_press(card, "handoff send", "mia")
            await w.press(card, "handoff send", "olga")
            await w.no("/handoff send h1", "max")
            await w.press(await _turn(w), "handoff used", "mia")
            await w.send(w.bot.line("comment", user="ann"), room="us_side")
        else:
            await w.say("/handoff send h2", "olga")
            await _turn(w)
            await w.say("/handoff used h2", "mia", "host")
        await minutes_of_chat(w.bot, 5.5, 4)
    await w.say("/why h1", "olga")
    closing = await cue(w, "hand_off")
    await w.advance(seconds=19)
    await w.press(await w.find("nudge.hand_off", "host", text="on air now"), "cue done", "mia")
    await w.no("/handoff used h3", "mia", "host")
    assert closing.kind == "hand_off"
    await w.send(w.bot.line("stream", state="ended"))
    await w.advance(minutes=6)
    await w.find("summary", "managers", text="Glow Side")
