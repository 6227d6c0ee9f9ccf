"""Cues the host does not answer, streams that do not come, and how all of it reads."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.asked import GOING_ON, MINUTE, SECOND, counts, labels, of_kind, one, ready, story
from tests.evenings import minutes_of_chat, scripted
from tests.front_door import SHOW_AT, running


async def release(bot, kind="release"):
    """On air, 20 s before the first cue of this kind; returns the cue and its moment."""
    show = await ready(bot, length="1h")
    await bot.advance(SHOW_AT)
    await bot.send([bot.line("stream", state="started"), bot.line("concurrent", n=300)])
    cue = next(item for item in await bot.app.store.read(lambda tx: tx.shows.cues(show)) if item.kind == kind)
    at = SHOW_AT + timedelta(seconds=cue.at_s)
    await bot.advance(at - 20 * SECOND)
    return cue.id, at


async def test_a_release_the_host_does_not_answer_goes_to_the_operator(bot):
    cue, at = await release(bot)
    assert "If nobody answers within 30 s of that, it goes to the operators" in (await one(bot, "cue", "team"))["text"]
    host = (await of_kind(bot, "nudge.release", "host", "mia"))[-1]
    assert "If nobody" not in host["text"], "two seconds are enough to read it"
    await bot.advance(at + 29 * SECOND)
    assert [] == await of_kind(bot, "ask.release")
    await bot.advance(at + 30 * SECOND)
    asked = await one(bot, "ask.release", "team")
    assert "Olga: the host has not answered. us_main: Release the link: Lamp 1" in asked["text"]
    assert ["Done", "Skip", "+5 min"] == labels(asked)
    host = (await of_kind(bot, "nudge.release", "host", "mia"))[-1]
    assert "the operators" in host["text"]
    await bot.advance(at + 60 * SECOND)
    assert "Nobody answered" in (await one(bot, "ask.release", "team"))["text"]
    await bot.press_command(asked["id"], "cue done", "olga")
    for message in [*await of_kind(bot, "ask.release"), *await of_kind(bot, "cue")]:
        assert "Olga answered at" in message["text"]
    assert "Mark a cue as done" in (await story(bot, cue))[-1], "late, and still told"


@pytest.mark.parametrize(
    ("kind", "channel", "person", "seconds", "command"),
    [
        ("nudge.release", "host", "mia", 5, "cue done"),
        ("cue", "team", "olga", 5, "cue skip"),
        ("nudge.release", "host", "mia", 40, "cue skip"),
        ("cue", "team", "olga", 40, "cue done"),
        ("ask.release", "team", "olga", 40, "cue done"),
    ],
)
async def test_a_release_is_answered_from_any_copy(bot, kind, channel, person, seconds, command):
    _, at = await release(bot)
    await bot.advance(at + seconds * SECOND)
    everywhere = [m for name in ("nudge.release", "cue", "ask.release") for m in await of_kind(bot, name)]
    assert (3 if seconds > 30 else 2) == len(everywhere)
    old = {message["id"]: await bot.button(message["id"], command) for message in everywhere}
    await bot.press_command((await one(bot, kind, channel))["id"], command, person)
    for message in [m for name in ("nudge.release", "cue", "ask.release") for m in await of_kind(bot, name)]:
        assert f"{person.capitalize()} answered at" in message["text"]
        assert [] == labels(message)
        again = await bot.press(message["id"], old[message["id"]], "boss")
        assert (409, True) == (again.status, person.capitalize() in again.text), again.body
    await bot.advance(at + 120 * SECOND)
    assert (1 if seconds > 30 else 0) == len(await of_kind(bot, "ask.release"))
    assert ["answered"] == await counts(bot, "release")


async def test_a_release_that_is_put_off_is_asked_again_at_its_new_time(bot):
    cue, at = await release(bot)
    await bot.advance(at + 40 * SECOND)
    asked = await one(bot, "ask.release", "team")
    await bot.press_command(asked["id"], "cue delay", "olga", by="5m")
    assert (await one(bot, "ask.release", "team"))["text"].startswith("Moved")
    await bot.ok("/product edit us_main P1 price=18.90", "olga")
    assert (await one(bot, "ask.release", "team"))["text"].startswith("Moved"), "a new price does not bring it back"
    await bot.advance(at + 300 * SECOND + 30 * SECOND)
    first, second = await of_kind(bot, "ask.release", "team")
    assert first["text"].startswith("Moved")
    assert "Olga: the host has not answered" in second["text"]
    assert "Olga answered in team" in (await story(bot, cue))[2]


async def test_off_air_nobody_is_asked_about_a_cue(bot):
    cue, at = await release(bot)
    await bot.advance(at)
    await bot.send([bot.line("stream", state="ended")])
    await bot.advance(seconds=1)
    assert "goes to" not in (await one(bot, "cue", "team"))["text"]
    await bot.advance(minutes=3)
    assert [] == await of_kind(bot, "ask.release")
    assert "ended with the session" in (await story(bot, cue))[-1]
    await bot.send([bot.line("stream", state="started")])
    await bot.advance(seconds=1)
    assert "ended, nobody had answered" in (await story(bot, cue))[-1], "its moment has passed meanwhile"


async def test_a_break_of_some_seconds_does_not_end_a_question(bot):
    _, at = await release(bot)
    await bot.advance(at)
    await bot.send([bot.line("stream", state="ended")])
    await bot.advance(seconds=10)
    await bot.send([bot.line("stream", state="started")])
    await bot.advance(at + 31 * SECOND)
    assert "Olga: the host has not answered" in (await one(bot, "ask.release", "team"))["text"]


async def test_a_hand_off_goes_to_the_operator_too(bot):
    _, at = await release(bot, "hand_off")
    await bot.advance(at + 31 * SECOND)
    asked = await one(bot, "ask.hand_off", "team")
    assert "Olga: the host has not answered. us_main: Tell viewers" in asked["text"]
    await bot.press_command(asked["id"], "cue done", "olga")
    assert "Olga answered at" in (await one(bot, "nudge.hand_off", "host", "mia"))["text"]


async def test_a_release_ten_minutes_late_is_asked_of_nobody(tmp_path):
    async with running(tmp_path) as bot:
        cue, at = await release(bot)
        await bot.advance(at)
    async with running(tmp_path, start=at + 10 * MINUTE) as bot:
        await bot.advance(seconds=1)
        assert [] == [m for m in await of_kind(bot, "ask.release") if "Lamp 1" in m["text"]]
        assert 1 == (await counts(bot))["dropped_steps"]
        assert "too late to ask the operators; left out" in " ".join(await story(bot, cue))


# -- the stream that does not come ---------------------------------------------


async def missing(bot):
    show = await ready(bot)
    await bot.ok(f"/checklist go {show}", "olga")
    await bot.advance(SHOW_AT + 3 * MINUTE)
    return show


async def test_a_no_show_nobody_explains_goes_to_the_managers(bot):
    show = await missing(bot)
    assert "If nobody answers by 09:07 Shanghai, it goes to the managers" in (await one(bot, "no_show", "team"))["text"]
    await bot.advance(SHOW_AT + 7 * MINUTE)
    asked = await one(bot, "ask.no_show", "managers")
    assert asked["text"].startswith("Max: nothing is on air in us_main, due at 20:00 New York")
    assert ["It has started", "It comes late", "Ask a stand-in", "Cancel the show"] == labels(asked)
    await bot.advance(SHOW_AT + 61 * MINUTE)
    for message in [*await of_kind(bot, "no_show"), *await of_kind(bot, "ask.no_show")]:
        assert "Nobody answered" in message["text"]
    assert "ended, nobody had answered" in (await story(bot, show))[-1]


@pytest.mark.parametrize(
    ("kind", "channel", "person"), [("no_show", "team", "olga"), ("ask.no_show", "managers", "max")]
)
@pytest.mark.parametrize("command", ["show start", "show cancel"])
async def test_a_no_show_is_answered_from_either_copy(bot, kind, channel, person, command):
    show = await missing(bot)
    await bot.advance(SHOW_AT + 8 * MINUTE)
    await bot.press_command((await one(bot, kind, channel))["id"], command, person)
    for message in [*await of_kind(bot, "no_show"), *await of_kind(bot, "ask.no_show")]:
        assert f"{person.capitalize()} answered at 09:08" in message["text"]
        assert [] == labels(message)
    assert f"{person.capitalize()} answered in {channel}" in (await story(bot, show))[-1]


async def test_a_no_show_is_asked_on_when_the_cancellation_is_taken_back(bot):
    show = await missing(bot)
    await bot.advance(SHOW_AT + 4 * MINUTE)
    await bot.press_command((await one(bot, "no_show", "team"))["id"], "show cancel", "olga")
    await bot.ok("/undo", "olga")
    assert "it goes to the managers" in (await one(bot, "no_show", "team"))["text"]
    await bot.advance(SHOW_AT + 7 * MINUTE)
    assert "Max: nothing is on air" in (await one(bot, "ask.no_show", "managers"))["text"]
    assert "Olga" not in " ".join(await story(bot, show))[-80:]


async def test_a_stream_that_comes_ends_it(bot):
    show = await missing(bot)
    await bot.advance(SHOW_AT + 5 * MINUTE)
    await bot.send([bot.line("stream", state="started"), bot.line("concurrent", n=300)])
    await bot.advance(SHOW_AT + 10 * MINUTE)
    assert [] == await of_kind(bot, "ask.no_show")
    assert "ended, the show went on air" in (await story(bot, show))[-1]


# -- words ---------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_what_is_read_of_it(tmp_path, language, snapshot):
    async with running(tmp_path, language=language) as bot:
        seen = {}

        async def note(name):
            seen[name] = [
                f"{message['channel']}: {message['text']} {labels(message)}"
                for kind in ("go", "no_show", "alert.cold_room", "cue", "ask")
                for message in await of_kind(bot, kind)
            ]

        show = await ready(bot)
        await note("T-10")
        await bot.advance(SHOW_AT - 6 * MINUTE)
        await note("T-6")
        await bot.advance(SHOW_AT - 3 * MINUTE)
        await note("T-3")
        await bot.advance(SHOW_AT)
        await note("T")
        seen["why"] = (await bot.ok(f"/why {show}")).text.splitlines()[-6:]
        await bot.advance(SHOW_AT + 7 * MINUTE)
        await note("no-show")
        await bot.press_command((await one(bot, "ask.no_show", "managers"))["id"], "show start", "max")
        await scripted(bot, *GOING_ON)
        await minutes_of_chat(bot, 7.6, 4)
        await bot.ok("/alert ack a1", "max")
        await note("on air")
        seen["why alert"] = (await bot.ok("/why a1")).text.splitlines()[-5:]
        assert snapshot == seen
