"""What a plan lives through: every date taken away, moves that end or begin a conflict, a rule that is far off."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from handlers import timetable, upcoming
from tests.front_door import running

WEEKLY = "/show plan us_main every fri 20:00 length=1h host=mia save=yes"


@pytest.fixture
async def bot(tmp_path):
    async with running(tmp_path) as found:
        for line in (
            "room add us_main us", "room add us_two us", "host add mia name=Mia zone=Asia/Shanghai",
            "host add leo name=Leo zone=America/New_York",
        ):  # fmt: skip
            await found.ok(f"/{line}")
        yield found


async def ahead(bot, room="us_main"):
    shows = await bot.app.store.read(lambda tx: tx.shows.planned(room))
    return [show for show in shows if show.starts_at > bot.now]


@pytest.mark.parametrize("command", ["skip", "cancel"])
async def test_a_series_goes_on_though_every_planned_date_was_taken_out(bot, command):
    await bot.ok(WEEKLY)
    for show in await ahead(bot):
        await bot.ok(f"/show {command} {show.id}")
    assert len(await ahead(bot)) == 8


async def test_a_date_that_came_for_another_goes_with_the_undo(bot):
    await bot.ok(WEEKLY)
    *others, last = await ahead(bot)
    for show in others:
        await bot.ok(f"/show skip {show.id}")
    await bot.ok(f"/show skip {last.id}")
    assert len(await ahead(bot)) == 8
    await bot.ok("/undo")
    assert [show.id for show in await ahead(bot)] == [last.id]


async def test_a_cancelled_series_gets_no_dates_for_those_it_lost(bot):
    await bot.ok(WEEKLY)
    first = (await ahead(bot))[0]
    await bot.ok(f"/show cancel {first.id} scope=all save=yes")
    assert await ahead(bot) == []


async def test_a_series_that_ends_gets_no_dates_after_its_end(bot):
    await bot.ok("/show plan us_main every fri 20:00 x3 length=1h host=mia save=yes")
    await bot.ok(f"/show skip {(await ahead(bot))[0].id}")
    assert len(await ahead(bot)) == 2


async def test_a_move_that_mends_a_conflict_says_so_where_it_was_told(bot):
    await bot.ok("/show plan us_main 2027-03-20 20:00 length=2h host=mia")
    await bot.ok("/show plan us_two 2027-03-20 21:00 length=2h host=leo")
    await bot.ok("/room edit us_main studio=A")
    await bot.ok("/room edit us_two studio=A")
    told = await bot.find("studio A is taken")
    await bot.ok("/show move us_two-0320 2027-03-22 21:00 save=yes")
    after = next(one for one in await bot.messages() if one["id"] == told["id"])
    assert "no longer in conflict" in after["text"]


async def test_a_move_into_a_warning_is_told_to_the_rest_of_the_team(bot):
    for line in ("room edit us_main theme=home", "room edit us_two theme=home"):
        await bot.ok(f"/{line}")
    await bot.ok("/show plan us_main 2027-03-20 20:00 length=2h host=mia")
    await bot.ok("/show plan us_two 2027-03-22 20:00 length=2h host=leo")
    await bot.ok("/show move us_two-0322 2027-03-20 20:00 save=yes", "boss", "host")
    assert "the same theme (home)" in (await bot.find("1 conflict"))["text"]


async def test_a_series_that_begins_in_half_a_year_is_planned_from_its_first_date_on(bot):
    await bot.ok("/show plan us_main every fri 20:00 from 2027-09-01 length=1h save=yes")
    shows = await ahead(bot)
    assert (len(shows), f"{shows[0].starts_local:%Y-%m-%d}") == (8, "2027-09-03")
    await bot.advance(shows[0].starts_at - timedelta(hours=1))
    assert len(await ahead(bot)) == 9


async def test_a_series_of_many_years_is_looked_at_from_today_on(bot):
    """What is over is never read again: a daily series has a thousand shows after three years."""
    await bot.ok("/show plan us_main daily 20:00 length=1h save=yes")
    shows = await ahead(bot)
    long_ago = replace(shows[0], id="old", starts_at=shows[0].starts_at - timedelta(days=3000), state="ended")
    await bot.app.store.write(lambda tx: tx.shows.save(long_ago))

    def look(tx):
        known = timetable.recent(tx, "w1", bot.now)
        series = tx.shows.series("w1")
        return [show.id for show in known], timetable.missing(tx, series, bot.now, at_least=len(shows) + 1)

    known, missing = await bot.app.store.read(look)
    assert known == [show.id for show in shows]
    assert [time.at for time in missing] == [shows[-1].starts_at + timedelta(days=1)]


async def test_a_day_with_a_gap_is_planned_once_however_its_times_change_places(bot):
    """02:30 does not exist on that day and comes at 03:30, after 03:15."""
    await bot.ok("/show plan us_main daily 02:30,03:15 until 2027-03-14 length=10m save=yes")
    shows = await ahead(bot)
    await bot.app.store.write(lambda tx: upcoming.catch_up(tx, bot.app.ports))
    assert await ahead(bot) == shows
    assert [f"{show.starts_local:%d %H:%M}" for show in shows][-2:] == ["14 03:15", "14 03:30"]


async def test_a_move_of_a_series_to_the_hour_it_has_changes_nothing(bot):
    await bot.ok("/show plan us_main daily 10:00,20:00 length=1h save=yes")
    shows = await ahead(bot)
    answer = await bot.say(f"/show move {shows[2].id} {shows[2].starts_local:%H:%M} scope=following")
    assert answer.status == 409
    assert await ahead(bot) == shows


async def test_a_date_left_out_stays_out_when_the_rule_gets_another_hour(bot):
    await bot.ok(WEEKLY)
    await bot.ok("/show skip w1 2027-12-24")
    first = (await ahead(bot))[0]
    answer = await bot.ok(f"/show move {first.id} every fri 21:00 scope=all save=yes")
    assert "every fri 21:00 from 2027-03-12 except 2027-12-24" in answer.text


async def test_who_hosts_no_longer_is_named_with_the_shows_that_need_somebody_else(bot):
    await bot.ok(WEEKLY)
    answer = await bot.ok("/revoke mia")
    assert "Mia is still planned as host of 8 shows, the next is us_main-0312" in answer.text
    await bot.ok("/show host us_main-0312 leo scope=all save=yes")
    assert {show.host for show in await ahead(bot)} == {"leo"}


async def test_a_show_that_may_stand_beside_another_is_taken_back_beside_it(bot):
    await bot.ok("/show plan us_main 2027-03-20 20:00 length=2h")
    await bot.ok('/show plan us_main 2027-03-20 21:00 length=1h despite="two screens" save=yes', "max")
    await bot.ok("/show cancel us_main-0320-2")
    await bot.ok("/undo")
    assert [show.id for show in await ahead(bot)] == ["us_main-0320", "us_main-0320-2"]


async def test_a_show_whose_time_was_taken_since_is_not_taken_back(bot):
    await bot.ok("/show plan us_main 2027-03-20 20:00 length=2h")
    await bot.ok("/show cancel us_main-0320")
    await bot.ok("/show plan us_main 2027-03-20 21:00 length=2h", "max")
    answer = await bot.say("/undo")
    assert answer.status == 409
    assert "us_main-0320-2" in answer.text
    assert [show.id for show in await ahead(bot)] == ["us_main-0320-2"]


async def test_an_archived_room_gets_no_further_shows(bot):
    await bot.ok("/show plan us_main 2027-03-20 20:00 length=2h")
    await bot.ok(WEEKLY)
    shows = await ahead(bot)

    def put_away(tx):
        for show in shows:
            tx.shows.save(replace(show, state="skipped"))
        tx.rooms.save(replace(tx.rooms.get("us_main"), archived_at=bot.now))
        upcoming.catch_up(tx, bot.app.ports)

    await bot.app.store.write(put_away)
    assert await ahead(bot) == []


async def test_a_show_is_moved_to_a_named_date_of_an_earlier_week(bot):
    await bot.ok("/show plan us_main 2027-04-20 20:00 length=1h")
    await bot.ok("/show move us_main-0420 2027-03-20 21:00 save=yes")
    assert [f"{show.starts_local:%m-%d %H:%M}" for show in await ahead(bot)] == ["03-20 21:00"]
