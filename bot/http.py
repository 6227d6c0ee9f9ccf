"""The aiohttp servers: one listener for the web chat, one for signals, health and metrics, so that one can face the world."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import urlsplit

import structlog
from aiohttp import web

from bot.core.errors import StartError

log = structlog.get_logger()

MAX_BODY = 1024 * 1024
"""Bytes of a request's body."""
_LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))

Next = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def own_pages_only(request: web.Request, handler: Next) -> web.StreamResponse:
    """A page elsewhere must not drive the bot through the user's browser, nor by a name that points to loopback."""
    host = urlsplit(f"//{request.host}").hostname
    if host not in _LOOPBACK:
        return web.json_response(
            {"error": f"this server answers on loopback names only, not as {request.host[:80]!r}"}, status=403
        )
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        return web.json_response({"error": "requests from other origins are refused"}, status=403)
    if request.method != "GET" and request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return web.json_response({"error": "requests from other sites are refused"}, status=403)
    return await handler(request)


class Listener:
    """One address with its routes."""

    def __init__(self, name: str, host: str, port: int, routes: Sequence[web.RouteDef], *, is_chat: bool) -> None:
        self._name, self._host, self._port, self._is_chat = name, host, port, is_chat
        self._routes = routes
        self._runner: web.AppRunner | None = None
        self.port = port

    async def start(self) -> None:
        """Listens.

        Raises:
            StartError: the port is taken, or the address is not ours.
        """
        app = web.Application(client_max_size=MAX_BODY, middlewares=[own_pages_only] if self._is_chat else [])
        app.add_routes(self._routes)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port, reuse_address=True)
        try:
            await site.start()
        except OSError as error:
            await self._runner.cleanup()
            raise StartError(
                f"{self._name}: cannot listen on {self._host}:{self._port} ({error.strerror or error}); stop the other program, "
                f"or choose another port with the setting `{self._name}.port`"
            ) from error
        server = getattr(site, "_server", None)
        self.port = server.sockets[0].getsockname()[1] if server is not None else self._port
        log.info("listening", name=self._name, host=self._host, port=self.port)

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()


def is_free(host: str, port: int) -> bool:
    """Whether somebody could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
