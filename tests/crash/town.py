"""The scripted chat server as the harness sees it: started, given houses, stopped."""

from __future__ import annotations

import dataclasses
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

from tests.crash.account import House
from tests.crash.chat_server import Fault

_SERVER = Path(__file__).with_name("chat_server.py")


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

    async def open(
        self, folder: Path, name: str, window_s: float | None, *, faults: Sequence[Fault] = (), told_s: Any = ...
    ) -> tuple[House, dict[str, Any]]:
        """A house of this evening, and what the launcher is told of it (`told_s`: another window than it has)."""
        house = House(name, window_s, folder / f"{name}.jsonl")
        house.journal.touch()
        url = f"{self._url}/{folder.parent.name}-{folder.name}-{name}"
        async with aiohttp.ClientSession() as http:
            async with http.put(url, json={"journal": str(house.journal), "window_s": window_s}) as response:
                assert response.status == 200
            async with http.post(f"{url}/script", json=[dataclasses.asdict(fault) for fault in faults]) as response:
                assert response.status == 200
        return house, {"url": url, "window_s": window_s if told_s is ... else told_s}


def faults(spread: random.Random, share: float, count: int = 400) -> list[Fault]:
    """So many answers, of which a share goes wrong in some way a chat may go wrong for a while."""
    bad = (
        Fault("limit", seconds=4),
        Fault("broken"),
        Fault("cut"),
        Fault("cut", is_kept=True),
        Fault("hang"),
        Fault("hang", is_kept=True),
    )
    return [spread.choice(bad) if spread.random() < share else Fault() for _ in range(count)]
