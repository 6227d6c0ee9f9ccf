"""/setup bind and unbind: which places get what is for the team, for the hosts and for managers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from bot.core.command import Arg, Context
from bot.core.errors import ConflictError, NotFoundError, UserError
from bot.core.model import Role
from bot.core.places_port import LACKING
from bot.core.ports import Tx
from bot.core.records import Channel, Deed, Post
from bot.core.reply import (
    Block,
    Button,
    Code,
    Heading,
    Item,
    Items,
    Line,
    Listing,
    Msg,
    Note,
    Reply,
    Text,
    msg,
    reply,
)
from bot.core.rights import OVERALL, Place, place_of
from handlers import lookup, surroundings, undo
from handlers.lookup import record
from handlers.surroundings import PURPOSES, WEB, Around, PlaceThere, what
from handlers.undo import Way

MOST_SHOWN = 25
"""Places or roles offered to choose from, as many as a chat's menu takes; others are typed."""

Purpose = Annotated[str, Arg("team", kind="choice", choices=PURPOSES)]
PlaceName = Annotated[str | None, Arg("discord:123", keyed=True, completer="place")]
RoomOf = Annotated[str | None, Arg("us_main", keyed=True, completer="room", help="arg.bound_room")]


@dataclass(frozen=True, slots=True)
class Bind:
    purpose: Purpose
    place: PlaceName = None
    room: RoomOf = None


@dataclass(frozen=True, slots=True)
class Unbind:
    purpose: Purpose
    place: PlaceName = None
    room: RoomOf = None


def purpose_of(text: str) -> Channel:
    return text  # type: ignore[return-value]  # the choices of the argument are the literals


async def bind(request: Bind, ctx: Context) -> Reply:
    """Messages of a purpose go to a place from now on, after a look at whether they can."""
    around = await surroundings.look(ctx)
    purpose, wanted = purpose_of(request.purpose), request.place or surroundings.here(ctx)
    if wanted is None:
        return _which(around.near(ctx), purpose, request.room)
    if wanted in WEB:
        return await ctx.ports.store.write(lambda tx: _bind_web(tx, ctx, purpose, wanted, request.room, around))
    place = surroundings.place(around, wanted, ctx)
    if place.place.is_closed:
        raise _closed(place)
    return await ctx.ports.store.write(lambda tx: _bind(tx, ctx, purpose, place, request.room, around))


def _which(around: Around, purpose: Channel, room: str | None) -> Reply:
    """Typed where no messages of a team can go: the places there are, as buttons."""
    places = [place for place in around.places() if not place.place.is_closed]
    if not places:
        raise NotFoundError("setup.no_places", try_instead="/setup")
    of = {} if room is None else {"room": room}
    items = tuple(
        Item(
            place.told,
            buttons=(
                Button(
                    msg("button.use_place"), "setup bind", {"purpose": purpose, "place": place.name, **of}, "primary"
                ),
            ),
        )
        for place in places[:MOST_SHOWN]
    )
    blocks: list[Block] = [Heading(msg("setup.which_place", what=what(purpose, room))), Items(items)]
    if len(places) > MOST_SHOWN:
        blocks.append(Note(msg("setup.more_places", n=len(places) - MOST_SHOWN)))
    return reply(*blocks)


def _closed(place: PlaceThere) -> ConflictError:
    names = (msg(f"permission.{name}") if name in LACKING else name.replace("_", " ") for name in place.place.missing)
    return ConflictError(
        "setup.closed", place=place.told, chat=place.chat.capitalize(), missing=Listing(tuple(names)),
        try_instead="/setup",
    )  # fmt: skip


def _bind(tx: Tx, ctx: Context, purpose: Channel, place: PlaceThere, room: str | None, around: Around) -> Reply:
    before = _bound(tx, ctx, purpose, place.name, room)
    aside = [other for other in before if room is not None and other.partition(":")[0] == place.chat]
    aside = [other for other in aside if (purpose, room) not in tx.outbox.purposes(other)]
    web = f"web:{purpose}"
    is_first = room is None and before == [web] and (purpose, None) not in tx.outbox.purposes(web)
    if is_first:  # or the web chat, which shows what is bound nowhere, would show it no more
        tx.outbox.bind(purpose, web)
    tx.outbox.bind(purpose, place.name, room)
    _record(tx, ctx, "setup.bind", purpose, place.name, room, before)
    test = reply(Text(msg("setup.test", what=what(purpose, room))), Note(msg("setup.test_by", who=ctx.actor.name)))
    key = f"setup:{purpose}:{place.name}:{room or ''}:{ctx.now.isoformat()}"
    tx.outbox.post(Post(key, purpose, "setup", test, only=(place.name,), room=room), ctx.now)
    blocks: list[Block] = [Text(msg("setup.bound", place=place.told, what=what(purpose, room)))]
    if is_first:
        blocks += [Note(msg("setup.web_too")), Code(f"/setup unbind {purpose} place={web}")]
    if aside:
        told = Listing(tuple(_value(around.told(other)) for other in aside))
        blocks.append(Note(msg("setup.aside", room=room, places=told)))
    if purpose == "managers":
        blocks.append(Note(msg("setup.who_reads", place=place.told)))
    state = tx.outbox.state_of(place.name)
    if state is not None and state.parked_at is not None:
        blocks += [Note(msg("setup.parked", why=state.why)), Code(f"/delivery resume {place.name}")]
    title = msg("setup.lacking", place=place.told)
    lacks = surroundings.lacks(dict.fromkeys((*place.place.missing, *place.group.missing)), title)
    return reply(*blocks, *lacks, *_next(tx, room), tone="good")


def _next(tx: Tx, room: str | None) -> list[Block]:
    """What is left to set up: purposes that go to the web chat alone, then a first room."""
    if room is not None:
        return []
    left = [purpose for purpose in PURPOSES if set(tx.outbox.bound(purpose, None)) <= set(WEB)]
    if left:
        names = Listing(tuple(surroundings.purpose_name(purpose) for purpose in left))
        return [Note(msg("setup.left", purposes=names))]
    return [] if tx.rooms.all() else [Text(msg("setup.next_room")), Code("/room add us_main us")]


def _value(line: Line) -> Msg:
    return line if isinstance(line, Msg) else msg("value", value=line)


def _bind_web(tx: Tx, ctx: Context, purpose: Channel, web: str, room: str | None, around: Around) -> Reply:
    """The web chat has one channel for each purpose, for all rooms."""
    own = f"web:{purpose}"
    if web != own:
        raise UserError("setup.web_other", purpose=msg(f"setup.purpose.{purpose}"), try_instead=f"place={own}")
    if room is not None:
        raise UserError("setup.web_room", try_instead=f"/setup bind {purpose} place={own}")
    before = _bound(tx, ctx, purpose, own, None)
    tx.outbox.bind(purpose, own)
    _record(tx, ctx, "setup.bind", purpose, own, None, before)
    return reply(Text(msg("setup.bound", place=around.told(own), what=what(purpose, None))), tone="good")


def _bound(tx: Tx, ctx: Context, purpose: Channel, destination: str, room: str | None) -> list[str]:
    """Where these messages go before the change.

    Raises:
        ConflictError: they go to that destination already, as somebody has said.
    """
    if room is not None:
        lookup.active_room(tx, room, ctx)
    if (purpose, room) in tx.outbox.purposes(destination):
        raise ConflictError("setup.bound_already", what=what(purpose, room), try_instead="/setup")
    return list(tx.outbox.bound(purpose, room))


def _record(
    tx: Tx, ctx: Context, action: str, purpose: str, destination: str, room: str | None, before: list[str]
) -> None:
    after = list(tx.outbox.bound(purpose, room))
    record(tx, ctx, action, destination, {purpose: before}, {purpose: after}, room_slug=room)


async def unbind(request: Unbind, ctx: Context) -> Reply:
    """A place gets them no more; typed where none can be, it asks which."""
    around, purpose = surroundings.seen(ctx.ports), purpose_of(request.purpose)
    wanted = request.place or surroundings.here(ctx)
    if wanted is None:
        return await ctx.ports.store.read(lambda tx: _which_bound(tx, around, purpose, request.room))

    def work(tx: Tx) -> Reply:
        room, destination = request.room, _destination(tx, around, wanted, ctx)
        bound = tx.outbox.purposes(destination)
        if (purpose, room) not in bound:
            raise _not_bound(around, destination, purpose, room, bound)
        before = list(tx.outbox.bound(purpose, room))
        tx.outbox.unbind(purpose, destination, room)
        _record(tx, ctx, "setup.unbind", purpose, destination, room, before)
        kept = {"purpose": purpose, "room": room}
        deed = undo.offer(tx, ctx, "setup.unbind", destination, kept, None)
        left = Listing(tuple(_value(around.told(name)) for name in tx.outbox.bound(purpose, room)))
        return reply(
            Text(msg("setup.unbound", place=around.told(destination), what=what(purpose, room))),
            Note(msg("setup.goes_to", places=left)), *undo.blocks(deed), tone="good",
        )  # fmt: skip

    return await ctx.ports.store.write(work)


def _which_bound(tx: Tx, around: Around, purpose: Channel, room: str | None) -> Reply:
    """The places that were bound to it, one of them to be chosen."""
    bound = [name for name in tx.outbox.bound(purpose, room) if (purpose, room) in tx.outbox.purposes(name)]
    if not bound:
        raise ConflictError("setup.nothing_bound", what=what(purpose, room), try_instead="/setup")
    of = {} if room is None else {"room": room}
    items = tuple(
        Item(
            around.told(name),
            buttons=(
                Button(msg("button.unbind"), "setup unbind", {"purpose": purpose, "place": name, **of}, "danger"),
            ),
        )
        for name in bound[:MOST_SHOWN]
    )
    return reply(Heading(msg("setup.which_unbind", what=what(purpose, room))), Items(items))


def _destination(tx: Tx, around: Around, text: str, ctx: Context) -> str:
    """As typed where something is bound to that, even a place that is gone; else the place so called."""
    for name in (text, surroundings.typed(text, ctx)):
        if name in WEB or tx.outbox.purposes(name):
            return name
    return surroundings.place(around, text, ctx).name


def _not_bound(
    around: Around, destination: str, purpose: str, room: str | None, bound: Iterable[tuple[str, str | None]]
) -> ConflictError:
    """What is bound there, and the line that ends the first of it."""
    found = list(bound)
    names = Listing(tuple(what(*item) for item in found))
    line = "/setup"
    if found:
        of = f" room={found[0][1]}" if found[0][1] else ""
        line = f"/setup unbind {found[0][0]} place={destination}{of}"
    place = around.told(destination)
    return ConflictError(
        "setup.not_bound", place=_value(place), what=what(purpose, room), bound=names, try_instead=line
    )


def _bind_again(tx: Tx, deed: Deed, ctx: Context) -> Reply:
    purpose, room = purpose_of(deed.before["purpose"]), deed.before["room"]
    if (purpose, room) in tx.outbox.purposes(deed.subject):
        raise undo.changed(tx, deed, tx.audit.of_subject(deed.subject), "/setup")
    before = list(tx.outbox.bound(purpose, room))
    tx.outbox.bind(purpose, deed.subject, room)
    after = list(tx.outbox.bound(purpose, room))
    undo.record(tx, ctx, deed, deed.subject, {purpose: before}, {purpose: after}, room_slug=room)
    place = surroundings.seen(ctx.ports).told(deed.subject)
    return reply(Text(msg("setup.bound", place=place, what=what(purpose, room))), tone="good", private=True)


def _line_to_bind(_tx: Tx, deed: Deed, _ctx: Context) -> str:
    of = f" room={deed.before['room']}" if deed.before["room"] else ""
    return f"/setup bind {deed.before['purpose']} place={deed.subject}{of}"


def _place(tx: Tx, deed: Deed) -> Place:
    room = deed.before["room"]
    return OVERALL if room is None else place_of(lookup.room(tx, room))


UNBOUND = Way(_bind_again, _line_to_bind, _place, lambda _deed: Role.MANAGER)
