"""The life of both connections: what is wrong is said in a line, the rest runs on, what was due comes afterwards."""

from __future__ import annotations

import time

import pytest

from bot.chat.discord import connection as discord_connection
from bot.chat.telegram import connection as telegram_connection
from bot.core.reply import Text, reply
from tests.transport.seen import until, words
from tests.transport.stage import CHATS, on_stage

REPEAT = "this may have reached you before"
GUILDS = 1
"""The intent without which there are no servers."""
STOP_WITHIN_S = 10.0


@pytest.fixture
def _soon_again(monkeypatch):
    """What only somebody's hand can mend is tried again soon, else after 5 minutes."""
    monkeypatch.setattr(discord_connection, "SELDOM_S", 0.2)
    monkeypatch.setattr(telegram_connection, "_TOKEN_AGAIN_S", 0.2)


async def wrong_token_for_discord(stage):
    stage.discord_server.world.token, kept = "another", stage.discord_server.world.token

    async def mend():
        stage.discord_server.world.token = kept

    return mend


async def wrong_token_for_telegram(stage):
    kept = stage.telegram.token
    stage.telegram.revokes_token("778899:another")

    async def mend():
        stage.telegram.revokes_token(kept)

    return mend


async def an_intent_discord_forbids(stage):
    await stage.discord.disallow(GUILDS)

    async def mend():
        await stage.discord.disallow(0)

    return mend


HAND_NEEDED = [
    (wrong_token_for_discord, "discord", "SHOWCALLER_DISCORD__TOKEN"),
    (an_intent_discord_forbids, "discord", "developer portal"),
    (wrong_token_for_telegram, "telegram", "BotFather"),
]


@pytest.mark.usefixtures("_soon_again")
@pytest.mark.parametrize(("breaks", "chat", "says"), HAND_NEEDED, ids=lambda value: getattr(value, "__name__", value))
async def test_what_somebody_must_mend_is_said_and_the_rest_runs(tmp_path, breaks, chat, says):
    async with on_stage(tmp_path, begins=False) as stage:
        mend = await breaks(stage)
        await stage.open(is_up=False)
        await stage.stands(chat, says)
        other = next(name for name in stage.chats if name != chat)
        await stage.up(other)
        await stage.told(says)
        if other == "telegram":
            assert any(says in (one.text or "") for one in await stage.types("boss", "/status"))
        else:
            await stage.until_synced()
            assert says in words((await stage.slash("boss", "status"))["messages"][0])
        await stage.post("first", reply(Text("to everybody")), "checklist")
        await (stage.on_telegram if other == "telegram" else stage.on_discord)("to everybody")
        await stage.on_web("to everybody")
        assert len(stage.logged(f"{chat}_down")) == 1
        await mend()
        await stage.up()
        await (stage.on_discord if other == "telegram" else stage.on_telegram)("to everybody")


@pytest.mark.usefixtures("_soon_again")
async def test_what_is_wrong_is_said_in_the_teams_language_and_logged_in_english(tmp_path):
    async with on_stage(tmp_path, begins=False, language="zh-CN") as stage:
        await wrong_token_for_discord(stage)
        await wrong_token_for_telegram(stage)
        await stage.open(is_up=False)
        await stage.stands("discord", "令牌")
        await stage.stands("telegram", "令牌")
        assert "BotFather" in await stage.told("SHOWCALLER_DISCORD__TOKEN")
        for chat, says in (("discord", "start the bot again"), ("telegram", "copy it anew")):
            (told,) = stage.logged(f"{chat}_down")
            assert says in told["why"]


async def test_no_network_at_the_start_and_then_there_is_one(tmp_path):
    async with on_stage(tmp_path, begins=False) as stage:
        await stage.lose_network()
        await stage.open(is_up=False)
        await stage.stands("discord", "cannot be reached")
        await stage.stands("telegram", "cannot be reached")
        text = await stage.told("Discord cannot be reached")
        assert "Telegram cannot be reached" in text
        await stage.post("first", reply(Text("to everybody")), "checklist")
        await until(lambda: stage.bot.in_state("checklist", "new", n=2))
        await stage.regain_network()
        await stage.up()
        began = time.monotonic()
        await stage.on_discord("to everybody")
        await stage.on_telegram("to everybody")
        assert time.monotonic() - began < 5  # at once, not when the next try would have been due
        assert REPEAT not in stage.telegram.said()[-1].text
        assert {event: len(stage.logged(event)) for event in ("discord_down", "telegram_down")} == {
            "discord_down": 1, "telegram_down": 1,
        }  # fmt: skip


async def test_both_away_for_a_while_what_was_due_comes_by_its_kinds_rule(tmp_path):
    async with on_stage(tmp_path) as stage:
        await stage.post("before", reply(Text("before it")), "checklist")
        await stage.on_discord("before it")
        await stage.on_telegram("before it")
        await stage.lose_network()
        await stage.stands("discord", "trying to come back")
        await stage.stands("telegram", "cannot be reached")
        for kind, text in (
            ("checklist", "the list"),
            ("prompt", "the line"),
            ("cue", "the cue"),
            ("summary", "the sum"),
        ):
            await stage.post(kind, reply(Text(text)), kind)
        await stage.on_web("the cue")
        for chat in CHATS:
            await until(lambda chat=chat: stage.bot.in_state("cue", "new", chat))
        assert "Telegram cannot be reached" in await stage.told("Discord cannot be reached")
        await stage.bot.advance(minutes=30)
        await stage.regain_network()
        await stage.up()
        for chat in CHATS:
            for kind, state in (("checklist", "sent"), ("summary", "sent"), ("prompt", "expired"), ("cue", "expired")):
                await until(lambda kind=kind, state=state, chat=chat: stage.bot.in_state(kind, state, chat))
        for text, n in (("the list", 1), ("the sum", 1), ("the line", 0), ("the cue", 0)):
            assert len([one for one in stage.telegram.said() if text in one.text]) == n
            assert len([one for one in await stage.discord.messages() if text in words(one)]) == n
        assert "4 too late" in await stage.told("too late")
        assert [len(stage.logged(event)) for event in ("discord_up", "telegram_connected")] == [2, 2]


@pytest.mark.parametrize("chat", CHATS)
async def test_one_that_answers_nothing_keeps_nobody_else_waiting(tmp_path, chat):
    async with on_stage(tmp_path) as stage:
        if chat == "discord":
            await stage.discord.fault("hang", count=None)
        else:
            stage.telegram.fault("hang", count=100)
            stage.telegram.fault("hang", methods=["getUpdates"], count=100)
        began = time.monotonic()
        for number in range(3):
            await stage.post(f"p{number}", reply(Text(f"message {number}")), "checklist")
        if chat == "discord":
            await stage.on_telegram("message 2")
            assert await stage.types("olga", "/room list")
        else:
            await stage.on_discord("message 2")
            done = await stage.slash("olga", "room list")
            assert done["acked_at"] - done["at"] < 1
        await stage.on_web("message 2")
        assert (await stage.bot.say("/room list")).status == 200
        assert time.monotonic() - began < 5
        await stage.discord.clear_faults()
        stage.telegram.heals()


async def test_both_end_at_once_where_nothing_was_ever_reached(tmp_path):
    async with on_stage(tmp_path, begins=False) as stage:
        await stage.lose_network()
        await stage.begin()
        assert await stage.end() < STOP_WITHIN_S


async def busy(stage):
    """Something is under way in each chat."""
    await stage.post("first", reply(Text("to everybody")), "checklist")


async def nothing(stage):
    del stage


async def unreachable(stage):
    await stage.lose_network()
    await stage.stands("telegram", "cannot be reached")
    await busy(stage)


async def hanging(stage):
    await stage.discord.fault("hang", count=None)
    stage.telegram.fault("hang", count=100)
    stage.telegram.fault("hang", methods=["getUpdates"], count=100)
    await busy(stage)
    await stage.discord.until_requests(1, "POST", "/channels/*/messages", answered=False)
    await until(lambda: stage.telegram.asked("sendMessage"))


async def limited(stage):
    await stage.discord.limited(20, method="POST", path="/channels/*", count=None)
    stage.telegram.fault("limit", methods=["sendMessage"], seconds=20, count=100)
    await busy(stage)
    await stage.discord.until_requests(1, "POST", "/channels/*/messages")
    await until(lambda: stage.telegram.asked("sendMessage"))


@pytest.mark.parametrize("trouble", [nothing, busy, unreachable, hanging, limited], ids=lambda value: value.__name__)
async def test_both_end_in_bounded_time_and_nothing_promised_is_lost(tmp_path, trouble):
    async with on_stage(tmp_path) as stage:
        await trouble(stage)
        assert await stage.end() < STOP_WITHIN_S
        await stage.discord.clear_faults()
        stage.telegram.heals()
        await stage.regain_network()
        began = time.monotonic()
        await stage.begin()
        assert time.monotonic() - began < 3
        await stage.up()
        if trouble is not nothing:
            await stage.bot.advance(minutes=1)
            assert len(await stage.on_discord("to everybody")) == 1
            await stage.on_telegram("to everybody")
