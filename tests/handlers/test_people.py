"""People, hosts and roles as they are typed: settings, grants, and what planning says of a host."""

from __future__ import annotations

import pytest

from bot.core.model import HostProfile, Person, Role
from tests.front_door import running


async def test_me_shows_and_changes_ones_own_settings_privately(bot):
    await bot.ok("/host add mia name=Mia zone=Asia/Shanghai")
    changed = await bot.ok(
        '/me name="Mia Torres" language=zh-cn zone=Asia/Tokyo speaks=en,es hours="mon-fri 18:00-02:00" rest=10h '
        "reach=channel",
        "mia",
    )
    assert changed.body["reply"]["private"]
    person, profile = await bot.app.store.read(lambda tx: (tx.people.get("mia"), tx.people.host("mia")))
    assert Person("mia", "Mia Torres", Role.HOST, "zh-CN", "Asia/Tokyo", ("en", "es")) == person
    assert (36_000, "channel", 5) == (profile.rest_s, profile.reach, len(profile.hours))
    entry = (await bot.app.store.read(lambda tx: tx.audit.newest(1)))[0]
    assert ("me", "Mia", "Mia Torres") == (entry.action, entry.before["name"], entry.after["name"])
    before = await bot.app.store.read(lambda tx: len(tx.audit.newest(50)))
    await bot.ok("/me", "mia")
    assert before == await bot.app.store.read(lambda tx: len(tx.audit.newest(50))), "looking changes nothing"


@pytest.mark.parametrize(
    ("line", "status", "named"),
    [
        ("/me zone=Asia/Shangai", 404, "Asia/Shanghai"),
        ("/me hours=late", 400, "mon-fri"),
        (f"/me name={'x' * 61}", 400, "name=Mia"),
        ("/me rest=30h", 400, "rest=8h"),
        ("/me speaks=english!", 400, "/me speaks=en,es"),
        ("/host edit mia markets=us,atlantis", 400, "markets=us,uk"),
        ("/host edit mia", 400, "/host edit mia"),
        ("/host edit olga rest=9h", 409, "/host add olga"),
        ("/host add mia", 409, "/host edit mia"),
        ("/person add mia", 409, "/grant mia operator"),
        ("/person add Mia!", 400, "mia"),
        ("/grant olga chief", 400, "operator"),
        ("/grant olag operator", 404, "olga"),
        ("/grant olga host room=us_man", 404, "us_main"),
        ("/grant olga host matrix=glow", 404, "/grant olga host matrix=main"),
        ("/grant olga host room=us_main matrix=main", 400, "room= or matrix=, not both"),
        ("/grant olga operator", 409, "/roles olga"),
        ("/revoke olga room=us_main", 409, "/roles olga"),
        ("/revoke boss", 409, "/grant NAME admin"),
        ("/grant boss viewer", 409, "/grant NAME admin"),
        ("/unlink telegram:42", 404, "/me"),
    ],
)
async def test_bad_input_says_what_can_be_typed(bot, line, status, named):
    await bot.ok("/room add us_main us")
    await bot.ok("/host add mia")
    before = await bot.app.store.read(lambda tx: (tx.people.all(), tx.people.hosts(), tx.people.all_rights()))
    answer = await bot.say(line, "mia" if line.startswith("/me") else "boss")
    assert status == answer.status, answer.text
    assert named in f"{answer.text} {answer.body.get('try')}"
    assert before == await bot.app.store.read(lambda tx: (tx.people.all(), tx.people.hosts(), tx.people.all_rights()))


async def test_somebody_who_is_here_can_become_a_host_and_keeps_their_role(bot):
    await bot.ok("/host add olga markets=us,uk")
    person, profile = await bot.app.store.read(lambda tx: (tx.people.get("olga"), tx.people.host("olga")))
    assert Role.OPERATOR == person.role
    assert HostProfile("olga", ("us", "uk")) == profile
    await bot.ok('/host add vera name="Vera Li"')
    [entry] = await bot.app.store.read(lambda tx: tx.audit.of_subject("vera"))
    assert (("viewer", "Vera"), ("host", "Vera Li")) == tuple(
        (side["role"], side["name"]) for side in (entry.before, entry.after)
    )


async def test_only_who_may_host_in_the_room_is_planned_as_its_host(bot):
    for room, market in (("us_main", "us"), ("uk_main", "uk")):
        await bot.ok(f"/room add {room} {market}")
    await bot.ok("/person add lea")
    assert 400 == (await bot.say("/show plan us_main 2027-03-20 20:00 host=lea")).status
    await bot.ok("/grant lea host room=us_main")
    await bot.ok("/show plan us_main 2027-03-20 20:00 host=lea")
    assert 400 == (await bot.say("/show plan uk_main 2027-03-21 20:00 host=lea")).status


@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_what_speaks_against_a_host_is_said_when_the_show_is_planned(tmp_path, language, snapshot):
    async with running(tmp_path, language=language) as bot:
        for room, market in (("us_main", "us"), ("uk_main", "uk")):
            await bot.ok(f"/room add {room} {market}")
        await bot.ok(
            '/host add mia name=Mia zone=Asia/Shanghai speaks=es,zh markets=mx hours="sat,sun 06:00-12:00" rest=10h'
        )
        on_saturday = "2027-03-19 20:00"  # 08:00 in Shanghai
        fits = await bot.ok(f"/show plan us_main {on_saturday} length=2h host=mia")
        await bot.press_command(fits.body["reply"]["id"], "show plan", save="yes")
        doubted = await bot.ok('/show plan uk_main 2027-03-20 05:00 length=2h host=mia despite="her own wish"')
        assert snapshot == {
            "fits but for market and language": fits.text.splitlines(),
            "everything speaks against it": doubted.text.splitlines(),
            "hosts": (await bot.ok("/host list")).text.splitlines(),
            "me": (await bot.ok("/me", "mia")).text.splitlines(),
            "grant": (await bot.ok("/grant mia operator room=us_main")).text.splitlines(),
            "roles": (await bot.ok("/roles")).text.splitlines(),
            "roles of a room": (await bot.ok("/roles room=us_main")).text.splitlines(),
            "refused": (await bot.say("/room edit us_main theme=x", "mia")).text,
            "revoke": (await bot.ok("/revoke mia")).text.splitlines(),
            "refused, nobody": (await bot.say("/now", "mia")).text,
        }


async def test_hosts_of_an_older_database_have_a_profile_of_defaults(tmp_path):
    """The step that brought profiles gave one to everybody who was a host."""
    async with running(tmp_path, people=(Person("ann", "Ann", Role.ADMIN), Person("mia", "Mia", Role.HOST))) as bot:
        assert [HostProfile("mia")] == await bot.app.store.read(lambda tx: tx.people.hosts())


async def test_a_language_is_told_as_it_is_written(bot):
    await bot.ok("/host add mia name=Mia speaks=zh-cn,EN")
    assert "Hosts in: zh-CN and en" in (await bot.ok("/me", "mia")).text


async def test_help_is_in_groups_and_has_what_is_of_use_here(bot):
    await bot.ok("/person add lena")
    text = (await bot.ok("/help")).text
    assert "- /room add SLUG MARKET [...] (" in text
    assert "- /checklist waive SHOW ITEM REASON... (" in text
    rights = text.partition("People and rights\n")[2].partition("Yourself\n")[0]
    assert all(f"/{name} " in rights for name in ("person add", "grant", "revoke", "roles", "audit"))
    assert not any(f"/{name} " in text for name in ("claim", "invite", "signout")), "nobody can sign in here"
    await bot.ok("/revoke lena")
    assert "/claim CODE" in (await bot.ok("/help", "lena")).text


async def test_who_does_not_exist_can_be_made_with_the_line_given(bot):
    for line, person in (("/grant lena operator", "/person add lena"), ("/host edit mia rest=9h", "/host add mia")):
        assert person == (await bot.say(line)).body["try"]
        await bot.ok(person)
        await bot.ok(line)


async def test_roles_offers_the_line_that_changes_them_to_those_who_may(bot):
    assert (await bot.ok("/roles olga")).text.splitlines() == [
        "Olga", "- operator (everywhere)", "/grant olga operator room=ROOM",
    ]  # fmt: skip
    assert "/grant" not in (await bot.ok("/roles", "vera")).text


@pytest.mark.parametrize("option", ["hours=sometimes", "rest=40h", "markets=atlantis", "speaks=Klingon!"])
async def test_a_wrong_option_is_answered_with_a_line_that_works(bot, option):
    await bot.ok("/host add mia name=Mia")
    refused = await bot.say(f"/host edit mia {option} zone=Asia/Tokyo")
    assert 400 == refused.status
    await bot.ok(refused.body["try"])
    assert "Asia/Tokyo" in (await bot.ok("/me", "mia")).text


async def test_an_operator_makes_no_host_of_somebody_who_was_revoked_or_only_looks(bot):
    """Handing out a role is for managers, by whatever command."""
    await bot.ok("/person add eve")
    await bot.ok("/revoke eve")
    for person in ("eve", "vera"):
        refused = await bot.say(f"/host add {person}", "olga")
        assert (403, True) == (refused.status, "Max" in refused.text)
    assert Role.NOBODY == (await bot.app.store.read(lambda tx: tx.people.rights("eve"))).highest
    assert 200 == (await bot.say("/host add mia name=Mia", "olga")).status, "somebody new"
    assert 200 == (await bot.say("/host add olga", "olga")).status, "a role of more is there already"
    await bot.ok("/host add eve", "max")
    assert Role.HOST == (await bot.app.store.read(lambda tx: tx.people.rights("eve"))).highest
