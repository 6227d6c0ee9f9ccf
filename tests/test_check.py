"""`run.py check` names what needs a look before it hurts, beside a running bot and without one."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from email.utils import format_datetime

import aiohttp
import pytest

from bot import checkup
from bot.app import App
from bot.clock import Machine, RealClock
from bot.config import load
from bot.core.records import Post
from bot.core.reply import Text, reply
from storage.space import Space
from tests.front_door import PEOPLE, SECRET, Bot
from tests.outside import TOKEN, Outside

OTHER = SECRET[:-4] + "abcd"


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "showcaller.toml"
    path.write_text("[web]\nport = 0\n[ingest]\nport = 0\n", "utf-8")
    return path


@asynccontextmanager
async def serving(file):
    """A bot in production: real time."""
    async with App(load(file), RealClock(), people=PEOPLE) as app, aiohttp.ClientSession() as http:
        yield Bot(app, http)


async def found(file, **how):
    """What -> mark and detail."""
    rows = await checkup.examine(file, **how)
    return {row.what: ("WRONG" if not row.ok else "LOOK" if row.look else "ok", row.detail) for row in rows}


async def test_beside_a_running_bot_its_ports_are_its_own(file):
    file.write_text("[web]\nport = 47811\n[ingest]\nport = 47812\n", "utf-8")
    async with serving(file):
        seen = await found(file)
        for name in ("port web", "port ingest"):
            assert ("ok", "not looked at: the bot that runs on this database has it") == seen[name]
        assert seen["database"][1].endswith("is sound, a bot is running on it")
        assert {"ok"} == {mark for mark, _ in seen.values()}, seen
    seen = await found(file)
    assert ("ok", "127.0.0.1:47811 free") == seen["port web"]
    assert "running" not in seen["database"][1]


async def test_looking_does_not_keep_a_bot_from_starting(file):
    async with serving(file):
        pass
    await found(file)
    async with serving(file):
        await found(file)


@pytest.mark.parametrize(
    ("free", "mark"), [(100_000_000, "WRONG"), (500_000_000, "LOOK"), (50_000_000_000, "ok"), (None, "ok")]
)
async def test_a_disk_that_runs_full(file, monkeypatch, free, mark):
    monkeypatch.setattr(checkup, "space", lambda _path: Space(1_000_000, free))
    said = (await found(file))["disk"]
    assert mark == said[0]
    assert ("free some space" in said[1]) is (mark != "ok")
    assert ("does not tell" in said[1]) is (free is None)


@pytest.mark.parametrize(("known", "mark"), [("2999a", "WRONG"), ("1999a", "ok")])
async def test_zone_data_older_than_what_the_plans_were_made_with(file, known, mark):
    async with serving(file) as bot:
        await bot.app.store.write(lambda tx: tx.remember("tzdata", known))
    said = (await found(file))["zone data"]
    assert mark == said[0]
    assert ("pip install --upgrade tzdata" in said[1]) is (mark == "WRONG")


async def test_a_queue_that_stands_still_and_a_place_that_refuses(file):
    async with serving(file) as bot:
        assert ("ok", "nothing waits to be sent") == (await found(file))["queue"]
        then = bot.now - timedelta(minutes=10)

        def stuck(tx):
            tx.outbox.pause("web:team", bot.now + timedelta(hours=1), "busy", then)
            tx.outbox.post(Post("x", "team", "test", reply(Text("x"))), then)

        await bot.app.store.write(stuck)
        mark, said = (await found(file))["queue"]
        assert ("LOOK", True) == (mark, "1 for web:team since" in said), said
        assert "/why web:team" in said
        await bot.app.store.write(lambda tx: tx.outbox.park("web:team", "the bot was removed", then))
        mark, said = (await found(file))["queue"]
        assert ("LOOK", True) == (mark, "/delivery resume web:team" in said), said

        def held_again(tx):  # at once: in between it would be sent
            tx.outbox.unpark("web:team")
            tx.outbox.pause("web:team", bot.now + timedelta(hours=1), "busy", then)

        await bot.app.store.write(held_again)
    assert ("ok", "1 wait for the next start") == (await found(file))["queue"]


@pytest.mark.parametrize(("destination", "mark"), [("telegram:@42", "ok"), ("telegram:-42", "LOOK")])
async def test_who_wants_no_private_messages_misses_none_and_is_no_trouble(file, destination, mark):
    async with serving(file) as bot:
        await bot.app.store.write(lambda tx: tx.outbox.park(destination, "has not pressed Start yet", bot.now))
        assert mark == (await found(file))["queue"][0]


async def test_a_source_that_fell_silent_and_a_secret_that_ends(file):
    async with serving(file) as bot:
        assert (await bot.say("/room add us_main us")).status == 200
        await bot.secret("us_main")
        now = bot.now
        lines = [bot.line("concurrent", now - timedelta(seconds=200 - 10 * step), n=300) for step in range(5)]
        assert (await bot.send(lines)).status == 202
        until = now + timedelta(hours=5)
        await bot.app.store.write(lambda tx: tx.signals.add_secret("us_main", OTHER, now, old_valid_until=until))
        seen = await found(file)
        assert "LOOK" == seen["sources"][0]
        assert "/room info us_main" in seen["sources"][1]
        assert "LOOK" == seen["secrets"][0]
        assert f"the old one of us_main ends {until:%Y-%m-%d %H:%M} UTC" in seen["secrets"][1]
        assert SECRET not in repr(seen)
    assert ("ok", "no bot is running, nobody is heard") == (await found(file))["sources"]


async def test_the_ping_is_tried_only_when_asked_for(file):
    async with Outside().listening() as outside:
        with file.open("a", encoding="utf-8") as more:
            more.write(f'[watch]\nping_url = "{outside.url}"\n')
        outside.date = format_datetime(Machine().wall(), usegmt=True)
        assert ("ok", "127.0.0.1 every 60 s; whether it answers was not tried (check --ping)") == (await found(file))[
            "watch"
        ]
        assert [] == outside.got
        assert ("ok", "127.0.0.1 every 60 s; it answers") == (await found(file, ping=True))["watch"]
        assert 1 == len(outside.got)
        outside.date = format_datetime(Machine().wall() + timedelta(minutes=2), usegmt=True)
        assert "LOOK" == (await found(file, ping=True))["watch"][0]
        outside.status = 404
        mark, said = (await found(file, ping=True))["watch"]
        assert ("WRONG", True) == (mark, "HTTP 404" in said)
        assert TOKEN not in repr(await found(file, ping=True))


async def test_a_database_of_an_older_version_is_looked_at_after_the_next_start(file, tmp_path):
    from sqlite_utils import Database

    from storage.migrations import migrations

    db = Database(tmp_path / "showcaller.db", execute_plugins=False)
    migrations.apply(db, stop_before="m005_relay")
    db.close()
    seen = await found(file)
    assert "migration steps at the next start" in seen["database"][1]
    assert not {"queue", "sources", "secrets"} & set(seen)
