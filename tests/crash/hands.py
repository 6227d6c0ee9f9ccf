"""What people type and press, now in one chat and now in another; what got no answer they do again."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bot.chat.parse import parse
from bot.core.command import places as places_of
from bot.core.reply import Items, button_id, decode
from bot.core.slash import leaves, tree
from handlers import COMMANDS
from tests.crash.life import Life
from tests.servers.discord_people import NotPossible, walk

CHATS = ("discord", "telegram", "web")
_INTEGER, _BOOLEAN, _NUMBER = 4, 5, 10


@dataclass(slots=True)
class Hands:
    """The door of the demo's people. `used`: how often each chat was; `unseen`: presses for which there was nothing to
    press anywhere; `asked_of_discord`: interactions, in the order in which they were begun, each with whether the bot
    lived until it was answered."""

    life: Life
    used: Counter[tuple[str, str]] = field(default_factory=Counter)
    unseen: list[tuple[str, str]] = field(default_factory=list)
    asked_of_discord: dict[str, bool] = field(default_factory=dict)
    _rota: Iterator[str] = field(default_factory=lambda: itertools.cycle(CHATS))
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    # -- typing ----------------------------------------------------------------

    async def say(self, person: str, channel: str, text: str, chat: str | None = None) -> None:
        """A command in the next chat by turns; small talk in the web chat, which alone keeps it."""
        chat = chat or (next(self._rota) if text.startswith("/") and not _only_pressed(text) else "web")
        self.used[chat, "say"] += 1
        if chat == "discord":
            await self._slash(person, channel, text)
        elif chat == "telegram":
            where = self.life.places.groups[channel]
            await self._on_telegram("say", "types", self.life.places.telegram_of[person], text, where)
        else:
            body = {"channel": channel, "text": text, "nonce": f"nonce-{next(self._numbers)}"}
            await self.life.ask("say", lambda: self.web("say", person, body))

    async def web(self, what: str, person: str, body: dict[str, Any], allowed: tuple[int, ...] = (200,)) -> Any:
        url = self.life.served.url("web", f"/chat/api/{what}")
        async with self.life.http.post(url, json=body, headers={"X-Showcaller-As": person}) as response:
            told = await response.json()
            assert response.status in allowed, (person, body, told)
            return told

    async def _slash(self, person: str, channel: str, text: str) -> None:
        words, options = await self._options(text)
        discord, user = self.life.places.discord, self.life.places.discord_of[person]
        where = self.life.places.channels[channel]
        await self._on_discord("say", lambda: discord.slash(user, words, options, where))

    async def _options(self, text: str) -> tuple[str, dict[str, Any]]:
        """A typed line as a slash command's path and options, of the types Discord was told of."""
        typed = parse(text)
        command, used = COMMANDS.find(typed.words)
        rest = typed.words[used:]
        given = {item.name: " ".join(rest[at]) for item, at in places_of(command, typed.keyed, len(rest))}
        path = next(words for words, leaf in leaves(tree(COMMANDS)).items() if leaf.command is command)
        known = await self._known(path)
        kinds = {option["name"]: option["type"] for option in known.get("options") or []}
        return " ".join(path), {name: _as(kinds[name], value) for name, value in (given | typed.keyed).items()}

    async def _known(self, path: tuple[str, ...]) -> dict[str, Any]:
        level: list[dict[str, Any]] = await self.life.places.discord.commands()
        found: dict[str, Any] = {}
        for word in path:
            found = next(one for one in level if one["name"] == word)
            level = found.get("options") or []
        return found

    # -- pressing --------------------------------------------------------------

    async def press(self, person: str, message: str, button: str, fields: dict[str, str]) -> None:
        """In the first chat by turns in which the message can be seen; it may come a moment late."""
        first = next(self._rota)
        order = (*CHATS[CHATS.index(first) :], *CHATS[: CHATS.index(first)])
        for _ in range(4):
            for chat in order:
                if await self._press_in(chat, person, message, button, fields):
                    self.used[chat, "press"] += 1
                    return
            await self.life.move(self.life.now + timedelta(seconds=1))
        self.unseen.append((message, button))

    async def _press_in(self, chat: str, person: str, message: str, button: str, fields: dict[str, str]) -> bool:
        if chat == "web":
            return await self._press_on_web(person, message, button, fields)
        find = self._press_on_discord if chat == "discord" else self._press_on_telegram
        return await find(person, message, f"{message}:{button}", fields)

    async def _press_on_web(self, person: str, message: str, button: str, fields: dict[str, str]) -> bool:
        with self.life.served.rows() as rows:
            if rows.execute("select 1 from web_messages where id = ?", [message]).fetchone() is None:
                return False
        body = {"message_id": message, "button_id": button, "fields": fields}
        await self.life.ask("press", lambda: self.web("press", person, body, (200, 409)))
        return True

    # -- Discord ---------------------------------------------------------------

    async def _press_on_discord(self, person: str, message: str, data: str, fields: dict[str, str]) -> bool:
        discord, user = self.life.places.discord, self.life.places.discord_of[person]
        seen = next((one for one in await discord.messages(user=user) if _control(one, data)), None)
        if seen is None:
            return False
        custom_id, values = _control(seen, data) or ("", None)
        begin = lambda: discord.press(user, seen["id"], custom_id, values)  # noqa: E731
        await self._on_discord("press", begin, fields)
        return True

    async def _on_discord(
        self, what: str, begin: Callable[[], Awaitable[str]], fields: dict[str, str] | None = None
    ) -> None:
        """Begun again where the bot died before it said anything; who has got an answer does not ask again."""
        begun: list[str] = []

        async def attempt() -> None:
            if begun and await self._is_answered(begun[-1]):
                return
            try:
                begun.append(await begin())
            except NotPossible:
                assert begun, f"{what} is not possible"  # else the button is gone: the press was done
                return
            self.asked_of_discord[begun[-1]] = False
            answer = await self.life.settled(begun[-1])
            self.asked_of_discord[begun[-1]] = True
            if answer["modal"] is not None:
                await self._fill_in(begun, answer, fields or {})

        await self.life.ask(what, attempt)

    async def _fill_in(self, begun: list[str], asked: dict[str, Any], fields: dict[str, str]) -> None:
        begun.append(await self.life.places.discord.submit(asked["user"], begun[-1], fields))
        self.asked_of_discord[begun[-1]] = False
        await self.life.settled(begun[-1])
        self.asked_of_discord[begun[-1]] = True

    async def _is_answered(self, interaction: str) -> bool:
        seen = await self.life.places.discord.interaction(interaction)
        return seen["acked_at"] is not None and not seen["loading"] and seen["modal"] is None

    # -- Telegram --------------------------------------------------------------

    async def _on_telegram(self, what: str, name: str, *args: Any) -> None:
        """Done once: Telegram keeps it until the bot has heard it."""
        is_done = False

        async def attempt() -> None:
            nonlocal is_done
            if not is_done:
                await self.life.places.ask(name, *args)
                is_done = True
            await self.life.heard()

        await self.life.ask(what, attempt)

    async def _press_on_telegram(self, person: str, message: str, data: str, fields: dict[str, str]) -> bool:
        user = self.life.places.telegram_of[person]
        seen = await self._seen_on_telegram(user, message)
        if seen is None:
            return False
        for _ in range(4):
            if data in _data(seen):
                break
            view = self._view(message, data, _data(seen))
            if view is None:
                return False
            await self._on_telegram("press", "presses", user, seen.chat, seen.id, view)
            seen = await self.life.places.ask("message", seen.chat, seen.id)
        else:
            return False
        await self._on_telegram("press", "presses", user, seen.chat, seen.id, data)
        if fields:
            [text] = fields.values()
            asked = (await self.life.places.ask("said", seen.chat))[-1]
            assert asked.id > seen.id, f"nothing was asked after {data}"
            await self._on_telegram("press", "types", user, text, seen.chat)
        return True

    async def _seen_on_telegram(self, user: int, message: str) -> Any:
        seen = await self.life.places.ask("sees", user)
        return next((one for one in reversed(seen) if any(d.startswith(f"{message}:") for d in _data(one))), None)

    def _view(self, message: str, data: str, there: set[str]) -> str | None:
        """The key that leads on to a button which is not on the keyboard: its line's own, else all lines to pick."""
        with self.life.served.rows() as rows:
            [text] = rows.execute("select reply from messages where id = ?", [message]).fetchone()
        lists = [block for block in decode(text).blocks if isinstance(block, Items)]
        items = [item for block in lists for item in block.items if item.buttons]
        for number, item in enumerate(items):
            if any(f"{message}:{button_id(message, button)}" == data for button in item.buttons):
                wanted = (f"{message}:~i{number}", f"{message}:~o1", f"{message}:~o2")
                return next((key for key in wanted if key in there), None)
        return None


def _only_pressed(text: str) -> bool:
    """It gives an option that a button gives, and no menu shows."""
    typed = parse(text)
    command, _ = COMMANDS.find(typed.words)
    return any(item.arg.hidden for item in command.parameters if item.name in typed.keyed)


def _as(kind: int, value: str) -> Any:
    if kind == _INTEGER:
        return int(value)
    if kind == _BOOLEAN:
        return value.lower() in ("true", "yes", "1")
    return float(value) if kind == _NUMBER else value


def _control(message: dict[str, Any], data: str) -> tuple[str, list[str] | None] | None:
    """The button with that custom id, or the menu that offers it and what to pick from it."""
    for part in walk(message["components"]):
        if part.get("custom_id") == data and not part.get("disabled"):
            return data, None
        if any(option["value"] == data for option in part.get("options") or []):
            return part["custom_id"], [data]
    return None


def _data(message: Any) -> set[str]:
    return {one["callback_data"] for one in message.buttons if "callback_data" in one}
