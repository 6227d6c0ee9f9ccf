"""Where messages go, and which destinations are paused or parked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.core.records import Binding, Channel, DestinationState
from storage.rows import Repo, instant, read_instant_or_none

PURPOSES = ("team", "host", "managers")


class Destinations(Repo):
    def bind(self, purpose: str, destination: str, room: str | None = None) -> None:
        chat, _, address = destination.partition(":")
        if purpose not in PURPOSES:
            raise ValueError(f"there is no purpose {purpose!r}; known: {', '.join(PURPOSES)}")
        if not chat or not address:
            raise ValueError(f"a destination is CHAT:ADDRESS, like web:team; got {destination!r}")
        if chat == "web" and address not in PURPOSES:
            raise ValueError(f"the web chat's channels are {', '.join(PURPOSES)}; got {destination!r}")
        if chat == "web" and room is not None:
            raise ValueError(f"the web chat has one channel for all rooms; {room!r} cannot have {destination!r} alone")
        if chat == "web" and any(name.startswith("web:") for name in self._bound(purpose) if name != destination):
            raise ValueError(f"the web chat shows a message in one channel; {purpose!r} is bound to another there")
        self.db.execute(
            "insert or ignore into bindings (purpose, room, destination, position) "
            "values (?, ?, ?, (select coalesce(max(position), 0) + 1 from bindings))",
            [purpose, room or "", destination],
        )

    def unbind(self, purpose: str, destination: str, room: str | None = None) -> None:
        sql = "delete from bindings where purpose = ? and room = ? and destination = ?"
        self.db.execute(sql, [purpose, room or "", destination])

    def bound(self, purpose: str, room: str | None = None) -> tuple[str, ...]:
        common = self._bound(purpose) or (f"web:{purpose}",)
        if room is None:
            return common
        own = self._bound(purpose, room)
        there = {_chat(destination) for destination in own}
        return (*(destination for destination in common if _chat(destination) not in there), *own)

    def _bound(self, purpose: str, room: str = "") -> tuple[str, ...]:
        sql = "select destination from bindings where purpose = ? and room = ? order by position"
        return tuple(row["destination"] for row in self.rows(sql, [purpose, room]))

    def purposes(self, destination: str) -> list[tuple[Channel, str | None]]:
        sql = "select purpose, room from bindings where destination = ? order by position"
        return [(row["purpose"], row["room"] or None) for row in self.rows(sql, [destination])]

    def bindings(self, chat: str) -> list[Binding]:
        sql = "select * from bindings where destination like ? order by position"
        return [
            Binding(row["purpose"], row["destination"], row["room"] or None) for row in self.rows(sql, [f"{chat}:%"])
        ]

    def rename(self, destination: str, to: str) -> None:
        """What waits there or is bound there is the other's from now on; what was sent stays where it stands."""
        self.db.execute("update or replace bindings set destination = ? where destination = ?", [to, destination])
        sql = "update outbox set destination = ? where destination = ? and state in ('new', 'sending')"
        self.db.execute(sql, [to, destination])
        self.db.execute("update or replace destinations set destination = ? where destination = ?", [to, destination])
        self.unpark(destination)

    def hurry(self, chat: str) -> None:
        """Nothing of this chat waits any longer because of earlier failures: it can be reached again."""
        self.db.execute(
            "delete from destination_state where destination like ? and parked_at is null and failures > 0",
            [f"{chat}:%"],
        )
        sql = "update outbox set due_at = min(due_at, created_at) where destination like ? and state = 'new'"
        self.db.execute(sql, [f"{chat}:%"])

    def state_of(self, destination: str) -> DestinationState | None:
        row = self.row("select * from destination_state where destination = ?", [destination])
        return None if row is None else state_from(row)

    def is_parked(self, destination: str) -> bool:
        state = self.state_of(destination)
        return state is not None and state.parked_at is not None

    def parked(self) -> list[DestinationState]:
        sql = "select * from destination_state where parked_at is not null order by parked_at, destination"
        return [state_from(row) for row in self.rows(sql)]

    def pause(self, destination: str, until: datetime, why: str, now: datetime, *, failures: int | None = None) -> None:
        self.db.execute(
            "insert into destination_state (destination, not_before, why, since, failures) values (?, ?, ?, ?, ?) "
            "on conflict do update set not_before = excluded.not_before, why = excluded.why, "
            "failures = coalesce(?, failures)",
            [destination, instant(until), why, instant(now), failures or 0, failures],
        )

    def park(self, destination: str, why: str, now: datetime) -> bool:
        if self.is_parked(destination):
            return False
        self.db.execute(
            "insert into destination_state (destination, parked_at, why, since) values (?, ?, ?, ?) "
            "on conflict do update set parked_at = excluded.parked_at, why = excluded.why, since = excluded.since, "
            "not_before = null, failures = 0",
            [destination, instant(now), why, instant(now)],
        )
        return True

    def unpark(self, destination: str) -> None:
        self.db.execute("delete from destination_state where destination = ?", [destination])


def _chat(destination: str) -> str:
    return destination.partition(":")[0]


def state_from(row: dict[str, Any]) -> DestinationState:
    return DestinationState(
        row["destination"],
        read_instant_or_none(row["not_before"]),
        read_instant_or_none(row["parked_at"]),
        row["why"],
        read_instant_or_none(row["since"]),
        row["failures"],
    )
