"""The real process `run.py serve`, started, killed and started again, and a client that repeats what got no answer."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp

from bot.feeds.own import sign

RUN = Path(__file__).parents[2] / "run.py"
_PORT = re.compile(r"event='listening' name='(\w+)' .*port=(\d+)")
_READY_WITHIN_S = 60
"""Generous: many of these run at once on a busy machine; the promise of 3 s is a benchmark's matter."""


class Served:
    """One bot on one database. Its clock stands still at `start` until it is moved over HTTP.

    `is_fresh`: every start is a new `run.py`, as a user starts it; else a fork that has its modules already, for tests
    that start it dozens of times.
    """

    def __init__(
        self, folder: Path, *, is_fresh: bool = True, chats: dict[str, Any] | None = None, has_loops: bool = False
    ) -> None:
        """`chats`: served by the launcher, with these beside the web; name -> url and window_s.

        `has_loops`: its loops run as in production, under a clock that the launcher moves by hand.
        """
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.database = folder / "show.db"
        self.config = folder / "showcaller.toml"
        self.ports: dict[str, int] = {}
        self.deaths = folder / "deaths.jsonl"
        self.starts = 0
        self._chats = chats
        self._speed = int(has_loops)
        self.process: subprocess.Popen[bytes] | None = None
        self._pid = 0
        self._nursery = None if is_fresh else _nursery()

    @property
    def log(self) -> Path:
        return self.folder / f"log{self.starts:03}.txt"

    async def start(self, at: datetime | None, dies_at: tuple[str, int] | None = None) -> None:
        """Returns once it says it is ready. `at` None: the real clock.

        `dies_at`: a statement boundary of the start itself at which it is to be killed; then it is started once more.
        """
        self.starts += 1
        clock = "" if at is None else f'[clock]\nstart = "{at.isoformat()}"\nspeed = {self._speed}\n'
        self.config.write_text(f'database = "{self.database}"\n[web]\nport = 0\n[ingest]\nport = 0\n{clock}', "utf-8")
        self.log.touch()
        self._spawn(dies_at)
        gives_up = time.monotonic() + _READY_WITHIN_S
        while "Showcaller is ready" not in (text := self.log.read_text("utf-8")):
            if dies_at is not None and not self.is_running():
                await self.start(at)
                return
            assert self.is_running(), f"it stopped at start: {text}"
            assert time.monotonic() < gives_up, f"not ready after {_READY_WITHIN_S} s: {text}"
            await asyncio.sleep(0.005)
        self.ports = {name: int(port) for name, port in _PORT.findall(text)}

    def _spawn(self, dies_at: tuple[str, int] | None) -> None:
        if self._nursery is not None:
            assert self._nursery.stdin is not None
            assert self._nursery.stdout is not None
            job: dict[str, Any] = {"config": str(self.config), "log": str(self.log)}
            if self._chats is not None:
                job |= {"chats": self._chats, "deaths": str(self.deaths), "strike": dies_at}
            self._nursery.stdin.write(f"{json.dumps(job)}\n".encode())
            self._nursery.stdin.flush()
            self._pid = int(self._nursery.stdout.readline())
            return
        command = [sys.executable, str(RUN), "serve", "--config", str(self.config)]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._pid = self.process.pid

    def is_running(self) -> bool:
        if self.process is not None:
            return self.process.poll() is None
        try:
            os.kill(self._pid, 0)
        except ProcessLookupError:
            return False
        return True

    def died(self) -> list[Death]:
        """Where the launcher's killer struck."""
        if not self.deaths.exists():
            return []
        lines = [json.loads(line) for line in self.deaths.read_text("utf-8").splitlines()]
        return [Death((name, number), datetime.fromisoformat(at)) for name, number, at in lines]

    def url(self, listener: str, path: str) -> str:
        return f"http://127.0.0.1:{self.ports[listener]}{path}"

    def kill(self) -> None:
        """SIGKILL: nothing of it runs any more when this returns."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        while self.is_running():
            time.sleep(0.001)

    async def reopen(self, http: aiohttp.ClientSession) -> None:
        """What somebody does in a chat before having the bot send there again."""
        for chat in (self._chats or {}).values():
            async with http.post(f"{chat['url']}/reopen") as response:
                assert response.status == 200

    def close(self) -> None:
        self.kill()
        if self._nursery is not None:
            self._nursery.communicate(timeout=30)

    def stop(self, name: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Asks it to stop; exit code and how long that took."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(name)
        code = self.process.wait(timeout=30)
        return code, time.monotonic() - began

    def said(self) -> str:
        """What all its lives have written on standard error."""
        return "".join(path.read_text("utf-8") for path in sorted(self.folder.glob("log*.txt")))

    @contextlib.contextmanager
    def rows(self) -> Iterator[sqlite3.Connection]:
        """A look at the file itself."""
        with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            yield connection


def _nursery() -> subprocess.Popen[bytes]:
    path = Path(__file__).with_name("nursery.py")
    env = os.environ | {"PYTHONPATH": str(RUN.parent)}
    return subprocess.Popen([sys.executable, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env)


@dataclass(frozen=True, slots=True)
class Death:
    """The boundary, and the bot's own time."""

    boundary: tuple[str, int]
    at: datetime


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
