"""What is said before a show, to whom, and that changes of mind reach everybody who was told."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.front_door import SHOW_AT, running


async def planned(bot):
    return await bot.app.store.read(lambda tx: tx.shows.planned())


async def tick_all(bot, show="us_main-0312"):
    for item in await bot.app.store.read(lambda tx: tx.checklists.items(show)):
        if item.required and item.state == "open":
            await bot.ok(f"/checklist tick {show} {item.key}", "olga")


@pytest.fixture
async def ready(bot):
    """Half an hour before a show whose required items are done."""
    await bot.room()
    await bot.plan()
    await bot.advance(SHOW_AT - timedelta(minutes=30))
    await tick_all(bot)
    return bot


async def test_the_host_hears_of_every_go_and_of_a_no_go_after_it(ready):
    bot = ready
    await bot.ok("/checklist go us_main", "olga")
    await bot.advance(seconds=20)
    await bot.ok("/checklist no_go us_main power cut", "olga")
    await bot.advance(seconds=20)
    await bot.ok("/checklist go us_main", "olga")
    told = [message["text"] for message in await bot.messages("host")]
    assert 2 == sum("says go" in text for text in told), told
    assert 1 == sum("power cut" in text for text in told), told


async def test_the_host_hears_that_the_show_is_cancelled(ready):
    bot = ready
    await bot.ok("/show cancel us_main-0312 the studio is flooded", "max", channel="managers")
    for channel in ("host", "team", "managers"):
        found = await bot.find("flooded", channel)
        assert "cancelled" in found["text"]


async def test_a_cancelled_show_does_nothing_any_more(ready):
    bot = ready
    await bot.ok("/show cancel us_main-0312", "olga")
    before = len(await bot.messages())
    await bot.advance(SHOW_AT + timedelta(minutes=10))
    assert before == len(await bot.messages())


async def test_a_cancelled_series_stays_cancelled(bot):
    await bot.room()
    await bot.ok("/show plan us_main every fri 20:00 length=1h host=mia save=yes")
    second = (await planned(bot))[1]
    await bot.ok(f"/show cancel {second.id} series=yes save=yes")
    await bot.advance(SHOW_AT + timedelta(days=7))
    assert [] == await planned(bot) or ["us_main-0312"] == [show.id for show in await planned(bot)]


async def test_a_series_goes_on_although_the_bot_was_down_for_weeks(tmp_path):
    async with running(tmp_path) as bot:
        await bot.room()
        await bot.ok("/show plan us_main weekdays 19:30 length=1h host=mia save=yes")
    later = datetime.fromisoformat("2027-04-20T12:00:00-04:00")
    async with running(tmp_path, start=later) as bot:
        ahead = [show for show in await planned(bot) if show.starts_at > later]
        assert 25 == len(ahead)  # the weekdays of five weeks
        assert all(show.starts_at > later for show in ahead)


async def test_a_series_does_not_grow_by_restarts(tmp_path):
    async with running(tmp_path) as bot:
        await bot.room()
        await bot.ok("/show plan us_main every fri 20:00 length=1h host=mia save=yes")
        before = await planned(bot)
        now = bot.now
    for _ in range(3):
        async with running(tmp_path, start=now) as bot:
            assert before == await planned(bot)


async def test_a_series_does_not_run_over_another_show(bot):
    await bot.room()
    await bot.ok("/show plan us_main every fri 20:00 length=1h save=yes")
    last = (await planned(bot))[-1]
    taken = last.starts_local + timedelta(days=7, minutes=-30)
    await bot.ok(f"/show plan us_main {taken:%Y-%m-%d %H:%M} length=1h")
    await bot.advance(SHOW_AT + timedelta(days=7))
    rows = [show for show in await planned(bot) if show.starts_local.date() == taken.date()]
    assert 1 == len(rows)
    assert "not planned" in (await bot.find("not planned"))["text"]


async def test_a_show_planned_five_minutes_ahead_gets_its_checklist_and_question_at_once(bot):
    await bot.room()
    await bot.advance(SHOW_AT - timedelta(minutes=5))
    answer = await bot.ok("/show plan us_main 2027-03-12 20:00 length=1h host=mia")
    assert "19:00" not in answer.text, "the checklist cannot come an hour ago"
    await bot.find("checklist")
    await bot.find("go or no-go")
    assert not any("still open," in m["text"] and "before the show" in m["text"] for m in await bot.messages())
    await bot.advance(SHOW_AT + timedelta(minutes=4))
    await bot.find("nothing on air")


async def test_a_checklist_of_a_show_that_is_long_over_is_not_posted(tmp_path):
    async with running(tmp_path) as bot:
        await bot.room()
        await bot.plan()
    async with running(tmp_path, start=SHOW_AT + timedelta(hours=5)) as bot:
        await bot.advance(minutes=1)
        assert [] == [m for m in await bot.messages() if m["author"]["kind"] == "bot" and "[ ]" in m["text"]]


async def test_a_late_reminder_says_when_the_show_really_is(tmp_path):
    async with running(tmp_path, start=SHOW_AT - timedelta(hours=30)) as bot:
        await bot.room()
        await bot.plan()
    async with running(tmp_path, start=SHOW_AT - timedelta(hours=16)) as bot:
        await bot.advance(seconds=1)
        [reminder] = [m for m in await bot.messages() if "Lamp" not in m["text"] and "on air in" in m["text"]]
        assert "16 h" in reminder["text"]


async def test_facts_tick_the_posted_checklist_by_themselves(bot):
    await bot.room()
    await bot.ok("/product add us_main P9 9.90 name=Bulb")
    await bot.plan()
    await bot.advance(SHOW_AT - timedelta(minutes=50))
    card = await bot.find("checklist")
    before = card["text"].count("[x]")
    await bot.ok("/product edit us_main P9 stock=40")
    after = next(m for m in await bot.messages() if m["id"] == card["id"])
    assert before + 1 == after["text"].count("[x]")


async def test_products_added_after_the_plan_get_their_cues(bot):
    await bot.room(products=1)
    show = await bot.plan()
    await bot.ok("/product add us_main P2 9.90 name=Bulb stock=5")
    cues = await bot.app.store.read(lambda tx: tx.shows.cues(show))
    assert {"P1", "P2"} == {cue.sku for cue in cues if cue.sku}


async def test_a_show_that_was_never_held_is_not_in_the_way(bot):
    await bot.room()
    await bot.ok("/show plan us_main 2027-03-12 18:30 length=30m")
    await bot.ok("/show plan us_main 2027-03-12 20:00 length=1h")
    await bot.advance(SHOW_AT - timedelta(minutes=20))
    assert "0312-2" in (await bot.say("/checklist go us_main", "olga")).body["try"]
    await bot.ok("/show cancel us_main-0312-2")
    await bot.ok("/room archive us_main")


async def test_unticking_a_required_item_after_the_go_is_seen(ready):
    bot = ready
    await bot.ok("/checklist go us_main", "olga")
    await bot.ok("/checklist untick us_main light_key", "olga")
    assert "1 required item is open" in (await bot.find("checklist"))["text"]
