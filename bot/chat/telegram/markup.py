"""Text and tags of a Telegram message: what is said stays text, whatever people typed into it.

Telegram makes links of addresses, names, tags, commands, numbers and the like even in HTML mode. A word joiner
(U+2060, no width, no line break) behind the character that starts one takes that away and leaves it readable. Commands
in texts of our own stay: people tap and copy them, and in a group with privacy mode a broken one never arrives.
`plain` takes the joiners out again, for a text that somebody copied back into a command.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape

from bot.chat.telegram.moments import MARKS, pieces

JOINER = "\u2060"

_LONE = re.compile("[\ud800-\udfff]")
_BREAKS = re.compile("\r\n?|[\u000b\u000c\u0085\u2028\u2029]")
_CONTROLS = re.compile(f"[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\ufeff{MARKS}]")

_NUMBER = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9-])|\+?\d[\d ().\u00a0-]{5,}\d")
_FEWEST = 7
"""Digits that are taken for a telephone number or a card."""
_IP = re.compile(r"[0-9]+(?:\.[0-9]+){3,}")
_STARTS = re.compile(
    r"[@\uff20#\uff03](?=[^\s\ufe0f\u20e3\u2060])"  # names, tags; not the keycap emoji
    r"|\$(?=[A-Za-z]|1INCH)"  # stocks
    r"|:(?=//)|(?:(?<=tg)|(?<=ton)|(?<=site)|(?<=tel)|(?<=sms)|(?<=mailto)):(?=[^\s\u2060])"
    r"|(?<![0-9])\.(?=[^\s.\u2060])|\.(?=[^\s.0-9\u2060])",  # addresses; 49.90 is none
    re.IGNORECASE,
)
_COMMAND = re.compile(r"(?<![A-Za-z0-9_])/(?=[A-Za-z0-9_]|\Z)")
"""24/7 is none; one at the end may meet a word of ours."""
_BLANK = frozenset("\u2800\u3164\u115f\u1160\uffa0")
_UNSEEN = ("Z", "C", "M")


def clean(text: str) -> str:
    """Without what Telegram drops or refuses: control characters, halves of characters, turned writing."""
    return whole(_CONTROLS.sub("", _BREAKS.sub("\n", text)).replace("\t", " "))


def whole(text: str) -> str:
    """Without halves of characters, which JSON can hold, and neither the database nor an answer."""
    return _LONE.sub("\ufffd", text)


def harmless(text: str) -> str:
    """The text (cleaned) with nothing in it that Telegram, or a phone, would make a link, a ping or a command of."""
    return linkless(_COMMAND.sub(lambda found: found[0] + JOINER, clean(text)))


def linkless(text: str) -> str:
    """The same, of text with words of ours in it: their commands stay."""
    text = _NUMBER.sub(_number, text)
    text = _IP.sub(lambda found: found[0].replace(".", f".{JOINER}"), text)
    return _STARTS.sub(lambda found: found[0] + JOINER, text)


def plain(text: str) -> str:
    """What was typed, without the joiners that copying from a message of ours brings along."""
    return text.replace(JOINER, "")


def _number(found: re.Match[str]) -> str:
    text = found[0]
    if text[4:5] == "-" and len(text) == len("2027-03-12") and text.count("-") == 2:  # noqa: PLR2004 - a date
        return text
    if sum(sign.isdigit() for sign in text) < _FEWEST:
        return text
    shown, seen = [], 0
    for sign in text:
        shown.append(sign)
        if sign.isdigit():
            seen += 1
            if seen % 3 == 0:
                shown.append(JOINER)
    return "".join(shown)


def is_visible(text: str) -> bool:
    """Telegram refuses a text in which nothing can be seen."""
    return any(unicodedata.category(sign)[0] not in _UNSEEN and sign not in _BLANK for sign in text)


def units(text: str) -> int:
    """Length as Telegram counts it: UTF-16 code units."""
    return len(text) + sum(sign > "\uffff" for sign in text)


def columns(text: str) -> int:
    """Width in a typewriter font, where East Asian signs and emoji are two wide."""
    return sum(map(_columns, text))


def _columns(sign: str) -> int:
    if unicodedata.category(sign) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


def shortened(text: str, width: int) -> str:
    """One line of at most `width` columns, what is cut off named by "…"."""
    text = " ".join(text.split())
    if columns(text) <= width:
        return text
    taken = 0
    for at, sign in enumerate(text):
        taken += _columns(sign)
        if taken > width - 1:
            return f"{text[: safe_cut(text, at)].rstrip()}…"
    return text


def safe_cut(text: str, at: int) -> int:
    """The nearest place at or before `at` (1 at least) that parts neither an emoji nor a letter from its accents."""
    for place in range(at, max(0, at - 16), -1):
        left, right = text[place - 1], text[place : place + 1]
        joined = right and (unicodedata.category(right)[0] == "M" or right in "\u200d\u2060" or "🏻" <= right <= "🏿")
        flag = "🇦" <= left <= "🇿" and "🇦" <= right <= "🇿"
        # A cut in front of "/" would make a command of what follows, which the sign before it prevented.
        if not (joined or flag or left == "\u200d" or right == "/"):
            return place
    return max(1, at)


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of one line and the tags around it, the outer one first; `text` is not yet escaped."""

    text: str
    tags: tuple[str, ...] = ()


Row = tuple[Run, ...]
"""One line."""


def mention(account: str, name: str) -> Run:
    """Rings for an account; `account` is Telegram's number of a person."""
    return Run(harmless(name), (f'a href="tg://user?id={int(account)}"',))


def rows(text: str, *tags: str) -> tuple[Row, ...]:
    """The lines of what was said; inside "code" and "pre" nothing is made a link anyway, and is copied as it stands."""
    if {"code", "pre"} & set(tags):
        return tuple((Run(line.rstrip(), tags),) for line in clean(text).strip("\n").split("\n"))
    return tuple(row(line.rstrip(), *tags) for line in text.strip("\n").split("\n"))


def row(line: str, *tags: str) -> Row:
    """A line of what was said, with the times in it as Telegram shows them."""
    found = tuple(Run(text, (*tags, *tag)) for text, tag in pieces(linkless(line)) if text)
    return found or (Run("", tags),)


def length(row: Row) -> int:
    return sum(units(run.text) for run in row)


def entities(row: Row) -> int:
    return sum(len(run.tags) for run in row)


def to_html(blocks: Iterable[tuple[bool, tuple[Row, ...]]]) -> str:
    """Blocks of lines as Telegram's HTML; a block is parted from the one before by an empty line, or `tight`."""
    made: list[str] = []
    opened: tuple[str, ...] = ()
    for run in _runs(blocks):
        if run.text:
            same = len(_common(opened, run.tags))
            made += [f"</{tag.split()[0]}>" for tag in reversed(opened[same:])]
            made += [f"<{tag}>" for tag in run.tags[same:]]
            made.append(escape(run.text, quote=False))
            opened = run.tags
    made += [f"</{tag.split()[0]}>" for tag in reversed(opened)]
    return "".join(made)


def _runs(blocks: Iterable[tuple[bool, tuple[Row, ...]]]) -> Iterator[Run]:
    for number, (tight, lines) in enumerate(blocks):
        if number:
            yield Run("\n" if tight else "\n\n")
        for at, row in enumerate(lines):
            if at:
                before = lines[at - 1]
                yield Run("\n", _common(before[-1].tags if before else (), row[0].tags if row else ()))
            yield from row


def _common(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    same = 0
    while same < min(len(one), len(other)) and one[same] == other[same]:
        same += 1
    return one[:same]
