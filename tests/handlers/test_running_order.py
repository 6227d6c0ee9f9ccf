"""Cues on air: put off, dropped, taken back; and nothing promised twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.front_door import SHOW_AT


@pytest.fixture
async def live(bot):
    """A one-hour show with two products, on air at its time."""
    await bot.room()
    await bot.plan()
    await bot.advance(SHOW_AT)
    await bot.send([bot.line("stream", state="started"), bot.line("concurrent", n=300)])
    return bot


async def cues(bot, kind=None):
    found = await bot.app.store.read(lambda tx: tx.shows.cues("us_main-0312"))
    return [cue for cue in found if kind in (None, cue.kind)]


async def nudges(bot, cue=None):
    rows = await bot.app.store.read(lambda tx: tx.alerts.nudges("x1"))
    return [row for row in rows if cue in (None, row.subject)]


async def test_a_cue_put_off_comes_once_more_to_both_and_the_old_cards_say_so(live):
    bot = live
    release = (await cues(bot, "release"))[0]
    await bot.advance(SHOW_AT + timedelta(seconds=release.at_s - 10))
    old_card, old_nudge = await bot.find("Lamp 1", "team"), await bot.find("Lamp 1", "host")
    await bot.press_command(old_card["id"], "cue delay", "olga")
    shown = {m["id"]: m for m in [*await bot.messages("team"), *await bot.messages("host")]}
    assert [] == shown[old_card["id"]]["buttons"]
    assert [] == shown[old_nudge["id"]]["buttons"]
    await bot.advance(SHOW_AT + timedelta(seconds=release.at_s + 300 - 10))
    new_card = await bot.find("Lamp 1", "team")
    assert new_card["id"] not in (old_card["id"], old_nudge["id"])
    sent = [row for row in await nudges(bot, release.id) if row.state == "sent"]
    assert 2 == len(sent)


async def test_putting_off_a_cue_withdraws_every_nudge_that_waits_for_a_later_one(live):
    bot = live
    hold, tease = (await cues(bot, "hold"))[0], (await cues(bot, "tease"))[0]
    await bot.app.store.write(lambda tx: tx.shows.save_cue(_at(tease, hold.at_s + 40)))
    await bot.app.store.write(lambda tx: tx.timers.set("CueDue", tease.id, SHOW_AT + timedelta(seconds=hold.at_s + 20)))
    await bot.advance(SHOW_AT + timedelta(seconds=hold.at_s + 30))
    assert ["waiting"] == [row.state for row in await nudges(bot, tease.id)]
    await bot.ok(f"/cue delay {hold.id} 5m", "olga")
    await bot.advance(SHOW_AT + timedelta(seconds=hold.at_s + 290))
    assert ["dropped"] == [row.state for row in await nudges(bot, tease.id)], "not sent at the old time"


async def test_segments_still_follow_each_other_after_a_delay(live):
    bot = live
    first_of_a_segment = next(cue for cue in await cues(bot) if cue.kind == "segment")
    await bot.ok(f"/cue delay {first_of_a_segment.id} 5m", "olga")
    segments = await bot.app.store.read(lambda tx: tx.shows.segments("us_main-0312"))
    ends = [segment.starts_s + segment.length_s for segment in segments]
    assert [segment.starts_s for segment in segments[1:]] == ends[:-1]
    assert 3900 == ends[-1]


async def test_a_cue_that_falls_due_while_the_bot_is_down_is_dropped_and_counted(live):
    bot = live
    [hold, *_] = await cues(bot, "hold")
    bot.app.clock.set(SHOW_AT + timedelta(seconds=hold.at_s + 65))  # nothing ran meanwhile
    await bot.advance(seconds=1)
    assert "dropped" == (await cues(bot, "hold"))[0].state
    assert [("dropped", "late")] == [(row.state, row.why) for row in await nudges(bot, hold.id)]
    now = await bot.ok("/now")
    assert hold.id not in now.text


async def test_without_a_host_the_cues_still_come(bot):
    await bot.room()
    await bot.ok("/show plan us_main 2027-03-12 20:00 length=1h")
    await bot.advance(SHOW_AT)
    await bot.send([bot.line("stream", state="started")])
    await bot.advance(SHOW_AT + timedelta(seconds=890))
    assert "Lamp 1" in (await bot.find("Lamp 1", "host"))["text"]


async def test_a_later_start_moves_the_rundown_and_an_earlier_one_does_not(bot):
    await bot.room()
    await bot.plan()
    await bot.advance(SHOW_AT + timedelta(minutes=7))
    await bot.send([bot.line("stream", state="started")])
    hold = (await cues(bot, "hold"))[0]
    timers = await bot.app.store.read(lambda tx: tx.timers.of_subject(hold.id))
    assert SHOW_AT + timedelta(minutes=7, seconds=hold.at_s - 20) == timers[0].due_at


async def test_the_price_in_a_waiting_release_is_the_price_when_it_is_said(live):
    bot = live
    release = (await cues(bot, "release"))[0]
    await bot.advance(SHOW_AT + timedelta(seconds=release.at_s - 15))
    await bot.ok("/product edit us_main P1 price=17.90", "olga")
    await bot.advance(seconds=1)
    for channel in ("team", "host"):
        assert "US$17.90" in (await bot.find("Lamp 1", channel))["text"], channel


async def test_no_countdown_is_lost_to_the_release_behind_it(live):
    """Both are due within one slot of the host's attention: one card says them."""
    bot = live
    await bot.advance(SHOW_AT + timedelta(minutes=40))
    countdowns = [cue.id for cue in await cues(bot, "countdown")]
    assert [] == [row for row in await nudges(bot) if row.subject in countdowns]
    releases = [row for row in await nudges(bot) if row.kind == "release" and row.state == "sent"]
    assert 2 == len(releases)
    assert "Count down" in (await bot.find("Lamp 2, US$29.90", "host"))["text"]


async def test_a_skipped_product_is_not_on_air(live):
    bot = live
    hold = (await cues(bot, "hold"))[0]
    await bot.advance(SHOW_AT + timedelta(seconds=hold.at_s + 5))
    await bot.send([bot.line("concurrent", n=300)])
    assert "Lamp 1" in (await bot.ok("/prompt us_main", "mia")).text
    await bot.ok(f"/cue skip {hold.id}", "mia")
    assert "Lamp 1" not in (await bot.ok("/prompt us_main", "mia")).text


async def test_a_giveaway_that_was_put_off_is_a_giveaway_at_its_new_time(bot):
    await bot.room()
    await bot.plan(length="150m")
    await bot.advance(SHOW_AT)
    await bot.send([bot.line("stream", state="started")])
    giveaway = (await cues(bot, "giveaway"))[0]
    await bot.ok(f"/cue delay {giveaway.id} 20m", "olga")
    live = bot.app.ports.live.get("x1")
    assert not live.tally.tick(giveaway.at_s // 10 + 1).giveaway
    assert live.tally.tick((giveaway.at_s + 1200) // 10 + 1).giveaway


def _at(cue, at_s):
    return replace(cue, at_s=at_s)
