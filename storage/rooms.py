"""Rooms and their products."""

from __future__ import annotations

from typing import Any

from bot.core.model import Market, Matrix, Product, Room, Targets
from bot.core.money import Money
from bot.core.planning_port import Setting
from storage.rows import Repo, dump, instant_or_none, load, read_instant_or_none


class Rooms(Repo):
    def get(self, slug: str) -> Room | None:
        row = self.row("select * from rooms where slug = ?", [slug])
        return None if row is None else _room(row)

    def all(self, *, archived: bool = False) -> list[Room]:
        where = "" if archived else "where archived_at is null"
        return [_room(row) for row in self.rows(f"select * from rooms {where} order by slug")]  # noqa: S608 - no data in it

    def settings(self) -> list[Setting]:
        """Of every room, archived ones too."""
        return [Setting(*row) for row in self.db.execute("select slug, studio, theme, currency, language from rooms")]

    def save(self, room: Room) -> None:
        self.save_row(
            "rooms",
            {
                "slug": room.slug,
                "name": room.name,
                "platform": room.platform,
                "handle": room.handle,
                "zone": room.market.zone,
                "language": room.market.language,
                "currency": room.market.currency,
                "role": room.role,
                "theme": room.theme,
                "host_mode": room.host_mode,
                "studio": room.studio,
                "sensitivity": room.sensitivity,
                "archived_at": instant_or_none(room.archived_at),
                "matrix": room.matrix,
                "siblings": dump(room.siblings),
                "targets": dump(_targets_as_json(room.targets)),
                "testing": room.testing,
            },
            "slug",
        )

    def matrix(self, name: str) -> Matrix:
        row = self.row("select * from matrices where name = ?", [name])
        return Matrix(name) if row is None else Matrix(row["name"], row["organised_by"])

    def save_matrix(self, matrix: Matrix) -> None:
        self.save_row("matrices", {"name": matrix.name, "organised_by": matrix.organised_by}, "name")

    def product(self, room: str, sku: str) -> Product | None:
        row = self.row("select * from products where room = ? and sku = ?", [room, sku])
        return None if row is None else _product(row)

    def products(self, room: str) -> list[Product]:
        return [_product(row) for row in self.rows("select * from products where room = ? order by rowid", [room])]

    def save_product(self, product: Product) -> None:
        self.save_row(
            "products",
            {
                "room": product.room,
                "sku": product.sku,
                "name": product.name,
                "price_minor": product.price.minor,
                "currency": product.price.currency,
                "list_price_minor": product.list_price.minor if product.list_price else None,
                "stock": product.stock,
                "limit_per_buyer": product.limit_per_buyer,
                "gifts": dump(product.gifts),
                "selling_points": dump(product.selling_points),
                "ships_from": product.ships_from,
                "warranty_days": product.warranty_days,
            },
            *("room", "sku"),
        )


def _room(row: dict[str, Any]) -> Room:
    return Room(
        slug=row["slug"],
        name=row["name"],
        platform=row["platform"],
        market=Market(row["zone"], row["language"], row["currency"]),
        handle=row["handle"],
        role=row["role"],
        theme=row["theme"],
        host_mode=row["host_mode"],
        studio=row["studio"],
        sensitivity=row["sensitivity"],
        archived_at=read_instant_or_none(row["archived_at"]),
        matrix=row["matrix"],
        siblings=tuple(load(row["siblings"])),
        targets=_targets(load(row["targets"])),
        testing=row["testing"],
    )


def _targets_as_json(targets: Targets) -> dict[str, Any]:
    gmv = None if targets.gmv is None else {"minor": targets.gmv.minor, "currency": targets.gmv.currency}
    told = {"gmv": gmv, "orders": targets.orders, "acu": targets.acu}
    return {name: value for name, value in told.items() if value is not None}


def _targets(kept: dict[str, Any]) -> Targets:
    gmv = kept.get("gmv")
    return Targets(None if gmv is None else Money(gmv["minor"], gmv["currency"]), kept.get("orders"), kept.get("acu"))


def _product(row: dict[str, Any]) -> Product:
    currency = row["currency"]
    listed = row["list_price_minor"]
    return Product(
        room=row["room"],
        sku=row["sku"],
        name=row["name"],
        price=Money(row["price_minor"], currency),
        list_price=None if listed is None else Money(listed, currency),
        stock=row["stock"],
        limit_per_buyer=row["limit_per_buyer"],
        gifts=tuple(load(row["gifts"])),
        selling_points=tuple(load(row["selling_points"])),
        ships_from=row["ships_from"],
        warranty_days=row["warranty_days"],
    )
