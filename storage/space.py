"""How much room the database takes, and how much is left."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Space:
    """In bytes; None where the system does not tell."""

    used: int | None
    free: int | None


def space(database: Path) -> Space:
    """Of the file with what SQLite keeps beside it, and of the disk it is on."""
    used: int | None = None
    for path in (database, *(database.with_name(f"{database.name}-{part}") for part in ("wal", "shm"))):
        try:
            used = (used or 0) + path.stat().st_size
        except OSError:
            continue
    folder = next((parent for parent in database.absolute().parents if parent.exists()), None)
    try:
        free = None if folder is None else shutil.disk_usage(folder).free
    except OSError:
        free = None
    return Space(used, free)
