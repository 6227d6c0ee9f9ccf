"""Shows that are in each other's way: at planning, and whenever something changes later; each with its fixes.

Errors forbid a plan unless a manager says otherwise, with a reason; warnings are told and forbid nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.core.command import Context
from bot.core.conflicts import Conflict
from bot.core.errors import UserError
from bot.core.model import Room, Show
from bot.core.planning_port import Allowed, ToldConflict
from bot.core.ports import Ports, Tx
from bot.core.records import Post
from bot.core.reply import (
    Actions,
    Block,
    Code,
    Heading,
    Item,
    Items,
    Line,
    Msg,
    Note,
    Reply,
    Span,
    Text,
    When,
    msg,
    reply,
)
from handlers import lookup, telling
from handlers.conflict_finding import LONGEST, Freedom, ahead, of
from handlers.conflict_fixes import Again, Sees, free_hosts, of_again, of_saved

__all__ = [
    "HORIZON",
    "LONGEST",
    "Again",
    "Freedom",
    "Sees",
    "ahead",
    "allow",
    "blocks",
    "checked_reason",
    "free_hosts",
    "left_out",
    "line",
    "named",
    "of",
    "on_room_changed",
    "refuse",
    "review",
    "review_host",
    "review_room",
    "story",
]

_EVER = timedelta(days=3650)
HORIZON = timedelta(weeks=5)
"""So far ahead a list of all conflicts looks."""
LONGEST_REASON = 300
"""Characters."""
_SHOWN = 5
"""Conflicts that one message tells with their fixes; a chat has room for so many buttons."""


def _everything(_room: str) -> bool:
    """The bot itself sees every room."""
    return True


def _sees(tx: Tx, ctx: Context) -> Sees:
    seen = lookup.seen(tx, ctx)
    return lambda room: room in seen


# what is said


def line(tx: Tx, conflict: Conflict, sees: Sees = _everything) -> Msg:
    """One conflict in one sentence. What is planned for a room that the reader may not see stays without a name."""
    show, other = conflict.show, conflict.other
    kind = "rest_none" if conflict.kind == "rest" and not conflict.gap_s else conflict.kind
    is_seen = sees(other.room)
    room: Line = other.room if is_seen else msg("conflict.a_room")
    return msg(
        f"conflict.{kind}",
        show=_name(tx, show),
        when=When(show.starts_at, show.zone),
        other=_name(tx, other) if is_seen else msg("conflict.a_show"),
        room=room,
        start=When(other.starts_at, show.zone),
        end=When(other.ends_at, show.zone, "time"),
        about=lookup.name(tx, conflict.about) if conflict.kind in ("host", "rest") else conflict.about,
        gap=Span(conflict.gap_s or 0),
        least=Span(conflict.least_s or 0),
    )


def _name(tx: Tx, show: Show) -> Line:
    return show.id if show.id and tx.shows.get(show.id) is not None else msg("conflict.new_show")


def blocks(tx: Tx, found: Sequence[Conflict], by: Context | Ports, again: Again | None = None) -> list[Block]:
    """Each conflict with its fixes as buttons; with `again` the fixes are for that command, below all of them.

    `by` is whoever reads: the person of a context, or with Ports alone the team.
    """
    if not found:
        return []
    ports, sees = (by.ports, _sees(tx, by)) if isinstance(by, Context) else (by, _everything)
    items = [
        Item(
            line(tx, conflict, sees),
            note=None if conflict.is_error else msg("conflict.is_warning"),
            buttons=of_saved(tx, conflict, ports, sees) if again is None else (),
        )
        for conflict in found[:_SHOWN]
    ]
    title = msg("conflict.title", n=len(found)) if again is None else None
    told: list[Block] = [Items(tuple(items), title)]
    if len(found) > _SHOWN:
        told.append(Note(msg("conflict.more", n=len(found) - _SHOWN)))
        if again is None:
            told.append(Code(f"/conflict list {found[0].show.room}"))
    if again is not None and (fixes := of_again(tx, found, again, ports, sees)):
        told.append(Actions(fixes))
    return told


def named(tx: Tx, show: Show, now: datetime) -> list[Block]:
    """The open conflicts of one show, told without buttons, for a card that has others."""
    found = of(tx, [show], now)
    if not found:
        return []
    items = tuple(Item(line(tx, conflict)) for conflict in found[:_SHOWN])
    return [Items(items, title=msg("conflict.title", n=len(found))), Code(f"/conflict list {show.room}")]


def story(tx: Tx, show: Show, ctx: Context) -> list[Block]:
    """What /why tells of a show: what it is in conflict with, and what may stand all the same, by whose word."""
    sees = _sees(tx, ctx)
    open_ones = [Item(line(tx, conflict, sees)) for conflict in of(tx, [show], ctx.now)]
    allowed = [Item(_allowed(tx, kept)) for kept in tx.allowed.of([show.id])]
    told: list[Block] = []
    if open_ones:
        told.append(Items(tuple(open_ones), title=msg("conflict.title", n=len(open_ones))))
    if allowed:
        told.append(Items(tuple(allowed), title=msg("conflict.allowed_title")))
    return told


def _allowed(tx: Tx, kept: Allowed) -> Msg:
    return msg(
        "conflict.allowed_line", show=kept.show, other=kept.other, kind=msg(f"conflict.kind.{kept.kind}"),
        who=lookup.name(tx, kept.by), when=When(kept.at), reason=kept.reason,
    )  # fmt: skip


# what is decided


def refuse(tx: Tx, ctx: Context, found: Sequence[Conflict], again: Again) -> Reply | None:
    """The answer that nothing was done, if there is an error among them; return it before anything is written."""
    errors = [conflict for conflict in found if conflict.is_error]
    if not errors:
        return None
    heading = Heading(msg("conflict.refused", n=len(errors)))
    return reply(heading, *blocks(tx, errors, ctx, again), Note(msg("conflict.nothing_done")), tone="warning")


def allow(tx: Tx, ctx: Context, found: Sequence[Conflict], reason: str) -> list[Allowed]:
    """Keeps that these conflicts of saved shows may stand, and why; in the audit, once for each pair.

    Raises:
        UserError: that is no reason.
    """
    reason = checked_reason(reason)
    kept = [
        Allowed(conflict.kind, *conflict.pair, by=ctx.actor.person, at=ctx.now, reason=reason) for conflict in found
    ]
    for one in kept:
        tx.allowed.save(one)
    for show, other in dict.fromkeys((conflict.show, conflict.other) for conflict in found):
        kinds = [conflict.kind for conflict in found if (conflict.show, conflict.other) == (show, other)]
        after = {"other": other.id, "kinds": kinds, "reason": reason}
        before: dict[str, Any] = {"other": other.id, "kinds": [], "reason": None}
        lookup.record(tx, ctx, "conflict.allow", show.id, before, after)
    return kept


def left_out(tx: Tx, show: Show, found: Sequence[Conflict], ports: Ports) -> Reply:
    """What the team hears of a date of a series that was not planned because of these: it may stand elsewhere."""
    other = found[0].other
    text = msg("show.series_skipped", room=show.room, when=When(show.starts_at, show.zone), show=other.id)
    args = {
        "room": show.room, "when": f"{show.starts_local:%Y-%m-%d %H:%M}", "length": f"{show.duration_s}s",
        "host": show.host, "title": show.title, "benefit": show.benefit,
        "likes_goal": None if show.likes_goal is None else str(show.likes_goal),
    }  # fmt: skip
    given = {name: value for name, value in args.items() if value is not None}
    again = Again("show plan", given, [replace(show, state="planned")])
    fixes = of_again(tx, found, again, ports, _everything)
    return reply(Text(text), *([Actions(fixes)] if fixes else []), tone="warning")


def planned(tx: Tx, ctx: Context, shows: Sequence[Show], despite: str | None) -> list[Block]:
    """What the answer says of shows that were just saved; `despite`: the reason by which their errors may stand.

    The rest of the team hears of what is left, too.
    """
    found = of(tx, shows, ctx.now)
    errors = [conflict for conflict in found if conflict.is_error]
    told: list[Block] = []
    if despite is not None and errors:
        told = [Note(_allowed(tx, kept)) for kept in allow(tx, ctx, errors, despite)[:_SHOWN]]
    review(tx, ctx.ports, shows, ctx)
    return [*told, *blocks(tx, [conflict for conflict in found if conflict not in errors], ctx)]


def checked_reason(text: str) -> str:
    """Raises UserError where nothing is said, or more than anybody would read."""
    reason = " ".join(text.split())
    if not 0 < len(reason) <= LONGEST_REASON:
        raise UserError("conflict.bad_reason", most=LONGEST_REASON, try_instead="the guest has only this hour")
    return reason


# what is told when something changes


def review(tx: Tx, ports: Ports, shows: Iterable[Show], ctx: Context | None = None) -> None:
    """After a change of these shows, or of what their conflicts hang on: tells the team what is new, and what is gone.

    With `ctx` the answer to the command has told its own place already.
    """
    now = ports.clock.now()
    saved = [show for name in dict.fromkeys(show.id for show in shows) if (show := tx.shows.get(name)) is not None]
    if not saved:
        return
    found = of(tx, saved, now)
    told = {(item.kind, item.show, item.other): item for item in tx.told_conflicts.of({show.id for show in saved})}
    there = {conflict.name for conflict in found}
    fresh = [item for item in found if item.name not in told or told[item.name].gone_at is not None]
    gone = [item for name, item in told.items() if item.gone_at is None and name not in there]
    for item in gone:
        tx.told_conflicts.save(replace(item, gone_at=now))
    for key in dict.fromkeys(item.message for item in gone):
        _redraw(tx, key, ports)
    if fresh:
        _tell(tx, ports, fresh, ctx)


def review_room(tx: Tx, ports: Ports, room: str) -> None:
    """After a change of the room that all its shows to come hang on."""
    review(tx, ports, tx.shows.planned(room))


def on_room_changed(tx: Tx, ports: Ports, before: Room, after: Room) -> None:
    """After an edit of the room: with some of what it is, its shows get in the way of others, or out of it."""
    if any(getattr(before, name) != getattr(after, name) for name in ("theme", "studio", "host_mode", "market")):
        review_room(tx, ports, after.slug)


def review_host(tx: Tx, ports: Ports, host: str) -> None:
    now = ports.clock.now()
    review(tx, ports, tx.shows.of_host(host, now - LONGEST, now + _EVER))


def _tell(tx: Tx, ports: Ports, fresh: Sequence[Conflict], ctx: Context | None) -> None:
    now, first = ports.clock.now(), fresh[0]
    key = f"conflict:{tx.next_id('k')}"
    for conflict in fresh:
        kind, show, other = conflict.name
        tx.told_conflicts.save(ToldConflict(kind, show, other, key, now))
    rooms = dict.fromkeys(room for conflict in fresh for room in (conflict.show.room, conflict.other.room))
    places = dict.fromkeys(place for room in rooms for place in tx.outbox.bound("team", room))
    here = None if ctx is None else telling.answered_in(ctx)
    only = tuple(place for place in places if place != here)
    if only:
        answer = reply(*blocks(tx, fresh, ports), tone="warning")
        tx.outbox.post(Post(key, "team", "conflict", answer, first.show.id, only=only, room=first.show.room), now)


def _redraw(tx: Tx, key: str, ports: Ports) -> None:
    """The message as things stand: what is still open keeps its fixes, of the rest it says what became of it."""
    if tx.outbox.by_key(key) is None:
        return
    now, rows = ports.clock.now(), tx.told_conflicts.of_message(key)
    names = dict.fromkeys(name for row in rows if row.gone_at is None for name in (row.show, row.other))
    shows = [show for name in names if (show := tx.shows.get(name)) is not None]
    open_ones = {conflict.name: conflict for conflict in of(tx, shows, now)}
    still = [open_ones[name] for row in rows if (name := (row.kind, row.show, row.other)) in open_ones]
    over = [Item(_over(tx, row), "done") for row in rows if (row.kind, row.show, row.other) not in open_ones]
    told = [*blocks(tx, still, ports), *([Items(tuple(over))] if over else [])]
    tx.outbox.edit(key, reply(*told, tone="warning" if still else "good"), now)


def _over(tx: Tx, row: ToldConflict) -> Msg:
    for kept in tx.allowed.of([row.show]):
        if (kept.kind, kept.show, kept.other) == (row.kind, row.show, row.other):
            return _allowed(tx, kept)
    return msg("conflict.gone", show=row.show, other=row.other, kind=msg(f"conflict.kind.{row.kind}"))
