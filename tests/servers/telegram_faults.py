"""What goes wrong on demand, and Telegram's own limits on how fast a bot may post."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

PACED = {
    *("sendMessage", "sendPhoto", "sendDocument", "sendMediaGroup"),
    *("editMessageText", "editMessageCaption", "editMessageMedia", "editMessageReplyMarkup"),
}
_LEEWAY_S = 0.05
"""What a request may arrive early by: the bot paces what it sends, not what arrives."""
_PHRASES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    413: "Request Entity Too Large",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong, `count` times, for the requests it is about.

    `how`: limit (429, come back in `seconds`) | status (the answer `status` with `description`; from 502 on an HTML
    page, as proxies send it) | hang (no answer for `seconds`, then the line is cut) | slow (done, and answered after
    `seconds`) | cut (the line breaks) | garbled (status 200, and half a JSON).
    `is_kept`: the request is done all the same, and only its answer is lost (hang, cut, garbled, status).
    """

    how: str
    methods: list[str] | None = None
    chat: int | None = None
    count: int = 1
    seconds: float = 0.0
    status: int = 500
    description: str | None = None
    is_kept: bool = False

    def is_about(self, method: str, chat: Any) -> bool:
        if self.count <= 0 or (self.chat is not None and self.chat != chat):
            return False
        # Polling goes on unless it is named: a fault is about what the bot does.
        return method in self.methods if self.methods is not None else method != "getUpdates"

    @property
    def said(self) -> str:
        return self.description or _PHRASES.get(self.status, "Error")


@dataclass(slots=True)
class Faults:
    listed: list[Fault] = field(default_factory=list)

    def take(self, method: str, chat: Any) -> Fault | None:
        for fault in self.listed:
            if fault.is_about(method, chat):
                fault.count -= 1
                return fault
        return None

    def clear(self) -> None:
        self.listed.clear()


@dataclass(slots=True)
class Limits:
    """Off until switched on. A request that was refused does not count; edits count like posts, as they do there."""

    is_on: bool = False
    per_chat_s: float = 1.0
    per_group_minute: int = 20
    per_second: int = 30
    counts_edits: bool = True
    refused: int = 0
    _all: deque[float] = field(default_factory=deque)
    _chats: defaultdict[Any, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def wait(self, method: str, chat: Any, now: float, messages: int = 1) -> int:
        """0 if the request may pass (it is counted then), else the seconds to wait: what 429 says, a whole number."""
        if not self.is_on or method not in PACED or (method.startswith("edit") and not self.counts_edits):
            return 0
        mine = self._chats[chat]
        _forget(self._all, now - 1.0)
        _forget(mine, now - 60.0)
        waits = [
            mine[-1] + self.per_chat_s - _LEEWAY_S - now if mine else 0.0,
            _until(mine, self.per_group_minute - messages, 60.0, now) if isinstance(chat, int) and chat < 0 else 0.0,
            _until(self._all, self.per_second - messages, 1.0, now),
        ]
        if max(waits) > 0:
            self.refused += 1
            return max(1, math.ceil(max(waits)))
        mine.extend([now] * messages)
        self._all.extend([now] * messages)
        return 0


def _forget(times: deque[float], before: float) -> None:
    while times and times[0] <= before:
        times.popleft()


def _until(times: Iterable[float], room: int, window_s: float, now: float) -> float:
    """Seconds until at most `room` are left in the window."""
    known = list(times)
    return 0.0 if len(known) <= max(room, 0) else known[len(known) - max(room, 0) - 1] + window_s - _LEEWAY_S - now
