"""Deeds that may be taken back come back as they were kept, also from a file that is older than they are."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlite_utils import Database

from bot.core.records import Deed
from storage.database import SqliteStore
from storage.migrations import migrations

NOW = datetime(2027, 3, 12, 20, tzinfo=UTC)
DEED = Deed(
    "u1", "olga", "room.archive", "us_main", "team", 7, NOW, NOW + timedelta(seconds=60), None,
    {"a": [1, "家", None, {"b": False}]},
)  # fmt: skip


async def test_the_newest_that_stands_is_the_latest_whatever_others_did(tmp_path):
    path = tmp_path / "bot.db"
    db = Database(sqlite3.connect(path, isolation_level=None), execute_plugins=False)
    migrations.apply(db, stop_before="m007_undo")
    db.conn.close()
    store = SqliteStore(path)
    await store.open()
    second, third = replace(DEED, id="u2"), replace(DEED, id="u3", person="max")
    await store.write(lambda tx: [tx.undo.add(deed) for deed in (DEED, second, third)])
    assert (DEED, second) == await store.read(lambda tx: (tx.undo.get("u1"), tx.undo.latest("olga")))
    await store.write(lambda tx: tx.undo.undone("u2", "max", NOW))
    await store.close()
    store = SqliteStore(path)
    await store.open()
    undone = replace(second, undone_at=NOW, undone_by="max")
    assert (undone, DEED) == await store.read(lambda tx: (tx.undo.get("u2"), tx.undo.latest("olga")))
    assert (None, None) == await store.read(lambda tx: (tx.undo.get("u9"), tx.undo.latest("vera")))
    await store.close()
