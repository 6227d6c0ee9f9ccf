"""The phrases of tests/core/phrases_*: what they mean, and which are refused."""

from __future__ import annotations

import functools
import json
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent / "core"
LANGUAGES = ("en", "zh")


class Setting(NamedTuple):
    """The room's zone and the moment at which a phrase is typed."""

    zone: str
    now: datetime


class Meant(NamedTuple):
    """`instants` as local ISO times with their offset; `goes_on`: there are more after them."""

    setting: Setting
    text: str
    instants: tuple[str, ...]
    goes_on: bool


class Refused(NamedTuple):
    """`instead` and `at` are None where the corpus leaves them open."""

    setting: Setting
    text: str
    key: str
    instead: str | None
    at: int | None


def _lines(language: str) -> list[list[str]]:
    text = (HERE / f"phrases_{language}.tsv").read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines() if not line.startswith("#")]


@functools.cache
def settings() -> dict[str, Setting]:
    rows = [row for language in LANGUAGES for row in _lines(language) if row[0].startswith("@")]
    return {name[1:]: Setting(zone, datetime.fromisoformat(now)) for name, zone, now in rows}


@functools.cache
def meant(language: str) -> tuple[Meant, ...]:
    found = []
    for name, text, instants in (row for row in _lines(language) if not row[0].startswith("@")):
        listed = instants.split()
        found.append(Meant(settings()[name], text, tuple(each for each in listed if each != "..."), "..." in listed))
    return tuple(found)


@functools.cache
def refused() -> tuple[Refused, ...]:
    rows: list[dict[str, Any]] = [
        json.loads(line) for line in (HERE / "phrases_refused.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    return tuple(
        Refused(settings()[row["in"]], row["text"], row["key"], row.get("instead"), row.get("at")) for row in rows
    )
