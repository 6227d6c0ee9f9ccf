"""Whether what stands in a chat says what was meant: words and figures, whatever the markup around them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

_MOMENT = re.compile(r"\(?<t:-?\d+(?::\w)?>\)?")
_CLOCK = re.compile(r"\b\d{1,2}:\d{2}(?::\d{2})?\b")
"""Discord draws times in each reader's own zone, the others in words: equal words cannot be asked of them."""
_WORD = re.compile(r"\d[\d.,]*\d|\w+")
_ESCAPED = re.compile(r"\\([\\`*_~|<>#.()\[\]-])")


def words(text: str) -> Counter[str]:
    """Words and figures, how often each; without markup, times of day and invisible signs."""
    plain = _MOMENT.sub(" ", _ESCAPED.sub(r"\1", text))
    return Counter(_WORD.findall(_CLOCK.sub(" ", plain.translate(_INVISIBLE)).replace("_", " ")))


_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u2060\ufe0f\u200d"))


def likeness(one: Counter[str], other: Counter[str]) -> float:
    """1 for the same words, 0 for none in common."""
    together = (one | other).total()
    return (one & other).total() / together if together else 1.0


def within(part: Counter[str], whole: Counter[str]) -> float:
    """How much of a part stands in the whole: 1 for all of it."""
    return (part & whole).total() / part.total() if part else 0.0


def figures(text: str) -> Counter[str]:
    return Counter({word: count for word, count in words(text).items() if word[0].isdigit()})


def on_discord(message: dict[str, Any]) -> str:
    """All that can be read in a message, but for the line that stands before it on a lock screen."""
    return "\n".join(_parts(message))


def _parts(message: dict[str, Any]) -> Iterable[str]:
    if not message["embeds"]:
        yield message["content"]
    for embed in message["embeds"]:
        yield from (embed.get("title", ""), embed.get("description", ""))
        for field in embed.get("fields", []):
            yield f"{field['name']} {field['value']}"
