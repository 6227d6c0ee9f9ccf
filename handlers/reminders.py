"""The reminder a day ahead, as it stands, wherever it was sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.core import hosting
from bot.core.model import Show
from bot.core.ports import Ports, Tx
from bot.core.reply import Actions, Block, Button, Facts, Heading, Line, Msg, Note, Reply, Span, When, msg, reply
from handlers import cards, conflicts, lookup, occasions

_LATE_S = 30 * 60
_DAY = timedelta(days=1)
_TO_COME = ("planned", "go", "no_go")
NAMES = ("reminder", "reminder-host")


def card(
    tx: Tx, show: Show, at: datetime, ports: Ports, *, to: str | None = None, named: Sequence[Block] | None = None
) -> Reply:  # fmt: skip
    """As it is sent at `at`, or was sent then and reads now that the show was changed.

    `to`: the host whose copy it is. It begins with their own time; who cannot do it lets others take it by one tap.
    `named`: the open conflicts, where they have been looked for already.
    """
    segments, cues = len(tx.shows.segments(show.id)), len(tx.shows.cues(show.id))
    rows: list[tuple[Line, Line]] = [
        *_times(tx, show, ports, to),
        (msg("show.field.rundown"), msg("show.rundown_line", segments=segments, cues=cues)),
        *occasions.row(ports, show),
    ]
    no_host = [] if show.host or not hosting.needs_host(lookup.room(tx, show.room)) else [Note(msg("show.no_host"))]
    named = conflicts.named(tx, show, at) if named is None else named
    blocks: list[Block] = [Heading(_title(show, at)), Facts(tuple(rows)), *no_host, *named]
    if to is not None and to == show.host and show.state in _TO_COME:
        cannot = Button(msg("button.cannot_host"), "show offer", {"show": show.id}, until=show.starts_at)
        blocks.append(Actions((cannot,)))
    return reply(*blocks)


def _times(tx: Tx, show: Show, ports: Ports, to: str | None) -> list[tuple[Line, Line]]:
    market = (msg("show.field.market_time"), msg("value", value=When(show.starts_at, show.zone)))
    host = tx.people.get(show.host) if show.host else None
    if host is None:
        return [market]
    theirs = When(show.starts_at, host.zone or ports.team.zone)
    if host.slug == to:
        return [(msg("offer.your_time"), msg("value", value=theirs)), market]
    return [market, (msg("show.field.host_time", host=host.name), msg("value", value=theirs))]


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
                tx.outbox.edit(key, card(tx, show, sent.created_at, ports, to=sent.to), ports.clock.now())
