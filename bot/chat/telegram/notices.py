"""What is shown in passing to whoever pressed a key: at most 200 characters, as a pop-up where it must be read."""

from __future__ import annotations

from dataclasses import dataclass

from bot.chat.telegram.markup import clean
from bot.core.delivery import Reader
from bot.core.errors import UserError
from bot.core.excerpt import excerpt
from bot.core.mending import whole_line
from bot.core.reply import Line, Note, Reply, Text

MOST = 200
_GLANCE = 60
"""What can be read while it fades."""
_LINE = 100


@dataclass(frozen=True, slots=True)
class Notice:
    line: Line
    is_alert: bool = False

    def text(self, reader: Reader) -> str:
        return excerpt(clean(reader.line(self.line)), MOST)


def words_of(answer: Reply, reader: Reader) -> str:
    return " ".join(reader.line(block.text) for block in answer.blocks if isinstance(block, Text | Note))


def of_answer(answer: Reply, reader: Reader) -> Notice:
    text = words_of(answer, reader)
    return Notice(text, is_alert=len(text) > _GLANCE or answer.tone in ("error", "warning"))


def of_error(error: UserError, reader: Reader) -> Notice:
    """What was wrong, cut where it must be so that what to type instead is whole."""
    said, line = reader.line(error.message), whole_line("", error.try_instead)
    if not line or len(line) > _LINE:
        return Notice(said, is_alert=True)
    return Notice(f"{excerpt(said, MOST - len(line) - 3)} → {line}", is_alert=True)
