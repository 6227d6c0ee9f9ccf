"""How many viewers count: those who could be writing.

Viewers who just came do not write yet (paid traffic comes in waves), so a rise counts only once it lasted, a fall soon:
the smaller of the medians of the last minute and of the last 22 minutes.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MINUTE = 6
"""Ticks that the first median is over."""
LASTING = 22
"""Minutes that the second is over: half of them outlast a paid wave of ten minutes and its fading."""
CARRIED_TICKS = 30
"""A reading holds for this long; then the gauge is given up."""
_MOST: Final = 10**8


class Audience:
    """Fed with the gauge, tick by tick."""

    def __init__(self) -> None:
        self._recent: deque[int] = deque(maxlen=MINUTE)
        self._minutes: deque[float] = deque(maxlen=LASTING)
        """The median of every minute."""
        self._lasting = 0.0
        self._ticks = self._age = 0
        self.viewers: float | None = None
        """Those that count now, at least 1; None while nobody measures them."""

    def watch(self, concurrent: int | None) -> None:
        """One tick's reading, every tick."""
        recent = self._recent
        if concurrent is not None:
            self._age = 0
            recent.append(min(max(concurrent, 0), _MOST))
        elif recent and self._age < CARRIED_TICKS:
            self._age += 1
            recent.append(recent[-1])
        else:
            self.__dict__.update(vars(Audience()))
            return
        self._ticks += 1
        soon = _middle(sorted(recent))
        if self._ticks % MINUTE == 0:
            self._minutes.append(soon)
            self._lasting = _middle(sorted(self._minutes))
        if self._minutes and self._lasting < soon:
            soon = self._lasting
        self.viewers = max(1.0, soon)

    def dump(self) -> dict[str, Any]:
        return {
            "recent": list(self._recent),
            "minutes": list(self._minutes),
            "ticks": self._ticks,
            "age": self._age,
            "viewers": self.viewers,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        self._recent = deque(state["recent"], MINUTE)
        self._minutes = deque(state["minutes"], LASTING)
        self._lasting = _middle(sorted(self._minutes)) if self._minutes else 0.0
        self._ticks, self._age, self.viewers = state["ticks"], state["age"], state["viewers"]


def _middle(ordered: Sequence[float]) -> float:
    size = len(ordered)
    return (ordered[(size - 1) // 2] + ordered[size // 2]) / 2
