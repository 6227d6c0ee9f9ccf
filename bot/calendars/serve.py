"""GET /calendar/{token}.ics: a calendar at its secret address. Nothing that is logged or answered repeats the token."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from email.utils import format_datetime

from aiohttp import web

from bot.core.calendar_feed import Served

MAX_AGE_S = 15 * 60
"""Seconds for which a reader need not ask again."""
_KEPT = 64
"""Files that are kept ready."""
_FORM = 1
"""Counts changes of how a file is written, so that no reader keeps an old one."""
_NOTHING = "there is no calendar here: its address was revoked, or never made. /calendar add makes a new one"

Find = Callable[[str], Awaitable[Served | None]]


class Calendars:
    """`find` gives what stands at the address with a token, None where nothing does."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._ready: OrderedDict[str, bytes] = OrderedDict()
        self._alone = asyncio.Lock()

    def routes(self) -> Sequence[web.RouteDef]:
        return (web.get("/calendar/{token}.ics", self._get),)

    async def _get(self, request: web.Request) -> web.Response:
        async with self._alone:  # however many readers ask at once, one file is made at a time
            found = await self._find(request.match_info["token"])
            if found is None:
                return web.json_response({"error": _NOTHING}, status=404, headers={"Cache-Control": "no-store"})
            tag = f"{found.link}-{found.digest[:32]}-{int(found.since.timestamp()):x}-{_FORM}"
            headers = {
                "ETag": f'"{tag}"',
                "Last-Modified": format_datetime(found.since, usegmt=True),
                "Cache-Control": f"private, max-age={MAX_AGE_S}",
                "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "no-referrer",
                "X-Robots-Tag": "noindex",
            }
            if _is_known(request, tag):
                return web.Response(status=304, headers=headers)
            body = await self._file(tag, found)
        headers["Content-Disposition"] = 'inline; filename="showcaller.ics"'
        return web.Response(body=body, headers={**headers, "Content-Type": "text/calendar; charset=utf-8"})

    async def _file(self, tag: str, found: Served) -> bytes:
        body = self._ready.get(tag)
        if body is None:
            from bot.calendars.write import write  # noqa: PLC0415 - icalendar takes time to load

            body = await asyncio.to_thread(write, found.feed, found.since)
            self._ready[tag] = body
            if len(self._ready) > _KEPT:
                self._ready.popitem(last=False)
        else:
            self._ready.move_to_end(tag)
        return body


def _is_known(request: web.Request, tag: str) -> bool:
    """Whether the reader has it: by its ETag; Last-Modified counts only where no ETag came (RFC 9110, 13.2.2)."""
    return any(known.value in (tag, "*") for known in request.if_none_match or ())
