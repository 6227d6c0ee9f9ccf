"""Moments to kill a process at, drawn by a seed."""

from __future__ import annotations

import random

from tests.crash.client import Strike
from tests.crash.evening import Evening

_WEIGHT = {"send": 1, "clock": 1, "say": 8, "press": 8}


def random_strikes(evening: Evening, spread: random.Random, kills: int) -> dict[int, Strike]:
    """Moments while a request is answered, or between two; what people do is hit more often than a plain tick."""
    took = evening.client.took
    weights = [_WEIGHT[what] for what, _ in took]
    strikes: dict[int, Strike] = {}
    while len(strikes) < kills:
        number = spread.choices(range(len(took)), weights)[0]
        after_s = spread.uniform(0, 1.3 * took[number][1])
        strikes[number] = Strike(None if spread.random() < 0.2 else after_s)
    return strikes
