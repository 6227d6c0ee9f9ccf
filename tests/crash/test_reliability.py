"""A sample of the sweep that docs/reliability.md reports, and that the sweep would report what it is there to find."""

from __future__ import annotations

import asyncio
import os
import random

import pytest

from tests.crash.account import Account
from tests.crash.chat_server import Fault
from tests.crash.client import Boundary
from tests.crash.day import can_fork
from tests.crash.killer import name_of, relevant
from tests.crash.page import PAGE, page, read
from tests.crash.reliability import SEED, boundaries, moments
from tests.crash.sweep import HONEST, WINDOW_S, Sweep, Tally
from tests.crash.town import Rules, Town
from tests.swift import swift_folder

needs_fork = pytest.mark.skipif(not can_fork(), reason="the many starts are forks, which this system has not")
SHARE = 0.008
"""Of the evenings of the whole sweep."""


@pytest.fixture(scope="module")
def sweep():
    with Town() as town, swift_folder() as folder:
        yield Sweep(town, folder)


@pytest.fixture(scope="module")
def model(sweep):
    return asyncio.run(sweep.learn())


@needs_fork
async def test_a_sample_of_all_kills_loses_and_doubles_nothing(sweep, model):
    seed = SEED if os.environ.get("CI") == "true" else random.randrange(10**6)
    struck = await boundaries(sweep, model, seed, 2, SHARE)
    note = f"to see it again: python -m tests.crash.reliability --seed {seed} --share {SHARE}"
    assert struck.broken == [], note
    assert struck.missed == [], note
    assert struck.kills.total() >= 20, note
    assert struck.starts == struck.evenings + struck.kills.total()  # it really died, each time
    died = await moments(sweep, await sweep.learn(HONEST), seed, 2, evenings=1, kills=10)
    assert died.broken == [], note
    assert died.starts == died.evenings + died.kills.total()


@needs_fork
async def test_a_chat_that_loses_and_one_that_forgets_are_reported(sweep):
    """Without a kill: the bot is told more of them than is so, and the journal knows better."""
    cut = Fault("cut", is_kept=True)
    chats = {
        "liar": Rules(None, None, [Fault("lie")]),
        "forgetful": Rules(None, WINDOW_S, [Fault(), cut]),
        "deaf": Rules(None, None, [Fault(), Fault(), Fault("wrong")]),
    }
    _, _, found = await sweep.evening("reported", {}, chats=chats)
    assert [] == found["web"].broken()
    assert 1 == len(found["liar"].lost)
    assert 1 == len(found["forgetful"].doubled) == found["forgetful"].twice
    assert [] == found["forgetful"].lost
    assert 1 == len(found["deaf"].lost)


@needs_fork
async def test_a_kill_between_the_post_and_its_note_doubles_it_where_a_chat_forgets(sweep, model):
    """The same kill, in a chat that knows the nonce as it says it does, and in one that does not."""
    asked = model.evening.stages["reminder"]
    strikes = {asked: Boundary(note_of_a_post(model.boundaries[asked], 1))}
    _, evening, found = await sweep.evening("knows", strikes, chats=HONEST)
    assert [asked] == evening.client.reached
    assert {"web": [], "nonce": [], "plain": []} == {chat: account.broken() for chat, account in found.items()}
    _, evening, found = await sweep.evening("forgets", strikes, chats=HONEST | {"nonce": Rules(None, WINDOW_S)})
    assert [asked] == evening.client.reached
    [doubled] = found["nonce"].broken()
    assert doubled.startswith("doubled: reminder:us_main-0312 came to nonce:team")


def note_of_a_post(names, which):
    """Where the transaction begins that notes the arrival of this request's post number so and so."""
    place = [place for place, (name, _) in enumerate(names) if name == "insert destinations"][which]
    return next(name for name in reversed(names[:place]) if name[0] == "begin")


@needs_fork
async def test_a_boundary_that_is_never_reached_is_reported(sweep, model):
    tally = Tally()
    there, nowhere = Boundary(("update timers", 1)), Boundary(("update timers", 1000))
    strikes = {model.evening.stages["checklist"]: there, model.evening.stages["go"]: nowhere}
    await sweep.boundaries(model, "missed", strikes, tally)
    assert [(model.evening.stages["go"], nowhere)] == tally.missed
    assert {("before the show", "update timers"): 1} == dict(tally.kills)
    assert 2 == tally.starts


def test_statements_have_the_names_of_what_they_touch():
    assert "begin" == name_of("begin immediate")
    assert "insert outbox" == name_of('INSERT INTO "outbox" ("attempt") VALUES (0)')
    assert "insert buttons" == name_of("insert or ignore into buttons (message) values ('m1')")
    assert "update outbox" == name_of("update outbox set state = (select state from messages)")
    assert "select timers" == name_of("\n  select * from timers where done_at is null")
    assert name_of("insert into signals (room) values ('outbox')") is None
    assert name_of("SAVEPOINT x") is None


def test_a_transaction_counts_as_a_whole_or_not_at_all():
    quiet, loud = ["begin", "commit", "committed"], ["begin", "update outbox", "commit", "committed"]
    assert relevant(quiet + loud) == [("begin", 2), ("update outbox", 1), ("commit", 2), ("committed", 2)]


def test_the_page_is_as_the_command_made_it():
    text = PAGE.read_text("utf-8")
    assert page(read(text)) == text, "run: python -m tests.crash.reliability (--words if nothing needs measuring)"


def test_the_page_reports_every_boundary_and_no_broken_promise():
    figures = read(PAGE.read_text("utf-8"))
    again = sum(figures.boundaries.kills["starting again"].values())
    assert figures.known == figures.boundaries.killed() - again
    assert figures.moments.killed() >= 300
    for part in (figures.boundaries, figures.moments):
        assert 0 == part.broken == part.missed
        assert part.chats.keys() == {"web", "nonce", "plain"}
        assert Account.__slots__ == tuple(part.chats["plain"])
