"""Shows whose hour moves for the host or the team because clocks change somewhere between now and then.

A show keeps its wall time in its market. What moves is the hour elsewhere: by as much as the difference between the two
zones changes. A show belongs to the last change of its market's or the person's clocks before it, so that none is told
twice when two changes follow each other within days.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core.hours import NIGHT_BEGINS, NIGHT_ENDS
from bot.core.model import Show

AHEAD = timedelta(days=14)
"""So long before it happens a change of clocks is told."""
AFTER = timedelta(days=35)
"""So far after it the shows are looked at; the plan's rows hardly reach further."""
_STEP = timedelta(hours=12)
_BLOCK = timedelta(days=100)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Change:
    """The clocks of `zone` change at the instant `at` (UTC); offsets from UTC in seconds."""

    zone: str
    at: datetime
    before_s: int
    after_s: int

    @property
    def day(self) -> date:
        """In the zone's own time."""
        return self.at.astimezone(ZoneInfo(self.zone)).date()


@dataclass(frozen=True, slots=True)
class Seat:
    """From where somebody sees a show. `who`: a host's slug, empty for the team."""

    who: str
    zone: str


@dataclass(frozen=True, slots=True)
class Moved:
    """One show as one seat sees it: naive local starts without the change and with it. `day`: the change's."""

    show: Show
    seat: Seat
    day: date
    before: datetime
    after: datetime

    @property
    def by(self) -> timedelta:
        return self.after - self.before

    @property
    def is_night_now(self) -> bool:
        """More of it than before lies between 22:00 and 06:00."""
        length = timedelta(seconds=self.show.duration_s)
        return _night(self.after, length) > _night(self.before, length)


@functools.lru_cache(maxsize=4096)
def changes(zone: str, start: datetime, end: datetime) -> tuple[Change, ...]:
    """Every change of the zone's offset in (start, end], by time. Two within twelve hours are seen as one."""
    info = ZoneInfo(zone)
    found: list[Change] = []
    here, offset = start, _offset(info, start)
    while here < end:
        there = min(here + _STEP, end)
        after = _offset(info, there)
        if after != offset:
            at = _found_in(info, here, there, offset)
            found.append(Change(zone, at, offset, after))
            offset = after
        here = there
    return tuple(found)


def moved(show: Show, seat: Seat, now: datetime) -> Moved | None:
    """None: its hour there is what it is by today's clocks, or by those before the last change but one."""
    if show.starts_at <= now:
        return None
    between = _between(show, seat, now)
    if not between:
        return None
    day = max(change.day for change in between)
    eve = min(change.at for change in between if change.day == day) - _SECOND
    after = show.starts_at.astimezone(ZoneInfo(seat.zone)).replace(tzinfo=None, fold=0)
    by_s = _apart(show, seat, show.starts_at) - _apart(show, seat, eve)
    return Moved(show, seat, day, after - timedelta(seconds=by_s), after) if by_s else None


def _between(show: Show, seat: Seat, now: datetime) -> list[Change]:
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    # In blocks, so that for all shows of a plan the answers are known already after the first few.
    until = day + _BLOCK * (1 + (show.starts_at - day) // _BLOCK)
    return [
        change
        for zone in {show.zone, seat.zone}
        for change in changes(zone, day, until)
        if now < change.at <= show.starts_at
    ]


def _apart(show: Show, seat: Seat, at: datetime) -> int:
    """Seconds by which the seat's clocks are ahead of the market's."""
    return _offset(ZoneInfo(seat.zone), at) - _offset(ZoneInfo(show.zone), at)


def coming(zones: Iterable[str], now: datetime) -> list[Change]:
    """What is to be told now, by time."""
    found = [change for zone in sorted(set(zones)) for change in changes(zone, now, now + AHEAD)]
    return sorted(found, key=lambda change: (change.at, change.zone))


def of_day(all_moved: Iterable[Moved], day: date) -> dict[tuple[str, str, str], list[Moved]]:
    """Those of one change, together by series (a single show by itself), host and wall time; by their first start."""
    found: dict[tuple[str, str, str], list[Moved]] = {}
    for each in sorted(all_moved, key=lambda each: (each.show.starts_at, each.show.id, each.seat.who == "")):
        if each.day == day:
            show = each.show
            key = (show.series or show.id, show.host or "", f"{show.starts_local:%H:%M}")
            found.setdefault(key, []).append(each)
    return found


def wall_for(show: Show, by: timedelta) -> datetime:
    """The market's naive wall time at which a show keeps the hour of whoever it moved for."""
    return show.starts_local - by


def is_kept(each: Moved, wall: datetime | None) -> bool:
    """Whether it was moved since so that the hour there is the old one. `wall`: its naive start when first told."""
    return wall is not None and each.show.starts_local - wall == -each.by


def _night(start: datetime, length: timedelta) -> timedelta:
    """Of a naive local stretch."""
    total = timedelta(0)
    for number in range(-1, length.days + 2):
        day = start.date() + timedelta(days=number)
        begins = datetime.combine(day, NIGHT_BEGINS)
        stops = datetime.combine(day + timedelta(days=1), NIGHT_ENDS)
        total += max(timedelta(0), min(stops, start + length) - max(begins, start))
    return total


def _offset(info: ZoneInfo, at: datetime) -> int:
    offset = at.astimezone(info).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def _found_in(info: ZoneInfo, start: datetime, end: datetime, offset: int) -> datetime:
    """The first second with another offset, in UTC."""
    while end - start > _SECOND:
        middle = start + (end - start) / 2
        middle = middle.replace(microsecond=0) if middle.replace(microsecond=0) > start else middle
        start, end = (start, middle) if _offset(info, middle) != offset else (middle, end)
    return end.replace(microsecond=0).astimezone(UTC)


def told_offset(seconds: int) -> str:
    """How an offset is written everywhere: UTC-5, UTC+5:30."""
    minutes = abs(seconds) // 60
    more = f":{minutes % 60:02d}" if minutes % 60 else ""
    return f"UTC{'-' if seconds < 0 else '+'}{minutes // 60}{more}"
