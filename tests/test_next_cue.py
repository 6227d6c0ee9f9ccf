"""What the chat says of cues late in a busy show: the next one is still to come, an answered one says so."""

from __future__ import annotations

import re
from datetime import timedelta

import aiohttp

from bot.app import App
from bot.clock import VirtualClock
from bot.demo.day import BEGINS_AT, STARTS_AT, ShowDay
from bot.demo.matrix import HOST, OPERATOR, PEOPLE
from bot.demo.play import demo_settings
from bot.keys import new_secret
from tests.front_door import Bot


async def test_the_next_cue_lies_ahead_and_an_answered_one_says_so(tmp_path):
    app = App(demo_settings(tmp_path, "en", web_port=0, ingest_port=0), VirtualClock(BEGINS_AT), people=PEOPLE)
    async with (
        app,
        aiohttp.ClientSession() as http,
        ShowDay(app, new_secret(), played={person.slug for person in PEOPLE}) as day,
    ):
        await day.set_up()
        await day.advance(STARTS_AT + timedelta(seconds=6700))
        bot = Bot(app, http)
        cues = await app.store.read(lambda tx: tx.shows.cues("us_main-0312"))
        assert [cue.id for cue in cues if cue.at_s < 6600 and cue.state == "planned"] == []
        text = (await bot.ok("/now", OPERATOR)).text
        hour, minute = map(int, re.search(r"(\d\d):(\d\d) Shanghai, us_main-0312\.c\d+", text).groups())
        assert (hour, minute) >= (10, 51), text
        shown = await bot.messages("host", HOST)
        done = [message for message in shown if message["text"].startswith("Recap") and not message["buttons"]]
        assert done
        assert all(re.search(r"Done · was due at \d\d:\d\d Shanghai", message["text"]) for message in done)
