"""Plan files that are iCalendar: events of any calendar program as shows and series of our rooms."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar

from bot.calendars.decoding import text_of
from bot.calendars.limits import Deadline
from bot.calendars.rules import Rule, compared, phrase_of, rule_of, walls
from bot.core import schedule, zones
from bot.core.errors import NotFoundError, UserError
from bot.core.excerpt import excerpt
from bot.core.plan_file import MAX_LINES, Findings, Known, Moved, PlanLine
from bot.core.plan_table import LONGEST_S, SHORTEST_S, STANDARD_S, clean, room_named
from bot.core.reply import Listing, Msg, When, msg

MOST_EVENTS = 2_000
"""In one file, those that are over among them."""
EXPANDED_FOR = timedelta(days=183)
"""A rule that no phrase says is planned so far ahead, show by show."""
MOST_EXPANDED = 60
_EXDATES = 2_000
_ROOM, _HOST = "X-SHOWCALLER-ROOM", "X-SHOWCALLER-HOST"


@dataclass(frozen=True, slots=True)
class _Event:
    """`parts` is icalendar's; `where` its line in the file."""

    where: Msg
    parts: Any

    @property
    def uid(self) -> str:
        return str(self.parts.get("UID", ""))

    @property
    def is_off(self) -> bool:
        return str(self.parts.get("STATUS", "")).upper() == "CANCELLED"


@dataclass(frozen=True, slots=True)
class _Start:
    """`wall` naive in `zone`, which is the file's own; `at` the instant, in UTC."""

    wall: datetime
    zone: tzinfo
    at: datetime


def read_calendar(data: bytes, known: Known, found: Findings, deadline: Deadline) -> None:
    text, note = text_of(data)
    if note is not None:
        found.note(note)
    lines = [number for number, line in enumerate(text.splitlines(), start=1) if _BEGIN.fullmatch(line.strip())]
    if len(lines) > MOST_EVENTS:
        raise UserError("plan.ics_too_many", n=len(lines), most=MOST_EVENTS)
    calendars = Calendar.from_ical(text, multiple=True)
    deadline.check()
    parts = [event for calendar in calendars for event in calendar.walk("VEVENT")]
    if not parts:
        raise UserError("plan.empty")
    places = [*lines, *[0] * (len(parts) - len(lines))]
    events = [_Event(_where(line, event), event) for line, event in zip(places, parts, strict=False)]
    _Reading(known, found).all(events, deadline)


_BEGIN = re.compile(r"BEGIN:VEVENT", re.IGNORECASE)


def _where(line: int, event: Any) -> Msg:
    return msg("plan.at.event", line=str(line), uid=excerpt(str(event.get("UID", "?")), 40))


@dataclass(slots=True)
class _Reading:
    known: Known
    found: Findings
    over: int = 0
    off: int = 0

    def all(self, events: Sequence[_Event], deadline: Deadline) -> None:
        overrides: dict[str, list[_Event]] = {}
        mains = [event for event in events if "RECURRENCE-ID" not in event.parts]
        uids = {event.uid for event in mains}
        for event in events:
            if "RECURRENCE-ID" in event.parts and event.uid in uids:
                overrides.setdefault(event.uid, []).append(event)
            elif "RECURRENCE-ID" in event.parts:
                mains.append(event)  # the series itself is not in the file
        for event in mains:
            deadline.check()
            try:
                self.found.lines += self._lines(event, overrides.get(event.uid, []))
            except UserError as error:
                self.found.wrong(event.where, error)
            except Exception as error:  # noqa: BLE001 - a value that icalendar took and nothing can be made of
                why = UserError("plan.ics_event", try_instead="DTSTART:20270312T200000Z", kind=type(error).__name__)
                self.found.wrong(event.where, why)
            if len(self.found.lines) > MAX_LINES:
                raise UserError("plan.too_long", most=MAX_LINES)
        if self.over:
            self.found.note(msg("plan.note.over", n=self.over))
        if self.off:
            self.found.note(msg("plan.note.cancelled", n=self.off))

    def _lines(self, event: _Event, overrides: Sequence[_Event]) -> list[PlanLine]:
        if event.is_off:
            self.off += 1
            return []
        room = self._room(event)
        zone = self.known.zones[room]
        start = self._moment(event, "DTSTART", zone)
        first = _local(start, zone)
        line = PlanLine(
            event.where, room, schedule.OneOff(first), zone, self._length(event, start, zone),
            host=_text(event, _HOST), title=_text(event, "SUMMARY"),
        )  # fmt: skip
        if "RRULE" not in event.parts:
            dates = [first, *(_local(extra, zone) for extra in self._list(event, "RDATE", start))]
            return [one for wall in dates if (one := self._ahead(replace(line, phrase=schedule.OneOff(wall))))]
        series = _Series(line, _rule(event, start), start, first.replace(tzinfo=ZoneInfo(zone)))
        left_out, moved = self._exceptions(event, series, overrides)
        planned = self._series(series, left_out, moved)
        extras = [_local(extra, zone) for extra in self._list(event, "RDATE", start)]
        return planned + [one for wall in extras if (one := self._ahead(replace(line, phrase=schedule.OneOff(wall))))]

    def _ahead(self, line: PlanLine) -> PlanLine | None:
        """The line, unless its one show would have begun already."""
        assert isinstance(line.phrase, schedule.OneOff)  # noqa: S101 - the callers' own
        if zones.resolve(line.phrase.wall, line.zone).at > self.known.now:
            return line
        self.over += 1
        return None

    # -- series ------------------------------------------------------------------

    def _series(self, series: _Series, left_out: set[datetime], moved: dict[datetime, Moved]) -> list[PlanLine]:
        """`left_out` and the keys of `moved` are instants of the rule."""
        now, line = self.known.now, series.line
        upcoming = compared(series.instants(now), now)
        if not upcoming:
            self.over += 1
            return []
        phrase = phrase_of(series.rule, series.first, upcoming, now)
        info = ZoneInfo(line.zone)
        if phrase is not None:
            out = [at.astimezone(info).replace(tzinfo=None, fold=0) for at in sorted(left_out) if at > now]
            if not isinstance(phrase, schedule.OneOff) and len(phrase.times) == 1:
                days = [wall.date() for wall in out if schedule.is_of(phrase, wall)]
                phrase, out = schedule.without(phrase, days), []
            later = tuple(moved[at] for at in sorted(moved) if at > now)
            return [replace(line, phrase=phrase, out=tuple(out), moved=later)]
        near = [at for at in upcoming if at <= now + EXPANDED_FOR][:MOST_EXPANDED]
        until = When((near or upcoming)[-1], line.zone, "date")
        self.found.note(msg("plan.note.expanded", where=line.where, n=len(near), until=until))
        shows = []
        for at in near:
            wall = at.astimezone(info).replace(tzinfo=None, fold=0)
            if at in moved:
                shows.append(replace(line, phrase=schedule.OneOff(moved[at].wall), length_s=moved[at].length_s))
            elif at not in left_out:
                shows.append(replace(line, phrase=schedule.OneOff(wall)))
        return shows

    def _exceptions(
        self, event: _Event, series: _Series, overrides: Sequence[_Event]
    ) -> tuple[set[datetime], dict[datetime, Moved]]:
        zone = series.line.zone
        left_out = {start.at for start in self._list(event, "EXDATE", series.start)}
        moved: dict[datetime, Moved] = {}
        for one in overrides:
            if str(one.parts["RECURRENCE-ID"].params.get("RANGE", "")).upper() == "THISANDFUTURE":
                raise UserError("plan.ics_range")
            slot = self._moment(one, "RECURRENCE-ID", zone)
            if one.is_off:
                left_out.add(slot.at)
                continue
            to = self._moment(one, "DTSTART", zone)
            moved[slot.at] = Moved(_local(slot, zone), _local(to, zone), self._length(one, to, zone))
        return left_out, moved

    def _list(self, event: _Event, name: str, start: _Start) -> Iterator[_Start]:
        """The moments of a property that may be there several times; a bare date means the event's own time on it."""
        given = event.parts.get(name)
        if given is None:
            return
        for each in given if isinstance(given, list) else [given]:
            dates = getattr(each, "dts", None)
            if dates is None or len(dates) > _EXDATES:
                raise UserError("plan.ics_broken", name=name, value=excerpt(str(each), 40))
            for one in dates:
                value = one.dt
                if isinstance(value, datetime):
                    yield _start(value, start.zone)
                elif isinstance(value, date):
                    yield _start(datetime.combine(value, start.wall.time()), start.zone)
                else:
                    raise UserError("plan.ics_broken", name=name, value=excerpt(str(value), 40))

    # -- one event ---------------------------------------------------------------

    def _room(self, event: _Event) -> str:
        names = [_text(event, _ROOM), _text(event, "LOCATION"), *_categories(event)]
        for name in names:
            if name is not None and (found := room_named(name, self.known)) is not None:
                return found
        if self.known.room is None:
            said = Listing(tuple(excerpt(name, 40) for name in names if name)[:5])
            raise NotFoundError("plan.ics_no_room", try_instead=f"room={next(iter(self.known.zones))}", said=said)
        return self.known.room

    def _moment(self, event: _Event, name: str, zone: str) -> _Start:
        value = event.parts.get(name)
        if value is None:
            raise UserError("plan.ics_missing", try_instead=f"{name}:20270312T200000Z", name=name)
        if isinstance(value, list):
            raise UserError("plan.ics_twice", name=name)
        broken = next((why for what, why in event.parts.errors if what == name), None)
        if broken is not None or not isinstance(value.dt, date):
            raise UserError("plan.ics_broken", try_instead=f"{name}:20270312T200000Z", name=name,
                            value=excerpt(str(value), 40))  # fmt: skip
        moment = value.dt
        if not isinstance(moment, datetime):
            raise UserError("plan.ics_all_day", try_instead=f"{name}:{moment:%Y%m%d}T200000", date=f"{moment:%Y-%m-%d}")
        if moment.tzinfo is not None:
            return _start(moment, moment.tzinfo)
        named = value.params.get("TZID")
        if named is not None:
            try:
                return _start(moment, zones.zone(str(named)))
            except NotFoundError as error:
                raise UserError(
                    "plan.ics_zone", try_instead=f"TZID={error.try_instead}", zone=excerpt(str(named), 40)
                ) from error
        self.found.note(msg("plan.note.floating", zone=zone))
        return _start(moment, ZoneInfo(zone))

    def _length(self, event: _Event, start: _Start, zone: str) -> int:
        """Seconds. Without an end it is as long as any show is that says nothing."""
        if "DTEND" in event.parts:
            length = (self._moment(event, "DTEND", zone).at - start.at).total_seconds()
        elif "DURATION" in event.parts:
            value = event.parts["DURATION"]
            if isinstance(value, list) or not isinstance(getattr(value, "dt", None), timedelta):
                raise UserError("plan.ics_broken", try_instead="DURATION:PT2H", name="DURATION",
                                value=excerpt(str(value), 40))  # fmt: skip
            length = value.dt.total_seconds()
        else:
            self.found.note(msg("plan.note.no_end"))
            return STANDARD_S
        if not SHORTEST_S <= length <= LONGEST_S:
            raise UserError("plan.ics_length", try_instead="DURATION:PT2H", minutes=round(length / 60))
        return round(length)


@dataclass(frozen=True, slots=True)
class _Series:
    """`line` is what each show is like; `first` aware, on the market's clock."""

    line: PlanLine
    rule: Rule
    start: _Start
    first: datetime

    def instants(self, now: datetime) -> Iterator[datetime]:
        since = now.astimezone(self.start.zone).replace(tzinfo=None)
        for wall in walls(self.rule, since):
            yield _start(wall, self.start.zone).at


def _rule(event: _Event, start: _Start) -> Rule:
    given = event.parts["RRULE"]
    if isinstance(given, list) or not isinstance(given, dict):
        raise UserError("plan.ics_rule", try_instead="FREQ=WEEKLY;BYDAY=FR", part="RRULE")
    until = given.get("UNTIL")
    last = until[0] if isinstance(until, list) and until else until
    if isinstance(last, datetime):
        last = last if last.tzinfo is None else last.astimezone(start.zone).replace(tzinfo=None)
    elif isinstance(last, date):
        last = datetime.combine(last, start.wall.time())
    elif last is not None:
        raise UserError("plan.ics_broken", name="UNTIL", value=excerpt(str(last), 40))
    return rule_of(given, start.wall, last)


def _start(moment: datetime, zone: tzinfo) -> _Start:
    """Of an aware moment, or of a wall time in `zone`; by our own zone data where the zone is one of ours."""
    moment = moment.replace(second=0, microsecond=0)
    if moment.tzinfo is not None:
        return _Start(moment.replace(tzinfo=None, fold=0), moment.tzinfo, moment.astimezone(UTC))
    if isinstance(zone, ZoneInfo):
        return _Start(moment, zone, zones.resolve(moment, zone).at)
    return _Start(moment, zone, moment.replace(tzinfo=zone).astimezone(UTC))


def _local(start: _Start, zone: str) -> datetime:
    """The naive wall time in the market.

    Raises:
        UserError: it is the second of two that look alike there, which no wall time can say.
    """
    if isinstance(start.zone, ZoneInfo) and start.zone.key == zone:
        return start.wall
    wall = start.at.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)
    if zones.resolve(wall, zone).at != start.at:
        raise UserError("plan.ics_second", zone=zone, wall=f"{wall:%Y-%m-%d %H:%M}")
    return wall


def _text(event: _Event, name: str) -> str | None:
    value = event.parts.get(name)
    if isinstance(value, list):
        value = value[0]
    return None if value is None else clean(str(value))


def _categories(event: _Event) -> list[str]:
    given = event.parts.get("CATEGORIES")
    found = [] if given is None else given if isinstance(given, list) else [given]
    return [str(name) for each in found for name in getattr(each, "cats", [each])][:20]
