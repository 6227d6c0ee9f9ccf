"""Values to offer while somebody types, by an argument's completer; the likeliest first."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable

from bot.core.handling import Offer, Offers
from bot.core.markets import MARKETS
from bot.core.ports import Tx
from handlers import lookup


def _rooms(tx: Tx) -> Offers:
    return [Offer(room.slug, room.name, room.slug) for room in tx.rooms.all()]


def _archived_rooms(tx: Tx) -> Offers:
    return [Offer(room.slug, room.name, room.slug) for room in tx.rooms.all(archived=True) if room.archived_at]


def _hosts(tx: Tx) -> Offers:
    return [Offer(item.person, lookup.name(tx, item.person)) for item in tx.people.hosts()]


def _people(tx: Tx) -> Offers:
    return [Offer(person.slug, person.name) for person in tx.people.all()]


def _shows(tx: Tx) -> Offers:
    live = [Offer(session.show, session.room, session.room) for session in tx.sessions.live() if session.show]
    return live + [
        Offer(show.id, f"{show.starts_local:%Y-%m-%d %H:%M} {show.zone}", show.room) for show in tx.shows.planned()
    ]


def _markets(_tx: Tx) -> Offers:
    return [Offer(name, f"{market.zone}, {market.language}, {market.currency}") for name, market in MARKETS.items()]


def _zones(_tx: Tx) -> Offers:
    return [Offer(name) for name in sorted(zoneinfo.available_timezones())]


def _alerts(tx: Tx) -> Offers:
    return [Offer(alert.id, alert.room, alert.room) for alert in tx.alerts.open()]


def _skus(tx: Tx) -> Offers:
    return [Offer(item.sku, item.name, room.slug) for room in tx.rooms.all() for item in tx.rooms.products(room.slug)]


def _cues(tx: Tx) -> Offers:
    return [
        Offer(cue.id, cue.kind, session.room)
        for session in tx.sessions.live()
        if session.show
        for cue in tx.shows.cues(session.show)
        if cue.state in ("planned", "sent")
    ]


def _whys(tx: Tx) -> Offers:
    return [*_alerts(tx), *_cues(tx), *_shows(tx), *_rooms(tx)]


def _items(tx: Tx) -> Offers:
    return [
        Offer(item.key, item.state, show.room)
        for show in tx.shows.planned()[:1]
        for item in tx.checklists.items(show.id)
    ]


def _whens(_tx: Tx) -> Offers:
    return [Offer(text) for text in ("fri 20:00", "tomorrow 19:00", "every fri 20:00", "weekdays 19:30")]


def _matrices(tx: Tx) -> Offers:
    return [Offer(name) for name in sorted({room.matrix for room in tx.rooms.all()})]


def _parked(tx: Tx) -> Offers:
    return [Offer(state.destination, state.why or "") for state in tx.outbox.parked()]


COMPLETERS: dict[str, Callable[[Tx], Offers]] = {
    "room": _rooms,
    "archived_room": _archived_rooms,
    "host": _hosts,
    "person": _people,
    "show": _shows,
    "market": _markets,
    "zone": _zones,
    "alert": _alerts,
    "why": _whys,
    "sku": _skus,
    "cue": _cues,
    "item": _items,
    "when": _whens,
    "parked": _parked,
    "matrix": _matrices,
}
