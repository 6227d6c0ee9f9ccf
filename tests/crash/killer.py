"""Kills its own process at a statement boundary of the writer's connection, with SIGKILL, from within SQLite's trace.

A boundary is the moment before the n-th statement of its name since the killer was armed. Names are `begin`, `commit`,
`committed` (after the commit, before anybody is told), and `VERB TABLE` for what touches a table that promises are kept
in. Only transactions that write to one of those tables count.
"""

from __future__ import annotations

import json
import os
import re
import signal
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.core.ports import Clock

TABLES = (
    *("outbox", "messages", "destinations", "destination_state", "timers", "alerts"),
    *("buttons", "prompts", "nudges"),
)
"""The last three go with the promise: they are written in the same transactions."""
_STATEMENT = re.compile(
    r"\s*(?:(insert|replace)\b.*?\binto|(update)(?:\s+or\s+\w+)?|(delete)\s+from|(select)\b.*?\bfrom)\s+[\"\[]?(\w+)",
    re.IGNORECASE | re.DOTALL,
)


def name_of(sql: str) -> str | None:
    """What a boundary before this statement is called; None: it is none of those that count."""
    first = sql.lstrip()[:8].lower()
    if first.startswith("begin"):
        return "begin"
    if first.startswith("commit"):
        return "commit"
    found = _STATEMENT.match(sql)
    if found is None or found[5].lower() not in TABLES:
        return None
    verb = next(word for word in found.groups()[:4] if word)
    return f"{verb.lower()} {found[5].lower()}"


@dataclass(slots=True)
class Killer:
    """`deaths` is a file where it writes where it struck and when, before it does: nobody is left to say so later."""

    deaths: Path
    clock: Clock
    _target: tuple[str, int] | None = None
    _seen: Counter[str] = field(default_factory=Counter)
    _trace: list[str] = field(default_factory=list)

    def arm(self, target: tuple[str, int] | None) -> list[str]:
        """Counts from now; returns what was passed since it was armed last."""
        passed, self._trace = self._trace, []
        self._target, self._seen = target, Counter()
        return passed

    def disarm(self) -> None:
        self._target = None

    def watch(self, store: Any) -> None:
        """Before the store is opened: its first connection is the writer's."""
        connect, write = store._connect, store._write

        def traced() -> Any:
            db = connect()
            if len(store._opened) == 1:
                db.conn.set_trace_callback(self._before)
            return db

        def told(group: Any) -> Any:
            result = write(group)
            self._pass("committed")
            return result

        store._connect, store._write = traced, told

    def _before(self, sql: str) -> None:
        name = name_of(sql)
        if name is not None:
            self._pass(name)

    def _pass(self, name: str) -> None:
        self._trace.append(name)
        self._seen[name] += 1
        if self._target == (name, self._seen[name]):
            with self.deaths.open("a", encoding="utf-8") as file:
                file.write(f"{json.dumps([name, self._seen[name], self.clock.now().isoformat()])}\n")
            os.kill(os.getpid(), signal.SIGKILL)

    def routes(self) -> list[web.RouteDef]:
        """POST /rehearsal/strike {"at": ["update outbox", 3]}, or null to disarm."""

        async def strike(request: web.Request) -> web.Response:
            at = (await request.json())["at"]
            return web.json_response({"passed": self.arm(None if at is None else (at[0], at[1]))})

        return [web.post("/rehearsal/strike", strike)]


def relevant(trace: list[str]) -> list[tuple[str, int]]:
    """The boundaries of a trace: all of every transaction that touches one of the tables, each with its number."""
    seen: Counter[str] = Counter()
    found: list[tuple[str, int]] = []
    transaction: list[tuple[str, int]] = []
    for name in trace:
        seen[name] += 1
        if name == "begin":
            transaction = []
        transaction.append((name, seen[name]))
        if name == "committed":
            if any(" " in inner for inner, _ in transaction):
                found += transaction
            transaction = []
    return found
