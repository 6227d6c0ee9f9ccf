"""Whatever chats answer, whenever the process dies: nothing is lost, order holds, and nothing is doubled unmarked."""

from __future__ import annotations

import asyncio
import math
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.clock import VirtualClock
from bot.core.delivery import Refused, Rejected, RetryAfter, Sent, Unknown
from bot.core.delivery_policy import PATIENCE, policy
from bot.core.records import Delivery, Post
from bot.core.reply import Text, reply
from bot.relay import Relay
from storage.database import SqliteStore
from tests.desk import START, said

WINDOWS = {"web": math.inf, "nonce": 300.0, "plain": None}
KINDS = ("nudge.cue", "checklist", "alert.cold_room", "cue")


class KilledError(BaseException):
    """The process dies here; nothing of ours may catch it."""


@dataclass
class Server:
    """A chat platform outside the process: it remembers what arrived, by row, for as long as its window says.

    `script`: what happens to each call; when it has run out, everything is taken.
    """

    clock: VirtualClock
    idempotent_s: float | None
    script: list[str]
    posts: list[Delivery] = field(default_factory=list)
    shown: dict[str, str] = field(default_factory=dict)
    rejected: set[str] = field(default_factory=set)
    _known: dict[int, object] = field(default_factory=dict)

    def arrive(self, delivery: Delivery) -> None:
        now = self.clock.now()
        if delivery.op == "edit":
            if (delivery.message, delivery.destination) in {(post.message, post.destination) for post in self.posts}:
                self.shown[delivery.message] = said(delivery.reply)
            return
        first = self._known.get(delivery.id)
        is_known = first is not None and (
            self.idempotent_s is not None and (now - first).total_seconds() <= self.idempotent_s
        )
        if not is_known:
            self._known[delivery.id] = now
            self.posts.append(delivery)
            self.shown[delivery.message] = said(delivery.reply)

    async def deliver(self, delivery: Delivery):
        step = self.script.pop(0) if self.script else "sent"
        if step in ("sent", "unknown_arrived", "killed_after"):
            self.arrive(delivery)
        if step.startswith("killed"):
            raise KilledError
        if step == "error":
            raise ConnectionResetError
        if step == "reject":
            self.rejected.add(delivery.message)
        return {
            "retry": RetryAfter(20, "429"),
            "retry_long": RetryAfter(400, "429"),
            "reject": Rejected("too long"),
            "refuse": Refused("removed"),
            "unknown_arrived": Unknown("lost the answer"),
            "unknown_lost": Unknown("lost the request"),
        }.get(step, Sent("ref"))


ENDS = ("sent", "retry", "retry_long", "reject", "refuse", "unknown_lost", "error", "killed_before")
ARRIVED = ("unknown_arrived", "killed_after")
"""What arrived and nobody here knows of it is where things go wrong: as often as all the rest."""
steps = st.one_of(st.sampled_from(ARRIVED), st.sampled_from(ENDS))
scripts = st.fixed_dictionaries({name: st.lists(steps, min_size=1, max_size=9) for name in WINDOWS})
posting = st.tuples(st.just("post"), st.sampled_from(sorted(WINDOWS)), st.sampled_from(KINDS), st.booleans())
editing = st.tuples(st.just("edit"), st.integers(0, 9))
waiting = st.tuples(st.just("wait"), st.sampled_from([0, 1, 40, 400]))
doings = st.lists(st.one_of(posting, editing, waiting), min_size=4, max_size=14)


class World:
    def __init__(self, store: SqliteStore, scripts: dict[str, list[str]]) -> None:
        self.store, self.clock = store, VirtualClock(START)
        self.servers = {name: Server(self.clock, WINDOWS[name], list(scripts[name])) for name in WINDOWS}
        self.keys: list[str] = []
        self.newest: dict[str, str] = {}

    async def do(self, doing) -> None:
        match doing:
            case ("post", chat, kind, urgent):
                key = f"k{len(self.keys)}"
                self.keys.append(key)
                self.newest[key] = key
                post = Post(key, "team", kind, reply(Text(key)), urgent=urgent, only=(f"{chat}:a",))
                await self.store.write(lambda tx: tx.outbox.post(post, self.clock.now()))
            case ("edit", which) if self.keys:
                key = self.keys[which % len(self.keys)]
                self.newest[key] = f"{self.newest[key]}+"
                text = reply(Text(self.newest[key]))
                await self.store.write(lambda tx: tx.outbox.edit(key, text, self.clock.now()))
            case ("wait", seconds):
                self.clock.set(self.clock.now() + timedelta(seconds=seconds))
        await self.drain()

    async def drain(self) -> None:
        while True:
            try:
                await Relay(self.store, self.clock, self.servers).drain()
            except KilledError:
                await self.store.write(lambda tx: tx.outbox.release_leases())
            else:
                return

    async def settle(self) -> None:
        """Somebody resumes what is parked, until nothing is left to do."""
        for _ in range(200):
            now = self.clock.now()
            for state in await self.store.read(lambda tx: tx.outbox.parked()):
                await self.store.write(
                    lambda tx, name=state.destination, now=now: (
                        tx.outbox.expire_late(name, now),
                        tx.outbox.unpark(name),
                    )
                )
            due = await self.store.read(lambda tx: tx.outbox.next_due())
            if due is None:
                return
            self.clock.set(due)
            await self.drain()
        raise AssertionError("it never comes to rest")


def of(tx, key):
    return [(key, row) for row in tx.outbox.deliveries(tx.outbox.by_key(key).id)]


async def lived(scripts, doings) -> tuple[World, list[tuple[str, Delivery]]]:
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "relay.db")
        await store.open()
        try:
            world = World(store, scripts)
            for doing in doings:
                await world.do(doing)
            await world.settle()
            return world, await store.read(lambda tx: [row for key in world.keys for row in of(tx, key)])
        finally:
            await store.close()


@settings(max_examples=60)
@given(scripts, doings)
def test_whatever_chats_answer_and_whenever_it_dies_the_promises_hold(scripts, doings):
    world, rows = asyncio.run(lived(scripts, doings))
    assert len(world.keys) == len([row for _, row in rows if row.op == "post"])
    for key, row in rows:
        nothing_is_lost(world, rows, key, row)
    for name, server in world.servers.items():
        doubled_only_marked(name, server, rows)
        in_order(server, rows)


def nothing_is_lost(world, rows, key, row):
    """Every row has its end, and the end is true."""
    server = world.servers[row.destination.partition(":")[0]]
    assert row.done_at is not None
    match row.state, row.op:
        case "sent", "post":
            assert row.message in {post.message for post in server.posts}
        case "failed", _:
            assert row.message in server.rejected
        case "uncertain", "post":
            assert server.idempotent_s != math.inf
            late = row.expires_at is not None and row.done_at >= row.expires_at
            assert row.repeat or policy(row.kind).if_unknown == "drop" or late
        case "expired", "post":
            assert row.done_at >= row.expires_at
        case "replaced", "edit":
            post = next(other for _, other in rows if other.message == row.message and other.op == "post")
            assert post.state in ("failed", "expired", "uncertain")
        case other:
            assert other == ("sent", "edit")
    if row.op == "post" and row.state == "sent" and row.message not in server.rejected:
        assert world.newest[key] == server.shown[row.message], "the last edit is what readers see"


def doubled_only_marked(name, server, rows):
    """At most one post where the chat knows its messages; else a second only if the kind says so, and marked."""
    times = Counter(post.message for post in server.posts)
    marked = Counter(post.message for post in server.posts if post.repeat)
    for message, n in times.items():
        assert n <= (1 if name == "web" else 2)
        assert n - 1 <= marked[message], "whoever reads it twice is told"
    assert {policy(post.kind).if_unknown for post in server.posts if post.repeat} <= {"repeat"}
    repeated = {row.message for _, row in rows if row.repeat and row.destination.startswith(name)}
    assert set(marked) <= repeated, "every repeat is counted"


def in_order(server, rows):
    """Of those equally urgent, none that did not stand aside arrives before one promised earlier."""
    failures = {row.message: row.failures for _, row in rows if row.op == "post"}
    first = {}
    for post in server.posts:
        if failures[post.message] < PATIENCE:
            first.setdefault(post.message, post)
    for urgent in (False, True):
        ids = [post.id for post in first.values() if post.urgent == urgent]
        assert ids == sorted(ids)
