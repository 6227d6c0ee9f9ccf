"""A million ticks of nothing, of floods and of garbage through the cold-room rule: all stays finite. Exit 1 else.

python benchmarks/detection_endurance.py [TICKS]

Too long for the test suite (about two minutes); tests/core/test_cold_room.py runs a hundredth of it.
"""

from __future__ import annotations

import json
import math
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent.parent))

from bot.core.coldfilter import unpacked
from bot.core.rules.cold_room import ColdRoom
from bot.core.tick import Tick

if TYPE_CHECKING:
    from collections.abc import Callable

TICKS = 1_000_000
FLOOD = 10**9
MOST_BYTES = 4096


def zeros(index: int) -> Tick:
    return Tick(index, concurrent=0, heartbeat=True)


def floods(index: int) -> Tick:
    return Tick(index, comments=FLOOD, likes=FLOOD, concurrent=FLOOD, heartbeat=True)


def garbage(seed: int) -> Callable[[int], Tick]:
    rng = random.Random(seed)
    numbers = [0, 0, 1, 7, -3, 40, 10**6, 10**15]

    def tick(index: int) -> Tick:
        return Tick(
            index,
            comments=rng.choice(numbers),
            likes=rng.choice(numbers),
            concurrent=rng.choice([None, *numbers]),
            heartbeat=rng.random() < 0.5,
            paused=rng.random() < 0.01,
            giveaway=rng.random() < 0.01,
        )

    return tick


def endures(name: str, source: Callable[[int], Tick], ticks: int) -> bool:
    rule, rings = ColdRoom(), 0
    for index in range(ticks):
        verdict = rule.evaluate(source(index), silent=False)
        rings += verdict.opened is not None
        finding = verdict.opened or verdict.going_on or verdict.cleared
        if finding is not None:
            json.dumps(dict(finding.evidence), allow_nan=False)  # raises on a number that is none
    state = rule.dump()
    stored = len(json.dumps(state, allow_nan=False, separators=(",", ":")))
    normal, cold, hot, dip, *rest = unpacked(state["course"]["belief"])
    is_finite = all(math.isfinite(number) for numbers in (normal, cold, hot, dip, *rest) for number in numbers)
    variances = [*(level[place] for level in (normal, dip) for place in (2, 4))]
    variances += [spell[place] for spell in (cold, hot) for place in (3, 6, 8)]
    is_sound = is_finite and min(variances) > 0 and stored <= MOST_BYTES
    print(f"{name:8} {ticks} ticks: {'sound' if is_sound else 'BROKEN'}, {rings} alarms, state {stored} bytes")
    return is_sound


def main() -> int:
    ticks = int(sys.argv[1]) if len(sys.argv) > 1 else TICKS
    done = [endures("zeros", zeros, ticks), endures("floods", floods, ticks), endures("garbage", garbage(1), ticks)]
    return int(not all(done))


if __name__ == "__main__":
    sys.exit(main())
