"""Go or no-go: to the managers, then to host and team; answered anywhere, across restarts."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.core.model import Person, Role
from handlers import escalation
from tests.asked import MINUTE, SECOND, WHEN, counts, labels, of_kind, one, ready, story
from tests.front_door import PEOPLE, SHOW_AT, running


async def test_a_go_nobody_gives_goes_to_the_managers_then_to_host_and_team_and_says_so_at_the_end(bot):
    show = await ready(bot)
    go = await one(bot, "go", "team")
    assert "If nobody answers by 08:54 Shanghai, it goes to the managers" in go["text"]
    await bot.advance(SHOW_AT - 6 * MINUTE - SECOND)
    assert [] == await of_kind(bot, "ask")
    await bot.advance(SHOW_AT - 6 * MINUTE)
    asked = await one(bot, "ask.go", "managers")
    assert asked["text"].startswith("Max: go or no-go for us_main, 20:00 New York? Nobody has answered yet")
    assert ["Go", "No-go"] == labels(asked)
    assert asked["notify"]
    go = await one(bot, "go", "team")
    assert "Asked: the managers (08:54 Shanghai)" in go["text"]
    assert "If nobody answers by 08:57 Shanghai, it goes to the host and the operators by name" in go["text"]
    await bot.advance(SHOW_AT - 3 * MINUTE)
    assert "Olga: go or no-go" in (await one(bot, "ask.go", "team"))["text"]
    host = await one(bot, "ask.go", "host", "mia")
    assert "nobody has said go yet" in host["text"]
    assert [] == labels(host), "the answer is not theirs to give"
    await bot.advance(SHOW_AT)
    assert "Nobody said go. Ask the operators" in (await one(bot, "ask.go", "host", "mia"))["text"]
    for message in [
        await one(bot, "go", "team"),
        *await of_kind(bot, "ask", "team"),
        *await of_kind(bot, "ask", "managers"),
    ]:
        assert "Nobody answered" in message["text"], message
        assert "goes to" not in message["text"]
    before = await bot.messages()
    await bot.advance(SHOW_AT + 2 * MINUTE)
    assert before == await bot.messages(), "nothing comes after the end"
    assert {"nobody": 1, "dropped_steps": 0} == await counts(bot)
    assert [
        "q1, go or no-go. 08:50 Shanghai: put to the operators (message m12)",
        "08:54 Shanghai: put to the managers",
        "08:57 Shanghai: put to the host",
        "08:57 Shanghai: put to the operators",
        "09:00 Shanghai: ended, nobody had answered",
    ] == [line.partition(", message")[0] for line in await story(bot, show)]


COPIES = [
    ("go", "team", 9, "checklist go"),
    ("checklist", "team", 9, "checklist no_go"),
    ("go", "team", 5, "checklist go"),
    ("ask.go", "managers", 5, "checklist no_go"),
    ("checklist", "team", 2, "checklist go"),
    ("go", "team", 2, "checklist no_go"),
    ("ask.go", "managers", 2, "checklist go"),
    ("ask.go", "team", 2, "checklist go"),
]


@pytest.mark.parametrize(("kind", "channel", "minutes", "command"), COPIES)
async def test_answered_anywhere_it_is_answered_everywhere(bot, kind, channel, minutes, command):
    show = await ready(bot)
    await bot.advance(SHOW_AT - minutes * MINUTE)
    pressed = await one(bot, kind, channel)
    old = {message["id"]: await bot.button(message["id"], command) for message in await copies(bot) if labels(message)}
    person = "max" if channel == "managers" else "olga"
    who = person.capitalize()
    fields = {"reason": "no light"} if command.endswith("no_go") else {}
    answer = await bot.press_command(pressed["id"], command, person, fields)
    assert 200 == answer.status, answer.body
    said = "Go." if command == "checklist go" else "No-go."
    seen = await copies(bot)
    assert {9: 2, 5: 3, 2: 5}[minutes] == len(seen)
    question = await bot.app.store.read(lambda tx: tx.asks.get("q1"))
    known = await bot.app.store.read(lambda tx: escalation.messages(tx, question))
    assert sorted(message["id"] for message in seen) == sorted(message.id for message in known)
    for message in seen:
        assert f"{said}\n{who} answered at 08:" in message["text"], message["text"]
        assert "If nobody" not in message["text"]
    assert {"answered": 1, "dropped_steps": 0} == await counts(bot)
    for message, button in old.items():
        again = await bot.press(message, button, "boss", **fields)
        assert (409, True) == (again.status, who in again.text or person in again.text), again.body
    before = [message["id"] for message in await of_kind(bot, "ask")]
    await bot.advance(SHOW_AT + MINUTE)
    assert before == [message["id"] for message in await of_kind(bot, "ask")]
    [*_, last] = await story(bot, show)
    assert f"{who} answered in {channel}" in last


async def copies(bot):
    return [*await of_kind(bot, "checklist", "team"), *await of_kind(bot, "go", "team"), *await of_kind(bot, "ask")]


async def test_a_late_go_ends_what_nobody_had_answered(bot):
    show = await ready(bot)
    await bot.advance(SHOW_AT + 2 * MINUTE)
    await bot.press_command((await one(bot, "ask.go", "managers"))["id"], "checklist go", "max")
    for message in await copies(bot):
        assert "Max answered at 09:02" in message["text"]
        assert "Nobody" not in message["text"]
    assert [
        "09:00 Shanghai: ended, nobody had answered",
        "09:02 Shanghai: Max answered in managers: Say go",
    ] == (await story(bot, show))[-2:]


async def test_on_air_early_ends_the_question_without_an_answer(bot):
    show = await ready(bot)
    await bot.advance(SHOW_AT - 5 * MINUTE)
    await bot.send([bot.line("stream", state="started"), bot.line("concurrent", n=300)])
    await bot.advance(seconds=1)
    assert {"on_air": 1, "dropped_steps": 0} == await counts(bot), "at once, not when the next step would have come"
    await bot.advance(SHOW_AT + MINUTE)
    assert [] == labels(await one(bot, "ask.go", "managers"))
    assert 1 == len(await of_kind(bot, "ask"))
    assert "ended, the show went on air" in (await story(bot, show))[-1]


async def test_a_cancelled_show_asks_nobody(bot):
    show = await ready(bot)
    await bot.advance(SHOW_AT - 5 * MINUTE)
    await bot.ok(f"/show cancel {show}", "olga")
    await bot.advance(SHOW_AT + 10 * MINUTE)
    assert [] == labels(await one(bot, "ask.go", "managers"))
    assert {"cancelled": 1, "dropped_steps": 0} == await counts(bot)


async def test_a_cancellation_taken_back_goes_on_asking(bot):
    show = await ready(bot)
    await bot.advance(SHOW_AT - 4 * MINUTE)
    await bot.ok(f"/show cancel {show}", "olga")
    await bot.advance(seconds=30)
    await bot.ok("/undo", "olga")
    assert {"open": 1, "dropped_steps": 0} == await counts(bot)
    assert ["Go", "No-go"] == labels(await one(bot, "ask.go", "managers"))
    await bot.advance(SHOW_AT - 3 * MINUTE)
    assert 1 == len(await of_kind(bot, "ask.go", "team"))
    assert 1 == len(await of_kind(bot, "ask.go", "managers"))


async def test_a_no_go_that_stands_is_an_answer(bot):
    await bot.room()
    show = await bot.plan()
    await bot.advance(SHOW_AT - 30 * MINUTE)
    await bot.ok(f"/checklist no_go {show} power cut", "olga")
    await bot.advance(SHOW_AT)
    assert "No-go." in (await one(bot, "go", "team"))["text"]
    assert [] == await of_kind(bot, "ask")


async def test_the_managers_see_what_is_open_and_can_waive_it(bot):
    await ready(bot, ticked=False)
    await bot.advance(SHOW_AT - 6 * MINUTE)
    asked = await one(bot, "ask.go", "managers")
    refused = await bot.press_command(asked["id"], "checklist go", "max")
    assert 400 == refused.status
    assert {"open": 1, "dropped_steps": 0} == await counts(bot), "a go that was refused is no answer"
    await bot.press_command(asked["id"], "checklist waive", "max", {"reason": "tested before"}, item="sound_lapel")
    assert "sound" not in " ".join((await one(bot, "ask.go", "managers"))["text"].splitlines()[:3])


async def test_a_host_on_air_in_another_room_is_left_alone(bot):
    show = await ready(bot, ticked=False)
    await bot.ok("/room add us_other us")
    await bot.secret("us_other")
    await bot.plan("us_other", (SHOW_AT - 5 * MINUTE).strftime("%Y-%m-%d %H:%M"), length="2h", despite="both")
    await bot.send([bot.line("stream", state="started"), bot.line("concurrent", n=300)], "us_other")
    await bot.advance(SHOW_AT - 2 * MINUTE)
    assert [] == await of_kind(bot, "ask.go", "host")
    assert 1 == len([m for m in await of_kind(bot, "ask.go", "team") if "us_main" in m["text"]])
    assert any("the host not asked, being on air in another room" in line for line in await story(bot, show))


async def test_without_a_host_the_team_is_asked(bot):
    await bot.ok("/room add us_main us")
    await bot.ok(f"/show plan us_main {WHEN} length=1h")
    await bot.advance(SHOW_AT - 2 * MINUTE)
    assert [] == await of_kind(bot, "ask.go", "host")
    assert 1 == len(await of_kind(bot, "ask.go", "team"))


async def test_where_nobody_has_the_role_the_admins_are_called(tmp_path):
    async with running(tmp_path, people=(Person("boss", "Boss", Role.ADMIN),)) as bot:
        await ready(bot, ticked=False)
        await bot.advance(SHOW_AT - 3 * MINUTE)
        assert (await one(bot, "ask.go", "managers"))["text"].startswith("Boss: ")
        assert (await one(bot, "ask.go", "team"))["text"].startswith("Boss: ")


async def test_only_who_has_the_role_in_that_room_is_called(tmp_path):
    people = (*PEOPLE, Person("pia", "Pia", Role.NOBODY), Person("quin", "Quin", Role.VIEWER))
    async with running(tmp_path, people=people) as bot:
        await bot.ok("/room add us_other us")
        await bot.room()
        await bot.ok("/grant quin operator room=us_main")
        await bot.ok("/grant pia operator room=us_other")
        await bot.plan()
        await bot.advance(SHOW_AT - 3 * MINUTE)
        assert (await one(bot, "ask.go", "team"))["text"].startswith("Olga and Quin: go or no-go")


async def test_each_reader_sees_when_it_goes_on_in_their_own_zone_and_language_also_when_clocks_go_back(tmp_path):
    """02:00 in New York becomes 01:00 on that night: 01:24 comes twice."""
    people = (*PEOPLE, Person("li", "Li", Role.MANAGER, "zh-CN", "America/New_York"))
    begin = datetime.fromisoformat("2027-11-06T22:00:00-04:00")
    async with running(tmp_path, start=begin, people=people) as bot:
        await bot.room()
        await bot.plan(when="2027-11-07 01:30")
        await bot.advance(datetime.fromisoformat("2027-11-07T01:20:00-04:00"))
        assert "If nobody answers by 13:24 Shanghai" in (await one(bot, "go", "team", "olga"))["text"]
        assert (
            "11月7日周日 01:24 纽约时间（UTC-4） 前若无人回应，将询问主管"
            in (await one(bot, "go", "team", "li"))["text"]
        )
        await bot.advance(minutes=4)
        assert "Max and Li: go or no-go for us_main" in (await one(bot, "ask.go", "managers", "max"))["text"]
        assert "Max和Li" in (await one(bot, "ask.go", "managers", "li"))["text"]


# -- killed and started again --------------------------------------------------


async def test_between_any_two_steps_the_process_may_end(tmp_path):
    async with running(tmp_path) as bot:
        await ready(bot, ticked=False)
    for minutes, managers, team in ((7, 0, 0), (6, 1, 0), (5, 1, 0), (3, 1, 1), (1, 1, 1), (0, 1, 1)):
        start = SHOW_AT - (minutes + 0.5) * MINUTE
        async with running(tmp_path, start=start) as bot:
            await bot.advance(SHOW_AT - minutes * MINUTE)
            assert (managers, team) == (
                len(await of_kind(bot, "ask.go", "managers")),
                len(await of_kind(bot, "ask.go", "team")),
            ), minutes
    async with running(tmp_path, start=SHOW_AT) as bot:
        assert {"nobody": 1, "dropped_steps": 0} == await counts(bot)


async def test_after_a_standstill_all_that_is_still_worth_asking_is_asked_once(tmp_path):
    async with running(tmp_path) as bot:
        await ready(bot, ticked=False)
    async with running(tmp_path, start=SHOW_AT - 2 * MINUTE) as bot:
        await bot.advance(seconds=1)
        assert ["managers", "team"] == sorted(m["channel"] for m in await of_kind(bot, "ask") if m["channel"] != "host")
        assert "Asked: the managers (08:58 Shanghai)" in (await one(bot, "go", "team"))["text"]


async def test_what_came_due_while_it_stood_still_until_the_end_is_dropped_and_counted(tmp_path):
    async with running(tmp_path) as bot:
        show = await ready(bot, ticked=False)
    async with running(tmp_path, start=SHOW_AT + MINUTE) as bot:
        await bot.advance(seconds=1)
        assert [] == await of_kind(bot, "ask")
        assert "Nobody answered" in (await one(bot, "go", "team"))["text"]
        assert {"nobody": 1, "dropped_steps": 3} == await counts(bot)
        assert "too late to ask the managers; left out" in " ".join(await story(bot, show))
