"""/setup as it is done on Discord: a channel by a button, a role from a menu, and what that role then gives."""

from __future__ import annotations

import discord
from simcord.backend.models.channel import Overwrite
from simcord.enums import OverwriteType

from tests.chat.discord_app import on_discord, words


def parts(shown):
    return [part for row in shown.components for part in row["components"]]


def menu_called(shown, name):
    return next(part for part in parts(shown) if part.get("placeholder") == name)


def button_called(shown, label):
    return next(part["custom_id"] for part in parts(shown) if part.get("label") == label)


async def test_a_channel_and_a_role_are_set_up_with_a_button_and_menus(tmp_path):
    async with on_discord(tmp_path) as town:
        ops = town.guild.create_role("ops")
        boss, ann = await town.member("boss"), await town.member("ann", roles=(ops,), linked=False)
        assert (await ann.slash(town.team, "room list")).ephemeral
        asked = await boss.slash(town.team, "setup show")
        assert asked.ephemeral
        bound = await boss.click(asked.response, custom_id=button_called(asked.response, "Use #team: Team"))
        assert "#team (Dewlight HQ) now gets messages for the team (all rooms)." in words(bound.response)
        await town.bot.advance(town.bot.now)
        assert "This place now gets messages for the team" in words(town.team.history()[-1])
        roles = menu_called(asked.response, "Give a role here ...")
        value = next(option["value"] for option in roles["options"] if option["label"].startswith("@ops"))
        which = await boss.select(asked.response, [value], custom_id=roles["custom_id"])
        given = await boss.click(which.response, custom_id=button_called(which.response, "Operator: runs shows too"))
        assert "Whoever has @ops (Dewlight HQ) is operator here (everywhere) from now on." in words(given.response)
        await ann.slash(town.team, "host add", slug="mia")
        assert "operator (everywhere), by @ops (Dewlight HQ) in Discord" in words(
            (await ann.slash(town.team, "me")).response
        )


async def test_a_channel_the_bot_may_not_write_in_is_refused_by_what_it_lacks(tmp_path):
    async with on_discord(tmp_path) as town:
        boss = await town.member("boss")
        quiet = town.guild.create_text_channel("quiet")
        deny = discord.Permissions(send_messages=True).value
        overwrite = Overwrite(target_id=town.guild.id, type=OverwriteType.ROLE, allow=0, deny=deny)
        town.env.backend.set_overwrite(quiet.id, overwrite)
        await town.env.settle()
        shown = await boss.slash(town.team, "setup bind", purpose="team", place=f"discord:{quiet.id}")
        assert "cannot post in #quiet (Dewlight HQ): it lacks Send Messages, Embed Links and Attach Files." in words(
            shown.response
        )
