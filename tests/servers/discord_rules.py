"""What Discord refuses and its document does not say: lengths over several fields, emptiness, names, duplicates."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from tests.servers.discord_command_rules import commands
from tests.servers.openapi import Problem, against_document

CONTENT, EMBEDS_TOTAL, ROWS, BUTTONS, OPTIONS, CUSTOM_ID, V2_COMPONENTS = 2000, 6000, 5, 5, 25, 100, 40
"""In characters (Discord counts code points) and pieces. The document's 4,000 of content are for paying people."""
V2 = 1 << 15
"""The message flag with which components replace content and embeds."""
EMPTY = "CANNOT_SEND_EMPTY"
"""Answered with a code of its own (50006), not as a bad form."""
_ROW, _BUTTON, _LINK = 1, 2, 5
_SELECTS = frozenset({3, 5, 6, 7, 8})
Problems = Iterator[Problem]


def objections(method: str, path: str, body: Any = None, query: dict[str, str] | None = None) -> list[Problem]:
    """Everything wrong with a request: the document's word first, then the rules of this module."""
    found = against_document(method, path, body, query)
    for wanted, pattern, rule in _RULES:
        if method == wanted and re.fullmatch(pattern, path):
            found += [problem for problem in rule(body) if problem not in found]
    return found


def _too_long(where: tuple[str, ...], text: Any, most: int) -> Problems:
    if isinstance(text, str) and len(text) > most:
        yield Problem(where, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")


def _required(where: tuple[str, ...], text: Any) -> Problems:
    if not isinstance(text, str) or not text.strip():
        yield Problem(where, "BASE_TYPE_REQUIRED", "This field is required")


def new_message(body: Any) -> Problems:
    """A message as it is sent. What a later edit leaves is judged by the server, which knows what was there."""
    if not isinstance(body, dict):
        yield Problem((), "BASE_TYPE_REQUIRED", "A message is an object")
        return
    content = (body.get("content") or "").strip()
    if not content and not any(
        body.get(part) for part in ("embeds", "components", "attachments", "sticker_ids", "poll")
    ):
        yield Problem((), EMPTY, "Cannot send an empty message")
    yield from edited_message(body)


def edited_message(body: Any) -> Problems:
    if not isinstance(body, dict):
        return
    v2 = bool((body.get("flags") or 0) & V2)
    if v2 and (body.get("content") or body.get("embeds")):
        yield Problem(("flags",), "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", "No content or embeds with V2")
    yield from _too_long(("content",), body.get("content"), CONTENT)
    yield from _embeds(body)
    yield from _components(body.get("components") or [], v2)
    mentions = body.get("allowed_mentions") or {}
    for kind in ("users", "roles"):
        if mentions.get(kind) and kind in (mentions.get("parse") or []):
            wrong = "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE"
            yield Problem(("allowed_mentions",), wrong, f"parse:{kind} and {kind}: [ids...] are mutually exclusive.")


def _embeds(body: dict[str, Any]) -> Problems:
    total = 0
    files = {each.get("filename") for each in body.get("attachments") or []}
    for index, embed in enumerate(body.get("embeds") or []):
        where = ("embeds", str(index))
        if not any(
            embed.get(part) for part in ("title", "description", "fields", "image", "footer", "author", "video")
        ):
            yield Problem((*where, "description"), "BASE_TYPE_REQUIRED", "This field is required")
        for part, field in enumerate(embed.get("fields") or []):
            for name in ("name", "value"):
                yield from _required((*where, "fields", str(part), name), field.get(name))
        for place in ("image", "thumbnail"):
            yield from _picture((*where, place, "url"), (embed.get(place) or {}).get("url"), files)
        total += sum(map(len, _texts(embed)))
    if total > EMBEDS_TOTAL:
        yield Problem(("embeds",), "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {EMBEDS_TOTAL}")


def _texts(embed: dict[str, Any]) -> Iterator[str]:
    """What counts towards the total."""
    yield from (embed.get(part) or "" for part in ("title", "description"))
    yield (embed.get("footer") or {}).get("text") or ""
    yield (embed.get("author") or {}).get("name") or ""
    for field in embed.get("fields") or []:
        yield from (field.get(part) or "" for part in ("name", "value"))


def _picture(where: tuple[str, ...], url: Any, files: set[Any]) -> Problems:
    if not isinstance(url, str):
        return
    scheme, _, name = url.partition("://")
    if scheme not in {"http", "https", "attachment"}:
        yield Problem(where, "URL_TYPE_INVALID_SCHEME", f"Scheme {scheme!r} must be one of http, https, attachment.")
    elif scheme == "attachment" and name not in files:
        yield Problem(where, "ATTACHMENT_NOT_FOUND", f"No file called {name!r} is sent with it")


def _components(rows: list[Any], v2: bool) -> Problems:
    every = list(_walk(rows, ("components",)))
    if not v2 and len(rows) > ROWS:
        yield Problem(("components",), "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {ROWS} in length.")
    if v2 and len(every) > V2_COMPONENTS:
        yield Problem(("components",), "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", f"At most {V2_COMPONENTS} components")
    taken: set[str] = set()
    for where, component in every:
        kind = component.get("type")
        if kind == _ROW:
            yield from _row(where, component.get("components") or [])
        elif kind == _BUTTON:
            yield from _button(where, component)
        elif kind in _SELECTS:
            yield from _select(where, component)
        name = component.get("custom_id")
        if name is not None:
            yield from _custom_id((*where, "custom_id"), name, taken)


def _walk(components: Iterable[Any], where: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    for index, component in enumerate(components):
        here = (*where, str(index))
        yield here, component
        yield from _walk(component.get("components") or [], (*here, "components"))
        for inner in ("component", "accessory"):
            if isinstance(component.get(inner), dict):
                yield from _walk([component[inner]], (*here, inner))


def _row(where: tuple[str, ...], inside: list[Any]) -> Problems:
    width = sum(BUTTONS if each.get("type") != _BUTTON else 1 for each in inside)
    if not inside or width > BUTTONS:
        yield Problem(where, "COMPONENT_LAYOUT_WIDTH_EXCEEDED", f"1 to {BUTTONS} buttons or one select in a row")


def _button(where: tuple[str, ...], button: dict[str, Any]) -> Problems:
    if not button.get("label") and not button.get("emoji"):
        yield Problem(where, "BUTTON_COMPONENT_INVALID", "A button needs a label or an emoji")
    link = button.get("style") == _LINK
    if link == (button.get("url") is None) or link == ("custom_id" in button):
        yield Problem(
            where, "BUTTON_COMPONENT_CUSTOM_ID_OR_URL", "A link has a url and no custom id, others the reverse"
        )


def _select(where: tuple[str, ...], select: dict[str, Any]) -> Problems:
    options = select.get("options") or []
    if select.get("type") == 3 and not 1 <= len(options) <= OPTIONS:
        yield Problem((*where, "options"), "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {OPTIONS} in length.")
    values = [option.get("value") for option in options]
    if len(values) != len(set(values)):
        yield Problem((*where, "options"), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "The values are not unique")


def _custom_id(where: tuple[str, ...], name: Any, taken: set[str]) -> Problems:
    if not isinstance(name, str) or not 1 <= len(name) <= CUSTOM_ID:
        yield Problem(where, "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {CUSTOM_ID} in length.")
    elif name in taken:
        yield Problem(where, "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
    else:
        taken.add(name)


def _callback(body: Any) -> Problems:
    """An answer to an interaction, by its type: 4 a message, 7 an edit, 8 choices, 9 a form."""
    if not isinstance(body, dict):
        return
    rule = {4: new_message, 7: edited_message, 8: _choices, 9: _form}.get(body.get("type") or 0)
    for problem in rule(body.get("data")) if rule else ():
        yield Problem(("data", *problem.where), problem.code, problem.message)


def _choices(data: Any) -> Problems:
    for index, choice in enumerate((data or {}).get("choices") or []):
        where = ("choices", str(index))
        yield from _required((*where, "name"), choice.get("name"))
        yield from _too_long((*where, "name"), choice.get("name"), 100)
        yield from _too_long((*where, "value"), choice.get("value"), 100)


def _form(data: Any) -> Problems:
    data = data or {}
    yield from _required(("title",), data.get("title"))
    yield from _too_long(("title",), data.get("title"), 45)
    yield from _custom_id(("custom_id",), data.get("custom_id"), set())
    fields = data.get("components") or []
    if not 1 <= len(fields) <= ROWS:
        yield Problem(("components",), "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {ROWS} in length.")
    taken: set[str] = set()
    for where, component in _walk(fields, ("components",)):
        if "custom_id" in component:
            yield from _custom_id((*where, "custom_id"), component["custom_id"], taken)
        yield from _too_long((*where, "label"), component.get("label"), 45)


def _event(body: Any) -> Problems:
    """A scheduled event elsewhere (type 3) needs a place and an end; every one ends after it begins."""
    if not isinstance(body, dict):
        return
    start, end = body.get("scheduled_start_time"), body.get("scheduled_end_time")
    if body.get("entity_type") == 3:
        if not end:
            yield Problem(("scheduled_end_time",), "BASE_TYPE_REQUIRED", "This field is required")
        yield from _required(("entity_metadata", "location"), (body.get("entity_metadata") or {}).get("location"))
    if start and end and _moment(start) >= _moment(end):
        yield Problem(("scheduled_end_time",), "GUILD_SCHEDULED_EVENT_END_BEFORE_START", "It ends before it begins")
    if "name" in body:
        yield from _required(("name",), body["name"])


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _thread(body: Any) -> Problems:
    yield from _required(("name",), (body or {}).get("name"))


_RULES: tuple[tuple[str, str, Callable[[Any], Problems]], ...] = (
    ("POST", r"/channels/\d+/messages", new_message),
    ("PATCH", r"/channels/\d+/messages/\d+", edited_message),
    ("POST", r"/webhooks/\d+/[^/]+", new_message),
    ("PATCH", r"/webhooks/\d+/[^/]+/messages/[^/]+", edited_message),
    ("POST", r"/interactions/\d+/[^/]+/callback", _callback),
    ("PUT", r"/applications/\d+(/guilds/\d+)?/commands", commands),
    ("POST", r"/guilds/\d+/scheduled-events", _event),
    ("PATCH", r"/guilds/\d+/scheduled-events/\d+", _event),
    ("POST", r"/channels/\d+(/messages/\d+)?/threads", _thread),
)
