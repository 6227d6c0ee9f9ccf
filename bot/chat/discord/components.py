"""A reply's buttons as rows of Discord's components.

What is pressed comes back as a custom id or a select's value:

- `MESSAGE:BUTTON` is a button of ours (also as the value of a select's option);
- `MESSAGE:pickN` is the custom id of a select, whose value says which button;
- `MESSAGE:+N` asks for page N of the controls, which did not fit (`controls(..., page=N)`), for whoever asked alone.

The rule: buttons stay buttons while each has a label of its own and all fit. Buttons of items whose labels repeat
("Tick" at twenty items) become one select per label, whose options are the items; beyond 25 items, several. Buttons of
the whole message come first and stay buttons. What does not fit into five rows is on the next page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from bot.chat.discord.markdown import NOTHING, Speak, cut_plain, flat
from bot.core.reply import Actions, Button, Item, Items, Line, Reply, Say, button_id, msg

Json = dict[str, Any]

MOST_ROWS, ROW, OPTIONS = 5, 5, 25
LABEL, OPTION, PLACEHOLDER = 80, 100, 150
SIGNS = {"open": "⬜", "done": "✅", "blocked": "⛔", "waived": "➖"}
"""How an item's state is drawn."""

_STYLES = {"primary": 1, "plain": 2, "danger": 4}
_BUTTON, _SELECT = 2, 3


@dataclass(slots=True)
class _Found:
    """The buttons of a reply, each once: those that stay buttons, and those that become options, by select."""

    loose: list[tuple[str, Button]] = field(default_factory=list)
    of_items: dict[tuple[str, str], list[tuple[Item, Button]]] = field(default_factory=dict)


def controls(reply: Reply, plain: Speak, message: str, page: int = 1) -> tuple[Json, ...]:
    """The rows of one page, counted from 1; a page that is not there has none."""
    rows = list(_rows(reply, plain, message))
    pages = [rows] if len(rows) <= MOST_ROWS else list(_chunks(rows, MOST_ROWS - 1))
    if not 1 <= page <= len(pages):
        return ()
    shown = list(pages[page - 1])
    if page < len(pages):
        more = {"type": _BUTTON, "style": _STYLES["plain"], "custom_id": f"{message}:+{page + 1}"}
        shown.append([more | {"label": _label(plain(msg("discord.more")))}])
    return tuple({"type": 1, "components": row} for row in shown)


def numbered(reply: Reply) -> bool:
    """Whether the lines for the host carry numbers, since their buttons have to name them."""
    return sum(isinstance(block, Say) and bool(block.buttons) for block in reply.blocks) > 1


def _rows(reply: Reply, plain: Speak, message: str) -> Iterator[list[Json]]:
    found = _collect(reply, plain, message)
    for chunk in _chunks(found.loose, ROW):
        yield [_button(message, label, button) for label, button in chunk]
    number = 0
    main_first = sorted(found.of_items.items(), key=lambda group: all(b.style != "primary" for _, b in group[1]))
    for (_, label), choices in main_first:
        for start in range(0, len(choices), OPTIONS):
            number += 1
            shown = choices[start : start + OPTIONS]
            name = label
            if len(choices) > OPTIONS:
                ends = {"first": start + 1, "last": start + len(shown)}
                name = plain(msg("discord.some_of", label=cut_plain(label, LABEL), **ends))
            yield [_select(message, number, name, shown, plain)]


def _collect(reply: Reply, plain: Speak, message: str) -> _Found:
    found, seen, said = _Found(), set[str](), 0
    as_options = _repeat_labels(reply, plain)
    for block in reply.blocks:
        if isinstance(block, Actions):
            found.loose += [(_said(plain, button.label), button) for button in _new(block.buttons, message, seen)]
        elif isinstance(block, Say):
            said += bool(block.buttons)  # the others bear no number
            mark = f"{said} · " if numbered(reply) else ""
            new = _new(block.buttons, message, seen)
            found.loose += [(mark + _said(plain, button.label), button) for button in new]
        elif isinstance(block, Items):
            for item in block.items:
                for button in _new(item.buttons, message, seen):
                    label = _said(plain, button.label)
                    if as_options:
                        found.of_items.setdefault((button.command, label), []).append((item, button))
                    else:
                        found.loose.append((label, button))
    return found


def _repeat_labels(reply: Reply, plain: Speak) -> bool:
    """Whether the buttons of items need their items' names beside them, or are too many for buttons."""
    items = [item for block in reply.blocks if isinstance(block, Items) for item in block.items]
    labels = [_said(plain, button.label) for item in items for button in item.buttons]
    others = sum(len(block.buttons) for block in reply.blocks if isinstance(block, Actions | Say))
    several = sum(bool(item.buttons) for item in items) > 1
    return several and (len(set(labels)) < len(labels) or len(labels) + others > MOST_ROWS * ROW)


def _new(buttons: Iterable[Button], message: str, seen: set[str]) -> Iterator[Button]:
    for button in buttons:
        name = button_id(message, button)
        if name not in seen:
            seen.add(name)
            yield button


def _button(message: str, label: str, button: Button) -> Json:
    custom_id = f"{message}:{button_id(message, button)}"
    return {"type": _BUTTON, "style": _STYLES[button.style], "label": _label(label), "custom_id": custom_id}


def _select(message: str, number: int, name: str, choices: Sequence[tuple[Item, Button]], plain: Speak) -> Json:
    return {
        "type": _SELECT,
        "custom_id": f"{message}:pick{number}",
        "placeholder": cut_plain(name, PLACEHOLDER),
        "min_values": 1,
        "max_values": 1,
        "options": [_option(message, item, button, plain) for item, button in choices],
    }


def _option(message: str, item: Item, button: Button, plain: Speak) -> Json:
    option: Json = {"label": cut_plain(_said(plain, item.text), OPTION), "value": _value(message, button)}
    if item.note is not None and (note := _said(plain, item.note)) != NOTHING:
        option["description"] = cut_plain(note, OPTION)
    if item.state in SIGNS:
        option["emoji"] = {"name": SIGNS[item.state]}
    return option


def _value(message: str, button: Button) -> str:
    return f"{message}:{button_id(message, button)}"


def _label(text: str) -> str:
    return cut_plain(text, LABEL)


def _said(plain: Speak, line: Line) -> str:
    return flat(plain(line))


def _chunks(rows: Sequence[Any], size: int) -> Iterator[list[Any]]:
    left = iter(rows)
    while chunk := list(islice(left, size)):
        yield chunk
