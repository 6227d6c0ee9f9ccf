"""Rows of the outbox at a Bot API server: parts, pictures, edits in place, readers, answers, topics."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.chat.telegram import refs
from bot.chat.telegram.pace import NONE, Pace
from bot.core.delivery import Rejected, Sent
from bot.core.markets import MARKETS
from bot.core.model import Person, Role, Room, Show
from bot.core.records import Account
from bot.core.reply import Actions, Button, Heading, Image, Note, Secret, Text, msg, reply
from tests.desk import START
from tests.telegram_out import GROUP, LONG, MEI, NEW_PNG, PNG, WORDS, Here, around


@pytest.fixture
async def here(tmp_path):
    async with around(tmp_path) as found:
        yield found


async def test_a_message_stands_with_its_keys_and_is_edited_in_place(here):
    message = await here.post(reply(Heading("Go & <see>?"), Actions((Button("Go", "go"),))))
    (said,) = here.server.said(GROUP)
    assert said.text == "Go & <see>?"
    assert [one["type"] for one in said.now.entities] == ["bold"]
    assert said.buttons[0]["callback_data"].startswith(f"{message}:")
    ref = await here.ref(message)
    assert (ref, refs.stands(ref, str(said.id)), refs.stands(ref, "999")) == (str(said.id), True, False)
    await here.edit(reply(Text("It is on.")))
    assert [one.body["link_preview_options"] for one in here.server.asked() if "text" in one.body] == [
        {"is_disabled": True}
    ] * 2
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


async def test_a_part_in_doubt_is_marked_once_however_often_it_has_to_wait(here):
    here.server.fault("slow", methods=["sendMessage"])
    here.server.fault("cut", methods=["sendMessage"])
    await here.post(LONG)
    here.chat.pace.hold(GROUP, 60)
    await here.later(minutes=1)
    here.chat.pace = Pace(NONE)
    await here.later(minutes=2)
    repeat = WORDS.reader("en").line(msg("relay.repeat"))
    assert here.texts()[1].count(repeat) == 1
    assert len(here.texts()) == 3


async def test_an_edit_owed_after_a_post_is_not_a_second_post(here):
    here.server.fault("slow", methods=["sendMessage"])
    here.server.fault("limit", methods=["sendMessage"], seconds=60)
    message = await here.post(LONG)
    await here.edit(reply(Text("short")))
    here.chat.pace = Pace(NONE)
    here.server.fault("limit", methods=["editMessageText"], seconds=60)
    await here.later(minutes=2)
    assert [text[0] for text in here.texts()] == ["0", "1", "2"]
    here.chat.pace = Pace(NONE)
    await here.later(minutes=2)
    assert (here.texts(), await here.state(message)) == (["short"], "sent")


async def test_a_picture_put_in_by_a_lost_attempt_is_known_to_be_one(here):
    message = await here.post(reply(Text("provisional")))
    await save(here, "chart.png", PNG)
    here.server.fault("cut", methods=["editMessageMedia"], is_kept=True)
    await here.edit(reply(Text("settled"), Image("chart.png", "Viewers")))
    await here.later(minutes=1)
    assert (await here.ref(message)).endswith("p")


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
    assert [one.text for one in forum.server.said(GROUP) if one.is_silent] == ["cue"]
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
