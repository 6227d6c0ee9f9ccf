"""A plan file against what is there: who may plan where, who hosts, what is planned already, what is in the way."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core import schedule
from bot.core.command import Context
from bot.core.errors import ConflictError, ForbiddenError, NotFoundError, UserError
from bot.core.excerpt import excerpt
from bot.core.model import Role, Room, Series
from bot.core.plan_file import Findings, Known, PlanLine, Problem
from bot.core.ports import Tx
from bot.core.reply import Msg, When, msg
from bot.core.rights import place_of
from bot.core.zones import Resolved, resolve
from handlers import lookup, timetable

MAX_SHOWS = 500
"""Shows that one import plans at once, in one transaction of a second or two; the later ones of its series follow as
those of any series do."""


@dataclass(frozen=True, slots=True)
class Date:
    """One date of a line. `moved`: when it is held instead, `length_s` how long. `out`: it is a date left out."""

    time: Resolved
    length_s: int
    moved: Resolved | None = None
    out: bool = False

    @property
    def begins(self) -> datetime:
        return (self.moved or self.time).at

    @property
    def ends(self) -> datetime:
        return self.begins + timedelta(seconds=self.length_s)


@dataclass(frozen=True, slots=True)
class Good:
    """A line that can be planned, with its dates."""

    line: PlanLine
    dates: tuple[Date, ...]

    @property
    def held(self) -> list[Date]:
        return [date for date in self.dates if not date.out]

    @property
    def is_series(self) -> bool:
        return not isinstance(self.line.phrase, schedule.OneOff)

    def like(self, series: str) -> Series:
        """What its shows are like."""
        line = self.line
        return Series(
            series, line.room, line.phrase, line.zone, line.length_s, line.host, line.title, line.benefit,
            line.likes_goal,
        )  # fmt: skip


@dataclass(slots=True)
class Checked:
    """`doubles`: places in the file whose shows are there already, with the shows."""

    good: list[Good] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    doubles: list[Msg] = field(default_factory=list)

    @property
    def shows(self) -> int:
        return sum(len(each.held) for each in self.good)

    @property
    def rooms(self) -> list[str]:
        return sorted({each.line.room for each in self.good})


def known(tx: Tx, ctx: Context, room: str | None) -> Known:
    """What a file may name: rooms that this person sees."""
    rights = tx.people.rights(ctx.actor.person)
    zones = {item.slug: item.market.zone for item in tx.rooms.all() if rights.sees(item)}
    return Known(zones, ctx.now, None if room is None else lookup.active_room(tx, room).slug)


def check(tx: Tx, ctx: Context, lines: Iterable[PlanLine]) -> Checked:
    """Each line in turn; those before it in the file count as planned."""
    found, busy = Checked(), _Busy(tx, ctx.now)
    people = {person.slug: person.name for person in tx.people.all()}
    errors = Findings()
    for given in lines:
        try:
            room = _room(tx, ctx, given)
            line = replace(given, host=_host(tx, given, room, people))
            good = _good(line, busy, found, ctx.now)
        except UserError as error:
            errors.wrong(given.where, error)
            continue
        if good is not None:
            found.good.append(good)
    found.problems += errors.problems
    if found.shows > MAX_SHOWS:
        raise UserError("plan.too_many_shows", n=found.shows, most=MAX_SHOWS)
    return found


def _room(tx: Tx, ctx: Context, line: PlanLine) -> Room:
    room = lookup.active_room(tx, line.room)
    if tx.people.rights(ctx.actor.person).at(place_of(room)) < Role.OPERATOR:
        raise ForbiddenError("plan.not_yours", about=room.slug, room=room.slug)
    if room.market.zone != line.zone:  # it was given another one since
        raise ConflictError("plan.zone_changed", room=room.slug, zone=room.market.zone)
    return room


def _host(tx: Tx, line: PlanLine, room: Room, people: dict[str, str]) -> str | None:
    """By what is typed for them, or by a name that only one person has."""
    if line.host is None:
        return None
    wanted = line.host.strip().casefold()
    found = [slug for slug in people if slug.casefold() == wanted]
    found = found or [slug for slug, name in people.items() if name.casefold() == wanted]
    if len(found) != 1:
        hosts = [slug for slug in people if tx.people.rights(slug).at(place_of(room)) >= Role.HOST]
        known = lookup.near(line.host[:60], [slug for slug in hosts if tx.people.host(slug) is not None] or hosts)
        instead = str(known.items[0]) if known.items else "/host add mia"
        raise NotFoundError("plan.no_such_host", try_instead=instead, host=excerpt(line.host, 40), known=known)
    if tx.people.rights(found[0]).at(place_of(room)) < Role.HOST:
        raise UserError("person.no_host", person=found[0], try_instead=f"/host add {found[0]}")
    return found[0]


def _good(line: PlanLine, busy: _Busy, found: Checked, now: datetime) -> Good | None:
    """None: all of it is there already."""
    dates = _dates(line, now)
    if not any(not date.out for date in dates):
        raise UserError("plan.nothing_ahead", try_instead="fri 20:00")
    doubles = [date for date in dates if not date.out and busy.has(line.room, date.begins) is not None]
    if doubles:
        first = doubles[0]
        found.doubles.append(
            msg("plan.double", where=line.where, room=line.room, n=len(doubles), when=When(first.begins, line.zone),
                what=busy.has(line.room, first.begins))
        )  # fmt: skip
    dates = [replace(date, out=True) if date in doubles else date for date in dates]
    held = [date for date in dates if not date.out]
    if not held:
        return None
    for date in held:
        other = busy.in_the_way(line.room, date.begins, date.ends)
        if other is not None:
            raise ConflictError("plan.clash", room=line.room, when=When(date.begins, line.zone), what=other,
                                try_instead=f"/show list {line.room}")  # fmt: skip
    for date in held:
        busy.add(line.room, date.begins, date.ends, line.where)
    return Good(line, tuple(dates))


def _dates(line: PlanLine, now: datetime) -> list[Date]:
    """The dates that are to be planned now; of a series with dates that were moved, all up to the last of these."""
    last = max((item.slot for item in line.moved), default=None)
    times = timetable.dates(line.phrase, line.zone, now, after=now)
    if last is not None and not isinstance(line.phrase, schedule.OneOff) and (not times or times[-1].wall < last):
        times = schedule.between(line.phrase, line.zone, now, resolve(last, line.zone).at + timedelta(seconds=1))
    moved = {item.slot: item for item in line.moved}
    dates = []
    for time in times:
        to = moved.pop(time.wall, None)
        if to is None:
            dates.append(Date(time, line.length_s, out=time.wall in line.out))
        else:
            dates.append(Date(time, to.length_s, resolve(to.wall, line.zone)))
    for lost in moved.values():
        if resolve(lost.slot, line.zone).at > now:
            raise UserError("plan.moved_nowhere", when=When(resolve(lost.slot, line.zone).at, line.zone))
    if any(date.begins <= now for date in dates):
        raise UserError("plan.moved_back", when=When(min(date.begins for date in dates), line.zone))
    return dates


class _Busy:
    """When the rooms are taken, by saved shows and by lines before; asked for once a room."""

    def __init__(self, tx: Tx, now: datetime) -> None:
        self._tx, self._now = tx, now
        self._rooms: dict[str, list[tuple[datetime, datetime, str | Msg]]] = {}
        self._series: dict[str, list[tuple[Series, datetime]]] = {}

    def has(self, room: str, begins: datetime) -> str | Msg | None:
        """What begins at that very instant, or will once its series has got so far."""
        begun = (what for start, _, what in self._near(room, begins, begins) if start == begins)
        return next(begun, None) or self._to_come(room, begins)

    def _to_come(self, room: str, begins: datetime) -> str | None:
        for series, planned_until in self._series_of(room):
            wall = begins.astimezone(ZoneInfo(series.zone)).replace(tzinfo=None, fold=0)
            if begins > planned_until and schedule.is_of(series.phrase, wall):
                return series.id
        return None

    def _series_of(self, room: str) -> list[tuple[Series, datetime]]:
        """Those that go on, each with the start of its last show that is planned; what was left out before stays so."""
        if room not in self._series:
            going_on = [item for item in self._tx.shows.all_series(room) if not item.ended]
            last = {item.id: timetable.recent(self._tx, item.id, self._now)[-1:] for item in going_on}
            self._series[room] = [(item, show.starts_at) for item in going_on for show in last[item.id]]
        return self._series[room]

    def in_the_way(self, room: str, begins: datetime, ends: datetime) -> str | Msg | None:
        near = self._near(room, begins, ends)
        return next((what for start, end, what in near if start < ends and end > begins), None)

    def add(self, room: str, begins: datetime, ends: datetime, what: str | Msg) -> None:
        bisect.insort(self._of(room), (begins, ends, what), key=lambda row: row[:2])

    def _near(self, room: str, begins: datetime, ends: datetime) -> Sequence[tuple[datetime, datetime, str | Msg]]:
        rows = self._of(room)
        first = bisect.bisect_left(rows, begins - timedelta(seconds=timetable.LONGEST_S), key=lambda row: row[0])
        return rows[first : bisect.bisect_right(rows, ends, key=lambda row: row[0])]

    def _of(self, room: str) -> list[tuple[datetime, datetime, str | Msg]]:
        if room not in self._rooms:
            since = self._now - timedelta(seconds=timetable.LONGEST_S)
            shows = [show for show in self._tx.shows.between(since, _FOREVER, room) if not show.is_off]
            self._rooms[room] = [(item.starts_at, item.ends_at, item.id) for item in shows if item.state != "ended"]
        return self._rooms[room]


_FOREVER = datetime.fromisoformat("9999-01-01T00:00:00+00:00")
