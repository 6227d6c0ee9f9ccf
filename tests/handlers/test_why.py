"""/why answers for every id that people see, with what is kept about that very thing and nothing of another's."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from bot.core.delivery import Refused, Sent
from bot.core.events import TIMERS, timer_name
from bot.core.model import Person, Role
from bot.core.records import Post
from bot.core.reply import Text, reply
from handlers.why import FINDERS
from prompts.book import Book
from prompts.catalogue import Catalogues
from tests.front_door import SHOW_AT, running
from tests.handlers.test_messages import chat_for

SHOW = "us_main-0312"

IDS = {
    "rooms": "select slug from rooms",
    "products": "select room || '/' || sku from products",
    "people": "select slug from people",
    "series": "select id from series",
    "shows": "select id from shows",
    "cues": "select id from cues",
    "checklist_items": "select show || '/' || key from checklist_items",
    "sessions": "select id from sessions",
    "alerts": "select id from alerts",
    "hand_offs": "select id from hand_offs",
    "prompts": "select id from prompts",
    "nudges": "select id from nudges",
    "messages": "select id from messages",
    "web_messages": "select id from web_messages",
    "timers": "select subject || '/' || kind from timers",
    "deeds": "select id from deeds",
    "asks": "select id from asks",
    "bindings": "select destination from bindings",
    "outbox": "select distinct destination from outbox",
}
"""Tables whose ids are in messages, and how they are typed."""
UNSEEN = {
    "counters": "how far the ids have come",
    "facts": "names of our own",
    "segments": "parts of a rundown without ids; its cues have them",
    "signals": "a sender's own ids; /room info has the sources",
    "webhooks": "a sender's own ids",
    "secrets": "shown once, never named",
    "heard": "sources: /room info",
    "last_signals": "sessions have them",
    "buttons": "what a message's buttons stand for: its presses are told with the message",
    "destinations": "a platform's own ids of a message",
    "destination_state": "told with the destination",
    "audit": "its rows are told with their subjects",
    "files": "pictures, told with their messages",
    "hosts": "told with the person",
    "grants": "/roles",
    "ask_steps": "told with their questions",
    "accounts": "a person's own: /me",
    "codes": "secrets",
    "code_tries": "for nobody to see",
    "web_accounts": "called like the people they were made for",
    "web_sessions": "one's own: /sessions",
    "inbound": "a platform's own ids of what came in",
    "matrices": "names: /matrix",
    "allowed_conflicts": "told with their shows",
    "told_conflicts": "told with their shows, and with the message",
    "host_offers": "told with their shows",
    "calendar_links": "addresses, named in /calendar list",
    "uploads": "files for a command, told with it",
    "plan_imports": "told with their shows",
    "answers": "what somebody was told when they asked",
    "spots": "a platform's own ids of threads and the like",
    "flows": "questions in the middle of being asked",
    "chat_accounts": "a person's own: /me",
    "mark_roles": "/roles",
}
"""Tables without an id that anybody could type."""


@pytest.fixture
async def day(tmp_path):
    """A whole show day with everything in it, an hour after its end."""
    async with running(tmp_path) as bot:
        await bot.room()
        await bot.ok("/room add uk_main uk")
        await bot.ok("/room archive uk_main")
        await bot.ok('/show plan us_main 2027-03-12 20:00 length=1h host=mia benefit="a free bulb" likes_goal=900')
        await bot.ok("/show plan us_main every sun 20:00 length=1h host=mia save=yes")
        await bot.ok("/show cancel us_main-0314 the host is ill")
        await bot.advance(SHOW_AT - timedelta(minutes=59))
        await bot.ok("/checklist block us_main sound_lapel the battery is empty", "olga")
        await bot.ok("/checklist waive us_main sound_lapel a spare one came", "olga")
        await bot.ok("/show plan us_main 2027-03-13 19:00 length=1h")
        await bot.advance(SHOW_AT)
        await bot.send([bot.line("stream", state="started"), bot.line("pin", sku="P1", state="released")])
        await chat_for(bot, 15, 40)
        await chat_for(bot, 6, 4)
        await bot.ok("/alert ack a1", "olga")
        await bot.ok("/alert snooze a1 10m", "olga")
        await bot.ok("/prompt", "mia", channel="host")
        await bot.ok("/prompt used p1", "mia", channel="host")
        await bot.ok(f"/cue delay {SHOW}.c9 5m", "olga")
        await bot.ok("/note concurrent=300", "olga")
        await chat_for(bot, 3, 40)
        await bot.advance(SHOW_AT + timedelta(minutes=61))
        await bot.send([bot.line("order", n=1, gmv="19.90", order_id="o1"), bot.line("stream", state="ended")])
        await bot.advance(minutes=60)
        yield bot


async def tables(bot):
    sql = "select name from sqlite_master where type = 'table' and name not glob '_*' and name not like 'sqlite%'"
    return {row[0] for row in await bot.app.store.read(lambda tx: tx.db.execute(sql).fetchall())}


async def ids(bot):
    """Every id of every table, as it is typed."""

    def work(tx):
        return {table: [row[0] for row in tx.db.execute(sql).fetchall()] for table, sql in IDS.items()}

    found = await bot.app.store.read(work)
    parts = [name.rpartition("/") for name in found["timers"]]
    found["timers"] = [f"{subject}/{timer_name(kind)}" for subject, _, kind in parts]
    return found


async def test_every_table_is_answered_for_or_has_no_ids(bot):
    """Whoever adds a table says here how its ids are typed, or why nobody sees them."""
    assert set(IDS) & set(UNSEEN) == set()
    assert await tables(bot) == set(IDS) | set(UNSEEN)


async def test_every_id_of_a_day_is_answered_with_something_of_its_own_in_words(day):
    found = await ids(day)
    words = Catalogues.load().words["en"]
    assert all(found[table] for table in IDS if table != "bindings"), {name: len(rows) for name, rows in found.items()}
    silent, raw, seen = [], [], {}
    for table, names in found.items():
        for name in names:
            answer = await day.say(f"/why {name}")
            if answer.status != 200 or len(answer.text.splitlines()) < 2:
                silent.append((table, name, answer.body))
                continue
            assert answer.body["reply"]["private"]
            seen.setdefault(answer.text.splitlines()[0], set()).add(name)
            raw += [word for word in re.findall(r"\b[a-z_]+\.[a-z_.]+\b", answer.text) if word in words]
            raw += re.findall(r"\b[A-Z][A-Za-z]+Due\b|SnoozeOver|[{}]", answer.text)
    assert [] == silent
    assert [] == [names for names in seen.values() if len(names) > 1], "two things, one answer"
    assert [] == raw, "keys and codes of ours"


async def test_every_id_that_a_message_names_is_answered(day):
    texts = [
        message["text"]
        for channel in ("team", "host", "managers")
        for person in ("boss", "mia")
        if (channel, person) != ("managers", "mia")  # a host has no business there
        for message in await day.messages(channel, person)
    ]
    look = re.compile(r"\b(?:[ampnuwx]\d+|us_main-\d{4}(?:-\d)?(?:\.c\d+)?)\b")
    named = {name for text in texts for name in look.findall(text)}
    assert len(named) > 10
    assert {"a1", SHOW} <= named
    assert [] == [name for name in sorted(named) if (await day.say(f"/why {name}")).status != 200]


@pytest.mark.parametrize("language", ["en", "zh-CN"])
async def test_the_answers_as_they_are_read(tmp_path, language, snapshot):
    async with running(tmp_path, language=language) as bot:
        await bot.room()
        await bot.plan()
        seen = {"planned": (await bot.say(f"/why {SHOW}")).text.splitlines()}
        await bot.advance(SHOW_AT - timedelta(minutes=59))
        await bot.ok("/checklist block us_main sound_lapel the battery is empty", "olga")
        seen["item"] = (await bot.say(f"/why {SHOW}/sound_lapel")).text.splitlines()
        seen["timer"] = (await bot.say("/why checklist us_main")).text.splitlines()
        await bot.advance(SHOW_AT)
        await bot.send([bot.line("stream", state="started")])
        await chat_for(bot, 20, 40)
        await chat_for(bot, 6, 4)
        card = await bot.find("Lamp 1", "host")
        await bot.press_command(card["id"], "cue done", "mia")
        await bot.ok("/alert ack a1", "olga")
        for name in (f"{SHOW}.c1", "n1", "a1", "x1", "mia"):
            seen[name] = (await bot.say(f"/why {name}")).text.splitlines()
        seen["pressed"] = (await bot.say(f"/why {card['id']}")).text.splitlines()
        seen["unknown"] = [(await bot.say(f"/why {name}")).text for name in ("a9", "us_mian", "zzz")]
        assert snapshot == {name: [re.sub(r"\bm\d+\b", "m#", line) for line in lines] for name, lines in seen.items()}


async def test_the_message_above_needs_no_id(bot):
    nothing = await bot.say("/why", channel="managers")
    assert (404, "/why a1") == (nothing.status, nothing.body["try"])
    await bot.room()
    await bot.plan()
    await bot.advance(SHOW_AT - timedelta(minutes=59))
    card = await bot.find("checklist")
    for line in ("/why", "/why above", "/why ^", f"/why {card['id']}"):
        assert (await bot.say(line)).text.startswith(f"Message {card['id']}\n"), line


async def test_a_timer_is_named_by_subject_and_kind_however_it_is_written(bot):
    await bot.room()
    await bot.plan()
    told = (await bot.say(f"/why {SHOW}/no_show")).text
    assert "no_show" in told
    for line in (f"/why {SHOW} no_show", f"/why no_show {SHOW}", f"/why {SHOW} NoShowDue", "/why us_main no_show"):
        assert told == (await bot.say(line)).text, line


def test_every_timer_has_its_words_and_none_is_called_like_a_checklist_item():
    words = Catalogues.load().words["en"]
    assert [] == [kind for kind in TIMERS if f"timer.{timer_name(kind)}" not in words]
    keys = {line.key for line in Book.load().checklist()}
    assert set() == keys & {timer_name(kind) for kind in TIMERS}


async def test_what_is_private_to_others_is_not_told(bot):
    answer = await bot.ok("/me zone=Asia/Tokyo", "olga")
    for name in (answer.body["message_id"], answer.body["reply"]["id"]):
        assert "private message" in (await bot.say(f"/why {name}", "max")).text
        assert "Tokyo" not in (await bot.say(f"/why {name}", "max")).text
        assert "/me" in (await bot.say(f"/why {name}", "olga")).text


async def test_another_rooms_things_are_not_told_by_any_of_their_ids(day):
    await day.app.store.write(lambda tx: tx.people.save(Person("pat", "Pat", Role.NOBODY)))
    await day.ok("/room restore uk_main")
    await day.ok("/grant pat viewer room=uk_main")
    sql = "select id from messages where subject not in ('uk_main') or key glob 'ask:*'"
    posted = [row[0] for row in await day.app.store.read(lambda tx: tx.db.execute(sql).fetchall())]
    assert len(posted) > 10
    parts = [f"{SHOW}.c1", f"{SHOW}/go", f"go {SHOW}", f"{SHOW} sound_lapel", "us_main/P1", "q1/ask"]
    for name in (SHOW, "us_main", "a1", "n1", "p1", "h1", "q1", "u2", "w1", "x1", *parts, *posted):
        refused = await day.say(f"/why {name}", "pat")
        assert 403 == refused.status, (name, refused.body)
        assert 200 == (await day.say(f"/why {name}", "vera")).status, name
    assert 200 == (await day.say("/why uk_main", "pat")).status
    for name in ("us_man", f"{SHOW}.c", "us_main-0315"):
        hint = await day.say(f"/why {name}", "pat")
        told = hint.body["error"].partition("Ids look like")[0].replace(name, "")
        assert (404, False) == (hint.status, "us_main" in told), hint.body
    assert "us_main" not in (await day.say("/why mia", "pat")).text


async def test_what_is_said_in_a_channel_one_does_not_read_is_not_told(day):
    sql = "select id from messages where channel = 'managers'"
    said = [row[0] for row in await day.app.store.read(lambda tx: tx.db.execute(sql).fetchall())]
    line = await day.ok("mind the margin", "max", channel="managers")
    assert said
    for name in (*said, line.body["message_id"]):
        told = (await day.say(f"/why {name}", "vera")).text
        assert "a channel that is not open to you" in told, told
        assert "margin" not in told
        assert "not open to you" not in (await day.say(f"/why {name}", "max")).text
    whole = (await day.say(f"/why {SHOW}", "vera")).text
    for name in said:
        assert not re.search(rf"\b{name} to web:managers: [^\n]*\(", whole), whole


class Moody:
    """A chat that answers what it is told to."""

    idempotent_s = None

    def __init__(self, *script):
        self.script = list(script)

    async def deliver(self, delivery):
        outcome = self.script.pop(0) if self.script else Sent("1")
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


async def test_every_fate_of_a_delivery_is_told_in_words(tmp_path):
    chat = Moody(OSError("wire"), Sent("1"), Refused("the bot was removed"))
    async with running(tmp_path, chats={"moody": chat}) as bot:
        posts = {}

        async def post(name, **more):
            def work(tx):
                tx.outbox.bind("team", "moody:a")
                return tx.outbox.post(Post(name, "team", "test", reply(Text(name)), **more), bot.now)

            posts[name] = await bot.app.store.write(work)

        await post("slow")
        await bot.advance(bot.now)
        told = (await bot.say(f"/why {posts['slow']}")).text
        assert f"{posts['slow']} to moody:a: attempt 2; the last one failed: OSError" in told
        await bot.advance(minutes=5)
        assert "delivered at attempt 2" in (await bot.say(f"/why {posts['slow']}")).text
        await post("gone")
        await bot.advance(minutes=1)
        told = (await bot.say(f"/why {posts['gone']}")).text
        assert "waits until the destination is resumed (the bot was removed); /delivery resume moody:a" in told
        await post("late", expires_at=bot.now + timedelta(seconds=30))
        await bot.advance(minutes=5)
        where = (await bot.say("/why moody:a")).text
        assert "parked since" in where
        assert "the bot was removed" in where
        await bot.ok("/delivery resume moody:a")
        assert "dropped as too late" in (await bot.say(f"/why {posts['late']}")).text
        assert "delivered" in (await bot.say(f"/why {posts['gone']}")).text
        assert "well" in (await bot.say("/why moody:a")).text


async def test_a_long_story_ends_with_its_newest_lines(bot):
    await bot.room()
    for number in range(40):
        await bot.ok(f'/room edit us_main theme="t{number}"')
    lines = (await bot.say("/why us_main")).text.splitlines()
    assert len(lines) < 45
    assert "11 earlier lines are left out" in lines
    assert any("theme t39" in line for line in lines)


ODD = ("a0", "🦄", "'; drop table rooms", "x" * 1500, "a b c d", "/", '"" ""', "us_main-0312/", "m" + "9" * 40)


@pytest.mark.parametrize("text", ODD)
async def test_whatever_is_typed_is_answered_or_refused_in_words(bot, text):
    answer = await bot.say(f"/why {text}")
    assert answer.status in (400, 404), answer.body
    assert len(answer.body["error"]) < 600


def test_the_finders_are_all_different():
    assert len(set(FINDERS)) == len(FINDERS)
