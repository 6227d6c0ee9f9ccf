"""Previews pressed late, twice, or by somebody else; what is in a file, a title or a calendar that wants to be more."""

from __future__ import annotations

import pytest

from bot.core.planning_port import CalendarLink
from handlers import calendar_feed
from tests.front_door import running


@pytest.fixture
async def bot(tmp_path):
    async with running(tmp_path) as found:
        for line in ("room add us_main us", "room add us_two us", "host add mia name=Mia zone=Asia/Shanghai"):
            await found.ok(f"/{line}")
        yield found


async def ahead(bot, room="us_main"):
    shows = await bot.app.store.read(lambda tx: tx.shows.planned(room))
    return [show for show in shows if show.starts_at > bot.now]


async def preview(bot, line) -> str:
    return (await bot.ok(line)).body["reply"]["id"]


async def test_a_preview_is_saved_once_however_often_it_is_pressed(bot):
    message = await preview(bot, "/show plan us_main every fri 20:00 length=1h")
    await bot.press_command(message, "show plan", save="yes")
    assert (await bot.press_command(message, "show plan", save="yes")).status in (404, 409, 410)
    assert len(await ahead(bot)) == 8


async def test_who_may_not_plan_may_not_press_either(bot):
    message = await preview(bot, "/show plan us_main every fri 20:00 length=1h")
    assert (await bot.press_command(message, "show plan", "vera", save="yes")).status == 403
    assert await ahead(bot) == []


async def test_a_preview_of_a_room_that_was_archived_since_plans_nothing(bot):
    message = await preview(bot, "/show plan us_main every fri 20:00 length=1h")
    await bot.ok("/room archive us_main")
    assert (await bot.press_command(message, "show plan", save="yes")).status in (404, 409)
    assert await ahead(bot) == []


async def test_a_preview_with_a_host_who_is_none_any_more_plans_nothing(bot):
    message = await preview(bot, "/show plan us_main every fri 20:00 length=1h host=mia")
    await bot.ok("/revoke mia")
    assert (await bot.press_command(message, "show plan", save="yes")).status in (400, 403, 404, 409, 422)
    assert await ahead(bot) == []


async def test_a_counted_series_whose_first_date_is_over_says_so_and_keeps_its_count(bot):
    message = await preview(bot, "/show plan us_main every fri 20:00 x3 length=1h")
    await bot.advance(days=8)
    await bot.press_command(message, "show plan", save="yes")
    assert [f"{show.starts_local:%m-%d}" for show in await ahead(bot)] == ["03-26"]


async def test_an_edit_of_a_series_shown_before_somebody_else_changed_it_spares_what_they_changed(bot):
    await bot.ok("/show plan us_main every fri 20:00 length=1h save=yes")
    first, second, *_ = await ahead(bot)
    message = await preview(bot, f"/show edit {first.id} title=Ours scope=all")
    await bot.ok(f"/show edit {second.id} title=Theirs", "olga")
    await bot.press_command(message, "show edit", save="yes")
    titles = {show.id: show.title for show in await ahead(bot)}
    assert titles.pop(second.id) == "Theirs"
    assert set(titles.values()) == {"Ours"}


HOSTILE = "@everyone <b>x</b> \u202eevil\u2066 =1+1 END:VEVENT"


async def test_a_title_stays_a_title_in_a_calendar(bot):
    await bot.ok(f'/show plan us_main 2027-03-20 20:00 length=1h title="{HOSTILE}"')
    link = CalendarLink("c9", "x", "room", "us_main", "boss", bot.now)
    feed = await bot.app.store.read(lambda tx: calendar_feed.feed(tx, link, bot.now, bot.app.ports))
    from bot.calendars.write import write

    text = write(feed, bot.now).decode().replace("\r\n ", "")
    assert text.count("BEGIN:VEVENT") == 1
    assert sum(line == "END:VEVENT" for line in text.split("\r\n")) == 1


async def test_a_title_of_five_thousand_characters_is_refused_or_cut_but_never_breaks_a_list(bot):
    answer = await bot.say(f'/show plan us_main 2027-03-20 20:00 length=1h title="{"x" * 5000}"')
    assert answer.status in (200, 400, 422)
    assert (await bot.say("/show list us_main")).status == 200


@pytest.mark.parametrize("length", ["24h", "1440m"])
async def test_a_show_of_a_whole_day_meets_the_next_at_the_minute(bot, length):
    await bot.ok(f"/show plan us_main 2027-03-20 20:00 length={length}")
    answer = await bot.say("/show plan us_main 2027-03-21 19:59 length=1h")
    assert "taken by" in answer.text
    await bot.ok("/show plan us_main 2027-03-21 20:00 length=1h")
    assert len(await ahead(bot)) == 2


@pytest.mark.parametrize("length", ["nan", "inf", "-1h", "1e999h", "0", "25h", "9m", "24h1m"])
async def test_a_length_that_is_none_is_refused(bot, length):
    answer = await bot.say(f"/show plan us_main 2027-03-20 20:00 length={length}")
    assert 400 <= answer.status < 500
    assert await ahead(bot) == []


async def test_a_file_is_of_whom_brought_it(bot):
    url = f"{bot.chat}/chat/api/upload?name=..%2F..%2Fp.csv"
    head = {"X-Showcaller-As": "olga", "Content-Type": "text/csv"}
    async with bot.http.post(url, data=b"room,when\nus_main,2027-03-20 20:00\n", headers=head) as response:
        brought = await response.json()
    assert brought["name"] == "p.csv"
    assert (await bot.say(f"/plan import {brought['upload']}", "max")).status == 404
    assert (await bot.say(f"/plan import {brought['upload']}", "olga")).status == 200
    async with bot.http.post(url, data=b"x", headers=head | {"X-Showcaller-As": "vera"}) as response:
        assert response.status == 403


async def test_an_import_of_a_room_that_was_archived_since_plans_nothing(bot):
    url = f"{bot.chat}/chat/api/upload?name=p.csv"
    lines = b"room,when\nus_main,2027-03-20 20:00\nus_two,2027-03-20 20:00\n"
    async with bot.http.post(url, data=lines, headers={"X-Showcaller-As": "boss"}) as response:
        upload = (await response.json())["upload"]
    message = await preview(bot, f"/plan import {upload}")
    await bot.ok("/room archive us_main")
    assert (await bot.press_command(message, "plan apply")).status == 409
    assert await ahead(bot, "us_two") == []


async def test_a_goal_below_nothing_is_refused(bot):
    assert (await bot.say("/show plan us_main 2027-03-20 20:00 likes_goal=-1")).status == 400
    await bot.ok("/show plan us_main 2027-03-20 20:00 likes_goal=0")
    assert (await bot.say("/show edit us_main-0320 likes_goal=-5")).status == 400
    assert [show.likes_goal for show in await ahead(bot)] == [0]
