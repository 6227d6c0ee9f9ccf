"""What is kept of planning: shows, allowed conflicts, offers to hosts, calendar links, files, hand-offs.

Part of ports.py, whose rules hold here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol

from bot.core.facts import PromptLine
from bot.core.matrix import Airtime
from bot.core.model import Cue, Segment, Series, Show

ConflictKind = Literal["room", "host", "rest", "studio", "theme", "product"]
OfferKind = Literal["swap", "stand_in"]
OfferEnd = Literal["taken", "withdrawn", "expired", "show_off"]
LinkKind = Literal["room", "host", "matrix"]
ImportState = Literal["shown", "done", "undone"]


class Setting(NamedTuple):
    """What of a room decides whether it gets in the way of another: the whole of every room is too much to read."""

    room: str
    studio: str | None
    theme: str | None
    currency: str
    language: str


@dataclass(frozen=True, slots=True)
class Allowed:
    """Two shows stand although they are in conflict, because a manager said so. `show` < `other`, by id."""

    kind: ConflictKind
    show: str
    other: str
    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class ToldConflict:
    """A conflict that the message of that key told. `show` < `other`, by id; `gone_at`: since then it is no more."""

    kind: ConflictKind
    show: str
    other: str
    message: str
    at: datetime
    gone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HostOffer:
    """A show offered to hosts who could do it; the first to take it has it. `instead_of`: whose it is so far.

    `asked`: everybody it was offered to, by slug. `made_by` None: the bot itself (nobody came).
    """

    id: str
    show: str
    kind: OfferKind
    instead_of: str | None
    asked: tuple[str, ...]
    made_by: str | None
    made_at: datetime
    until: datetime
    taken_by: str | None = None
    closed_at: datetime | None = None
    outcome: OfferEnd | None = None


@dataclass(frozen=True, slots=True)
class CalendarLink:
    """A calendar's secret address; of the secret only a hash is kept. `name`: slug of the room, host or matrix."""

    id: str
    hash: str
    kind: LinkKind
    name: str
    made_by: str
    made_at: datetime
    revoked_at: datetime | None = None
    revoked_by: str | None = None
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that somebody brought, to be used by a command."""

    id: str
    name: str
    media_type: str
    data: bytes
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PlanImport:
    """What was read from a plan file. `rows`: what each line means, small JSON values; `shows`: what came of it."""

    id: str
    name: str
    made_by: str
    made_at: datetime
    rows: Sequence[Mapping[str, Any]]
    state: ImportState = "shown"
    done_at: datetime | None = None
    done_by: str | None = None
    shows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HandOff:
    """A line that sends the viewers of a session to `room`, or tells them of its next show.

    `about`: the cue (`why` "end") or the alert ("cold") it was offered with. `withdrawn_at`: it would not be true any
    more. `arrived`: how many came, None: no source tells.
    """

    id: str
    session: str
    room: str
    why: Literal["end", "cold"]
    line: PromptLine
    offered_at: datetime
    about: str
    withdrawn_at: datetime | None = None
    used_at: datetime | None = None
    used_by: str | None = None
    arrived: int | None = None

    @property
    def is_to_live(self) -> bool:
        """Whether it sends viewers to a room on air; else it tells of a later show."""
        return self.line.tactic == "hand_off"

    @property
    def stands(self) -> bool:
        return self.withdrawn_at is None


class ShowRepo(Protocol):
    def get(self, show: str) -> Show | None: ...
    def save(self, show: Show) -> None: ...
    def between(
        self,
        start: datetime,
        end: datetime,
        room: str | None = None,
        *,
        rooms: Collection[str] | None = None,
        limit: int | None = None,
        with_skipped: bool = True,
    ) -> list[Show]:
        """Shows that start in [start, end), by start; those of one room or of some, the first so many."""
        ...

    def airtimes(self, start: datetime, end: datetime) -> list[Airtime]:
        """All that are to be held or run and that touch [start, end), by start."""
        ...

    def count(self, start: datetime, end: datetime, rooms: Collection[str], *, with_skipped: bool = True) -> int:
        """How many shows of these rooms start in [start, end)."""
        ...

    def planned(self, room: str | None = None) -> list[Show]:
        """All that are to be held, however many; for a list that somebody reads `following` is enough."""
        ...

    def following(
        self, now: datetime, *, room: str | None = None, rooms: Collection[str] | None = None, limit: int = 1
    ) -> list[Show]:
        """The next ones to be held that are not over by plan at `now`, by start."""
        ...

    def of_series(self, series: str, since: datetime | None = None, limit: int | None = None) -> list[Show]:
        """Its shows that start at `since` or later, or every one there is; by start, the first so many."""
        ...

    def last_slots(self, series: str, since: datetime) -> list[datetime]:
        """The naive wall times of the last day for which it has shows, of those that start at `since` or later."""
        ...

    def held(self, series: str, after: datetime) -> int:
        """How many of its shows that start later are not off."""
        ...

    def revisions(self, room: str | None = None) -> Mapping[str, int]:
        """For each series how many shows it has and what their `sequence`s add up to: grows with each change."""
        ...

    def of_host(self, host: str, start: datetime, end: datetime) -> list[Show]: ...
    def led_by(self, sku: str, start: datetime, end: datetime) -> list[Show]: ...
    def lead(self, show: str) -> str | None: ...
    def leads(self, shows: Collection[str]) -> dict[str, str | None]:
        """As `lead`, of many; a show that is not kept is missing."""
        ...

    def segments(self, show: str) -> list[Segment]: ...
    def cues(self, show: str) -> list[Cue]: ...
    def cue(self, cue: str) -> Cue | None: ...
    def set_rundown(self, show: str, segments: Sequence[Segment], cues: Sequence[Cue]) -> None: ...
    def save_cue(self, cue: Cue) -> None: ...
    def series(self, series: str) -> Series | None: ...
    def all_series(self, room: str | None = None) -> list[Series]: ...
    def save_series(self, series: Series) -> None: ...


class AllowedRepo(Protocol):
    def save(self, allowed: Allowed) -> None: ...
    def of(self, shows: Collection[str]) -> list[Allowed]:
        """All that concern one of these shows."""
        ...

    def remove(self, allowed: Allowed) -> None: ...


class ToldConflictRepo(Protocol):
    def save(self, told: ToldConflict) -> None: ...
    def of(self, shows: Collection[str]) -> list[ToldConflict]:
        """All that concern one of these shows."""
        ...

    def of_message(self, key: str) -> list[ToldConflict]:
        """What stands in one message."""
        ...


class HostOfferRepo(Protocol):
    def get(self, offer: str) -> HostOffer | None: ...
    def save(self, offer: HostOffer) -> None: ...
    def of_show(self, show: str) -> list[HostOffer]:
        """Oldest first."""
        ...

    def open(self) -> list[HostOffer]: ...


class CalendarLinkRepo(Protocol):
    def get(self, link: str) -> CalendarLink | None: ...
    def by_hash(self, digest: str) -> CalendarLink | None: ...
    def save(self, link: CalendarLink) -> None: ...
    def all(self) -> list[CalendarLink]:
        """Oldest first, revoked ones too."""
        ...


class PlanFileRepo(Protocol):
    def upload(self, upload: str) -> Upload | None: ...
    def save_upload(self, upload: Upload) -> None: ...
    def forget_uploads(self, before: datetime) -> int:
        """Removes what was brought earlier; how many."""
        ...

    def brought(self, person: str, since: datetime) -> int:
        """How many files this person brought later than that."""
        ...

    def get(self, plan: str) -> PlanImport | None: ...
    def save(self, plan: PlanImport) -> None: ...


class HandOffRepo(Protocol):
    def get(self, hand_off: str) -> HandOff | None: ...
    def save(self, hand_off: HandOff) -> None: ...
    def of_session(self, session: str) -> list[HandOff]:
        """Oldest first."""
        ...

    def to_room(self, room: str, since: datetime) -> list[HandOff]: ...
