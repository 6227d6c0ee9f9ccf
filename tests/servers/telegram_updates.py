"""What waits for the bot: kept until confirmed by an offset, or carried to its webhook until that says 200."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.servers.telegram_spec import check_update
from tests.servers.telegram_world import RefusedError

ON_REQUEST = {"chat_member", "message_reaction", "message_reaction_count"}
"""Only sent to a bot that named them in allowed_updates."""
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
_WAITS_S = (0.05, 0.1, 0.25, 0.5, 1.0)
"""Between two attempts at the webhook; Telegram's own are longer."""


@dataclass(slots=True)
class Webhook:
    url: str
    secret: str | None = None
    last_error: tuple[float, str] | None = None
    attempts: list[tuple[float, int, int]] = field(default_factory=list)
    """Time, update id and status (0: no answer) of every attempt."""


@dataclass(slots=True)
class Updates:
    clock: Callable[[], float]
    waiting: dict[int, dict[str, Any]] = field(default_factory=dict)
    pushed_at: dict[int, float] = field(default_factory=dict)
    allowed: list[str] = field(default_factory=list)
    webhook: Webhook | None = None
    last_id: int = 1000
    polls: int = 0
    is_held: bool = False
    """Nothing is carried to the webhook."""
    changed: Callable[[], None] = lambda: None
    """Called whenever updates were confirmed, or carried to the webhook."""
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _carrier: asyncio.Task[None] | None = None

    def push(self, kind: str, payload: dict[str, Any]) -> int | None:
        """The new update's id; None if the bot did not ask for that kind."""
        if kind not in self.allowed if self.allowed else kind in ON_REQUEST:
            return None
        self.last_id += 1
        update = {"update_id": self.last_id, kind: payload}
        wrong = check_update(update)
        assert not wrong, wrong
        self.waiting[self.last_id] = update
        self.pushed_at[self.last_id] = self.clock()
        self.wake()
        return self.last_id

    def wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    def allow(self, kinds: list[str] | None) -> None:
        """None leaves it as it was."""
        if kinds is not None:
            self.allowed = list(kinds)

    async def poll(self, offset: int, limit: int, timeout_s: float) -> list[dict[str, Any]]:
        """Long polling. RefusedError 409 while a webhook is set, and for a poll that a later one took over."""
        if self.webhook is not None:
            reason = (
                "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            )
            raise RefusedError(409, f"Conflict: {reason}")
        self.polls += 1
        mine = self.polls
        self.wake()
        if offset < 0:
            offset = self.last_id + 1 + offset
        for known in [known for known in self.waiting if known < offset]:
            del self.waiting[known]
        self.changed()
        end = asyncio.get_running_loop().time() + timeout_s
        while not self.waiting and mine == self.polls and self.webhook is None:
            left, news = end - asyncio.get_running_loop().time(), self._news
            if left <= 0:
                break
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), left)
        if mine != self.polls:
            reason = "terminated by other getUpdates request; make sure that only one bot instance is running"
            raise RefusedError(409, f"Conflict: {reason}")
        return list(self.waiting.values())[:limit]

    def set_webhook(self, webhook: Webhook | None, *, drops: bool = False) -> None:
        self.stop()
        self.webhook = webhook
        if drops:
            self.waiting.clear()
        self.wake()
        if webhook is not None:
            self._carrier = asyncio.get_running_loop().create_task(self._carry(webhook))

    def stop(self) -> None:
        if self._carrier is not None:
            self._carrier.cancel()
            self._carrier = None

    async def _carry(self, webhook: Webhook) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
            tried = 0
            while True:
                if not self.waiting or self.is_held:
                    await self._news.wait()
                    continue
                update = next(iter(self.waiting.values()))
                status = await self.knock(session, webhook.url, update, webhook.secret)
                webhook.attempts.append((self.clock(), update["update_id"], status))
                if 200 <= status < 300:
                    self.waiting.pop(update["update_id"], None)
                    tried = 0
                    self.changed()
                    continue
                said = f"Wrong response from the webhook: {status}" if status else "Connection refused"
                webhook.last_error = (self.clock(), said)
                self.changed()
                await asyncio.sleep(_WAITS_S[min(tried, len(_WAITS_S) - 1)])
                tried += 1

    @staticmethod
    async def knock(session: aiohttp.ClientSession, url: str, update: dict[str, Any], secret: str | None) -> int:
        """Hand one update to a webhook: the status it answers, 0 for none."""
        headers = {"Content-Type": "application/json"} | ({SECRET_HEADER: secret} if secret else {})
        try:
            async with session.post(url, data=json.dumps(update), headers=headers) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return 0
