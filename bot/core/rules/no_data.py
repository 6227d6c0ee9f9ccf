"""No data: a source that used to report regularly has fallen silent.

Only a source with a heartbeat can be silent: gauges, quality lines or polls that come in a rhythm. A chat in which
nobody writes is the cold-room rule's matter, and a single figure noted by hand is no rhythm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from bot.core.reply import Msg, Span
from bot.core.tick import TICK_S, Tick
from bot.core.verdict import NO_NEWS, Finding, JudgingState, Severity, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

SILENT_S = 60
"""Silence that opens the alert; twice the source's own rhythm where that is slower."""
SILENT_IN_PAUSE_S = 600
"""A paused stream may have little to report; longer than this, its source is gone."""
SLOWEST_RHYTHM_S = 300
"""Anything rarer is not a heartbeat."""
_BEATS_TO_ARM = 3
_RHYTHM_OVER = 4


class NoData:
    id: ClassVar[str] = "no_data"
    form: ClassVar[int] = 1

    def __init__(self) -> None:
        self._beat_index: int | None = None
        self._gaps_s: list[int] = []  # between the last few heartbeats
        self._silent_ticks = 0
        self._is_open = False
        self._told_s = 0

    def evaluate(self, tick: Tick, *, silent: bool) -> Verdict:
        """Judges one tick. `silent` is what this rule finds for the others; it does not look at it itself."""
        del silent
        was_silent_s = self._silent_ticks * TICK_S
        self._silent_ticks = self._silent_ticks + 1 if tick.is_empty else 0
        self._listen(tick)
        if self._is_open:
            return self._follow(tick.ends_s, was_silent_s)
        silent_s = self._silent_ticks * TICK_S
        if not silent_s or self._limit_s is None or silent_s < (SILENT_IN_PAUSE_S if tick.paused else self._limit_s):
            return NO_NEWS[self._state]
        self._is_open, self._told_s = True, tick.ends_s
        return Verdict(self._state, opened=_finding("alert.no_data.reason", silent_s, "urgent"))

    def _listen(self, tick: Tick) -> None:
        if not tick.heartbeat:
            return
        if self._beat_index is not None and not self._is_open:
            gap_s = (tick.index - self._beat_index) * TICK_S
            self._gaps_s = [*self._gaps_s, gap_s][-_RHYTHM_OVER:] if gap_s <= SLOWEST_RHYTHM_S else []
        self._beat_index = tick.index

    def _follow(self, now_s: int, was_silent_s: int) -> Verdict:
        if not self._silent_ticks:
            self._is_open = False
            return Verdict(self._state, cleared=_finding("alert.no_data.cleared", was_silent_s, "notice"))
        if now_s - self._told_s < SILENT_S:
            return NO_NEWS[self._state]
        self._told_s = now_s
        return Verdict(self._state, going_on=_finding("alert.no_data.reason", self._silent_ticks * TICK_S, "urgent"))

    @property
    def _limit_s(self) -> int | None:
        """None while no rhythm is known."""
        if len(self._gaps_s) < _BEATS_TO_ARM - 1:
            return None
        return max(SILENT_S, 2 * max(self._gaps_s))

    @property
    def _state(self) -> JudgingState:
        if self._is_open:
            return "no_data"
        return "warming" if self._limit_s is None else "judging"

    def dump(self) -> dict[str, Any]:
        return {
            "beat_index": self._beat_index,
            "gaps_s": list(self._gaps_s),
            "silent_ticks": self._silent_ticks,
            "is_open": self._is_open,
            "told_s": self._told_s,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        self._beat_index = state["beat_index"]
        self._gaps_s = list(state["gaps_s"])
        self._silent_ticks = state["silent_ticks"]
        self._is_open = state["is_open"]
        self._told_s = state["told_s"]


def _finding(key: str, silent_s: int, severity: Severity) -> Finding:
    return Finding(Msg(key, {"silent": Span(silent_s)}), {"silent_s": silent_s}, severity)
