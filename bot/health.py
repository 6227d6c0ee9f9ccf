"""The bot's health as a whole: /healthz, /readyz, the ping to the outside and the figures of /status."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from aiohttp import web

from bot import __version__
from bot.config import Settings
from bot.core.ports import Clock
from bot.core.vitals import Mishap, Mishaps, Standing, Vitals
from bot.core.zones import tzdata_version
from bot.deadman import Deadman
from bot.pulse import Machine, Probe, Pulse
from storage.space import space

_RECENT = timedelta(hours=1)


class Health:
    """`write` is any write to the database; `clock` the bot's, `machine` the machine's own."""

    def __init__(
        self, settings: Settings, clock: Clock, machine: Machine, write: Callable[[], Awaitable[None]]
    ) -> None:
        self._settings, self._clock = settings, clock
        self._started_at = clock.now()
        self.pulse = Pulse(machine)
        self.mishaps = Mishaps()
        self._probe = Probe(write, machine)
        url = settings.watch.ping_url.get_secret_value()
        self.deadman = Deadman(url, settings.watch.ping_every_s, self.why_unwell, machine) if url else None
        self.is_up = False
        self.standings: Callable[[], tuple[Standing, ...]] = tuple
        """How the chats with a connection of their own stand."""

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/healthz", self._healthz), web.get("/readyz", self._readyz)]

    def note(self, what: str, reference: str) -> None:
        """Something nobody foresaw happened in `what`; the log has it under the reference."""
        self.mishaps.add(Mishap(self._clock.now(), reference, what))

    async def why_unwell(self) -> str | None:
        """What keeps the bot from keeping its promises; None: nothing does."""
        if not self.is_up:
            return "it is starting or stopping"
        stuck = [loop for loop in self.pulse.loops() if not loop.is_alive]
        if stuck:
            return f"the {stuck[0].name} loop has not come round for {int(stuck[0].beat_s)} s"
        return None if await self._probe.is_writable() else "the database takes no write"

    def vitals(self) -> Vitals:
        now, room = self._clock.now(), space(self._settings.database)
        return Vitals(
            version=__version__,
            up_s=(now - self._started_at).total_seconds(),
            zone_data=tzdata_version(),
            loops=self.pulse.loops(),
            jumps=self.pulse.jumps(),
            mishaps=self.mishaps.since(now - _RECENT),
            ping=self.deadman.state() if self.deadman else None,
            database_bytes=room.used,
            free_bytes=room.free,
            chats=self.standings(),
        )

    async def close(self) -> None:
        self.is_up = False
        await self._probe.close()

    def start_pinging(self) -> Callable[[], Awaitable[None]]:
        """Pings from now on, where an address is set; returns what ends it."""
        task = asyncio.create_task(self.deadman.run()) if self.deadman else None

        async def stop() -> None:
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

        return stop

    async def _healthz(self, request: web.Request) -> web.Response:
        """The process answers, no more."""
        del request
        return web.json_response({"status": "ok", "version": __version__})

    async def _readyz(self, request: web.Request) -> web.Response:
        """It can keep its promises: 503 and why, when it cannot."""
        del request
        why = await self.why_unwell()
        if why is None:
            return web.json_response({"ready": True})
        return web.json_response({"ready": False, "why": why}, status=503)
