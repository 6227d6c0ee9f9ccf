"""`run.py plan FILE`: the same preview and the same import on the command line, beside the running bot."""

from __future__ import annotations

import pytest

from tests.command_line import spawn
from tests.front_door import running

GOOD = "room,when\nus_main,2099-03-20 20:00\n"


@pytest.fixture
async def folder(tmp_path):
    """A bot that runs there, with one room."""
    async with running(tmp_path) as bot:
        await bot.ok("/room add us_main us")
        (tmp_path / "showcaller.toml").write_text(f'database = "{bot.app.settings.database}"\n')
        yield tmp_path, bot


async def planned(bot):
    return await bot.app.store.read(lambda tx: [show.id for show in tx.shows.planned()])


async def test_a_plan_is_looked_at_and_imported_beside_the_running_bot(folder):
    place, bot = folder
    (place / "plan.csv").write_text(GOOD)
    looked = spawn("plan", "plan.csv", cwd=place)
    assert (looked.code, looked.err) == (0, "")
    assert "line 2: us_main, Fri 20 Mar 2099 20:00" in looked.out or "line 2: us_main, Fri 20 Mar" in looked.out
    assert await planned(bot) == []
    done = spawn("plan", "plan.csv", "--apply", cwd=place)
    assert (done.code, "has planned 1 show from plan.csv" in done.out) == (0, True)
    assert await planned(bot) == ["us_main-0320"]
    [entry] = await bot.app.store.read(lambda tx: tx.audit.of_subject("i1"))
    assert (entry.action, entry.actor, entry.via) == ("plan.apply", "boss", "cli")


async def test_with_a_problem_in_it_nothing_is_imported_and_the_exit_says_so(folder):
    place, bot = folder
    (place / "plan.csv").write_text(f"{GOOD}us_man,fri 20:00\n")
    done = spawn("plan", "plan.csv", "--apply", cwd=place)
    assert done.code == 1
    assert "line 3: room: there is no room us_man; there are: us_main." in done.out
    assert await planned(bot) == []


def test_without_a_database_or_a_file_it_says_what_to_do(tmp_path):
    (tmp_path / "plan.csv").write_text(GOOD)
    assert "there is no database" in spawn("plan", "plan.csv", cwd=tmp_path).error()
    assert "gone.csv" in spawn("plan", "gone.csv", cwd=tmp_path).error()
