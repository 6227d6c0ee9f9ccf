"""/setup binds places to purposes and what somebody is in a chat to roles; seen from the chat and from the web."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.errors import ConflictError, ForbiddenError, NotFoundError, UserError
from bot.core.places_port import ChatMark, ChatPlace, Group
from bot.core.reply import buttons_of
from tests.front_door import running
from tests.other_chat import GROUP, Booth, OtherChat, Square, button_of

ADMIN, MANAGER = "500", "501"


@pytest.fixture
def square():
    return Square()


@pytest.fixture
async def bot(tmp_path, square):
    async with running(tmp_path, chats={"other": square}) as bot:
        await bot.room()
        other = OtherChat(bot)
        await other.link(ADMIN, "boss")
        await other.link(MANAGER, "max")
        yield bot


@pytest.fixture
def booth(bot):
    return Booth(bot)


async def bound(bot, purpose, room=None):
    return await bot.app.store.read(lambda tx: tx.outbox.bound(purpose, room))


async def test_the_first_binding_keeps_the_web_chat_and_posts_a_line_to_be_seen(bot, booth, square):
    answer = await booth.say(MANAGER, "/setup bind team")
    text = booth.text(answer.reply)
    assert "#us-team (Glow) now gets messages for the team (all rooms)." in text
    assert "The web chat goes on showing them." in text
    assert await bound(bot, "team") == ("web:team", "other:1")
    (line,) = square.at("1", "setup")
    assert "This place now gets messages for the team (all rooms)." in booth.text(line.reply)
    await bot.ok("/show plan us_main 2027-03-12 19:30 host=mia")
    await bot.advance(hours=1)
    assert square.at("1", "checklist")
    assert await bot.find("us_main: checklist")


async def test_unbinding_the_web_channel_leaves_the_place_alone_and_the_last_one_gives_it_back(bot, booth):
    await booth.say(ADMIN, "/setup bind team")
    await booth.say(ADMIN, "/setup unbind team place=web:team")
    assert await bound(bot, "team") == ("other:1",)
    answer = await booth.say(ADMIN, "/setup unbind team")
    assert "They go to: web chat (Team)." in booth.text(answer.reply)
    assert await bound(bot, "team") == ("web:team",)


async def test_unbinding_can_be_taken_back(bot, booth):
    await booth.say(ADMIN, "/setup bind team room=us_main")
    answer = await booth.say(ADMIN, "/setup unbind team room=us_main")
    assert await bound(bot, "team", "us_main") == ("web:team",)
    await booth.press(ADMIN, answer.message, button_of(answer, "undo"))
    assert await bound(bot, "team", "us_main") == ("web:team", "other:1")


async def test_what_is_about_a_room_goes_to_its_own_place_and_no_longer_to_that_of_all(bot, booth, square):
    await bot.ok("/room add uk_main uk")
    await booth.say(ADMIN, "/setup bind team")
    answer = await booth.say(ADMIN, "/setup bind team room=uk_main", address="2")
    assert "What is about uk_main no longer goes to #us-team (Glow)." in booth.text(answer.reply)
    for room in ("us_main", "uk_main"):
        await bot.ok(f"/show plan {room} 2027-03-12 23:30 length=20m")
    await bot.advance(hours=5)
    rooms = {address: {row.room for row in square.at(address, "checklist")} for address in ("1", "2")}
    assert rooms == {"1": {"us_main"}, "2": {"uk_main"}}


async def test_what_the_bot_may_not_do_is_named_with_what_fails_and_a_closed_place_is_refused(bot, booth, square):
    text = booth.text((await booth.say(ADMIN, "/setup bind team", address="2")).reply)
    assert "Attach Files (Discord refuses what has a chart or a file" in text
    assert "pin messages (Something does not work without it.)" in text
    with pytest.raises(ConflictError) as error:
        await booth.say(ADMIN, "/setup bind team", address="3")
    line = bot.app.words.reader("en").line(error.value.message)
    assert line.startswith("The bot cannot post in #locked (Glow): it lacks Send Messages.")
    assert not square.at("3")
    square.groups = (replace(GROUP, places=(ChatPlace("3", "#locked", missing=("embed_links",)),)),)
    with pytest.raises(ConflictError) as error:  # every message of the bot is a card
        await booth.say(ADMIN, "/setup bind team", address="3")
    assert "it lacks Embed Links." in bot.app.words.reader("en").line(error.value.message)
    assert await bound(bot, "team") == ("web:team", "other:2")


async def test_what_is_missing_everywhere_is_said_once(bot, booth, square):
    square.groups = (replace(GROUP, missing=("attach_files", "manage_events")),)
    for line in ("/setup bind team", "/setup"):
        text = booth.text((await booth.say(ADMIN, line, address="2")).reply)
        assert text.count("Attach Files") == text.count("Manage Events") == 1
        assert "What the bot may not do in" in text


async def test_from_the_web_a_place_is_chosen_by_a_button(bot, square):
    asked = (await bot.ok("/setup bind managers")).body["reply"]
    assert "\n- #us-team (Glow)\n- #uk-team (Glow)" in asked["text"]
    answer = await bot.press_command(asked["id"], "setup bind", place="other:1")
    assert "Everybody who can read #us-team (Glow) reads what is for managers." in answer.text
    assert await bound(bot, "managers") == ("web:managers", "other:1")


@pytest.mark.parametrize("place", ["other:1", "1", "<#1>", "#us-team", "US-Team"])
async def test_a_place_is_named_by_id_mention_or_name(bot, booth, place):
    await booth.say(ADMIN, f'/setup bind host place="{place}"', address="@500")
    assert await bound(bot, "host") == ("web:host", "other:1")


async def test_a_place_that_is_not_there_or_cannot_be_asked_for_is_refused(bot, booth, square):
    with pytest.raises(NotFoundError, match=r"setup\.place_unknown") as error:
        await booth.say(ADMIN, "/setup bind team place=other:9")
    assert error.value.try_instead == "place=other:1"
    square.is_reachable, square.last = False, ()
    with pytest.raises(NotFoundError, match=r"setup\.unreachable"):
        await booth.say(ADMIN, "/setup bind team place=other:1")
    assert await bound(bot, "team") == ("web:team",)


async def test_two_places_of_one_name_are_told_apart(bot, booth, square):
    square.groups = (GROUP, replace(GROUP, id="g2", name="Lamp", places=(replace(GROUP.places[0], address="7"),)))
    with pytest.raises(UserError, match=r"setup\.place_which") as error:
        await booth.say(ADMIN, "/setup bind team place=#us-team")
    text = bot.app.words.reader("en").line(error.value.message)
    assert "#us-team (Glow): other:1 and #us-team (Lamp): other:7" in text


async def test_the_web_chat_has_a_channel_for_each_purpose_and_for_all_rooms(bot):
    assert (await bot.say("/setup bind team place=web:host")).status == 400
    assert (await bot.say("/setup bind team place=web:team room=us_main")).status == 400
    assert (await bot.say("/setup unbind team")).status == 409
    answer = await bot.ok("/setup bind team place=web:team")
    assert "web chat (Team) now gets messages for the team (all rooms)." in answer.text
    assert (await bot.say("/setup bind team place=web:team")).status == 409


async def test_unbinding_asks_which_place_where_it_is_typed_in_none(bot, booth):
    await booth.say(ADMIN, "/setup bind team")
    asked = await booth.say(ADMIN, "/setup unbind team", address="@500")
    assert booth.text(asked.reply).endswith("\n- web chat (Team)\n- #us-team (Glow)")
    await booth.press(ADMIN, asked.message, button_of(asked, "setup unbind", place="other:1"), address="@500")
    assert await bound(bot, "team") == ("web:team",)
    asked = (await bot.ok("/setup unbind team")).body["reply"]
    await bot.press_command(asked["id"], "setup unbind", place="web:team")
    assert (await bot.say("/setup unbind team")).status == 409


async def test_a_room_s_manager_binds_places_of_that_room_only(bot, booth):
    await bot.ok("/person add rita")
    await bot.ok("/grant rita manager room=us_main")
    await OtherChat(bot).link("7", "rita")
    await booth.say("7", "/setup bind team room=us_main")
    assert "Setup of us_main" in booth.text((await booth.say("7", "/setup us_main")).reply)
    for line in ("/setup", "/setup bind team", "/setup unbind team", "/setup role @ops operator"):
        with pytest.raises(ForbiddenError):
            await booth.say("7", line)


async def test_setup_shows_how_everything_stands_with_buttons_for_here(bot, booth, snapshot):
    await booth.say(ADMIN, "/setup bind team", address="2")
    await booth.say(ADMIN, "/setup bind host room=us_main", address="1")
    await booth.say(ADMIN, "/setup role @leads manager matrix=main")
    answer = await booth.say(MANAGER, "/setup", address="2")
    assert booth.text(answer.reply) == snapshot(name="words")
    assert booth.text(answer.reply, "zh-CN") == snapshot(name="chinese")
    say = bot.app.words.reader("en").line
    shown = [(say(button.label), button.command, dict(button.args)) for button in buttons_of(answer.reply)]
    assert shown == snapshot(name="buttons")
    await booth.press(MANAGER, answer.message, button_of(answer, "setup unbind", purpose="team"), address="2")
    assert await bound(bot, "team") == ("web:team",)


async def test_whoever_bears_a_mark_has_its_role_as_long_as_they_do_and_it_does(bot, booth):
    await booth.say(MANAGER, "/setup role @ops operator room=us_main")
    await booth.say("900", "/show plan us_main 2027-03-13 20:00", marks=["10", "g1"])
    with pytest.raises(ForbiddenError):
        await booth.say("900", "/show plan us_main 2027-03-14 20:00", marks=["g1"])
    await booth.say("900", "/show plan us_main 2027-03-14 20:00", marks=["10"])
    answer = await booth.say(MANAGER, "/setup unrole other:10")
    with pytest.raises(ForbiddenError):
        await booth.say("900", "/show plan us_main 2027-03-15 20:00", marks=["10"])
    await booth.press(MANAGER, answer.message, button_of(answer, "undo"))
    await booth.say("900", "/show plan us_main 2027-03-15 20:00", marks=["10"])


async def test_a_role_is_chosen_by_a_button_from_those_one_may_hand_out(bot, booth):
    for account, roles in (
        (MANAGER, ["viewer", "host", "operator"]),
        (ADMIN, ["viewer", "host", "operator", "manager", "admin"]),
    ):
        answer = await booth.say(account, '/setup role "<@&10>"')
        assert [button.args["role"] for button in buttons_of(answer.reply)] == roles
    await booth.press(ADMIN, answer.message, button_of(answer, "setup role", role="admin"))
    rows = await bot.app.store.read(lambda tx: tx.chats.mark_roles("other"))
    assert [(row.mark, row.role.name) for row in rows] == [("10", "ADMIN")]


async def test_what_everybody_bears_gives_more_than_looking_by_an_admin_alone_who_is_told_what_it_means(bot, booth):
    with pytest.raises(ForbiddenError):
        await booth.say(MANAGER, "/setup role @everyone operator")
    await booth.say(MANAGER, "/setup role @everyone viewer")
    answer = await booth.say(ADMIN, "/setup role @everyone operator")
    assert answer.reply.tone == "warning"
    assert "whoever joins it, a stranger too, is operator here" in booth.text(answer.reply)
    with pytest.raises(ForbiddenError):
        await booth.say(MANAGER, "/setup role @everyone host")
    with pytest.raises(ForbiddenError):
        await booth.say(MANAGER, "/setup role @leads manager")


async def test_a_role_that_its_chat_has_no_more_can_still_be_ended(bot, booth, square):
    await booth.say(ADMIN, "/setup role @ops operator")
    square.groups = (replace(GROUP, marks=()),)
    answer = await booth.say(ADMIN, "/setup")
    assert "other:10: operator (everywhere)" in booth.text(answer.reply)
    await booth.press(ADMIN, answer.message, button_of(answer, "setup unrole", mark="other:10"))
    assert await bot.app.store.read(lambda tx: tx.chats.mark_roles("other")) == []


async def test_places_and_roles_are_offered_by_name_those_of_the_chat_first(bot):
    runner, table = bot.app.dispatch, bot.app.ports.commands
    actor = await runner.actor("other", ADMIN, "x")
    places = await runner.offers(actor, table.get("setup bind"), "place")
    assert [(offer.value, offer.label) for offer in places[:2]] == [
        ("other:1", "#us-team · Glow"), ("other:2", "#uk-team · Glow"),
    ]  # fmt: skip
    assert places[-1].value == "web:managers"
    marks = await runner.offers(actor, table.get("setup role"), "mark")
    assert (marks[0].value, marks[0].label) == ("other:10", "@ops · Glow")


async def test_what_is_offered_first_is_of_the_group_where_it_is_typed(bot, booth, square):
    crowd = tuple(ChatMark(str(number), f"@role{number}") for number in range(1000, 1040))
    rooms = tuple(ChatPlace(str(number), f"#room{number}") for number in range(2000, 2040))
    square.groups = (Group("g0", "Strangers", places=rooms, marks=crowd), GROUP)
    answer = await booth.say(ADMIN, "/setup", address="1")
    button_of(answer, "setup role", mark="other:10")
    with pytest.raises(AssertionError):
        button_of(await booth.say(ADMIN, "/setup", address="2000"), "setup role", mark="other:10")


async def test_what_a_strange_group_lacks_is_not_told(bot, booth, square):
    strange = Group("g0", "Strangers", places=(ChatPlace("2000", "#lobby"),), missing=("embed_links",))
    square.groups = (strange, GROUP)
    assert "Strangers" not in booth.text((await booth.say(ADMIN, "/setup", address="1")).reply)
    assert "in Strangers" in booth.text((await booth.say(ADMIN, "/setup", address="2000")).reply)
    await booth.say(ADMIN, "/setup bind team", address="2000")
    assert "in Strangers" in booth.text((await booth.say(ADMIN, "/setup", address="1")).reply)


async def test_without_another_chat_setup_says_so(tmp_path):
    async with running(tmp_path) as bot:
        assert "No other chat is configured" in (await bot.ok("/setup")).text
        assert (await bot.say("/setup bind team")).status == 404
