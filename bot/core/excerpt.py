"""A person's own words, cut and cleaned so that an error message can repeat them."""

from __future__ import annotations

import re

_LONE = re.compile("[\ud800-\udfff]")


def excerpt(text: str, limit: int = 80) -> str:
    """At most `limit` characters on one line.

    Control characters and lone surrogates become U+FFFD: what we repeat must survive UTF-8 and every chat.
    """
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in cut)


def whole(text: str) -> str:
    """The text with U+FFFD for every lone surrogate: no file can keep half a character."""
    return _LONE.sub("\ufffd", text)
