"""When a session opens, goes on and closes (SCHEMAS, "A session opens by ..."), whatever order the lines come in."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.core.reply import encode
from handlers import sessions
from tests.front_door import SHOW_AT

MINUTE = timedelta(minutes=1)


async def sessions_of(bot, room="us_main"):
    """Oldest first."""
    return (await bot.app.store.read(lambda tx: tx.sessions.of_room(room, 20)))[::-1]


async def tally_of(bot, session):
    return await bot.app.store.read(lambda tx: sessions.tally_of(tx, session))


async def show_of(bot, show):
    return await bot.app.store.read(lambda tx: tx.shows.get(show))


@pytest.fixture
async def planned(bot):
    """A bot with a one-hour show at SHOW_AT."""
    await bot.room()
    await bot.plan()
    return bot


async def go_live(bot, at=SHOW_AT):
    await bot.advance(at)
    await bot.send([bot.line("stream", state="started"), bot.line("concurrent", n=300)])


async def test_a_lone_order_opens_nothing_and_belongs_to_the_session_that_follows(planned):
    bot = planned
    await bot.advance(SHOW_AT - 5 * MINUTE)
    await bot.send([bot.line("order", n=1, gmv="9.90", order_id="early")])
    assert await sessions_of(bot) == []
    await go_live(bot)
    [session] = await sessions_of(bot)
    assert 1 == (await tally_of(bot, session)).count("orders").value


async def test_what_came_before_the_opener_in_the_same_batch_is_not_lost(planned):
    bot = planned
    await bot.advance(SHOW_AT)
    order = bot.line("order", SHOW_AT - MINUTE, n=1, gmv="9.90", order_id="early")
    await bot.send([order, bot.line("stream", state="started")])
    [session] = await sessions_of(bot)
    assert 1 == (await tally_of(bot, session)).count("orders").value


@pytest.mark.parametrize(("minutes", "is_planned"), [(31, False), (30, True), (-20, True)])
async def test_a_show_may_begin_half_an_hour_early(planned, minutes, is_planned):
    bot = planned
    await bot.advance(SHOW_AT - minutes * MINUTE)
    await bot.send([bot.line("comment", n=3)])
    [session] = await sessions_of(bot)
    assert is_planned == (session.show is not None)


async def test_a_stream_that_began_too_early_becomes_the_show_when_its_time_comes(planned):
    bot = planned
    await bot.advance(SHOW_AT - 45 * MINUTE)
    await bot.send([bot.line("stream", state="started"), bot.line("concurrent", n=40)])
    for _ in range(4):
        await bot.advance(minutes=4)
        await bot.send([bot.line("concurrent", n=60)])
    [session] = await sessions_of(bot)
    assert "us_main-0312" == session.show
    assert "live" == (await show_of(bot, session.show)).state
    await bot.advance(SHOW_AT + 20 * MINUTE)
    hosts = [message["text"] for message in await bot.messages("host")]
    assert any("Lamp 1" in text for text in hosts), "the cues come at the planned times"
    assert "us_main-0312" == bot.app.ports.live.get(session.id).session.show


async def test_a_show_started_by_hand_takes_over_the_unplanned_session(planned):
    bot = planned
    await bot.advance(SHOW_AT - 45 * MINUTE)
    await bot.send([bot.line("stream", state="started")])
    await bot.ok("/show start us_main-0312", "olga")
    [session] = await sessions_of(bot)
    assert ("live", "us_main-0312") == (session.state, session.show)


@pytest.mark.parametrize("after", [2, 7, 10])
async def test_ended_then_started_within_ten_minutes_is_the_same_session(planned, after):
    bot = planned
    await go_live(bot)
    await bot.advance(minutes=20)
    await bot.send([bot.line("stream", state="ended")])
    await bot.advance(minutes=after)
    await bot.send([bot.line("stream", state="started"), bot.line("concurrent", n=200)])
    [session] = await sessions_of(bot)
    assert "live" == session.state
    assert "live" == (await show_of(bot, session.show)).state
    await bot.advance(minutes=20)
    await bot.send([bot.line("order", n=1, gmv="19.90", order_id="o1"), bot.line("stream", state="ended")])
    await bot.advance(minutes=6)
    summaries = [m for m in await bot.messages("managers") if "Provisional" in m["text"]]
    assert 1 == len(summaries), "one summary, edited when the session went on"
    assert "US$19.90" in summaries[0]["text"]


async def test_ended_then_started_later_is_another_session(planned):
    bot = planned
    await go_live(bot)
    await bot.advance(minutes=1)
    await bot.send([bot.line("stream", state="ended")])
    await bot.advance(minutes=11)
    await bot.send([bot.line("stream", state="started")])
    assert ["provisional", "live"] == [session.state for session in await sessions_of(bot)]


async def test_the_rest_of_the_rundown_comes_back_with_the_stream(planned):
    bot = planned
    await go_live(bot)
    await bot.advance(minutes=5)
    await bot.send([bot.line("stream", state="ended")])
    await bot.advance(minutes=1)
    await bot.send([bot.line("stream", state="started")])
    cues = await bot.app.store.read(lambda tx: tx.shows.cues("us_main-0312"))
    assert {"planned"} == {cue.state for cue in cues if cue.at_s > 420}
    await bot.advance(SHOW_AT + 16 * MINUTE)
    assert "Lamp 1" in (await bot.find("Lamp 1", "host"))["text"]


async def test_an_end_that_was_overtaken_by_its_restart_closes_nothing(planned):
    bot = planned
    await go_live(bot)
    await bot.advance(minutes=20)
    await bot.send([bot.line("stream", state="started")])
    await bot.send([bot.line("stream", bot.now - MINUTE, state="ended")])
    [session] = await sessions_of(bot)
    assert "live" == session.state


async def test_an_end_from_before_the_session_closes_nothing(planned):
    bot = planned
    await go_live(bot)
    await bot.advance(minutes=1)
    await bot.send([bot.line("stream", SHOW_AT - 90 * MINUTE, state="ended")])
    [session] = await sessions_of(bot)
    assert "live" == session.state


async def test_a_line_sent_again_under_another_webhook_does_nothing(planned):
    bot = planned
    await go_live(bot)
    await bot.advance(minutes=5)
    ended = bot.line("stream", state="ended", id="e1")
    await bot.send([ended])
    await bot.advance(minutes=1)
    await bot.send([bot.line("stream", state="started", id="s2")])
    await bot.advance(minutes=1)
    answer = await bot.send([ended])
    assert {"accepted": 0, "duplicates": 1} == answer.body
    [session] = await sessions_of(bot)
    assert "live" == session.state


async def test_stragglers_belong_to_the_session_that_ended_and_later_likes_to_the_next(planned):
    bot = planned
    await go_live(bot)
    await bot.advance(minutes=5)
    await bot.send([bot.line("stream", state="ended")])
    await bot.advance(minutes=2)
    await bot.send([bot.line("like", n=5)])
    await bot.advance(hours=3)
    await bot.send([bot.line("like", n=70)])
    await bot.advance(minutes=1)
    await bot.send([bot.line("stream", state="started")])
    first, second = await sessions_of(bot)
    assert 5 == (await tally_of(bot, first)).count("likes").value
    assert 70 == (await tally_of(bot, second)).count("likes").value


async def test_a_late_order_lands_in_the_session_of_its_own_time(planned):
    bot = planned
    await go_live(bot)
    await bot.advance(minutes=5)
    await bot.send([bot.line("stream", state="ended")])
    await bot.advance(hours=2)
    await bot.send([bot.line("stream", state="started")])
    await bot.send([bot.line("order", SHOW_AT + 3 * MINUTE, n=1, gmv="9.90", order_id="late")])
    first, second = await sessions_of(bot)
    assert 1 == (await tally_of(bot, first)).count("orders").value
    assert (await tally_of(bot, second)).count("orders") is None


async def test_a_line_from_days_ago_opens_nothing(planned):
    bot = planned
    await bot.send([bot.line("comment", bot.now - timedelta(days=3), n=1)])
    assert [] == await sessions_of(bot)


async def test_silence_after_the_planned_end_closes_the_session_at_its_last_signal(planned):
    bot = planned
    await go_live(bot)
    await bot.advance(SHOW_AT + 62 * MINUTE)
    await bot.send([bot.line("concurrent", n=10)])
    await bot.advance(SHOW_AT + 66 * MINUTE)
    assert "live" == (await sessions_of(bot))[0].state
    await bot.advance(SHOW_AT + 68 * MINUTE)
    [session] = await sessions_of(bot)
    assert ("silence", SHOW_AT + 62 * MINUTE) == (session.ended_by, session.ended_at)


async def test_a_show_without_any_source_lasts_until_its_planned_end(planned):
    bot = planned
    await bot.advance(SHOW_AT)
    await bot.ok("/show start us_main", "olga")
    await bot.advance(SHOW_AT + 66 * MINUTE)
    [session] = await sessions_of(bot)
    assert SHOW_AT + 60 * MINUTE == session.ended_at


async def test_the_next_show_of_the_room_opens_on_a_new_stream(planned):
    """The stream of the first show ends with it, and the second show's begins two minutes later."""
    bot = planned
    await bot.ok("/show plan us_main 2027-03-12 21:00 length=1h")
    await go_live(bot)
    await bot.advance(SHOW_AT + 60 * MINUTE)
    await bot.send([bot.line("stream", state="ended")])
    await bot.advance(minutes=2)
    await bot.send([bot.line("stream", state="started")])
    first, second = await sessions_of(bot)
    assert first.show != second.show
    assert "live" == (await show_of(bot, second.show)).state


async def test_a_no_show_is_taken_back_when_the_stream_comes(planned):
    bot = planned
    await bot.advance(SHOW_AT + 3 * MINUTE)
    alarm = await bot.find("nothing on air")
    await bot.advance(minutes=2)
    await bot.send([bot.line("stream", state="started")])
    await bot.advance(seconds=1)
    now = {message["id"]: message for message in await bot.messages()}[alarm["id"]]
    assert [] == now["buttons"]
    assert "on air" in now["text"]


async def test_the_next_show_is_missed_aloud_while_the_one_before_runs_over(planned):
    bot = planned
    await bot.ok("/show plan us_main 2027-03-12 21:00 length=1h")
    await go_live(bot)
    await bot.advance(SHOW_AT + 63 * MINUTE)
    alarm = await bot.find("still on air")
    assert "show end" in encode((await bot.app.store.read(lambda tx: tx.webchat.get(alarm["id"]))).reply)


async def test_two_batches_at_once_are_counted_once_in_memory(planned):
    """Whichever of them loads the new session, no line is counted twice and none is missed."""
    bot = planned
    await bot.advance(SHOW_AT)
    await asyncio.gather(*(bot.send([bot.line("comment", n=1, id=f"c{n}")]) for n in range(12)))
    [session] = await sessions_of(bot)
    live = bot.app.ports.live.get(session.id)
    assert 12 == live.tally.count("comments").value


async def test_an_end_in_spite_of_a_no_go_is_said(planned):
    bot = planned
    await bot.advance(SHOW_AT - 10 * MINUTE)
    await bot.ok("/checklist no_go us_main power cut")
    await go_live(bot)
    await bot.advance(seconds=1)
    assert "no-go" in (await bot.find("is on air"))["text"]
