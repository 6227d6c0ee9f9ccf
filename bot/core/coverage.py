"""Evenings of a market on which no room of it is on air."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bot.core.zones import resolve, zone

BEGINS, ENDS = time(19), time(23)
"""The evening, in the market's wall time."""
DAYS = 7

Stretch = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Evening:
    """What is left of one at the moment of asking. Instants in UTC; `empty_s`: seconds without a room on air."""

    day: date
    starts_at: datetime
    ends_at: datetime
    empty_s: int

    @property
    def length_s(self) -> int:
        return int((self.ends_at - self.starts_at).total_seconds())

    @property
    def is_empty(self) -> bool:
        return self.empty_s == self.length_s


def evenings(zone_name: str, now: datetime, on_air: Iterable[Stretch], *, days: int = DAYS) -> list[Evening]:
    """The next evenings that are not over at `now`, today's included; of one that runs, the rest.

    Raises:
        NotFoundError: no such zone.
    """
    info = zone(zone_name)
    stretches = joined(on_air)
    today = now.astimezone(info).date()
    found: list[Evening] = []
    for number in range(days + 1):
        day = today + timedelta(days=number)
        starts_at = max(now, resolve(datetime.combine(day, BEGINS), info).at)
        ends_at = resolve(datetime.combine(day, ENDS), info).at
        if starts_at < ends_at and len(found) < days:
            covered_s = overlap_s(stretches, starts_at, ends_at)
            found.append(Evening(day, starts_at, ends_at, int((ends_at - starts_at).total_seconds()) - covered_s))
    return found


def joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The same time, without overlaps, by start."""
    found: list[Stretch] = []
    for start, end in sorted(stretches):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def overlap_s(stretches: Sequence[Stretch], start: datetime, end: datetime) -> int:
    """Seconds of [start, end) that the stretches, which do not overlap, cover."""
    total = timedelta(0)
    for begins, stops in stretches:
        if begins < end and stops > start:
            total += min(stops, end) - max(begins, start)
    return int(total.total_seconds())
