"""Presses and windows on Discord: buttons, lists to pick from, forms, further pages, also of an earlier process."""

from __future__ import annotations

from bot.core.records import Post
from bot.core.reply import Actions, Button, Heading, reply
from handlers import COMMANDS
from tests.chat.discord_app import on_discord, words


async def show_day(town):
    """A show whose checklist stands in #team; its message at Discord, and our id of it."""
    await town.bind("team", town.team)
    await town.bot.room()
    await town.bot.plan()
    await town.bot.advance(hours=1)
    return await newest(town)


async def newest(town):
    found = town.team.last_message()
    return found, found.embeds[-1].footer.text


def parts(message, kind):
    return [part for row in message.components for part in row.children if part.type.value == kind]


async def items(town):
    (show,) = await town.app.store.read(lambda tx: tx.shows.planned())
    return show.id, await town.app.store.read(
        lambda tx: {item.key: item.state for item in tx.checklists.items(show.id)}
    )


async def test_picking_an_item_ticks_it_and_the_card_follows(tmp_path):
    async with on_discord(tmp_path) as town:
        olga = await town.member("olga")
        card, message = await show_day(town)
        print(words(card), card.components, message)
        ticks = parts(card, 3)[0]
        shown = await olga.select(card, [ticks.options[0].value], custom_id=ticks.custom_id)
        print(shown, shown.response and words(shown.response), shown.followups)
        print(await items(town))
        await town.bot.advance(town.bot.now)
        card, _ = await newest(town)
        print(words(card))
        assert 0
