"""Values to offer while somebody types, by an argument's completer; the likeliest first."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable

from bot.core.handling import Offers
from bot.core.markets import MARKETS
from bot.core.model import Role
from bot.core.ports import Tx


def _rooms(tx: Tx) -> Offers:
    return [(room.slug, room.name) for room in tx.rooms.all()]


def _archived_rooms(tx: Tx) -> Offers:
    return [(room.slug, room.name) for room in tx.rooms.all(archived=True) if room.archived_at is not None]


def _hosts(tx: Tx) -> Offers:
    return [(person.slug, person.name) for person in tx.people.all() if person.role == Role.HOST]


def _people(tx: Tx) -> Offers:
    return [(person.slug, person.name) for person in tx.people.all()]


def _shows(tx: Tx) -> Offers:
    live = [(session.show, session.room) for session in tx.sessions.live() if session.show]
    return live + [(show.id, f"{show.starts_local:%Y-%m-%d %H:%M} {show.zone}") for show in tx.shows.planned()]


def _markets(_tx: Tx) -> Offers:
    return [(name, f"{market.zone}, {market.language}, {market.currency}") for name, market in MARKETS.items()]


def _zones(_tx: Tx) -> Offers:
    return [(name, "") for name in sorted(zoneinfo.available_timezones())]


def _alerts(tx: Tx) -> Offers:
    return [(alert.id, alert.room) for alert in tx.alerts.open()]


def _skus(tx: Tx) -> Offers:
    return [(item.sku, item.name) for room in tx.rooms.all() for item in tx.rooms.products(room.slug)]


def _cues(tx: Tx) -> Offers:
    live = [session.show for session in tx.sessions.live() if session.show]
    return [(cue.id, cue.kind) for show in live for cue in tx.shows.cues(show) if cue.state in ("planned", "sent")]


def _items(tx: Tx) -> Offers:
    return [(item.key, item.state) for show in tx.shows.planned()[:1] for item in tx.checklists.items(show.id)]


def _whens(_tx: Tx) -> Offers:
    return [(text, "") for text in ("fri 20:00", "tomorrow 19:00", "every fri 20:00", "weekdays 19:30")]


COMPLETERS: dict[str, Callable[[Tx], Offers]] = {
    "room": _rooms,
    "archived_room": _archived_rooms,
    "host": _hosts,
    "person": _people,
    "show": _shows,
    "market": _markets,
    "zone": _zones,
    "alert": _alerts,
    "why": _alerts,
    "sku": _skus,
    "cue": _cues,
    "item": _items,
    "when": _whens,
}
