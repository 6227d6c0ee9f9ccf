"""Finding the thing somebody named, or saying what there is instead."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from datetime import timedelta

from bot.core.command import Context
from bot.core.errors import ConflictError, NotFoundError, UserError
from bot.core.model import Person, Product, Room, Session, Show
from bot.core.ports import Tx
from bot.core.records import Alert, AuditEntry
from bot.core.reply import Listing

_CAP = 60


def near(typed: str, known: Sequence[str]) -> Listing | None:
    """Up to three names like what was typed, else the first few there are."""
    found = difflib.get_close_matches(typed, known, n=3, cutoff=0.5) or list(known[:5])
    return Listing(tuple(found)) if found else None


def room(tx: Tx, slug: str) -> Room:
    found = tx.rooms.get(slug)
    if found is None:
        known = [item.slug for item in tx.rooms.all(archived=True)]
        try_instead = "/room list" if known else "/room add us_main us"
        raise NotFoundError("room.unknown", room=slug[:_CAP], known=near(slug, known), try_instead=try_instead)
    return found


def active_room(tx: Tx, slug: str) -> Room:
    found = room(tx, slug)
    if found.archived_at is not None:
        raise ConflictError("room.archived", room=slug, try_instead="/room list")
    return found


def person(tx: Tx, slug: str) -> Person:
    found = tx.people.get(slug)
    if found is None:
        known = [item.slug for item in tx.people.all()]
        raise NotFoundError(
            "person.unknown", person=slug[:_CAP], known=near(slug, known), try_instead=f"/host add {slug[:30]}"
        )
    return found


def product(tx: Tx, room_slug: str, sku: str) -> Product:
    found = tx.rooms.product(room_slug, sku)
    if found is None:
        known = [item.sku for item in tx.rooms.products(room_slug)]
        raise NotFoundError(
            "product.unknown",
            sku=sku[:_CAP],
            room=room_slug,
            known=near(sku, known),
            try_instead=f"/product list {room_slug}",
        )
    return found


def show(tx: Tx, text: str, ctx: Context) -> Show:
    """By id, or by a room's slug: the room's live show, else its next one, else its last."""
    found = tx.shows.get(text)
    if found is not None:
        return found
    if tx.rooms.get(text) is None:
        upcoming = [item.id for item in tx.shows.planned()]
        raise NotFoundError("show.unknown", show=text[:_CAP], known=near(text, upcoming), try_instead="/show list")
    session = next(iter(tx.sessions.live(text)), None)
    if session is not None and session.show is not None and (live := tx.shows.get(session.show)) is not None:
        return live
    ahead = [
        item for item in tx.shows.planned() if item.room == text and item.starts_at >= ctx.now - timedelta(hours=6)
    ]
    behind = tx.shows.between(ctx.now - timedelta(days=60), ctx.now, text)
    nearest = ahead[0] if ahead else behind[-1] if behind else None
    if nearest is None:
        raise NotFoundError("show.none", room=text, try_instead=f"/show plan {text} fri 20:00")
    return nearest


def alert(tx: Tx, text: str | None) -> Alert:
    """By id; without one, the alert that is open if there is just one."""
    if text is not None:
        found = tx.alerts.get(text)
        if found is None:
            known = [item.id for item in tx.alerts.open()]
            raise NotFoundError("alert.unknown", alert=text[:_CAP], known=near(text, known), try_instead="/now")
        return found
    opened = tx.alerts.open()
    if len(opened) != 1:
        raise UserError(
            "alert.which", known=Listing(tuple(item.id for item in opened)) if opened else None, try_instead="/now"
        )
    return opened[0]


def live_session(tx: Tx, slug: str | None) -> Session:
    """The live session of a room; without a room, the only one there is."""
    if slug is not None:
        room(tx, slug)
    found = tx.sessions.live(slug)
    if not found:
        raise ConflictError("session.none_live", room=slug, try_instead=f"/show start {slug}" if slug else "/show list")
    if len(found) > 1:
        raise UserError(
            "room.which", known=Listing(tuple(item.room for item in found)), try_instead=f"room={found[0].room}"
        )
    return found[0]


def record(tx: Tx, ctx: Context, action: str, subject: str, before: object = None, after: object = None) -> None:
    """One audit entry for what this person just did."""
    via = f"{ctx.actor.chat}:{ctx.message}" if ctx.message else ctx.actor.chat
    tx.audit.add(AuditEntry(ctx.now, ctx.actor.person, via, action, subject, before, after))
