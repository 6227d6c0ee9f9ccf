"""A strict reader of Telegram's HTML, and what Telegram would make links of: written from the Bot API's pages alone.

Telegram itself forgives some of what is refused here (an unclosed tag never, an unknown entity sometimes).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_TAGS = {"b", "i", "u", "s", "code", "pre", "blockquote", "a", "tg-time"}
_TOKEN = re.compile(r"<(/?)([a-z-]+)([^<>]*)>|&(lt|gt|amp|quot);|([^<>&])", re.DOTALL)
_TIME = re.compile(r' unix="([0-9]{1,11})"(?: format="(r|w?[dD]?[tT]?)")?')
_PING = re.compile(r' href="tg://user\?id=([1-9][0-9]*)"')


class BrokenError(AssertionError):
    """Telegram would answer 400: can't parse entities."""


@dataclass
class Parsed:
    """`entities`: kind, start and end in the text, in characters, in the order they close.

    `pings`: the accounts; `times`: seconds since the epoch and the format, "" where the words stay as they are.
    """

    text: str = ""
    entities: list[tuple[str, int, int]] = field(default_factory=list)
    pings: list[str] = field(default_factory=list)
    times: list[tuple[int, str]] = field(default_factory=list)

    @property
    def length(self) -> int:
        return len(self.text.encode("utf-16-le")) // 2

    def inside(self, *kinds: str) -> list[tuple[int, int]]:
        return [(start, end) for kind, start, end in self.entities if kind in kinds]

    def outside(self, *kinds: str) -> str:
        """The text with everything in such entities blanked out by line breaks."""
        signs = list(self.text)
        for start, end in self.inside(*kinds):
            signs[start:end] = "\n" * (end - start)
        return "".join(signs)


def parse(html: str) -> Parsed:
    parsed, opened, signs, at = Parsed(), [], [], 0
    while at < len(html):
        found = _TOKEN.match(html, at)
        if found is None:
            raise BrokenError(f"stray {html[at]!r} at {at}: {html[max(0, at - 30) : at + 30]!r}")
        at = found.end()
        closes, tag, rest, entity, sign = found.groups()
        if sign or entity:
            signs.append(sign or {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}[entity])
        elif closes:
            if rest or not opened or opened[-1][0] != tag:
                raise BrokenError(f"</{tag}> closes {opened[-1:]}")
            _, start = opened.pop()
            if start == len(signs):
                raise BrokenError(f"<{tag}> holds nothing")
            parsed.entities.append((tag, start, len(signs)))
        else:
            _open(parsed, tag, rest, [name for name, _ in opened])
            opened.append((tag, len(signs)))
    if opened:
        raise BrokenError(f"never closed: {opened}")
    parsed.text = "".join(signs)
    parsed.text.encode()  # half a surrogate pair cannot be sent
    return parsed


def _open(parsed: Parsed, tag: str, rest: str, around: list[str]) -> None:
    if tag not in _TAGS:
        raise BrokenError(f"<{tag}> is no tag of Telegram's")
    if {"code", "pre"} & set(around) or (tag in ("code", "pre") and around):
        raise BrokenError(f"<{tag}> within {around}: code holds and bears nothing else")
    if tag in around:
        raise BrokenError(f"<{tag}> within itself")
    ping = _PING.fullmatch(rest) if tag == "a" else None
    time = _TIME.fullmatch(rest) if tag == "tg-time" else None
    if ping:
        parsed.pings.append(ping[1])
    elif time:
        parsed.times.append((int(time[1]), time[2] or ""))
    elif rest or tag in ("tg-time", "a"):
        raise BrokenError(f"<{tag}{rest}>: only people are linked")


LINKS = {
    # A name, tag, stock or command begins where no letter, digit or underscore stands before it.
    "mention": re.compile(r"(?<!\w)@[A-Za-z0-9_]{2,32}"),
    "hashtag": re.compile(r"(?<![\w])#\w{1,256}"),
    "cashtag": re.compile(r"(?<![\w$])\$(?:1INCH|[A-Z]{1,8})(?!\w)"),
    "command": re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?![\w/<>])"),
    "tg": re.compile(r"(?:tg|ton|tonsite):(?://)?[A-Za-z0-9_-]", re.IGNORECASE),
    "scheme": re.compile(r"[A-Za-z][A-Za-z0-9+-]*://\S"),
    "email": re.compile(r"[\w.+-]+@[\w-]+\.\w"),
    # Any top-level domain: a name of letters behind a dot. Joiners and spaces stand in no host; U+200C and U+200D do.
    "domain": re.compile("[\\w\u200c\u200d~-]+\\.(?![0-9]+(?!\\w))[\\w\u200c\u200d-]{2,}"),
    "ip": re.compile(r"(?<!\d)(?:[0-9]{1,3}\.){3}[0-9]{1,3}"),
    "phone": re.compile(r"\+\d(?:[ ()-]?\d){6,14}|\d{8,}"),
}


def links(parsed: Parsed) -> list[tuple[str, str]]:
    """What Telegram, or a phone, would make tappable in it by itself. Code is left alone, and so is who is pinged."""
    text = parsed.outside("code", "pre", "a")
    return [(kind, found[0]) for kind, pattern in LINKS.items() for found in pattern.finditer(text)]
