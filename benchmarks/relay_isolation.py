"""Whether three destinations in trouble slow the others: p99 from promise to delivery, with them and without.

    python benchmarks/relay_isolation.py [--places 40] [--speed 20] [--rounds 2] [--goal 1.2] [--apart]

Each run is a bot of its own on a temporary database, with a scripted chat beside the web chat. For ten minutes each of
PLACES destinations gets a message every 20 s on average. In trouble are three more with the same load: one answers 429
for the whole ten minutes (wait 30 s, each time), one takes 30 s for every call, one has blocked the bot.

The clock runs SPEED times as fast as real time, and so do the scripted waits, the chat's usual 100 ms a call and the
hang (30 s are 1.5 real s at 20); what the bot itself does takes its real time, so that at speed 20 its load is twenty
times that of such a day.

The run with the three and the run without are two processes at the same time, so that whatever else the machine does
meets both alike. --apart: one after the other, for a machine that does nothing else. Exit 1 if the ratio of the two
p99, over all rounds, is above the goal.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from bot.app import App
from bot.clock import ScaledClock
from bot.core.delivery import Outcome, Refused, RetryAfter, Sent
from bot.core.records import Delivery, Post
from bot.core.reply import Text, reply
from bot.demo.play import demo_settings

START = datetime(2027, 3, 12, 18, tzinfo=UTC)
LASTS_S, EVERY_S, USUAL_S, HANG_S, WAIT_S = 600, 20, 0.1, 30, 30
TROUBLE = ("limited", "hanging", "blocked")


@dataclass
class Scripted:
    """Takes everything after 100 ms, but at three addresses. Notes when each message was there (real seconds)."""

    speed: float
    awaited: int
    idempotent_s: float | None = None
    arrived: dict[str, float] = field(default_factory=dict)
    is_done: asyncio.Event = field(default_factory=asyncio.Event)
    calls: Counter[str] = field(default_factory=Counter)

    async def deliver(self, delivery: Delivery) -> Outcome:
        address = delivery.destination.partition(":")[2]
        self.calls[address] += 1
        if address == "limited":
            return RetryAfter(WAIT_S, "429")
        if address == "blocked":
            return Refused("blocked by the user")
        await asyncio.sleep((HANG_S if address == "hanging" else USUAL_S) / self.speed)
        if address != "hanging":
            self.arrived[delivery.reply.blocks[0].text] = time.perf_counter()
        if len(self.arrived) == self.awaited:
            self.is_done.set()
        return Sent(delivery.message)


async def run(places: int, speed: float, *, trouble: bool) -> tuple[list[float], Counter[str]]:
    """Real milliseconds from promise to delivery at the healthy destinations, and the calls each address got."""
    rng = random.Random(7)
    healthy = [f"p{number}" for number in range(places)]
    plan = sorted((rng.uniform(0, LASTS_S), place) for place in healthy for _ in range(LASTS_S // EVERY_S))
    if trouble:
        plan = sorted(plan + [(rng.uniform(0, LASTS_S), place) for place in TROUBLE for _ in range(LASTS_S // EVERY_S)])
    promised: dict[str, float] = {}
    chat = Scripted(speed, sum(place in healthy for _, place in plan))
    with tempfile.TemporaryDirectory() as folder:
        settings = demo_settings(Path(folder), "en", web_port=0, ingest_port=0)
        async with App(settings, ScaledClock(START, speed), chats={"scripted": chat}) as app:
            began = time.perf_counter()
            for number, (at_s, place) in enumerate(plan):
                await asyncio.sleep(max(0.0, began + at_s / speed - time.perf_counter()))
                key = f"{place}/{number}"
                post = Post(key, "team", "benchmark", reply(Text(key)), only=(f"scripted:{place}",))
                if place in healthy:
                    promised[key] = time.perf_counter()
                await app.store.write(lambda tx, post=post: tx.outbox.post(post, app.clock.now()))
            await chat.is_done.wait()
    return [(chat.arrived[key] - at) * 1000 for key, at in promised.items()], chat.calls


def start(asked: argparse.Namespace, side: str) -> subprocess.Popen[str]:
    command = [sys.executable, __file__, "--places", str(asked.places), "--speed", str(asked.speed), "--side", side]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def told(process: subprocess.Popen[str]) -> tuple[list[float], dict[str, int]]:
    text, _ = process.communicate()
    if process.returncode != 0:
        raise SystemExit(f"a run ended with {process.returncode}")
    values, calls = json.loads(text.splitlines()[-1])
    return values, calls


def at(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def say(name: str, values: list[float]) -> None:
    figures = ", ".join(f"p{share * 100:g} {at(values, share):.1f} ms" for share in (0.5, 0.9, 0.99))
    print(f"{name}: {len(values)} messages, {figures}, worst {max(values):.1f} ms", flush=True)


def both(asked: argparse.Namespace, number: int) -> tuple[list[float], list[float], dict[str, int]]:
    """One round: the times without the three, with them, and the calls that the three got."""
    sides = ("without", "with") if number % 2 else ("with", "without")
    if asked.apart:
        found = {side: told(start(asked, side)) for side in sides}
    else:
        started = {side: start(asked, side) for side in sides}
        found = {side: told(process) for side, process in started.items()}
    return found["without"][0], found["with"][0], found["with"][1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--places", type=int, default=40)
    parser.add_argument("--speed", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--goal", type=float, default=1.2)
    parser.add_argument("--apart", action="store_true")
    parser.add_argument("--side", choices=("with", "without"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.side:
        print(json.dumps(asyncio.run(run(asked.places, asked.speed, trouble=asked.side == "with"))))
        return 0
    hang_s, usual_ms = HANG_S / asked.speed, USUAL_S / asked.speed * 1000
    print(f"{asked.places} destinations, a message each every {EVERY_S} s for {LASTS_S / 60:g} min, at speed")
    print(f"{asked.speed:g} ({LASTS_S / asked.speed:.0f} real s a run; a hang is {hang_s:g} real s, a usual call")
    print(f"{usual_ms:g} real ms); below: real ms from promise to delivery at the destinations that are well")
    without: list[float] = []
    beside: list[float] = []
    for number in range(1, asked.rounds + 1):
        alone, troubled, calls = both(asked, number)
        without, beside = without + alone, beside + troubled
        say(f"round {number} without the three", alone)
        say(f"round {number} with the three   ", troubled)
        print(f"  calls to the three: {', '.join(f'{name} {calls[name]}' for name in TROUBLE)}")
    say("all rounds without", without)
    say("all rounds with   ", beside)
    ratio = at(beside, 0.99) / at(without, 0.99)
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"p99 with / without: {ratio:.2f} (goal: at most {asked.goal:g})")
    return int(ratio > asked.goal)


if __name__ == "__main__":
    sys.exit(main())
