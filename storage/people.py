"""People: operators, hosts, managers."""

from __future__ import annotations

from typing import Any

from bot.core.model import Person, Role
from storage.rows import Repo


class People(Repo):
    def get(self, slug: str) -> Person | None:
        row = self.row("select * from people where slug = ?", [slug])
        return None if row is None else _person(row)

    def all(self) -> list[Person]:
        return [_person(row) for row in self.rows("select * from people order by rowid")]

    def save(self, person: Person) -> None:
        row = {
            "slug": person.slug,
            "name": person.name,
            "role": int(person.role),
            "language": person.language,
            "zone": person.zone,
        }
        self.save_row("people", row, "slug")

    def direct(self, person: str) -> tuple[str, ...]:
        """Nobody has a chat account yet but the web chat's, which has no direct messages."""
        del person
        return ()


def _person(row: dict[str, Any]) -> Person:
    return Person(row["slug"], row["name"], Role(row["role"]), row["language"], row["zone"])
