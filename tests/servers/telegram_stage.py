"""What the tests of the Telegram test server share: its people, a picture, a keyboard."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from PIL import Image
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from tests.servers.telegram_server import TelegramServer

MEI, ANAN, GROUP, FORUM = 7, 8, -50, -1001


@asynccontextmanager
async def stage(clock: Callable[[], float] | None = None) -> AsyncIterator[TelegramServer]:
    """Two people, a group where the bot is a member, and a forum where it is an admin."""
    async with TelegramServer(**({"clock": clock} if clock else {})) as server:
        server.user(MEI, "Mei", username="mei_host", language_code="zh")
        server.user(ANAN, "Anan", language_code="en")
        server.group(GROUP, "Hosts", [MEI, ANAN], kind="group")
        server.group(FORUM, "Shows", [MEI], is_forum=True, bot="administrator", admins=[ANAN])
        yield server


def keys(*rows: list[tuple[str, str]]) -> InlineKeyboardMarkup:
    """Rows of (text, data)."""
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(text, callback_data=data) for text, data in row] for row in rows]
    )


def picture(width: int = 40, height: int = 30) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(content, "PNG")
    return content.getvalue()
