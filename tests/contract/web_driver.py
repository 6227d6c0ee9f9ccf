"""The web chat as people use it: over HTTP, as the page does."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.contract.driver import PLACES, Key, Place, RefusedError, Seen
from tests.front_door import Answer, Bot, running
from tests.signed_in import team

_TWICE = ("rev", "at", "text", "buttons")
"""What counts, and what is in a message's blocks as well."""


class WebDriver:
    chat = "web"
    team = "web:team"
    refuses_alone = True
    asks_aloud = False

    def __init__(self, bot: Bot, devices: Mapping[str, Bot] | None = None) -> None:
        """`devices`: the bot as each person's browser reaches it, where there is a sign-in."""
        self._bot, self._devices = bot, devices or {}
        self._promises: dict[str, bool] = {}
        self._known: dict[str, tuple[int, Seen]] = {}

    def _as(self, person: str) -> Bot:
        return self._devices[person] if self._devices else self._bot

    def spelled(self, line: str) -> str:
        return line

    async def link(self, person: str) -> None:
        """Without a sign-in an account is called like its person."""

    async def say(self, person: str, line: str, place: Place) -> Seen:
        answer = await self._as(person).say(line, person, place)
        await self._bot.advance(self._bot.now)
        return await self._answer(answer, person)

    async def press(self, person: str, seen: Seen, key: Key, fields: Mapping[str, str]) -> Seen:
        assert set(fields) == set(key.wants), f"{key.label} asks for {key.wants}"
        answer = await self._as(person).press(key.message, key.button, person, **fields)
        await self._bot.advance(self._bot.now)
        return await self._answer(answer, person)

    async def _answer(self, answer: Answer, person: str) -> Seen:
        if answer.status != 200:
            instead = f"\n{answer.body['try']}" if answer.body.get("try") else ""
            raise RefusedError(Seen(None, "", answer.text + instead, is_private=True, raw=answer.body))
        shown = answer.body["reply"]
        if shown is None:
            return Seen(None, "", answer.body["notice"], is_private=True, raw=answer.body)
        return await self._seen(shown, person)

    async def shown(self) -> list[Seen]:
        found = []
        for place in PLACES:
            messages = await self._as("boss").messages(place, "boss")
            promised = [one for one in messages if one["author"]["kind"] == "bot" and await self._is_promised(one)]
            found += [await self._read(one) for one in promised]
        return sorted(found, key=lambda seen: int((seen.message or "m0")[1:]))

    async def _is_promised(self, shown: dict[str, Any]) -> bool:
        if shown["id"] not in self._promises:
            found = await self._bot.app.store.read(lambda tx: tx.outbox.message(shown["id"]))
            self._promises[shown["id"]] = found is not None
        return self._promises[shown["id"]]

    async def _read(self, shown: dict[str, Any]) -> Seen:
        """What did not change is not read again."""
        rev, seen = self._known.get(shown["id"], (None, None))
        if seen is None or rev != shown["rev"]:
            seen = await self._seen(shown, "boss")
            self._known[shown["id"]] = shown["rev"], seen
        return seen

    async def _seen(self, shown: dict[str, Any], person: str) -> Seen:
        names = shown["attachments"]
        pictures = tuple([await self._picture(name, person) for name in names])
        keys = tuple([await self._key(shown["id"], button) for button in shown["buttons"]])
        raw = {name: value for name, value in shown.items() if name not in _TWICE}
        lines = [line for line in shown["text"].split("\n") if not _is_picture(line, shown)]
        text = "\n".join(re.sub(r"^\[[ x!-]\] ", "", line) for line in lines)
        return Seen(shown["id"], shown["channel"], text, keys, shown["private"], pictures, raw=raw)

    async def _key(self, message: str, button: dict[str, Any]) -> Key:
        stands_for = await self._bot.app.store.read(lambda tx: tx.outbox.button(message, button["id"]))
        wants = tuple(entry["name"] for entry in button["form"])
        return Key(button["label"], stands_for.command, stands_for.args, message, button["id"], wants)

    async def _picture(self, name: str, person: str) -> bytes:
        url = f"{self._bot.chat}/chat/files/{name}"
        async with self._as(person).http.get(url, headers={"X-Showcaller-As": person}) as response:
            assert response.status == 200, name
            return await response.read()


def _is_picture(line: str, shown: dict[str, Any]) -> bool:
    """The words for who cannot see a picture."""
    return line in [f"[{' '.join(block['alt'].split())}]" for block in shown["blocks"] if block["type"] == "image"]


@asynccontextmanager
async def on_web(folder: Path, *, chats: Any, signs_in: bool, language: str) -> AsyncIterator[tuple[Bot, WebDriver]]:
    if not signs_in:
        async with running(folder, chats=chats, language=language) as bot:
            yield bot, WebDriver(bot)
        return
    async with team(folder, chats=chats, language=language) as door:
        boss = await door.boss()
        people = {"boss": boss, "olga": await door.member("olga", boss)}
        devices = {person: await door.typing(device) for person, device in people.items()}
        yield Bot(door.app, boss.http), WebDriver(Bot(door.app, boss.http), devices)
