"""A short show day, the same every time: plan, checklist, go, 36 minutes on air with a cold spell, summary."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.config import load
from bot.keys import make
from tests.crash.client import Client

ROOM = "us_main"
STARTS_AT = datetime.fromisoformat("2027-03-12T20:00:00-05:00")
BEGINS_AT = STARTS_AT - timedelta(hours=24, minutes=5)
AIR_S = 36 * 60
_BATCH_S = 10
_COLD = (20 * 60, 28 * 60)
_FIRST = ("light_key", "camera_stable", "sound_lapel", "network_measured", "devices_watched")
_LATER = (
    ("products_at_hand", "mia"),
    ("prices_links", "operator"),
    ("benefits_agreed", "manager"),
    ("host_nudges", "mia"),
    ("compliance_claims", "manager"),
)
_PRESSES = {
    "alert.cold_room": ("alert ack", "operator"),
    "nudge.alert": ("prompt used", "mia"),
    "nudge.release": ("cue done", "mia"),
    "nudge.cue": ("cue done", "mia"),
    "cue": ("cue done", "operator"),
    "delivery.parked": ("delivery resume", "operator"),
}
"""What people press, and who, 20 seconds after a message of this kind was shown."""


@dataclass(slots=True)
class Evening:
    """`await Evening(client).run()` lives the day through."""

    client: Client
    seen: int = 0
    later: list[tuple[int, str, str, str]] = field(default_factory=list)
    delayed: bool = False
    stages: dict[str, int] = field(default_factory=dict)

    def stage(self, name: str) -> None:
        """Remembers which request a stage begins with."""
        self.stages[name] = len(self.client.took)

    async def run(self) -> None:
        await self.set_up()
        await self.before()
        await self.on_air()
        await self.after()

    async def set_up(self) -> None:
        client = self.client
        self.stage("room")
        await client.say(f"/room add {ROOM} us")
        self.stage("products")
        await client.say(f'/product add {ROOM} P1 19.90 name="Desk lamp" stock=200 points="warm light"')
        await client.say(f'/product add {ROOM} P2 29.90 name="Floor lamp" stock=120 points="dims to 1 %"')
        self.stage("host")
        await client.say("/host add mia name=Mia zone=Asia/Shanghai")
        client.secret = await make(load(client.served.config), ROOM, rotate=False)
        self.stage("plan")
        await client.say(f'/show plan {ROOM} 2027-03-12 20:00 length=40m host=mia benefit="a free bulb" likes_goal=900')

    async def before(self) -> None:
        client = self.client
        self.stage("reminder")
        await client.move(STARTS_AT - timedelta(hours=24))
        await client.say("Lights are up in studio A.")
        self.stage("checklist")
        await client.move(STARTS_AT - timedelta(hours=1))
        card = client.shown("checklist")[0]["id"]
        self.stage("block")
        await client.press(card, "checklist block", "operator", {"reason": "cable is short"}, item="network_backup")
        self.stage("waive")
        await client.press(card, "checklist waive", "operator", {"reason": "no spare line"}, item="network_backup")
        self.stage("tick")
        for item in _FIRST:
            await client.press(card, "checklist tick", "operator", item=item)
        self.stage("owners")
        await client.move(STARTS_AT - timedelta(minutes=15))
        for item, person in _LATER:
            await client.press(card, "checklist tick", person, item=item)
        self.stage("question")
        await client.move(STARTS_AT - timedelta(minutes=10))
        question = client.shown("go")[0]["id"]
        self.stage("no-go")
        await client.press(question, "checklist no_go", "operator", {"reason": "camera is down"})
        await client.move(STARTS_AT - timedelta(minutes=8))
        self.stage("go")
        await client.press(question, "checklist go", "operator")
        await client.move(STARTS_AT)

    async def on_air(self) -> None:
        client = self.client
        for step, lines in enumerate(batches()):
            if step in (0, 60):
                self.stage("stream" if step == 0 else "live")
            await client.send(lines, ROOM)
            await client.move(STARTS_AT + timedelta(seconds=(step + 1) * _BATCH_S))
            await self._react(step)

    async def _react(self, step: int) -> None:
        shown = self.client.shown()
        for row in shown[self.seen :]:
            command, person = _PRESSES.get(row["kind"], (None, ""))
            if row["kind"] == "cue" and not self.delayed:
                command, self.delayed = "cue delay", True
            if command is not None:
                self.later.append((step + 2, row["id"], command, person))
        self.seen = len(shown)
        ripe = [item for item in self.later if item[0] <= step]
        self.later = [item for item in self.later if item[0] > step]
        for _, message, command, person in ripe:
            if command not in self.stages:
                self.stage(command)
            if command == "cue done" and self._is_over(message):
                continue
            await self.client.press(message, command, person)

    def _is_over(self, message: str) -> bool:
        """Host and operator have a card each for one cue: whoever comes second has nothing left to press."""
        with self.client.served.rows() as rows:
            sql = "select c.state from cues c join messages m on m.subject = c.id where m.id = ?"
            return rows.execute(sql, [message]).fetchone()["state"] != "sent"

    async def after(self) -> None:
        client = self.client
        self.stage("end")
        ended = STARTS_AT + timedelta(seconds=AIR_S)
        await client.send([{"at": ended.isoformat(), "kind": "stream", "state": "ended"}], ROOM)
        self.stage("summary")
        await client.move(ended + timedelta(minutes=5))
        await client.say(f"/summary show {ROOM}", "manager", "managers")
        self.stage("late order")
        await client.move(ended + timedelta(hours=2))
        late = {
            "at": ended.isoformat(),
            "kind": "order",
            "n": 1,
            "gmv": "29.90",
            "currency": "USD",
            "order_id": "late-1",
        }
        await client.send([late], ROOM)
        self.stage("settled")
        await client.move(ended + timedelta(hours=24))
        await client.say("Good evening all in all.", "manager", "managers")


def batches() -> Iterator[list[dict[str, Any]]]:
    """One every 10 seconds; comments fall to a tenth in the cold spell."""
    spread = random.Random(7)
    for start_s in range(0, AIR_S, _BATCH_S):
        at = (STARTS_AT + timedelta(seconds=start_s)).isoformat()
        is_cold = _COLD[0] <= start_s < _COLD[1]
        comments = spread.randint(1, 3) if is_cold else spread.randint(16, 24)
        lines = [] if start_s else [{"at": at, "kind": "stream", "state": "started"}]
        lines += [
            {"at": at, "kind": "concurrent", "n": 300 + spread.randint(-9, 9)},
            {"at": at, "kind": "comment", "n": comments},
            {"at": at, "kind": "view", "n": spread.randint(5, 9)},
            {"at": at, "kind": "product_click", "n": spread.randint(1, 4), "sku": "P1"},
        ]
        if start_s % 60 == 0:
            paid = {"n": 1, "gmv": "19.90", "currency": "USD", "sku": "P1", "order_id": f"o{start_s}"}
            lines.append({"at": at, "kind": "order"} | paid)
        yield lines
