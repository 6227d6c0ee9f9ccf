"""People's words as Discord's Markdown that draws exactly these words: no markup, mention, link or emoji of theirs.

Lengths are counted in UTF-16 units. Discord counts code points, which are never more, so nothing is ever too long.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.core.delivery import Words
from bot.core.reply import Line, When, changed, msg

Speak = Callable[[Line], str]

NOTHING = "–"
"""Stands where Discord wants text and there is none to see."""

_BREAKS = re.compile("\r\n|[\r\x85\u2028\u2029\x0b\x0c]")
_LONE = re.compile("[\ud800-\udfff]")
_NEVER = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f"  # control characters
    "\u202a-\u202e\u2066-\u2069"  # what turns the direction of everything behind it
    "\ufffe\uffff\ue000-\uf8ff\U000f0000-\U0010ffff]"  # private use: our stamps are made of these
)
_STAMP = re.compile("\ue0f0([\ue000-\ue00a]+)([\ue100-\ue1ff])\ue0f1")
_ATOM = re.compile(r"<t:-?\d+:\w>|\\.|.", re.DOTALL)
_SIGN = re.compile(".", re.DOTALL)
_ESCAPED = re.compile(
    r"[\\*_~|`<>\[\]#]"  # emphasis, spoilers, code, quotes, links, headings, everything in angle brackets
    r"|:(?=/)|:(?=[\w+~-]{1,100}:)"  # addresses, :emoji:
    r"|(?<=discord)\.(?=\w)|(?<=discordapp)\.(?=\w)"  # invitations need no scheme to be drawn as a card
    r"|\A[-+]|\A\d+[.)]",  # lists
    re.IGNORECASE,
)
_PING = re.compile(r"@(?=everyone|here|[!&]?\d)", re.IGNORECASE)
_STYLES = {"full": "f", "date": "D", "time": "t", "exact": "T"}


@dataclass(frozen=True, slots=True)
class Voice:
    """One reader's words. `say` marks times for `escaped` to turn into Discord's own; `plain` writes them out.

    Whatever goes where Discord draws no times (labels, titles, code, notifications, files) is said with `plain`.
    """

    say: Speak
    plain: Speak


def voice(words: Words, language: str, zone: str) -> Voice:
    """The words of a reader of `language` (BCP 47) who lives in `zone` (IANA)."""
    plain = words.reader(language, zone).line

    def moment(when: When) -> str:
        here = stamp(when.at, when.style)
        if when.zone is None:
            return here
        return plain(msg("discord.there_and_here", there=plain(msg("value", value=when)), here=here))

    return Voice(words.reader(language, zone, moment=moment).line, plain)


def stamp(at: datetime, style: str) -> str:
    """A mark in private-use characters, which nobody's words contain, for an instant in its style (see `When`)."""
    digits = "".join("\ue00a" if sign == "-" else chr(0xE000 + int(sign)) for sign in str(int(at.timestamp())))
    return f"\ue0f0{digits}{chr(0xE100 + ord(_STYLES[style]))}\ue0f1"


def clean(text: str) -> str:
    """The text without what nobody can see and something may trip over; line breaks are LF."""
    return _NEVER.sub("", _LONE.sub("\ufffd", _BREAKS.sub("\n", text)))


def cleaned(line: Line) -> Line:
    """The line with all data in it cleaned."""
    return changed(line, clean)


def flat(text: str) -> str:
    """One line, ends trimmed; `NOTHING` where there is nothing to see."""
    text = " ".join(text.split())
    return text if any(map(_is_seen, text)) else NOTHING


def _is_seen(sign: str) -> bool:
    kind = unicodedata.category(sign)
    return kind[0] in "LNPS" or kind == "Co"  # a stamp


def escaped(text: str) -> str:
    """One flat line as Markdown that draws as itself; stamps become Discord's own times."""
    done, at = [], 0
    for found in _STAMP.finditer(text):
        done += [_escaped(text[at : found.start()], at_start=at == 0), _time(found)]
        at = found.end()
    return "".join([*done, _escaped(text[at:], at_start=at == 0)])


def _escaped(text: str, *, at_start: bool) -> str:
    if at_start:
        text = text.lstrip()
    broken = _ESCAPED.sub(lambda found: f"{found[0][:-1]}\\{found[0][-1]}", text)
    return without_pings(broken)


def without_pings(text: str) -> str:
    """Discord notifies of what looks like a mention wherever it stands, also in code: a zero-width space breaks it."""
    return _PING.sub("@\u200b", text)


def _time(found: re.Match[str]) -> str:
    digits = "".join("-" if sign == "\ue00a" else str(ord(sign) - 0xE000) for sign in found[1])
    return f"<t:{digits}:{chr(ord(found[2]) - 0xE100)}>"


def units(text: str) -> int:
    """Length in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, limit: int) -> str:
    """Escaped text within `limit` units, with an ellipsis where something is missing; no escape or time is split."""
    return _cut(text, limit, _ATOM)


def cut_plain(text: str, limit: int) -> str:
    """Unescaped text within `limit` units, with an ellipsis where something is missing."""
    return _cut(text, limit, _SIGN)


def _cut(text: str, limit: int, atoms: re.Pattern[str]) -> str:
    if units(text) <= limit:
        return text
    kept, left = [], limit - 1
    for found in atoms.finditer(text):
        left -= units(found[0])
        if left < 0:
            break
        kept.append(found[0])
    return "".join(kept).rstrip(" \u200d") + "…"


def width(text: str) -> int:
    """Columns in a typeface of equal widths: East Asian letters and emoji take two, marks on a letter none."""
    return sum(_columns(sign) for sign in text)


def _columns(sign: str) -> int:
    if unicodedata.category(sign) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1
