"""One typed line -> words and key=value pairs, for chats where people type (Telegram, the web chat)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""\s*(?:(?P<key>[a-z_][a-z0-9_]*)=)?(?:"(?P<double>[^"]*)"|“(?P<curly>[^”]*)”|(?P<word>\S+))""", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Typed:
    words: tuple[str, ...]
    keyed: dict[str, str]


def parse(line: str) -> Typed:
    """Splits a line; quotes keep words together, `key=value` may quote its value. Never fails: any text is words."""
    words: list[str] = []
    keyed: dict[str, str] = {}
    text = line.strip().removeprefix("/")
    for match in _TOKEN.finditer(text):
        value = next((part for part in match.group("double", "curly", "word") if part is not None), "")
        key = match["key"].lower() if match["key"] is not None else None
        if key is None:
            words.append(value)
        elif key in keyed:
            words.append(f"{key}={value}")  # given twice: as a word too many it is refused, not half heard
        else:
            keyed[key] = value
    return Typed(tuple(words), keyed)
