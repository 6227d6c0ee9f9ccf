"""The queues of the outbox, one per destination: which row is next, and what became of it.

`new -> sending -> sent | failed | expired | uncertain | replaced`. A row is `sending` only while somebody holds its
lease; one that came back without an answer is `new` again and marked: it may have arrived, so nothing may be folded
into it and it may not expire.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.core.delivery_policy import PATIENCE
from bot.core.records import Delivery
from storage.outbox_rows import DELIVERY, delivery_of
from storage.rows import Repo, instant, read_instant, read_instant_or_none

# The conditions on `state` are word for word those of the partial indexes (migration m005): only so does a look not
# read all that was ever sent.

_QUEUED = """with recursive queued (destination) as (
    select min(destination) from outbox where state = 'new'
    union all
    select (select min(destination) from outbox where state = 'new' and destination > queued.destination)
        from queued where queued.destination is not null)
    select destination from queued where destination is not null"""
"""Every destination with something to send, from one to the next in the index, however long their queues are."""

_IS_NEXT = """not exists (select 1 from outbox e where e.message = o.message and e.destination = o.destination
    and e.id < o.id and e.state in ('new', 'sending'))"""
"""An edit waits for the post it changes, and for the edits before it."""

_HEAD = f"""coalesce(
    (select o.id from outbox o where o.state = 'new' and o.destination = p.destination and o.failures < {PATIENCE}
        and {_IS_NEXT} order by o.urgent desc, o.id limit 1),
    (select o.id from outbox o where o.state = 'new' and o.destination = p.destination
        and {_IS_NEXT} order by o.due_at, o.id limit 1))"""  # noqa: S608 - literals
"""The first in order; one that has failed too often stands aside until nothing else waits."""


@dataclass(frozen=True, slots=True)
class _Head:
    """The next row of a destination, and from when it may be tried. `row` None: one is under way until `at`."""

    destination: str
    at: datetime
    row: int | None
    rank: tuple[int, int, int] = (0, 0, 0)


class Queue(Repo):
    def ready(self) -> list[tuple[str, datetime]]:
        return [(head.destination, head.at) for head in self._heads(None)]

    def next_due(self) -> datetime | None:
        return min((head.at for head in self._heads(None)), default=None)

    def _heads(self, destination: str | None) -> list[_Head]:
        only = "" if destination is None else "and destination = ?"
        args = [] if destination is None else [destination]
        sql = f"select destination, lease_until from outbox where state = 'sending' {only}"  # noqa: S608 - literals
        leases = {row["destination"]: read_instant(row["lease_until"]) for row in self.rows(sql, args)}
        places = _QUEUED if destination is None else "select ? as destination"
        sql = f"""select h.id, h.destination, h.due_at, h.urgent, h.failures, q.not_before from (
            select p.destination, s.not_before, {_HEAD} as head from ({places}) p
                left join destination_state s on s.destination = p.destination where s.parked_at is null) q
            join outbox h on h.id = q.head"""  # noqa: S608 - literals
        heads = [_head(row, leases.get(row["destination"])) for row in self.rows(sql, args)]
        known = {head.destination for head in heads}
        return heads + [_Head(place, at, None) for place, at in leases.items() if place not in known]

    def claim(
        self,
        now: datetime,
        lease_until: datetime,
        destination: str | None = None,
        expired: Callable[[Delivery], None] | None = None,
    ) -> Delivery | None:
        self._take_back(now, destination)
        while True:
            due = [head for head in self._heads(destination) if head.row is not None and head.at <= now]
            if not due:
                return None
            head = min(due, key=lambda head: head.rank)
            [row] = self.rows(f"{DELIVERY} where o.id = ?", [head.row])
            delivery = delivery_of(row)
            if not _is_late(delivery, now):
                return self._lease(delivery, now, lease_until)
            self.expire(delivery, now)
            if expired is not None:
                expired(delivery)

    def expire_late(self, destination: str, now: datetime) -> int:
        sql = f"""{DELIVERY} where o.state = 'new' and o.destination = ? and o.op = 'post' and o.may_have_arrived = 0
            and m.expires_at <= ?"""
        late = [delivery_of(row) for row in self.rows(sql, [destination, instant(now)])]
        for delivery in late:
            self.expire(delivery, now)
        return len(late)

    def expire(self, delivery: Delivery, now: datetime) -> None:
        state = "uncertain" if delivery.repeat else "expired"  # of a repeat, the first post may have arrived
        self._give_up(delivery, state, "too late to be worth saying", now)

    def _take_back(self, now: datetime, destination: str | None) -> None:
        """Whoever held these leases is gone: their rows may have arrived."""
        sql = "update outbox set state = 'new', may_have_arrived = 1, lease_until = null, error = 'no answer' "
        sql += "where state = 'sending' and lease_until <= ?" + ("" if destination is None else " and destination = ?")
        self.db.execute(sql, [instant(now), *([] if destination is None else [destination])])

    def _lease(self, delivery: Delivery, now: datetime, lease_until: datetime) -> Delivery:
        [row] = self.db.query(
            "update outbox set state = 'sending', attempt = attempt + 1, lease_until = ?, "
            "first_attempt_at = coalesce(first_attempt_at, ?) where id = ? returning id",
            [instant(lease_until), instant(now), delivery.id],
        )
        [row] = self.rows(f"{DELIVERY} where o.id = ?", [row["id"]])
        return delivery_of(row)

    def sent(self, delivery: Delivery, ref: str, now: datetime) -> None:
        self.settle(delivery.id, "sent", None, now)
        self.db.execute("update outbox set sent_at = ? where id = ?", [instant(now), delivery.id])
        self.db.execute(
            "insert into destinations (message, destination, ref) values (?, ?, ?) "
            "on conflict do update set ref = excluded.ref",
            [delivery.message, delivery.destination, ref],
        )
        self.db.execute(
            "delete from destination_state where destination = ? and parked_at is null", [delivery.destination]
        )

    def retry(
        self,
        delivery: Delivery,
        due_at: datetime,
        error: str,
        *,
        failed: bool = False,
        may_have_arrived: bool | None = None,
    ) -> None:
        maybe = delivery.may_have_arrived if may_have_arrived is None else may_have_arrived
        self.db.execute(
            "update outbox set state = 'new', due_at = ?, lease_until = null, error = ?, failures = failures + ?, "
            "may_have_arrived = ?, first_attempt_at = iif(?, first_attempt_at, null) where id = ?",
            [instant(due_at), error, int(failed), int(maybe), int(maybe), delivery.id],
        )

    def repeat(self, delivery: Delivery, now: datetime) -> Delivery:
        self.db.execute(
            "update outbox set repeat = 1, may_have_arrived = 0, first_attempt_at = ? where id = ?",
            [instant(now), delivery.id],
        )
        [row] = self.rows(f"{DELIVERY} where o.id = ?", [delivery.id])
        return delivery_of(row)

    def fail(self, delivery: Delivery, error: str, now: datetime) -> None:
        self._give_up(delivery, "failed", error, now)

    def uncertain(self, delivery: Delivery, error: str, now: datetime) -> None:
        self._give_up(delivery, "uncertain", error, now)

    def _give_up(self, delivery: Delivery, state: str, error: str, now: datetime) -> None:
        self.settle(delivery.id, state, error, now)
        if delivery.op == "post":
            self.drop_edits(delivery.message, delivery.destination, now)

    def settle(self, row: int, state: str, error: str | None, now: datetime) -> None:
        self.db.execute(
            "update outbox set state = ?, error = ?, lease_until = null, done_at = ? where id = ?",
            [state, error, instant(now), row],
        )

    def drop_edits(self, message: str, destination: str, now: datetime) -> None:
        """What would have changed a post that nobody will see there."""
        self.db.execute(
            "update outbox set state = 'replaced', error = 'its message was not delivered', done_at = ? "
            "where message = ? and destination = ? and op = 'edit' and state in ('new', 'sending')",
            [instant(now), message, destination],
        )

    def release_leases(self) -> None:
        """At start: whoever held a lease is gone, and what was being sent may have arrived."""
        self.db.execute(
            "update outbox set state = 'new', may_have_arrived = 1, lease_until = null, error = 'restarted' "
            "where state = 'sending'"
        )


def _head(row: dict[str, Any], leased_until: datetime | None) -> _Head:
    moments = [read_instant(row["due_at"]), read_instant_or_none(row["not_before"]), leased_until]
    at = max(moment for moment in moments if moment is not None)
    rank = (int(row["failures"] >= PATIENCE), -row["urgent"], row["id"])
    return _Head(row["destination"], at, None if leased_until is not None else row["id"], rank)


def _is_late(delivery: Delivery, now: datetime) -> bool:
    if delivery.op != "post" or delivery.may_have_arrived or delivery.expires_at is None:
        return False
    return delivery.expires_at <= now
