"""The whole bot behind its front door: a real app on a temporary database, over HTTP, on a clock the test moves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import aiohttp

from bot.app import App
from bot.clock import VirtualClock
from bot.core.delivery import Chat
from bot.core.model import Person, Role
from bot.core.reply import button_id, buttons_of
from bot.demo.play import demo_settings
from bot.feeds.own import sign
from tests.machine import TestMachine
from tests.migrated import made_ready

PEOPLE = (
    Person("boss", "Boss", Role.ADMIN),
    Person("olga", "Olga", Role.OPERATOR),
    Person("max", "Max", Role.MANAGER),
    Person("vera", "Vera", Role.VIEWER),
)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
"""The example secret of the Standard Webhooks documents: it protects nothing."""
BEGIN = datetime.fromisoformat("2027-03-12T18:00:00-05:00")
SHOW_AT = datetime.fromisoformat("2027-03-12T20:00:00-05:00")


@dataclass(slots=True)
class Answer:
    status: int
    body: dict[str, Any]

    @property
    def text(self) -> str:
        """What a person would read: the reply, or the error."""
        reply = self.body.get("reply")
        return (reply or {}).get("text") or self.body.get("notice") or self.body.get("error") or ""


@dataclass(slots=True)
class Bot:
    """`say`, `press`, `send` and `messages` go over HTTP; `advance` lives through everything due until then."""

    app: App
    http: aiohttp.ClientSession
    sent: int = 0
    chat: str = field(init=False)
    ingest: str = field(init=False)

    def __post_init__(self) -> None:
        self.chat = f"http://127.0.0.1:{self.app.web.port}"
        self.ingest = f"http://127.0.0.1:{self.app.ingest.port}"

    @property
    def now(self) -> datetime:
        return self.app.clock.now()

    async def advance(self, to: datetime | None = None, **by: float) -> None:
        await self.app.run_until(to if to is not None else self.now + timedelta(**by))

    async def say(self, text: str, person: str = "boss", channel: str = "team", **more: Any) -> Answer:
        return await self._post("say", person, {"channel": channel, "text": text, **more})

    async def ok(self, text: str, person: str = "boss", channel: str = "team") -> Answer:
        """Says a line that must be accepted."""
        answer = await self.say(text, person, channel)
        assert answer.status == 200, (text, answer.body)
        await self.advance(self.now)
        return answer

    async def press(self, message: str, button: str, person: str = "boss", **fields: str) -> Answer:
        """Presses by button id."""
        return await self._post("press", person, {"message_id": message, "button_id": button, "fields": fields})

    async def press_command(
        self, message: str, command: str, person: str = "boss", fields: dict[str, str] | None = None, **args: str
    ) -> Answer:
        """Presses the message's button for a command (with these arguments, where several are alike)."""
        answer = await self.press(message, await self.button(message, command, **args), person, **(fields or {}))
        await self.advance(self.now)
        return answer

    async def button(self, message: str, command: str, **args: str) -> str:
        stored = await self.app.store.read(lambda tx: tx.webchat.get(message))
        for button in buttons_of(stored.reply):
            if button.command == command and args.items() <= dict(button.args).items():
                return button_id(message, button)
        raise AssertionError(f"{message} has no button for {command} {args}")

    async def _post(self, what: str, person: str, body: dict[str, Any]) -> Answer:
        async with self.http.post(
            f"{self.chat}/chat/api/{what}", json=body, headers={"X-Showcaller-As": person}
        ) as response:
            return Answer(response.status, await response.json())

    async def messages(self, channel: str = "team", person: str = "boss", after: int = 0) -> list[dict[str, Any]]:
        url = f"{self.chat}/chat/api/messages?channel={channel}&after={after}"
        async with self.http.get(url, headers={"X-Showcaller-As": person}) as response:
            assert response.status == 200, await response.text()
            return (await response.json())["messages"]

    async def find(self, text: str, channel: str = "team", person: str = "boss") -> dict[str, Any]:
        """The newest message of the channel that contains the text."""
        found = [message for message in await self.messages(channel, person) if text in message["text"]]
        assert found, f"{text!r} is not in {channel}: {[m['text'] for m in await self.messages(channel, person)]}"
        return found[-1]

    async def room(self, slug: str = "us_main", market: str = "us", products: int = 2) -> None:
        """A room with products, a host and a secret."""
        await self.ok(f"/room add {slug} {market}")
        for number in range(1, products + 1):
            await self.ok(
                f'/product add {slug} P{number} {number}9.90 name="Lamp {number}" stock={number}00 '
                'points="warm light;quiet fan"'
            )
        await self.ok("/host add mia name=Mia zone=Asia/Shanghai")
        await self.secret(slug)

    async def secret(self, room: str, secret: str = SECRET) -> None:
        await self.app.store.write(lambda tx: tx.signals.add_secret(room, secret, self.now, old_valid_until=None))

    async def plan(self, room: str = "us_main", when: str = "2027-03-12 20:00", **more: str) -> str:
        """Plans a show and returns its id."""
        words = " ".join(f"{name}={value}" for name, value in ({"length": "1h", "host": "mia"} | more).items())
        await self.ok(f"/show plan {room} {when} {words} save=yes")
        shows = await self.app.store.read(lambda tx: tx.shows.planned())
        return max(shows, key=lambda show: (show.room == room, show.starts_at)).id

    async def send(
        self, lines: list[dict[str, Any]] | bytes, room: str = "us_main", *, secret: str = SECRET,
        webhook_id: str | None = None, timestamp: int | None = None, signature: str | None = None,
    ) -> Answer:  # fmt: skip
        """Posts a signed batch."""
        self.sent += 1
        body = lines if isinstance(lines, bytes) else json.dumps(lines).encode()
        name = webhook_id or f"w{self.sent}"
        at = str(int(self.now.timestamp()) if timestamp is None else timestamp)
        headers = {
            "webhook-id": name,
            "webhook-timestamp": at,
            "webhook-signature": signature or sign(secret, name, at, body),
        }
        async with self.http.post(f"{self.ingest}/v1/signals/{room}", data=body, headers=headers) as response:
            return Answer(response.status, await response.json())

    def line(self, kind: str, at: datetime | None = None, **fields: Any) -> dict[str, Any]:
        return {"at": (at or self.now).isoformat(), "kind": kind, **fields}


@asynccontextmanager
async def running(
    folder: Any,
    *,
    start: datetime = BEGIN,
    language: str = "en",
    people: tuple[Person, ...] = PEOPLE,
    machine: TestMachine | None = None,
    chats: Mapping[str, Chat] | None = None,
) -> Any:
    """A bot on a fresh or existing database in `folder`, on a virtual clock, on free ports."""
    settings = demo_settings(folder, language, web_port=0, ingest_port=0)
    made_ready(settings.database)
    app = App(settings, VirtualClock(start), people=people, machine=machine, chats=chats)
    async with app, aiohttp.ClientSession() as http:
        yield Bot(app, http)
