"""Five textbook ways to find a cold room, for benchmarks/detection.py to hold this bot's rule against.

Each is what somebody careful would build in an afternoon, on the same ticks as the rule, and each gets what the rule
has learnt the hard way: nothing rings in the first ten minutes or below the rule's own limit of quiet, viewers who just
came do not count yet, and what has rung for half an hour is what the room is now. One number of each, its knob, is left
to be matched; the others are the best of some settings on simulated sessions 0-179 and real rhythms, seeds 1-8, so
that measured on those very sets the rivals look rather too good than too bad.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left, insort
from collections import deque
from math import log, log1p, sqrt
from typing import TYPE_CHECKING, Final

from bot.core.audience import LASTING
from bot.core.rules.cold_room import QUIET_BELOW, WARM_S

if TYPE_CHECKING:
    from bot.core.tick import Tick

PER_MIN: Final = 6
"""Ticks a minute."""
GIVE_UP_TICKS: Final = 30 * PER_MIN
LEVEL_TICKS: Final = 30 * PER_MIN
"""Length or time constant of "usual", in ticks."""
BURST: Final = 3.0
"""A count enters the usual as at most so many times what was expected."""


class Crowd:
    """Viewers that count: the smaller of the medians of the last minute and of the rule's long window, else 1."""

    def __init__(self) -> None:
        self._last: int | None = None
        self._windows = [(deque[int](), list[int](), length) for length in (PER_MIN, LASTING * PER_MIN)]

    def count(self, told: int | None) -> float:
        self._last = self._last if told is None else max(told, 1)
        if self._last is None:
            return 1.0
        medians = []
        for order, ranked, length in self._windows:
            order.append(self._last)
            insort(ranked, self._last)
            if len(order) > length:
                del ranked[bisect_left(ranked, order.popleft())]
            medians.append(ranked[len(ranked) // 2])
        return float(min(medians))


class Window:
    """Comments and viewers of the last so many ticks."""

    def __init__(self, ticks: int) -> None:
        self._pairs: deque[tuple[int, float]] = deque()
        self._ticks = ticks
        self._comments, self._viewers = 0, 0.0

    def __len__(self) -> int:
        return len(self._pairs)

    def take(self, comments: int, viewers: float) -> tuple[int, float] | None:
        """Returns what falls out."""
        self._pairs.append((comments, viewers))
        self._comments += comments
        self._viewers += viewers
        if len(self._pairs) <= self._ticks:
            return None
        out = self._pairs.popleft()
        self._comments -= out[0]
        self._viewers -= out[1]
        return out

    @property
    def rate(self) -> float:
        """Comments a tick and viewer."""
        return self._comments / self._viewers if self._pairs else 0.0


class Level:
    """The usual comments a tick and viewer: a slow mean, of time constant LEVEL_TICKS, less what is a burst."""

    def __init__(self) -> None:
        self._comments = self._viewers = 0.0
        self._ticks = 0

    @property
    def rate(self) -> float:
        return self._comments / self._viewers if self._viewers else 0.0

    def take(self, comments: float, viewers: float) -> None:
        self._ticks += 1
        keep = 1 - 1 / min(self._ticks, LEVEL_TICKS)
        most = BURST * self.rate * viewers
        if self._ticks > 2 * PER_MIN and most > 1:
            comments = min(comments, most)
        self._comments = self._comments * keep + comments * (1 - keep)
        self._viewers = self._viewers * keep + viewers * (1 - keep)


class Rival(ABC):
    """Judges ticks in order; `step` says whether its alarm is on."""

    def __init__(self, knob: float) -> None:
        self.knob = knob
        self._crowd = Crowd()
        self._on = 0
        """Ticks since it rang; 0: it does not."""

    def step(self, tick: Tick) -> bool:
        viewers = self._crowd.count(tick.concurrent)
        self._see(tick.comments, viewers)
        if self._on:
            self._on += 1
            if self._is_over():
                self._on = 0
            elif self._on > GIVE_UP_TICKS:
                self._on = 0
                self._forget()
        elif tick.ends_s >= WARM_S and self._usual * viewers * PER_MIN >= QUIET_BELOW and self._is_cold():
            self._on = 1
        return self._on > 0

    @property
    @abstractmethod
    def _usual(self) -> float:
        """Comments a tick and viewer."""

    @abstractmethod
    def _see(self, comments: int, viewers: float) -> None: ...
    @abstractmethod
    def _is_cold(self) -> bool: ...
    @abstractmethod
    def _is_over(self) -> bool: ...
    @abstractmethod
    def _forget(self) -> None:
        """What is now is what is usual from here on."""


class Fixed(Rival):
    """Fewer than `knob` comments in every minute for three minutes; all clear with the first minute that has them.

    It knows neither level nor viewers: that is what it is.
    """

    def __init__(self, knob: float) -> None:
        super().__init__(knob)
        self._minute = Window(PER_MIN)
        self._below = 0

    @property
    def _usual(self) -> float:
        return QUIET_BELOW

    def _see(self, comments: int, viewers: float) -> None:  # noqa: ARG002
        self._minute.take(comments, 1.0)
        self._below = self._below + 1 if self._minute.rate * PER_MIN < self.knob - 1e-9 else 0

    def _is_cold(self) -> bool:
        return self._below > 2 * PER_MIN  # so many ends of a minute lie in three

    def _is_over(self) -> bool:
        return not self._below

    def _forget(self) -> None:
        self._below = 0


class Ratio(Rival):
    """Comments per viewer of the last three minutes below `knob` times the mean of the thirty before them.

    All clear when the last minute is back at 60 % of the mean as it was when it rang.
    """

    BACK = 0.6

    def __init__(self, knob: float) -> None:
        super().__init__(knob)
        self._minute, self._recent, self._before = Window(PER_MIN), Window(3 * PER_MIN), Window(LEVEL_TICKS)
        self._then = 0.0

    @property
    def _usual(self) -> float:
        return self._before.rate

    def _see(self, comments: int, viewers: float) -> None:
        self._minute.take(comments, viewers)
        out = self._recent.take(comments, viewers)
        if out is not None:
            self._before.take(*out)

    def _is_cold(self) -> bool:
        self._then = self._usual
        return self._recent.rate < self.knob * self._usual

    def _is_over(self) -> bool:
        return self._minute.rate >= self.BACK * self._then

    def _forget(self) -> None:
        self._before, self._recent = self._recent, Window(3 * PER_MIN)


class Ewma(Rival):
    """EWMA chart of the comments per viewer: rings below `knob` standard deviations of the chart's own ups and downs.

    The chart is log((smoothed comments + 1/2) / (usual + 1/2)), smoothed over 65 s; its deviation is learned from the
    room, so that rooms that are uneasy by themselves get wider limits. Both stand still while it rings. All clear when
    the chart is back within one deviation.
    """

    WEIGHT, BACK, SLOW = 0.15, 1.0, 1 / LEVEL_TICKS
    FIRST_SD, AS_IF = 0.3, 90

    def __init__(self, knob: float) -> None:
        super().__init__(knob)
        self._level = Level()
        self._comments = self._viewers = 0.0
        self._seen = 0
        self._squares, self._weights = self.FIRST_SD**2 * self.AS_IF, float(self.AS_IF)
        self._chart = 0.0

    @property
    def _usual(self) -> float:
        return self._level.rate

    @property
    def _sd(self) -> float:
        return sqrt(self._squares / self._weights)

    def _see(self, comments: int, viewers: float) -> None:
        self._seen += 1
        weight = max(self.WEIGHT, 1 / self._seen)
        self._comments += weight * (comments - self._comments)
        self._viewers += weight * (viewers - self._viewers)
        if not self._on:
            self._level.take(comments, viewers)
        usual = self._usual * self._viewers
        # Counts of the chart's whole memory (2 / weight - 1 ticks), so that the half comment is a half comment.
        memory = 2 / weight - 1
        self._chart = log((self._comments * memory + 0.5) / (usual * memory + 0.5))
        if not self._on and self._seen > PER_MIN:
            self._squares = self._squares * (1 - self.SLOW) + min(self._chart * self._chart, 1.0)
            self._weights = self._weights * (1 - self.SLOW) + 1

    def _is_cold(self) -> bool:
        return self._chart < -self.knob * self._sd

    def _is_over(self) -> bool:
        return self._chart > -self.BACK * self._sd

    def _forget(self) -> None:
        self._level = Level()
        self._level.take(self._comments, self._viewers)


class Cusum(Rival):
    """CUSUM of log likelihood ratios, negative binomial: 0.2 times the usual per viewer against the usual.

    Rings when the sum since it was last worth nothing reaches `knob`. While it rings the usual stands still and a
    second sum, the other way round, runs: it clears at 2.
    """

    SHARE, SIZE, BACK = 0.2, 0.5, 2.0

    def __init__(self, knob: float) -> None:
        super().__init__(knob)
        self._level = Level()
        self._sum = self._back = 0.0

    @property
    def _usual(self) -> float:
        return self._level.rate

    def _see(self, comments: int, viewers: float) -> None:
        usual = self._usual * viewers
        if usual > 0:
            cold = self.SHARE * usual
            spread = log1p(usual / self.SIZE) - log1p(cold / self.SIZE)
            for_cold = comments * (log(self.SHARE) + spread) + self.SIZE * spread
            self._sum = max(0.0, self._sum + for_cold)
            self._back = max(0.0, self._back - for_cold) if self._on else 0.0
        if not self._on:
            self._level.take(comments, viewers)

    def _is_cold(self) -> bool:
        return self._sum >= self.knob

    def _is_over(self) -> bool:
        if self._back < self.BACK:
            return False
        self._sum = 0.0
        return True

    def _forget(self) -> None:
        self._level, self._sum = Level(), 0.0


class Adwin(Rival):
    """river's ADWIN over the comments per viewer, in multiples of the usual and at most 3; `knob` is delta.

    It rings when its window's mean turned down and the last two minutes are below half of the usual, which stands still
    while it rings. All clear with a turn upwards, or when two minutes are back at 60 %, whichever comes first.
    """

    LOW, BACK = 0.5, 0.6

    def __init__(self, knob: float) -> None:
        from river.drift import ADWIN  # noqa: PLC0415 - only who asks for this rival needs it

        super().__init__(knob)
        self._adwin = ADWIN(delta=knob, clock=1)
        self._level = Level()
        self._recent = Window(2 * PER_MIN)
        self._turn = 0.0
        """By how much the window's mean changed with what was found this tick; 0: nothing was."""

    @property
    def _usual(self) -> float:
        return self._level.rate

    def _see(self, comments: int, viewers: float) -> None:
        self._recent.take(comments, viewers)
        usual = self._usual
        if not self._on:
            self._level.take(comments, viewers)
        if len(self._recent) < PER_MIN or not usual:
            return
        before = self._adwin.estimation
        self._adwin.update(min(BURST, comments / (viewers * usual)))
        self._turn = self._adwin.estimation - before if self._adwin.drift_detected else 0.0

    def _is_cold(self) -> bool:
        return self._turn < 0 and self._recent.rate < self.LOW * self._usual

    def _is_over(self) -> bool:
        return self._turn > 0 or self._recent.rate >= self.BACK * self._usual

    def _forget(self) -> None:
        self._level = Level()
