"""Telegram's wire; begun."""

from __future__ import annotations

import telegram

from bot.chat.desk import Parts
from bot.core.delivery import Client
from bot.core.errors import StartError


def telegram_chat(parts: Parts, **options: str) -> Client:
    """The chat, not connected yet; `options` are those of the settings."""
    del parts, options
    raise StartError(f"[telegram] cannot be used yet ({telegram.__version__}): leave its token empty")
