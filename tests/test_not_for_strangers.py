"""What somebody without a role, or with one elsewhere, gets to know and to do by the side doors of the web chat."""

from __future__ import annotations

import json

import pytest

from bot.core.model import Person, Role
from bot.core.records import Account
from handlers import linking
from tests.evenings import on_air
from tests.front_door import PEOPLE
from tests.other_chat import OtherChat
from tests.signed_in import team

EVE = Person("eve", "Eve", Role.VIEWER)


@pytest.fixture
async def chat(tmp_path):
    """eve was here before everybody else."""
    async with team(tmp_path, people=(EVE, *PEOPLE)) as running:
        yield running


async def test_who_was_revoked_reads_neither_files_nor_who_is_here(chat):
    await chat.app.store.write(lambda tx: tx.files.save("chart.png", "image/png", b"PNG"))
    boss = await chat.boss()
    eve = await chat.member("eve", boss)
    assert (await eve.get("/chat/files/chart.png")).status == 200
    assert "Olga" in json.dumps((await eve.get("/chat/api/people")).body)
    await boss.ok("/revoke eve")
    assert (await eve.get("/chat/files/chart.png")).status == 403
    assert (await eve.get("/chat/api/people")).body["people"] == []


async def test_a_name_somebody_gave_themselves_gets_them_no_code_of_an_admin(chat):
    """The link of the start is opened by whoever runs the bot, who types what they are called."""
    boss = await chat.boss()
    eve = await chat.member("eve", boss)
    link = await chat.app.store.write(lambda tx: chat_code(tx, chat))
    for name in ("Boss", "boss"):
        await eve.ok(f"/me name={name}")
        device = await chat.device()
        assert (await device.join(link, name)).status == 200
        assert await device.who() == "boss"
        link = await chat.app.store.write(lambda tx: chat_code(tx, chat))
    assert await role_of(chat, "eve") == Role.VIEWER


async def test_nobody_is_made_admin_by_a_name_while_others_may_be_signed_in_as_them(chat):
    boss = await chat.boss()
    eve = await chat.member("eve", boss)
    await eve.ok('/me name="Lin Wei"')
    link = await chat.app.store.write(lambda tx: chat_code(tx, chat))
    device = await chat.device()
    refused = await device.join(link, "Lin Wei")
    assert refused.status == 410
    assert "Lin Wei" in refused.body["error"]
    assert await role_of(chat, "eve") == Role.VIEWER
    assert (await device.join(link, "Lin Wei 2")).status == 200, "the code is good for another try"


async def test_nor_while_they_have_an_account_elsewhere(chat):
    other = OtherChat(await chat.typing(await chat.boss()))

    def linked(tx):
        tx.people.link(Account("other", "42", "vera", chat.app.clock.now()))
        return chat_code(tx, chat)

    link = await chat.app.store.write(linked)
    assert (await (await chat.device()).join(link, "Vera")).status >= 400
    assert (await other.bot.app.dispatch.actor("other", "42", "x")).role == Role.VIEWER


def chat_code(tx, chat):
    return f"x#{linking.make(tx, 'first_admin', None, chat.app.clock.now())}"


async def role_of(chat, person):
    return await chat.app.store.read(lambda tx: tx.people.rights(person).highest)


async def test_the_guide_shows_no_room_that_one_may_not_see(chat):
    boss = await chat.boss()
    eve = await chat.member("eve", boss)
    for line in ("/room add aa_main us", "/room add uk_main uk", "/revoke eve", "/grant eve operator room=uk_main"):
        await boss.ok(line)
    guide = (await eve.get("/chat/api/guide")).body
    assert guide["room"] == "uk_main"
    assert "aa_main" not in json.dumps(guide)


async def test_the_audit_says_which_person_signed_in_by_a_linked_account(chat):
    boss = await chat.boss()
    eve = await chat.member("eve", boss)
    olga = await chat.member("olga", boss)
    await eve.ok((await olga.ok("/link")).body["reply"]["blocks"][1]["text"])
    assert await eve.who() == "olga"
    await eve.post("/chat/api/signout", {})
    row = (await chat.rows("audit"))[-1]
    assert (row["action"], row["actor"], row["subject"]) == ("signout", "olga", "olga")
    assert json.loads(row["detail"]) == {"account": "eve"}


async def test_the_chart_of_a_summary_is_for_whoever_was_shown_it(bot):
    """Its figures are a room's, and sessions are numbered: its name must not be one to count up to."""
    await on_air(bot)
    await bot.send([bot.line("stream", state="ended")])
    await bot.advance(minutes=30)
    summary = await bot.find("Provisional", "managers")
    [name] = summary["attachments"]

    async def fetch(file):
        async with bot.http.get(f"{bot.chat}/chat/files/{file}", headers={"X-Showcaller-As": "vera"}) as response:
            return response.status

    assert 200 == await fetch(name)
    assert [404, 404] == [await fetch(f"chart-x1-provisional{end}.png") for end in ("", "-")]
