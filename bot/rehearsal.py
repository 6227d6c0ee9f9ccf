"""Rehearsals: an invented clock that stands still (`clock.speed = 0`), moved on by whoever drives the rehearsal."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from bot.app import App


def clock_routes(app: App) -> list[web.RouteDef]:
    """POST /rehearsal/clock {"to": "2027-03-12T20:00:00-05:00"}: lives through everything due until then."""

    async def move(request: web.Request) -> web.Response:
        body = await request.json()
        await app.run_until(datetime.fromisoformat(body["to"]))
        return web.json_response({"now": app.clock.now().isoformat()})

    return [web.post("/rehearsal/clock", move)]
