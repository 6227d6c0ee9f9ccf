"""What the demo room sells: made-up products with every fact a line may need."""

from __future__ import annotations

from typing import Any

from bot.core.model import Product
from bot.core.money import Money

ROOM = "us_main"
CURRENCY = "USD"


def _product(sku: str, name: str, price: str, list_price: str, **facts: Any) -> Product:
    money = Money.parse(price, CURRENCY), Money.parse(list_price, CURRENCY)
    return Product(ROOM, sku, name, *money, **facts)


PRODUCTS: tuple[Product, ...] = (
    _product(
        "DW-SERUM-30",
        "Dewlight Vitamin C Serum 30 ml",
        "19.90",
        "26.00",
        stock=140,
        limit_per_buyer=3,
        gifts=("20 ml travel cleanser",),
        selling_points=(
            "15% vitamin C with ferulic acid",
            "absorbs in about a minute, no sticky finish",
            "airless bottle keeps light and air out",
        ),
        ships_from="Los Angeles, CA",
        warranty_days=30,
    ),
    _product(
        "DW-GUASHA-2",
        "Dewlight Rose Quartz Gua Sha and Roller Set",
        "16.90",
        "24.90",
        stock=85,
        limit_per_buyer=2,
        selling_points=(
            "cut from natural rose quartz, so no two look alike",
            "metal roller frame that does not squeak",
            "comes in a padded storage box",
        ),
        ships_from="Los Angeles, CA",
        warranty_days=90,
    ),
    _product(
        "HM-SATIN-2",
        "Hushmoon Satin Pillowcase, Set of 2",
        "22.90",
        "32.90",
        stock=120,
        limit_per_buyer=4,
        gifts=("satin scrunchie",),
        selling_points=(
            "smooth satin that is gentle on curls and blowouts",
            "envelope closure, no zipper to catch your hair",
            "machine washable on cold",
        ),
        ships_from="Ontario, CA",
        warranty_days=60,
    ),
    _product(
        "LM-VANITY-1",
        "Lumette Clip-On Vanity Light",
        "24.90",
        "34.90",
        stock=95,
        limit_per_buyer=2,
        selling_points=(
            "three color temperatures from warm to daylight",
            "USB-C rechargeable, about 6 hours on medium",
            "clips on a mirror, a shelf or a phone",
        ),
        ships_from="Ontario, CA",
        warranty_days=365,
    ),
    _product(
        "HM-MIST-120",
        "Hushmoon Whisper Mini Diffuser 120 ml",
        "29.90",
        "39.90",
        stock=48,
        limit_per_buyer=2,
        gifts=("10 ml lavender oil",),
        selling_points=(
            "under 30 dB, quiet enough for a bedroom",
            "turns itself off when the water runs out",
            "warm night light you can switch off",
        ),
        ships_from="Ontario, CA",
        warranty_days=365,
    ),
    _product(
        "HM-STEAM-1",
        "Hushmoon Pocket Garment Steamer",
        "36.90",
        "52.00",
        stock=38,
        limit_per_buyer=1,
        gifts=("heat-resistant glove",),
        selling_points=(
            "heats up in 35 seconds",
            "folds flat and weighs 1.6 lb",
            "120 ml tank, enough for about three shirts",
        ),
        ships_from="Ontario, CA",
        warranty_days=365,
    ),
)


def facts(product: Product) -> dict[str, Any]:
    """The product as a recording's meta line has it; prices are decimal strings in the show's currency."""
    return {
        "sku": product.sku,
        "name": product.name,
        "price": f"{product.price.amount:f}",
        "list_price": None if product.list_price is None else f"{product.list_price.amount:f}",
        "stock": product.stock,
        "limit_per_buyer": product.limit_per_buyer,
        "gifts": list(product.gifts),
        "selling_points": list(product.selling_points),
        "ships_from": product.ships_from,
        "warranty_days": product.warranty_days,
    }
