"""Things that happened or fell due, in the past tense. A timer row's kind is the name of its event class."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class TimerFired:
    """`due` is when it should have run, `now` when it does (both UTC); `subject` is the id it is about."""

    subject: str
    due: datetime
    now: datetime

    @property
    def late_s(self) -> int:
        return max(0, int((self.now - self.due).total_seconds()))


class ReminderDue(TimerFired):
    """T-24 h; subject: show."""


class ChecklistDue(TimerFired):
    """T-60 min; subject: show."""


class OwnersDue(TimerFired):
    """T-15 min; subject: show."""


class GoDue(TimerFired):
    """T-10 min; subject: show."""


class NoShowDue(TimerFired):
    """T+3 min without a stream, or the time by which somebody said it comes; subject: show."""


class CueDue(TimerFired):
    """A cue's lead time; subject: cue."""


class NudgeDue(TimerFired):
    """The attention budget may have a free slot; subject: session."""


class OfferOver(TimerFired):
    """Nobody took an offered show in time; subject: offer."""


class SnoozeOver(TimerFired):
    """Subject: alert."""


class AskDue(TimerFired):
    """A question's next step, or its end; subject: question."""


class QuietEndDue(TimerFired):
    """Five minutes after the planned end: did the stream just stop talking? Subject: session."""


class UploadOver(TimerFired):
    """A day after a file was brought; subject: upload."""


class SummaryDue(TimerFired):
    """End + 5 min; subject: session."""


class SettleDue(TimerFired):
    """End + 24 h; subject: session."""


class MatrixDue(TimerFired):
    """A card of a matrix is to be written anew; subject: `matrix:` and its name."""


class ForesightDue(TimerFired):
    """09:00 of the team, daily: do clocks change within two weeks? Subject: `matrix:` and its name."""


TIMERS: dict[str, type[TimerFired]] = {
    kind.__name__: kind
    for kind in (
        *(ReminderDue, ChecklistDue, OwnersDue, GoDue, NoShowDue, CueDue, NudgeDue),
        *(OfferOver, SnoozeOver, AskDue, QuietEndDue, SummaryDue, SettleDue, UploadOver),
        *(MatrixDue, ForesightDue),
    )
}


def timer_name(kind: str) -> str:
    """What people call a timer of this kind: "no_show" for NoShowDue."""
    plain = kind.removesuffix("Due").removesuffix("Over")
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in plain).strip("_")


DROPPED_AFTER_S: dict[str, int] = {
    "ReminderDue": 12 * 3600,
    "OwnersDue": 15 * 60,
    "NoShowDue": 2 * 3600,
}
"""A timer later than this is dropped, counted and visible in /why; kinds not named run however late and say so.

Cues, nudges and questions have a time to live of their own, and their handlers count what is dropped.
"""
