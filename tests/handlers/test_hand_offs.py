"""Viewers sent to a sibling room: at the end of a show, and when a room is colder than the sibling; who arrived."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from tests.asked import labels, of_kind, one
from tests.evenings import Judging, judging, minutes_of_chat, scripted
from tests.front_door import SHOW_AT, running

LINE = "Don't go far: Glow Side is live right now with lamps. Look for @glow.side and come on over!"
COLD = (("opened", "warning"), *[("going_on", "warning")] * 8, ("cleared", "notice"))
MINUTE = timedelta(minutes=1)


async def two(bot, market="us", main="2h", side="3h", **edits):
    """us_main (session x1) and us_side (x2) on air, both well judged; hosts Mia and Zoe."""
    await bot.room()
    more = {"name": '"Glow Side"', "handle": "@glow.side", "theme": "lamps"} | edits
    await bot.ok(f"/room add us_side {market} " + " ".join(f"{name}={value}" for name, value in more.items()))
    await bot.ok("/host add zoe name=Zoe")
    await bot.secret("us_side")
    await bot.plan(length=main)
    await bot.ok(f'/show plan us_side "2027-03-12 {at_in(market)}" length={side} host=zoe')
    await bot.advance(SHOW_AT)
    for room in ("us_main", "us_side"):
        await bot.send([bot.line("stream", state="started"), bot.line("concurrent", n=300)], room)
    await bot.advance(seconds=30)
    judging(bot, "x2", Judging(0.1))


def at_in(market):
    """A time there at which a show of three hours is on air at SHOW_AT."""
    return {"us": "20:00", "uk": "23:30"}[market]


async def rung(bot):
    """The cold-room alert of us_main as the team sees it."""
    await scripted(bot, *COLD)
    await minutes_of_chat(bot, 1.4, 4)
    return await one(bot, "alert.cold_room", "team")


async def kept(bot, session="x1"):
    return await bot.app.store.read(lambda tx: tx.hand_offs.of_session(session))


def send_to(message):
    return [label for label in labels(message) if "Glow Side" in label]


async def people(bot, room, *users):
    await bot.send([bot.line("comment", user=user) for user in users], room)


@pytest.fixture
async def bot(tmp_path):
    async with running(tmp_path) as running_bot:
        yield running_bot


async def sent(bot):
    """The operator has sent it; the host's card, once its turn has come."""
    card = await rung(bot)
    await bot.press_command(card["id"], "handoff send", "olga")
    await minutes_of_chat(bot, 1.6, 4)
    return await one(bot, "nudge.hand_off", "host", "mia")


async def test_a_cold_rooms_card_offers_the_lively_sibling_and_the_host_gets_nothing_by_itself(bot):
    await two(bot)
    card = await rung(bot)
    assert LINE in card["text"]
    assert ["Send viewers to Glow Side"] == send_to(card)
    await minutes_of_chat(bot, 3, 4)
    assert [] == await of_kind(bot, "nudge.hand_off")
    assert 1 == len(await kept(bot)), "the same offer stands, however often the alert is told anew"


async def test_sent_by_the_operator_it_reaches_the_host_within_the_budget_and_is_used(bot):
    await two(bot)
    host = await sent(bot)
    assert "us_main: send viewers to Glow Side" in host["text"]
    assert LINE in host["text"]
    assert ["Used it"] == labels(host)
    nudges = [row for row in await bot.app.store.read(lambda tx: tx.alerts.nudges("x1")) if row.state == "sent"]
    gaps = [(b.at - a.at).total_seconds() for a, b in pairwise(nudges)]
    assert 90 <= min(gaps)
    card = await one(bot, "alert.cold_room", "team")
    assert "The host has it." in card["text"]
    assert [] == send_to(card)
    assert "Olga answered at" in card["text"], "that is an answer to the alert"
    await bot.press_command(host["id"], "handoff used", "mia")
    assert "Viewers were sent on: Mia" in (await one(bot, "alert.cold_room", "team"))["text"]
    assert [] == labels(await one(bot, "nudge.hand_off", "host", "mia"))
    again = await bot.say("/handoff used h1", "mia", "host")
    assert (409, True) == (again.status, "Mia" in again.text)


async def test_a_team_that_reads_chinese_has_the_line_in_the_markets_language_and_in_its_own(tmp_path):
    async with running(tmp_path, language="zh-CN") as bot:
        await two(bot)
        card = await rung(bot)
        assert LINE in card["text"]
        assert "别走远，Glow Side正在直播lamps" in card["text"]
        assert any("把观众导到 Glow Side" in label for label in labels(card))


async def test_who_arrived_is_counted_by_the_users_both_rooms_name(bot):
    await two(bot)
    await people(bot, "us_main", "ann", "ben", "cleo", "dan")
    await people(bot, "us_side", "cleo", "zed")
    host = await sent(bot)
    await bot.press_command(host["id"], "handoff used", "mia")
    await bot.advance(seconds=30)
    await people(bot, "us_side", "ann", "cleo", "zed", "new")
    await bot.advance(minutes=10)
    await people(bot, "us_side", "dan", "ann")
    await bot.advance(minutes=6)
    await people(bot, "us_side", "ben")
    await bot.ok("/show end us_main", "olga")
    await bot.advance(minutes=6)
    summary = (await bot.ok("/summary show us_main", "max", "managers")).text
    assert "2 arrived within 15 min" in summary, "Ann and Dan; Cleo was there before, Ben came too late"
    assert "Viewers were sent to Glow Side" in summary
    assert 2 == (await kept(bot))[0].arrived
    assert "Arrived: 2" in (await bot.ok("/why h1", "olga")).text
    await bot.ok("/show end us_side", "olga")
    await bot.advance(minutes=6)
    received = (await bot.ok("/summary show us_side", "max", "managers")).text
    assert "us_main sent its viewers here" in received
    assert "2 arrived within 15 min" in received


@pytest.mark.parametrize("named", [("us_main",), ("us_side",)])
async def test_without_users_on_both_sides_arrivals_are_not_measured(bot, named):
    await two(bot)
    for room in named:
        await people(bot, room, "ann", "ben")
    host = await sent(bot)
    await bot.press_command(host["id"], "handoff used", "mia")
    for room in named:
        await people(bot, room, "ann", "ben", "eve")
    await bot.ok("/show end us_main", "olga")
    await bot.advance(minutes=6)
    summary = (await bot.ok("/summary show us_main", "max", "managers")).text
    assert "how many arrived was not measured" in summary
    assert (await kept(bot))[0].arrived is None


async def test_while_they_are_still_counted_the_summary_says_so_and_a_day_later_it_is_whole(bot):
    await two(bot)
    await people(bot, "us_main", "ann", "ben")
    await people(bot, "us_side", "zed")
    host = await sent(bot)
    await bot.press_command(host["id"], "handoff used", "mia")
    await people(bot, "us_side", "ann")
    await bot.ok("/show end us_main", "olga")
    await bot.advance(minutes=6)
    assert "1 arrived so far" in (await bot.ok("/summary show us_main", "max", "managers")).text
    await people(bot, "us_side", "ben")
    await bot.ok("/show end us_side", "olga")
    await bot.advance(hours=25)
    assert "2 arrived within 15 min" in (await bot.ok("/summary show us_main", "max", "managers")).text


@pytest.mark.parametrize(
    ("setting", "cold"),
    [({"market": "uk"}, 0.1), ({}, 0.4), ({}, None), ({"side": "20m"}, 0.1), ({"matrix": "other"}, 0.1)],
)
async def test_no_sibling_that_is_of_another_market_not_surely_lively_or_about_to_end_is_offered(bot, setting, cold):
    await two(bot, **setting)
    if "x2" in {live.session.id for live in bot.app.ports.live}:
        judging(bot, "x2", Judging(cold))
    await bot.advance(minutes=6)
    card = await rung(bot)
    assert "Glow Side" not in card["text"]
    assert [] == await kept(bot)


async def test_an_offer_comes_when_the_sibling_is_lively_and_goes_when_it_is_off_air(bot):
    await two(bot)
    judging(bot, "x2", Judging(0.6))
    card = await rung(bot)
    assert [] == send_to(card)
    judging(bot, "x2", Judging(0.05))
    await minutes_of_chat(bot, 1.2, 4)
    card = await one(bot, "alert.cold_room", "team")
    old = await bot.button(card["id"], "handoff send")
    await bot.send([bot.line("stream", state="ended")], "us_side")
    await bot.advance(seconds=30)
    card = await one(bot, "alert.cold_room", "team")
    assert [] == send_to(card)
    assert "Glow Side is no place to send viewers to any more" in card["text"]
    refused = await bot.press(card["id"], old, "olga")
    assert 409 == refused.status
    assert [] == await of_kind(bot, "nudge.hand_off")


async def test_what_the_host_has_on_the_screen_goes_with_the_sibling(bot):
    await two(bot)
    await sent(bot)
    await bot.send([bot.line("stream", state="ended")], "us_side")
    await bot.advance(seconds=30)
    host = await one(bot, "nudge.hand_off", "host", "mia")
    assert "Do not send viewers to Glow Side any more." in host["text"]
    assert [] == labels(host)


async def test_all_clear_takes_the_line_back(bot):
    await two(bot)
    card = await rung(bot)
    await minutes_of_chat(bot, 8, 4)
    await bot.press_command(card["id"], "handoff send", "olga")
    await minutes_of_chat(bot, 1, 4)
    assert [] == send_to(await one(bot, "alert.cold_room", "team"))
    refused = await bot.say("/handoff send h1", "olga")
    assert (409, True) == (refused.status, "a1" in refused.text)
    for host in await of_kind(bot, "nudge.hand_off", "host", "mia"):
        assert [] == labels(host)


async def closing(bot, **setting):
    """20 s before the hand-off cue of us_main; the host's card."""
    await two(bot, **setting)
    cue = next(c for c in await bot.app.store.read(lambda tx: tx.shows.cues("us_main-0312")) if c.kind == "hand_off")
    await bot.advance(SHOW_AT + timedelta(seconds=cue.at_s - 19))
    return cue, await one(bot, "nudge.hand_off", "host", "mia")


async def test_the_closing_cue_names_the_sibling_on_air_and_done_means_used(bot):
    cue, host = await closing(bot, main="30m")
    assert "Send viewers to Glow Side: on air now" in host["text"]
    assert LINE in host["text"]
    refused = await bot.say("/handoff used h1", "mia", "host")
    assert (409, True) == (refused.status, cue.id in refused.text)
    assert 409 == (await bot.say("/handoff send h1", "olga")).status
    await bot.press_command(host["id"], "cue done", "mia")
    found = (await kept(bot))[0]
    assert ("end", "mia", bot.now) == (found.why, found.used_by, found.used_at)
    told = (await bot.ok("/why h1", "olga")).text
    assert "the show was ending" in told
    assert "Used by: Mia" in told


async def test_the_operators_who_are_asked_see_the_line_too(bot):
    await closing(bot, main="30m")
    await bot.advance(seconds=60)
    asked = await one(bot, "ask.hand_off", "team")
    assert "Send viewers to Glow Side: on air now" in asked["text"]
    assert LINE in asked["text"]


async def test_a_closing_cue_whose_sibling_goes_off_air_says_what_is_true_then(bot):
    _, host = await closing(bot, main="30m")
    assert LINE in host["text"]
    await bot.send([bot.line("stream", state="ended")], "us_side")
    await bot.advance(seconds=1)
    host = await one(bot, "nudge.hand_off", "host", "mia")
    assert "Glow Side" not in host["text"]
    assert "Tell viewers when the next show is" in host["text"]


@pytest.mark.parametrize("setting", [{"side": "35m"}, {"matrix": "other"}])
async def test_without_anywhere_to_send_them_the_closing_cue_is_what_it_was(bot, setting):
    _, host = await closing(bot, main="30m", **setting)
    assert host["text"].startswith("Tell viewers when the next show is")
    assert [] == await kept(bot)


@pytest.mark.parametrize(
    ("plan", "line"),
    [
        ("us_main 2027-03-13 20:00", "We're back here tomorrow at 8:00"),
        ("us_side 2027-03-13 09:30", "Glow Side goes live tomorrow at 9:30"),
    ],
)
async def test_with_no_sibling_on_air_the_closing_line_is_the_next_show(bot, plan, line):
    await bot.room()
    await bot.ok('/room add us_side us name="Glow Side"')
    await bot.plan(length="15m")
    await bot.ok(f"/show plan {plan} length=1h")
    await bot.advance(SHOW_AT)
    await bot.send([bot.line("stream", state="started")])
    await bot.advance(SHOW_AT + 14 * MINUTE)
    host = await one(bot, "nudge.hand_off", "host", "mia")
    assert line in host["text"].replace("\N{NO-BREAK SPACE}", " ")
    await bot.press_command(host["id"], "cue done", "mia")
    await bot.ok("/show end us_main", "olga")
    await bot.advance(minutes=6)
    assert "Viewers were told of the next show" in (await bot.ok("/summary show us_main", "max", "managers")).text
