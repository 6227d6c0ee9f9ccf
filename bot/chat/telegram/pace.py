"""How fast Telegram may be written to: a message a second to a chat, 20 a minute to a group, 30 a second in all.

Counts what was sent in the time that has just passed, so it never sends more than allowed, also not in a burst. Some of
what groups and everybody share is kept for what is urgent. It waits for nobody: who asks is told how long it would be.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.core.delivery import RetryAfter

_MINUTE_S, _SECOND_S = 60.0, 1.0


@dataclass(frozen=True, slots=True)
class Limits:
    """`each_s`: seconds between two messages to a chat; the others are messages a minute (group) or second (in all)."""

    each_s: float = 1.0
    group: int = 20
    overall: int = 30
    urgent_in_group: int = 3
    urgent_overall: int = 5


NONE = Limits(each_s=0.0, group=1_000_000, overall=1_000_000, urgent_in_group=0, urgent_overall=0)
"""For a server of one's own that limits nothing, and for tests."""


@dataclass(slots=True)
class _Sent:
    """When a chat was written to; `not_before`: Telegram asked to wait until then."""

    at: deque[float] = field(default_factory=deque)
    not_before: float = 0.0


_NEVER = _Sent()


class Pace:
    """One for the whole bot; edits count like messages. Chats are Telegram's numbers, groups the negative ones."""

    def __init__(self, limits: Limits | None = None, now: Callable[[], float] | None = None) -> None:
        """`now` gives seconds that only ever grow; by default the running loop's."""
        self._limits = limits or Limits()
        self._now = now or (lambda: asyncio.get_running_loop().time())
        self._chats: dict[int, _Sent] = {}
        self._all: deque[float] = deque()

    def take(self, chat: int, *, urgent: bool = False) -> float:
        """0 when one may be sent now, which then counts as sent; else the seconds to wait, and nothing is taken."""
        now = self._now()
        self._forget(now)
        wait = self._until(chat, now, urgent=urgent)
        if wait > 0:
            return wait
        sent = self._chats.setdefault(chat, _Sent())
        sent.at.append(now)
        self._all.append(now)
        return 0.0

    async def room(self, chat: int, *, urgent: bool = False, patience_s: float = 1.5) -> RetryAfter | None:
        """Waits for its turn where that is not long; None once it may be sent."""
        while (wait := self.take(chat, urgent=urgent)) > 0:
            if wait > patience_s:
                spares_urgent = self._until(chat, self._now(), urgent=True) < wait
                return RetryAfter(wait, "Telegram allows no more messages at once", spares_urgent=spares_urgent)
            patience_s -= wait
            await asyncio.sleep(wait)
        return None

    def wait(self, chat: int) -> float:
        """Seconds until what is not urgent may be sent; takes nothing."""
        return max(0.0, self._until(chat, self._now(), urgent=False))

    def hold(self, chat: int, seconds: float) -> None:
        """Telegram asked to wait with this chat."""
        sent = self._chats.setdefault(chat, _Sent())
        sent.not_before = max(sent.not_before, self._now() + seconds)

    def _until(self, chat: int, now: float, *, urgent: bool) -> float:
        limits, sent = self._limits, self._chats.get(chat, _NEVER)
        waits = [sent.not_before - now]
        waits += [sent.at[-1] + limits.each_s - now] if sent.at else []
        if chat < 0:
            waits.append(_until_room(sent.at, limits.group - (0 if urgent else limits.urgent_in_group), _MINUTE_S, now))
        waits.append(_until_room(self._all, limits.overall - (0 if urgent else limits.urgent_overall), _SECOND_S, now))
        return max(waits)

    def _forget(self, now: float) -> None:
        while self._all and self._all[0] <= now - _SECOND_S:
            self._all.popleft()
        for chat, sent in list(self._chats.items()):
            while sent.at and sent.at[0] <= now - _MINUTE_S:
                sent.at.popleft()
            if not sent.at and sent.not_before <= now:
                del self._chats[chat]


def _until_room(at: deque[float], most: int, window_s: float, now: float) -> float:
    """Seconds until fewer than `most` lie in the window."""
    return 0.0 if len(at) < most else at[-most] + window_s - now
