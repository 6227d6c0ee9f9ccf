"""The scripted chat server as the harness sees it: started, given houses, stopped."""

from __future__ import annotations

import dataclasses
import random
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

from tests.crash.account import House
from tests.crash.chat_server import Fault

_SERVER = Path(__file__).with_name("chat_server.py")


@dataclass(frozen=True, slots=True)
class Rules:
    """How a chat is. `window_s`: how long it knows a nonce (None: never); `told_s`: how long the bot thinks so.

    `shuts_at`: the first message of this kind makes its channel refuse everything, until somebody wants it back.
    """

    window_s: float | None
    told_s: float | None
    faults: Sequence[Fault] = ()
    shuts_at: str | None = None

    @classmethod
    def honest(cls, window_s: float | None, faults: Sequence[Fault] = (), shuts_at: str | None = None) -> Self:
        return cls(window_s, window_s, faults, shuts_at)


class Town:
    """`with Town() as town:` one server process, for as many evenings as are lived."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen([sys.executable, str(_SERVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        self._url = f"http://127.0.0.1:{int(self._process.stdout.readline())}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate(timeout=30)

    async def open(self, folder: Path, name: str, rules: Rules) -> tuple[House, dict[str, Any]]:
        """A house of this evening, and what the launcher is told of it."""
        house = House(name, rules.window_s, folder / f"{name}.jsonl")
        house.journal.touch()
        url = f"{self._url}/{folder.parent.name}-{folder.name}-{name}"
        async with aiohttp.ClientSession() as http:
            body = {"journal": str(house.journal), "window_s": rules.window_s, "shuts_at": rules.shuts_at}
            async with http.put(url, json=body) as response:
                assert response.status == 200
            async with http.post(
                f"{url}/script", json=[dataclasses.asdict(fault) for fault in rules.faults]
            ) as response:
                assert response.status == 200
        return house, {"url": url, "window_s": rules.told_s}


def faults(spread: random.Random, bad: float, slow: float, count: int = 400) -> list[Fault]:
    """So many answers, of which a share goes wrong in some way a chat may go wrong for a while, and a share is slow."""
    return [_fault(spread, bad, slow) for _ in range(count)]


def _fault(spread: random.Random, bad: float, slow: float) -> Fault:
    share = spread.random()
    if share < bad:
        return spread.choice(_BAD)
    return Fault("slow", seconds=spread.uniform(0.005, 0.1)) if share < bad + slow else Fault()


_BAD = (
    Fault("limit", seconds=4),
    Fault("broken"),
    Fault("cut"),
    Fault("cut", is_kept=True),
    Fault("hang"),
    Fault("hang", is_kept=True),
)
