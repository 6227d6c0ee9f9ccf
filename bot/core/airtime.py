"""When the stream was on, paused or off, from the `stream` lines of one session."""

from __future__ import annotations

from typing import Final

_RANK: Final = {"ended": 0, "paused": 1, "resumed": 2, "started": 3}
"""Of lines at one moment the last here holds: `ended` and `started` together are a restart."""
_FOREVER: Final = float("inf")

Span = tuple[float, float]


class Airtime:
    """Takes lines in any order. Times in seconds from the session's start; an open span ends at infinity."""

    __slots__ = ("_events", "_off", "_paused")

    def __init__(self) -> None:
        self._events: list[tuple[float, int, str]] = []
        self._off: tuple[Span, ...] = ()
        self._paused: tuple[Span, ...] = ()

    def add(self, t_s: float, state: str) -> None:
        """Anything but started, paused, resumed and ended changes nothing (hosts come and go on air)."""
        if state not in _RANK:
            return
        self._events.append((t_s, _RANK[state], state))
        self._events.sort()
        self._paused = self._spans("paused", {"resumed", "started", "ended"})
        self._off = self._spans("ended", {"started", "resumed"})

    def is_broken(self, start_s: float, end_s: float) -> bool:
        """Whether the stream was paused or off for some of [start_s, end_s)."""
        return any(begin < end_s and end > start_s for spans in (self._paused, self._off) for begin, end in spans)

    @property
    def ended_s(self) -> float | None:
        """When the stream ended, if it did and was not started again."""
        return self._off[-1][0] if self._off and self._off[-1][1] == _FOREVER else None

    def on_air_s(self, ended_s: float) -> float:
        """Seconds on air until `ended_s`; a pause is on air (the room stays open), from `ended` to `started` is not."""
        off_s = sum(min(end, ended_s) - max(begin, 0.0) for begin, end in self._off if begin < ended_s and end > 0)
        return max(ended_s - off_s, 0.0)

    def _spans(self, opening: str, closing: set[str]) -> tuple[Span, ...]:
        spans: list[Span] = []
        begin: float | None = None
        for t_s, _, state in self._events:
            if state == opening and begin is None:
                begin = t_s
            elif state in closing and begin is not None:
                spans.append((begin, t_s))
                begin = None
        return (*spans, (begin, _FOREVER)) if begin is not None else tuple(spans)
