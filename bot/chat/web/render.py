"""Reply -> the JSON that the web chat's page draws (SCHEMAS.md, "Web chat").

Everything stays data: the page sets it as text, so nothing is escaped here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.chat.web import qr
from bot.core.outline import to_text
from bot.core.reply import (
    SECRET_GONE,
    Actions,
    Block,
    Button,
    Code,
    Facts,
    Heading,
    Image,
    Item,
    Items,
    Line,
    Note,
    Reply,
    Say,
    Secret,
    Table,
    Text,
)

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]


def message_blocks(
    reply: Reply,
    say: Callable[[Line], str],
    button_id: Callable[[Button], str],
    file_url: Callable[[str], str],
) -> Json:
    """The parts of a MESSAGE that come from its reply: tone, private, text, blocks, buttons, attachments.

    `button_id` is asked once per button, in reading order (the order of `reply.buttons_of`); `buttons` lists them
    all again, flat, and `attachments` the names of the images.
    """
    page = _Page(say, button_id, file_url)
    blocks = [page.block(block) for block in reply.blocks]
    return {
        "tone": reply.tone,
        "private": reply.private,
        "text": to_text(reply, say),
        "blocks": blocks,
        "buttons": page.buttons,
        "attachments": page.attachments,
    }


@dataclass(slots=True)
class _Page:
    """One message being drawn; collects its buttons and pictures on the way."""

    say: Callable[[Line], str]
    button_id: Callable[[Button], str]
    file_url: Callable[[str], str]
    buttons: list[Json] = field(default_factory=list)
    attachments: list[str] = field(default_factory=list)

    def block(self, block: Block) -> Json:
        return {"type": type(block).__name__.lower(), **self._fields(block)}

    def _fields(self, block: Block) -> Json:
        fields: Json
        match block:
            case Heading(text) | Text(text) | Note(text):
                fields = {"text": self.say(text)}
            case Code(code):
                fields = {"text": code}
            case Secret(secret, with_qr):
                fields = {
                    "text": secret or self.say(SECRET_GONE),
                    "gone": not secret,
                    "qr": qr.picture(secret) if secret and with_qr else None,
                }
            case Facts(rows):
                fields = {"rows": [self._lines(row) for row in rows]}
            case Items(items, title):
                fields = {"title": self._maybe(title), "items": [self._item(item) for item in items]}
            case Table(columns, rows):
                fields = {"columns": self._lines(columns), "rows": [self._lines(row) for row in rows]}
            case Say():
                fields = self._spoken(block)
            case Image(name, alt):
                self.attachments.append(name)
                fields = {"name": name, "url": self.file_url(name), "alt": self.say(alt)}
            case Actions(buttons):
                fields = {"buttons": self._buttons(buttons)}
        return fields

    def _spoken(self, block: Say) -> Json:
        return {
            "text": block.text,
            "language": block.language,
            "tactic": self._maybe(block.tactic),
            "gloss": block.gloss,
            "buttons": self._buttons(block.buttons),
        }

    def _item(self, item: Item) -> Json:
        return {
            "text": self.say(item.text),
            "state": item.state,
            "note": self._maybe(item.note),
            "buttons": self._buttons(item.buttons),
        }

    def _buttons(self, buttons: tuple[Button, ...]) -> list[Json]:
        drawn = [self._button(button) for button in buttons]
        self.buttons.extend(drawn)
        return drawn

    def _button(self, button: Button) -> Json:
        until = {} if button.until is None else {"until": button.until.isoformat().replace("+00:00", "Z")}
        return until | {
            "id": self.button_id(button),
            "label": self.say(button.label),
            "style": button.style,
            "form": [
                {"name": entry.name, "label": self.say(entry.label), "required": entry.required}
                for entry in button.form
            ],
        }

    def _lines(self, lines: tuple[Line, ...]) -> list[str]:
        return [self.say(line) for line in lines]

    def _maybe(self, line: Line | None) -> str | None:
        return None if line is None else self.say(line)
