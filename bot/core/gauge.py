"""The concurrent-viewers gauge of one session: average and peak, with the stretches nobody measured left out."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

GAP_S = 60.0
"""Two readings further apart than this (seconds) have a gap between them."""


@dataclass(frozen=True, slots=True)
class Presence:
    """`mean`: time-weighted viewers, to one decimal (half to even), None if no time was measured.

    `measured_s` and `gap_s` (left out) add up to the span that was asked for, in seconds.
    """

    mean: Decimal | None
    measured_s: float
    gap_s: float


class Gauge:
    """Readings in any order; of two at one moment the larger counts."""

    __slots__ = ("_n", "_sorted", "_t")

    def __init__(self) -> None:
        self._t = array("d")
        self._n = array("q")
        self._sorted = True

    def add(self, t_s: float, n: int) -> None:
        if self._t and (t_s, n) < (self._t[-1], self._n[-1]):
            self._sorted = False
        self._t.append(t_s)
        self._n.append(n)

    def __len__(self) -> int:
        return len(self._t)

    def peak(self) -> int | None:
        """The largest reading."""
        return max(self._n) if self._n else None

    def latest(self) -> tuple[float, int] | None:
        """Time (seconds from the session's start) and viewers of the newest reading."""
        self._arrange()
        return (self._t[-1], self._n[-1]) if self._t else None

    def between(self, start_s: float, end_s: float) -> Presence:
        """The mean over [start_s, end_s): a reading holds until the next one, the last one until the span's end.

        Where that is more than GAP_S away, nothing of the stretch is counted.
        """
        self._arrange()
        times, held, areas = self._t, [], []
        for place in range(max(bisect_right(times, start_s) - 1, 0), bisect_left(times, end_s)):
            until_s = times[place + 1] if place + 1 < len(times) else end_s
            if until_s - times[place] > GAP_S:
                continue
            length_s = min(until_s, end_s) - max(times[place], start_s)
            if length_s > 0:
                held.append(length_s)
                areas.append(length_s * self._n[place])
        span_s, measured_s = max(end_s - start_s, 0.0), math.fsum(held)
        if not measured_s:
            return Presence(None, 0.0, span_s)
        mean = Decimal(math.fsum(areas) / measured_s).quantize(Decimal("0.1"), ROUND_HALF_EVEN)
        return Presence(mean, measured_s, max(span_s - measured_s, 0.0))

    def _arrange(self) -> None:
        if self._sorted:
            return
        pairs = sorted(zip(self._t, self._n, strict=True))
        self._t = array("d", (t_s for t_s, _ in pairs))
        self._n = array("q", (n for _, n in pairs))
        self._sorted = True
