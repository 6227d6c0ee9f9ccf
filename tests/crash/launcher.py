"""`run.py serve` with two chats more: the real app, its purposes bound to the web and to the scripted server.

Only two things are not as they are served: the killer looks on at the writer's statements, and the charts are a dot,
since drawing them is most of an evening's time and no promise.
"""

from __future__ import annotations

import asyncio
import base64
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from bot import cli
from bot.app import App, clock_of
from bot.config import Settings, load
from bot.rehearsal import clock_routes
from tests.crash.killer import Killer
from tests.crash.scripted_chat import ScriptedChat

PURPOSES = ("team", "host", "managers")
_DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)


def launch(job: dict[str, Any]) -> None:
    """`job`: config; chats (name -> url and window_s); deaths; strike (a boundary of the start itself, or null)."""
    settings = load(Path(job["config"]))
    cli._logging(settings.log)
    asyncio.run(_serve(settings, job))


async def _serve(settings: Settings, job: dict[str, Any]) -> None:
    stop = cli._stop_signal()
    clock = clock_of(settings)
    killer = Killer(Path(job["deaths"]))
    async with AsyncExitStack() as stack:
        chats = {
            name: await stack.enter_async_context(ScriptedChat(house["url"], house["window_s"], clock))
            for name, house in job["chats"].items()
        }
        app = App(
            settings, clock, chats=chats, extra_routes=lambda app: [*clock_routes(app), *killer.routes()]
        )
        app.charts.draw_story = _dot
        killer.watch(app.store)
        killer.arm(None if job["strike"] is None else tuple(job["strike"]))
        await stack.enter_async_context(app)
        await app.store.write(lambda tx: [tx.outbox.bind(*pair) for pair in bindings(job["chats"])])
        sys.stderr.write(f"Showcaller is ready: http://{settings.web.listen}:{app.web.port}/\n")
        sys.stderr.flush()
        await stop.wait()


def bindings(chats: dict[str, Any]) -> list[tuple[str, str]]:
    return [(purpose, f"{chat}:{purpose}") for purpose in PURPOSES for chat in ("web", *chats)]


async def _dot(story: Any) -> bytes:
    del story
    return _DOT
