"""One whole show day: the recorded evening sent to the real endpoint while people act through the real web chat.

With a virtual clock everything runs in lock-step (post a batch, await 202, advance); with a scaled one the app's own
loops run, idle stretches are skipped, and time slows down while a person's decision is open.
"""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any, Self

import aiohttp

from bot.app import App
from bot.clock import ScaledClock, VirtualClock
from bot.core.errors import ShowcallerError
from bot.core.model import Role
from bot.core.records import WebMessage
from bot.demo.cast import Cast
from bot.demo.goods import ROOM
from bot.demo.matrix import PEOPLE, SET_UP
from bot.demo.pace import Pace, pace
from bot.feeds.own import sign

STARTS_AT = datetime.fromisoformat("2027-03-12T20:00:00-05:00")
BEGINS_AT = STARTS_AT - timedelta(hours=24, minutes=10)
ENDS_AT = STARTS_AT + timedelta(hours=27, minutes=1)
_BATCH_S = 10
_SKIP_S = 45
"""Longer stretches in which nothing is due are skipped."""
_SHORTEST_WAIT_S = 0.003
_SLACK = timedelta(seconds=1)
"""How far the clock may pass what is due before that is done."""
_GLANCE_S = 0.7
"""Real seconds of quiet that a skip leaves before something happens, so that people can follow."""

Line = dict[str, Any]


def recording() -> Iterator[Line]:
    """The bundled evening, line by line, the meta line left out."""
    packed = (files("bot.demo") / "us_evening.jsonl.gz").read_bytes()
    for text in gzip.decompress(packed).splitlines()[1:]:
        yield json.loads(text)


def batches() -> list[tuple[datetime, list[Line]]]:
    """Signals with their own times, in batches of 10 s; each is sent when its 10 s are over."""
    found: dict[int, list[Line]] = {}
    for line in recording():
        t_s = line.pop("t")
        at = STARTS_AT + timedelta(seconds=t_s)
        found.setdefault(int(t_s // _BATCH_S), []).append(line | {"at": at.isoformat(timespec="milliseconds")})
    return [(STARTS_AT + timedelta(seconds=(place + 1) * _BATCH_S), lines) for place, lines in sorted(found.items())]


class HttpDoor:
    """The bot's two HTTP faces, as any outsider has them."""

    def __init__(self, http: aiohttp.ClientSession, chat: str, ingest: str, secret: str) -> None:
        self._http, self._chat, self._ingest, self._secret = http, chat, ingest, secret

    async def say(self, person: str, channel: str, text: str) -> None:
        await self._call("say", person, {"channel": channel, "text": text})

    async def press(self, person: str, message: str, button: str, fields: dict[str, str]) -> None:
        await self._call("press", person, {"message_id": message, "button_id": button, "fields": fields})

    async def _call(self, what: str, person: str, body: dict[str, Any]) -> None:
        async with self._http.post(
            f"{self._chat}/chat/api/{what}", json=body, headers={"X-Showcaller-As": person}
        ) as response:
            told = await response.json()
            conflict = 409
            if response.status not in (200, conflict):
                raise ShowcallerError(f"the demo's {person} was refused ({what} {body}): {told}")

    async def send(self, room: str, number: int, lines: list[Line], now: datetime) -> None:
        body = json.dumps(lines).encode()
        webhook_id, timestamp = f"demo-{number}", str(int(now.timestamp()))
        headers = {
            "webhook-id": webhook_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": sign(self._secret, webhook_id, timestamp, body),
        }
        async with self._http.post(f"{self._ingest}/v1/signals/{room}", data=body, headers=headers) as response:
            accepted = 202
            if response.status != accepted:
                raise ShowcallerError(f"the demo's batch {number} was refused: {await response.text()}")


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of 1.0; `phase` is a catalogue key."""

    phase: str
    done: float


class ShowDay:
    """Drives an app through the day. `async with ShowDay(app, secret) as day: await day.run()`."""

    def __init__(self, app: App, secret: str, *, played: set[str], speed: float = 45.0) -> None:
        self.app, self._secret, self._speed = app, secret, speed
        owners = {item.key: item.owner for item in app.ports.book.checklist()}
        tell = app.words.reader(app.ports.team.language, app.ports.team.zone).line
        self.cast = Cast(played, STARTS_AT, lambda key: owners.get(key, Role.OPERATOR), tell)
        self.progress: Callable[[Progress], None] = lambda _: None
        self._batches = batches()
        self._next = 0
        self._stack = AsyncExitStack()
        self.door: HttpDoor

    async def __aenter__(self) -> Self:
        http = await self._stack.enter_async_context(aiohttp.ClientSession())
        app = self.app
        self.door = HttpDoor(
            http, f"http://127.0.0.1:{app.web.port}", f"http://127.0.0.1:{app.ingest.port}", self._secret
        )
        app.chat.on_shown.append(self._on_shown)
        app.chat.scripted = self.cast.played
        app.chat.on_picked.append(self.cast.played.discard)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def _on_shown(self, message: WebMessage) -> None:
        self.cast.on_shown(message, self.app.clock.now())

    async def set_up(self) -> None:
        """The sample matrix, typed line by line."""
        for channel, person, line in SET_UP:
            await self.door.say(person, channel, line)
        await self.app.store.write(
            lambda tx: tx.signals.add_secret(ROOM, self._secret, self.app.clock.now(), old_valid_until=None)
        )
        await self._settle()

    async def _settle(self) -> None:
        if isinstance(self.app.clock, VirtualClock):
            await self.app.run_until(self.app.clock.now())

    async def run(self) -> None:
        """The whole day."""
        await self.advance(ENDS_AT)
        if isinstance(self.app.clock, ScaledClock):
            self.app.clock.hold_at(None)  # from here on nobody drives it

    async def advance(self, to: datetime) -> None:
        """Lives through everything up to `to`: signals, timers, people."""
        while (now := self.app.clock.now()) < to:
            await self._post(now)
            await self.cast.act(now, self.door)
            batch = self._batches[self._next][0] if self._next < len(self._batches) else None
            await self._settle()
            moments = [to, self.cast.next_at(), batch]
            if isinstance(self.app.clock, VirtualClock):
                moments.append(await self._next_due())
            target = min(moment for moment in moments if moment is not None)
            await self._until(max(target, now))
            self.progress(Progress(_phase(target), _share(target)))
        await self._post(to)
        await self.cast.act(to, self.door)
        await self._settle()

    async def _next_due(self) -> datetime | None:
        return await self.app.dispatch.next_due()

    async def _post(self, now: datetime) -> None:
        while self._next < len(self._batches) and self._batches[self._next][0] <= now:
            at, lines = self._batches[self._next]
            self._next += 1
            await self.door.send(ROOM, self._next, lines, max(now, at))

    async def _until(self, target: datetime) -> None:
        clock = self.app.clock
        if isinstance(clock, VirtualClock):
            await self.app.run_until(target)
            return
        if not isinstance(clock, ScaledClock):
            raise TypeError("the demo needs a scaled or virtual clock")
        await self._wait_scaled(clock, target)

    async def _wait_scaled(self, clock: ScaledClock, target: datetime) -> None:
        """Real waiting, in short steps so that a press or a new speed is noticed; long idle stretches are skipped.

        Time never runs ahead of what is due: at a speed the machine cannot keep up with, the clock waits for it.
        """
        due = await self.app.next_due()
        if due is not None and due <= clock.now():
            await asyncio.sleep(_SHORTEST_WAIT_S)
            return
        ahead = min(target, due) if due is not None else target
        clock.hold_at(ahead + _SLACK)
        wanted = await self._pace()
        glance = timedelta(seconds=_GLANCE_S * wanted.speed)
        is_idle = ahead - clock.now() > max(timedelta(seconds=_SKIP_S), glance)
        if (wanted.skips and is_idle) or clock.speed != wanted.speed:
            if wanted.skips and is_idle:
                clock.jump(ahead - glance)
            clock.set_speed(wanted.speed)
            self.app.wake()
            await self.app.chat.listeners.tell_all("clock", clock=dict(self.app.clock_facts()))
        left_s = (ahead - clock.now()).total_seconds() / clock.speed
        await asyncio.sleep(min(max(left_s, _SHORTEST_WAIT_S), 0.25))

    async def _pace(self) -> Pace:
        humans = {person.slug for person in PEOPLE} - self.cast.played
        now = self.app.clock.now()
        return await self.app.store.read(lambda tx: pace(tx, now, STARTS_AT, humans, self._speed))


def _phase(at: datetime) -> str:
    if at < STARTS_AT - timedelta(hours=1):
        return "demo.plan"
    if at < STARTS_AT:
        return "demo.checklist"
    if at < STARTS_AT + timedelta(seconds=9000):
        return "demo.live"
    return "demo.after"


def _share(at: datetime) -> float:
    """The evening itself is most of the day."""
    live = (at - STARTS_AT).total_seconds() / 9000
    if live <= 0:
        return 0.0
    return min(live, 1.0) * 0.95 + (0.05 if at >= ENDS_AT - timedelta(hours=1) else 0.0)
