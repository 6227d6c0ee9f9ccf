"""What a locked phone shows of a message on Discord, and whom it calls."""

from __future__ import annotations

from typing import Any

import pytest

from bot.chat.discord.markdown import voice
from bot.chat.discord.render import Drawn, render
from bot.core.reply import Heading, Item, Items, Note, Say, Text, reply
from prompts.catalogue import Catalogues

EN = voice(Catalogues.load(), "en", "Asia/Shanghai")


def draw(*blocks: Any, **options: Any) -> Drawn:
    return render(reply(*blocks), EN, "m12", **options)


def test_the_headline_says_on_a_locked_phone_what_it_is_about() -> None:
    drawn = draw(Note("again"), Heading("Cold room"), Text("No *orders*"), Say("Hi", "en"), headline=True)
    assert drawn.content == r"Cold room — No \*orders\*"


def test_only_the_pinged_are_mentioned_and_each_once() -> None:
    drawn = draw(Heading("<@7> @everyone"), pings=[5, 6, 5])
    assert drawn.content == "<@5> <@6>"
    assert drawn.pings == (5, 6)


@pytest.mark.parametrize(
    ("blocks", "says"),
    [
        ((Items((Item("Key light"),), title="Still open"),), "Still open — Key light"),
        ((Items((Item("Key *light*"), Item("Sound"))),), "Key \\*light\\*"),
        ((Note("by Olga"), Items((Item("Key light"),), title="Still open")), "Still open — Key light"),
        ((Heading("Checklist"), Items((Item("Key light"),))), "Checklist"),
    ],
)
def test_a_list_alone_tells_a_locked_phone_what_it_is_about(blocks: Any, says: str) -> None:
    assert draw(*blocks, headline=True).content == says
