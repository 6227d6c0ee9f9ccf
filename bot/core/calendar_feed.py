"""What a calendar feed shows, before its format is known, and where feeds are read."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from bot.core.calendar_pieces import Rule, Window
from bot.core.zones import zone

Status = Literal["CONFIRMED", "TENTATIVE", "CANCELLED"]


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `start` is aware; `slot` and `without` are naive wall times in `zone` (see calendar_pieces.Piece)."""

    uid: str
    start: datetime
    duration_s: int
    zone: str
    summary: str
    description: str
    location: str
    categories: tuple[str, ...]
    status: Status
    sequence: int
    rule: Rule | None = None
    without: tuple[datetime, ...] = ()
    slot: datetime | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """A calendar in one language. `zone` is the one in which a reader without one of its own shows it."""

    name: str
    about: str
    zone: str
    shown: Window
    events: tuple[Event, ...]

    @property
    def digest(self) -> str:
        """Equal for feeds that show the same."""
        return hashlib.sha256(repr(self).encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True, slots=True)
class Served:
    """A feed as it is served; `since` is when it began to show this (UTC, whole seconds)."""

    feed: Feed
    digest: str
    since: datetime


@dataclass(frozen=True, slots=True)
class CalendarDoor:
    """Where feeds are read. `address`: what their addresses begin with, like https://calendar.example.com."""

    address: Callable[[], str]

    def link(self, token: str) -> str:
        return f"{self.address()}/calendar/{token}.ics"

    @property
    def is_inside(self) -> bool:
        """Whether the address leads to this machine or a private network, where Google and Microsoft do not come."""
        authority = self.address().partition("://")[2]
        host = authority.rpartition(":")[0] if authority.rpartition(":")[2].isdecimal() else authority
        host = host.strip("[]")
        try:
            return not ipaddress.ip_address(host).is_global
        except ValueError:  # a name
            return host == "localhost" or "." not in host


def start_of(at: datetime, name: str) -> datetime:
    """The instant in the zone's wall time; in UTC where it is the second of two alike, which no wall time can say."""
    local = at.astimezone(zone(name))
    return local if local.fold == 0 else at.astimezone(UTC)
