"""A small bot of the test server's own tests, on the real library. Also runs alone, to be killed: see `main`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, ContextTypes, MessageHandler, filters

Context = ContextTypes.DEFAULT_TYPE


class Notes:
    """What the bot was told, in order."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def ask(self, update: Update, _: Context) -> None:
        assert update.effective_message is not None
        self.heard.append(update.effective_message.text or "")
        keys = InlineKeyboardMarkup([[InlineKeyboardButton("Yes", callback_data="yes")]])
        await update.effective_message.reply_text("Go on?", reply_markup=keys)

    async def press(self, update: Update, _: Context) -> None:
        assert update.callback_query is not None
        self.heard.append(f"pressed {update.callback_query.data}")
        await update.callback_query.answer("noted")
        await update.callback_query.edit_message_text(f"{update.callback_query.data}: done")

    async def note(self, update: Update, _: Context) -> None:
        assert update.effective_message is not None
        self.heard.append(update.effective_message.text or update.effective_message.caption or "something")


def built(base_url: str, base_file_url: str, token: str) -> tuple[Any, Notes]:
    application = Application.builder().token(token).base_url(base_url).base_file_url(base_file_url).build()
    notes = Notes()
    application.add_handler(CommandHandler(["start", "go"], notes.ask))
    application.add_handler(CallbackQueryHandler(notes.press))
    application.add_handler(MessageHandler(filters.ALL, notes.note))
    return application, notes


@asynccontextmanager
async def polling(base_url: str, base_file_url: str, token: str, **options: Any) -> AsyncIterator[tuple[Any, Notes]]:
    """Initialized, started, polling; and stopped again."""
    application, notes = built(base_url, base_file_url, token)
    async with application:
        await application.start()
        await application.updater.start_polling(timeout=10, **options)
        try:
            yield application, notes
        finally:
            await application.updater.stop()
            await application.stop()


async def main(base_url: str, token: str) -> None:
    async with polling(base_url, base_url, token):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
