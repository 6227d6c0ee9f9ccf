"""Deeds that may be taken back for a while, and who did so."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.core.records import Deed
from storage.rows import Repo, dump, instant, instant_or_none, load, read_instant, read_instant_or_none


class Undo(Repo):
    def add(self, deed: Deed) -> None:
        row = {
            "id": deed.id,
            "person": deed.person,
            "action": deed.action,
            "subject": deed.subject,
            "channel": deed.channel,
            "entry": deed.entry,
            "made_at": instant(deed.made_at),
            "until": instant(deed.until),
            "before": dump(deed.before),
            "after": dump(deed.after),
            "undone_at": instant_or_none(deed.undone_at),
            "undone_by": deed.undone_by,
        }
        self.db.table("deeds").insert(row)

    def get(self, deed: str) -> Deed | None:
        row = self.row("select * from deeds where id = ?", [deed])
        return None if row is None else _deed(row)

    def latest(self, person: str) -> Deed | None:
        sql = "select * from deeds where person = ? and undone_at is null order by made_at desc, rowid desc limit 1"
        row = self.row(sql, [person])
        return None if row is None else _deed(row)

    def of(self, action: str, subject: str) -> Deed | None:
        sql = "select * from deeds where action = ? and subject = ? order by made_at desc, rowid desc limit 1"
        row = self.row(sql, [action, subject])
        return None if row is None else _deed(row)

    def undone(self, deed: str, by: str, at: datetime) -> None:
        self.db.execute("update deeds set undone_at = ?, undone_by = ? where id = ?", [instant(at), by, deed])


def _deed(row: dict[str, Any]) -> Deed:
    return Deed(
        id=row["id"],
        person=row["person"],
        action=row["action"],
        subject=row["subject"],
        channel=row["channel"],
        entry=row["entry"],
        made_at=read_instant(row["made_at"]),
        until=read_instant(row["until"]),
        before=load(row["before"]),
        after=load(row["after"]),
        undone_at=read_instant_or_none(row["undone_at"]),
        undone_by=row["undone_by"],
    )
