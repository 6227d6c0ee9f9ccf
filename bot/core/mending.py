"""Lines to type: instead of one of which only a part was wrong, and for a first product."""

from __future__ import annotations

import re

from bot.core.model import Room
from bot.core.money import example_price
from bot.core.reply import Msg

_OPTION = re.compile(r"([a-z_]+)=\S.*", re.DOTALL)


def whole_line(typed: str, instead: str | None, wrong: Msg | None = None) -> str | None:
    """`instead` as a line: a part alone takes its place in the command that was typed.

    An option, like `rest=8h`, takes the place of that option. Any other part, like `Asia/Tokyo`, takes the place of
    the one thing that was typed and that the error (`wrong`) names; where there is no such thing it stays as it is.
    """
    if instead is None or instead.startswith("/") or not typed.startswith("/"):
        return instead
    found = _OPTION.fullmatch(instead)
    if found is None:
        return _in_its_place(typed, instead, wrong) or instead
    was = re.compile(rf'(?<!\S){found[1]}=(?:"[^"]*"|“[^”]*”|\S*)')
    if was.search(typed):
        return was.sub(lambda _: instead, typed, count=1)
    return f"{typed.rstrip()} {instead}"


def first_product(room: Room) -> str:
    """A first product of the room, as a line that can be sent as it is.

    Each room's has a SKU of its own: rooms whose shows begin with the same product are warned of each other.
    """
    sku = room.slug.upper().replace("_", "-")
    return f'/product add {room.slug} {sku}-1 {example_price(room.market.currency)} name="Desk lamp" stock=100'


def _in_its_place(typed: str, instead: str, wrong: Msg | None) -> str | None:
    params = wrong.params if wrong else {}
    # Of a phrase the error names the whole and the part that was wrong; what is right is right for the whole.
    told = [params["text"]] if "text" in params else params.values()
    named = [value for value in told if isinstance(value, str) and value and value != instead]
    for value in sorted(named, key=len, reverse=True):
        places = list(re.finditer(rf"(?<![^\s=\"“]){re.escape(value)}(?![^\s\"”])", typed))
        if len(places) == 1:
            first, last = places[0].span()
            is_bare = typed[first - 1] == "=" and " " in instead
            return typed[:first] + (f'"{instead}"' if is_bare else instead) + typed[last:]
    return None
