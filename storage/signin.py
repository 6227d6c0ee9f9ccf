"""The web chat's accounts that have been opened, and the sessions of browsers that are signed in to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.core.signin import WebSession
from storage.rows import Repo, instant, read_instant, read_instant_or_none


class SignIn(Repo):
    def open_account(self, account: str, now: datetime) -> None:
        self.db.execute("insert or ignore into web_accounts (id, made_at) values (?, ?)", [account, instant(now)])

    def accounts(self) -> list[str]:
        return [row["id"] for row in self.rows("select id from web_accounts order by rowid")]

    def start(self, session: WebSession) -> None:
        row = {
            "id": session.id, "hash": session.hash, "account": session.account, "made_at": instant(session.made_at),
            "seen_at": instant(session.seen_at), "agent": session.agent, "ends_at": instant(session.ends_at),
            "ended_at": None, "ended_why": None,
        }  # fmt: skip
        self.db.table("web_sessions").insert(row)

    def by_cookie(self, cookie_hash: str) -> WebSession | None:
        row = self.row("select * from web_sessions where hash = ?", [cookie_hash])
        return None if row is None else _session(row)

    def session(self, session: str) -> WebSession | None:
        row = self.row("select * from web_sessions where id = ?", [session])
        return None if row is None else _session(row)

    def not_ended(self, account: str) -> list[WebSession]:
        sql = "select * from web_sessions where account = ? and ended_at is null order by seen_at desc, rowid desc"
        return [_session(row) for row in self.rows(sql, [account])]

    def seen(self, session: str, now: datetime) -> None:
        self.db.execute("update web_sessions set seen_at = ? where id = ?", [instant(now), session])

    def end(self, session: str, why: str, now: datetime) -> bool:
        return bool(
            self.db.execute(
                "update web_sessions set ended_at = ?, ended_why = ? where id = ? and ended_at is null",
                [instant(now), why, session],
            ).rowcount
        )


def _session(row: dict[str, Any]) -> WebSession:
    return WebSession(
        row["id"], row["hash"], row["account"], read_instant(row["made_at"]), read_instant(row["seen_at"]),
        row["agent"], read_instant(row["ends_at"]), read_instant_or_none(row["ended_at"]), row["ended_why"],
    )  # fmt: skip
