"""The real process `run.py serve`, started, killed and started again."""

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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp

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
        self,
        folder: Path,
        *,
        is_fresh: bool = True,
        chats: dict[str, Any] | None = None,
        has_loops: bool = False,
        more: str = "",
        ready: Sequence[str] = (),
        is_patient: bool = False,
    ) -> None:
        """`chats`: served by the launcher, with these beside the web; name -> url and window_s.

        `has_loops`: its loops run as in production, under a clock that the launcher moves by hand. `more`: of the
        settings; `ready`: what it logs, too, before it counts as started. `is_patient`: the launcher moves the clock on
        only when every chat has what is due.
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
        self._more, self._ready, self._is_patient = more, ("Showcaller is ready", *ready), is_patient
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
        listeners = "[web]\nport = 0\n[ingest]\nport = 0\n"
        self.config.write_text(f'database = "{self.database}"\n{listeners}{clock}{self._more}', "utf-8")
        self.log.touch()
        self._spawn(dies_at)
        gives_up = time.monotonic() + _READY_WITHIN_S
        while not all(line in (text := self.log.read_text("utf-8")) for line in self._ready):
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
                job["is_patient"] = self._is_patient
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
