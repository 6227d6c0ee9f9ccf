"""The sample team: who they are, their rooms, and the lines that set everything up, typed as anybody would."""

from __future__ import annotations

from bot.core.model import Person, Role
from bot.demo.goods import PRODUCTS, ROOM

PEOPLE = (
    Person("lin", "Lin Wei", Role.ADMIN),
    Person("chen", "Chen Yu", Role.MANAGER),
    Person("mia", "Mia Torres", Role.HOST, zone="Asia/Shanghai"),
)
OPERATOR, MANAGER, HOST = (person.slug for person in PEOPLE)

PLAN = (
    f'/show plan {ROOM} 2027-03-12 20:00 length=2h30m host={HOST} title="{{title}}" '
    'benefit="free shipping for everyone" likes_goal=20000 save=yes'
)
"""The title is the team's, in its language; the benefit is said to the market's viewers, in theirs."""

_ROOMS = (
    f'/room add {ROOM} us name="Dewlight US" handle=@dewlight.us role=flagship theme="skincare and home" studio=A',
    '/room add uk_beauty uk name="Dewlight UK" handle=@dewlight.uk theme=beauty',
    '/room add th_home th name="Dewlight บ้านสวย" platform=shopee handle=dewlight_th theme=home',
)
_SIBLINGS = (
    "/show plan uk_beauty every wed 19:00 length=2h save=yes",
    "/show plan th_home every thu 20:00 length=3h save=yes",
)


def _quote(text: str) -> str:
    return '"' + text.replace('"', "”") + '"'


def _product_lines() -> list[str]:
    lines = []
    for product in PRODUCTS:
        words = [f"/product add {ROOM} {product.sku} {product.price.amount}", f"name={_quote(product.name)}"]
        if product.list_price is not None:
            words.append(f"list_price={product.list_price.amount}")
        words += [
            f"{name}={value}"
            for name, value in (
                ("stock", product.stock),
                ("limit", product.limit_per_buyer),
                ("warranty_days", product.warranty_days),
            )
            if value is not None
        ]
        if product.selling_points:
            words.append(f"points={_quote('; '.join(product.selling_points))}")
        if product.gifts:
            words.append(f"gifts={_quote('; '.join(product.gifts))}")
        if product.ships_from:
            words.append(f"ships_from={_quote(product.ships_from)}")
        lines.append(" ".join(words))
    return lines


SET_UP: tuple[tuple[str, str, str], ...] = (
    *(("managers", MANAGER, line) for line in _ROOMS),
    *(("team", OPERATOR, line) for line in _product_lines()),
    *(("team", OPERATOR, line) for line in _SIBLINGS),
)
"""(channel, person, line) before the day begins."""
