"""What a room is for beside the others, as it is typed: whom it sends viewers to, what it should bring, what it tests.

`none` takes back what was said before.
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any, Protocol

from bot.core.errors import UserError
from bot.core.excerpt import excerpt
from bot.core.model import Room, Targets
from bot.core.money import Money
from bot.core.ports import Tx
from handlers import lookup

_NONE = ("none", "-", "无", "没有")
_MOST = 12
_LONGEST = 120
_CAP = 60
_AMOUNT = re.compile(r"(\d{1,14}|\d{1,3}(,\d{3}){1,4})(\.\d{1,3})?")


class Wanted(Protocol):
    """What both commands about a room ask for."""

    @property
    def target_gmv(self) -> str | None: ...
    @property
    def target_orders(self) -> int | None: ...
    @property
    def target_acu(self) -> int | None: ...


def targets(old: Targets, wanted: Wanted, currency: str) -> Targets:
    """Those of a show from now on; zero of anything is no target.

    Raises:
        UserError: no amount of money in the market's currency, or a number below zero.
    """
    return Targets(
        gmv=old.gmv if wanted.target_gmv is None else _gmv(wanted.target_gmv, currency),
        orders=old.orders if wanted.target_orders is None else _count("target_orders", wanted.target_orders),
        acu=old.acu if wanted.target_acu is None else _count("target_acu", wanted.target_acu),
    )


def _count(name: str, count: int) -> int | None:
    if count < 0:
        raise UserError("room.bad_count", name=name, count=count, try_instead=f"{name}=120")
    return count or None


def _gmv(text: str, currency: str) -> Money | None:
    """`5000`, `5,000.50`, `5000 USD`; "5,5" may be five and a half or a slip, and is refused."""
    if text.casefold() in _NONE:
        return None
    plain = text.replace("，", ",").upper().removesuffix(currency).removeprefix(currency).strip()
    if not _AMOUNT.fullmatch(plain):
        raise _bad_gmv(text, currency)
    exact = Decimal(plain.replace(",", ""))
    try:
        amount = Money.parse(exact, currency)
    except ValueError:
        raise _bad_gmv(text, currency) from None
    if amount.amount != exact:
        raise _bad_gmv(text, currency)
    return amount if amount.minor else None


def _bad_gmv(text: str, currency: str) -> UserError:
    return UserError("room.bad_target", gmv=excerpt(text, _CAP), currency=currency, try_instead="target_gmv=5000")


def tried_out(text: str | None, old: str | None) -> str | None:
    """What is tried out, blanks folded."""
    if text is None:
        return old
    said = " ".join(text.split())
    if len(said) > _LONGEST:
        raise UserError("room.long_testing", n=len(said), most=_LONGEST, try_instead='testing="a second host"')
    return None if said.casefold() in _NONE else said


def siblings(tx: Tx, room: Room, text: str | None) -> tuple[str, ...]:
    """The slugs named, each once, in their order; `none`: those of its market in its matrix, as without a word.

    Raises:
        UserError: there is no such room, it is archived, or it is the room itself.
    """
    if text is None:
        return room.siblings
    names = [name for part in text.replace("，", ",").replace("、", ",").split(",") if (name := part.strip().lower())]
    if len(names) == 1 and names[0] in _NONE:
        return ()
    if len(names) > _MOST:
        raise UserError("list.too_long", most=_MOST, try_instead=f"siblings={','.join(names[:3])}")
    for name in names:
        if name == room.slug:
            others = [other.slug for other in tx.rooms.all() if other.slug != room.slug]
            raise UserError(
                "room.own_sibling", room=room.slug, try_instead=f"siblings={others[0] if others else 'none'}"
            )
        lookup.active_room(tx, name)
    return tuple(dict.fromkeys(names))


def told(room: Room) -> dict[str, Any]:
    """As the audit keeps it: what can be typed again."""
    targets = room.targets
    return {
        "siblings": ",".join(room.siblings) or "none",
        "target_gmv": "none" if targets.gmv is None else str(targets.gmv.amount),
        "target_orders": targets.orders or 0,
        "target_acu": targets.acu or 0,
        "testing": room.testing or "none",
    }


def edited(tx: Tx, room: Room, request: Any) -> Room:
    """The room with what the request says of its purpose."""
    return replace(
        room,
        siblings=siblings(tx, room, request.siblings),
        targets=targets(room.targets, request, room.market.currency),
        testing=tried_out(request.testing, room.testing),
    )
