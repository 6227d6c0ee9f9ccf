"""What goes wrong at the Telegram test server: limits, lost answers and lines, wrong tokens, webhooks, killed bots."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from telegram import (
    Bot,
    Update,
)
from telegram.error import (
    Conflict,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TimedOut,
)
from telegram.request import HTTPXRequest

from tests.servers.telegram_bot import built, polling
from tests.servers.telegram_process import ROOT, TelegramProcess
from tests.servers.telegram_server import TOKEN, TelegramServer
from tests.servers.telegram_stage import ANAN, FORUM, GROUP, MEI


async def test_a_limit_on_one_chat_leaves_the_others_alone(server, bot):
    server.starts(MEI)
    server.fault("limit", chat=MEI, seconds=3, count=2)
    for _ in range(2):
        with pytest.raises(RetryAfter) as told:
            await bot.send_message(MEI, "x")
        assert told.value.retry_after.total_seconds() == 3
        await bot.send_message(GROUP, "y")
    await bot.send_message(MEI, "z")
    assert [one.status for one in server.asked("sendMessage", MEI)] == [429, 429, 200]
    assert [one.text for one in server.said()] == ["y", "y", "z"]


async def test_real_limits_of_a_chat_of_a_group_and_of_all():
    now = [1_780_000_000.0]
    async with TelegramServer(clock=lambda: now[0]) as server, Bot(server.token, server.base_url) as bot:
        for user in range(1, 35):
            server.user(user).has_started = True
        server.group(GROUP, members=[1])
        server.real_limits()
        for user in range(1, 31):
            await bot.send_message(user, "x")
        for user in (31, 1):
            with pytest.raises(RetryAfter):
                await bot.send_message(user, "x")
        for _ in range(20):
            now[0] += 1
            await bot.send_message(GROUP, "x")
        now[0] += 0.5
        with pytest.raises(RetryAfter):
            await bot.send_message(GROUP, "sooner than a second")
        now[0] += 0.5
        with pytest.raises(RetryAfter) as told:
            await bot.send_message(GROUP, "x")
        assert told.value.retry_after.total_seconds() == 40
        now[0] += 40
        await bot.send_message(GROUP, "x")
        assert server.limits.refused == 4


@pytest.mark.parametrize(
    ("fault", "error", "is_kept"),
    [
        ({"how": "status", "status": 500}, NetworkError, False),
        ({"how": "status", "status": 502, "is_kept": True}, NetworkError, True),
        ({"how": "status", "status": 401}, InvalidToken, False),
        ({"how": "cut"}, NetworkError, False),
        ({"how": "cut", "is_kept": True}, NetworkError, True),
        ({"how": "hang", "is_kept": True}, TimedOut, True),
        ({"how": "garbled", "is_kept": True}, Exception, True),
    ],
)
async def test_answers_that_are_errors_or_get_lost(server, bot, fault, error, is_kept):
    server.starts(MEI)
    server.fault(**fault)
    with pytest.raises(error):
        await bot.send_message(MEI, "x", read_timeout=0.2)
    assert [one.text for one in server.said(MEI)] == (["x"] if is_kept else [])
    await bot.send_message(MEI, "y")
    assert [one.is_done for one in server.asked("sendMessage")] == [is_kept, True]


async def test_a_lost_line_comes_back_and_polling_goes_on(server):
    async with polling(server.base_url, server.base_file_url, server.token, bootstrap_retries=-1) as (_, notes):
        await server.until(lambda: server.asked("getUpdates"))
        server.away()
        server.starts(MEI)
        server.heals()
        await server.until(lambda: server.said(MEI))
    assert notes.heard == ["/start"]
    assert server.asked("getUpdates")[0].status == 0


async def test_wrong_tokens_and_a_second_poller(server, bot):
    for token in ("123456:wrong", "nonsense"):
        async with HTTPXRequest() as request:
            with pytest.raises(InvalidToken):
                await Bot(token, server.base_url, request=request).get_me()
    server.types(MEI, "x")
    [seen] = await bot.get_updates()
    assert await bot.get_updates() == (seen,)
    assert await bot.get_updates(offset=seen.update_id + 1) == ()
    async with Bot(server.token, server.base_url) as other:
        first = asyncio.create_task(bot.get_updates(offset=seen.update_id + 1, timeout=5))
        await server.until(lambda: len(server.asked("getUpdates")) == 4)
        assert await other.get_updates(offset=seen.update_id + 1) == ()
        with pytest.raises(Conflict):
            await first
    server.revokes_token()
    with pytest.raises(InvalidToken):
        await bot.get_me()


async def test_updates_of_the_kinds_the_bot_asked_for(server, bot):
    server.joins(MEI, FORUM)
    server.reacts(ANAN, FORUM, 1, "👍")
    assert [one.message.new_chat_members[0].id for one in await bot.get_updates()] == [MEI]
    last = (await bot.get_updates())[-1].update_id
    await bot.get_updates(offset=last + 1, allowed_updates=["chat_member", "message_reaction"])
    server.leaves(MEI, FORUM)
    server.reacts(ANAN, FORUM, 1, "👍")
    assert [bool(one.chat_member) for one in await bot.get_updates()] == [True, False]


async def test_a_webhook_is_given_the_secret_and_asked_again_until_it_takes_the_update(server):
    application, notes = built(server.base_url, server.base_file_url, server.token)
    refusing = [503, 503]
    taken = []

    async def hook(request):
        if request.headers.get("X-Telegram-Bot-Api-Secret-Token") != "right-one":
            return web.Response(status=403)
        if refusing:
            return web.Response(status=refusing.pop())
        taken.append(await request.json())
        await application.update_queue.put(Update.de_json(taken[-1], application.bot))
        return web.Response()

    listening = web.Application()
    listening.router.add_post("/hook", hook)
    async with TestServer(listening) as there, application:
        await application.start()
        await application.bot.set_webhook(str(there.make_url("/hook")), secret_token="right-one")
        with pytest.raises(Conflict):
            await application.bot.get_updates()
        server.starts(MEI)
        await server.until(lambda: server.said(MEI))
        assert [status for _, _, status in server.webhook_attempts()] == [503, 503, 200]
        await application.bot.set_webhook(str(there.make_url("/hook")), secret_token="wrong-one")
        server.types(MEI, "lost")
        await server.until(server.webhook_attempts)
        info = await application.bot.get_webhook_info()
        assert (info.pending_update_count, info.last_error_message) == (1, "Wrong response from the webhook: 403")
        await application.bot.delete_webhook(drop_pending_updates=True)
        await application.stop()
    assert (notes.heard, server.pending(), len(taken)) == (["/start"], 0, 1)
    assert server.violations() == []


def test_the_server_outlives_a_bot_that_is_killed():
    with TelegramProcess() as server:
        server.user(MEI, "Mei")
        server.starts(MEI, "one")
        command = [sys.executable, "-m", "tests.servers.telegram_bot", server.base_url, TOKEN]
        first = subprocess.Popen(command, cwd=ROOT)
        [asked] = server.until(lambda: server.said(MEI))
        first.kill()
        first.wait()
        server.presses(MEI, MEI, asked.id, "Yes")
        second = subprocess.Popen(command, cwd=ROOT)
        assert server.until(lambda: server.message(MEI, asked.id).text == "yes: done")
        second.kill()
        second.wait()
        assert [one.text for one in server.message(MEI, asked.id).history] == ["Go on?", "yes: done"]
        assert server.asked("answerCallbackQuery")[0].body["text"] == "noted"
        with pytest.raises(AssertionError, match="no button"):
            server.presses(MEI, MEI, asked.id, "Yes")
        assert server.violations() == []
