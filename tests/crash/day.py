"""A whole show day of a bot that dies in it: served, lived through, looked at."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp

from tests.crash.client import Boundary, Client, Strike
from tests.crash.evening import BEGINS_AT, Evening
from tests.crash.outcome import Outcome, outcome
from tests.crash.served import Served

_ANSWER_WITHIN_S = 60
_LAST_TRIES = timedelta(hours=2)
"""After the evening, so that what was to be tried again has been."""


async def live(
    folder: Path,
    strikes: dict[int, Strike | Boundary],
    *,
    is_fresh: bool = False,
    chats: dict[str, Any] | None = None,
    has_loops: bool = False,
    client: Callable[..., Client] = Client,
) -> tuple[Outcome, Evening]:
    """One day, with the process killed at these requests."""
    served = Served(folder, is_fresh=is_fresh, chats=chats, has_loops=has_loops)
    try:
        await served.start(BEGINS_AT)
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(_ANSWER_WITHIN_S)) as http:
            evening = Evening(client(served, http, BEGINS_AT, strikes=strikes))
            await evening.run()
            if chats is not None:
                await evening.client.move(evening.client.now + _LAST_TRIES, settle=True)
            return await outcome(evening.client), evening
    finally:
        served.close()
        said = served.said()
        assert "Traceback" not in said, said[-2000:]


def can_fork() -> bool:
    return hasattr(os, "fork")
