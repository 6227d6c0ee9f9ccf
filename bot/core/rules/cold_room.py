"""Cold room: comments fall well below this room's own level for its present viewers.

The level is what the room usually writes per viewer and tick: over the last 30 minutes, the busiest and the stillest
minutes left out, the last three not yet counted so that a spell does not hide itself. The last one to five minutes are
then weighed against two explanations: "as usual, give or take this room's own spread" and "cold, about 28 % of usual".
Evidence is the natural logarithm of how many times likelier cold makes them. Few comments are weak evidence: a small
room is judged slowly, one that is too quiet not at all. Without a gauge the level is the room's, not per viewer.
"""

from __future__ import annotations

from collections import deque
from itertools import accumulate, islice
from math import exp, lgamma, log
from typing import TYPE_CHECKING, Any, ClassVar

from bot.core.reply import Msg, Span
from bot.core.rules import NO_NEWS, Finding, JudgingState, Verdict
from bot.core.tick import TICK_S, Tick

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

WARM_S = 600
OPEN_AT, CLEAR_AT = 2.8, -0.3
"""Evidence that rings (e^2.8: 16 times likelier cold), and below which the last minute and a half is a recovery."""
COOLDOWN_S, NEW_NORMAL_S = 120, 30 * 60
"""Silence after an all-clear; how long a spell lasts before it is taken for what the room is now."""
QUIET_BELOW, AWAKE_FROM, QUIET_WHILE_OPEN = 1.5, 1.8, 1.0
"""Usual comments per minute: judging stops, starts again, an open alert is given up."""
GAUGE_KEPT_TICKS, HELD_TICKS = 30, 6

_LEFT, _LEFT_VARIES = 0.28, 0.08
"""What is left of the comments in a cold spell; its squared relative deviation between spells."""
_SPREAD, _SPREAD_BLOCKS, _SPREAD_LEAST, _SPREAD_MOST = 0.20, 20.0, 0.04, 0.64
"""Squared relative deviation of a usual minute: first guess, its weight in minutes, limits."""
_MILD = 0.6
"""A dip to more than this share of the usual is not one a host must mend."""
_TELLING, _BURST = 0.3, 2.5
"""Minutes with fewer expected comments say nothing about the spread; busier ones than this say no more than this."""
_WIGGLE_TICKS, _CLUMPED, _LEVEL_DOUBT = 6.5, 0.2, 0.04
"""How long ups and downs last; how comments clump within a tick; how far the level itself may be off."""
_WINDOWS, _RECOVERY, _LONGEST = (6, 9, 12, 18, 24, 30), 9, 30
_BLOCK, _HISTORY, _LAG, _NEEDED, _TRIM = 6, 30, 3, 5, 0.2


def _calm(ticks: int) -> float:
    """How much of the variance of single moments is left in a mean over so many ticks."""
    share = _WIGGLE_TICKS / ticks
    return 2 * share * (1 - share * (1 - exp(-1 / share)))


_CALM = {window: _calm(window) / _calm(_BLOCK) for window in _WINDOWS}


class ColdRoom:
    id: ClassVar[str] = "cold_room"

    def __init__(self) -> None:
        self._gauges: deque[int] = deque(maxlen=90)
        self._recent: deque[int] = deque(maxlen=_BLOCK)
        self._lasting = self._gauge_age = 0
        self._comments: deque[int] = deque(maxlen=_LONGEST)  # per tick
        self._seen: deque[float] = deque(maxlen=_LONGEST)  # viewers in the same ticks; 0: not known
        self._blocks: deque[tuple[int, float]] = deque(maxlen=_HISTORY + _LAG)
        self._block: tuple[int, float, int] = (0, 0.0, 0)  # comments, viewers, ticks so far
        self._viewers = self._level = 0.0
        self._spread = _SPREAD
        self._has_heartbeat = self._is_quiet = False
        self._held = 0
        self._began_s: int | None = None  # of the spell that rings now
        self._told_s = self._mute_until_s = 0

    def evaluate(self, tick: Tick, *, silent: bool) -> Verdict:
        """Judges one tick. A paused stream and a silent source are not judged; an open alert waits for them to end."""
        self._has_heartbeat = self._has_heartbeat or tick.heartbeat
        self._watch_gauge(tick)
        if silent or tick.paused:
            self._held = 0
            return NO_NEWS["warming" if tick.ends_s < WARM_S else "no_data"]
        # Where a heartbeat is due, an empty tick may be the source's silence: it counts once something follows it.
        if self._has_heartbeat and tick.is_empty and self._held < HELD_TICKS:
            self._held += 1
            return NO_NEWS[self._state(tick.ends_s)]
        for _ in range(self._held):
            self._take(0, is_usual=not tick.giveaway)
        self._held = 0
        self._take(min(max(tick.comments, 0), 10**6), is_usual=not tick.giveaway)
        return self._judge(tick.ends_s)

    def _watch_gauge(self, tick: Tick) -> None:
        if tick.concurrent is not None:
            self._gauge_age = 0
            gauge = min(max(tick.concurrent, 0), 10**8)
        elif self._gauges and self._gauge_age < GAUGE_KEPT_TICKS:
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
        if tick.index % _BLOCK == 0 or len(self._gauges) <= _BLOCK:
            self._lasting = _median(self._gauges)
        self._change_viewers(float(max(1, min(_median(self._recent), self._lasting))))

    def _change_viewers(self, viewers: float) -> None:
        appeared_or_lost = (viewers > 0) != (self._viewers > 0)
        self._viewers = viewers
        if appeared_or_lost:
            self._learn()

    def _take(self, comments: int, *, is_usual: bool) -> None:
        self._comments.append(comments)
        self._seen.append(self._viewers)
        if not is_usual or self._began_s is not None:
            return
        total, viewers, ticks = self._block
        self._block = (total + comments, viewers + self._viewers, ticks + 1)
        if ticks + 1 == _BLOCK:
            self._blocks.append(self._block[:2])
            self._block = (0, 0.0, 0)
            self._learn()

    def _learn(self) -> None:
        """Level and spread from the minutes kept. Viewers not known in a minute are taken to be as many as now."""
        per_room = (self._viewers or 1.0) * _BLOCK
        has_gauge = self._viewers > 0
        kept = islice(self._blocks, max(0, len(self._blocks) - _LAG))
        known = sorted((y / e, y, e) for y, e in ((y, e if e and has_gauge else per_room) for y, e in kept))
        if len(known) < _NEEDED:
            self._level = 0.0
            return
        cut = int(len(known) * _TRIM)
        middle = known[cut : len(known) - cut]
        level = self._level = sum(y for _, y, _ in middle) / sum(e for _, _, e in middle)
        weights = squares = 0.0
        for _, comments, viewers in known:
            expected = level * viewers
            if expected > _TELLING:
                weight = expected / (expected + 4)
                ratio = comments / expected
                weights += weight
                squares += weight * ((ratio - 1 if ratio < _BURST else _BURST - 1) ** 2 - 1 / expected)
        spread = (squares + _SPREAD_BLOCKS * _SPREAD) / (weights + _SPREAD_BLOCKS)
        self._spread = min(max(spread, _SPREAD_LEAST), _SPREAD_MOST)

    def _sums(self, windows: tuple[int, ...]) -> list[tuple[int, int, float]]:
        """Per window that is filled: its ticks, comments, and comments expected at the usual level."""
        seen: Iterable[float] = reversed(self._seen)
        if not self._viewers:
            seen = [1.0] * len(self._seen)
        elif 0.0 in self._seen:
            seen = [viewers or self._viewers for viewers in seen]
        comments, viewers = list(accumulate(reversed(self._comments))), list(accumulate(seen))
        filled = [window for window in windows if window <= len(comments)]
        return [(window, comments[window - 1], viewers[window - 1] * self._level) for window in filled]

    def _evidence(self, ticks: int, comments: int, expected: float) -> float:
        varies = self._spread * _CALM[ticks] + _CLUMPED / ticks + _LEVEL_DOUBT
        return _log_odds(comments, expected * _LEFT, 1 / (_LEFT_VARIES + varies)) - _log_odds(
            comments, expected, 1 / varies
        )

    def _judge(self, now_s: int) -> Verdict:
        usual = self._level * (self._viewers or 1.0) * 60 / TICK_S
        limit = AWAKE_FROM if self._is_quiet else QUIET_BELOW if self._began_s is None else QUIET_WHILE_OPEN
        self._is_quiet = usual < limit
        state = self._state(now_s)
        if self._began_s is not None:
            return self._follow(state, now_s, now_s - self._began_s)
        if state != "judging" or now_s < self._mute_until_s:
            return NO_NEWS[state]
        judged = [
            (self._evidence(ticks, comments, expected), ticks)
            for ticks, comments, expected in self._sums(_WINDOWS)
            if comments < _MILD * expected
        ]
        evidence, ticks = max(judged, default=(0.0, 0))
        if evidence < OPEN_AT:
            return NO_NEWS[state]
        self._began_s, self._told_s = now_s - ticks * TICK_S, now_s
        return Verdict(state, opened=self._finding("alert.cold_room.reason", ticks * TICK_S))

    def _follow(self, state: JudgingState, now_s: int, lasted_s: int) -> Verdict:
        """The open alert: cleared, told anew once a minute, or left as it is."""
        recent = self._sums((_RECOVERY,))
        if self._is_quiet:
            key = "alert.cold_room.cleared_quiet"
        elif lasted_s >= NEW_NORMAL_S:
            key = "alert.cold_room.cleared_new_level"
        elif recent and self._evidence(*recent[0]) < CLEAR_AT:
            key = "alert.cold_room.cleared"
        elif now_s - self._told_s >= 60:  # noqa: PLR2004
            self._told_s = now_s
            return Verdict(state, going_on=self._finding("alert.cold_room.reason", lasted_s))
        else:
            return NO_NEWS[state]
        finding = self._finding(key, lasted_s, _RECOVERY)
        if lasted_s >= NEW_NORMAL_S:
            self._blocks.clear()
            self._learn()
        self._began_s, self._mute_until_s = None, now_s + COOLDOWN_S
        return Verdict(state, cleared=finding)

    def _finding(self, key: str, lasted_s: int, ticks: int = _LONGEST) -> Finding:
        """The figures of the spell so far, at most of the last `ticks`."""
        window = min(max(_BLOCK, min(ticks, lasted_s // TICK_S)), len(self._comments))
        [(_, comments, expected)] = self._sums((window,))
        per_min, usual_per_min = (count * 60 / (window * TICK_S) for count in (comments, expected))
        viewers = round(self._viewers) if self._viewers else None
        if viewers is None and key == "alert.cold_room.reason":
            key = "alert.cold_room.reason_no_gauge"
        params = {"n": _said(per_min), "usual": _said(usual_per_min), "viewers": viewers, "lasted": Span(lasted_s)}
        evidence = {
            "comments_per_min": round(per_min, 2),
            "usual_per_min": round(usual_per_min, 2),
            "concurrent": viewers,
            "ratio": round(comments / expected, 3) if expected else None,
            "spread": round(self._spread**0.5, 3),
            "lasted_s": lasted_s,
            "signals": "comment" if viewers is None else "comment+concurrent",
        }
        return Finding(Msg(key, params), evidence)

    def _state(self, now_s: int) -> JudgingState:
        if now_s < WARM_S or len(self._blocks) < _NEEDED + _LAG:
            return "warming"
        return "too_quiet" if self._is_quiet else "judging"

    def dump(self) -> dict[str, Any]:
        return {
            name[1:]: list(value) if isinstance(value := getattr(self, name), deque) else value
            for name in self.__dict__
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        for name, value in state.items():
            own = getattr(self, f"_{name}")
            kept = (
                tuple(tuple(item) if isinstance(item, list) else item for item in value)
                if isinstance(value, list)
                else value
            )
            setattr(self, f"_{name}", deque(kept, own.maxlen) if isinstance(own, deque) else kept)


def _median(values: deque[int]) -> int:
    return sorted(values)[len(values) // 2]


def _log_odds(count: int, mean: float, shape: float) -> float:
    """Log probability of a count around a mean that itself varies by 1/shape, without the part all means share."""
    if mean <= 0:
        return 0.0
    return (
        lgamma(count + shape) - lgamma(shape) + shape * log(shape / (shape + mean)) + count * log(mean / (shape + mean))
    )


def _said(per_min: float) -> int | float:
    """As somebody would say it: whole above ten, else one decimal."""
    rounded = round(per_min, 1) if per_min < 10 else round(per_min)  # noqa: PLR2004
    return int(rounded) if rounded == int(rounded) else rounded
