"""What /me, /roles, /revoke, /room info and /why tell of other chats: marks, places of rooms, answers given there."""

from __future__ import annotations

import pytest

from bot.core.errors import ConflictError
from tests.front_door import running
from tests.other_chat import Booth, OtherChat, Square

BOSS, OPS = "500", "900"


@pytest.fixture
def square():
    return Square()


@pytest.fixture
async def bot(tmp_path, square):
    async with running(tmp_path, chats={"other": square}) as bot:
        await bot.room()
        await OtherChat(bot).link(BOSS, "boss")
        yield bot


@pytest.fixture
def booth(bot):
    return Booth(bot)


@pytest.fixture
async def marked(booth):
    """An account that is an operator of us_main by a mark, and a viewer by what everybody bears."""
    await booth.say(BOSS, "/setup role @ops operator room=us_main")
    await booth.say(BOSS, "/setup role @everyone viewer")
    await booth.say(OPS, "/now", marks=["10", "g1"])
    return "nick_of_900"


async def test_me_and_roles_say_what_a_role_comes_from(bot, booth, marked):
    mine = booth.text((await booth.say(OPS, "/me")).reply)
    told = "operator (room us_main), by @ops (Glow) in Other and viewer (everywhere), by @everyone (Glow) in Other"
    assert f"Role: {told}" in mine
    everybody = (await bot.ok("/roles")).text
    assert "- operator (room us_main), by @ops (Glow) in Other" in everybody
    assert "- operator (everywhere)\n" in everybody
    await bot.ok(f"/grant {marked} host")
    assert "host (everywhere), operator (room us_main), by @ops" in booth.text((await booth.say(OPS, "/me")).reply)


async def test_revoking_says_what_it_cannot_end_and_how_that_is_ended(bot, marked):
    refused = await bot.say(f"/revoke {marked}")
    assert refused.status == 409
    assert "Nothing of that was granted to Nick of 900." in refused.text
    assert "still has what comes from @ops (Glow) and @everyone (Glow)" in refused.text
    assert refused.body["try"] == "/setup unrole other:10 room=us_main"
    await bot.ok(f"/grant {marked} host")
    answer = await bot.ok(f"/revoke {marked}")
    assert "Taken back from Nick of 900." in answer.text
    assert "/setup unrole other:10 room=us_main" in answer.text
    await bot.ok(refused.body["try"])
    assert "@ops" not in (await bot.ok(f"/roles {marked}")).text


async def test_room_info_shows_where_its_messages_go_to_whom_may_read_them(bot, booth):
    assert "Where messages go" not in (await bot.ok("/room info us_main")).text
    await booth.say(BOSS, "/setup bind team room=us_main")
    assert (
        "Team: web chat (Team) and #us-team (Glow)\n- Hosts: web chat (Host)\n- Managers: web chat (Managers)"
        in (await bot.ok("/room info us_main")).text
    )
    assert "Managers" not in (await bot.ok("/room info us_main", "vera")).text


async def test_why_of_a_destination_knows_the_rooms_it_is_bound_to(bot, booth):
    await bot.ok("/room add uk_main uk")
    await booth.say(BOSS, "/setup bind team")
    await booth.say(BOSS, "/setup bind host room=uk_main")
    text = (await bot.ok("/why other:1")).text
    assert "#us-team (Glow)" in text
    assert "Takes what is for: Team and Host (only uk_main)" in text
    await bot.ok("/person add rita")
    await bot.ok("/revoke rita")
    await bot.ok("/grant rita viewer room=us_main")
    assert "Takes what is for: Team\n" in (await bot.ok("/why other:1", "rita")).text


async def test_why_of_an_answer_says_who_asked_when_and_where(bot, booth):
    private = await booth.say(BOSS, "/me")
    assert (
        "Asked by: Boss\nAt: Sat 13 Mar 07:00 Shanghai (UTC+8)\nTo: #us-team (Glow)"
        in (await bot.ok(f"/why {private.message}")).text
    )
    assert "private message between somebody else" in (await bot.ok(f"/why {private.message}", "olga")).text
    open_one = await booth.say(BOSS, "/room list")
    assert "Asked by: Boss" in (await bot.ok(f"/why {open_one.message}", "olga")).text
    await bot.ok("/setup bind managers place=other:2")
    of_managers = await booth.say(BOSS, "/room list", address="2")
    assert "not open to you" in (await bot.ok(f"/why {of_managers.message}", "olga")).text


async def test_why_of_a_private_answer_that_was_promised_is_its_person_s(bot):
    answer = await Booth(bot, "outbox").say(BOSS, "/me")
    assert "private message between somebody else" in (await bot.ok(f"/why {answer.message}", "olga")).text
    assert "Boss" in (await bot.ok(f"/why {answer.message}")).text


async def test_the_same_role_again_is_refused(booth, marked):
    with pytest.raises(ConflictError, match=r"setup\.mapped_already"):
        await booth.say(BOSS, "/setup role @ops operator room=us_main")
    with pytest.raises(ConflictError, match=r"setup\.not_mapped"):
        await booth.say(BOSS, "/setup unrole @leads")
