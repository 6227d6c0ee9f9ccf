"""A drawn message as what discord.py's methods take; the same for posts, edits and answers to interactions."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import discord

from bot.chat.discord.markdown import escaped
from bot.chat.discord.render import WHOLE, Drawn
from bot.core.ports import Tx

Data = Mapping[str, bytes]
"""The pictures of a message, by their name in our store."""


class Rows(discord.ui.View):
    """Rows as they were drawn. Nobody waits on it: presses are told by their custom ids, also after a restart."""

    def __init__(self, rows: tuple[dict[str, Any], ...]) -> None:
        super().__init__(timeout=None)
        self._rows = rows
        self.stop()

    def to_components(self) -> list[dict[str, Any]]:
        return list(self._rows)


def pictures(tx: Tx, drawn: Drawn) -> Data:
    """What is stored of the pictures; to be read in the transaction that knows what is said."""
    found = {picture.name: tx.files.get(picture.name) for picture in drawn.pictures}
    return {name: stored[1] for name, stored in found.items() if stored is not None}


def for_post(drawn: Drawn, data: Data) -> dict[str, Any]:
    """Keywords for `send`, `send_message` and the like."""
    kept = {"view": Rows(drawn.components)} if drawn.components else {}
    return {**_text(drawn, data), "files": _files(drawn, data), **kept}


def for_edit(drawn: Drawn, data: Data) -> dict[str, Any]:
    """Keywords for `edit` and `edit_original_response`: everything that stood there is replaced."""
    view = Rows(drawn.components) if drawn.components else None
    return {**_text(drawn, data), "attachments": _files(drawn, data), "view": view}


def _text(drawn: Drawn, data: Data) -> dict[str, Any]:
    lost = {f"attachment://{picture.filename}": picture.alt for picture in drawn.pictures if picture.name not in data}
    embeds = [_without(embed, lost) for embed in drawn.embeds]
    pinged = [discord.Object(account) for account in drawn.pings]
    return {
        "content": drawn.content or None,
        "embeds": [discord.Embed.from_dict(embed) for embed in embeds],
        "allowed_mentions": discord.AllowedMentions(
            everyone=False, roles=False, users=pinged or False, replied_user=False
        ),
    }


def _without(embed: dict[str, Any], lost: Mapping[str, str]) -> dict[str, Any]:
    """An embed whose picture is not there any more is sent without it; words for it stand where nothing else does."""
    alt = lost.get(embed.get("image", {}).get("url", ""))
    if alt is None:
        return embed
    kept = {name: value for name, value in embed.items() if name != "image"}
    return {"description": f"-# {escaped(alt)}"} | kept


def _files(drawn: Drawn, data: Data) -> list[discord.File]:
    files = [
        discord.File(io.BytesIO(data[picture.name]), picture.filename, description=picture.alt)
        for picture in drawn.pictures
        if picture.name in data
    ]
    if drawn.whole is not None:
        files.append(discord.File(io.BytesIO(drawn.whole.encode()), WHOLE))
    return files
