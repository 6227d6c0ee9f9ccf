"""Rooms: where they sell, to whom, and how easily their alerts ring."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Annotated

from bot.core import sensitivity
from bot.core.command import Arg, Context
from bot.core.errors import ConflictError, UserError
from bot.core.markets import MARKETS
from bot.core.model import HostMode, Market, Room, RoomRole
from bot.core.money import Money
from bot.core.ports import Tx
from bot.core.reply import (
    Block,
    Code,
    Facts,
    Heading,
    Item,
    Items,
    Line,
    Note,
    Reply,
    Text,
    When,
    msg,
    reply,
)
from bot.core.sensitivity import SENSITIVITIES
from bot.core.zones import zone as check_zone
from handlers import conflicts, heartbeats, lookup, surroundings
from handlers.lookup import record

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,30}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_ROLES = ("flagship", "vertical", "creator", "test")
_MODES = ("human", "semi-automatic", "avatar")
_EDITED = ("name", "platform", "handle", "role", "theme", "host_mode", "studio", "sensitivity", "matrix")
"""What an edit takes as it is typed; the market is put together from the rest."""

_ONLY_MATRIX = "main"
"""The one that every room is in until somebody names another; not worth a line."""

Slug = Annotated[str, Arg("us_main", help="arg.slug")]
RoomSlug = Annotated[str, Arg("us_main", completer="room")]


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


@dataclass(frozen=True, slots=True)
class OneRoom:
    room: RoomSlug


@dataclass(frozen=True, slots=True)
class ListRooms:
    archived: Annotated[bool, Arg("no", kind="flag", keyed=True)] = False


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
    )

    def work(tx: Tx) -> Reply:
        if tx.rooms.get(slug) is not None:
            raise ConflictError("room.exists", room=slug, try_instead=f"/room edit {slug}")
        tx.rooms.save(room)
        record(
            tx,
            ctx,
            "room.add",
            slug,
            after={"market": request.market, "zone": market.zone, "currency": market.currency},
        )
        following = Code(f"/product add {slug} SKU 19.90 name=... stock=100")
        return reply(
            Text(msg("room.added", room=slug)), _room_facts(room), Note(msg("room.next_step")), following, tone="good"
        )

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
        changed = {name: value for name in _EDITED if (value := getattr(request, name)) is not None}
        check_slug(request.matrix or room.matrix)
        market = replace(
            room.market,
            zone=request.zone or room.market.zone,
            language=check_language(request.language or room.market.language),
        )
        if not changed and market == room.market:
            raise UserError("edit.nothing", try_instead=f'/room edit {room.slug} name="{room.name}"')
        after = replace(room, market=market, **changed)
        tx.rooms.save(after)
        was = {name: getattr(room, name) for name in changed}
        now = dict(changed)
        for name in ("zone", "language"):
            if getattr(market, name) != getattr(room.market, name):
                was[name], now[name] = getattr(room.market, name), getattr(market, name)
        record(tx, ctx, "room.edit", room.slug, was, now)
        conflicts.on_room_changed(tx, ctx.ports, room, after)
        blocks: list[Block] = [Text(msg("room.edited", room=room.slug)), _room_facts(after)]
        if after.sensitivity != room.sensitivity and tx.sessions.live(room.slug):
            blocks.append(Note(msg("room.sensitivity_on_air")))
        return reply(*blocks, tone="good"), after

    answer, room = await ctx.ports.store.write(work)
    for live in ctx.ports.live:
        if live.session.room == room.slug:
            live.tune(room.sensitivity)
    return answer


async def list_rooms(request: ListRooms, ctx: Context) -> Reply:
    def work(tx: Tx) -> Reply:
        rooms = [room for room in tx.rooms.all(archived=request.archived) if ctx.actor.rights.sees(room)]
        if not rooms:
            return reply(Text(msg("room.none")), Code("/room add us_main us"))
        live = {session.room for session in tx.sessions.live()}
        items = tuple(
            Item(
                msg("room.line", room=room.slug, name=room.name, platform=room.platform, zone=room.market.zone),
                note=msg("room.live_now")
                if room.slug in live
                else msg("room.is_archived")
                if room.archived_at
                else None,
            )
            for room in rooms
        )
        return reply(Items(items, title=msg("room.list_title", n=len(rooms))))

    return await ctx.ports.store.read(work)


async def room_info(request: OneRoom, ctx: Context) -> Reply:
    def work(tx: Tx) -> Reply:
        room = lookup.room(tx, request.room)
        shows = lookup.ahead(tx, room.slug, ctx.now)[:3]
        blocks: list[Block] = [Heading(room.name), _room_facts(room)]
        if shows:
            rows = tuple(
                Item(
                    msg(
                        "show.when_line",
                        show=show.id,
                        when=When(show.starts_at, show.zone),
                        host=show.host or msg("none"),
                    )
                )
                for show in shows
            )
            blocks.append(Items(rows, title=msg("room.next_shows")))
        sources, on_air = tx.signals.sources(room.slug), bool(tx.sessions.live(room.slug))
        if sources:
            blocks.append(
                Items(
                    tuple(heartbeats.item(source, ctx.now, on_air=on_air) for source in sources),
                    title=msg("room.sources"),
                )
            )
        else:
            blocks.append(Note(msg("room.no_source", room=room.slug)))
        blocks += surroundings.of_room(tx, room.slug, ctx)
        return reply(*blocks)

    return await ctx.ports.store.read(work)


def _room_facts(room: Room) -> Facts:
    rows: list[tuple[Line, Line]] = [
        (msg("room.field.market"), f"{room.market.zone}, {room.market.language}, {room.market.currency}"),
        (msg("room.field.platform"), f"{room.platform} {room.handle or ''}".strip()),
        (msg("room.field.role"), msg(f"room_role.{room.role}")),
        (msg("room.field.host_mode"), msg(f"host_mode.{room.host_mode}")),
        (
            msg("room.field.sensitivity"),
            msg(
                "room.sensitivity",
                level=sensitivity.name(room.sensitivity),
                means=sensitivity.false_alarms(room.sensitivity),
            ),
        ),
    ]
    if room.matrix != _ONLY_MATRIX:
        rows.append((msg("room.field.matrix"), room.matrix))
    if room.theme:
        rows.append((msg("room.field.theme"), room.theme))
    if room.studio:
        rows.append((msg("room.field.studio"), room.studio))
    return Facts(tuple(rows))
