"""Reply -> what Discord gets. Pure.

`render` draws a message: an embed (several where one is not enough), rows of buttons and selects, the files that go
with it, and for what should ring a line that a locked phone can show. `more` draws a further page of its buttons.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.chat.discord.components import SIGNS, controls, numbered
from bot.chat.discord.embeds import LINE, NAMED, Layout, Row, Span
from bot.chat.discord.markdown import Voice, clean, cleaned, cut, cut_plain, escaped, flat, units, width
from bot.core.outline import to_text
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
    msg,
)

Json = dict[str, Any]

WHOLE = "message.txt"
"""The file with the whole text, where it had to be cut."""

MOST_FILES = 10
MOST_PINGS = 25
_COLORS = {"normal": 0x5865F2, "alert": 0xED4245, "good": 0x57F287, "warning": 0xFEE75C, "error": 0x992D22}
_HEADLINE = 300
_ALT = 1_000
_WIDEST_TABLE = 56
_INLINE = 40
_BIG = 250
_ASIDE = 300
"""Lengths in units: of a headline, of words for a picture, of what is said big, of a line that stands below facts;
columns: of the widest table, and of facts that stand side by side."""
_BLANK_LINE = "\n\n"


@dataclass(frozen=True, slots=True)
class Picture:
    """A stored file to attach: its name in our store, the name it is attached under, words for who cannot see it."""

    name: str
    filename: str
    alt: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """One message for Discord. `embeds` and `components` are its JSON.

    `content` "" where there is none. `pings`: the accounts that may be notified, all others may not. `whole`: the text
    of a file WHOLE to attach, None where nothing is missing.
    """

    content: str
    embeds: tuple[Json, ...]
    components: tuple[Json, ...]
    pictures: tuple[Picture, ...] = ()
    whole: str | None = None
    pings: tuple[int, ...] = ()


def render(reply: Reply, voice: Voice, message: str, *, pings: Sequence[int] = (), headline: bool = False) -> Drawn:
    """Draws a reply; `message` is our id of it, which its footer and its buttons carry.

    `pings`: accounts to mention. `headline`: a line above the embed says what it is about, as notifications show it.
    """
    page = _Page(_careful(voice), reply, message)
    for block in reply.blocks:
        page.draw(block)
    says_cut = f"-# {escaped(flat(page.words.plain(msg('discord.cut', file=WHOLE))))}"
    embeds = page.layout.embeds(says_cut)
    pinged = tuple(dict.fromkeys(pings))[:MOST_PINGS]
    parts = [f"<@{account}>" for account in pinged] + ([_headline(reply, page.words)] if headline else [])
    return Drawn(
        content=" ".join(filter(None, parts)),
        embeds=embeds,
        components=controls(reply, page.words.plain, message),
        pictures=tuple(page.pictures),
        whole=clean(to_text(reply, page.words.plain)) if page.layout.is_cut or page.lost else None,
        pings=pinged,
    )


def more(reply: Reply, voice: Voice, message: str, page: int) -> Drawn:
    """The buttons that did not fit below the message, for whoever asked; no components where there is no such page."""
    words = _careful(voice)
    text = _headline(reply, words) or "\u200b"
    embed = {"color": _COLORS[reply.tone], "description": text, "footer": {"text": message}}
    return Drawn("", (embed,), controls(reply, words.plain, message, page))


def _careful(voice: Voice) -> Voice:
    """Words without anything that may trip Discord or its readers up."""

    def careful(say: Callable[[Line], str]) -> Callable[[Line], str]:
        return lambda line: say(cleaned(line))

    return Voice(careful(voice.say), careful(voice.plain))


def _headline(reply: Reply, words: Voice) -> str:
    """What it is about in a line: the first two of heading, text and line to speak, else a list's begin; escaped."""
    leads = [_lead(block, words) for block in reply.blocks if isinstance(block, Heading | Text | Say)]
    listed = next((block for block in reply.blocks if isinstance(block, Items) and block.items), None)
    if not leads and listed is not None:
        leads = [words.plain(line) for line in (listed.title, listed.items[0].text) if line is not None]
    if not leads:
        leads = [words.plain(block.text) for block in reply.blocks if isinstance(block, Note)]
    if not leads:
        return ""
    return cut(" — ".join(escaped(flat(lead)) for lead in leads[:2]), _HEADLINE)


def _lead(block: Heading | Text | Say, words: Voice) -> str:
    return words.plain(clean(block.text) if isinstance(block, Say) else block.text)


class _Page:
    """One message being drawn. `lost`: something was shortened on the way to the layout."""

    def __init__(self, words: Voice, reply: Reply, message: str) -> None:
        self.words = words
        self.layout = Layout(_COLORS[reply.tone], message)
        self.pictures: list[Picture] = []
        self.lost = False
        self._are_numbered, self._said = numbered(reply), 0
        self._gap = "\n"
        self._has_begun = False

    def draw(self, block: Block) -> None:
        gap = "\n" if isinstance(block, Note) or self._gap == "\n" else _BLANK_LINE
        self._gap = _BLANK_LINE
        match block:
            case Heading(text):
                self._heading(text, gap)
            case Text(text) | Note(text):
                self._prose(text, gap, mark="-# " if isinstance(block, Note) else "")
            case Code(code) | Secret(code) if code:
                self.layout.code(clean(code).split("\n"), gap)
            case Secret():
                self._prose(SECRET_GONE, gap, mark="-# ")
            case Image():
                self._picture(block)
            case Facts(rows):
                for name, value in rows:
                    self._fact(name, value)
            case Items() | Table() | Say():
                self._list(block, gap)
        self._has_begun |= not isinstance(block, Note)

    def _list(self, block: Items | Table | Say, gap: str) -> None:
        match block:
            case Items():
                self._items(block, gap)
            case Table():
                self._table(block, gap)
            case Say():
                self._spoken(block, gap)

    # -- blocks ----------------------------------------------------------------

    def _heading(self, text: Line, gap: str) -> None:
        """The message's title, unless it would jump over something; only notes may stand below it in its place."""
        if self._has_begun or not self.layout.title(escaped(flat(self.words.plain(text)))):
            self.layout.write((Span(self._named(text), "### "),), gap)
        self._gap = "\n"

    def _prose(self, text: Line, gap: str, mark: str) -> None:
        """Several lines; blank ones are kept, as one."""
        for line in self.words.say(text).split("\n"):
            if not line.strip():
                gap = _BLANK_LINE
                continue
            body = self._cut(escaped(flat(line)), LINE)
            if units(body) > _ASIDE or not self.layout.aside(body):
                self.layout.write((Span(body, mark),), gap)
            gap = "\n"

    def _fact(self, name: Line, value: Line) -> None:
        label, shown = flat(self.words.plain(name)), flat(self.words.plain(value))
        inline = width(label) <= _INLINE and width(shown) <= _INLINE
        self.layout.fact(escaped(label), escaped(flat(self.words.say(value))), inline=inline)

    def _items(self, block: Items, gap: str) -> None:
        if block.title is not None:
            self.layout.write((Span(self._named(block.title), "**", "**"),), gap)
            gap = "\n"
        for item in block.items:
            self.layout.write(self._item(item), gap)
            gap = "\n"

    def _item(self, item: Item) -> Row:
        mark = f"{SIGNS[item.state]} " if item.state in SIGNS else "- "
        note = () if item.note is None else (Span(self._named(item.note), " — "),)
        return (Span(self._named(item.text), mark), *note)

    def _table(self, block: Table, gap: str) -> None:
        """Columns in a typeface of equal widths, where a phone has room for them; else a line per row."""
        cells = [[flat(self.words.plain(cell)) for cell in row] for row in (block.columns, *block.rows)]
        widths = [max(width(cell) for cell in column) for column in zip(*cells, strict=False)]
        if sum(widths) + 2 * (len(widths) - 1) <= _WIDEST_TABLE:
            self.layout.code([_aligned(row, widths) for row in cells], gap)
            return
        for row in block.rows:
            self.layout.write(tuple(self._cells(block.columns, row)), gap)
            gap = "\n"

    def _cells(self, columns: Sequence[Line], row: Sequence[Line]) -> Sequence[Span]:
        named = [Span(self._named(row[0]), "- **", "**")] if row else []
        for column, cell in zip(columns[1:], row[1:], strict=False):
            named += [Span(self._named(column), " · ", ": "), Span(self._named(cell))]
        return named

    def _spoken(self, block: Say, gap: str) -> None:
        """What the host says is big; why and what it means is small."""
        mark = []
        if block.buttons and self._are_numbered:
            self._said += 1
            mark.append(str(self._said))
        if block.tactic is not None:
            mark.append(escaped(flat(self.words.plain(block.tactic))))
        if mark:
            self.layout.write((Span(self._cut(" · ".join(mark), NAMED), "-# "),), gap)
            gap = "\n"
        lines = [line for line in clean(block.text).split("\n") if line.strip()]
        big = "> ## " if sum(map(len, lines)) <= _BIG else "> "
        for line in lines or [""]:
            self.layout.write((Span(self._cut(escaped(flat(line)), LINE), big),), gap)
            gap = "\n"
        for line in clean(block.gloss or "").split("\n"):
            if line.strip():
                self.layout.write((Span(self._cut(escaped(flat(line)), LINE), "-# "),), gap)

    def _picture(self, block: Image) -> None:
        filename = f"{len(self.pictures) + 1}-{re.sub(r'[^A-Za-z0-9.]', '_', block.name)[-60:]}"
        if len(self.pictures) < MOST_FILES - 1 and self.layout.image(filename):
            self.pictures.append(Picture(block.name, filename, cut_plain(flat(self.words.plain(block.alt)), _ALT)))
        else:
            self.lost = True

    # -- lines -----------------------------------------------------------------

    def _named(self, line: Line) -> str:
        return self._cut(escaped(flat(self.words.say(line))), NAMED)

    def _cut(self, text: str, limit: int) -> str:
        shorter = cut(text, limit)
        self.lost |= shorter != text
        return shorter


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (most - width(cell)) for cell, most in zip(row, widths, strict=False))
    return "  ".join(padded).rstrip()
