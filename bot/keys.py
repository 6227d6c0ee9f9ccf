"""Signing secrets for a room's signals: made, kept, shown once."""

from __future__ import annotations

import base64
import os
from datetime import timedelta

from bot.config import Settings
from bot.core.errors import StartError
from bot.core.ports import Clock, Tx
from storage.database import SqliteStore

OLD_VALID_S = 24 * 3600


def new_secret() -> str:
    """192 random bits in the form of Standard Webhooks."""
    return "whsec_" + base64.b64encode(os.urandom(24)).decode()


async def make(settings: Settings, room: str, *, rotate: bool) -> str:
    """A new secret for the room.

    Raises:
        StartError: no database yet, no such room, or it has a secret and `rotate` was not asked for.
    """
    from bot.app import clock_of  # noqa: PLC0415

    if not settings.database.exists():
        raise StartError(
            f"there is no database {settings.database} yet: start the bot (python run.py) and add the room there, "
            "or name the settings of the running bot with --config"
        )
    clock: Clock = clock_of(settings)
    store = SqliteStore(settings.database)
    fresh = new_secret()

    def work(tx: Tx) -> None:
        now = clock.now()
        if tx.rooms.get(room) is None:
            known = ", ".join(item.slug for item in tx.rooms.all()) or "none yet: add one with /room add in the chat"
            raise StartError(f"there is no room {room[:60]!r}; there are: {known}")
        if tx.signals.secrets(room, now) and not rotate:
            raise StartError(f"room {room} has a secret already, and it is shown only once; --rotate makes a new one")
        tx.signals.add_secret(room, fresh, now, old_valid_until=now + timedelta(seconds=OLD_VALID_S))

    try:
        await store.open()
        await store.write(work)
    finally:
        await store.close()
    return fresh
