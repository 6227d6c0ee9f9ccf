"""The relay and the real discord.py against a Discord of our own, over the wire: lost answers, limits, odd replies."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from bot.chat.discord.deliver import Outbound
from bot.chat.discord.events import Events
from bot.clock import VirtualClock
from bot.core.model import Market, Room, Show
from bot.core.ports import Team
from bot.core.records import Post
from bot.core.reply import Heading, Image, Reply, encode, reply
from bot.relay import Relay
from prompts.catalogue import Catalogues
from storage.database import SqliteStore
from tests.chat.odd_texts import replies
from tests.servers.discord_permissions import Perm
from tests.servers.tiny_bot import running

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = Catalogues.load()
START = NOW + timedelta(days=1)
ROOM = Room("us_main", "US main", "tiktok", Market("UTC", "en-US", "USD"))
SHOW = Show("s1", "us_main", None, START.replace(tzinfo=None), "UTC", START, 3600, "planned")
LONE = re.compile("[\ud800-\udfff]")
TEAM = Team("Lamps", "en", "Asia/Shanghai")


class Wire:
    def __init__(self, tiny: Any, store: SqliteStore) -> None:
        self.tiny, self.discord, self.store = tiny, tiny.discord, store
        self.clock = VirtualClock(NOW)
        tiny.client.http.max_ratelimit_timeout = 30.0
        self.team = f"discord:{tiny.team}"
        self.restarted()

    def restarted(self) -> None:
        self.out = Outbound(self.tiny.client, self.store, self.clock, WORDS, TEAM)
        self.relay = Relay(self.store, self.clock, {"discord": self.out})

    async def post(self, key: str, answer: Reply | None = None, where: str | None = None, **more: Any) -> None:
        kind = more.pop("kind", "show")
        post = Post(key, "team", kind, answer or reply(Heading(key)), only=(where or self.team,), **more)
        await self.store.write(lambda tx: tx.outbox.post(post, self.clock.now()))

    async def drain(self, **later: float) -> dict[str, int]:
        """Sends what is due after so long; returns the rows by state."""
        self.clock.set(self.clock.now() + timedelta(**later))
        await self.relay.drain()
        return dict(await self.store.read(lambda tx: tx.outbox.counts()))

    async def titles(self, channel: str | None = None) -> list[str]:
        found = await self.discord.messages(channel or self.tiny.team)
        return [message["embeds"][0]["title"] for message in found]

    async def why(self, where: str) -> str | None:
        state = await self.store.read(lambda tx: tx.outbox.state_of(where))
        return None if state is None else state.why


@pytest.fixture
async def wire(tmp_path, discord_server):
    store = SqliteStore(tmp_path / "wire.db")
    await store.open()
    async with running(discord_server) as tiny:
        yield Wire(tiny, store)
    await store.close()


@pytest.mark.parametrize("nonce_s", [300, 0])
async def test_an_answer_lost_on_its_way_back_doubles_nothing_also_when_the_nonce_is_forgotten(wire, nonce_s):
    await wire.discord.limits(nonce_s=nonce_s)
    await wire.discord.fault("cut", path=f"/channels/{wire.tiny.team}/messages", stored=True)
    await wire.post("one")
    assert await wire.drain() == {"new": 1}
    wire.restarted()
    assert await wire.drain(minutes=10) == {"sent": 1}
    assert await wire.titles() == ["one"]


async def test_a_request_that_never_arrived_is_sent_again(wire):
    await wire.discord.fault("cut", path=f"/channels/{wire.tiny.team}/messages")
    await wire.post("one")
    assert await wire.drain() == {"new": 1}
    assert await wire.drain(minutes=1) == {"sent": 1}
    assert await wire.titles() == ["one"]


async def test_a_late_one_that_never_arrived_is_dropped(wire):
    await wire.discord.fault("cut", path=f"/channels/{wire.tiny.team}/messages")
    await wire.post("one", expires_at=NOW + timedelta(seconds=30))
    await wire.drain()
    assert await wire.drain(minutes=1) == {"expired": 1}
    assert await wire.titles() == []


async def test_a_long_limit_on_one_channel_leaves_the_other_alone(wire):
    other = await wire.discord.add_channel(str(wire.tiny.guild.id), "other")
    await wire.discord.limited(40, path=f"/channels/{wire.tiny.team}/messages", count=1)
    await wire.post("one")
    await wire.post("two", where=f"discord:{other}")
    assert await wire.drain() == {"new": 1, "sent": 1}
    assert await wire.titles(other) == ["two"]
    assert await wire.drain(seconds=39) == {"new": 1, "sent": 1}
    assert await wire.drain(seconds=2) == {"sent": 2}


async def test_closed_direct_messages_are_a_refusal_in_words(wire):
    await wire.discord.refuse_dms(wire.tiny.ben)
    where = f"discord:@{wire.tiny.ben}"
    await wire.post("psst", where=where)
    await wire.drain()
    assert "takes no direct messages" in (await wire.why(where) or "")


async def test_a_channel_closed_to_the_bot_names_what_is_missing(wire):
    await wire.discord.overwrite(wire.tiny.team, deny=Perm.SEND_MESSAGES)
    await wire.discord.until_connected()
    await wire.post("one")
    await wire.drain()
    assert "Send Messages" in (await wire.why(wire.team) or "")


async def test_a_channel_that_was_deleted_says_so(wire):
    await wire.discord.remove_channel(wire.tiny.team)
    await wire.post("one")
    await wire.drain()
    assert "does not exist any more" in (await wire.why(wire.team) or "")


async def test_a_message_deleted_by_somebody_is_not_edited_and_nothing_else_suffers(wire):
    await wire.post("one")
    await wire.drain()
    (message,) = await wire.discord.messages(wire.tiny.team)
    await wire.discord.remove_message(message["id"])
    await wire.store.write(lambda tx: tx.outbox.edit("one", reply(Heading("changed")), NOW))
    await wire.post("two")
    assert await wire.drain(seconds=1) == {"failed": 1, "sent": 2}
    assert await wire.titles() == ["two"]


async def test_odd_replies_are_all_taken_and_their_edits_too(wire):
    odd: list[Reply] = []

    @settings(
        max_examples=60,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(replies(longest=10_000))
    def draw(answer: Reply) -> None:
        if not LONE.search(encode(answer)):  # no store takes half a character
            odd.append(answer)

    draw()
    names = {block.name for answer in odd for block in answer.blocks if isinstance(block, Image)}
    for name in names:
        await wire.store.write(lambda tx, name=name: tx.files.save(name, "image/png", b"\x89PNG"))
    for number, answer in enumerate(odd):
        await wire.post(f"odd {number}", answer, urgent=bool(number % 2))
    assert await wire.drain() == {"sent": len(odd)}
    for number, answer in enumerate(reversed(odd)):
        await wire.store.write(
            lambda tx, number=number, answer=answer: tx.outbox.edit(f"odd {number}", answer, wire.clock.now())
        )
    assert set(await wire.drain(seconds=1)) == {"sent"}
    assert [message["pinged"] for message in await wire.discord.messages(wire.tiny.team)] == [[]] * len(odd)
    assert await wire.discord.violations() == []


async def test_a_shows_event_is_made_moved_and_cancelled(wire):
    events = Events(wire.tiny.client, wire.store, wire.clock, WORDS, TEAM)
    await wire.store.write(lambda tx: (tx.rooms.save(ROOM), tx.outbox.bind("team", wire.team)))
    seen = []
    for now in (SHOW, replace(SHOW, starts_at=START + timedelta(hours=1)), replace(SHOW, state="cancelled")):
        await wire.store.write(lambda tx, now=now: tx.shows.save(now))
        await events.reconcile()
        (event,) = await wire.discord.scheduled_events(str(wire.tiny.guild.id))
        seen.append((event["status"], datetime.fromisoformat(event["scheduled_start_time"]) - START))
    assert seen == [(1, timedelta()), (1, timedelta(hours=1)), (4, timedelta(hours=1))]
    assert events.notes == ()
    assert await wire.discord.violations() == []


async def test_quiet_posts_share_one_thread_which_a_restarted_bot_finds(wire):
    await wire.store.write(lambda tx: (tx.rooms.save(ROOM), tx.shows.save(SHOW)))
    await wire.post("checklist:s1", subject="s1")
    await wire.drain()
    for number in range(2):
        await wire.post(f"note {number}", kind="session", subject="s1")
        await wire.drain(seconds=1)
        spots = await wire.store.read(lambda tx: tx.chats.spots("discord", wire.tiny.team, "thread"))
        await wire.store.write(lambda tx, spots=spots: tx.chats.drop_spot(spots[0]))
        wire.restarted()
    (thread,) = await wire.discord.threads(wire.tiny.team)
    assert await wire.titles(thread["id"]) == ["note 0", "note 1"]
    assert await wire.titles() == ["checklist:s1"]
