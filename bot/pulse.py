"""Whether the inside is alive: the loops come round, the machine's clock runs evenly, the database takes a write.

All of it on the machine's own time, whatever the clock of the settings says.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog

from bot.core.vitals import Jump, LoopState

log = structlog.get_logger()

TURN_S = 30.0
"""A loop with nothing to do comes round this often; it also finds then what a clock that was set made it miss."""
DEAD_S = 90.0
"""A loop that has not come round for so long is stuck, or fails each time."""
_JUMP_S = 2.0
_REMEMBERED_S = 24 * 3600.0
_PROBE_FRESH_S = 10.0
_PROBE_WAIT_S = 5.0


class Machine(Protocol):
    """The two clocks of the machine; bot.clock has the real one."""

    def wall(self) -> datetime: ...
    def monotonic(self) -> float: ...


@dataclass(slots=True)
class _Loop:
    beat_at: float
    error: str | None = None


class Pulse:
    """Beats of the loops; each one is also a look at the clock."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._loops: dict[str, _Loop] = {}
        self._offset_s: float | None = None
        self._jumps: deque[tuple[float, Jump]] = deque(maxlen=10)

    def beat(self, name: str) -> None:
        self._loops[name] = _Loop(self._machine.monotonic())
        self._look()

    def failed(self, name: str, error: Exception) -> None:
        """Its turn broke off: that is no beat, however often it is tried."""
        self._loops.setdefault(name, _Loop(self._machine.monotonic())).error = type(error).__name__

    def loops(self) -> tuple[LoopState, ...]:
        now = self._machine.monotonic()
        return tuple(
            LoopState(name, now - loop.beat_at, now - loop.beat_at <= DEAD_S, loop.error)
            for name, loop in self._loops.items()
        )

    def jumps(self) -> tuple[Jump, ...]:
        """The leaps of the machine's time of day within a day, the newest few, oldest first."""
        now = self._machine.monotonic()
        return tuple(jump for counted_s, jump in self._jumps if now - counted_s <= _REMEMBERED_S)

    def _look(self) -> None:
        wall = self._machine.wall()
        offset_s = wall.timestamp() - self._machine.monotonic()
        by_s = 0.0 if self._offset_s is None else offset_s - self._offset_s
        self._offset_s = offset_s
        if abs(by_s) >= _JUMP_S:
            log.warning("clock_jumped", by_s=round(by_s, 1))
            self._jumps.append((self._machine.monotonic(), Jump(wall, by_s)))


class Probe:
    """Whether the database takes a write, found out by one; asked often, it writes only now and then."""

    def __init__(self, write: Callable[[], Awaitable[None]], machine: Machine) -> None:
        self._write, self._machine = write, machine
        self._task: asyncio.Task[bool] | None = None
        self._asked_at = 0.0

    async def is_writable(self) -> bool:
        now = self._machine.monotonic()
        if self._task is None or (self._task.done() and now - self._asked_at >= _PROBE_FRESH_S):
            self._task, self._asked_at = asyncio.create_task(self._try()), now
        done, _ = await asyncio.wait({self._task}, timeout=_PROBE_WAIT_S)
        return bool(done) and self._task.result()

    async def _try(self) -> bool:
        try:
            await self._write()
        except Exception:
            log.exception("database_not_writable")
            return False
        return True

    async def close(self) -> None:
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=_PROBE_WAIT_S)
