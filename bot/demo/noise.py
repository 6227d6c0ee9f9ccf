"""Random numbers that are the same on every machine and Python: the recording's bytes must not depend on who wrote it.

Only `Random.random` is promised to repeat across versions, and only + - * / and square roots are exactly rounded
everywhere; so no other method of `random`, nothing from the platform's libm, and no `sum` of floats (its rounding
changed in Python 3.12).
"""

from __future__ import annotations

import math
from random import Random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")

_HALVINGS = 12


def exp(x: float) -> float:
    """Euler's e to the power x, for x between about -20 and 20, by a short series and repeated squaring."""
    y = x / (1 << _HALVINGS)
    result = 1 + y * (1 + y / 2 * (1 + y / 3 * (1 + y / 4)))
    for _ in range(_HALVINGS):
        result *= result
    return result


class Noise:
    """One stream of random numbers; every channel of the recording has its own, so that one can change alone."""

    __slots__ = ("_random",)

    def __init__(self, seed: int) -> None:
        self._random = Random(seed).random  # noqa: S311 - a simulation, not a secret

    def uniform(self, low: float = 0.0, high: float = 1.0) -> float:
        return low + (high - low) * self._random()

    def below(self, n: int) -> int:
        """A whole number from 0 to n - 1."""
        return int(self._random() * n)

    def chance(self, probability: float) -> bool:
        return self._random() < probability

    def pick(self, choices: Sequence[T]) -> T:
        return choices[self.below(len(choices))]

    def normal(self) -> float:
        """Mean 0, standard deviation 1, cut at 6: twelve uniforms, which need no logarithm."""
        return math.fsum(self._random() for _ in range(12)) - 6

    def exponential(self) -> float:
        """Mean 1, by von Neumann's comparisons: a falling run of odd length accepts its first number."""
        whole = 0
        while True:
            first = last = self._random()
            length = 1
            while (following := self._random()) < last:
                last = following
                length += 1
            if length % 2:
                return whole + first
            whole += 1

    def gamma(self, shape: int) -> float:
        """Mean 1, variance 1 / shape."""
        return math.fsum(self.exponential() for _ in range(shape)) / shape

    def poisson(self, mean: float) -> int:
        count = 0
        elapsed = self.exponential()
        while elapsed <= mean:
            count += 1
            elapsed += self.exponential()
        return count

    def drift(self, length: int, *, sd: float, tau_s: float, step_s: float) -> list[float]:
        """Ornstein-Uhlenbeck noise: mean 0, standard deviation `sd`, correlation time `tau_s`."""
        keep = exp(-step_s / tau_s)
        push = sd * math.sqrt(1 - keep * keep)
        value = sd * self.normal()
        values = []
        for _ in range(length):
            value = keep * value + push * self.normal()
            values.append(value)
        return values
