"""The whole bot and the real discord.py against a Discord on loopback: logging in, commands, windows, lost lines."""

from __future__ import annotations

from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest

from bot.app import App
from bot.chat.discord import answering, client
from bot.chat.discord.client import aim
from bot.clock import VirtualClock
from bot.core.records import Account
from tests.chat.discord_app import TOKEN, settings_in
from tests.front_door import BEGIN, PEOPLE


@pytest.fixture(autouse=True)
def _no_waiting_for_more_servers(monkeypatch):
    monkeypatch.setattr(client, "GUILDS_S", 0.05)


@asynccontextmanager
async def online(server, folder):
    """The bot at that server, on a guild with #team, where Ann is the boss and Ned nobody has linked."""
    control, server.world.token = server.control, TOKEN
    guild = await control.add_guild()
    team = await control.add_channel(guild, "team")
    ann, ned = await control.add_member(guild, "Ann"), await control.add_member(guild, "Ned")
    settings = settings_in(folder)
    there = {"api_base": f"{server.url}/api/v10", "gateway_url": server.url.replace("http", "ws", 1) + "/gw/"}
    settings = settings.model_copy(update={"discord": settings.discord.model_copy(update=there)})
    app = App(settings, VirtualClock(BEGIN), people=PEOPLE)
    try:
        async with app:
            await app.store.write(lambda tx: tx.people.link(Account("discord", ann, "boss", BEGIN)))
            yield SimpleNamespace(app=app, discord=control, guild=guild, team=team, ann=ann, ned=ned)
    finally:
        aim("", "")


def text_of(message):
    texts = (f"{embed.get('title', '')} {embed.get('description', '')}" for embed in message["embeds"])
    return "\n".join(texts).replace("\\", "")


async def answered(here, asked):
    done = await here.discord.settled(asked)
    return done, [text_of(message) for message in done["messages"]]


async def test_it_logs_in_tells_its_commands_and_answers(discord_server, tmp_path):
    async with online(discord_server, tmp_path) as here:
        await here.discord.until_requests(1, "PUT", "/applications/*/commands")
        done, texts = await answered(
            here, await here.discord.slash(here.ann, "room add", {"slug": "us_main", "market": "us"}, here.team)
        )
        assert "Room us_main is here." in texts[0]
        assert "/product add room:us_main sku:US-MAIN-1" in texts[0]
        assert done["acked_at"] - done["at"] < 1
        typing = await here.discord.autocomplete(here.ann, "room info", {"room": "us"}, "room", here.team)
        assert [choice["value"] for choice in (await here.discord.settled(typing))["choices"]] == ["us_main"]
        _, refused = await answered(here, await here.discord.slash(here.ned, "room list", {}, here.team))
        assert "/room list" in refused[0]
        assert len(await here.discord.messages(here.team, here.ann)) == 1
        assert here.app.clients["discord"].standing().why is None


async def test_what_was_asked_while_the_line_was_lost_is_done_once(discord_server, tmp_path):
    async with online(discord_server, tmp_path) as here:
        await here.discord.until_requests(1, "PUT", "/applications/*/commands")
        await here.discord.drop(hold=True)
        asked = await here.discord.slash(here.ann, "room add", {"slug": "us_main", "market": "us"}, here.team)
        await here.discord.release()
        _, texts = await answered(here, asked)
        assert "Room us_main is here." in texts[0]
        assert len(await here.discord.messages(here.team)) == 1


async def test_a_refusal_after_public_thinking_is_seen_by_whoever_asked_alone(discord_server, tmp_path, monkeypatch):
    monkeypatch.setattr(answering, "PROMPT_S", 0.0)
    async with online(discord_server, tmp_path) as here:
        await here.discord.until_requests(1, "PUT", "/applications/*/commands")
        asked = await here.discord.slash(here.ned, "room list", {}, here.team)
        await here.discord.until_requests(1, "POST", "/webhooks/*")
        done = await here.discord.interaction(asked)
        assert done["answer"] == 5
        assert await here.discord.messages(here.team, here.ann) == []
        (refused,) = await here.discord.messages(here.team, here.ned)
        assert "/room list" in text_of(refused)


@pytest.mark.parametrize("stored", [True, False])
async def test_an_answer_whose_request_was_cut_off_stands_there_once(discord_server, tmp_path, stored):
    async with online(discord_server, tmp_path) as here:
        await here.discord.until_requests(1, "PUT", "/applications/*/commands")
        await here.discord.fault("cut", path="/interactions/*", stored=stored)
        await here.discord.slash(here.ann, "room add", {"slug": "us_main", "market": "us"}, here.team)
        await here.discord.until_requests(1, "GET", "/webhooks/*")
        await here.app.clients["discord"]._interactions.close()
        await here.app.run_until(BEGIN)
        (message,) = await here.discord.messages(here.team)
        assert "Room us_main is here." in text_of(message)
