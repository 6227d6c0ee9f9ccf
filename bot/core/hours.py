"""A host's week: hours on air, at night, the shortest rest, free days; and who has more than their share.

A week runs from Monday 00:00 to Monday 00:00 in the host's own zone. Night is 22:00 to 06:00 there: it holds the seven
hours with midnight to 05:00 in them by which ILO convention 171 (article 1) and directive 2003/88/EC (article 2) know
night work, and what comes before and after is no better for whoever has to talk. All lengths are real seconds: a night
in which the clocks change is an hour shorter or longer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.core.coverage import joined, overlap_s
from bot.core.zones import resolve

NIGHT_BEGINS, NIGHT_ENDS = time(22), time(6)
UNFAIR = 1.5
"""Times the hosts' mean from which somebody has too much."""
_DAYS = 7


@dataclass(frozen=True, slots=True)
class Shift:
    """A show as a host's working time. Instants in UTC."""

    show: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Week:
    """`shows` counts those that begin in it. `rest_s`: the shortest between two shows, at least one of them in it.

    None: there is nothing to rest between. `free`: its days without a minute on air.
    """

    monday: date
    shows: int
    on_air_s: int
    night_s: int
    rest_s: int | None
    free: tuple[date, ...]


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def bounds(monday: date, zone: ZoneInfo, days: int = _DAYS) -> tuple[datetime, datetime]:
    """The instants at which the days from `monday` on begin and end; in UTC."""
    first = datetime.combine(monday, time())
    return resolve(first, zone).at, resolve(first + timedelta(days=days), zone).at


def week(monday: date, zone: ZoneInfo, shifts: Sequence[Shift]) -> Week:
    """`shifts`: those that touch the week and their neighbours; each counts with the part that lies in it."""
    start, end = bounds(monday, zone)
    parts = [part for shift in shifts if (part := _within(shift, start, end)) is not None]
    days = [monday + timedelta(days=number) for number in range(_DAYS)]
    return Week(
        monday=monday,
        shows=sum(start <= shift.starts_at < end for shift in shifts),
        on_air_s=sum(_seconds(*part) for part in parts),
        night_s=sum(night_s(*part, zone) for part in parts),
        rest_s=_rest(shifts, start, end),
        free=tuple(day for day in days if not any(_touches(part, bounds(day, zone, 1)) for part in parts)),
    )


def night_s(start: datetime, end: datetime, zone: ZoneInfo) -> int:
    """Seconds of [start, end) that are night in the zone."""
    nights: list[tuple[datetime, datetime]] = []
    day = start.astimezone(zone).date() - timedelta(days=1)
    while day <= end.astimezone(zone).date():
        begins = resolve(datetime.combine(day, NIGHT_BEGINS), zone).at
        stops = resolve(datetime.combine(day + timedelta(days=1), NIGHT_ENDS), zone).at
        if begins < stops:  # a zone may skip a whole day
            nights.append((begins, stops))
        day += timedelta(days=1)
    return overlap_s(joined(nights), start, end)


def above(seconds: Mapping[str, int]) -> dict[str, float]:
    """Who has more than UNFAIR times the mean of all, with how many times it is; nobody where there is just one."""
    mean = sum(seconds.values()) / len(seconds) if seconds else 0
    if mean <= 0 or len(seconds) <= 1:
        return {}
    return {who: each / mean for who, each in seconds.items() if each / mean > UNFAIR}


def _rest(shifts: Sequence[Shift], start: datetime, end: datetime) -> int | None:
    """Shows that overlap leave none."""
    ordered = sorted(shifts, key=lambda shift: (shift.starts_at, shift.ends_at))
    shortest: int | None = None
    until: datetime | None = None  # the latest end so far: a long show may outlast the one after it
    was_in = False
    for shift in ordered:
        is_in = _within(shift, start, end) is not None
        if until is not None and (is_in or was_in):
            rest = max(0, _seconds(until, shift.starts_at))
            shortest = rest if shortest is None else min(shortest, rest)
        if until is None or shift.ends_at >= until:
            until, was_in = shift.ends_at, is_in
    return shortest


def _within(shift: Shift, start: datetime, end: datetime) -> tuple[datetime, datetime] | None:
    begins, stops = max(shift.starts_at, start), min(shift.ends_at, end)
    return (begins, stops) if begins < stops else None


def _touches(part: tuple[datetime, datetime], day: tuple[datetime, datetime]) -> bool:
    return part[0] < day[1] and part[1] > day[0]


def _seconds(start: datetime, end: datetime) -> int:
    return int((end - start).total_seconds())
