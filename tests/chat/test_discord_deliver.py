"""Outbox rows on the real discord.py: where they are posted, once, and what its errors mean."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import discord
import pytest
import simcord

from bot.chat.discord.coming import stands
from bot.chat.discord.deliver import NotConnectedError, Outbound
from bot.chat.discord.markdown import voice
from bot.chat.discord.render import render
from bot.chat.discord.sending import for_edit, for_post
from bot.clock import VirtualClock
from bot.core.chats_port import Spot
from bot.core.delivery import Refused, Rejected, Sent, TooLate
from bot.core.model import Market, Person, Role, Room, Show
from bot.core.ports import Team
from bot.core.records import Account, Delivery, Post
from bot.core.reply import Actions, Button, Heading, Image, Reply, Text, reply
from bot.relay import Relay
from prompts.catalogue import Catalogues
from storage.database import SqliteStore

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = Catalogues.load()
OTHER = "discord:1"
TEAM = Team("Lamps", "en", "Asia/Shanghai")


class Stage:
    """A server with a channel, a bot in it, and an outbox bound to the channel."""

    def __init__(self, env: simcord.Env, store: SqliteStore) -> None:
        self.env, self.store, self.clock = env, store, VirtualClock(NOW)
        self.guild = env.create_guild()
        self.channel = self.guild.create_text_channel("team")
        self.out = self.outbound()
        self.where = f"discord:{self.channel.id}"

    def outbound(self) -> Outbound:
        return Outbound(self.env.bot, self.store, self.clock, WORDS, TEAM)

    async def promise(self, key: str, kind: str = "show", answer: Reply | None = None, **more: Any) -> Delivery:
        """Promises a message and claims its row."""
        options = {"only": (self.where,)} | more
        post = Post(key, "team", kind, answer or reply(Heading(key)), **options)
        await self.store.write(lambda tx: tx.outbox.post(post, self.clock.now()))
        return await self.claim(options["only"][0])

    async def settle(self, row: Delivery, outcome: Any) -> None:
        assert isinstance(outcome, Sent), outcome
        await self.store.write(lambda tx: tx.outbox.sent(row, outcome.ref, self.clock.now()))

    async def claim(self, where: str | None = None) -> Delivery:
        now = self.clock.now()
        found = await self.store.write(
            lambda tx: tx.outbox.claim(now, now + timedelta(seconds=60), where or self.where)
        )
        assert found is not None
        return found

    async def send(self, key: str, kind: str = "show", answer: Reply | None = None, **more: Any) -> Any:
        """Promises a message and sees it sent; returns it as Discord has it."""
        row = await self.promise(key, kind, answer, **more)
        outcome = await self.out.deliver(row)
        await self.settle(row, outcome)
        place, message = map(int, outcome.ref.split(":"))
        return self.env.backend.get_message(place, message)

    async def show(self) -> str:
        """A planned show with its checklist in the channel."""
        room = Room("us_main", "US main", "tiktok", Market("America/New_York", "en-US", "USD"))
        start = datetime(2026, 1, 3, 1, 0, tzinfo=UTC)
        show = Show("s1", "us_main", None, datetime(2026, 1, 2, 20, 0), room.market.zone, start, 3600, "planned")  # noqa: DTZ001
        await self.store.write(lambda tx: (tx.rooms.save(room), tx.shows.save(show)))
        message = await self.send("checklist:s1", "checklist", subject="s1")
        return str(message.id)

    async def person(self, slug: str, account: int, **more: Any) -> None:
        person = Person(slug, slug.title(), Role.HOST, **more)
        link = Account("discord", str(account), slug, NOW)
        await self.store.write(lambda tx: (tx.people.save(person), tx.people.link(link)))

    def posted(self, place: int | None = None) -> list[Any]:
        return list(self.env.backend.messages[place or self.channel.id].values())

    def requests(self, method: str, end: str) -> list[Any]:
        return [entry for entry in self.env.http_requests if entry.method == method and entry.path.endswith(end)]


@pytest.fixture
def simcord_bot():
    return discord.Client(intents=discord.Intents(guilds=True))


@pytest.fixture
async def stage(tmp_path, simcord_env):
    store = SqliteStore(tmp_path / "discord.db")
    await store.open()
    yield Stage(simcord_env, store)
    await store.close()


# -- posts --------------------------------------------------------------------------


async def test_a_post_is_an_embed_with_our_id_a_nonce_and_no_mention(stage):
    await stage.send("one", answer=reply(Heading("@everyone"), Text("hi"), Actions((Button("Go", "show go"),))))
    (request,) = stage.requests("POST", "/messages")
    body = request.json
    assert body["embeds"][0]["footer"] == {"text": "m1"}
    assert (body["nonce"], body["enforce_nonce"]) == ("sc1", True)
    assert body["allowed_mentions"] == {"parse": []}
    assert body["components"][0]["components"][0]["custom_id"].startswith("m1:")
    assert not body.get("content")
    assert "flags" not in body


async def test_those_whose_attention_is_wanted_are_mentioned_and_nobody_else(stage):
    await stage.person("mia", 7)
    await stage.send("one", "alert.cold", reply(Heading("Cold <@8>")), pings=("mia", "nobody"), urgent=True)
    body = stage.requests("POST", "/messages")[0].json
    assert body["content"].replace("\u200b", "") == r"<@7> Cold \<@8\>"
    assert body["allowed_mentions"] == {"parse": [], "users": [7]}


async def test_a_picture_goes_along_and_one_that_is_lost_does_not_stop_the_message(stage):
    await stage.store.write(lambda tx: tx.files.save("chart.png", "image/png", b"\x89PNG"))
    sent = await stage.send("one", answer=reply(Text("t"), Image("chart.png", "Orders"), Image("gone.png", "x")))
    assert [(kept["filename"], kept.get("description")) for kept in sent.attachments] == [("1-chart.png", "Orders")]
    assert sent.embeds[0]["image"]["url"].endswith("1-chart.png")
    assert (sent.embeds[1].get("image"), sent.embeds[1]["description"]) == (None, "-# x")


async def test_an_edit_replaces_all_where_the_message_stands(stage):
    await stage.store.write(lambda tx: tx.files.save("chart.png", "image/png", b"\x89PNG"))
    sent = await stage.send(
        "one", answer=reply(Heading("A"), Image("chart.png", "x"), Actions((Button("Go", "show go"),)))
    )
    await stage.store.write(lambda tx: tx.outbox.edit("one", reply(Heading("B")), NOW))
    assert isinstance(await stage.out.deliver(await stage.claim()), Sent)
    after = stage.env.backend.get_message(stage.channel.id, sent.id)
    assert (after.embeds[0]["title"], after.components, after.attachments) == ("B", [], [])
    assert len(stage.posted()) == 1


async def test_a_direct_message_is_in_the_readers_own_words_and_its_channel_is_asked_for_once(stage):
    user = stage.env.create_user("mia")
    await stage.person("mia", user.id, language="zh-CN", zone="Asia/Tokyo")
    where = (f"discord:@{user.id}",)
    for key in ("one", "two"):
        sent = await stage.send(key, "nudge.cue", reply(Text("你好")), only=where)
    assert sent.content == "你好"
    assert len(stage.requests("POST", "/users/@me/channels")) == 1
    assert stage.posted() == []


# -- once ----------------------------------------------------------------------------


async def test_a_post_that_may_have_arrived_is_looked_up_instead_of_sent_again(stage):
    row = await stage.promise("one")
    first = await stage.out.deliver(row)
    await stage.settle(row, first)
    for number in range(3):
        await stage.send(f"later {number}")
    doubtful = replace(row, may_have_arrived=True, first_attempt_at=NOW)
    assert await stage.outbound().deliver(doubtful) == first
    assert len(stage.posted()) == 4


async def test_one_that_has_not_arrived_is_sent_and_one_that_is_late_is_not(stage):
    row = replace(await stage.promise("one"), may_have_arrived=True, first_attempt_at=NOW)
    late = replace(row, expires_at=NOW)
    assert isinstance(await stage.out.deliver(late), TooLate)
    assert stage.posted() == []
    assert isinstance(await stage.out.deliver(row), Sent)


async def test_nobody_elses_message_is_taken_for_ours(stage):
    row = replace(await stage.promise("one", only=(OTHER,)), may_have_arrived=True, first_attempt_at=NOW)
    row = replace(row, destination=stage.where)
    await stage.send("two")
    stranger = stage.guild.add_member(stage.env.create_user("eve"))
    await stranger.send(stage.channel, "m1")
    assert isinstance(await stage.out.deliver(row), Sent)
    assert len(stage.posted()) == 3


async def test_a_fault_at_discord_neither_loses_nor_doubles_a_post(stage):
    relay = Relay(stage.store, stage.clock, {"discord": stage.out})
    post = Post("one", "team", "show", reply(Heading("one")), only=(stage.where,))
    await stage.store.write(lambda tx: tx.outbox.post(post, NOW))
    stage.env.inject_error("POST", "/channels/*/messages", status=502)
    await relay.drain()
    assert stage.posted() == []
    stage.clock.set(NOW + timedelta(seconds=5))
    await relay.drain()
    assert len(stage.posted()) == 1
    assert {"sent": 1} == dict(await stage.store.read(lambda tx: tx.outbox.counts()))


# -- threads ---------------------------------------------------------------------------


async def test_what_is_quiet_about_a_show_goes_to_the_thread_under_its_checklist(stage):
    base = await stage.show()
    session = await stage.send("on air", "session", subject="s1")
    assert str(session.channel_id) == base
    (thread,) = stage.channel.threads
    assert thread.name == "US main · Fri 2 Jan 20:00 New York (EST)"
    assert stage.requests("POST", "/messages")[-1].json["flags"] == 4096
    loud = await stage.send("cold", "alert.cold", subject="s1")
    assert loud.channel_id == stage.channel.id


async def test_the_thread_is_found_again_after_a_restart_even_if_nobody_wrote_it_down(stage):
    base = await stage.show()
    await stage.send("on air", "session", subject="s1")
    await stage.store.write(lambda tx: tx.chats.drop_spot(_spot(stage, base)))
    stage.env.inject_error("POST", "/channels/*/messages/*/threads", status=400, code=160004)
    stage.out = stage.outbound()
    again = await stage.send("back", "session", subject="s1")
    assert str(again.channel_id) == base
    assert len(stage.channel.threads) == 1
    await stage.send("more", "session", subject="s1")
    assert len(stage.requests("POST", "/threads")) == 2


def _spot(stage: Stage, base: str) -> Spot:
    return Spot("discord", str(stage.channel.id), "thread", "s1", base, NOW)


async def test_without_a_right_to_threads_it_stays_in_the_channel(stage):
    await stage.show()
    stage.env.inject_error("POST", "/channels/*/messages/*/threads", status=403, code=50013)
    sent = await stage.send("on air", "session", subject="s1")
    assert sent.channel_id == stage.channel.id


async def test_a_thread_that_is_gone_or_locked_leaves_the_channel(stage):
    await stage.show()
    await stage.send("on air", "session", subject="s1")
    (thread,) = stage.channel.threads
    for code in (10003, 160005):
        stage.env.inject_error(
            "POST", f"/channels/{thread.id}/messages", status=404 if code == 10003 else 400, code=code
        )
        sent = await stage.send(f"back {code}", "session", subject="s1")
        assert sent.channel_id == stage.channel.id


async def test_a_message_in_an_archived_thread_can_be_edited(stage):
    await stage.show()
    await stage.send("on air", "session", subject="s1")
    await stage.store.write(lambda tx: tx.outbox.edit("on air", reply(Heading("B")), NOW))
    row = await stage.claim()
    stage.env.inject_error("PATCH", "/channels/*/messages/*", status=400, code=50083)
    assert isinstance(await stage.out.deliver(row), Sent)
    (thread,) = stage.channel.threads
    assert stage.posted(thread.id)[-1].embeds[0]["title"] == "B"


async def test_a_show_whose_checklist_is_elsewhere_has_no_thread(stage):
    await stage.show()
    other = stage.guild.create_text_channel("hosts")
    sent = await stage.send("on air", "session", subject="s1", only=(f"discord:{other.id}",))
    assert sent.channel_id == other.id


# -- errors ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code", "outcome", "says"),
    [
        (403, 50001, Refused, "View Channel"),
        (403, 50013, Refused, "Send Messages, Embed Links"),
        (403, 50007, Refused, "privacy settings"),
        (404, 10003, Refused, "does not exist any more"),
        (400, 50035, Rejected, "50035"),
        (403, 200000, Rejected, "200000"),
    ],
)
async def test_an_error_is_told_as_what_to_do(stage, status, code, outcome, says):
    row = await stage.promise("secret words")
    stage.env.inject_error("POST", "/channels/*/messages", status=status, code=code, message="secret words")
    got = await stage.out.deliver(row)
    assert isinstance(got, outcome)
    assert says in got.why
    assert "secret" not in got.why


async def test_a_missing_permission_is_named(stage):
    me = stage.guild.me
    for number, (lacks, says) in enumerate(
        (
            ({"view_channel": False}, "View Channel"),
            ({"send_messages": False}, "Send Messages"),
            ({"embed_links": False, "attach_files": False}, "Embed Links and Attach Files"),
        )
    ):
        channel = stage.guild.create_text_channel("shut", overwrites={me: discord.PermissionOverwrite(**lacks)})
        row = await stage.promise(f"m{number}", only=(f"discord:{channel.id}",))
        stage.env.inject_error("POST", "/channels/*/messages", status=403, code=50013)
        got = await stage.out.deliver(row)
        assert got == Refused(f"the bot lacks {says} in this channel; give its role that there")


async def test_looking_up_needs_the_history_and_says_so(stage):
    shut = discord.PermissionOverwrite(read_message_history=False)
    channel = stage.guild.create_text_channel("shut", overwrites={stage.guild.me: shut})
    row = await stage.promise("one", only=(f"discord:{channel.id}",))
    got = await stage.out.deliver(replace(row, may_have_arrived=True, first_attempt_at=NOW))
    assert isinstance(got, Refused)
    assert "Read Message History" in got.why
    assert stage.posted(channel.id) == []


async def test_an_edit_of_a_deleted_message_is_rejected(stage):
    await stage.send("one")
    stage.env.inject_error("PATCH", "/channels/*/messages/*", status=404, code=10008)
    await stage.store.write(lambda tx: tx.outbox.edit("one", reply(Heading("B")), NOW))
    assert await stage.out.deliver(await stage.claim()) == Rejected("the message was deleted")


async def test_before_login_nothing_is_promised_to_have_arrived(stage):
    out = Outbound(discord.Client(intents=discord.Intents.none()), stage.store, stage.clock, WORDS, TEAM)
    with pytest.raises(NotConnectedError):
        await out.deliver(await stage.promise("one"))


def test_a_ref_names_the_message_that_was_pressed():
    assert stands("12:345", "345")
    assert not stands("345:12", "345")


# -- answers ------------------------------------------------------------------------------


async def test_a_drawn_message_answers_an_interaction_and_is_edited_there(simcord_bot, stage):
    tree = discord.app_commands.CommandTree(simcord_bot)
    spoken = voice(WORDS, "en", "UTC")
    answer = reply(Heading("One"), Text("x" * 9_000), Actions((Button("Go", "show go"),)), private=True)

    @tree.command(name="ask")
    async def ask(interaction: discord.Interaction) -> None:
        await interaction.response.send_message(**for_post(render(answer, spoken, "m7"), {}), ephemeral=True)
        await interaction.edit_original_response(**for_edit(render(reply(Heading("Two")), spoken, "m7"), {}))

    await tree.sync()
    mia = stage.guild.add_member(stage.env.create_user("mia"))
    got = await mia.slash(stage.channel, "ask")
    (callback,) = [entry for entry in stage.env.http_requests if entry.path.endswith("/callback")]
    assert "m7:" in str(callback.json)
    assert got.ephemeral
    assert got.response.embeds[0].title == "Two"
    assert simcord_bot.persistent_views == []
