"""/hosts hours: what a week asks of whom, in their own zone, and who has too much."""

from __future__ import annotations

import pytest

from bot.core.model import Person, Role
from bot.core.rights import Scope
from tests.front_door import PEOPLE, running


@pytest.fixture
async def bot(tmp_path):
    people = (*PEOPLE, Person("tess", "Tess", Role.NOBODY))
    async with running(tmp_path, people=people) as bot:  # Friday 12 March, 18:00 in New York
        await bot.room()
        await bot.ok("/room add us_home us")
        await bot.ok("/host add leo name=Leo zone=Europe/London")
        await bot.ok("/host add ada name=Ada")
        yield bot


async def test_hours_nights_rest_and_free_days_of_one_week_and_the_next(bot):
    await bot.ok("/show plan us_main 2027-03-15 20:00 length=3h host=leo save=yes")  # in London from midnight to 03:00
    await bot.ok("/show plan us_home 2027-03-16 05:00 length=2h host=leo save=yes despite=agreed")
    await bot.ok("/show plan us_home 2027-03-22 12:00 length=1h host=leo save=yes")
    text = (await bot.ok("/hosts hours leo week=2027-03-18")).text
    assert text.startswith("Leo, week of 2027-03-15\nZone: Europe/London\nShows: 2\nOn air: 5 h\nAt night: 3 h\n")
    assert "Shortest rest: 6 h (needs 8 h)" in text
    assert "Free days: Mon, Wed, Thu, Fri, Sat and Sun" in text
    assert "us_main-0315: Tue 16 Mar 00:00 London (UTC), 3 h, 3 h of it at night" in text
    assert "only 6 h of rest between two shows" in text
    assert "The week after\nShows: 1\nOn air: 1 h" in text


async def test_all_hosts_beside_each_other_the_busiest_first_with_what_is_unfair(bot):
    for day in range(15, 20):
        await bot.ok(f"/show plan us_main 2027-03-{day} 20:00 length=2h host=leo save=yes")
    await bot.ok("/show plan us_home 2027-03-15 20:00 length=1h host=mia save=yes")
    text = (await bot.ok("/hosts hours week=next")).text
    lines = text.splitlines()
    assert lines[0] == "Week of 2027-03-15: 3 hosts"
    assert lines[1].startswith("- leo: 5 shows, 10 h on air, 10 h of it at night; 2 free days (273% of what hosts")
    assert "300% of the nights" in lines[1]
    assert lines[2].startswith("- mia: one show, 1 h on air, none of it at night; 6 free days (week after: nothing)")
    assert lines[3].startswith("- ada: nothing")
    assert "On average a host is on air for 3 h 40 min" in text
    assert "22:00 to 06:00" in text


async def test_whose_zone_nobody_has_said_is_counted_in_the_team_s_and_it_says_so(bot):
    assert "Zone: the team's (Asia/Shanghai)" in (await bot.ok("/hosts hours ada")).text


async def test_cancelled_shows_are_no_work_and_other_rooms_nobody_s_business(bot):
    await bot.ok("/show plan us_main 2027-03-15 20:00 length=2h host=mia save=yes")
    await bot.ok("/show plan us_home 2027-03-16 20:00 length=2h host=mia save=yes")
    await bot.app.store.write(lambda tx: tx.people.grant("tess", Scope("room", "us_main"), Role.VIEWER))
    theirs = (await bot.say("/hosts hours mia week=next", "tess")).text
    assert "On air: 2 h" in theirs
    assert "Only shows of rooms that are yours to see are counted." in theirs
    assert "us_home" not in theirs
    await bot.ok("/show cancel us_home-0316 ill")
    assert "On air: 2 h" in (await bot.ok("/hosts hours mia week=next")).text


@pytest.mark.parametrize(
    "week", ["2027-13-01", "2027-02-30", "yesterday", "20:00", "9999-12-31", "0001-01-01", "x" * 300]
)
async def test_what_is_no_week_is_asked_again(bot, week):
    answer = await bot.say(f"/hosts hours week={week}")
    assert (answer.status, "is no week" in answer.text) == (400, True)


async def test_who_does_not_host_is_told(bot):
    assert (await bot.say("/hosts hours vera")).status == 409
    assert (await bot.say("/hosts hours nobody")).status == 404
