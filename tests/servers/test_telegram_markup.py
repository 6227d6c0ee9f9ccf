"""The test server reads markup as the library writes it: what is escaped comes back as it was, and is never marked."""

from __future__ import annotations

import html
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Chat, Message, MessageEntity
from telegram.helpers import escape_markdown

from tests.servers.telegram_markup import BrokenMarkupError, covered, found_in, parse

PLAIN = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n"), max_size=60)
MARKED = st.lists(
    st.tuples(st.sampled_from(["bold", "italic", "underline", "strikethrough", "spoiler", "code", "pre"]), PLAIN),
    max_size=6,
)


def built(pieces):
    """A message of pieces, each marked as its own, with plain ones between."""
    text, entities = "", []
    for at, (kind, raw) in enumerate(pieces):
        piece = " ".join(raw.split()).strip("\u200b") or "x"
        start = len(text.encode("utf-16-le")) // 2
        entities.append(MessageEntity(kind, start, len(piece.encode("utf-16-le")) // 2))
        text += f"{piece} -{at}- "
    return Message(1, None, Chat(1, "private"), text=text.rstrip(), entities=entities)


@given(PLAIN)
def test_escaped_text_comes_back_and_is_never_marked(text):
    assert parse(html.escape(text), "HTML") == (text.strip(), [])
    assert parse(escape_markdown(text, version=2), "MarkdownV2") == (text.strip(), [])


@given(PLAIN)
def test_text_that_was_not_escaped_is_read_or_refused_and_nothing_else(text):
    for mode in ("HTML", "MarkdownV2"):
        with suppress(BrokenMarkupError):
            read, entities = parse(f"a{text}b", mode)
            assert all(covered(read, one) for one in entities)


@given(MARKED)
def test_what_the_library_makes_of_entities_is_read_back_as_these_entities(pieces):
    message = built(pieces)
    wanted = [{"type": one.type, "offset": one.offset, "length": one.length} for one in message.entities]
    assert parse(message.text_html or "", "HTML") == (message.text, wanted)
    assert parse(message.text_markdown_v2 or "", "MarkdownV2") == (message.text, wanted)


@pytest.mark.parametrize(
    ("mode", "source", "text", "entities"),
    [
        ("HTML", "<b>a<i>b</i></b>", "ab", [("bold", "ab"), ("italic", "b")]),
        ("MarkdownV2", "*a_b_*", "ab", [("bold", "ab"), ("italic", "b")]),
        ("HTML", "  <u> 😀 </u>\n", "😀", [("underline", "😀")]),
        ("HTML", '<a href="https://a.example/?b=1&amp;c=2">x</a>', "x", [("text_link", "x")]),
        ("MarkdownV2", r"[x](https://a.example/\(1\))", "x", [("text_link", "x")]),
        ("HTML", '<a href="tg://user?id=7">Mei</a>', "Mei", [("text_mention", "Mei")]),
        ("HTML", '<a href="java script">x</a>', "x", []),
        ("HTML", "<blockquote expandable>x</blockquote>", "x", [("expandable_blockquote", "x")]),
        ("HTML", '<pre><code class="language-py">x</code></pre>', "x", [("pre", "x")]),
        ("HTML", '<tg-time unix="1780000000" format="t">x</tg-time>', "x", [("date_time", "x")]),
        ("MarkdownV2", "![x](tg://time?unix=1780000000&format=t)", "x", [("date_time", "x")]),
        ("MarkdownV2", ">a\n>b\nc", "a\nb\nc", [("blockquote", "a\nb")]),
        ("MarkdownV2", "```py\nx```", "x", [("pre", "x")]),
        ("HTML", "a > b & c &copy; &#x41; &#66;", "a > b & c &copy; A B", []),
    ],
)
def test_markup_means(mode, source, text, entities):
    read, found = parse(source, mode)
    assert (read, [(one["type"], covered(read, one)) for one in found]) == (text, entities)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("write to @mei_host, not a@b or @x", [("mention", "@mei_host")]),
        (
            "see https://a.example/x?y=1. Then a.com/b, file.py and 1.5",
            [
                *(("url", "https://a.example/x?y=1"), ("url", "a.com/b"), ("url", "file.py")),
            ],
        ),
        ("mail anan@team.example now", [("email", "anan@team.example")]),
        ("/go@ShowcallerBot and /go not a/go", [("bot_command", "/go@ShowcallerBot"), ("bot_command", "/go")]),
        (
            "#sale #1 $USD +81 90 1234 5678",
            [
                *(("hashtag", "#sale"), ("cashtag", "$USD"), ("phone_number", "+81 90 1234 5678")),
            ],
        ),
        ("今天@mei_host", []),
        ("12:30 - 13:00, 3/4, 50%", []),
    ],
)
def test_plain_text_is_found_to_hold(text, found):
    assert [(one["type"], covered(text, one)) for one in found_in(text, [])] == found
