"""Reply -> what Telegram shows: parts of HTML, pictures with captions, a text file for what is too long.

Pure. `render` draws a message that is new; `redraw` one that stands already, in the messages it has.
The keyboard belongs under the last part: `keyboard.keyboard`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bot.chat.telegram.keyboard import SIGNS, numbers
from bot.chat.telegram.layout import MOST_ENTITIES, Part, Passage, lay_out, size
from bot.chat.telegram.markup import Row, Run, clean, columns, harmless, is_visible, mention, plain, row, rows, to_html
from bot.chat.telegram.moments import unmarked
from bot.core.outline import to_text
from bot.core.reply import (
    SECRET_GONE,
    Actions,
    Block,
    Code,
    Facts,
    Heading,
    Image,
    Item,
    Items,
    Line,
    Msg,
    Note,
    Reply,
    Say,
    Secret,
    Table,
    Text,
    changed,
    msg,
)

Speak = Callable[[Line], str]

TEXT, CAPTION = 4_096, 1_024
"""The longest text and caption, in UTF-16 units after the entities were parsed."""
_SHORT_CAPTION = 800
"""Text that stands under the picture alone; the rest of a caption is room for what an edit adds."""
_SPARE = 160
"""Units left free in each part of a new message: for the word that it is a repeat, and for what an edit adds."""
MOST_PARTS = 5
"""Messages that one of ours may take; what is longer than that is a file."""
_PHONE = 34
"""Columns of a table on a phone."""

_TONES = {"normal": "", "alert": "🚨 ", "good": "✅ ", "warning": "⚠️ ", "error": "⛔ "}
_COMMAND_LINE = "command.line"
_RING = "🔔 "
_NOTHING = "…"

_TAGS: Mapping[type, tuple[str, ...]] = {Heading: ("b",), Text: (), Note: ("i",)}

Slot = Literal["text", "photo", "document"]
Ping = tuple[str, str]
"""An account of Telegram (its number) and the name to call it by."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One message. `html`: its text or caption, empty for a picture without one.

    `file`: the stored file of a photo. `document`: the text of a file that is attached. In a redrawn message, a photo
    without `file` keeps its picture, and a text without `html` is no longer needed.
    """

    slot: Slot
    html: str
    file: str | None = None
    document: str | None = None

    @property
    def is_empty(self) -> bool:
        return not self.html and self.slot != "photo" and self.document is None


def render(reply: Reply, say: Speak, pings: Sequence[Ping] = ()) -> list[Piece]:
    """The pieces of a new message, 1 to MOST_PARTS."""
    say = _guarded(say)
    images = [block for block in reply.blocks if isinstance(block, Image)]
    images, untold = images[: MOST_PARTS - 2], images[MOST_PARTS - 2 :]
    passages = [*_passages(reply, say, pings), *(Passage(_told(image, say)) for image in untold)]
    whole, tags = size(passages)
    if images and whole <= _SHORT_CAPTION and tags <= MOST_ENTITIES:
        return [*_pictures(images, say, lay_out(passages, [CAPTION])[0][0].html)]
    limits = [*([CAPTION - _SPARE] if images else []), *[TEXT - _SPARE] * (MOST_PARTS - len(images))]
    parts, left = lay_out(passages, limits)
    if left:
        parts = _ended(passages, limits[:-1], say(msg("telegram.rest")))
    texts = [part.html for part in parts]
    pictures = _pictures(images, say, texts.pop(0)) if images else []
    pieces = [*pictures, *(Piece("text", html) for html in texts if html)]
    if left:
        pieces.append(Piece("document", "", document=_as_text(reply, say)))
    return pieces or [Piece("text", _NOTHING)]


def redraw(reply: Reply, say: Speak, slots: Sequence[Slot], pings: Sequence[Ping] = ()) -> list[Piece]:
    """The pieces of a message that stands already, one for each slot; what no longer fits is cut off, with a word.

    Nothing can be put between what others have written since. A picture that comes later takes the first text's place
    where that is short enough for a caption.
    """
    say = _guarded(say)
    images = [block for block in reply.blocks if isinstance(block, Image)]
    slots = list(slots)
    passages = _passages(reply, say, pings)
    whole, tags = size(passages)
    if images and slots[0] == "text" and whole <= CAPTION and tags <= MOST_ENTITIES:
        slots[0] = "photo"
    photos = [at for at, slot in enumerate(slots) if slot == "photo"]
    unseen = images[len(photos) :]
    passages += [Passage(_told(image, say)) for image in unseen]
    texts = [at for at, slot in enumerate(slots) if slot == "text" or at == 0]
    limits = [TEXT if slots[at] == "text" else CAPTION for at in texts]
    parts, left = lay_out(passages, limits)
    if left:
        parts = _ended(passages, limits, say(msg("telegram.rest" if "document" in slots else "telegram.cut")))
    pieces = [Piece(slot, "") for slot in slots]
    for number, at in enumerate(photos):
        image = images[number] if number < len(images) else None
        caption = _caption(image, say) if image else ""
        pieces[at] = Piece("photo", caption, None if image is None else image.name)
    for at, part in zip(texts, parts, strict=False):
        pieces[at] = replace(pieces[at], html=part.html)
    if left and "document" in slots:
        at = slots.index("document")
        pieces[at] = replace(pieces[at], document=_as_text(reply, say))
    if all(piece.is_empty for piece in pieces):
        pieces[0] = replace(pieces[0], html=_NOTHING)
    return pieces


def repeated(piece: Piece, say: Speak) -> Piece:
    """The piece of a new message as it is sent once more, although it may have arrived."""
    word = to_html([(False, rows(say(msg("relay.repeat")), "i"))])
    return replace(piece, html=f"{word}\n{piece.html}" if piece.html else word)


def cut_off(say: Speak) -> Piece:
    """Stands for the file of what is too long, where no files may be sent."""
    return Piece("text", to_html([(False, rows(say(msg("telegram.cut")), "i"))]))


def _guarded(say: Speak) -> Speak:
    """Nothing in what people wrote becomes a link, whatever text of ours stands round it."""
    return lambda line: say(changed(_tappable(line), harmless))


def _tappable(line: Line) -> Line:
    """A command of two words is one here, or a tap would send the first alone."""
    if isinstance(line, str) or line.key != _COMMAND_LINE:
        return line
    return Msg(line.key, {**line.params, "path": str(line.params["path"]).replace(" ", "_")})


def _ended(passages: Sequence[Passage], limits: Sequence[int], word: str) -> list[Part]:
    """As much as fits, with `word` at the end of the last part: there is more."""
    last = Passage(rows(word, "i"))
    room = sum(size([last])) + 2
    parts, _ = lay_out(passages, [*limits[:-1], limits[-1] - room])
    parts[-1].add(last)
    return parts


def _as_text(reply: Reply, say: Speak) -> str:
    return unmarked(plain(to_text(reply, say)))


def _pictures(images: Sequence[Image], say: Speak, caption: str) -> list[Piece]:
    first, *others = images
    return [
        Piece("photo", caption, first.name),
        *(Piece("photo", _caption(image, say), image.name) for image in others),
    ]


def _caption(image: Image, say: Speak) -> str:
    """Of a picture after the first: the words for who cannot see it."""
    return lay_out([Passage(rows(say(image.alt)))], [CAPTION - _SPARE])[0][0].html


def _told(image: Image, say: Speak) -> tuple[Row, ...]:
    return rows(f"[{_flat(say(image.alt))}]")


def _passages(reply: Reply, say: Speak, pings: Sequence[Ping]) -> list[Passage]:
    """All text of the reply; pings stand below the heading, where a notification still shows them."""
    number = numbers(reply)
    made: list[Passage] = []
    sign = _TONES[reply.tone]
    for at, block in enumerate(reply.blocks):
        mark = f"{number[at]}. " if at in number else ""
        if isinstance(block, Heading):
            mark, sign = sign, ""
        lines = tuple(_rows(block, say, mark))
        if any(is_visible(run.text) for row in lines for run in row):
            made.append(Passage(lines, tight=at > 0 and isinstance(reply.blocks[at - 1], Heading)))
    if sign and made:  # a tone without a heading
        first, *others = made[0].rows
        made[0] = replace(made[0], rows=((Run(sign), *first), *others))
    if pings:
        made.insert(min(1, len(made)), Passage((_ringing(pings),), tight=True))
    return made


def _ringing(pings: Iterable[Ping]) -> Row:
    row: list[Run] = [Run(_RING)]
    for number, (account, name) in enumerate(pings):
        row += [Run(", ")] * bool(number) + [mention(account, name if is_visible(name) else account)]
    return tuple(row)


def _rows(block: Block, say: Speak, mark: str) -> Iterable[Row]:
    """The lines of a block; `mark` stands before its first."""
    match block:
        case Heading(text) | Text(text) | Note(text):
            yield from rows(mark + say(text), *_TAGS[type(block)])
        case Code(code) | Secret(code):
            yield from _code(code) if code or isinstance(block, Code) else rows(say(SECRET_GONE), "i")
        case Facts(pairs):
            yield from (_one(f"{_flat(say(label))}: {_flat(say(value))}") for label, value in pairs)
        case Items(items, title):
            yield from () if title is None else (_one(_flat(say(title)), "b"),)
            yield from (_item(item, say) for item in items)
        case Table():
            yield from _table(block, say)
        case Say():
            yield from _spoken(block, say, mark)
        case Image() | Actions():
            return


def _flat(text: str) -> str:
    return " ".join(text.split())


def _one(text: str, *tags: str) -> Row:
    return row(text, *tags)


def _code(code: str) -> tuple[Row, ...]:
    """A single line is copied by a tap, several have a button for it."""
    return rows(code, "pre" if "\n" in clean(code).strip("\n") else "code")


def _item(item: Item, say: Speak) -> Row:
    note = "" if item.note is None else f" ({_flat(say(item.note))})"
    return _one(f"{SIGNS[item.state]} {_flat(say(item.text))}{note}")


def _spoken(block: Say, say: Speak, mark: str) -> Iterable[Row]:
    if block.tactic is not None or mark:
        yield _one(mark + (_flat(say(block.tactic)) if block.tactic else ""), "i")
    yield from rows(harmless(block.text), "blockquote")
    if block.gloss is not None:
        yield from rows(harmless(block.gloss), "i")


def _table(block: Table, say: Speak) -> Iterable[Row]:
    """In columns where a phone has room for them, else a list."""
    said = [[_flat(say(cell)) for cell in cells] for cells in (block.columns, *block.rows)]
    lines = [[unmarked(plain(cell)) for cell in cells] for cells in said]
    widths = [max(columns(line[at]) for line in lines) for at in range(len(block.columns))]
    if sum(widths) + 2 * (len(widths) - 1) <= _PHONE:
        right = [bool(at) and all(any(map(str.isdigit, line[at])) for line in lines[1:]) for at in range(len(widths))]
        for line in lines:
            cells = [_cell(*cell) for cell in zip(line, widths, right, strict=True)]
            yield from rows("  ".join(cells), "pre")
        return
    head, *body = said
    for line in body:
        yield _one(f"{SIGNS['none']} {line[0]}")
        if cells := [f"{label}: {text}" if label else text for label, text in zip(head[1:], line[1:], strict=True)]:
            yield _one(" · ".join(cells))


def _cell(text: str, width: int, to_right: bool) -> str:
    gap = " " * (width - columns(text))
    return gap + text if to_right else text + gap
