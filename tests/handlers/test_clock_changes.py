"""Two weeks before clocks change the team is told, once, whose hour moves; and decides with a button."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.core.reply import buttons_of
from handlers import foresight_card
from tests.front_door import running

TITLE = "Clocks change on"
MARCH = datetime.fromisoformat("2027-02-26T12:00:00+08:00")
NOVEMBER = datetime.fromisoformat("2027-10-15T12:00:00+08:00")


async def rooms(bot):
    await bot.room()
    await bot.ok("/room add uk_main uk")
    await bot.ok("/host add leo name=Leo zone=Europe/London")
    await bot.ok("/host add ada name=Ada")


async def told(bot, day):
    """The messages about one day's change."""
    return [message for message in await bot.messages() if message["text"].startswith(f"{TITLE} {day}")]


async def morning(bot, day):
    """09:00 of the team, which is in Shanghai."""
    await bot.advance(datetime.fromisoformat(f"{day}T09:00:01+08:00"))


@pytest.fixture
async def bot(tmp_path):
    async with running(tmp_path, start=MARCH) as bot:
        await rooms(bot)
        yield bot


async def test_two_weeks_ahead_it_says_once_which_hours_move_and_for_whom(bot):
    await bot.ok("/show plan us_main every fri 20:00 host=mia save=yes")
    await bot.ok("/show plan us_main every sat 10:00 host=leo save=yes")
    await bot.ok("/show plan us_main every tue 12:00 host=ada save=yes")
    await bot.ok("/show plan uk_main every wed 20:00 host=leo save=yes")
    await morning(bot, "2027-02-28")
    assert [] == await told(bot, "")
    await morning(bot, "2027-03-01")
    [message] = await told(bot, "Sun 14 Mar 2027 (New York)")
    text = message["text"]
    assert "- America/New_York: UTC-5 → UTC-4 from Sun 14 Mar 03:00 New York (EDT) on" in text
    assert "- us_main: 5 shows from Fri 19 Mar 20:00 New York (EDT) on (Mia: 09:00 → 08:00 (Asia/Shanghai))" in text
    assert "Leo: 15:00 → 14:00 (Europe/London) and team: 23:00 → 22:00 (Asia/Shanghai)" in text
    assert "Ada: Wed 01:00 → Wed 00:00" in text or "Ada: 01:00 → 00:00 (Asia/Shanghai)" in text
    assert "uk_main" not in text  # London's clocks change two weeks later
    for day in (2, 3, 4):
        await morning(bot, f"2027-03-0{day}")
    assert [message["id"]] == [each["id"] for each in await told(bot, "Sun 14 Mar")]


async def test_what_is_planned_moved_or_cancelled_later_is_edited_in(bot):
    await bot.ok("/show plan us_main every fri 20:00 host=mia save=yes")
    await morning(bot, "2027-03-01")
    await bot.ok("/show plan us_main 2027-03-20 20:00 host=mia save=yes")
    await bot.ok("/show cancel us_main-0319 ill")
    await bot.advance(seconds=6)
    [message] = await told(bot, "Sun 14 Mar")
    assert "- us_main-0320: Sat 20 Mar 20:00 New York (EDT) (Mia: 09:00 → 08:00 (Asia/Shanghai))" in message["text"]
    assert "us_main: 4 shows from Fri 26 Mar 20:00" in message["text"]


async def test_a_button_keeps_the_market_s_hour_for_one_series_or_for_all(bot):
    await bot.ok("/show plan us_main every fri 20:00 host=mia save=yes")
    await bot.ok("/show plan us_main every sat 10:00 host=leo save=yes")
    await morning(bot, "2027-03-01")
    [message] = await told(bot, "Sun 14 Mar")
    answer = await bot.press_command(message["id"], "foresight keep", "olga", series="w1")
    assert answer.text == "The market's hour stays for one series."
    [edited] = await told(bot, "Sun 14 Mar")
    assert edited["id"] == message["id"]
    assert "Olga keeps the market's hour" in edited["text"]
    [entry, *_] = await bot.app.store.read(lambda tx: tx.audit.newest(1))
    assert (entry.action, entry.subject, entry.room, entry.actor) == ("foresight.keep", "w1", "us_main", "olga")
    assert (await bot.say("/foresight keep main 2027-03-14 w1")).status == 409
    assert (await bot.ok("/foresight keep main 2027-03-14")).text == "The market's hour stays for one series."
    stored = await bot.app.store.read(lambda tx: tx.webchat.get(message["id"]))
    assert [] == buttons_of(stored.reply)
    await morning(bot, "2027-03-02")
    assert 2 == (await told(bot, "Sun 14 Mar"))[0]["text"].count("keeps the market's hour")
    assert (await bot.say("/foresight keep main 2027-03-15")).status == 404
    assert (await bot.say("/foresight keep main 2027-03-14 w1", "vera")).status == 403


async def test_the_other_button_moves_the_series_so_that_the_host_s_hour_stays(bot):
    await bot.ok("/show plan us_main every fri 20:00 host=mia save=yes")
    await bot.ok("/host add ann name=Ann zone=America/New_York")
    await bot.ok("/show plan us_main every sat 10:00 host=ann save=yes")  # her hour does not move, the team's does
    await bot.ok("/show plan us_main every sun 23:30 length=20m host=mia save=yes")  # an hour later is another day
    await morning(bot, "2027-03-01")
    [message] = await told(bot, "Sun 14 Mar")
    stored = await bot.app.store.read(lambda tx: tx.webchat.get(message["id"]))
    buttons = buttons_of(stored.reply)
    assert [dict(button.args) for button in buttons if button.command == "show move"] == [
        {"show": "us_main-0319", "when": "21:00", "scope": "following"}
    ]
    assert {button.until for button in buttons} == {datetime.fromisoformat("2027-03-14T07:00:00+00:00")}
    asked = await bot.press_command(message["id"], "show move", "olga")
    await bot.press_command(asked.body["reply"]["id"], "show move", "olga", save="yes")
    shows = await bot.app.store.read(lambda tx: tx.shows.between(bot.now, bot.now + timedelta(days=30), "us_main"))
    fridays = [f"{show.starts_local:%d %H:%M}" for show in shows if show.starts_local.weekday() == 4]
    assert fridays == ["05 20:00", "12 20:00", "19 21:00", "26 21:00"]
    await bot.advance(seconds=6)
    [message] = await told(bot, "Sun 14 Mar")
    assert "Mia: 09:00" not in message["text"]
    assert "us_main-0319" not in message["text"]
    await bot.ok("/foresight keep main 2027-03-14")


async def test_a_restart_between_tells_nothing_twice_and_forgets_nothing(tmp_path):
    async with running(tmp_path, start=MARCH) as bot:
        await rooms(bot)
        await bot.ok("/show plan us_main every fri 20:00 host=mia save=yes")
        await bot.advance(hours=1)
    async with running(tmp_path, start=MARCH + timedelta(days=4)) as bot:  # down when it should have been told
        await bot.advance(seconds=1)
        [message] = await told(bot, "Sun 14 Mar")
        await bot.press_command(message["id"], "foresight keep", series="w1")
    async with running(tmp_path, start=MARCH + timedelta(days=5)) as bot:
        await morning(bot, "2027-03-05")
        [again] = await told(bot, "Sun 14 Mar")
        assert (again["id"], "Boss keeps the market's hour" in again["text"]) == (message["id"], True)


async def test_in_autumn_europe_and_america_are_two_messages_and_no_show_is_in_both(tmp_path):
    async with running(tmp_path, start=NOVEMBER) as bot:
        await rooms(bot)
        await bot.ok("/show plan us_main every wed 20:00 host=leo save=yes")
        await morning(bot, "2027-10-18")
        [europe] = await told(bot, "Sun 31 Oct 2027 (London)")
        assert "- us_main-1103: Wed 3 Nov 20:00 New York (EDT) (Leo: 01:00 → 00:00 (Europe/London))" in europe["text"]
        assert "5 shows" not in europe["text"]
        await morning(bot, "2027-10-26")
        [america] = await told(bot, "Sun 7 Nov 2027 (New York)")
        assert (
            "shows from Wed 10 Nov 20:00 New York (EST) on (Leo: 00:00 → 01:00 (Europe/London) and team: 08:00 → 09:00"
            in america["text"]
        )


async def test_an_hour_that_becomes_night_or_leaves_the_host_s_hours_is_named(tmp_path):
    async with running(tmp_path, start=NOVEMBER) as bot:
        await rooms(bot)
        await bot.ok('/host edit ada hours="daily 10:00-22:00"')
        await bot.ok("/show plan us_main every wed 08:00 length=1h host=ada save=yes")
        await morning(bot, "2027-10-26")
        [message] = await told(bot, "Sun 7 Nov")
        assert "Ada: 20:00 → 21:00 (Asia/Shanghai)" in message["text"]
        assert "night" not in message["text"]
        await bot.ok("/show plan us_main every thu 09:00 length=1h host=ada save=yes")
        await morning(bot, "2027-10-27")
        [message] = await told(bot, "Sun 7 Nov")
        assert "Ada: 21:00 → 22:00 (Asia/Shanghai), now at night and outside the host's hours" in message["text"]


async def test_where_nothing_moves_nothing_is_said(tmp_path):
    async with running(tmp_path, start=MARCH) as bot:
        await bot.ok("/room add cn_main cn")
        await bot.ok("/host add ada name=Ada")
        await bot.ok("/show plan cn_main every fri 20:00 host=ada save=yes")
        await morning(bot, "2027-03-20")
        assert [] == await told(bot, "")


async def test_more_series_than_buttons_keep_one_for_all(bot, monkeypatch):
    monkeypatch.setattr(foresight_card, "MOST_WITH_BUTTONS", 2)
    for hour in range(10, 13):
        await bot.ok(f"/show plan us_main every fri {hour}:00 length=30m save=yes")
    await morning(bot, "2027-03-01")
    [message] = await told(bot, "Sun 14 Mar")
    stored = await bot.app.store.read(lambda tx: tx.webchat.get(message["id"]))
    keeps = [
        dict(button.args).get("series") for button in buttons_of(stored.reply) if button.command == "foresight keep"
    ]
    assert (len(keeps), None in keeps) == (3, True)
    await bot.press_command(message["id"], "foresight keep", matrix="main", day="2027-03-14", series="w2")
    assert (await bot.ok("/foresight keep main 2027-03-14")).text == "The market's hour stays for 2 series."
