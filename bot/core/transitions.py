"""When the clocks of a zone change, by the zone data in use."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_STEP = timedelta(days=1)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Transition:
    """At the UTC instant `at` the offset from UTC goes from `before` to `after`; `name` is the abbreviation then."""

    at: datetime
    before: timedelta
    after: timedelta
    name: str


@functools.lru_cache(maxsize=512)
def transitions(zone: ZoneInfo, start: datetime, end: datetime) -> tuple[Transition, ...]:
    """Every change of the offset in (start, end], aware instants, in order.

    Two changes within one day that cancel each other would be missed; the zone data has none since 1970.
    """
    found = []
    at = start.astimezone(UTC)
    before = _offset(zone, at)
    while at < end:
        following = min(at + _STEP, end.astimezone(UTC))
        after = _offset(zone, following)
        if after != before:
            moment = _between(zone, at, following, before)
            found.append(Transition(moment, before, after, moment.astimezone(zone).tzname() or ""))
        at, before = following, after
    return tuple(found)


def _between(zone: ZoneInfo, low: datetime, high: datetime, before: timedelta) -> datetime:
    """The first second in (low, high] whose offset is another than `before`, which holds at `low`."""
    while high - low > _SECOND:
        middle = low + (high - low) // 2
        middle = middle.replace(microsecond=0)
        if middle == low:
            break
        if _offset(zone, middle) == before:
            low = middle
        else:
            high = middle
    return high


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()
