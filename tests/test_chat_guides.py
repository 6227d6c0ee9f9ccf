"""docs/discord.md and docs/telegram.md, lived through: their lines are typed, and the answers compared."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bot import checkup
from bot.app import FIRST_PEOPLE
from bot.cli import claim_line
from bot.config import load
from docs import guide_parts
from storage.database import SqliteStore
from tests import guides
from tests.chat.discord_app import on_discord, words
from tests.chat.telegram_app import telegram_running
from tests.servers.telegram_server import TelegramServer

LANGUAGES = ("en", "zh-CN")
"""The answers are compared with the pages' in English; in Chinese it is the outcome that counts."""
HELLO = tuple(re.findall(r"^> (.+)$", guides.page("telegram.md").partition("It says hello:")[2], re.MULTILINE)[:2])
GROUP = -1001
LIN, MIA = 11, 12
CODE = re.compile(r"code[:=]([2-9A-Z]{5}-[2-9A-Z]{5})")
BOTH = "MTIzNDU2Nzg5.made.up-for-the-tests", "123456:made-up-for-tests-only-and-long"


def plain(text: str) -> str:
    """As it is read: without what keeps words from being markup or links, and without the markup itself."""
    text = re.sub(r"\\(?=\W|_)", "", text).replace("\u2060", "")
    return re.sub(r"\*\*|^(?:-#|#+|[-▫️]+) ", "", text, flags=re.MULTILINE)


def filled(line: str, known: dict[str, str]) -> str:
    return re.sub("|".join(known), lambda found: known[found[0]], line) if known else line


def options_of(line: str) -> tuple[str, dict[str, str | int]]:
    """A slash command as Discord takes it when it is pasted: the path, then name:value, values with blanks in them."""
    path, *rest = re.split(r" ([a-z]+):", line.removeprefix("/"))
    given = [int(value) if value.isdecimal() else value for value in rest[1::2]]
    return path, dict(zip(rest[::2], given, strict=True))


# -- Discord ------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
async def test_who_follows_the_guide_for_discord_has_a_working_bot(tmp_path, language):
    async with on_discord(tmp_path, language=language, people=FIRST_PEOPLE) as town:
        town.team = town.guild.create_text_channel("us-team")
        places = {"#us-team": town.team} | {
            f"#{name}": town.guild.create_text_channel(name) for name in ("hosts", "managers")
        }
        town.guild.create_role("ops")
        await town.env.settle()
        known = {"CODE": town.app.first_admin_code or ""}
        for step in guides.steps("discord.md"):
            somebody = await town.member(step.who.title(), linked=False)
            said = ""
            for line in step.lines:
                path, options = options_of(filled(line, known))
                shown = await somebody.slash(places[step.where], path, **options)
                said = plain(words(shown.response))
                known |= {"LINK": found[1]} if (found := CODE.search(said)) else {}
            assert language != "en" or [] == [text for text in step.says if text not in said], said
        shows = await town.app.store.read(lambda tx: tx.shows.planned())
        assert [(show.room, show.host) for show in shows] == [("us_main", "mia")]
        assert await purposes(town.app, "discord") == ["host", "managers", "team"]


async def purposes(app: Any, chat: str) -> list[str]:
    return await app.store.read(lambda tx: sorted(row.purpose for row in tx.outbox.bindings(chat)))


# -- Telegram -----------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
async def test_who_follows_the_guide_for_telegram_has_a_working_bot(tmp_path, language):
    async with TelegramServer() as server:
        for account, name in ((LIN, "Lin"), (MIA, "Mia")):
            server.user(account, name, language_code=language)
        server.group(GROUP, "US team", [LIN, MIA], bot="left")
        running = telegram_running(tmp_path, server=server, language=language, people=FIRST_PEOPLE, is_bound=False)
        async with running as bot:
            [hello] = await bot.starts(LIN)
            assert "/claim ..." in plain(hello.text), "whoever has just installed it is told where the code is"
            server.bot_is(GROUP, "member", by=LIN)
            await bot.settle()
            [hello] = server.said(GROUP)
            assert "/setup@ShowcallerBot" in plain(hello.text)
            if language == "en":
                assert [] == [line for line in HELLO if line not in plain(hello.text)]
            await follow(bot, {"CODE": bot.app.first_admin_code or ""}, compares=language == "en")
            assert "/claim" not in plain((await bot.starts(MIA))[-1].text)
            shows = await bot.app.store.read(lambda tx: tx.shows.planned())
            assert [(show.room, show.host) for show in shows] == [("us_main", "mia")]
            assert await purposes(bot.app, "telegram") == ["host", "managers", "team"]
        assert server.violations() == []


async def follow(bot: Any, known: dict[str, str], *, compares: bool) -> None:
    accounts = {"lin": LIN, "mia": MIA}
    for step in guides.steps("telegram.md"):
        who, said = accounts[step.who], []
        if step.what == "started":
            said = await bot.starts(who, f"link_{known['LINK']}")
        for line in step.lines:
            said = await bot.types(who, filled(line, known), GROUP if step.where == "group" else None)
        text = plain("\n".join(one.text for one in said))
        known |= {"LINK": found[1]} if (found := CODE.search(text)) else {}
        assert not compares or [] == [line for line in step.says if line not in text], text


# -- what the pages show and say ----------------------------------------------


async def test_check_says_what_the_guides_show(tmp_path, monkeypatch, discord_server):
    discord_server.world.token = BOTH[0]
    guild = await discord_server.control.add_guild("Dewlight HQ")
    channels = [await discord_server.control.add_channel(guild, name) for name in ("us-team", "hosts", "managers")]
    async with TelegramServer(token=BOTH[1]) as server:
        server.group(GROUP, "US team", [])
        monkeypatch.chdir(tmp_path)
        for name, value in {
            "DATABASE": str(tmp_path / "showcaller.db"),
            "DISCORD__TOKEN": discord_server.world.token,
            "DISCORD__API_BASE": f"{discord_server.url}/api/v10",
            "TELEGRAM__TOKEN": server.token,
            "TELEGRAM__BASE_URL": server.base_url,
        }.items():
            monkeypatch.setenv(f"SHOWCALLER_{name}", value)
        store = SqliteStore(load(None).database)
        await store.open()
        bound = (*(f"discord:{channel}" for channel in channels), f"telegram:{GROUP}")
        await store.write(lambda tx: [tx.outbox.bind("team", name) for name in bound])
        await store.close()
        found = [f"{'ok   ' if row.ok and not row.look else 'LOOK '} {row.what}: {row.detail}" for row in
                 await checkup.examine(None)]  # fmt: skip
    both = [line for line in found if line[6:].startswith(("discord", "telegram"))]
    assert guides.shown("discord.md")["check both"] == both
    assert guides.shown("telegram.md")["check both"] == both
    assert guides.shown("discord.md")["check discord"] == [line for line in both if line[6:].startswith("discord")]


@pytest.mark.parametrize("chat", ["discord", "telegram"])
def test_the_start_says_what_the_guides_show(chat):
    assert f"```text\n{claim_line('CODE', [chat])}```" in guides.page(f"{chat}.md")


@pytest.mark.parametrize("name", ["discord.md", "telegram.md"])
def test_whatever_the_table_says_the_bot_says_it_says(name):
    said = guides.everything_said()
    symptoms = guides.symptoms(name)
    assert len(symptoms) >= 15
    assert [] == [text for text in symptoms if text not in said]


@pytest.mark.parametrize("name", ["discord.md", "telegram.md"])
def test_every_part_of_a_guide_that_is_made_is_known_and_in_one_of_them(name):
    assert set(guide_parts.parts_of(guides.page(name))) <= set(guide_parts.PARTS)
    used = [part for page in ("discord.md", "telegram.md") for part in guide_parts.parts_of(guides.page(page))]
    assert sorted(used) == sorted(guide_parts.PARTS)
