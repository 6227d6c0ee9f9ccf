"""The aiohttp servers: one listener for the web chat, one for signals and health, so that one can face the world."""

from __future__ import annotations

import errno
import os
import secrets
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

Note = Callable[[str, str], None]
"""Told of what nobody foresaw: where it happened, and its reference in the log."""
_NOTE: web.AppKey[Note] = web.AppKey("note")

Next = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def errors_as_json(request: web.Request, handler: Next) -> web.StreamResponse:
    """Programs read the answers: an error is JSON too. What nobody foresaw is logged, under the reference shown."""
    try:
        return await handler(request)
    except web.HTTPException as answer:
        if answer.status < 400:  # noqa: PLR2004 - a redirect
            raise
        allowed = answer.headers.get("Allow")
        return web.json_response(
            {"error": _said(request, answer)}, status=answer.status, headers={"Allow": allowed} if allowed else None
        )
    except web.RequestPayloadError:
        return web.json_response({"error": "the request's body is broken, or broke off"}, status=400)
    except ConnectionError:
        raise  # whoever asked has gone
    except Exception:
        reference = secrets.token_hex(3)
        log.exception("request_failed", method=request.method, path=request.path, reference=reference)
        request.app[_NOTE](f"{request.method} {request.path}"[:80], reference)
        return web.json_response({"error": f"something went wrong here; it is in the log as {reference}"}, status=500)


def _said(request: web.Request, answer: web.HTTPException) -> str:
    match answer.status:
        case 404:
            return f"there is nothing at {request.path[:120]!r}"
        case 405:
            return f"{request.method} is not answered at {request.path[:120]!r}; use {answer.headers.get('Allow', '')}"
        case 413:
            return f"a request's body may have at most {MAX_BODY} bytes"
        case _:
            return answer.text or answer.reason


@web.middleware
async def own_pages_only(request: web.Request, handler: Next) -> web.StreamResponse:
    """A page elsewhere must not drive the bot through the user's browser, nor by a name that points to loopback."""
    if _host_of(request.host) not in _LOOPBACK:
        return web.json_response(
            {"error": f"this server answers on loopback names only, not as {request.host[:80]!r}"}, status=403
        )
    origin = request.headers.get("Origin")
    if origin is not None and origin.lower() not in (
        f"http://{request.host}".lower(),
        f"https://{request.host}".lower(),
    ):
        return web.json_response({"error": "requests from other origins are refused"}, status=403)
    if request.method != "GET" and request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return web.json_response({"error": "requests from other sites are refused"}, status=403)
    return await handler(request)


def _host_of(authority: str) -> str | None:
    try:
        return urlsplit(f"//{authority}").hostname
    except ValueError:  # an address in brackets that is none
        return None


class Listener:
    """One address with its routes."""

    def __init__(
        self,
        name: str,
        host: str,
        port: int,
        routes: Sequence[web.RouteDef],
        note: Note,
        *,
        is_chat: bool,
    ) -> None:
        self._name, self._host, self._port, self._is_chat = name, host, port, is_chat
        self._routes, self._note = routes, note
        self._runner: web.AppRunner | None = None
        self.port = port

    async def start(self) -> None:
        """Listens.

        Raises:
            StartError: the port is taken, or the address is not ours.
        """
        guards = [own_pages_only] if self._is_chat else []
        app = web.Application(client_max_size=MAX_BODY, middlewares=[errors_as_json, *guards])
        app[_NOTE] = self._note
        app.add_routes(self._routes)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port, reuse_address=True)
        try:
            await site.start()
        except OSError as error:
            await self._runner.cleanup()
            raise StartError(f"{self._name}: {cannot_listen(self._name, self._host, self._port, error)}") from error
        server = getattr(site, "_server", None)
        self.port = server.sockets[0].getsockname()[1] if server is not None else self._port
        log.info("listening", name=self._name, host=self._host, port=self.port)

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()


def cannot_listen(name: str, host: str, port: int, error: OSError) -> str:
    """Why, and what to do about it; `name` is the table of the settings."""
    if error.errno == errno.EADDRINUSE:
        mend = f"the port is taken: stop the other program, or choose another port with the setting `{name}.port`"
    elif error.errno == errno.EACCES:
        mend = f"this user may not use the port: choose one above 1023 with the setting `{name}.port`"
    else:
        is_name = isinstance(error, socket.gaierror)  # its numbers are its own
        reason = str(error.strerror if is_name else os.strerror(error.errno or errno.EINVAL)).lower()
        mend = f"{reason}: give an address of this machine in the setting `{name}.listen`, like 127.0.0.1"
    return f"cannot listen on {host}:{port}, {mend}"


def why_not_free(host: str, port: int) -> OSError | None:
    """What would keep somebody from listening there now; None when nothing would."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, proto) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)  # two may bind a port with SO_REUSEADDR, only one may listen
    except OSError as error:
        return error
    return None


def is_free(host: str, port: int) -> bool:
    """Whether somebody could listen there now."""
    return why_not_free(host, port) is None
