"""The demo's show day on Discord, Telegram and the web chat at once: everybody linked, every place bound, all of it
lived through from outside the bot."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp

from bot.config import load
from bot.core.model import Role
from bot.core.records import WebMessage
from bot.core.reply import Line, decode
from bot.demo.cast import Cast
from bot.demo.day import BEGINS_AT, ENDS_AT, STARTS_AT, HttpDoor, batches
from bot.demo.goods import ROOM
from bot.demo.matrix import HOST, MANAGER, OPERATOR, SET_UP
from bot.keys import make
from prompts.book import Book
from prompts.catalogue import Catalogues
from storage.rows import read_instant
from tests.crash.hands import Hands
from tests.crash.life import Life
from tests.crash.places import ROOMS_OWN, places
from tests.crash.served import Served
from tests.crash.strikes import Blow

_AS = {OPERATOR: "operator", MANAGER: "manager", HOST: "mia"}
"""The demo's people, by the names a new installation has."""
_READY = ("event='discord_up'", "event='telegram_connected'")
_LAST_TRIES = timedelta(hours=2)
BLOCKS_AT = STARTS_AT + timedelta(minutes=80)
"""When the host blocks the bot on Telegram, where it has nudged her until then."""
_ANSWER_WITHIN_S = 90


_LINES = [line for _, _, line in SET_UP]


def _adds_room(line: str) -> bool:
    """It is there before the day begins, since its places are bound."""
    return line.startswith(f"/room add {ROOM} ")


def speak() -> Callable[[Line], str]:
    """The team's own words."""
    return Catalogues.load().reader("en", "Asia/Shanghai").line


class _Door:
    """What the demo's cast types and presses, by the hands of those who play it."""

    def __init__(self, hands: Hands) -> None:
        self._hands = hands

    async def say(self, person: str, channel: str, text: str) -> None:
        await self._hands.say(_AS[person], channel, text)

    async def press(self, person: str, message: str, button: str, fields: dict[str, str]) -> None:
        await self._hands.press(_AS[person], message, button, fields)


@dataclass(slots=True)
class DemoDay:
    """`begun`: the number of the first request after everything was set up."""

    life: Life
    hands: Hands
    begun: int = 0
    _cast: Cast = field(init=False)
    _seen: int = 0
    _has_blocked: bool = False

    def __post_init__(self) -> None:
        owners = {item.key: item.owner for item in Book.load().checklist()}
        self._cast = Cast(set(_AS), STARTS_AT, lambda key: owners.get(key, Role.OPERATOR), speak())

    async def set_up(self) -> None:
        await self._meet()
        await self._bind()
        await self.life.move(self.life.now, settle=True)

    # -- setting up ------------------------------------------------------------

    async def _meet(self) -> None:
        """Everybody's accounts become theirs, by codes from the web chat."""
        at = self.life.places
        await at.discord.until_requests(1, "PUT", "/applications/*/commands", 20.0)
        await self.hands.say("operator", "team", "/host add mia name=Mia zone=Asia/Shanghai", "web")
        for person in _AS.values():
            await at.ask("starts", at.telegram_of[person])
            await self.life.heard()
            await at.ask("types", at.telegram_of[person], await self._code(person))
            await self.life.heard()
            await self.life.move(self.life.now + timedelta(seconds=1))  # what was linked first is where one is reached
            await self.hands.say(person, "team", await self._code(person), "discord")

    async def _code(self, person: str) -> str:
        told = await self.hands.web("say", person, {"channel": "team", "text": "/link", "nonce": None})
        return str(next(block["text"] for block in told["reply"]["blocks"] if block["type"] == "secret"))

    async def _bind(self) -> None:
        """Every purpose to a place in each chat; and the room's team to places of its own, beside the web's."""
        for purpose in ("team", "host", "managers"):
            for chat in ("discord", "telegram"):
                await self.hands.say("operator", purpose, f"/setup bind {purpose}", chat)
        await self.hands.say("manager", "managers", next(filter(_adds_room, _LINES)), "web")
        for chat in ("discord", "telegram"):
            await self.hands.say("operator", ROOMS_OWN, f"/setup bind team room={ROOM}", chat)

    # -- the day ---------------------------------------------------------------

    async def run(self) -> None:
        life, door = self.life, _Door(self.hands)
        signals = HttpDoor(
            life.http, "", life.served.url("ingest", ""), await make(load(life.served.config), ROOM, rotate=False)
        )
        waiting = batches()
        self.begun = len(life.took)
        for channel, person, line in SET_UP:
            if not _adds_room(line):
                await door.say(person, channel, line)
        await self._look()
        while life.now < ENDS_AT:
            while waiting and waiting[0][0] <= life.now:
                at, lines = waiting.pop(0)
                number = len(life.took)
                await life.ask("signals", lambda: self._send(signals, number, lines, at))  # noqa: B023 - awaited here
            await self._act(door)
            moments = [ENDS_AT, self._cast.next_at(), waiting[0][0] if waiting else None]
            await life.move(max(life.now, min(moment for moment in moments if moment is not None)))
            await self._look()
        await life.move(life.now + _LAST_TRIES, settle=True)

    async def _act(self, door: _Door) -> None:
        """What people do now, and what comes of it at once."""
        life, next_at = self.life, self._cast.next_at()
        if not self._has_blocked and life.now >= BLOCKS_AT:
            self._has_blocked = True
            await life.places.ask("blocks", life.places.telegram_of["mia"])
        if next_at is not None and next_at <= life.now:
            await self._cast.act(life.now, door)
            await life.move(life.now)
            await self._look()

    async def _send(self, signals: HttpDoor, number: int, lines: list[dict[str, Any]], at: Any) -> None:
        signals._ingest = self.life.served.url("ingest", "")  # every start has a port of its own
        await signals.send(ROOM, number, lines, max(self.life.now, at))

    async def _look(self) -> None:
        """Whoever is concerned will answer what the bot has said since."""
        with self.life.served.rows() as rows:
            new = rows.execute(
                "select rowid, id, kind, channel, recipient, reply, created_at from messages where rowid > ? "
                "order by rowid", [self._seen],
            ).fetchall()  # fmt: skip
        for row in new:
            self._seen = row["rowid"]
            at, reply = read_instant(row["created_at"]), decode(row["reply"])
            shown = WebMessage(row["id"], at, row["channel"], row["kind"], None, row["recipient"], reply=reply)
            self._cast.on_shown(shown, self.life.now)


@contextlib.asynccontextmanager
async def lived(
    folder: Path,
    blows: dict[int, Blow] | None = None,
    *,
    is_fresh: bool = False,
    remembered_s: float = 300.0,
    is_whole: bool = True,
) -> AsyncIterator[DemoDay]:
    """A day, lived, with bot and chats still there to be looked at.

    `is_fresh`: the real `run.py serve`; else the launcher, which runs the loops as in production. `remembered_s`: how
    long Discord knows a nonce. `is_whole`: else it ends when everything is set up.
    """
    folder.mkdir(exist_ok=True)
    async with contextlib.AsyncExitStack() as stack:
        at = await stack.enter_async_context(places(folder))
        await at.discord.limits(nonce_s=remembered_s)
        loops: dict[str, Any] = {} if is_fresh else {"chats": {}, "has_loops": True, "is_patient": True}
        served = Served(folder / "bot", is_fresh=is_fresh, more=at.settings, ready=_READY, **loops)
        stack.callback(served.close)
        await served.start(BEGINS_AT)
        wait = aiohttp.ClientTimeout(_ANSWER_WITHIN_S)
        http = await stack.enter_async_context(aiohttp.ClientSession(timeout=wait))
        life = Life(served, at, http, BEGINS_AT, blows or {})
        day = DemoDay(life, Hands(life))
        await day.set_up()
        if is_whole:
            await day.run()
        yield day
