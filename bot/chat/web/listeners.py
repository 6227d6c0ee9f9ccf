"""The open pages: their WebSockets, what each hears, and when one is closed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

SIGNED_OUT = 4401
"""The close code that tells the page it has been signed out, as 401 tells a request."""
_LOOK_S = 30
"""How often an open page's session is looked at, so that one that runs out is closed within that."""


@dataclass(eq=False, slots=True)
class Listener:
    """One open page. `account` as `WebChat._actor_of` takes it; `session` None where the chat has no sign-in."""

    socket: web.WebSocketResponse
    account: str
    session: str | None


@dataclass(slots=True)
class Listeners:
    """`over(sessions)` says which of them have ended; None where there are no sessions."""

    over: Callable[[Collection[str]], Awaitable[Collection[str]]] | None
    visited: asyncio.Event = field(default_factory=asyncio.Event)
    _open: set[Listener] = field(default_factory=set)

    async def serve(
        self, request: web.Request, account: str, session: str | None, greeting: Mapping[str, Any]
    ) -> web.StreamResponse:
        """One page, until it is closed by either side."""
        socket = web.WebSocketResponse(heartbeat=20, max_msg_size=4096)
        try:
            await socket.prepare(request)
        except ConnectionResetError:
            return web.Response(status=400)  # the page was closed while it opened; nobody hears this
        listener = Listener(socket, account, session)
        self._open.add(listener)
        self.visited.set()
        try:
            await self.close_over()  # it may have ended while the socket was opened
            await self.send(listener, greeting)
            await self._until_closed(socket)
        finally:
            self._open.discard(listener)
        return socket

    async def _until_closed(self, socket: web.WebSocketResponse) -> None:
        while not socket.closed:
            try:
                frame = await socket.receive(timeout=_LOOK_S)
            except TimeoutError:
                await self.close_over()
            else:
                if frame.type is not WSMsgType.TEXT:
                    return  # the page only greets; what it says goes through /say

    async def live(self) -> list[Listener]:
        """Every page whose session, where it has one, has not ended; the others are closed."""
        await self.close_over()
        return list(self._open)

    async def close_over(self) -> None:
        sessions = {listener.session for listener in self._open if listener.session is not None}
        if sessions and self.over is not None:
            await self.end(await self.over(sessions))

    async def end(self, sessions: Collection[str]) -> None:
        """Closes the pages of these sessions."""
        ended = [listener for listener in self._open if listener.session in sessions]
        self._open.difference_update(ended)
        await _close(ended, SIGNED_OUT)

    async def send(self, listener: Listener, body: Mapping[str, Any]) -> None:
        try:
            async with asyncio.timeout(5):
                await listener.socket.send_json(body)
        except (TimeoutError, ConnectionError):
            self._open.discard(listener)

    async def tell_all(self, kind: str, **body: Any) -> None:
        """A small update to every page: the clock, who is scripted."""
        for listener in await self.live():
            await self.send(listener, {"type": kind, **body})

    async def close(self) -> None:
        """Says goodbye to every page at once."""
        listeners = list(self._open)
        self._open.clear()
        await _close(listeners, 1001)


async def _close(listeners: Iterable[Listener], code: int) -> None:
    """One that does not answer must not hold up the rest."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(1):
            await asyncio.gather(*(item.socket.close(code=code) for item in listeners), return_exceptions=True)
