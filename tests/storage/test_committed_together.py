"""Writes that are committed together: one that breaks the transaction, cancelled ones, the last of all."""

from __future__ import annotations

import asyncio
import sqlite3
import threading

import pytest

from bot.core.model import Person, Role
from storage.database import SqliteStore
from tests.storage.test_database import all_at_once, opened, saving


@pytest.fixture
async def store(tmp_path):
    async with opened(tmp_path / "bot.db") as store:
        yield store


async def people(store):
    return {person.slug for person in await store.read(lambda tx: tx.people.all())}


async def test_one_that_ends_the_transaction_for_all_harms_no_other(store):
    """SQLite rolls everything back by itself when the disk is full or fails: savepoints are gone with it."""

    def bad(tx):
        tx.people.save(Person("half", "Half", Role.HOST))
        tx.db.conn.execute("rollback")
        raise sqlite3.OperationalError("disk I/O error")

    outcomes, _ = await all_at_once(store, [saving(1), bad, saving(2)])
    assert (1, 2) == (outcomes[0], outcomes[2])
    assert "disk I/O error" == str(outcomes[1])
    assert {"p1", "p2"} == await people(store)


@pytest.mark.parametrize("n", [1, 3])
async def test_whatever_is_raised_comes_back_to_whoever_asked(store, n):
    """A future takes no StopIteration: whoever waits for it would wait for ever."""
    raised = [StopIteration, StopAsyncIteration, KeyError]

    def bad(kind):
        def work(tx):
            tx.people.save(Person("half", "Half", Role.HOST))
            raise kind("nothing left")

        return work

    for kind in raised:
        waiting = asyncio.gather(*(store.write(bad(kind)) for _ in range(n)), return_exceptions=True)
        outcomes = await asyncio.wait_for(waiting, 5)
        assert all(isinstance(outcome, Exception) for outcome in outcomes)
    assert set() == await people(store)

    def empty(_tx):
        return next(iter(()))

    with pytest.raises(RuntimeError):
        await asyncio.wait_for(store.read(empty), 5)


async def test_who_gave_up_waiting_before_its_turn_leaves_nothing(store):
    inside, go_on = threading.Event(), threading.Event()

    def slow(_tx):
        inside.set()
        assert go_on.wait(10)

    first = asyncio.create_task(store.write(slow))
    await asyncio.to_thread(inside.wait, 10)
    given_up, stays = (asyncio.create_task(store.write(saving(number))) for number in (1, 2))
    await asyncio.sleep(0)
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up
    go_on.set()
    await asyncio.gather(first, stays)
    assert {"p2"} == await people(store)


async def test_what_waits_when_it_is_closed_is_written(tmp_path):
    store = SqliteStore(tmp_path / "bot.db")
    await store.open()
    waiting = [asyncio.create_task(store.write(saving(number))) for number in range(1, 60)]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*waiting, return_exceptions=True)
    async with opened(tmp_path / "bot.db") as again:
        assert {f"p{number}" for number in range(1, 60) if number % 3} == await people(again)
