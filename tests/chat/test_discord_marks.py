"""Roles by Discord roles: of every server for itself, asked for where nothing tells them, and gone with them."""

from __future__ import annotations

from contextlib import asynccontextmanager

from bot.chat.discord import marks
from bot.core.chats_port import MarkRole
from bot.core.model import Role
from bot.core.rights import EVERYWHERE
from tests.chat.discord_app import on_discord, words


@asynccontextmanager
async def with_ann(folder):
    """Ann, whom nobody has linked, is an operator by a role of the server."""
    async with on_discord(folder) as town:
        town.ops = town.guild.create_role("ops")
        row = MarkRole("discord", str(town.ops.id), EVERYWHERE, Role.OPERATOR)
        await town.app.store.write(lambda tx: tx.chats.set_mark_role(row))
        town.ann = await town.member("ann", roles=(town.ops,), linked=False)
        assert not (await town.ann.slash(town.team, "room list")).ephemeral
        yield town


async def role_of(town, account):
    def find(tx):
        person = tx.people.by_account("discord", str(account))
        return Role.NOBODY if person is None else tx.people.rights(person.slug).highest

    return await town.app.store.read(find)


async def test_what_somebody_is_on_one_server_stays_where_they_do_something_on_another(tmp_path):
    async with with_ann(tmp_path) as town:
        other = town.env.create_guild("Partner")
        lobby = other.create_text_channel("lobby")
        guest = other.create_role("guest")
        there = other.add_member(town.ann.user, roles=[guest])
        await town.env.settle()
        assert not (await there.slash(lobby, "room list")).ephemeral
        known = await town.app.store.read(lambda tx: tx.chats.account("discord", str(town.ann.id)).marks)
        assert known == {str(item.id) for item in (town.ops, town.guild, guest, other)}
        assert await role_of(town, town.ann.id) == Role.OPERATOR


async def test_whoever_was_put_out_of_the_server_has_nothing_left_in_a_direct_message(tmp_path):
    async with with_ann(tmp_path) as town:
        town.guild.remove_member(town.ann)
        await town.env.settle()
        refused = await town.ann.user.slash("room list")
        assert "/room list" in words(refused.response)
        assert await role_of(town, town.ann.id) == Role.NOBODY


async def test_whoever_does_nothing_any_more_loses_what_they_had_by_a_role_all_the_same(tmp_path):
    async with with_ann(tmp_path) as town:
        await town.chat.marks.turn()
        assert await role_of(town, town.ann.id) == Role.OPERATOR
        town.guild.remove_member(town.ann)
        await town.env.settle()
        await town.chat.marks.turn()
        assert await role_of(town, town.ann.id) == Role.NOBODY


async def test_while_discord_does_not_say_everybody_stays_what_they_were(tmp_path):
    async with with_ann(tmp_path) as town:
        town.guild.remove_member(town.ann)
        await town.env.settle()
        town.env.inject_error("GET", "/guilds/*/members/*", status=403, code=50001)
        await town.chat.marks.turn()
        assert await role_of(town, town.ann.id) == Role.OPERATOR


async def test_a_role_of_a_server_that_the_bot_has_left_gives_nothing_any_more(tmp_path):
    async with with_ann(tmp_path) as town:
        other = town.env.create_guild("Partner")
        lobby = other.create_text_channel("lobby")
        there = other.add_member(town.ann.user)
        town.env.backend.remove_guild(town.guild.id)
        await town.env.settle()
        assert (await there.slash(lobby, "room list")).ephemeral


async def test_in_direct_messages_discord_is_asked_seldom(tmp_path):
    async with with_ann(tmp_path) as town:
        for _ in range(3):
            assert "/room list" not in words((await town.ann.user.slash("room list")).response)
        assert sum("/members/" in entry.path for entry in town.env.http_requests) == 1


async def test_of_many_some_are_looked_at_in_turn_and_nothing_is_written_for_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(marks, "MOST", 1)
    async with with_ann(tmp_path) as town:
        bob = await town.member("bob", roles=(town.ops,), linked=False)
        await bob.slash(town.team, "room list")
        written = []
        town.app.store.written.append(lambda: written.append(1))
        await town.chat.marks.turn()
        await town.chat.marks.turn()
        assert written == []
        for person in (town.ann, bob):
            town.guild.remove_member(person)
        await town.env.settle()
        for left in (1, 0):
            await town.chat.marks.turn()
            roles = [await role_of(town, person.id) for person in (town.ann, bob)]
            assert roles.count(Role.OPERATOR) == left
