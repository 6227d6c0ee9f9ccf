"""Plans at random, of a few rooms, hosts, studios, themes and products, so close that their shows meet."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.core.model import Market, Room, Show, ShowState

BEGIN = datetime(2027, 3, 12, tzinfo=UTC)
HOUR = 3600
MARKETS = (
    Market("America/New_York", "en", "USD"), Market("America/Los_Angeles", "en", "USD"),
    Market("Europe/Berlin", "de", "EUR"),
)  # fmt: skip
STATES: tuple[ShowState, ...] = ("planned",) * 8 + ("go", "no_go", "live", "ended", "cancelled", "skipped")  # type: ignore[assignment]
REST_H = {"mia": 8, "leo": 8, "ada": 11, "kim": 0}


@dataclass(frozen=True, slots=True)
class Plan:
    rooms: dict[str, Room]
    shows: list[Show]
    leads: dict[str, str | None]


def plan(rng: random.Random) -> Plan:
    """A few rooms, and shows close enough to meet; every time is a multiple of half an hour, so that many touch."""
    rooms = {}
    for slug in ("r0", "r1", "r2", "r3")[: rng.randint(1, 4)]:
        theme, studio = rng.choice((None, "home", " Home", "beauty")), rng.choice((None, "", "A", "a ", "B"))
        mode = rng.choice(("human", "human", "semi-automatic", "avatar"))
        market = rng.choice(MARKETS)
        rooms[slug] = Room(slug, slug, "tiktok", market, theme=theme, host_mode=mode, studio=studio)
    shows = []
    for number in range(rng.randint(2, 6)):
        at = BEGIN + timedelta(minutes=30 * rng.randrange(2 * 40))
        room, host = rng.choice(list(rooms)), rng.choice((None, *REST_H))
        length = 1800 * rng.choice((1, 2, 3, 4, 8, 48))
        shows.append(Show(f"s{number}", room, host, at.replace(tzinfo=None), "UTC", at, length, rng.choice(STATES)))
    return Plan(rooms, shows, {show.id: rng.choice((None, "P1", "P2")) for show in shows})
