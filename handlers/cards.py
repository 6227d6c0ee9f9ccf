"""Messages that stand for a show: one each, or one for each time it was to start at, where it was moved since."""

from __future__ import annotations

import itertools

from bot.core.model import Show
from bot.core.ports import Tx


def keys(tx: Tx, name: str, show: str) -> list[str]:
    """Under which a card of this name was posted about the show, oldest first."""
    base = f"{name}:{show}"
    found = [message.key for message in tx.outbox.of_subject(show)] if tx.outbox.by_key(base) else []
    return [key for key in found if key == base or key.startswith(f"{base}@")]


def new_key(tx: Tx, name: str, show: Show) -> str:
    """For a card about the time at which the show starts now; one that was posted before keeps its own."""
    base = f"{name}:{show.id}"
    at = f"{base}@{show.starts_at:%Y%m%dT%H%M}"
    numbered = (f"{at}-{number}" for number in itertools.count(2))
    return next(key for key in itertools.chain((base, at), numbered) if tx.outbox.by_key(key) is None)
