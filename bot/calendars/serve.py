"""GET /calendar/{token}.ics: a calendar at its secret address. Nothing that is logged or answered repeats the token."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import format_datetime

from aiohttp import web

from bot.core.calendar_feed import Served
from bot.core.ports import Clock
from bot.core.zones import tzdata_version

MAX_AGE_S = 15 * 60
"""Seconds for which a reader need not ask again."""
FRESH = timedelta(minutes=1)
"""For so long the same is answered without looking again: however often somebody asks, it costs no more."""
_KEPT = 16
"""Files that are kept ready; of 200 rooms one has 2 MB."""
_FORM = 1
"""Counts changes of how a file is written, so that no reader keeps an old one."""
_NOTHING = "there is no calendar here: its address was revoked, or never made. /calendar add makes a new one"

Find = Callable[[str], Awaitable[str | None]]
Load = Callable[[str], Awaitable[Served]]


@dataclass(frozen=True, slots=True)
class _Ready:
    """A file, and when it was last seen to be right."""

    at: datetime
    tag: str
    since: datetime
    body: bytes


class Calendars:
    """`find` gives the id of the calendar at the address with a token, None where none is; `load` gives a calendar."""

    def __init__(self, clock: Clock, find: Find, load: Load) -> None:
        self._clock, self._find, self._load = clock, find, load
        self._ready: OrderedDict[str, _Ready] = OrderedDict()
        self._alone = asyncio.Lock()

    def routes(self) -> Sequence[web.RouteDef]:
        return (web.get("/calendar/{token}.ics", self._get),)

    async def _get(self, request: web.Request) -> web.Response:
        link = await self._find(request.match_info["token"])
        if link is None:
            return web.json_response({"error": _NOTHING}, status=404, headers={"Cache-Control": "no-store"})
        async with self._alone:  # however many ask at once, one file is made at a time
            ready = await self._file(link)
        headers = {
            "ETag": f'"{ready.tag}"',
            "Last-Modified": format_datetime(ready.since, usegmt=True),
            "Cache-Control": f"private, max-age={MAX_AGE_S}",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "X-Robots-Tag": "noindex",
        }
        if _is_known(request, ready):
            return web.Response(status=304, headers=headers)
        headers["Content-Disposition"] = 'inline; filename="showcaller.ics"'
        return web.Response(body=ready.body, headers={**headers, "Content-Type": "text/calendar; charset=utf-8"})

    async def _file(self, link: str) -> _Ready:
        now, before = self._clock.now(), self._ready.get(link)
        if before is not None and timedelta() <= now - before.at < FRESH:
            return before
        found = await self._load(link)
        tag = f"{link}-{found.digest[:32]}-{int(found.since.timestamp()):x}-{_FORM}.{tzdata_version()}"
        if before is not None and before.tag == tag:
            ready = replace(before, at=now)
        else:
            from bot.calendars.write import write  # noqa: PLC0415 - icalendar takes time to load

            ready = _Ready(now, tag, found.since, await asyncio.to_thread(write, found.feed, found.since))
        self._ready[link] = ready
        self._ready.move_to_end(link)
        if len(self._ready) > _KEPT:
            self._ready.popitem(last=False)
        return ready


def _is_known(request: web.Request, ready: _Ready) -> bool:
    """Whether the reader has it: by its ETag, and where none came by the instant (RFC 9110, 13.2.2)."""
    if request.if_none_match is not None:
        return any(known.value in (ready.tag, "*") for known in request.if_none_match)
    return request.if_modified_since is not None and ready.since <= request.if_modified_since
