"""How values are written in a row: instants as fixed-width UTC text (so they sort), lists and maps as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlite_utils import Database


def instant(at: datetime) -> str:
    """Fixed width with microseconds, so that text order is time order."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def instant_or_none(at: datetime | None) -> str | None:
    return None if at is None else instant(at)


def read_instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def read_instant_or_none(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def load(text: str) -> Any:
    return json.loads(text)


class Repo:
    """A repository over one connection."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def rows(self, sql: str, args: Sequence[Any] = ()) -> list[dict[str, Any]]:
        return list(self.db.query(sql, list(args)))

    def row(self, sql: str, args: Sequence[Any] = ()) -> dict[str, Any] | None:
        return next(iter(self.db.query(sql, list(args))), None)

    def save_row(self, table: str, row: dict[str, Any], *pk: str) -> None:
        """Insert or update by primary key."""
        self.db.table(table).upsert(row, pk=pk if len(pk) > 1 else pk[0])
