"""What people type: hostile texts come back as text, and what cannot be read is said with what to type instead."""

from __future__ import annotations

import json

import pytest

HOSTILE = (
    "<b>bold</b><script>alert(1)</script>",
    "@everyone @here <@1>",
    "{0} {name} {room!r} %s %(x)s",
    "\u202eright to left",
    "a\x00b",
    "[link](javascript:alert(1)) **bold** `code`",
)


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_name_is_stored_and_shown_as_text(bot, name):
    shown = name.replace("\x00", "")
    answer = await bot.say(f'/room add us_main us name="{name}" theme="{name}"')
    assert answer.status == 200, answer.body
    added = await bot.say(f'/product add us_main P1 19.90 name="{name}"')
    assert added.status == 200, added.body
    room = await bot.app.store.read(lambda tx: tx.rooms.get("us_main"))
    assert room.name in (name, shown)
    info = await bot.ok("/room info us_main")
    assert shown in info.text.replace("\x00", "")
    assert shown in (await bot.ok("/product list us_main")).text.replace("\x00", "")


async def test_a_name_of_ten_thousand_letters_is_refused_with_its_field(bot):
    answer = await bot.say('/room add us_main us name="' + "x" * 3000 + '"')
    assert answer.status == 400
    assert "name" in answer.text
    assert len(answer.text) < 500
    assert await bot.app.store.read(lambda tx: tx.rooms.all()) == []


@pytest.mark.parametrize("slug", ["../etc", "a b", "<x>", "x" * 200, "-", "ü", "us%main"])
async def test_a_short_name_that_cannot_be_one_is_refused(bot, slug):
    answer = await bot.say(f'/room add "{slug}" us')
    assert answer.status == 400
    assert answer.body["try"]
    assert await bot.app.store.read(lambda tx: tx.rooms.all()) == []


@pytest.mark.parametrize("text", HOSTILE)
async def test_what_people_say_comes_back_as_they_said_it(bot, text):
    await bot.ok(text)
    [line] = await bot.messages()
    assert line["text"].replace("\x00", "") == text.replace("\x00", "")
    assert line["blocks"] == [{"type": "text", "text": line["text"]}]


async def test_the_page_says_what_browsers_may_do_with_it(bot):
    async with bot.http.get(f"{bot.chat}/chat/") as response:
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe-inline" not in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("/show plan us_main whenever", "whenever"),
        ("/show plan us_main fri 25:99", "25:99"),
        ("/host add kim name=Kim zone=Mars/Base", "Mars/Base"),
        ("/host add kim name=Kim zone=PST", "America/Los_Angeles"),
        ("/room add x atlantis", "atlantis"),
        ("/shwo plan", "/show"),
        ("/show plan nowhere fri 20:00", "nowhere"),
        ("/product add us_main P1 many", "many"),
        ("/product add us_main P1 -5", "-5"),
        ("/note orders=-1", "-1"),
        ("/note mood=5", "mood"),
        ("/alert ack a99", "a99"),
        ("/cue done c99", "c99"),
        ("/", "/help"),
    ],
)
async def test_what_cannot_be_read_is_said_with_what_to_type(bot, line, told):
    await bot.ok("/room add us_main us")
    before = await bot.messages()
    answer = await bot.say(line)
    assert answer.status in (400, 404, 409), answer.body
    assert told in json.dumps(answer.body, ensure_ascii=False)
    assert answer.body["try"]
    assert "reference" not in answer.text
    assert await bot.messages() == before
