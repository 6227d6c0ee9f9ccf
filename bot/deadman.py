"""The ping that tells the outside that the bot lives, on real time.

When the bot is not well it is not sent: then the alarm out there rings, which is what it is for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import aiohttp
import structlog

from bot.core.vitals import PingState
from bot.pulse import Machine

log = structlog.get_logger()

TIMEOUT_S = 10.0
_REDIRECTS = 3
_REFUSED = 400

WhyUnwell = Callable[[], Awaitable[str | None]]
"""What keeps the bot from being well; None: nothing does."""


class Deadman:
    """Never raises into the program, and never tells more of the address than its host: the rest is a secret."""

    def __init__(self, url: str, every_s: float, why_unwell: WhyUnwell, machine: Machine) -> None:
        self._url, self._every_s, self._why_unwell, self._machine = url, every_s, why_unwell, machine
        self._host = host_of(url)
        self._reached_at: float | None = None
        self._error: str | None = None
        self._withheld: str | None = None
        self._skew_s: float | None = None

    async def run(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Pings until it is cancelled."""
        while True:
            await self.once()
            await sleep(self._every_s)

    async def once(self) -> None:
        """One look and, if all is well, one ping."""
        before = (self._error, self._withheld)
        try:
            self._withheld = await self._why_unwell()
            if self._withheld is None:
                await self._ping()
        except Exception as error:  # noqa: BLE001 - whatever it is, the bot goes on; its text may hold the address
            self._error = "timeout" if isinstance(error, TimeoutError) else type(error).__name__
        if before != (self._error, self._withheld):
            log.warning("ping", host=self._host, error=self._error, withheld=self._withheld)

    async def _ping(self) -> None:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        async with (
            aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as http,
            http.get(self._url, max_redirects=_REDIRECTS) as answer,
        ):
            if answer.status >= _REFUSED:
                self._error = f"HTTP {answer.status}"
                return
            self._skew_s = _skew_s(answer.headers.get("Date"), self._machine.wall())
        self._error, self._reached_at = None, self._machine.monotonic()

    def state(self) -> PingState:
        reached_s = None if self._reached_at is None else self._machine.monotonic() - self._reached_at
        return PingState(self._host, reached_s, self._error, self._withheld, self._skew_s)


def host_of(url: str) -> str:
    return urlsplit(url).hostname or "?"


def _skew_s(header: str | None, now: datetime) -> float | None:
    """How far the answer's clock is ahead of ours; it tells whole seconds, so one is no difference."""
    try:
        there = None if header is None else parsedate_to_datetime(header)
    except ValueError:
        return None
    if there is None:
        return None
    return (there.replace(tzinfo=there.tzinfo or UTC) - now).total_seconds()
