"""Odd texts and odd replies for fuzzing any chat's renderer: hypothesis strategies, of no platform.

`texts()` are names and sentences as people type them at their worst; `replies()` use every kind of block. Nothing here
knows what a renderer does: a test draws a reply and judges the payload as the platform would.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from bot.core.reply import (
    Actions,
    Button,
    Code,
    Facts,
    Field,
    Heading,
    Image,
    Item,
    Items,
    Line,
    Listing,
    Msg,
    Note,
    Reply,
    Say,
    Secret,
    Share,
    Table,
    Text,
    When,
)

SCRIPTS = {
    "latin": "abc XYZ éñø ßœ",
    "cyrillic": "Привет мир Ёж",
    "greek": "Καλημέρα ώρα",
    "arabic": "مرحبا بالعالم ١٢٣",
    "hebrew": "שלום עולם",
    "devanagari": "नमस्ते दुनिया",
    "bengali": "হ্যালো বিশ্ব",
    "thai": "สวัสดีชาวโลก",
    "hangul": "안녕하세요 세계",
    "kana": "こんにちはカタカナ",
    "han": "你好世界直播间",
    "tamil": "வணக்கம் உலகம்",
}
"""Twelve scripts, some of whose letters are several code points."""

DISCORD = (
    "@everyone",
    "@here",
    "<@1234567890123456789>",
    "<@!1234567890123456789>",
    "<@&1234567890123456789>",
    "<#1234567890123456789>",
    "</now:1234567890123456789>",
    "<id:guide>",
    "<t:1700000000:R>",
    "<:party:1234567890123456789>",
    "<a:party:1234567890123456789>",
    ":smile:",
    "||spoiler||",
    "-# small",
    "# big",
    "> quote",
    ">>> all of it",
    "discord.gg/abcdef",
    "https://discord.com/invite/abcdef",
)
TELEGRAM = (
    "@username",
    "/start@some_bot",
    "#hashtag",
    "$USD",
    "t.me/joinchat/abc",
    "tg://user?id=123456789",
    '<a href="tg://user?id=123456789">name</a>',
    "[name](tg://user?id=123456789)",
    '<tg-emoji emoji-id="5368324170671202286">x</tg-emoji>',
    "<tg-spoiler>spoiler</tg-spoiler>",
    "<blockquote expandable>q</blockquote>",
    "&amp; &lt;b&gt; &#60;i&#62; &nbsp;",
    "+1 202 555 0123",
    "name@example.com",
)
MARKUP = (
    "**bold**",
    "__under__",
    "*it* _it_",
    "~~gone~~",
    "`code`",
    "``two``",
    "```py\ncode\n```",
    "```",
    "[click](https://evil.example)",
    "[x](<https://evil.example>)",
    "https://evil.example/a_b_c?d=*e*",
    "<https://evil.example>",
    "www.evil.example",
    "mailto:x@evil.example",
    "<b>bold</b>",
    "<script>alert(1)</script>",
    "- item",
    "* item",
    "1. one",
    "| a | b |",
    "---",
    "\\",
    "\\\\*",
    "{name} {0} %s $x",
)
ODD = (
    "\u202eesrever",
    "\u2066isolated",
    "\u200f\u200e",
    "\u200b",
    "\u2060\ufeff",
    "Z\u0351\u036b\u0343a\u0323\u0330l\u0310\u0329g\u033f\u0359o\u0302\u0324" * 3,
    "\u0301",
    "\u20dd",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
    "\U0001f3f3\ufe0f\u200d\U0001f308",
    "\U0001f1e8\U0001f1f3",
    "\U0001f44d\U0001f3fd",
    "\u200d",
    "\ufe0f",
    "\ue000\ue001\uf8ff",
    "\U000f0000\U0010fffd",
    "\x00\x07\x1b[31m",
    "\ud83d",
    "\udc00",
    "\u2028\u2029\x85",
    "\t",
    "\r\n\r",
    "\n\n\n",
    "   ",
    "\u3000\u00a0",
    "\ufdfd",
    "¯\\_(ツ)_/¯",
)

AT = datetime(2026, 3, 8, 9, 30, tzinfo=UTC)
COMMANDS = ("checklist tick", "checklist block", "alert ack", "show go", "prompt used")
STATES = ("none", "open", "done", "blocked", "waived")


def texts(*, longest: int = 300) -> st.SearchStrategy[str]:
    """Pieces of scripts, markup and oddities run together; now and then one of `longest` characters."""
    letters = st.sampled_from(sorted(SCRIPTS.values())).flatmap(lambda script: st.text(script, min_size=1, max_size=12))
    piece = st.one_of(letters, st.sampled_from(DISCORD + TELEGRAM + MARKUP + ODD), st.characters())
    short = st.lists(piece, max_size=8).flatmap(
        lambda pieces: st.sampled_from(("", " ", "\n")).map(lambda joint: joint.join(pieces))
    )
    long = st.tuples(piece, st.integers(1, longest)).map(lambda drawn: _repeated(drawn[0], drawn[1]))
    return st.one_of(short, short, short, long)


def _repeated(piece: str, length: int) -> str:
    return (piece * (length // max(1, len(piece)) + 1))[:length]


def lines(text: st.SearchStrategy[str]) -> st.SearchStrategy[Line]:
    """Data as it is, or a message with data, numbers and times in it."""
    value = st.one_of(
        text,
        st.integers(0, 10**6),
        st.none(),
        st.just(When(AT)),
        st.sampled_from(("full", "date", "time", "exact")).map(lambda style: When(AT, "Asia/Shanghai", style)),
        st.just(Share(0.25)),
        st.lists(text, max_size=3).map(lambda items: Listing(tuple(items))),
    )
    return st.one_of(text, value.map(lambda shown: Msg("value", {"value": shown})))


def buttons(line: st.SearchStrategy[Line], most: int) -> st.SearchStrategy[tuple[Button, ...]]:
    one = st.builds(
        Button,
        label=line,
        command=st.sampled_from(COMMANDS),
        args=st.dictionaries(st.sampled_from(("show", "item", "alert")), st.text("abc123", max_size=4), max_size=2),
        style=st.sampled_from(("plain", "primary", "danger")),
        form=st.sampled_from(((), (Field("reason", Msg("value", {"value": "why"})),))),
    )
    return st.lists(one, max_size=most).map(tuple)


def blocks(text: st.SearchStrategy[str], *, most: int = 6) -> st.SearchStrategy[Any]:
    """Any block; lists, tables and rows of buttons have up to `most` members."""
    line = lines(text)
    item = st.builds(
        Item, text=line, state=st.sampled_from(STATES), note=st.none() | line, buttons=buttons(line, min(3, most))
    )
    table = st.integers(1, 4).flatmap(
        lambda width: st.builds(
            Table,
            columns=st.tuples(*[line] * width),
            rows=st.lists(st.tuples(*[line] * width), max_size=most).map(tuple),
        )
    )
    spoken = st.builds(
        Say,
        text=text,
        language=st.sampled_from(("en-US", "zh-CN", "ar", "th")),
        tactic=st.none() | text.map(lambda shown: Msg("value", {"value": shown})),
        gloss=st.none() | text,
        buttons=buttons(line, 2),
    )
    return st.one_of(
        line.map(Heading),
        line.map(Text),
        line.map(Note),
        text.map(Code),
        text.map(Secret),
        st.lists(st.tuples(line, line), max_size=most).map(lambda rows: Facts(tuple(rows))),
        st.builds(Items, items=st.lists(item, max_size=most).map(tuple), title=st.none() | line),
        table,
        spoken,
        st.builds(Image, name=st.sampled_from(("chart-1.png", "r1 s2.png", "图.png")), alt=line),
        buttons(line, most).map(Actions),
    )


def replies(*, longest: int = 300, most: int = 6, deepest: int = 8) -> st.SearchStrategy[Reply]:
    """Replies of up to `deepest` blocks with texts of up to `longest` characters."""
    return st.builds(
        Reply,
        blocks=st.lists(blocks(texts(longest=longest), most=most), max_size=deepest).map(tuple),
        tone=st.sampled_from(("normal", "alert", "good", "warning", "error")),
        private=st.booleans(),
    )
