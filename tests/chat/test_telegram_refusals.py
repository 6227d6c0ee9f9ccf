"""What a group's settings keep the bot from doing: it waits with words, or says it in another way; nothing is lost."""

from __future__ import annotations

import pytest

from bot.core.chats_port import MarkRole, Spot
from bot.core.model import Role
from bot.core.reply import Actions, Button, Heading, Image, Text, reply
from bot.core.rights import EVERYWHERE
from tests.telegram_out import GROUP, MEI, PNG, around


@pytest.fixture
async def here(tmp_path):
    async with around(tmp_path) as found:
        yield found


async def why(here, destination: str = f"telegram:{GROUP}") -> str:
    state = await here.desk.store.read(lambda tx: tx.outbox.state_of(destination))
    assert state is not None
    assert state.parked_at is not None
    return state.why or ""


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Bad Request: not enough rights to send text messages to the chat", "allow members to write"),
        ("Bad Request: CHAT_SEND_PLAIN_FORBIDDEN", "allow members to write"),
        ("Bad Request: CHAT_ADMIN_REQUIRED", "allow members to write"),
        ("Bad Request: CHAT_GUEST_SEND_FORBIDDEN", "allow members to write"),
        ("Bad Request: CHANNEL_PRIVATE", "not there"),
        ("Forbidden: the group chat was deleted", "add it again"),
    ],
)
async def test_a_group_that_takes_no_text_waits_with_words_and_loses_nothing(here, said, words):
    here.server.fault("status", methods=["sendMessage"], status=403 if said[0] == "F" else 400, description=said)
    message = await here.post(reply(Text("hello")))
    assert words in await why(here)
    await here.desk.store.write(lambda tx: tx.outbox.unpark(f"telegram:{GROUP}"))
    await here.later(minutes=1)
    assert (here.texts(), await here.state(message)) == (["hello"], "sent")


async def test_somebody_who_deleted_their_account_is_out_of_reach(here):
    here.server.starts(MEI)
    here.server.deactivates(MEI)
    await here.post(reply(Text("hello")), f"telegram:@{MEI}")
    assert await why(here, f"telegram:@{MEI}")


async def test_a_bound_topic_that_was_closed_waits_until_it_is_opened(here):
    topic = here.server.opens_topic(MEI, GROUP, "Planning")
    here.server.closes_topic(MEI, GROUP, topic)
    destination = f"telegram:{GROUP}/{topic}"
    message = await here.post(reply(Text("hello")), destination)
    assert "closed" in await why(here, destination)
    here.server.house.world.chats[GROUP].topics[topic].is_closed = False
    await here.desk.store.write(lambda tx: tx.outbox.unpark(destination))
    await here.later(minutes=1)
    assert await here.state(message) == "sent"


@pytest.mark.parametrize(
    "said",
    ["not enough rights to send photos to the chat", "CHAT_SEND_PHOTOS_FORBIDDEN", "file must be non-empty"],
)
async def test_where_no_pictures_may_be_sent_they_are_told_in_words(here, said):
    await here.desk.store.write(lambda tx: tx.files.save("a.png", "image/png", PNG))
    methods = ["sendPhoto", "sendDocument"]
    here.server.fault("status", methods=methods, count=2, status=400, description=f"Bad Request: {said}")
    picture = reply(Heading("Summary"), Image("a.png", "Viewers over time"), Actions((Button("Go", "go"),)))
    message = await here.post(picture)
    (shown,) = here.server.said(GROUP)
    assert "Summary" in shown.text
    assert "Viewers over time" in shown.text
    assert shown.buttons
    assert await here.state(message) == "sent"


async def test_where_no_files_may_be_sent_the_rest_is_cut_off_with_a_word(here):
    said = "Bad Request: not enough rights to send documents to the chat"
    here.server.fault("status", methods=["sendDocument"], status=400, description=said)
    blocks = [Text(f"{number} " + "x" * 3_000) for number in range(9)]
    message = await here.post(reply(*blocks, Actions((Button("Go", "go"),))))
    shown = here.server.said(GROUP)
    assert (len(shown), len(shown[-1].buttons)) == (5, 1)
    assert await here.state(message) == "sent"


async def test_a_group_that_became_a_supergroup_takes_its_roles_and_its_name_along(here):
    """Telegram tells of it twice; a bot that was away hears of it only when it writes."""
    here.server.group(-5, "Old", [MEI], kind="group")
    await here.desk.bind("team", "telegram:-5")
    row = MarkRole("telegram", "-5:administrator", EVERYWHERE, Role.OPERATOR)
    spot = Spot("telegram", "", "group", "-5", "-5", here.desk.clock.now(), {"title": "Old"})

    def kept(tx) -> None:
        tx.chats.set_mark_role(row)
        tx.chats.save_spot(spot)

    await here.desk.store.write(kept)
    here.server.migrates(-5, -100_900)
    await here.post(reply(Text("hello")), "telegram:-5")
    marks = await here.desk.store.read(lambda tx: [one.mark for one in tx.chats.mark_roles("telegram")])
    assert marks == ["-100900:administrator"]
    groups = await here.desk.store.read(lambda tx: tx.chats.spots("telegram", "", "group"))
    assert [(one.subject, one.detail) for one in groups] == [("-100900", {"title": "Old"})]
