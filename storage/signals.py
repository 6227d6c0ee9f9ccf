"""Raw signals, the webhook ids that brought them, and the secrets that sign them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.core.records import StoredSignal
from storage.rows import Repo, dump, instant, instant_or_none, load, read_instant


class Signals(Repo):
    def store(self, room: str, session: str | None, batch: Sequence[tuple[StoredSignal, str | None]]) -> list[int]:
        """The hot path: one executemany per batch; known source ids are left out beforehand."""
        known = self._known(room, batch)
        fresh: list[int] = []
        rows = []
        for place, (signal, source_id) in enumerate(batch):
            mark = (signal.source, source_id)
            if source_id is not None:
                if mark in known:
                    continue
                known.add(mark)
            fresh.append(place)
            rows.append(
                (room, session, signal.source, source_id, instant(signal.at), signal.data["kind"], dump(signal.data))
            )
        self.db.conn.executemany(
            "insert into signals (room, session, source, source_id, at, kind, data) values (?, ?, ?, ?, ?, ?, ?)", rows
        )
        return fresh

    def _known(self, room: str, batch: Sequence[tuple[StoredSignal, str | None]]) -> set[tuple[str, str | None]]:
        marks = [(signal.source, source_id) for signal, source_id in batch if source_id is not None]
        known: set[tuple[str, str | None]] = set()
        sql = "select source_id from signals where room = ? and source = ? and source_id = ?"
        for source, source_id in marks:
            if self.db.conn.execute(sql, (room, source, source_id)).fetchone():
                known.add((source, source_id))
        return known

    def of_session(self, session: str) -> Iterable[StoredSignal]:
        """In the order they were accepted."""
        for row in self.db.conn.execute(
            "select at, source, data from signals where session = ? order by id", (session,)
        ):
            yield StoredSignal(read_instant(row[0]), row[1], load(row[2]))

    def adopt(self, room: str, session: str, since: datetime) -> int:
        sql = "update signals set session = ? where room = ? and session is null and at >= ?"
        return self.db.execute(sql, [session, room, instant(since)]).rowcount

    def last_at(self, session: str) -> datetime | None:
        row = self.row("select max(at) as at from signals where session = ?", [session])
        return None if row is None or row["at"] is None else read_instant(row["at"])

    def sources(self, room: str) -> list[tuple[str, datetime]]:
        """Each source of the room with its newest signal's time."""
        rows = self.rows(
            "select source, max(at) as at from signals where room = ? group by source order by source", [room]
        )
        return [(row["source"], read_instant(row["at"])) for row in rows]

    def webhook(self, room: str, webhook_id: str) -> str | None:
        row = self.row("select digest from webhooks where room = ? and id = ?", [room, webhook_id])
        return None if row is None else str(row["digest"])

    def remember_webhook(self, room: str, webhook_id: str, digest: str, at: datetime, count: int) -> None:
        self.db.execute(
            "insert into webhooks (room, id, digest, at, count) values (?, ?, ?, ?, ?)",
            [room, webhook_id, digest, instant(at), count],
        )

    def secrets(self, room: str, now: datetime) -> list[str]:
        sql = "select secret from secrets where room = ? and (valid_until is null or valid_until > ?) order by created_at desc"
        return [row["secret"] for row in self.rows(sql, [room, instant(now)])]

    def add_secret(self, room: str, secret: str, now: datetime, *, old_valid_until: datetime | None) -> None:
        self.db.execute(
            "update secrets set valid_until = ? where room = ? and (valid_until is null or valid_until > ?)",
            [instant(old_valid_until or now), room, instant_or_none(old_valid_until or now)],
        )
        self.db.execute("insert into secrets (room, secret, created_at) values (?, ?, ?)", [room, secret, instant(now)])
