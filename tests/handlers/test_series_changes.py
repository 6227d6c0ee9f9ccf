"""Moving, leaving out, cancelling and editing: this show, it and the following, all; and each of it taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core import schedule
from bot.core.zones import resolve
from tests.front_door import SHOW_AT
from tests.standing import state

FIRST, SECOND, THIRD = "us_main-0312", "us_main-0319", "us_main-0326"
WEEKLY = "/show plan us_main every fri 20:00 length=1h host=mia save=yes"


async def stands(bot):
    """As tests.standing has it, without what was planned and taken back."""
    shows, timers, *more = await state(bot)
    gone = {show.id for show in shows if show.state == "skipped" and show.series is None}
    return [show for show in shows if show.id not in gone], timers, *more[:2]


async def show_of(bot, name):
    return await bot.app.store.read(lambda tx: tx.shows.get(name))


async def all_series(bot):
    return await bot.app.store.read(lambda tx: tx.shows.all_series())


async def starts(bot, **only):
    shows = (await state(bot))[0]
    return {
        show.id: f"{show.starts_local:%a %H:%M}" for show in shows if show.state == only.get("state", "planned")
    }  # fmt: skip


@pytest.fixture
async def weekly(bot):
    await bot.room()
    await bot.ok(WEEKLY)
    return bot


CHANGES = [
    (f"/show move {SECOND} 21:30", 1),
    (f"/show move {SECOND} 2027-03-20", 1),
    (f"/show move {SECOND} 2027-03-21 10:00 length=2h", 1),
    (f"/show move {SECOND} 21:30 scope=following", 7),
    (f"/show move {SECOND} every sat 19:00 scope=following", 7),
    (f"/show move {SECOND} every wed,fri 20:00 scope=following", 0),
    (f"/show move {SECOND} 21:30 scope=all length=90m", 8),
    (f"/show move {THIRD} every sun 11:00 scope=all", 8),
    (f"/show skip {SECOND}", 1),
    ("/show skip w1 2027-03-26", 1),
    ("/show skip w1 2027-07-02", 0),
    (f"/show cancel {SECOND} ill", 1),
    (f"/show cancel {SECOND} ill scope=following", 7),
    (f"/show cancel {SECOND} ill scope=all", 8),
    (f'/show edit {SECOND} title="Spring sale"', 1),
    (f"/show edit {SECOND} length=2h scope=following", 7),
    (f"/show edit {SECOND} likes_goal=900 benefit=tote scope=all", 8),
]


async def test_each_change_reaches_what_it_says_and_is_taken_back_exactly(weekly):
    bot = weekly
    before = await stands(bot)
    for line, expected in CHANGES:
        asked = await bot.ok(line, "olga")
        if expected > 1 or "every" in line:
            assert before == await stands(bot), f"{line}: only shown"
            await bot.press_command(asked.body["reply"]["id"], " ".join(line[1:].split()[:2]), "olga", save="yes")
        after = await stands(bot)
        assert before != after, line
        old = {show.id: show for show in before[0]}
        reached = [
            show.id
            for show in after[0]
            if show.id in old
            and (show.starts_at, show.state, show.title, show.likes_goal, show.duration_s)
            != (
                old[show.id].starts_at, old[show.id].state, old[show.id].title, old[show.id].likes_goal,
                old[show.id].duration_s,
            )
        ]  # fmt: skip
        assert expected == len(reached), (line, reached)
        await sound(bot)
        await bot.ok("/undo", "olga")
        assert before == await stands(bot), line


async def sound(bot, sequences=None):
    """Each date of a rule is one show, none is two; timers are those of the shows to come; a sequence never falls."""

    def look(tx):
        shows = tx.shows.between(SHOW_AT - timedelta(days=9), SHOW_AT + timedelta(days=400))
        for series in tx.shows.all_series():
            rows = [show for show in shows if show.series == series.id]
            slots = [row.slot for row in rows if row.slot is not None]
            assert len(slots) == len(set(slots)), series.id
            ahead = [slot for slot in slots if schedule.is_of(series.phrase, slot)]
            if series.ended or not ahead:
                continue
            assert [] == [row.id for row in rows if row.slot not in ahead and row.starts_at > bot.now]
            every = schedule.between(series.phrase, series.zone, bot.now, bot.now + timedelta(days=400))
            coming = sorted(slot for slot in ahead if resolve(slot, series.zone).at >= bot.now)
            assert [each.wall for each in every][: len(coming)] == coming, series.id
        for show in shows:
            waiting = {timer.kind for timer in tx.timers.of_subject(show.id) if timer.done_at is None}
            is_to_come = show.state in ("planned", "go", "no_go") and show.starts_at > bot.now
            assert ("NoShowDue" in waiting) == is_to_come or show.starts_at <= bot.now, show
            assert not (show.is_off and waiting), show
        return {show.id: show.sequence for show in shows}

    found = await bot.app.store.read(look)
    for name, number in (sequences or {}).items():
        assert found.get(name, number) >= number, name
    return found


async def test_this_and_the_following_become_a_series_of_their_own(weekly):
    bot = weekly
    await bot.ok(f"/show move {SECOND} 21:30 scope=following save=yes", "olga")
    old, new = await all_series(bot)
    assert ("w1", None) == (new.since, old.since)
    assert "every fri 20:00 from 2027-03-12 until 2027-03-18" == schedule.phrase_text(old.phrase)
    assert "every fri 21:30 from 2027-03-19" == schedule.phrase_text(new.phrase)
    assert {"Fri 20:00": 1, "Fri 21:30": 7} == {
        time: list((await starts(bot)).values()).count(time) for time in set((await starts(bot)).values())
    }
    await bot.advance(SHOW_AT + timedelta(days=8))
    assert "Fri 21:30" == list((await starts(bot)).values())[-1], "it goes on by the new rule"


async def test_what_somebody_changed_by_hand_stays_and_is_told(weekly):
    bot = weekly
    await bot.ok(f"/show move {THIRD} 2027-03-27 15:00", "olga")
    await bot.ok("/show cancel us_main-0402 no studio", "olga")
    await bot.ok("/show skip us_main-0409", "olga")
    told = await bot.ok(f"/show move {SECOND} every sat 19:00 scope=following save=yes", "olga")
    assert "1 show that was changed by hand stays" in told.text
    by_hand = await show_of(bot, THIRD)
    assert ("Sat 15:00", "2027-03-27T19:00") == (f"{by_hand.starts_local:%a %H:%M}", f"{by_hand.slot:%FT%H:%M}")
    assert ["cancelled", "skipped"] == [(await show_of(bot, f"us_main-04{day}")).state for day in ("02", "09")]
    await sound(bot)


async def test_an_odd_move_says_what_to_type_instead(weekly):
    bot = weekly
    for line, said in (
        (f"/show move {SECOND} every sat 20:00", "scope=following"),
        (f"/show move {SECOND} sat 20:00 scope=following", "every sat 20:00 scope=following"),
        (f"/show move {SECOND} 20:00", "/show list us_main"),
        (f"/show move {SECOND} 2027-03-01 20:00", "2028"),
        ("/show skip w1 2027-03-20", "/show skip w1 2027-03-19"),
        ("/show skip w1", "/show skip w1 2027-03-19"),
        (f"/show edit {SECOND}", f"/show edit {SECOND} title="),
    ):
        refused = await bot.say(line, "olga")
        assert refused.status in (400, 409), line
        assert said in (refused.body["try"] or refused.text) or "past" in refused.text, (line, refused.body)
    await bot.ok("/show plan us_main 2027-03-13 12:00 length=1h")
    assert "/show cancel us_main-0313" == (await bot.say("/show skip us_main-0313", "olga")).body["try"]
    await bot.advance(SHOW_AT)
    await bot.ok("/show start us_main", "olga")
    assert "/show end us_main" == (await bot.say(f"/show move {FIRST} 23:00", "olga")).body["try"]


async def test_a_weekday_that_may_be_of_this_week_or_of_the_shows_own_is_asked(weekly):
    bot = weekly
    refused = await bot.say(f"/show move {THIRD} sat", "olga")
    assert refused.status == 400
    assert "Sat 13 Mar" in refused.text
    assert "Sat 27 Mar" in refused.text
    assert refused.body["try"] == f"/show move {THIRD} 2027-03-27 20:00"
    await bot.ok(refused.body["try"], "olga")
    await bot.ok(f"/show move {FIRST} sat 19:00", "olga")  # in the week of the show both are one
    await bot.ok(f"/show move {SECOND} tomorrow 9:00", "olga")
    found = await starts(bot)
    assert ["Sat 19:00", "Sat 09:00", "Sat 20:00"] == [found[name] for name in (FIRST, SECOND, THIRD)]


async def test_a_button_that_was_overtaken_does_nothing(weekly):
    bot = weekly
    asked = await bot.ok(f"/show move {SECOND} every sat 19:00 scope=following", "olga")
    await bot.ok(f"/show move {SECOND} 18:00", "max")
    late = await bot.press_command(asked.body["reply"]["id"], "show move", "olga", save="yes")
    assert 409 == late.status
    assert "has been changed since" in late.text
    no = await bot.press_command(asked.body["reply"]["id"], "show move", "olga", save="no")
    assert "Nothing is changed" in no.text


async def test_a_card_posted_for_the_old_time_follows_the_show(weekly):
    bot = weekly
    await bot.advance(SHOW_AT - timedelta(minutes=8))
    card, question = await bot.find("checklist"), await bot.find("go or no-go")
    await bot.ok(f"/checklist tick {FIRST} light_key", "olga")
    await bot.ok(f"/show move {FIRST} 2027-03-13 20:00 save=yes", "olga")
    texts = {message["id"]: message["text"] for message in await bot.messages()}
    assert "Sat 13 Mar 20:00" in texts[card["id"]]
    assert "the show was moved to Sat 13 Mar 20:00" in texts[question["id"]]
    asked = len(await bot.messages("managers"))
    await bot.advance(SHOW_AT + timedelta(hours=3))
    assert asked == len(await bot.messages("managers")), "nobody is chased for the old time"
    await bot.advance(SHOW_AT + timedelta(hours=23, minutes=1))
    again = await bot.find("checklist")
    assert card["id"] != again["id"]
    done = await bot.app.store.read(lambda tx: [i.state for i in tx.checklists.items(FIRST) if i.key == "light_key"])
    assert ["done"] == done, "ticks stay"
    await bot.advance(SHOW_AT + timedelta(hours=23, minutes=51))
    assert question["id"] != (await bot.find("go or no-go"))["id"]
    await bot.advance(SHOW_AT + timedelta(hours=24, minutes=4))
    assert "nothing on air" in (await bot.find("nothing on air"))["text"]


async def test_everybody_who_has_to_know_is_told_once(weekly):
    bot = weekly
    await bot.ok(f"/show move {SECOND} 21:30", "max", "managers")
    for channel in ("team", "host"):
        told = [m["text"] for m in await bot.messages(channel) if "is moved" in m["text"]]
        assert 1 == len(told), channel
        assert "Sat 20 Mar 08:00 Shanghai (UTC+8) → Sat 20 Mar 09:30 Shanghai (UTC+8)" in told[0]
    await bot.ok("/undo", "max", "managers")
    back = [m["text"] for m in await bot.messages("host")][-2:]
    assert "Max took this back" in back[0]
    assert "is as it was" in back[1]


async def test_over_a_change_of_clocks_the_market_keeps_its_hour(weekly):
    bot = weekly
    asked = await bot.ok(f"/show move {FIRST} every sun 02:30 scope=following", "olga")
    assert "Sun 14 Mar 03:30 New York (EDT)" in asked.text
    assert "this time does not exist on that day" in asked.text
    await bot.press_command(asked.body["reply"]["id"], "show move", "olga", save="yes")
    first = await show_of(bot, FIRST)
    assert ("03-14 03:30", "03-14 02:30") == (f"{first.starts_local:%m-%d %H:%M}", f"{first.slot:%m-%d %H:%M}")
    second = await show_of(bot, SECOND)
    assert second.starts_local == second.slot
    await sound(bot)


async def test_the_list_keeps_what_is_cancelled_with_its_reason(weekly):
    bot = weekly
    await bot.ok(f"/show cancel {SECOND} the studio is flooded", "olga")
    await bot.ok(f"/show skip {THIRD}", "olga")
    listed = (await bot.ok("/show list", "vera")).text
    assert f"✕ {SECOND}" in listed
    assert "cancelled · the studio is flooded" in listed
    assert THIRD not in listed
    assert THIRD in (await bot.ok("/show list all=yes", "vera")).text
    series = (await bot.ok("/show series w1", "vera")).text
    assert "2 dates are not as the rule says" in series


async def test_a_plan_is_shown_first_and_its_button_saves_it_once(bot):
    await bot.room()
    shown = await bot.ok("/show plan us_main every fri 20:00 length=1h host=mia", "olga")
    assert [] == await all_series(bot)
    assert "Sat 20 Mar 08:00 Shanghai (UTC+8) · clocks have changed · the hour moves for Mia" in shown.text
    saved = await bot.press_command(shown.body["reply"]["id"], "show plan", "olga", save="yes")
    again = await bot.press_command(shown.body["reply"]["id"], "show plan", "olga", save="yes")
    assert 409 == again.status
    assert "has that series already: w1" in again.text
    await bot.press_command(saved.body["reply"]["id"], "undo", "olga")
    assert "No shows are planned" in (await bot.ok("/show list")).text
    assert [("skipped", None)] == list({(show.state, show.series) for show in (await state(bot))[0]})
    plain = await bot.ok("/show plan us_main 2027-03-13 20:00 length=1h host=mia", "olga")
    assert "is planned" in plain.text
    gap = await bot.ok("/show plan us_main 2027-03-14 02:30 length=30m", "olga")
    assert "not planned yet" in gap.text
    assert "this time does not exist on that day" in gap.text
    holiday = await bot.ok("/show plan us_main 2027-07-04 20:00 length=1h host=mia", "olga")
    assert "not planned yet" in holiday.text


async def test_a_series_that_is_in_another_ones_way_needs_a_managers_word(weekly):
    bot = weekly
    await bot.ok("/show plan us_main 2027-03-20 20:00 length=1h", "olga")
    refused = await bot.ok(f"/show move {SECOND} every sat 20:30 scope=following save=yes", "olga")
    assert "us_main-0320" in refused.text
    assert "Fri 20:00" == (await starts(bot))[SECOND]
    line = f'/show move {SECOND} every sat 20:30 scope=following despite="two sets" save=yes'
    assert 403 == (await bot.say(line, "olga")).status
    await bot.ok(line, "max")
    assert "Sat 20:30" == (await starts(bot))[SECOND]
