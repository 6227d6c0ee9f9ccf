"""One connection on one writer thread, and a small pool of readers on the same WAL file.

`write(fn)` runs `fn(tx)` in one BEGIN IMMEDIATE transaction with synchronous=FULL: what it wrote survives kill -9 and
power loss once the call returns. Writes that wait at the same time are committed together, each behind a savepoint of
its own: a commit waits for the disk, and ten may wait for it at once as well as one.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar, cast

from sqlite_utils import Database as SqliteUtils

from bot.core.belonging import place
from bot.core.errors import StartError
from storage.alerts import Alerts
from storage.asks import Asks
from storage.audit import Audit
from storage.chats import Chats
from storage.checklists import Checklists
from storage.codes import Codes
from storage.exclusive import Exclusive
from storage.files import Files
from storage.migrations import LATEST, migrations
from storage.outbox import Outbox
from storage.people import People
from storage.planning import AllowedConflicts, CalendarLinks, HandOffs, HostOffers, PlanFiles, ToldConflicts
from storage.rooms import Rooms
from storage.sessions import Sessions
from storage.shows import Shows
from storage.signals import Signals
from storage.signin import SignIn
from storage.timers import Timers
from storage.undo import Undo
from storage.webchat import WebChat

T = TypeVar("T")


class SqliteTx:
    """The repositories over one connection, valid inside one transaction."""

    def __init__(self, db: SqliteUtils) -> None:
        self.db = db

    @cached_property
    def rooms(self) -> Rooms:
        return Rooms(self.db)

    @cached_property
    def people(self) -> People:
        return People(self.db)

    @cached_property
    def codes(self) -> Codes:
        return Codes(self.db)

    @cached_property
    def shows(self) -> Shows:
        return Shows(self.db)

    @cached_property
    def checklists(self) -> Checklists:
        return Checklists(self.db)

    @cached_property
    def sessions(self) -> Sessions:
        return Sessions(self.db)

    @cached_property
    def signals(self) -> Signals:
        return Signals(self.db)

    @cached_property
    def alerts(self) -> Alerts:
        return Alerts(self.db)

    @cached_property
    def asks(self) -> Asks:
        return Asks(self.db)

    @cached_property
    def outbox(self) -> Outbox:
        return Outbox(self.db, self.next_id, self.people.direct, partial(place, self))

    @cached_property
    def chats(self) -> Chats:
        return Chats(self.db)

    @cached_property
    def timers(self) -> Timers:
        return Timers(self.db)

    @cached_property
    def audit(self) -> Audit:
        return Audit(self.db)

    @cached_property
    def undo(self) -> Undo:
        return Undo(self.db)

    @cached_property
    def files(self) -> Files:
        return Files(self.db)

    @cached_property
    def signin(self) -> SignIn:
        return SignIn(self.db)

    @cached_property
    def allowed(self) -> AllowedConflicts:
        return AllowedConflicts(self.db)

    @property
    def told_conflicts(self) -> ToldConflicts:
        return ToldConflicts(self.db)

    @cached_property
    def host_offers(self) -> HostOffers:
        return HostOffers(self.db)

    @cached_property
    def calendar_links(self) -> CalendarLinks:
        return CalendarLinks(self.db)

    @cached_property
    def plan_files(self) -> PlanFiles:
        return PlanFiles(self.db)

    @cached_property
    def hand_offs(self) -> HandOffs:
        return HandOffs(self.db)

    @cached_property
    def webchat(self) -> WebChat:
        return WebChat(self.db, self.next_id)

    def next_id(self, prefix: str) -> str:
        row = self.db.execute(
            "insert into counters (name, value) values (?, 1) "
            "on conflict (name) do update set value = value + 1 returning value",
            [prefix],
        ).fetchone()
        return f"{prefix}{row[0]}"

    def last_id(self, prefix: str) -> str | None:
        row = self.db.execute("select value from counters where name = ?", [prefix]).fetchone()
        return None if row is None else f"{prefix}{row[0]}"

    def fact(self, name: str) -> str | None:
        row = self.db.execute("select value from facts where name = ?", [name]).fetchone()
        return None if row is None else str(row[0])

    def remember(self, name: str, value: str) -> None:
        self.db.execute(
            "insert into facts (name, value) values (?, ?) on conflict (name) do update set value = excluded.value",
            [name, value],
        )


_GROUP = 16
"""Writes that are committed together at most: nobody waits longer for the others than for a few of them."""


@dataclass(eq=False, slots=True)
class _Waiting:
    """A write that somebody waits for."""

    work: Callable[[SqliteTx], Any]
    done: Future[Any] = field(default_factory=Future)


class SqliteStore:
    """The Store port on one SQLite file."""

    def __init__(self, path: Path, *, exclusive: bool = False) -> None:
        """`exclusive`: a bot will run on it, and only one may; looking and adding beside it needs no such right."""
        self.path = path
        self._exclusive = Exclusive(path) if exclusive else None
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="storage-writer")
        self._waiting: deque[_Waiting] = deque()
        self._readers = ThreadPoolExecutor(2, thread_name_prefix="storage-reader")
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._db: SqliteUtils | None = None

    async def open(self) -> None:
        """Opens or creates the file and brings its tables up to date.

        Raises:
            StartError: not writable, not a database, or made by a newer version.
        """
        await asyncio.get_running_loop().run_in_executor(self._writer, self._open)

    def _open(self) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self._exclusive is not None:
                self._exclusive.take()
            self._db = self._connect()
            check_version(self._db, self.path)  # before anything is changed in a file that may not be ours
            self._db.execute("pragma journal_mode = wal").fetchone()
            migrations.apply(self._db)
        except (sqlite3.DatabaseError, OSError) as error:
            raise StartError(
                f"database {self.path}: {error}; give the bot a folder it may write to (setting `database`) "
                "or restore a backup if the file is damaged"
            ) from error

    def _connect(self) -> SqliteUtils:
        connection = sqlite3.connect(self.path, timeout=10, check_same_thread=False)
        self._opened.append(connection)
        connection.execute("pragma synchronous = full")
        connection.execute("pragma foreign_keys = on")
        connection.execute("pragma busy_timeout = 10000")
        return SqliteUtils(connection, strict=True, execute_plugins=False)

    async def write(self, work: Callable[[SqliteTx], T]) -> T:
        waiting = _Waiting(work)
        self._waiting.append(waiting)
        self._writer.submit(self._write_waiting)
        return cast("T", await asyncio.wrap_future(waiting.done))

    def _write_waiting(self) -> None:
        """Writes whatever waits. Every write asks for this once; those that came along with another find nothing."""
        group: list[_Waiting] = []
        with contextlib.suppress(IndexError):
            while len(group) < _GROUP:
                waiting = self._waiting.popleft()
                if waiting.done.set_running_or_notify_cancel():
                    group.append(waiting)
        if group:
            self._commit(group)

    def _commit(self, group: list[_Waiting]) -> None:
        try:
            outcomes = self._write(group)
        except BaseException as error:  # noqa: BLE001 - it is raised where the write was asked for
            if len(group) == 1:
                group[0].done.set_exception(_told(error))
                return
            for waiting in group:  # one of them may be at fault: each for itself
                self._commit([waiting])
            return
        for waiting, (result, failed) in zip(group, outcomes, strict=True):
            if failed is None:
                waiting.done.set_result(result)
            else:
                waiting.done.set_exception(_told(failed))

    def _write(self, group: Sequence[_Waiting]) -> list[tuple[Any, BaseException | None]]:
        """One transaction for all of them; what each gave, or what it raised, in which case it has left no trace."""
        if self._db is None:
            raise StartError("the database is not open")
        connection = self._db.conn
        connection.execute("begin immediate")
        try:
            if len(group) == 1:
                outcomes: list[tuple[Any, BaseException | None]] = [(group[0].work(SqliteTx(self._db)), None)]
            else:
                outcomes = [self._behind_savepoint(connection, waiting.work) for waiting in group]
            connection.commit()
        except BaseException:
            connection.rollback()  # also after a commit that failed: else every later write would fail with it
            raise
        return outcomes

    def _behind_savepoint(
        self, connection: sqlite3.Connection, work: Callable[[SqliteTx], Any]
    ) -> tuple[Any, BaseException | None]:
        connection.execute("savepoint one")
        try:
            outcome: tuple[Any, BaseException | None] = work(SqliteTx(cast("SqliteUtils", self._db))), None
        except BaseException as error:  # noqa: BLE001 - it is raised where the write was asked for
            connection.execute("rollback to one")
            outcome = None, error
        connection.execute("release one")
        return outcome

    async def read(self, work: Callable[[SqliteTx], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    def _read(self, work: Callable[[SqliteTx], T]) -> T:
        db: SqliteUtils | None = getattr(self._local, "db", None)
        if db is None:
            db = self._local.db = self._connect()
            db.conn.execute("pragma query_only = on")
        db.conn.execute("begin")
        try:
            return work(SqliteTx(db))
        except StopIteration as error:
            raise _told(error) from error
        finally:
            db.conn.rollback()

    async def close(self) -> None:
        """Waits for running work, then closes every connection."""
        loop = asyncio.get_running_loop()
        for pool in (self._readers, self._writer):
            await loop.run_in_executor(None, pool.shutdown)
        for connection in self._opened:
            connection.close()
        if self._exclusive is not None:
            self._exclusive.release()


def _told(error: BaseException) -> BaseException:
    """As whoever waits can be told: a future takes no StopIteration, and they would wait for ever."""
    if not isinstance(error, StopIteration):
        return error
    told = RuntimeError("the work raised StopIteration")
    told.__cause__ = error
    return told


def check_version(db: SqliteUtils, path: Path) -> None:
    """Refuses another program's file, and one that a newer version has migrated further than this one knows.

    Raises:
        StartError: the file is not ours, or newer.
    """
    known = set(LATEST)
    applied = migrations.applied(db)
    if not applied and db.table_names():
        raise StartError(
            f"database {path}: it belongs to another program (a table in it is {db.table_names()[0]!r}); "
            "start with another file (setting `database`)"
        )
    newer = [step.name for step in applied if step.name not in known]
    if newer:
        raise StartError(
            f"database {path}: it was written by a newer version of Showcaller (step {newer[-1]!r} is unknown here); "
            "install that version, or start this one with another file (setting `database`)"
        )
