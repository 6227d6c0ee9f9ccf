"""Rows of the outbox at a Bot API server, through the real relay and the real library."""

from __future__ import annotations

import io
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import PIL.Image
import pytest
from telegram import Bot
from telegram import error as errors
from telegram.request import HTTPXRequest

from bot.chat.desk import Parts
from bot.chat.telegram import refs
from bot.chat.telegram.deliver import Outbound
from bot.chat.telegram.failures import NotReachedError, TokenRefusedError, outcome
from bot.chat.telegram.pace import NONE, Limits, Pace
from bot.core.delivery import Refused, Rejected, RetryAfter, Sent, Unknown
from bot.core.markets import MARKETS
from bot.core.model import Person, Role, Room, Show
from bot.core.ports import Team
from bot.core.records import Account, Post
from bot.core.reply import Actions, Button, Heading, Image, Note, Reply, Secret, Text, msg, reply
from bot.relay import Relay
from handlers import delivery
from prompts.catalogue import Catalogues
from storage.database import SqliteStore
from tests.desk import START, Desk
from tests.servers.telegram_server import TelegramServer

GROUP, MEI = -100_500, 7
LONG = reply(*(Text(f"{number} " + "x" * 3_000) for number in range(3)), Actions((Button("Go", "go"),)))
WORDS = Catalogues.load()


def png(color: str) -> bytes:
    made = io.BytesIO()
    PIL.Image.new("RGB", (40, 30), color).save(made, "png")
    return made.getvalue()


PNG, NEW_PNG = png("navy"), png("red")


async def _nobody(_: str) -> None: ...


@dataclass
class Here:
    """The outbox, the relay and the bot's outgoing half, and the server it writes to."""

    server: TelegramServer
    desk: Desk
    chat: Outbound
    relay: Relay
    parts: Parts
    bot: Bot
    posted: int = 0

    async def post(self, answer: Reply, destination: str = f"telegram:{GROUP}", kind: str = "show", **more: Any) -> str:
        """Its message's id, once the relay has done all it can now."""
        self.posted += 1
        post = Post(f"k{self.posted}", "team", kind, answer, only=(destination,), **more)
        message = await self.desk.store.write(lambda tx: tx.outbox.post(post, self.desk.clock.now()))
        await self.relay.drain()
        return message

    async def edit(self, answer: Reply, number: int | None = None) -> None:
        key, now = f"k{number or self.posted}", self.desk.clock.now()
        await self.desk.store.write(lambda tx: tx.outbox.edit(key, answer, now))
        await self.relay.drain()

    async def later(self, **by: float) -> None:
        self.desk.clock.set(self.desk.clock.now() + timedelta(**by))
        await self.relay.drain()

    async def ref(self, message: str, destination: str = f"telegram:{GROUP}") -> str | None:
        return await self.desk.store.read(lambda tx: tx.outbox.ref(message, destination))

    async def state(self, message: str) -> str:
        return (await self.desk.row(message)).state

    def forgets(self) -> None:
        """As after a restart: nothing is remembered but what is stored."""
        self.chat.__init__(self.bot, self.parts, Pace(NONE))

    def texts(self, chat: int = GROUP, **more: Any) -> list[str | None]:
        return [message.text for message in self.server.said(chat, **more)]


@asynccontextmanager
async def opened(tmp_path, server, pace: Pace, *, read_timeout: float = 5.0):
    store = SqliteStore(tmp_path / "telegram.db")
    await store.open()
    desk = Desk(store)
    runner: Any = None
    parts = Parts(store, desk.clock, runner, runner, WORDS, Team("t", "en", "UTC"), _nobody)
    request = HTTPXRequest(read_timeout=read_timeout)
    async with Bot(server.token, base_url=server.base_url, request=request) as bot:
        chat = Outbound(bot, parts, pace)
        relay = Relay(store, desk.clock, {"web": desk.chat, "telegram": chat}, on_parked=delivery.on_parked)
        yield Here(server, desk, chat, relay, parts, bot)
    await store.close()


@pytest.fixture
async def here(tmp_path):
    async with TelegramServer() as server:
        server.user(MEI, "Mei")
        server.group(GROUP, "The team", [MEI], is_forum=True)
        async with opened(tmp_path, server, Pace(NONE), read_timeout=0.5) as found:
            yield found
        assert server.noted_violations() == []


async def test_a_message_stands_with_its_keys_and_is_edited_in_place(here):
    message = await here.post(reply(Heading("Go & <see>?"), Actions((Button("Go", "go"),))))
    (said,) = here.server.said(GROUP)
    assert said.text == "Go & <see>?"
    assert [one["type"] for one in said.now.entities] == ["bold"]
    assert said.buttons[0]["callback_data"].startswith(f"{message}:")
    ref = await here.ref(message)
    assert (ref, refs.stands(ref, str(said.id)), refs.stands(ref, "999")) == (str(said.id), True, False)
    await here.edit(reply(Text("It is on.")))
    (said,) = here.server.said(GROUP)
    assert (said.text, said.buttons) == ("It is on.", [])


async def test_nothing_people_type_becomes_a_link_in_the_servers_eyes_either(here):
    await here.post(reply(Text("@all_of_you /start #sale $USD https://evil.example a@b.example tg://user?id=7")))
    (said,) = here.server.said(GROUP)
    assert said.now.entities == []


# -- several parts ---------------------------------------------------------------


async def test_a_long_message_is_several_with_the_keys_on_the_last(here):
    message = await here.post(LONG)
    said = here.server.said(GROUP)
    assert [one.text[0] for one in said] == ["0", "1", "2"]
    assert [len(one.buttons) for one in said] == [0, 0, 1]
    assert await here.ref(message) == ",".join(str(one.id) for one in said)


async def test_an_edit_touches_the_changed_parts_only_and_takes_away_what_is_no_longer_needed(here):
    message = await here.post(LONG)
    first, second, third = here.server.said(GROUP)
    blocks = LONG.blocks
    await here.edit(replace(LONG, blocks=(*blocks[:2], Text("new"), blocks[3])))
    assert [one.body["message_id"] for one in here.server.asked("editMessageText")] == [second.id]
    assert here.server.said(GROUP)[-1].id == second.id
    assert [len(one.buttons) for one in here.server.said(GROUP)] == [0, 1]
    assert await here.ref(message) == f"{first.id},{second.id}"
    assert third.id not in {one.id for one in here.server.said(GROUP)}
    await here.edit(LONG)
    assert len(here.server.said(GROUP)) == 2
    assert here.texts()[-1].endswith(WORDS.reader("en").line(msg("telegram.cut")))


async def test_what_can_no_longer_be_deleted_is_left_as_a_sign(here):
    await here.post(LONG)
    here.server.fault(
        "status", methods=["deleteMessage"], status=400, description="Bad Request: message can't be deleted"
    )
    await here.edit(reply(Text("short")))
    assert here.texts() == ["short", "·"]


async def test_the_rest_of_a_very_long_message_is_a_file_that_edits_renew(here):
    message = await here.post(reply(*(Text(f"{number} " + "x" * 3_000) for number in range(9))))
    said = here.server.said(GROUP)
    assert len(said) == 5
    document = said[-1].now.media["document"]
    assert document["file_name"] == f"{message}.txt"
    assert b"8 xxx" in bytes.fromhex(here.server.content(document["file_id"]))
    assert (await here.ref(message)).endswith("d")
    await here.edit(reply(*(Text(f"{number} " + "y" * 3_000) for number in range(9))))
    document = here.server.said(GROUP)[-1].now.media["document"]
    assert b"8 yyy" in bytes.fromhex(here.server.content(document["file_id"]))


async def test_a_part_that_must_wait_is_sent_when_its_turn_comes_and_nothing_twice(here):
    here.server.fault("slow", methods=["sendMessage"])
    here.server.fault("limit", methods=["sendMessage"], seconds=1)
    message = await here.post(LONG)
    assert [text[0] for text in here.texts()] == ["0", "1", "2"]
    assert len(here.server.asked("sendMessage")) == 4
    assert await here.state(message) == "sent"


async def test_only_the_part_in_doubt_is_repeated_and_says_so(here):
    here.server.fault("slow", methods=["sendMessage"])
    here.server.fault("cut", methods=["sendMessage"], is_kept=True)
    message = await here.post(LONG)
    assert (await here.desk.row(message)).may_have_arrived
    await here.later(minutes=1)
    repeat = WORDS.reader("en").line(msg("relay.repeat"))
    assert [text[0] for text in here.texts()] == ["0", "1", repeat[0], "2"]
    assert here.texts()[2].startswith(f"{repeat}\n1 xxx")
    said = here.server.said(GROUP)
    assert await here.ref(message) == f"{said[0].id},{said[2].id},{said[3].id}"


async def test_after_a_restart_all_of_a_doubtful_message_is_repeated(here):
    here.server.fault("slow", methods=["sendMessage"])
    here.server.fault("cut", methods=["sendMessage"])
    await here.post(LONG)
    here.forgets()
    await here.later(minutes=1)
    repeat = WORDS.reader("en").line(msg("relay.repeat"))
    assert here.texts()[1].startswith(repeat)
    assert [text[0] for text in here.texts()] == ["0", repeat[0], "1", "2"]


async def test_what_changed_between_two_parts_is_edited_at_the_end(here):
    here.server.fault("slow", methods=["sendMessage"])
    here.server.fault("limit", methods=["sendMessage"], seconds=60)
    message = await here.post(LONG)
    assert [text[0] for text in here.texts()] == ["0"]
    await here.edit(reply(Text("short")))
    here.chat.pace = Pace(NONE)  # a minute later
    await here.later(minutes=2)
    assert here.texts() == ["short"]
    assert await here.state(message) == "sent"


# -- pictures --------------------------------------------------------------------


async def save(here: Here, name: str, data: bytes, media_type: str = "image/png") -> None:
    await here.desk.store.write(lambda tx: tx.files.save(name, media_type, data))


async def test_a_picture_has_the_text_as_caption_and_only_a_new_one_is_sent_again(here):
    await save(here, "chart.png", PNG)
    summary = reply(Heading("Summary"), Image("chart.png", "Viewers"), Actions((Button("Go", "go"),)))
    message = await here.post(summary)
    (said,) = here.server.said(GROUP)
    assert (said.text, list(said.now.media), len(said.buttons)) == ("Summary", ["photo"], 1)
    assert await here.ref(message) == f"{said.id}p"
    await here.edit(replace(summary, blocks=(Heading("Settled"), *summary.blocks[1:])))
    assert len(here.server.asked("editMessageCaption")) == 1
    assert here.server.asked("editMessageMedia") == []
    await save(here, "chart.png", NEW_PNG)
    await here.edit(replace(summary, blocks=(Heading("Settled!"), *summary.blocks[1:])))
    (said,) = here.server.said(GROUP)
    content = here.server.content(said.now.media["photo"][-1]["file_id"])
    assert (said.text, bytes.fromhex(content)) == ("Settled!", NEW_PNG)


async def test_a_picture_that_comes_later_is_put_into_the_text(here):
    message = await here.post(reply(Text("provisional")))
    await save(here, "chart.png", PNG)
    await here.edit(reply(Text("settled"), Image("chart.png", "Viewers")))
    (said,) = here.server.said(GROUP)
    assert (said.text, list(said.now.media)) == ("settled", ["photo"])
    assert (await here.ref(message)).endswith("p")


async def test_a_lost_picture_is_told_in_words_and_another_file_is_a_document(here):
    await here.post(reply(Text("see"), Image("gone.png", "Viewers over time")))
    assert here.texts() == ["see\n\nViewers over time"]
    await save(here, "figures.csv", b"a,b", "text/csv")
    await here.post(reply(Text("see"), Image("figures.csv", "Figures")))
    assert list(here.server.said(GROUP)[-1].now.media) == ["document"]
    await save(here, "long.png", PNG)
    here.server.fault("status", methods=["sendPhoto"], status=400, description="Bad Request: PHOTO_INVALID_DIMENSIONS")
    await here.post(reply(Text("see"), Image("long.png", "A long strip")))
    assert list(here.server.said(GROUP)[-1].now.media) == ["document"]


# -- who reads it ------------------------------------------------------------------


async def test_in_private_it_is_in_the_readers_own_words(here):
    def work(tx):
        tx.people.save(Person("mei", "Mei", Role.HOST, language="zh-CN", zone="Asia/Shanghai"))
        tx.people.link(Account("telegram", str(MEI), "mei", START))

    await here.desk.store.write(work)
    here.server.starts(MEI)
    await here.post(reply(Note(msg("relay.repeat"))), f"telegram:@{MEI}")
    assert here.texts(MEI) == [WORDS.reader("zh-CN").line(msg("relay.repeat"))]
    await here.post(reply(Note(msg("relay.repeat"))))
    assert here.texts() == [WORDS.reader("en").line(msg("relay.repeat"))]


async def test_who_is_wanted_is_pinged_by_account(here):
    def work(tx):
        tx.people.save(Person("mei", "Mei <b>", Role.HOST))
        tx.people.link(Account("telegram", str(MEI), "mei", START))

    await here.desk.store.write(work)
    await here.post(reply(Heading("Go?")), pings=("mei", "nobody"))
    (said,) = here.server.said(GROUP)
    assert said.text == "Go?\n🔔 Mei <b>"
    assert [one["user"]["id"] for one in said.now.entities if one["type"] == "text_mention"] == [MEI]


# -- answers and keyboards outside the outbox ------------------------------------------


async def test_an_answer_with_a_secret_is_handed_over_at_once(here):
    here.server.starts(MEI)
    found = await here.chat.hand(f"@{MEI}", "m99", reply(Secret("https://here.test/join#abc"), private=True))
    (said,) = here.server.said(MEI)
    assert found == Sent(str(said.id))
    assert (said.text, said.now.entities[0]["type"]) == ("https://here.test/join#abc", "code")


async def test_turning_the_page_draws_the_keys_anew(here):
    answer = reply(
        Text("many"), Actions(tuple(Button(f"A long button number {n}", "go", {"n": str(n)}) for n in range(30)))
    )
    message = await here.post(answer)
    (said,) = here.server.said(GROUP)
    more = said.buttons[-1]["callback_data"]
    assert more == f"{message}:~2"
    assert isinstance(await here.chat.turn(str(GROUP), said.id, message, answer, "~2"), Sent)
    assert isinstance(await here.chat.turn(str(GROUP), said.id, message, answer, "~2"), Sent)
    assert here.server.said(GROUP)[0].buttons[-1]["callback_data"] == f"{message}:~1"
    gone = await here.chat.turn(str(GROUP), 999_999, message, answer, "~2")
    assert isinstance(gone, Rejected)


# -- what goes wrong -------------------------------------------------------------------


async def test_who_never_pressed_start_or_blocked_the_bot_refuses(here):
    message = await here.post(reply(Text("hello")), f"telegram:@{MEI}")
    state = await here.desk.store.read(lambda tx: tx.outbox.state_of(f"telegram:@{MEI}"))
    assert "press Start" in state.why
    assert (await here.desk.store.read(lambda tx: tx.chats.account("telegram", str(MEI)))).is_reachable is False
    here.server.starts(MEI)
    await here.desk.store.write(lambda tx: tx.outbox.unpark(f"telegram:@{MEI}"))
    await here.later(minutes=1)
    assert (here.texts(MEI), await here.state(message)) == (["hello"], "sent")


@pytest.mark.parametrize("destination", ["telegram:-999", "telegram:nowhere", "telegram:@x", f"telegram:{GROUP}/77"])
async def test_a_place_that_is_not_there_refuses(here, destination):
    await here.post(reply(Text("hello")), destination)
    assert await here.desk.store.read(lambda tx: tx.outbox.is_parked(destination))


async def test_put_out_of_the_group_it_says_so(here):
    here.server.bot_is(GROUP, "kicked", by=MEI)
    await here.post(reply(Text("hello")))
    state = await here.desk.store.read(lambda tx: tx.outbox.state_of(f"telegram:{GROUP}"))
    assert "add it again" in state.why


async def test_a_group_that_became_a_supergroup_is_followed(here):
    here.server.group(-5, "Old", [MEI], kind="group")
    await here.desk.bind("team", "telegram:-5")
    here.server.migrates(-5, -100_900)
    message = await here.post(reply(Text("hello")), "telegram:-5")
    await here.later(minutes=1)
    assert here.texts(-100_900) == ["hello"]
    assert await here.desk.store.read(lambda tx: tx.outbox.bound("team")) == ("telegram:-100900",)
    assert await here.ref(message, "telegram:-100900") is not None


async def test_told_to_wait_only_that_chat_waits(here):
    here.server.group(-100_600, "Other", [MEI])
    here.server.fault("limit", chat=GROUP, seconds=30)
    first = await here.post(reply(Text("hello")))
    second = await here.post(reply(Text("hello")), "telegram:-100600")
    assert (await here.state(first), await here.state(second)) == ("new", "sent")
    row = await here.desk.row(first)
    assert (row.failures, row.may_have_arrived) == (0, False)
    assert row.due_at - here.desk.clock.now() == timedelta(seconds=30)


@pytest.mark.parametrize(
    ("how", "more"), [("hang", {"seconds": 2.0}), ("cut", {}), ("garbled", {}), ("status", {"status": 502})]
)
async def test_no_answer_is_unknown(here, how, more):
    here.server.fault(how, **more)
    message = await here.post(reply(Text("hello")))
    assert (await here.desk.row(message)).may_have_arrived


async def test_an_answer_that_cannot_be_taken_is_rejected_without_its_text(here):
    here.server.fault("status", status=400, description='Bad Request: can\'t parse entities: "secret words"')
    message = await here.post(reply(Text("hello")))
    row = await here.desk.row(message)
    assert (row.state, row.error) == ("failed", "Telegram: Can't parse entities")


async def test_a_message_that_somebody_deleted_is_not_edited(here):
    message = await here.post(reply(Text("hello")))
    here.server.deletes(GROUP, int(await here.ref(message)))
    await here.edit(reply(Text("bye")))
    assert (await here.desk.row(message, 1)).state == "failed"


async def test_an_edit_that_changes_nothing_is_done(here):
    message = await here.post(reply(Text("hello")))
    here.forgets()
    await here.edit(reply(Text("hello "), tone="normal"))
    assert here.server.asked("editMessageText")[0].status == 400
    assert (await here.desk.row(message, 1)).state == "sent"


async def test_a_refused_token_is_named_and_never_shown(here):
    message = await here.post(reply(Text("first")))
    token = here.server.token
    here.server.revokes_token("99:other")
    with pytest.raises(TokenRefusedError) as caught:
        await here.chat.deliver(replace(await here.desk.row(message), ref=None))
    assert token not in repr(caught.value)


async def test_without_a_connection_nothing_arrived(here):
    port = here.server.port
    row = await here.desk.row(await here.post(reply(Text("first"))))
    await here.server._runner.cleanup()
    with pytest.raises(NotReachedError) as caught:
        await here.chat.deliver(row)
    assert str(port) not in str(caught.value)
    await here.bot.shutdown()
    with pytest.raises(NotReachedError):
        await here.chat.deliver(row)


@pytest.mark.parametrize(
    ("error", "cause", "meant"),
    [
        (errors.TimedOut(), httpx.ConnectTimeout(""), None),
        (errors.TimedOut("Pool timeout: all connections"), httpx.PoolTimeout(""), None),
        (errors.TimedOut(), httpx.ReadTimeout(""), Unknown),
        (errors.TimedOut(), httpx.WriteTimeout(""), Unknown),
        (errors.NetworkError("x"), httpx.ConnectError(""), None),
        (errors.NetworkError("x"), httpx.ReadError(""), Unknown),
        (errors.NetworkError("x"), httpx.RemoteProtocolError(""), Unknown),
        (errors.NetworkError("Bad Gateway"), None, Unknown),
        (errors.Conflict("x"), None, Unknown),
        (errors.BadRequest("Chat not found"), None, Refused),
        (errors.BadRequest("CHAT_SEND_PHOTOS_FORBIDDEN"), None, Rejected),
        (errors.Forbidden("bot was kicked"), None, Refused),
    ],
)
def test_what_errors_mean(error, cause, meant):
    error.__cause__ = cause
    if meant is None:
        with pytest.raises(NotReachedError):
            outcome(error, is_private=False)
    else:
        assert isinstance(outcome(error, is_private=False), meant)


# -- topics ------------------------------------------------------------------------


NAME = "us_main · Fri 12 Mar 20:00 New York (EST)"


@pytest.fixture
async def forum(here):
    """The group has topics, and a show is planned that messages may be about."""

    def work(tx):
        tx.rooms.save(Room("us_main", "US", "tiktok", MARKETS["us"]))
        at = datetime(2027, 3, 12, 20)  # noqa: DTZ001 - wall time
        tx.shows.save(Show("s1", "us_main", None, at, "America/New_York", START + timedelta(hours=7), 3600, "planned"))

    await here.desk.store.write(work)
    here.server.bot_is(GROUP, "administrator", by=MEI)
    return here


async def test_what_is_quiet_about_a_show_has_a_topic_of_its_own(forum):
    await forum.post(reply(Text("checklist")), kind="checklist", subject="s1")
    await forum.post(reply(Text("cue")), kind="cue", subject="s1")
    await forum.post(reply(Text("alarm")), kind="alert", subject="s1")
    await forum.post(reply(Text("other")), kind="cue")
    assert list(forum.server.topics(GROUP).values()) == [NAME]
    (topic,) = forum.server.topics(GROUP)
    assert [(one.text, one.thread) for one in forum.server.said(GROUP) if one.text] == [
        ("checklist", topic), ("cue", topic), ("alarm", None), ("other", None)
    ]  # fmt: skip
    forum.forgets()
    await forum.post(reply(Text("after a restart")), kind="cue", subject="s1")
    assert forum.server.said(GROUP)[-1].thread == topic


async def test_a_deleted_topic_is_made_anew_once(forum):
    await forum.post(reply(Text("one")), kind="cue", subject="s1")
    (gone,) = forum.server.topics(GROUP)
    await forum.bot.delete_forum_topic(GROUP, gone)
    await forum.post(reply(Text("two")), kind="cue", subject="s1")
    (new,) = forum.server.topics(GROUP)
    assert new != gone
    assert [(one.text, one.thread) for one in forum.server.said(GROUP) if one.text] == [("two", new)]


async def test_a_closed_topic_is_left_for_the_general_one(forum):
    await forum.post(reply(Text("one")), kind="cue", subject="s1")
    (topic,) = forum.server.topics(GROUP)
    forum.server.closes_topic(MEI, GROUP, topic)
    forum.server.bot_is(GROUP, "member", by=MEI)
    await forum.post(reply(Text("two")), kind="cue", subject="s1")
    assert forum.server.said(GROUP)[-1].thread is None


async def test_without_the_right_to_make_topics_all_is_general_and_not_asked_again_and_again(forum):
    forum.server.bot_is(GROUP, "member", by=MEI)
    await forum.post(reply(Text("one")), kind="cue", subject="s1")
    await forum.post(reply(Text("two")), kind="cue", subject="s1")
    assert [(one.text, one.thread) for one in forum.server.said(GROUP)] == [("one", None), ("two", None)]
    assert len(forum.server.asked("createForumTopic")) == 1


async def test_no_answer_to_making_a_topic_leaves_the_message_unsent_and_not_in_doubt(forum):
    forum.server.fault("cut", methods=["createForumTopic"])
    message = await forum.post(reply(Text("one")), kind="session", subject="s1")
    row = await forum.desk.row(message)
    assert (row.state, row.may_have_arrived) == ("new", False)
    await forum.later(minutes=1)
    assert forum.server.said(GROUP)[-1].text == "one"


async def test_a_destination_may_be_a_topic(forum):
    topic = forum.server.opens_topic(MEI, GROUP, "Live")
    await forum.post(reply(Text("one")), f"telegram:{GROUP}/{topic}", kind="cue", subject="s1")
    assert forum.server.said(GROUP)[-1].thread == topic
    assert forum.server.asked("createForumTopic") == []


# -- pace --------------------------------------------------------------------------


class Ticking:
    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        return self.at


def test_a_chat_a_second_a_group_twenty_a_minute_all_thirty_a_second():
    now = Ticking()
    pace = Pace(now=now)
    assert pace.take(1) == 0
    assert pace.take(1) == pytest.approx(1)
    assert pace.take(2) == 0
    now.at += 1
    assert pace.take(1) == 0
    sent = 0
    for _ in range(60):
        now.at += 1
        sent += pace.take(-1) == 0
    assert sent == 17
    assert pace.take(-1, urgent=True) == 0
    now.at += 1
    assert 0 < pace.take(-1) <= 60
    now.at += 100
    assert sum(pace.take(chat) == 0 for chat in range(1, 100)) == 25
    assert sum(pace.take(chat, urgent=True) == 0 for chat in range(100, 200)) == 5
    assert 0 < pace.take(300, urgent=True) <= 1


def test_a_chat_that_asked_to_wait_is_left_alone_and_no_other():
    now = Ticking()
    pace = Pace(now=now)
    pace.hold(-1, 30)
    assert pace.take(-1, urgent=True) == pytest.approx(30)
    assert pace.take(-2) == 0
    now.at += 31
    assert pace.take(-1) == 0
    now.at += 3_600
    pace.take(5)
    assert set(pace._chats) == {5}


async def test_the_servers_limits_are_never_met(tmp_path):
    async with TelegramServer() as server:
        server.user(MEI, "Mei")
        server.group(GROUP, "The team", [MEI])
        server.real_limits(per_chat_s=0.1)
        async with opened(tmp_path, server, Pace(Limits(each_s=0.1))) as here:
            for number in range(4):
                await here.post(reply(Text(f"hello {number}")))
            await here.post(LONG)
            assert len(server.said(GROUP)) == 7
        assert server.limits.refused == 0
        assert server.violations() == []


async def test_a_full_minute_goes_back_to_the_outbox_and_holds_nobody_up(here):
    here.chat.pace = Pace(Limits(each_s=0.0))
    for number in range(20):
        await here.post(reply(Text(f"hello {number}")))
    assert len(here.server.said(GROUP)) == 17
    row = (await here.desk.rows("m18"))[0]
    assert (row.state, row.failures) == ("new", 0)
    assert row.due_at > here.desk.clock.now()
    found = await here.chat.deliver(replace(row, urgent=True))
    assert isinstance(found, Sent)
    assert isinstance(await here.chat.deliver(row), RetryAfter)
