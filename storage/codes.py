"""One-time codes, as digests, and the wrong tries that keep somebody from guessing one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from bot.core.records import Code
from storage.rows import Repo, instant, read_instant

_TRIES_KEPT = timedelta(days=1)


class Codes(Repo):
    def add(self, code: Code) -> None:
        self.db.execute(
            "delete from codes where purpose = ? and person is ? and used_at is null", [code.purpose, code.person]
        )
        row = {
            "digest": code.digest,
            "purpose": code.purpose,
            "person": code.person,
            "made_at": instant(code.made_at),
            "valid_until": instant(code.valid_until),
        }
        self.db.table("codes").insert(row)

    def use(self, digest: str, purpose: str, now: datetime) -> Code | None:
        row = self.row(
            "update codes set used_at = ? where digest = ? and purpose = ? and used_at is null and valid_until > ? "
            "returning *",
            [instant(now), digest, purpose, instant(now)],
        )
        return None if row is None else _code(row)

    def tried(self, account: str, now: datetime) -> None:
        self.db.execute("delete from code_tries where at < ?", [instant(now - _TRIES_KEPT)])
        self.db.execute("insert into code_tries (account, at) values (?, ?)", [account, instant(now)])

    def tries(self, since: datetime, account: str | None = None) -> int:
        sql = "select count(*) as n from code_tries where at >= ? and (? is null or account = ?)"
        row = self.row(sql, [instant(since), account, account])
        return 0 if row is None else int(row["n"])


def _code(row: dict[str, Any]) -> Code:
    return Code(
        row["digest"], row["purpose"], row["person"], read_instant(row["made_at"]), read_instant(row["valid_until"])
    )
