"""Reads the playbook and checklist files and refuses what does not fit, naming file and entry."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.core.errors import StartError
from bot.core.model import Role
from prompts.claims import GOAL_KINDS, PLACEHOLDERS
from prompts.wording import Template

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

LANGUAGES = ("en", "zh-CN")
"""Every line exists in all of these: a line and its gloss are twins."""

DAYS = ("today", "tomorrow")
"""A show later than tomorrow is not spoken of on the way out."""

AUTO_FACTS = ("prices_set", "rundown_complete", "host_assigned")
"""Facts that tick a checklist item by themselves."""

_OWNERS = {role.name.lower(): role for role in (Role.HOST, Role.OPERATOR, Role.MANAGER)}
_SECTIONS = (
    *("venue", "light", "camera", "sound", "network", "devices"),
    *("products", "prices", "benefits", "host", "compliance"),
)


@dataclass(frozen=True, slots=True)
class PlaybookLine:
    """`needs`: the placeholders of its text, in all languages the same. `stock_at_most`: true only up to that stock."""

    id: str
    tactic: str
    texts: Mapping[str, Template]
    needs: tuple[str, ...]
    stock_at_most: int | None = None


@dataclass(frozen=True, slots=True)
class TemplateItem:
    """One item of a checklist template; `due_s` is seconds before the planned start. Texts: checklist.item.<key>."""

    key: str
    section: str
    owner: Role
    required: bool
    due_s: int
    auto: str | None = None


def read_playbook(path: Path, tactic: str, placeholders: Collection[str] = PLACEHOLDERS) -> tuple[PlaybookLine, ...]:
    """The lines of one tactic, in the file's order. `placeholders`: what they may claim.

    Raises:
        StartError: the file cannot be read or an entry is wrong.
    """
    page = _load(path)
    where = _name(path)
    _keys(page, where, required={"tactic": str, "line": list}, optional={"goals": dict, "limited": dict, "days": dict})
    if page["tactic"] != tactic:
        raise StartError(f"{where}: tactic must be {tactic!r}, the name of the file")
    lines = tuple(_line(entry, tactic, where, place, placeholders) for place, entry in enumerate(page["line"], 1))
    if all(line.stock_at_most is not None for line in lines):
        raise StartError(f"{where}: at least one line must have no condition")
    return lines


def read_phrases(path: Path) -> tuple[Mapping[str, Mapping[str, Template]], Mapping[str, Template]]:
    """The [goals] and [limited] tables of a playbook file: how a goal and a limited benefit are said."""
    page, where = _load(path), _name(path)
    goals = page.get("goals", {})
    if set(goals) != set(GOAL_KINDS):
        raise StartError(f"{where}: [goals] must have exactly {', '.join(GOAL_KINDS)}")
    said = {kind: _texts(table, f"{where}, goals.{kind}") for kind, table in goals.items()}
    limited = _texts(page.get("limited", {}), f"{where}, limited")
    for kind, texts in said.items():
        _uses(texts, {"n"}, f"{where}, {kind}")
    _uses(limited, {"n", "what"}, f"{where}, limited")
    return said, limited


def read_days(path: Path) -> Mapping[str, Mapping[str, Template]]:
    """The [days] table of a playbook file: how a time of today and of tomorrow is said."""
    page, where = _load(path), _name(path)
    days = page.get("days", {})
    if set(days) != set(DAYS):
        raise StartError(f"{where}: [days] must have exactly {', '.join(DAYS)}")
    said = {day: _texts(table, f"{where}, days.{day}") for day, table in days.items()}
    for day, texts in said.items():
        _uses(texts, {"time"}, f"{where}, days.{day}")
    return said


def _uses(texts: Mapping[str, Template], wanted: set[str], where: str) -> None:
    if any(text.names != wanted for text in texts.values()):
        raise StartError(f"{where}: the text must use {', '.join(f'{{{one}}}' for one in sorted(wanted))}")


def read_checklist(path: Path) -> tuple[TemplateItem, ...]:
    """The items of one template, in the file's order.

    Raises:
        StartError: the file cannot be read or an entry is wrong.
    """
    page = _load(path)
    where = _name(path)
    _keys(page, where, required={"item": list}, optional={})
    items = tuple(_item(entry, where, place) for place, entry in enumerate(page["item"], 1))
    _unique([item.key for item in items], where)
    return items


def _line(entry: Any, tactic: str, where: str, place: int, placeholders: Collection[str]) -> PlaybookLine:
    where = f"{where}, line {_label(entry, 'id', place)}"
    _keys(entry, where, required={"id": str}, optional={"stock_at_most": int} | dict.fromkeys(LANGUAGES, str))
    texts = _texts({name: entry[name] for name in LANGUAGES if name in entry}, where)
    needs = texts[LANGUAGES[0]].names
    for language, text in texts.items():
        unknown = sorted(text.names - set(placeholders))
        if unknown:
            known = ", ".join(sorted(placeholders))
            raise StartError(f"{where}: unknown placeholder {{{unknown[0]}}} in {language}; known are {known}")
        if text.names != needs:
            raise StartError(f"{where}: {LANGUAGES[0]} and {language} must use the same placeholders")
    limit = entry.get("stock_at_most")
    if limit is not None and "stock" not in needs:
        raise StartError(f"{where}: stock_at_most is for lines that say {{stock}}")
    return PlaybookLine(entry["id"], tactic, texts, tuple(sorted(needs)), limit)


def _item(entry: Any, where: str, place: int) -> TemplateItem:
    where = f"{where}, item {_label(entry, 'key', place)}"
    required = {"key": str, "section": str, "owner": str, "required": bool, "due_s": int}
    _keys(entry, where, required=required, optional={"auto": str})
    for field, choices in (("owner", tuple(_OWNERS)), ("section", _SECTIONS), ("auto", AUTO_FACTS)):
        if field in entry and entry[field] not in choices:
            raise StartError(f"{where}: {field} {entry[field]!r} is unknown; use one of {', '.join(choices)}")
    if entry["due_s"] < 0:
        raise StartError(f"{where}: due_s counts back from the start and cannot be negative")
    return TemplateItem(**{**entry, "owner": _OWNERS[entry["owner"]]})


def _texts(table: Mapping[str, Any], where: str) -> dict[str, Template]:
    texts = {}
    for language in LANGUAGES:
        text = table.get(language)
        if not isinstance(text, str) or not text.strip():
            raise StartError(f"{where}: there is no text in {language}; every line needs {' and '.join(LANGUAGES)}")
        try:
            texts[language] = Template.parse(text)
        except ValueError as error:
            raise StartError(f"{where}: the text in {language} is wrong: {error}") from error
    return texts


def _keys(table: Any, where: str, *, required: Mapping[str, type], optional: Mapping[str, type]) -> None:
    if not isinstance(table, dict):
        raise StartError(f"{where}: must be a table")
    allowed = {**required, **optional}
    for key, value in table.items():
        if key not in allowed:
            raise StartError(f"{where}: unknown key {key!r}; known are {', '.join(allowed)}")
        if type(value) is not allowed[key]:
            raise StartError(f"{where}: {key} must be {allowed[key].__name__}, not {type(value).__name__}")
    missing = [key for key in required if key not in table]
    if missing:
        raise StartError(f"{where}: {missing[0]} is missing")


def _label(entry: Any, field: str, place: int) -> str:
    named = entry.get(field) if isinstance(entry, dict) else None
    return repr(named) if named else f"number {place}"


def _unique(names: list[str], where: str) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise StartError(f"{where}: {twice!r} stands twice")


def _name(path: Path) -> str:
    return "/".join(path.parts[-2:])


def _load(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise StartError(f"{_name(path)}: cannot be read: {error}") from error
