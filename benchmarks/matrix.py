"""Is the card of a matrix drawn in time, and what clock changes move found, when the plan is big?

    python benchmarks/matrix.py [--rooms 200] [--shows 100000] [--goal-ms 50]

One matrix whose rooms sell in six markets, shows of a year and a half ahead, twelve sessions with full figures behind
each room, every tenth room on air. Median of 21 draws, each in a transaction of its own, as the card is; then the two
weeks' look ahead, which runs beside the writer once a day. Exit 1 if the card's median is above the goal.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from bot.core.markets import MARKETS
from bot.core.model import HostProfile, Person, Role, Room, Session
from handlers import foresight, foresight_card, matrix_card, matrix_cards
from storage.database import SqliteStore, SqliteTx
from storage.rows import instant

NOW = datetime(2027, 3, 5, 9, tzinfo=UTC)
NAMES = ("us", "us_west", "uk", "de", "jp", "au")
DRAWS, HOSTS, BEHIND = 21, 60, 12
FIGURES = 22
"""As many as a summary keeps."""


def fill(tx: SqliteTx, rooms: int, shows: int) -> None:
    dice = random.Random(3)
    for number in range(HOSTS):
        tx.people.save(Person(f"h{number}", f"Host {number}", Role.HOST, zone=(None, "Europe/London")[number % 2]))
        tx.people.save_host(HostProfile(f"h{number}"))
    for number in range(rooms):
        slug = f"room_{number:03}"
        tx.rooms.save(
            Room(slug, f"Room {number}", "tiktok", MARKETS[NAMES[number % len(NAMES)]], theme=f"t{number % 90}")
        )
        for day in range(1, BEHIND + 1):
            at = NOW - timedelta(days=day)
            tx.sessions.save(Session(f"{slug}-x{day}", slug, None, at, "settled", at + timedelta(hours=2), "stream"))
            tx.sessions.save_figures(f"{slug}-x{day}", {"provisional": figures(dice), "settled": figures(dice)})
        if number % 10 == 0:
            tx.sessions.save(Session(f"{slug}-live", slug, None, NOW - timedelta(hours=1), "live"))
    rows = (row(number, rooms, shows) for number in range(shows))
    tx.db["shows"].insert_all(rows, batch_size=1000)


def figures(dice: random.Random) -> dict[str, Any]:
    def one(unit: str) -> dict[str, str]:
        return {"value": str(dice.randrange(1000, 9000)), "unit": unit, "basis": "time-weighted mean", "source": "own"}

    return {f"figure_{number}": one("count") for number in range(FIGURES)} | {
        "gmv_gross": one("USD"),
        "acu": one("viewers"),
    }


def row(number: int, rooms: int, shows: int) -> dict[str, Any]:
    room, place = number % rooms, number // rooms
    at = NOW + timedelta(hours=2, minutes=room) + timedelta(days=place * 540 / max(1, shows // rooms))
    zone = MARKETS[NAMES[room % len(NAMES)]].zone
    return {
        "id": f"s{number}", "room": f"room_{room:03}", "host": f"h{number % HOSTS}", "zone": zone,
        "starts_local": at.replace(tzinfo=None).isoformat(timespec="minutes"), "starts_at": instant(at),
        "duration_s": 7200, "state": "planned",
    }  # fmt: skip


async def measure(rooms: int, shows: int, goal_ms: float) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "big.db")
        await store.open()
        await store.write(lambda tx: fill(tx, rooms, shows))

        def card(tx: SqliteTx) -> Any:
            return matrix_card.draw(tx, "main", matrix_cards.rooms_of(tx, "main"), NOW, {})

        team = SimpleNamespace(zone="Asia/Shanghai", language="en", name="team")
        ports: Any = SimpleNamespace(team=team)

        def ahead(tx: SqliteTx) -> Any:
            return [foresight_card.draw(tx, sheet) for sheet in foresight.sheets(tx, "main", NOW, ports)]

        card_ms = await median_ms(store, card, DRAWS)
        ahead_ms = await median_ms(store, ahead, 3)
        await store.close()
    print(f"card of {rooms} rooms among {shows} planned shows: median {card_ms:.1f} ms (goal {goal_ms:.0f} ms)")
    print(f"two weeks' look ahead at clock changes: median {ahead_ms:.0f} ms, beside the writer, once a day")
    return card_ms <= goal_ms


async def median_ms(store: SqliteStore, look: Callable[[SqliteTx], Any], times: int) -> float:
    spent = []
    for _ in range(times):
        begin = time.perf_counter()
        await store.read(look)
        spent.append((time.perf_counter() - begin) * 1000)
    return statistics.median(spent)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rooms", type=int, default=200)
    parser.add_argument("--shows", type=int, default=100_000)
    parser.add_argument("--goal-ms", type=float, default=50)
    options = parser.parse_args()
    sys.exit(0 if asyncio.run(measure(options.rooms, options.shows, options.goal_ms)) else 1)
