"""Sending viewers on: which sibling of a room takes them, and how many of them came.

A room's siblings are the rooms it names, else those of its market (currency and language) in its matrix; only rooms in
use that sell to the same viewers. At its hand-off cue a show sends them to a sibling on air that by plan stays there
for another 15 minutes, is heard and not paused, and rather to one that is not cold; with none the host tells them of
the next show, a sibling's or the room's own, if it begins within a day. A cold room's viewers are only sent to a
sibling that is as surely not cold, by its own usual level, as an all-clear asks for; that is one more tactic on the
alert's card, for the operators to decide, offered and taken back as the alert is told anew each minute. Pressed, it is
a nudge of the host within the attention budget. A line says what is true of the other room, its name, handle and theme,
and no number; when that room goes off air, the line is taken back wherever it stands.

Arrived are viewers who were seen in the room within half an hour before the hand-off was used, and in the other room
within 15 minutes after it, but not in the half hour before. Only the same source on the same platform means the same
person by the same id: where it names nobody in one of the rooms, how many arrived is not measured.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.matrix import audience, siblings
from bot.core.model import Room

STAYS = timedelta(minutes=15)
"""Whoever follows should find more than a goodbye; a sibling whose end nobody has planned may end at any moment."""
AHEAD = timedelta(hours=24)
"""A later show is nothing to tell viewers on the way out."""
CALM = 0.27
"""The probability of cold up to which a sibling is lively: that of an all-clear (bot/core/rules/cold_room.py)."""
ARRIVES = timedelta(minutes=15)
SEEN = timedelta(minutes=30)

Seen = tuple[str, str]
"""A viewer as a source names them: the source, and its id of the user."""


@dataclass(frozen=True, slots=True)
class OnAir:
    """A room on air. `until`: its planned end (UTC), None: nobody planned one.

    `is_heard`: its source reports, and its stream is not paused. `is_cold`: a cold-room alert is open there. `cold`:
    how likely it is cold; None: it cannot be judged just now.
    """

    until: datetime | None
    is_heard: bool = True
    is_cold: bool = False
    cold: float | None = None


@dataclass(frozen=True, slots=True)
class Partner:
    """Where viewers are sent. `starts_at` None: it is on air now; else when its next show begins (UTC)."""

    room: Room
    starts_at: datetime | None = None


def within_reach(room: Room, rooms: Sequence[Room]) -> list[Room]:
    """The siblings that sell to the same viewers: in another room of theirs they would not understand a word."""
    mine = audience(room.market)
    return [other for other in siblings(room, rooms) if audience(other.market) == mine]


def takes(there: OnAir, now: datetime) -> bool:
    """Whether viewers who are sent there find a show that goes on for a while."""
    return there.is_heard and there.until is not None and there.until - now >= STAYS


def at_end(
    room: Room,
    rooms: Sequence[Room],
    on_air: Mapping[str, OnAir],
    ahead: Mapping[str, datetime],
    now: datetime,
    *,
    within: timedelta | None = AHEAD,
) -> Partner | None:
    """Where viewers go when the show ends: to a sibling on air, else to the next show (a sibling's or the room's own).

    `ahead`: the start of each room's next show, by slug; one that should have begun is not counted on, nor one that
    begins later than `within` (None: however late).
    """
    there = within_reach(room, rooms)
    live = [other for other in there if other.slug in on_air and takes(on_air[other.slug], now)]
    if live:
        return Partner(min(live, key=lambda other: (on_air[other.slug].is_cold, other.platform != room.platform)))
    next_ones = [
        (ahead[other.slug], place, other)
        for place, other in enumerate((room, *there))
        if (at := ahead.get(other.slug)) is not None and now < at and (within is None or at <= now + within)
    ]
    if not next_ones:
        return None
    starts_at, _, found = min(next_ones, key=lambda each: each[:2])
    return Partner(found, starts_at)


def when_cold(room: Room, rooms: Sequence[Room], on_air: Mapping[str, OnAir], now: datetime) -> Partner | None:
    """A sibling that is on air and clearly lively; of several the one on the same platform, then the liveliest."""
    lively = [
        (other.platform != room.platform, there.cold, place, other)
        for place, other in enumerate(within_reach(room, rooms))
        if (there := on_air.get(other.slug)) is not None
        and takes(there, now)
        and not there.is_cold
        and there.cold is not None
        and there.cold <= CALM
    ]
    return Partner(min(lively, key=lambda each: each[:3])[3]) if lively else None


def arrived(here: Collection[Seen], there_before: Collection[Seen], there_after: Collection[Seen]) -> int | None:
    """How many viewers came; None where no source names viewers of both rooms: of the other one, since then.

    Args:
        here: Seen in the room they were sent from, before the hand-off was used.
        there_before: Seen in the other room by then: they were there already.
        there_after: Seen in the other room since.
    """
    if not {source for source, _ in here} & {source for source, _ in there_after}:
        return None
    return len((set(here) & set(there_after)) - set(there_before))
