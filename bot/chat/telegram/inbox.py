"""Updates are handled before they are confirmed, so that a killed process loses none.

Telegram gives an update again until a poll names a later one. The library's own Updater confirms what it has merely
queued; here the next poll names the oldest update that is not through yet. What is through already and comes again is
known by its number while the process lives, and by the desk after that.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterable

import structlog
import telegram
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError

from bot.chat.telegram.failures import seconds_of

log = structlog.get_logger()

Handle = Callable[[telegram.Update], Awaitable[None]]
Note = Callable[[str, str], None]

_TRIES = 6
_REMEMBERED = 10_000
"""Updates that are through; Telegram holds far fewer that were not confirmed."""
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 30.0


class Inbox:
    """Handles updates side by side, those of one account in order."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._lanes: dict[int, tuple[asyncio.Lock, set[int]]] = {}
        self._under_way: dict[int, asyncio.Task[None]] = {}
        self._left: set[int] = set()
        self._through: dict[int, None] = {}
        self._highest: int | None = None

    def take(self, updates: Iterable[telegram.Update]) -> None:
        """Begins with those that are new."""
        for update in updates:
            number = update.update_id
            if number in self._under_way or number in self._through:
                continue
            self._highest = number if self._highest is None else max(self._highest, number)
            self._under_way[number] = asyncio.create_task(self._run(update))

    async def handled(self, update: telegram.Update) -> None:
        """Handles one update to its end, also where it was begun with before."""
        self.take([update])
        task = self._under_way.get(update.update_id)
        if task is not None:
            await asyncio.shield(task)

    @property
    def is_busy(self) -> bool:
        return bool(self._under_way)

    def offset(self) -> int | None:
        """What the next poll may ask for: all before it is through. None: nothing has come yet."""
        oldest = min((*self._under_way, *self._left), default=None)
        if oldest is not None:
            return oldest
        return None if self._highest is None else self._highest + 1

    def forget(self) -> None:
        """Telegram has nothing left that was not confirmed: after a quiet week it begins to count anew, anywhere."""
        if not self._under_way and not self._left:
            self._through.clear()
            self._highest = None

    async def settle(self, within_s: float | None) -> None:
        """Waits for what is under way."""
        if self._under_way:
            await asyncio.wait(list(self._under_way.values()), timeout=within_s)

    async def close(self, within_s: float) -> None:
        """Lets what is under way end for a moment; what does not comes again with the next poll."""
        await self.settle(within_s)
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, update: telegram.Update) -> None:
        account = update.effective_user.id if update.effective_user is not None else 0
        lane, waiting = self._lanes.setdefault(account, (asyncio.Lock(), set()))
        waiting.add(update.update_id)
        try:
            async with lane:
                await self._surely(update)
            self._through[update.update_id] = None
            while len(self._through) > _REMEMBERED:
                del self._through[next(iter(self._through))]
        except asyncio.CancelledError:
            self._left.add(update.update_id)
            raise
        finally:
            del self._under_way[update.update_id]
            waiting.discard(update.update_id)
            if not waiting:  # a lock that is free may have been promised to the next
                del self._lanes[account]

    async def _surely(self, update: telegram.Update) -> None:
        """A failure that may pass is tried again; what fails for good is in the log, and keeps nothing else waiting."""
        wait_s = _FIRST_WAIT_S
        for attempt in range(1, _TRIES + 1):
            try:
                await self._handle(update)
            except (Forbidden, BadRequest) as error:
                log.warning("telegram_update_unanswered", kind=type(error).__name__)
            except Exception as error:  # noqa: BLE001 - whatever it was, the update must not be lost
                if attempt == _TRIES:
                    self._given_up(error)
                    return
                wait_s = min(_LONGEST_WAIT_S, 2 * wait_s)
                await asyncio.sleep(max(wait_s, seconds_of(error) if isinstance(error, RetryAfter) else 0))
                continue
            return

    @staticmethod
    def _given_up(error: Exception) -> None:
        """An error of the library may carry the bot's token in an address: its kind is all that is told."""
        reference = secrets.token_hex(3)
        if isinstance(error, TelegramError):
            log.error("telegram_update_failed", kind=type(error).__name__, reference=reference)
        else:
            log.error("telegram_update_failed", reference=reference, exc_info=error)
