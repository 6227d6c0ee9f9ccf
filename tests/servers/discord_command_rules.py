"""What Discord refuses of a tree of commands, and its document does not say."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from tests.servers.openapi import Problem

MOST, CHARACTERS = 100, 8000
"""Slash commands in all; and characters of names, descriptions and choices in one of them."""
SUBCOMMAND, GROUP = 1, 2
_SLASH = 1
Problems = Iterator[Problem]


def commands(body: Any) -> Problems:
    """The whole tree as it is synced (PUT)."""
    if not isinstance(body, list):
        return
    if sum(command.get("type", _SLASH) == _SLASH for command in body) > MOST:
        yield Problem((), "APPLICATION_COMMANDS_MAX", f"At most {MOST} slash commands")
    names = [(command.get("type", _SLASH), command.get("name")) for command in body]
    if len(names) != len(set(names)):
        yield Problem((), "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique")
    for index, command in enumerate(body):
        where = (str(index),)
        if command.get("type", _SLASH) != _SLASH:
            continue
        yield from _named(where, command)
        yield from _options(where, command, depth=0)
        if (size := _size(command)) > CHARACTERS:
            yield Problem(where, "APPLICATION_COMMAND_TOO_LARGE", f"{size} of {CHARACTERS} characters")


def _named(where: tuple[str, ...], thing: dict[str, Any]) -> Problems:
    for name in (thing.get("name"), *(thing.get("name_localizations") or {}).values()):
        if not is_name(name):
            wrong = "APPLICATION_COMMAND_INVALID_NAME"
            yield Problem((*where, "name"), wrong, f"Command name is invalid: {name!r}")
    for text in (thing.get("description"), *(thing.get("description_localizations") or {}).values()):
        if not isinstance(text, str) or not 1 <= len(text) <= 100:
            wrong = "BASE_TYPE_REQUIRED" if not text else "BASE_TYPE_BAD_LENGTH"
            yield Problem((*where, "description"), wrong, "Must be between 1 and 100 in length.")


def is_name(name: Any) -> bool:
    r"""`^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$`, and nothing in it that has a lower case is in another."""
    if not isinstance(name, str) or not 1 <= len(name) <= 32 or name != name.lower():
        return False
    return all(each in "-_'" or unicodedata.category(each)[0] in "LN" or _indic(each) for each in name)


def _indic(character: str) -> bool:
    """Devanagari and Thai, with their marks."""
    return re.match(r"[\u0900-\u097f\u0e00-\u0e7f]", character) is not None


def _options(where: tuple[str, ...], command: dict[str, Any], depth: int) -> Problems:
    options = command.get("options") or []
    names = [option.get("name") for option in options]
    if len(names) != len(set(names)):
        yield Problem((*where, "options"), "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", "Names must be unique")
    nested = [option.get("type") in {SUBCOMMAND, GROUP} for option in options]
    if any(nested) and not all(nested):
        yield Problem((*where, "options"), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Subcommands beside options")
    optional = False
    for index, option in enumerate(options):
        here = (*where, "options", str(index))
        yield from _named(here, option)
        if option.get("required") and optional:
            wrong = "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID"
            yield Problem((*here, "required"), wrong, "Required options must be placed before non-required options")
        optional = optional or not option.get("required")
        yield from _choices(here, option)
        if option.get("type") in {SUBCOMMAND, GROUP}:
            if depth + option["type"] > GROUP:
                yield Problem(here, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Nested too deep")
            yield from _options(here, option, depth=depth + (1 if option["type"] == GROUP else GROUP))


def _choices(where: tuple[str, ...], option: dict[str, Any]) -> Problems:
    choices = option.get("choices") or []
    if choices and option.get("autocomplete"):
        yield Problem(
            (*where, "autocomplete"), "APPLICATION_COMMAND_AUTOCOMPLETE_AND_CHOICES", "Choices, or autocomplete"
        )
    for part in ("name", "value"):
        values = [choice.get(part) for choice in choices]
        if len(values) != len(set(values)):
            wrong = "APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_ALREADY_EXISTS"
            yield Problem((*where, "choices"), wrong, f"Two choices have the same {part}")


def _size(thing: dict[str, Any]) -> int:
    """As Discord counts: the longest of each text over the languages, down to the choices."""
    own = 0
    for part in ("name", "description"):
        own += max(map(len, (thing.get(part) or "", *(thing.get(f"{part}_localizations") or {}).values())))
    if isinstance(thing.get("value"), str):
        own += len(thing["value"])
    return own + sum(_size(each) for inside in ("options", "choices") for each in thing.get(inside) or [])
