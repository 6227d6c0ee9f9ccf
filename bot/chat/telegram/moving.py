"""A group that became a supergroup, which has a number of its own: everything of it goes along."""

from __future__ import annotations

from dataclasses import replace

from bot.core.model import Role
from bot.core.ports import Tx

GROUP = "group"
"""Of the spots that say where the bot is; their subject is the group's number."""
_CHAT = "telegram"


def follow(tx: Tx, old: int, new: int) -> None:
    """What is bound and waits there, what being something there gives, and the group itself; twice is once."""
    tx.outbox.rename(f"{_CHAT}:{old}", f"{_CHAT}:{new}")
    for row in tx.chats.mark_roles(_CHAT):
        group, _, what = row.mark.rpartition(":")
        if group == str(old):
            tx.chats.set_mark_role(replace(row, mark=f"{new}:{what}"))
            tx.chats.set_mark_role(replace(row, role=Role.NOBODY))
    spot = tx.chats.spot(_CHAT, "", GROUP, str(old))
    if spot is not None:
        tx.chats.drop_spot(spot)
        tx.chats.save_spot(replace(spot, subject=str(new), ref=str(new)))
