"""The nouns of the product. A show is the plan; a session is what went on air and was measured."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from bot.core.money import Money
from bot.core.phrases import Phrase

if TYPE_CHECKING:
    from bot.core.availability import Window
    from bot.core.rules.cold_room import Sensitivity


class Role(enum.IntEnum):
    """What a person may do; each role includes those below it. NOBODY: no right at all."""

    NOBODY = 0
    VIEWER = 1
    HOST = 2
    OPERATOR = 3
    MANAGER = 4
    ADMIN = 5


Reach = Literal["dm", "channel"]
RoomRole = Literal["flagship", "vertical", "creator", "test"]
Organised = Literal["brand", "category", "region"]
HostMode = Literal["human", "semi-automatic", "avatar"]
ShowState = Literal["planned", "go", "no_go", "live", "ended", "cancelled", "skipped"]
SessionState = Literal["live", "ended", "provisional", "settled"]
SegmentKind = Literal["warm_up", "selling", "interaction", "giveaway", "close"]
CueKind = Literal["segment", "hold", "tease", "countdown", "release", "recap", "giveaway", "hand_off"]
CueState = Literal["planned", "sent", "done", "skipped", "dropped"]
ItemState = Literal["open", "done", "blocked", "waived"]
AlertState = Literal["open", "acknowledged", "snoozed", "resolved"]
PromptState = Literal["offered", "used", "replaced", "not_now"]


@dataclass(frozen=True, slots=True)
class Market:
    """Where a room sells: IANA zone, BCP 47 language of the lines, ISO 4217 currency."""

    zone: str
    language: str
    currency: str


@dataclass(frozen=True, slots=True)
class Targets:
    """What a show of the room should bring; None: no target set. `gmv` in the market's currency, per show."""

    gmv: Money | None = None
    orders: int | None = None
    acu: int | None = None


NO_TARGETS = Targets()


@dataclass(frozen=True, slots=True)
class Room:
    """An account that goes on air.

    `siblings` are rooms it may send its viewers to; none named: those of its market in its matrix. `testing` is what a
    test room tries out (format, host, selling point).
    """

    slug: str
    name: str
    platform: str
    market: Market
    handle: str | None = None
    role: RoomRole = "vertical"
    theme: str | None = None
    host_mode: HostMode = "human"
    studio: str | None = None
    sensitivity: Sensitivity = "normal"
    archived_at: datetime | None = None
    matrix: str = "main"
    siblings: tuple[str, ...] = ()
    targets: Targets = NO_TARGETS
    testing: str | None = None


@dataclass(frozen=True, slots=True)
class Matrix:
    """A set of rooms, and by what they are told apart; None: nobody has said."""

    name: str
    organised_by: Organised | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the chat. `slug` is what is typed and kept.

    `role` is what they may do everywhere; bot.core.rights adds what they may do in a matrix or a room. `language` is
    the one they read, `zone` where they live (None: the team's), `speaks` the languages they can host in (BCP 47).
    """

    slug: str
    name: str
    role: Role
    language: str | None = None
    zone: str | None = None
    speaks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HostProfile:
    """What planning and nudging know of somebody who hosts.

    `markets` are short names of MARKETS; none: any. `hours` are theirs of the week, in their own zone; none: not known.
    `rest_s` is the least time between two of their shows, seconds. `reach` "dm": nudges go to them directly where they
    have an account in a chat that can do that, else to the host channel; "channel": always there.
    """

    person: str
    markets: tuple[str, ...] = ()
    hours: tuple[Window, ...] = ()
    rest_s: int = 8 * 3600
    reach: Reach = "dm"


@dataclass(frozen=True, slots=True)
class Product:
    """A product of one room; `stock` None is unknown. Warranty in days."""

    room: str
    sku: str
    name: str
    price: Money
    list_price: Money | None = None
    stock: int | None = None
    limit_per_buyer: int | None = None
    gifts: tuple[str, ...] = ()
    selling_points: tuple[str, ...] = ()
    ships_from: str | None = None
    warranty_days: int | None = None


@dataclass(frozen=True, slots=True)
class Show:
    """One planned broadcast. What holds is the wall time (naive `starts_local`) in `zone`; `starts_at` is UTC.

    `slot` is the naive wall time that the rule of its `series` gave it, and keeps when the show is moved: with it a
    calendar knows which date of the series this is. "skipped": a date of the series that is left out. `sequence` grows
    with every change a calendar shows (RFC 5545, 3.8.7.4); the store counts it.
    """

    id: str
    room: str
    host: str | None
    starts_local: datetime
    zone: str
    starts_at: datetime
    duration_s: int
    state: ShowState
    series: str | None = None
    title: str | None = None
    benefit: str | None = None
    likes_goal: int | None = None
    slot: datetime | None = None
    sequence: int = field(default=0, compare=False)

    @property
    def is_off(self) -> bool:
        """It will not be held."""
        return self.state in ("cancelled", "skipped")

    @property
    def ends_at(self) -> datetime:
        """By plan; UTC."""
        return self.starts_at + timedelta(seconds=self.duration_s)


@dataclass(frozen=True, slots=True)
class Series:
    """Shows by one rule in the wall time of `zone`; what a new show of it is like.

    `ended`: how many cancellations hold it; with any it grows no more. `since`: the series it was split from, when
    "this and following" were changed.
    """

    id: str
    room: str
    phrase: Phrase
    zone: str
    duration_s: int
    host: str | None = None
    title: str | None = None
    benefit: str | None = None
    likes_goal: int | None = None
    ended: int = 0
    since: str | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """Offsets and lengths in seconds from the show's start."""

    show: str
    position: int
    kind: SegmentKind
    starts_s: int
    length_s: int
    skus: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cue:
    """`at_s` seconds from the show's start; `needs_operator`: an action on screen belongs to it (open the link)."""

    id: str
    show: str
    kind: CueKind
    at_s: int
    state: CueState
    sku: str | None = None
    needs_operator: bool = False


@dataclass(frozen=True, slots=True)
class ChecklistItem:
    """`due_s`: seconds before the show's start by which it should be done. `auto`: the fact that ticks it by itself."""

    show: str
    key: str
    section: str
    owner: Role
    required: bool
    due_s: int
    state: ItemState
    auto: str | None = None
    by: str | None = None
    at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """`show` is None for an unplanned session. Times in UTC."""

    id: str
    room: str
    show: str | None
    started_at: datetime
    state: SessionState
    ended_at: datetime | None = None
    ended_by: str | None = None
