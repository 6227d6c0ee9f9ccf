"""Whether a database file can be worked with, found out without changing it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from sqlite_utils import Database

from bot.core.errors import StartError
from storage.chain import START, link
from storage.database import SqliteTx, check_version
from storage.migrations import migrations
from storage.rows import read_instant_or_none

T = TypeVar("T")


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


@dataclass(frozen=True, slots=True)
class Chain:
    """The audit's hash chain: how many rows hold, and what to know of the first that does not."""

    rows: int
    broken: str | None = None


def audit_chain(path: Path) -> Chain | None:
    """Computes the chain anew, a row at a time; None where the file is older than the chain.

    Raises:
        StartError: the rows cannot be read.
    """
    try:
        with closing(_open(path)) as connection:
            connection.row_factory = sqlite3.Row
            connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
            columns = {row["name"] for row in connection.execute("pragma table_info(audit)")}
            return _follow(connection) if "hash" in columns else None
    except sqlite3.DatabaseError as error:
        raise StartError(f"{path}: {error}; restore a backup") from error


def _follow(connection: sqlite3.Connection) -> Chain:
    last, before, rows = 0, START, 0
    for row in connection.execute("select * from audit order by id"):
        expected = link(before, dict(row))
        if row["hash"] != expected:
            return Chain(rows, f"{_break(row, last, expected)}; rows before it that hold: {rows}")
        last, before, rows = row["id"], expected, rows + 1
    there = {row["name"] for row in connection.execute("select name from sqlite_master where type = 'trigger'")}
    missing = sorted({"audit_no_update", "audit_no_delete", "audit_no_replace"} - there)
    if missing:
        return Chain(rows, f"every row holds, but the triggers that keep them so are gone: {', '.join(missing)}")
    return Chain(rows)


def _break(row: sqlite3.Row, last: int, expected: str) -> str:
    first, end = last + 1, row["id"] - 1
    told = f"row {row['id']} ({_plain(row['at'])}, {_plain(row['action'])} {_plain(row['subject'])}"
    told += f" by {_plain(row['actor'])}) does not follow"
    if first <= end:
        gone = f"row {first} is" if first == end else f"rows {first} to {end} are"
        return f"{told}: {gone} gone before it"
    place = f"row {last}" if last else "the start"
    hashes = f"stored hash {_plain(row['hash'])[:12]}, computed {expected[:12]}"
    either = f", or row {last} was and hashed anew" if last else ""
    return f"{told} from {place}: {hashes}; it was changed after it was written{either}"


def _plain(text: str) -> str:
    """Text of a file that somebody may have tampered with, safe for a terminal."""
    return ascii(text)[1:-1][:40]


def look(path: Path, work: Callable[[SqliteTx], T]) -> T:
    """What `work` reads from a file whose tables are up to date.

    Raises:
        StartError: it cannot be read.
    """
    try:
        with closing(_open(path)) as connection:
            return work(SqliteTx(Database(connection, execute_plugins=False)))
    except sqlite3.DatabaseError as error:
        raise StartError(f"{path}: {error}; restore a backup") from error


def last_written(path: Path) -> datetime | None:
    """When the newest message was kept (UTC); None where there is none to be read."""
    try:
        with closing(_open(path)) as connection:
            [newest] = connection.execute("select max(at) from web_messages").fetchone()
    except sqlite3.DatabaseError:
        return None
    return read_instant_or_none(newest)


def fact(path: Path, name: str) -> str | None:
    """A fact the installation remembers; None where there is none to be read."""
    try:
        with closing(_open(path)) as connection:
            row = connection.execute("select value from facts where name = ?", [name]).fetchone()
    except sqlite3.DatabaseError:
        return None
    return None if row is None else str(row[0])


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
