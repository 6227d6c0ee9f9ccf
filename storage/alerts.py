"""Alerts, the lines offered with them, and nudges waiting for the host's attention."""

from __future__ import annotations

from typing import Any

from bot.core.records import Alert, NudgeRow, Prompt
from bot.core.reply import decode, encode
from storage.rows import Repo, dump, instant, instant_or_none, load, read_instant, read_instant_or_none


class Alerts(Repo):
    def get(self, alert: str) -> Alert | None:
        row = self.row("select * from alerts where id = ?", [alert])
        return None if row is None else _alert(row)

    def save(self, alert: Alert) -> None:
        row = {
            "id": alert.id,
            "room": alert.room,
            "kind": alert.kind,
            "session": alert.session,
            "opened_at": instant(alert.opened_at),
            "opened_s": alert.opened_s,
            "state": alert.state,
            "severity": alert.severity,
            "reason": encode(alert.reason),
            "evidence": dump(alert.evidence),
            "now": encode(alert.now),
            "resolved_at": instant_or_none(alert.resolved_at),
            "by": alert.by,
            "by_at": instant_or_none(alert.by_at),
            "snoozed_until": instant_or_none(alert.snoozed_until),
            "missing": dump(alert.missing),
            "not_useful_by": alert.not_useful_by,
            "not_useful_at": instant_or_none(alert.not_useful_at),
        }
        self.save_row("alerts", row, "id")

    def open(self, room: str | None = None) -> list[Alert]:
        """Without an all-clear, in sessions that are on air."""
        sql = """select a.* from alerts a join sessions s on s.id = a.session
            where a.resolved_at is null and s.state = 'live' and (? is null or a.room = ?) order by a.opened_at, a.id"""
        return [_alert(row) for row in self.rows(sql, [room, room])]

    def of_session(self, session: str) -> list[Alert]:
        return [
            _alert(row)
            for row in self.rows("select * from alerts where session = ? order by opened_at, rowid", [session])
        ]

    def prompt(self, prompt: str) -> Prompt | None:
        row = self.row("select * from prompts where id = ?", [prompt])
        return None if row is None else _prompt(row)

    def save_prompt(self, prompt: Prompt) -> None:
        row = {
            "id": prompt.id,
            "session": prompt.session,
            "room": prompt.room,
            "alert": prompt.alert,
            "tactic": prompt.tactic,
            "line": prompt.line,
            "language": prompt.language,
            "text": prompt.text,
            "gloss": prompt.gloss,
            "state": prompt.state,
            "offered_at": instant(prompt.offered_at),
            "position": prompt.position,
            "by": prompt.by,
            "at": instant_or_none(prompt.at),
        }
        self.save_row("prompts", row, "id")

    def prompts(self, session: str) -> list[Prompt]:
        return [_prompt(row) for row in self.rows("select * from prompts where session = ? order by rowid", [session])]

    def nudge(self, nudge: str) -> NudgeRow | None:
        row = self.row("select * from nudges where id = ?", [nudge])
        return None if row is None else _nudge(row)

    def save_nudge(self, nudge: NudgeRow) -> None:
        row = {
            "id": nudge.id,
            "session": nudge.session,
            "kind": nudge.kind,
            "due_at": instant(nudge.due_at),
            "expires_at": instant(nudge.expires_at),
            "subject": nudge.subject,
            "reply": encode(nudge.reply),
            "recipient": nudge.to,
            "state": nudge.state,
            "at": instant_or_none(nudge.at),
            "why": nudge.why,
        }
        self.save_row("nudges", row, "id")

    def nudges(self, session: str) -> list[NudgeRow]:
        return [_nudge(row) for row in self.rows("select * from nudges where session = ? order by rowid", [session])]


def _alert(row: dict[str, Any]) -> Alert:
    return Alert(
        id=row["id"],
        room=row["room"],
        kind=row["kind"],
        session=row["session"],
        opened_at=read_instant(row["opened_at"]),
        opened_s=row["opened_s"],
        state=row["state"],
        severity=row["severity"],
        reason=decode(row["reason"]),
        evidence=load(row["evidence"]),
        now=decode(row["now"]),
        resolved_at=read_instant_or_none(row["resolved_at"]),
        by=row["by"],
        by_at=read_instant_or_none(row["by_at"]),
        snoozed_until=read_instant_or_none(row["snoozed_until"]),
        missing=tuple((tactic, tuple(names)) for tactic, names in load(row["missing"])),
        not_useful_by=row["not_useful_by"],
        not_useful_at=read_instant_or_none(row["not_useful_at"]),
    )


def _prompt(row: dict[str, Any]) -> Prompt:
    return Prompt(
        id=row["id"],
        session=row["session"],
        room=row["room"],
        alert=row["alert"],
        tactic=row["tactic"],
        line=row["line"],
        language=row["language"],
        text=row["text"],
        gloss=row["gloss"],
        state=row["state"],
        offered_at=read_instant(row["offered_at"]),
        position=row["position"],
        by=row["by"],
        at=read_instant_or_none(row["at"]),
    )


def _nudge(row: dict[str, Any]) -> NudgeRow:
    return NudgeRow(
        id=row["id"],
        session=row["session"],
        kind=row["kind"],
        due_at=read_instant(row["due_at"]),
        expires_at=read_instant(row["expires_at"]),
        subject=row["subject"],
        reply=decode(row["reply"]),
        to=row["recipient"],
        state=row["state"],
        at=read_instant_or_none(row["at"]),
        why=row["why"],
    )
