"""The file: made, opened again, refused, written to whole or not at all, read while it is written."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from sqlite_utils import Database

from bot.core.errors import StartError
from bot.core.heartbeat import Source
from bot.core.markets import MARKETS
from bot.core.model import Person, Product, Role, Room
from bot.core.money import Money
from bot.core.reply import Text, encode, reply
from storage.database import SqliteStore
from storage.migrations import migrations

NOW = datetime(2027, 3, 12, 20, tzinfo=UTC)


@asynccontextmanager
async def opened(path):
    store = SqliteStore(path)
    try:
        await store.open()
        yield store
    finally:
        await store.close()


@pytest.fixture
async def store(tmp_path):
    async with opened(tmp_path / "bot.db") as store:
        yield store


def schema(path):
    with sqlite3.connect(path) as connection:
        return connection.execute("select name, sql from sqlite_master where sql is not null order by name").fetchall()


async def test_from_blank_and_again(tmp_path):
    path = tmp_path / "deep" / "bot.db"
    async with opened(path) as store:
        await store.write(lambda tx: tx.people.save(Person("olga", "Olga", Role.OPERATOR)))
    first = schema(path)
    async with opened(path) as store:
        assert "Olga" == (await store.read(lambda tx: tx.people.get("olga"))).name
    assert first == schema(path)


async def test_from_the_oldest_schema(tmp_path):
    """A file of the first version, with signals in it, is brought up to date and keeps them."""
    path = tmp_path / "old.db"
    db = Database(sqlite3.connect(path, isolation_level=None), execute_plugins=False)
    migrations.apply(db, stop_before="m002_last_heard")
    db.execute("insert into rooms values ('r','r','p',null,'Asia/Tokyo','ja','JPY','vertical',null,'human',null,null)")
    db.execute(
        "insert into sessions (id, room, started_at, state) values ('x1','r','2027-03-12T20:00:00.000000Z','live')"
    )
    for second in (5, 9, 7):
        at = f"2027-03-12T20:00:0{second}.000000Z"
        db.execute(
            "insert into signals (room, session, source, at, kind, data) values ('r','x1','own',?,'view','{}')", [at]
        )
    db.conn.close()
    async with opened(path) as store:
        newest = datetime(2027, 3, 12, 20, 0, 9, tzinfo=UTC)
        assert newest == await store.read(lambda tx: tx.signals.last_at("x1"))
        assert [Source("own", newest)] == await store.read(lambda tx: tx.signals.sources("r"))


async def test_what_was_bound_and_promised_before_there_were_other_chats_stays(tmp_path):
    """A file of the version before m011: its bindings keep their order, and what waits still goes out."""
    path = tmp_path / "old.db"
    db = Database(sqlite3.connect(path, isolation_level=None), execute_plugins=False)
    migrations.apply(db, stop_before="m011_chats")
    at = "2027-03-12T20:00:00.000000Z"
    db.execute("insert into bindings values ('team','web:team',2), ('team','test:9',1), ('host','test:9',3)")
    db.table("messages").insert(
        {"id": "m1", "key": "k", "channel": "team", "kind": "alert", "reply": encode(reply(Text("Look"))), "urgent": 1,
         "created_at": at}
    )  # fmt: skip
    db.table("outbox").insert(
        {"message": "m1", "destination": "test:9", "op": "post", "reply": encode(reply(Text("Look"))), "state": "new",
         "attempt": 0, "created_at": at, "due_at": at, "urgent": 1, "direct": 0}
    )  # fmt: skip
    db.conn.close()
    now = datetime(2027, 3, 12, 20, 1, tzinfo=UTC)
    async with opened(path) as store:
        assert await store.read(lambda tx: tx.outbox.bound("team")) == ("test:9", "web:team")
        await store.write(lambda tx: tx.outbox.bind("team", "test:10", "r"))
        assert await store.read(lambda tx: tx.outbox.bound("team", "r")) == ("web:team", "test:10")
        row = await store.write(lambda tx: tx.outbox.claim(now, now, None, lambda _: None))
        assert (row.message, row.pings, row.room, row.show) == ("m1", (), None, None)


async def test_every_table_is_strict(tmp_path):
    async with opened(tmp_path / "bot.db"):
        pass
    ours = [(name, sql) for name, sql in schema(tmp_path / "bot.db") if sql.lower().startswith("create table")]
    loose = [name for name, sql in ours if not sql.rstrip().lower().endswith("strict")]
    assert loose in ([], ["_sqlite_migrations"])
    assert len(ours) > 20


async def test_a_file_of_a_newer_version_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "bot.db"
    async with opened(path):
        pass
    with sqlite3.connect(path) as connection:
        columns = [row[1] for row in connection.execute("pragma table_info(_sqlite_migrations)")]
        values = {"migration_set": "showcaller", "name": "m999_future", "applied_at": "2030-01-01"}
        given = [name for name in columns if name in values]
        connection.execute(
            f"insert into _sqlite_migrations ({', '.join(given)}) values ({', '.join('?' * len(given))})",
            [values[name] for name in given],
        )
    before = schema(path)
    with pytest.raises(StartError, match=r"newer version.*m999_future"):
        async with opened(path):
            pass
    assert before == schema(path)


async def test_what_is_no_database_is_refused_in_one_line(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("not a database, and long enough to be looked at " * 40)
    with pytest.raises(StartError) as caught:
        async with opened(path):
            pass
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


async def test_what_fails_leaves_nothing_behind(store):
    def work(tx):
        tx.rooms.save(Room("us_main", "US", "tiktok", MARKETS["us"]))
        tx.rooms.save_product(Product("us_main", "P1", "Lamp", Money(1990, "USD")))
        tx.people.save(Person("olga", "Olga", Role.OPERATOR))
        tx.timers.set("SummaryDue", "x1", NOW)
        tx.next_id("m")
        tx.remember("tzdata", "2027a")
        raise ValueError("halfway")

    with pytest.raises(ValueError, match="halfway"):
        await store.write(work)
    left = await store.read(lambda tx: (tx.rooms.all(), tx.people.all(), tx.timers.next_due(), tx.fact("tzdata")))
    assert ([], [], None, None) == left
    assert "m1" == await store.write(lambda tx: tx.next_id("m"))


async def test_a_commit_that_fails_does_not_poison_the_next_write(store):
    """A foreign key checked at the commit stands for the full disk that cannot be had here."""

    def work(tx):
        tx.db.conn.execute("pragma defer_foreign_keys = on")
        tx.rooms.save_product(Product("nowhere", "P1", "Lamp", Money(1990, "USD")))

    with pytest.raises(sqlite3.IntegrityError):
        await store.write(work)
    await store.write(lambda tx: tx.people.save(Person("olga", "Olga", Role.OPERATOR)))
    assert ["olga"] == [person.slug for person in await store.read(lambda tx: tx.people.all())]
    assert [] == await store.read(lambda tx: tx.rooms.products("nowhere"))


async def all_at_once(store, works):
    """Writes that all wait while the writer is busy; what each gave or raised, and how often was committed."""
    inside, go_on, commits = threading.Event(), threading.Event(), []

    def slow(tx):
        tx.db.conn.set_trace_callback(lambda sql: commits.append(sql) if sql.lower().startswith("commit") else None)
        inside.set()
        assert go_on.wait(10)

    first = asyncio.create_task(store.write(slow))
    await asyncio.to_thread(inside.wait, 10)
    rest = [asyncio.create_task(store.write(work)) for work in works]
    await asyncio.sleep(0)
    go_on.set()
    outcomes = await asyncio.gather(*rest, return_exceptions=True)
    await first
    return outcomes, len(commits) - 1


def saving(number):
    def work(tx):
        tx.people.save(Person(f"p{number}", "Somebody", Role.HOST))
        if number % 3 == 0:
            raise ValueError(number)
        return number

    return work


async def test_writes_that_wait_together_are_committed_together_and_each_fails_for_itself(store):
    outcomes, commits = await all_at_once(store, [saving(number) for number in range(30)])
    assert [number for number in range(30) if number % 3] == [item for item in outcomes if isinstance(item, int)]
    assert [0, 3, 6] == [item.args[0] for item in outcomes if isinstance(item, ValueError)][:3]
    kept = {person.slug for person in await store.read(lambda tx: tx.people.all())}
    assert {f"p{number}" for number in range(30) if number % 3} == kept
    assert commits == 2, "sixteen and fourteen"


async def test_a_commit_that_fails_for_one_fails_for_no_other(store):
    def bad(tx):
        tx.db.conn.execute("pragma defer_foreign_keys = on")
        tx.rooms.save_product(Product("nowhere", "P1", "Lamp", Money(1990, "USD")))

    outcomes, _ = await all_at_once(store, [saving(1), bad, saving(2)])
    assert (1, 2) == (outcomes[0], outcomes[2])
    assert isinstance(outcomes[1], sqlite3.IntegrityError)
    assert {"p1", "p2"} == {person.slug for person in await store.read(lambda tx: tx.people.all())}
    assert [] == await store.read(lambda tx: tx.rooms.products("nowhere"))


async def test_readers_see_the_last_commit_while_a_write_is_under_way(store):
    await store.write(lambda tx: tx.people.save(Person("olga", "Olga", Role.OPERATOR)))
    inside, go_on = threading.Event(), threading.Event()

    def slow(tx):
        tx.people.save(Person("max", "Max", Role.MANAGER))
        inside.set()
        assert go_on.wait(10)

    writing = asyncio.create_task(store.write(slow))
    await asyncio.to_thread(inside.wait, 10)
    seen = await asyncio.gather(*(store.read(lambda tx: len(tx.people.all())) for _ in range(6)))
    go_on.set()
    await writing
    assert [1] * 6 == seen
    assert 2 == await store.read(lambda tx: len(tx.people.all()))


async def test_a_reader_may_not_write(store):
    with pytest.raises(sqlite3.OperationalError):
        await store.read(lambda tx: tx.people.save(Person("olga", "Olga", Role.OPERATOR)))


async def test_promises_are_written_through(store):
    assert 2 == await store.write(lambda tx: tx.db.conn.execute("pragma synchronous").fetchone()[0])  # FULL
    assert "wal" == await store.write(lambda tx: tx.db.conn.execute("pragma journal_mode").fetchone()[0])


async def test_two_bots_never_run_on_one_file_and_the_place_is_free_again_afterwards(tmp_path):
    path = tmp_path / "bot.db"
    first, second = SqliteStore(path, exclusive=True), SqliteStore(path, exclusive=True)
    await first.open()
    try:
        with pytest.raises(StartError, match="another Showcaller runs on it"):
            await second.open()
        async with opened(path) as beside:  # looking and adding a secret beside the running bot stays possible
            await beside.write(lambda tx: tx.remember("seen", "yes"))
    finally:
        await second.close()
        await first.close()
    third = SqliteStore(path, exclusive=True)
    await third.open()
    assert "yes" == await third.read(lambda tx: tx.fact("seen"))
    await third.close()
