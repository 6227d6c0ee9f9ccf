"""`run.py check` of Discord and Telegram: token, network and places, against far ends on loopback."""

from __future__ import annotations

import socket

import discord
import pytest

from bot import checkup
from bot.chat.discord import checks as of_discord
from bot.chat.telegram import checks as of_telegram
from bot.config import load
from storage.database import SqliteStore
from tests.servers.telegram_stage import FORUM, GROUP, stage


def told(findings):
    return [("WRONG" if not row.ok else "LOOK" if row.look else "ok", row.what, row.detail) for row in findings]


@pytest.fixture
def nobody_there():
    """An address at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


# -- Discord -------------------------------------------------------------------


@pytest.fixture
def ask(discord_server):
    async def asking(*destinations, token=None):
        base = f"{discord_server.url}/api/v10"
        found = await of_discord.inspect(token or discord_server.world.token, base, destinations)
        assert await discord_server.control.violations() == []
        return told(found)

    return asking


async def test_discord_on_no_server_gives_the_link_that_lets_it_in(ask):
    [(mark, what, detail), places] = await ask()
    assert (mark, what) == ("LOOK", "discord")
    assert "on no server: let it in with https://discord.com/oauth2/authorize?client_id=" in detail
    assert ("LOOK", "discord places") == places[:2]


async def test_discord_places_that_can_be_written_to_are_counted(ask, discord_server):
    guild = await discord_server.control.add_guild()
    one, two = [await discord_server.control.add_channel(guild, name) for name in ("a", "b")]
    assert await ask(f"discord:{one}", f"discord:{two}") == [
        ("ok", "discord", "logged in as showcaller, on Shop"),
        ("ok", "discord places", "can write to all 2"),
    ]


async def test_discord_places_are_told_with_what_the_bot_lacks_there(ask, discord_server):
    control = discord_server.control
    guild = await control.add_guild()
    plain, mute, shut, bare = [await control.add_channel(guild, name) for name in ("a", "b", "c", "d")]
    bits = discord.Permissions
    await control.overwrite(plain, deny=bits(attach_files=True, read_message_history=True).value)
    await control.overwrite(mute, deny=bits(send_messages=True).value)
    await control.overwrite(shut, deny=bits(view_channel=True).value)
    await control.overwrite(bare, deny=bits(embed_links=True).value)
    _, *places = await ask(*(f"discord:{name}" for name in (plain, mute, shut, "99", "x", bare)))
    assert [row[:2] for row in places] == [
        ("LOOK", f"place discord:{plain}"), ("WRONG", f"place discord:{mute}"), ("WRONG", f"place discord:{shut}"),
        ("WRONG", "place discord:99"), ("WRONG", "place discord:x"), ("WRONG", f"place discord:{bare}"),
    ]  # fmt: skip
    assert places[0][2].startswith("lacks Attach Files, Read Message History: ")
    assert "Send Messages" in places[1][2]
    assert "Embed Links" in places[5][2]
    assert places[2][2].startswith("the bot does not see this channel")
    assert places[3][2].startswith("there is no such channel")


async def test_a_token_that_discord_refuses_is_said_and_never_shown(ask):
    [(mark, what, detail)] = await ask(token="a.wrong.token")
    assert (mark, what) == ("WRONG", "discord")
    assert detail.startswith("Discord refuses the token: make a new one")
    assert "a.wrong.token" not in detail


async def test_discord_that_cannot_be_reached_or_has_troubles_is_said(nobody_there, discord_server, monkeypatch):
    [row] = told(await of_discord.inspect("a.b.c", f"{nobody_there}/api/v10", ()))
    assert row[:2] == ("WRONG", "discord")
    assert "could not be reached (ClientConnectorError): look at the network" in row[2]
    monkeypatch.setattr(of_discord, "LIMIT_S", 0.2)
    await discord_server.control.fault("hang", path="/users/@me")
    [row] = told(await of_discord.inspect("a.b.c", f"{discord_server.url}/api/v10", ()))
    assert "could not be reached (TimeoutError)" in row[2]


# -- Telegram ------------------------------------------------------------------


@pytest.fixture
async def telegram():
    async with stage() as server:
        yield server


async def ask_telegram(server, *destinations, **how):
    found = told(await of_telegram.inspect(server.token, server.base_url, destinations, **how))
    assert server.violations() == []
    return found


async def test_telegram_says_who_it_is_how_updates_come_and_that_it_can_write(telegram):
    first, updates, places = await ask_telegram(telegram, f"telegram:{GROUP}", f"telegram:{FORUM}")
    assert first[:2] == ("ok", "telegram")
    assert "privacy mode is on" in first[2]
    assert updates == ("ok", "telegram updates", "are polled")
    assert places == ("ok", "telegram places", "can write to all 2")


async def test_telegram_places_the_bot_was_put_out_of_or_may_not_speak_in_are_told(telegram):
    telegram.bot_is(GROUP, "left")
    telegram.bot_is(FORUM, "member")
    _, _, *places = await ask_telegram(telegram, f"telegram:{GROUP}", f"telegram:{FORUM}", "telegram:-77", "telegram:x")
    assert [row[:2] for row in places] == [
        ("WRONG", f"place telegram:{GROUP}"), ("LOOK", f"place telegram:{FORUM}"), ("WRONG", "place telegram:-77"),
        ("WRONG", "place telegram:x"),
    ]  # fmt: skip
    assert "manage topics" in places[1][2]


async def test_telegram_refusing_the_token_or_not_there_is_said_without_the_token(telegram, nobody_there):
    [row] = told(await of_telegram.inspect("123:wrong", telegram.base_url, ()))
    assert row[:2] == ("WRONG", "telegram")
    assert row[2].startswith("Telegram refuses the token: copy it anew from BotFather")
    [row] = told(await of_telegram.inspect("123:secret", f"{nobody_there}/bot", ()))
    assert row[2].startswith("could not be reached (")
    assert "secret" not in row[2]


async def test_a_webhook_is_told_by_its_host_and_by_its_troubles(telegram):
    url = "https://bot.example.com/v1/telegram"
    row = (await ask_telegram(telegram, webhook_url=url))[1]
    assert row == ("ok", "telegram updates", "will come to bot.example.com, from when the bot has started")


# -- as part of check ----------------------------------------------------------


async def test_check_asks_the_chats_that_have_a_token_about_the_places_that_are_bound(
    tmp_path, monkeypatch, telegram, discord_server
):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "showcaller.toml"
    file.write_text("[web]\nport = 0\n[ingest]\nport = 0\n", "utf-8")
    without = {row.what for row in await checkup.examine(file)}
    assert not any("discord" in what or "telegram" in what for what in without)
    store = SqliteStore(load(file).database)
    await store.open()
    await store.write(lambda tx: tx.outbox.bind("team", f"telegram:{GROUP}"))
    await store.write(lambda tx: tx.outbox.bind("host", f"telegram:{GROUP}", "us_main"))
    await store.close()
    discord_server.world.token = "bot-token-of-the-test.long.enough-too"
    monkeypatch.setenv("SHOWCALLER_TELEGRAM__TOKEN", telegram.token)
    monkeypatch.setenv("SHOWCALLER_TELEGRAM__BASE_URL", telegram.base_url)
    monkeypatch.setenv("SHOWCALLER_DISCORD__TOKEN", discord_server.world.token)
    monkeypatch.setenv("SHOWCALLER_DISCORD__API_BASE", f"{discord_server.url}/api/v10")
    rows = {row.what: row for row in await checkup.examine(file)}
    assert rows["telegram places"].detail == "can write to all 1"
    assert rows["discord"].detail.startswith("logged in as showcaller, on no server")
    assert all(row.ok for row in rows.values()), rows
