"""What a look at all rooms reads: results of the newest sessions, and what is on air when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from bot.core.markets import MARKETS
from bot.core.matrix import Airtime, Result
from bot.core.model import Room, Session, Show
from bot.core.money import Money
from storage.database import SqliteStore

NOW = datetime(2027, 3, 12, 20, tzinfo=UTC)


@pytest.fixture
async def store(tmp_path):
    store = SqliteStore(tmp_path / "bot.db")
    await store.open()
    await store.write(lambda tx: [tx.rooms.save(Room(slug, slug, "tiktok", MARKETS["us"])) for slug in ("a", "b")])
    yield store
    await store.close()


def figures(gmv, acu=None):
    def one(value, unit):
        return None if value is None else {"value": value, "unit": unit, "basis": "", "source": "own"}

    return {"gmv_gross": one(gmv, "USD"), "acu": one(acu, "viewers")}


async def test_the_newest_sessions_of_each_room_with_their_settled_figures(store):
    kept = {
        "a1": {"provisional": figures("1.00")},
        "a2": {"provisional": figures("2.00"), "settled": figures("2.50", "30.5")},
        "a3": {"provisional": figures(None)},
        "a4": None,
        "b1": {"provisional": figures("9.00"), "settled": figures(None)},
    }

    def fill(tx):
        for number, (name, values) in enumerate(kept.items()):
            at = NOW + timedelta(days=number)
            tx.sessions.save(Session(name, name[0], None, at, "ended", at + timedelta(hours=1)))
            if values is not None:
                tx.sessions.save_figures(name, values)
        tx.sessions.save(Session("a5", "a", None, NOW + timedelta(days=9), "live"))
        tx.sessions.save_figures("a5", {"provisional": figures("7.00")})  # the stream came back

    await store.write(fill)
    found = await store.read(lambda tx: tx.sessions.results(["a", "b", "nobody"], 2))
    assert found == {
        "a": [Result("a3", None, None), Result("a2", Money(250, "USD"), Decimal("30.5"))],
        "b": [Result("b1", None, None)],
    }
    assert ["a3", "a2", "a1"] == [
        each.session for each in (await store.read(lambda tx: tx.sessions.results(["a"], 9)))["a"]
    ]


async def test_what_touches_a_stretch_of_time_and_is_still_to_be_held_or_runs(store):
    states = {"s1": "planned", "s2": "cancelled", "s3": "live", "s4": "skipped", "s5": "ended", "s6": "go"}

    def fill(tx):
        for number, (name, state) in enumerate(states.items()):
            at = NOW + timedelta(hours=number)
            tx.shows.save(Show(name, "a", None, at.replace(tzinfo=None), "UTC", at, 3600, state))
        early = NOW - timedelta(hours=20)
        tx.shows.save(Show("long", "b", None, early.replace(tzinfo=None), "UTC", early, 24 * 3600, "planned"))
        tx.shows.save(Show("over", "b", None, early.replace(tzinfo=None), "UTC", early, 20 * 3600, "planned"))

    await store.write(fill)
    found = await store.read(lambda tx: tx.shows.airtimes(NOW, NOW + timedelta(hours=5)))
    assert ["long", "s1", "s3"] == [each.show for each in found]
    early = NOW - timedelta(hours=20)
    assert found[0] == Airtime("long", "b", None, "UTC", early, early + timedelta(days=1))
