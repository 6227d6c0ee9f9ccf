"""The rhythm in which a source of signals reports, learned from its heartbeats, and what its silence means.

Kept for each room and source over all its sessions. The no-data rule learns its own within one session: it rings on
air within a minute; this is what people look at.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from bot.core.rules.no_data import SILENT_S, SLOWEST_RHYTHM_S
from bot.core.signal import is_person

_KINDS = frozenset(("concurrent", "quality", "totals"))
"""What comes in a rhythm where a machine sends it. A chat in which nobody writes is no silent source."""
_KEPT = 9
_ENOUGH = 3
"""So many gaps make a rhythm."""


def is_beat(kind: str, source: str) -> bool:
    return kind in _KINDS and not is_person(kind, source)


@dataclass(frozen=True, slots=True)
class Source:
    """One source of one room. `heard_at`: its newest signal's own time (UTC); `gaps_s`: between its last heartbeats."""

    name: str
    heard_at: datetime
    beat_at: datetime | None = None
    gaps_s: tuple[float, ...] = ()

    @property
    def is_by_hand(self) -> bool:
        return is_person("", self.name)

    @property
    def usual_s(self) -> float | None:
        """The usual time between two heartbeats; None: too few to say, or it has none."""
        return float(median(self.gaps_s)) if len(self.gaps_s) >= _ENOUGH else None

    def silent_s(self, now: datetime) -> int:
        """Seconds without any signal of it; a sender's clock that is ahead does not make them negative."""
        return max(0, int((now - self.heard_at).total_seconds()))

    def is_overdue(self, now: datetime) -> bool:
        """Whether it should have been heard by now; a source without a rhythm never should."""
        return self.usual_s is not None and self.silent_s(now) > max(SILENT_S, 2 * self.usual_s)


def after_beats(
    beat_at: datetime | None, gaps_s: Iterable[float], beats: Iterable[datetime]
) -> tuple[datetime | None, tuple[float, ...]]:
    """The newest heartbeat and the last gaps, once `beats` (in any order) have come too.

    Two beats of one moment are one. A pause longer than any rhythm lies between two sessions: it is no gap.
    """
    known = list(gaps_s)
    for at in sorted(beats):
        if beat_at is not None:
            gap_s = (at - beat_at).total_seconds()
            if gap_s < 1:
                continue
            if gap_s <= SLOWEST_RHYTHM_S:
                known.append(round(gap_s, 1))
        beat_at = at
    return beat_at, tuple(known[-_KEPT:])
