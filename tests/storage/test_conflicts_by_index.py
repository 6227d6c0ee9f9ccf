"""What the indexed search finds in a database is what comparing every show with every other finds."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.conflicts import find, standing
from bot.core.model import HostProfile, Person, Role, Segment
from handlers.conflict_finding import ahead, of
from storage.database import SqliteStore
from tests.clashing import BEGIN, REST_H, plan

DATABASES = 60


def fill(tx, rng: random.Random) -> list:
    """Three plans in one, kept; returns its shows. Rooms and shows of each have names of their own."""
    shows = []
    for host, hours in REST_H.items():
        tx.people.save(Person(host, host, Role.HOST))
        tx.people.save_host(HostProfile(host, rest_s=hours * 3600))
    for part in range(3):
        made = plan(rng)
        for room in made.rooms.values():
            tx.rooms.save(replace(room, slug=f"p{part}{room.slug}"))
        for show in made.shows:
            kept = replace(show, id=f"p{part}{show.id}", room=f"p{part}{show.room}")
            tx.shows.save(kept)
            lead = made.leads[show.id]
            skus = () if lead is None else (lead,)
            tx.shows.set_rundown(kept.id, [Segment(kept.id, 0, "selling", 0, kept.duration_s, skus)], [])
            shows.append(kept)
    return shows


def in_full(tx, shows, mine) -> list:
    """The pure search over every show there is."""
    rooms = {room.slug: room for room in tx.rooms.all(archived=True)}

    def stand(show):
        rest_s = REST_H.get(show.host or "", 8) * 3600
        return standing(show, rooms[show.room], rest_s=rest_s, lead=tx.shows.lead(show.id))

    return find([stand(show) for show in mine], [stand(show) for show in shows])


class _EnoughError(Exception):
    """Leaves nothing of what was written."""


async def test_the_indexed_search_finds_what_there_is(tmp_path):
    rng, store, met = random.Random(8), SqliteStore(tmp_path / "bot.db"), []
    await store.open()

    def work(tx):
        met.append(compare(tx, rng))
        raise _EnoughError

    for _ in range(DATABASES):
        with pytest.raises(_EnoughError):
            await store.write(work)
    await store.close()
    assert sum(met) > DATABASES


def compare(tx, rng: random.Random) -> int:
    """How many conflicts there were."""
    shows = fill(tx, rng)
    before = BEGIN - timedelta(days=9)
    for mine in (shows, rng.sample(shows, 2), rng.sample(shows, 1)):
        moved = [
            replace(show, starts_at=show.starts_at + timedelta(minutes=30 * rng.randrange(-4, 5))) for show in mine
        ]
        assert of(tx, moved, before) == in_full(tx, shows, moved)
    found = in_full(tx, shows, shows)
    assert ahead(tx, before, BEGIN + timedelta(days=9)) == found
    return len(found)
