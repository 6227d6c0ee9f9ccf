"""The plan as it stands: putting a show into it, its timers, and how far ahead a series is planned.

Whatever changes a planned show, from whichever command, goes through `changed`: timers, cards and whoever looks at the
plan follow from there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from bot.core import rundown, schedule
from bot.core.model import Series, Show, ShowState
from bot.core.ports import Ports, Tx
from bot.core.zones import Resolved, resolve
from handlers import checklists, foresight, matrix_cards, offers, reminders

AT_LEAST = 8
"""Shows of a series that are planned in advance, however far apart they are."""
HORIZON = timedelta(weeks=5)
"""So far ahead every date of a series is planned."""
RECENT = timedelta(days=366)
"""Shows of a series that began longer ago are not looked at: nobody moves a date by more than that into the past."""
_MOST = 200
SHORTEST_S, LONGEST_S = 10 * 60, 24 * 3600
"""Of a show, in seconds."""
BEFORE = {"ReminderDue": 24 * 3600, "ChecklistDue": 3600, "OwnersDue": 15 * 60, "GoDue": 10 * 60, "NoShowDue": -3 * 60}
"""Seconds before the start."""
TO_COME = ("planned", "go", "no_go")
"""States of a show that is still to be held."""


def dates(
    phrase: schedule.Phrase, zone: str, now: datetime, *, after: datetime, at_least: int = AT_LEAST
) -> list[Resolved]:
    """The dates later than `after` that are to be planned now: all within the horizon, and so many in any case."""
    found: list[Resolved] = []
    for time in schedule.occurrences(phrase, zone, after=after, count=_MOST):
        if len(found) >= at_least and time.at > now + HORIZON:
            break
        found.append(time)
    return found


def ahead(tx: Tx, series: str, now: datetime) -> list[Show]:
    """Its shows that are still to be held, by start."""
    return [show for show in tx.shows.of_series(series, now) if show.starts_at > now and not show.is_off]


def recent(tx: Tx, series: str, now: datetime) -> list[Show]:
    """Its shows that somebody may still mean, by start: a daily series of some years has a thousand that are over."""
    return tx.shows.of_series(series, now - RECENT)


def missing(tx: Tx, series: Series, now: datetime, *, at_least: int = AT_LEAST) -> list[Resolved]:
    """Dates of the series that ought to be planned by now and are not."""
    if series.ended:
        return []
    slots = tx.shows.last_slots(series.id, now - RECENT)
    last = max([now, *(resolve(slot, series.zone).at for slot in slots)])
    planned = tx.shows.held(series.id, now)
    return dates(series.phrase, series.zone, now, after=last, at_least=max(0, at_least - planned))


def add(tx: Tx, like: Series, time: Resolved, ports: Ports, state: ShowState = "planned") -> Show:
    """One show at one time, with its rundown and its timers. `like` says the rest; without an id it is no series."""
    show = draft(tx, like, time, state=state)
    tx.shows.save(show)
    skus = [product.sku for product in tx.rooms.products(show.room)]
    plan_of = rundown.standard(show.id, show.duration_s, skus)
    tx.shows.set_rundown(show.id, plan_of.segments, plan_of.cues)
    if not show.is_off:
        arm(tx, show, ports)
    matrix_cards.touch_room(tx, show.room, ports.clock.now())
    foresight.watch(tx, show.room, ports)
    return show


def draft(tx: Tx, like: Series, time: Resolved, taken: Collection[str] = (), state: ShowState = "planned") -> Show:
    """The show that `add` would make; `taken`: ids of further drafts."""
    return Show(
        id=_free_id(tx, f"{like.room}-{time.local:%m%d}", taken),
        room=like.room,
        host=like.host,
        starts_local=time.local.replace(tzinfo=None, fold=0),
        zone=like.zone,
        starts_at=time.at,
        duration_s=like.duration_s,
        state=state,
        series=like.id or None,
        title=like.title,
        benefit=like.benefit,
        likes_goal=like.likes_goal,
        slot=time.wall if like.id else None,
    )


def drafts(tx: Tx, like: Series, times: Iterable[Resolved]) -> list[Show]:
    """Several, of different ids."""
    found: dict[str, Show] = {}
    for time in times:
        show = draft(tx, like, time, found)
        found[show.id] = show
    return list(found.values())


def _free_id(tx: Tx, base: str, taken: Collection[str]) -> str:
    number, name = 1, base
    while name in taken or tx.shows.get(name) is not None:
        number += 1
        name = f"{base}-{number}"
    return name


def arm(tx: Tx, show: Show, ports: Ports) -> None:
    """Sets the timers before the show; what would have been due already is left out, except the checklist."""
    now = ports.clock.now()
    for kind, before_s in BEFORE.items():
        due = show.starts_at - timedelta(seconds=before_s)
        if due > now:
            tx.timers.set(kind, show.id, due)
        elif kind in ("ChecklistDue", "GoDue") and show.starts_at > now:
            tx.timers.set(kind, show.id, now)
        else:
            tx.timers.cancel(kind, show.id)


def disarm(tx: Tx, show: Show) -> None:
    for kind in BEFORE:
        tx.timers.cancel(kind, show.id)


def changed(tx: Tx, shows: Sequence[tuple[Show, Show]], ports: Ports) -> None:
    """Saves planned shows as they are from now on, given as (before, after), and lets everything follow.

    Telling people is the caller's matter: only it knows why.
    """
    for before, after in shows:
        tx.shows.save(after)
        if after.is_off:
            disarm(tx, after)
        elif before.is_off or before.starts_at != after.starts_at:
            arm(tx, after, ports)
        if before.duration_s != after.duration_s:
            _refit(tx, before, after)
    for before, after in shows:
        checklists.redraw(tx, after.id, ports)
        reminders.redraw(tx, after, ports)
        offers.follow(tx, before, after, ports)
    for room in {show.room for pair in shows for show in pair}:
        matrix_cards.touch_room(tx, room, ports.clock.now())
        foresight.watch(tx, room, ports)


def _refit(tx: Tx, before: Show, after: Show) -> None:
    """A rundown nobody has changed since it was made fits the new length; any other stays as it is."""
    skus = [product.sku for product in tx.rooms.products(after.room)]
    standing = rundown.Rundown(tuple(tx.shows.segments(after.id)), tuple(tx.shows.cues(after.id)))
    if standing == rundown.standard(after.id, before.duration_s, skus):
        new = rundown.standard(after.id, after.duration_s, skus)
        tx.shows.set_rundown(after.id, new.segments, new.cues)
