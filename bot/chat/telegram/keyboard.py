"""The inline keyboard under a message: one button for a line of a checklist, the rest behind "more".

Telegram makes the buttons of a row equally wide, so that a second, narrow one is not to be had: on a phone the text of
an item would be cut in half. A line therefore has one button, its first (tick, untick), and one button at the end of
the list opens the view in which a line is picked and everything else can be done with it.

The data of a key is MESSAGE:BUTTON (`bot.core.reply.button_id`), or MESSAGE:~VIEW for one that only draws the keyboard
anew: whoever gets such a press answers with `keyboard(reply, say, message, view)`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from bot.chat.telegram.markup import clean, columns, is_visible, shortened
from bot.core.reply import Actions, Button, Item, Items, Line, Reply, Say, button_id, msg

SIGNS = {"none": "▫️", "open": "⬜", "done": "✅", "blocked": "⛔", "waived": "➖"}
"""How the state of an item looks, in the text and on its button."""

VIEW = "~"
"""What the second half of a key's data begins with where it names a view and no button."""

_PAGE, _SLACK = 20, 4
"""Rows on a page of many, and how many more may stand there rather than alone on a last page."""
_FIXED = 6
"""Rows of buttons for the message as a whole that are shown on every page; more of them are paged like the rest."""
_WIDTH = 38
"""Columns of a row on a phone; a button takes some of them for its border."""
_BORDER = 4
_ABREAST = 3


@dataclass(frozen=True, slots=True)
class Key:
    """One button as Telegram knows it; `data` has at most 64 bytes."""

    label: str
    data: str
    style: Literal["primary", "danger"] | None = None


Keyboard = tuple[tuple[Key, ...], ...]


@dataclass(frozen=True, slots=True)
class _View:
    """What is drawn: a page of everything, a page of lines to pick one ("o"), or one line's own buttons ("i")."""

    kind: Literal["", "o", "i"] = ""
    number: int = 1

    @classmethod
    def parse(cls, text: str) -> _View:
        """A press can be forged: what is no view is the first page."""
        found = re.fullmatch(rf"{VIEW}?([oi]?)([0-9]{{1,3}})", text, re.ASCII)
        return cls() if found is None else cls(found[1], int(found[2]))  # type: ignore[arg-type]


def keyboard(reply: Reply, say: Callable[[Line], str], message: str, view: str = "") -> Keyboard:
    """The keys under `reply`, in rows. `view`: what stands behind the colon of the pressed key's data ("~2")."""
    return _Board(reply, say, message).draw(_View.parse(view))


def numbers(reply: Reply) -> dict[int, int]:
    """The number of each line to say, by its place among the blocks, where several have buttons to tell apart."""
    found = [at for at, block in enumerate(reply.blocks) if isinstance(block, Say) and block.buttons]
    return {at: number for number, at in enumerate(found, 1)} if len(found) > 1 else {}


@dataclass(slots=True)
class _Board:
    reply: Reply
    say: Callable[[Line], str]
    message: str
    items: list[Item] = field(init=False)

    def __post_init__(self) -> None:
        lists = [block for block in self.reply.blocks if isinstance(block, Items)]
        self.items = [item for block in lists for item in block.items if item.buttons]

    def draw(self, view: _View) -> Keyboard:
        if view.kind == "i" and view.number < len(self.items):
            return self._one(view.number)
        if view.kind == "o" and self._have_more():
            return self._pick(view.number)
        lines, others = self._lines(), self._others()
        if len(others) > _FIXED:
            lines, others = lines + others, []
        shown, page, pages = _page(lines, view.number if view.kind == "" else 1)
        more = [(self._view("telegram.other", "o1"),)] if self._have_more() else []
        return (*shown, *more, *self._turn("", page, pages), *others)

    def _lines(self) -> list[tuple[Key, ...]]:
        """A row for each line of a list; a single line's buttons need not say which line it is."""
        if len(self.items) == 1 and self.items[0].state == "none":
            return self._packed(self.items[0].buttons)
        return [(self._line(item),) for item in self.items]

    def _line(self, item: Item) -> Key:
        button = item.buttons[0]
        if item.state == "none":
            return self._key(button, f"{self._label(button)}: {self.say(item.text)}")
        return Key(self._text(item), self._data(button))

    def _others(self) -> list[tuple[Key, ...]]:
        """The buttons of the lines to say and of the message as a whole, in reading order."""
        found: list[tuple[Key, ...]] = []
        number = numbers(self.reply)
        for at, block in enumerate(self.reply.blocks):
            if isinstance(block, Actions | Say):
                found += self._packed(block.buttons, f"{number[at]}. " if at in number else "")
        return found

    def _have_more(self) -> bool:
        """A single line with buttons shows them all at once, unless it is one to tick."""
        many = [item for item in self.items if len(item.buttons) > 1]
        return bool(many) and (len(self.items) > 1 or many[0].state != "none")

    def _pick(self, number: int) -> Keyboard:
        rows = [
            (Key(self._text(item), f"{self.message}:{VIEW}i{at}"),)
            for at, item in enumerate(self.items)
            if len(item.buttons) > 1
        ]
        shown, page, pages = _page(rows, number)
        return (*shown, *self._turn("o", page, pages), (self._view("telegram.back", "1"),))

    def _one(self, number: int) -> Keyboard:
        """Each button names its line: the keyboard may have been drawn for a list that was another since."""
        item = self.items[number]
        rows = [
            (self._key(button, f"{self._label(button)}: {self.say(item.text)}"),) for button in item.buttons[:_PAGE]
        ]
        return (*rows, (self._view("telegram.back", "o1" if self._have_more() else "1"),))

    def _turn(self, kind: str, page: int, pages: int) -> list[tuple[Key, ...]]:
        """The row that turns the page, where there is more than one."""
        if pages == 1:
            return []
        back = [self._view("telegram.page.back", f"{kind}{page - 1}", page=page - 1, pages=pages)] if page > 1 else []
        on = [self._view("telegram.page.on", f"{kind}{page + 1}", page=page + 1, pages=pages)] if page < pages else []
        return [(*back, *on)]

    def _packed(self, buttons: Sequence[Button], prefix: str = "") -> list[tuple[Key, ...]]:
        """Short buttons abreast, as all of a row are as wide as its widest; long ones below each other."""
        found: list[list[Button]] = []
        for button in buttons:
            row = [*found[-1], button] if found else [button]
            widest = max(columns(prefix + self._label(one)) + _BORDER for one in row)
            if found and len(row) <= _ABREAST and widest * len(row) <= _WIDTH + _BORDER:
                found[-1] = row
            else:
                found.append([button])
        return [tuple(self._key(one, prefix + self._label(one)) for one in row) for row in found]

    def _label(self, button: Button) -> str:
        """What asks for a text first says so by three dots."""
        return f"{self.say(button.label)}…" if button.form else self.say(button.label)

    def _text(self, item: Item) -> str:
        return _short(f"{SIGNS[item.state]} {self.say(item.text)}")

    def _key(self, button: Button, label: str) -> Key:
        return Key(_short(label), self._data(button), None if button.style == "plain" else button.style)

    def _data(self, button: Button) -> str:
        return f"{self.message}:{button_id(self.message, button)}"

    def _view(self, key: str, view: str, **params: int) -> Key:
        return Key(_short(self.say(msg(key, **params))), f"{self.message}:{VIEW}{view}")


def _short(label: str) -> str:
    label = shortened(clean(label), _WIDTH)
    return label if is_visible(label) else "…"


def _page(rows: Sequence[tuple[Key, ...]], number: int) -> tuple[Sequence[tuple[Key, ...]], int, int]:
    """The rows of a page, its number as far as there are so many, and the number of pages."""
    if len(rows) <= _PAGE + _SLACK:
        return rows, 1, 1
    pages = -(-len(rows) // _PAGE)
    page = min(max(number, 1), pages)
    return rows[(page - 1) * _PAGE : page * _PAGE], page, pages
