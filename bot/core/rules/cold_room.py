"""Cold room: comments fall well below this room's own level for its present viewers.

The last one to five minutes are weighed against two explanations: "as usual, give or take this room's own spread" and
"cold, about 28 % of usual". Evidence is the natural logarithm of how many times likelier cold makes them. Few comments
are weak evidence: a small room is judged slowly, one that is too quiet not at all. What is usual: bot/core/level.py.
"""

from __future__ import annotations

from math import exp, lgamma, log
from typing import TYPE_CHECKING, Any, ClassVar

from bot.core.level import BLOCK, LONGEST, RoomLevel
from bot.core.reply import Msg, Span
from bot.core.tick import TICK_S, Tick
from bot.core.verdict import NO_NEWS, Finding, JudgingState, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

WARM_S = 600
OPEN_AT, CLEAR_AT = 2.8, -0.3
"""Evidence that rings (e^2.8: 16 times likelier cold), and below which the last minute and a half is a recovery."""
COOLDOWN_S, NEW_NORMAL_S = 120, 30 * 60
"""Silence after an all-clear; how long a spell lasts before it is taken for what the room is now."""
QUIET_BELOW, AWAKE_FROM, QUIET_WHILE_OPEN = 1.5, 1.8, 1.0
"""Usual comments per minute: judging stops, starts again, an open alert is given up."""
HELD_TICKS = 6
TOLD_EVERY_S = 60

_LEFT, _LEFT_VARIES = 0.28, 0.08
"""What is left of the comments in a cold spell; its squared relative deviation between spells."""
_MILD = 0.6
"""A dip to more than this share of the usual is not one a host must mend."""
_WIGGLE_TICKS, _CLUMPED, _LEVEL_DOUBT = 6.5, 0.2, 0.04
"""How long ups and downs last; how comments clump within a tick; how far the level itself may be off."""
_WINDOWS, _RECOVERY = (6, 9, 12, 18, 24, 30), 9
_WHOLE_FROM = 10


def _calm(ticks: int) -> float:
    """How much of the variance of single moments is left in a mean over so many ticks."""
    share = _WIGGLE_TICKS / ticks
    return 2 * share * (1 - share * (1 - exp(-1 / share)))


_CALM = {window: _calm(window) / _calm(BLOCK) for window in _WINDOWS}


class ColdRoom:
    id: ClassVar[str] = "cold_room"

    def __init__(self) -> None:
        self._level = RoomLevel()
        self._has_heartbeat = self._is_quiet = False
        self._held = 0
        self._began_s: int | None = None  # of the spell that rings now
        self._told_s = self._mute_until_s = 0

    def evaluate(self, tick: Tick, *, silent: bool) -> Verdict:
        """Judges one tick. A paused stream and a silent source are not judged; an open alert waits for them to end."""
        self._has_heartbeat = self._has_heartbeat or tick.heartbeat
        self._level.watch_gauge(tick)
        if silent or tick.paused:
            self._held = 0
            return NO_NEWS["warming" if tick.ends_s < WARM_S else "no_data"]
        # Where a heartbeat is due, an empty tick may be the source's silence: it counts once something follows it.
        if self._has_heartbeat and self._held < HELD_TICKS and tick.is_empty:
            self._held += 1
            return NO_NEWS[self._state(tick.ends_s)]
        is_usual = self._began_s is None and not tick.giveaway
        for _ in range(self._held):
            self._level.take(0, is_usual=is_usual)
        self._held = 0
        self._level.take(tick.comments, is_usual=is_usual)
        return self._judge(tick.ends_s)

    def _judge(self, now_s: int) -> Verdict:
        limit = AWAKE_FROM if self._is_quiet else QUIET_BELOW if self._began_s is None else QUIET_WHILE_OPEN
        self._is_quiet = self._level.usual * 60 / TICK_S < limit
        state = self._state(now_s)
        if self._began_s is not None:
            return self._follow(state, now_s, now_s - self._began_s)
        if state != "judging" or now_s < self._mute_until_s:
            return NO_NEWS[state]
        windows = self._level.windows(_WINDOWS)
        judged = [(self._evidence(*window), window[0]) for window in windows if window[1] < _MILD * window[2]]
        evidence, ticks = max(judged, default=(0.0, 0))
        if evidence < OPEN_AT:
            return NO_NEWS[state]
        self._began_s, self._told_s = now_s - ticks * TICK_S, now_s
        return Verdict(state, opened=self._finding("alert.cold_room.reason", ticks * TICK_S))

    def _follow(self, state: JudgingState, now_s: int, lasted_s: int) -> Verdict:
        """The open alert: cleared, told anew once a minute, or left as it is."""
        recent = self._level.windows((_RECOVERY,))
        if self._is_quiet:
            key = "alert.cold_room.cleared_quiet"
        elif lasted_s >= NEW_NORMAL_S:
            key = "alert.cold_room.cleared_new_level"
        elif recent and self._evidence(*recent[0]) < CLEAR_AT:
            key = "alert.cold_room.cleared"
        elif now_s - self._told_s >= TOLD_EVERY_S:
            self._told_s = now_s
            return Verdict(state, going_on=self._finding("alert.cold_room.reason", lasted_s))
        else:
            return NO_NEWS[state]
        finding = self._finding(key, lasted_s, _RECOVERY)
        if lasted_s >= NEW_NORMAL_S:
            self._level.forget()
        self._began_s, self._mute_until_s = None, now_s + COOLDOWN_S
        return Verdict(state, cleared=finding)

    def _evidence(self, ticks: int, comments: int, usual: float) -> float:
        varies = self._level.spread * _CALM[ticks] + _CLUMPED / ticks + _LEVEL_DOUBT
        cold = _log_odds(comments, usual * _LEFT, 1 / (_LEFT_VARIES + varies))
        return cold - _log_odds(comments, usual, 1 / varies)

    def _finding(self, key: str, lasted_s: int, ticks: int = LONGEST) -> Finding:
        """The figures of the spell so far, at most of the last `ticks`."""
        window = min(max(BLOCK, min(ticks, lasted_s // TICK_S)), self._level.ticks)
        [(_, comments, usual)] = self._level.windows((window,))
        per_min, usual_per_min = (count * 60 / (window * TICK_S) for count in (comments, usual))
        viewers = None if self._level.viewers is None else round(self._level.viewers)
        if viewers is None and key == "alert.cold_room.reason":
            key = "alert.cold_room.reason_no_gauge"
        params = {"n": _said(per_min), "usual": _said(usual_per_min), "viewers": viewers, "lasted": Span(lasted_s)}
        evidence = {
            "comments_per_min": round(per_min, 2),
            "usual_per_min": round(usual_per_min, 2),
            "concurrent": viewers,
            "ratio": round(comments / usual, 3) if usual else None,
            "spread": round(self._level.spread**0.5, 3),
            "lasted_s": lasted_s,
            "signals": "comment" if viewers is None else "comment+concurrent",
        }
        return Finding(Msg(key, params), evidence)

    def _state(self, now_s: int) -> JudgingState:
        if now_s < WARM_S or not self._level.is_known:
            return "warming"
        return "too_quiet" if self._is_quiet else "judging"

    def dump(self) -> dict[str, Any]:
        return {name[1:]: value for name, value in vars(self).items()} | {"level": self._level.dump()}

    def restore(self, state: Mapping[str, Any]) -> None:
        for name, value in state.items():
            if name == "level":
                self._level.restore(value)
            else:
                setattr(self, f"_{name}", value)


def _log_odds(count: int, mean: float, shape: float) -> float:
    """Log probability of a count around a mean that itself varies by 1/shape, without the part all means share."""
    if mean <= 0:
        return 0.0
    return (
        lgamma(count + shape) - lgamma(shape) + shape * log(shape / (shape + mean)) + count * log(mean / (shape + mean))
    )


def _said(per_min: float) -> int | float:
    """As somebody would say it: whole above ten, else one decimal."""
    rounded = round(per_min, 1) if per_min < _WHOLE_FROM else round(per_min)
    return int(rounded) if rounded == int(rounded) else rounded
