"""The relay over the real outbox: order, retries, expiry, edits, and what a restart may and may not do."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest

from bot.core.delivery import Rejected, RetryAfter
from bot.relay import Relay
from storage.database import SqliteStore
from tests.desk import START, Desk


@pytest.fixture
async def desk(tmp_path):
    store = SqliteStore(tmp_path / "relay.db")
    await store.open()
    yield Desk(store)
    await store.close()


async def test_messages_go_out_in_the_order_of_their_promises_urgent_ones_first(desk):
    for key in ("one", "two", "three"):
        await desk.post(key)
    await desk.post("fire", urgent=True)
    assert 4 == await desk.drain()
    assert [("post", "fire"), ("post", "one"), ("post", "two"), ("post", "three")] == desk.chat.got
    assert {"sent": 4} == await desk.states()
    assert await desk.next_due() is None


async def test_the_same_promise_twice_is_one_message(desk):
    assert await desk.post("one") == await desk.post("one", "other words")
    await desk.drain()
    assert [("post", "one")] == desk.chat.got


async def test_retry_after_is_obeyed_to_the_destination_it_concerns_and_others_go_ahead(desk):
    desk.chat.script = [RetryAfter(30, "slow down")]
    await desk.post("one")
    await desk.post("two")
    await desk.post("elsewhere", only=("web:host",))
    await desk.drain()
    assert [("post", "one"), ("post", "elsewhere")] == desk.chat.got, "what is behind it waits too, in order"
    assert {"new": 2, "sent": 1} == await desk.states()
    assert START + timedelta(seconds=30) == await desk.next_due()
    assert 0 == await desk.drain(seconds=29)
    assert 2 == await desk.drain(seconds=1)
    assert [("post", "one"), ("post", "two")] == desk.chat.got[2:]
    assert {"sent": 3} == await desk.states()


async def test_an_exception_keeps_the_promise_and_waits_ever_longer(desk):
    desk.chat.script = [ConnectionResetError()] * 12
    await desk.post("one")
    waits = []
    for _ in range(12):
        await desk.relay.drain()
        due = await desk.next_due()
        waits.append((due - desk.clock.now()).total_seconds())
        desk.clock.set(due)
    assert waits[0] == pytest.approx(1, rel=0.15)
    assert all(1.5 < later / sooner < 2.5 for sooner, later in itertools.pairwise(waits[:8]))
    assert max(waits) <= 300 * 1.125
    assert waits[-1] == pytest.approx(300, rel=0.15)
    await desk.drain()
    assert {"sent": 1} == await desk.states()
    row = (await desk.store.read(lambda tx: tx.outbox.deliveries("m1")))[0]
    assert (13, None) == (row.attempt, row.error)


async def test_what_is_too_late_expires_and_is_counted(desk):
    await desk.post("say it now", expires_at=START + timedelta(seconds=120))
    await desk.post("lasting")
    await desk.drain(seconds=121)
    assert [("post", "lasting")] == desk.chat.got
    assert {"expired": 1, "sent": 1} == await desk.states()
    row = (await desk.store.read(lambda tx: tx.outbox.deliveries("m1")))[0]
    assert "too late to be worth saying" == row.error


async def test_a_refusal_is_written_down_and_not_tried_again(desk):
    desk.chat.script = [Rejected("the channel is gone")]
    await desk.post("one")
    await desk.drain(hours=0)
    await desk.drain(hours=5)
    assert [("post", "one")] == desk.chat.got
    row = (await desk.store.read(lambda tx: tx.outbox.deliveries("m1")))[0]
    assert ("failed", "the channel is gone") == (row.state, row.error)


async def test_a_destination_nobody_serves_is_refused_by_name(desk):
    await desk.post("one")
    await Relay(desk.store, desk.clock, {}).drain()
    row = (await desk.store.read(lambda tx: tx.outbox.deliveries("m1")))[0]
    assert "failed" == row.state
    assert "web:team" in row.error


async def test_an_edit_is_folded_into_a_post_that_was_not_sent_yet(desk):
    await desk.post("one", "draft")
    await desk.edit("one", "final")
    await desk.drain()
    assert [("post", "final")] == desk.chat.got


async def test_edits_of_a_sent_message_follow_and_unsent_ones_fold(desk):
    await desk.post("one", "first")
    await desk.drain()
    await desk.edit("one", "second")
    await desk.edit("one", "third")
    await desk.drain()
    assert [("post", "first"), ("edit", "third")] == desk.chat.got


async def test_an_edit_that_changes_nothing_is_not_sent(desk):
    await desk.post("one", "same")
    await desk.drain()
    await desk.edit("one", "same")
    assert 0 == await desk.drain()


@pytest.mark.parametrize("how", ["expired", "failed"])
async def test_an_edit_of_a_given_up_post_goes_nowhere(desk, how):
    desk.chat.script = [Rejected("no")] if how == "failed" else []
    await desk.post("one", expires_at=START + timedelta(seconds=1) if how == "expired" else None)
    await desk.drain(seconds=2)
    before = len(desk.chat.got)
    await desk.edit("one", "news")
    assert 0 == await desk.drain()
    assert before == len(desk.chat.got)
    assert {how: 1} == await desk.states()


async def test_an_edit_waits_for_its_post(desk):
    """While the post was under way its edit could not be folded in; then the post had to be tried again."""
    await desk.post("one", "first")
    under_way = await desk.claimed()
    await desk.edit("one", "second")
    await desk.store.write(lambda tx: tx.outbox.retry(under_way, START + timedelta(seconds=30), "slow down"))
    assert 0 == await desk.drain()
    assert START + timedelta(seconds=30) == await desk.next_due(), "the waiting edit must not wake the loop"
    await desk.drain(seconds=30)
    assert [("post", "first"), ("edit", "second")] == desk.chat.got
    assert {"m1": "second"} == desk.chat.shown


async def test_a_lease_holds_until_it_runs_out_or_the_bot_starts_again(desk):
    await desk.post("one")
    await desk.claimed()
    assert 0 == await desk.drain(seconds=59)
    assert 1 == await desk.drain(seconds=1)
    await desk.post("two")
    await desk.claimed()
    await desk.restart()
    assert 1 == await desk.drain()
    assert [("post", "one"), ("post", "two")] == desk.chat.got


async def test_an_edit_after_a_restart_is_not_lost_in_a_post_that_had_arrived(desk):
    """Killed between the arrival and its record: the post is sent again and known already, the edit must follow."""
    await desk.post("one", "first")
    await desk.chat.deliver(await desk.claimed())
    await desk.restart()
    await desk.edit("one", "second")
    await desk.drain()
    assert {"m1": "second"} == desk.chat.shown


async def test_a_post_that_had_arrived_does_not_expire_after_a_restart(desk):
    await desk.post("one", "first", expires_at=START + timedelta(seconds=60))
    await desk.chat.deliver(await desk.claimed())
    await desk.restart()
    await desk.drain(hours=1)
    await desk.edit("one", "second")
    await desk.drain()
    assert {"m1": "second"} == desk.chat.shown
    assert {"sent": 2} == await desk.states()


class _Counts:
    def __init__(self):
        self.outcomes = []

    def count(self, delivery, outcome, at):
        self.outcomes.append(outcome)


async def test_a_write_that_had_to_be_made_again_is_counted_once(desk, monkeypatch):
    """As when a commit shared with others failed: the work was done, and undone, and is done again."""
    write = desk.store.write

    async def twice(work):
        def first(tx):
            work(tx)
            raise LookupError("the commit failed")

        with pytest.raises(LookupError):
            await write(first)
        return await write(work)

    await desk.post("late", kind="cue", expires_at=START + timedelta(seconds=1))
    await desk.post("in time")
    desk.clock.set(START + timedelta(seconds=2))
    counts = _Counts()
    monkeypatch.setattr(desk.store, "write", twice)
    await desk.new_relay(meter=counts).drain()
    assert ["expired", "sent"] == counts.outcomes
