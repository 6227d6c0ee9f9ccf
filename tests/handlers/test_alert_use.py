"""What people say of an alert (it was not useful), and how it grows while nobody takes it."""

from __future__ import annotations

import pytest

from tests.evenings import minutes_of_chat, on_air, scripted
from tests.front_door import running

RISING = (("opened", "notice"), ("going_on", "warning"), ("going_on", "urgent"), ("going_on", "notice"))


async def alert(bot):
    [found] = await bot.app.store.read(lambda tx: tx.alerts.of_session("x1"))
    return found


async def of_kind(bot, kind):
    """The team's messages of a kind, as they stand."""
    stored = await bot.app.store.read(lambda tx: tx.webchat.since("team", 0, "boss"))
    ids = {message.id for message in stored if message.kind == kind}
    return [message for message in await bot.messages() if message["id"] in ids]


async def card(bot):
    [found] = await of_kind(bot, "alert.cold_room")
    return found


def labels(message):
    return [button["label"] for button in message["buttons"]]


@pytest.fixture
async def rung(bot):
    """On air, with a cold-room alert that is open."""
    await on_air(bot)
    await minutes_of_chat(bot, 1, 40)
    await scripted(bot, ("opened", "warning"), ("going_on", "warning"), ("cleared", "notice"))
    await minutes_of_chat(bot, 1.5, 4)
    return bot


async def test_not_useful_is_shown_with_who_said_it_and_closes_nothing(rung):
    bot = rung
    await bot.press_command((await card(bot))["id"], "alert not_useful", "olga")
    assert "Not useful, said Olga 09:0" in (await card(bot))["text"]
    assert ("open", "olga") == ((await alert(bot)).state, (await alert(bot)).not_useful_by)
    assert ["I'm on it", "Snooze 10 min", "Useful after all", "Why?"] == labels(await card(bot))[-4:]
    assert "Olga: Say that an alert was not useful" in (await bot.ok("/why a1")).text
    [entry] = await bot.app.store.read(lambda tx: tx.audit.newest(1, actor="olga"))
    session = await bot.app.store.read(lambda tx: tx.sessions.get("x1"))
    assert ("us_main", session.show) == (entry.room, entry.show)
    assert "Not useful, said Olga" in (await bot.ok("/why a1")).text


async def test_said_twice_it_names_who_said_it_first(rung):
    bot = rung
    old = await bot.button((await card(bot))["id"], "alert not_useful")
    await bot.ok("/alert not_useful", "max")
    again = await bot.press((await card(bot))["id"], old, "olga")
    assert (409, True) == (again.status, "Max said already, at 09:0" in again.text), again.body
    assert "/alert useful a1" == again.body["try"]
    assert "max" == (await alert(bot)).not_useful_by


async def test_it_can_be_taken_back_once(rung):
    bot = rung
    await bot.ok("/alert not_useful a1", "olga")
    await bot.press_command((await card(bot))["id"], "alert useful", "max")
    assert "Not useful" not in (await card(bot))["text"]
    assert "Not useful" in labels(await card(bot))
    assert None is (await alert(bot)).not_useful_by
    again = await bot.say("/alert useful a1", "olga")
    assert (409, "/alert not_useful a1") == (again.status, again.body["try"])
    why = (await bot.ok("/why a1")).text
    assert "Olga: Say that an alert was not useful" in why
    assert "Max: Take back that an alert was not useful" in why


async def test_it_can_be_said_after_the_all_clear_and_after_the_show(rung):
    bot = rung
    await minutes_of_chat(bot, 2, 40)
    assert "resolved" == (await alert(bot)).state
    await bot.press_command((await card(bot))["id"], "alert not_useful", "olga")
    assert "Not useful, said Olga" in (await card(bot))["text"]
    await bot.send([bot.line("stream", state="ended")])
    await bot.advance(minutes=1)
    await bot.press_command((await card(bot))["id"], "alert useful", "olga")
    await bot.press_command((await card(bot))["id"], "alert not_useful", "max")
    assert "Not useful, said Max" in (await card(bot))["text"]
    assert ["Useful after all", "Why?"] == labels(await card(bot))[-2:]


async def test_it_can_be_said_of_one_that_rang_until_the_end(rung):
    bot = rung
    await bot.send([bot.line("stream", state="ended")])
    await bot.advance(minutes=1)
    assert ["Not useful", "Why?"] == labels(await card(bot))[-2:]
    await bot.press_command((await card(bot))["id"], "alert not_useful", "olga")
    assert "Not useful, said Olga" in (await card(bot))["text"]


async def test_without_an_id_and_nothing_open_it_asks_which(bot):
    answer = await bot.say("/alert not_useful", "olga")
    assert (400, "/alert not_useful a1") == (answer.status, answer.body["try"])


async def test_a_viewer_may_not_say_it(rung):
    answer = await rung.say("/alert not_useful a1", "vera")
    assert 403 == answer.status
    assert None is (await alert(rung)).not_useful_by


async def test_it_survives_a_restart(tmp_path):
    async with running(tmp_path) as bot:
        await on_air(bot)
        await scripted(bot, ("opened", "warning"))
        await minutes_of_chat(bot, 1.5, 4)
        await bot.ok("/alert not_useful a1", "olga")
        now = bot.now
    async with running(tmp_path, start=now) as bot:
        assert 409 == (await bot.say("/alert not_useful a1", "max")).status
        await bot.ok("/alert ack a1", "max")
        assert "Not useful, said Olga" in (await card(bot))["text"]


async def test_severity_only_rises_while_it_is_open_and_is_told_in_words(bot):
    await on_air(bot)
    await scripted(bot, *RISING)
    seen = []
    for _ in RISING:
        await minutes_of_chat(bot, 1, 4)
        await bot.advance(seconds=20)
        found = await alert(bot)
        seen.append((found.severity, (await card(bot))["tone"], (await card(bot))["text"].splitlines()[0]))
    assert [
        ("notice", "warning", "us_main: Cold room · mild"),
        ("warning", "alert", "us_main: Cold room · serious"),
        ("urgent", "alert", "us_main: Cold room · urgent"),
        ("urgent", "alert", "us_main: Cold room · urgent"),
    ] == seen


async def test_one_that_nobody_took_is_said_once_more_when_it_becomes_urgent(bot):
    await on_air(bot)
    await scripted(bot, *RISING, ("going_on", "urgent"), ("cleared", "notice"))
    await minutes_of_chat(bot, 2.5, 4)
    assert [] == await of_kind(bot, "ask.alert")
    await minutes_of_chat(bot, 1, 4)
    [more] = await of_kind(bot, "ask.alert")
    assert "Olga: an alert that nobody has taken" in more["text"]
    assert ["I'm on it", "Snooze 10 min", "Not useful", "Why?"] == labels(more)
    assert ("alert", True) == (more["tone"], more["notify"])
    await minutes_of_chat(bot, 2, 4)
    await bot.press_command(more["id"], "alert ack", "olga")
    [more] = await of_kind(bot, "ask.alert")
    assert "nobody" not in more["text"]
    assert "Olga took it" in more["text"]
    assert "Olga took it" in (await card(bot))["text"]
    assert (["Snooze 10 min", "Not useful", "Why?"], "warning") == (labels(more), more["tone"])
    await minutes_of_chat(bot, 2, 40)
    [more] = await of_kind(bot, "ask.alert")
    assert ("good", True) == (more["tone"], "all clear" in more["text"])


@pytest.mark.parametrize("line", ["/alert ack a1", "/alert snooze a1 20m"])
async def test_one_that_somebody_has_is_not_said_again(bot, line):
    await on_air(bot)
    await scripted(bot, *RISING)
    await minutes_of_chat(bot, 1.5, 4)
    await bot.ok(line, "olga")
    await minutes_of_chat(bot, 4, 4)
    assert "urgent" == (await alert(bot)).severity
    assert [] == await of_kind(bot, "ask.alert")
    assert [] == await of_kind(bot, "alert.worse")


async def test_one_that_is_urgent_from_the_first_is_not_said_again_at_once(bot):
    await on_air(bot)
    await scripted(bot, ("opened", "urgent"), ("going_on", "urgent"))
    await minutes_of_chat(bot, 2.3, 4)
    assert [] == await of_kind(bot, "ask.alert")
    await minutes_of_chat(bot, 0.7, 4)
    assert 1 == len(await of_kind(bot, "ask.alert")), "90 seconds later it is"


async def test_a_line_was_used_and_it_became_urgent_all_the_same(bot):
    """Using a line is an answer; when that did not help, the alert is asked anew."""
    await on_air(bot)
    await scripted(bot, *RISING)
    await minutes_of_chat(bot, 1.5, 4)
    await bot.press_command((await card(bot))["id"], "prompt used", "olga")
    assert "Olga answered at" in (await card(bot))["text"]
    await minutes_of_chat(bot, 2, 4)
    [more] = await of_kind(bot, "alert.worse")
    assert "it has become urgent" in more["text"]
    assert "it goes to the operators by name" in more["text"]
    assert [] == await of_kind(bot, "ask.alert")
    await minutes_of_chat(bot, 2, 4)
    assert 1 == len(await of_kind(bot, "ask.alert"))


async def test_a_promise_to_say_it_once_more_outlives_the_process(tmp_path):
    async with running(tmp_path) as bot:
        await on_air(bot)
        await scripted(bot, *RISING)
        await minutes_of_chat(bot, 2.5, 4)
        live = bot.app.ports.live.get("x1")
        while "urgent" != (await alert(bot)).severity:  # ticks are judged, and then the process dies unsent
            bot.app.clock.set(live.judge_at)
            assert await bot.app.dispatch.run_due()
        assert [] == await of_kind(bot, "ask.alert")
        now = bot.now
    async with running(tmp_path, start=now) as bot:
        await bot.advance(seconds=5)
        assert "urgent" == (await alert(bot)).severity
        assert 1 == len(await of_kind(bot, "ask.alert"))


@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_what_is_read_of_it(tmp_path, language, snapshot):
    async with running(tmp_path, language=language) as bot:
        await on_air(bot)
        await scripted(bot, *RISING)
        await minutes_of_chat(bot, 3.5, 4)
        [more] = await of_kind(bot, "ask.alert")
        seen = {"nobody": [*more["text"].splitlines(), *labels(more)]}
        seen["noted"] = (await bot.ok("/alert not_useful a1", "olga")).text
        seen["twice"] = (await bot.say("/alert not_useful a1", "olga")).text
        seen["card"] = [*(await card(bot))["text"].splitlines(), *labels(await card(bot))]
        seen["why"] = (await bot.ok("/why a1")).text.splitlines()[:6]
        seen["back"] = (await bot.ok("/alert useful a1", "olga")).text
        seen["back twice"] = (await bot.say("/alert useful a1", "olga")).text
        assert snapshot == seen
