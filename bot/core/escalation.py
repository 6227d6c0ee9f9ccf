"""Whom a question is put to next, and when, until somebody answers: one ladder of steps for each kind of question.

PRODUCT sections 3, 7 and 8. A kind that is not in the table is asked once and never again. Why these figures:
docs/decisions.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

AskKind = Literal["go", "alert", "alert_urgent", "release", "hand_off", "no_show"]
Audience = Literal["operators", "managers", "host"]
"""Operators are asked in the team channel, managers and the host in theirs."""


@dataclass(frozen=True, slots=True)
class Step:
    """`at_s`: seconds after the instant the ladder counts from; negative is before it."""

    at_s: int
    to: tuple[Audience, ...]


@dataclass(frozen=True, slots=True)
class Ladder:
    """Steps in order of time.

    Attributes:
        first: Whom the question itself is put to.
        counts_from: Its asking, or the moment it is about.
        moment: What that moment is, in words; None where it is about none.
        ends_s: Seconds after that moment from which nobody is asked any more; None: only an answer ends it, or that
            what it was about is over.
        soonest_s: No step comes sooner than this after the asking, however late that was.
    """

    first: Audience
    counts_from: Literal["asking", "moment"]
    steps: tuple[Step, ...]
    moment: str | None = None
    ends_s: int | None = None
    soonest_s: int = 0


_CUE = Ladder("host", "moment", (Step(30, ("operators",)),), "the cue's time", ends_s=60, soonest_s=20)

LADDERS: Mapping[AskKind, Ladder] = {
    "go": Ladder(
        "operators",
        "moment",
        (Step(-360, ("managers",)), Step(-180, ("host", "operators"))),
        "the planned start",
        ends_s=0,
        soonest_s=60,
    ),
    "alert": Ladder("operators", "asking", (Step(180, ("operators",)), Step(360, ("managers",)))),
    "alert_urgent": Ladder("operators", "asking", (Step(90, ("operators",)), Step(180, ("managers",)))),
    "release": _CUE,
    "hand_off": _CUE,
    "no_show": Ladder("operators", "asking", (Step(240, ("managers",)),), "the planned end", ends_s=0),
}
"""Every kind of question that is asked more than once."""


@dataclass(frozen=True, slots=True)
class Course:
    """One question's own ladder: what it is, when it was first asked, and the moment it is about (UTC)."""

    kind: AskKind
    asked_at: datetime
    moment: datetime | None = None

    @property
    def ends_at(self) -> datetime | None:
        """From here on nobody is asked."""
        seconds = LADDERS[self.kind].ends_s
        return None if seconds is None else self._moment + timedelta(seconds=seconds)

    @property
    def _moment(self) -> datetime:
        if self.moment is None:
            raise ValueError(f"a question of kind {self.kind!r} counts from a moment, and has none")
        return self.moment

    def at(self, step: int) -> datetime | None:
        """When a step (0 is the first after the asking) comes; None where there is none, or only after the end."""
        ladder = LADDERS[self.kind]
        if step >= len(ladder.steps):
            return None
        zero = self.asked_at if ladder.counts_from == "asking" else self._moment
        soonest = self.asked_at + timedelta(seconds=ladder.soonest_s)
        at = max(zero + timedelta(seconds=ladder.steps[step].at_s), soonest)
        return None if self.ends_at is not None and at >= self.ends_at else at

    def next_at(self, done: int) -> datetime | None:
        """When there is something to do after `done` steps: the next step, else the end."""
        return self.at(done) or self.ends_at


@dataclass(frozen=True, slots=True)
class Turn:
    """What a question comes to at one instant.

    Attributes:
        run: Steps to take now; all that fell due, so that after a standstill nobody is left out.
        dropped: Steps that fell due and were not taken before the end: asking now would be nonsense.
        next_at: When to look again; None: never.
        is_over: The end has come without an answer.
    """

    run: tuple[int, ...]
    dropped: tuple[int, ...]
    next_at: datetime | None
    is_over: bool


def turn(course: Course, done: int, now: datetime) -> Turn:
    """The steps after the `done` first ones that `now` asks for."""
    end = course.ends_at
    due: list[int] = []
    while (at := course.at(done + len(due))) is not None and at <= now:
        due.append(done + len(due))
    if end is not None and end <= now:
        return Turn((), tuple(due), None, is_over=True)
    return Turn(tuple(due), (), course.next_at(done + len(due)), is_over=False)
