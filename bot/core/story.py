"""Everything known about one session, gathered for its summary: sections and the chart read this and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from bot.core.model import Room, SegmentKind
from bot.core.money import Money
from bot.core.reply import Msg


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured or derived value. `unit`: "count", "ratio", "s", "viewers" or an ISO 4217 code (then value is Money).

    `basis` is the formula or its meaning ("orders / product clicks"), `source` what it was counted from ("lines",
    "totals", "person", a source's name; several joined by "+"). Unknown figures are None in place of a Figure.
    """

    value: int | Decimal | Money
    unit: str
    basis: str
    source: str


Figures = Mapping[str, Figure | None]


@dataclass(frozen=True, slots=True)
class ProductRow:
    sku: str
    name: str
    clicks: int | None
    orders: int | None
    gmv_gross: Money | None


@dataclass(frozen=True, slots=True)
class SegmentRow:
    kind: SegmentKind
    starts_s: int
    ends_s: int
    skus: tuple[str, ...]
    views: int | None
    comments: int | None
    orders: int | None
    gmv_gross: Money | None
    acu: Decimal | None


@dataclass(frozen=True, slots=True)
class PromptRow:
    """`answered_s` when the host pressed, seconds from the session's start."""

    tactic: str
    text: str
    language: str
    state: Literal["offered", "used", "replaced", "not_now"]
    offered_s: int
    answered_s: int | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class AlertRow:
    """`orders_next_10min` counts from the opening; `recovered_s` from the opening to the all-clear (None: never)."""

    kind: str
    opened_s: int
    resolved_s: int | None
    reason: Msg
    evidence: Mapping[str, float | int | str | None]
    prompts: tuple[PromptRow, ...] = ()
    acknowledged_by: str | None = None
    orders_next_10min: int | None = None

    @property
    def recovered_s(self) -> int | None:
        return None if self.resolved_s is None else self.resolved_s - self.opened_s


@dataclass(frozen=True, slots=True)
class HandOffRow:
    """Viewers sent on: to `room` (`is_given`), or from it. `at`: when it was used, else when it was offered.

    `to_live`: to a room on air; else viewers were told of its next show, and nobody is counted. `arrived` None: not
    measured; `is_whole`: the time in which those who come are counted is over.
    """

    id: str
    is_given: bool
    room: str
    at: datetime
    is_used: bool
    to_live: bool = True
    arrived: int | None = None
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Release:
    """The product link opened at `t_s`."""

    t_s: int
    sku: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """Per `step_s` seconds; None where nothing was measured (never 0)."""

    step_s: int
    concurrent: tuple[float | None, ...]
    interactions: tuple[int | None, ...]
    orders: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """`medians` of earlier sessions by figure name, money in major units. `changed`: name, old, new.

    `checklist_waived`: item key and reason. `replayed`: a back-test, in which nobody could answer a line.
    """

    room: Room
    title: str
    show: str | None
    host: str | None
    started_at: datetime
    ended_at: datetime
    state: Literal["provisional", "settled"]
    figures: Figures
    products: tuple[ProductRow, ...]
    segments: tuple[SegmentRow, ...]
    alerts: tuple[AlertRow, ...]
    timeline: Timeline
    releases: tuple[Release, ...]
    checklist_waived: tuple[tuple[str, str], ...] = ()
    nudges_dropped: int = 0
    medians: Mapping[str, Decimal] | None = None
    changed: tuple[tuple[str, Figure | None, Figure | None], ...] = ()
    notes: tuple[Msg, ...] = ()
    replayed: bool = False
    hand_offs: tuple[HandOffRow, ...] = ()

    @property
    def length_s(self) -> int:
        return round((self.ended_at - self.started_at).total_seconds())
