"""What the Bot API says only in prose, or only by refusing it: lengths, keyboards, files, markup."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from typing import Any

from tests.servers.telegram_markup import BrokenMarkupError, Entity, found_in, parse, units
from tests.servers.telegram_spec import spec
from tests.servers.telegram_world import RefusedError, World

TEXT_LIMIT, CAPTION_LIMIT = 4096, 1024
"""Unicode code points, after entities parsing."""
ENTITIES = 100
"""More are ignored: formatting is lost without a word, so that is a violation here."""
PHOTO_BYTES, FILE_BYTES = 10_000_000, 50_000_000
_MARKS = {"bold", "italic", "underline", "strikethrough", "spoiler", "blockquote", "expandable_blockquote", "code"} | {
    *("pre", "text_link", "text_mention", "custom_emoji", "date_time")
}


@dataclass(slots=True)
class Upload:
    name: str | None
    mime: str | None
    content: bytes


@dataclass(slots=True)
class Call:
    """One request as it was understood. `warnings`: what is wrong with it although Telegram would take it."""

    number: int
    method: str
    body: dict[str, Any]
    files: dict[str, Upload] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def wrong(reason: str) -> RefusedError:
    """A refusal that a request brought on itself."""
    return RefusedError(400, f"Bad Request: {reason}", is_violation=True)


def length(value: str, least: int, most: int, reason: str) -> str:
    if not least <= len(value) <= most:
        raise wrong(reason)
    return value


def formatted(
    world: World, call: Call, source: dict[str, Any], key: str, entities: str
) -> tuple[str, list[Entity], list[Entity]]:
    """Text or caption, its entities, and what Telegram found in it. RefusedError for broken markup and for too much."""
    text = source.get(key) or ""
    try:
        text, marked = parse(text, None if entities in source else source.get("parse_mode"))
    except BrokenMarkupError as error:
        raise wrong(f"can't parse entities: {error}") from None
    if entities in source:
        marked = _given(text, source[entities])
    if len(text) > (TEXT_LIMIT if key == "text" else CAPTION_LIMIT):
        raise wrong("message is too long" if key == "text" else "message caption is too long")
    marked = [one for one in marked if one["type"] != "text_mention" or one["user"]["id"] in world.users]
    if len(marked) > ENTITIES:
        call.warnings.append(f"{len(marked)} entities, of which {ENTITIES} are kept")
    return text, marked[:ENTITIES], found_in(text, marked)


def _given(text: str, entities: list[Entity]) -> list[Entity]:
    for one in entities:
        is_inside = one["offset"] >= 0 and one["length"] > 0 and one["offset"] + one["length"] <= units(text)
        if not is_inside:
            raise wrong("can't parse entities: entity beyond the end of the text")
    return [one for one in entities if one["type"] in _MARKS]


_KINDS = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "copy_text",
    "pay",
    "callback_game",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
)


def keyboard(call: Call) -> dict[str, Any] | None:
    """The inline keyboard of a request, None if it has none. RefusedError for one that Telegram does not take."""
    markup = call.body.get("reply_markup")
    if not isinstance(markup, dict) or "inline_keyboard" not in markup:
        return None
    rows = [row for row in markup["inline_keyboard"] if row]
    if sum(len(row) for row in rows) > 100:
        raise wrong("reply markup is too long")
    call.warnings += [f"{len(row)} buttons in a row" for row in rows if len(row) > 8]
    for row in rows:
        for button in row:
            _button(button)
    known = {one["name"] for one in spec()["types"]["InlineKeyboardButton"]["fields"]}
    kept = [[{name: one[name] for name in one if name in known} for one in row] for row in rows]
    return {"inline_keyboard": kept} if kept else None


def _button(button: dict[str, Any]) -> None:
    if not str(button.get("text", "")).strip():
        raise wrong("inline keyboard button text must be non-empty")
    if len([kind for kind in _KINDS if kind in button]) != 1:
        raise wrong("text buttons are unallowed in the inline keyboard")
    data = button.get("callback_data")
    if data is not None and not 1 <= len(data.encode()) <= 64:
        raise wrong("BUTTON_DATA_INVALID")
    url = button.get("url")
    if url is not None and not re.match(r"(?:https?://|tg://|[\w-]+\.\w)", url):
        raise wrong(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    if button.get("style", "primary") not in ("danger", "success", "primary"):
        raise wrong("BUTTON_STYLE_INVALID")


def media(world: World, call: Call, kind: str, value: Any) -> dict[str, Any]:
    """A photo or document given as attach://PART or as a file id, as messages show it."""
    if not isinstance(value, str) or not value:
        raise wrong("there is no file in the request")
    if not value.startswith("attach://"):
        if value.startswith(("http://", "https://")):
            raise wrong("failed to get HTTP URL content")
        if value not in world.files:
            raise wrong("wrong file identifier/HTTP URL specified")
        kept = world.files[value]
    else:
        part = call.files.get(value.removeprefix("attach://"))
        if part is None:
            raise wrong("there is no file in the request")
        _fits(kind, part)
        kept = world.keep(part.content, part.name, part.mime)
    shown = {"file_id": kept.id, "file_unique_id": f"U{kept.id}", "file_size": len(kept.content)}
    if kind == "photo":
        width, height = _dimensions(kept.content)
        return {"photo": [shown | {"width": width, "height": height}]}
    named = {"file_name": kept.name, "mime_type": kept.mime}
    return {kind: shown | {name: value for name, value in named.items() if value}}


def _fits(kind: str, part: Upload) -> None:
    if not part.content:
        raise wrong("file must be non-empty")
    if len(part.content) > FILE_BYTES:
        raise RefusedError(413, "Request Entity Too Large", is_violation=True)
    if kind == "photo":
        if len(part.content) > PHOTO_BYTES:
            raise wrong("too big for a photo")
        width, height = _dimensions(part.content)
        if width + height > 10_000 or max(width, height) > 20 * min(width, height):
            raise wrong("PHOTO_INVALID_DIMENSIONS")


def _dimensions(content: bytes) -> tuple[int, int]:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content)) as image:
            return image.size
    except UnidentifiedImageError:
        raise wrong("IMAGE_PROCESS_FAILED") from None
