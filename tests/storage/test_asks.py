"""Questions and their steps are kept, found by subject and message, shared and counted; older files get the tables."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlite_utils import Database

from bot.core.records import Ask, AskStep
from storage.database import SqliteStore
from storage.migrations import migrations

NOW = datetime(2027, 3, 12, 20, tzinfo=UTC)
KINDS = ("alert", "alert_urgent")
ASK = Ask("q1", "go", "us_main-0312", "us_main", "go:us_main-0312", NOW, moment=NOW + timedelta(minutes=10))
ANSWERED = replace(
    ASK,
    id="q2",
    kind="alert_urgent",
    subject="a1",
    key="alert:a1",
    moment=None,
    steps=2,
    closed_at=NOW,
    outcome="answered",
    answered_at=NOW,
    answered_by="olga",
    answered_in="team",
    answer="alert.ack",
)


async def opened(path):
    store = SqliteStore(path)
    await store.open()
    return store


async def test_they_come_back_after_the_file_was_closed(tmp_path):
    waiting = replace(ASK, next_at=NOW + timedelta(minutes=4))
    steps = [
        AskStep("q1", 0, "managers", NOW, "ask:q1:0:managers", "asked"),
        AskStep("q1", 1, "host", NOW, None, "on_air"),
        AskStep("q1", 1, "operators", NOW, None, "dropped"),
    ]

    def keep(tx):
        tx.asks.save(ASK)
        tx.asks.save(waiting)
        tx.asks.save(ANSWERED)
        for step in steps:
            tx.asks.add_step(step)

    store = await opened(tmp_path / "bot.db")
    await store.write(keep)
    await store.close()
    store = await opened(tmp_path / "bot.db")

    def look(tx):
        assert (waiting, ANSWERED, None) == (tx.asks.get("q1"), tx.asks.get("q2"), tx.asks.get("q3"))
        assert [waiting] == tx.asks.of_subject("us_main-0312")
        assert [waiting] == tx.asks.of_message("go:us_main-0312") == tx.asks.of_message("ask:q1:0:managers")
        assert steps == tx.asks.steps("q1")
        assert {"answered": 1, "open": 1, "dropped_steps": 1} == tx.asks.counts()
        assert {"dropped_steps": 0} == tx.asks.counts(NOW + timedelta(seconds=1))

    await store.read(look)
    await store.close()


async def test_a_message_is_shared_by_what_reaches_the_same_people_soon_after_it_began(tmp_path):
    def work(tx):
        for number in (1, 2, 3):
            tx.asks.save(replace(ASK, id=f"q{number}", kind="go" if number == 3 else "alert"))
        tx.asks.add_step(AskStep("q1", 0, "operators", NOW, "first", "asked"))
        tx.asks.add_step(AskStep("q1", 1, "managers", NOW, "second", "asked"))
        tx.asks.add_step(AskStep("q2", 1, "managers", NOW + timedelta(seconds=50), "second", "asked"))
        tx.asks.add_step(AskStep("q3", 0, "managers", NOW + timedelta(seconds=55), "go", "asked"))
        assert "first" == tx.asks.shared("operators", KINDS, NOW)
        assert "second" == tx.asks.shared("managers", KINDS, NOW)
        assert "go" == tx.asks.shared("managers", ("go",), NOW)
        assert None is tx.asks.shared("host", KINDS, NOW)
        assert None is tx.asks.shared("managers", KINDS, NOW + timedelta(seconds=10)), "it began before that"

    store = await opened(tmp_path / "bot.db")
    await store.write(work)
    await store.close()


async def test_an_older_file_has_asked_nothing(tmp_path):
    path = tmp_path / "old.db"
    db = Database(sqlite3.connect(path, isolation_level=None), execute_plugins=False)
    migrations.apply(db, stop_before="m009_escalation")
    assert "asks" not in db.table_names()
    db.execute("insert into facts values ('kept', 'yes')")
    db.conn.close()
    store = await opened(path)
    found = await store.read(lambda tx: (tx.asks.of_subject("a1"), tx.asks.counts(), tx.fact("kept")))
    assert ([], {"dropped_steps": 0}, "yes") == found
    await store.close()
