"""Where messages go, and which destinations are paused or parked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.core.records import DestinationState
from storage.rows import Repo, instant, read_instant_or_none

PURPOSES = ("team", "host", "managers")


class Destinations(Repo):
    def bind(self, purpose: str, destination: str) -> None:
        chat, _, address = destination.partition(":")
        if purpose not in PURPOSES:
            raise ValueError(f"there is no purpose {purpose!r}; known: {', '.join(PURPOSES)}")
        if not chat or not address:
            raise ValueError(f"a destination is CHAT:ADDRESS, like web:team; got {destination!r}")
        if chat == "web" and address not in PURPOSES:
            raise ValueError(f"the web chat's channels are {', '.join(PURPOSES)}; got {destination!r}")
        if chat == "web" and any(name.startswith("web:") for name in self._bound(purpose) if name != destination):
            raise ValueError(f"the web chat shows a message in one channel; {purpose!r} is bound to another there")
        self.db.execute(
            "insert or ignore into bindings (purpose, destination, position) "
            "values (?, ?, (select coalesce(max(position), 0) + 1 from bindings))",
            [purpose, destination],
        )

    def unbind(self, purpose: str, destination: str) -> None:
        self.db.execute("delete from bindings where purpose = ? and destination = ?", [purpose, destination])

    def bound(self, purpose: str) -> tuple[str, ...]:
        return self._bound(purpose) or (f"web:{purpose}",)

    def _bound(self, purpose: str) -> tuple[str, ...]:
        rows = self.rows("select destination from bindings where purpose = ? order by position", [purpose])
        return tuple(row["destination"] for row in rows)

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


def state_from(row: dict[str, Any]) -> DestinationState:
    return DestinationState(
        row["destination"],
        read_instant_or_none(row["not_before"]),
        read_instant_or_none(row["parked_at"]),
        row["why"],
        read_instant_or_none(row["since"]),
        row["failures"],
    )
