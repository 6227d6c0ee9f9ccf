"""One piece of a message handed to the Bot API: sent, edited in place, deleted. Errors are the library's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    InputMediaPhoto,
    LinkPreviewOptions,
    Message,
    ReplyParameters,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest

from bot.chat.telegram.failures import says
from bot.chat.telegram.keyboard import Keyboard
from bot.chat.telegram.refs import Posted
from bot.chat.telegram.render import Piece

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_NO_PHOTO = ("photo_", "image_process", "wrong type of the web page", "too big", "wrong file", "can't use file")
"""What Telegram says of a picture that it takes as a file only: too large, too long a strip, another format."""
SIGN = "·"
"""What is left of a message that is no longer needed and cannot be deleted."""

Files = Mapping[str, tuple[str, bytes]]
"""Stored files by name: media type and content."""


def markup(keys: Keyboard) -> InlineKeyboardMarkup | None:
    rows = [
        [InlineKeyboardButton(key.label, callback_data=key.data, style=key.style) for key in row] for row in keys if row
    ]
    return InlineKeyboardMarkup(rows) if rows else None


@dataclass(frozen=True, slots=True)
class Wire:
    """`files` are those of the message; `keys` belong under the piece."""

    bot: Bot

    async def send(
        self, chat: int, piece: Piece, files: Files, keys: Keyboard, name: str, topic: int | None, *, is_silent: bool,
        answers: int | None,
    ) -> Posted:  # fmt: skip
        """`name`: of a text file that is attached; `topic`: of a forum, None is its general one.

        `answers`: the message that this is a reply to, if it is still there.
        """
        more: dict[str, Any] = {"reply_markup": markup(keys), "message_thread_id": topic}
        more |= {"disable_notification": True} if is_silent else {}
        if answers is not None:
            more["reply_parameters"] = ReplyParameters(answers, allow_sending_without_reply=True)
        if piece.slot == "text":
            sent = await self.bot.send_message(
                chat, piece.html, parse_mode=ParseMode.HTML, link_preview_options=_NO_PREVIEW, **more
            )
            return Posted(sent.message_id, "text")
        more |= {"caption": piece.html or None, "parse_mode": ParseMode.HTML}
        if piece.file is None:
            data = (piece.document or "").encode("utf-8", "replace")
            sent = await self.bot.send_document(chat, data, filename=name, **more)
            return Posted(sent.message_id, "document")
        return Posted((await self._send_file(chat, piece.file, files[piece.file], more)).message_id, "photo")

    async def _send_file(self, chat: int, name: str, file: tuple[str, bytes], more: dict[str, Any]) -> Message:
        """A picture as a photo, if Telegram takes it as one."""
        media_type, data = file
        if _is_picture(media_type):
            try:
                return await self.bot.send_photo(chat, data, filename=name, **more)
            except BadRequest as error:
                if not says(error, *_NO_PHOTO):
                    raise
        return await self.bot.send_document(chat, data, filename=name, **more)

    async def edit(
        self, chat: int, posted: Posted, piece: Piece, files: Files, keys: Keyboard, name: str, *, same_file: bool
    ) -> Posted:
        """The message as it stands from now on. `same_file`: its picture is this one already."""
        where: dict[str, Any] = {"chat_id": chat, "message_id": posted.id, "reply_markup": markup(keys)}
        if piece.slot == "text":
            await self.bot.edit_message_text(
                piece.html, parse_mode=ParseMode.HTML, link_preview_options=_NO_PREVIEW, **where
            )
            return posted
        if piece.document is not None:
            media = InputMediaDocument(
                piece.document.encode("utf-8", "replace"), piece.html or None, ParseMode.HTML, filename=name
            )
            await self.bot.edit_message_media(media, **where)
            return posted
        if piece.file is None or (same_file and posted.slot == "photo"):
            await self.bot.edit_message_caption(caption=piece.html or None, parse_mode=ParseMode.HTML, **where)
            return posted
        return await self._edit_file(posted, piece, files[piece.file], where)

    async def _edit_file(self, posted: Posted, piece: Piece, file: tuple[str, bytes], where: dict[str, Any]) -> Posted:
        """Puts a picture into a message; what Telegram does not take as a photo is a file, or else the text stays."""
        media_type, data = file
        more: dict[str, Any] = {
            "caption": piece.html or None, "parse_mode": ParseMode.HTML, "filename": piece.file
        }  # fmt: skip
        try:
            if not _is_picture(media_type):
                await self.bot.edit_message_media(InputMediaDocument(data, **more), **where)
            else:
                try:
                    await self.bot.edit_message_media(InputMediaPhoto(data, **more), **where)
                except BadRequest as error:
                    if not says(error, *_NO_PHOTO):
                        raise
                    await self.bot.edit_message_media(InputMediaDocument(data, **more), **where)
        except BadRequest as error:
            if posted.slot != "text" or says(error, "not found", "not modified"):
                raise
            await self.bot.edit_message_text(
                piece.html or SIGN, parse_mode=ParseMode.HTML, link_preview_options=_NO_PREVIEW, **where
            )
            return posted
        return Posted(posted.id, "photo")

    async def take_away(self, chat: int, posted: Posted) -> bool:
        """Deletes a message that is no longer needed; False where it had to stay, as a sign (it is older than 48 h)."""
        try:
            await self.bot.delete_message(chat, posted.id)
        except BadRequest as error:
            if says(error, "message to delete not found"):
                return True
            if posted.slot == "text":
                await self.bot.edit_message_text(SIGN, chat_id=chat, message_id=posted.id)
            return False
        return True


def _is_picture(media_type: str) -> bool:
    return media_type in ("image/png", "image/jpeg", "image/webp")
