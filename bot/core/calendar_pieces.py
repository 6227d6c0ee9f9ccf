"""A series as calendars know it: a rule, the dates it leaves out, and the dates that are not by the rule.

What is planned as a show decides for its date; the rule speaks for what is beyond the last planned one. RFC 5545 leaves
open what a rule does with a wall time that a day does not have, so such dates are left out of the rule and stand alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Literal

from bot.core import schedule
from bot.core.model import Series, Show
from bot.core.phrases import OneOff, Phrase, Weekly
from bot.core.transitions import transitions
from bot.core.zones import Resolved, resolve, zone

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_SHOWN = ("room", "host", "zone", "starts_at", "duration_s", "title")
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Window:
    """What a calendar shows, aware instants: nothing before `start`, and right to the minute until `end`."""

    start: datetime
    end: datetime


def window(now: datetime) -> Window:
    """At least 60 days back and three years ahead. It moves once a month: a calendar at rest stays equal until then."""
    back = now - timedelta(days=60)
    start = back.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return Window(start, start.replace(year=start.year + 3) + timedelta(days=93))


@dataclass(frozen=True, slots=True)
class Rule:
    """RFC 5545, 3.3.10, weeks from Monday. `days` like MO or 2FR; `until` is aware, UTC."""

    freq: Literal["WEEKLY", "MONTHLY"]
    interval: int
    days: tuple[str, ...] = ()
    month_days: tuple[int, ...] = ()
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pattern:
    """A phrase in the terms of calendars: the same rule once for each time of the day.

    `last` includes its day; `count` is of all times together.
    """

    rule: Rule
    times: tuple[time, ...]
    last: date | None
    count: int | None
    without: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """One event of a calendar. `show` is what it is like; without an id it is not planned yet, or stands for a rule.

    `slot`: the naive wall time, in `zone`, of the date of the rule that this one takes the place of. `without`: such
    dates of the rule that are left out.
    """

    uid: str
    show: Show
    zone: str
    sequence: int
    rule: Rule | None = None
    without: tuple[datetime, ...] = ()
    slot: datetime | None = None


def pattern(phrase: Phrase) -> Pattern:
    """The rule of a phrase that recurs.

    Raises:
        ValueError: it does not recur.
    """
    if isinstance(phrase, OneOff):
        raise ValueError("a single date has no rule")  # noqa: TRY004
    if isinstance(phrase, Weekly):
        rule = Rule("WEEKLY", phrase.interval, tuple(_DAYS[day] for day in phrase.weekdays))
    else:
        nth = tuple(f"{which}{_DAYS[day]}" for which, day in phrase.nth)
        rule = Rule("MONTHLY", phrase.interval, nth, phrase.days)
    return Pattern(rule, phrase.times, phrase.until, phrase.count, phrase.without)


def alone(show: Show) -> Piece:
    """A show that is not by a rule."""
    return Piece(show.id, show, show.zone, show.sequence)


def of_series(
    series: Series, rows: Collection[Show], shown: Window, *, sequence: int, is_shown: Callable[[Show], bool]
) -> list[Piece]:
    """The events of a series. `rows`: those of its shows from the window's start on, skipped ones too.

    `sequence`: of the rule; it must never fall. `is_shown`: whether a show of the series belongs into this calendar; if
    one as the rule makes it does not, those that do stand alone.
    """
    wanted = [row for row in rows if row.state != "skipped" and is_shown(row)]
    slots = [row.slot for row in rows if row.slot is not None]
    if not slots or not is_shown(_like(series, resolve(slots[0], series.zone))):
        return [alone(row) for row in wanted]
    by_slot: dict[datetime, Show] = {}
    for row in wanted:
        if row.slot is not None and (row.slot not in by_slot or by_slot[row.slot].is_off):
            by_slot[row.slot] = row
    plan = _plan(series, by_slot, resolve(max(slots), series.zone).at, shown)
    pieces: list[Piece] = []
    told: set[str] = set()
    for at in plan.pattern.times:
        kept = [item.wall for item in plan.dates if item.wall.time() == at and item.note != "gap"]
        pieces += _by_rule(plan, at, kept, sequence)
        told |= {by_slot[wall].id for wall in kept if wall in by_slot}
    for row in wanted:
        if row.id not in told:
            is_gap = row.slot in plan.gaps and by_slot.get(row.slot) is row
            pieces.append(replace(alone(row), uid=_uid(series, row.slot)) if is_gap and row.slot else alone(row))
    to_come = [item for item in plan.gaps.values() if plan.goes_on and item.at > plan.last]
    return pieces + [Piece(_uid(series, item.wall), _like(series, item), series.zone, 0) for item in to_come]


@dataclass(frozen=True, slots=True)
class _Plan:
    """A series as far as it is looked at.

    `last`: the instant of the last date that is planned, moved or skipped ones too. `dates`: those of the rule until
    then, `rest` some after it, or all if they are counted; `gaps` by wall time, until the window's end.
    """

    series: Series
    pattern: Pattern
    by_slot: dict[datetime, Show]
    last: datetime
    dates: Sequence[Resolved]
    rest: Sequence[Resolved]
    gaps: dict[datetime, Resolved]

    @property
    def goes_on(self) -> bool:
        return bool(self.rest)


def _plan(series: Series, by_slot: dict[datetime, Show], last: datetime, shown: Window) -> _Plan:
    found = pattern(series.phrase)
    dates = schedule.between(series.phrase, series.zone, shown.start, last + _MOMENT)
    rest: list[Resolved] = []
    if not series.ended:
        # Without a count only the next date of each time of day is looked for: that one may be in a gap, too.
        most = 4 * len(found.times) if found.count is None else found.count
        rest = schedule.occurrences(series.phrase, series.zone, after=last, count=most)
    info = zone(series.zone)
    gaps: dict[datetime, Resolved] = {}
    for change in transitions(info, shown.start - timedelta(days=1), shown.end):
        size = change.after - change.before
        if size > timedelta():
            around = schedule.between(series.phrase, series.zone, change.at, change.at + size)
            gaps |= {item.wall: item for item in around if item.note == "gap"}
    return _Plan(series, found, by_slot, last, dates, rest, gaps)


def _by_rule(plan: _Plan, at: time, walls: Sequence[datetime], sequence: int) -> list[Piece]:
    """The rule at one time of the day, and the dates of it that are otherwise. `walls`: its dates until the last."""
    series = plan.series
    rest = [item.wall for item in plan.rest if item.wall.time() == at and item.note != "gap"]
    kept = [wall for wall in walls if wall in plan.by_slot]
    if not kept and not rest:
        return []
    first = kept[0] if kept else rest[0]
    last = _last(plan.pattern, at, kept, rest)
    left_out = {wall for wall in walls if wall not in plan.by_slot} | _never(plan, at)
    without = tuple(sorted(wall for wall in left_out if first < wall and (last is None or wall <= last)))
    until = None if last is None else resolve(last, series.zone).at
    uid = f"{series.id}-{at:%H%M}"
    like = _like(series, resolve(first, series.zone))
    rule = None if last == first else replace(plan.pattern.rule, until=until)
    others = [
        Piece(uid, plan.by_slot[wall], series.zone, sequence, slot=wall)
        for wall in kept
        if not _is_alike(plan.by_slot[wall], _like(series, resolve(wall, series.zone)))
    ]
    if rule is None and others:
        return [replace(others[0], slot=None)]
    return [Piece(uid, like, series.zone, sequence, rule, without), *others]


def _last(rule: Pattern, at: time, kept: Sequence[datetime], rest: Sequence[datetime]) -> datetime | None:
    """The wall time with which the rule ends at that time of the day; None: it goes on."""
    if not rest:
        return kept[-1]
    if rule.count is not None:
        return rest[-1]
    return None if rule.last is None else datetime.combine(rule.last, at)


def _never(plan: _Plan, at: time) -> set[datetime]:
    """Wall times at that time of the day that the bare rule gives and the series never has.

    What is in a gap stands alone. What another date becomes by a gap is that date: 03:30 twice is one show.
    """
    found = {wall for wall in plan.gaps if wall.time() == at}
    pushed = {item.local.replace(tzinfo=None, fold=0) for item in plan.gaps.values()}
    found |= {wall for wall in pushed if wall.time() == at and wall not in plan.by_slot}
    return found | {datetime.combine(day, at) for day in plan.pattern.without}


def _like(series: Series, date_of: Resolved) -> Show:
    """A show as the series makes it, that is not planned yet."""
    return Show(
        id="",
        room=series.room,
        host=series.host,
        starts_local=date_of.local.replace(tzinfo=None, fold=0),
        zone=series.zone,
        starts_at=date_of.at,
        duration_s=series.duration_s,
        state="planned",
        series=series.id,
        title=series.title,
        benefit=series.benefit,
        slot=date_of.wall,
    )


def _is_alike(show: Show, by_rule: Show) -> bool:
    """Whether a calendar shows the same of both."""
    return all(getattr(show, name) == getattr(by_rule, name) for name in _SHOWN) and not (
        show.is_off or show.state == "no_go"
    )


def _uid(series: Series, wall: datetime) -> str:
    return f"{series.id}-{wall:%Y%m%dT%H%M}"
