"""The web chat's HTTP face: who may say and press what, from where, and what two people at once see."""

from __future__ import annotations

import asyncio
import io
from datetime import timedelta

import pytest

from bot.core.model import Person, Role
from tests.front_door import PEOPLE, SHOW_AT, Answer, running


async def call(bot, method, path, *, person="boss", headers=None, **body):
    heads = ({} if person is None else {"X-Showcaller-As": person}) | (headers or {})
    async with bot.http.request(method, bot.chat + path, headers=heads, **body) as response:
        kind = response.headers.get("Content-Type", "")
        return Answer(response.status, await response.json() if "json" in kind else {"text": await response.text()})


def say(bot, text="/help", **how):
    return call(bot, "POST", "/chat/api/say", json={"channel": "team", "text": text}, **how)


# -- from where -------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8765",
        "127.0.0.1.evil.example",
        "192.168.1.5:8765",
        "[",
        "[::2]",
        "localhost@evil",
        "",
    ],
)
async def test_another_host_name_is_refused(bot, host):
    """A name of somebody else that points to loopback: DNS rebinding."""
    answer = await say(bot, headers={"Host": host})
    assert answer.status in (400, 403), answer.body
    assert await bot.messages() == []


@pytest.mark.parametrize("host", ["127.0.0.1:1", "localhost", "LOCALHOST:8765", "[::1]:8765"])
async def test_the_names_of_loopback_are_taken(bot, host):
    assert (await say(bot, headers={"Host": host})).status == 200


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "http://127.0.0.1:1",
        "http://localhost",
        "file://",
        "http://[",
        "https://127.0.0.1",
    ],
)
async def test_another_origin_is_refused(bot, origin):
    answer = await say(bot, headers={"Origin": origin})
    assert (answer.status, answer.text) == (403, "requests from other origins are refused")
    page = await call(bot, "GET", "/chat/ws", headers={"Origin": origin})
    assert page.status == 403


async def test_the_own_page_may(bot):
    assert (await say(bot, headers={"Origin": bot.chat, "Sec-Fetch-Site": "same-origin"})).status == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_a_form_on_another_page_is_refused(bot, site):
    answer = await say(bot, headers={"Sec-Fetch-Site": site})
    assert (answer.status, answer.text) == (403, "requests from other sites are refused")


async def test_an_unknown_person_is_refused_and_the_known_are_named(bot):
    answer = await say(bot, person="mallory")
    assert answer.status == 403
    assert answer.text == "nobody here is called 'mallory'; pick one of: boss, olga, max, vera"


# -- what is said -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "JSON object"),
        (b'{"channel": "team"}', "`text` is empty"),
        (b'{"channel": "team", "text": "  "}', "`text` is empty"),
        (b'{"channel": "team", "text": 5}', "`text` is empty"),
        (b'{"channel": "secret", "text": "hi"}', "there is no channel 'secret'"),
        (b'{"channel": ["team"], "text": "hi"}', "there is no channel"),
        (b'{"channel": "team", "text": "hi", "nonce": 5}', "`nonce`"),
        (b'{"channel": "team", "text": "hi", "nonce": "\\ud800"}', "half a character"),
        (b'{"channel": "team", "text": "half \\ud83d"}', "half a character"),
    ],
)
async def test_a_body_that_is_no_line_is_said(bot, body, why):
    answer = await call(bot, "POST", "/chat/api/say", data=body)
    assert answer.status in (400, 404)
    assert why in answer.text
    assert await bot.messages() == []


async def test_an_over_long_line_is_refused_with_its_length(bot):
    answer = await bot.say("x" * 4001)
    assert (answer.status, answer.text) == (400, "the line has 4001 characters; at most 4000 fit")
    assert (await bot.say("x" * 4000)).status == 200
    big = await call(bot, "POST", "/chat/api/say", data=io.BytesIO(b" " * 1_100_000))
    assert big.status == 413
    assert "at most 1048576 bytes" in big.text


@pytest.mark.parametrize("after", ["x", "-1", "9" * 40, "1.5"])
async def test_a_rev_that_is_none_is_said(bot, after):
    answer = await call(bot, "GET", f"/chat/api/messages?channel=team&after={after}")
    assert answer.status == 400
    assert "`after`" in answer.text


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"message_id": "m1", "button_id": "zzz"},
        {"message_id": {"a": 1}, "button_id": 5},
        {"message_id": "m1", "button_id": "b", "fields": [1]},
        {"message_id": "m1", "button_id": "b", "fields": {"reason": 5}},
        {"message_id": "\ud800", "button_id": "\ud800"},
    ],
)
async def test_a_press_of_nothing_is_said(bot, body):
    answer = await call(bot, "POST", "/chat/api/press", json=body)
    assert answer.status in (400, 404), answer.body
    assert answer.text


async def test_unknown_paths_and_methods_answer_in_json(bot):
    assert (await call(bot, "GET", "/chat/api/nothing")).text == "there is nothing at '/chat/api/nothing'"
    assert "use POST" in (await call(bot, "GET", "/chat/api/say")).text
    assert (await call(bot, "GET", "/chat/static/..%2f..%2fadapter.py")).status == 404
    assert (await call(bot, "GET", "/chat/files/..%2fdemo.db")).status == 404


async def test_a_repeated_nonce_gives_the_first_answer_and_does_nothing_twice(bot):
    first = await bot.say("/room add us_main us", nonce="n1")
    again = await bot.say("/room add us_main us", nonce="n1")
    assert first.status == again.status == 200
    assert again.body["message_id"] == first.body["message_id"]
    assert again.text == first.text != ""
    assert len([line for line in await bot.messages() if line["author"]["kind"] == "person"]) == 1


async def test_a_nonce_eight_times_at_once_acts_once(bot):
    answers = await asyncio.gather(*(bot.say("/room add us_main us", nonce="n1") for _ in range(8)))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert len([line for line in await bot.messages() if line["author"]["kind"] == "person"]) == 1


async def test_another_persons_nonce_shows_nothing_of_theirs(bot):
    mine = await bot.say("/me language=zh-CN", "olga", nonce="n1")
    assert mine.status == 200
    theirs = await bot.say("/me", "vera", nonce="n1")
    assert theirs.body.get("message_id") != mine.body["message_id"]
    assert mine.text not in theirs.text


async def test_a_refused_line_is_not_kept_and_its_nonce_may_be_used_again(bot):
    assert (await bot.say("/room add us_main narnia", nonce="n1")).status == 400
    assert await bot.messages() == []
    assert (await bot.say("/room add us_main us", nonce="n1")).status == 200


# -- rights -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "person", "needed", "have"),
    [
        ("/show plan us_main fri 20:00", "vera", "operator", "viewer"),
        ("/room add uk uk", "olga", "manager", "operator"),
        ("/note orders=12", "vera", "operator", "viewer"),
        ("/prompt", "vera", "host", "viewer"),
    ],
)
async def test_who_may_not_is_told_who_may(bot, line, person, needed, have):
    await bot.ok("/room add us_main us")
    before = await bot.messages()
    answer = await bot.say(line, person)
    assert answer.status == 403
    assert needed in answer.text.lower()
    assert have in answer.text.lower()
    assert await bot.messages() == before


async def test_a_button_asks_for_the_pressers_right_not_the_posters(bot):
    await bot.room()
    await bot.plan()
    await bot.advance(SHOW_AT - timedelta(minutes=60))
    card = await bot.find("checklist")
    answer = await bot.press_command(card["id"], "checklist tick", "vera")
    assert answer.status == 403
    assert "host" in answer.text.lower()


async def test_a_private_answer_is_seen_and_pressed_by_its_reader_alone(bot):
    answer = await bot.say("/help", "olga")
    private = answer.body["reply"]["id"]
    assert answer.body["reply"]["private"]
    assert private not in [line["id"] for line in await bot.messages(person="vera")]
    assert private in [line["id"] for line in await bot.messages(person="olga")]
    pressed = await bot.press(private, "anything", "vera")
    assert pressed.status in (400, 404)


# -- two at once ------------------------------------------------------------------


async def two_press(bot, message, command, fields=None, **args):
    """Olga and Max press the same button at the same moment; returns who won, after the other was told so."""
    button = await bot.button(message, command, **args)
    first, second = await asyncio.gather(
        bot.press(message, button, "olga", **(fields or {})), bot.press(message, button, "max", **(fields or {}))
    )
    winner = "olga" if first.status == 200 else "max"
    won, lost = (first, second) if winner == "olga" else (second, first)
    assert (won.status, lost.status) == (200, 409), (first.body, second.body)
    name = {"olga": "Olga", "max": "Max"}[winner]
    assert winner in lost.text or name in lost.text, f"{lost.text!r} does not say that {winner} was first"
    await bot.advance(bot.now)
    return winner


async def planned(bot):
    await bot.room()
    show = await bot.plan()
    await bot.advance(SHOW_AT - timedelta(minutes=60))
    return show, (await bot.find("checklist"))["id"]


async def waive_all(bot, show):
    for item in await bot.app.store.read(lambda tx: tx.checklists.items(show)):
        if item.required and item.state == "open":
            await bot.ok(f'/checklist waive {show} {item.key} reason="not today"')


async def test_two_tick_one_item(bot):
    show, card = await planned(bot)
    items = await bot.app.store.read(lambda tx: tx.checklists.items(show))
    key = next(item.key for item in items if item.state == "open")
    winner = await two_press(bot, card, "checklist tick", item=key)
    [item] = [item for item in await bot.app.store.read(lambda tx: tx.checklists.items(show)) if item.key == key]
    assert (item.state, item.by) == ("done", winner)


async def test_two_say_go(bot):
    show, _ = await planned(bot)
    await waive_all(bot, show)
    await bot.advance(SHOW_AT - timedelta(minutes=9))
    question = await bot.find("go or no-go")
    winner = await two_press(bot, question["id"], "checklist go")
    found = await bot.app.store.read(lambda tx: tx.shows.get(show))
    assert found.state == "go"
    said = [line for line in await bot.messages("host") if "go" in line["text"].lower()]
    assert len(said) == 1
    assert winner.title() in said[0]["text"]


@pytest.fixture
async def cold(bot):
    """A room on air that has just gone cold, with 400 viewers still there; its open alert."""
    await planned(bot)
    await bot.advance(SHOW_AT)
    await bot.send([bot.line("stream", state="started")])
    for second in range(0, 36 * 60, 10):
        comments = 0 if second >= 30 * 60 else 7 + second // 10 % 3
        await bot.send([bot.line("concurrent", n=400), bot.line("comment", n=comments)])
        await bot.advance(seconds=10)
    [alert] = [item for item in await bot.app.store.read(lambda tx: tx.alerts.open()) if item.kind == "cold_room"]
    return alert


async def test_two_take_one_alert(bot, cold):
    card = await bot.find("Cold room")
    winner = await two_press(bot, card["id"], "alert ack")
    alert = await bot.app.store.read(lambda tx: tx.alerts.get(cold.id))
    assert (alert.state, alert.by) == ("acknowledged", winner)


async def test_two_use_one_prompt(bot, cold):
    first = (await bot.app.store.read(lambda tx: tx.alerts.prompts(cold.session)))[0]
    card = await bot.find(first.text)
    winner = await two_press(bot, card["id"], "prompt used", prompt=first.id)
    prompt = await bot.app.store.read(lambda tx: tx.alerts.prompt(first.id))
    assert (prompt.state, prompt.by) == ("used", winner)


async def test_two_do_one_cue(bot, cold):
    card = await bot.find("Release the link")
    winner = await two_press(bot, card["id"], "cue done")
    assert winner in ("olga", "max")
    assert "Done" not in [button["label"] for button in (await bot.find("Release the link"))["buttons"]]


# -- buttons out of place ---------------------------------------------------------


async def test_a_button_copied_to_another_message_does_nothing(bot):
    show, card = await planned(bot)
    other = (await bot.ok("/help")).body["reply"]["id"]
    plain = (await bot.ok("good evening")).body["message_id"]
    item = next(item for item in await bot.app.store.read(lambda tx: tx.checklists.items(show)) if item.state == "open")
    button = await bot.button(card, "checklist tick", item=item.key)
    for message in (other, plain, "m999"):
        answer = await bot.press(message, button)
        assert answer.status in (400, 404), answer.body
        assert "button" in answer.text.lower()
    assert await bot.app.store.read(lambda tx: tx.checklists.item(show, item.key)) == item
    assert (await bot.press(card, button)).status == 200


async def test_fields_cannot_change_what_a_button_stands_for(bot):
    show, card = await planned(bot)
    items = [item for item in await bot.app.store.read(lambda tx: tx.checklists.items(show)) if item.state == "open"]
    button = await bot.button(card, "checklist tick", item=items[0].key)
    await bot.press(card, button, item=items[1].key)
    states = await bot.app.store.read(lambda tx: [tx.checklists.item(show, item.key).state for item in items[:2]])
    assert states == ["done", "open"]


async def test_a_button_of_a_private_message_is_its_readers(tmp_path):
    people = (*PEOPLE, Person("pat", "Pat", Role.OPERATOR))
    async with running(tmp_path, people=people) as bot:
        await bot.room()
        await bot.plan()
        await bot.advance(SHOW_AT - timedelta(minutes=60))
        card = await bot.find("checklist")

        def hide(tx):  # a card that only Olga is shown
            tx.db.execute("update web_messages set private = 1, recipient = 'olga' where id = ?", [card["id"]])

        button = await bot.button(card["id"], "checklist tick")
        await bot.app.store.write(hide)
        assert (await bot.press(card["id"], button, "pat")).status in (400, 404)
        assert (await bot.press(card["id"], button, "olga")).status == 200
