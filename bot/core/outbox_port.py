"""What may be asked of the outbox: promises, queues, destinations, figures. Part of ports.py, whose rules hold here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.core.records import (
    Binding,
    Channel,
    Delivery,
    DestinationState,
    Dwell,
    Message,
    OutboxState,
    Post,
    Pressed,
    Traffic,
)
from bot.core.reply import Reply


class OutboxRepo(Protocol):
    def post(self, post: Post, now: datetime) -> str:
        """Promises a message, once per key; returns its id (the first one's, if the key was known)."""
        ...

    def edit(self, key: str, reply: Reply, now: datetime) -> None:
        """Promises that the message of this key will read so; replaces what was not sent yet."""
        ...

    def message(self, message: str) -> Message | None: ...
    def by_key(self, key: str) -> Message | None: ...
    def fate(self, key: str) -> OutboxState | None:
        """What became of the newest row of a message, post or edit; it costs the same however many there were."""
        ...

    def deliveries(self, message: str) -> list[Delivery]: ...
    def button(self, message: str, button: str) -> Pressed | None:
        """What a button of a message stands for; also one that an edit has taken off the message since."""
        ...

    def register(self, message: str, reply: Reply) -> None:
        """Remembers what the buttons of a reply stand for."""
        ...

    def of_subject(self, subject: str) -> list[Message]: ...
    def newest(self, channel: str) -> Message | None:
        """What was promised to a purpose last."""
        ...

    def ref(self, message: str, destination: str) -> str | None: ...
    def standing(self, message: str) -> list[tuple[str, str | None]]:
        """Where a message was promised to, each with the platform's own id of it there (None: not known yet).

        However often it was edited since, this costs the same.
        """
        ...

    # the queue: what is sent next, and what became of it
    def ready(self) -> list[tuple[str, datetime]]:
        """Destinations with something to send, parked ones left out, and from when each may be tried."""
        ...

    def next_due(self) -> datetime | None:
        """The earliest instant of `ready`."""
        ...

    def claim(
        self,
        now: datetime,
        lease_until: datetime,
        destination: str | None = None,
        expired: Callable[[Delivery], None] | None = None,
    ) -> Delivery | None:
        """The next row that is due, marked as being sent: urgent first, else in order, one at a time per destination.

        Late ones expire on the way and are told to `expired`. A row whose lease ran out may have arrived.
        """
        ...

    def sent(self, delivery: Delivery, ref: str, now: datetime) -> None: ...
    def retry(
        self,
        delivery: Delivery,
        due_at: datetime,
        error: str,
        *,
        failed: bool = False,
        may_have_arrived: bool | None = None,
    ) -> None:
        """To be tried again. `may_have_arrived` None: as it was before this try, which did not bring it."""
        ...

    def repeat(self, delivery: Delivery, now: datetime) -> Delivery:
        """Marks a claimed row as sent once more although it may have arrived; from here on it is about the repeat."""
        ...

    def fail(self, delivery: Delivery, error: str, now: datetime) -> None:
        """This message was rejected for good; its waiting edits go with it."""
        ...

    def uncertain(self, delivery: Delivery, error: str, now: datetime) -> None:
        """Nobody will know whether it arrived, and it is not sent again; its waiting edits go with it."""
        ...

    # destinations
    def bind(self, purpose: str, destination: str, room: str | None = None) -> None:
        """Messages for `purpose` (team, host, managers) go to this destination too, instead of the web chat alone.

        `room`: only those about it, which then do not go to the same chat's destinations of all rooms.

        Raises:
            ValueError: there is no such purpose, the destination is no "CHAT:ADDRESS", or a second one in the web chat.
        """
        ...

    def unbind(self, purpose: str, destination: str, room: str | None = None) -> None: ...
    def bound(self, purpose: str, room: str | None = None) -> tuple[str, ...]:
        """Where a purpose's messages go (those about a room), in the order of binding.

        Nothing bound: the web chat's channel of that name. In each chat, a room's own destinations come before all.
        """
        ...

    def purposes(self, destination: str) -> list[tuple[Channel, str | None]]:
        """What a destination is bound to: purposes, each with its room (None: all rooms)."""
        ...

    def bindings(self, chat: str) -> list[Binding]: ...
    def rename(self, destination: str, to: str) -> None:
        """The place has another address from now on: bindings, what waits, and where messages stand go along."""
        ...

    def hurry(self, chat: str) -> None:
        """The chat can be reached again: nothing of it waits any longer because of earlier failures."""
        ...

    def state_of(self, destination: str) -> DestinationState | None:
        """None: nothing is known against it."""
        ...

    def pause(
        self, destination: str, until: datetime, why: str, now: datetime, *, failures: int | None = None
    ) -> None: ...
    def park(self, destination: str, why: str, now: datetime) -> bool:
        """Nothing more is sent there until `unpark`; False if it was parked already."""
        ...

    def unpark(self, destination: str) -> None: ...
    def expire(self, delivery: Delivery, now: datetime) -> None:
        """This message is too late to be worth saying; its waiting edits go with it."""
        ...

    def expire_late(self, destination: str, now: datetime) -> int:
        """Expires the posts there that are too late to be worth saying; returns how many."""
        ...

    def move(
        self, destination: str, now: datetime, *, kind: str | None = None, to: Sequence[str] = ()
    ) -> list[Message]:
        """Posts that wait at a destination go elsewhere; returns their messages.

        With `kind`, those of that kind, to the destinations `to`; else direct messages, to where their channel's go.
        """
        ...

    def parked(self) -> list[DestinationState]: ...

    # figures
    def counts(self, since: datetime | None = None) -> Mapping[str, int]:
        """Rows by state; of those promised since then."""
        ...

    def waiting_kinds(self, destination: str, now: datetime) -> Mapping[str, int]:
        """What waits at a destination and is not too late yet: rows by kind."""
        ...

    def traffic(self, since: datetime) -> list[Traffic]:
        """Every destination that has something waiting, is in trouble, or had something since then; by name."""
        ...

    def undelivered(self, since: datetime, limit: int) -> list[Delivery]:
        """What people have not got: all that waits at parked destinations, and what failed or is uncertain since then.

        The newest first.
        """
        ...

    def dwell(self, since: datetime) -> list[Dwell]:
        """How long what was sent since then had waited, by kind."""
        ...

    def depth(self) -> list[tuple[str, str, int]]:
        """Unsettled rows by destination and state (new, sending, parked)."""
        ...
