"""The shapes of what runs when something falls due, and of what is offered while somebody types."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.core.command import Actor
from bot.core.events import TimerFired
from bot.core.excerpt import excerpt
from bot.core.live import LiveSession
from bot.core.ports import Ports, Tx
from bot.core.reply import Line

TimerHandler = Callable[[Tx, Any, Ports], None]
TickHandler = Callable[[LiveSession, datetime, Ports], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Offer:
    """A value to type, with a label that tells a person what it is, in their language, at most LONGEST_LABEL long.

    `room`: whose it is, so that it is offered to those only who may use it there. `also`: more it is found by.
    """

    value: str
    label: str = ""
    room: str | None = None
    also: tuple[str, ...] = ()

    @property
    def alone(self) -> str:
        """The label with its value, for where a person sees nothing else; at most LONGEST_LABEL characters.

        The value is whole where there is room for it at all: two of the same name stay two.
        """
        if not self.label:
            return excerpt(self.value, LONGEST_LABEL)
        value = f" ({self.value})"
        left = LONGEST_LABEL - len(value)
        return f"{excerpt(self.label, left)}{value}" if left > 0 else excerpt(self.value, LONGEST_LABEL)


LONGEST_LABEL = 100
"""Characters; what Discord takes for a choice."""

Offers = list[Offer]


@dataclass(frozen=True, slots=True)
class Asking:
    """Who is typing, and what offers are made from. `now`: aware, UTC; `say` gives their own language and zone."""

    actor: Actor
    now: datetime
    ports: Ports
    say: Callable[[Line], str]


Completer = Callable[[Tx, Asking], Offers]
"""Values for an argument, the likeliest first."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A timer's handler that needs time before it writes: `prepare` outside the transaction, `apply` inside."""

    prepare: Callable[[Any, Ports], Awaitable[Any]]
    apply: Callable[[Tx, Any, Ports, Any], None]


EventHandlers = Mapping[type[TimerFired], TimerHandler | Prepared]
