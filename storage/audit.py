"""Who did what, when, from where. Only ever added to: triggers refuse the rest, a hash chain shows what got past."""

from __future__ import annotations

from typing import Any

from bot.core.records import AuditEntry
from storage.chain import START, link
from storage.rows import Repo, dump, instant, load, read_instant


class Audit(Repo):
    def add(self, entry: AuditEntry) -> None:
        """Adds the entry and its link in the chain; there is one writer at a time, so the last row is the last row."""
        last = self.row("select id, hash from audit order by id desc limit 1") or {"id": 0, "hash": START}
        row = {
            "id": last["id"] + 1,
            "at": instant(entry.at),
            "actor": entry.actor,
            "via": entry.via,
            "channel": entry.channel,
            "room": entry.room,
            "show": entry.show,
            "action": entry.action,
            "subject": entry.subject,
            "before": None if entry.before is None else dump(entry.before),
            "after": None if entry.after is None else dump(entry.after),
            "detail": dump(entry.detail),
        }
        self.db.table("audit").insert(row | {"hash": link(last["hash"], row)})

    def of_subject(self, subject: str) -> list[AuditEntry]:
        return [_entry(row) for row in self.rows("select * from audit where subject = ? order by id", [subject])]

    def by_via(self, via: str) -> list[AuditEntry]:
        return [_entry(row) for row in self.rows("select * from audit where via = ? order by id", [via])]

    def newest(
        self, limit: int, *, actor: str | None = None, room: str | None = None, show: str | None = None
    ) -> list[AuditEntry]:
        wanted = {"actor": actor, "room": room, "show": show}
        given = {name: value for name, value in wanted.items() if value is not None}
        where = " and ".join(f"{name} = ?" for name in given) or "true"
        sql = f"select * from audit where {where} order by id desc limit ?"  # noqa: S608 - three names of our own
        return [_entry(row) for row in self.rows(sql, [*given.values(), limit])]


def _entry(row: dict[str, Any]) -> AuditEntry:
    return AuditEntry(
        at=read_instant(row["at"]),
        actor=row["actor"],
        via=row["via"],
        action=row["action"],
        subject=row["subject"],
        before=None if row["before"] is None else load(row["before"]),
        after=None if row["after"] is None else load(row["after"]),
        detail=load(row["detail"]),
        channel=row["channel"],
        room=row["room"],
        show=row["show"],
        number=row["id"],
    )
