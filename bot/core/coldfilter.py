"""Four explanations of a room's counts, each with a probability: normal, cold, hot, or a mild dip.

A count is negative binomial around exp(x + b + d) * viewers: b is the room's slow log level per viewer, x its fast
wiggle, d the shift of a spell. Every explanation holds a Gaussian of what it believes of these (belief.py), and a
weight. A tick moves weight between them, lets the Gaussians drift, corrects them by the count and weighs each by how
well it foretold it. Nothing need be frozen or trimmed: in a cold spell the shift explains the fall and b stays, in a
burst likewise. docs/detection.md tells the method, where the figures come from and what they do.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from itertools import chain, islice
from math import exp, log, sqrt
from struct import pack, unpack
from typing import Final, NamedTuple, TypeAlias, cast

from bot.core.belief import (
    Level,
    Seen,
    Shift,
    Shifted,
    follow,
    follow_shifted,
    lifted,
    lifted_shifted,
    rejoined,
    speaks_for,
)

MOST_COUNT: Final = 10**6


class Pace(NamedTuple):
    """How things move from one count to the next."""

    keep: float
    """Share of x that is left."""
    drift: float
    """Variance that b gains."""
    to_cold: float
    to_hot: float
    to_dip: float
    from_cold: float
    from_hot: float
    from_dip: float
    clump: float
    """Size of the negative binomial where 8 are usual in a count: variance m + m^2 / clump."""


EACH_TICK: Final = Pace(
    keep=exp(-10 / 33),
    drift=0.00075,
    to_cold=0.0021,
    to_hot=0.008,
    to_dip=0.0105,
    from_cold=0.035,
    from_hot=0.085,
    from_dip=0.215,
    clump=3.9,
)
"""Cold every 80 minutes for 4.8; hot every 21 for 2, a dip every 16 for 47 s; the level drifts by 37 % (1 sd) in
half an hour."""


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


COLD: Final = Shift(-1.15, 0.16)
"""0.32 of the usual, 95 % between 0.14 and 0.69."""
HOT: Final = Shift(1.65, 0.155)
DIP: Final = -0.54
"""What rooms do by themselves and no host need mend: 0.58 of the usual. That it varies made no difference."""

COLD_LEAVES, _HOT_BRINGS = exp(COLD.mean), exp(HOT.mean)
_UNLIKELY_COLD, _UNLIKELY_HOT, _TRACE = 0.01, 0.02, 0.001

_START_OVER, _LEARN_OVER, _NO_COLD_FOR = 6, 6, 30
"""Counts the first guess is made from, counts between two lessons about the spread, counts before cold is likely."""
_NO_COLD, _LEAST = 1e-7, 1e-12
_LOG_FROM = 0.3
"""Added to a count before its log is taken, so that none at all has one too."""
_LEVEL_DOUBT = 0.15
_S2, _S2_LEAST, _S2_MOST = 0.42**2, 0.2**2, 0.8**2
"""Variance of x: first guess and limits."""
_MINUTE_VARIES = 0.25 * _S2 / 0.175
"""Squared relative deviation of a minute's count in a room whose x varies by _S2."""
_PRIOR_MINUTES, _FORGET, _CHANCE = 30.0, 0.99, 2.6
"""Minutes that the first guess weighs, what a minute leaves of those before it, expected counts that weigh a half."""
_CLUMP_AT, _CLUMP_GROWS, _CLUMP_LEAST = 8.0, 0.16, 0.3
"""The busier, the less it clumps: with this power of what is usual."""
_TELLING, _BURST, _IS_COLD, _IS_HOT = 0.3, 2.8, 0.3, 0.5
_SIZES = (5, 9, 9, 5, 4, 3, 2, 4)
_PACKED = f"<{sum(_SIZES)}d"


Four: TypeAlias = tuple[float, float, float, float]
Snapshot: TypeAlias = tuple[Level, Shifted, Shifted, Level, Four, tuple[float, float, float], tuple[float, float], Four]


class ColdFilter:
    """Fed with counts and the viewers they came from; says how likely it is that the room is cold."""

    __slots__ = (
        *("_normal", "_cold", "_hot", "_dip", "_weights", "_lesson", "_sums", "_viewers", "_clump"),
        *("_pace", "_still", "age", "usual"),
    )

    def __init__(self, pace: Pace = EACH_TICK) -> None:
        self._pace = pace
        self._still = pace._replace(to_cold=0, to_hot=0, to_dip=0, from_cold=0, from_hot=0, from_dip=0)
        self._normal: Level = (0.0,) * 5
        self._cold: Shifted = (0.0,) * 9
        self._hot: Shifted = (0.0,) * 9
        self._dip: Level = (0.0,) * 5
        """What each expects of the next count."""
        self._weights = (1.0, _LEAST, _LEAST, _LEAST)
        """Of normal, cold, hot and dip, as of the last count."""
        self._lesson = (0.0, 0.0, _S2)
        """Weighted squares and weights of the minutes so far, and the variance of x that follows from them."""
        self._sums = (0.0, 0.0)
        """Counts and expected counts since the last lesson; while it starts, counts and viewers."""
        self.age = float(-_START_OVER)
        """Counts since the start was complete, missed ones too; negative: so many it still needs."""
        self._viewers = 0.0
        """Of the last count; 0: nobody measures them."""
        self._clump = pace.clump
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
        viewers, clump, shown = self._viewers, self._clump, count + _LOG_FROM
        seen = (count, log(viewers) if viewers else 0.0, clump, log(shown), 1 / shown + 1 / clump)
        self._step(self._pace, seen)
        self._learn(count)

    def miss(self) -> None:
        """A count that is not known: it may have turned cold or warm meanwhile."""
        self._pass(self._pace)

    def wait(self) -> None:
        """A count that says nothing of warmth: the explanations stay as likely as they were."""
        self._pass(self._still)

    def _pass(self, pace: Pace) -> None:
        if self.age >= 0:
            self._step(pace, None)
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
        self._normal, self._dip = lifted(self._normal, by), lifted(self._dip, by)
        self._cold, self._hot = lifted_shifted(self._cold, by), lifted_shifted(self._hot, by)

    def _begin(self, count: int) -> None:
        total, viewers = self._sums[0] + count, self._sums[1] + (self._viewers or 1.0)
        self._sums = (total, viewers)
        self.age += 1
        if self.age < 0:
            return
        self._sums = (0.0, 0.0)
        doubt = 1 / (total + 0.5) + _LEVEL_DOUBT
        begun = (0.0, log((total + 0.5) / viewers), self._lesson[2] / 2, 0.0, doubt)
        self._normal = self._dip = begun
        self._cold, self._hot = COLD.begin(begun), HOT.begin(begun)
        self._step(self._still, None)
        self._clump = self._clumping()

    def _step(self, pace: Pace, count: Seen | None) -> None:
        """From what is expected of this count to what is expected of the next.

        Weight flows between the explanations, what is in one becomes one Gaussian of the same mean and spread, and
        each is weighed by how well it foretold the count. One that was unlikely and has the count against it is not
        followed: it begins anew from normal, which saves a tenth of the time and costs nothing measurable.
        """
        was, (normal, cold, hot, dip) = self._normal, self._weights
        keep, drift, to_cold, to_hot, to_dip, from_cold, from_hot, from_dip, _ = pace
        step = (keep, self._lesson[2] * (1 - keep * keep), drift)
        if self.age < _NO_COLD_FOR:
            to_cold = min(to_cold, _NO_COLD)
        to_cold, to_hot, to_dip = normal * to_cold, normal * to_hot, normal * to_dip
        from_cold, from_hot, from_dip = cold * from_cold, hot * from_hot, dip * from_dip
        normal += from_cold - to_cold - to_hot - to_dip
        level = rejoined(was, self._cold, from_cold / normal) if from_cold > _TRACE * normal else was
        normal += from_hot
        if from_hot > _TRACE * normal:
            level = rejoined(level, self._hot, from_hot / normal)
        normal += from_dip
        cold += to_cold - from_cold
        hot += to_hot - from_hot
        dip += to_dip - from_dip
        for_normal, self._normal = follow(level, self._dip, from_dip / normal, 0.0, count, step)
        for_dip, self._dip = follow(self._dip, was, to_dip / dip, DIP, count, step)
        is_much = count is not None and count[0] >= self.usual
        if count is not None and is_much and cold < _UNLIKELY_COLD:
            for_cold = for_normal + speaks_for(COLD.mean, COLD_LEAVES, count[0], self.usual, count[2])
            self._cold = COLD.begin(self._normal)
        else:
            for_cold, self._cold = follow_shifted(self._cold, was, to_cold / cold, COLD, count, step)
        if count is not None and not is_much and hot < _UNLIKELY_HOT:
            for_hot = for_normal + speaks_for(HOT.mean, _HOT_BRINGS, count[0], self.usual, count[2])
            self._hot = HOT.begin(self._normal)
        else:
            for_hot, self._hot = follow_shifted(self._hot, was, to_hot / hot, HOT, count, step)
        best = max(for_normal, for_cold, for_hot, for_dip)  # so that nothing overflows
        normal *= exp(for_normal - best)
        cold *= exp(for_cold - best)
        hot *= exp(for_hot - best)
        dip *= exp(for_dip - best)
        share = 1 / (normal + cold + hot + dip)
        normal = normal * share + _LEAST
        cold = cold * share + _LEAST
        hot = hot * share + _LEAST
        dip = dip * share + _LEAST
        self._weights = (normal, cold, hot, dip)
        level_now = normal * self._normal[1] + cold * self._cold[1] + hot * self._hot[1] + dip * self._dip[1]
        self.usual = exp(level_now) * (self._viewers or 1.0)

    def _clumping(self) -> float:
        busy = max(self.usual, _CLUMP_LEAST) / _CLUMP_AT
        return self._pace.clump * exp(_CLUMP_GROWS * log(busy))

    def _learn(self, count: int) -> None:
        """Once a minute: how much this room's minutes differ beyond chance."""
        self.age += 1
        total, usual = self._sums[0] + count, self._sums[1] + self.usual
        if self.age % _LEARN_OVER:
            self._sums = (total, usual)
            return
        self._sums = (0.0, 0.0)
        self._clump = self._clumping()
        if self._weights[1] >= _IS_COLD or self._weights[2] >= _IS_HOT or usual <= _TELLING:
            return
        squares, weights, _ = self._lesson
        weight = usual / (usual + _CHANCE)
        beyond = min(_BURST, total / usual) - 1
        squares += weight * (beyond * beyond - 1 / usual)
        weights += weight
        s2 = _S2 * (_PRIOR_MINUTES * _MINUTE_VARIES + squares) / ((_PRIOR_MINUTES + weights) * _MINUTE_VARIES)
        self._lesson = (squares * _FORGET, weights * _FORGET, min(max(s2, _S2_LEAST), _S2_MOST))

    def snapshot(self) -> Snapshot:
        """The whole state, cheaply: nothing in it ever changes."""
        beliefs = (self._normal, self._cold, self._hot, self._dip, self._weights, self._lesson, self._sums)
        return (*beliefs, (self.age, self._viewers, self.usual, self._clump))

    def go_back(self, state: Snapshot) -> None:
        self._normal, self._cold, self._hot, self._dip, self._weights, self._lesson, self._sums, rest = state
        self.age, self._viewers, self.usual, self._clump = rest


def packed(state: Snapshot) -> str:
    """Exact, as base64: thousands of them are stored every ten seconds."""
    return b2a_base64(pack(_PACKED, *chain.from_iterable(state)), newline=False).decode()


def unpacked(text: str) -> Snapshot:
    numbers = iter(unpack(_PACKED, a2b_base64(text)))
    return cast("Snapshot", tuple(tuple(islice(numbers, size)) for size in _SIZES))
