"""The outbox: what was promised to whom.

A message is promised once per key. Where it goes is settled then, and its edits follow it. Each destination has its own
row for the post and for every edit that could not be folded into something still unsent; what becomes of the rows is
in outbox_queue.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from bot.core.delivery_policy import worth_until
from bot.core.records import Delivery, Message, OutboxState, Post, Pressed
from bot.core.reply import Reply, button_id, buttons_of, decode, encode
from storage.destinations import Destinations
from storage.outbox_figures import Figures
from storage.outbox_queue import Queue
from storage.outbox_rows import DELIVERY, delivery_of
from storage.rows import dump, instant, load, read_instant

_WHERE_EDITS_GO = ("new", "sending", "sent")
"""States of a post that somebody reads or will read."""


def _rank(kind: str, *, urgent: bool) -> int:
    """The queue's order, highest first: whoever has asked sees their answer soon, and an alert is not kept by it."""
    return 0 if not urgent else 1 if kind == "answer" else 2


class Outbox(Queue, Destinations, Figures):
    """All that `tx.outbox` can do.

    `direct` gives the destinations of direct messages to a person, `place` the room and show a subject belongs to.
    """

    def __init__(
        self,
        db: Database,
        next_id: Callable[[str], str],
        direct: Callable[[str], tuple[str, ...]] = lambda _: (),
        place: Callable[[str], tuple[str | None, str | None]] = lambda _: (None, None),
    ) -> None:
        super().__init__(db)
        self._next_id, self._direct, self._place = next_id, direct, place

    def post(self, post: Post, now: datetime) -> str:
        known = self.by_key(post.key)
        if known is not None:
            return known.id
        message = self._next_id("m")
        room, show = (None, None) if post.subject is None else self._place(post.subject)
        room = post.room or room
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
                "expires_at": instant(worth_until(post.kind, post.expires_at, now)),
                "created_at": instant(now),
                "room": room,
                "show": show,
                "pings": dump(list(dict.fromkeys((*([post.to] if post.to else []), *post.pings)))),
            }
        )
        self.register(message, post.reply)
        destinations, is_direct = self._route(post, room)
        for destination in destinations:
            self._row(
                message,
                destination,
                "post",
                post.reply,
                now,
                rank=_rank(post.kind, urgent=post.urgent),
                direct=is_direct,
            )
        return message

    def _route(self, post: Post, room: str | None) -> tuple[tuple[str, ...], bool]:
        """Where it goes, and whether that is a direct message."""
        if post.only:
            return post.only, False
        if post.channel == "host" and post.to is not None:
            for destination in self._direct(post.to):
                if not self.is_parked(destination):
                    return (destination,), True
        return self.bound(post.channel, room), False

    def edit(self, key: str, reply: Reply, now: datetime) -> None:
        known = self.by_key(key)
        if known is None:
            raise LookupError(f"no message was promised under {key!r}")
        if known.reply == reply:
            return
        text = encode(reply)
        self.db.execute("update messages set reply = ? where id = ?", [text, known.id])
        self.register(known.id, reply)
        for row in self.rows("select * from outbox where message = ? and op = 'post' order by id", [known.id]):
            folded = self.db.execute(
                "update outbox set reply = ? where message = ? and destination = ? and state = 'new' "
                "and may_have_arrived = 0",
                [text, known.id, row["destination"]],
            ).rowcount
            if not folded and row["state"] in _WHERE_EDITS_GO:
                rank, direct = int(row["urgent"]), bool(row["direct"])
                self._row(known.id, row["destination"], "edit", reply, now, rank=rank, direct=direct)

    def move(
        self, destination: str, now: datetime, *, kind: str | None = None, to: Sequence[str] = ()
    ) -> list[Message]:
        which = "o.direct = 1" if kind is None else "m.kind = ?"
        sql = f"""{DELIVERY} where o.state = 'new' and o.destination = ? and o.op = 'post' and {which} order by o.id"""
        rows = self.rows(sql, [destination, *([] if kind is None else [kind])])
        return [self._move(delivery_of(row), to, now) for row in rows]

    def _move(self, delivery: Delivery, to: Sequence[str], now: datetime) -> Message:
        message = _message(self.rows("select * from messages where id = ?", [delivery.message])[0])
        self.settle(delivery.id, "replaced", "moved to where it can be read", now)
        self.drop_edits(message.id, delivery.destination, now)
        there = {row.destination for row in self.deliveries(message.id)}
        others = [other for other in to or self.bound(delivery.channel, delivery.room) if other != delivery.destination]
        for other in others or [f"web:{delivery.channel}"]:
            if other not in there:
                rank = _rank(message.kind, urgent=delivery.urgent)
                self._row(message.id, other, "post", message.reply, now, rank=rank)
        return message

    def _row(
        self,
        message: str,
        destination: str,
        op: str,
        reply: Reply,
        now: datetime,
        *,
        rank: int,
        direct: bool = False,
    ) -> None:
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
                "urgent": rank,
                "direct": int(direct),
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
        return [delivery_of(row) for row in self.rows(f"{DELIVERY} where o.message = ? order by o.id", [message])]

    def fate(self, key: str) -> OutboxState | None:
        sql = (
            "select state from outbox where message = (select id from messages where key = ?) order by id desc limit 1"
        )
        row = self.row(sql, [key])
        return None if row is None else row["state"]

    def standing(self, message: str) -> list[tuple[str, str | None]]:
        sql = """select o.destination, d.ref from outbox o
            left join destinations d on d.message = o.message and d.destination = o.destination
            where o.message = ? and o.op = 'post' order by o.id"""
        return [(row["destination"], row["ref"]) for row in self.rows(sql, [message])]

    def ref(self, message: str, destination: str) -> str | None:
        row = self.row("select ref from destinations where message = ? and destination = ?", [message, destination])
        return None if row is None else str(row["ref"])

    def newest(self, channel: str) -> Message | None:
        row = self.row(
            "select * from messages where channel = ? order by created_at desc, rowid desc limit 1", [channel]
        )
        return None if row is None else _message(row)


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
