"""How much is done for accounts that are nobody's: anybody can find a bot on Telegram and write to it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.chat.telegram.moving import GROUP
from bot.core.ports import Tx

EACH, ALL = 10, 60
"""Answers a minute to one of them, and to all together."""
_MINUTE_S = 60.0


def _now() -> float:
    return asyncio.get_running_loop().time()


@dataclass(slots=True)
class Strangers:
    """`now` gives seconds that only ever grow."""

    now: Callable[[], float] = _now
    _answered: deque[tuple[float, str]] = field(default_factory=deque)

    def may(self, account: str) -> bool:
        """Whether one more is answered, which then counts."""
        now = self.now()
        while self._answered and self._answered[0][0] <= now - _MINUTE_S:
            self._answered.popleft()
        if len(self._answered) >= ALL or sum(who == account for _, who in self._answered) >= EACH:
            return False
        self._answered.append((now, account))
        return True


def is_ours(tx: Tx, account: str) -> bool:
    """Whether it is the account of somebody who has a role, anywhere."""
    person = tx.people.by_account("telegram", account)
    return person is not None and bool(tx.people.rights(person.slug).highest)


def is_foreign(tx: Tx, destination: str) -> bool:
    """Whether nothing of the team's is there: an account that is nobody's, a group that none of ours answers for."""
    address = destination.partition(":")[2]
    if address.startswith("@"):
        return tx.people.by_account("telegram", address[1:]) is None
    if tx.outbox.purposes(destination):
        return False
    group = tx.chats.spot("telegram", "", GROUP, address.partition("/")[0])
    return group is None or not is_ours(tx, str(group.detail.get("by", "")))
