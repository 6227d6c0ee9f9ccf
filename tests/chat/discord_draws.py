"""What Discord would make of a payload: its limits, and every markup, mention, link and emoji it would draw.

Written from Discord's own rules, not from the renderer: a line may only be one of the shapes the bot's design has, and
what is left of it must be escaped signs and plain letters. Whatever else is found is a finding, named in words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_PREFIX = re.compile(r"(?:> ## |> |### |-# |- (?=\S)|[⬜✅⛔➖] )?")
_BOLD = re.compile(r"\*\*(?P<inside>(?:\\.|[^\\*])+)\*\*")
_PAIR = re.compile(r"\\([^0-9A-Za-z\s])")
_TIME = re.compile(r"<t:-?\d{1,13}:[tTdDfFR]>")
_FENCE = re.compile(r"^```\n(?:(?!```).)*?\n```$", re.DOTALL | re.MULTILINE)
_ACTIVE = {
    "emphasis": r"[*_]",
    "strike": r"~",
    "spoiler": r"\|",
    "code": r"`",
    "angle bracket": r"[<>]",
    "masked link": r"[\[\]]",
    "heading": r"^\s*#{1,3}\s",
    "channel": r"#",
    "list": r"^\s*(?:[-*]|\d+\.)\s",
    "subtext": r"^-#",
    "emoji": r":[A-Za-z0-9_+~-]+:",
    "link": r"(?i)(?:https?|steam|discord):/",
    "invitation": r"(?i)discord(?:app)?\.(?:gg|com|new|gift)",
    "everyone": r"(?i)@(?:everyone|here)",
}
_PINGS = re.compile(r"@everyone|@here|<@[!&]?\d+>")
"""What the server notifies of, wherever it stands, also behind a backslash or in code."""


def size(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2  # fails on a lone surrogate, as sending would


def active(line: str) -> Iterator[str]:
    """Names of what the client would draw as more than letters, in text without any markup of ours."""
    bare = _PAIR.sub("\ufffc", line)
    if bare.endswith("\\"):
        yield "open escape"
    for name, pattern in _ACTIVE.items():
        if re.search(pattern, bare):
            yield f"{name} in {line!r}"


def seen(line: str) -> str:
    """What a reader sees of escaped text; zero-width breaks are not seen."""
    return _PAIR.sub(r"\1", line).replace("\u200b", "")


def findings(text: str, *, times: bool, is_block: bool = True) -> list[str]:
    """What is wrong in a text; `times`: Discord's own may be in it; `is_block`: lines may be quotes, headings."""
    found = [f"ping in {text!r}" for _ in _PINGS.finditer(text)]
    without_code = _FENCE.sub("", text)
    if times:
        without_code = _TIME.sub("T", without_code)
    for line in without_code.split("\n"):
        rest = line[_PREFIX.match(line).end() :] if is_block else line  # type: ignore[union-attr]  # it matches nothing too
        bold = _BOLD.match(rest)
        if bold:
            found += active(bold["inside"])
            rest = rest[bold.end() :]
        found += active(rest)
    return found


def _length(name: str, text: str, most: int, least: int = 1) -> Iterator[str]:
    if not least <= size(text) <= most:
        yield f"{name} of {size(text)} units"
    if least and not text.strip():
        yield f"{name} without anything in it"


def embed_findings(embeds: Any, *, times: bool) -> list[str]:
    found: list[str] = [] if 1 <= len(embeds) <= 10 else [f"{len(embeds)} embeds"]
    total = 0
    for embed in embeds:
        parts = [("title", embed.get("title"), 256), ("description", embed.get("description"), 4096)]
        for field in embed.get("fields", ()):
            parts += [("name", field["name"], 256), ("value", field["value"], 1024)]
        if len(embed.get("fields", ())) > 25:
            found.append("more than 25 fields")
        for name, text, most in parts:
            if text is not None:
                total += size(text)
                may_have_times = times and name not in ("title", "name")
                found += _length(name, text, most)
                found += findings(text, times=may_have_times, is_block=name == "description")
        if "footer" in embed:
            total += size(embed["footer"]["text"])
            found += _length("footer", embed["footer"]["text"], 2048)
    return found if total <= 6000 else [*found, f"{total} units in all embeds"]


def component_findings(rows: Any) -> list[str]:
    found: list[str] = [] if len(rows) <= 5 else [f"{len(rows)} rows"]
    ids = [part["custom_id"] for row in rows for part in row["components"]]
    found += [] if len(ids) == len(set(ids)) else ["a custom id stands twice"]
    for name in ids:
        found += _length("custom_id", name, 100)
    for row in rows:
        parts = row["components"]
        kinds = {part["type"] for part in parts}
        if kinds not in ({2}, {3}) or len(parts) > (5 if kinds == {2} else 1):
            found.append(f"a row of {len(parts)} parts of the types {kinds}")
        for part in parts:
            found += _length("label", part["label"], 80) if part["type"] == 2 else _select_findings(part)
    return found


def _select_findings(select: Any) -> Iterator[str]:
    yield from _length("placeholder", select["placeholder"], 150)
    options = select["options"]
    if not 1 <= len(options) <= 25:
        yield f"{len(options)} options"
    if len({option["value"] for option in options}) < len(options):
        yield "a value stands twice"
    for option in options:
        yield from _length("option", option["label"], 100)
        yield from _length("value", option["value"], 100)
        if "description" in option:
            yield from _length("option description", option["description"], 100)
