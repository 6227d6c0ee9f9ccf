"""The relay over the real outbox, with chats that answer as they are told."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.clock import VirtualClock
from bot.core.delivery import Outcome, Rejected, Sent
from bot.core.model import Person, Role
from bot.core.ports import Tx
from bot.core.records import Account, Delivery, Message, Post
from bot.core.reply import Reply, Text, reply
from bot.relay import Relay
from handlers import delivery
from storage.database import SqliteStore

START = datetime(2027, 3, 12, 18, tzinfo=UTC)


class ScriptedChat:
    """Gives the scripted answers in turn, then takes everything. Like a real one it knows a message by its id."""

    def __init__(self, idempotent_s: float | None = math.inf) -> None:
        self.idempotent_s = idempotent_s
        self.script: list[Outcome | Exception] = []
        self.got: list[tuple[str, str]] = []
        self.repeats: list[str] = []
        self.where: list[str] = []
        self.seen: list[tuple[tuple[str, str], str]] = []
        self.shown: dict[str, str] = {}

    async def deliver(self, delivery: Delivery) -> Outcome:
        text = said(delivery.reply)
        self.got.append((delivery.op, text))
        self.where.append(delivery.destination)
        self.seen.append((self.got[-1], delivery.destination))
        if delivery.repeat:
            self.repeats.append(text)
        answer = self.script.pop(0) if self.script else Sent(f"ref-{delivery.message}")
        if isinstance(answer, Exception):
            raise answer
        if delivery.op == "edit" and delivery.message not in self.shown:
            return Rejected("there is no such message")
        if isinstance(answer, Sent) and (delivery.op == "edit" or delivery.message not in self.shown):
            self.shown[delivery.message] = text
        return answer


def said(answer: Reply) -> str:
    return " ".join(str(block.text) for block in answer.blocks if isinstance(block, Text))


class Desk:
    """`chat` is the web chat, which knows its messages for ever; `nonce` does for 300 s, `plain` not at all."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.clock = VirtualClock(START)
        self.chat, self.nonce, self.plain = ScriptedChat(), ScriptedChat(300), ScriptedChat(None)
        self.relay = self.new_relay()

    def new_relay(self, **more: Any) -> Relay:
        chats = {"web": self.chat, "nonce": self.nonce, "plain": self.plain}
        return Relay(self.store, self.clock, chats, on_parked=delivery.on_parked, **more)

    async def post(
        self, key: str, text: str | None = None, *, channel: Any = "team", kind: str = "test", **more: Any
    ) -> str:
        post = Post(key, channel, kind, reply(Text(text or key)), **more)
        return await self.store.write(lambda tx: tx.outbox.post(post, self.clock.now()))

    async def edit(self, key: str, text: str) -> None:
        await self.store.write(lambda tx: tx.outbox.edit(key, reply(Text(text)), self.clock.now()))

    async def bind(self, purpose: str, *destinations: str) -> None:
        for destination in destinations:
            await self.store.write(lambda tx, name=destination: tx.outbox.bind(purpose, name))  # type: ignore[misc]

    async def link(self, person: str, *accounts: str) -> None:
        """Chat accounts of a person ("CHAT:ACCOUNT"), the preferred first."""

        def work(tx: Tx) -> None:
            tx.people.save(Person(person, person.title(), Role.HOST))
            for second, account in enumerate(accounts):
                chat, _, name = account.partition(":")
                tx.people.link(Account(chat, name, person, START + timedelta(seconds=second)))

        await self.store.write(work)

    async def messages(self) -> list[Message]:
        def work(tx: Any) -> list[Message]:
            return [tx.outbox.message(row["id"]) for row in tx.outbox.rows("select id from messages order by rowid")]

        return await self.store.read(work)

    async def rows(self, message: str) -> list[Delivery]:
        return await self.store.read(lambda tx: tx.outbox.deliveries(message))

    async def row(self, message: str, number: int = 0) -> Delivery:
        return (await self.store.read(lambda tx: tx.outbox.deliveries(message)))[number]

    async def states(self) -> dict[str, int]:
        return dict(await self.store.read(lambda tx: tx.outbox.counts()))

    async def next_due(self) -> datetime | None:
        return await self.store.read(lambda tx: tx.outbox.next_due())

    async def drain(self, **later: float) -> int:
        self.clock.set(self.clock.now() + timedelta(**later))
        return await self.relay.drain()

    async def claimed(self, **later: float) -> Delivery:
        """As if the process died just now: a row is leased, and nobody is sending it."""
        now = self.clock.now() + timedelta(**later)
        found = await self.store.write(lambda tx: tx.outbox.claim(now, now + timedelta(seconds=60)))
        assert found is not None
        return found

    async def restart(self) -> None:
        def first(tx: Tx) -> None:
            tx.outbox.release_leases()  # type: ignore[attr-defined]  # asked of the store by the composition root only

        await self.store.write(first)
