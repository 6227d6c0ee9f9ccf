"""When nobody knows whether a message arrived: sent again where that is harmless, else by its kind, and counted."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.delivery import RetryAfter, Sent, Unknown, shown
from bot.core.delivery_policy import KINDS, LEASE_S, LIMIT_S, again, backoff_s, pause_s, policy, spread_of, worth_until
from bot.core.reply import Note, msg
from storage.database import SqliteStore
from tests.desk import START, Desk

LOST = Unknown("connection lost")


@pytest.fixture
async def desk(tmp_path):
    store = SqliteStore(tmp_path / "relay.db")
    await store.open()
    yield Desk(store)
    await store.close()


async def test_a_chat_that_knows_its_messages_gets_it_again(desk):
    desk.chat.script = [LOST, LOST]
    await desk.post("line", kind="nudge.cue")
    for wait_s in (0, 2, 4):
        await desk.drain(seconds=wait_s)
    assert ([("post", "line")] * 3, []) == (desk.chat.got, desk.chat.repeats)
    assert {"sent": 1} == await desk.states()


async def test_a_line_for_the_air_is_dropped_where_the_chat_cannot_tell(desk):
    desk.plain.script = [LOST]
    message = await desk.post("line", kind="nudge.cue", only=("plain:host",))
    await desk.drain()
    await desk.drain(hours=1)
    assert [("post", "line")] == desk.plain.got
    row = await desk.row(message)
    assert ("uncertain", "connection lost") == (row.state, row.error)


async def test_a_checklist_is_sent_once_more_and_marked(desk):
    desk.plain.script = [LOST]
    message = await desk.post("list", kind="checklist", only=("plain:team",))
    await desk.drain()
    assert {"new": 1} == await desk.states()
    await desk.drain(seconds=2)
    assert ([("post", "list")] * 2, ["list"]) == (desk.plain.got, desk.plain.repeats)
    row = await desk.row(message)
    assert ("sent", True) == (row.state, row.repeat)
    [traffic] = await desk.store.read(lambda tx: tx.outbox.traffic(START))
    assert (1, 1) == (traffic.sent, traffic.repeated)


async def test_a_repeat_says_that_it_is_one(desk):
    desk.plain.script = [LOST]
    await desk.post("list", kind="checklist", only=("plain:team",))
    await desk.drain()
    delivery = await desk.claimed(seconds=2)
    assert shown(delivery) == delivery.reply
    repeat = replace(delivery, repeat=True)
    assert [Note(msg("relay.repeat")), *delivery.reply.blocks] == list(shown(repeat).blocks)


async def test_once_more_is_not_twice_more(desk):
    desk.plain.script = [LOST, LOST]
    await desk.post("list", kind="checklist", only=("plain:team",))
    await desk.drain()
    await desk.drain(hours=1)
    await desk.drain(hours=1)
    assert [("post", "list")] * 2 == desk.plain.got
    assert {"uncertain": 1} == await desk.states()


async def test_a_repeat_that_was_told_to_wait_is_still_to_come(desk):
    desk.plain.script = [LOST, RetryAfter(10, "slow down")]
    await desk.post("list", kind="checklist", only=("plain:team",))
    await desk.drain()
    await desk.drain(seconds=2)
    await desk.drain(seconds=10)
    assert ([("post", "list")] * 3, ["list"] * 2) == (desk.plain.got, desk.plain.repeats)
    assert {"sent": 1} == await desk.states()


async def test_within_the_window_it_is_the_same_message_after_it_the_kind_decides(desk):
    desk.nonce.script = [LOST, LOST, RetryAfter(290, "slow down"), Sent("late")]
    await desk.post("list", kind="checklist", only=("nonce:team",))
    await desk.drain()
    await desk.drain(seconds=2)
    await desk.drain(seconds=4)
    assert [] == desk.nonce.repeats
    await desk.drain(seconds=290)
    assert ([("post", "list")] * 4, ["list"]) == (desk.nonce.got, desk.nonce.repeats)


async def test_an_edit_is_simply_sent_again(desk):
    await desk.post("card", "first", kind="nudge.cue", only=("plain:host",))
    await desk.drain()
    desk.plain.script = [LOST]
    await desk.edit("card", "second")
    await desk.drain()
    await desk.drain(seconds=2)
    assert ([("post", "first"), ("edit", "second"), ("edit", "second")], []) == (desk.plain.got, desk.plain.repeats)
    assert {"sent": 2} == await desk.states()


async def test_nothing_is_folded_into_what_may_have_arrived(desk):
    desk.chat.script = [LOST]
    await desk.post("one", "first")
    await desk.drain()
    desk.chat.shown["m1"] = "first"  # it had arrived
    await desk.edit("one", "second")
    await desk.drain(seconds=2)
    assert [("post", "first"), ("post", "first"), ("edit", "second")] == desk.chat.got


async def test_edits_go_with_a_post_nobody_knows_of(desk):
    desk.plain.script = [LOST]
    await desk.post("line", kind="nudge.cue", only=("plain:host",))
    await desk.drain()
    await desk.edit("line", "changed")
    assert await desk.drain() == 0
    assert {"uncertain": 1} == await desk.states()


@pytest.mark.parametrize(
    ("chat", "kind", "state", "repeats"),
    [
        ("web", "nudge.cue", "sent", []),
        ("web", "checklist", "sent", []),
        ("nonce", "nudge.cue", "sent", []),
        ("plain", "nudge.cue", "uncertain", []),
        ("plain", "checklist", "sent", ["it"]),
    ],
)
async def test_after_a_restart_the_same_rules_hold(desk, chat, kind, state, repeats):
    message = await desk.post("it", kind=kind, only=(f"{chat}:team",))
    await desk.claimed()
    await desk.restart()
    await desk.drain(seconds=1)
    served = {"web": desk.chat, "nonce": desk.nonce, "plain": desk.plain}[chat]
    assert (state, repeats) == ((await desk.row(message)).state, served.repeats)


async def test_a_restart_after_the_window_is_too_late_to_be_the_same_message(desk):
    await desk.post("it", kind="checklist", only=("nonce:team",))
    await desk.claimed()
    await desk.restart()
    await desk.drain(seconds=300)
    assert ["it"] == desk.nonce.repeats


async def test_killed_while_repeating_it_is_not_repeated_again(desk):
    desk.plain.script = [LOST]
    message = await desk.post("list", kind="checklist", only=("plain:team",))
    await desk.drain()

    def take_up(tx):
        now = START + timedelta(seconds=2)
        tx.outbox.repeat(tx.outbox.claim(now, now + timedelta(seconds=60)), now)

    await desk.store.write(take_up)
    await desk.restart()
    await desk.drain(seconds=3)
    assert ("uncertain", [("post", "list")]) == ((await desk.row(message)).state, desk.plain.got)


async def test_a_call_that_does_not_end_is_given_up_and_unknown(desk):
    async def hang(delivery):
        desk.plain.got.append((delivery.op, "hung"))
        await asyncio.Event().wait()

    desk.plain.deliver = hang
    message = await desk.post("line", kind="nudge.cue", only=("plain:host",))
    relay = desk.new_relay(limit_s=0.01)
    assert await relay.drain() == 1
    row = await desk.row(message)
    assert ("uncertain", "no answer within 0.01 s") == (row.state, row.error)


async def test_a_time_out_of_the_chats_own_library_is_a_failure_like_any_other(desk):
    desk.plain.script = [TimeoutError()]
    await desk.post("line", kind="nudge.cue", only=("plain:host",))
    await desk.drain()
    await desk.drain(seconds=2)
    assert {"sent": 1} == await desk.states()


async def test_what_is_late_and_may_have_arrived_is_not_said_late(desk):
    desk.nonce.script = [LOST]
    message = await desk.post("line", kind="checklist", only=("nonce:host",), expires_at=START + timedelta(seconds=20))
    await desk.drain()
    await desk.drain(seconds=20)
    assert ("uncertain", [("post", "line")]) == ((await desk.row(message)).state, desk.nonce.got)


async def test_a_kind_lasts_as_long_as_its_policy_where_the_handler_set_no_end(desk):
    for kind in ("nudge.cue", "summary"):
        await desk.post(kind, kind=kind)
    assert 1 == await desk.drain(seconds=KINDS["nudge"].lasts_s)
    assert [("post", "summary")] == desk.chat.got
    assert START + timedelta(minutes=2) == worth_until("nudge.cue", START + timedelta(minutes=2), START)


def test_a_call_ends_before_its_lease():
    assert LIMIT_S < LEASE_S


def test_every_kind_that_is_read_out_on_air_is_dropped_and_no_other():
    assert {"cue", "nudge", "prompt"} == {kind for kind in KINDS if KINDS[kind].if_unknown == "drop"}
    assert "repeat" == policy("nobody has thought of").if_unknown


@pytest.mark.parametrize("failures", [1, 2, 5, 9, 10, 11, 50])
def test_backing_off_stays_in_bounds_whatever_the_spread(failures):
    wait = min(300, 2 ** (failures - 1))
    waits = [backoff_s(failures, spread / 100) for spread in range(100)]
    assert sorted(waits) == waits
    assert (wait * 0.875, True) == (waits[0], waits[-1] < wait * 1.125)


async def test_the_spread_is_given_from_outside_and_the_usual_one_is_the_same_in_every_run(desk):
    waits = []
    for spread in (0.0, 0.5):
        desk.plain.script = [ConnectionResetError()]
        await desk.post(f"at {spread}", only=(f"plain:{spread}",))
        await desk.new_relay(spread=lambda _, spread=spread: spread).drain()
        state = await desk.store.read(lambda tx, spread=spread: tx.outbox.state_of(f"plain:{spread}"))
        waits.append((state.not_before - START).total_seconds())
    assert [0.875, 1.0] == waits
    row = await desk.row("m1")
    usual = [spread_of(replace(row, id=number, attempt=attempt)) for number in range(50) for attempt in range(1, 5)]
    assert all(0 <= spread < 1 for spread in usual)
    assert 200 == len(set(usual))


@pytest.mark.parametrize(("asked", "waits"), [(30, 30), (0, 0.1), (-5, 0.1), (1e9, 86_400), (math.nan, 300)])
def test_a_pause_is_what_was_asked_for_within_reason(asked, waits):
    assert waits == pause_s(asked)


async def test_the_window_must_hold_until_the_call_has_ended(desk):
    await desk.post("list", kind="checklist", only=("nonce:team",))
    delivery = await desk.claimed()
    await desk.restart()
    [row] = await desk.store.read(lambda tx: tx.outbox.deliveries(delivery.message))
    last = START + timedelta(seconds=300 - LIMIT_S)
    assert ["send", "repeat"] == [again(row, 300, last), again(row, 300, last + timedelta(seconds=1))]
