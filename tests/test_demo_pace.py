"""The demo's time slows down exactly while something waits for a person whom the script does not play."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.app import App
from bot.clock import VirtualClock
from bot.demo.day import BEGINS_AT, STARTS_AT, ShowDay
from bot.demo.matrix import HOST, MANAGER, OPERATOR, PEOPLE
from bot.demo.pace import SLOW, Pace, pace
from bot.demo.play import demo_settings
from bot.keys import new_secret

FULL, SLOWLY, UNHURRIED = Pace(45.0), Pace(SLOW, skips=False), Pace(45.0, skips=False)


@pytest.fixture
async def day(tmp_path):
    """The day with the manager played, the operator and the host left to people."""
    settings = demo_settings(tmp_path, "en", web_port=0, ingest_port=0)
    app = App(settings, VirtualClock(BEGINS_AT), people=PEOPLE)
    async with app, ShowDay(app, new_secret(), played={MANAGER}) as running:
        await running.set_up()
        yield running


async def at(day: ShowDay, seconds: float, *humans: str) -> Pace:
    await day.advance(STARTS_AT + timedelta(seconds=seconds))
    now = day.app.clock.now()
    return await day.app.store.read(lambda tx: pace(tx, now, STARTS_AT, set(humans), 45.0))


async def test_time_waits_for_whoever_has_something_to_decide(day):
    assert await at(day, -20 * 3600, OPERATOR) == FULL  # the day is planned although nobody plays the operator
    assert await at(day, -1800) == FULL
    assert await at(day, -1800, OPERATOR) == UNHURRIED
    assert await at(day, -580, HOST) == UNHURRIED
    assert await at(day, -580, OPERATOR) == SLOWLY
    assert await at(day, 300, OPERATOR, HOST) == FULL
    assert await at(day, 5600, OPERATOR) == SLOWLY  # the alert rings
    alert = (await day.app.store.read(lambda tx: tx.alerts.open()))[0]
    await day.door.say(OPERATOR, "team", f"/alert ack {alert.id}")
    assert await at(day, 5605, OPERATOR) == FULL
    assert await at(day, 5605, HOST) == SLOWLY  # the host has not said a line yet
    prompts = await day.app.store.read(lambda tx: tx.alerts.prompts(alert.session))
    await day.door.say(HOST, "host", f"/prompt used {prompts[0].id}")
    assert await at(day, 5650, HOST) == FULL
