"""Rooms, their products and their hosts."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Annotated

from bot.core.command import Arg, Context
from bot.core.errors import ConflictError, UserError
from bot.core.markets import MARKETS
from bot.core.model import HostMode, Market, Person, Product, Role, Room, RoomRole
from bot.core.money import Money, exponent
from bot.core.ports import Tx
from bot.core.reply import (
    Block,
    Code,
    Facts,
    Heading,
    Item,
    Items,
    Line,
    Listing,
    Note,
    Reply,
    Table,
    Text,
    When,
    msg,
    reply,
)
from bot.core.zones import zone as check_zone
from handlers import checklists, lookup, prompting, rundowns
from handlers.lookup import record

_LONGEST_SKU = 60
_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,30}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_ROLES = ("flagship", "vertical", "creator", "test")
_MODES = ("human", "semi-automatic", "avatar")

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


@dataclass(frozen=True, slots=True)
class OneRoom:
    room: RoomSlug


@dataclass(frozen=True, slots=True)
class ListRooms:
    archived: Annotated[bool, Arg("no", kind="flag", keyed=True)] = False


@dataclass(frozen=True, slots=True)
class AddProduct:
    room: RoomSlug
    sku: Annotated[str, Arg("LAMP-1", help="arg.new_sku")]
    price: Annotated[str, Arg("29.90")]
    name: Annotated[str | None, Arg("Sunrise lamp", keyed=True)] = None
    stock: Annotated[int | None, Arg("120", kind="integer", keyed=True)] = None
    list_price: Annotated[str | None, Arg("39.90", keyed=True)] = None
    limit: Annotated[int | None, Arg("2", kind="integer", keyed=True)] = None
    points: Annotated[str | None, Arg("warm light;USB-C", keyed=True)] = None
    gifts: Annotated[str | None, Arg("travel pouch", keyed=True)] = None
    ships_from: Annotated[str | None, Arg("New Jersey", keyed=True)] = None
    warranty_days: Annotated[int | None, Arg("365", kind="integer", keyed=True)] = None


@dataclass(frozen=True, slots=True)
class EditProduct:
    room: RoomSlug
    sku: Annotated[str, Arg("LAMP-1", completer="sku")]
    price: Annotated[str | None, Arg("24.90", keyed=True)] = None
    name: Annotated[str | None, Arg("Sunrise lamp", keyed=True)] = None
    stock: Annotated[int | None, Arg("80", kind="integer", keyed=True)] = None
    list_price: Annotated[str | None, Arg("39.90", keyed=True)] = None
    limit: Annotated[int | None, Arg("2", kind="integer", keyed=True)] = None
    points: Annotated[str | None, Arg("warm light;USB-C", keyed=True)] = None
    gifts: Annotated[str | None, Arg("travel pouch", keyed=True)] = None
    ships_from: Annotated[str | None, Arg("New Jersey", keyed=True)] = None
    warranty_days: Annotated[int | None, Arg("365", kind="integer", keyed=True)] = None


@dataclass(frozen=True, slots=True)
class AddHost:
    slug: Annotated[str, Arg("mia", help="arg.host_slug")]
    name: Annotated[str | None, Arg("Mia Chen", keyed=True)] = None
    zone: Annotated[str | None, Arg("Asia/Shanghai", keyed=True, completer="zone")] = None
    language: Annotated[str | None, Arg("zh-CN", kind="choice", choices=("en", "zh-cn"), keyed=True)] = None


def _slug(text: str) -> str:
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
    return Market(zone, _language(request.language or base.language), currency)


def _language(text: str) -> str:
    if not _LANGUAGE.fullmatch(text):
        raise UserError("language.bad", language=text[:30], try_instead="language=en")
    return text


def _check_currency(currency: str) -> None:
    try:
        Money.parse("0", currency)
    except ValueError:
        raise UserError("currency.unknown", currency=currency[:10], try_instead="currency=USD") from None


async def add_room(request: AddRoom, ctx: Context) -> Reply:
    slug = _slug(request.slug)
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

    def work(tx: Tx) -> Reply:
        room = lookup.active_room(tx, request.room)
        if request.zone and request.zone != room.market.zone and lookup.ahead(tx, room.slug, ctx.now):
            raise ConflictError("room.zone_in_use", room=room.slug, try_instead=f"/show list {room.slug}")
        changed = {
            name: value
            for name in ("name", "platform", "handle", "role", "theme", "host_mode", "studio")
            if (value := getattr(request, name)) is not None
        }
        market = replace(
            room.market,
            zone=request.zone or room.market.zone,
            language=_language(request.language or room.market.language),
        )
        if not changed and market == room.market:
            raise UserError("edit.nothing", try_instead=f'/room edit {room.slug} name="{room.name}"')
        after = replace(room, market=market, **changed)
        tx.rooms.save(after)
        before = {name: getattr(room, name) for name in changed}
        record(tx, ctx, "room.edit", room.slug, before, changed | {"zone": market.zone, "language": market.language})
        return reply(Text(msg("room.edited", room=room.slug)), _room_facts(after), tone="good")

    return await ctx.ports.store.write(work)


async def list_rooms(request: ListRooms, ctx: Context) -> Reply:
    def work(tx: Tx) -> Reply:
        rooms = tx.rooms.all(archived=request.archived)
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
        sources = tx.signals.sources(room.slug)
        if sources:
            heard = tuple(
                Item(msg("room.source_line", source=name, at=When(at, ctx.actor.zone))) for name, at in sources
            )
            blocks.append(Items(heard, title=msg("room.sources")))
        else:
            blocks.append(Note(msg("room.no_source", room=room.slug)))
        return reply(*blocks)

    return await ctx.ports.store.read(work)


async def archive_room(request: OneRoom, ctx: Context) -> Reply:
    def work(tx: Tx) -> Reply:
        room = lookup.active_room(tx, request.room)
        ahead = [show.id for show in lookup.ahead(tx, room.slug, ctx.now)]
        if ahead or tx.sessions.live(room.slug):
            shows = Listing(tuple(ahead[:5]))
            raise ConflictError("room.has_shows", room=room.slug, shows=shows, try_instead=f"/show list {room.slug}")
        tx.rooms.save(replace(room, archived_at=ctx.now))
        record(tx, ctx, "room.archive", room.slug)
        return reply(Text(msg("room.archived_now", room=room.slug)), tone="good")

    return await ctx.ports.store.write(work)


def _room_facts(room: Room) -> Facts:
    rows: list[tuple[Line, Line]] = [
        (msg("room.field.market"), f"{room.market.zone}, {room.market.language}, {room.market.currency}"),
        (msg("room.field.platform"), f"{room.platform} {room.handle or ''}".strip()),
        (msg("room.field.role"), msg(f"room_role.{room.role}")),
        (msg("room.field.host_mode"), msg(f"host_mode.{room.host_mode}")),
    ]
    if room.theme:
        rows.append((msg("room.field.theme"), room.theme))
    if room.studio:
        rows.append((msg("room.field.studio"), room.studio))
    return Facts(tuple(rows))


def _money(text: str, room: Room, example: str) -> Money:
    """A price exactly as meant: 1,299 and 199.000 are read differently in different countries, so they are refused."""
    currency = room.market.currency
    digits = exponent(currency)
    if not re.fullmatch(r"[0-9]{1,12}" + (rf"([.,][0-9]{{1,{digits}}})?" if digits else ""), text):
        raise UserError("price.bad", price=text[:30], currency=currency, n=digits, try_instead=example)
    return Money.parse(text.replace(",", "."), currency)


def _whole(name: str, number: int | None) -> int | None:
    if number is not None and number < 0:
        raise UserError("number.negative", name=name, number=number, try_instead=f"{name}=0")
    return number


def _parts(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in re.split(r"[;；]", text or "") if part.strip())[:10]


async def add_product(request: AddProduct, ctx: Context) -> Reply:
    if len(request.sku) > _LONGEST_SKU:
        raise UserError("product.long_sku", n=_LONGEST_SKU, try_instead=f"/product add {request.room} LAMP-1 29.90")

    def work(tx: Tx) -> Reply:
        room = lookup.active_room(tx, request.room)
        if tx.rooms.product(room.slug, request.sku) is not None:
            raise ConflictError(
                "product.exists",
                sku=request.sku,
                room=room.slug,
                try_instead=f"/product edit {room.slug} {request.sku}",
            )
        product = Product(
            room=room.slug,
            sku=request.sku,
            name=request.name or request.sku,
            price=_money(request.price, room, "29.90"),
            list_price=_money(request.list_price, room, "list_price=39.90") if request.list_price else None,
            stock=_whole("stock", request.stock),
            limit_per_buyer=_whole("limit", request.limit),
            gifts=_parts(request.gifts),
            selling_points=_parts(request.points),
            ships_from=request.ships_from,
            warranty_days=_whole("warranty_days", request.warranty_days),
        )
        tx.rooms.save_product(product)
        rundowns.on_product_added(tx, room.slug, ctx.now)
        checklists.on_facts_changed(tx, room.slug, ctx.ports)
        record(
            tx,
            ctx,
            "product.add",
            f"{room.slug}/{product.sku}",
            after={"price": str(product.price), "stock": product.stock},
        )
        return reply(Text(msg("product.added", product=product.name, price=product.price, room=room.slug)), tone="good")

    return await ctx.ports.store.write(work)


async def edit_product(request: EditProduct, ctx: Context) -> Reply:
    def work(tx: Tx) -> Reply:
        room = lookup.active_room(tx, request.room)
        old = lookup.product(tx, room.slug, request.sku)
        new = replace(
            old,
            price=_money(request.price, room, "price=24.90") if request.price else old.price,
            name=request.name or old.name,
            stock=_whole("stock", request.stock) if request.stock is not None else old.stock,
            list_price=_money(request.list_price, room, "list_price=39.90") if request.list_price else old.list_price,
            limit_per_buyer=_whole("limit", request.limit) if request.limit is not None else old.limit_per_buyer,
            gifts=_parts(request.gifts) if request.gifts else old.gifts,
            selling_points=_parts(request.points) if request.points else old.selling_points,
            ships_from=request.ships_from or old.ships_from,
            warranty_days=_whole("warranty_days", request.warranty_days)
            if request.warranty_days is not None
            else old.warranty_days,
        )
        if new == old:
            raise UserError("edit.nothing", try_instead=f"/product edit {room.slug} {old.sku} price=24.90 stock=80")
        tx.rooms.save_product(new)
        rundowns.on_product_changed(tx, room.slug, new.sku, ctx.now)
        prompting.on_product_changed(tx, room.slug, ctx.ports, ctx.now)
        checklists.on_facts_changed(tx, room.slug, ctx.ports)
        before = {"price": str(old.price), "stock": old.stock}
        record(tx, ctx, "product.edit", f"{room.slug}/{old.sku}", before, {"price": str(new.price), "stock": new.stock})
        rows: list[tuple[Line, Line]] = []
        if new.price != old.price:
            rows.append((msg("product.field.price"), msg("change", old=old.price, new=new.price)))
        if new.stock != old.stock:
            rows.append((msg("product.field.stock"), msg("change", old=old.stock, new=new.stock)))
        blocks: list[Block] = [Text(msg("product.edited", product=new.name, room=room.slug))]
        return reply(*blocks, *([Facts(tuple(rows))] if rows else []), tone="good")

    return await ctx.ports.store.write(work)


async def list_products(request: OneRoom, ctx: Context) -> Reply:
    def work(tx: Tx) -> Reply:
        room = lookup.room(tx, request.room)
        products = tx.rooms.products(room.slug)
        if not products:
            return reply(
                Text(msg("product.none", room=room.slug)),
                Code(f"/product add {room.slug} SKU 19.90 name=... stock=100"),
            )
        columns = (
            msg("product.field.sku"),
            msg("product.field.name"),
            msg("product.field.price"),
            msg("product.field.stock"),
        )
        rows = tuple(
            (
                product.sku,
                product.name,
                msg("value", value=product.price),
                msg("product.stock_unknown") if product.stock is None else msg("value", value=product.stock),
            )
            for product in products
        )
        return reply(Heading(msg("product.list_title", room=room.name)), Table(columns, rows))

    return await ctx.ports.store.read(work)


async def add_host(request: AddHost, ctx: Context) -> Reply:
    slug = _slug(request.slug)
    if request.zone is not None:
        check_zone(request.zone)
    language = {"zh-cn": "zh-CN"}.get(request.language or "", request.language)

    def work(tx: Tx) -> Reply:
        if tx.people.get(slug) is not None:
            raise ConflictError("person.exists", person=slug, try_instead=f"/host add {slug}_2")
        host = Person(slug, request.name or slug, Role.HOST, language, request.zone)
        tx.people.save(host)
        record(tx, ctx, "host.add", slug, after={"zone": request.zone})
        zone = request.zone or ctx.ports.team.zone
        return reply(
            Text(msg("host.added", name=host.name, zone=zone)),
            Code(f"/show plan ROOM fri 20:00 host={slug}"),
            tone="good",
        )

    return await ctx.ports.store.write(work)
