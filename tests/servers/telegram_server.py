"""A Bot API server on this machine that the real python-telegram-bot talks to, strict where Telegram is.

In a test's own loop:

    async with TelegramServer() as server:
        server.user(7, "Mei", language_code="zh")
        application = (
            Application.builder().token(server.token).base_url(server.base_url).base_file_url(server.base_file_url)
        ).build()
        ...
        server.starts(7, "host-mei")
        await server.until(lambda: server.said(7))
        server.presses(7, 7, server.said(7)[-1].id, "Yes")
        assert server.violations() == []

In a process of its own (python -m tests.servers.telegram_server), through telegram_process.TelegramProcess, the same
methods by the same names and with the same results; only `until` differs (it blocks).

To have people and places
    user(id, name, username=, language_code=), group(id, title, members, kind=, is_forum=, admins=, bot=, rights=)
To let them speak
    starts(user, payload), types(user, text, chat, thread=, reply_to=), edits(user, chat, message, text),
    sends_file(user, content, name, chat), deletes(chat, message), reacts(user, chat, message, emoji)
To press
    presses(user, chat, message, button): by number, text or data, must be there; forges(user, chat, message, data)
Topics
    opens_topic(user, chat, name), closes_topic(user, chat, thread), topics(chat)
To come, go, refuse
    joins, leaves(user, chat), blocks, unblocks, deactivates(user), makes_admin(chat, user, status=),
    bot_is(chat, status, by=, rights=), migrates(chat, new)
To read what the bot did
    said(chat, thread=, by_bot=, deleted=) -> Message: text, now.entities (marked and found), buttons, history
    asked(method, chat, polls=) -> Request; sees(user), answers(query) -> Query, menu(user, chat), actions(),
    message(chat, id), content(file), pending(), webhook_attempts()
To check
    violations() must be []; they are counted for the whole run in checked
To break
    fault(how, methods=, chat=, count=, seconds=, status=, description=, is_kept=): see telegram_faults.Fault
    real_limits(), away(), heals(), revokes_token(), forgets_queries(), setting(name, value)
To wait
    await until(lambda: ...)

What it is stricter about than Telegram: limits have no bursts; edits count; more than 8 buttons in a row, more than 100
entities and an unused upload are violations. What it leaves out: legacy Markdown, media beside photos and documents,
inline mode, channels' posts to the bot, payments. A method it does not do answers 501 and is a violation.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import inspect
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any, Self

from aiohttp import web

from tests.servers import checked
from tests.servers.telegram_control import Control, Request
from tests.servers.telegram_faults import Fault
from tests.servers.telegram_methods import MESSAGE_METHODS, House
from tests.servers.telegram_methods_bot import BOT_METHODS
from tests.servers.telegram_methods_chats import CHAT_METHODS
from tests.servers.telegram_process import encoded
from tests.servers.telegram_rules import Call, Upload
from tests.servers.telegram_spec import check, check_answer, decode, method_named
from tests.servers.telegram_updates import Updates
from tests.servers.telegram_world import RefusedError, User, World

TOKEN = "123456:made-up-for-tests-only"
_METHODS: dict[str, Callable[[House, Call], Any]] = MESSAGE_METHODS | BOT_METHODS | CHAT_METHODS


class TelegramServer(Control):
    """`port` 0: any free one. `clock`: seconds since the epoch."""

    def __init__(
        self,
        *,
        token: str = TOKEN,
        username: str = "ShowcallerBot",
        port: int = 0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(token)
        bot = User(int(token.partition(":")[0]), "Showcaller", username, is_bot=True)
        self.house = House(World(bot, clock), Updates(clock, changed=self.stir))
        self.port = port
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        return f"{self.url}/bot"

    @property
    def base_file_url(self) -> str:
        return f"{self.url}/file/bot"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def start(self) -> None:
        """Listens; after a stop at the same port as before."""
        app = web.Application(client_max_size=60_000_000)
        app.router.add_route("*", "/bot{token}/{method}", self._method)
        app.router.add_get("/file/bot{token}/{path:.+}", self._file)
        app.router.add_post("/control/{name}", self._control)
        app.router.add_get("/control/changed", self._changed)
        # Cancelled with its client: a poll of a bot that was killed must not live on.
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]
        self.away(is_away=False)

    async def stop(self) -> None:
        """Nobody listens any more; what is known stays."""
        self.away()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aexit__(self, *_: object) -> None:
        self.house.updates.stop()
        await self.stop()
        self.violations()

    # The bot's side

    async def _method(self, request: web.Request) -> web.StreamResponse:
        if self.is_away:
            return self._cut(request)
        if (refusal := self._known(request.match_info["token"])) is not None:
            return refusal
        method = method_named(request.match_info["method"])
        if method is None:
            return _answer(404, {"ok": False, "error_code": 404, "description": "Not Found: method not found"})
        call, wrong = await self._read(request, method)
        noted = self._note(call, wrong)
        try:
            answer = await self._answered(request, call, noted)
            noted.status = answer.status if isinstance(answer, web.Response) else 0
            return answer
        finally:
            noted.answered_at = self.house.world.clock()
            self.stir()

    def _known(self, token: str) -> web.Response | None:
        if token == self.token:
            return None
        is_wellformed = token.partition(":")[0].isdigit() and ":" in token
        code, said = (401, "Unauthorized") if is_wellformed else (404, "Not Found")
        return _answer(code, {"ok": False, "error_code": code, "description": said})

    async def _read(self, request: web.Request, method: str) -> tuple[Call, list[str]]:
        raw: dict[str, str] = dict(request.query)
        files: dict[str, Upload] = {}
        if request.content_type == "application/json":
            return Call(len(self.log) + 1, method, await request.json()), []
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                files[name] = Upload(value.filename, value.content_type, value.file.read())
            else:
                raw[name] = value if isinstance(value, str) else value.decode()
        body, wrong = decode(method, raw)
        # A file sent straight as the field's part is used by that field.
        fields = {name for name in files if name in ("photo", "document", "certificate", "thumbnail")}
        body |= {name: f"attach://{name}" for name in fields if name not in body}
        return Call(len(self.log) + 1, method, body, files), wrong

    def _note(self, call: Call, wrong: list[str]) -> Request:
        sizes = {name: len(one.content) for name, one in call.files.items()}
        noted = Request(call.number, self.house.world.clock(), call.method, call.body, sizes)
        self.log.append(noted)
        checked.count("telegram")
        self._wrong(noted, wrong + check(call.method, call.body, set(call.files)))
        return noted

    async def _answered(self, request: web.Request, call: Call, noted: Request) -> web.StreamResponse:
        """The answer, with whatever goes wrong on the way."""
        cuts, fault = self._cuts, self.faults.take(call.method, call.body.get("chat_id"))
        if fault is None or fault.how == "slow" or fault.is_kept:
            code, answer = await self._done(call, noted)
        if cuts != self._cuts:
            return self._cut(request)
        if fault is None:
            return _answer(code, answer)
        noted.description = f"fault: {fault.how}"
        if fault.how == "slow":
            await asyncio.sleep(fault.seconds)
            return _answer(code, answer)
        return await self._spoilt(request, fault)

    async def _spoilt(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        if fault.how == "limit":
            return _answer(*_refused(_too_many(max(1, round(fault.seconds)))))
        if fault.how == "status":
            if fault.status > 500:
                page = f"<html><body><h1>{fault.status} {fault.said}</h1></body></html>"
                return web.Response(status=fault.status, text=page, content_type="text/html")
            return _answer(*_refused(RefusedError(fault.status, fault.said)))
        if fault.how == "garbled":
            return web.Response(text='{"ok": true, "resu', content_type="application/json")
        if fault.how == "hang":
            await asyncio.sleep(fault.seconds or 3600)
        return self._cut(request)

    async def _done(self, call: Call, noted: Request) -> tuple[int, dict[str, Any]]:
        try:
            self._paced(call)
            result = _METHODS.get(call.method, _undone)(self.house, call)
            result = await result if inspect.isawaitable(result) else result
            wrong = check_answer(call.method, result)
            assert not wrong, wrong
        except RefusedError as refusal:
            noted.description = refusal.description
            self._wrong(noted, [refusal.description] if refusal.is_violation else [])
            return _refused(refusal)
        finally:
            self._wrong(noted, call.warnings)
        noted.is_done, noted.result = True, result if call.method != "getUpdates" else None
        return 200, {"ok": True, "result": result}

    def _paced(self, call: Call) -> None:
        chat = call.body.get("chat_id")
        wait = self.limits.wait(call.method, chat, self.house.world.clock(), len(call.body.get("media") or []) or 1)
        if wait:
            raise _too_many(wait)

    @staticmethod
    def _cut(request: web.Request) -> web.StreamResponse:
        if request.transport is not None:
            request.transport.abort()
        return web.StreamResponse(status=500)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        kept = self.house.world.files.get(request.match_info["path"].rpartition("/")[2])
        if self._known(request.match_info["token"]) is not None or kept is None:
            return _answer(404, {"ok": False, "error_code": 404, "description": "Not Found"})
        return web.Response(body=kept.content, content_type=kept.mime or "application/octet-stream")

    # The test's side, from another process

    async def _control(self, request: web.Request) -> web.Response:
        name, asked = request.match_info["name"], await request.json()
        if name.startswith("_") or not hasattr(Control, name):
            return web.json_response({"error": f"no {name}"}, status=404)
        try:
            return web.json_response({"result": encoded(getattr(self, name)(*asked["args"], **asked["kwargs"]))})
        except Exception as error:  # noqa: BLE001 -- whatever it is, the test that asked is told
            return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)

    async def _changed(self, request: web.Request) -> web.Response:
        """Answers once there were more changes than that, or after 5 seconds."""
        since = int(request.query["since"])
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stirred.wait(), 5) if self.stirs <= since else None
        return web.json_response({"stirs": self.stirs})


def _undone(_: House, call: Call) -> Any:
    raise RefusedError(501, f"the test server does not do {call.method}", is_violation=True)


def _too_many(wait_s: int) -> RefusedError:
    return RefusedError(429, f"Too Many Requests: retry after {wait_s}", retry_after=wait_s)


def _refused(refusal: RefusedError) -> tuple[int, dict[str, Any]]:
    answer: dict[str, Any] = {"ok": False, "error_code": refusal.code, "description": refusal.description}
    return refusal.code, answer | ({"parameters": refusal.parameters} if refusal.parameters else {})


def _answer(code: int, body: dict[str, Any]) -> web.Response:
    return web.Response(status=code, text=json.dumps(body, ensure_ascii=False), content_type="application/json")


async def serve(port: int, token: str, username: str) -> None:
    """Until standard input ends; the first line of output says the port."""
    async with TelegramServer(token=token, username=username, port=port) as server:
        sys.stdout.write(f"{json.dumps({'port': server.port})}\n")
        sys.stdout.flush()
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        os._exit(0)  # the models are asked by whoever started this, and nobody waits for the polls


if __name__ == "__main__":
    asked = argparse.ArgumentParser()
    asked.add_argument("--port", type=int, default=0)
    asked.add_argument("--token", default=TOKEN)
    asked.add_argument("--username", default="ShowcallerBot")
    given = asked.parse_args()
    asyncio.run(serve(given.port, given.token, given.username))
