"""The life of the connection: begun in the background, mended by itself, ended in bounded time.

Whatever goes wrong in it stays in it: it is told in one line, by `standing`, and tried again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

import discord
import structlog

from bot.chat.discord.client import BotClient
from bot.core.ports import Clock
from bot.core.reply import Line, Msg, msg

log = structlog.get_logger()

SELDOM_S = 300.0
"""Real seconds between attempts where only somebody's hand can mend it: Discord bars who hammers with a bad token."""
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0
STOP_S = 3.0
"""Real seconds that ending may take, of each of its two steps."""

_BAD_TOKEN = frozenset((4004,))
_BAD_INTENTS = frozenset((4013, 4014))


@dataclass(slots=True)
class Connection:
    """Makes one client after another, each until it is over. `client`: the newest; None before the first.

    `why`: what keeps it from working, None while it works; `since`: by the bot's clock. `wait`: real seconds.
    `log_say` gives the words of the log.
    """

    make: Callable[[], BotClient]
    token: str
    clock: Clock
    log_say: Callable[[Line], str]
    client: BotClient | None = None
    why: Msg | None = field(default_factory=lambda: msg("discord.why.connecting"))
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep
    since: datetime = field(init=False)
    _task: asyncio.Task[None] | None = None
    _failures: int = 0

    def __post_init__(self) -> None:
        self.since = self.clock.now()

    @property
    def is_up(self) -> bool:
        return self.why is None

    def start(self) -> None:
        self._task = asyncio.create_task(self._stay(), name="discord")

    async def stop(self) -> None:
        """Within twice STOP_S, whatever Discord does."""
        self._down(msg("discord.why.stopped"))
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=STOP_S)
        if self.client is not None:
            await _bounded(self.client)

    def up(self) -> None:
        self._failures = 0
        if self.why is not None:
            log.info("discord_up")
            self.why, self.since = None, self.clock.now()

    def down(self) -> None:
        """The library tries to come back by itself."""
        if self.why is None:
            why = msg("discord.why.lost")
            log.info("discord_lost", why=self.log_say(why))
            self._down(why)

    def _down(self, why: Msg) -> None:
        if self.why is None:
            self.since = self.clock.now()
        self.why = why

    async def _stay(self) -> None:
        while True:
            self.client = self.make()
            error = await self._once(self.client)
            await _bounded(self.client)
            self._failures += 1
            why, wait_s = _verdict(error, self._failures)
            if why != self.why:
                log.warning("discord_down", why=self.log_say(why), kind=type(error).__name__, **_code(error))
            self._down(why)
            await self.wait(wait_s)

    async def _once(self, client: BotClient) -> Exception | None:
        """Until it is over, and by what."""
        try:
            await client.start(self.token)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is Discord's or the network's: the rest runs on
            return error
        return None


async def _bounded(client: BotClient) -> None:
    """Closes it. What does not end in time is left to the end of the process."""
    with contextlib.suppress(Exception):  # it is being thrown away
        await asyncio.wait_for(client.close(), STOP_S)


def _verdict(error: Exception | None, failures: int) -> tuple[Msg, float]:
    """What an admin is told, and how many seconds to wait before the next attempt."""
    code = error.code if isinstance(error, discord.ConnectionClosed) else None
    soon = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(failures - 1, 10))
    if isinstance(error, discord.LoginFailure) or code in _BAD_TOKEN:
        return msg("discord.why.token"), SELDOM_S
    if isinstance(error, discord.PrivilegedIntentsRequired) or code in _BAD_INTENTS:
        return msg("discord.why.intents"), SELDOM_S
    if code is not None:
        return msg("discord.why.closed", code=str(code)), soon
    if isinstance(error, discord.HTTPException) and not isinstance(error, discord.DiscordServerError):
        wait_s = SELDOM_S if error.status == _FORBIDDEN else LONGEST_WAIT_S
        return msg("discord.why.refused", code=str(error.status)), wait_s
    return msg("discord.why.network"), soon


_FORBIDDEN = 403


def _code(error: Exception | None) -> dict[str, int]:
    if isinstance(error, discord.HTTPException):
        return {"code": error.status}
    return {"code": error.code} if isinstance(error, discord.ConnectionClosed) and error.code is not None else {}
