"""`/slot suggest`: three fixed weekly slots for a room, the best first, each with what speaks for and against it.

The worth of an hour is bot.core.slot_value's; here it is weighed with what the hour asks of people. A slot is left out
where the room itself, or a sibling of its market and theme, is on air, and where a host who was named would have less
than their rest. Otherwise the worth is multiplied by

- 1 + 0.03 for each of the last 8 weeks in which the room began at that hour: viewers come back to an hour they know;
- 0.5 where the hosts asked for, or the room's usual ones, said they do not work then, or have no rest: somebody else
  would have to be found. Hosts who told no hours cost up to 0.3 for the share of the show in their night, 00:00-06:00.

These weights are judgements, not measurements; a night costs less than the step from afternoon to evening, since the
market's hour is what the team is there for. No two slots are of one evening (a day ends at 05:00), and between any two
the rest fits. Equal slots are spread over the week. All times in the market's zone; nothing here depends on chance.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from bot.core import availability
from bot.core.slot_value import CELL_MIN, DAY, WEEK, Aired, Estimate, History, Market, cell_of, cells
from bot.core.zones import resolve

SLOTS = 3
DATES = 8
"""Weeks ahead whose plan a slot has to fit into."""
KEPT_WEEKS = 8
_KEPT, _AGAINST, _NIGHT = 0.03, 0.5, 0.3
_NIGHT_H = 6
_DAY_ENDS = 5 * 60 // CELL_MIN
_REST_S = 8 * 3600
_CLOCKS_S = 3600
"""What a night on which the clocks change takes from the rest between two wall times."""
_HOUR = 60 // CELL_MIN


@dataclass(frozen=True, slots=True)
class Taken:
    """A planned show, UTC; `name` its id, or the room's where the room is another one."""

    starts_at: datetime
    ends_at: datetime
    name: str = ""
    is_rival: bool = False
    """Of the room's market and theme."""


@dataclass(frozen=True, slots=True)
class Host:
    """Somebody who may host: where they live (IANA), the hours they told, their rest in seconds, what they have."""

    slug: str
    name: str
    zone: str
    hours: tuple[availability.Window, ...] = ()
    rest_s: int = _REST_S
    shows: tuple[Taken, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """`now` aware. `hosts`: the one who was named (`is_named`), else those the room usually has, the first one first.

    `plan`: the room's own shows to come; `siblings`: those of the other rooms of its market.
    """

    zone: str
    length_s: int
    now: datetime
    own: Sequence[Aired] = ()
    others: Sequence[Sequence[Aired]] = ()
    hosts: Sequence[Host] = ()
    is_named: bool = False
    plan: Sequence[Taken] = ()
    siblings: Sequence[Taken] = ()


@dataclass(frozen=True, slots=True)
class AtHost:
    """The slot as a host has it.

    `rest_s`: the shortest to another show of theirs; below 0 where they overlap, None where none is near.
    """

    host: Host
    is_night: bool
    is_outside: bool
    rest_s: int | None

    @property
    def can(self) -> bool:
        return not self.is_outside and (self.rest_s is None or self.rest_s >= self.host.rest_s)


@dataclass(frozen=True, slots=True)
class Slot:
    """`weekday` 0 is Monday; `next_at` its next date, UTC; `planned`: a show of the room that is planned there already.

    `shows` of the room were in it, with `acu` viewers on average, None where nobody measured them.
    """

    weekday: int
    wall: time
    next_at: datetime
    estimate: Estimate
    shows: int
    acu: float | None
    weeks_kept: int
    hosts: tuple[AtHost, ...]
    siblings: tuple[str, ...]
    planned: str | None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`shows`: the past shows of the room with any figure, `measured` those with GMV; `market_shows` of other rooms."""

    slots: tuple[Slot, ...]
    shows: int
    measured: int
    market_shows: int


class _Candidate:
    """A slot that may be taken; what costs time is found out when it is asked for."""

    def __init__(self, asked: Question, market: Market, first: int, weeks_kept: int, shared: Collection[int]) -> None:
        """`shared`: cells of the week in which siblings are on air."""
        self.asked, self.first, self.weeks_kept = asked, first, weeks_kept
        self.on = cells(first, asked.length_s)
        self.is_shared = any(cell in shared for cell in self.on)
        self.estimate = market.estimate(self.on)

    @property
    def weekday(self) -> int:
        return self.first // DAY

    @property
    def wall(self) -> time:
        minutes = self.first % DAY * CELL_MIN
        return time(minutes // 60, minutes % 60)

    @property
    def evening(self) -> int:
        return (self.first - _DAY_ENDS) % WEEK // DAY

    @cached_property
    def dates(self) -> list[tuple[datetime, datetime]]:
        """Start and end of the next ones, UTC."""
        here = self.asked.now.astimezone(ZoneInfo(self.asked.zone)).date()
        day = here + timedelta(days=(self.weekday - here.weekday()) % 7)
        found = [
            resolve(datetime.combine(day + timedelta(weeks=week), self.wall), self.asked.zone).at
            for week in range(DATES + 1)
        ]
        length = timedelta(seconds=self.asked.length_s)
        return [(at, at + length) for at in found if at > self.asked.now][:DATES]

    def over(self, taken: Iterable[Taken]) -> list[Taken]:
        """Which of them run at one of the dates."""
        return [
            item for item in taken if any(item.starts_at < end and start < item.ends_at for start, end in self.dates)
        ]

    @cached_property
    def planned(self) -> list[str]:
        """The room's shows that begin exactly then."""
        starts = {start for start, _ in self.dates}
        return [item.name for item in self.asked.plan if item.starts_at in starts]

    @cached_property
    def hosts(self) -> tuple[AtHost, ...]:
        return tuple(self._at(host) for host in self.asked.hosts)

    def _at(self, host: Host) -> AtHost:
        start, end = (at.astimezone(ZoneInfo(host.zone)).replace(tzinfo=None) for at in self.dates[0])
        return AtHost(
            host,
            is_night=_night_share(start, end) > 0,
            is_outside=bool(host.hours) and not availability.covers(host.hours, start, end),
            rest_s=_least_rest(self.dates, host, self.planned),
        )

    @cached_property
    def score(self) -> float:
        asked = max((self._asks(at) for at in self.hosts), default=1.0)
        return round(self.estimate.rank * (1 + _KEPT * self.weeks_kept) * asked, 9)

    def _asks(self, at: AtHost) -> float:
        if not at.can:
            return _AGAINST
        if at.host.hours:
            return 1.0
        start, end = (moment.astimezone(ZoneInfo(at.host.zone)).replace(tzinfo=None) for moment in self.dates[0])
        return 1 - _NIGHT * _night_share(start, end)

    @cached_property
    def fits(self) -> bool:
        """Whether it may be suggested at all."""
        if any(item.is_rival for item in self.over(self.asked.siblings)):
            return False
        if any(item.name not in self.planned for item in self.over(self.asked.plan)):
            return False
        return not self.asked.is_named or all(at.rest_s is None or at.rest_s >= at.host.rest_s for at in self.hosts)


def _night_share(start: datetime, end: datetime) -> float:
    """Which part of a show lies between 00:00 and 06:00 of the naive wall times."""
    night = timedelta(0)
    day = datetime.combine(start.date(), time())
    while day < end:
        night += max(timedelta(0), min(end, day + timedelta(hours=_NIGHT_H)) - max(start, day))
        day += timedelta(days=1)
    return night / (end - start)


def _least_rest(dates: Sequence[tuple[datetime, datetime]], host: Host, without: Collection[str] = ()) -> int | None:
    """Seconds to the nearest show of the host, below 0 where two overlap, None where nothing is within two days."""
    far = timedelta(days=2)
    gaps = [
        max(start - item.ends_at, item.starts_at - end)
        for item in host.shows
        if item.name not in without
        for start, end in dates
    ]
    least = min(gaps, default=far)
    return None if least >= far else int(least.total_seconds())


def suggest(asked: Question) -> Suggestion:
    """The best slots, fewer than SLOTS where the plan leaves no more."""
    own = History(asked.own)
    market = Market(own, [History(aired) for aired in asked.others])
    now = asked.now.astimezone(ZoneInfo(asked.zone)).replace(tzinfo=None)
    kept = own.weeks_kept(now, KEPT_WEEKS)
    begun = {cell_of(item.starts) for item in asked.own}
    firsts = sorted({*range(0, WEEK, _HOUR), *begun})
    shared = _cells_of(asked.siblings, asked.zone)
    left = [_Candidate(asked, market, first, kept.get(first, 0), shared) for first in firsts]
    chosen: list[_Candidate] = []
    while left and len(chosen) < SLOTS:
        best = next((item for item in sorted(left, key=_order(chosen)) if item.fits), None)
        if best is None:
            break
        chosen.append(best)
        left = [item for item in left if _goes_with(item, best)]
    return Suggestion(
        slots=tuple(_slot(item, own) for item in chosen),
        shows=sum(item.gmv_per_hour is not None or item.acu is not None for item in own.aired),
        measured=own.measured,
        market_shows=sum(other.measured for other in market.others),
    )


def _order(chosen: Sequence[_Candidate]) -> Callable[[_Candidate], tuple[float, ...]]:
    """The worth first; of equal ones one without a sibling on air, far from what is chosen, early in the week."""

    def key(item: _Candidate) -> tuple[float, ...]:
        return (
            -item.score,
            item.is_shared,
            -min((_days_apart(item.evening, other.evening) for other in chosen), default=0),
            item.first,
        )

    return key


def _cells_of(taken: Iterable[Taken], zone: str) -> set[int]:
    here = ZoneInfo(zone)
    return {
        cell
        for item in taken
        for cell in cells(
            cell_of(item.starts_at.astimezone(here)), int((item.ends_at - item.starts_at).total_seconds())
        )
    }


def _days_apart(one: int, other: int) -> int:
    return min((one - other) % 7, (other - one) % 7)


def _goes_with(item: _Candidate, other: _Candidate) -> bool:
    """Another evening, and between the two the rest fits, in both directions around the week."""
    rest_s = max((host.rest_s for host in item.asked.hosts), default=_REST_S)
    length = len(item.on)
    gaps = ((other.first - item.first) % WEEK - length, (item.first - other.first) % WEEK - length)
    return item.evening != other.evening and min(gaps) * CELL_MIN * 60 >= rest_s + _CLOCKS_S


def _slot(item: _Candidate, own: History) -> Slot:
    shows = own.on_air(item.on)
    viewers = [show.acu for show in shows if show.acu is not None]
    return Slot(
        weekday=item.weekday,
        wall=item.wall,
        next_at=item.dates[0][0],
        estimate=item.estimate,
        shows=len(shows),
        acu=sum(viewers) / len(viewers) if viewers else None,
        weeks_kept=item.weeks_kept,
        hosts=item.hosts,
        siblings=tuple(dict.fromkeys(found.name for found in item.over(item.asked.siblings) if found.name)),
        planned=item.planned[0] if item.planned else None,
    )
