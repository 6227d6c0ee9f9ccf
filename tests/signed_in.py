"""A bot whose web chat has a sign-in, and devices that are signed in to it, over real HTTP with a cookie jar each."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp

from bot.app import App
from bot.clock import VirtualClock
from bot.config import WebSettings
from bot.demo.play import demo_settings
from tests.front_door import BEGIN, PEOPLE, Answer, Bot
from tests.migrated import made_ready


@dataclass(slots=True)
class Heard(Answer):
    headers: dict[str, str]


def code_of(link: str) -> str:
    return link.partition("#")[2]


@dataclass
class Device:
    """A browser as the server sees one: cookies, and the Origin that pages send. Nobody until it joins."""

    base: str
    http: aiohttp.ClientSession
    agent: str = "Mozilla/5.0 (Linux; Android 14) Chrome/130.0"

    async def call(self, method: str, path: str, *, headers: dict[str, str | None] | None = None, **how: Any) -> Heard:
        heads = {"Origin": self.base, "User-Agent": self.agent} | (headers or {})
        heads = {name: value for name, value in heads.items() if value is not None}
        async with self.http.request(method, self.base + path, headers=heads, **how) as response:
            kind = response.headers.get("Content-Type", "")
            is_json = "json" in kind and method != "HEAD"
            body = await response.json() if is_json else {"text": await response.text()}
            return Heard(response.status, body, dict(response.headers))

    async def post(self, path: str, body: Any, **headers: str | None) -> Heard:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.call("POST", path, json=body, headers=named)

    async def get(self, path: str, **headers: str | None) -> Heard:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.call("GET", path, headers=named)

    async def join(self, link: str, name: str | None = None) -> Heard:
        return await self.post("/chat/api/join", {"code": code_of(link), "name": name})

    async def look(self, link: str) -> Heard:
        return await self.post("/chat/api/join/look", {"code": code_of(link)})

    async def say(self, text: str, channel: str = "team") -> Heard:
        return await self.post("/chat/api/say", {"channel": channel, "text": text})

    async def ok(self, text: str, channel: str = "team") -> Heard:
        answer = await self.say(text, channel)
        assert answer.status == 200, (text, answer.body)
        return answer

    async def who(self) -> str | None:
        """As whom it is signed in."""
        answer = await self.get("/chat/api/me")
        return answer.body["person"]["id"] if answer.status == 200 else None

    async def invite(self, person: str) -> str:
        """The link that /invite shows."""
        answer = await self.ok(f"/invite {person}")
        [secret] = [block for block in answer.body["reply"]["blocks"] if block["type"] == "secret"]
        return secret["text"]

    def socket(self, **headers: str) -> Any:
        return self.http.ws_connect(f"{self.base}/chat/ws", headers={"Origin": self.base} | headers)

    @property
    def cookie(self) -> str:
        [cookie] = [morsel.value for morsel in self.http.cookie_jar]
        return cookie


@dataclass
class Team:
    app: App
    stack: AsyncExitStack

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.app.web.port}"

    async def device(self, **how: Any) -> Device:
        """A browser that knows nobody yet."""
        jar = aiohttp.CookieJar(unsafe=True)  # cookies of addresses without a name, too
        http = await self.stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar))
        return Device(**{"base": self.base, "http": http} | how)

    async def boss(self) -> Device:
        """The first admin."""
        device = await self.device()
        assert (await device.join(self.app.first_admin_link, "Boss")).status == 200
        return device

    async def member(self, person: str, boss: Device, **how: Any) -> Device:
        device = await self.device(**how)
        answer = await device.join(await boss.invite(person))
        assert answer.status == 200, answer.body
        return device

    async def typing(self, device: Device) -> Bot:
        """The bot as the other tests know it, with every line said by this device's person."""
        cookies = {morsel.key: morsel.value for morsel in device.http.cookie_jar}
        session = aiohttp.ClientSession(cookies=cookies, headers={"Origin": self.base})
        return Bot(self.app, await self.stack.enter_async_context(session))

    async def later(self, **by: float) -> None:
        await self.app.run_until(self.app.clock.now() + timedelta(**by))

    async def rows(self, table: str) -> list[dict[str, Any]]:
        return await self.app.store.read(lambda tx: list(tx.db.query(f"select * from {table}")))


@asynccontextmanager
async def team(
    folder: Any, *, people: Any = PEOPLE, language: str = "en", start: Any = BEGIN, chats: Any = None, **web: Any
) -> Any:
    """`web`: settings of [web] beside sign_in; `chats`: more chats beside the web chat."""
    settings = demo_settings(folder, language, web_port=0, ingest_port=0)
    settings = settings.model_copy(update={"web": WebSettings(**{"sign_in": True, "port": 0} | web)})
    async with AsyncExitStack() as stack:
        made_ready(settings.database)
        app = await stack.enter_async_context(App(settings, VirtualClock(start), people=people, chats=chats))
        yield Team(app, stack)
