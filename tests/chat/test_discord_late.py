"""Answers that were kept and not shown, as the process was killed between the two: said once more, and only once."""

from __future__ import annotations

from unittest.mock import patch

from bot.chat.desk import Desk
from bot.chat.discord.answering import Answering
from tests.chat.discord_app import on_discord, words

LATE = "This answer is late"


async def killed(*_):
    """In the place of what the process did not live to do."""


async def killed_before_showing(town, person, *command, **options):
    """The bot is killed when everything is kept and nothing is shown, and started again."""
    with patch.object(Answering, "_show", killed):
        await person.slash(town.team, *command, **options)
    await town.restart()
    await town.bot.advance(town.bot.now)


async def test_an_answer_for_all_that_was_not_shown_is_posted_once(tmp_path):
    async with on_discord(tmp_path) as town:
        boss = await town.member("boss")
        await killed_before_showing(town, boss, "room add", slug="us_main", market="us")
        (shown,) = town.team.history()
        assert "Room us_main is here." in words(shown)
        assert LATE in words(shown)
        await town.restart()
        await town.bot.advance(town.bot.now)
        assert len(town.team.history()) == 1


async def test_one_for_whoever_asked_alone_comes_by_direct_message(tmp_path):
    async with on_discord(tmp_path) as town:
        olga = await town.member("olga")
        await killed_before_showing(town, olga, "me")
        assert town.team.history() == []
        (shown,) = olga.user.dm_channel.history()
        assert "operator" in words(shown)


async def test_a_secret_is_not_said_late_but_that_it_is_gone_is(tmp_path):
    async with on_discord(tmp_path) as town:
        boss = await town.member("boss")
        await killed_before_showing(town, boss, "link")
        (shown,) = boss.user.dm_channel.history()
        assert "code=" not in words(shown)


async def test_what_was_shown_though_nobody_wrote_that_down_is_found_and_not_said_again(tmp_path):
    async with on_discord(tmp_path) as town:
        boss = await town.member("boss")
        with patch.object(Desk, "stood", killed):
            shown = await boss.slash(town.team, "room add", slug="us_main", market="us")
        await town.restart()
        await town.bot.advance(town.bot.now)
        assert [message.id for message in town.team.history()] == [shown.response.id]
        kept = await town.app.store.read(lambda tx: tx.chats.answer("m1"))
        assert kept.ref == f"{town.team.id}:{shown.response.id}"


async def test_what_is_old_is_not_said_any_more(tmp_path):
    async with on_discord(tmp_path) as town:
        boss = await town.member("boss")
        with patch.object(Answering, "_show", killed):
            await boss.slash(town.team, "room list")
        await town.bot.advance(minutes=6)
        await town.restart()
        await town.bot.advance(town.bot.now)
        assert town.team.history() == []
