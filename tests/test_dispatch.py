"""Dispatch: what falls due runs in order, late things run late or are dropped aloud, and nothing stops the others."""

from __future__ import annotations

import contextlib
from datetime import timedelta

import pytest

from bot.core.events import GoDue, ReminderDue, TimerFired
from bot.dispatch import Dispatch
from handlers import EVENT_HANDLERS, sessions, signals
from handlers.completion import COMPLETERS
from tests.front_door import SHOW_AT, running


@contextlib.asynccontextmanager
async def back_at(folder, at):
    """The bot is down after a show was planned, and comes back at an instant."""
    async with running(folder) as bot:
        await bot.room()
        show = await bot.plan(when="2027-03-14 20:00")
    async with running(folder, start=at) as bot:
        await bot.advance(bot.now)
        yield bot, show


THEN = SHOW_AT + timedelta(days=2) - timedelta(hours=1)
"""20:00 on the 14th in New York: the clocks went forward that night."""


async def test_a_timer_that_is_late_runs_and_says_so(tmp_path):
    async with back_at(tmp_path, THEN - timedelta(minutes=30)) as (bot, show):
        assert await bot.find("checklist")
        why = (await bot.say(f"/why {show}")).text
        assert "checklist: done, 30 min late" in why


async def test_a_timer_that_is_too_late_for_its_kind_is_dropped_and_why_tells(tmp_path):
    async with back_at(tmp_path, THEN - timedelta(hours=11)) as (bot, show):
        reminder = next(
            timer
            for timer in await bot.app.store.read(lambda tx: tx.timers.of_subject(show))
            if timer.kind == "ReminderDue"
        )
        assert f"dropped: {13 * 3600} s late" == reminder.outcome
        assert not [message for message in await bot.messages() if "tomorrow" in message["text"].lower()]
        assert "reminder: dropped, since it was 13 h late" in (await bot.say(f"/why {show}")).text


async def test_a_timer_just_in_time_for_its_kind_runs(tmp_path):
    async with back_at(tmp_path, THEN - timedelta(hours=12)) as (bot, show):
        timers = await bot.app.store.read(lambda tx: tx.timers.of_subject(show))
        assert {"ReminderDue": "done, 43200 s late"} == {
            timer.kind: timer.outcome for timer in timers if timer.done_at is not None
        }


class Flaky:
    """Fails so many times, then hands over to the real handler."""

    def __init__(self, real, times: int) -> None:
        self.real, self.times = real, times
        self.at: list[TimerFired] = []

    def __call__(self, tx, event, ports):
        self.at.append(event.now)
        tx.remember("half", "done")
        if len(self.at) <= self.times:
            raise ZeroDivisionError
        self.real(tx, event, ports)


async def test_a_failing_handler_is_retried_whole_and_does_not_stop_others(bot):
    await bot.room()
    await bot.plan()
    broken = Flaky(EVENT_HANDLERS[GoDue], 3)
    bot.app.dispatch = Dispatch(bot.app.ports, {**EVENT_HANDLERS, GoDue: broken}, signals.on_tick, COMPLETERS)
    at = SHOW_AT - timedelta(minutes=10)
    await bot.advance(at + timedelta(seconds=59))
    assert [at] == broken.at
    assert await bot.app.store.read(lambda tx: tx.fact("half")) is None, "what it wrote before it failed is undone"
    await bot.plan(when="2027-03-13 19:50", length="30m")
    assert await bot.find("us_main-0313")
    await bot.advance(at + timedelta(minutes=3, seconds=1))
    assert [at + timedelta(minutes=minute) for minute in range(4)] == broken.at
    questions = [message for message in await bot.messages() if "go or no-go" in message["text"]]
    assert len(questions) == 1


async def test_what_falls_due_runs_oldest_first_and_timers_before_ticks(bot):
    await bot.room()
    await bot.plan()
    ran: list[str] = []

    def watched(kind):
        def run(tx, event, ports):
            ran.append(kind.__name__)
            EVENT_HANDLERS[kind](tx, event, ports)

        return run

    events = dict(EVENT_HANDLERS) | {kind: watched(kind) for kind in (GoDue, ReminderDue)}
    bot.app.dispatch = Dispatch(bot.app.ports, events, signals.on_tick, COMPLETERS)
    await bot.app.store.write(lambda tx: tx.timers.set("GoDue", "us_main-0312", bot.now + timedelta(seconds=2)))
    await bot.app.store.write(lambda tx: tx.timers.set("ReminderDue", "us_main-0312", bot.now + timedelta(seconds=1)))
    bot.app.clock.set(bot.now + timedelta(seconds=5))
    await bot.app.dispatch.run_due()
    assert ["ReminderDue", "GoDue"] == ran[:2]


async def test_after_a_pause_what_is_said_of_one_show_keeps_its_order(bot):
    """Handed over side by side, they still are written one after the other, the oldest first."""
    await bot.room()
    shows = [await bot.plan(when=f"2027-03-{day} 20:00") for day in (12, 14)]
    await bot.ok("/show plan us_main every day 10:00 length=30m host=mia save=yes")
    bot.app.clock.set(SHOW_AT - timedelta(minutes=8))
    await bot.app.dispatch.run_due()

    def look(tx):
        kinds = [row[0] for row in tx.db.execute("select kind from messages where show = ? order by rowid", [shows[0]])]
        done = [(timer.kind, timer.done_at) for timer in tx.timers.of_subject(shows[0])]
        return [kind for kind in kinds if kind in ("reminder", "checklist", "go")], done

    kinds, done = await bot.app.store.read(look)
    assert kinds == sorted(kinds, key=["reminder", "checklist", "go"].index)
    assert {"checklist", "go"} <= set(kinds)
    assert all(at is not None for kind, at in done if kind in ("ChecklistDue", "OwnersDue", "GoDue"))


async def test_a_failing_tick_waits_a_minute_and_then_goes_on_where_it_was(bot):
    """Its memory is read anew after a failure: a hold on the old one would try again without a pause, for ever."""
    await bot.room()
    await bot.plan()
    await bot.advance(SHOW_AT)
    tries: list[int] = []

    async def on_tick(live, now, ports):
        tries.append(live.judged + 1)
        if len(tries) == 1:
            ports.live.remove(live.session.id)
            await sessions.load_live(ports)
            raise ZeroDivisionError
        await signals.on_tick(live, now, ports)

    bot.app.dispatch = Dispatch(bot.app.ports, EVENT_HANDLERS, on_tick, COMPLETERS)
    await bot.send([bot.line("stream", state="started"), bot.line("concurrent", n=300)])
    await bot.advance(seconds=70)
    assert [0] == tries
    await bot.advance(seconds=30)
    assert [0, *range(len(tries) - 1)] == tries
    assert len(tries) > 5


@pytest.mark.parametrize(
    ("line", "needed"), [("/room add uk_main uk", "manager"), ("/checklist go us_main-0312", "operator")]
)
async def test_a_line_above_ones_role_is_refused_by_name_and_leaves_no_trace(bot, line, needed):
    await bot.room()
    await bot.plan()
    before = await bot.messages()
    refused = await bot.say(line, "vera")
    assert refused.status == 403
    assert needed in refused.text.lower()
    assert before == await bot.messages()


async def test_a_button_is_checked_against_whoever_presses_it(bot):
    await bot.room()
    show = await bot.plan()
    await bot.advance(SHOW_AT - timedelta(minutes=9))
    question = await bot.find("go or no-go")
    for person in ("mia", "vera"):
        refused = await bot.press_command(question["id"], "checklist go", person)
        assert refused.status == 403
    assert "planned" == (await bot.app.store.read(lambda tx: tx.shows.get(show))).state
    assert [] == [
        e for e in await bot.app.store.read(lambda tx: tx.audit.of_subject(show)) if e.action == "checklist.go"
    ]


async def test_a_line_said_twice_with_one_nonce_is_done_once_and_answered_the_same(bot):
    first = await bot.say("/room add us_main us", nonce="n1")
    again = await bot.say("/room add us_main us", nonce="n1")
    assert (200, first.body) == (again.status, again.body)
    assert len(await bot.messages()) == 2
    assert (await bot.say("/room add us_main us", nonce="n2")).status == 409


async def test_a_line_that_failed_is_not_kept_and_may_be_said_again(bot):
    assert (await bot.say("/product add us_main P1 19.90", nonce="n1")).status == 404
    await bot.ok("/room add us_main us")
    assert (await bot.say("/product add us_main P1 19.90 name=Lamp", nonce="n1")).status == 200
    assert ["/room add us_main us", "/product add us_main P1 19.90 name=Lamp"] == [
        message["text"] for message in await bot.messages() if message["author"]["kind"] == "person"
    ]
