"""Archiving a room and getting it back: within a minute by undo, later by /room restore."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from bot.core.command import Arg, Context
from bot.core.errors import ConflictError
from bot.core.ports import Tx
from bot.core.records import Deed, Post
from bot.core.reply import Listing, Note, Reply, Text, msg, reply
from handlers import lookup, matrix_cards, telling, undo
from handlers.lookup import record
from handlers.room_info import OneRoom
from handlers.undo import Way

_ACTIVE, _ARCHIVED = "active", "archived"


@dataclass(frozen=True, slots=True)
class ArchivedRoom:
    room: Annotated[str, Arg("us_main", completer="archived_room")]


async def archive_room(request: OneRoom, ctx: Context) -> Reply:
    def work(tx: Tx) -> Reply:
        room = lookup.active_room(tx, request.room)
        ahead = [show.id for show in lookup.ahead(tx, room.slug, ctx.now)]
        if ahead or tx.sessions.live(room.slug):
            shows = Listing(tuple(ahead[:5]))
            raise ConflictError("room.has_shows", room=room.slug, shows=shows, try_instead=f"/show list {room.slug}")
        tx.rooms.save(replace(room, archived_at=ctx.now))
        matrix_cards.touch(tx, room.matrix, ctx.now)
        record(tx, ctx, "room.archive", room.slug, _ACTIVE, _ARCHIVED)
        deed = undo.offer(tx, ctx, "room.archive", room.slug, None, ctx.now.isoformat())
        return reply(Text(msg("room.archived_now", room=room.slug)), *undo.blocks(deed), tone="good")

    return await ctx.ports.store.write(work)


async def restore_room(request: ArchivedRoom, ctx: Context) -> Reply:
    def work(tx: Tx) -> Reply:
        room = lookup.room(tx, request.room)
        if room.archived_at is None:
            raise ConflictError("room.not_archived", room=room.slug, try_instead=f"/room info {room.slug}")
        tx.rooms.save(replace(room, archived_at=None))
        matrix_cards.touch(tx, room.matrix, ctx.now)
        record(tx, ctx, "room.restore", room.slug, _ARCHIVED, _ACTIVE)
        return reply(Text(msg("room.restored", room=room.slug)), Note(msg("room.restored_next")), tone="good")

    return await ctx.ports.store.write(work)


def _take_back(tx: Tx, deed: Deed, ctx: Context) -> Reply:
    room = lookup.room(tx, deed.subject)
    if room.archived_at != datetime.fromisoformat(deed.after):
        raise undo.changed(tx, deed, tx.audit.of_subject(room.slug), f"/room info {room.slug}")
    tx.rooms.save(replace(room, archived_at=None))
    matrix_cards.touch(tx, room.matrix, ctx.now)
    undo.record(tx, ctx, deed, room.slug, _ARCHIVED, _ACTIVE)
    answer = reply(Text(msg("room.restored", room=room.slug)), undo.by(ctx), tone="good")
    for channel in undo.told(deed):
        post = Post(f"restored:{deed.id}:{channel}", channel, "room.restored", answer, room.slug)
        telling.tell_others(tx, ctx, post, room.slug)
    return answer


def _instead(_tx: Tx, deed: Deed, _ctx: Context) -> str:
    return f"/room restore {deed.subject}"


ARCHIVED = Way(_take_back, _instead)
"""How an archived room is in use again."""
