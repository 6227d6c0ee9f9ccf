"""A chat platform outside the bot: takes posts and edits over HTTP, and writes down everything that reached it.

One process has any number of houses, each with rules and a journal of its own. A house with a window knows the nonce of
a post for so many seconds, as Discord does; one without takes every post for a new one, as Telegram does. What it was
told to answer next (`/HOUSE/script`) it answers, in order: a limit, a refusal, an error, silence, a broken line.

    python tests/crash/chat_server.py      prints its port, serves until its standard input ends
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from aiohttp import web

HANG_S = 30.0
"""Longer than any caller waits."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one request instead of being taken and answered.

    `how`: ok | limit (429, come back in `seconds`) | gone (403) | wrong (400) | broken (500, not kept) | hang (no
    answer, kept or not) | cut (the line breaks, kept or not) | slow (taken, answered `seconds` of real time later) |
    lie (said to be taken, and not kept).
    """

    how: str = "ok"
    is_kept: bool = False
    seconds: float = 0.0


@dataclass(slots=True)
class Post:
    ref: str
    at: datetime
    text: str


@dataclass(slots=True)
class House:
    """One chat of one evening. Its clock is what the last caller said it was; it never goes back.

    The first message of kind `shuts_at` makes the channel it is for refuse everything, until the house is opened again.
    """

    journal: Path
    window_s: float | None
    shuts_at: str | None = None
    shut: set[str] = field(default_factory=set)
    posts: dict[str, Post] = field(default_factory=dict)
    by_nonce: dict[str, Post] = field(default_factory=dict)
    script: deque[Fault] = field(default_factory=deque)
    now: datetime | None = None
    seen: int = 0

    def hear(self, said: str) -> datetime:
        at = datetime.fromisoformat(said)
        self.now = at if self.now is None else max(self.now, at)
        return self.now

    def post(self, body: dict[str, Any]) -> tuple[Post, bool]:
        """The message as it stands here, and whether it is new."""
        now = self.hear(body["now"])
        known = self.by_nonce.get(body["nonce"])
        if known is not None and self.window_s is not None and (now - known.at).total_seconds() < self.window_s:
            return known, False
        made = Post(f"r{len(self.posts) + 1}", now, body["text"])
        self.posts[made.ref] = self.by_nonce[body["nonce"]] = made
        return made, True

    def edit(self, body: dict[str, Any]) -> bool:
        self.hear(body["now"])
        post = self.posts.get(body["ref"])
        if post is None:
            return False
        post.text = body["text"]
        return True

    def refuses(self, body: dict[str, Any]) -> bool:
        if body["kind"] == self.shuts_at:
            self.shut.add(body["address"])
        return body["address"] in self.shut

    def reopen(self) -> None:
        self.shuts_at = None
        self.shut.clear()

    def note(self, line: dict[str, Any]) -> None:
        self.seen += 1
        with self.journal.open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps({'seen': self.seen} | line, ensure_ascii=False)}\n")


class Server:
    def __init__(self) -> None:
        self.houses: dict[str, House] = {}

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_put("/{house}", self._open)
        app.router.add_post("/{house}/script", self._script)
        app.router.add_post("/{house}/reopen", self._reopen)
        app.router.add_post("/{house}/post", self._deliver)
        app.router.add_post("/{house}/edit", self._deliver)
        return app

    async def _open(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.houses[request.match_info["house"]] = House(Path(body["journal"]), body["window_s"], body["shuts_at"])
        return web.json_response({})

    async def _reopen(self, request: web.Request) -> web.Response:
        self.houses[request.match_info["house"]].reopen()
        return web.json_response({})

    async def _script(self, request: web.Request) -> web.Response:
        house = self.houses[request.match_info["house"]]
        house.script = deque(Fault(**fault) for fault in await request.json())
        return web.json_response({})

    async def _deliver(self, request: web.Request) -> web.StreamResponse:
        house, op, body = (
            self.houses[request.match_info["house"]],
            request.path.rpartition("/")[2],
            await request.json(),
        )
        fault = Fault("gone") if house.refuses(body) else house.script.popleft() if house.script else Fault()
        line: dict[str, Any] = {"op": op, "how": fault.how} | {key: body[key] for key in body if key != "text"}
        status, answer = 200, {"ref": "r0"} if op == "post" else {}
        if fault.how in ("ok", "slow") or fault.is_kept:
            line["text"] = body["text"]
            if op == "post":
                post, is_new = house.post(body)
                line |= {"ref": post.ref, "is_kept": is_new}
                answer = {"ref": post.ref}
            else:
                line["is_kept"] = house.edit(body)
                status = 200 if line["is_kept"] else 404
        else:
            line["is_kept"] = False
        house.note(line)
        if fault.how in ("limit", "gone", "wrong", "broken"):
            status, answer = {"limit": 429, "gone": 403, "wrong": 400, "broken": 500}[fault.how], {}
            answer = {"retry_after": fault.seconds} if fault.how == "limit" else {}
        elif fault.how == "slow":
            await asyncio.sleep(fault.seconds)
        elif fault.how == "hang":
            await asyncio.sleep(HANG_S)
        elif fault.how == "cut" and request.transport is not None:
            request.transport.abort()
        return web.json_response(answer, status=status)


async def serve() -> None:
    runner = web.AppRunner(Server().app(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    sys.stdout.write(f"{site._server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    os._exit(0)  # whoever hangs on a line is let go with it


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve())
