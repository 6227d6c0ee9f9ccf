"""One person with several accounts, and the first admin: codes that work once, for a while, and cannot be guessed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.chats_port import MarkRole
from bot.core.errors import ConflictError, ForbiddenError, UserError
from bot.core.model import Person, Role
from bot.core.rights import EVERYWHERE, Scope
from handlers.linking import code_for_first_admin, digest, new_code
from tests.front_door import PEOPLE, running
from tests.other_chat import OtherChat, Square, code_for


async def person_of(bot, account, chat="other"):
    found = await bot.app.store.read(lambda tx: tx.people.by_account(chat, account))
    return None if found is None else found.slug


async def entries(bot, action):
    return [entry for entry in await bot.app.store.read(lambda tx: tx.audit.newest(500)) if entry.action == action]


async def test_a_second_account_becomes_the_same_person_with_the_same_rights(bot):
    other = OtherChat(bot)
    await bot.ok("/room add us_main us")
    with pytest.raises(ForbiddenError):
        await other.say("42", "/room list")
    await other.link("42", "olga")
    assert "olga" == await person_of(bot, "42")
    await other.say("42", "/product add us_main P1 9.90")
    done = (await entries(bot, "product.add"))[0]
    assert ("olga", "other", {"account": "42"}) == (done.actor, done.via, dict(done.detail))
    assert "other: 42" in (await bot.ok("/me", "olga")).text


async def test_a_code_works_once_for_ten_minutes_and_a_new_one_voids_it(bot):
    other = OtherChat(bot)
    first = await code_for(bot, "olga")
    second = await code_for(bot, "olga")
    with pytest.raises(UserError):
        await other.say("1", first)
    await other.say("1", second)
    with pytest.raises(UserError):
        await other.say("2", second)
    late = await code_for(bot, "olga")
    await bot.advance(minutes=10)
    with pytest.raises(UserError):
        await other.say("3", late)
    assert ["olga", None, None] == [await person_of(bot, account) for account in "123"]


async def test_blanks_hyphens_and_case_do_not_count(bot):
    code = (await code_for(bot, "olga")).partition("=")[2]
    await OtherChat(bot).say("1", f'/link code="{code.replace("-", " ").lower()}"')
    assert "olga" == await person_of(bot, "1")


async def test_five_wrong_codes_stop_an_account_for_a_quarter_of_an_hour_not_others(bot):
    other = OtherChat(bot)
    good = await code_for(bot, "olga")
    for _ in range(5):
        with pytest.raises(UserError, match=r"code\.wrong\.link"):
            await other.say("1", "/link code=22222-22222")
    with pytest.raises(ConflictError, match=r"code\.too_many"):
        await other.say("1", good)
    await other.say("2", good)
    await bot.advance(minutes=15, seconds=1)
    await other.say("1", await code_for(bot, "max"))
    assert ["max", "olga"] == [await person_of(bot, account) for account in "12"]
    assert 5 == len(await entries(bot, "code.wrong"))


async def test_a_hundred_wrong_codes_from_everywhere_stop_all_tries(bot):
    other = OtherChat(bot)
    for account in range(20):
        for _ in range(5):
            with pytest.raises(UserError, match=r"code\.wrong"):
                await other.say(f"a{account}", "/claim 22222-22222")
    with pytest.raises(ConflictError, match=r"code\.too_many"):
        await other.say("fresh", await code_for(bot, "olga"))


async def test_a_code_is_shown_to_whoever_asked_and_kept_nowhere(bot, tmp_path, capfd):
    line = await code_for(bot, "olga")
    code = line.partition("=")[2]
    for person in ("olga", "boss"):
        assert all(code not in str(message) for message in await bot.messages(person=person))
    assert code not in str(await bot.app.store.read(lambda tx: tx.audit.newest(50)))
    said = await bot.say(line, "max")  # his own account in the web chat, from now on olga's
    assert 200 == said.status
    await bot.advance(minutes=1)
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for form in (code, code.replace("-", "")):
        assert form.encode() not in stored
    assert "/link code=•••".encode() in stored, "the line is kept without the code"
    assert digest(code).encode() in stored, "else the search would find nothing either way"
    assert code not in "".join(capfd.readouterr())


async def test_an_account_can_move_to_another_person_and_be_unlinked(bot):
    other = OtherChat(bot)
    await other.link("42", "olga")
    await other.link("42", "max")
    assert "max" == await person_of(bot, "42")
    assert 404 == (await bot.say("/unlink other:42", "olga")).status, "it is hers no more"
    await bot.ok("/unlink other:42", "max")
    assert await person_of(bot, "42") is None
    with pytest.raises(ForbiddenError):
        await other.say("42", "/now")


async def test_in_the_web_chat_too_an_account_follows_its_link_and_comes_back(bot):
    assert 200 == (await bot.say(await code_for(bot, "olga"), "vera")).status
    assert "Olga" in (await bot.ok("/me", "vera")).text
    assert 409 == (await bot.say(await code_for(bot, "olga"), "vera")).status, "olga already"
    await bot.ok("/unlink web:vera", "olga")
    assert "Vera" in (await bot.ok("/me", "vera")).text


async def test_one_cannot_link_to_nobody(bot):
    with pytest.raises(ConflictError, match=r"link\.nobody"):
        await OtherChat(bot).say("1", "/link")


class Gate(Square):
    """A square that is entered in a way of its own."""

    def way_in(self, code):
        return f"link {code} at the gate"


async def test_a_manager_makes_a_link_for_somebody_else_and_how_each_chat_takes_it(tmp_path):
    async with running(tmp_path, chats={"other": Gate()}) as bot:
        answer = await bot.ok("/link person=vera", "max")
        first, *ways = [block["text"] for block in answer.body["reply"]["blocks"] if block["type"] == "secret"]
        code = first.removeprefix("/link code=")
        assert ways == [f"link {code} at the gate"]
        await bot.advance(hours=23)
        await OtherChat(bot).say("42", first)
        assert "vera" == await person_of(bot, "42")


async def test_who_may_not_hand_out_a_role_may_make_no_link_for_who_has_it(bot):
    assert [403, 403] == [(await bot.say(f"/link person={who}", "olga")).status for who in ("vera", "max")]
    assert 403 == (await bot.say("/link person=boss", "max")).status
    assert 200 == (await bot.say("/link person=olga", "olga")).status, "her own"


async def test_a_link_for_somebody_is_void_once_they_may_more(bot):
    """Else whoever may make one for a viewer could be manager by it."""
    kept = await bot.ok("/link person=vera", "max")
    [line] = [block["text"] for block in kept.body["reply"]["blocks"] if block["type"] == "secret"]
    await bot.ok("/grant vera manager", "boss")
    with pytest.raises(UserError, match=r"code\.wrong\.link"):
        await OtherChat(bot).say("42", line)


@pytest.mark.parametrize(("line", "says"), [("/link person=nobody", 404), ("/link person=vera code=22222-22222", 400)])
async def test_a_link_is_for_somebody_who_is_here_and_has_no_code_yet(bot, line, says):
    assert says == (await bot.say(line, "max")).status


async def test_the_first_admin_is_who_holds_the_code_of_the_start(tmp_path):
    people = (Person("ann", "Ann", Role.VIEWER),)
    async with running(tmp_path, people=people) as bot:
        old = bot.app.first_admin_code
    async with running(tmp_path, people=people) as bot:
        code = bot.app.first_admin_code
        assert code
        assert code != old
        assert 400 == (await bot.say(f"/claim {old}", "ann")).status, "each start voids the code of the last"
        await OtherChat(bot).say("7", f'/claim {code} name="Lin Wei"')
        lin = await bot.app.store.read(lambda tx: tx.people.get("lin_wei"))
        assert Person("lin_wei", "Lin Wei", Role.ADMIN) == lin
        assert 400 == (await bot.say(f"/claim {code}", "ann")).status, "once"
        assert ["ann"] == [row.actor for row in await entries(bot, "code.wrong")][:1]
    async with running(tmp_path, people=people) as bot:
        assert bot.app.first_admin_code is None, "there is an admin now"


async def test_a_claim_is_good_for_a_day(tmp_path):
    async with running(tmp_path, people=(Person("ann", "Ann", Role.VIEWER),)) as bot:
        await bot.advance(hours=24)
        assert 400 == (await bot.say(f"/claim {bot.app.first_admin_code}", "ann")).status


async def test_whoever_is_here_and_claims_stays_who_they_are(tmp_path):
    async with running(tmp_path, people=(Person("ann", "Ann", Role.VIEWER),)) as bot:
        await bot.ok(f"/claim {bot.app.first_admin_code}", "ann")
        assert Role.ADMIN == (await bot.app.store.read(lambda tx: tx.people.get("ann"))).role


async def test_with_an_admin_there_is_no_code(bot):
    assert bot.app.first_admin_code is None


async def test_codes_survive_a_kill_and_so_do_wrong_tries(tmp_path):
    async with running(tmp_path, people=PEOPLE) as bot:
        good = await code_for(bot, "olga")
        for _ in range(5):
            with pytest.raises(UserError, match=r"code\.wrong"):
                await OtherChat(bot).say("1", "/link code=x")
    async with running(tmp_path, people=PEOPLE, start=bot.now + timedelta(minutes=1)) as bot:
        with pytest.raises(ConflictError, match=r"code\.too_many"):
            await OtherChat(bot).say("1", good)
        await OtherChat(bot).say("2", good)
        assert "olga" == await person_of(bot, "2")


def test_codes_are_of_letters_nobody_mixes_up():
    made = {new_code() for _ in range(200)}
    assert 200 == len(made)
    assert not set("".join(made)) & set("01OIlo")


async def test_where_chats_are_configured_somebody_must_be_admin_in_one_of_them(bot):
    """The web chat without a sign-in may be out of reach of whoever works there."""

    def code(tx):
        return code_for_first_admin(tx, bot.now, ("other",))

    assert await bot.app.store.write(code)
    await OtherChat(bot).link("7", "max")
    made = await bot.app.store.write(code)
    assert made, "a manager is none"
    await OtherChat(bot).link("8", "boss")
    assert await bot.app.store.write(code) is None
    with pytest.raises(UserError, match=r"code\.wrong\.first_admin"):
        await OtherChat(bot).say("9", f"/claim {made}")


async def test_a_role_of_the_chat_that_makes_admins_is_enough(bot):
    row = MarkRole("other", "10", Scope("room", "us_main"), Role.ADMIN)
    await bot.app.store.write(lambda tx: tx.chats.set_mark_role(row))
    assert await bot.app.store.write(lambda tx: code_for_first_admin(tx, bot.now, ("other",))), "of a room is not all"
    await bot.app.store.write(lambda tx: tx.chats.set_mark_role(replace(row, scope=EVERYWHERE)))
    assert await bot.app.store.write(lambda tx: code_for_first_admin(tx, bot.now, ("other",))) is None
