"""The queues of the outbox: what a look costs, what an older file brings along, and the figures made of the rows."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from sqlite_utils import Database

from bot.core.records import Post
from bot.core.reply import Text, encode, reply
from storage.database import SqliteStore
from storage.migrations import migrations

NOW = datetime(2027, 3, 12, 20, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)


@pytest.fixture
async def store(tmp_path):
    store = SqliteStore(tmp_path / "bot.db")
    await store.open()
    yield store
    await store.close()


def fill(tx, first, last):
    for number in range(first, last):
        for place in "abc":
            post = Post(f"{place}{number}", "team", "note", reply(Text("x")), only=(f"plain:{place}",))
            tx.outbox.post(post, NOW)


def steps(tx, work):
    """How many instructions of the database's machine it takes."""
    counted = []
    tx.db.conn.set_progress_handler(lambda: counted.append(None), 1)
    work()
    tx.db.conn.set_progress_handler(None, 0)
    return len(counted)


async def test_a_long_queue_makes_looking_and_claiming_no_dearer(store):
    def costs(tx):
        return [
            steps(tx, tx.outbox.ready),
            steps(tx, lambda: tx.outbox.retry(tx.outbox.claim(NOW, LATER), NOW, "")),
            steps(tx, lambda: tx.outbox.retry(tx.outbox.claim(NOW, LATER, "plain:b"), NOW, "")),
        ]

    def both(tx):
        fill(tx, 0, 5)
        short = costs(tx)
        fill(tx, 5, 500)
        return short, costs(tx)

    short, long = await store.write(both)
    assert [cost for cost, was in zip(long, short, strict=True) if cost > 1.2 * was] == [], (short, long)


async def test_one_row_at_a_time_of_each_destination(store):
    await store.write(lambda tx: fill(tx, 0, 2))
    taken = [await store.write(lambda tx: tx.outbox.claim(NOW, LATER)) for _ in range(4)]
    assert ["plain:a", "plain:b", "plain:c", None] == [row and row.destination for row in taken]
    assert [LATER] * 3 == [at for _, at in await store.read(lambda tx: tx.outbox.ready())]


async def test_a_destination_with_nothing_but_a_lease_is_looked_at_when_it_ends(store):
    await store.write(lambda tx: fill(tx, 0, 1))
    for _ in "abc":
        await store.write(lambda tx: tx.outbox.claim(NOW, LATER))
    assert LATER == await store.read(lambda tx: tx.outbox.next_due())
    again = await store.write(lambda tx: tx.outbox.claim(LATER, LATER + timedelta(minutes=1), "plain:b"))
    assert ("plain:b", True, NOW) == (again.destination, again.may_have_arrived, again.first_attempt_at)
    states = {row[0] for row in await store.read(lambda tx: tx.db.execute("select state from outbox").fetchall())}
    assert {"sending"} == states, "the others' leases are theirs to take back"


async def test_an_older_file_keeps_its_queue_its_order_and_what_was_under_way(tmp_path):
    path = tmp_path / "old.db"
    db = Database(sqlite3.connect(path, isolation_level=None), execute_plugins=False)
    migrations.apply(db, stop_before="m005_relay")
    at = "2027-03-12T19:00:00.000000Z"
    said = encode(reply(Text("x")))
    for number, (state, urgent) in enumerate((("sent", 0), ("sending", 0), ("new", 0), ("new", 1)), 1):
        db.execute(
            "insert into messages values (?,?,'team','checklist',null,null,?,?,null,?)",
            [f"m{number}", f"k{number}", said, urgent, at],
        )
        db.execute(
            "insert into outbox values (?,?,'plain:team','post',?,?,0,?,?,?,?,null)",
            [
                number,
                f"m{number}",
                said,
                state,
                at,
                at,
                at if state == "sending" else None,
                at if number == 1 else None,
            ],
        )
    db.conn.close()
    store = SqliteStore(path)
    await store.open()
    await store.write(lambda tx: tx.outbox.release_leases())
    told = []
    while row := await store.write(lambda tx: tx.outbox.claim(NOW, LATER)):
        told.append((row.message, row.may_have_arrived))
        await store.write(lambda tx, row=row: tx.outbox.sent(row, "ref", NOW))
    assert [("m4", False), ("m2", True), ("m3", False)] == told
    [before] = await store.read(lambda tx: [row for row in tx.outbox.deliveries("m1") if row.done_at])
    assert before.sent_at == before.done_at
    await store.close()


async def test_the_figures_of_each_destination(store):
    def work(tx):
        fill(tx, 0, 3)
        one, two, three = (tx.outbox.claim(NOW, LATER, f"plain:{place}") for place in "abc")
        tx.outbox.sent(one, "ref", LATER)
        tx.outbox.fail(two, "too long", LATER)
        tx.outbox.uncertain(tx.outbox.repeat(three, NOW), "lost", LATER)
        tx.outbox.park("plain:a", "gone", LATER)
        tx.outbox.pause("plain:b", LATER, "429", NOW)

    await store.write(work)
    a, b, c = await store.read(lambda tx: tx.outbox.traffic(LATER))
    assert (2, NOW, 1, 0, 0) == (a.waiting, a.oldest, a.sent, a.failed, a.repeated)
    assert ("gone", LATER) == (a.state.why, a.state.parked_at)
    assert (1, "429", LATER, NOW) == (b.failed, b.state.why, b.state.not_before, b.state.since)
    assert (1, 1, None) == (c.uncertain, c.repeated, c.state)
    afterwards = await store.read(lambda tx: tx.outbox.traffic(LATER + timedelta(seconds=1)))
    assert [0, 0, 0] == [row.sent + row.failed + row.uncertain for row in afterwards]
    [dwell] = await store.read(lambda tx: tx.outbox.dwell(NOW))
    assert ("note", 1, 60.0, 60.0, 60.0) == (dwell.kind, dwell.n, dwell.p50_s, dwell.p99_s, dwell.worst_s)
    left = await store.read(lambda tx: tx.outbox.undelivered(NOW, 10))
    assert ["failed", "new", "new", "uncertain"] == sorted(row.state for row in left)
    assert 1 == len(await store.read(lambda tx: tx.outbox.undelivered(NOW, 1)))
