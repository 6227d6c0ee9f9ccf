"""Timers: promises to act at an instant. Rows are the truth; whatever wakes the program only looks here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.core.records import Timer
from storage.rows import Repo, instant, read_instant, read_instant_or_none


class Timers(Repo):
    def set(self, kind: str, subject: str, due_at: datetime) -> None:
        self.db.execute(
            "insert into timers (kind, subject, due_at) values (?, ?, ?) on conflict (kind, subject) "
            "do update set due_at = excluded.due_at, done_at = null, outcome = null",
            [kind, subject, instant(due_at)],
        )

    def cancel(self, kind: str, subject: str) -> None:
        """A cancelled timer stays visible in /why."""
        self.db.execute(
            "update timers set done_at = due_at, outcome = 'cancelled' "
            "where kind = ? and subject = ? and done_at is null",
            [kind, subject],
        )

    def of_subject(self, subject: str) -> list[Timer]:
        return [
            _timer(row) for row in self.rows("select * from timers where subject = ? order by due_at, id", [subject])
        ]

    def due(self, now: datetime, limit: int) -> list[Timer]:
        sql = "select * from timers where done_at is null and due_at <= ? order by due_at, id limit ?"
        return [_timer(row) for row in self.rows(sql, [instant(now), limit])]

    def next_due(self) -> datetime | None:
        row = self.row("select min(due_at) as due_at from timers where done_at is null")
        return None if row is None or row["due_at"] is None else read_instant(row["due_at"])

    def done(self, timer: Timer, now: datetime, outcome: str) -> None:
        """Only if it was not moved meanwhile."""
        self.db.execute(
            "update timers set done_at = ?, outcome = ? where id = ? and due_at = ?",
            [instant(now), outcome, timer.id, instant(timer.due_at)],
        )


def _timer(row: dict[str, Any]) -> Timer:
    return Timer(
        row["id"],
        row["kind"],
        row["subject"],
        read_instant(row["due_at"]),
        read_instant_or_none(row["done_at"]),
        row["outcome"],
    )
