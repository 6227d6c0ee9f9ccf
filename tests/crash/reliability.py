"""Kills the bot everywhere it can be killed and writes docs/reliability.md: `python -m tests.crash.reliability`.

Needs the test extras and a system that can fork; takes some twenty minutes on two cores. `--words` only writes the
words anew around the figures that were measured last.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections.abc import Awaitable, Callable, Sequence

import aiohttp

from tests.crash.client import Boundary
from tests.crash.page import PAGE, Figures, Part, page, read
from tests.crash.sweep import HONEST, Model, Sweep, Tally, plan
from tests.crash.town import Town
from tests.swift import swift_folder

SEED = 20270312
Work = Callable[[], Awaitable[None]]
EVENINGS, KILLS = 12, 25
"""Random moments: so many evenings with so many kills each."""


async def boundaries(sweep: Sweep, model: Model, seed: int, jobs: int, share: float = 1.0) -> Tally:
    """Every boundary (or a share of the evenings they are spread over); what was missed is tried on its own."""
    spread, tally = random.Random(f"{seed} boundaries"), Tally()
    plans = plan(model, spread)
    plans = spread.sample(plans, max(1, round(share * len(plans))))

    def evenings(name: str, strikes: list[dict[int, Boundary]]) -> list[Work]:
        return [
            lambda n=n, one=one: sweep.boundaries(model, f"{name}{n:03}", one, tally) for n, one in enumerate(strikes)
        ]

    await _all("boundaries", jobs, evenings("boundary", plans), tally)
    missed, tally.missed = tally.missed, []
    await _all("boundaries missed", jobs, evenings("alone", [{number: strike} for number, strike in missed]), tally)
    return tally


async def moments(
    sweep: Sweep, model: Model, seed: int, jobs: int, evenings: int = EVENINGS, kills: int = KILLS
) -> Tally:
    tally = Tally()
    works: list[Work] = [
        lambda n=n: sweep.moments(model, f"moment{n:03}", f"{seed} moments {n}", kills, tally) for n in range(evenings)
    ]
    await _all("moments", jobs, works, tally)
    return tally


async def _all(what: str, jobs: int, works: Sequence[Work], tally: Tally) -> None:
    """So many at a time, with a line that says how far it is. An evening that cannot go on is a broken promise too."""
    gate, began, done = asyncio.Semaphore(jobs), time.monotonic(), 0

    async def one(number: int, work: Work) -> None:
        nonlocal done
        async with gate:
            try:
                await work()
            except (AssertionError, LookupError, TimeoutError, aiohttp.ClientError) as error:
                tally.broken.append(f"{what}, evening {number}: it could not go on: {error!r}")
        done += 1
        sys.stderr.write(f"\r{what}: {done} of {len(works)} evenings, {time.monotonic() - began:.0f} s ")
        sys.stderr.flush()

    async with asyncio.TaskGroup() as group:
        for number, work in enumerate(works):
            group.create_task(one(number, work))
    if works:
        sys.stderr.write("\n")


async def measure(seed: int, jobs: int, share: float) -> tuple[Figures, list[str]]:
    with swift_folder() as folder, Town() as town:
        sweep = Sweep(town, folder)
        model = await sweep.learn()
        at_boundaries = await boundaries(sweep, model, seed, jobs, share)
        at_moments = await moments(sweep, await sweep.learn(HONEST), seed, jobs, max(1, round(share * EVENINGS)))
        known = sum(len(names) for names in model.boundaries)
        return (
            Figures(seed, known, Part.of(at_boundaries), Part.of(at_moments)),
            at_boundaries.broken + at_moments.broken,
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--jobs", type=int, default=2, help="evenings at a time")
    parser.add_argument("--words", action="store_true", help="measure nothing; write the words anew")
    parser.add_argument("--share", type=float, default=1.0, help="of the evenings; below 1 the page is left alone")
    asked = parser.parse_args()
    if asked.words:
        PAGE.write_text(page(read(PAGE.read_text("utf-8"))), "utf-8")
        return 0
    figures, broken = asyncio.run(measure(asked.seed, asked.jobs, asked.share))
    if asked.share == 1:
        PAGE.write_text(page(figures), "utf-8")
    sys.stdout.write("".join(f"BROKEN {line}\n" for line in broken))
    for part in (figures.boundaries, figures.moments):
        sys.stdout.write(f"{part.killed()} kills, {part.broken} broken promises, {part.missed} boundaries missed\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
