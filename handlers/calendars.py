"""Secret addresses at which calendars are read: made, listed, revoked. What is read there: handlers.calendar_feed."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import Annotated, Any

from bot.core.command import Arg, Context, More, Where
from bot.core.errors import ConflictError, NotFoundError, UserError
from bot.core.model import Role
from bot.core.planning_port import CalendarLink, LinkKind
from bot.core.ports import Tx
from bot.core.reply import (
    Block,
    Button,
    Code,
    Heading,
    Item,
    Items,
    Line,
    Listing,
    Note,
    Reply,
    Secret,
    Text,
    When,
    msg,
    reply,
)
from bot.core.rights import ANYWHERE, OVERALL, Place, place_of
from bot.core.signin import hash_of
from handlers import lookup
from handlers.calendar_feed import ORIGIN
from handlers.lookup import record

_BYTES = 32
"""Of chance in an address: nobody finds one by trying."""
_MOST = 20
"""Addresses one calendar has at a time."""


@dataclass(frozen=True, slots=True)
class AddCalendar:
    room: Annotated[str | None, Arg("us_main", keyed=True, completer="room", help="arg.calendar_room")] = None
    host: Annotated[str | None, Arg("mia", keyed=True, completer="host", help="arg.calendar_host")] = None
    matrix: Annotated[str | None, Arg("main", keyed=True, help="arg.calendar_matrix")] = None


@dataclass(frozen=True, slots=True)
class ListCalendars:
    pass


@dataclass(frozen=True, slots=True)
class RevokeCalendar:
    calendar: Annotated[str, Arg("c1", help="arg.calendar")]


def _asked(tx: Tx, request: AddCalendar, ctx: Context) -> tuple[LinkKind, str]:
    """Whose calendar is wanted; where nothing is said, one's own.

    Raises:
        UserError: more than one is named, or what is named is not there.
    """
    named = [name for name in ("room", "host", "matrix") if getattr(request, name) is not None]
    if len(named) > 1:
        raise UserError("calendar.one", given=Listing(tuple(named)), try_instead=f"/calendar add {named[0]}=...")
    if request.room is not None:
        return "room", lookup.room(tx, request.room, ctx).slug
    if request.matrix is not None:
        return "matrix", lookup.matrix(tx, request.matrix, ctx)
    host = request.host or ctx.actor.person
    if tx.people.host(host) is None:
        if request.host is None:
            raise UserError("calendar.whose", try_instead="/calendar add room=us_main")
        lookup.person(tx, host, try_instead="/host add {slug}")
        raise ConflictError("person.no_host", person=host[:60], try_instead=f"/host add {host[:60]}")
    return "host", host


def _place(tx: Tx, kind: LinkKind, name: str, ctx: Context) -> Place:
    match kind:
        case "room":
            return place_of(lookup.room(tx, name, ctx))
        case "matrix":
            return Place("matrix", name)
        case "host":
            return ANYWHERE if name == ctx.actor.person else OVERALL


def _role(kind: LinkKind, name: str, ctx: Context) -> Role:
    match kind:
        case "room":
            return Role.OPERATOR
        case "matrix":
            return Role.MANAGER
        case "host":
            return Role.HOST if name == ctx.actor.person else Role.OPERATOR


def _where_asked(tx: Tx, request: Any, ctx: Context) -> Place:
    return _place(tx, *_asked(tx, request, ctx), ctx)


def _role_asked(tx: Tx, request: Any, ctx: Context) -> Role:
    return _role(*_asked(tx, request, ctx), ctx)


def _where_kept(tx: Tx, request: Any, ctx: Context) -> Place:
    link = _link(tx, request.calendar, ctx)
    return _place(tx, link.kind, link.name, ctx)


def _role_kept(tx: Tx, request: Any, ctx: Context) -> Role:
    link = _link(tx, request.calendar, ctx)
    return _role(link.kind, link.name, ctx)


_NEEDS = "for a room or another host operator, for a matrix: manager"
ASKED, KEPT = (
    Where("the room or the matrix; for another host everywhere; for oneself anywhere", find)
    for find in (_where_asked, _where_kept)
)
TO_ASK, TO_REVOKE = More(_NEEDS, _role_asked), More(_NEEDS, _role_kept)


def _link(tx: Tx, name: str, ctx: Context) -> CalendarLink:
    found = tx.calendar_links.get(name.casefold())
    if found is None:
        known = [link.id for link in _mine(tx, ctx)]
        raise NotFoundError(
            "calendar.unknown", calendar=name[:60], known=lookup.near(name, known), try_instead="/calendar list"
        )
    return found


def _mine(tx: Tx, ctx: Context) -> list[CalendarLink]:
    """Those that are read and that this person could make."""
    rights = tx.people.rights(ctx.actor.person)
    return [
        link
        for link in tx.calendar_links.all()
        if link.revoked_at is None
        and rights.at(_place(tx, link.kind, link.name, ctx)) >= _role(link.kind, link.name, ctx)
    ]


async def add(request: AddCalendar, ctx: Context) -> Reply:
    """A new secret address, shown this once. Those made before go on."""
    door = ctx.ports.calendars

    def work(tx: Tx) -> Reply:
        kind, name = _asked(tx, request, ctx)
        others = [link for link in tx.calendar_links.all() if (link.kind, link.name) == (kind, name)]
        others = [link for link in others if link.revoked_at is None]
        if len(others) >= _MOST:
            raise ConflictError("calendar.too_many", most=_MOST, try_instead=f"/calendar revoke {others[0].id}")
        if tx.fact(ORIGIN) is None:
            tx.remember(ORIGIN, secrets.token_hex(4))
        token = secrets.token_urlsafe(_BYTES)
        link = CalendarLink(tx.next_id("c"), hash_of(token), kind, name, ctx.actor.person, ctx.now)
        tx.calendar_links.save(link)
        _record(tx, ctx, "calendar.add", link, after={"of": kind, "name": name})
        blocks: list[Block] = [
            Heading(msg("calendar.made", calendar=link.id, of=_of(tx, link))),
            Secret(door.link(token), qr=True),
            Text(msg("calendar.google")),
            Text(msg("calendar.apple")),
            Text(msg("calendar.outlook")),
            Note(msg("calendar.secret")),
            Code(f"/calendar revoke {link.id}"),
        ]
        inside = [Note(msg("calendar.inside", address=door.address()))] if door.is_inside else []
        return reply(*blocks, *inside, private=True)

    return await ctx.ports.store.write(work)


async def list_calendars(request: ListCalendars, ctx: Context) -> Reply:
    """The addresses in use that one could revoke: whose, made when by whom, and when they were last read."""
    del request

    def work(tx: Tx) -> Reply:
        links = _mine(tx, ctx)
        if not links:
            return reply(Text(msg("calendar.none")), Code("/calendar add"), private=True)
        items = tuple(_item(tx, link) for link in links)
        return reply(Items(items, title=msg("calendar.list", n=len(items))), private=True)

    return await ctx.ports.store.read(work)


def _item(tx: Tx, link: CalendarLink) -> Item:
    read: Line = msg("calendar.never_read") if link.read_at is None else msg("calendar.read", at=When(link.read_at))
    return Item(
        msg("calendar.line", calendar=link.id, of=_of(tx, link)),
        note=msg("calendar.note", who=lookup.name(tx, link.made_by), at=When(link.made_at), read=read),
        buttons=(Button(msg("calendar.revoke"), "calendar revoke", {"calendar": link.id}, style="danger"),),
    )


def _of(tx: Tx, link: CalendarLink) -> Line:
    name = lookup.name(tx, link.name) if link.kind == "host" else link.name
    return msg(f"calendar.of.{link.kind}", name=name)


async def revoke(request: RevokeCalendar, ctx: Context) -> Reply:
    """The address leads nowhere from now on. There is no way back: whoever needs one makes a new one."""

    def work(tx: Tx) -> Reply:
        link = _link(tx, request.calendar, ctx)
        if link.revoked_at is not None:
            by, at = lookup.name(tx, link.revoked_by or ""), When(link.revoked_at)
            raise ConflictError("calendar.is_revoked", calendar=link.id, who=by, at=at, try_instead="/calendar list")
        tx.calendar_links.save(replace(link, revoked_at=ctx.now, revoked_by=ctx.actor.person))
        _record(tx, ctx, "calendar.revoke", link, {"revoked": False}, {"revoked": True})
        return reply(
            Text(msg("calendar.revoked", calendar=link.id, of=_of(tx, link))), Note(msg("calendar.revoked_next")),
            Code(f"/calendar add {link.kind}={link.name}"), tone="good", private=True,
        )  # fmt: skip

    return await ctx.ports.store.write(work)


def _record(tx: Tx, ctx: Context, action: str, link: CalendarLink, before: object = None, after: object = None) -> None:
    record(tx, ctx, action, link.id, before, after, room_slug=link.name if link.kind == "room" else None)
