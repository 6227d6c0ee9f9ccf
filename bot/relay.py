"""Outbox -> chat. Takes rows that are due, hands them over, and writes down what became of them.

Each destination has a queue of its own: one row at a time, in order, so that one that limits, hangs or refuses keeps
nobody else waiting. A row is leased while it is being sent; if the process dies, the lease is released at start
and what happens to the row, which may have arrived, is decided by its kind and by what the chat can tell.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from bot.core.delivery import Chat, Meter, Outcome, Refused, Rejected, RetryAfter, Sent, TooLate, Unknown
from bot.core.delivery_policy import LEASE_S, LIMIT_S, again, backoff_s, pause_s, spread_of
from bot.core.ports import Clock, Store, Tx
from bot.core.records import Delivery

log = structlog.get_logger()

OnParked = Callable[[Tx, str, str, datetime], None]
"""Told in the transaction that parks a destination: the destination, why, and when."""

_STORE_AGAIN_S = 1.0
_GRACE_S = 2.0
"""Real seconds: between two tries to write an outcome down, and for what is under way when the bot stops."""


@dataclass(frozen=True, slots=True)
class _Failed:
    """It did not arrive, for a reason that may pass: the platform's library raised something."""

    why: str


class Relay:
    """Sends what is due: `drain` one row after the other, the same in every run; `pump` side by side.

    `limit_s`: real seconds after which a call is given up; `spread` in [0, 1) spaces out what failed together.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        chats: Mapping[str, Chat],
        *,
        on_parked: OnParked | None = None,
        meter: Meter | None = None,
        limit_s: float = LIMIT_S,
        spread: Callable[[Delivery], float] = spread_of,
    ) -> None:
        self._store, self._clock, self._chats = store, clock, chats
        self._on_parked, self._meter, self._limit_s, self._spread = on_parked, meter, limit_s, spread
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._starting: asyncio.Task[None] | None = None
        self._is_closing = False

    # -- one after the other ---------------------------------------------------

    async def drain(self) -> int:
        """Sends until nothing is due; returns how many rows it took."""
        taken = 0
        while await self.step():
            taken += 1
        return taken

    async def step(self) -> bool:
        due = await self._store.read(lambda tx: tx.outbox.next_due())
        if due is None or due > self._clock.now():
            return False  # looking must not write: every write wakes this loop again
        delivery = await self._next(None)
        if delivery is None:
            return False
        await self._settle(delivery, await self._hand_over(delivery), and_next=False)
        return True

    # -- side by side ----------------------------------------------------------

    async def pump(self, wake: Callable[[], None]) -> datetime | None:
        """Sets a worker on each destination that is due and has none; returns when to look again (None: when woken).

        `wake` is called when a worker has nothing more to do.
        """
        now = self._clock.now()
        ready = await self._store.read(lambda tx: tx.outbox.ready())
        idle = [(destination, at) for destination, at in ready if destination not in self._workers]
        due = [destination for destination, at in idle if at <= now]
        if due and not self._is_closing:
            self._starting = asyncio.create_task(self._start_all(due, wake))
            await asyncio.shield(self._starting)  # stopped between the lease and the call, a row would look uncertain
        return min((at for _, at in idle if at > now), default=None)

    async def _start_all(self, destinations: list[str], wake: Callable[[], None]) -> None:
        tally = _Tally()

        def work(tx: Tx) -> list[Delivery | None]:
            tally.clear()
            return [self._take(tx, destination, tally) for destination in destinations]

        taken = await self._store.write(work)
        self._report(tally)
        for delivery in taken:
            if delivery is not None:
                self._start(delivery, wake)

    def _start(self, delivery: Delivery, wake: Callable[[], None]) -> None:
        def ended(_: asyncio.Task[None]) -> None:
            del self._workers[delivery.destination]
            wake()

        worker = asyncio.create_task(self._work(delivery))
        self._workers[delivery.destination] = worker
        worker.add_done_callback(ended)

    async def _work(self, delivery: Delivery) -> None:
        """Sends one destination's rows until none is due."""
        left: Delivery | None = delivery
        while left is not None:
            outcome = await self._hand_over(left)
            left = await self._settle_surely(left, outcome)

    async def _settle_surely(self, delivery: Delivery, outcome: Outcome | _Failed) -> Delivery | None:
        """An outcome that could not be written down (a full disk) is kept in mind: forgotten, it would be unknown."""
        while True:
            try:
                return await self._settle(delivery, outcome, and_next=not self._is_closing)
            except Exception:
                log.exception("outcome_not_stored", destination=delivery.destination, kind=delivery.kind)
                await asyncio.sleep(_STORE_AGAIN_S)

    async def close(self) -> None:
        """Lets what is under way end for a moment; what does not is taken up again at the next start."""
        self._is_closing = True
        if self._starting is not None:
            await asyncio.gather(self._starting, return_exceptions=True)
        workers = list(self._workers.values())
        if workers:
            await asyncio.wait(workers, timeout=_GRACE_S)
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)

    # -- one row ---------------------------------------------------------------

    async def _next(self, destination: str | None) -> Delivery | None:
        tally = _Tally()

        def work(tx: Tx) -> Delivery | None:
            tally.clear()
            return self._take(tx, destination, tally)

        delivery = await self._store.write(work)
        self._report(tally)
        return delivery

    def _take(self, tx: Tx, destination: str | None, tally: _Tally) -> Delivery | None:
        """The next row that is to be sent; those that may have arrived and are not to be sent again end here."""
        now = self._clock.now()
        lease_until = now + timedelta(seconds=LEASE_S)
        while True:
            delivery = tx.outbox.claim(now, lease_until, destination, lambda late: tally.add(late, "expired", now))
            if delivery is None:
                return None
            match again(delivery, self._idempotent_s(delivery), now):
                case "send":
                    return delivery
                case "repeat":
                    tally.add(delivery, "repeated", now)
                    return tx.outbox.repeat(delivery, now)
                case "drop":
                    self._drop(tx, delivery, delivery.error or "no answer", now, tally)

    def _idempotent_s(self, delivery: Delivery) -> float | None:
        chat = self._chat(delivery)
        return None if chat is None else chat.idempotent_s

    def _chat(self, delivery: Delivery) -> Chat | None:
        return self._chats.get(delivery.destination.partition(":")[0])

    async def _hand_over(self, delivery: Delivery) -> Outcome | _Failed:
        chat = self._chat(delivery)
        if chat is None and delivery.direct:
            return Refused("this chat is not configured")  # its channel's destinations take it
        if chat is None:
            return Rejected(f"no chat named {delivery.destination!r} is configured")
        limit = asyncio.timeout(self._limit_s)
        try:
            async with limit:
                return await chat.deliver(delivery)
        except Exception as error:  # noqa: BLE001 - whatever the platform's library raises, the promise stays
            if limit.expired():
                return Unknown(f"no answer within {self._limit_s:g} s")
            log.warning("delivery_failed", destination=delivery.destination, kind=delivery.kind, error=_told(error))
            return _Failed(type(error).__name__)

    async def _settle(self, delivery: Delivery, outcome: Outcome | _Failed, *, and_next: bool) -> Delivery | None:
        """Writes down what became of it, and takes the same destination's next row in the same transaction."""
        tally = _Tally()

        def work(tx: Tx) -> Delivery | None:
            tally.clear()
            self._record(tx, delivery, outcome, tally)
            return self._take(tx, delivery.destination, tally) if and_next else None

        left = await self._store.write(work)
        self._report(tally)
        return left

    def _record(self, tx: Tx, delivery: Delivery, outcome: Outcome | _Failed, tally: _Tally) -> None:
        now = self._clock.now()
        match outcome:
            case Sent(ref):
                tx.outbox.sent(delivery, ref, now)
                tally.add(delivery, "sent", now)
            case RetryAfter(seconds, why, is_away, spares_urgent):
                until = now + timedelta(seconds=pause_s(seconds))
                tx.outbox.retry(delivery, until, why)
                if not spares_urgent:  # else only this row waits, and those that come after it
                    failures = 1 if is_away else None
                    tx.outbox.pause(delivery.destination, until, why, now, failures=failures)
                tally.add(delivery, "paused", now)
            case Rejected(why):
                log.error("delivery_rejected", destination=delivery.destination, kind=delivery.kind, why=why)
                tx.outbox.fail(delivery, why, now)
                tally.add(delivery, "rejected", now)
            case TooLate():
                tx.outbox.expire(delivery, now)
                tally.add(delivery, "expired", now)
            case Refused(why):
                self._refused(tx, delivery, why, now)
                tally.add(delivery, "refused", now)
            case Unknown(why):
                self._unknown(tx, delivery, why, now, tally)
            case _Failed(why):
                self._back_off(tx, delivery, why, now, may_have_arrived=None)
                tally.add(delivery, "failed", now)

    def _refused(self, tx: Tx, delivery: Delivery, why: str, now: datetime) -> None:
        log.error("destination_parked", destination=delivery.destination, kind=delivery.kind, why=why)
        tx.outbox.retry(delivery, now, why)
        if tx.outbox.park(delivery.destination, why, now) and self._on_parked is not None:
            self._on_parked(tx, delivery.destination, why, now)

    def _unknown(self, tx: Tx, delivery: Delivery, why: str, now: datetime, tally: _Tally) -> None:
        """Tried again where that is harmless or the kind asks for it; when its turn comes that is judged once more."""
        log.warning("delivery_unknown", destination=delivery.destination, kind=delivery.kind, why=why)
        self._back_off(tx, delivery, why, now, may_have_arrived=True)
        if again(replace(delivery, may_have_arrived=True), self._idempotent_s(delivery), now) == "drop":
            self._drop(tx, delivery, why, now, tally)
        else:
            tally.add(delivery, "unknown", now)

    def _drop(self, tx: Tx, delivery: Delivery, why: str, now: datetime, tally: _Tally) -> None:
        log.warning("delivery_uncertain", destination=delivery.destination, kind=delivery.kind, why=why)
        tx.outbox.uncertain(delivery, why, now)
        tally.add(delivery, "uncertain", now)

    def _back_off(self, tx: Tx, delivery: Delivery, why: str, now: datetime, *, may_have_arrived: bool | None) -> None:
        """The destination waits by its failures in a row, so that a dead one is not tried for every row in turn."""
        state = tx.outbox.state_of(delivery.destination)
        failures = 1 if state is None else state.failures + 1
        spread = self._spread(delivery)
        until = now + timedelta(seconds=backoff_s(failures, spread))
        row_until = now + timedelta(seconds=backoff_s(delivery.failures + 1, spread))
        tx.outbox.pause(delivery.destination, until, why, now, failures=failures)
        tx.outbox.retry(delivery, row_until, why, failed=True, may_have_arrived=may_have_arrived)

    def _report(self, tally: _Tally) -> None:
        if self._meter is not None:
            for delivery, outcome, at in tally.rows:
                self._meter.count(delivery, outcome, at)


def _told(error: Exception) -> str:
    """Its kind and where it was raised: a library's error may quote an address with a token in it."""
    *_, raised = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} at {Path(raised.filename).name}:{raised.lineno}"


class _Tally:
    """What a transaction did; counted once it is through."""

    def __init__(self) -> None:
        self.rows: list[tuple[Delivery, str, datetime]] = []

    def add(self, delivery: Delivery, outcome: str, at: datetime) -> None:
        self.rows.append((delivery, outcome, at))

    def clear(self) -> None:
        self.rows.clear()
