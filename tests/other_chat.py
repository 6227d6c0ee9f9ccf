"""A second chat for tests, with accounts of its own: what any chat does with a line or a press, without its wire."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bot.chat.desk import Answer, Incoming, Parts, Way
from bot.chat.parse import parse
from bot.core.delivery import Outcome, Sent
from bot.core.outline import to_text
from bot.core.places_port import ChatMark, ChatPlace, Group
from bot.core.records import Delivery
from bot.core.reply import Reply, button_id, buttons_of


@dataclass(slots=True)
class OtherChat:
    """`say` and `press` raise what the person would be told."""

    bot: Any
    name: str = "other"

    async def say(self, account: str, line: str, channel: str = "team") -> Reply:
        dispatch = self.bot.app.dispatch
        actor = await dispatch.actor(self.name, account, f"Nick of {account}", channel)
        typed = parse(line)
        return await dispatch.typed(actor, typed.words, typed.keyed, lambda tx, reply: None)

    async def press(self, account: str, message: str, button: str, channel: str = "team") -> Reply:
        dispatch = self.bot.app.dispatch
        actor = await dispatch.actor(self.name, account, f"Nick of {account}", channel)
        return await dispatch.pressed(actor, message, button, {}, lambda tx, reply: None)

    async def link(self, account: str, person: str) -> Reply:
        """The person asks in the web chat for a code and types it here."""
        return await self.say(account, await code_for(self.bot, person))


async def code_for(bot: Any, person: str) -> str:
    """The line with the code, as the person who asked was shown it, once."""
    answer = await bot.ok("/link", person)
    secrets = [block["text"] for block in answer.body["reply"]["blocks"] if block["type"] == "secret"]
    assert len(secrets) == 1
    return secrets[0]


GROUP = Group(
    "g1",
    "Glow",
    places=(
        ChatPlace("1", "#us-team"),
        ChatPlace("2", "#uk-team", missing=("attach_files", "pin_messages")),
        ChatPlace("3", "#locked", missing=("send_messages",)),
    ),
    marks=(ChatMark("10", "@ops"), ChatMark("11", "@leads"), ChatMark("g1", "@everyone", is_everybody=True)),
)


class Square:
    """The second chat's far end: it takes every message, and has the groups the test gives it."""

    idempotent_s = None

    def __init__(self, groups: tuple[Group, ...] = (GROUP,)) -> None:
        self.groups = self.last = groups
        self.is_reachable = True
        self.posts: list[Delivery] = []
        self.places = self

    async def deliver(self, delivery: Delivery) -> Outcome:
        self.posts.append(delivery)
        address = delivery.destination.partition(":")[2]
        return Sent(delivery.ref or f"{address}/{delivery.message}")

    async def look(self) -> tuple[Group, ...] | None:
        if not self.is_reachable:
            return None
        self.last = self.groups
        return self.groups

    def seen(self) -> tuple[Group, ...]:
        return self.last

    def way_in(self, code: str) -> str | None:
        """As in any chat."""

    def at(self, address: str, kind: str | None = None) -> list[Delivery]:
        return [row for row in self.posts if row.destination == f"other:{address}" and kind in (None, row.kind)]


class Booth:
    """People in the second chat, who come in through the desk as an adapter brings them."""

    def __init__(self, bot: Any, way: Way = "here") -> None:
        app, self.bot, self.events = bot.app, bot, 0
        parts = Parts(app.store, app.clock, app.dispatch, app.ports.commands, app.words, app.ports.team, _nothing)
        self.desk = parts.desk("other", way, lambda ref, pressed: ref == pressed)

    def incoming(self, account: str, address: str, marks: Iterable[str] | None = None, event: str = "") -> Incoming:
        self.events += 1
        known = None if marks is None else frozenset(marks)
        return Incoming(event or f"e{self.events}", account, f"Nick of {account}", address, known)

    async def say(
        self, account: str, line: str, address: str = "1", marks: Iterable[str] | None = None, event: str = ""
    ) -> Answer:
        typed = parse(line)
        answer = await self.desk.typed(self.incoming(account, address, marks, event), typed.words, typed.keyed)
        await self.bot.advance(self.bot.now)
        return answer

    async def press(
        self, account: str, message: str, button: str, address: str = "1", pressed: str = "", event: str = ""
    ) -> Answer:
        """`pressed`: the platform's name of the message, as Square gives it where the test says nothing."""
        incoming = self.incoming(account, address, None, event)
        answer = await self.desk.pressed(incoming, message, button, pressed or f"{address}/{message}", {})
        await self.bot.advance(self.bot.now)
        return answer

    def text(self, reply: Reply, language: str = "en") -> str:
        return to_text(reply, self.bot.app.words.reader(language, "UTC").line)


async def _nothing(_chat: str) -> None:
    pass


def button_of(answer: Answer, command: str, **args: str) -> str:
    """The id of an answer's button for a command with these arguments."""
    for button in buttons_of(answer.reply):
        if button.command == command and args.items() <= dict(button.args).items():
            return button_id(answer.message or "", button)
    raise AssertionError(f"no button for {command} {args} among {buttons_of(answer.reply)}")
