"""What falls due before a show: the reminder, the series that goes on, the stream that does not come."""

from __future__ import annotations

from datetime import timedelta

from bot.core.events import NoShowDue, ReminderDue
from bot.core.model import Series, Show
from bot.core.ports import Ports, Tx
from bot.core.records import Post
from handlers import asking, cards, conflicts, no_show, reminders, sessions, timetable


def on_reminder(tx: Tx, event: ReminderDue, ports: Ports) -> None:
    """T-24 h: market time, the host's local time, what is still open; a series grows by its next show."""
    show = tx.shows.get(event.subject)
    if show is None or show.state in ("live", "ended", "cancelled", "skipped"):
        return
    to_team, to_host = (cards.new_key(tx, name, show) for name in reminders.NAMES)
    expires = show.starts_at
    named = conflicts.named(tx, show, event.now)
    answer = reminders.card(tx, show, event.now, ports, named=named)
    tx.outbox.post(Post(to_team, "team", "reminder", answer, show.id, expires_at=expires), event.now)
    if show.host is not None:
        own = reminders.card(tx, show, event.now, ports, to=show.host, named=named)
        post = Post(to_host, "host", "reminder", own, show.id, to=show.host, expires_at=expires)
        tx.outbox.post(post, event.now)
    series = tx.shows.series(show.series) if show.series else None
    if series is not None:
        _extend(tx, series, ports, timetable.AT_LEAST + 1)


def keep_going(tx: Tx, name: str | None, ports: Ports) -> list[Show]:
    """After dates of a series were taken out or moved: where no reminder is left that would make it grow, it does now.

    Without this a series whose planned dates are all taken out one by one would end, though nobody ended it.
    """
    series, now = tx.shows.series(name) if name else None, ports.clock.now()
    room = None if series is None else tx.rooms.get(series.room)
    if series is None or room is None or room.archived_at is not None:
        return []
    remind_s = timetable.BEFORE["ReminderDue"]
    if any(show.starts_at - timedelta(seconds=remind_s) > now for show in timetable.ahead(tx, series.id, now)):
        return []
    return _extend(tx, series, ports, timetable.AT_LEAST)


def _extend(tx: Tx, series: Series, ports: Ports, at_least: int) -> list[Show]:
    """Those that were added. A date on which the room is taken is left out, and told.

    What else is in the way is told, and the show stands: none is lost because its host is tired.
    """
    now = ports.clock.now()
    made, added = [], []
    for time in timetable.missing(tx, series, now, at_least=at_least):
        draft = timetable.draft(tx, series, time)
        taken = [conflict for conflict in conflicts.of(tx, [draft], now) if conflict.kind == "room"]
        show = timetable.add(tx, series, time, ports, "skipped" if taken else "planned")
        made.append(show)
        if taken:
            answer = conflicts.left_out(tx, show, taken, ports)
            key = f"skipped:{series.id}:{time.at.isoformat()}"
            tx.outbox.post(Post(key, "team", "show.skipped", answer, show.id), now)
        else:
            added.append(show)
    conflicts.review(tx, ports, added)
    return made


def catch_up(tx: Tx, ports: Ports) -> None:
    """At start: a series whose reminders all fell due while nobody ran goes on nevertheless."""
    in_use = {room.slug for room in tx.rooms.all()}
    for series in tx.shows.all_series():
        if not series.ended and series.room in in_use:
            _extend(tx, series, ports, timetable.AT_LEAST)


def on_no_show(tx: Tx, event: NoShowDue, ports: Ports) -> None:
    """T+3 min and nothing on air."""
    show = tx.shows.get(event.subject)
    if show is None or show.state in ("live", "ended", "cancelled", "skipped"):
        return
    on_air = next(iter(tx.sessions.live(show.room)), None)
    if on_air is not None and on_air.show is None:
        sessions.join(tx, on_air, show, ports)
        return
    key, ends_at = cards.new_key(tx, no_show.NAME, show), show.starts_at + timedelta(seconds=show.duration_s)
    asking.ask(tx, "no_show", show.id, show.room, key, event.now, moment=ends_at)
    answer = no_show.card(tx, show, ports)
    pings = asking.audience(tx, "operators", (show.room,))
    tx.outbox.post(Post(key, "team", "no_show", answer, show.id, urgent=True, pings=pings), event.now)
    no_show.redraw(tx, show, ports)  # where it was posted before, and the show cancelled and taken back
