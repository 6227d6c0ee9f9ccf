"""A row of the outbox as the core's Delivery."""

from __future__ import annotations

from typing import Any

from bot.core.records import Delivery
from bot.core.reply import decode
from storage.rows import load, read_instant, read_instant_or_none

DELIVERY = """
    select o.*, m.channel, m.kind, m.recipient, m.expires_at, m.subject, m.room, m.show, m.pings, d.ref
    from outbox o join messages m on m.id = o.message
        left join destinations d on d.message = o.message and d.destination = o.destination
"""


def delivery_of(row: dict[str, Any]) -> Delivery:
    return Delivery(
        id=row["id"],
        message=row["message"],
        destination=row["destination"],
        op=row["op"],
        channel=row["channel"],
        kind=row["kind"],
        to=row["recipient"],
        reply=decode(row["reply"]),
        urgent=bool(row["urgent"]),
        state=row["state"],
        attempt=row["attempt"],
        created_at=read_instant(row["created_at"]),
        due_at=read_instant(row["due_at"]),
        expires_at=read_instant_or_none(row["expires_at"]),
        sent_at=read_instant_or_none(row["sent_at"]),
        ref=row["ref"],
        error=row["error"],
        failures=row["failures"],
        may_have_arrived=bool(row["may_have_arrived"]),
        first_attempt_at=read_instant_or_none(row["first_attempt_at"]),
        repeat=bool(row["repeat"]),
        direct=bool(row["direct"]),
        done_at=read_instant_or_none(row["done_at"]),
        subject=row["subject"],
        room=row["room"],
        show=row["show"],
        pings=tuple(load(row["pings"])),
    )
