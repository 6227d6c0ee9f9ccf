"""One typed line -> words and key=value pairs, for chats where people type (Telegram, the web chat)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.core.command import HIDDEN, Command, places

_QUOTED = {"double": ('"', '"'), "curly": ("“”", "”"), "corner": ("「", "」"), "wide": ("＂", "＂")}
"""Signs that open a quotation and the one that closes it, as keyboards for English and for Chinese give them."""
_ANY_QUOTED = "|".join(f"[{opens}](?P<{name}>[^{shuts}]*){shuts}" for name, (opens, shuts) in _QUOTED.items())
_TOKEN = re.compile(rf"\s*(?:(?P<key>[a-z_][a-z0-9_]*)[=＝])?(?:{_ANY_QUOTED}|(?P<word>\S+))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Typed:
    words: tuple[str, ...]
    keyed: dict[str, str]


def parse(line: str) -> Typed:
    """Splits a line; quotes keep words together, `key=value` may quote its value. Never fails: any text is words."""
    tokens = list(_tokens(line))
    return Typed(
        tuple(token.text for token in tokens if token.key is None),
        {token.key: token.text for token in tokens if token.key is not None},
    )


def masked(line: str, command: Command, used: int) -> str:
    """The line as it may be kept: without the values of secret arguments; its first `used` words name the command."""
    secret = {parameter.name for parameter in command.parameters if parameter.arg.secret}
    if not secret:
        return line
    tokens = list(_tokens(line))
    words = [token for token in tokens if token.key is None][used:]
    hide = [token for token in tokens if (token.key or token.text.partition("=")[0]) in secret]
    for parameter, place in places(command, {token.key for token in tokens if token.key}, len(words)):
        if parameter.name in secret:
            hide += words[place]
    for token in sorted(hide, key=lambda token: token.first, reverse=True):
        line = line[: token.first] + HIDDEN + line[token.last :]
    return line


@dataclass(frozen=True, slots=True)
class _Token:
    """A word (`key` None) or an option's value, and where in the line its text stands."""

    key: str | None
    text: str
    first: int
    last: int


def _tokens(line: str) -> Iterator[_Token]:
    seen = set()
    for match in _TOKEN.finditer(line, len(line) - len(line.lstrip().removeprefix("/"))):
        part = next(name for name in (*_QUOTED, "word") if match[name] is not None)
        key = match["key"] and match["key"].lower()
        if key in seen:  # given twice: as a word too many it is refused, not half heard
            yield _Token(None, f"{key}={match[part]}", match.start("key"), match.end())
        else:
            yield _Token(key, match[part], *match.span(part))
        if key:
            seen.add(key)
