"""Every change of offset in the tzdata package's zones from 2020 to 2037."""

from __future__ import annotations

import functools
import zoneinfo
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
NAMES = sorted(zoneinfo.available_timezones())


class Transition(NamedTuple):
    """Offsets to UTC right before and from the instant `at` (naive UTC) on."""

    zone: str
    at: datetime
    before: timedelta
    after: timedelta


def distinct_zones() -> list[str]:
    """One name for each different set of rules: links have the same bytes."""
    seen = {resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes(): name for name in NAMES}
    return sorted(seen.values())


def offset(info: ZoneInfo, at: datetime) -> timedelta:
    found = at.replace(tzinfo=UTC).astimezone(info).utcoffset()
    assert found is not None
    return found


@functools.cache
def transitions() -> list[Transition]:
    """Every change of offset 2020-2037, found by looking at every day in UTC: no wall time is resolved for it."""
    days = [datetime(2020, 1, 1, tzinfo=UTC) + DAY * n for n in range(18 * 366)]
    found = []
    for name in distinct_zones():
        info = ZoneInfo(name)
        offsets = [day.astimezone(info).utcoffset() for day in days]
        for number in (n for n in range(1, len(days)) if offsets[n] != offsets[n - 1]):
            low, high = days[number - 1].replace(tzinfo=None), days[number].replace(tzinfo=None)
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) // 2
                middle = middle.replace(microsecond=0)
                low, high = (low, middle) if offset(info, middle) == offsets[number] else (middle, high)
            found.append(Transition(name, high, offset(info, low), offset(info, high)))
    return found
