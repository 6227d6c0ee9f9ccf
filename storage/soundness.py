"""Whether a database file can be worked with, found out without changing it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database

from bot.core.errors import StartError
from storage.database import check_version
from storage.migrations import migrations
from storage.rows import read_instant_or_none


def pending_steps(path: Path) -> int:
    """How many migration steps a sound database still has before it.

    Raises:
        StartError: it is damaged, no database at all, or newer than this program.
    """
    try:
        with closing(_open(path)) as connection:
            db = Database(connection, execute_plugins=False)
            check_version(db, path)
            verdict = str(db.execute("pragma quick_check").fetchone()[0])
            pending = len(migrations.pending(db))
    except sqlite3.DatabaseError as error:
        raise StartError(f"{path}: {error}; restore a backup") from error
    if verdict != "ok":
        raise StartError(f"{path}: {verdict}; restore a backup")
    return pending


def last_written(path: Path) -> datetime | None:
    """When the newest message was kept (UTC); None where there is none to be read."""
    try:
        with closing(_open(path)) as connection:
            [newest] = connection.execute("select max(at) from web_messages").fetchone()
    except sqlite3.DatabaseError:
        return None
    return read_instant_or_none(newest)


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
