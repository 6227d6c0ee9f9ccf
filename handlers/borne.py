"""Roles that people have by what their accounts are in a chat, beside those that were granted to them."""

from __future__ import annotations

from bot.core.chats_port import MarkRole
from bot.core.ports import Ports, Tx
from bot.core.reply import Msg, msg
from handlers import places, surroundings


def rows(tx: Tx, person: str) -> list[MarkRole]:
    """The rows of `/setup role` that hold for a person now, each once."""
    found: dict[MarkRole, None] = {}
    for account in tx.people.accounts(person):
        seen = tx.chats.account(account.chat, account.account)
        marks = frozenset() if seen is None else seen.marks
        found |= dict.fromkeys(row for row in tx.chats.mark_roles(account.chat) if row.mark in marks)
    return list(found)


def lines(tx: Tx, person: str, ports: Ports) -> list[Msg]:
    """Every role of a person with its scope; of one that comes from a chat also from what there."""
    around = surroundings.seen(ports)
    granted = [
        msg("role.at", role=msg(f"role.{role.name.lower()}"), scope=scope.told)
        for scope, role in places.all_of(tx.people.granted(person))
    ]
    return granted + [
        msg(
            "role.by_mark", role=msg(f"role.{row.role.name.lower()}"), scope=row.scope.told,
            mark=around.mark_told(row.chat, row.mark), chat=row.chat.capitalize(),
        )
        for row in rows(tx, person)
    ]  # fmt: skip
