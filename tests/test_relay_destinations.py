"""Each destination has its own queue and its own troubles; where a message goes, and what a refusal for good does."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.clock import RealClock
from bot.core.delivery import Refused, RetryAfter, Sent
from bot.core.delivery_policy import PATIENCE
from bot.core.model import Role
from bot.core.records import Pressed
from bot.core.reply import Text, button_id, buttons_of
from bot.core.rights import EVERYWHERE, Scope
from storage.database import SqliteStore
from tests.desk import START, Desk, ScriptedChat, said

GONE = Refused("the bot was removed")
SOON_S = 15.0


@pytest.fixture
async def desk(tmp_path):
    store = SqliteStore(tmp_path / "relay.db")
    await store.open()
    yield Desk(store)
    await store.close()


async def notices(desk):
    return [row for row in await desk.messages() if row.kind == "delivery.parked"]


# -- where a message goes -------------------------------------------------------


async def test_a_purpose_goes_where_it_is_bound_else_to_the_web_chat(desk):
    await desk.post("first")
    await desk.bind("team", "plain:a", "plain:b")
    await desk.post("second")
    await desk.post("third", channel="managers")
    await desk.store.write(lambda tx: tx.outbox.unbind("team", "plain:b"))
    await desk.post("fourth")
    await desk.drain()
    assert ["web:team", "web:managers"] == desk.chat.where
    assert ["plain:a", "plain:b", "plain:a"] == desk.plain.where


async def test_a_message_with_two_destinations_is_one_message_and_edits_go_where_it_went(desk):
    await desk.bind("team", "plain:a", "nonce:b")
    message = await desk.post("one", "first")
    await desk.drain()
    await desk.store.write(lambda tx: tx.outbox.unbind("team", "plain:a"))
    await desk.bind("team", "web:team")
    await desk.edit("one", "second")
    await desk.drain()
    told = [("post", "first"), ("edit", "second")]
    assert (told, told, []) == (desk.plain.got, desk.nonce.got, desk.chat.got)
    assert 4 == len(await desk.store.read(lambda tx: tx.outbox.deliveries(message)))


@pytest.mark.parametrize(
    "wrong",
    [("nobody", "web:team"), ("team", "web"), ("team", ":x"), ("team", "web:"), ("team", "web:lobby")],
)
async def test_a_binding_that_means_nothing_is_refused(desk, wrong):
    with pytest.raises(ValueError, match=r"nobody|CHAT:ADDRESS|channels are"):
        await desk.bind(*wrong)
    assert ("web:team",) == await desk.store.read(lambda tx: tx.outbox.bound("team"))


async def test_one_message_is_in_one_channel_of_the_web_chat(desk):
    await desk.bind("team", "plain:a", "web:managers", "web:managers")
    with pytest.raises(ValueError, match="one channel"):
        await desk.bind("team", "web:team")


async def test_a_direct_message_goes_to_the_person_else_to_the_host_channel(desk):
    await desk.link("mia", "plain:42", "nonce:7")
    await desk.post("one", channel="host", to="mia")
    await desk.post("two", channel="host", to="ann")
    await desk.post("three", channel="host")
    await desk.post("four", channel="team", to="mia")
    await desk.drain()
    assert (["plain:@42"], []) == (desk.plain.where, desk.nonce.where)
    assert ["web:host", "web:host", "web:team"] == desk.chat.where


async def test_nothing_is_sent_directly_to_somebody_who_was_revoked(desk):
    """A show may still name them as its host: whoever stands in reads the host channel."""
    await desk.link("mia", "plain:42")
    await desk.store.write(lambda tx: tx.people.grant("mia", EVERYWHERE, Role.NOBODY))
    await desk.post("one", channel="host", to="mia")
    await desk.store.write(lambda tx: tx.people.grant("mia", Scope("room", "us_main"), Role.HOST))
    await desk.post("two", channel="host", to="mia")
    await desk.drain()
    assert (["web:host"], ["plain:@42"]) == (desk.chat.where, desk.plain.where)


# -- troubles of one destination -------------------------------------------------


async def test_a_failing_destination_waits_as_a_whole_and_keeps_its_order(desk):
    desk.plain.script = [ConnectionResetError()] * 3
    for key in ("one", "two"):
        await desk.post(key, only=("plain:a",))
    for wait_s in (0, 1.2, 2.4, 4.8):
        await desk.drain(seconds=wait_s)
    assert [("post", "one")] * 4 + [("post", "two")] == desk.plain.got
    assert [] == await desk.store.read(lambda tx: [row.state for row in tx.outbox.traffic(START) if row.state])


async def test_a_message_that_the_library_stumbles_over_stands_aside(desk):
    async def deliver(delivery):
        desk.plain.got.append((delivery.op, said(delivery.reply)))
        if said(delivery.reply) == "poison":
            raise ValueError("cannot be drawn")
        return Sent("ref")

    desk.plain.deliver = deliver
    message = await desk.post("poison", only=("plain:a",))
    await desk.post("good", only=("plain:a",))
    for _ in range(PATIENCE):
        assert ("post", "good") not in desk.plain.got
        await desk.drain(seconds=20)
    await desk.drain(seconds=20)
    assert ("post", "good") in desk.plain.got
    assert {"new": 1, "sent": 1} == await desk.states()
    await desk.drain(days=1)
    assert "expired" == (await desk.row(message)).state


async def test_urgent_goes_first_when_the_pause_is_over(desk):
    desk.plain.script = [RetryAfter(60, "429")]
    await desk.post("one", only=("plain:a",))
    await desk.drain()
    await desk.post("fire", urgent=True, only=("plain:a",))
    assert 0 == await desk.drain(seconds=59)
    await desk.drain(seconds=1)
    assert [("post", "one"), ("post", "fire"), ("post", "one")] == desk.plain.got


# -- refused for good ------------------------------------------------------------


async def test_a_refusal_parks_the_destination_and_says_so_once_elsewhere(desk):
    await desk.bind("team", "plain:a", "nonce:b")
    desk.plain.script = [GONE]
    await desk.post("list", kind="checklist")
    await desk.post("alarm", kind="alert.cold_room")
    await desk.drain()
    assert [("post", "list")] == desk.plain.got
    [notice] = await notices(desk)
    assert ["nonce:b"] == [row.destination for row in await desk.rows(notice.id)]
    assert "the bot was removed" in str(notice.reply)
    assert [("alert", 1), ("checklist", 1)] == sorted(told(notice))
    await desk.post("more", kind="checklist")
    await desk.drain(hours=1)
    assert 1 == len(await notices(desk))
    assert ["plain:a"] == [state.destination for state in await desk.store.read(lambda tx: tx.outbox.parked())]
    left = await desk.store.read(lambda tx: tx.outbox.undelivered(START, 10))
    assert [("more", "new"), ("alarm", "new"), ("list", "new")] == [(said(row.reply), row.state) for row in left]
    assert ("plain:a", "parked", 3) in await desk.store.read(lambda tx: tx.outbox.depth())


def told(notice):
    """Kinds and counts that the notice lists."""
    texts = [block.text for block in notice.reply.blocks if isinstance(block, Text)]
    kinds = next(text.params["kinds"] for text in texts if "kinds" in text.params)
    return [(item.params["kind"].key.removeprefix("relay.kind."), item.params["n"]) for item in kinds.items]


async def test_where_the_team_has_nothing_else_the_managers_are_told_and_last_the_web_chat(desk):
    await desk.bind("team", "plain:a")
    await desk.bind("managers", "plain:m")
    desk.plain.script = [GONE, GONE]
    await desk.post("one")
    await desk.drain()
    assert ["plain:a", "plain:m"] == desk.plain.where
    assert ["web:team", "web:team"] == desk.chat.where, "its own notice, and the one that nobody could read there"
    assert 2 == len(await notices(desk))


async def test_with_nowhere_to_say_it_nothing_is_said_to_the_one_that_refused(desk):
    desk.chat.script = [GONE]
    await desk.bind("managers", "web:team")
    await desk.post("one")
    await desk.drain()
    assert [] == await notices(desk)
    assert {"new": 1} == await desk.states()


async def test_a_direct_message_that_is_blocked_goes_to_the_host_channel_and_later_ones_too(desk):
    await desk.link("mia", "plain:42")
    desk.plain.script = [Sent("r"), GONE]
    early = await desk.post("early", channel="host", to="mia")
    await desk.drain()
    message = await desk.post("one", "first", channel="host", to="mia")
    await desk.post("two", channel="host", to="mia")
    await desk.drain()
    assert ["plain:@42"] * 2 == desk.plain.where
    assert [("post", "first"), ("post", "two")] == [got for got, at in desk.chat.seen if at == "web:host"]
    await desk.post("three", channel="host", to="mia")
    await desk.edit("one", "second")
    await desk.edit("early", "changed")
    await desk.drain()
    assert [("post", "three"), ("edit", "second")] == [got for got, at in desk.chat.seen if at == "web:host"][2:]
    assert ["replaced", "sent", "sent"] == [row.state for row in await desk.rows(message)]
    assert ["sent", "new"] == [row.state for row in await desk.rows(early)], "what was read there waits for its change"


async def test_a_direct_message_in_a_chat_that_is_not_configured_goes_to_the_host_channel(desk):
    await desk.link("mia", "gone:42")
    await desk.post("one", channel="host", to="mia")
    await desk.drain()
    assert ("post", "one") in [got for got, at in desk.chat.seen if at == "web:host"]


async def test_a_blocked_person_whose_messages_go_nowhere_else_still_gets_them_in_the_web_chat(desk):
    await desk.link("mia", "plain:42")
    await desk.bind("host", "plain:@42")
    desk.plain.script = [GONE]
    await desk.post("one", channel="host", to="mia")
    await desk.drain()
    assert ("post", "one") in [got for got, at in desk.chat.seen if at == "web:host"]


# -- side by side ----------------------------------------------------------------


class Slow(ScriptedChat):
    """Holds what is sent to its address "slow" until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = asyncio.Event()
        self.under_way = self.most = 0

    async def deliver(self, delivery):
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        if delivery.destination.endswith("slow"):
            await self.let_go.wait()
        outcome = await super().deliver(delivery)
        self.under_way -= 1
        return outcome


async def running(desk, changed, until):
    """Pumps as the app does until `until()` holds."""
    async with asyncio.timeout(SOON_S):
        while not until():
            await desk.relay.pump(changed.set)
            if not until():
                await changed.wait()
                changed.clear()


async def test_a_hanging_destination_holds_up_nobody_else_and_its_own_in_order(desk):
    desk.clock, slow, changed = RealClock(), Slow(), asyncio.Event()
    desk.chat = slow
    desk.relay = desk.new_relay()
    for number in range(3):
        for place in ("slow", "a", "b"):
            await desk.post(f"{place}{number}", only=(f"web:{place}",))
    await running(desk, changed, lambda: len(slow.got) == 6)
    assert {"web:a", "web:b"} == set(slow.where)
    slow.let_go.set()
    await running(desk, changed, lambda: len(slow.got) == 9)
    await desk.relay.close()
    for place in ("slow", "a", "b"):
        assert [f"{place}{number}" for number in range(3)] == [text for _, text in slow.got if text.startswith(place)]
    assert slow.most <= 3
    assert {"sent": 9} == await desk.states()


async def test_looking_leaves_alone_who_waits_and_tells_when_to_look_again(desk):
    desk.plain.script = [RetryAfter(600, "429")]
    await desk.post("one", only=("plain:a",))
    await desk.drain()
    assert START + timedelta(seconds=600) == await desk.relay.pump(lambda: None)
    assert [("post", "one")] == desk.plain.got


async def test_an_outcome_that_cannot_be_written_down_is_kept_until_it_can(desk, monkeypatch):
    monkeypatch.setattr("bot.relay._STORE_AGAIN_S", 0.001)
    real, failures = desk.store.write, [OSError("disk full")] * 3

    async def write(work):
        if desk.chat.got and failures:
            raise failures.pop()
        return await real(work)

    desk.clock = RealClock()
    desk.relay = desk.new_relay()
    await desk.post("one")
    desk.store.write = write
    done = asyncio.Event()
    await desk.relay.pump(done.set)
    async with asyncio.timeout(SOON_S):
        await done.wait()
    assert ([], {"sent": 1}, 1) == (failures, await desk.states(), len(desk.chat.got))


async def test_stopping_gives_what_is_under_way_a_moment_and_takes_nothing_more(desk):
    desk.clock, slow = RealClock(), Slow()
    desk.chat = slow
    desk.relay = desk.new_relay()
    for key in ("one", "two"):
        await desk.post(key, only=("web:slow",))
    await desk.relay.pump(lambda: None)
    closing = asyncio.create_task(desk.relay.close())
    await asyncio.sleep(0)
    slow.let_go.set()
    async with asyncio.timeout(SOON_S):
        await closing
    assert {"new": 1, "sent": 1} == await desk.states()


async def test_stopped_while_a_row_is_leased_it_is_still_handed_over(desk):
    """On a clean stop nothing becomes uncertain for having been leased and never sent."""
    desk.clock = RealClock()
    desk.relay = desk.new_relay()
    message = await desk.post("line", kind="nudge.cue", only=("plain:host",), expires_at=None)
    real, leased, go_on = desk.store.write, asyncio.Event(), asyncio.Event()

    async def write(work):
        result = await real(work)
        leased.set()
        await go_on.wait()
        return result

    desk.store.write = write
    pump = asyncio.create_task(desk.relay.pump(lambda: None))
    await leased.wait()
    pump.cancel()
    go_on.set()
    await desk.relay.close()
    assert ("sent", [("post", "line")]) == ((await desk.row(message)).state, desk.plain.got)


async def test_the_notices_button_is_the_command_that_resumes(desk):
    await desk.bind("team", "plain:a")
    desk.plain.script = [GONE]
    await desk.post("one")
    await desk.drain()
    [notice] = await notices(desk)
    [button] = buttons_of(notice.reply)
    meant = await desk.store.read(lambda tx: tx.outbox.button(notice.id, button_id(notice.id, button)))
    assert Pressed("delivery resume", {"destination": "plain:a"}, is_current=True) == meant


async def test_what_waits_for_a_chat_that_is_away_goes_out_when_it_is_back_and_a_limit_is_kept(desk):
    await desk.bind("team", "plain:away", "nonce:limited")
    desk.plain.script = [RetryAfter(600, "not connected", is_away=True)]
    desk.nonce.script = [RetryAfter(600, "429")]
    await desk.post("first")
    await desk.drain()
    await desk.store.write(lambda tx: [tx.outbox.hurry(chat) for chat in ("plain", "nonce")])
    await desk.drain()
    assert [2, 1] == [len(desk.plain.got), len(desk.nonce.got)]
    await desk.drain(seconds=600)
    assert [2, 2] == [len(desk.plain.got), len(desk.nonce.got)]
