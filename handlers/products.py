"""The products of a room; price and stock may change on air."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Annotated

from bot.core.command import Arg, Context
from bot.core.errors import ConflictError, UserError
from bot.core.mending import first_product
from bot.core.model import Product, Room
from bot.core.money import Money, example_price, exponent
from bot.core.ports import Tx
from bot.core.reply import Block, Code, Facts, Heading, Line, Reply, Table, Text, msg, reply
from handlers import checklists, conflicts, lookup, prompting, rundowns
from handlers.lookup import record
from handlers.room_info import OneRoom, RoomSlug

_LONGEST_SKU = 60


@dataclass(frozen=True, slots=True)
class AddProduct:
    room: RoomSlug
    sku: Annotated[str, Arg("LAMP-1", help="arg.new_sku")]
    price: Annotated[str, Arg("29.90")]
    name: Annotated[str | None, Arg("Sunrise lamp", keyed=True)] = None
    stock: Annotated[int | None, Arg("120", kind="integer", keyed=True, least=0)] = None
    list_price: Annotated[str | None, Arg("39.90", keyed=True)] = None
    limit: Annotated[int | None, Arg("2", kind="integer", keyed=True, least=0)] = None
    points: Annotated[str | None, Arg("warm light;USB-C", keyed=True)] = None
    gifts: Annotated[str | None, Arg("travel pouch", keyed=True)] = None
    ships_from: Annotated[str | None, Arg("New Jersey", keyed=True)] = None
    warranty_days: Annotated[int | None, Arg("365", kind="integer", keyed=True, least=0)] = None


@dataclass(frozen=True, slots=True)
class EditProduct:
    room: RoomSlug
    sku: Annotated[str, Arg("LAMP-1", completer="sku")]
    price: Annotated[str | None, Arg("24.90", keyed=True)] = None
    name: Annotated[str | None, Arg("Sunrise lamp", keyed=True)] = None
    stock: Annotated[int | None, Arg("80", kind="integer", keyed=True, least=0)] = None
    list_price: Annotated[str | None, Arg("39.90", keyed=True)] = None
    limit: Annotated[int | None, Arg("2", kind="integer", keyed=True, least=0)] = None
    points: Annotated[str | None, Arg("warm light;USB-C", keyed=True)] = None
    gifts: Annotated[str | None, Arg("travel pouch", keyed=True)] = None
    ships_from: Annotated[str | None, Arg("New Jersey", keyed=True)] = None
    warranty_days: Annotated[int | None, Arg("365", kind="integer", keyed=True, least=0)] = None


def _money(text: str, room: Room, option: str = "") -> Money:
    """A price exactly as meant: 1,299 and 199.000 are read differently in different countries, so they are refused.

    `option`: the option it was given as; "" where it was given by its place.
    """
    currency = room.market.currency
    digits = exponent(currency)
    if not re.fullmatch(r"[0-9]{1,12}" + (rf"([.,][0-9]{{1,{digits}}})?" if digits else ""), text):
        instead = f"{option}={example_price(currency)}" if option else example_price(currency)
        key = "price.bad" if digits else "price.whole_only"
        raise UserError(key, price=text[:30], currency=currency, n=digits, try_instead=instead)
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
            price=_money(request.price, room),
            list_price=_money(request.list_price, room, "list_price") if request.list_price else None,
            stock=_whole("stock", request.stock),
            limit_per_buyer=_whole("limit", request.limit),
            gifts=_parts(request.gifts),
            selling_points=_parts(request.points),
            ships_from=request.ships_from,
            warranty_days=_whole("warranty_days", request.warranty_days),
        )
        tx.rooms.save_product(product)
        rundowns.on_product_added(tx, room.slug, ctx.now)
        if len(tx.rooms.products(room.slug)) == 1:  # from now on its shows begin with it
            conflicts.review_room(tx, ctx.ports, room.slug)
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
            price=_money(request.price, room, "price") if request.price else old.price,
            name=request.name or old.name,
            stock=_whole("stock", request.stock) if request.stock is not None else old.stock,
            list_price=_money(request.list_price, room, "list_price") if request.list_price else old.list_price,
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
        was, now = _audited(old), _audited(new)
        changed = [name for name in now if now[name] != was[name]]
        before, after = ({name: side[name] for name in changed} for side in (was, now))
        record(tx, ctx, "product.edit", f"{room.slug}/{old.sku}", before, after)
        rows: list[tuple[Line, Line]] = []
        if new.price != old.price:
            rows.append((msg("product.field.price"), msg("change", old=old.price, new=new.price)))
        if new.stock != old.stock:
            rows.append((msg("product.field.stock"), msg("change", old=old.stock, new=new.stock)))
        blocks: list[Block] = [Text(msg("product.edited", product=new.name, room=room.slug))]
        return reply(*blocks, *([Facts(tuple(rows))] if rows else []), tone="good")

    return await ctx.ports.store.write(work)


def _audited(product: Product) -> dict[str, object]:
    """The facts of a product by the names they are typed with, as the audit keeps them."""
    return {
        "price": str(product.price),
        "name": product.name,
        "stock": product.stock,
        "list_price": None if product.list_price is None else str(product.list_price),
        "limit": product.limit_per_buyer,
        "gifts": list(product.gifts),
        "points": list(product.selling_points),
        "ships_from": product.ships_from,
        "warranty_days": product.warranty_days,
    }


async def list_products(request: OneRoom, ctx: Context) -> Reply:
    def work(tx: Tx) -> Reply:
        room = lookup.room(tx, request.room)
        products = tx.rooms.products(room.slug)
        if not products:
            return reply(
                Text(msg("product.none", room=room.slug)),
                Code(first_product(room)),
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
