"""What the bot may do on a Discord server: the exact invitation, what is missing by name, and what /setup is told."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qs, urlsplit

import discord
from simcord.backend.models.channel import Overwrite
from simcord.enums import OverwriteType

from bot.chat.discord.permissions import NEEDED, invitation, needed
from bot.core.places_port import CLOSING, LACKING
from prompts.catalogue import Catalogues
from tests.chat.discord_app import on_discord, words


def test_the_invitation_asks_for_exactly_what_is_needed():
    link = urlsplit(invitation(1234))
    asked = parse_qs(link.query)
    assert (link.hostname, asked["client_id"]) == ("discord.com", ["1234"])
    assert set(asked["scope"][0].split()) == {"bot", "applications.commands"}
    assert asked["permissions"] == ["17910013742080"]
    given = discord.Permissions(int(asked["permissions"][0]))
    assert given == needed()
    assert given.value.bit_count() == len(NEEDED)
    assert [name for name in NEEDED if not getattr(given, name)] == []


def test_every_permission_has_words_for_what_breaks_without_it():
    assert set(NEEDED) <= set(LACKING)
    for language in ("en", "zh-CN"):
        known = Catalogues.load().words[language]
        assert [name for name in NEEDED if f"permission.{name}" not in known or f"lack.{name}" not in known] == []


async def test_with_everything_allowed_there_is_nothing_to_say(tmp_path):
    async with on_discord(tmp_path) as town:
        assert town.chat.standing().notes == ()
        (group,) = await town.chat.places.look()
        assert (group.name, group.missing) == ("Dewlight HQ", ())
        (place,) = group.places
        assert (place.address, place.name, place.missing) == (str(town.team.id), "#team", ())
        assert place.kinds == ("threads", "events")


async def test_on_no_server_at_all_the_invitation_is_given(tmp_path):
    async with on_discord(tmp_path) as town:
        await town.client.get_guild(town.guild.id).leave()
        await town.env.settle()
        assert await town.chat.places.look() == ()
        (note,) = town.chat.standing().notes
        assert invitation(town.client.application_id) in note


async def test_roles_are_marks_and_everyone_is_everybody(tmp_path):
    async with on_discord(tmp_path) as town:
        ops = town.guild.create_role("ops")
        await town.env.settle()
        (group,) = await town.chat.places.look()
        found = {mark.name: (mark.mark, mark.is_everybody) for mark in group.marks}
        assert found["@ops"] == (str(ops.id), False)
        assert found["@everyone"] == (str(town.guild.id), True)


async def test_what_is_missing_in_one_channel_is_told_of_that_channel(tmp_path):
    async with on_discord(tmp_path) as town:
        await closed(town, town.guild.create_text_channel("quiet"), embed_links=False)
        (group,) = await town.chat.places.look()
        missing = {place.name: place.missing for place in group.places}
        assert missing == {"#team": (), "#quiet": ("embed_links",)}
        assert group.missing == ()
        assert town.chat.standing().notes == ()


async def test_what_is_missing_everywhere_is_said_on_status_by_name(tmp_path):
    async with on_discord(tmp_path) as town:
        await closed(town, town.team, attach_files=False, create_public_threads=False)
        (note,) = town.chat.standing().notes
        assert "Dewlight HQ" in note
        assert "Attach Files and Create Public Threads" in note
        boss = await town.member("boss")
        shown = await boss.slash(town.team, "status")
        assert "Attach Files" in words(shown.response)
        (group,) = await town.chat.places.look()
        assert group.places[0].kinds == ("events",)


async def test_a_channel_in_which_nothing_can_be_posted_is_closed(tmp_path):
    async with on_discord(tmp_path) as town:
        await closed(town, town.team, send_messages=False)
        (group,) = await town.chat.places.look()
        assert group.places[0].is_closed
        assert "send_messages" in CLOSING


async def test_while_discord_is_away_the_servers_are_as_they_were(tmp_path):
    async with on_discord(tmp_path) as town:
        (group,) = await town.chat.places.look()
        town.client.dispatch("disconnect")
        await town.env.settle()
        assert await town.chat.places.look() is None
        assert town.chat.places.seen() == (group,)


async def test_from_other_threads_the_library_is_left_alone(tmp_path):
    async with on_discord(tmp_path) as town:
        (group,) = await town.chat.places.look()
        town.guild.create_text_channel("later")
        await town.env.settle()
        assert await asyncio.to_thread(town.chat.places.seen) == (group,)
        assert len(town.chat.places.seen()[0].places) == 2
        assert len((await asyncio.to_thread(town.chat.places.seen))[0].places) == 2


async def test_a_new_channel_is_offered_while_somebody_types(tmp_path):
    async with on_discord(tmp_path) as town:
        boss = await town.member("boss")
        town.guild.create_text_channel("later")
        await town.env.settle()
        offered = await boss.autocomplete(town.team, "setup bind", "place", "later")
        assert [choice["name"].split(" ")[0] for choice in offered] == ["#later"]


async def test_what_a_strange_server_lacks_is_nobodys_trouble(tmp_path):
    async with on_discord(tmp_path) as town:
        strange = town.env.create_guild("Strangers")
        await closed_on(town, strange, strange.create_text_channel("lobby"), attach_files=False)
        assert "Strangers" in town.chat.standing().notes[0]
        await town.bind("team", town.team)
        await town.chat.mirroring.turn()
        assert town.chat.standing().notes == ()


async def test_a_server_that_is_down_lacks_nothing(tmp_path, capsys):
    async with on_discord(tmp_path) as town:
        capsys.readouterr()
        (server,) = town.client.guilds
        server.unavailable = True
        server._members.clear()
        await town.chat._up()
        assert "discord_permissions_missing" not in capsys.readouterr().out


async def closed(town, channel, **denied):
    """Takes permissions away from everybody in a channel, the bot as well."""
    await closed_on(town, town.guild, channel, **denied)


async def closed_on(town, guild, channel, **denied):
    _, deny = discord.PermissionOverwrite(**denied).pair()
    overwrite = Overwrite(target_id=guild.id, type=OverwriteType.ROLE, allow=0, deny=deny.value)
    town.env.backend.set_overwrite(channel.id, overwrite)
    await town.env.settle()
