"""The rooms of a matrix beside each other: who sells to the same viewers, who sends them where, who is like whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from statistics import median

from bot.core.markets import MARKETS
from bot.core.model import Market, Organised, Room
from bot.core.money import Money

LEAST = 3
"""Sessions before the last one from which there is a usual result."""
MOST_SESSIONS = 10
"""So many sessions before the last one make the usual result."""

_NAMES = {market: name for name, market in MARKETS.items()}


@dataclass(frozen=True, slots=True)
class Airtime:
    """A show that is to be held or runs, as far as a look at all rooms needs it. Instants in UTC."""

    show: str
    room: str
    host: str | None
    zone: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Result:
    """What a session brought; None: no source told."""

    session: str
    gmv: Money | None
    acu: Decimal | None


@dataclass(frozen=True, slots=True)
class Usual:
    """Medians of a room's sessions; None: fewer than LEAST of them were measured, `known` says how many were."""

    gmv: Money | None
    known: int
    acu: Decimal | None


@dataclass(frozen=True, slots=True)
class Alike:
    """Rooms of one market that nothing tells apart: they have the same theme, or (`theme` None) a room has none."""

    theme: str | None
    rooms: tuple[str, ...]


def audience(market: Market) -> tuple[str, str]:
    """Who is sold to: a market is its currency and language, rooms of one may lie in several zones."""
    return market.currency, market.language.partition("-")[0].lower()


def market_name(market: Market) -> str:
    """Its short name ("us"); for one put together by hand its zone."""
    return _NAMES.get(market, market.zone)


def siblings(room: Room, rooms: Sequence[Room]) -> list[Room]:
    """Rooms in use that it may send its viewers to: those named, else those of its market in its matrix."""
    in_use = {other.slug: other for other in rooms if other.archived_at is None and other.slug != room.slug}
    if room.siblings:
        return [in_use[slug] for slug in room.siblings if slug in in_use]
    mine = audience(room.market)
    return [other for other in in_use.values() if other.matrix == room.matrix and audience(other.market) == mine]


def usual(results: Sequence[Result], currency: str) -> Usual:
    """The medians of these sessions; amounts in another currency than the room's are left out."""
    amounts = [result.gmv.amount for result in results if result.gmv is not None and result.gmv.currency == currency]
    viewers = [result.acu for result in results if result.acu is not None]
    return Usual(
        gmv=Money.parse(median(amounts), currency) if len(amounts) >= LEAST else None,
        known=len(amounts),
        acu=median(viewers) if len(viewers) >= LEAST else None,
    )


def share(part: Money | None, whole: Money | None) -> float | None:
    """None: one of them is not known, or there is nothing to compare with."""
    if part is None or whole is None or whole.minor <= 0 or part.currency != whole.currency:
        return None
    return part.minor / whole.minor


def alike(rooms: Sequence[Room]) -> list[Alike]:
    """Rooms of a matrix without a distinct theme, those without any first.

    A test room that says what it tests is told apart by that. A room that is alone has nothing to be told from.
    """
    if len(rooms) <= 1:
        return []
    asked = [room for room in rooms if not (room.role == "test" and room.testing)]
    without = tuple(room.slug for room in asked if not room.theme)
    themes: dict[tuple[str, str, str], list[Room]] = {}
    for room in asked:
        if room.theme:
            themes.setdefault((room.theme.casefold(), *audience(room.market)), []).append(room)
    same = [Alike(group[0].theme, tuple(room.slug for room in group)) for group in themes.values() if len(group) > 1]
    return [*([Alike(None, without)] if without else []), *same]


def in_order(rooms: Sequence[Room], organised_by: Organised | None) -> list[Room]:
    """As people look for them: by market, theme or name, as the matrix is organised; the flagship first."""

    def place(room: Room) -> tuple[str, bool, str]:
        group = {"region": market_name(room.market), "category": (room.theme or "~").casefold()}.get(
            organised_by or "", ""
        )
        return group, room.role != "flagship", room.name.casefold() if organised_by == "brand" else room.slug

    return sorted(rooms, key=place)
