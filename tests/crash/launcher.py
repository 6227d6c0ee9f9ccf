"""`run.py serve` with two chats more: the real app, its purposes bound to the web and to the scripted server.

What is not as it is served: the killer looks on at the writer's statements, the texts are read before the fork, the
charts are a dot, and Discord's servers are not waited for. Those are most of an evening's time, and no promise.
"""

from __future__ import annotations

import asyncio
import base64
import functools
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from bot import cli
from bot.app import App, clock_of
from bot.clock import ScaledClock
from bot.config import Settings, load
from bot.rehearsal import clock_routes
from prompts.book import Book
from prompts.catalogue import Catalogues
from tests.crash.killer import Killer
from tests.crash.scripted_chat import ScriptedChat

Catalogues.load()  # once, for all the forks to come
Book.load()
PURPOSES = ("team", "host", "managers")
_DOT = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==")


def launch(job: dict[str, Any]) -> None:
    """`job`: config; chats (name -> url and window_s); deaths; strike (a boundary of the start itself, or null);
    is_patient."""
    settings = load(Path(job["config"]))
    cli._logging(settings.log)
    asyncio.run(_serve(settings, job))


async def _serve(settings: Settings, job: dict[str, Any]) -> None:
    stop = cli._stop_signal()
    clock = clock_of(settings)
    if settings.clock is not None and isinstance(clock, ScaledClock):
        clock = ScaledClock(settings.clock.start, 1, monotonic=lambda: 0)  # it stands still, too, until it is moved
    killer = Killer(Path(job["deaths"]), clock)
    async with AsyncExitStack() as stack:
        chats = {
            name: await stack.enter_async_context(ScriptedChat(house["url"], house["window_s"], clock))
            for name, house in job["chats"].items()
        }
        waits = _something_waits if job["is_patient"] else _web_waits
        routes = functools.partial(hand_routes, waits=waits) if isinstance(clock, ScaledClock) else clock_routes
        app = App(settings, clock, chats=chats, extra_routes=lambda app: [*routes(app), *killer.routes()])
        app.charts.draw_story = _dot
        _hasten(app)
        killer.watch(app.store)
        killer.arm(None if job["strike"] is None else tuple(job["strike"]))
        await stack.enter_async_context(app)
        await app.store.write(lambda tx: [tx.outbox.bind(*pair) for pair in bindings(job["chats"])])
        killer.disarm()
        sys.stderr.write(f"Showcaller is ready: http://{settings.web.listen}:{app.web.port}/\n")
        sys.stderr.flush()
        await stop.wait()


def _hasten(app: App) -> None:
    """discord.py waits two seconds for more servers before it calls itself ready; here there is one."""
    chat: Any = app.clients.get("discord")
    if chat is None:
        return
    make = chat.connection.make

    def hastened() -> Any:
        client = make()
        client._connection.guild_ready_timeout = 0.05
        return client

    chat.connection.make = hastened


def bindings(chats: dict[str, Any]) -> list[tuple[str, str]]:
    return [(purpose, f"{chat}:{purpose}") for purpose in PURPOSES for chat in ("web", *chats)]


def hand_routes(app: App, waits: Callable[[Any, datetime], bool]) -> list[web.RouteDef]:
    """The rehearsal's clock moved by hand under the loops of a running bot.

    Everything due on the way is done at its instant, and what `waits` has come to its end; the other chats may still
    be under way when the next request comes. With `settle`, they are waited for too, their pauses included.
    """

    async def come_to_rest() -> None:
        while await app.store.read(lambda tx: waits(tx, app.clock.now())):  # noqa: ASYNC110 - it stands in the database
            await asyncio.sleep(0.001)

    is_patient = waits is _something_waits

    async def move(request: web.Request) -> web.Response:
        body = await request.json()
        to, is_last = datetime.fromisoformat(body["to"]), body.get("settle", False)
        while (due := await _next(app, settle=is_last)) is not None and due <= to:
            _jump(app, due)
            await asyncio.sleep(0.001)
            if is_patient:
                await come_to_rest()
        _jump(app, to)
        await come_to_rest()
        return web.json_response({"now": app.clock.now().isoformat()})

    return [web.post("/rehearsal/clock", move)]


async def _next(app: App, *, settle: bool) -> datetime | None:
    return await (app.next_due() if settle else app.dispatch.next_due())


def _jump(app: App, to: datetime) -> None:
    assert isinstance(app.clock, ScaledClock)
    app.clock.jump(to)
    app.wake()


def _something_waits(tx: Any, now: datetime) -> bool:
    """Whether anything is under way to a chat, or due to be."""
    if tx.db.execute("select 1 from outbox where state = 'sending' limit 1").fetchone() is not None:
        return True
    due = tx.outbox.next_due()
    return due is not None and due <= now


def _web_waits(tx: Any, now: datetime) -> bool:
    del now
    sql = "select 1 from outbox where state in ('new', 'sending') and destination like 'web:%' limit 1"
    return tx.db.execute(sql).fetchone() is not None


async def _dot(story: Any) -> bytes:
    del story
    return _DOT
