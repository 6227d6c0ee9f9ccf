"""The aiohttp servers: one listener for the web chat, one for signals and health, so that one can face the world."""

from __future__ import annotations

import errno
import ipaddress
import os
import secrets
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from bot.core.errors import StartError

log = structlog.get_logger()

MAX_BODY = 1024 * 1024
"""Bytes of a request's body."""
PRIVATE_PATHS = "/calendar/"
"""What paths begin with whose rest is a secret."""
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
        reference, path = secrets.token_hex(3), _path(request)
        log.exception("request_failed", method=request.method, path=path, reference=reference)
        request.app[_NOTE](f"{request.method} {path}"[:80], reference)
        return web.json_response({"error": f"something went wrong here; it is in the log as {reference}"}, status=500)


def _path(request: web.Request) -> str:
    """The path as it may be logged and shown: where a part of it is a secret, the route stands in its place."""
    if request.path.startswith(PRIVATE_PATHS):
        return f"{PRIVATE_PATHS}•••"
    return request.path


def _said(request: web.Request, answer: web.HTTPException) -> str:
    match answer.status:
        case 404:
            return f"there is nothing at {_path(request)[:120]!r}"
        case 405:
            use = answer.headers.get("Allow", "")
            return f"{request.method} is not answered at {_path(request)[:120]!r}; use {use}"
        case 413:
            return f"a request's body may have at most {MAX_BODY} bytes"
        case _:
            return answer.text or answer.reason


@dataclass(frozen=True, slots=True)
class Front:
    """By which names the web chat may be reached, and from which pages.

    `names`: host names beyond loopback's, lower case. `origin`: what links begin with, where that is set.
    """

    sign_in: bool = False
    names: frozenset[str] = frozenset()
    origin: str | None = None

    def is_ours(self, request: web.Request) -> bool:
        """Whether the Host is ours.

        A name of somebody else may be made to point here (DNS rebinding); the address that a request came in by cannot.
        """
        host = _host_of(request.host)
        if host is None or host in _LOOPBACK or host in self.names:
            return host is not None
        here = request.transport.get_extra_info("sockname") if request.transport is not None else None
        return self.sign_in and here is not None and _is_same_address(host, str(here[0]))

    def origins(self, request: web.Request) -> tuple[str, ...]:
        """The origins that pages of ours have, as this request came. Where TLS is set, a plain page is none of them."""
        host = request.host.lower()
        if self.origin is not None and host == self.origin.partition("://")[2]:
            return (self.origin,)
        return f"http://{host}", f"https://{host}"

    def why_not(self, request: web.Request) -> str | None:
        """Why the request is refused; None when it may pass."""
        if not self.is_ours(request):
            where = "by its addresses and the names in the setting `web.names`" if self.sign_in else "on loopback names"
            return f"this server answers {where} only, not as {request.host[:80]!r}"
        origin = request.headers.get("Origin")
        if origin is not None and origin.lower() not in self.origins(request):
            return "requests from other origins are refused"
        changes = request.method not in ("GET", "HEAD")
        if origin is None and self.sign_in and (changes or "Upgrade" in request.headers):
            return "requests that change something must say from which page they come (the header Origin)"
        if changes and request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            return "requests from other sites are refused"
        return None


def _own_pages_only(front: Front) -> Middleware:
    """A page elsewhere must not drive the bot through the user's browser, nor by a name that points here."""

    @web.middleware
    async def guard(request: web.Request, handler: Next) -> web.StreamResponse:
        why = front.why_not(request)
        return await handler(request) if why is None else web.json_response({"error": why}, status=403)

    return guard


@web.middleware
async def _private(request: web.Request, handler: Next) -> web.StreamResponse:
    """What people read is kept in no cache on the way, guessed to be nothing else, and named to no other page."""
    response = await handler(request)
    if not response.prepared:
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "no-referrer")
    return response


def _host_of(authority: str) -> str | None:
    try:
        return urlsplit(f"//{authority}").hostname
    except ValueError:  # an address in brackets that is none
        return None


def _is_same_address(host: str, address: str) -> bool:
    try:
        wanted, here = ipaddress.ip_address(host), ipaddress.ip_address(address.partition("%")[0])
    except ValueError:  # a name
        return False
    return wanted in (here, getattr(here, "ipv4_mapped", None))


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
        front: Front | None = None,
    ) -> None:
        """`note` is told of what nobody foresaw; `front`: people come here with browsers, and only by it."""
        self._name, self._host, self._port, self._front = name, host, port, front
        self._routes, self._note = routes, note
        self._runner: web.AppRunner | None = None
        self.port = port

    async def start(self) -> None:
        """Listens.

        Raises:
            StartError: the port is taken, or the address is not ours.
        """
        guards = [errors_as_json] if self._front is None else [_private, errors_as_json, _own_pages_only(self._front)]
        app = web.Application(client_max_size=MAX_BODY, middlewares=guards)
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


def base_url(listen: str, port: int) -> str:
    """What a link to a listener begins with. For 0.0.0.0 or ::, the address this machine has in its network."""
    host = listen
    if listen in ("0.0.0.0", "::"):  # noqa: S104 - compared, not listened on
        host = _network_address(socket.AF_INET if listen == "0.0.0.0" else socket.AF_INET6) or (  # noqa: S104
            "127.0.0.1" if listen == "0.0.0.0" else "::1"  # noqa: S104
        )
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _network_address(family: socket.AddressFamily) -> str | None:
    """The address with which this machine would go out. Connecting a UDP socket sends nothing: it picks a route."""
    outside = "198.51.100.1" if family == socket.AF_INET else "2001:db8::1"  # of the documentation's networks
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((outside, 9))
            return str(probe.getsockname()[0])
    except OSError:
        return None


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
