"""Checklist items of shows."""

from __future__ import annotations

from typing import Any

from bot.core.model import ChecklistItem, Role
from storage.rows import Repo, instant_or_none, read_instant_or_none


class Checklists(Repo):
    def items(self, show: str) -> list[ChecklistItem]:
        return [
            _item(row) for row in self.rows("select * from checklist_items where show = ? order by position", [show])
        ]

    def item(self, show: str, key: str) -> ChecklistItem | None:
        row = self.row("select * from checklist_items where show = ? and key = ?", [show, key])
        return None if row is None else _item(row)

    def save(self, item: ChecklistItem, position: int | None = None) -> None:
        """`position` is needed once, when the item is made."""
        row = {
            "show": item.show,
            "key": item.key,
            "section": item.section,
            "owner": int(item.owner),
            "required": int(item.required),
            "due_s": item.due_s,
            "state": item.state,
            "auto": item.auto,
            "by": item.by,
            "at": instant_or_none(item.at),
            "reason": item.reason,
        }
        if position is None:
            self.db.table("checklist_items").update((item.show, item.key), row)
        else:
            self.db.table("checklist_items").insert(row | {"position": position}, pk=("show", "key"))


def _item(row: dict[str, Any]) -> ChecklistItem:
    return ChecklistItem(
        show=row["show"],
        key=row["key"],
        section=row["section"],
        owner=Role(row["owner"]),
        required=bool(row["required"]),
        due_s=row["due_s"],
        state=row["state"],
        auto=row["auto"],
        by=row["by"],
        at=read_instant_or_none(row["at"]),
        reason=row["reason"],
    )
