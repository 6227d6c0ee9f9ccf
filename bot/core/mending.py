"""What to type instead of a line, where only one of its options was wrong."""

from __future__ import annotations

import re

_OPTION = re.compile(r"([a-z_]+)=\S.*", re.DOTALL)


def whole_line(typed: str, instead: str | None) -> str | None:
    """`instead` as a line: an option alone, like `rest=8h`, takes its place in the command that was typed."""
    found = None if instead is None else _OPTION.fullmatch(instead)
    if instead is None or found is None or not typed.startswith("/"):
        return instead
    was = re.compile(rf'(?<!\S){found[1]}=(?:"[^"]*"|“[^”]*”|\S*)')
    if was.search(typed):
        return was.sub(lambda _: instead, typed, count=1)
    return f"{typed.rstrip()} {instead}"
