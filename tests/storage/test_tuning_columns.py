"""What tuning keeps: a room's sensitivity, and who found an alert not useful; older files have neither."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlite_utils import Database

from bot.core.markets import MARKETS
from bot.core.model import Room, Session
from bot.core.records import Alert
from bot.core.reply import Msg
from storage.database import SqliteStore
from storage.migrations import migrations

NOW = datetime(2027, 3, 12, 20, tzinfo=UTC)
ROOM = Room("us_main", "US", "tiktok", MARKETS["us"])
ALERT = Alert(
    "a1", "us_main", "cold_room", "x1", NOW, 0, "open", "notice", Msg("alert.cold_room.title"), {"p": 0.9},
    Msg("alert.cold_room.title"), not_useful_by="olga", not_useful_at=NOW,
)  # fmt: skip


@pytest.mark.parametrize("sensitivity", ["calm", "normal", "keen"])
async def test_both_come_back_after_the_file_was_closed(tmp_path, sensitivity):
    room, alert = replace(ROOM, sensitivity=sensitivity), replace(ALERT, severity="urgent")

    def keep(tx):
        tx.rooms.save(room)
        tx.sessions.save(Session("x1", "us_main", None, NOW, "live"))
        tx.alerts.save(ALERT)
        tx.alerts.save(alert)

    store = SqliteStore(tmp_path / "bot.db")
    await store.open()
    await store.write(keep)
    await store.close()
    store = SqliteStore(tmp_path / "bot.db")
    await store.open()
    assert (room, alert) == await store.read(lambda tx: (tx.rooms.get("us_main"), tx.alerts.get("a1")))
    await store.write(lambda tx: tx.alerts.save(replace(alert, not_useful_by=None, not_useful_at=None)))
    assert None is (await store.read(lambda tx: tx.alerts.get("a1"))).not_useful_by
    await store.close()


async def test_an_older_file_is_normal_and_nobody_said_anything(tmp_path):
    path = tmp_path / "old.db"
    db = Database(sqlite3.connect(path, isolation_level=None), execute_plugins=False)
    migrations.apply(db, stop_before="m003_tuning")
    db.execute("insert into rooms values ('r','r','p',null,'Asia/Tokyo','ja','JPY','vertical',null,'human',null,null)")
    at = "2027-03-12T20:00:00.000000Z"
    db.execute("insert into sessions (id, room, started_at, state) values ('x1','r',?,'live')", [at])
    db.execute(
        "insert into alerts values ('a1','r','cold_room','x1',?,0,'open','warning',?,'{}',?,null,null,null,null,'[]')",
        [at, '{"$":"Msg","key":"k"}', '{"$":"Msg","key":"k"}'],
    )
    db.conn.close()
    store = SqliteStore(path)
    await store.open()
    room, alert = await store.read(lambda tx: (tx.rooms.get("r"), tx.alerts.get("a1")))
    await store.close()
    assert ("normal", None, None) == (room.sensitivity, alert.not_useful_by, alert.not_useful_at)
    assert ("warning", NOW) == (alert.severity, alert.opened_at)
