"""The outbox: what was promised to whom, and how far each delivery has come.

A message is promised once per key. Each destination has its own row for the post and for every edit that could not be
folded into something still unsent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from bot.core.records import Delivery, Lost, Message, Post, Pressed, Queue
from bot.core.reply import Reply, button_id, buttons_of, decode, encode
from storage.rows import Repo, dump, instant, instant_or_none, load, read_instant, read_instant_or_none

_DELIVERY = """
    select o.id, o.message, o.destination, o.op, o.reply, o.state, o.attempt, o.created_at, o.due_at, o.sent_at,
        o.error, m.channel, m.kind, m.recipient, m.urgent, m.expires_at, d.ref
    from outbox o join messages m on m.id = o.message
        left join destinations d on d.message = o.message and d.destination = o.destination
"""

_WAITS = "state in ('new', 'sending')"
"""Word for word the condition of the index outbox_waiting: only so does a look not read all that was ever sent."""

_LOST = "state in ('failed', 'uncertain', 'expired')"
"""Likewise of outbox_lost."""

_IS_NEXT = """not exists (select 1 from outbox e where e.message = o.message and e.destination = o.destination
    and e.id < o.id and e.state in ('new', 'sending'))"""
"""An edit waits for the post it changes, and for the edits before it."""


def destinations(channel: str) -> tuple[str, ...]:
    """Where a purpose's messages go. Today every purpose is one channel of the web chat."""
    return (f"web:{channel}",)


class Outbox(Repo):
    def __init__(self, db: Database, next_id: Callable[[str], str]) -> None:
        super().__init__(db)
        self._next_id = next_id

    def post(self, post: Post, now: datetime) -> str:
        known = self.by_key(post.key)
        if known is not None:
            return known.id
        message = self._next_id("m")
        self.db.table("messages").insert(
            {
                "id": message,
                "key": post.key,
                "channel": post.channel,
                "kind": post.kind,
                "subject": post.subject,
                "recipient": post.to,
                "reply": encode(post.reply),
                "urgent": int(post.urgent),
                "expires_at": instant_or_none(post.expires_at),
                "created_at": instant(now),
            }
        )
        self.register(message, post.reply)
        for destination in destinations(post.channel):
            self._row(message, destination, "post", post.reply, now)
        return message

    def edit(self, key: str, reply: Reply, now: datetime) -> None:
        known = self.by_key(key)
        if known is None:
            raise LookupError(f"no message was promised under {key!r}")
        if known.reply == reply:
            return
        text = encode(reply)
        self.db.execute("update messages set reply = ? where id = ?", [text, known.id])
        self.register(known.id, reply)
        for destination in destinations(known.channel):
            folded = self.db.execute(
                "update outbox set reply = ? where message = ? and destination = ? and state = 'new'",
                [text, known.id, destination],
            ).rowcount
            if not folded and not self._given_up(known.id, destination):
                self._row(known.id, destination, "edit", reply, now)

    def _given_up(self, message: str, destination: str) -> bool:
        sql = """select 1 from outbox
            where message = ? and destination = ? and op = 'post' and state in ('expired', 'failed')"""
        return self.row(sql, [message, destination]) is not None

    def _row(self, message: str, destination: str, op: str, reply: Reply, now: datetime) -> None:
        self.db.table("outbox").insert(
            {
                "message": message,
                "destination": destination,
                "op": op,
                "reply": encode(reply),
                "state": "new",
                "attempt": 0,
                "created_at": instant(now),
                "due_at": instant(now),
            }
        )

    def register(self, message: str, reply: Reply) -> None:
        """What a button once stood for is kept: a press may be under way while an edit takes it off the message."""
        self.db.execute("update buttons set current = 0 where message = ?", [message])
        for button in buttons_of(reply):
            self.db.execute(
                "insert into buttons (message, button, command, args, current) values (?, ?, ?, ?, 1) "
                "on conflict do update set current = 1",
                [message, button_id(message, button), button.command, dump(dict(button.args))],
            )

    def button(self, message: str, button: str) -> Pressed | None:
        row = self.row("select command, args, current from buttons where message = ? and button = ?", [message, button])
        return None if row is None else Pressed(row["command"], load(row["args"]), bool(row["current"]))

    def message(self, message: str) -> Message | None:
        row = self.row("select * from messages where id = ?", [message])
        return None if row is None else _message(row)

    def by_key(self, key: str) -> Message | None:
        row = self.row("select * from messages where key = ?", [key])
        return None if row is None else _message(row)

    def of_subject(self, subject: str) -> list[Message]:
        return [
            _message(row) for row in self.rows("select * from messages where subject = ? order by rowid", [subject])
        ]

    def deliveries(self, message: str) -> list[Delivery]:
        return [_delivery(row) for row in self.rows(f"{_DELIVERY} where o.message = ? order by o.id", [message])]

    def counts(self, since: datetime | None = None) -> Mapping[str, int]:
        sql = """select state, count(*) as n from outbox
            where ? is null or created_at >= ? group by state order by state"""
        text = instant_or_none(since)
        return {row["state"]: row["n"] for row in self.rows(sql, [text, text])}

    def claim(self, now: datetime, lease_until: datetime) -> Delivery | None:
        text = instant(now)
        self.db.execute(
            "update outbox set state = 'expired', sent_at = null, error = 'too late to be worth saying' "  # noqa: S608
            f"where {_WAITS} and state = 'new' and op = 'post' "
            "and (select expires_at from messages where id = outbox.message) <= ?",
            [text],
        )
        sql = f"""{_DELIVERY} where o.{_WAITS} and ((o.state = 'new' and o.due_at <= ?)
            or (o.state = 'sending' and o.lease_until <= ?)) and {_IS_NEXT} order by m.urgent desc, o.id limit 1"""
        row = self.row(sql, [text, text])
        if row is None:
            return None
        self.db.execute(
            "update outbox set state = 'sending', attempt = attempt + 1, lease_until = ? where id = ?",
            [instant(lease_until), row["id"]],
        )
        return _delivery(row | {"state": "sending", "attempt": row["attempt"] + 1})

    def sent(self, delivery: Delivery, ref: str, now: datetime) -> None:
        self.db.execute(
            "update outbox set state = 'sent', sent_at = ?, lease_until = null, error = null where id = ?",
            [instant(now), delivery.id],
        )
        self.db.execute(
            "insert into destinations (message, destination, ref) values (?, ?, ?) "
            "on conflict do update set ref = excluded.ref",
            [delivery.message, delivery.destination, ref],
        )

    def retry(self, delivery: Delivery, due_at: datetime, error: str) -> None:
        self.db.execute(
            "update outbox set state = 'new', due_at = ?, lease_until = null, error = ? where id = ?",
            [instant(due_at), error, delivery.id],
        )

    def fail(self, delivery: Delivery, error: str, now: datetime) -> None:
        self.db.execute(
            "update outbox set state = 'failed', sent_at = ?, lease_until = null, error = ? where id = ?",
            [instant(now), error, delivery.id],
        )

    def release_leases(self) -> None:
        """At start: whoever held a lease is gone, and what was being sent is sent again.

        Such a row stays in `sending`: it may have arrived, so no edit may be folded into it and it may not expire.
        """
        self.db.execute("update outbox set lease_until = due_at, error = 'restarted' where state = 'sending'")

    def next_due(self) -> datetime | None:
        sql = f"""select min(at) as at from (
            select min(due_at) as at from outbox o where {_WAITS} and state = 'new' and {_IS_NEXT}
            union all select min(lease_until) from outbox where {_WAITS} and state = 'sending')"""  # noqa: S608 - a literal
        row = self.row(sql)
        return None if row is None or row["at"] is None else read_instant(row["at"])

    def ref(self, message: str, destination: str) -> str | None:
        row = self.row("select ref from destinations where message = ? and destination = ?", [message, destination])
        return None if row is None else str(row["ref"])

    def newest(self, channel: str) -> Message | None:
        row = self.row(
            "select * from messages where channel = ? order by created_at desc, rowid desc limit 1", [channel]
        )
        return None if row is None else _message(row)

    def queues(self) -> list[Queue]:
        sql = f"""select destination, count(*) as waiting, min(id) as oldest from outbox
            where {_WAITS} group by destination order by destination"""  # noqa: S608 - a literal
        found = []
        for row in self.rows(sql):
            first = self.row("select message, created_at from outbox where id = ?", [row["oldest"]]) or {}
            found.append(
                Queue(row["destination"], row["waiting"], read_instant(first["created_at"]), str(first["message"]))
            )
        return found

    def lost(self, since: datetime) -> list[Lost]:
        sql = f"""select state, count(*) as n, max(id) as newest from outbox
            where {_LOST} and created_at >= ? group by state order by state"""  # noqa: S608 - a literal
        return [
            Lost(
                row["state"],
                row["n"],
                str((self.row("select message from outbox where id = ?", [row["newest"]]) or {})["message"]),
            )
            for row in self.rows(sql, [instant(since)])
        ]


def _message(row: dict[str, Any]) -> Message:
    return Message(
        id=row["id"],
        key=row["key"],
        channel=row["channel"],
        kind=row["kind"],
        subject=row["subject"],
        to=row["recipient"],
        reply=decode(row["reply"]),
        created_at=read_instant(row["created_at"]),
    )


def _delivery(row: dict[str, Any]) -> Delivery:
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
    )
