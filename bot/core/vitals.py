"""What the running program knows of itself, for /status: loops, clock, disk, errors, the ping to the outside."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime

DISK_LOW_BYTES = 200 * 1024 * 1024
"""With less room than this the next summary's chart or a busy hour's signals may not fit."""
SKEW_S = 5
"""Seconds by which a clock may be off before anybody has to care."""


@dataclass(frozen=True, slots=True)
class LoopState:
    """`beat_s`: seconds since it last came round; `error`: what its last turn failed with, if it did."""

    name: str
    beat_s: float
    is_alive: bool
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Jump:
    """The machine's clock was set, or the machine slept: by how many seconds the time of day went ahead (or back)."""

    at: datetime
    by_s: float


@dataclass(frozen=True, slots=True)
class PingState:
    """The ping to the outside. `host` alone: the rest of the address is a secret.

    `reached_s`: seconds since it was last answered, None: never yet. `error`: why the last one was not. `withheld`:
    why none was sent. `skew_s`: how far the other side's clock is ahead of ours, None: it does not say.
    """

    host: str
    reached_s: float | None
    error: str | None
    withheld: str | None
    skew_s: float | None


@dataclass(frozen=True, slots=True)
class Mishap:
    """Something nobody foresaw, in the log under `reference`. `what`: the command, timer or request it happened in."""

    at: datetime
    reference: str
    what: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How a chat's connection stands.

    `why`: what keeps it from working, one line for an admin with what to do; None: it works. `since`: since when it is
    so, by the bot's clock. `notes`: what is missing but keeps nothing essential from working, one line each.
    """

    name: str
    why: str | None
    since: datetime
    notes: tuple[str, ...] = ()


class Mishaps:
    """The newest ones, in memory: after a restart the log still has them."""

    def __init__(self) -> None:
        self._seen: deque[Mishap] = deque(maxlen=200)

    def add(self, mishap: Mishap) -> None:
        self._seen.append(mishap)

    def since(self, at: datetime) -> tuple[Mishap, ...]:
        """Oldest first."""
        return tuple(mishap for mishap in self._seen if mishap.at >= at)


@dataclass(frozen=True, slots=True)
class Vitals:
    """`loops` is empty where the clock is moved by hand. Bytes are None where the system does not tell."""

    version: str
    up_s: float
    zone_data: str
    loops: tuple[LoopState, ...] = ()
    jumps: tuple[Jump, ...] = ()
    mishaps: tuple[Mishap, ...] = ()
    ping: PingState | None = None
    database_bytes: int | None = None
    free_bytes: int | None = None
    chats: tuple[Standing, ...] = ()
