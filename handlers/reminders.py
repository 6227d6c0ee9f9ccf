"""The reminder a day ahead, as it stands, wherever it was sent."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.core.model import Show
from bot.core.ports import Ports, Tx
from bot.core.reply import Facts, Heading, Line, Msg, Note, Reply, Span, When, msg, reply
from handlers import cards, conflicts, occasions

_LATE_S = 30 * 60
_DAY = timedelta(days=1)
NAMES = ("reminder", "reminder-host")


def card(tx: Tx, show: Show, at: datetime, ports: Ports) -> Reply:
    """As it is sent at `at`, or was sent then and reads now that the show was moved."""
    host = tx.people.get(show.host) if show.host else None
    rows: list[tuple[Line, Line]] = [
        (msg("show.field.market_time"), msg("value", value=When(show.starts_at, show.zone)))
    ]
    if host is not None:
        zone = host.zone or ports.team.zone
        rows.append((msg("show.field.host_time", host=host.name), msg("value", value=When(show.starts_at, zone))))
    segments, cues = len(tx.shows.segments(show.id)), len(tx.shows.cues(show.id))
    rows.append((msg("show.field.rundown"), msg("show.rundown_line", segments=segments, cues=cues)))
    rows += occasions.row(ports, show)
    no_host = [] if host else [Note(msg("show.no_host"))]
    return reply(Heading(_title(show, at)), Facts(tuple(rows)), *no_host, *conflicts.named(tx, show, at))


def _title(show: Show, at: datetime) -> Msg:
    left = show.starts_at - at
    if show.is_off:
        return msg("show.reminder_off", room=show.room, state=msg(f"show_state.{show.state}"))
    if left > _DAY or left <= timedelta(0):
        return msg("show.reminder_moved", room=show.room)
    if left < _DAY - timedelta(seconds=_LATE_S):
        return msg("show.reminder_late", room=show.room, left=Span(int(left.total_seconds())))
    return msg("show.reminder", room=show.room)


def redraw(tx: Tx, show: Show, ports: Ports) -> None:
    """Those that were sent tell the time as it is now."""
    for name in NAMES:
        for key in cards.keys(tx, name, show.id):
            sent = tx.outbox.by_key(key)
            if sent is not None:
                tx.outbox.edit(key, card(tx, show, sent.created_at, ports), ports.clock.now())
