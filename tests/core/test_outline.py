"""A reply in plain text and in Markdown: nothing in the data may mean anything there."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.core.outline import to_markdown, to_text
from bot.core.reply import (
    Actions,
    Button,
    Code,
    Facts,
    Heading,
    Image,
    Item,
    Items,
    Line,
    Note,
    Say,
    Secret,
    Table,
    Text,
    msg,
    reply,
)

GITHUB = MarkdownIt("commonmark").enable("table").enable("strikethrough")
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "[click](https://evil.example)",
    "![x](y)",
    "**bold** _it_ ~~gone~~ `code`",
    "# heading",
    "1. one",
    "12) twelve",
    "- item",
    "+ item",
    "> quote",
    "===",
    "---",
    "    indented",
    "a | b",
    "|\n:-",
    "&lt; &#60;",
    "back\\slash",
    "back\\!bang",
    "\\<b>raw",
    "<https://evil.example>",
    "[ref]: https://evil.example",
    "a  \nb\n\nc",
]


def say(line: Line) -> str:
    return line if isinstance(line, str) else f"<{line.key}>"


def shown(text: str) -> str:
    """What a reader sees: the zero-width breaks taken out, white space as one space."""
    return " ".join(text.replace("\u200b", "").split())


def rendered_words(markdown: str) -> str:
    html = GITHUB.render(markdown)
    words = re.sub(r"<[^>]+>", " ", html)
    return shown(words.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&"))


def test_text_has_every_block_but_no_button() -> None:
    answer = reply(
        Heading(msg("title")),
        Text("two\nlines"),
        Note("small"),
        Code("/show plan"),
        Facts((("Orders", "12"), (msg("gmv"), "US$1"))),
        Items((Item("ready", "done", "by Mia"), Item("lost", "blocked"), Item("open", "open"), Item("plain")), "List"),
        Table(("SKU", "n"), (("A", "1"), ("B", "2"))),
        Say("Hello", "en", msg("tactic"), "你好"),
        Image("chart.png", "viewers"),
        Actions((Button("Press me", "go"),)),
    )

    assert to_text(answer, say) == (
        "<title>\n"
        "two\nlines\n"
        "small\n"
        "/show plan\n"
        "Orders: 12\n"
        "<gmv>: US$1\n"
        "List\n"
        "[x] ready (by Mia)\n"
        "[!] lost\n"
        "[ ] open\n"
        "- plain\n"
        "SKU | n\n"
        "A | 1\n"
        "B | 2\n"
        "<tactic>: Hello\n"
        "(你好)\n"
        "[viewers]"
    )


def test_markdown_of_every_block() -> None:
    answer = reply(
        Heading("Summary"),
        Text("two\nlines\n\nparagraph"),
        Note("small"),
        Code("x = ```"),
        Facts((("Orders", "12"),)),
        Items((Item("ready", "done", "by Mia"), Item("lost", "blocked"), Item("plain")), "List"),
        Table(("SKU", "n"), (("A|1", "1"),)),
        Say("Hello", "en", msg("tactic"), "你好"),
        Image("chart.png", "viewers"),
    )

    assert to_markdown(answer, say) == (
        "### Summary\n\n"
        "two\\\nlines\n\nparagraph\n\n"
        "<sub>small</sub>\n\n"
        "````\nx = ```\n````\n\n"
        "- **Orders**: 12\n\n"
        "**List**\n\n- [x] ready (by Mia)\n- \\[!\\] lost\n- plain\n\n"
        "| SKU | n |\n| --- | --- |\n| A\\|1 | 1 |\n\n"
        "**\\<tactic\\>**\n\n> Hello\n>\n> <sub>你好</sub>\n\n"
        "![viewers](<chart.png>)\n"
    )


def test_empty_and_button_only_replies_are_empty() -> None:
    assert to_markdown(reply(), say) == ""
    assert to_markdown(reply(Actions((Button("Go", "go"),))), say) == ""
    assert to_text(reply(Actions((Button("Go", "go"),))), say) == ""


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_data_shows_as_its_own_characters(text: str) -> None:
    markdown = to_markdown(reply(Text(text)), say)

    assert shown(text) == rendered_words(markdown)
    assert set(re.findall(r"<(\w+)", GITHUB.render(markdown))) <= {"p", "br"}


SPECIAL = st.text(alphabet="\\`*_[]()<>&|~#+-=.!:/@ \n1a", max_size=20)


@given(st.text(alphabet=st.characters(exclude_categories=["C"]), max_size=60) | SPECIAL)
def test_any_text_survives_markdown(text: str) -> None:
    markdown = to_markdown(reply(Text(text), Facts(((text, text),)), Items((Item(text),))), say)

    assert set(re.findall(r"<(\w+)", GITHUB.render(markdown))) <= {"p", "br", "ul", "li", "strong"}
    assert shown(text) in rendered_words(to_markdown(reply(Text(text)), say)) or not text.strip()


@given(st.lists(st.text(alphabet="|\\`a \n", max_size=12), min_size=2, max_size=2))
def test_table_cells_never_break_the_table(cells: list[str]) -> None:
    html = GITHUB.render(to_markdown(reply(Table(("h1", "h2"), ((cells[0], cells[1]),))), say))

    assert (html.count("<th>"), html.count("<td>")) == (2, 2)


@given(st.text(alphabet="`\nab~", max_size=30))
def test_code_cannot_leave_its_fence(code: str) -> None:
    html = GITHUB.render(to_markdown(reply(Code(code), Text("after")), say))

    assert html.count("<pre>") == 1
    assert html.endswith("<p>after</p>\n")


@pytest.mark.parametrize(
    "text",
    ["@everyone", "hi @here and @a", "me@mail.example", "https://evil.example", "HTTP://x.example", "www.evil.example"],
)
def test_mentions_and_addresses_are_broken(text: str) -> None:
    markdown = to_markdown(reply(Text(text), Facts((("seen", text),))), say)

    assert re.search(r"@\w|://|www\.\w", markdown, re.IGNORECASE) is None
    assert text in shown(markdown)


@pytest.mark.parametrize("text", ["mailto:a@b.example", "xmpp:a@b.example", "tel:+4912345"])
def test_address_schemes_are_broken(text: str) -> None:
    assert re.search(r"(mailto|xmpp|tel):\S", to_markdown(reply(Text(text)), say).replace(":\u200b", ": ")) is None


def test_a_secret_is_shown_as_it_is_and_said_to_be_gone_afterwards() -> None:
    assert to_text(reply(Secret("abc")), say) == "abc"
    assert to_markdown(reply(Secret("a*b")), say) == "```\na*b\n```\n"
    assert to_text(reply(Secret("")), say) == "<secret.gone>"
    assert to_markdown(reply(Secret("")), say) == "<sub>\\<secret.gone\\></sub>\n"
