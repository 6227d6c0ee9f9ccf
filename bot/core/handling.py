"""The shapes of what runs when something falls due."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.core.events import TimerFired
from bot.core.live import LiveSession
from bot.core.ports import Ports, Tx

TimerHandler = Callable[[Tx, Any, Ports], None]
TickHandler = Callable[[LiveSession, datetime, Ports], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Offer:
    """A value to type with its label. `room`: whose it is, so that it is offered to those only who may use it there."""

    value: str
    label: str = ""
    room: str | None = None


Offers = list[Offer]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A timer's handler that needs time before it writes: `prepare` outside the transaction, `apply` inside."""

    prepare: Callable[[Any, Ports], Awaitable[Any]]
    apply: Callable[[Tx, Any, Ports, Any], None]


EventHandlers = Mapping[type[TimerFired], TimerHandler | Prepared]
