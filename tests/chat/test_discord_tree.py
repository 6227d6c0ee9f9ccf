"""The slash commands as Discord is told them: within its rules, in both languages, and told only when they changed."""

from __future__ import annotations

import re
import unicodedata

import discord
from discord import app_commands

from bot.chat.discord import tree as discord_tree
from bot.chat.discord.tree import Names, Slashes, payload_of, slash_commands
from handlers import COMMANDS
from prompts.catalogue import Catalogues
from tests.chat.discord_app import on_discord

WORDS = Catalogues.load()
_KINDS = re.compile("[LN]")


async def nobody(*_args):
    raise AssertionError


async def told():
    client = discord.Client(intents=discord.Intents.none())
    tree = app_commands.CommandTree(client)
    for command in slash_commands(COMMANDS, WORDS, nobody, nobody):
        tree.add_command(command)
    await tree.set_translator(Names(WORDS))
    return await payload_of(tree)


def everything(nodes, path=""):
    """Every command, group and option with the place it has; choices come with their option."""
    for node in nodes:
        where = f"{path}/{node['name']}"
        yield where, node
        yield from everything(node.get("options", ()), where)


def is_name(text):
    """Discord's ^[-_'\\p{L}\\p{N}\\p{sc=Deva}\\p{sc=Thai}]{1,32}$, and lower case where there is one."""
    return 1 <= len(text) <= 32 and text == text.lower() and all(
        sign in "-_'" or _KINDS.match(unicodedata.category(sign)) for sign in text
    )  # fmt: skip


async def test_names_and_descriptions_obey_discord_in_every_language():
    payload, _ = await told()
    for where, node in everything(payload):
        names = [node["name"], *node.get("name_localizations", {}).values()]
        abouts = [node["description"], *node.get("description_localizations", {}).values()]
        assert [name for name in names if not is_name(name)] == [], where
        assert [about for about in abouts if not 1 <= len(about) <= 100] == [], where
        for choice in node.get("choices", ()):
            shown = [choice["name"], *choice.get("name_localizations", {}).values()]
            assert all(1 <= len(name) <= 100 for name in shown), where


async def test_everything_has_a_chinese_name_and_description():
    payload, _ = await told()
    for where, node in everything(payload):
        assert node["name_localizations"].keys() == {"zh-CN"}, where
        assert node["description_localizations"].keys() == {"zh-CN"}, where
    show = next(node for node in payload if node["name"] == "show")
    assert show["name_localizations"]["zh-CN"] != "show"


async def test_the_payload_is_within_discords_limits():
    payload, _ = await told()
    assert len(payload) <= 100
    for where, node in everything(payload):
        options = node.get("options", [])
        assert len(options) <= 25, where
        needed = [option.get("required", False) for option in options]
        assert needed == sorted(needed, reverse=True), f"{where}: required options come first"
        assert len(node.get("choices", ())) <= 25, where
        assert not (node.get("choices") and node.get("autocomplete")), where
        for language in ("name", "name_localizations"):
            called = [_called(option, language) for option in options]
            assert len(set(called)) == len(called), where


def _called(option, language):
    return option["name"] if language == "name" else option["name_localizations"]["zh-CN"]


async def test_nothing_is_kept_from_anybody_by_discord():
    payload, _ = await told()
    assert {node["default_member_permissions"] for node in payload} == {None}


async def test_a_reason_need_not_be_given_with_the_command():
    payload, _ = await told()
    block = dict(everything(payload))["/checklist/block"]
    assert [(option["name"], option["required"]) for option in block["options"]] == [
        ("show", True), ("item", True), ("reason", False),
    ]  # fmt: skip


async def test_the_same_table_has_the_same_digest():
    assert (await told())[1] == (await told())[1]


def test_a_line_is_written_as_discord_fills_it_in():
    slashes = Slashes(COMMANDS)
    assert (
        slashes.as_slash("/show plan us_main fri 20:00 host=mia") == "/show plan room:us_main when:fri 20:00 host:mia"
    )
    assert slashes.as_slash("/prompt us_main") == "/prompt ask room:us_main"
    assert slashes.as_slash("/nothing of ours") == "/nothing of ours"
    assert slashes.as_slash("fri 20:00") == "fri 20:00"


def puts(town):
    return [entry for entry in town.env.http_requests if entry.method == "PUT" and entry.path.endswith("/commands")]


async def test_discord_is_told_once_and_again_only_when_something_changed(tmp_path, monkeypatch):
    async with on_discord(tmp_path) as town:
        assert len(puts(town)) == 1
        assert "show plan" in (await town.member("boss")).available_commands(town.team)
        await town.restart()
        assert len(puts(town)) == 1
        monkeypatch.setattr(discord_tree, "_LOCALES", {})
        await town.restart()
        assert len(puts(town)) == 2


async def test_a_sync_that_fails_is_said_and_tried_again(tmp_path):
    async with on_discord(tmp_path) as town:
        await town.app.store.write(lambda tx: tx.remember("discord.commands", "others"))
        town.env.inject_error("PUT", "/applications/*/commands", status=403, code=50001)
        await town.restart()
        (note,) = town.chat.standing().notes
        assert "50001" in note
        assert town.chat.standing().why is None
        await town.env.advance_time(601)
        assert town.chat.standing().notes == ()
