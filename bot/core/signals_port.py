"""What may be asked of signals. Part of ports.py, whose rules hold here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from bot.core.heartbeat import Source
from bot.core.records import StoredSignal


class SignalRepo(Protocol):
    def fresh(self, room: str, marks: Sequence[tuple[str, str | None]]) -> list[int]:
        """Places of the lines that are new; `marks` are sources and the senders' own ids (None: always new)."""
        ...

    def store(self, room: str, session: str | None, batch: Sequence[tuple[StoredSignal, str | None]]) -> None:
        """Keeps lines that `fresh` found new; pairs of signal and source id."""
        ...

    def newest(self) -> int:
        """The number of the newest line stored; it grows in the order of the commits."""
        ...

    def streams(self, session: str, since: datetime) -> list[str]:
        """The states of the session's stream lines from that instant on."""
        ...

    def of_session(self, session: str) -> Iterable[StoredSignal]: ...
    def people(self, session: str, start: datetime, end: datetime) -> set[tuple[str, str]]:
        """Who is named in the session's lines in [start, end): pairs of source and its id of a user."""
        ...

    def adopt(self, room: str, session: str, since: datetime) -> int:
        """Gives the room's homeless signals since then to the session."""
        ...

    def last_at(self, session: str) -> datetime | None: ...
    def sources(self, room: str) -> list[Source]:
        """Whoever ever sent something for the room, by name, with the rhythm of each."""
        ...

    def webhook(self, room: str, webhook_id: str) -> str | None:
        """The digest of the body that came with this id before."""
        ...

    def remember_webhook(self, room: str, webhook_id: str, digest: str, at: datetime, count: int) -> None: ...
    def secrets(self, room: str, now: datetime) -> list[str]: ...
    def ending_secrets(self, now: datetime) -> list[tuple[str, datetime]]:
        """Rooms with an old secret that is still valid, and until when."""
        ...

    def add_secret(self, room: str, secret: str, now: datetime, *, old_valid_until: datetime | None) -> None: ...
