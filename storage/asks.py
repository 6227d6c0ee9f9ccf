"""Questions that wait for an answer, and each step of their ladders that was taken or left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.core.escalation import AskKind, Audience
from bot.core.records import Ask, AskStep
from storage.rows import Repo, instant, instant_or_none, read_instant, read_instant_or_none


class Asks(Repo):
    def get(self, ask: str) -> Ask | None:
        row = self.row("select * from asks where id = ?", [ask])
        return None if row is None else _ask(row)

    def save(self, ask: Ask) -> None:
        row = {
            "id": ask.id,
            "kind": ask.kind,
            "subject": ask.subject,
            "room": ask.room,
            "key": ask.key,
            "asked_at": instant(ask.asked_at),
            "moment": instant_or_none(ask.moment),
            "steps": ask.steps,
            "next_at": instant_or_none(ask.next_at),
            "closed_at": instant_or_none(ask.closed_at),
            "outcome": ask.outcome,
            "answered_at": instant_or_none(ask.answered_at),
            "answered_by": ask.answered_by,
            "answered_in": ask.answered_in,
            "answer": ask.answer,
        }
        self.save_row("asks", row, "id")

    def of_subject(self, subject: str) -> list[Ask]:
        return [_ask(row) for row in self.rows("select * from asks where subject = ? order by rowid", [subject])]

    def of_message(self, key: str) -> list[Ask]:
        sql = """select * from asks where key = ? or id in (select ask from ask_steps where key = ?) order by rowid"""
        return [_ask(row) for row in self.rows(sql, [key, key])]

    def add_step(self, step: AskStep) -> None:
        self.db.table("ask_steps").insert(
            {
                "ask": step.ask,
                "step": step.step,
                "audience": step.audience,
                "at": instant(step.at),
                "key": step.key,
                "outcome": step.outcome,
            }
        )

    def steps(self, ask: str) -> list[AskStep]:
        return [_step(row) for row in self.rows("select * from ask_steps where ask = ? order by rowid", [ask])]

    def shared(self, audience: Audience, kinds: Sequence[AskKind], since: datetime) -> str | None:
        sql = f"""select s.key from ask_steps s join asks a on a.id = s.ask
            where s.at >= ? and s.key is not null and s.audience = ? and a.kind in ({", ".join("?" * len(kinds))})
                and not exists (select 1 from ask_steps e where e.key = s.key and e.at < ?)
            order by s.at desc, s.rowid desc limit 1"""  # noqa: S608 - question marks
        row = self.row(sql, [instant(since), audience, *kinds, instant(since)])
        return None if row is None else str(row["key"])

    def counts(self, since: datetime | None = None) -> Mapping[str, int]:
        text = instant_or_none(since)
        sql = """select coalesce(outcome, 'open') as name, count(*) as n from asks
            where ? is null or asked_at >= ? group by 1 order by 1"""
        counted = {row["name"]: row["n"] for row in self.rows(sql, [text, text])}
        sql = "select count(*) as n from ask_steps where outcome = 'dropped' and (? is null or at >= ?)"
        row = self.row(sql, [text, text])
        return counted | {"dropped_steps": row["n"] if row else 0}


def _ask(row: dict[str, Any]) -> Ask:
    return Ask(
        id=row["id"],
        kind=row["kind"],
        subject=row["subject"],
        room=row["room"],
        key=row["key"],
        asked_at=read_instant(row["asked_at"]),
        moment=read_instant_or_none(row["moment"]),
        steps=row["steps"],
        next_at=read_instant_or_none(row["next_at"]),
        closed_at=read_instant_or_none(row["closed_at"]),
        outcome=row["outcome"],
        answered_at=read_instant_or_none(row["answered_at"]),
        answered_by=row["answered_by"],
        answered_in=row["answered_in"],
        answer=row["answer"],
    )


def _step(row: dict[str, Any]) -> AskStep:
    return AskStep(row["ask"], row["step"], row["audience"], read_instant(row["at"]), row["key"], row["outcome"])
