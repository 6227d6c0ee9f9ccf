"""Who may do what: granting roles, taking them back, looking them up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from bot.core.chats_port import MarkRole
from bot.core.command import Arg, Context
from bot.core.errors import ConflictError
from bot.core.model import Person, Role
from bot.core.ports import Tx
from bot.core.records import Deed
from bot.core.reply import Block, Code, Heading, Item, Items, Listing, Msg, Note, Reply, Text, When, msg, reply
from bot.core.rights import EVERYWHERE, OVERALL, Place, Scope, needed_to_hand_out, place_of
from handlers import borne, linking, lookup, places, surroundings, timetable, undo
from handlers.lookup import record
from handlers.people import PersonSlug
from handlers.undo import Way

_EVER = timedelta(days=3650)

ROLES = ("viewer", "host", "operator", "manager", "admin")

RoomOf = Annotated[str | None, Arg("us_main", keyed=True, completer="room", help="arg.scope_room")]
MatrixOf = Annotated[str | None, Arg("main", keyed=True, completer="matrix", help="arg.scope_matrix")]


@dataclass(frozen=True, slots=True)
class GrantRole:
    person: PersonSlug
    role: Annotated[str, Arg("operator", kind="choice", choices=ROLES, help="arg.granted_role")]
    room: RoomOf = None
    matrix: MatrixOf = None


@dataclass(frozen=True, slots=True)
class RevokeRole:
    person: PersonSlug
    room: RoomOf = None
    matrix: MatrixOf = None


@dataclass(frozen=True, slots=True)
class Roles:
    person: Annotated[str | None, Arg("mia", completer="person", help="arg.who")] = None
    room: RoomOf = None


async def grant(request: GrantRole, ctx: Context) -> Reply:
    """Sets the role in one scope; a lower one than stands there lowers it."""
    role = Role[request.role.upper()]

    def work(tx: Tx) -> Reply:
        person = lookup.person(tx, request.person)
        scope = places.scope_of(tx, request.room, request.matrix)
        before = tx.people.granted(person.slug).in_scope(scope)
        if before == role:
            raise ConflictError(
                "grant.has_it",
                name=person.name,
                role=named(role),
                scope=scope.told,
                try_instead=f"/roles {person.slug}",
            )
        if scope == EVERYWHERE:
            _keep_an_admin(tx, person, role)
        tx.people.grant(person.slug, scope, role)
        if role > before:
            linking.void(tx, person.slug)
        _record(tx, ctx, "grant", person, scope, before, role)
        return reply(
            Text(msg("grant.done", name=person.name, role=named(role), scope=scope.told)),
            *_of(tx, person, ctx),
            tone="good",
        )

    return await ctx.ports.store.write(work)


async def revoke(request: RevokeRole, ctx: Context) -> Reply:
    """Takes back the role of one scope, or, without one, all of them: then somebody is nobody here."""

    def work(tx: Tx) -> Reply:
        person = lookup.person(tx, request.person)
        rights = tx.people.granted(person.slug)
        held = places.all_of(rights)
        if request.room is not None or request.matrix is not None:
            wanted = places.scope_of(tx, request.room, request.matrix)
            held = [(scope, role) for scope, role in held if scope == wanted]
        if not held and (rows := borne.rows(tx, person.slug)):
            raise ConflictError(
                "revoke.only_by_mark", why=_by_mark(tx, person, ctx), name=person.name, try_instead=_ends(rows[0])
            )
        if not held:
            raise ConflictError("revoke.nothing", name=person.name, try_instead=f"/roles {person.slug}")
        if any(scope == EVERYWHERE for scope, _ in held):
            _keep_an_admin(tx, person, Role.NOBODY)
        for scope, role in held:
            tx.people.grant(person.slug, scope, Role.NOBODY)
            _record(tx, ctx, "revoke", person, scope, role, Role.NOBODY)
        before = [[scope.kind, scope.name, role.name] for scope, role in held]
        deed = undo.offer(tx, ctx, "revoke", person.slug, before, None, entries=len(held))
        blocks = [*_of(tx, person, ctx), *_stays(tx, person, ctx), *_still_hosts(tx, person, ctx), *undo.blocks(deed)]
        return reply(Text(msg("revoke.done", name=person.name)), *blocks, tone="good")

    return await ctx.ports.store.write(work)


def taken(deed: Deed) -> list[tuple[Scope, Role]]:
    return [(Scope(kind, name), Role[role]) for kind, name, role in deed.before]


def _give_back(tx: Tx, deed: Deed, ctx: Context) -> Reply:
    person, held = lookup.person(tx, deed.subject), taken(deed)
    rights = tx.people.granted(person.slug)
    if any(rights.in_scope(scope) != Role.NOBODY for scope, _ in held):
        raise undo.changed(tx, deed, tx.audit.of_subject(person.slug), f"/roles {person.slug}")
    linking.void(tx, person.slug)
    for nth, (scope, role) in enumerate(held):
        tx.people.grant(person.slug, scope, role)
        told = ({"scope": written(scope), "role": side.name.lower()} for side in (Role.NOBODY, role))
        room = scope.name if scope.kind == "room" else None
        undo.record(tx, ctx, deed, person.slug, *told, nth=nth, room_slug=room)
    return reply(Text(msg("undo.given_back", name=person.name)), *_of(tx, person, ctx), tone="good", private=True)


def _grant_again(_tx: Tx, deed: Deed, _ctx: Context) -> str:
    scope, role = taken(deed)[0]
    where = f" {scope.kind}={scope.name}" if scope.name else ""
    return f"/grant {deed.subject} {role.name.lower()}{where}"


def where_taken(tx: Tx, deed: Deed) -> Place:
    """Where all of it was revoked: in one room or matrix, or everywhere."""
    scopes = [scope for scope, _ in taken(deed)]
    if len(scopes) == 1 and scopes[0].kind == "room":
        return place_of(lookup.room(tx, scopes[0].name))
    return Place("matrix", scopes[0].name) if len(scopes) == 1 and scopes[0].kind == "matrix" else OVERALL


def needed_again(deed: Deed) -> Role:
    return max(needed_to_hand_out(role) for _, role in taken(deed))


REVOKED = Way(_give_back, _grant_again, where_taken, needed_again)
"""How somebody has their roles again."""


def _keep_an_admin(tx: Tx, person: Person, role: Role) -> None:
    admins = [person.slug for person in tx.people.all() if person.role == Role.ADMIN]
    if role < Role.ADMIN and admins == [person.slug]:
        raise ConflictError("revoke.last_admin", name=person.name, try_instead="/grant NAME admin")


def _record(tx: Tx, ctx: Context, action: str, person: Person, scope: Scope, before: Role, after: Role) -> None:
    told = ({"scope": written(scope), "role": role.name.lower()} for role in (before, after))
    record(tx, ctx, action, person.slug, *told, room_slug=scope.name if scope.kind == "room" else None)


def written(scope: Scope) -> str:
    return f"{scope.kind}={scope.name}" if scope.name else "everywhere"


def named(role: Role) -> Msg:
    return msg(f"role.{role.name.lower()}")


def _of(tx: Tx, person: Person, ctx: Context) -> list[Block]:
    """What somebody may do now, in full, and by what."""
    held = borne.lines(tx, person.slug, ctx.ports)
    if not held:
        return [Note(msg("roles.none", name=person.name))]
    return [Items(tuple(Item(line) for line in held), title=msg("roles.of", name=person.name))]


def _stays(tx: Tx, person: Person, ctx: Context) -> list[Block]:
    """What revoking does not end: roles by what an account of theirs is in a chat."""
    rows = borne.rows(tx, person.slug)
    return [Note(_by_mark(tx, person, ctx)), Code(_ends(rows[0]))] if rows else []


def _still_hosts(tx: Tx, person: Person, ctx: Context) -> list[Block]:
    """Shows ahead for which somebody stands who hosts in their rooms no longer: nothing else would say so in time."""
    rights, seen = tx.people.rights(person.slug), lookup.seen(tx, ctx)
    rooms = {room.slug for room in tx.rooms.all() if room.slug in seen and rights.at(place_of(room)) < Role.HOST}
    theirs = [
        show
        for show in tx.shows.of_host(person.slug, ctx.now, ctx.now + _EVER)
        if show.room in rooms and show.state in timetable.TO_COME
    ]
    if not theirs:
        return []
    first = theirs[0]
    when = When(first.starts_at, first.zone)
    note = Note(msg("revoke.still_hosts", name=person.name, n=len(theirs), show=first.id, when=when))
    scope = " scope=all" if first.series else ""
    return [note, Code(f"/show host {first.id} NAME{scope}")]


def _by_mark(tx: Tx, person: Person, ctx: Context) -> Msg:
    around = surroundings.seen(ctx.ports)
    marks = dict.fromkeys(around.mark_told(row.chat, row.mark) for row in borne.rows(tx, person.slug))
    return msg("revoke.by_mark", name=person.name, marks=Listing(tuple(marks)))


def _ends(row: MarkRole) -> str:
    where = f" {row.scope.kind}={row.scope.name}" if row.scope.name else ""
    return f"/setup unrole {row.chat}:{row.mark}{where}"


async def roles(request: Roles, ctx: Context) -> Reply:
    """Who may do what: everybody's roles, one person's, or those that count in a room."""

    def work(tx: Tx) -> Reply:
        if request.person is not None:
            person = lookup.person(tx, request.person)
            return reply(*_of(tx, person, ctx), *_how(ctx, person.slug))
        if request.room is not None:
            return _in_room(tx, request.room, ctx)
        blocks: list[Block] = [Heading(msg("roles.title"))]
        blocks += [block for person in tx.people.all() for block in _of(tx, person, ctx)]
        return reply(*blocks, *_how(ctx, "NAME"))

    return await ctx.ports.store.read(work)


def _in_room(tx: Tx, slug: str, ctx: Context) -> Reply:
    place = place_of(lookup.room(tx, slug))
    able = [
        (rights.at(place), name) for name, rights in tx.people.all_rights().items() if rights.at(place) > Role.NOBODY
    ]
    able.sort(key=lambda row: -row[0])
    items = tuple(Item(msg("roles.line", name=lookup.name(tx, name), role=named(role))) for role, name in able)
    return reply(Items(items, title=msg("roles.in_room", room=slug)), *_how(ctx, "NAME", slug))


def _how(ctx: Context, person: str, room: str = "ROOM") -> list[Block]:
    """The line that changes it, for those who may somewhere."""
    may = ctx.actor.role >= Role.MANAGER
    return [Code(f"/grant {person} operator room={room}")] if may else []
