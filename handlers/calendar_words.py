"""A show as one event of a calendar, in the words of whoever reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core.calendar_feed import Event, Status, start_of
from bot.core.calendar_pieces import Piece, Window
from bot.core.delivery import Reader
from bot.core.model import Person, Room, Series, Show
from bot.core.reply import Line, Listing, Msg, When, msg
from bot.core.schedule import phrase_text
from bot.core.transitions import transitions
from bot.core.zones import resolve, zone

_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Words:
    """`home`: the zone of people who have named none. `names_room`: the calendar has several rooms.

    `names_host`: it has several hosts. `origin` makes ids unique in the world (RFC 7986, 5.3).
    """

    reader: Reader
    home: str
    rooms: Mapping[str, Room]
    people: Mapping[str, Person]
    origin: str
    shown: Window
    names_room: bool
    names_host: bool

    def event(self, piece: Piece, series: Series | None = None) -> Event:
        show, room = piece.show, self.rooms.get(piece.show.room)
        place = [room.studio or "", f"{room.platform} {room.handle or ''}".strip()] if room else []
        about = [self._host(piece), *self._ids(show, series)]
        if series is not None and _is_moved_by_clocks(show):
            about.append(msg("schedule.gap", zone=show.zone, at=When(show.starts_at, show.zone)))
        return Event(
            uid=f"{piece.uid}@{self.origin}",
            start=start_of(show.starts_at, show.zone),
            duration_s=show.duration_s,
            zone=piece.zone,
            summary=self.reader.line(self._summary(show, room)),
            description="\n".join(self.reader.line(line) for line in about),
            location=", ".join(part for part in place if part),
            categories=(room.name, room.matrix) if room else (show.room,),
            status=_status(show),
            sequence=piece.sequence,
            rule=piece.rule,
            without=piece.without,
            slot=piece.slot,
        )

    def _summary(self, show: Show, room: Room | None) -> Line:
        called = room.name if room else show.room
        what: Line = show.title or called
        if show.title and self.names_room:
            what = msg("calendar.of_room", room=called, title=show.title)
        if show.host and self.names_host:
            what = msg("calendar.with_host", what=what, host=self._name(show.host))
        return msg("calendar.cancelled", what=what) if show.state == "cancelled" else what

    def _name(self, host: str) -> str:
        found = self.people.get(host)
        return found.name if found else host

    def _ids(self, show: Show, series: Series | None) -> list[Msg]:
        said = [msg("calendar.show", show=show.id)] if show.id else []
        if series is not None:
            said.append(msg("calendar.series", series=series.id, when=phrase_text(series.phrase), zone=series.zone))
        return said

    def _host(self, piece: Piece) -> Msg:
        show = piece.show
        if show.host is None:
            return msg("calendar.no_host")
        person = self.people.get(show.host)
        there = (person.zone if person else None) or self.home
        name = self._name(show.host)
        if piece.rule is None:
            return msg("calendar.host", host=name, when=When(show.starts_at, there))
        times = self._times_there(show, zone(show.zone), zone(there))
        return msg("calendar.host_times", host=name, zone=there, times=Listing(tuple(times)))

    def _times_there(self, show: Show, here: ZoneInfo, there: ZoneInfo) -> list[Msg]:
        """The wall time elsewhere of a rule's dates in their first year: each it has, with the day it begins to."""
        shown = self.shown
        changes = {change.at for info in (here, there) for change in transitions(info, shown.start, shown.end)}
        met = {at.astimezone(here).date() for at in changes if show.starts_at < at < show.starts_at + _YEAR}
        days = [show.starts_local.date(), *sorted(met | {day + timedelta(days=1) for day in met})]
        said: list[Msg] = []
        last: tuple[str, int] | None = None
        for day in days:
            now = _time_there(day, show.starts_local, here, there)
            if now != last:
                said.append(_told(now, None if last is None else day, here))
            last = now
        return said


def _is_moved_by_clocks(show: Show) -> bool:
    """Whether it stands where it stands because its day lacks the wall time it should have."""
    if show.slot is None or show.is_off:
        return False
    meant = resolve(show.slot, show.zone)
    return meant.note == "gap" and meant.at == show.starts_at


def _status(show: Show) -> Status:
    if show.is_off:
        return "CANCELLED"
    return "TENTATIVE" if show.host is None or show.state == "no_go" else "CONFIRMED"


def _time_there(day: date, wall: datetime, here: ZoneInfo, there: ZoneInfo) -> tuple[str, int]:
    """The wall time elsewhere, and by how many days its date is another one."""
    local = resolve(datetime.combine(day, wall.time()), here).at.astimezone(there)
    return f"{local:%H:%M}", (local.date() - day).days


def _told(time: tuple[str, int], since: date | None, here: ZoneInfo) -> Msg:
    clock, days = time
    at: Line = clock if days == 0 else msg("calendar.next_day" if days > 0 else "calendar.day_before", time=clock)
    if since is None:
        return msg("value", value=at)
    noon = resolve(datetime.combine(since, datetime.min.time().replace(hour=12)), here).at
    return msg("calendar.from", time=at, day=When(noon, here.key, style="date"))
