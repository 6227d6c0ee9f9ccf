"""What a room usually writes per viewer, learned from its own last half hour; the measure a cold spell is held against.

The level is a mean over minutes, the busiest and the stillest left out, the last three not yet counted, so that neither
a burst nor the start of a spell moves it. The spread is how much a usual minute differs from it beyond mere chance.
"""

from __future__ import annotations

from collections import deque
from itertools import accumulate, islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.core.tick import Tick

LONGEST = 30
"""Ticks kept for windows."""
BLOCK = 6
"""Ticks in a minute, the unit of learning."""

_HISTORY, _LAG, _NEEDED, _TRIM = 30, 3, 5, 0.2
_GAUGE_KEPT_TICKS, _LASTING_TICKS = 30, 90
_MOST_COMMENTS, _MOST_VIEWERS = 10**6, 10**8
_SPREAD, _SPREAD_BLOCKS, _SPREAD_LEAST, _SPREAD_MOST = 0.20, 20.0, 0.04, 0.64
"""Squared relative deviation of a usual minute: first guess, its weight in minutes, limits."""
_TELLING, _BURST = 0.3, 2.5
"""Minutes with fewer expected comments say nothing about the spread; busier ones than this say no more than this."""


class RoomLevel:
    """Fed tick by tick. Without a gauge it counts one viewer, and the level is the room's."""

    def __init__(self) -> None:
        self._gauges: deque[int] = deque(maxlen=_LASTING_TICKS)
        self._recent: deque[int] = deque(maxlen=BLOCK)
        self._lasting = self._gauge_age = 0
        self._comments: deque[int] = deque(maxlen=LONGEST)  # per tick
        self._seen: deque[float] = deque(maxlen=LONGEST)  # viewers in the same ticks; 0: not known
        self._blocks: deque[tuple[int, float]] = deque(maxlen=_HISTORY + _LAG)
        self._block: tuple[int, float, int] = (0, 0.0, 0)  # comments, viewers, ticks so far
        self._viewers = self._per_viewer = 0.0
        self._spread = _SPREAD

    @property
    def viewers(self) -> float | None:
        """Those that count now; None without a gauge."""
        return self._viewers or None

    @property
    def usual(self) -> float:
        """Comments expected in a tick now; 0 while nothing is known."""
        return self._per_viewer * (self._viewers or 1.0)

    @property
    def spread(self) -> float:
        """Squared relative deviation of a usual minute."""
        return self._spread

    @property
    def is_known(self) -> bool:
        return len(self._blocks) >= _NEEDED + _LAG

    @property
    def ticks(self) -> int:
        """How many ticks a window can have by now."""
        return len(self._comments)

    def watch_gauge(self, tick: Tick) -> None:
        """Every tick, judged or not. A missing reading is carried for five minutes, then the gauge is given up."""
        if tick.concurrent is not None:
            self._gauge_age = 0
            gauge = min(max(tick.concurrent, 0), _MOST_VIEWERS)
        elif self._gauges and self._gauge_age < _GAUGE_KEPT_TICKS:
            self._gauge_age += 1
            gauge = self._gauges[-1]
        else:
            self._gauges.clear()
            self._recent.clear()
            self._change_viewers(0.0)
            return
        self._gauges.append(gauge)
        self._recent.append(gauge)
        # Viewers who just came do not write yet: a rise counts once it lasted, a fall counts soon.
        if tick.index % BLOCK == 0 or len(self._gauges) <= BLOCK:
            self._lasting = _median(self._gauges)
        self._change_viewers(float(max(1, min(_median(self._recent), self._lasting))))

    def _change_viewers(self, viewers: float) -> None:
        appeared_or_lost = (viewers > 0) != (self._viewers > 0)
        self._viewers = viewers
        if appeared_or_lost:
            self._learn()

    def take(self, comments: int, *, is_usual: bool) -> None:
        """One tick's comments; only what `is_usual` (no giveaway, no spell) is learned from."""
        comments = min(max(comments, 0), _MOST_COMMENTS)
        self._comments.append(comments)
        self._seen.append(self._viewers)
        if not is_usual:
            return
        total, viewers, ticks = self._block
        self._block = (total + comments, viewers + self._viewers, ticks + 1)
        if ticks + 1 == BLOCK:
            self._blocks.append(self._block[:2])
            self._block = (0, 0.0, 0)
            self._learn()

    def forget(self) -> None:
        """Begins to learn anew: the room has changed."""
        self._blocks.clear()
        self._learn()

    def _learn(self) -> None:
        """Viewers not known in a minute are taken to be as many as now."""
        has_gauge = self._viewers > 0
        as_now = (self._viewers or 1.0) * BLOCK
        kept = islice(self._blocks, max(0, len(self._blocks) - _LAG))
        known = sorted((y / e, y, e) for y, e in ((y, e if e and has_gauge else as_now) for y, e in kept))
        if len(known) < _NEEDED:
            self._per_viewer = 0.0
            return
        cut = int(len(known) * _TRIM)
        middle = known[cut : len(known) - cut]
        level = self._per_viewer = sum(y for _, y, _ in middle) / sum(e for _, _, e in middle)
        weights = squares = 0.0
        for _, comments, viewers in known:
            expected = level * viewers
            if expected > _TELLING:
                weight = expected / (expected + 4)
                beyond = min(comments / expected, _BURST) - 1
                weights += weight
                squares += weight * (beyond * beyond - 1 / expected)
        spread = (squares + _SPREAD_BLOCKS * _SPREAD) / (weights + _SPREAD_BLOCKS)
        self._spread = min(max(spread, _SPREAD_LEAST), _SPREAD_MOST)

    def windows(self, lengths: Iterable[int]) -> list[tuple[int, int, float]]:
        """Per window that is filled: its length in ticks, its comments, and the comments usual for its viewers."""
        seen: Iterable[float] = reversed(self._seen)
        if not self._viewers:
            seen = [1.0] * len(self._seen)
        elif 0.0 in self._seen:
            seen = [viewers or self._viewers for viewers in seen]
        comments, viewers = list(accumulate(reversed(self._comments))), list(accumulate(seen))
        filled = [length for length in lengths if length <= len(comments)]
        return [(length, comments[length - 1], viewers[length - 1] * self._per_viewer) for length in filled]

    def dump(self) -> dict[str, Any]:
        """The whole state as JSON values."""
        return {
            name[1:]: list(value) if isinstance(value, deque | tuple) else value for name, value in vars(self).items()
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        for name, value in state.items():
            own = getattr(self, f"_{name}")
            if isinstance(own, deque):
                kept = (tuple(item) if isinstance(item, list) else item for item in value)
                setattr(self, f"_{name}", deque(kept, own.maxlen))
            else:
                setattr(self, f"_{name}", tuple(value) if isinstance(value, list) else value)


def _median(values: deque[int]) -> int:
    return sorted(values)[len(values) // 2]
