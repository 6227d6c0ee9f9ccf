"""What a plan file says: shows and series to plan, line by line, and what in it cannot be understood.

Reading one is bot.calendars; what becomes of it is handlers.importing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from bot.core.errors import UserError
from bot.core.phrase_forms import from_json, to_json
from bot.core.phrases import Phrase
from bot.core.reply import Msg, decode, encode

MAX_FILE = 1024 * 1024
"""Bytes of a file that somebody brings."""
MAX_LINES = 500
"""Shows and series in one file."""
MAX_NAME = 120
"""Characters of a file's name that are kept."""


@dataclass(frozen=True, slots=True)
class Moved:
    """The date `slot` of a series is held at `wall`; both naive, in the zone of its line."""

    slot: datetime
    wall: datetime
    length_s: int


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One show or series. `where`: its place in the file; `zone` is the one that `phrase` is meant in.

    `out`: naive wall times of dates of the series that are left out.
    """

    where: Msg
    room: str
    phrase: Phrase
    zone: str
    length_s: int
    host: str | None = None
    title: str | None = None
    benefit: str | None = None
    likes_goal: int | None = None
    out: tuple[datetime, ...] = ()
    moved: tuple[Moved, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at one place of the file; `try_instead` is what to put there."""

    where: Msg
    what: Msg
    try_instead: str | None = None


def place_in_file(problem: Problem) -> int:
    """By which problems are put in the order of the file; what is wrong with all of it comes first."""
    told = problem.where.params
    number = str(told.get("row") or told.get("line") or "0")
    return int(number) if number.isdecimal() else 0


@dataclass(frozen=True, slots=True)
class PlanFile:
    """`notes`: what was assumed or left out in reading. Problems are in the order of the file."""

    lines: tuple[PlanLine, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[Msg, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What a file is read against: the zones of the rooms that may be named, by slug; `room`: of lines that name none.

    `now`: aware; what starts before it is past.
    """

    zones: Mapping[str, str]
    now: datetime
    room: str | None = None


class PlanReader(Protocol):
    """Reads files beside the event loop, within bounds of time and size."""

    def read(self, name: str, data: bytes, known: Known) -> Awaitable[PlanFile]:
        """Never fails: a file that cannot be read is one problem."""
        ...


@dataclass(slots=True)
class Findings:
    """What a reader has found so far."""

    lines: list[PlanLine] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Msg] = field(default_factory=list)

    def wrong(self, where: Msg, error: UserError) -> None:
        self.problems.append(Problem(where, error.message, error.try_instead))

    def note(self, note: Msg) -> None:
        """Said once, however many lines it holds for."""
        if note not in self.notes:
            self.notes.append(note)

    def told(self) -> PlanFile:
        return PlanFile(tuple(self.lines), tuple(self.problems), tuple(self.notes))


def line_to_json(line: PlanLine) -> dict[str, Any]:
    """A plain dict for the store; `line_from_json` is its inverse."""
    return {
        "where": encode(line.where),
        "room": line.room,
        "phrase": to_json(line.phrase),
        "zone": line.zone,
        "length": line.length_s,
        "host": line.host,
        "title": line.title,
        "benefit": line.benefit,
        "goal": line.likes_goal,
        "out": [wall.isoformat() for wall in line.out],
        "moved": [[item.slot.isoformat(), item.wall.isoformat(), item.length_s] for item in line.moved],
    }


def line_from_json(kept: Mapping[str, Any]) -> PlanLine:
    return PlanLine(
        decode(kept["where"]), kept["room"], from_json(kept["phrase"]), kept["zone"], kept["length"], kept["host"],
        kept["title"], kept["benefit"], kept["goal"], tuple(datetime.fromisoformat(wall) for wall in kept["out"]),
        tuple(
            Moved(datetime.fromisoformat(slot), datetime.fromisoformat(wall), length)
            for slot, wall, length in kept["moved"]
        ),
    )  # fmt: skip
