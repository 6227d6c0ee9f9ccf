"""A show: planned, prepared, asked about, held, told of afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.contract.world import World
from tests.front_door import SECRET, SHOW_AT

SHOW = "us_main-0312"
MINUTE = timedelta(minutes=1)


async def a_room(w: World, room: str = "us_main") -> None:
    """A room with two products and a host."""
    await w.say(f"/room add {room} us")
    for number in (1, 2):
        await w.say(
            f'/product add {room} P{number} {number}9.90 name="Lamp {number}" stock={number}00 '
            'points="warm light;quiet fan"'
        )
    await w.say("/host add mia name=Mia zone=Asia/Shanghai")
    await w.link("mia")
    await w.bot.app.store.write(lambda tx: tx.signals.add_secret(room, SECRET, w.now, old_valid_until=None))


async def planned(w: World, **more: str) -> None:
    await a_room(w)
    words = " ".join(f"{name}={value}" for name, value in ({"length": "1h", "host": "mia"} | more).items())
    await w.say(f"/show plan us_main 2027-03-12 20:00 {words}", "olga")


async def open_items(w: World) -> list[str]:
    items = await w.bot.app.store.read(lambda tx: tx.checklists.items(SHOW))
    return [item.key for item in items if item.required and item.state in ("open", "blocked")]


async def ticked(w: World) -> None:
    """Everything required is done, as if it had been pressed."""

    def tick(tx: Any) -> None:
        for item in tx.checklists.items(SHOW):
            tx.checklists.save(replace(item, state="done", by="olga", at=w.now))

    await w.bot.app.store.write(tick)


async def preparing(w: World) -> None:
    """From the plan to the go: reminder, checklist, owners, a question nobody answers, a no-go and a go."""
    await planned(w, benefit='"a free bulb"', likes_goal="900")
    await w.say("/show plan us_main 2027-03-12 20:30", "olga")
    await w.say("/show list", "vera")
    await w.advance(SHOW_AT - 60 * MINUTE)
    card = await w.find("checklist", "team")
    await w.press(
        card, "checklist block", "olga", {"reason": "the cable is too short & <b>hot</b>"}, item="sound_lapel"
    )
    await w.press(card, "checklist block", "olga", {"reason": "no *claims* yet"}, item="compliance_claims")
    await w.press(await w.find("checklist"), "checklist waive", "olga", {"reason": "a new one"}, item="sound_lapel")
    await w.no_press(card, "checklist tick", "vera", item="light_key")
    await w.press(card, "checklist tick", "mia", item="light_key")
    await w.press(await w.find("checklist"), "checklist untick", "olga", item="light_key")
    await w.say(f"/checklist tick {SHOW} light_key", "olga")
    await w.say(f"/checklist untick {SHOW} light_key", "olga")
    await w.say(f"/checklist block {SHOW} network_backup the line is dead", "olga")
    await w.say(f"/checklist waive {SHOW} network_backup no spare line", "olga")
    await w.say(f"/checklist show {SHOW}", "mia", "host")
    await w.advance(SHOW_AT - 10 * MINUTE)
    question = await w.find("go", "team")
    await w.no_press(question, "checklist go", "olga")
    await w.advance(SHOW_AT - 3 * MINUTE)
    await w.find("ask.go", "managers")
    await w.find("ask.go", "host")
    await w.press(await w.find("ask.go", "team"), "checklist no_go", "olga", {"reason": "camera is down"})
    for item in await open_items(w):
        await w.press(await w.find("checklist"), "checklist tick", "olga", item=item)
    await w.press(await w.find("go", "team", text="us_main"), "checklist go", "olga")
    await w.say(f"/checklist no_go {SHOW} power cut", "olga")
    await w.say(f"/checklist go {SHOW}", "max", "managers")
    await w.find("go", "host")


async def begun(w: World, **plan: str) -> None:
    """On air, everything ready."""
    await planned(w, **plan)
    await w.bot.advance(SHOW_AT - 59 * MINUTE)
    await ticked(w)
    await w.bot.advance(SHOW_AT - 10 * MINUTE)
    await w.press(await w.find("go", "team"), "checklist go", "olga")
    await w.bot.advance(SHOW_AT)
    await w.send(w.bot.line("stream", state="started"), w.bot.line("concurrent", n=300))
    await w.advance(seconds=1)


async def cue(w: World, kind: str) -> Any:
    """20 s before the first cue of that kind that is still to come."""
    cues = await w.bot.app.store.read(lambda tx: tx.shows.cues(SHOW))
    found = next(item for item in cues if item.kind == kind and item.state == "planned")
    await w.advance(SHOW_AT + timedelta(seconds=found.at_s - 20))
    return found


async def on_air(w: World) -> None:
    """Cues done, skipped, put off and left alone; figures by hand; ended, taken back, ended again; told of."""
    await begun(w, likes_goal="900", benefit='"a tote bag"')
    shown = await w.say("/now", "vera")
    assert shown.text.count("not measured") == 4, shown.text  # nothing has come yet: that is not 0
    await w.say("/now us_main", "olga")
    await w.say("/note concurrent=320 orders=12", "olga")
    await w.no("/note orders=1", "vera")
    release = await cue(w, "release")
    await w.advance(SHOW_AT + timedelta(seconds=release.at_s + 31))
    asked = await w.find("ask.release", "team")
    await w.press(asked, "cue delay", "olga", by="5m")
    await w.advance(SHOW_AT + timedelta(seconds=release.at_s + 281))
    await w.press(await w.find("nudge.release", "host"), "cue done", "mia")
    await w.send(w.bot.line("order", n=1, gmv="19.90", currency="USD", order_id="o1"))
    await cue(w, "release")
    await w.press(await w.find("cue", "team"), "cue skip", "olga")
    await rest_of_cues(w)
    await w.press(await w.find("session", "team"), "show end", "olga")
    await w.advance(seconds=20)
    await w.say("/undo", "olga")
    await w.find("session", "team", text="goes on")
    await w.send(w.bot.line("stream", state="ended"))
    await w.advance(minutes=1)
    await w.send(w.bot.line("stream", state="started"), w.bot.line("concurrent", n=280))
    await w.advance(minutes=1)
    await w.say(f"/show end {SHOW}", "olga")
    await w.advance(minutes=6)
    await w.find("summary", "managers", text="Provisional")
    await w.say("/summary show us_main", "vera")
    await w.send(w.bot.line("order", n=1, gmv="5.10", currency="USD", order_id="o2"))
    await w.advance(hours=25)
    settled = await w.find("summary", "managers", text="Settled")
    assert "US$25.00" in settled.text


async def rest_of_cues(w: World) -> None:
    """Cues by command, and a hand-off that nobody answers."""
    cues = [item for item in await w.bot.app.store.read(lambda tx: tx.shows.cues(SHOW)) if item.state == "planned"]
    first, second, third, *_ = [item for item in cues if item.kind not in ("hand_off", "release")]
    await w.say(f"/cue delay {first.id} 1m", "olga")
    await w.say(f"/cue skip {second.id}", "olga")
    await w.say(f"/cue done {third.id}", "mia", "host")
    hand_off = await cue(w, "hand_off")
    await w.advance(SHOW_AT + timedelta(seconds=hand_off.at_s + 31))
    await w.press(await w.find("ask.hand_off", "team"), "cue done", "olga")


async def in_another_language(w: World) -> None:
    """The same in the team's own language, with its own words typed."""
    await planned(w, title="周五专场")
    await w.say("/help", "vera")
    await w.no("/room info 没有的", "vera")
    await w.advance(SHOW_AT - 60 * MINUTE)
    card = await w.find("checklist", "team")
    await w.press(card, "checklist block", "olga", {"reason": "线太短，换一根。"}, item="sound_lapel")
    await w.press(await w.find("checklist"), "checklist waive", "olga", {"reason": "新的"}, item="sound_lapel")
    await w.press(await w.find("checklist"), "checklist tick", "olga", item="light_key")
    await w.advance(SHOW_AT - 3 * MINUTE)
    await w.no_press(await w.find("go", "team"), "checklist go", "olga")
    await w.bot.advance(SHOW_AT)
    await w.send(w.bot.line("stream", state="started"), w.bot.line("concurrent", n=300))
    await w.advance(minutes=20)
    await w.say("/now", "vera")
    await w.send(w.bot.line("stream", state="ended"))
    await w.advance(minutes=6)
    await w.find("summary", "managers")
    await w.say(f"/why {SHOW}", "olga")
