"""Secret addresses of calendars: shown once to whoever asked, listed, ended by a button."""

from __future__ import annotations

import re

from aiohttp import ClientSession

from tests.contract.scenario_show import planned
from tests.contract.world import World

_ADDRESS = re.compile(r"https://calendar\.example\.com(/calendar/[\w-]{43}\.ics)")


async def calendars(w: World) -> None:
    """A host's own, a room's, a matrix's; each by whoever may."""
    await planned(w)
    settings = w.bot.app.settings
    outside = settings.ingest.model_copy(update={"public_url": "https://calendar.example.com"})
    w.bot.app.settings = settings.model_copy(update={"ingest": outside})
    path = await made(w, "/calendar add room=us_main", "olga")
    await made(w, "/calendar add matrix=main", "max")
    await w.no("/calendar add matrix=main", "olga")
    await w.no("/calendar add room=us_main host=mia", "olga")
    await w.no("/calendar add", "olga")
    shown = await w.say("/calendar list", "olga", own=True)
    assert await status(w, path) == 200
    await w.press(shown, "calendar revoke", "olga", own=True, calendar="c1")
    assert await status(w, path) == 404
    await w.no("/calendar revoke c2", "olga")
    await w.say("/calendar revoke c2", "max", own=True)
    await w.no("/calendar revoke c2", "max")


async def made(w: World, line: str, person: str) -> str:
    shown = await w.say(line, person, own=True)
    assert shown.is_private
    [path] = set(_ADDRESS.findall(shown.text))
    return path


async def status(w: World, path: str) -> int:
    async with ClientSession() as http, http.get(f"{w.bot.ingest}{path}") as response:
        return response.status
