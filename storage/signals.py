"""Raw signals, the webhook ids that brought them, and the secrets that sign them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.core.heartbeat import Source, after_beats, is_beat
from bot.core.records import StoredSignal
from storage.rows import Repo, dump, instant, instant_or_none, load, read_instant, read_instant_or_none


class Signals(Repo):
    def fresh(self, room: str, marks: Sequence[tuple[str, str | None]]) -> list[int]:
        """Places of the lines that are new: their source and id came neither before nor earlier in `marks`."""
        sql = "select 1 from signals where room = ? and source = ? and source_id = ?"
        seen: set[tuple[str, str | None]] = set()
        places = []
        for place, mark in enumerate(marks):
            if mark[1] is not None:
                if mark in seen or self.db.conn.execute(sql, (room, *mark)).fetchone():
                    continue
                seen.add(mark)
            places.append(place)
        return places

    def store(self, room: str, session: str | None, batch: Sequence[tuple[StoredSignal, str | None]]) -> None:
        """The hot path: one executemany for lines that are known to be new."""
        self.db.conn.executemany(
            "insert into signals (room, session, source, source_id, at, kind, data) values (?, ?, ?, ?, ?, ?, ?)",
            [
                (room, session, signal.source, source_id, instant(signal.at), signal.data["kind"], dump(signal.data))
                for signal, source_id in batch
            ],
        )
        newest: dict[str, datetime] = {}
        beats: dict[str, list[datetime]] = {}
        for signal, _ in batch:
            if signal.source not in newest or signal.at > newest[signal.source]:
                newest[signal.source] = signal.at
            if is_beat(signal.data["kind"], signal.source):
                beats.setdefault(signal.source, []).append(signal.at)
        for source, at in newest.items():
            self.db.execute(
                "insert into heard (room, source, at) values (?, ?, ?) "
                "on conflict (room, source) do update set at = max(at, excluded.at)",
                [room, source, instant(at)],
            )
        for source, times in beats.items():
            self._beat(room, source, times)
        if session is not None and newest:
            self._heard_in(session, instant(max(newest.values())))

    def _beat(self, room: str, source: str, times: Sequence[datetime]) -> None:
        row = self.db.execute("select beat_at, gaps_s from heard where room = ? and source = ?", [room, source])
        before, gaps = row.fetchone()
        beat_at, gaps_s = after_beats(read_instant_or_none(before), load(gaps), times)
        self.db.execute(
            "update heard set beat_at = ?, gaps_s = ? where room = ? and source = ?",
            [instant_or_none(beat_at), dump(gaps_s), room, source],
        )

    def _heard_in(self, session: str, at: str) -> None:
        self.db.execute(
            "insert into last_signals (session, at) values (?, ?) "
            "on conflict (session) do update set at = max(at, excluded.at)",
            [session, at],
        )

    def newest(self) -> int:
        """The number of the newest line stored; they grow in the order of the commits."""
        row = self.row("select max(id) as id from signals")
        return 0 if row is None or row["id"] is None else int(row["id"])

    def streams(self, session: str, since: datetime) -> list[str]:
        """The states of the session's stream lines from `since` on."""
        sql = "select data from signals where session = ? and kind = 'stream' and at >= ?"
        return [str(load(row["data"])["state"]) for row in self.rows(sql, [session, instant(since)])]

    def of_session(self, session: str) -> Iterable[StoredSignal]:
        """In the order they were accepted."""
        for row in self.db.conn.execute(
            "select at, source, data from signals where session = ? order by id", (session,)
        ):
            yield StoredSignal(read_instant(row[0]), row[1], load(row[2]))

    def people(self, session: str, start: datetime, end: datetime) -> set[tuple[str, str]]:
        """Of the lines outside [start, end) only the time is looked at."""
        sql = """select distinct source, json_extract(data, '$.user') as user from signals
            where session = ? and at >= ? and at < ? and json_extract(data, '$.user') is not null"""
        rows = self.rows(sql, [session, instant(start), instant(end)])
        return {(row["source"], str(row["user"])) for row in rows}

    def adopt(self, room: str, session: str, since: datetime) -> int:
        sql = "select max(at) as at from signals where room = ? and session is null and at >= ?"
        row = self.row(sql, [room, instant(since)])
        if row is not None and row["at"] is not None:
            self._heard_in(session, row["at"])
        sql = "update signals set session = ? where room = ? and session is null and at >= ?"
        return self.db.execute(sql, [session, room, instant(since)]).rowcount

    def last_at(self, session: str) -> datetime | None:
        row = self.row("select at from last_signals where session = ?", [session])
        return None if row is None else read_instant(row["at"])

    def sources(self, room: str) -> list[Source]:
        """By name."""
        return [
            Source(
                row["source"],
                read_instant(row["at"]),
                read_instant_or_none(row["beat_at"]),
                tuple(load(row["gaps_s"])),
            )
            for row in self.rows("select * from heard where room = ? order by source", [room])
        ]

    def webhook(self, room: str, webhook_id: str) -> str | None:
        row = self.row("select digest from webhooks where room = ? and id = ?", [room, webhook_id])
        return None if row is None else str(row["digest"])

    def remember_webhook(self, room: str, webhook_id: str, digest: str, at: datetime, count: int) -> None:
        self.db.execute(
            "insert into webhooks (room, id, digest, at, count) values (?, ?, ?, ?, ?)",
            [room, webhook_id, digest, instant(at), count],
        )

    def secrets(self, room: str, now: datetime) -> list[str]:
        sql = """select secret from secrets
            where room = ? and (valid_until is null or valid_until > ?) order by created_at desc"""
        return [row["secret"] for row in self.rows(sql, [room, instant(now)])]

    def ending_secrets(self, now: datetime) -> list[tuple[str, datetime]]:
        """Rooms with a secret that ends, and when; the first to end first."""
        sql = "select room, valid_until from secrets where valid_until > ? order by valid_until, room"
        return [(row["room"], read_instant(row["valid_until"])) for row in self.rows(sql, [instant(now)])]

    def add_secret(self, room: str, secret: str, now: datetime, *, old_valid_until: datetime | None) -> None:
        self.db.execute(
            "update secrets set valid_until = ? where room = ? and (valid_until is null or valid_until > ?)",
            [instant(old_valid_until or now), room, instant_or_none(old_valid_until or now)],
        )
        self.db.execute("insert into secrets (room, secret, created_at) values (?, ?, ?)", [room, secret, instant(now)])
