"""What judging costs: microseconds per rule and tick, over a busy session with cold spells. Exit 1 above the goal.

python benchmarks/detection_cost.py
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from bot.core.rules import RULES
from bot.core.tick import Tick

GOAL_US = 25.0
TICKS = 4_000
ROUNDS = 15
"""The best of many short rounds: what else the machine does meanwhile is not what is measured."""


def session() -> list[Tick]:
    """Ten-second ticks of a room with 500 comments a minute that is cold every half hour."""
    rng = random.Random(1)
    ticks = []
    for index in range(TICKS):
        share = 0.2 if index % 180 > 140 else 1.0
        comments = round(rng.gauss(83, 20) * share)
        ticks.append(Tick(index, max(comments, 0), likes=40, concurrent=rng.randint(1400, 1600), heartbeat=True))
    return ticks


def main() -> int:
    ticks = session()
    missed = False
    for kind in RULES:
        best_us = float("inf")
        for _ in range(ROUNDS):
            rule = kind()
            begun = time.perf_counter()
            for tick in ticks:
                rule.evaluate(tick, silent=False)
            best_us = min(best_us, (time.perf_counter() - begun) / TICKS * 1e6)
        missed = missed or best_us > GOAL_US
        print(f"{kind.id:12} {best_us:6.1f} us per tick (goal: at most {GOAL_US:.0f})")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
