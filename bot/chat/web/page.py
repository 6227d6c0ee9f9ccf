"""The page itself: its one HTML document and the files beside it, with headers that let nothing foreign in."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from aiohttp import web

_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
_FOLDER = files("bot.chat.web") / "static"
_NAMES = frozenset(item.name for item in _FOLDER.iterdir())
_KINDS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


def routes(*, sign_in: bool) -> list[web.RouteDef]:
    """`sign_in`: with the page behind invite links."""
    join = [web.get("/chat/join", _join)] if sign_in else []
    return [
        *join,
        web.get("/", _to_chat),
        web.get("/chat", _to_chat),
        web.get("/chat/", _page),
        web.get("/chat/static/{name}", _static),
    ]


async def _to_chat(request: web.Request) -> web.StreamResponse:
    del request
    raise web.HTTPFound("/chat/")


async def _page(request: web.Request) -> web.StreamResponse:
    del request
    return web.Response(body=_read("index.html"), content_type="text/html", charset="utf-8", headers=_HEADERS)


async def _join(request: web.Request) -> web.StreamResponse:
    """The same for everybody: the code in the address is behind its #, and never gets here."""
    del request
    return web.Response(body=_read("join.html"), content_type="text/html", charset="utf-8", headers=_HEADERS)


async def _static(request: web.Request) -> web.StreamResponse:
    name = request.match_info["name"]
    kind = _KINDS.get(Path(name).suffix)
    if kind is None or name not in _NAMES:
        raise web.HTTPNotFound
    return web.Response(body=_read(name), content_type=kind, charset="utf-8", headers=_HEADERS)


def _read(name: str) -> bytes:
    return (_FOLDER / name).read_bytes()
