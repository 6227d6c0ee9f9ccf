"""Values to offer while somebody types, by an argument's completer; the likeliest first.

A label tells a person what the value stands for, in their own language.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from bot.core import schedule
from bot.core.excerpt import excerpt
from bot.core.handling import LONGEST_LABEL, Asking, Completer, Offer, Offers
from bot.core.markets import MARKETS
from bot.core.model import Room, Show
from bot.core.ports import Tx
from bot.core.reply import Value, When, msg
from handlers import cue_card, lookup, rundowns, surroundings

_SEP = " · "
_WHENS = (
    "fri 20:00",
    "tomorrow 19:00",
    "every fri 20:00",
    "weekdays 19:30",
    "daily 10:00 and 20:00",
    "every other fri 20:00",
    "every fri 20:00 x6",
    "first fri of the month 20:00",
    "monthly on the 15th 20:00",
)
"""One of each kind of phrase; docs/phrases.md has them all."""


def _label(asking: Asking, *parts: Value) -> str:
    """The parts in the reader's words, side by side; an absent one is left out."""
    said = (asking.say(msg("value", value=part)) for part in parts if part is not None and part != "")
    return excerpt(_SEP.join(said), LONGEST_LABEL)


def _rooms(tx: Tx, asking: Asking) -> Offers:
    live = {session.room for session in tx.sessions.live()}
    rooms = sorted(tx.rooms.all(), key=lambda room: room.slug not in live)
    return [_room(room, asking, is_live=room.slug in live) for room in rooms]


def _room(room: Room, asking: Asking, *, is_live: bool = False) -> Offer:
    market = msg("offer.market", place=_city(asking, room.market.zone), currency=room.market.currency)
    label = _label(asking, room.name, market, msg("offer.live") if is_live else None)
    return Offer(room.slug, label, room.slug, tuple(filter(None, (room.handle, room.theme))))


def _city(asking: Asking, zone: str) -> str:
    zones = asking.ports.zones
    named = zones.named(asking.actor.language, asking.now).get(zones.canonical(zone))
    return zone if named is None else named.city


def _archived_rooms(tx: Tx, asking: Asking) -> Offers:
    return [_room(room, asking) for room in tx.rooms.all(archived=True) if room.archived_at]


def _hosts(tx: Tx, asking: Asking) -> Offers:
    people = [person for item in tx.people.hosts() if (person := tx.people.get(item.person)) is not None]
    return [
        Offer(person.slug, _label(asking, person.name, _city(asking, person.zone) if person.zone else None))
        for person in people
    ]


def _people(tx: Tx, asking: Asking) -> Offers:
    return [Offer(person.slug, _label(asking, person.name)) for person in tx.people.all()]


def _shows(tx: Tx, asking: Asking) -> Offers:
    names = {room.slug: room.name for room in tx.rooms.all(archived=True)}
    people = {person.slug: person.name for person in tx.people.all()}
    live = [show for session in tx.sessions.live() if session.show and (show := tx.shows.get(session.show))]
    on_air = {show.id for show in live}

    def offer(show: Show) -> Offer:
        host = people.get(show.host, show.host) if show.host else None
        state = msg("offer.live") if show.id in on_air else None
        when = When(show.starts_at, show.zone)
        label = _label(asking, names.get(show.room, show.room), when, host, state, show.title)
        return Offer(show.id, label, show.room)

    coming = tx.shows.following(asking.now, limit=lookup.NEAREST)
    return [offer(show) for show in (*live, *(show for show in coming if show.id not in on_air))]


def _series(tx: Tx, asking: Asking) -> Offers:
    """Rooms, which stand for all of theirs, after the series that have shows ahead."""
    ahead = {show.series for show in tx.shows.following(asking.now, limit=lookup.NEAREST)}
    found = [item for item in tx.shows.all_series() if item.id in ahead]
    offers = [Offer(item.id, _label(asking, item.room, schedule.phrase_text(item.phrase)), item.room) for item in found]
    return [*offers, *_rooms(tx, asking)]


def _markets(_tx: Tx, asking: Asking) -> Offers:
    zones = asking.ports.zones.named(asking.actor.language, asking.now)
    return [
        Offer(name, _label(asking, zones[market.zone].label, market.currency), None, zones[market.zone].also)
        for name, market in MARKETS.items()
    ]


def _zones(tx: Tx, asking: Asking) -> Offers:
    """Where rooms sell and people live before the rest of the world."""
    zones = asking.ports.zones
    known = zones.named(asking.actor.language, asking.now)
    first = dict.fromkeys(zones.canonical(zone) for zone in _zones_here(tx, asking))
    order = [name for name in first if name in known] + [name for name in known if name not in first]
    return [Offer(name, known[name].label, None, known[name].also) for name in order]


def _zones_here(tx: Tx, asking: Asking) -> Iterator[str]:
    yield from (room.market.zone for room in tx.rooms.all())
    yield from (person.zone for person in tx.people.all() if person.zone)
    yield asking.ports.team.zone
    yield from (market.zone for market in MARKETS.values())


def _alerts(tx: Tx, asking: Asking) -> Offers:
    names = {room.slug: room.name for room in tx.rooms.all(archived=True)}
    return [
        Offer(
            alert.id,
            _label(
                asking,
                msg(f"alert.{alert.kind}.title"),
                names.get(alert.room, alert.room),
                When(alert.opened_at, style="time"),
            ),
            alert.room,
        )
        for alert in tx.alerts.open()
    ]


def _prompts(tx: Tx, asking: Asking) -> Offers:
    return [
        Offer(prompt.id, _label(asking, prompt.text), prompt.room)
        for session in tx.sessions.live()
        for prompt in tx.alerts.prompts(session.id)[::-1]
        if prompt.state == "offered"
    ]


def _hand_offs(tx: Tx, asking: Asking) -> Offers:
    return [
        Offer(item.id, _label(asking, item.line.text), session.room)
        for session in tx.sessions.live()
        for item in tx.hand_offs.of_session(session.id)[::-1]
        if item.why == "cold" and item.stands and item.used_at is None
    ]


def _skus(tx: Tx, asking: Asking) -> Offers:
    rooms = tx.rooms.all()
    return [
        Offer(item.sku, _label(asking, item.name, item.price, room.name if len(rooms) > 1 else None), room.slug)
        for room in rooms
        for item in tx.rooms.products(room.slug)
    ]


def _cues(tx: Tx, asking: Asking) -> Offers:
    return [
        Offer(
            cue.id,
            _label(asking, cue_card.cue_text(tx, show, cue), When(rundowns.cue_at(show, session, cue), style="time")),
            session.room,
        )
        for session in tx.sessions.live()
        if session.show and (show := tx.shows.get(session.show))
        for cue in tx.shows.cues(show.id)
        if cue.state in ("planned", "sent")
    ]


def _whys(tx: Tx, asking: Asking) -> Offers:
    return [*_alerts(tx, asking), *_cues(tx, asking), *_shows(tx, asking), *_rooms(tx, asking)]


def _items(tx: Tx, asking: Asking) -> Offers:
    """Of each room's show that is on air or next: which of them is meant, the other argument says."""
    live = (show for session in tx.sessions.live() if session.show and (show := tx.shows.get(session.show)))
    return [
        Offer(item.key, _label(asking, msg(f"checklist.item.{item.key}")), show.room)
        for show in _one_each((*live, *tx.shows.following(asking.now, limit=lookup.NEAREST)))
        for item in tx.checklists.items(show.id)
    ]


def _one_each(shows: Iterable[Show]) -> list[Show]:
    """The first of each room."""
    by_room: dict[str, Show] = {}
    for show in shows:
        by_room.setdefault(show.room, show)
    return list(by_room.values())


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)


def _whens(_tx: Tx, asking: Asking) -> Offers:
    """The kinds of phrase; those with dates in them for the month that comes, which is what people plan."""
    today = asking.now.astimezone(ZoneInfo(asking.ports.team.zone)).date()
    first = _next_month(today)
    bounds = f"from {first} until {_next_month(first) - timedelta(days=1)}"
    dated = (f"{first.replace(day=12)} 20:00", f"every tue,thu 20:00 {bounds}", f"weekdays 20:00 {bounds}")
    return [Offer(text) for text in (*_WHENS, *dated)]


def _matrices(tx: Tx, _asking: Asking) -> Offers:
    return [Offer(name) for name in sorted({room.matrix for room in tx.rooms.all()})]


def _parked(tx: Tx, asking: Asking) -> Offers:
    return [Offer(state.destination, _label(asking, state.why)) for state in tx.outbox.parked()]


def _commands(_tx: Tx, asking: Asking) -> Offers:
    return [
        Offer("when", _label(asking, msg("help.when"))),
        *_commands_of(asking),
    ]


def _commands_of(asking: Asking) -> Offers:
    return [
        Offer(command.path, _label(asking, command.summary))
        for command in asking.ports.commands.commands
        if command.menu and command.role <= asking.actor.role
    ]


def _places(_tx: Tx, asking: Asking) -> Offers:
    """Every place of every chat as it was seen last, and the web chat's channels."""
    around = surroundings.seen(asking.ports)
    found = [Offer(item.name, _label(asking, item.place.name, item.group.name)) for item in around.places()]
    own = [offer for offer in found if offer.value.startswith(f"{asking.actor.chat}:")]
    web = [Offer(name, asking.say(around.told(name))) for name in surroundings.WEB]
    return [*own, *(offer for offer in found if offer not in own), *web]


def _marks(_tx: Tx, asking: Asking) -> Offers:
    found = surroundings.seen(asking.ports).marks()
    offers = [Offer(item.name, _label(asking, item.mark.name, item.group.name)) for item in found]
    return sorted(offers, key=lambda offer: not offer.value.startswith(f"{asking.actor.chat}:"))


COMPLETERS: dict[str, Completer] = {
    "room": _rooms,
    "archived_room": _archived_rooms,
    "host": _hosts,
    "person": _people,
    "show": _shows,
    "series": _series,
    "market": _markets,
    "zone": _zones,
    "alert": _alerts,
    "hand_off": _hand_offs,
    "prompt": _prompts,
    "why": _whys,
    "sku": _skus,
    "cue": _cues,
    "item": _items,
    "when": _whens,
    "parked": _parked,
    "matrix": _matrices,
    "command": _commands,
    "place": _places,
    "mark": _marks,
}
