"""Other chats: what came in and was answered, threads and the like, accounts with their marks, and flows."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from bot.core.chats_port import ChatAccount, ChatAnswer, Flow, MarkRole, Spot
from bot.core.model import Role
from bot.core.reply import decode, encode
from bot.core.rights import Scope
from storage.rows import Repo, dump, instant, load, read_instant

_KEPT = timedelta(days=3)
"""Longer than any platform sends an event again (Telegram: a day)."""


class Chats(Repo):
    # -- what came in ----------------------------------------------------------

    def take(self, chat: str, event: str, now: datetime) -> bool:
        self.db.execute("delete from inbound where at < ?", [instant(now - _KEPT)])
        sql = "insert or ignore into inbound (chat, id, at) values (?, ?, ?)"
        return bool(self.db.execute(sql, [chat, event, instant(now)]).rowcount)

    def answered(self, chat: str, event: str, message: str) -> None:
        self.db.execute("update inbound set message = ? where chat = ? and id = ?", [message, chat, event])

    def answer_to(self, chat: str, event: str) -> str | None:
        row = self.row("select message from inbound where chat = ? and id = ?", [chat, event])
        return None if row is None or row["message"] is None else str(row["message"])

    def is_taken(self, chat: str, event: str) -> bool:
        return self.row("select 1 from inbound where chat = ? and id = ?", [chat, event]) is not None

    def keep_answer(self, answer: ChatAnswer) -> None:
        row = {
            "message": answer.message,
            "chat": answer.chat,
            "address": answer.address,
            "asker": answer.account,
            "is_private": int(answer.is_private),
            "reply": encode(answer.reply),
            "ref": answer.ref,
            "at": instant(answer.at),
        }
        self.db.table("answers").insert(row)

    def answer(self, message: str) -> ChatAnswer | None:
        row = self.row("select * from answers where message = ?", [message])
        return None if row is None else _answer(row)

    def answer_stands(self, message: str, ref: str) -> None:
        self.db.execute("update answers set ref = ? where message = ?", [ref, message])

    def unshown(self, chat: str, since: datetime) -> list[tuple[str, ChatAnswer]]:
        sql = """select i.id as event, a.* from answers a join inbound i on i.chat = a.chat and i.message = a.message
            where a.chat = ? and a.ref is null and a.at >= ? order by a.rowid"""
        return [(row["event"], _answer(row)) for row in self.rows(sql, [chat, instant(since)])]

    # -- threads, topics, scheduled events -------------------------------------

    def spot(self, chat: str, address: str, kind: str, subject: str) -> Spot | None:
        sql = "select * from spots where chat = ? and address = ? and kind = ? and subject = ?"
        row = self.row(sql, [chat, address, kind, subject])
        return None if row is None else _spot(row)

    def spots(self, chat: str, address: str, kind: str) -> list[Spot]:
        sql = "select * from spots where chat = ? and address = ? and kind = ? order by at, subject"
        return [_spot(row) for row in self.rows(sql, [chat, address, kind])]

    def save_spot(self, spot: Spot) -> None:
        row = {
            "chat": spot.chat,
            "address": spot.address,
            "kind": spot.kind,
            "subject": spot.subject,
            "ref": spot.ref,
            "detail": dump(dict(spot.detail)),
            "at": instant(spot.at),
        }
        self.save_row("spots", row, "chat", "address", "kind", "subject")

    def drop_spot(self, spot: Spot) -> None:
        sql = "delete from spots where chat = ? and address = ? and kind = ? and subject = ?"
        self.db.execute(sql, [spot.chat, spot.address, spot.kind, spot.subject])

    # -- flows -----------------------------------------------------------------

    def flow(self, flow: str) -> Flow | None:
        row = self.row("select * from flows where id = ?", [flow])
        return None if row is None else _flow(row)

    def flow_of(self, chat: str, address: str, account: str) -> Flow | None:
        sql = "select * from flows where chat = ? and address = ? and account = ? order by at desc, rowid desc limit 1"
        row = self.row(sql, [chat, address, account])
        return None if row is None else _flow(row)

    def save_flow(self, flow: Flow) -> None:
        row = {
            "id": flow.id,
            "chat": flow.chat,
            "address": flow.address,
            "account": flow.account,
            "detail": dump(dict(flow.detail)),
            "at": instant(flow.at),
        }
        self.save_row("flows", row, "id")

    def end_flow(self, flow: str) -> None:
        self.db.execute("delete from flows where id = ?", [flow])

    # -- accounts --------------------------------------------------------------

    def account(self, chat: str, account: str) -> ChatAccount | None:
        row = self.row("select * from chat_accounts where chat = ? and account = ?", [chat, account])
        if row is None:
            return None
        marks, seen_at = frozenset(load(row["marks"])), read_instant(row["seen_at"])
        return ChatAccount(chat, account, row["name"], marks, bool(row["is_reachable"]), seen_at)

    def saw(self, chat: str, account: str, name: str, now: datetime, marks: Collection[str] | None = None) -> None:
        known = None if marks is None else dump(sorted(marks))
        self.db.execute(
            "insert into chat_accounts (chat, account, name, marks, seen_at) values (?, ?, ?, coalesce(?, '[]'), ?) "
            "on conflict do update set name = excluded.name, marks = coalesce(?, marks), seen_at = excluded.seen_at",
            [chat, account, name, known, instant(now), known],
        )

    def reachable(self, chat: str, account: str, *, is_reachable: bool, now: datetime) -> None:
        self.db.execute(
            "insert into chat_accounts (chat, account, name, is_reachable, seen_at) values (?, ?, '', ?, ?) "
            "on conflict do update set is_reachable = excluded.is_reachable",
            [chat, account, int(is_reachable), instant(now)],
        )

    def bearers(self, chat: str) -> list[str]:
        sql = """select distinct c.account from chat_accounts c
            join accounts a on a.chat = c.chat and a.account = c.account
            join json_each(c.marks) m
            join mark_roles r on r.chat = c.chat and r.mark = m.value
            where c.chat = ? order by c.account"""
        return [row["account"] for row in self.rows(sql, [chat])]

    def mark_roles(self, chat: str) -> list[MarkRole]:
        sql = "select * from mark_roles where chat = ? order by mark, scope, name"
        return [
            MarkRole(chat, row["mark"], Scope(row["scope"], row["name"]), Role(row["role"]))
            for row in self.rows(sql, [chat])
        ]

    def set_mark_role(self, row: MarkRole) -> None:
        if row.role == Role.NOBODY:
            sql = "delete from mark_roles where chat = ? and mark = ? and scope = ? and name = ?"
            self.db.execute(sql, [row.chat, row.mark, row.scope.kind, row.scope.name])
            return
        kept = {"chat": row.chat, "mark": row.mark, "scope": row.scope.kind, "name": row.scope.name}
        self.save_row("mark_roles", {**kept, "role": int(row.role)}, *kept)


def _answer(row: dict[str, Any]) -> ChatAnswer:
    return ChatAnswer(
        row["message"], row["chat"], row["address"], row["asker"], bool(row["is_private"]), decode(row["reply"]),
        read_instant(row["at"]), row["ref"],
    )  # fmt: skip


def _spot(row: dict[str, Any]) -> Spot:
    return Spot(
        row["chat"], row["address"], row["kind"], row["subject"], row["ref"], read_instant(row["at"]),
        load(row["detail"]),
    )  # fmt: skip


def _flow(row: dict[str, Any]) -> Flow:
    return Flow(row["id"], row["chat"], row["address"], row["account"], load(row["detail"]), read_instant(row["at"]))
