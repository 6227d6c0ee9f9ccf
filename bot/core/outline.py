"""A reply in words only: plain text for notifications and logs, Markdown for files.

Buttons are left out: where they can be pressed, the platform's own renderer draws them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import groupby

from bot.core.reply import (
    SECRET_GONE,
    Block,
    Code,
    Facts,
    Heading,
    Image,
    Item,
    Items,
    Line,
    Note,
    Reply,
    Say,
    Secret,
    Table,
    Text,
)

Speak = Callable[[Line], str]
"""Puts a line into the reader's words."""

_MARKS = {"none": "-", "open": "[ ]", "done": "[x]", "blocked": "[!]", "waived": "[-]"}
_SPECIAL = re.compile(r"[\\`*_\[\]<>&|~]")
_LINE_START = re.compile(r"^(?:([#+=:-])|(\d{1,9})([.)]))")
_NO_LINK = "\u200b"
_MENTION = re.compile(r"@(?=\S)")
_SCHEME = re.compile(r"(?<=[A-Za-z]):(?=//|\S+@)|(?<=mailto):|(?<=xmpp):|(?<=tel):", re.IGNORECASE)
_WWW = re.compile(r"(?<=www)\.", re.IGNORECASE)


def to_text(reply: Reply, say: Speak) -> str:
    """The reply as plain text, one line per fact, item or row; data is shown as it is."""
    return "\n".join(line for block in reply.blocks for line in _text_lines(_plain(block), say))


def to_markdown(reply: Reply, say: Speak) -> str:
    """The reply as GitHub Markdown ending in a newline; empty for an empty reply.

    Everything said is escaped: it shows as its own characters. Mentions and addresses are broken by a zero-width
    space, so that no reader's software turns them into pings or links.
    """
    parts = [part for block in reply.blocks if (part := "\n".join(_markdown_lines(_plain(block), say)))]
    return "\n\n".join(parts) + "\n" if parts else ""


def _plain(block: Block) -> Block:
    if isinstance(block, Secret):
        return Code(block.text) if block.text else Note(SECRET_GONE)
    return block


def _text_lines(block: Block, say: Speak) -> Iterable[str]:
    match block:
        case Heading(text) | Text(text) | Note(text):
            yield say(text)
        case Code(code):
            yield code
        case Facts(rows):
            yield from (f"{_flat(say(label))}: {_flat(say(value))}" for label, value in rows)
        case Items(items, title):
            if title is not None:
                yield _flat(say(title))
            yield from (_item_text(item, say) for item in items)
        case Table(columns, rows):
            yield from (" | ".join(_flat(say(cell)) for cell in row) for row in (columns, *rows))
        case Say(text, _, tactic, gloss):
            yield f"{say(tactic)}: {text}" if tactic else text
            if gloss is not None:
                yield f"({gloss})"
        case Image(_, alt):
            yield f"[{_flat(say(alt))}]"


def _item_text(item: Item, say: Speak) -> str:
    note = "" if item.note is None else f" ({_flat(say(item.note))})"
    return f"{_MARKS[item.state]} {_flat(say(item.text))}{note}"


def _markdown_lines(block: Block, say: Speak) -> Iterable[str]:
    match block:
        case Heading(text):
            yield f"### {_inline(say(text))}"
        case Text(text):
            yield _prose(say(text))
        case Note(text):
            yield from _small(say(text))
        case Code(code):
            yield from _fenced(code)
        case Facts(rows):
            yield from (f"- **{_inline(say(label))}**: {_inline(say(value))}" for label, value in rows)
        case Items():
            yield from _item_lines(block, say)
        case Table():
            yield from _table_lines(block, say)
        case Say():
            yield from _say_lines(block, say)
        case Image(name, alt):
            yield f"![{_inline(say(alt))}](<{_target(name)}>)"


def _item_lines(block: Items, say: Speak) -> Iterable[str]:
    if block.title is not None:
        yield f"**{_inline(say(block.title))}**"
        yield ""
    for item in block.items:
        # GitHub draws [ ] and [x] as boxes; the other two states have no box and are shown by their signs.
        mark = {"none": "", "open": "[ ] ", "done": "[x] ", "blocked": r"\[!\] ", "waived": r"\[-\] "}[item.state]
        note = "" if item.note is None else f" ({_inline(say(item.note))})"
        yield f"- {mark}{_inline(say(item.text))}{note}"


def _table_lines(block: Table, say: Speak) -> Iterable[str]:
    def row(cells: tuple[Line, ...]) -> str:
        return "| " + " | ".join(_inline(say(cell)) for cell in cells) + " |"

    yield row(block.columns)
    yield "|" + " --- |" * len(block.columns)
    yield from map(row, block.rows)


def _say_lines(block: Say, say: Speak) -> Iterable[str]:
    if block.tactic is not None:
        yield f"**{_inline(say(block.tactic))}**"
        yield ""
    yield from (f"> {line}".rstrip() for line in _prose(block.text).splitlines())
    if block.gloss is not None:
        yield ">"
        yield from (f"> {line}".rstrip() for line in _small(block.gloss))


def _small(text: str) -> Iterable[str]:
    yield from (f"<sub>{_inline(line)}</sub>" for line in text.splitlines() if line.strip())


def _fenced(code: str) -> Iterable[str]:
    """A fence longer than any run of backticks inside, so that the code cannot end it."""
    longest = max((len(list(run)) for sign, run in groupby(code) if sign == "`"), default=0)
    fence = "`" * max(3, longest + 1)
    yield fence
    yield code
    yield fence


def _prose(text: str) -> str:
    """Several lines: a blank one starts a paragraph, any other break is kept as a hard one."""
    paragraphs = [
        [_inline(line) for line in lines]
        for blank, lines in groupby(text.splitlines(), key=lambda line: not line.strip())
        if not blank
    ]
    return "\n\n".join("\\\n".join(lines) for lines in paragraphs)


def _inline(text: str) -> str:
    """One line, escaped so that no character of it means anything to Markdown."""
    escaped = _SPECIAL.sub(r"\\\g<0>", _flat(text))
    escaped = _LINE_START.sub(lambda found: f"\\{found[1]}" if found[1] else f"{found[2]}\\{found[3]}", escaped)
    escaped = _MENTION.sub(f"@{_NO_LINK}", escaped)
    escaped = _SCHEME.sub(f":{_NO_LINK}", escaped)
    return _WWW.sub(f".{_NO_LINK}", escaped)


def _target(name: str) -> str:
    return re.sub(r"[<>\\\n\r]", "", name)


def _flat(text: str) -> str:
    return " ".join(text.split())
