"""Old buttons, copied ids, another room's message, a right taken back, a linked account: tried, refused, audited."""

from __future__ import annotations

import re

import pytest

from bot.core.errors import ForbiddenError
from bot.core.model import Person, Role
from bot.core.refusals import MOST
from bot.core.rights import EVERYWHERE, Scope
from tests.evenings import on_air, scripted
from tests.front_door import PEOPLE, running
from tests.other_chat import OtherChat

SECOND = Person("pat", "Pat", Role.NOBODY)


@pytest.fixture
async def bot(tmp_path):
    """us_main is on air with an alert, a1; pat may operate in uk_main and nowhere else."""
    async with running(tmp_path, people=(*PEOPLE, SECOND)) as started:
        await on_air(started)
        await started.ok("/room add uk_main uk")
        await started.ok("/grant pat operator room=uk_main")
        await scripted(started, ("opened", "warning"), ("going_on", "warning"), ("cleared", "warning"))
        await started.advance(minutes=1, seconds=20)
        yield started


async def refused(bot, actor):
    return [
        (entry.subject, entry.detail.get("why"))
        for entry in reversed(await bot.app.store.read(lambda tx: tx.audit.newest(50, actor=actor)))
        if entry.action == "refused"
    ]


async def alert(bot):
    return await bot.app.store.read(lambda tx: tx.alerts.get("a1"))


async def alert_card(bot):
    """The alert's message in the chat."""
    message = await bot.app.store.read(lambda tx: tx.outbox.by_key("alert:a1"))
    return {"id": message.id}


async def test_an_old_button_does_nothing_and_says_so(bot):
    card = await alert_card(bot)
    button = await bot.button(card["id"], "alert ack", alert="a1")
    await bot.advance(minutes=3)
    assert "resolved" == (await alert(bot)).state
    answer = await bot.press(card["id"], button, "olga")
    assert 409 == answer.status
    assert [("alert ack", "alert.is_resolved")] == await refused(bot, "olga")
    assert (await alert(bot)).by is None


async def test_a_button_taken_off_its_message_does_nothing_though_its_handler_would(bot):
    card = (await bot.ok("/alert tune us_main")).body["reply"]
    keen = await bot.button(card["id"], "room edit", sensitivity="keen")
    await bot.app.store.write(lambda tx: tx.outbox.register(card["id"], tx.outbox.by_key("alert:a1").reply))
    answer = await bot.press(card["id"], keen, "boss")
    assert (409, True) == (answer.status, "no longer on the message" in answer.text)
    assert "normal" == (await bot.app.store.read(lambda tx: tx.rooms.get("us_main"))).sensitivity, "undone with it"
    assert [("room edit", "button.gone")] == await refused(bot, "boss")


async def test_a_copied_id_leads_nowhere(bot):
    card = await alert_card(bot)
    button = await bot.button(card["id"], "alert ack", alert="a1")
    for message, pressed in ((card["id"], "0123456789"), ("m9999", button), ("m1", button)):
        assert 404 == (await bot.press(message, pressed, "olga")).status
    assert ["button.unknown"] * 3 == [why for _, why in await refused(bot, "olga")]
    assert "open" == (await alert(bot)).state


async def test_another_rooms_message_is_not_for_who_may_only_in_theirs(bot):
    card = await alert_card(bot)
    answer = await bot.press_command(card["id"], "alert ack", "pat")
    assert 403 == answer.status
    assert "room us_main" in answer.text
    assert "Olga" in answer.text, "it says who may"
    typed = await bot.say("/alert ack a1", "pat")
    assert (403, True) == (typed.status, "Olga" in typed.text)
    assert [("alert ack", "forbidden")] * 2 == await refused(bot, "pat")
    of_room = await bot.app.store.read(lambda tx: tx.audit.newest(2, room="us_main"))
    assert ["refused", "refused"] == [entry.action for entry in of_room]
    assert "open" == (await alert(bot)).state


async def test_fields_of_a_form_cannot_lead_a_button_to_another_room(bot):
    """pat's own button of uk_main, sent with the other room's name in its form."""
    card = (await bot.ok("/alert tune uk_main", "pat")).body["reply"]
    await bot.ok("/grant pat manager room=uk_main")
    pressed = await bot.button(card["id"], "room edit", sensitivity="keen")
    assert 200 == (await bot.press(card["id"], pressed, "pat", room="us_main", sensitivity="keen")).status
    rooms = await bot.app.store.read(lambda tx: {room.slug: room.sensitivity for room in tx.rooms.all()})
    assert {"uk_main": "keen", "us_main": "normal"} == rooms


async def test_a_private_message_is_not_pressed_by_others_and_that_is_kept(bot):
    mine = (await bot.ok("/grant vera host", "boss")).body["reply"]
    assert 404 == (await bot.press(mine["id"], "0123456789", "olga")).status
    assert [(mine["id"], "button.unknown")] == await refused(bot, "olga")


async def test_who_was_revoked_may_nothing_any_more(bot):
    card = await alert_card(bot)
    await bot.ok("/revoke olga")
    answer = await bot.press_command(card["id"], "alert ack", "olga")
    assert 403 == answer.status
    assert "no rights here" in answer.text
    for line in ("/now", "/room list", "/show list", "/me", "/why a1"):
        assert 403 == (await bot.say(line, "olga")).status, line
    assert ["alert ack", "now", "room list", "show list", "me", "why"] == [
        path for path, _ in await refused(bot, "olga")
    ]


async def test_a_right_taken_back_between_the_check_and_the_deed_is_not_used(bot):
    """The check before the answer passes; what acts asks again in its own transaction."""
    store = bot.app.store
    read = store.read
    calls = []

    async def read_then_revoke(work):
        found = await read(work)
        calls.append(work)
        if len(calls) == 4:  # button, right at all, actor, right here: all is well, and then
            await store.write(lambda tx: tx.people.grant("olga", EVERYWHERE, Role.VIEWER))
        return found

    card = await alert_card(bot)
    button = await bot.button(card["id"], "alert ack", alert="a1")
    actor = await bot.app.dispatch.actor("web", "olga", "olga")
    object.__setattr__(store, "read", read_then_revoke)
    try:
        calls.append(None)  # the actor is looked up already
        with pytest.raises(ForbiddenError):
            await bot.app.dispatch.pressed(actor, card["id"], button, {}, lambda tx, reply: None)
    finally:
        object.__delattr__(store, "read")
    assert "open" == (await alert(bot)).state
    assert [("alert ack", "forbidden")] == await refused(bot, "olga")


async def test_a_linked_account_may_what_its_person_may_and_no_more(bot):
    other = OtherChat(bot)
    await other.link("42", "olga")
    card = await alert_card(bot)
    button = await bot.button(card["id"], "alert ack", alert="a1")
    await bot.ok("/revoke olga")
    with pytest.raises(ForbiddenError):
        await other.press("42", card["id"], button)
    entry = (await bot.app.store.read(lambda tx: tx.audit.newest(1, actor="olga")))[0]
    assert ("refused", f"other:{card['id']}", "42") == (entry.action, entry.via, entry.detail["account"])
    await bot.ok("/grant olga operator room=us_main")
    await other.press("42", card["id"], button)
    assert ("acknowledged", "olga") == ((await alert(bot)).state, (await alert(bot)).by)


async def test_a_stranger_is_told_how_to_be_known_and_is_kept_by_account(bot):
    other = OtherChat(bot)
    card = await alert_card(bot)
    button = await bot.button(card["id"], "alert ack", alert="a1")
    with pytest.raises(ForbiddenError, match=r"forbidden\.nobody"):
        await other.press("666", card["id"], button)
    assert [("alert ack", "forbidden.nobody")] == await refused(bot, "other:666")


async def test_refusals_are_readable_in_the_audit(bot):
    await bot.say("/alert ack a1", "pat")
    assert "Pat: Was refused · /alert ack" in (await bot.ok("/audit who=pat")).text


async def test_lists_and_completion_leave_out_what_one_may_not_see(bot):
    await bot.ok("/show plan uk_main 2027-03-20 20:00")
    assert "uk_main" in (shown := (await bot.ok("/room list", "pat")).text)
    assert "us_main" not in shown
    assert "us_main" not in (await bot.ok("/show list", "pat")).text
    assert "us_main" not in (await bot.ok("/now", "pat")).text

    async def offered(text, person):
        url = f"{bot.chat}/chat/api/complete"
        async with bot.http.get(url, params={"text": text}, headers={"X-Showcaller-As": person}) as response:
            return [item["label"] for item in (await response.json())["items"] if not item["label"].endswith("=")]

    assert ["uk_main"] == await offered("/show plan ", "pat")
    assert [] == await offered("/alert ack ", "pat")
    assert ["a1"] == await offered("/alert ack ", "olga")
    assert "uk_main-0320" in await offered("/show cancel ", "pat")
    assert not [name for name in await offered("/show cancel ", "pat") if name.startswith("us_main")]
    assert [] == await offered("/room edit ", "pat"), "an operator edits no rooms"


async def test_who_was_revoked_where_is_not_told_to_those_of_one_room(bot):
    await bot.ok("/grant vera host room=us_main")
    await bot.ok("/revoke vera room=us_main")
    for line in ("/why u1", "/roles", "/roles vera", "/roles room=us_main"):
        assert 403 == (await bot.say(line, "pat")).status, line
        assert 200 == (await bot.say(line, "olga")).status, line
    assert 200 == (await bot.say("/roles room=uk_main", "pat")).status


async def test_a_role_in_a_matrix_reaches_its_rooms_those_of_tomorrow_too(bot):
    await bot.app.store.write(lambda tx: tx.people.grant("pat", Scope("room", "uk_main"), Role.NOBODY))
    await bot.ok("/grant pat manager matrix=main")
    await bot.ok("/room add de_main de", "pat")
    assert 403 == (await bot.say("/room add fr_main fr matrix=glow", "pat")).status
    await bot.ok("/room add fr_main fr matrix=glow")
    assert 403 == (await bot.say("/room edit fr_main theme=x", "pat")).status
    assert 403 == (await bot.say("/room edit de_main matrix=glow", "pat")).status, "nor move a room out of it"
    await bot.ok("/room edit de_main theme=x", "pat")


async def test_a_press_of_something_endless_leaves_a_short_entry(bot):
    """What is written here is never taken out again."""
    assert 404 == (await bot.press("m" * 100_000, "b" * 100_000, "vera")).status
    [entry] = await bot.app.store.read(lambda tx: tx.audit.newest(1, actor="vera"))
    assert "refused" == entry.action
    assert len(entry.subject) + len(entry.via) < 200


async def test_errors_name_no_room_that_one_may_not_see(bot):
    for room in ("uk_main", "us_main"):
        await bot.ok(f"/show plan {room} 2027-03-20 20:00")
    lines = (
        *("/room info nowhere", "/show list nowhere", "/checklist show nowhere", "/product list nowhere"),
        *("/note concurrent=3 room=nowhere", "/prompt nowhere", "/now nowhere", "/roles room=nowhere"),
    )
    for line in lines:
        answer = await bot.say(line, "pat")
        assert 404 == answer.status, (line, answer.text)
        assert "us_main" not in f"{answer.text} {answer.body.get('try')}", line
        assert "uk_main" in answer.text, line
        assert "us_main" in (await bot.say(line, "boss")).text, line
    for line in ("/alert ack a99", "/cue done nothing", "/prompt used p99"):
        assert not {"a1", "us_main"} & set(re.findall(r"\w+", (await bot.say(line, "pat")).text)), line
    await bot.ok("/grant pat manager matrix=main")
    await bot.ok("/room edit us_main matrix=hidden")
    answer = await bot.say("/grant vera host matrix=nowhere", "pat")
    assert (404, False, True) == (answer.status, "hidden" in answer.text, "main" in answer.text)


async def test_a_stranger_who_knocks_without_end_fills_no_disk(bot):
    """The first of a minute are kept one by one, the others as a number; nobody else's are touched by it."""
    other = OtherChat(bot)

    async def knock(times, account="666"):
        for n in range(times):
            with pytest.raises(ForbiddenError):
                await other.say(account, ("/now", "/room list", "/status")[n % 3])

    await knock(MOST + 5)
    await knock(1, "42")
    assert (MOST, 1) == (len(await refused(bot, "other:666")), len(await refused(bot, "other:42")))
    await bot.advance(minutes=1)
    await knock(1, "42")
    [told] = await bot.app.store.read(lambda tx: tx.audit.newest(1, actor="other:666"))
    assert ("refused", "other", {"more": 5}) == (told.action, told.via, told.after)
    await knock(1)
    entries = await bot.app.store.read(lambda tx: tx.audit.newest(99, actor="other:666"))
    assert MOST + 2 == len(entries), "a new minute"


async def test_a_card_in_a_channel_one_does_not_read_is_not_there(bot):
    """Else its answer would stand where they may not speak."""
    card = (await bot.ok("/alert tune us_main", "boss", "managers")).body["reply"]
    keen = await bot.button(card["id"], "room edit", sensitivity="keen")
    await bot.ok("/grant pat manager room=us_main")
    await bot.ok("/grant vera host")
    assert 404 == (await bot.press(card["id"], keen, "vera")).status
    assert [(card["id"], "button.unknown")] == await refused(bot, "vera")
    assert 200 == (await bot.press(card["id"], keen, "pat")).status


async def test_who_speaks_where_they_may_not_is_kept_and_who_only_looks_is_not(bot):
    """A page that was open when a role fell asks again and again; a person tries."""
    for channel, text in (("managers", "hello"), ("managers", "/now")):
        assert 403 == (await bot.say(text, "olga", channel)).status
    assert [("managers", "signin.channel")] * 2 == await refused(bot, "olga")
    url = f"{bot.chat}/chat/api/messages?channel=managers"
    async with bot.http.get(url, headers={"X-Showcaller-As": "olga"}) as response:
        assert 403 == response.status
    assert 2 == len(await refused(bot, "olga"))
