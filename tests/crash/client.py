"""Everybody who talks to the bot, and when it dies while they do: what got no answer is asked again, the same."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import aiohttp

from bot.feeds.own import sign
from tests.crash.served import Served


@dataclass(frozen=True, slots=True)
class Strike:
    """When to kill: before the request is sent (None), or so many seconds after it was."""

    after_s: float | None


@dataclass(frozen=True, slots=True)
class Boundary:
    """Killed by itself before this statement (its name, its number since the request was sent); see killer.py.

    `then`: killed once more, at this boundary of the start that follows.
    """

    at: tuple[str, int]
    then: tuple[str, int] | None = None


@dataclass(slots=True)
class Told:
    status: int
    body: dict[str, Any]


@dataclass(slots=True)
class Client:
    """Everybody who talks to the bot. A request that got no answer is sent again, the same, as real clients do."""

    served: Served
    http: aiohttp.ClientSession
    now: datetime
    secret: str = ""
    strikes: dict[int, Strike | Boundary] = field(default_factory=dict)
    took: list[tuple[str, float]] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    reached: list[int] = field(default_factory=list)
    _sent: int = 0

    async def say(self, text: str, person: str = "operator", channel: str = "team") -> Told:
        nonce = f"nonce-{len(self.took)}"
        told = await self._ask(
            "say", lambda: self._chat("say", person, {"channel": channel, "text": text, "nonce": nonce})
        )
        assert told.status == 200, (text, told)
        return told

    async def press(
        self, message: str, command: str, person: str, fields: dict[str, str] | None = None, **args: str
    ) -> Told:
        button = self._button(message, command, args)
        if command == "delivery resume":
            await self.served.reopen(self.http)
        body = {"message_id": message, "button_id": button, "fields": fields or {}}
        before = len(self.again)
        told = await self._ask("press", lambda: self._chat("press", person, body))
        # Pressed again because the answer was lost: then somebody has pressed it already, and the answer says so.
        allowed = (200, 409) if len(self.again) > before else (200,)
        assert told.status in allowed, (command, args, told)
        return told

    async def send(self, lines: list[dict[str, Any]], room: str) -> Told:
        self._sent += 1
        body, name = json.dumps(lines).encode(), f"batch-{self._sent}"

        async def call() -> Told:
            at = str(int(self.now.timestamp()))
            headers = {
                "webhook-id": name,
                "webhook-timestamp": at,
                "webhook-signature": sign(self.secret, name, at, body),
            }
            url = self.served.url("ingest", f"/v1/signals/{room}")
            async with self.http.post(url, data=body, headers=headers) as response:
                return Told(response.status, await response.json())

        told = await self._ask("send", call)
        assert told.status == 202, told
        return told

    async def move(self, to: datetime, *, settle: bool = False) -> None:
        """Lives through everything until then. Whoever starts the bot again starts it at that moment.

        `settle`: waits for every chat, where the bot's loops run.
        """
        self.now = to

        async def call() -> Told:
            url = self.served.url("ingest", "/rehearsal/clock")
            async with self.http.post(url, json={"to": to.isoformat(), "settle": settle}) as response:
                return Told(response.status, await response.json())

        told = await self._ask("clock", call)
        assert told.status == 200, told

    async def messages(self, channel: str, person: str) -> list[dict[str, Any]]:
        url = self.served.url("web", f"/chat/api/messages?channel={channel}&after=0")
        async with self.http.get(url, headers={"X-Showcaller-As": person}) as response:
            assert response.status == 200
            return (await response.json())["messages"]

    def shown(self, kind: str | None = None) -> list[sqlite3.Row]:
        """What the bot has posted in the chat, oldest first."""
        sql = "select m.id, m.kind from messages m join web_messages w on w.id = m.id order by m.rowid"
        with self.served.rows() as rows:
            return [row for row in rows.execute(sql) if kind in (None, row["kind"])]

    def _button(self, message: str, command: str, args: dict[str, str]) -> str:
        with self.served.rows() as rows:
            found = rows.execute(
                "select * from buttons where message = ? and command = ?", [message, command]
            ).fetchall()
        for row in found:
            if args.items() <= json.loads(row["args"]).items():
                return str(row["button"])
        raise AssertionError(f"{message} has no button for {command} {args}: {[dict(row) for row in found]}")

    async def _chat(self, what: str, person: str, body: dict[str, Any]) -> Told:
        url = self.served.url("web", f"/chat/api/{what}")
        async with self.http.post(url, json=body, headers={"X-Showcaller-As": person}) as response:
            return Told(response.status, await response.json())

    async def _ask(self, what: str, call: Callable[[], Awaitable[Told]]) -> Told:
        strike = self.strikes.get(len(self.took))
        began = time.perf_counter()
        if isinstance(strike, Boundary):
            if (told := await self._die_at(strike, call)) is not None:
                self.took.append((what, time.perf_counter() - began))
                return told
            self.again.append(what)
        elif strike is not None and strike.after_s is not None:
            under_way = asyncio.ensure_future(call())
            await asyncio.wait([under_way], timeout=strike.after_s)
            self.again.append(what)
            await self._die()
            with contextlib.suppress(aiohttp.ClientError):  # the answer, if it came, counts as lost
                await under_way
        elif strike is not None:
            await self._die()
        told = await call()
        self.took.append((what, time.perf_counter() - began))
        return told

    async def _die(self, at: datetime | None = None, dies_at: tuple[str, int] | None = None) -> None:
        self.served.kill()
        await self.served.start(at or self.now, dies_at)

    async def _die_at(self, strike: Boundary, call: Callable[[], Awaitable[Told]]) -> Told | None:
        """The answer, if the boundary was never reached."""
        await self.arm(strike.at)
        try:
            told = await call()
        except aiohttp.ClientError:
            self.reached.append(len(self.took))
            await self._die(self.served.died()[-1].at, strike.then)
            return None
        await self.arm(None)
        return told

    async def arm(self, at: tuple[str, int] | None) -> list[str]:
        """Tells the launcher's killer where to strike; returns the statements passed since it was told last."""
        async with self.http.post(self.served.url("ingest", "/rehearsal/strike"), json={"at": at}) as response:
            return (await response.json())["passed"]
