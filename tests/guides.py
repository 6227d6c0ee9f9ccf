"""What the guides for Discord and Telegram say is typed and answered, read from their text.

A mark in front of a block of lines says who types them and where (`<!-- typed: lin #us-team -->`); the quote behind the
block is what the bot must say to the last of them, line by line.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
_STEP = re.compile(
    r"<!-- (?P<what>typed|started): (?P<who>\w+) (?P<where>\S+) -->\n"
    r"(?:```text\n(?P<lines>.*?)```\n)?(?P<says>(?:> [^\n]*\n)*)",
    re.DOTALL,
)
_SHOWN = re.compile(r"<!-- shown: (.+?) -->\n```text\n(.*?)```", re.DOTALL)
_ROW = re.compile(r"^\| (.+?) \| .+ \|$", re.MULTILINE)
_TEXT = re.compile(r'^msgstr(?:\[\d\])? "(.*)"$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Step:
    """`started`: somebody opens a deep link; `where` is its payload then. `says`: in what the bot says to the last."""

    what: str
    who: str
    where: str
    lines: tuple[str, ...]
    says: tuple[str, ...]


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text("utf-8")


def steps(name: str) -> Iterator[Step]:
    for found in _STEP.finditer(page(name)):
        says = tuple(line.removeprefix("> ") for line in found["says"].splitlines())
        yield Step(found["what"], found["who"], found["where"], tuple((found["lines"] or "").splitlines()), says)


def shown(name: str) -> dict[str, list[str]]:
    """Output that a page shows, by its mark."""
    return {found[1]: found[2].splitlines() for found in _SHOWN.finditer(page(name))}


def symptoms(name: str) -> list[str]:
    """What the bot says according to the table of what does not work."""
    table = page(name).partition("## When it does not work")[2].partition("\n## ")[0]
    cells = [row for row in _ROW.findall(table) if row not in ("You see", "---")]
    return [text for cell in cells for text in re.findall(r"`([^`]+)`", cell) if " " in text]


def everything_said() -> str:
    """Texts of the catalogues and of the program, one a line, with \\0 where something is filled in."""
    texts = []
    for path in (ROOT / "prompts/locales/en/LC_MESSAGES").glob("*.po"):
        texts += [re.sub(r"\{\w+\}", "\0", text) for text in _TEXT.findall(path.read_text("utf-8"))]
    for path in (ROOT / "bot").rglob("*.py"):
        texts += _constants(ast.parse(path.read_text("utf-8")))
    return "\n".join(texts)


def _constants(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "\0" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
