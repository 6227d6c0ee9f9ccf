"""Likes as a second witness of a cold room: heard where a source sends them, never asked alone.

The same filter as for comments, on likes: their own level, their own spread. People like in bursts of their own, so
what likes say counts a quarter of what comments say, and within limits: still likes help an alarm, they do not make it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.core.coldfilter import ColdFilter, pace_over, packed, unpacked

if TYPE_CHECKING:
    from collections.abc import Mapping

TOGETHER: Final = 4
"""Ticks counted as one, since each costs as much as a tick of comments."""
_PACE: Final = pace_over(TOGETHER)
_HEARD_FROM: Final = 60 // TOGETHER
"""Counts (10 minutes) until its word counts."""
_WEIGHT, _USUALLY, _LEAST, _MOST = 0.375, -1.76, -1.44, 5.56
"""Likes as usual say little against an alarm: people like without writing."""
_SURELY_SOME: Final = 20.0
"""Where so many are expected, none at all is a source that reports in lumps or has stopped, not a cold room."""


class Likes:
    def __init__(self) -> None:
        self._filter: ColdFilter | None = None
        self._total = self._ticks = 0
        self._is_whole = True
        self.is_heard = False
        self.word = 0.0
        """What to add to the log odds of cold; 0.0 while it is not heard."""

    def hear(self, likes: int | None, viewers: float | None) -> None:
        """The next tick's likes; None: not known, or no sign of warmth."""
        if self._filter is None:
            if not likes:
                return
            self._filter = ColdFilter(_PACE)
        self._ticks += 1
        if likes is None:
            self._is_whole = False
        else:
            self._total += likes
        if self._ticks < TOGETHER:
            return
        total, is_whole = self._total, self._is_whole
        self._total, self._ticks, self._is_whole = 0, 0, True
        is_lump = total == 0 and self._filter.age >= 0 and self._filter.usual > _SURELY_SOME
        if is_whole and not is_lump:
            self._filter.take(total, viewers)
        else:
            self._filter.miss()
        self._speak()

    def _speak(self) -> None:
        if self._filter is None or self._filter.age < _HEARD_FROM:
            self.is_heard, self.word = False, 0.0
            return
        self.is_heard = True
        self.word = _WEIGHT * min(max(self._filter.log_odds - _USUALLY, _LEAST), _MOST)

    def dump(self) -> dict[str, Any]:
        return {
            "filter": None if self._filter is None else packed(self._filter.snapshot()),
            "total": self._total,
            "ticks": self._ticks,
            "is_whole": self._is_whole,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        self._filter = None
        if state["filter"] is not None:
            self._filter = ColdFilter(_PACE)
            self._filter.go_back(unpacked(state["filter"]))
        self._total, self._ticks, self._is_whole = state["total"], state["ticks"], state["is_whole"]
        self._speak()
