"""A Discord on loopback, for the real discord.py: gateway and REST, its rules and its failures.

In a test's own loop::

    async with served() as discord:      # tests/servers/discord_aim.py; the fixture `discord_server` gives the same
        guild = await discord.control.add_guild()
        ...                              # start the bot; stop it before the server

As a process of its own, which outlives the bot: `tests/servers/discord_process.py`, or

    python -m tests.servers.discord_server --port 0 --state FILE [--token TOKEN] [--until-eof]

which writes {"url", "pid", "token"} to FILE as soon as it listens (and prints it), and serves `/control/NAME`.

What tests may ask of it is one API in both forms: `Control` in tests/servers/discord_control.py, with its table.
Every request is checked against Discord's OpenAPI document and the rules it leaves out (tests/servers/checked.py).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote

from aiohttp import BodyPartReader, web

from tests.servers import checked, discord_callbacks
from tests.servers.discord_control import Control, serve_control
from tests.servers.discord_faults import Buckets, Fault, Faults, too_many
from tests.servers.discord_gateway import Gateway
from tests.servers.discord_messages import Files, Messages
from tests.servers.discord_people import People
from tests.servers.discord_routes import Answer, Call, find
from tests.servers.discord_rules import EMPTY, objections
from tests.servers.discord_world import World, Wrong
from tests.servers.openapi import Problem

assert discord_callbacks.__name__  # imported for its routes
API = "/api/v10"
_NO_BODY = frozenset({"GET", "DELETE"})


@dataclass(slots=True)
class Seen:
    """One request, in the order of arrival. `status` is None until it was answered, and stays so if it never was."""

    at: float
    method: str
    path: str
    query: dict[str, str]
    body: Any = None
    files: dict[str, int] = field(default_factory=dict)
    status: int | None = None
    fault: int | None = None
    problems: list[str] = field(default_factory=list)
    is_checked: bool = False


class DiscordServer:
    def __init__(self, token: str | None = None, *, checks_at_once: bool = True) -> None:
        """`checks_at_once` False: requests are held against the document only when somebody asks for violations.

        For measuring: a check takes milliseconds, in which nothing else is heard. A bad request is not refused then.
        """
        self._checks_at_once = checks_at_once
        self.world = World(*([token] if token else []))
        self.messages = Messages(self.world)
        self.people = People(self.world, self.messages)
        self.gateway = Gateway(self.world)
        self.faults = Faults()
        self.buckets = Buckets(self.world.limits)
        self.seen: list[Seen] = []
        self.hanging = asyncio.Event()
        """Set when what hangs is let go."""
        self.world.send = self.gateway.event
        self.control = Control(self)
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return self.world.base

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self, port: int = 0) -> None:
        """Listens; also after a stop, with everything as it was."""
        self.hanging.clear()
        app = web.Application(client_max_size=32 << 20)
        app.router.add_get("/gw/", self.gateway.serve)
        app.router.add_get("/resume/", self.gateway.serve)
        app.router.add_get("/attachments/{path:.*}", self._file)
        app.router.add_post("/control/{name}", serve_control(self.control))
        app.router.add_route("*", API + "/{path:.*}", self._rest)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.world.base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        self.hanging.set()
        self.gateway.open.set()
        self.gateway.drop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _file(self, request: web.Request) -> web.Response:
        data = self.world.files.get(request.path)
        return web.Response(body=data) if data is not None else web.Response(status=404)

    async def _rest(self, request: web.Request) -> web.StreamResponse:
        seen = Seen(
            time.time(), request.method, unquote(request.raw_path.partition("?")[0])[len(API) :], dict(request.query)
        )
        self.seen.append(seen)
        body, files = await _read(request)
        seen.body, seen.files = body, {name: len(data) for name, data in files.values()}
        # Before anything else: whatever the server then does, the request was wrong.
        problems = self._check(seen) if self._checks_at_once else []
        fault = self.faults.take(seen.method, seen.path)
        seen.fault = fault.id if fault else None
        self.world.changed()
        passes, headers = self.buckets.enter(seen.method, seen.path)
        if fault is not None and fault.delay_s:
            await asyncio.sleep(fault.delay_s)
        if fault is None and not passes:
            status, answer, headers = _limited(headers)
        elif fault is None or fault.stored or (fault.kind == "answer" and fault.status == 0):
            status, answer = self._answer(request, seen, problems, body, files)
        else:
            status, answer = 0, None
        if fault is not None and (fault.kind != "answer" or fault.status):
            status, answer, more = await self._fail(request, fault)
            headers = {**headers, **more}
        seen.status = status
        self.world.changed()
        return _respond(status, answer, headers)

    def _check(self, seen: Seen) -> list[Problem]:
        problems = objections(seen.method, seen.path, seen.body, seen.query)
        seen.problems += [f"{seen.method} {seen.path}: {problem}" for problem in problems]
        seen.is_checked = True
        checked.count("discord", seen.problems)
        return problems

    def check_the_rest(self) -> None:
        """What was not checked when it came."""
        for seen in self.seen:
            if not seen.is_checked:
                self._check(seen)

    async def _fail(self, request: web.Request, fault: Fault) -> tuple[int, Any, dict[str, str]]:
        self.world.changed()
        if fault.kind == "hang":
            await self.hanging.wait()
        if fault.kind != "answer":
            if request.transport is not None:
                request.transport.close()
            raise asyncio.CancelledError  # there is nobody to answer
        return fault.status, fault.body, fault.headers

    def _answer(self, request: web.Request, seen: Seen, problems: list[Problem], body: Any, files: Files) -> Answer:
        """What Discord would answer, and what it would do for it."""
        found = find(seen.method, seen.path)
        if found is None:
            if not problems:
                self._own(seen, "not served by the test server")
            return 404, {"message": "404: Not Found", "code": 0}
        doing, ids, needs_token = found
        if needs_token and request.headers.get("Authorization") != f"Bot {self.world.token}":
            return 401, {"message": "401: Unauthorized", "code": 0}
        if problems:
            return 400, _form(problems)
        call = Call(self.world, self.messages, seen.method, seen.path, body, seen.query, files, ids)
        try:
            return doing(call)
        except Wrong as wrong:
            return wrong.status, wrong.body
        except Exception as error:  # noqa: BLE001 - a 500 would be tried again for half a minute, and say nothing
            self._own(seen, f"the test server failed: {error!r}")
            return 400, {"message": "the test server failed", "code": 0}

    def _own(self, seen: Seen, what: str) -> None:
        """Not the bot's fault, and yet a test must not take the answer for Discord's."""
        seen.problems.append(f"{seen.method} {seen.path}: {what}")
        checked.count("discord", seen.problems[-1:], requests=0)


async def _read(request: web.Request) -> tuple[Any, Files]:
    """The body as JSON, and a form's files by their field."""
    if not request.content_type.startswith("multipart/"):
        raw = await request.read()
        return (json.loads(raw) if raw else None), {}
    body, files = None, {}
    reader = await request.multipart()
    async for part in reader:
        assert isinstance(part, BodyPartReader)
        if part.name == "payload_json":
            body = json.loads(await part.read())
        else:
            files[part.name or ""] = (part.filename or "", bytes(await part.read()))
    return body, files


def _limited(headers: dict[str, str]) -> tuple[int, Any, dict[str, str]]:
    limited = too_many(float(headers["X-RateLimit-Reset-After"]))
    return limited["status"], limited["body"], {**headers, **limited["headers"]}


def _form(problems: list[Problem]) -> dict[str, Any]:
    """Discord's error form: the objections nested by where they are."""
    if all(problem.code == EMPTY for problem in problems):
        return {"message": "Cannot send an empty message", "code": 50006}
    errors: dict[str, Any] = {}
    for problem in problems:
        here = errors
        for step in problem.where:
            here = here.setdefault(step, {})
        here.setdefault("_errors", []).append({"code": problem.code, "message": problem.message})
    return {"message": "Invalid Form Body", "code": 50035, "errors": errors}


def _respond(status: int, answer: Any, headers: dict[str, str]) -> web.Response:
    response = web.Response(status=status, headers=headers)
    if isinstance(answer, str):
        response.text = answer
    elif status != 204:
        # discord.py wants exactly this type, without a charset.
        response.body = json.dumps(answer).encode()
        response.headers["Content-Type"] = "application/json"
    return response


async def _main(port: int, state: Path | None, token: str | None, *, until_eof: bool, checks_at_once: bool) -> None:
    server = DiscordServer(token, checks_at_once=checks_at_once)
    await server.start(port)
    about = json.dumps({"url": server.url, "pid": os.getpid(), "token": server.world.token})
    if state is not None:
        unfinished = state.with_suffix(".part")
        unfinished.write_text(about)
        unfinished.rename(state)
    print(about, flush=True)  # noqa: T201 - for who starts it by hand
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    if until_eof:
        loop.add_reader(sys.stdin.fileno(), lambda: None if os.read(sys.stdin.fileno(), 1) else asked.set())
    for stopping in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(stopping, asked.set)
    await asked.wait()
    await server.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A Discord on loopback, for tests.")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--state", type=Path, help="file that says where it listens, written when it does")
    parser.add_argument("--token", help="the bot token it accepts")
    parser.add_argument("--until-eof", action="store_true", help="end when the input does: whoever started it is gone")
    parser.add_argument("--check-at-end", action="store_true", help="when violations are asked for: for measuring")
    options = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(
            _main(
                options.port,
                options.state,
                options.token,
                until_eof=options.until_eof,
                checks_at_once=not options.check_at_end,
            )
        )
