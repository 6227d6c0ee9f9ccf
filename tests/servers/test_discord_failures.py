"""The Discord test server, by the real discord.py: what goes wrong, at the gateway and with requests."""

from __future__ import annotations

import asyncio
import inspect
import sys
import time

import aiohttp
import discord
import pytest
from discord.http import Route

from tests.servers import checked, discord_control
from tests.servers.discord_aim import aimed_at, served
from tests.servers.discord_control import Control
from tests.servers.discord_people import NotPossible
from tests.servers.discord_process import ROOT, discord_process
from tests.servers.tiny_bot import running

MESSAGES = "/channels/{}/messages"


@pytest.fixture
async def bot(discord_server):
    async with running(discord_server) as tiny:
        yield tiny


async def test_a_wrong_token_is_turned_away_at_the_door_and_at_the_gateway(discord_server):
    with pytest.raises(discord.LoginFailure):
        async with running(discord_server, token="not-it"):
            pass
    async with running(discord_server) as tiny:
        discord_server.world.token = "another"
        await tiny.discord.invalidate(resumable=True)
        with pytest.raises(discord.ConnectionClosed) as closed:
            await asyncio.wait_for(tiny.task, 10)
        assert closed.value.code == 4004


async def test_intents_that_are_not_allowed_are_refused(discord_server):
    await discord_server.control.disallow(discord.Intents(members=True).value)
    with pytest.raises(discord.PrivilegedIntentsRequired):
        async with running(discord_server, intents=discord.Intents(guilds=True, members=True)):
            pass
    async with running(discord_server):
        pass


async def test_op_7_is_followed_by_a_resume(bot):
    await bot.discord.reconnect()
    await bot.discord.until_resumed()
    (session,) = await bot.discord.sessions()
    assert (session["resumed"], session["connected"]) == (1, True)


async def test_what_was_missed_while_the_line_was_lost_is_replayed(bot):
    await bot.discord.drop(hold=True)
    asked = await bot.discord.slash(bot.ann, "quiet", {}, bot.team)
    await bot.discord.release()
    assert (await bot.discord.settled(asked))["messages"][0]["content"] == "psst"
    assert [each["resumed"] for each in await bot.discord.sessions()] == [1]


async def test_429_on_one_channel_leaves_the_other_alone(bot):
    other = await bot.discord.add_channel(str(bot.guild.id), "other")
    await bot.discord.limited(0.5, path=MESSAGES.format(bot.team), count=1)
    slow = asyncio.create_task(bot.channel.send("slow"))
    await bot.discord.until_requests(1, "POST", MESSAGES.format(bot.team))
    await (await bot.client.fetch_channel(int(other))).send("quick")
    assert not slow.done()
    await slow
    assert [each["status"] for each in await bot.discord.requests("POST", "/channels/*")] == [429, 200, 200]


async def test_a_global_429_holds_everything(bot):
    other = await bot.discord.add_channel(str(bot.guild.id), "other")
    where = await bot.client.fetch_channel(int(other))
    await bot.discord.limited(0.3, everywhere=True, path=MESSAGES.format(bot.team), count=1)
    first = asyncio.create_task(bot.channel.send("a"))
    await bot.discord.until_requests(1, "POST", MESSAGES.format(bot.team))
    begin = time.monotonic()
    await where.send("b")
    assert time.monotonic() - begin > 0.2
    await first


async def test_ordinary_limits_come_as_headers_and_are_kept(bot):
    await bot.discord.limits(buckets=True, bucket_size=2, bucket_s=0.3)
    await asyncio.gather(*(bot.channel.send(str(n)) for n in range(5)))
    posts = await bot.discord.requests("POST", MESSAGES.format(bot.team))
    assert [each["status"] for each in posts].count(200) == 5
    assert posts[-1]["at"] - posts[0]["at"] > 0.5


async def test_who_does_not_keep_a_limit_is_answered_429(bot):
    await bot.discord.limits(buckets=True, bucket_size=1, bucket_s=30)
    for expected in (200, 429):
        assert (await _raw(bot, "POST", MESSAGES.format(bot.team), {"content": "x"}))[0] == expected


async def _raw(bot, method, path, body):
    """Without discord.py's patience."""
    head = {"Authorization": f"Bot {bot.client.http.token}"}
    async with bot.client.http._HTTPClient__session.request(method, Route.BASE + path, json=body, headers=head) as got:
        return got.status, (await got.json() if got.content_type == "application/json" else None)


async def test_502_is_tried_again(bot):
    await bot.discord.fault(status=502, body="bad gateway", path=MESSAGES.format(bot.team))
    await bot.channel.send("through")
    assert [each["status"] for each in await bot.discord.requests("POST", "/channels/*")] == [502, 200]


async def test_an_answer_is_lost_after_the_message_was_stored(bot):
    await bot.discord.fault("cut", path=MESSAGES.format(bot.team), stored=True)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await bot.channel.send("there")
    assert [each["content"] for each in await bot.discord.messages(bot.team)] == ["there"]
    await bot.discord.fault("cut", path=MESSAGES.format(bot.team))
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await bot.channel.send("not there")
    assert len(await bot.discord.messages(bot.team)) == 1


async def test_an_answer_comes_late(bot):
    await bot.discord.fault(status=0, delay_s=0.1, path=MESSAGES.format(bot.team))
    begin = time.monotonic()
    await bot.channel.send("x")
    assert time.monotonic() - begin >= 0.1


async def test_an_answer_never_comes(bot):
    await bot.discord.fault("hang", path=MESSAGES.format(bot.team))
    waiting = asyncio.create_task(bot.channel.send("x"))
    await bot.discord.until_requests(1, "POST", MESSAGES.format(bot.team), answered=False)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert [each["status"] for each in await bot.discord.requests("POST", "/channels/*")] == [None]
    assert await bot.discord.messages(bot.team) == []


async def test_a_refusal_on_demand(bot):
    await bot.discord.refuse(403, 50013, "Missing Permissions", path=MESSAGES.format(bot.team))
    with pytest.raises(discord.Forbidden) as refused:
        await bot.channel.send("x")
    assert refused.value.code == 50013


async def test_an_interaction_wants_its_answer_in_time_and_once(bot):
    await bot.discord.limits(callback_s=0)
    asked = await bot.discord.slash(bot.ann, "quiet", {}, bot.team)
    (late,) = await bot.discord.until_requests(1, "POST", "/interactions/*")
    assert (late["status"], (await bot.discord.interaction(asked))["acked_at"]) == (404, None)
    await bot.discord.limits(callback_s=3)
    asked = await bot.discord.slash(bot.ann, "quiet", {}, bot.team)
    await bot.discord.settled(asked)
    again = (await bot.discord.requests("POST", "/interactions/*"))[-1]
    assert (await _raw(bot, "POST", again["path"], again["body"]))[1]["code"] == 40060


async def test_a_token_that_is_over_takes_no_more(bot):
    asked = await bot.discord.slash(bot.ann, "quiet", {}, bot.team)
    token = (await bot.discord.settled(asked))["token"]
    path = f"/webhooks/{bot.client.application_id}/{token}"
    assert (await _raw(bot, "POST", path, {"content": "more"}))[0] == 200
    await bot.discord.expire(asked)
    assert (await _raw(bot, "POST", path, {"content": "more"}))[1]["code"] == 50027


async def test_what_breaks_the_rules_is_answered_as_discord_does_and_counted(bot):
    with checked.provoked("discord") as seen:
        with pytest.raises(discord.HTTPException) as long:
            await bot.channel.send("x" * 2001)
        with pytest.raises(discord.HTTPException) as empty:
            await bot.channel.send()
        bot.client.choices = 26
        await bot.discord.autocomplete(bot.ann, "stock set", {"item": "la"}, "item", bot.team)
        await bot.discord.until_requests(1, "POST", "/interactions/*")
    assert (long.value.status, long.value.code, empty.value.code) == (400, 50035, 50006)
    assert "content: Must be 2000 or fewer in length." in str(long.value)
    assert [each.split(": ", 1)[1] for each in seen] == [
        "content: Must be 2000 or fewer in length.",
        "request: Cannot send an empty message",
        "data.choices: Must be 25 or fewer in length.",
    ]
    assert await bot.discord.violations() == seen
    assert await bot.discord.messages(bot.team) == []


async def test_a_server_of_its_own_outlives_the_bot(tmp_path):
    async with discord_process(tmp_path / "discord.json", "--token", "tok") as control:
        with aimed_at(control.url):
            async with running(control) as tiny:
                asked = await control.slash(tiny.ann, "ask", {}, tiny.team)
                message = (await control.settled(asked))["messages"][0]["id"]
                await control.limited(0.01, path=MESSAGES.format(tiny.team))
                await control.limits(nonce_s=1)
                await tiny.channel.send("at the second try")
            async with running(control):
                await control.settled(await control.press(tiny.ann, message, "yes"))
        assert (await control.message(message))["content"] == "Ann said yes"
        assert [each["status"] for each in await control.requests("POST", "/channels/*")] == [429, 200]
        with pytest.raises(TimeoutError):
            await control.until_resumed(5, timeout_s=0.01)
        with pytest.raises(NotPossible, match="there is no /nope"):
            await control.slash(tiny.ann, "nope", {}, tiny.team)


async def _tiny_process(control):
    command = (sys.executable, "-m", "tests.servers.tiny_bot", control.url, (await control.about())["token"])
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
    await control.until_connected(20)
    return process


async def test_a_killed_bot_answers_a_press_on_what_it_posted_before(tmp_path):
    async with discord_process(tmp_path / "discord.json") as control:
        guild = await control.add_guild()
        team, ann = await control.add_channel(guild), await control.add_member(guild, "Ann")
        first = await _tiny_process(control)
        message = (await control.settled(await control.slash(ann, "ask", {}, team)))["original"]
        first.kill()
        await first.wait()
        await control.until_gone()
        second = await _tiny_process(control)
        await control.settled(await control.press(ann, message, "yes"))
        second.kill()
        await second.wait()
        assert (await control.message(message))["content"] == "Ann said yes"
        assert [each["over"] for each in await control.sessions()] == [True, False]


async def test_aim_is_put_back():
    before = Route.BASE
    async with served() as server:
        assert Route.BASE.startswith(server.url)
    assert before == Route.BASE


def test_every_method_of_the_control_is_told_of():
    """The table is all that others read."""
    methods = [name for name, _ in inspect.getmembers(Control, inspect.iscoroutinefunction) if name[0] != "_"]
    assert len(methods) > 40
    assert [name for name in methods if f"{name}(" not in discord_control.__doc__] == []
