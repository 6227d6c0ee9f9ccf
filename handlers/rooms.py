"""Rooms: where they sell, to whom, and how easily their alerts ring."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from bot.core.command import Arg, Context
from bot.core.errors import ConflictError, UserError
from bot.core.markets import MARKETS
from bot.core.mending import first_product
from bot.core.model import NO_TARGETS, HostMode, Market, Room, RoomRole
from bot.core.money import Money
from bot.core.ports import Tx
from bot.core.reply import Block, Code, Note, Reply, Text, msg, reply
from bot.core.sensitivity import SENSITIVITIES
from bot.core.zones import zone as check_zone
from handlers import conflicts, lookup, matrix_cards, room_purpose
from handlers.lookup import record
from handlers.room_info import RoomSlug, room_facts

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,30}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_ROLES = ("flagship", "vertical", "creator", "test")
_MODES = ("human", "semi-automatic", "avatar")
_EDITED = ("name", "platform", "handle", "role", "theme", "host_mode", "studio", "sensitivity", "matrix")
"""What an edit takes as it is typed; the market is put together from the rest."""

Slug = Annotated[str, Arg("us_main", help="arg.slug")]
Siblings = Annotated[str | None, Arg("us_home,us_style", keyed=True, completer="room")]
TargetGmv = Annotated[str | None, Arg("5000", keyed=True)]
TargetCount = Annotated[int | None, Arg("120", kind="integer", keyed=True, least=0)]
Testing = Annotated[str | None, Arg("a second host", keyed=True)]


@dataclass(frozen=True, slots=True)
class AddRoom:
    slug: Slug
    market: Annotated[str, Arg("us", completer="market")]
    name: Annotated[str | None, Arg("US main", keyed=True)] = None
    zone: Annotated[str | None, Arg("America/New_York", keyed=True, completer="zone")] = None
    language: Annotated[str | None, Arg("en", keyed=True)] = None
    currency: Annotated[str | None, Arg("USD", keyed=True)] = None
    platform: Annotated[str, Arg("tiktok", keyed=True)] = "tiktok"
    handle: Annotated[str | None, Arg("@glow.us", keyed=True)] = None
    role: Annotated[str, Arg("flagship", kind="choice", choices=_ROLES, keyed=True, help="arg.room_role")] = "vertical"
    theme: Annotated[str | None, Arg("home", keyed=True)] = None
    host_mode: Annotated[str, Arg("human", kind="choice", choices=_MODES, keyed=True)] = "human"
    studio: Annotated[str | None, Arg("A", keyed=True)] = None
    matrix: Annotated[str, Arg("main", keyed=True, completer="matrix")] = "main"
    siblings: Siblings = None
    target_gmv: TargetGmv = None
    target_orders: TargetCount = None
    target_acu: TargetCount = None
    testing: Testing = None


@dataclass(frozen=True, slots=True)
class EditRoom:
    room: RoomSlug
    name: Annotated[str | None, Arg("US main", keyed=True)] = None
    zone: Annotated[str | None, Arg("America/Chicago", keyed=True, completer="zone")] = None
    language: Annotated[str | None, Arg("en", keyed=True)] = None
    platform: Annotated[str | None, Arg("tiktok", keyed=True)] = None
    handle: Annotated[str | None, Arg("@glow.us", keyed=True)] = None
    role: Annotated[str | None, Arg("flagship", kind="choice", choices=_ROLES, keyed=True, help="arg.room_role")] = None
    theme: Annotated[str | None, Arg("home", keyed=True)] = None
    host_mode: Annotated[str | None, Arg("human", kind="choice", choices=_MODES, keyed=True)] = None
    studio: Annotated[str | None, Arg("A", keyed=True)] = None
    sensitivity: Annotated[str | None, Arg("keen", kind="choice", choices=SENSITIVITIES, keyed=True)] = None
    matrix: Annotated[str | None, Arg("main", keyed=True, completer="matrix")] = None
    siblings: Siblings = None
    target_gmv: TargetGmv = None
    target_orders: TargetCount = None
    target_acu: TargetCount = None
    testing: Testing = None


def check_slug(text: str) -> str:
    if not _SLUG.fullmatch(text):
        suggestion = re.sub(r"[^a-z0-9_-]+", "_", text.lower()).strip("_-")[:30] or "us_main"
        raise UserError("slug.bad", slug=text[:60], try_instead=suggestion)
    return text


def _market(request: AddRoom) -> Market:
    base = MARKETS.get(request.market.lower())
    if base is None:
        known = lookup.near(request.market.lower(), list(MARKETS))
        raise UserError(
            "market.unknown", market=request.market[:60], known=known, try_instead=f"/room add {request.slug} us"
        )
    zone = request.zone or base.zone
    check_zone(zone)
    currency = (request.currency or base.currency).upper()
    _check_currency(currency)
    return Market(zone, check_language(request.language or base.language), currency)


def check_language(text: str, *, try_instead: str = "language=en") -> str:
    if not _LANGUAGE.fullmatch(text):
        raise UserError("language.bad", language=text[:30], try_instead=try_instead)
    return text


def _check_currency(currency: str) -> None:
    try:
        Money.parse("0", currency)
    except ValueError:
        raise UserError("currency.unknown", currency=currency[:10], try_instead="currency=USD") from None


async def add_room(request: AddRoom, ctx: Context) -> Reply:
    slug = check_slug(request.slug)
    market = _market(request)
    room = Room(
        slug=slug,
        name=request.name or slug,
        platform=request.platform.lower(),
        market=market,
        handle=request.handle,
        role=_room_role(request.role),
        theme=request.theme,
        host_mode=_host_mode(request.host_mode),
        studio=request.studio,
        matrix=check_slug(request.matrix),
        targets=room_purpose.targets(NO_TARGETS, request, market.currency),
        testing=room_purpose.tried_out(request.testing, None),
    )

    def work(tx: Tx) -> Reply:
        if tx.rooms.get(slug) is not None:
            raise ConflictError("room.exists", room=slug, try_instead=f"/room edit {slug}")
        added = replace(room, siblings=room_purpose.siblings(tx, room, request.siblings))
        tx.rooms.save(added)
        matrix_cards.touch(tx, added.matrix, ctx.now)
        nothing = room_purpose.told(replace(added, siblings=(), targets=NO_TARGETS, testing=None))
        said = {name: value for name, value in room_purpose.told(added).items() if value != nothing[name]}
        known = {"market": request.market, "zone": market.zone, "currency": market.currency}
        record(tx, ctx, "room.add", slug, after=known | said)
        following = Code(first_product(added))
        return reply(
            Text(msg("room.added", room=slug)), room_facts(tx, added), Note(msg("room.next_step")), following,
            tone="good",
        )  # fmt: skip

    return await ctx.ports.store.write(work)


def _room_role(text: str) -> RoomRole:
    return text  # type: ignore[return-value]  # the choices of the argument are the literals


def _host_mode(text: str) -> HostMode:
    return text  # type: ignore[return-value]  # as above


async def edit_room(request: EditRoom, ctx: Context) -> Reply:
    if request.zone is not None:
        check_zone(request.zone)

    def work(tx: Tx) -> tuple[Reply, Room]:
        room = lookup.active_room(tx, request.room)
        if request.zone and request.zone != room.market.zone and lookup.ahead(tx, room.slug, ctx.now):
            raise ConflictError("room.zone_in_use", room=room.slug, try_instead=f"/show list {room.slug}")
        said = {name: value for name in _EDITED if (value := getattr(request, name)) is not None}
        after = _edited(tx, room, request, said)
        if not said and after == room:
            raise UserError("edit.nothing", try_instead=f'/room edit {room.slug} name="{room.name}"')
        tx.rooms.save(after)
        for name in {room.matrix, after.matrix}:
            matrix_cards.touch(tx, name, ctx.now)
        was, now = _told(room), _told(after)
        kept = [name for name in now if name in said or now[name] != was[name]]
        before, later = ({name: each[name] for name in kept} for each in (was, now))
        record(tx, ctx, "room.edit", room.slug, before, later)
        conflicts.on_room_changed(tx, ctx.ports, room, after)
        blocks: list[Block] = [Text(msg("room.edited", room=room.slug)), room_facts(tx, after)]
        if after.sensitivity != room.sensitivity and tx.sessions.live(room.slug):
            blocks.append(Note(msg("room.sensitivity_on_air")))
        return reply(*blocks, tone="good"), after

    answer, room = await ctx.ports.store.write(work)
    for live in ctx.ports.live:
        if live.session.room == room.slug:
            live.tune(room.sensitivity)
    return answer


def _edited(tx: Tx, room: Room, request: EditRoom, said: Mapping[str, Any]) -> Room:
    check_slug(request.matrix or room.matrix)
    market = replace(
        room.market,
        zone=request.zone or room.market.zone,
        language=check_language(request.language or room.market.language),
    )
    return room_purpose.edited(tx, replace(room, market=market, **said), request)


def _told(room: Room) -> dict[str, Any]:
    """As the audit keeps it: what can be typed again."""
    typed = {name: getattr(room, name) for name in _EDITED}
    return typed | {"zone": room.market.zone, "language": room.market.language} | room_purpose.told(room)
