"""How the bot is connected to Telegram: made, kept, found broken, made again; in the background.

What is wrong is said in one line with what to do, in the log once and on /status while it lasts. Errors of the library
may carry the token in an address, so only their kinds are told.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

import structlog
import telegram
from telegram.error import BadRequest, Conflict, InvalidToken, RetryAfter, TelegramError, TimedOut

from bot.chat.telegram.failures import seconds_of
from bot.chat.telegram.inbox import Inbox
from bot.core.ports import Clock
from bot.core.reply import Line, Msg, msg
from bot.core.vitals import Standing

log = structlog.get_logger()

Say = Callable[[Line], str]

PATH = "/v1/telegram"
"""Where Telegram calls us, on the ingest port."""
ALLOWED = ("message", "callback_query", "my_chat_member", "chat_member")
"""Kinds of updates that are asked for; edited messages are not: a command that was typed was typed."""

_TOKEN_AGAIN_S = 300.0
_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 60.0
_POLL_S = 25
"""Telegram holds a poll open so long when there is nothing to tell."""
_ALONE_S = 5
"""A poll that nobody broke off for so long: the other poller is gone, or as good as."""
_LOOK_AGAIN_S = 0.25
"""While updates are under way, for what comes meanwhile; less often, the longer they take."""
_LOOK_AT_LEAST_S = 2.0
_SETTLED_S = 60.0
"""What has been well for so long is tried again at once when it fails; what comes and goes waits longer each time."""
_WATCH_S = 300.0
_STOP_S = 2.0

for _name in ("httpx", "httpcore"):  # their lines of every request carry the token
    logging.getLogger(_name).setLevel(logging.WARNING)
logging.getLogger("telegram").setLevel(logging.CRITICAL)  # what its errors say is told here, without addresses

Why = Literal["starting", "token", "twice", "network", "server", "webhook"]
"""What keeps it from working; in words `telegram.why.*`."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """How Telegram is to call us."""

    url: str
    secret: str


class Connection:
    """`reached` is awaited whenever Telegram can be reached (again). `is_open`: updates can be handled.

    What is wrong is said in the team's words by `say`, and in those of the log by `log_say`.
    """

    def __init__(
        self,
        bot: telegram.Bot,
        inbox: Inbox,
        clock: Clock,
        webhook: Webhook | None,
        reached: Callable[[], Awaitable[None]],
        say: Say,
        log_say: Say,
    ) -> None:
        self._bot, self._inbox, self._clock, self._webhook, self._reached = bot, inbox, clock, webhook, reached
        self._life: asyncio.Task[None] | None = None
        self._why: Why | None = "starting"
        self._say, self._log_say = say, log_say
        self._since = clock.now()
        self._wait_s, self._up_at = _FIRST_WAIT_S, 0.0
        self._late: int | None = None
        self.is_open = False

    # -- what others see -------------------------------------------------------

    def standing(self) -> Standing:
        why = None if self._why is None else self._say(_told(self._why))
        notes = () if self._late is None else (self._say(msg("telegram.note.webhook", n=self._late)),)
        return Standing("Telegram", why, self._since, notes)

    @property
    def is_up(self) -> bool:
        return self._why is None

    @property
    def is_away(self) -> bool:
        """Whether nothing can be sent either. Tried all the same, a message would be as good as lost: nobody knows."""
        return self._why is not None and self._why not in ("twice", "webhook")

    async def start(self) -> None:
        self._since = self._clock.now()
        self._life = asyncio.create_task(self._live())

    async def stop(self) -> None:
        """Ends within a few seconds; updates that were not through by then come again."""
        self.is_open = False
        if self._life is not None:
            self._life.cancel()
            await asyncio.gather(self._life, return_exceptions=True)
        await self._inbox.close(_STOP_S)
        with contextlib.suppress(Exception):
            async with asyncio.timeout(_STOP_S):
                if self.is_up and self._webhook is None and (offset := self._inbox.offset()) is not None:
                    await self._bot.get_updates(offset=offset, limit=1, timeout=0)
        with contextlib.suppress(Exception):
            async with asyncio.timeout(_STOP_S):
                await self._bot.shutdown()

    # -- its life --------------------------------------------------------------

    async def _live(self) -> None:
        while True:
            try:
                await self._bot.initialize()
                await self._agree()
                self.is_open = True
                await (self._poll() if self._webhook is None else self._watch())
            except TelegramError as error:
                await asyncio.sleep(self._failed(error))
            except Exception as error:  # noqa: BLE001 - whatever it was: the next try may do
                log.error("telegram_connection_failed", kind=type(error).__name__)  # noqa: TRY400 - see above
                await asyncio.sleep(self._down("server"))

    async def _agree(self) -> None:
        """How updates are to come. What waits at Telegram stays: somebody has pressed and is to be answered."""
        if self._webhook is None:
            await self._bot.delete_webhook(drop_pending_updates=False)
        else:
            url = f"{self._webhook.url.removesuffix(PATH)}{PATH}"
            await self._bot.set_webhook(
                url, allowed_updates=ALLOWED, secret_token=self._webhook.secret, drop_pending_updates=False
            )

    async def _poll(self) -> None:
        look_s = _LOOK_AGAIN_S
        while True:
            await self._inbox.settle(look_s)
            is_busy = self._inbox.is_busy
            look_s = min(_LOOK_AT_LEAST_S, 2 * look_s) if is_busy else _LOOK_AGAIN_S
            updates = await self._bot.get_updates(
                offset=self._inbox.offset(),
                timeout=0 if is_busy else self._patience_s(),
                allowed_updates=ALLOWED,
                read_timeout=10,
            )
            await self._up()
            if updates:
                self._inbox.take(updates)
            else:
                self._inbox.forget()

    def _patience_s(self) -> int:
        """It is well once a poll has come back: at once, but for another poller, whom that would not show."""
        if self._why is None:
            return _POLL_S
        return _ALONE_S if self._why == "twice" else 0

    async def _watch(self) -> None:
        """Updates come by themselves; whether Telegram gets through to us is looked at now and then."""
        while True:
            info = await self._bot.get_webhook_info()
            await self._up()
            is_late = info.pending_update_count > 0 and info.last_error_date is not None
            self._late = info.pending_update_count if is_late else None
            await asyncio.sleep(_WATCH_S)

    async def _up(self) -> None:
        if self._why is None:
            return
        self._why, self._since, self._up_at = None, self._clock.now(), asyncio.get_running_loop().time()
        log.info("telegram_connected", bot=self._bot.username, mode="polling" if self._webhook is None else "webhook")
        await self._reached()

    def _failed(self, error: TelegramError) -> float:
        """Seconds to wait before the next try."""
        match error:
            case InvalidToken():
                self._down("token")
                return _TOKEN_AGAIN_S
            case RetryAfter():
                return seconds_of(error)
            case Conflict():
                return self._down("twice")
            case BadRequest() if self._webhook is not None:
                return self._down("webhook")
            case TimedOut():
                return self._down("network")
            case _:
                return self._down("server" if _has_answered(error) else "network")

    def _down(self, kind: Why) -> float:
        if self.is_up and asyncio.get_running_loop().time() - self._up_at > _SETTLED_S:
            self._wait_s = _FIRST_WAIT_S
        wait_s, self._wait_s = self._wait_s, min(_LONGEST_WAIT_S, 2 * self._wait_s)
        if self._why != kind:
            if self._why is None or self._why == "starting":
                self._since = self._clock.now()
            self._why = kind
            log.warning("telegram_down", why=self._log_say(_told(kind)))
        return wait_s


def _told(why: Why) -> Msg:
    """One line for an admin, with what to do."""
    return msg(f"telegram.why.{why}")


def _has_answered(error: TelegramError) -> bool:
    """Whether it came from a server that answered, if only with an error; else the line broke."""
    return error.__cause__ is None or isinstance(error.__cause__, TelegramError)
