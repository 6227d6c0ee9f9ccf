"""/conflict: what stands in its own way in the weeks to come, and a manager's word that it may; taking that back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from bot.core.command import Arg, Context, More
from bot.core.conflicts import Conflict
from bot.core.errors import ConflictError
from bot.core.model import Role
from bot.core.planning_port import Allowed
from bot.core.ports import Tx
from bot.core.records import Deed, Post
from bot.core.reply import Msg, Note, Reply, Text, msg, reply
from handlers import conflicts, lookup, telling, undo
from handlers.undo import Way


@dataclass(frozen=True, slots=True)
class ListConflicts:
    room: Annotated[str | None, Arg("us_main", completer="room")] = None


@dataclass(frozen=True, slots=True)
class AllowConflict:
    show: Annotated[str, Arg("us_main", completer="show", help="arg.show")]
    other: Annotated[str, Arg("us_main", completer="show", help="arg.other_show")]
    reason: Annotated[str, Arg("the guest has only this hour", rest=True, help="arg.why_allowed")]


async def list_conflicts(request: ListConflicts, ctx: Context) -> Reply:
    """Of rooms that whoever asks may see."""

    def work(tx: Tx) -> Reply:
        if request.room is not None:
            lookup.room(tx, request.room)
        seen = lookup.seen(tx, ctx)
        until = ctx.now + conflicts.HORIZON
        if request.room is None:
            found = conflicts.ahead(tx, ctx.now, until)
        else:
            shows = tx.shows.between(ctx.now - conflicts.LONGEST, until, request.room)
            found = conflicts.of(tx, shows, ctx.now)
        found = [one if one.show.room in seen else one.flipped for one in found]
        found = [one for one in found if one.show.room in seen]
        if not found:
            return reply(Text(msg("conflict.none", weeks=conflicts.HORIZON.days // 7)), tone="good")
        return reply(*conflicts.blocks(tx, found, ctx))

    return await ctx.ports.store.read(work)


def between(tx: Tx, request: AllowConflict, ctx: Context, *, with_allowed: bool = False) -> list[Conflict]:
    """The conflicts between the two shows that are named."""
    show, other = (lookup.show(tx, text, ctx) for text in (request.show, request.other))
    found = conflicts.of(tx, [show, other], ctx.now, with_allowed=with_allowed)
    return [item for item in found if set(item.pair) == {show.id, other.id}]


def needed(tx: Tx, request: AllowConflict, ctx: Context) -> Role:
    """What is an error takes a manager, also once it is allowed: who may not do it must not learn more."""
    found = between(tx, request, ctx, with_allowed=True)
    return Role.MANAGER if any(item.is_error for item in found) else Role.NOBODY


NEEDED = More("for an error: manager", needed)


async def allow(request: AllowConflict, ctx: Context) -> Reply:
    reason = conflicts.checked_reason(request.reason)  # as it is kept

    def work(tx: Tx) -> Reply:
        found = between(tx, request, ctx)
        if not found:
            raise _nothing_open(tx, request, ctx)
        kept = conflicts.allow(tx, ctx, found, reason)
        first = found[0]
        subject, entries = first.show.id, len({(item.show.id, item.other.id) for item in found})
        deed = undo.offer(
            tx, ctx, "conflict.allow", subject, None,
            {"kinds": [one.kind for one in kept], "pair": list(first.pair), "is_error": any(c.is_error for c in found)},
            entries=entries,
        )  # fmt: skip
        conflicts.review(tx, ctx.ports, [first.show, first.other])
        answer = reply(Text(_said(kept[0])), Note(msg("show.reason", reason=reason)), tone="good")
        for channel in undo.told(deed, "team"):
            post = Post(f"allowed:{deed.id}:{channel}", channel, "conflict.allowed", answer, subject)
            telling.tell_others(tx, ctx, post, first.show.room)
        return reply(*answer.blocks, *undo.blocks(deed), tone="good")

    return await ctx.ports.store.write(work)


def _said(kept: Allowed) -> Msg:
    return msg("conflict.allowed", show=kept.show, other=kept.other)


def _nothing_open(tx: Tx, request: AllowConflict, ctx: Context) -> ConflictError:
    show, other = (lookup.show(tx, text, ctx) for text in (request.show, request.other))
    for kept in tx.allowed.of([show.id]):
        if {kept.show, kept.other} == {show.id, other.id}:
            return ConflictError(
                "conflict.is_allowed", show=show.id, other=other.id, who=lookup.name(tx, kept.by), reason=kept.reason,
                try_instead=f"/conflict list {show.room}",
            )  # fmt: skip
    return ConflictError("conflict.not_open", show=show.id, other=other.id, try_instead=f"/conflict list {show.room}")


def _take_back(tx: Tx, deed: Deed, ctx: Context) -> Reply:
    pair, kinds = tuple(deed.after["pair"]), deed.after["kinds"]
    mine = [kept for kept in tx.allowed.of(pair) if (kept.show, kept.other) == pair and kept.kind in kinds]
    if len(mine) != len(kinds) or any((kept.by, kept.at) != (deed.person, deed.made_at) for kept in mine):
        raise undo.changed(tx, deed, tx.audit.of_subject(deed.subject), f"/why {deed.subject}")
    for kept in mine:
        tx.allowed.remove(kept)
    undo.record(tx, ctx, deed, deed.subject, {"allowed": kinds}, {"allowed": []})
    shows = [show for name in pair if (show := tx.shows.get(name)) is not None]
    answer = reply(Text(msg("conflict.not_allowed", show=pair[0], other=pair[1])), undo.by(ctx), tone="warning")
    for channel in undo.told(deed, "team"):
        post = Post(f"not-allowed:{deed.id}:{channel}", channel, "conflict.allowed", answer, deed.subject)
        telling.tell_others(tx, ctx, post, shows[0].room)
    conflicts.review(tx, ctx.ports, shows)
    return answer


def _instead(_tx: Tx, deed: Deed, _ctx: Context) -> str:
    """Later there is no way back: one of the two shows has to change."""
    return f"/why {deed.subject}"


def _needed(deed: Deed) -> Role:
    return Role.MANAGER if deed.after["is_error"] else Role.OPERATOR


ALLOWED = Way(_take_back, _instead, needed=_needed)
"""How a conflict that was allowed is one again."""
