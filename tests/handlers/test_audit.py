"""Who changed what, through the chat: searched, in both languages, only for those who may."""

from __future__ import annotations

import pytest

from tests.front_door import SHOW_AT, running
from tests.signed_in import team


async def some_changes(bot):
    await bot.room()
    await bot.ok("/room add uk_main uk")
    await bot.ok("/product add uk_main P1 9.90 stock=5")
    show = await bot.plan()
    await bot.ok('/product edit us_main P1 price=24.90 stock=80 gifts="pouch;card"', "olga")
    await bot.ok(f'/checklist block {show} sound_lapel "<b>the battery</b> is *empty*"', "olga")
    await bot.advance(minutes=5)
    await bot.ok('/room edit uk_main theme="home"', "max", "managers")
    return show


def lines(answer):
    return [line for line in answer.text.splitlines() if " · " in line]


@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_the_answer_as_people_read_it(tmp_path, language, snapshot):
    async with running(tmp_path, language=language) as bot:
        await some_changes(bot)
        seen = {"newest": (await bot.ok("/audit n=4", "max")).text.splitlines()}
        await bot.ok("/me zone=Asia/Tokyo", "max")
        seen["in Tokyo"] = (await bot.ok("/audit who=max", "max")).text.splitlines()
        seen["empty"] = (await bot.ok("/audit who=vera room=uk_main", "max")).text.splitlines()
        seen["too many"] = [(await bot.say("/audit n=51", "max")).text]
        assert snapshot == seen


async def test_each_filter_and_all_of_them(bot):
    show = await some_changes(bot)
    assert 2 == len(lines(await bot.ok("/audit who=olga")))
    uk = lines(await bot.ok("/audit room=uk_main"))
    assert 3 == len(uk)
    assert all("uk_main" in line for line in uk)
    of_show = lines(await bot.ok(f"/audit show={show}"))
    assert 2 == len(of_show)
    assert all(line.rstrip().endswith(show) or show in line for line in of_show)
    assert of_show == lines(await bot.ok("/audit show=us_main")), "a room stands for its next show, as elsewhere"
    assert 1 == len(lines(await bot.ok(f"/audit who=olga room=us_main show={show}")))


async def test_the_newest_stands_first_and_the_way_to_the_older_is_shown(bot):
    await some_changes(bot)
    two = await bot.ok("/audit n=2")
    assert "Max: Change a room · uk_main" in lines(two)[0]
    assert "Olga: " in lines(two)[1]
    assert "/audit n=4" in two.text
    assert lines(two) == lines(await bot.ok("/audit n=4"))[:2]
    everything = await bot.ok("/audit n=50")
    assert "For older ones" not in everything.text


async def test_where_it_was_said_is_kept_also_for_a_button(bot):
    await some_changes(bot)
    assert "web, Managers" in (await bot.ok("/audit who=max")).text
    assert "web, Team" in (await bot.ok("/audit who=olga")).text


async def test_what_is_done_with_a_cue_belongs_to_its_show(bot):
    await bot.room()
    show = await bot.plan()
    await bot.advance(SHOW_AT)
    await bot.ok("/show start us_main", "olga")
    cue = (await bot.app.store.read(lambda tx: tx.shows.cues(show)))[-1].id
    await bot.ok(f"/cue delay {cue} 2m", "olga")
    await bot.ok(f"/cue skip {cue}", "olga")
    skipped, delayed, started = lines(await bot.ok(f"/audit who=olga show={show}"))
    assert "planned → skipped" in skipped
    assert "at_s: " in delayed
    assert "planned → live" in started


async def test_a_button_counts_where_its_message_stands(bot):
    await bot.room()
    show = await bot.plan()
    card = await bot.ok(f"/checklist show {show}", "max", "managers")
    message = card.body["reply"]
    await bot.press(message["id"], message["buttons"][0]["id"], "max")
    entry = (await bot.app.store.read(lambda tx: tx.audit.newest(1, actor="max")))[0]
    assert ("managers", f"web:{message['id']}", "us_main", show) == (entry.channel, entry.via, entry.room, entry.show)


async def test_only_managers_and_above_may_look(bot):
    await some_changes(bot)
    for person in ("vera", "olga"):
        assert 403 == (await bot.say("/audit", person)).status
    assert 200 == (await bot.say("/audit", "max")).status
    assert [] == [m for m in await bot.messages(person="olga") if "Who changed what" in m["text"]], "it is private"


@pytest.mark.parametrize(
    ("typed", "status", "named"),
    [
        ("/audit who=olgaa", 404, "olga"),
        ("/audit room=nowhere", 404, "us_main"),
        ("/audit show=nothing", 404, "nothing"),
        ("/audit n=0", 400, "from 1 to 50"),
        ("/audit n=many", 400, "many"),
        ("/audit olga", 400, "olga"),
        ("/audit whom=olga", 400, "who="),
    ],
)
async def test_a_filter_that_cannot_be_is_answered_with_what_can(bot, typed, status, named):
    await some_changes(bot)
    answer = await bot.say(typed)
    assert status == answer.status, answer.text
    assert named in f"{answer.text} {answer.body.get('try')}"


async def test_nothing_yet_says_what_to_type(bot):
    answer = await bot.ok("/audit")
    assert "Nobody has changed anything yet" in answer.text
    assert "/help" in answer.text


async def test_the_filters_are_completed(bot):
    await some_changes(bot)

    async def offered(text):
        url = f"{bot.chat}/chat/api/complete"
        async with bot.http.get(url, params={"text": text}, headers={"X-Showcaller-As": "boss"}) as response:
            return str(await response.json())

    for name in ("who=", "room=", "show=", "n="):
        assert name in await offered("/audit ")
    assert "who=olga" in await offered("/audit who=ol")
    assert "room=uk_main" in await offered("/audit room=uk")


async def test_instants_and_roles_are_told_as_the_reader_reads_them(tmp_path):
    async with running(tmp_path, language="zh-CN") as bot:
        await bot.room()
        await bot.ok("/person add lena name=Lena")
        await bot.ok("/grant lena operator room=us_main")
        await bot.ok("/link", "lena")
        await bot.say("/room archive us_main", "lena")
        refused, link, granted = lines(await bot.ok("/audit n=3"))
        assert "操作被拒绝 · /room archive" in refused
        assert "valid_until 2027-03-13 07:10 · web" in link, "the code lives for ten minutes, on the team's clock"
        assert "role：无权限 → 场控 · room=us_main" in granted, "a role without its scope says nothing"
        assert "speaks , " not in (await bot.ok("/audit n=50")).text


async def test_what_is_done_at_the_door_is_done_in_no_channel(tmp_path):
    async with team(tmp_path) as chat:
        boss = await chat.boss()
        told = (await boss.ok("/audit")).text
        assert "Signed in · boss" in told
        assert "channel unknown" not in told


async def test_who_calls_themselves_like_somebody_else_is_told_apart(bot):
    await bot.ok("/me name=boss", "vera")
    await bot.say("/audit", "vera")
    assert "vera: Was refused" in (shown := (await bot.ok("/audit n=1")).text)
    assert "boss: Was refused" not in shown.casefold()
