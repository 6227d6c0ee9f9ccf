"""Four explanations of a room's counts, each with a probability: normal, cold, hot, or a mild dip.

A count is negative binomial around exp(x + b + d) * viewers: b is the room's slow log level per viewer, x its fast
wiggle, d the shift of a spell. Every explanation holds a Gaussian of what it believes of these (belief.py), and a
weight. A tick moves weight between them, lets the Gaussians drift, corrects them by the count and weighs each by how
well it foretold it. Nothing need be frozen or trimmed: in a cold spell the shift explains the fall and b stays, in a
burst likewise. docs/detection.md tells the method, where the figures come from and what they do.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from dataclasses import replace
from math import exp, log, sqrt
from struct import pack, unpack
from typing import Final

from bot.core.belief import (
    Level,
    Pace,
    Shift,
    Shifted,
    corrected,
    corrected_shifted,
    drifted,
    entered,
    lifted,
    lifted_shifted,
    rejoined,
)

MOST_COUNT: Final = 10**6
EACH_TICK: Final = Pace(
    keep=exp(-10 / 65),
    drift=0.0005,
    to_cold=0.003,
    to_hot=0.005,
    to_dip=0.01,
    from_cold=0.03,
    from_hot=0.05,
    from_dip=0.12,
    clump=4.0,
)
"""Cold every 55 minutes for 5.5; hot for 3.3, a dip for 1.4; the level drifts by 30 % (1 sd) in half an hour."""


def pace_over(ticks: int) -> Pace:
    """The same for counts of so many ticks."""

    def flow(each: float) -> float:
        return 1 - (1 - each) ** ticks

    one = EACH_TICK
    return Pace(
        keep=one.keep**ticks,
        drift=one.drift * ticks,
        to_cold=flow(one.to_cold),
        to_hot=flow(one.to_hot),
        to_dip=flow(one.to_dip),
        from_cold=flow(one.from_cold),
        from_hot=flow(one.from_hot),
        from_dip=flow(one.from_dip),
        clump=one.clump * ticks,
    )


COLD: Final = Shift(-1.25, 0.16)
"""0.29 of the usual, 95 % between 0.13 and 0.63."""
HOT: Final = Shift(1.1, 0.16)
DIP: Final = Shift(-0.6, 0.0625)
"""What rooms do by themselves and no host need mend: 0.55 of the usual."""

_START_OVER, _LEARN_OVER, _NO_COLD_FOR = 6, 6, 30
"""Counts the first guess is made from, counts between two lessons about the spread, counts before cold is likely."""
_NO_COLD, _LEAST = 1e-7, 1e-12
_LEVEL_DOUBT = 0.15
_S2, _S2_LEAST, _S2_MOST = 0.45**2, 0.2**2, 0.8**2
"""Variance of x: first guess and limits."""
_MINUTE_VARIES = 0.25 * _S2 / 0.16
"""Squared relative deviation of a minute's count in a room whose x varies by _S2."""
_PRIOR_MINUTES, _FORGET = 20.0, 59 / 60
_TELLING, _BURST, _IS_COLD, _IS_HOT = 0.3, 2.5, 0.3, 0.5
_PACKED = "<44d"


class ColdFilter:
    """Fed with counts and the viewers they came from; says how likely it is that the room is cold."""

    __slots__ = (
        *("_normal", "_cold", "_hot", "_dip", "_weights", "_lesson", "_sums", "_viewers"),
        *("_pace", "_still", "age", "usual"),
    )

    def __init__(self, pace: Pace = EACH_TICK) -> None:
        self._pace = pace
        self._still = replace(pace, to_cold=0, to_hot=0, to_dip=0, from_cold=0, from_hot=0, from_dip=0)
        self._normal: Level = (0.0,) * 5
        self._cold: Shifted = (0.0,) * 9
        self._hot: Shifted = (0.0,) * 9
        self._dip: Shifted = (0.0,) * 9
        self._weights = (1.0, _LEAST, _LEAST, _LEAST)
        """Of normal, cold, hot and dip."""
        self._lesson = (0.0, 0.0, _S2)
        """Weighted squares and weights of the minutes so far, and the variance of x that follows from them."""
        self._sums = (0.0, 0.0)
        """Counts and expected counts since the last lesson; while it starts, counts and viewers."""
        self.age = float(-_START_OVER)
        """Counts since the start was complete, missed ones too; negative: so many it still needs."""
        self._viewers = 0.0
        """Of the last count; 0: nobody measures them."""
        self.usual = 0.0
        """The count expected from the present viewers in a normal room; half of all moments have more."""

    @property
    def spread(self) -> float:
        """Standard deviation (log) of the fast ups and downs."""
        return sqrt(self._lesson[2])

    @property
    def log_odds(self) -> float:
        """Logit of the probability that the room is cold."""
        normal, cold, hot, dip = self._weights
        return log(cold / (normal + hot + dip))

    @property
    def mean_usual(self) -> float:
        """`usual` as a mean over the ups and downs: what somebody gets who adds up and divides."""
        return self.usual * exp(self._lesson[2] / 2)

    def take(self, count: int, viewers: float | None) -> None:
        """The next count; `viewers` at least 1, None where nobody measures them."""
        if count > MOST_COUNT or count < 0:
            count = min(max(count, 0), MOST_COUNT)
        if viewers != self._viewers:
            self._change(viewers or 0.0)
        if self.age < 0:
            self._begin(count)
            return
        self._mix(self._pace)
        self._weigh(count)
        self._learn(count)

    def miss(self) -> None:
        """A count that is not known: it may have turned cold or warm meanwhile."""
        self._pass(self._pace)

    def wait(self) -> None:
        """A count that says nothing of warmth: the explanations stay as likely as they were."""
        self._pass(self._still)

    def _pass(self, pace: Pace) -> None:
        if self.age >= 0:
            self._mix(pace)
            self._settle()
            self.age += 1

    def forget(self) -> None:
        """Begins anew with the next counts; what was learned of the spread is kept."""
        self.age, self._sums = float(-_START_OVER), (0.0, 0.0)
        self._weights = (1.0, _LEAST, _LEAST, _LEAST)

    def _change(self, viewers: float) -> None:
        """Where a gauge appears or is lost, the level of the room becomes one per viewer, or the other way round."""
        was, self._viewers = self._viewers, viewers
        if bool(was) == bool(viewers):
            return
        if self.age < 0:
            self.forget()
            return
        by = log(was or 1.0) - log(viewers or 1.0)
        self._normal = lifted(self._normal, by)
        self._cold, self._hot = lifted_shifted(self._cold, by), lifted_shifted(self._hot, by)
        self._dip = lifted_shifted(self._dip, by)

    def _begin(self, count: int) -> None:
        total, viewers = self._sums[0] + count, self._sums[1] + (self._viewers or 1.0)
        self._sums = (total, viewers)
        self.age += 1
        if self.age < 0:
            return
        self._sums = (0.0, 0.0)
        doubt = 1 / (total + 0.5) + _LEVEL_DOUBT
        begun = (0.0, log((total + 0.5) / viewers), self._lesson[2] / 2, 0.0, doubt)
        self._normal = begun
        self._cold, self._hot, self._dip = COLD.begin(begun), HOT.begin(begun), DIP.begin(begun)
        self._settle()

    def _mix(self, pace: Pace) -> None:
        """Weight flows between the explanations; what is in one becomes one Gaussian of the same mean and spread."""
        was, keep, wander = self._normal, pace.keep, pace.drift
        fresh = self._lesson[2] * (1 - keep * keep)
        normal, cold, hot, dip = self._weights
        to_cold = normal * (_NO_COLD if self.age < _NO_COLD_FOR and pace.to_cold else pace.to_cold)
        to_hot, to_dip = normal * pace.to_hot, normal * pace.to_dip
        from_cold, from_hot, from_dip = cold * pace.from_cold, hot * pace.from_hot, dip * pace.from_dip
        normal += from_cold - to_cold - to_hot - to_dip
        level = rejoined(was, self._cold, from_cold / normal)
        normal += from_hot
        level = rejoined(level, self._hot, from_hot / normal)
        normal += from_dip
        level = rejoined(level, self._dip, from_dip / normal)
        self._normal = drifted(level, keep, fresh, wander)
        cold, hot, dip = cold + to_cold - from_cold, hot + to_hot - from_hot, dip + to_dip - from_dip
        self._cold = entered(self._cold, was, COLD, to_cold / cold, keep, fresh, wander)
        self._hot = entered(self._hot, was, HOT, to_hot / hot, keep, fresh, wander)
        self._dip = entered(self._dip, was, DIP, to_dip / dip, keep, fresh, wander)
        self._weights = (normal, cold, hot, dip)

    def _weigh(self, count: int) -> None:
        clump, viewers = self._pace.clump, log(self._viewers or 1.0)
        for_normal, self._normal = corrected(self._normal, count, viewers, clump)
        for_cold, self._cold = corrected_shifted(self._cold, count, viewers, clump)
        for_hot, self._hot = corrected_shifted(self._hot, count, viewers, clump)
        for_dip, self._dip = corrected_shifted(self._dip, count, viewers, clump)
        best = max(for_normal, for_cold, for_hot, for_dip)  # so that nothing overflows
        normal, cold, hot, dip = self._weights
        normal *= exp(for_normal - best)
        cold *= exp(for_cold - best)
        hot *= exp(for_hot - best)
        dip *= exp(for_dip - best)
        share = 1 / (normal + cold + hot + dip)
        self._weights = (normal * share + _LEAST, cold * share + _LEAST, hot * share + _LEAST, dip * share + _LEAST)
        self._settle()

    def _settle(self) -> None:
        normal, cold, hot, dip = self._weights
        level = normal * self._normal[1] + cold * self._cold[1] + hot * self._hot[1] + dip * self._dip[1]
        self.usual = exp(level) * (self._viewers or 1.0)

    def _learn(self, count: int) -> None:
        """Once a minute: how much this room's minutes differ beyond chance."""
        self.age += 1
        total, usual = self._sums[0] + count, self._sums[1] + self.usual
        if self.age % _LEARN_OVER:
            self._sums = (total, usual)
            return
        self._sums = (0.0, 0.0)
        if self._weights[1] >= _IS_COLD or self._weights[2] >= _IS_HOT or usual <= _TELLING:
            return
        squares, weights, _ = self._lesson
        weight = usual / (usual + 4)
        beyond = min(_BURST, total / usual) - 1
        squares += weight * (beyond * beyond - 1 / usual)
        weights += weight
        s2 = _S2 * (_PRIOR_MINUTES * _MINUTE_VARIES + squares) / ((_PRIOR_MINUTES + weights) * _MINUTE_VARIES)
        self._lesson = (squares * _FORGET, weights * _FORGET, min(max(s2, _S2_LEAST), _S2_MOST))

    def dump(self) -> str:
        """The whole state, exact, as base64: thousands of them are stored every ten seconds."""
        beliefs = (*self._normal, *self._cold, *self._hot, *self._dip)
        numbers = (*beliefs, *self._weights, *self._lesson, *self._sums, self.age, self._viewers, self.usual)
        return b2a_base64(pack(_PACKED, *numbers), newline=False).decode()

    def restore(self, state: str) -> None:
        numbers = unpack(_PACKED, a2b_base64(state))
        self._normal = numbers[:5]
        self._cold, self._hot, self._dip = numbers[5:14], numbers[14:23], numbers[23:32]
        self._weights, self._lesson, self._sums = numbers[32:36], numbers[36:39], numbers[39:41]
        self.age, self._viewers, self.usual = numbers[41:]
