"""/matrix: one card that edits itself, whose rooms it shows to whom, and what it says of each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.chat.discord.markdown import voice as discord_voice
from bot.chat.discord.render import render as discord_render
from bot.chat.telegram.moments import voice as telegram_voice
from bot.chat.telegram.render import render as telegram_render
from bot.core.delivery import Rejected
from bot.core.model import Person, Role, Session
from bot.core.reply import buttons_of
from bot.core.rights import Scope
from handlers import matrix_card
from handlers.matrix_cards import rooms_of
from prompts.catalogue import Catalogues
from tests.front_door import PEOPLE, SHOW_AT, running
from tests.other_chat import OtherChat, Square

WORDS = Catalogues.load()


@pytest.fixture
async def bot(tmp_path):
    people = (*PEOPLE, Person("tess", "Tess", Role.NOBODY))
    async with running(tmp_path, people=people) as bot:
        await bot.room()
        await bot.ok("/room add us_home us theme=home role=flagship target_gmv=5,000")
        await bot.ok("/room add uk_main uk theme=home")
        yield bot


async def card(bot, person="boss"):
    return (await bot.find("Matrix main:", person=person))["text"]


async def later(bot, **by):
    await bot.advance(**(by or {"seconds": 6}))


def line(text, room):
    [found] = [row for row in text.splitlines() if row.startswith(f"- {room}: ")]
    return found


async def ended(bot, room, *amounts, first=1):
    """Sessions of the room that are over, one a day, each with its GMV; None: not measured."""

    def work(tx):
        for number, gmv in enumerate(amounts, first):
            at = datetime(2027, 2, 1, tzinfo=UTC) + timedelta(days=number)
            name = f"{room}-s{number}"
            tx.sessions.save(Session(name, room, None, at, "settled", at + timedelta(hours=2), "stream"))
            money = None if gmv is None else {"value": str(gmv), "unit": "USD", "basis": "", "source": "own"}
            viewers = {"value": "280", "unit": "viewers", "basis": "", "source": "own"}
            tx.sessions.save_figures(name, {"provisional": {}, "settled": {"gmv_gross": money, "acu": viewers}})

    await bot.app.store.write(work)


async def test_one_card_follows_a_show_from_its_plan_to_its_end(bot):
    answer = await bot.ok("/matrix")
    assert answer.text == "The card of matrix main follows and keeps itself up to date."
    text = await card(bot)
    assert text.startswith("Matrix main: 3 rooms, 0 on air\n")
    assert "us_main: nothing planned (vertical, us, no theme · no result yet · nobody to hand viewers to)" in text
    show = await bot.plan()
    await later(bot)
    assert line(await card(bot), "us_main").startswith("- us_main: next Fri 12 Mar 20:00 New York (EST), Mia (")
    assert "hands viewers to us_main, next Fri 12 Mar 20:00 New York (EST)" in line(await card(bot), "us_home")
    await bot.advance(SHOW_AT)
    assert "us_main: should be on air since Fri 12 Mar 20:00" in await card(bot)
    await bot.send([bot.line("stream", state="started")])
    await later(bot)
    text = await card(bot)
    assert "1 on air" in text
    assert "us_main: on air since 20:00 New York, Mia (" in text
    assert "hands viewers to us_main, on air" in line(text, "us_home")
    for _ in range(36):
        await bot.advance(seconds=10)
        await bot.send([bot.line("concurrent", n=320)])
    assert "viewers now: 320" in line(await card(bot), "us_main")
    await bot.ok(f"/show end {show}")
    await later(bot)
    assert "us_main: nothing planned" in await card(bot)
    assert 1 == sum("Matrix main:" in message["text"] for message in await bot.messages())


async def test_a_cancelled_show_a_changed_room_and_an_archived_one_are_on_it_within_seconds(bot):
    show = await bot.plan()
    await bot.ok("/matrix")
    await bot.ok(f"/show cancel {show} ill")
    await bot.ok("/room edit us_main theme=beauty")
    await bot.ok("/room archive uk_main")
    await later(bot)
    text = await card(bot)
    assert "us_main: nothing planned (vertical, us, beauty" in text
    assert "uk_main" not in text
    await bot.ok("/matrix edit main organised_by=region")
    await later(bot)
    assert "Organised by region" in await card(bot)


async def test_changes_without_end_do_not_put_the_edit_off(bot):
    await bot.ok("/matrix")
    for number in range(4):
        await bot.advance(seconds=2)
        await bot.ok(f"/room edit us_main theme=t{number}")
    assert "us, t0" in (text := await card(bot)) or "us, t1" in text or "us, t2" in text


async def test_asked_for_again_it_stands_further_down_and_each_channel_has_its_own(bot):
    await bot.ok("/matrix")
    first = await bot.find("Matrix main:")
    await bot.ok("/matrix", channel="managers")
    await bot.ok("/matrix")
    texts = {message["id"]: message["text"] for message in await bot.messages()}
    assert texts[first["id"]] == "The card of matrix main now stands further down."
    await bot.ok("/room edit us_main theme=beauty")
    await later(bot)
    assert "beauty" in await card(bot)
    assert "beauty" in (await bot.find("Matrix main:", "managers"))["text"]
    assert texts[first["id"]] == {m["id"]: m["text"] for m in await bot.messages()}[first["id"]]


async def test_a_restart_loses_no_card(tmp_path):
    async with running(tmp_path) as bot:
        await bot.room()
        await bot.ok("/matrix")
        await bot.plan()
    async with running(tmp_path, start=SHOW_AT - timedelta(hours=1)) as bot:
        await bot.advance(seconds=1)
        assert "us_main: next Fri 12 Mar 20:00" in await card(bot)


async def test_last_results_stand_beside_the_room_s_own_median_and_target(bot):
    await ended(bot, "us_home", 1000, 2000, None, 3000, 4500)
    await ended(bot, "us_main", 1000, 2000)
    await ended(bot, "uk_main", None)
    await bot.ok("/matrix")
    text = await card(bot)
    assert "last US$4,500.00, 225% of its usual US$2,000.00, 90% of the target US$5,000.00" in line(text, "us_home")
    assert "last US$2,000.00 (no usual result yet: 1 measured before it)" in line(text, "us_main")
    assert "last GMV not measured" in line(text, "uk_main")


async def test_it_names_empty_evenings_and_rooms_that_nothing_tells_apart(bot):
    await bot.ok("/show plan us_main weekdays 19:00 length=4h save=yes")
    await bot.ok("/room edit us_main theme=home")
    await bot.ok("/matrix")
    text = await card(bot)
    assert "- us: nobody on Sat and Sun; 8 of 28 hours empty" in text
    assert "- uk: nobody on any evening" in text
    assert "- same market and theme (home): us_home and us_main" in text


async def test_it_counts_what_is_in_each_other_s_way(bot):
    await bot.ok("/room edit us_main theme=home")
    for room in ("us_main", "us_home"):
        await bot.ok(f"/show plan {room} 2027-03-13 20:00 save=yes")
    await bot.ok("/matrix")
    assert "One conflict is open among the next 2 shows." in await card(bot)
    await bot.ok("/room edit us_main theme=beauty")
    await later(bot)
    assert "conflict" not in await card(bot)


async def test_who_sees_some_rooms_is_told_of_those_alone_and_no_card_stands(bot):
    await bot.app.store.write(lambda tx: tx.people.grant("tess", Scope("room", "us_main"), Role.VIEWER))
    answer = await bot.say("/matrix", "tess")
    assert "us_main" in answer.text
    assert "uk_main" not in answer.text
    assert "Only the one room that is yours to see" in answer.text
    assert [] == [message for message in await bot.messages() if "Matrix main" in message["text"]]
    assert (await bot.say("/matrix nope", "tess")).status == 404
    await bot.ok("/room add eu_main de matrix=eu")
    unseen = await bot.say("/matrix eu", "tess")
    assert (unseen.status, "eu_main" in unseen.text) == (404, False)


async def test_with_several_matrices_it_asks_which(bot):
    await bot.ok("/room add eu_main de matrix=eu")
    answer = await bot.ok("/matrix")
    assert "There are 2 matrices" in answer.text
    message = (await bot.messages())[-1]["id"]
    await bot.press_command(message, "matrix", matrix="eu")
    assert "eu_main" in (await bot.find("Matrix eu: one room, 0 on air"))["text"]


async def test_a_private_card_ends_with_the_right_to_it(bot):
    await bot.ok("/matrix")

    def theirs(tx):
        kept = tx.fact("cards:main")
        tx.remember("cards:main", kept.replace("web:team", "web:@tess").replace('"boss"', '"tess"'))
        tx.timers.set("MatrixDue", "matrix:main", bot.now)

    await bot.app.store.write(theirs)
    await bot.advance(seconds=1)
    assert "no longer kept up to date" in (await bot.messages())[-1]["text"]
    assert await bot.app.store.read(lambda tx: tx.fact("cards:main")) == "{}"


class Deletes(Square):
    """Somebody has deleted what the bot posted: it cannot be edited."""

    async def deliver(self, delivery):
        return Rejected("the message was deleted") if delivery.op == "edit" else await super().deliver(delivery)


async def test_a_card_that_somebody_deleted_is_given_up(tmp_path):
    async with running(tmp_path, chats={"other": Deletes()}) as bot:
        await bot.room()
        booth = OtherChat(bot)
        await booth.link("olga-there", "olga")
        await booth.say("olga-there", "/matrix")
        for theme in ("home", "beauty"):
            await bot.ok(f"/room edit us_main theme={theme}")
            await later(bot)
        assert await bot.app.store.read(lambda tx: tx.fact("cards:main")) == "{}"
        failed = await bot.app.store.read(lambda tx: tx.outbox.counts())
        assert failed.get("failed") == 1


async def test_in_a_channel_of_one_room_no_card_tells_of_the_others(tmp_path):
    async with running(tmp_path, chats={"other": Square()}) as bot:
        await bot.room()
        booth = OtherChat(bot)
        await booth.link("olga-there", "olga")
        await bot.app.store.write(lambda tx: tx.outbox.bind("team", "other:team", "us_main"))
        assert not (await booth.say("olga-there", "/matrix")).private, "it is all there is"
        await bot.ok("/room add uk_main uk")
        await later(bot)
        assert await bot.app.store.read(lambda tx: tx.fact("cards:main")) == "{}"
        assert (await booth.say("olga-there", "/matrix")).private
        assert await bot.app.store.read(lambda tx: tx.fact("cards:main")) == "{}"


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("count", [10, 50, 120])
async def test_many_rooms_fit_into_one_message_of_every_chat(tmp_path, language, count):
    async with running(tmp_path) as bot:
        await bot.ok("/room add us_main us")
        await bot.ok("/host add mia name=Mia")

        def fill(tx):
            one = tx.rooms.get("us_main")
            for number in range(1, count):
                theme = f"theme {number}"
                tx.rooms.save(replace(one, slug=f"us_vertical_{number:03d}", name=f"US {number}", theme=theme))

        await bot.app.store.write(fill)
        for number in range(1, min(count, 61), 2):
            await bot.ok(f"/show plan us_vertical_{number:03d} 2027-03-19 20:00 host=mia save=yes despite=agreed")
            await ended(bot, f"us_vertical_{number:03d}", 1000, 2000, 3000, 4000)

        def draw(tx):
            for number in range(1, min(count, 61), 2):
                room = f"us_vertical_{number:03d}"
                tx.sessions.save(Session(f"{room}-x", room, f"{room}-0319", bot.now, "live"))
            watched = {session.id: 1234 for session in tx.sessions.live()}
            return matrix_card.draw(tx, "main", rooms_of(tx, "main"), bot.now, watched)

        drawn = (await bot.app.store.write(draw)).reply
        say = telegram_voice(WORDS, language, "Asia/Shanghai", in_group=True)
        assert [piece.slot for piece in telegram_render(drawn, say)] == ["text"]
        assert discord_render(drawn, discord_voice(WORDS, language, "Asia/Shanghai"), "m1").whole is None
        assert [] == buttons_of(drawn)
        if count > matrix_card.PAGE:
            assert "Page 1 of" in (await bot.ok("/matrix")).text or "Page 1 of" in await card(bot)
            second = await bot.ok("/matrix page=2")
            assert "this answer does not change" in second.text
            assert (await bot.say("/matrix page=9")).status == 400


async def test_room_fields_are_checked_shown_and_in_the_audit(bot):
    await bot.ok(
        '/room edit us_main siblings=us_home,uk_main target_gmv=1500.50 target_orders=120 testing="two  hosts"'
    )
    text = (await bot.ok("/room info us_main")).text
    assert "Sends viewers to: us_home and uk_main" in text
    assert "Target per show: GMV US$1,500.50 and 120 orders" in text
    assert "Tests: two hosts" in text
    assert "Sends viewers to: us_main (same market)" in (await bot.ok("/room info us_home")).text
    await bot.ok("/room edit us_main siblings=none target_gmv=none target_orders=0 target_acu=300 testing=none")
    text = (await bot.ok("/room info us_main")).text
    assert "Sends viewers to: us_home (same market)" in text
    assert "Target per show: 300 average viewers" in text
    assert "Tests" not in text
    [entry, *_] = await bot.app.store.read(lambda tx: tx.audit.newest(1))
    assert entry.before == {
        "siblings": "us_home,uk_main", "target_gmv": "1500.50", "target_orders": 120, "target_acu": 0,
        "testing": "two hosts",
    }  # fmt: skip
    assert entry.after["target_acu"] == 300


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        ("siblings=us_main", 400, "us_main cannot send its viewers to itself."),
        ("siblings=us_hom", 404, "There is no room us_hom"),
        ("siblings=gone", 409, "archived"),
        ("target_gmv=5,5", 400, "“5,5” is no amount in USD."),
        ("target_gmv=-3", 400, "is no amount in USD"),
        ("target_gmv=1.005", 400, "is no amount in USD"),
        ("target_gmv=NaN", 400, "is no amount in USD"),
        ("target_gmv=5000EUR", 400, "is no amount in USD"),
        ("target_orders=-1", 400, "target_orders cannot be -1"),
        ("target_acu=many", 400, "many"),
        (f"testing={'x' * 200}", 400, "200 characters"),
        ("siblings=none", 400, ""),
    ],
)
async def test_what_a_room_cannot_be_given(bot, words, status, says):
    await bot.ok("/room add gone us")
    await bot.ok("/room archive gone")
    answer = await bot.say(f"/room edit us_main {words}")
    assert answer.status == status, answer.body
    assert says in answer.text
    after = await bot.app.store.read(lambda tx: tx.rooms.get("us_main"))
    assert (after.siblings, after.targets.gmv, after.targets.orders, after.testing) == ((), None, None, None)


async def test_a_room_is_added_with_all_of_it(bot):
    await bot.ok("/room add us_two us siblings=us_main target_gmv=2,000USD target_acu=90 role=test testing=noon")
    found = await bot.app.store.read(lambda tx: tx.rooms.get("us_two"))
    assert (found.siblings, str(found.targets.gmv), found.targets.acu, found.testing) == (
        ("us_main",), "2000.00 USD", 90, "noon",
    )  # fmt: skip
