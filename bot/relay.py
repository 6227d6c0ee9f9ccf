"""Outbox -> chat. Takes rows that are due, hands them over, and writes down what became of them.

A row is leased while it is being sent; if the process dies, the lease is released at start and the row is sent again,
which the web chat recognises by the message's id, so nothing is posted twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog

from bot.core.delivery import Chat, Outcome, Rejected, RetryAfter, Sent
from bot.core.ports import Clock, Store, Tx
from bot.core.records import Delivery

log = structlog.get_logger()

LEASE_S = 60
_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 300.0


class Relay:
    """Sends what is due, in order, urgent kinds first."""

    def __init__(self, store: Store, clock: Clock, chats: Mapping[str, Chat]) -> None:
        self._store, self._clock, self._chats = store, clock, chats

    async def drain(self) -> int:
        """Sends until nothing is due; returns how many rows it took."""
        taken = 0
        while await self.step():
            taken += 1
        return taken

    async def step(self) -> bool:
        now = self._clock.now()
        due = await self._store.read(lambda tx: tx.outbox.next_due())
        if due is None or due > now:
            return False  # looking must not write: every write wakes this loop again
        delivery = await self._store.write(lambda tx: tx.outbox.claim(now, now + timedelta(seconds=LEASE_S)))
        if delivery is None:
            return False
        outcome = await self._hand_over(delivery)
        await self._store.write(lambda tx: self._record(tx, delivery, outcome, self._clock.now()))
        return True

    async def _hand_over(self, delivery: Delivery) -> Outcome:
        chat = self._chats.get(delivery.destination.partition(":")[0])
        if chat is None:
            return Rejected(f"no chat named {delivery.destination!r} is configured")
        try:
            return await chat.deliver(delivery)
        except Exception as error:  # noqa: BLE001 - whatever the platform's library raises, the promise stays
            log.warning("delivery_failed", destination=delivery.destination, kind=delivery.kind, error=repr(error))
            return RetryAfter(backoff_s(delivery), type(error).__name__)

    def _record(self, tx: Tx, delivery: Delivery, outcome: Outcome, now: datetime) -> None:
        if isinstance(outcome, Sent):
            tx.outbox.sent(delivery, outcome.ref, now)
        elif isinstance(outcome, RetryAfter):
            tx.outbox.retry(delivery, now + timedelta(seconds=outcome.seconds), outcome.why)
        else:
            log.error("delivery_refused", destination=delivery.destination, kind=delivery.kind, why=outcome.why)
            tx.outbox.fail(delivery, outcome.why, now)


def backoff_s(delivery: Delivery) -> float:
    """Doubling from 1 s to 5 min, spread by a quarter so that rows that failed together do not return together."""
    wait = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0 ** min(delivery.attempt - 1, 10))
    return wait * (0.875 + 0.25 * (delivery.id * 0.618 % 1))
