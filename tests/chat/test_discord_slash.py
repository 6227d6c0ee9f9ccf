"""Slash commands on Discord: answered at once or after thinking, refusals for whoever asked alone."""

from __future__ import annotations

import re

import discord
from discord import app_commands

from bot.core.chats_port import MarkRole
from bot.core.model import Role
from bot.core.reply import encode
from bot.core.rights import Scope
from tests.chat.discord_app import on_discord, words


async def rooms(town):
    return await town.app.store.read(lambda tx: [room.slug for room in tx.rooms.all()])


async def posted(town, channel):
    """What stands in the channel after everything due has gone out."""
    await town.bot.advance(town.bot.now)
    return [words(message) for message in channel.history()]


async def test_a_command_is_answered_in_the_channel(tmp_path):
    async with on_discord(tmp_path) as town:
        boss = await town.member("boss")
        shown = await boss.slash(town.team, "room add", slug="us_main", market="us")
        assert "Room us_main is here." in words(shown.response)
        assert (shown.deferred, shown.ephemeral) == (False, False)
        assert await rooms(town) == ["us_main"]


async def test_a_private_command_is_answered_to_whoever_asked_alone(tmp_path):
    async with on_discord(tmp_path) as town:
        olga = await town.member("olga")
        shown = await olga.slash(town.team, "me")
        assert shown.ephemeral
        assert "operator" in words(shown.response)


async def test_a_refusal_is_for_whoever_asked_alone_and_says_what_to_type_on_discord(tmp_path):
    async with on_discord(tmp_path) as town:
        boss = await town.member("boss")
        shown = await boss.slash(town.team, "show plan", room="nowhere", when="fri 20:00")
        assert shown.ephemeral
        assert "There is no room nowhere" in words(shown.response)
        wrong = await boss.slash(town.team, "room add", slug="Not A Slug!", market="us")
        assert wrong.ephemeral
        assert await rooms(town) == []


async def test_what_to_type_instead_is_written_as_discord_wants_it(tmp_path):
    async with on_discord(tmp_path) as town:
        boss = await town.member("boss")
        await boss.slash(town.team, "room add", slug="us_main", market="us")
        shown = await boss.slash(town.team, "show plan", room="us_main", when="fri 20:00", length="long")
        assert "/show plan room:us_main when:" in words(shown.response)


async def test_a_stranger_is_refused_in_the_language_of_their_discord(tmp_path):
    async with on_discord(tmp_path) as town:
        ned = await town.member("ned", linked=False)
        with town.overheard() as heard:
            shown = await ned.slash(town.team, "room list")
        assert shown.ephemeral
        assert "/room list" in words(shown.response)
        for locale in ("zh-CN", "zh-TW"):
            chinese = await town.send_again(heard[0], locale=locale)
            assert "权限" in words(chinese.response), locale


async def test_a_slow_command_is_thought_about_and_then_answered_in_the_same_place(tmp_path):
    async with on_discord(tmp_path) as town:
        boss = await town.member("boss")
        await boss.slash(town.team, "me")
        async with town.slow_disk() as gate:
            shown = await boss.slash(town.team, "room add", slug="us_main", market="us")
            assert (shown.deferred, shown.ephemeral) == (True, False)
            assert words(shown.response) == ""
            gate.set()
        assert "Room us_main is here." in words(shown.response)
        assert shown.followups == []


async def test_a_slow_private_command_thinks_privately(tmp_path):
    async with on_discord(tmp_path) as town:
        boss = await town.member("boss")
        await boss.slash(town.team, "room list")
        async with town.slow_disk() as gate:
            shown = await boss.slash(town.team, "me")
            assert (shown.deferred, shown.ephemeral) == (True, True)
            gate.set()
        assert "admin" in words(shown.response)


async def test_a_slow_refusal_stays_private_though_the_thinking_was_public(tmp_path):
    async with on_discord(tmp_path) as town:
        vera = await town.member("vera")
        async with town.slow_disk() as gate:
            shown = await vera.slash(town.team, "room add", slug="us_main", market="us")
            assert (shown.deferred, shown.ephemeral) == (True, False)
            gate.set()
        assert shown.response is None
        (refusal,) = shown.followups
        assert refusal.ephemeral
        assert "/room add" in words(refusal)
        assert town.team.history() == []


async def test_what_nobody_foresaw_gets_a_reference_and_is_private(tmp_path, monkeypatch):
    async with on_discord(tmp_path) as town:
        boss = await town.member("boss")

        async def broken(_work):
            raise OSError

        monkeypatch.setattr(town.app.store, "read", broken)
        shown = await boss.slash(town.team, "room list")
        assert shown.ephemeral
        assert "reference" in words(shown.response).lower()
        monkeypatch.undo()


async def test_an_answer_that_came_too_late_for_discord_is_posted_instead(tmp_path):
    async with on_discord(tmp_path) as town:
        boss = await town.member("boss")
        town.env.inject_error("POST", "/interactions/*/*/callback", status=404, code=10062)
        shown = await boss.slash(town.team, "room add", slug="us_main", market="us")
        assert not shown.acknowledged
        assert await rooms(town) == ["us_main"]
        (message,) = await posted(town, town.team)
        assert "Room us_main is here." in message


async def test_a_private_answer_that_came_too_late_goes_to_the_account_alone(tmp_path):
    async with on_discord(tmp_path) as town:
        olga = await town.member("olga")
        town.env.inject_error("POST", "/interactions/*/*/callback", status=404, code=10062)
        await olga.slash(town.team, "me")
        assert await posted(town, town.team) == []
        (message,) = await posted(town, olga.user.dm_channel)
        assert "operator" in message


async def test_an_interaction_sent_twice_is_done_once(tmp_path):
    async with on_discord(tmp_path) as town:
        boss = await town.member("boss")
        with town.overheard() as heard:
            await boss.slash(town.team, "room add", slug="us_main", market="us")
        shown = await town.send_again(heard[0])
        assert "Room us_main is here." in words(shown.response)
        assert len(town.team.history()) == 1
        assert await posted(town, town.team) == [words(shown.response)]


async def test_a_command_done_before_a_crash_is_answered_when_discord_sends_it_again(tmp_path):
    async with on_discord(tmp_path) as town:
        boss = await town.member("boss")
        town.env.inject_error("POST", "/interactions/*/*/callback", status=500, times=None)
        with town.overheard() as heard:
            await boss.slash(town.team, "room add", slug="us_main", market="us")
        town.env.backend.faults.clear()
        await town.restart()
        shown = await town.send_again(heard[0])
        assert "Room us_main is here." in words(shown.response)
        assert not shown.ephemeral


async def test_a_role_on_the_server_gives_a_role_of_ours(tmp_path):
    async with on_discord(tmp_path) as town:
        ops = town.guild.create_role("ops")
        row = MarkRole("discord", str(ops.id), Scope(), Role.MANAGER)
        await town.app.store.write(lambda tx: tx.chats.set_mark_role(row))
        rita = await town.member("rita", roles=(ops,), linked=False)
        ned = await town.member("ned", linked=False)
        refused = await ned.slash(town.team, "room add", slug="us_main", market="us")
        assert refused.ephemeral
        assert await rooms(town) == []
        await rita.slash(town.team, "room add", slug="us_main", market="us")
        assert await rooms(town) == ["us_main"]


async def test_a_command_in_a_direct_message_is_answered_there(tmp_path):
    async with on_discord(tmp_path) as town:
        boss = await town.member("boss")
        shown = await boss.user.slash("room add", slug="us_main", market="us")
        assert "Room us_main is here." in words(shown.response)
        marks = await town.app.store.read(lambda tx: tx.chats.account("discord", str(boss.id)).marks)
        assert marks == frozenset()


async def test_a_thread_is_its_channel(tmp_path):
    async with on_discord(tmp_path) as town:
        boss = await town.member("boss")
        await town.bind("managers", town.team)
        shown = await boss.slash(town.team, "room list")
        thread = await shown.response.message.create_thread(name="talk")
        await town.env.settle()
        (inside,) = town.team.threads
        assert inside.id == thread.id
        await boss.slash(inside, "room list")
        kept = await town.app.store.read(lambda tx: tx.chats.answer(tx.last_id("m")))
        assert (kept.address, kept.ref.split(":")[0]) == (str(town.team.id), str(inside.id))


async def test_a_private_thread_is_a_place_of_its_own(tmp_path):
    async with on_discord(tmp_path) as town:
        boss = await town.member("boss")
        await town.bind("managers", town.team)
        channel = town.client.get_channel(town.team.id)
        made = await channel.create_thread(name="apart", type=discord.ChannelType.private_thread)
        await made.add_user(discord.Object(boss.id))
        await town.env.settle()
        (inside,) = town.team.threads
        await boss.slash(inside, "room list")
        kept = await town.app.store.read(lambda tx: tx.chats.answer(tx.last_id("m")))
        assert kept.address == str(made.id)


async def test_a_command_that_discord_still_shows_and_we_no_longer_have(tmp_path):
    async with on_discord(tmp_path) as town:
        boss = await town.member("boss")
        town.client.tree.remove_command("room")
        shown = await boss.slash(town.team, "room list")
        assert shown.ephemeral
        assert "Reload Discord" in words(shown.response)
        assert [type(error) for error in town.env.errors] == [app_commands.CommandNotFound]


async def test_a_secret_is_seen_by_whoever_asked_alone_and_kept_nowhere(tmp_path):
    async with on_discord(tmp_path) as town:
        boss = await town.member("boss")
        shown = await boss.slash(town.team, "link")
        code = re.search(r"code=([\w-]+)", words(shown.response))[1]
        assert shown.ephemeral
        kept = await town.app.store.read(lambda tx: encode(tx.chats.answer(tx.last_id("m")).reply))
        assert code not in kept
        assert not any(code.encode() in part.read_bytes() for part in tmp_path.iterdir())
