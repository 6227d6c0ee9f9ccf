"""Telegram as people use it: typed commands, inline keys, answered questions, at a Bot API server of our own."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.chat.telegram import keyboard as telegram_keyboard
from bot.chat.telegram import refs
from bot.chat.telegram.keyboard import VIEW
from bot.config import WebSettings
from bot.core.reply import Reply
from handlers import COMMANDS
from tests.chat.telegram_app import ACCOUNTS, TEAM, TelegramBot, telegram_running
from tests.contract.driver import Key, Place, RefusedError, Seen
from tests.front_door import Bot
from tests.servers.telegram_world import Message

GROUPS: Mapping[Place, int] = {"team": TEAM, "host": -1002000, "managers": -1003000}
_PLACES = {f"telegram:{chat}": place for place, chat in GROUPS.items()}
_UNSEEN = re.compile("[\u200b\u2060\ufe0f]")
"""What breaks links and commands up without being seen."""
_DONE_ALL_THE_SAME = ("checklist.no_go_said",)
"""Answers that look like refusals, and are none."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A message of ours that stands in Telegram, in the parts that `ref` names."""

    message: str
    kind: str
    destination: str
    ref: str
    reply: Reply

    @property
    def place(self) -> str:
        """A private chat's is the host's."""
        return _PLACES.get(self.destination, "host")

    def parts(self, said: list[Message]) -> list[Message]:
        chat = int(self.destination.partition(":")[2].removeprefix("@"))
        ids = {posted.id for posted in refs.parse(self.ref)}
        return [one for one in said if one.chat == chat and one.id in ids]


@dataclass(slots=True)
class TelegramDriver:
    bot: TelegramBot
    chat: str = "telegram"
    team: str = f"telegram:{TEAM}"
    refuses_alone: bool = False
    asks_aloud: bool = True
    _known: dict[str, tuple[str, Seen]] = field(default_factory=dict)

    def spelled(self, line: str) -> str:
        return line

    async def link(self, person: str) -> None:
        await self.bot.person(ACCOUNTS[person], person)

    # -- in --------------------------------------------------------------------

    async def say(self, person: str, line: str, place: Place) -> Seen:
        account = ACCOUNTS[person]
        said = await self.bot.types(account, line, GROUPS[place])
        return await self._answer(said, place)

    async def press(self, person: str, seen: Seen, key: Key, fields: Mapping[str, str]) -> Seen:
        account, message = ACCOUNTS[person], await self._standing(seen, key.message)
        await self._turn_to(account, message, f"{key.message}:{key.button}")
        before = {(one.chat, one.id) for one in self.bot.server.said()}
        done_before = await self._done()
        query = await self.bot.taps(account, message, f"{key.message}:{key.button}")
        told = query.answers[-1][1] if query.answers else {}
        for text in fields.values():
            [question] = [one for one in self.bot.server.said(message.chat) if (one.chat, one.id) not in before]
            await self.bot.types(account, text, message.chat, reply_to=question.id)
        said = [one for one in self.bot.server.said() if (one.chat, one.id) not in before]
        if fields:
            closed, said = said[0], said[1:]
            if not await self._answers(said):
                return Seen(None, seen.place, closed.text or "", raw=_raw(closed))
        if told.get("text"):
            answer = Seen(None, seen.place, told["text"], is_private=True, raw=dict(told))
            if await self._done() == done_before:
                raise RefusedError(answer)
            return answer
        return await self._answer(said, seen.place)

    async def _turn_to(self, account: int, message: Message, name: str) -> None:
        """Turns the keyboard over until the button is on it, by the keys that are to be seen."""
        reply = (await self._row(name.partition(":")[0])).reply
        for view in self._way(reply, [one["callback_data"] for one in message.buttons if "callback_data" in one], name):
            await self.bot.taps(account, message, view)
        assert name in [one.get("callback_data") for one in message.buttons], f"{name} cannot be turned to"

    def _way(self, reply: Reply, shown: list[str], name: str) -> list[str]:
        """The views to be pressed one after another, the shortest way."""
        ways, seen = [([], shown)], set[str]()
        for way, keys in ways:
            if name in keys:
                return way
            for view in keys:
                if f":{VIEW}" in view and view not in seen:
                    seen.add(view)
                    ways.append(([*way, view], [key.data for key in self._view(reply, view)]))
        raise AssertionError(f"{name} is nowhere behind {shown}")

    def _view(self, reply: Reply, view: str) -> list[telegram_keyboard.Key]:
        message, _, name = view.partition(":")
        return list(itertools.chain(*telegram_keyboard.keyboard(reply, self._say, message, name)))

    async def _done(self) -> int:
        """How many events of Telegram's had their effect: a refused press has none."""
        return await self.bot.app.store.read(lambda tx: tx.db["inbound"].count)

    async def _answer(self, said: list[Message], place: str) -> Seen:
        found = await self._answers(said)
        assert found, f"nothing was answered: {[one.text for one in said]}"
        row, parts = found[-1]
        seen = await self._seen(row, place, parts)
        if _is_refusal(row.reply):
            raise RefusedError(seen)
        return seen

    async def _answers(self, said: list[Message]) -> list[tuple[_Row, list[Message]]]:
        """Those of the messages that are answers, with our ids of them."""
        found = [(row, row.parts(said)) for row in await self._rows() if row.kind == "answer"]
        return [(row, parts) for row, parts in found if parts]

    # -- out -------------------------------------------------------------------

    async def shown(self) -> list[Seen]:
        said = self.bot.server.said()
        rows = [row for row in await self._rows() if row.kind != "answer"]
        found = [await self._read(row, row.parts(said)) for row in rows]
        return sorted(found, key=lambda seen: int((seen.message or "m0")[1:]))

    async def _read(self, row: _Row, parts: list[Message]) -> Seen:
        """What did not change is not read again."""
        now = repr([(one.id, len(one.history)) for one in parts])
        before, seen = self._known.get(f"{row.destination} {row.message}", (None, None))
        if seen is None or before != now:
            seen = await self._seen(row, row.place, parts)
            self._known[f"{row.destination} {row.message}"] = now, seen
        return seen

    async def _rows(self) -> list[_Row]:
        """Everything of ours that stands in Telegram."""

        def work(tx: Any) -> list[_Row]:
            rows = []
            for row in tx.db.query("select * from destinations where destination like 'telegram:%'"):
                message = tx.outbox.message(row["message"])
                rows.append(_Row(message.id, message.kind, row["destination"], row["ref"], message.reply))
            for row in tx.db.query("select message from answers where chat = 'telegram' and ref is not null"):
                answer = tx.chats.answer(row["message"])
                to = f"@{answer.account}" if answer.is_private else answer.address
                rows.append(_Row(answer.message, "answer", f"telegram:{to}", answer.ref, answer.reply))
            return rows

        return await self.bot.app.store.read(work)

    async def _row(self, message: str, place: str | None = None) -> _Row:
        """Where a message of ours stands; in that place, where it stands in several."""
        rows = [row for row in await self._rows() if row.message == message]
        return next((row for row in rows if row.place == place), rows[0])

    async def _standing(self, seen: Seen, message: str) -> Message:
        """The part that carries the keyboard."""
        row = await self._row(message, seen.place)
        return next(one for one in reversed(row.parts(self.bot.server.said())) if one.buttons)

    async def _seen(self, row: _Row, place: str, parts: list[Message]) -> Seen:
        text = "\n".join(map(_read, parts))
        pictures = tuple(self._content(one.now.media["photo"][-1]) for one in parts if "photo" in one.now.media)
        documents = [one.now.media["document"] for one in parts if "document" in one.now.media]
        files = {one["file_name"]: self._content(one) for one in documents}
        keys = await self._keys(row, parts)
        is_private = parts[0].chat > 0
        raw = [_raw(one) for one in parts]
        return Seen(row.message, place, text, tuple(keys), is_private, pictures, files, raw)

    def _content(self, media: Mapping[str, Any]) -> bytes:
        return bytes.fromhex(self.bot.server.content(media["file_id"]))

    async def _keys(self, row: _Row, parts: list[Message]) -> list[Key]:
        """The keys that are to be seen, and those that can be turned to."""
        shown = {one["callback_data"]: one["text"] for part in parts for one in part.buttons if "callback_data" in one}
        left, seen = [data for data in shown if f":{VIEW}" in data], set[str]()
        while left:
            view = left.pop()
            seen.add(view)
            for key in self._view(row.reply, view):
                shown.setdefault(key.data, key.label)
                left += [key.data] if f":{VIEW}" in key.data and key.data not in {*seen, *left} else []
        return [await self._key(data, label) for data, label in shown.items() if f":{VIEW}" not in data]

    def _say(self, line: Any) -> str:
        team = self.bot.app.ports.team
        return self.bot.app.words.reader(team.language, team.zone).line(line)

    async def _key(self, data: str, label: str) -> Key:
        message, _, button = data.partition(":")
        stands_for = await self.bot.app.store.read(lambda tx: tx.outbox.button(message, button))
        assert stands_for is not None, f"{data} stands for nothing"
        return Key(label, stands_for.command, stands_for.args, message, button)


def _is_refusal(reply: Reply) -> bool:
    key = getattr(getattr(reply.blocks[0], "text", None), "key", "")
    return reply.tone == "error" and key not in _DONE_ALL_THE_SAME


_TAPPED = re.compile(
    rf"(?<!\S)/(?:{'|'.join(one.path.replace(' ', '_') for one in COMMANDS.commands if one.name)})(?=\s|$)"
)


def _read(part: Message) -> str:
    """The text as it is read, without the line that rings people's phones; commands of two words as they are told."""
    calls = any(one["type"] == "text_mention" for one in part.now.entities)
    lines = [line for line in (part.text or "").split("\n") if not (calls and line.startswith("🔔"))]
    return _TAPPED.sub(lambda found: found[0].replace("_", " ", 1), _UNSEEN.sub("", "\n".join(lines)))


def _raw(one: Message) -> dict[str, Any]:
    """What Telegram shows of it."""
    now = one.now
    where = "private" if one.chat > 0 else _PLACES[f"telegram:{one.chat}"]
    shown = {
        "where": where,
        "topic": one.thread,
        "silent": one.is_silent,
        "text": now.text,
        "caption": now.caption,
        "entities": [_stable(entity) for entity in now.marked],
        "keyboard": _stable(now.keyboard),
        "media": sorted(now.media),
    }
    return {name: value for name, value in shown.items() if value}


def _stable(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str))


@asynccontextmanager
async def on_loopback(
    folder: Path, *, chats: Any, signs_in: bool, language: str
) -> AsyncIterator[tuple[Bot, TelegramDriver]]:
    """Each purpose has a group of its own; everybody who is a person has an account and has pressed Start."""
    tables = {"web": WebSettings(port=0, sign_in=signs_in)}
    async with telegram_running(folder, language=language, is_bound=False, chats=chats, tables=tables) as bot:
        for place, chat in GROUPS.items():
            if place != "team":
                bot.server.group(chat, place.title(), list(ACCOUNTS.values()))
            await bot.app.store.write(lambda tx, to=f"telegram:{chat}", place=place: tx.outbox.bind(place, to))
        await bot.client.places.look()  # or what the groups are called is known sooner or later
        yield bot, TelegramDriver(bot)
        assert bot.server.noted_violations() == []
