"""What is offered while somebody types: who may, the likeliest first, and in their own words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.handling import LONGEST_LABEL
from bot.core.matching import matching
from bot.core.reply import msg
from handlers import COMMANDS
from handlers.completion import COMPLETERS
from tests.front_door import SHOW_AT


async def asked(bot, path, completer, person="boss"):
    actor = await bot.app.dispatch.actor("web", person, person)
    return await bot.app.dispatch.offers(actor, COMMANDS.get(path), completer)


async def labels(bot, path, completer, person="boss"):
    return {offer.value: offer.label for offer in await asked(bot, path, completer, person)}


async def typed_into_the_web_chat(bot, text, person="boss"):
    url = f"{bot.chat}/chat/api/complete"
    async with bot.http.get(url, params={"text": text}, headers={"X-Showcaller-As": person}) as response:
        return {item["label"]: item["help"] for item in (await response.json())["items"]}


def test_every_completer_that_an_argument_names_exists():
    named = {item.arg.completer for command in COMMANDS.commands for item in command.parameters} - {None}
    assert named == COMPLETERS.keys()


async def test_zones_by_city_and_name_in_the_readers_language(bot):
    assert await typed_into_the_web_chat(bot, "/me zone=圣保罗") == {
        "America/Sao_Paulo": "Sao Paulo · Brasilia Standard Time · UTC-3"
    }
    await bot.ok("/me language=zh-CN")
    assert (await typed_into_the_web_chat(bot, "/me zone=shanghai"))["Asia/Shanghai"] == "上海 · 中国标准时间 · UTC+8"


async def test_zones_of_the_rooms_and_people_come_before_the_rest_of_the_world(bot):
    await bot.ok("/room add kz us zone=Asia/Almaty")
    await bot.ok("/room add old us zone=Asia/Calcutta")
    await bot.ok("/me zone=Africa/Nairobi")
    zones = [offer.value for offer in await asked(bot, "me", "zone")]
    assert zones[:3] == ["Asia/Almaty", "Asia/Kolkata", "Africa/Nairobi"]
    assert len(zones) == len(set(zones)) > 400


@pytest.mark.parametrize(("count", "shown"), [(0, 0), (3, 3), (60, 25)])
async def test_no_room_three_and_sixty(bot, count, shown):
    for number in range(count):
        await bot.ok(f"/room add glow_{number} us")
    assert len(await typed_into_the_web_chat(bot, "/room info glow")) == shown
    assert len(matching(await asked(bot, "room info", "room"), "GLOW ")) == shown


async def test_a_room_says_its_name_its_market_and_that_it_is_live(bot):
    await bot.room()
    await bot.ok('/room add br br name="Casa Aurora"')
    await bot.plan()
    await bot.ok("/show start us_main")
    assert list((await labels(bot, "room info", "room")).items()) == [
        ("us_main", "us_main · New York (USD) · live now"),
        ("br", "Casa Aurora · Sao Paulo (BRL)"),
    ]
    await bot.ok("/me language=zh-CN")
    assert (await labels(bot, "room info", "room"))["us_main"] == "us_main · 纽约（USD） · 正在直播"
    await bot.ok("/room archive br")
    assert list(await labels(bot, "room restore", "archived_room")) == ["br"]


async def test_a_show_says_room_market_time_and_host_and_the_live_one_comes_first(bot):
    await bot.room()
    await bot.ok("/room add uk_main uk")
    await bot.ok("/show plan uk_main 2027-03-12 23:30 length=1h")
    sooner = "uk_main-0312"
    live = await bot.plan()
    found = await labels(bot, "show start", "show")
    assert list(found) == [sooner, live]
    assert found[live] == "us_main · Fri 12 Mar 20:00 New York (EST) · Mia"
    await bot.ok(f"/show start {live}")
    (first, label), *_ = (await labels(bot, "show end", "show")).items()
    assert (first, label.endswith(" · Mia · live now")) == (live, True)


async def test_products_hosts_and_markets_say_what_they_are(bot):
    await bot.room()
    assert (await labels(bot, "product edit", "sku"))["P1"] == "Lamp 1 · US$19.90"
    await bot.ok("/room add uk_main uk")
    await bot.ok('/product add uk_main P1 19.90 name="Lamp 1"')
    assert "Lamp 1 · £19.90 · uk_main" in [offer.label for offer in await asked(bot, "product edit", "sku")]
    assert (await labels(bot, "host edit", "host"))["mia"] == "Mia · Shanghai"
    assert (await labels(bot, "room add", "market"))["th"] == "Bangkok · Indochina Time · UTC+7 · THB"
    assert "br" in await typed_into_the_web_chat(bot, "/room add x 巴西")


async def test_items_cues_prompts_and_commands_are_told_in_words(bot):
    await bot.room()
    show = await bot.plan()
    await bot.advance(SHOW_AT - timedelta(minutes=50))
    items = await labels(bot, "checklist tick", "item")
    assert items["prices_set"] == bot.app.words.reader("en").line(msg("checklist.item.prices_set"))
    await bot.advance(SHOW_AT)
    await bot.ok(f"/show start {show}")
    assert all("New York" not in label and label for label in (await labels(bot, "cue done", "cue")).values())
    await bot.ok("/prompt us_main")
    offered = await bot.app.store.read(lambda tx: tx.alerts.prompts(tx.sessions.live()[0].id))
    prompts = await labels(bot, "prompt used", "prompt")
    assert prompts.keys() == {prompt.id for prompt in offered if prompt.state == "offered"}
    assert offered[0].text[:60] in prompts[offered[0].id]
    assert (await labels(bot, "help", "command", "vera"))["room list"] == "All rooms"
    assert "room add" not in await labels(bot, "help", "command", "vera")


async def test_the_items_of_several_rooms_are_offered_once(bot):
    for room in ("us_main", "us_two"):
        await bot.ok(f"/room add {room} us")
        await bot.ok(f"/show plan {room} 2027-03-12 20:00")
    await bot.advance(SHOW_AT - timedelta(minutes=50))
    keys = [offer.value for offer in await asked(bot, "checklist tick", "item")]
    assert len(keys) == len(set(keys)) > 5


async def test_labels_are_short_whatever_people_call_things(bot):
    await bot.ok(f'/room add us_main us name="{"直播间 " * 300}" theme="{"x" * 500}"')
    await bot.ok(f'/product add us_main P1 19.90 name="{"灯" * 1500}"')
    await bot.ok(f'/show plan us_main 2027-03-20 20:00 title="{"T" * 1500}"')
    for path, completer in (("room info", "room"), ("product edit", "sku"), ("show start", "show")):
        for offer in await asked(bot, path, completer):
            assert 0 < len(offer.label) <= LONGEST_LABEL, completer
            assert offer.alone.endswith(f"({offer.value})")
            assert len(offer.alone) <= LONGEST_LABEL
