"""Who did what, when, from where."""

from __future__ import annotations

from bot.core.records import AuditEntry
from storage.rows import Repo, dump, instant, load, read_instant


class Audit(Repo):
    def add(self, entry: AuditEntry) -> None:
        self.db.table("audit").insert(
            {
                "at": instant(entry.at),
                "actor": entry.actor,
                "via": entry.via,
                "action": entry.action,
                "subject": entry.subject,
                "before": None if entry.before is None else dump(entry.before),
                "after": None if entry.after is None else dump(entry.after),
                "detail": dump(entry.detail),
            }
        )

    def of_subject(self, subject: str) -> list[AuditEntry]:
        return [
            AuditEntry(
                at=read_instant(row["at"]),
                actor=row["actor"],
                via=row["via"],
                action=row["action"],
                subject=row["subject"],
                before=None if row["before"] is None else load(row["before"]),
                after=None if row["after"] is None else load(row["after"]),
                detail=load(row["detail"]),
            )
            for row in self.rows("select * from audit where subject = ? order by id", [subject])
        ]
