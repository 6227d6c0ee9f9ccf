"""When a bot on three chats is killed: at a moment, between two requests, or while a chat owes it an answer."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

How = Literal["between", "moment", "discord", "telegram"]

_HOWS: tuple[How, ...] = ("between", "moment", "discord", "telegram")
_SHARES = (10, 30, 30, 30)


@dataclass(frozen=True, slots=True)
class Took:
    """A request to the bot: when it began, in seconds since the epoch, and how many it took."""

    what: str
    began: float
    took_s: float


@dataclass(frozen=True, slots=True)
class Blow:
    """`how`: before the request ("between"), so many seconds after it began ("moment"), or once that chat has been
    asked something and before it has answered; what it was asked is done or not (`is_done`)."""

    how: How
    after_s: float = 0.0
    is_done: bool = True


@dataclass(frozen=True, slots=True)
class Model:
    """An undisturbed day. `first`: the first request that may be struck; `asked`: in which ones each chat was asked
    to show something, as often as it was."""

    took: Sequence[Took]
    first: int
    asked: dict[str, list[int]]


def within(took: Sequence[Took], moments: Iterable[float]) -> list[int]:
    """The numbers of the requests during which these moments were."""
    begins = [one.began for one in took]
    found = []
    for moment in moments:
        number = bisect_right(begins, moment) - 1
        if number >= 0 and moment <= took[number].began + took[number].took_s:
            found.append(number)
    return found


def blows(model: Model, spread: random.Random, kills: int) -> dict[int, Blow]:
    """By the number of the request. A moment is any of the time that the bot was busy on an undisturbed day."""
    numbers = range(model.first, len(model.took))
    weights = [model.took[number].took_s for number in numbers]
    found: dict[int, Blow] = {}
    while len(found) < kills:
        [how] = spread.choices(_HOWS, _SHARES)
        asked = [number for number in model.asked.get(how, []) if number >= model.first]
        number = spread.choice(asked) if asked else spread.choices(numbers, weights)[0]
        if number not in found:
            found[number] = Blow(how, spread.uniform(0, 1.2 * model.took[number].took_s), spread.random() < 0.6)
    return found
