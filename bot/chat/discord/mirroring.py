"""When the servers' scheduled events are brought to the plan: after whatever may have changed it, and now and then."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from bot.chat.discord.events import Events

log = structlog.get_logger()

GAP_S = 1.0
"""Real seconds between two looks at the plan at least: on a busy evening something is done every moment."""
EVERY_S = 60.0
"""Real seconds at most until a change that was made elsewhere is seen; nothing is asked of Discord where none was."""


@dataclass(slots=True)
class Mirroring:
    """`events` gives None while there is no connection."""

    events: Callable[[], Events | None]
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _alone: asyncio.Lock = field(default_factory=asyncio.Lock)
    _task: asyncio.Task[None] | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        events = self.events()
        return () if events is None else events.notes

    def start(self) -> None:
        self._task = asyncio.create_task(self._stay(), name="discord-events")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    def soon(self) -> None:
        """The plan may have changed."""
        self._wake.set()

    async def turn(self) -> None:
        """Once, now. Raises nothing: what fails is tried again at the next turn."""
        events = self.events()
        if events is None:
            return
        async with self._alone:
            try:
                await events.reconcile()
            except Exception as error:  # noqa: BLE001  # whatever it is, it must not end the loop
                log.warning("discord_events_failed", kind=type(error).__name__)

    async def _stay(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(EVERY_S):
                    await self._wake.wait()
            self._wake.clear()
            await self.turn()
            await asyncio.sleep(GAP_S)
