"""/plan import through the front door: a file is brought, looked at, imported as a whole, and taken back as a whole."""

from __future__ import annotations

import asyncio
import io
import time
from datetime import timedelta

import pytest

from bot.core.model import Person, Role
from bot.core.rights import Scope
from tests.calendars.files import calendar
from tests.front_door import Answer

HEAD = "room,when,length,host,title,benefit,likes_goal\n"


async def bring(bot, content, name="plan.csv", person="boss"):
    url = f"{bot.chat}/chat/api/upload"
    data = content if isinstance(content, bytes) else (HEAD + content).encode()
    async with bot.http.post(
        url, params={"name": name}, data=io.BytesIO(data), headers={"X-Showcaller-As": person}
    ) as response:
        return Answer(response.status, await response.json())


async def looked_at(bot, content, name="plan.csv", person="boss", more=""):
    brought = await bring(bot, content, name, person)
    assert brought.status == 200, brought.body
    return await bot.ok(f"/plan import {brought.body['upload']}{more}", person)


async def shows(bot, *states):
    def look(tx):
        found = tx.shows.between(bot.now - timedelta(days=1), bot.now + timedelta(days=400))
        return [show for show in found if show.state in (states or ("planned",))]

    return await bot.app.store.read(look)


async def press(bot, answer, command, person="boss"):
    message = answer.body["reply"]["id"]
    return await bot.press(message, await bot.button(message, command, plan="i1"), person)


@pytest.fixture
async def two_rooms(bot):
    await bot.room()
    await bot.ok("/room add th_main th")
    return bot


async def test_a_plan_is_shown_first_and_imported_by_a_press(two_rooms):
    bot = two_rooms
    preview = await looked_at(bot, "us_main,every fri 20:00,2h30m,Mia,Late,tote,900\nth_main,2027-03-20 20:00,,,,,")
    assert "us_main: 8 shows (1 series), first Fri 19 Mar 20:00 New York" in preview.text.replace("12 Mar", "19 Mar")
    assert "th_main: 1 show (0 series), first Sat 20 Mar 20:00 Bangkok" in preview.text
    assert "Nothing is planned yet." in preview.text
    assert await shows(bot) == []
    done = await press(bot, preview, "plan apply")
    assert done.status == 200, done.body
    planned = await shows(bot)
    assert len(planned) == 9
    first = next(show for show in planned if show.room == "us_main")
    assert (first.host, first.title, first.benefit, first.likes_goal, first.duration_s) == (
        "mia",
        "Late",
        "tote",
        900,
        9000,
    )
    assert first.series is not None
    entries = await bot.app.store.read(lambda tx: tx.audit.newest(20))
    assert sum(entry.action == "show.plan" for entry in entries) == 9
    [whole] = [entry for entry in entries if entry.action == "plan.apply"]
    assert (whole.subject, whole.after) == ("i1", {"file": "plan.csv", "shows": 9, "rooms": ["th_main", "us_main"]})


async def test_pressing_twice_imports_once(two_rooms):
    bot = two_rooms
    preview = await looked_at(bot, "us_main,2027-03-20 20:00,,,,,")
    assert (await press(bot, preview, "plan apply")).status == 200
    again = await press(bot, preview, "plan apply")
    assert again.status == 409
    assert "plan.csv was imported already, by Boss" in again.text
    assert len(await shows(bot)) == 1


async def test_problems_are_shown_line_by_line_and_the_good_lines_wait_for_their_own_button(two_rooms):
    bot = two_rooms
    bad = "\n".join(["us_man,fri 20:00,,,,,"] * 25)
    preview = await looked_at(bot, f"us_main,2027-03-20 20:00,,,,,\nth_main,fri 20:00,,nobody,,,\n{bad}")
    assert preview.body["reply"]["tone"] == "warning"
    assert "26 problems" in preview.text
    assert "line 3: there is no person nobody" in preview.text or "and 6 more problems" in preview.text
    assert "line 4: room: there is no room us_man" in preview.text
    labels = [button["label"] for button in preview.body["reply"]["buttons"]]
    assert labels == ["Import only the 1 good show", "Not now"]
    assert (await press(bot, preview, "plan apply")).status == 200
    assert [show.id for show in await shows(bot)] == ["us_main-0320"]


async def test_a_file_of_nothing_but_problems_has_no_button(two_rooms):
    preview = await looked_at(two_rooms, "us_man,fri 20:00,,,,,")
    assert preview.body["reply"]["tone"] == "error"
    assert preview.body["reply"]["buttons"] == []


async def test_what_is_planned_already_is_left_out_and_what_is_in_the_way_is_a_problem(two_rooms):
    bot = two_rooms
    await bot.ok("/show plan us_main 2027-03-20 20:00 length=2h")
    preview = await looked_at(
        bot,
        "us_main,2027-03-20 20:00,,,,,\nus_main,2027-03-20 21:00,,,,,\nth_main,sat 20:00,,,,,\nth_main,sat 21:00,,,,,",
    )
    assert "line 2: us_main has a show at that time already, Sat 20 Mar 20:00" in preview.text
    assert "line 3: us_main is on air at that time already" in preview.text
    assert "line 5: th_main is on air at that time already" in preview.text
    assert "line 4" in preview.text
    assert (await press(bot, preview, "plan apply")).status == 200
    assert sorted(show.id for show in await shows(bot)) == ["th_main-0313", "us_main-0320"]


async def test_a_series_leaves_out_the_dates_that_are_there_already(two_rooms):
    bot = two_rooms
    await bot.ok("/show plan us_main 2027-03-19 20:00 length=2h")
    preview = await looked_at(bot, "us_main,every fri 20:00 from 2027-03-19,,,,,")
    assert "has a show at that time already, Fri 19 Mar 20:00" in preview.text
    assert (await press(bot, preview, "plan apply")).status == 200
    assert [show.id for show in await shows(bot, "skipped")] == ["us_main-0319-2"]
    assert len({show.starts_at for show in await shows(bot)}) == len(await shows(bot))


async def test_what_came_between_preview_and_press_stops_the_import_as_a_whole(two_rooms):
    bot = two_rooms
    preview = await looked_at(bot, "us_main,2027-03-20 20:00,,,,,\nth_main,2027-03-20 20:00,,,,,")
    await bot.ok("/show plan us_main 2027-03-20 21:00 length=2h")
    refused = await press(bot, preview, "plan apply")
    assert refused.status == 409
    assert "line 2: us_main is on air at that time already" in refused.text
    assert [show.id for show in await shows(bot)] == ["us_main-0320"]


async def test_a_calendar_comes_in_with_its_moved_and_left_out_dates(two_rooms):
    bot = two_rooms
    ny = "TZID=America/New_York"
    series = f"UID:s\nDTSTART;{ny}:20270319T200000\nDURATION:PT2H\nRRULE:FREQ=WEEKLY\nEXDATE;{ny}:20270326T200000"
    moved = f"UID:s\nRECURRENCE-ID;{ny}:20270402T200000\nDTSTART;{ny}:20270403T190000\nDURATION:PT90M"
    preview = await looked_at(bot, calendar(series, moved), "plan.ics", more=" room=us_main")
    assert (await press(bot, preview, "plan apply")).status == 200
    planned = await shows(bot)
    assert [f"{show.starts_local:%m-%d %H:%M}" for show in planned[:3]] == ["03-19 20:00", "04-03 19:00", "04-09 20:00"]
    assert (planned[1].slot.day, planned[1].duration_s) == (2, 5400)


async def test_undo_takes_back_the_whole_import_within_a_minute_and_later(two_rooms):
    bot = two_rooms
    preview = await looked_at(bot, "us_main,every fri 20:00,,,,,\nth_main,2027-03-20 20:00,,,,,")
    done = await press(bot, preview, "plan apply")
    message = done.body["reply"]["id"]
    undone = await bot.press(message, await bot.button(message, "undo"))
    assert undone.status == 200, undone.body
    assert "The import of plan.csv is taken back: 9 shows are no longer planned." in undone.text
    assert await shows(bot) == []
    await bot.advance(days=40)
    assert await shows(bot) == []  # the series does not grow any more


async def test_plan_undo_works_days_later_and_takes_the_shows_the_series_got_since(two_rooms):
    bot = two_rooms
    preview = await looked_at(bot, "us_main,daily 20:00 from 2027-03-20,,,,,")
    await press(bot, preview, "plan apply")
    await bot.advance(days=4)
    undone = await bot.ok("/plan undo i1")
    assert "is taken back" in undone.text
    assert await shows(bot) == []
    again = await bot.say("/plan undo i1")
    assert again.status == 409
    assert "taken back" in again.text


async def test_what_was_changed_since_keeps_an_import_from_being_taken_back(two_rooms):
    bot = two_rooms
    await press(bot, await looked_at(bot, "us_main,2027-03-20 20:00,,,,,\nth_main,2027-03-20 20:00,,,,,"), "plan apply")
    await bot.ok("/show cancel th_main-0320 ill", "olga")
    refused = await bot.say("/plan undo i1")
    assert refused.status == 409
    assert "Olga" in refused.text
    assert [show.id for show in await shows(bot)] == ["us_main-0320"]


async def test_not_now_plans_nothing_and_is_final(two_rooms):
    bot = two_rooms
    preview = await looked_at(bot, "us_main,2027-03-20 20:00,,,,,")
    assert "nothing of it is planned" in (await press(bot, preview, "plan drop")).text
    assert (await press(bot, preview, "plan apply")).status == 409
    assert await shows(bot) == []


async def test_rights_count_at_every_room_of_the_file(two_rooms):
    bot = two_rooms

    def only_here(tx):
        tx.people.save(Person("ola", "Ola", Role.VIEWER))
        tx.people.grant("ola", Scope("room", "us_main"), Role.OPERATOR)

    await bot.app.store.write(only_here)
    preview = await looked_at(bot, "us_main,2027-03-20 20:00,,,,,\nth_main,2027-03-20 20:00,,,,,", person="ola")
    assert "line 3: you are not an operator of th_main." in preview.text
    others = await looked_at(bot, "th_main,2027-03-20 20:00,,,,,")
    message = others.body["reply"]["id"]
    assert (await bot.press(message, await bot.button(message, "plan apply", plan="i2"), "ola")).status == 403
    assert (await bring(bot, "x", person="mia")).status == 403


async def test_a_file_is_for_who_brought_it_and_forgotten_after_a_day(two_rooms):
    bot = two_rooms
    brought = await bring(bot, "us_main,2027-03-20 20:00,,,,,", "C:\\plans\\plan.csv", "olga")
    assert brought.body == {"upload": "d1", "name": "plan.csv"}
    other = await bot.say("/plan import d1")
    assert (other.status, "There is no file d1 of yours." in other.text) == (404, True)
    await bot.advance(days=1, minutes=1)
    assert await bot.app.store.read(lambda tx: tx.plan_files.upload("d1")) is None
    assert (await bot.say("/plan import d1", "olga")).status == 404


async def test_a_preview_is_too_old_after_a_day(two_rooms):
    bot = two_rooms
    preview = await looked_at(bot, "us_main,2027-03-20 20:00,,,,,")
    await bot.advance(days=1, minutes=1)
    assert (await press(bot, preview, "plan apply")).status in (404, 409)
    assert await shows(bot) == []


async def test_a_file_too_large_or_empty_or_one_too_many_is_refused_kindly(two_rooms):
    bot = two_rooms
    large = await bring(bot, b"x" * (1024 * 1024 + 1))
    assert large.status == 400
    assert "at most 1,024 KB are read" in large.text
    assert "The file is empty." in (await bring(bot, b"")).text
    for _ in range(40):
        assert (await bring(bot, "x")).status == 200
    assert "You have brought 40 files within a day." in (await bring(bot, "x")).text


async def test_why_tells_what_became_of_an_import(two_rooms):
    bot = two_rooms
    await press(bot, await looked_at(bot, "us_main,2027-03-20 20:00,,,,,"), "plan apply")
    told = await bot.ok("/why i1")
    assert "Import i1: plan.csv" in told.text
    assert "Boss" in told.text
    await bot.ok("/plan undo i1")
    assert "taken back" in (await bot.ok("/why i1")).text


async def test_a_file_that_takes_long_to_read_keeps_nobody_else_waiting(two_rooms):
    bot = two_rooms
    rule = "DTSTART;TZID=America/New_York:20270312T200000\nDURATION:PT1H\nRRULE:FREQ=DAILY"
    brought = await bring(bot, calendar(*[rule] * 120), "plan.ics")
    begun = time.monotonic()
    reading = asyncio.create_task(bot.say(f"/plan import {brought.body['upload']} room=us_main"))
    waits = []
    while not reading.done():
        before = time.monotonic()
        assert (await bot.say("/room list", "olga")).status == 200
        waits.append(time.monotonic() - before)
    assert (await reading).status == 200
    assert len(waits) > 3
    assert max(waits) < max(1.0, (time.monotonic() - begun) / 2)


async def test_the_team_elsewhere_is_told(two_rooms):
    bot = two_rooms
    preview = await looked_at(bot, "us_main,2027-03-20 20:00,,,,,")
    await press(bot, preview, "plan apply")
    told = await bot.app.store.read(lambda tx: tx.audit.of_subject("i1"))
    assert [entry.action for entry in told] == ["plan.apply"]
    assert "us_main-0320" in (await bot.ok("/show list")).text
