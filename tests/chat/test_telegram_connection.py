"""How the bot gets to Telegram and stays there: tokens, broken lines, other pollers, webhooks; nothing is lost."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import aiohttp
import pytest
import structlog.testing
from pydantic import SecretStr
from telegram.error import InvalidToken, NetworkError, RetryAfter

from bot.chat.telegram.adapter import TelegramChat
from bot.chat.telegram.connection import Connection
from bot.chat.telegram.inbox import Inbox
from bot.clock import VirtualClock
from tests.chat.telegram_app import ACCOUNTS, SECRET, TEAM, TelegramBot, peopled, telegram_running
from tests.front_door import BEGIN
from tests.servers.telegram_server import TelegramServer
from tests.servers.telegram_updates import SECRET_HEADER, Webhook

OLGA = ACCOUNTS["olga"]


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits between tries last an instant; how they grow is another test's matter."""
    monkeypatch.setattr("bot.chat.telegram.connection._FIRST_WAIT_S", 0.01)
    monkeypatch.setattr("bot.chat.telegram.connection._LONGEST_WAIT_S", 0.05)
    monkeypatch.setattr("bot.chat.telegram.connection._TOKEN_AGAIN_S", 0.05)


async def why(bot: TelegramBot, words: str | None) -> None:
    """Until the standing says so; None: until it is well."""
    async with asyncio.timeout(10):
        while True:
            now = bot.client.standing().why
            if (now is None) if words is None else words in (now or ""):
                return
            await asyncio.sleep(0.01)


async def test_a_refused_token_is_told_in_one_line_and_the_rest_runs(
    tmp_path: Any, caplog: pytest.LogCaptureFixture
) -> None:
    token = "123456:this-one-is-not-the-right-one"
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as logs:
        async with TelegramServer() as server:
            peopled(server)
            async with telegram_running(tmp_path, server=server, is_connected=False, token=SecretStr(token)) as bot:
                await why(bot, "BotFather")
                await bot.ok("/room list")
                status = await bot.ok("/status")
                assert "BotFather" in status.text
                server.token = token
                await why(bot, None)
        told = [entry for entry in logs if entry["event"] == "telegram_down"]
    assert len(told) == 1
    assert "not-the-right-one" not in repr(logs) + caplog.text


async def test_the_token_is_in_no_log_when_all_goes_wrong(tmp_path: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with structlog.testing.capture_logs() as logs:
        async with telegram_running(tmp_path) as bot:
            bot.server.fault("status", status=502, count=3)
            bot.server.fault("garbled", count=2)
            bot.server.away()
            await why(bot, "cannot be reached")
            bot.server.heals()
            await why(bot, None)
            await bot.types(OLGA, "/room list", TEAM)
    secret = bot.server.token.partition(":")[2]
    assert secret not in repr(logs) + caplog.text


async def test_what_is_typed_while_the_line_is_down_is_answered_when_it_is_back(tmp_path: Any) -> None:
    async with telegram_running(tmp_path) as bot:
        bot.server.away()
        await why(bot, "cannot be reached")
        bot.server.types(OLGA, "/room list", TEAM)
        bot.server.heals()
        await bot.settle()
        assert bot.server.said(TEAM)
        await why(bot, None)


async def test_502s_are_ridden_out(tmp_path: Any) -> None:
    async with telegram_running(tmp_path) as bot:
        bot.server.fault("status", methods=["getUpdates"], status=502, count=3)
        bot.server.types(OLGA, "/room list", TEAM)
        await bot.settle()
        await why(bot, None)
        assert bot.server.said(TEAM)


async def test_a_webhook_that_is_set_is_taken_off(tmp_path: Any) -> None:
    async with TelegramServer() as server:
        peopled(server)
        server.house.updates.set_webhook(Webhook("http://127.0.0.1:9/nobody"))
        async with telegram_running(tmp_path, server=server, is_connected=False) as bot:
            await bot.server.until(lambda: server.house.updates.webhook is None)
            assert await bot.types(OLGA, "/room list", TEAM)


async def test_another_poller_is_told_of(tmp_path: Any) -> None:
    with structlog.testing.capture_logs() as logs:
        async with telegram_running(tmp_path) as bot:
            async with aiohttp.ClientSession() as other:
                url = f"{bot.server.base_url}{bot.server.token}/getUpdates"
                for _ in range(50):
                    async with other.post(url, data={"timeout": "1"}) as answer:
                        await answer.read()
                    if any(entry["event"] == "telegram_down" for entry in logs):
                        break
            await why(bot, None)
    assert {entry["why"][:15] for entry in logs if entry["event"] == "telegram_down"} == {"another program"}


async def test_an_update_is_confirmed_only_when_it_is_through(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed at any moment before that, the bot gets it again."""
    async with telegram_running(tmp_path) as bot:
        gate = asyncio.Event()
        handle = bot.client._handle

        async def slow(update: Any) -> None:
            if update.message is not None and "room list" in (update.message.text or ""):
                await gate.wait()
            await handle(update)

        monkeypatch.setattr(bot.client._inbox, "_handle", slow)
        bot.server.types(OLGA, "/room list", TEAM)
        await bot.server.until(lambda: bot.client._inbox.is_busy)
        # Others are heard meanwhile, and the slow one stays unconfirmed.
        bot.server.types(ACCOUNTS["max"], "/room info nowhere", TEAM)
        await bot.server.until(lambda: len(bot.client._inbox._through) == 1)
        polls = bot.server.house.updates.polls
        await bot.server.until(lambda: bot.server.house.updates.polls > polls + 1)
        assert bot.server.pending() == 2
        gate.set()
        await bot.settle()
        assert bot.server.pending() == 0
        assert len([one for one in bot.server.said(TEAM) if one.reply_to]) == 2


async def test_what_was_not_through_at_the_end_comes_again_at_the_next_start(tmp_path: Any) -> None:
    async with TelegramServer() as server:
        peopled(server)
        async with telegram_running(tmp_path, server=server) as bot:
            await bot.room()
        server.types(OLGA, "/show plan us_main fri 20:00", TEAM)  # while nobody is there
        async with telegram_running(tmp_path, server=server) as bot:
            await bot.settle()
            assert len(await bot.app.store.read(lambda tx: tx.shows.planned())) == 1
            assert any(one.reply_to for one in server.said(TEAM))


async def test_stopping_is_quick_while_telegram_hangs(tmp_path: Any) -> None:
    async with telegram_running(tmp_path) as bot:
        bot.server.fault("hang", seconds=60, count=50)
        bot.server.types(OLGA, "/me", TEAM)
        loop = asyncio.get_running_loop()
        before = loop.time()
        await bot.client.stop()
        assert loop.time() - before < 8
        bot.server.heals()


async def test_what_is_under_way_when_the_bot_stops_comes_again(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async with TelegramServer() as server:
        peopled(server)
        async with telegram_running(tmp_path, server=server) as bot:
            monkeypatch.setattr(bot.client._inbox, "_handle", lambda _: asyncio.Event().wait())
            server.types(OLGA, "/room list", TEAM)
            await server.until(lambda: bot.client._inbox.is_busy)
        assert server.pending() == 1
        async with telegram_running(tmp_path, server=server) as bot:
            await bot.settle()
            assert server.said(TEAM)[-1].reply_to


async def test_what_fails_is_tried_again_and_keeps_nobody_waiting(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.chat.telegram.inbox._FIRST_WAIT_S", 0.001)
    monkeypatch.setattr("bot.chat.telegram.inbox._LONGEST_WAIT_S", 0.002)
    async with telegram_running(tmp_path) as bot:
        handle, tried = bot.client._handle, 0

        async def failing(update: Any) -> None:
            nonlocal tried
            tried += update.message.from_user.id == OLGA
            if update.message.from_user.id == OLGA and "always" in update.message.text:
                raise OSError("the disk is full")
            if update.message.from_user.id == OLGA and tried < 3:
                raise OSError("the disk is full")
            await handle(update)

        monkeypatch.setattr(bot.client._inbox, "_handle", failing)
        assert await bot.types(OLGA, "/room list", TEAM)
        assert tried == 3
        bot.server.types(OLGA, "/room list always", TEAM)
        assert await bot.types(ACCOUNTS["max"], "/room list", TEAM)
        assert bot.server.pending() == 0


def test_waits_grow_to_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    connection = Connection(Any, Inbox(Any), VirtualClock(BEGIN), None, Any, str, str)  # type: ignore[arg-type]
    waits = [connection._failed(NetworkError("x")) for _ in range(8)]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert connection._failed(InvalidToken("x")) == 300
    assert connection._failed(RetryAfter(7)) == 7


# -- webhook ------------------------------------------------------------------------


async def test_a_webhook_is_set_with_its_secret_and_updates_come_through_it(tmp_path: Any) -> None:
    async with telegram_running(tmp_path, mode="webhook") as bot:
        (asked,) = bot.server.asked("setWebhook")
        assert asked.body["secret_token"] == SECRET
        assert not bot.server.asked("getUpdates", polls=True)
        said = await bot.types(OLGA, "/room list", TEAM)
        assert said
        assert [status for _, _, status in bot.server.webhook_attempts()] == [200]
        assert bot.server.violations() == []


@pytest.mark.parametrize("secret", [None, "", "not-the-one", SECRET + "x", "ключ"])
async def test_a_webhook_with_a_wrong_secret_is_refused_and_counted(tmp_path: Any, secret: str | None) -> None:
    async with telegram_running(tmp_path, mode="webhook") as bot:
        headers = {} if secret is None else {SECRET_HEADER: secret}
        update = {"update_id": 5, "message": {"text": "/room list"}}
        with structlog.testing.capture_logs() as logs:
            for _ in range(5):
                async with bot.http.post(f"{bot.ingest}/v1/telegram", json=update, headers=headers) as answer:
                    assert answer.status == 403
        told = [entry["times"] for entry in logs if entry["event"] == "telegram_webhook_refused"]
        assert told == [1, 2, 4]
        assert not secret or secret not in repr(logs)
        assert bot.server.said() == []


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 400), (b"nothing", 400), (b"[]", 400), (b"{}", 400), (b'{"update_id": "x"}', 400), (b" " * 300_000, 413)],
)
async def test_what_is_no_update_is_refused(tmp_path: Any, body: bytes, status: int) -> None:
    async with telegram_running(tmp_path, mode="webhook") as bot:
        headers = {SECRET_HEADER: SECRET}
        async with bot.http.post(f"{bot.ingest}/v1/telegram", data=body, headers=headers) as answer:
            assert answer.status == status
            assert "error" in json.loads(await answer.read())


async def test_without_webhook_mode_there_is_no_such_route(tmp_path: Any) -> None:
    async with telegram_running(tmp_path) as bot:
        async with bot.http.post(f"{bot.ingest}/v1/telegram", json={}) as answer:
            assert answer.status == 404
        assert isinstance(bot.client, TelegramChat)
