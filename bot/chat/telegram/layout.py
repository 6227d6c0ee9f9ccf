"""Cuts a message that is too long for one into parts: between blocks, else lines, else words.

A tag never spans two parts: each line knows its own, so it is closed in one part and opened again in the next.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.chat.telegram.markup import Row, Run, entities, is_visible, length, safe_cut, to_html, units

MOST_ENTITIES = 96
"""Telegram ignores what comes after the hundredth; code that is no longer code could become a link."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Lines that belong together; `tight`: no empty line parts them from what stands before."""

    rows: tuple[Row, ...]
    tight: bool = False


@dataclass(slots=True)
class Part:
    """What stands in one message of at most `limit` UTF-16 units."""

    limit: int
    passages: list[Passage] = field(default_factory=list)
    units: int = 0
    entities: int = 0

    def gap(self, passage: Passage) -> int:
        return 0 if not self.passages else 1 if passage.tight else 2

    def fits(self, rows: Sequence[Row], gap: int) -> bool:
        size = gap + sum(map(length, rows)) + max(0, len(rows) - 1)
        return self.units + size <= self.limit and self.entities + sum(map(entities, rows)) <= MOST_ENTITIES

    def add(self, passage: Passage) -> None:
        self.units += self.gap(passage) + sum(map(length, passage.rows)) + max(0, len(passage.rows) - 1)
        self.entities += sum(map(entities, passage.rows))
        self.passages.append(passage)

    @property
    def is_visible(self) -> bool:
        return any(is_visible(run.text) for passage in self.passages for row in passage.rows for run in row)

    @property
    def html(self) -> str:
        """Empty where there is nothing to see."""
        if not self.is_visible:
            return ""
        return to_html((passage.tight, passage.rows) for passage in self.passages)


def size(passages: Sequence[Passage]) -> tuple[int, int]:
    """UTF-16 units and entities of all of it in one message."""
    whole = Part(0)
    for passage in passages:
        whole.add(passage)
    return whole.units, whole.entities


def lay_out(passages: Sequence[Passage], limits: Sequence[int]) -> tuple[list[Part], list[Passage]]:
    """Parts, as many as needed and at most one for each limit (units, 2 at least), and what is left over.

    A part stands in the place of its limit, also one with nothing to see in it.
    """
    parts = [Part(limits[0])]
    waiting = deque(passages)
    while waiting:
        part, passage = parts[-1], waiting.popleft()
        gap = part.gap(passage)
        if part.fits(passage.rows, gap):
            part.add(passage)
            continue
        following = limits[len(parts)] if len(parts) < len(limits) else None
        moves = part.passages and following is not None and Part(following).fits(passage.rows, 0)
        head, tail = ((), passage.rows) if moves else _split(part, passage.rows, gap)
        if head:
            part.add(Passage(head, passage.tight))
        if tail:
            waiting.appendleft(Passage(tail))
            if following is None:
                break
            parts.append(Part(following))
    return parts, list(waiting)


def _split(part: Part, rows: tuple[Row, ...], gap: int) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """As many lines as fit; of a line that no part could hold, as many words."""
    taken = 0
    low, high = 0, len(rows)
    while low < high:  # the longest beginning that fits
        middle = (low + high + 1) // 2
        if part.fits(rows[:middle], gap):
            low = middle
        else:
            high = middle - 1
    taken = low
    if taken or part.passages:
        return rows[:taken], rows[taken:]
    first, rest = _cut(rows[0], part.limit)
    return (first,), (rest, *rows[1:]) if rest else rows[1:]


def _cut(row: Row, room: int) -> tuple[Row, Row]:
    """The line cut at a word's border within `room` units, in its second half, else between two characters."""
    left: list[Run] = []
    tags = 0
    for number, run in enumerate(row):
        tags += len(run.tags)
        if tags > MOST_ENTITIES:
            return tuple(left), row[number:]
        if units(run.text) > room:
            at = _place(run.text, room, must=not left)
            head, tail = run.text[:at].rstrip(), run.text[at:].lstrip()
            kept = (*left, Run(head, run.tags)) if head else tuple(left)
            rest = row[number + 1 :]
            return kept, (Run(tail, run.tags), *rest) if tail else rest
        room -= units(run.text)
        left.append(run)
    return tuple(left), ()


def _place(text: str, room: int, *, must: bool) -> int:
    """Where to cut: characters to keep, whose units are `room` at most; 1 at least where something `must` be kept."""
    at = taken = 0
    for at, sign in enumerate(text):  # noqa: B007 - the place where it ends is what is looked for
        taken += units(sign)
        if taken > room:
            break
    space = max(text.rfind(" ", at // 2, at + 1), text.rfind("\u3000", at // 2, at + 1))
    if space > 0:
        return space
    if at == 0:
        return 1 if must else 0
    return safe_cut(text, at)
