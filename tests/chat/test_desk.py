"""The one way in for chats beside the web one: once per event, from where a message stands, by whom it is for."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.chat.desk import ASIDE
from bot.core.chats_port import MarkRole
from bot.core.delivery import Refused
from bot.core.errors import ForbiddenError, NotFoundError, UserError
from bot.core.model import Role
from bot.core.reply import Secret, button_id, buttons_of
from bot.core.rights import EVERYWHERE, Scope
from tests.front_door import running
from tests.other_chat import Booth, OtherChat, Square, button_of

BOSS, OLGA = "500", "501"


@pytest.fixture
def square():
    return Square()


@pytest.fixture
async def bot(tmp_path, square):
    async with running(tmp_path, chats={"other": square}) as bot:
        await bot.room()
        await OtherChat(bot).link(BOSS, "boss")
        await OtherChat(bot).link(OLGA, "olga")
        await bot.app.store.write(lambda tx: tx.outbox.bind("team", "other:1"))
        yield bot


async def audited(bot, action):
    return [entry for entry in await bot.app.store.read(lambda tx: tx.audit.newest(50)) if entry.action == action]


async def on_the_board(bot, square):
    """A checklist that was posted to place 1, and the button of one of its items."""
    show = await bot.plan(when="2027-03-12 19:00")
    await bot.advance(minutes=1)
    (row,) = square.at("1", "checklist")
    item = next(button for button in buttons_of(row.reply) if button.args.get("item") == "sound_lapel")
    return show, row.message, button_id(row.message, item)


async def state_of(bot, show):
    return (await bot.app.store.read(lambda tx: tx.checklists.item(show, "sound_lapel"))).state


@pytest.mark.parametrize("way", ["here", "outbox"])
async def test_an_event_that_comes_again_does_nothing_and_has_the_answer_it_had(bot, square, way):
    booth = Booth(bot, way)
    first = await booth.say(BOSS, "/room add uk_main uk", event="again")
    second = await booth.say(BOSS, "/room add uk_main uk", event="again")
    assert (first.is_new, second.is_new) == (True, False)
    assert second.message == first.message
    assert len(await audited(bot, "room.add")) == 2  # us_main's, and this one
    if way == "outbox":
        assert [row.message for row in square.at("1", "answer")] == [first.message]
        assert booth.text(square.at("1", "answer")[0].reply) == booth.text(first.reply)
    else:
        assert second.reply == first.reply


async def test_one_event_delivered_twice_at_once_is_handled_once(bot):
    booth = Booth(bot)
    answers = await asyncio.gather(*(booth.say(BOSS, "/room add uk_main uk", event="twin") for _ in range(4)))
    assert sorted(answer.is_new for answer in answers) == [False, False, False, True]
    assert {answer.message for answer in answers} == {answers[0].message}


async def test_an_event_that_was_refused_is_refused_again_and_leaves_nothing(bot):
    booth = Booth(bot)
    for _ in range(2):
        with pytest.raises(UserError, match=r"market\.unknown"):
            await booth.say(BOSS, "/room add uk_main nowhere", event="no")
    await booth.say(BOSS, "/room add uk_main uk", event="no")


async def test_a_press_counts_once_and_only_from_where_the_message_stands(bot, square):
    booth = Booth(bot)
    show, message, button = await on_the_board(bot, square)
    forged = [
        {"address": "2"},
        {"address": "1", "pressed": "1/m1"},
        {"address": "@501", "pressed": "@501/m1"},
    ]
    for place in forged:
        with pytest.raises(NotFoundError, match=r"button\.unknown"):
            await booth.press(OLGA, message, button, **place)
    assert await state_of(bot, show) == "open"
    refused = await audited(bot, "refused")
    assert [(entry.actor, entry.via, entry.detail["why"]) for entry in refused[:1]] == [
        ("olga", f"other:{message}", "button.unknown")
    ]
    for _ in range(2):
        await booth.press(OLGA, message, button, event="tick")
    assert await state_of(bot, show) == "done"
    assert len(await audited(bot, "checklist.tick")) == 1


async def test_a_button_that_nobody_made_is_refused(bot, square):
    booth = Booth(bot)
    _, message, _ = await on_the_board(bot, square)
    for name, button in ((message, "0123456789"), ("m9999", "0123456789"), ("", "")):
        with pytest.raises(NotFoundError):
            await booth.press(OLGA, name, button, pressed=f"1/{message}")


@pytest.mark.parametrize("way", ["here", "outbox"])
async def test_a_private_answer_is_for_the_account_it_was_given_to(bot, way):
    booth = Booth(bot, way)
    answer = await booth.say(BOSS, "/revoke vera")
    undo = button_of(answer, "undo")
    address = "1" if way == "here" else f"@{BOSS}"
    for other in (address, f"@{OLGA}"):
        with pytest.raises(NotFoundError):
            await booth.press(OLGA, answer.message, undo, address=other)
    assert not await audited(bot, "undo")
    await booth.press(BOSS, answer.message, undo, address=address)
    assert await audited(bot, "undo")


async def test_an_answer_that_stands_is_pressed_where_it_stands(bot):
    booth = Booth(bot)
    answer = await booth.say(BOSS, "/revoke vera")
    await booth.desk.stood(answer.message, "777")
    with pytest.raises(NotFoundError):
        await booth.press(BOSS, answer.message, button_of(answer, "undo"), pressed="778")
    await booth.press(BOSS, answer.message, button_of(answer, "undo"), pressed="777")


async def test_roles_by_marks_come_and_go_with_the_marks(bot):
    booth = Booth(bot)
    await bot.app.store.write(
        lambda tx: tx.chats.set_mark_role(MarkRole("other", "10", Scope("room", "us_main"), Role.OPERATOR))
    )
    with pytest.raises(ForbiddenError):
        await booth.say("900", "/show plan us_main 2027-03-13 20:00", marks=[])
    await booth.say("900", "/show plan us_main 2027-03-13 20:00", marks=["10", "12"])
    await booth.say("900", "/show plan us_main 2027-03-14 20:00")  # not known now: as they were
    with pytest.raises(ForbiddenError):
        await booth.say("900", "/room add uk_main uk")
    with pytest.raises(ForbiddenError):
        await booth.say("900", "/show plan us_main 2027-03-15 20:00", marks=["12"])


async def test_a_newcomer_with_a_mapped_mark_is_a_person_and_one_without_is_not(bot):
    booth = Booth(bot)
    await bot.app.store.write(lambda tx: tx.chats.set_mark_role(MarkRole("other", "10", EVERYWHERE, Role.VIEWER)))
    await booth.say("900", "/now", marks=["10"])
    with pytest.raises(ForbiddenError):
        await booth.say("901", "/now", marks=["11"])
    people = await bot.app.store.read(lambda tx: [tx.people.by_account("other", name) for name in ("900", "901")])
    assert [person and (person.slug, person.role) for person in people] == [("nick_of_900", Role.NOBODY), None]
    entries = await bot.app.store.read(lambda tx: tx.audit.of_subject("nick_of_900"))
    assert [(entry.actor, entry.action, entry.via, entry.after) for entry in entries] == [
        ("nick_of_900", "link", "other", {"other:900": "nick_of_900"})
    ]
    assert "Nick of 900" in (await bot.ok("/audit who=nick_of_900")).text


async def test_a_room_s_own_place_gets_what_is_about_it_and_answers_presses(bot, square):
    booth = Booth(bot)
    await bot.app.store.write(lambda tx: tx.outbox.bind("team", "other:2", "us_main"))
    show = await bot.plan(when="2027-03-12 19:00")
    await bot.advance(minutes=1)
    assert not square.at("1", "checklist")
    (row,) = square.at("2", "checklist")
    item = next(button for button in buttons_of(row.reply) if button.args.get("item") == "sound_lapel")
    await booth.press(OLGA, row.message, button_id(row.message, item), address="2")
    assert await state_of(bot, show) == "done"
    assert square.at("2")[-1].op == "edit"
    rooms = [(await booth.desk.actor(booth.incoming(OLGA, address))).room for address in ("1", "2")]
    assert rooms == [None, "us_main"]


async def test_in_a_room_s_own_place_a_command_without_a_room_means_that_room(bot):
    booth = Booth(bot)
    await bot.ok("/room add uk_main uk")
    await bot.app.store.write(lambda tx: tx.outbox.bind("team", "other:2", "uk_main"))
    for room, clock in (("us_main", "19:00"), ("uk_main", "23:55")):
        await bot.ok(f"/show plan {room} 2027-03-12 {clock} length=20m")
        await bot.ok(f"/show start {room}")
    answer = await booth.say(OLGA, "/note orders=3", address="2")
    assert "uk_main" in booth.text(answer.reply)
    with pytest.raises(UserError, match=r"room\.which"):
        await booth.say(OLGA, "/note orders=3", address="1")
    assert "us_main" in booth.text((await booth.say(OLGA, "/note orders=3 room=us_main", address="2")).reply)
    shown = booth.text((await booth.say(OLGA, "/now", address="2")).reply)
    assert "uk_main" in shown
    assert "us_main" not in shown
    assert "us_main" in booth.text((await booth.say(OLGA, "/now", address="1")).reply)


async def test_what_is_typed_in_a_room_s_place_needs_a_role_in_that_room(bot):
    booth = Booth(bot)
    await bot.ok("/room add uk_main uk")
    await bot.ok("/person add rita")
    await bot.ok("/grant rita operator room=us_main")
    await OtherChat(bot).link("7", "rita")
    await bot.app.store.write(lambda tx: tx.outbox.bind("team", "other:2", "uk_main"))
    await bot.ok("/show plan us_main 2027-03-12 19:00 length=20m")
    await bot.ok("/show start us_main")
    with pytest.raises(ForbiddenError):
        await booth.say("7", "/note orders=3", address="2")
    await booth.say("7", "/note orders=3", address="1")


async def test_half_characters_in_names_and_texts_are_no_reason_to_fail(bot):
    booth = Booth(bot)
    await bot.app.store.write(lambda tx: tx.chats.set_mark_role(MarkRole("other", "10", EVERYWHERE, Role.OPERATOR)))
    odd = replace(booth.incoming("900", "1", ["10"]), name="Ro\ud83dsa")
    plan = {"title": "Gl\udc00ow"}
    await booth.desk.typed(odd, ("show", "plan", "us_main", "2027-03-13", "20:00"), plan)
    person = await bot.app.store.read(lambda tx: tx.people.by_account("other", "900"))
    shows = await bot.app.store.read(lambda tx: tx.shows.planned())
    assert (person.name, shows[-1].title) == ("Ro\ufffdsa", "Gl\ufffdow")


async def test_an_account_whose_name_is_not_told_keeps_the_one_it_had(bot):
    booth = Booth(bot)
    await booth.desk.actor(booth.incoming("900", "1"))
    await booth.desk.actor(replace(booth.incoming("900", "1"), name=""))
    assert (await bot.app.store.read(lambda tx: tx.chats.account("other", "900"))).name == "Nick of 900"


async def test_what_is_shown_to_one_alone_is_pressed_in_the_place_of_its_message(bot, square):
    booth = Booth(bot)
    _, message, button = await on_the_board(bot, square)
    for address in ("2", "@501"):
        with pytest.raises(NotFoundError, match=r"button\.unknown"):
            await booth.press(OLGA, message, button, address=address, pressed=ASIDE)
    await booth.press(OLGA, message, button, address="1", pressed=ASIDE)


async def test_what_a_place_is_for_is_what_is_said_there(bot):
    booth = Booth(bot)
    await bot.app.store.write(lambda tx: tx.outbox.bind("managers", "other:5"))
    for address, channel in (("1", "team"), ("5", "managers"), ("8", "team"), ("@500", "team")):
        assert (await booth.desk.actor(booth.incoming(BOSS, address))).channel == channel


async def test_a_secret_is_handed_over_and_never_promised(bot, square):
    booth = Booth(bot, "outbox")
    answer = await booth.say(BOSS, "/link")
    assert [bool(block.text) for block in answer.reply.blocks if isinstance(block, Secret)] == [True]
    assert not square.at("@500")
    kept = await bot.app.store.read(lambda tx: tx.chats.answer(answer.message))
    assert [block.text for block in kept.reply.blocks if isinstance(block, Secret)] == [""]


async def test_an_answer_that_cannot_be_given_where_it_was_asked_for_is_promised(bot, square):
    booth = Booth(bot)
    for line, address in (("/room add uk_main uk", "1"), ("/me", "@500")):
        incoming = booth.incoming(BOSS, "1")
        answer = await booth.desk.typed(incoming, tuple(line.removeprefix("/").split()), {})
        await booth.desk.fall_back(incoming, answer)
        await booth.desk.fall_back(incoming, answer)
        await bot.advance(bot.now)
        assert [booth.text(row.reply) for row in square.at(address, "answer")] == [booth.text(answer.reply)]


async def test_a_private_answer_that_is_refused_goes_to_no_place_others_read(bot, square, monkeypatch):
    async def closed(row):
        return Refused("no direct messages") if "@" in row.destination else await Square.deliver(square, row)

    monkeypatch.setattr(square, "deliver", closed)
    booth = Booth(bot)
    incoming = booth.incoming(OLGA, "1")
    answer = await booth.desk.typed(incoming, ("me",), {})
    await booth.desk.fall_back(incoming, answer)
    await bot.advance(minutes=1)
    (row,) = await bot.app.store.read(lambda tx: tx.outbox.deliveries(tx.outbox.by_key(f"other:late:{incoming.id}").id))
    assert (row.destination, row.state) == ("other:@501", "new")
    assert not square.at("1", "answer")
    assert booth.text(answer.reply) not in [booth.text(post.reply) for post in square.posts]
    assert await bot.app.store.read(lambda tx: tx.outbox.is_parked("other:@501"))
