"""How long it takes to find the conflicts of one more show, and to list shows, with very many planned.

    python benchmarks/planning.py [--shows 100000] [--find-ms 5] [--list-ms 50]

200 rooms, 120 hosts, 40 studios, and all the shows within a year, so that every show has neighbours; then again within
half a year, in which every room is on air three times a day. Exit 1 if a median is above its limit.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.app import App
from bot.clock import VirtualClock
from bot.core.delivery import Keep
from bot.core.markets import MARKETS
from bot.core.model import HostProfile, Person, Role, Room, Show
from bot.demo.play import demo_settings
from handlers import conflict_finding
from storage.rows import instant

NOW = datetime(2027, 3, 1, tzinfo=UTC)
ROOMS, HOSTS, STUDIOS, PRODUCTS = 200, 120, 40, 2_000
THEMES = ("home", "beauty", "fashion", "toys", "food", "sport", "pets", "garden", "travel", "tech")
RUNS = 300


def fill(tx: Any, rng: random.Random, count: int, days: int) -> None:
    """Rooms, hosts and `count` shows within `days` from NOW on; the shows go in as rows, which is quick."""
    markets = list(MARKETS.values())
    for number in range(ROOMS):
        room = Room(
            f"r{number}", f"Room {number}", "tiktok", markets[number % len(markets)],
            theme=THEMES[number % len(THEMES)], studio=f"S{number % STUDIOS}",
        )  # fmt: skip
        tx.rooms.save(room)
    for number in range(HOSTS):
        tx.people.save(Person(f"h{number}", f"Host {number}", Role.HOST))
        tx.people.save_host(HostProfile(f"h{number}"))
    rows = []
    for number in range(count):
        at = NOW + timedelta(minutes=15 * rng.randrange(days * 96))
        wall = at.replace(tzinfo=None).isoformat(timespec="minutes")
        rows.append({
            "id": f"show-{number}", "room": f"r{rng.randrange(ROOMS)}", "host": f"h{rng.randrange(HOSTS)}",
            "starts_local": wall, "zone": "UTC", "starts_at": instant(at), "duration_s": 7200, "state": "planned",
            "lead_sku": f"P{rng.randrange(PRODUCTS)}",
        })  # fmt: skip
    tx.db.table("shows").insert_all(rows)


def one_more(rng: random.Random, days: int) -> Show:
    at = NOW + timedelta(minutes=15 * rng.randrange(96, days * 96))
    room, host = f"r{rng.randrange(ROOMS)}", f"h{rng.randrange(HOSTS)}"
    return Show("", room, host, at.replace(tzinfo=None), "UTC", at, 7200, "planned")


async def finding(app: App, rng: random.Random, days: int) -> list[float]:
    """Milliseconds for each of RUNS shows, in the storage's own thread."""

    def work(tx: Any) -> list[float]:
        took = []
        for _ in range(RUNS):
            show = one_more(rng, days)
            began = time.perf_counter()
            conflict_finding.of(tx, [show], NOW)
            took.append((time.perf_counter() - began) * 1000)
        return took

    return await app.store.read(work)


async def saying(app: App, line: str, runs: int) -> list[float]:
    """Milliseconds from the typed words to the kept answer."""
    actor = await app.dispatch.actor("web", "boss", "Boss")
    keep: Keep = lambda _tx, _answer: None  # noqa: E731
    took = []
    for _ in range(runs):
        began = time.perf_counter()
        await app.dispatch.typed(actor, tuple(line.split()), {}, keep)
        took.append((time.perf_counter() - began) * 1000)
    return took


def told(what: str, took: list[float], limit_ms: float | None) -> bool:
    """Prints it; whether it is within its limit."""
    middle, p99 = statistics.median(took), sorted(took)[int(len(took) * 0.99)]
    limit = "" if limit_ms is None else f" (limit {limit_ms:g} ms)"
    print(f"  {what}: median {middle:.2f} ms{limit}, p99 {p99:.2f} ms")
    return limit_ms is None or middle <= limit_ms


async def measured(options: argparse.Namespace, days: int) -> bool:
    rng = random.Random(days)
    with tempfile.TemporaryDirectory() as folder:
        settings = demo_settings(Path(folder), "en", web_port=0, ingest_port=0)
        app = App(settings, VirtualClock(NOW), people=(Person("boss", "Boss", Role.ADMIN),))
        async with app:
            await app.store.write(lambda tx: fill(tx, rng, options.shows, days))
            print(f"{options.shows} shows within {days} days, {options.shows / days:.0f} a day")
            good = [told("conflicts of one more show", await finding(app, rng, days), options.find_ms)]
            good.append(told("/show list", await saying(app, "show list", 30), options.list_ms))
            good.append(told("/show list r7", await saying(app, "show list r7", 30), options.list_ms))
            good.append(told("/now", await saying(app, "now", 30), options.list_ms))
            told("/conflict list r7", await saying(app, "conflict list r7", 3), None)
    return all(good)


async def both(options: argparse.Namespace) -> bool:
    return all([await measured(options, days) for days in (365, 180)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shows", type=int, default=100_000)
    parser.add_argument("--find-ms", type=float, default=5.0)
    parser.add_argument("--list-ms", type=float, default=50.0)
    is_good = asyncio.run(both(parser.parse_args()))
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    sys.exit(not is_good)


if __name__ == "__main__":
    main()
