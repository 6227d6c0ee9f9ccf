"""A served bot and whoever asks it something: killed while it answers or between two, and started again."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import aiohttp

from tests.crash.places import Places
from tests.crash.served import Served
from tests.crash.strikes import Blow, Model, Took, within

T = TypeVar("T")

_ASKED = (("POST", "/interactions/*/callback"), ("POST", "/channels/*/messages"), ("PATCH", "/channels/*/messages/*"))
"""What Discord is asked to do; in the order of its coming, one of these is left without an answer."""
_WRITES = [
    *("sendMessage", "sendPhoto", "sendDocument", "editMessageText", "editMessageCaption", "editMessageMedia"),
    *("editMessageReplyMarkup", "answerCallbackQuery"),
]
_SETTLED_WITHIN_S = 30.0
_SOON_S = 0.5


class LostError(Exception):
    """The bot died before it had answered."""


@dataclass(slots=True)
class Life:
    """`took`: what was asked; `struck`: how it was killed; `missed`: blows for which a chat was asked nothing after
    all, so that the bot was killed when it had answered."""

    served: Served
    places: Places
    http: aiohttp.ClientSession
    now: datetime
    blows: dict[int, Blow] = field(default_factory=dict)
    took: list[Took] = field(default_factory=list)
    struck: Counter[str] = field(default_factory=Counter)
    missed: int = 0
    killed: asyncio.Event = field(default_factory=asyncio.Event)
    """While it is being killed and started again."""

    async def ask(self, what: str, attempt: Callable[[], Awaitable[T]]) -> T:
        """Repeats an attempt that the bot's death has cut short."""
        blow = self.blows.get(len(self.took))
        began = time.time()
        if blow is None:
            told = await attempt()
        elif blow.how == "between":
            await self._die(blow)
            told = await attempt()
        else:
            told = await self._struck(blow, attempt)
        self.took.append(Took(what, began, time.time() - began))
        return told

    async def _struck(self, blow: Blow, attempt: Callable[[], Awaitable[T]]) -> T:
        if blow.how == "discord":
            for method, path in _ASKED:
                await self.places.discord.fault("hang", method=method, path=path, stored=blow.is_done)
        elif blow.how == "telegram":
            await self.places.ask("fault", "hang", methods=_WRITES, is_kept=blow.is_done, seconds=3600)
        else:
            await self._slow()
        before = await self._unanswered(blow.how)
        under_way = asyncio.ensure_future(self._again(attempt))
        await self._moment(blow, under_way, before)
        await self._die(blow)
        return await under_way

    async def _slow(self) -> None:
        """Both chats take their time with what they are asked next, so that a kill may come between."""
        for method, path in _ASKED:
            await self.places.discord.fault("answer", method=method, path=path, status=0, delay_s=0.08, count=2)
        await self.places.ask("fault", "slow", methods=_WRITES, seconds=0.08, count=4)

    async def _moment(self, blow: Blow, under_way: asyncio.Future[Any], before: int) -> None:
        if blow.how == "moment":
            await asyncio.wait([under_way], timeout=blow.after_s)
            return
        arrived = asyncio.ensure_future(self._asked(blow.how, before))
        await asyncio.wait([under_way, arrived], return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait([arrived], timeout=_SOON_S)  # what a press leads to is said after it was answered
        self.missed += not arrived.done()
        arrived.cancel()
        await asyncio.gather(arrived, return_exceptions=True)

    async def _asked(self, chat: str, before: int) -> None:
        """Until the chat has been asked one thing more that it does not answer."""
        while await self._unanswered(chat) <= before:  # noqa: ASYNC110 - it is another process that knows
            await asyncio.sleep(0.01)

    async def _unanswered(self, chat: str) -> int:
        """What the chat was asked and has never answered, this day."""
        if chat == "telegram":
            asked = await self.places.ask("asked")
            return sum(one.method in _WRITES and (one.answered_at is None or not one.status) for one in asked)
        found = [one for pair in _ASKED for one in await self.places.discord.requests(*pair)]
        return sum(one["status"] is None for one in found)

    async def _again(self, attempt: Callable[[], Awaitable[T]]) -> T:
        while True:
            starts = self.served.starts
            try:
                return await attempt()
            except (aiohttp.ClientError, LostError):
                if not self.killed.is_set() and self.served.starts == starts:
                    raise
            while self.killed.is_set():  # noqa: ASYNC110 - until it is up again, which is a second's matter
                await asyncio.sleep(0.01)

    async def _die(self, blow: Blow) -> None:
        self.killed.set()
        self.served.kill()
        await self.places.discord.clear_faults()
        await self.places.ask("heals")
        await self.served.start(self.now)
        self.killed.clear()
        self.struck[blow.how] += 1

    async def model(self, first: int) -> Model:
        """What this day shows of when a chat was asked something."""
        asked = {"discord": [one["at"] for pair in _ASKED for one in await self.places.discord.requests(*pair)]}
        asked["telegram"] = [one.at for name in _WRITES for one in await self.places.ask("asked", name)]
        return Model(self.took, first, {chat: within(self.took, moments) for chat, moments in asked.items()})

    # -- the clock and the chats -----------------------------------------------

    async def move(self, to: datetime, *, settle: bool = False) -> None:
        """Lives through everything until then. Whoever starts the bot again starts it at that moment."""
        self.now = to

        async def call() -> None:
            url = self.served.url("ingest", "/rehearsal/clock")
            async with self.http.post(url, json={"to": to.isoformat(), "settle": settle}) as response:
                assert response.status == 200, await response.text()

        await self.ask("clock", call)

    async def settled(self, interaction: str) -> dict[str, Any]:
        """What Discord shows of an interaction once it is answered.

        Raises:
            LostError: the bot was killed before that.
        """
        answer = asyncio.ensure_future(self.places.discord.settled(interaction, _SETTLED_WITHIN_S))
        death = asyncio.ensure_future(self.killed.wait())
        await asyncio.wait([answer, death], return_when=asyncio.FIRST_COMPLETED)
        death.cancel()
        if not answer.done():
            answer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await answer
            raise LostError
        return await answer

    async def heard(self) -> None:
        """Until every update of Telegram's is through; one that was under way at a kill comes again by itself."""
        telegram = self.places.telegram
        await asyncio.to_thread(telegram.until, lambda: telegram.pending() == 0, 60.0)
