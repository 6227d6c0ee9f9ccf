"""When a bot on three chats is killed: at a moment, between two requests, or while a chat owes it an answer."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

How = Literal["between", "moment", "discord", "telegram"]

_HOWS: tuple[How, ...] = ("between", "moment", "discord", "telegram")
_SHARES = (15, 35, 25, 25)
_WEIGHT = {"signals": 1, "clock": 1, "say": 12, "press": 12}


@dataclass(frozen=True, slots=True)
class Blow:
    """`how`: before the request ("between"), so many seconds after it began ("moment"), or once that chat has been
    asked something and before it has answered; what it was asked is done or not (`is_done`)."""

    how: How
    after_s: float = 0.0
    is_done: bool = True


def blows(took: Sequence[tuple[str, float]], first: int, spread: random.Random, kills: int) -> dict[int, Blow]:
    """By the number of the request: `took` is what an undisturbed day asked, and how long it took in seconds.

    What people do, and the steps at which something is said, are hit more often than a step at which nothing happens.
    """
    numbers = range(first, len(took))
    usual = sorted(took_s for _, took_s in took)[len(took) // 2]
    weights = [_WEIGHT[took[number][0]] * (1 + 4 * (took[number][1] > 2 * usual)) for number in numbers]
    found: dict[int, Blow] = {}
    while len(found) < kills:
        [number] = spread.choices(numbers, weights)
        [how] = spread.choices(_HOWS, _SHARES)
        found[number] = Blow(how, spread.uniform(0, 1.3 * took[number][1]), spread.random() < 0.5)
    return found
