"""The life of the Discord connection: what goes wrong is said in one line, tried again, and takes nothing else down."""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager
from types import SimpleNamespace
from unittest.mock import patch

import discord
import pytest

from bot.app import App
from bot.chat.discord import connection
from bot.chat.discord.client import aim
from bot.clock import VirtualClock
from bot.core.delivery import RetryAfter
from bot.core.records import Post
from bot.core.reply import Heading, reply
from tests.chat.discord_app import TOKEN, on_discord, settings_in, words
from tests.front_door import BEGIN, PEOPLE


def http_error(kind, status, text="no"):
    return kind(SimpleNamespace(status=status, reason=text, headers={}), text)


def closed(code):
    return discord.ConnectionClosed(SimpleNamespace(close_code=code), shard_id=None, code=code)


class Waits:
    """Stands for the real seconds between attempts: each is written down, and over when the test says so."""

    def __init__(self) -> None:
        self.seconds: asyncio.Queue[float] = asyncio.Queue()
        self._go: asyncio.Queue[None] = asyncio.Queue()

    async def __call__(self, seconds: float) -> None:
        self.seconds.put_nowait(seconds)
        await self._go.get()

    async def next(self) -> float:
        self._go.put_nowait(None)
        return await self.seconds.get()


@asynccontextmanager
async def started(folder, start, language="en"):
    """An app whose client does `start` where it would talk to Discord."""
    with patch.object(discord.Client, "start", start):
        app = App(settings_in(folder, language), VirtualClock(BEGIN), people=PEOPLE)
        waits = app.clients["discord"].connection.wait = Waits()
        async with app:
            yield app, waits


def failing(error):
    async def start(_client, _token):
        raise error

    return start


CASES = [
    (discord.LoginFailure("Improper token"), "SHOWCALLER_DISCORD__TOKEN", 300),
    (closed(4004), "SHOWCALLER_DISCORD__TOKEN", 300),
    (discord.PrivilegedIntentsRequired(None), "privileged", 300),
    (closed(4014), "privileged", 300),
    (closed(4013), "privileged", 300),
    (closed(4011), "4011", 1),
    (http_error(discord.Forbidden, 403), "403", 300),
    (http_error(discord.HTTPException, 429), "429", 60),
    (http_error(discord.DiscordServerError, 502), "discordstatus.com", 1),
    (discord.GatewayNotFound(), "discordstatus.com", 1),
    (OSError(f"no route to bot{TOKEN}"), "discordstatus.com", 1),
    (TimeoutError(), "discordstatus.com", 1),
]


@pytest.mark.parametrize(("error", "says", "waits_s"), CASES, ids=lambda value: str(value)[:30].replace(TOKEN, ""))
async def test_what_is_wrong_is_said_in_a_line_with_what_to_do(tmp_path, capsys, error, says, waits_s):
    async with started(tmp_path, failing(error)) as (app, waits):
        assert await waits.seconds.get() == waits_s
        standing = app.clients["discord"].standing()
        assert says in standing.why
        assert "\n" not in standing.why
        assert standing.since == BEGIN
        assert TOKEN not in standing.why
        assert app.health.is_up
    out = capsys.readouterr()
    assert TOKEN not in out.out + out.err
    assert (out.out + out.err).count("discord_down") == 1
    assert says in out.out + out.err


async def test_it_is_said_in_the_teams_language(tmp_path):
    async with started(tmp_path, failing(discord.LoginFailure("no")), "zh-CN") as (app, waits):
        await waits.seconds.get()
        assert "令牌" in app.clients["discord"].standing().why


async def test_without_a_network_it_is_tried_ever_more_seldom_up_to_a_minute(tmp_path):
    async with started(tmp_path, failing(OSError())) as (_app, waits):
        first = await waits.seconds.get()
        assert [first, *[await waits.next() for _ in range(8)]] == [1, 2, 4, 8, 16, 32, 60, 60, 60]


async def test_each_attempt_has_a_client_of_its_own_and_the_old_one_is_closed(tmp_path):
    clients = []

    async def start(client, _token):
        clients.append(client)
        raise OSError

    async with started(tmp_path, start) as (app, waits):
        await waits.seconds.get()
        await waits.next()
        assert len({id(client) for client in clients}) == 2
        assert all(client.is_closed() for client in clients)
        assert app.clients["discord"].connection.client is clients[-1]


async def test_starting_waits_for_nothing_and_status_says_that_it_is_connecting(tmp_path):
    async def forever(_client, _token):
        await asyncio.Event().wait()

    async with started(tmp_path, forever) as (app, _waits):
        assert app.health.is_up
        assert app.clients["discord"].standing().why == "it is being connected"


async def test_stopping_is_bounded_though_discord_never_lets_go(tmp_path, monkeypatch):
    monkeypatch.setattr(connection, "STOP_S", 0.01)

    async def forever(_client, _token):
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if stubborn.pop():
                    raise

    async def never(_client):
        await asyncio.Event().wait()

    stubborn = [True, False]
    with patch.object(discord.Client, "close", never):
        async with asyncio.timeout(5), started(tmp_path, forever) as (app, _waits):
            task = app.clients["discord"].connection._task
        task.cancel()
        await asyncio.wait({task})


async def test_the_real_library_on_a_network_where_nobody_answers(tmp_path):
    settings = settings_in(tmp_path)
    nobody = {"api_base": "http://127.0.0.1:9/api/v10", "gateway_url": "ws://127.0.0.1:9/"}
    settings = settings.model_copy(update={"discord": settings.discord.model_copy(update=nobody)})
    try:
        app = App(settings, VirtualClock(BEGIN), people=PEOPLE)
        waits = app.clients["discord"].connection.wait = Waits()
        async with app:
            assert await waits.seconds.get() == 1
            assert "discordstatus.com" in app.clients["discord"].standing().why
    finally:
        aim("", "")


def test_without_addresses_of_our_own_it_is_discords():
    aim("http://127.0.0.1:9/api", "ws://127.0.0.1:9/")
    assert discord.http.Route("GET", "/gateway").url == "http://127.0.0.1:9/api/gateway"
    aim("", "")
    assert discord.http.Route("GET", "/gateway").url.startswith("https://discord.com/api/")
    assert discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY.host == "gateway.discord.gg"


async def test_what_waited_while_it_was_down_goes_out_when_it_is_back(tmp_path):
    async with on_discord(tmp_path) as town:
        await town.bind("team", town.team)
        assert town.chat.standing().why is None
        town.client.dispatch("disconnect")
        await town.env.settle()
        assert "trying to come back" in town.chat.standing().why
        post = Post("late", "team", "session", reply(Heading("On air")))
        await town.app.store.write(lambda tx: tx.outbox.post(post, town.bot.now))
        await town.bot.advance(town.bot.now)
        assert town.team.history() == []
        town.client.dispatch("resumed")
        await town.env.settle()
        await town.bot.advance(seconds=10)
        assert [words(message) for message in town.team.history()] == ["On air"]
        assert town.chat.standing().why is None


async def test_a_message_for_a_chat_that_is_down_is_asked_to_wait(tmp_path):
    async with started(tmp_path, failing(OSError())) as (app, waits):
        await waits.seconds.get()
        post = Post("late", "team", "session", reply(Heading("On air")), only=("discord:1",))
        message = await app.store.write(lambda tx: tx.outbox.post(post, BEGIN))
        (row,) = await app.store.read(lambda tx: tx.outbox.deliveries(message))
        outcome = await app.clients["discord"].deliver(row)
        assert isinstance(outcome, RetryAfter)
        assert outcome.seconds == 10


def test_the_library_is_loaded_only_where_discord_is_configured():
    done = asyncio.run(_loaded("import bot.app, handlers"))
    assert done == "False"
    assert asyncio.run(_loaded("import bot.chat.discord.adapter")) == "True"


async def _loaded(code):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "ignore", "-c", f"{code}; import sys; print('discord' in sys.modules)",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    return out.decode().strip()


async def test_a_planned_show_is_among_the_servers_events(tmp_path):
    async with on_discord(tmp_path) as town:
        await town.bind("team", town.team)
        await town.bot.room()
        show = await town.bot.plan()
        await town.chat.mirroring.turn()
        (event,) = town.env.backend.get_guild(town.guild.id).scheduled_events.values()
        assert show in event.description
        await town.restart()
        await town.chat.mirroring.turn()
        assert len(town.env.backend.get_guild(town.guild.id).scheduled_events) == 1


async def test_let_into_a_server_again_the_bot_says_there_what_waited(tmp_path):
    async with on_discord(tmp_path) as town:
        await town.bind("team", town.team)
        here, elsewhere = f"discord:{town.team.id}", "discord:77"
        for name in (here, elsewhere):
            await town.app.store.write(lambda tx, name=name: tx.outbox.park(name, "the bot was removed", town.bot.now))
        post = Post("late", "team", "session", reply(Heading("On air")))
        await town.app.store.write(lambda tx: tx.outbox.post(post, town.bot.now))
        await town.bot.advance(minutes=1)
        assert town.team.history() == []
        await town.client.on_guild_join(town.client.guilds[0])
        await town.bot.advance(minutes=1)
        assert [words(message) for message in town.team.history()] == ["On air"]
        parked = await town.app.store.read(lambda tx: [state.destination for state in tx.outbox.parked()])
        assert parked == [elsewhere]
