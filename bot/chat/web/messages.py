"""A stored message -> the JSON its reader gets (SCHEMAS.md, "Web chat")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from bot.chat.web.render import message_blocks
from bot.core.command import Actor
from bot.core.delivery import Reader
from bot.core.model import Person
from bot.core.records import WebMessage
from bot.core.reply import Button, button_id

BOT = {"id": "showcaller", "name": "Showcaller", "kind": "bot"}
_LOUD = ("alert", "ask", "go", "no_go", "no_show", "owners", "nudge", "cue")


def to_json(message: WebMessage, reader: Reader, people: Mapping[str, Person]) -> dict[str, Any]:
    """The whole message as `reader` reads it."""
    if message.reply is None:
        text = message.text or ""
        content: dict[str, Any] = {
            "tone": "normal",
            "text": text,
            "blocks": [{"type": "text", "text": text}],
            "buttons": [],
            "attachments": [],
        }
        author = people.get(message.author or "")
        written_by = {
            "id": message.author or "",
            "name": author.name if author else message.author or "",
            "kind": "person",
        }
    else:

        def name_of(button: Button) -> str:
            return button_id(message.id, button)

        answer = replace(message.reply, private=message.private)
        content = message_blocks(answer, reader.line, name_of, lambda name: f"/chat/files/{quote(name)}")
        written_by = BOT
    return content | {
        "id": message.id,
        "rev": message.rev,
        "op": "post" if message.rev == message.first_rev else "edit",
        "at": message.at.isoformat().replace("+00:00", "Z"),
        "channel": message.channel,
        "author": written_by,
        "to": message.to,
        "private": message.private,
        "notify": message.reply is not None and (content["tone"] == "alert" or message.kind.split(".")[0] in _LOUD),
    }


def person_json(actor: Actor) -> dict[str, Any]:
    return {
        "id": actor.person,
        "name": actor.name,
        "role": actor.role.name.lower(),
        "language": actor.language,
        "zone": actor.zone,
    }
