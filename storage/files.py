"""Pictures and files that messages show."""

from __future__ import annotations

from storage.rows import Repo


class Files(Repo):
    def save(self, name: str, media_type: str, data: bytes) -> None:
        self.save_row("files", {"name": name, "media_type": media_type, "data": data}, "name")

    def get(self, name: str) -> tuple[str, bytes] | None:
        row = self.row("select media_type, data from files where name = ?", [name])
        return None if row is None else (row["media_type"], row["data"])
