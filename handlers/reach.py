"""Which shows a change is about (this one, this and the following, all to come), and how each would stand after it.

Nothing here writes: what is found is shown to people first, or done by handlers/changes.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal, TypeVar

from bot.core import schedule
from bot.core.command import Arg
from bot.core.model import Series, Show
from bot.core.ports import Tx
from bot.core.zones import Resolved, resolve
from handlers import timetable

T = TypeVar("T")
Scope = Literal["this", "following", "all"]
ScopeArg = Annotated[str, Arg("following", kind="choice", choices=("this", "following", "all"), keyed=True)]

NEW = "+"
"""Stands for the id of a series that is made when the change is."""
_NEAR = timedelta(days=7)
Edit = Callable[[T], T]


@dataclass(frozen=True, slots=True)
class Reach:
    """`rows` are the show and those of its series that go with it, by slot; off ones and ones moved by hand, too.

    `series` is None where only the one show is meant. `start` is the naive slot from which on shows change; rows of
    the same day before it only go along where the series is split.
    """

    show: Show
    series: Series | None
    scope: str
    start: datetime
    rows: tuple[Show, ...]

    @property
    def later(self) -> tuple[Show, ...]:
        """Those the change is about."""
        if self.series is None:
            return self.rows
        return tuple(row for row in self.rows if row.slot is not None and row.slot >= self.start)


@dataclass(frozen=True, slots=True)
class Change:
    """How everything would stand: pairs of (before, after); `added` are dates that become shows of `rule`.

    `rule` is the series from `reach.start` on; with the id NEW it is split from `reach.series`, which then ends as
    `old` says. `kept`: shows that somebody had changed by hand and that stay as they are. `asked`: the one time that
    was asked for, where only one show moves.
    """

    reach: Reach
    pairs: tuple[tuple[Show, Show], ...]
    rule: Series | None = None
    old: Series | None = None
    added: tuple[Resolved, ...] = ()
    kept: int = 0
    asked: Resolved | None = None

    @property
    def seen(self) -> list[tuple[Show, Show]]:
        """The pairs in which something changes that people see."""
        return [pair for pair in self.pairs if _seen(pair[0]) != _seen(pair[1])]


def _seen(show: Show) -> Show:
    return replace(show, series=None, slot=None, state="planned" if show.state in timetable.TO_COME else show.state)


def of(tx: Tx, show: Show, scope: str, now: datetime) -> Reach:
    """`scope` "all" begins with the first show of the series that is still to come."""
    series = tx.shows.series(show.series) if show.series else None
    if scope == "this" or series is None or show.slot is None:
        return Reach(show, None, "this", show.starts_local, (show,))
    known = timetable.recent(tx, series.id, now)
    rows = [row for row in known if row.slot is not None and row.state not in ("live", "ended")]
    begin = show.slot
    if scope == "all":
        ahead = [row.slot for row in rows if row.slot and row.state in timetable.TO_COME and row.starts_at > now]
        begin = min([*ahead, show.slot])
    mine = [row for row in rows if row.slot and row.slot.date() >= begin.date()]
    return Reach(show, series, scope, begin, tuple(sorted(mine, key=lambda row: (row.slot or begin, row.id))))


def is_by_rule(show: Show) -> bool:
    """It is to be held, and at the time its rule gave it."""
    if show.state not in timetable.TO_COME or show.slot is None:
        return False
    return show.starts_at == resolve(show.slot, show.zone).at


def one(reach: Reach, after: Show, asked: Resolved | None = None) -> Change:
    """Only the show itself."""
    return Change(reach, ((reach.show, after),), asked=asked)


def at(show: Show, time: Resolved) -> Show:
    """The show at another time. Whoever said go said it of the old one."""
    state = "planned" if show.state in ("go", "no_go") and show.starts_at != time.at else show.state
    local = time.local.replace(tzinfo=None, fold=0)
    return replace(show, starts_local=local, starts_at=time.at, state=state)


def retimed(reach: Reach, series: Series, new: time, length: int | None) -> Change:
    """Every show at that time of the day goes to the new time of the same day."""
    old = reach.show.slot.time() if reach.show.slot else reach.start.time()
    rule = _from(series, reach.start.date())
    times = () if isinstance(rule.phrase, schedule.OneOff) else rule.phrase.times
    phrase = schedule.shifted(rule.phrase, times=(*(each for each in times if each != old), new))

    def slot_of(row: Show) -> datetime | None:
        if row.slot is None or row.slot < reach.start or row.slot.time() != old:
            return row.slot
        return datetime.combine(row.slot.date(), new)

    return _along(reach, series, replace(rule, phrase=phrase, duration_s=length or series.duration_s), slot_of, length)


def by_rule(reach: Reach, series: Series, phrase: schedule.Recurring, length: int | None, now: datetime) -> Change:
    """The shows go over to another rule: each to the date nearest to its own; further dates become shows.

    A show for which the new rule has no date near falls away: it is cancelled. A rule that says no end ends as the old,
    and one that leaves no date out leaves out what the old one does.
    """
    rest = _from(series, reach.start.date())
    phrase = _without_as(_ending_as(phrase, rest), rest)
    rule = replace(rest, phrase=phrase, duration_s=length or series.duration_s)
    after = max(now, resolve(datetime.combine(reach.start.date(), time()), series.zone).at - timedelta(microseconds=1))
    wanted = timetable.dates(phrase, series.zone, now, after=after)
    slots = _matched(list(reach.later), [each.wall for each in _until_last(reach, rule, after, wanted)])
    taken = set(slots.values())
    last = max([*taken, *[each.wall for each in wanted]], default=reach.start)
    every = [each for each in _until_last(reach, rule, after, wanted) if each.wall <= last]
    change = _along(reach, series, rule, lambda row: slots.get(row.id), length)
    return replace(change, added=tuple(each for each in every if each.wall not in taken))


def _until_last(reach: Reach, rule: Series, after: datetime, wanted: Sequence[Resolved]) -> list[Resolved]:
    """The rule's dates that are to be planned, and those as far as there are shows to go over to them."""
    last = max((row.slot for row in reach.later if row.slot is not None), default=reach.start)
    end = max([resolve(last, rule.zone).at + _NEAR, *[each.at for each in wanted]]) + timedelta(microseconds=1)
    return schedule.between(rule.phrase, rule.zone, after + timedelta(microseconds=1), end)


def _ending_as(phrase: schedule.Recurring, series: Series) -> schedule.Recurring:
    """With as many dates as the series has left, or, where the rhythm is another one, until its last date."""
    old = series.phrase
    is_open = isinstance(old, schedule.OneOff) or (old.until is None and old.count is None)
    if isinstance(old, schedule.OneOff) or is_open or phrase.until is not None or phrase.count is not None:
        return phrase
    if old.count is None or _rhythm(old) == _rhythm(phrase):
        return replace(phrase, until=old.until, count=old.count)
    begin = resolve(datetime.combine(old.first, time()), series.zone).at - timedelta(days=1)
    every = schedule.occurrences(old, series.zone, after=begin, count=old.count)
    return replace(phrase, until=every[-1].wall.date()) if every else phrase


def _without_as(phrase: schedule.Recurring, series: Series) -> schedule.Recurring:
    """A rule that leaves no date out leaves out those of its dates that the series did: nobody said they are on."""
    old = series.phrase
    if isinstance(old, schedule.OneOff) or phrase.without:
        return phrase
    return schedule.without(phrase, [day for day in old.without if day >= phrase.first and phrase.has(day)])


def _rhythm(phrase: schedule.Recurring) -> tuple[type, int, int]:
    days = phrase.weekdays if isinstance(phrase, schedule.Weekly) else (*phrase.days, *phrase.nth)
    return type(phrase), phrase.interval, len(days) * len(phrase.times)


def _along(
    reach: Reach, series: Series, rule: Series, slot_of: Callable[[Show], datetime | None], length: int | None
) -> Change:
    pairs: list[tuple[Show, Show]] = []
    kept = 0
    named = NEW if rule.id == NEW else series.id
    for row in reach.rows:
        slot = slot_of(row)
        after = replace(row, slot=slot, series=named if slot else None)
        is_mine = row in reach.later and (is_by_rule(row) or row.id == reach.show.id)
        if is_mine and slot is None:
            after = replace(after, state="cancelled")
        elif is_mine and slot is not None:
            after = at(after, resolve(slot, row.zone)) if row.slot != slot or row.id == reach.show.id else after
            after = replace(after, duration_s=length or row.duration_s)
        elif row in reach.later:
            kept += row.state in timetable.TO_COME
        pairs.append((row, after))
    return Change(reach, tuple(pairs), rule, _before(series, reach.start.date()), kept=kept)


def _from(series: Series, day: date) -> Series:
    """The series from that day on: another one, unless nothing of it is before."""
    before, rest = schedule.split(series.phrase, day)
    return replace(
        series, id=series.id if before is None else NEW, phrase=rest or series.phrase,
        since=series.since if before is None else series.id,
    )  # fmt: skip


def _before(series: Series, day: date) -> Series | None:
    """What is left of the series where another one goes on for it."""
    before, _ = schedule.split(series.phrase, day)
    return None if before is None else replace(series, phrase=before)


def edited(reach: Reach, series: Series, of_show: Edit[Show], of_series: Edit[Series]) -> Change:
    """Something else than the time. What one show says differently from its series, somebody has set by hand."""
    is_split = reach.scope == "following"
    rule = _from(series, reach.start.date()) if is_split else series
    pairs, kept = [], 0
    for row in reach.rows:
        after = replace(row, series=rule.id)
        if row in reach.later and row.state in timetable.TO_COME:
            is_own = row.id != reach.show.id and _own(row, series)
            kept += is_own
            after = after if is_own else of_show(after)
        pairs.append((row, after))
    old = _before(series, reach.start.date()) if is_split else None
    return Change(reach, tuple(pairs), of_series(rule), old, kept=kept)


def _own(row: Show, series: Series) -> bool:
    """Something in it is not as the series has it."""
    mine = (row.host, row.title, row.benefit, row.likes_goal, row.duration_s)
    return mine != (series.host, series.title, series.benefit, series.likes_goal, series.duration_s)


def _matched(rows: Sequence[Show], slots: Sequence[datetime]) -> dict[str, datetime]:
    """Which row takes which slot: the same time first, then the same day, then the next one within a week, in order."""
    found: dict[str, datetime] = {}
    free = list(slots)

    def take(row: Show, slot: datetime) -> None:
        found[row.id] = slot
        free.remove(slot)

    for is_same in (_same_time, _same_day):
        for row in rows:
            slot = next((each for each in free if is_same(row.slot, each)), None)
            if row.id not in found and slot is not None:
                take(row, slot)
    for row in rows:
        if row.id in found or row.slot is None:
            continue
        near = next((each for each in free if abs(each - row.slot) < _NEAR), None)
        if near is not None:
            take(row, near)
    if rows and rows[0].id not in found and free:
        take(rows[0], free[0])
    return found


def _same_time(one: datetime | None, other: datetime) -> bool:
    return one == other


def _same_day(one: datetime | None, other: datetime) -> bool:
    return one is not None and one.date() == other.date()
