"""Whether a message as a chat shows it says all that the reply says, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Literal

from bot.core.delivery import Words
from bot.core.reply import (
    SECRET_GONE,
    Actions,
    Block,
    Button,
    Code,
    Facts,
    Heading,
    Image,
    Items,
    Line,
    Note,
    Reply,
    Say,
    Secret,
    Table,
    Text,
    When,
    buttons_of,
    msg,
)
from tests.contract.driver import Seen

_MOMENT = "\ue0ff"
_STAMP = re.compile(r"<t:(-?\d+):([tTdDfFR])>")
_BESIDE = re.compile(r" ?[(（]<t:-?\d+:[tTdDfFR]>[)）]")
_STYLES: Mapping[str, Literal["full", "date", "time", "exact"]] = {"f": "full", "D": "date", "t": "time", "T": "exact"}
_DECORATION = re.compile(
    r"[\s\W_]"  # signs, bullets, rules
    r"|\bm\d+\b"  # the marker by which a message is found again
    r"|\b\d{1,2}\b(?=\W|$)"  # the numbers of lines to say
)


Spell = Callable[[str], str]


def said(reply: Reply, spell: Spell | None = None) -> Iterator[Line]:
    """Every line of the reply, without its buttons; `spell` writes a line to be typed as the chat does."""
    for block in reply.blocks:
        yield from _lines(block, spell)


def _lines(block: Block, spell: Spell | None) -> Iterable[Line]:
    lines: Iterable[Line | None]
    match block:
        case Heading(text) | Text(text) | Note(text):
            lines = [text]
        case Code(text):
            lines = [text if spell is None else spell(text)]
        case Secret(text):
            lines = [text or SECRET_GONE]
        case Facts(rows) | Table(
            _, rows
        ):  # where there is no room for columns, their names are repeated: see `headers`
            lines = [part for row in rows for part in row]
        case Items(items, title):
            lines = [title, *(part for item in items for part in (item.text, item.note))]
        case Say(text, _, tactic, gloss):
            lines = [tactic, text, gloss]
        case Image() | Actions():
            lines = []
    return [line for line in lines if line is not None]


def headers(reply: Reply) -> list[tuple[Line, ...]]:
    """The names of the columns of each table."""
    return [block.columns for block in reply.blocks if isinstance(block, Table)]


class Reading:
    """One reader's words for a reply. `moments`: the instants in what was said last."""

    def __init__(self, words: Words, language: str, zone: str) -> None:
        self._moments: list[When] = []
        self._plain = words.reader(language, zone)
        self._split = words.reader(language, zone, moment=self._moment)

    def _moment(self, when: When) -> str:
        self._moments.append(when)
        return _MOMENT

    def pieces(self, reply: Reply, spell: Spell | None = None) -> tuple[list[str], list[When]]:
        """What must stand there, in pieces between the instants; and the instants."""
        self._moments.clear()
        found = [flat(part) for line in said(reply, spell) for part in self._split.line(line).split(_MOMENT)]
        return [part for part in found if part], list(self._moments)

    def spelled(self, when: When) -> str:
        return flat(self._plain.line(msg("value", value=when)))

    def without_stamps(self, text: str) -> str:
        """Discord's own times in words, and not at all beside the market's."""

        def spell(found: re.Match[str]) -> str:
            return self.spelled(When(datetime.fromtimestamp(int(found[1]), UTC), style=_STYLES[found[2]]))

        return _STAMP.sub(spell, _BESIDE.sub("", text))

    def line(self, line: Line) -> str:
        return self._plain.line(line)


def flat(text: str) -> str:
    return " ".join(text.split())


def differences(reply: Reply, seen: Seen, reading: Reading, spell: Spell | None = None) -> list[str]:
    """What is missing in what is seen, and what is there that nobody said."""
    left = flat(" ".join([seen.text, *(body.decode() for body in seen.files.values())]))
    pieces, moments = reading.pieces(reply, spell)
    wrong = []
    for when in sorted(moments, key=lambda when: -len(reading.spelled(when))):
        left, is_there = _without_moment(left, when.at, reading.spelled(when))
        if not is_there:
            wrong.append(f"the time {reading.spelled(when)!r} is not there")
    for piece in sorted(pieces, key=len, reverse=True):
        before, found, after = left.partition(piece)
        left = f"{before} ¦ {after}"
        if not found:
            wrong.append(f"{piece!r} is not there")
    for columns in headers(reply):
        left, missing = _without_columns(left, [flat(reading.line(column)) for column in columns])
        wrong += missing
    beside = _DECORATION.sub(" ", left).split()
    if beside and not seen.files:  # what is in the file stands above it too, as far as it goes
        wrong.append(f"nobody said {' '.join(beside)!r}")
    return wrong


def _without_columns(text: str, names: list[str]) -> tuple[str, list[str]]:
    """Names of columns may be repeated, and where they are the first one is not needed."""
    wrong = []
    for number, name in enumerate(names):
        if number and name not in text:
            wrong.append(f"the column {name!r} is not there")
        text = text.replace(name, " ") if name else text
    return text, wrong


def _without_moment(text: str, at: datetime, spelled: str) -> tuple[str, bool]:
    """Discord's own time, beside the market's where there is one, or the time in words."""
    stamp = rf"<t:{int(at.timestamp())}:[tTdDfFR]>"
    for shape in (rf"{re.escape(spelled)} ?[(（]{stamp}[)）]", re.escape(spelled), rf"(?<![(（]){stamp}", stamp):
        if found := re.search(shape, text):
            return f"{text[: found.start()]} ¦ {text[found.end() :]}", True
    return text, False


def pressable(reply: Reply, now: datetime) -> list[Button]:
    """The buttons that must be there: those whose time is not over."""
    return [button for button in buttons_of(reply) if button.until is None or button.until > now]


def pictures(reply: Reply) -> list[str]:
    return [block.name for block in reply.blocks if isinstance(block, Image)]
