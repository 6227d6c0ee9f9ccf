"""The audit's chain: written with each entry, closed to changes, and whoever gets past that is found."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from bot.core.records import AuditEntry
from storage.database import SqliteStore
from storage.migrations import migrations
from storage.soundness import audit_chain

NOW = datetime(2027, 3, 12, 20, tzinfo=UTC)
ENTRY = AuditEntry(
    NOW, "olga", "web", "room.edit", "us_main", {"theme": "家居"}, {"theme": 'a"b\n\x01'}, channel="team"
)

REPLACE = """
insert or replace into audit (id, at, actor, via, action, subject, detail, hash)
select id, at, 'max', via, action, subject, detail, hash from audit where id = 3"""


@pytest.fixture
async def path(tmp_path):
    """A file with five entries, closed."""
    path = tmp_path / "bot.db"
    store = SqliteStore(path)
    await store.open()
    for place in range(5):
        entry = AuditEntry(NOW, "olga", "web:m1", "alert.ack", f"a{place}", "open", f"word{place}", channel="team")
        await store.write(lambda tx, entry=entry: tx.audit.add(entry))
    await store.close()
    return path


def tamper(path, *statements):
    """As somebody with the file in hand does it: away with the triggers, then at the rows."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for name in ("update", "delete", "replace"):
            connection.execute(f"drop trigger audit_no_{name}")
        for statement in statements:
            connection.execute(statement)


async def test_an_entry_comes_back_as_it_was(tmp_path):
    store = SqliteStore(tmp_path / "bot.db")
    await store.open()
    await store.write(lambda tx: tx.audit.add(ENTRY))
    assert [ENTRY] == await store.read(lambda tx: tx.audit.newest(5))
    await store.close()


async def test_the_hash_is_the_one_that_the_docstring_describes(tmp_path):
    """Computed here from the description alone; and one value for good, since older rows must hold in any version."""
    store = SqliteStore(tmp_path / "bot.db")
    await store.open()
    await store.write(lambda tx: [tx.audit.add(ENTRY), tx.audit.add(ENTRY)])
    first, second = await store.read(lambda tx: list(tx.db.query("select * from audit order by id")))
    await store.close()
    before = "0" * 64
    for row in (first, second):
        fields = {name: value for name, value in row.items() if name != "hash"}
        text = json.dumps(dict(sorted(fields.items())), ensure_ascii=False, separators=(",", ":"))
        before = hashlib.sha256(f"{before}\n{text}".encode()).hexdigest()
        assert before == row["hash"]
    assert "dcdf798939acdaa6e82ad45a8231cd2bf24ee416817efdfcc956b26b09666cc7" == second["hash"]


async def test_what_was_rolled_back_leaves_no_link(tmp_path):
    store = SqliteStore(tmp_path / "bot.db")
    await store.open()

    def fails(tx):
        tx.audit.add(ENTRY)
        raise ValueError("halfway")

    await store.write(lambda tx: tx.audit.add(ENTRY))
    with pytest.raises(ValueError, match="halfway"):
        await store.write(fails)
    await store.write(lambda tx: tx.audit.add(ENTRY))
    await store.close()
    assert (2, None) == (audit_chain(tmp_path / "bot.db").rows, audit_chain(tmp_path / "bot.db").broken)


@pytest.mark.parametrize(
    "statement",
    [
        "update audit set actor = 'max' where id = 3",
        "delete from audit where id = 3",
        "delete from audit",
        REPLACE,
    ],
)
def test_nothing_is_changed_or_deleted(path, statement):
    with closing(sqlite3.connect(path)) as connection:
        with pytest.raises(sqlite3.IntegrityError, match="only ever added to"):
            connection.execute(statement)
        assert [("olga", 5)] == connection.execute("select min(actor), count(*) from audit").fetchall()


def test_a_sound_chain_holds(path):
    assert (5, None) == (audit_chain(path).rows, audit_chain(path).broken)


def test_one_byte_flipped_in_the_file_is_found(path):
    data = path.read_bytes()
    assert 1 == data.count(b'"word2"')
    for byte in (b'"wOrd2"', b'"w\xffrd2"'):  # another letter, and what is no text at all
        path.write_bytes(data.replace(b'"word2"', byte))
        chain = audit_chain(path)
        assert 2 == chain.rows
        assert chain.broken.startswith("row 3 (2027-03-12T20:00:00.000000Z, alert.ack a2 by olga) does not follow from")
        assert re.search(r"row 2: stored hash [0-9a-f]{12}, computed [0-9a-f]{12}; it was changed", chain.broken)


@pytest.fixture(scope="session")
def written(tmp_path_factory):
    """A closed file's path and bytes, and for each audit row where in it its text columns lie, one behind the other."""
    path = tmp_path_factory.mktemp("audit") / "bot.db"

    async def fill():
        store = SqliteStore(path)
        await store.open()
        for place in range(5):
            entry = replace(ENTRY, subject=f"us_{place}", room=None if place % 2 else "美国", detail={"undoes": place})
            await store.write(lambda tx, entry=entry: tx.audit.add(entry))
        await store.close()

    asyncio.run(fill())
    data = path.read_bytes()
    spans = []
    with closing(sqlite3.connect(path)) as connection:
        for _, *columns in connection.execute("select * from audit order by id"):
            text = "".join(column for column in columns if column is not None).encode()
            assert 1 == data.count(text)
            spans.append((data.index(text), len(text)))
    return path, data, spans


@given(row=st.integers(1, 5), place=st.integers(0), flipped=st.integers(1, 255))
@settings(max_examples=150)
def test_any_byte_of_any_row_flipped_in_the_file_is_found(written, row, place, flipped):
    path, data, spans = written
    start, length = spans[row - 1]
    at = start + place % length
    path.write_bytes(data[:at] + bytes([data[at] ^ flipped]) + data[at + 1 :])
    chain = audit_chain(path)
    assert row - 1 == chain.rows
    assert chain.broken.startswith(f"row {row} (")


@pytest.mark.parametrize("column", ["at", "actor", "via", "action", "subject", "before", "after", "detail", "channel"])
def test_a_change_of_any_column_is_found(path, column):
    tamper(path, f"update audit set {column} = {column} || ' ' where id = 4")
    assert audit_chain(path).broken.startswith("row 4 (")


@pytest.mark.parametrize("column", ["room", "show", "before"])
def test_nothing_and_no_text_are_two_things(path, column):
    tamper(path, f"update audit set {column} = iif({column} is null, '', null) where id = 1")
    assert audit_chain(path).broken.startswith("row 1 (")


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("delete from audit where id = 3", "row 4 .*: row 3 is gone before it; rows before it that hold: 2"),
        (
            "delete from audit where id in (2, 3)",
            "row 4 .*: rows 2 to 3 are gone before it; rows before it that hold: 1",
        ),
        ("delete from audit where id = 1", "row 2 .*: row 1 is gone before it; rows before it that hold: 0"),
    ],
)
def test_rows_taken_out_are_found(path, statement, told):
    tamper(path, statement)
    assert re.match(told, audit_chain(path).broken)


def test_two_rows_swapped_are_found(path):
    tamper(
        path,
        "update audit set id = 99 where id = 2",
        "update audit set id = 2 where id = 3",
        "update audit set id = 3 where id = 99",
    )
    chain = audit_chain(path)
    assert 1 == chain.rows
    assert chain.broken.startswith("row 2 (2027-03-12T20:00:00.000000Z, alert.ack a2 by olga)")


def test_a_row_hashed_anew_breaks_at_the_next_which_says_so(path):
    tamper(path, f"update audit set hash = '{'a' * 64}' where id = 5")
    assert "row 5" in audit_chain(path).broken
    assert "or row 4 was and hashed anew" in audit_chain(path).broken


def test_missing_triggers_are_told_though_every_row_holds(path):
    tamper(path)
    assert "audit_no_delete, audit_no_replace, audit_no_update" in audit_chain(path).broken


def test_what_is_shown_of_a_changed_row_is_safe_in_a_terminal(path):
    tamper(path, "update audit set actor = char(27) || '[2Jmax' where id = 2")
    assert "\\x1b[2Jmax" in audit_chain(path).broken


async def test_rows_cut_off_at_the_end_are_what_a_chain_cannot_show(path):
    """The documented limit; should it ever fall, the documents are to follow."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        [trigger] = connection.execute("select sql from sqlite_master where name = 'audit_no_delete'").fetchone()
        connection.execute("drop trigger audit_no_delete")
        connection.execute("delete from audit where id > 3")
        connection.execute(trigger)
    assert (3, None) == (audit_chain(path).rows, audit_chain(path).broken)


async def test_an_older_files_rows_are_chained_placed_and_closed(tmp_path):
    path = tmp_path / "old.db"
    db = Database(sqlite3.connect(path, isolation_level=None), execute_plugins=False)
    migrations.apply(db, stop_before="m004_audit_chain")
    at = "2027-03-12T20:00:00.000000Z"
    db.execute(
        "insert into rooms (slug, name, platform, zone, language, currency, role, host_mode) "
        "values ('r','r','p','Asia/Tokyo','ja','JPY','vertical','human')"
    )
    db.execute(
        "insert into shows (id, room, starts_local, zone, starts_at, duration_s, state) "
        "values ('s','r',?,'UTC',?,1,'live')",
        [at, at],
    )
    db.execute("insert into sessions (id, room, show, started_at, state) values ('x1','r','s',?,'live')", [at])
    db.execute("insert into cues values ('c1','s','tease',0,'planned',null,0)")
    db.execute(
        "insert into alerts "
        "(id, room, kind, session, opened_at, opened_s, state, severity, reason, evidence, now, missing) "
        "values ('a1','r','cold_room','x1',?,0,'open','warning','{}','{}','{}','[]')",
        [at],
    )
    subjects = {"r": ("r", None), "r/P1": (None, None), "s": ("r", "s"), "x1": ("r", "s"), "c1": ("r", "s")}
    subjects |= {"a1": ("r", "s"), "elsewhere": (None, None)}
    for place in range(2_500):  # more than one batch
        name = list(subjects)[place % len(subjects)]
        row = [at, "room.edit", name, '{"é":1.50}' if place % 2 else None]
        db.execute(
            "insert into audit (at, actor, via, action, subject, before, detail) values (?,'o','web',?,?,?,'{}')", row
        )
    db.execute("insert into audit (at, actor, via, action, subject, detail) values (?,'r','web','me','r','{}')", [at])
    db.conn.close()
    assert audit_chain(path) is None
    store = SqliteStore(path)
    await store.open()
    entries = await store.read(lambda tx: tx.audit.newest(9))
    await store.write(lambda tx: tx.audit.add(ENTRY))
    with pytest.raises(sqlite3.IntegrityError):
        await store.write(lambda tx: tx.db.execute("delete from audit"))
    await store.close()
    assert ("me", None, None) == (entries[0].action, entries[0].room, entries[0].channel)
    assert all((entry.room, entry.show) == subjects[entry.subject] for entry in entries[1:])
    assert (2_502, None) == (audit_chain(path).rows, audit_chain(path).broken)
