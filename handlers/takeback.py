"""/undo: what can be taken back and how; the rest of what an undo needs is in handlers/undo.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from bot.core.command import Arg, Context, More, Where
from bot.core.errors import ConflictError, NotFoundError
from bot.core.model import Role
from bot.core.ports import Tx
from bot.core.records import Deed, Post
from bot.core.reply import Reply, Text, When, msg, reply
from bot.core.rights import Place
from handlers import (
    archiving,
    binding,
    cancelling,
    changing,
    conflict_desk,
    granting,
    importing,
    lookup,
    mapping,
    planning,
    sessions,
    skipping,
    substitution,
    telling,
    undo,
    waiving,
)
from handlers.undo import Way


@dataclass(frozen=True, slots=True)
class Undo:
    deed: Annotated[str | None, Arg("u1", hidden=True)] = None


async def take_back(request: Undo, ctx: Context) -> Reply:
    """Takes back the deed of the button; typed without one, one's own latest."""

    def work(tx: Tx) -> Reply:
        deed = _find(tx, request.deed, ctx)
        if deed.undone_at is not None:
            raise ConflictError(
                "undo.already", what=undo.name(deed), subject=deed.subject, who=lookup.name(tx, deed.undone_by or ""),
                when=When(deed.undone_at, style="exact"), try_instead=f"/why {deed.subject}",
            )  # fmt: skip
        way = WAYS[deed.action]
        if deed.until <= ctx.now:
            raise ConflictError(
                "undo.too_late", what=undo.name(deed), subject=deed.subject, until=When(deed.until, style="exact"),
                try_instead=way.instead(tx, deed, ctx),
            )  # fmt: skip
        answer = way.take_back(tx, deed, ctx)
        tx.undo.undone(deed.id, ctx.actor.person, ctx.now)
        return answer

    answer = await ctx.ports.store.write(work)
    await sessions.load_live(ctx.ports)
    return answer


def _find(tx: Tx, deed_id: str | None, ctx: Context) -> Deed:
    found = tx.undo.latest(ctx.actor.person) if deed_id is None else tx.undo.get(deed_id)
    if found is None and deed_id is None:
        raise ConflictError("undo.nothing", try_instead="/help")
    if found is None:
        raise NotFoundError("undo.unknown", deed=(deed_id or "")[:60], try_instead="/undo")
    return found


def _go_on(tx: Tx, deed: Deed, ctx: Context) -> Reply:
    """The show was ended by mistake: its session goes on, as when a stream comes back soon enough."""
    session = tx.sessions.get(deed.after["session"])
    ended_at = datetime.fromisoformat(deed.after["ended_at"])
    if session is None or session.state != "ended" or session.ended_at != ended_at:
        raise undo.changed(tx, deed, tx.audit.of_subject(deed.subject), "/now")
    latest = tx.sessions.latest(session.room)
    if latest is not None and latest.id != session.id:
        raise undo.changed(tx, deed, tx.audit.of_subject(latest.show or latest.id), "/now")
    room = tx.rooms.get(session.room)
    if room is None or room.archived_at is not None:
        raise undo.changed(tx, deed, tx.audit.of_subject(session.room), f"/room restore {session.room}")
    sessions.reopen(tx, session, ctx.ports)
    undo.record(tx, ctx, deed, deed.subject, session.state, deed.before)
    answer = reply(Text(msg("undo.goes_on", show=session.show or session.room)), undo.by(ctx), tone="good")
    for channel in undo.told(deed):
        if channel != "team":  # there reopening has said it
            post = Post(f"goes-on:{deed.id}:{channel}", channel, "session", answer, session.id)
            telling.tell_others(tx, ctx, post, session.room)
    return answer


def _plan_again(tx: Tx, deed: Deed, ctx: Context) -> str:
    """An ended show stays ended; a new one can be planned for the stream that still runs."""
    session = tx.sessions.get(deed.after["session"])
    room = tx.rooms.get(session.room) if session else None
    if room is None:
        return "/show list"
    soon = (ctx.now + timedelta(minutes=5)).astimezone(ZoneInfo(room.market.zone))
    return f"/show plan {room.slug} {soon:%Y-%m-%d %H:%M}"


WAYS: Mapping[str, Way] = {
    "show.plan": planning.PLANNED,
    "show.move": changing.MOVED,
    "show.edit": changing.EDITED,
    "show.skip": skipping.SKIPPED,
    "show.cancel": cancelling.CANCELLED,
    "show.host": substitution.GIVEN,
    "offer.take": substitution.TAKEN,
    "show.end": Way(_go_on, _plan_again),
    "conflict.allow": conflict_desk.ALLOWED,
    "plan.apply": importing.IMPORTED,
    "room.archive": archiving.ARCHIVED,
    "checklist.waive": waiving.WAIVED,
    "revoke": granting.REVOKED,
    "setup.unbind": binding.UNBOUND,
    "setup.unrole": mapping.UNMAPPED,
}
"""Every action that can be taken back. One more is a `Way` beside its command and a line here."""


def _place(tx: Tx, request: Undo, ctx: Context) -> Place:
    deed = _find(tx, request.deed, ctx)
    return WAYS[deed.action].place(tx, deed)


def _needed(tx: Tx, request: Undo, ctx: Context) -> Role:
    deed = _find(tx, request.deed, ctx)
    return max(ctx.ports.commands.get(deed.action.replace(".", " ")).role, WAYS[deed.action].needed(deed))


WHERE, MORE = Where("where it was done", _place), More("as what is taken back", _needed)
"""Only who could do the deed may take it back."""
