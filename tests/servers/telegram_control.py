"""What a test may ask of the Telegram test server, and tell it, beside what its people do (telegram_people)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.servers import checked
from tests.servers.telegram_faults import Fault, Faults, Limits
from tests.servers.telegram_methods import Query
from tests.servers.telegram_people import People
from tests.servers.telegram_spec import check_models
from tests.servers.telegram_world import Message

PATIENCE_S = 20.0


@dataclass(slots=True)
class Request:
    """One request of the bot. Times are the server's clock, in seconds; `answered_at` None: no answer was given yet.

    `status` is what was answered (0: the line was cut); `is_done`: it had its effect. `files`: bytes by part.
    """

    number: int
    at: float
    method: str
    body: dict[str, Any]
    files: dict[str, int] = field(default_factory=dict)
    status: int = 0
    answered_at: float | None = None
    description: str = ""
    is_done: bool = False
    result: Any = None

    @property
    def chat(self) -> Any:
        return self.body.get("chat_id")


@dataclass(frozen=True, slots=True)
class Violation:
    method: str
    reason: str
    body: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.method}: {self.reason}"


class Control(People):
    """In a process of its own, the same by name over HTTP: see telegram_process."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.log: list[Request] = []
        self.faults, self.limits = Faults(), Limits()
        self.is_away = False
        self._cuts = 0
        self._violations: list[Violation] = []
        self._checked = 0
        self._stirred = asyncio.Event()
        self.stirs = 0
        """Requests answered and updates confirmed, so far."""

    # What reached it

    def said(
        self,
        chat_id: int | None = None,
        *,
        thread: int | None = None,
        after: int = 0,
        by_bot: bool = True,
        deleted: bool = False,
    ) -> list[Message]:
        """Messages in order, those of one chat (and topic) or of all; the bot's own unless by_bot is False.

        `after`: only those of later requests than that number; for long runs.
        """
        world = self.house.world
        return [
            one
            for one in world.messages.values()
            if (chat_id is None or one.chat == chat_id)
            and (thread is None or one.thread == thread)
            and (not after or (one.request or 0) > after)
            and (one.sender == world.bot.id) is by_bot
            and not one.service
            and (deleted or one.deleted_at is None)
        ]

    def message(self, chat_id: int, message_id: int) -> Message:
        return self.house.world.messages[chat_id, message_id]

    def sees(self, user_id: int) -> list[Message]:
        """The bot's messages that a person can read now: in their private chat and wherever they are a member."""
        chats = self.house.world.chats
        here = {one for one, chat in chats.items() if chat.members.get(user_id, "left") not in ("left", "kicked")}
        return [one for one in self.said() if one.chat in here]

    def asked(
        self, method: str | None = None, chat_id: int | None = None, *, polls: bool = False, after: int = 0
    ) -> list[Request]:
        """Requests in order, those of a later number than `after`; getUpdates only if it is named, or with `polls`."""
        return [
            one
            for one in self.log[after:]
            if (one.method == method if method else polls or one.method != "getUpdates")
            and (chat_id is None or one.chat == chat_id)
        ]

    def answers(self, query_id: str | None = None) -> list[Query]:
        """Pressed buttons with what was answered to each: all, or one."""
        return [one for one in self.house.queries.values() if query_id in (None, one.id)]

    def content(self, file_id: str) -> str:
        """A file's bytes, as hexadecimal digits."""
        return self.house.world.files[file_id].content.hex()

    def topics(self, chat_id: int) -> dict[int, str]:
        return {one.id: one.name for one in self.house.world.chats[chat_id].topics.values()}

    def menu(self, user_id: int, chat_id: int | None = None) -> list[dict[str, str]]:
        """The commands a person's app shows in a chat (without one: the private chat), by Telegram's precedence."""
        world = self.house.world
        chat = world.chats[user_id if chat_id is None else chat_id]
        is_admin = chat.members.get(user_id) in ("administrator", "creator")
        scopes: list[dict[str, Any]] = [{"type": "chat", "chat_id": chat.id}, {"type": "all_private_chats"}]
        if chat.kind != "private":
            scopes = [{"type": "chat_member", "chat_id": chat.id, "user_id": user_id}]
            scopes += [{"type": "chat_administrators", "chat_id": chat.id}] if is_admin else []
            scopes += [{"type": "chat", "chat_id": chat.id}]
            scopes += [{"type": "all_chat_administrators"}] if is_admin else []
            scopes += [{"type": "all_group_chats"}]
        language = (world.users[user_id].language_code or "")[:2]
        for scope in (*scopes, {"type": "default"}):
            for code in dict.fromkeys((language, "")):
                if menu := self.house.menus.get((json.dumps(scope, sort_keys=True), code)):
                    return menu
        return []

    def actions(self) -> list[tuple[float, int, int | None, str]]:
        """Time, chat, thread and action of every sendChatAction."""
        return self.house.actions

    def webhook_attempts(self) -> list[tuple[float, int, int]]:
        """Time, update id and status (0: no answer) of every delivery to the webhook that is set."""
        return self.house.updates.webhook.attempts if self.house.updates.webhook else []

    def pending(self) -> int:
        """Updates the bot has not confirmed yet."""
        return len(self.house.updates.waiting)

    def violations(self) -> list[Violation]:
        """Everything wrong with the requests so far. The models of aiogram are asked now, for all that are new."""
        for request in self.log[self._checked :]:
            self._wrong(request, check_models(request.method, request.body))
        self._checked = len(self.log)
        return self.noted_violations()

    def noted_violations(self) -> list[Violation]:
        """The same without asking the models, which take two seconds to load."""
        return list(self._violations)

    def _wrong(self, request: Request, reasons: list[str]) -> None:
        self._violations += [Violation(request.method, one, request.body) for one in reasons]
        checked.count("telegram", [f"{request.method}: {one}" for one in reasons], requests=0)

    # What goes wrong

    def fault(self, how: str, *, methods: list[str] | None = None, chat: int | None = None, **more: Any) -> None:
        """Something goes wrong with the next fitting requests: see Fault. Several are used in the order they came."""
        self.faults.listed.append(Fault(how, methods, chat, **more))

    def heals(self) -> None:
        """No faults any more, and the line is back."""
        self.faults.clear()
        self.away(is_away=False)

    def away(self, *, is_away: bool = True) -> None:
        """While away every connection is cut at once, the polls that wait too."""
        self.is_away = is_away
        self._cuts += is_away
        self.house.updates.polls += 1
        self.house.updates.is_held = is_away
        self.house.updates.wake()

    def real_limits(self, *, is_on: bool = True, **more: Any) -> None:
        """Telegram's own pace, from now on. more: fields of Limits."""
        self.limits = Limits(is_on, **more)

    def revokes_token(self, token: str = "") -> None:
        """The bot's token is no longer good: 401 from now on."""
        self.token = token

    def setting(self, name: str, value: Any) -> None:
        """reads_all: privacy mode off; private_topics: topics in private chats; query_lasts_s."""
        if name == "query_lasts_s":
            self.house.query_lasts_s = value
        else:
            self.house.settings[name] = value

    # Waiting

    def stir(self) -> None:
        self.stirs += 1
        self._stirred.set()
        self._stirred = asyncio.Event()

    async def until(self, is_so: Callable[[], Any], patience_s: float = PATIENCE_S) -> Any:
        """What `is_so` gives once that is true; asked again after each answered request. AssertionError if never."""
        try:
            async with asyncio.timeout(patience_s):
                while not (value := is_so()):
                    await self._stirred.wait()
                return value
        except TimeoutError:
            last = [f"{one.method} {one.status} {one.description}".strip() for one in self.log[-8:]]
            raise AssertionError(f"not so after {patience_s} s; the last requests: {last}") from None
