"""What a request is about: how the room (or more) behind it is found, so that the presser's role there counts.

Each follows the words of the request exactly as its handler does: a right must not be checked for one room and used in
another.
"""

from __future__ import annotations

from typing import Any

from bot.core.command import Context, More, Where
from bot.core.model import Role
from bot.core.ports import Tx
from bot.core.rights import ANYWHERE, OVERALL, Place, Rights, Scope, needed_to_hand_out, place_of
from handlers import lookup, why


def _room(tx: Tx, request: Any, ctx: Context) -> Place:
    return place_of(lookup.room(tx, request.room, ctx))


def _room_or_all(tx: Tx, request: Any, ctx: Context) -> Place:
    """Whoever takes a room out of its matrix takes it from those who have rights there."""
    return _room(tx, request, ctx) if request.matrix is None else OVERALL


def _room_if_named(tx: Tx, request: Any, ctx: Context) -> Place:
    return ANYWHERE if request.room is None else place_of(lookup.room(tx, request.room, ctx))


def _one_room(tx: Tx, request: Any, ctx: Context) -> Place:
    return place_of(lookup.one_room(tx, request.room, ctx, try_instead="room=us_main"))


def _live_room(tx: Tx, request: Any, ctx: Context) -> Place:
    if request.room is not None:
        return place_of(lookup.room(tx, request.room, ctx))
    return place_of(lookup.room(tx, lookup.live_session(tx, None, ctx).room))


def _show(tx: Tx, request: Any, ctx: Context) -> Place:
    """A room's name stands for one of its shows, but a show's own id goes first."""
    found = None if tx.shows.get(request.show) else tx.rooms.get(request.show)
    return place_of(found or lookup.room(tx, lookup.show(tx, request.show, ctx).room))


def _on_air(tx: Tx, request: Any, ctx: Context) -> Place:
    """A room's name goes first where it is on air."""
    found = tx.rooms.get(request.show) if tx.sessions.live(request.show) else None
    return _show(tx, request, ctx) if found is None else place_of(found)


def _reported(tx: Tx, request: Any, ctx: Context) -> Place:
    """A room's name goes first where it has a session that is over."""
    found = tx.rooms.get(request.show)
    has_over = found is not None and any(item.state != "live" for item in tx.sessions.of_room(found.slug, 20))
    return place_of(found) if found is not None and has_over else _show(tx, request, ctx)


def _cue(tx: Tx, request: Any, ctx: Context) -> Place:
    return place_of(lookup.room(tx, lookup.cue(tx, request.cue, ctx)[1].room))


def _alert(tx: Tx, request: Any, ctx: Context) -> Place:
    return place_of(lookup.room(tx, lookup.alert(tx, request.alert, ctx).room))


def _prompt(tx: Tx, request: Any, _ctx: Context) -> Place:
    return place_of(lookup.room(tx, lookup.prompt(tx, request.prompt).room))


def _hand_off(tx: Tx, request: Any, _ctx: Context) -> Place:
    session = tx.sessions.get(lookup.hand_off(tx, request.hand_off).session)
    return OVERALL if session is None else place_of(lookup.room(tx, session.room))


def _matrix(_tx: Tx, request: Any, _ctx: Context) -> Place:
    return Place("matrix", request.matrix)


def _foreseen(tx: Tx, request: Any, ctx: Context) -> Place:
    found = None if request.series is None else tx.shows.series(request.series)
    return _matrix(tx, request, ctx) if found is None else place_of(lookup.room(tx, found.room, ctx))


def _subject(tx: Tx, request: Any, ctx: Context) -> Place:
    """A message is about what it was posted for; what is nobody's room is for everybody."""
    told = why.find(tx, request, ctx)
    if told is not None and told.is_of_many:
        return OVERALL
    room = None if told is None or told.room is None else tx.rooms.get(told.room)
    return ANYWHERE if room is None else place_of(room)


def _room_or_overall(tx: Tx, request: Any, ctx: Context) -> Place:
    """Without a room it tells of all of them."""
    return OVERALL if request.room is None else _room(tx, request, ctx)


def _audited(tx: Tx, request: Any, ctx: Context) -> Place:
    """The narrowest filter given says whose doings are looked at."""
    if request.show is not None:
        return _show(tx, request, ctx)
    return _room_or_overall(tx, request, ctx)


def scope_of(tx: Tx, room: str | None, matrix: str | None, ctx: Context | None = None) -> Scope:
    """The scope that `room=` and `matrix=` name.

    Raises:
        UserError: both were given, or there is no such room or matrix.
    """
    if room is not None:
        return Scope("room", lookup.room(tx, room, ctx).slug) if matrix is None else lookup.one_scope()
    return Scope() if matrix is None else Scope("matrix", lookup.matrix(tx, matrix, ctx))


def _granted(tx: Tx, request: Any, ctx: Context) -> Place:
    scope = scope_of(tx, request.room, request.matrix, ctx)
    match scope.kind:
        case "room":
            return place_of(lookup.room(tx, scope.name))
        case "matrix":
            return Place("matrix", scope.name)
        case _:
            return OVERALL


ROOM = Where("the room", _room)
ROOM_OR_ALL = Where("the room; with `matrix=` everywhere", _room_or_all)
ROOM_IF_NAMED = Where("the room, if one is named or meant", _room_if_named, is_meant=True)
ROOM_OR_OVERALL = Where("the room named, else everywhere", _room_or_overall)
ONE_ROOM = Where("the room named or meant", _one_room, is_meant=True)
LIVE_ROOM = Where("the room named or meant", _live_room, is_meant=True)
SHOW = Where("the show's room", _show)
ON_AIR = Where("the show's room", _on_air)
REPORTED = Where("the show's room", _reported)
CUE = Where("the cue's room", _cue)
ALERT = Where("the alert's room", _alert)
PROMPT = Where("the prompt's room", _prompt)
HAND_OFF = Where("the hand-off's room", _hand_off)
MATRIX = Where("the matrix", _matrix)
FORESEEN = Where("the series' room, else the matrix", _foreseen)
SUBJECT = Where("the room it belongs to, if any", _subject)
AUDITED = Where("the show's or the room named, else everywhere", _audited)
GRANTED = Where("the room or the matrix named, else everywhere", _granted)
EVERYWHERE = Where("everywhere", lambda _tx, _request, _ctx: OVERALL)
"""A Where's name stands in docs/rights.md, column "Where it counts"."""


def _to_grant(tx: Tx, request: Any, ctx: Context) -> Role:
    """Handing out a role, and lowering one that stands there, need the same."""
    scope = scope_of(tx, request.room, request.matrix, ctx)
    stands = tx.people.granted(request.person).in_scope(scope)
    return max(needed_to_hand_out(Role[request.role.upper()]), needed_to_hand_out(stands))


def _to_revoke(tx: Tx, request: Any, ctx: Context) -> Role:
    rights = tx.people.granted(request.person)
    if request.room is None and request.matrix is None:
        return needed_to_hand_out(rights.highest)
    return needed_to_hand_out(rights.in_scope(scope_of(tx, request.room, request.matrix, ctx)))


def _to_host(tx: Tx, request: Any, _ctx: Context) -> Role:
    """Somebody who is here, perhaps no more than looking or revoked, is given a role by it; somebody new is not in."""
    known = tx.people.get(request.slug)
    return needed_to_hand_out(Role.HOST) if known is not None and known.role < Role.HOST else Role.NOBODY


def _despite(_tx: Tx, request: Any, _ctx: Context) -> Role:
    return Role.NOBODY if request.despite is None else Role.MANAGER


DESPITE = More("with `despite=`: manager", _despite)
TO_HOST = More("for somebody who is here below host: manager", _to_host)
_MANAGERS = "for manager and admin: admin"
TO_GRANT, TO_REVOKE = More(_MANAGERS, _to_grant), More(_MANAGERS, _to_revoke)


def all_of(rights: Rights) -> list[tuple[Scope, Role]]:
    """Every role of a person with its scope, the widest first."""
    found = [(Scope(), rights.everywhere)] if rights.everywhere else []
    found += [(Scope("matrix", name), role) for name, role in sorted(rights.matrices.items())]
    return found + [(Scope("room", name), role) for name, role in sorted(rights.rooms.items())]
