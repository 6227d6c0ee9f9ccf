"""What is read at a calendar's secret address: the shows of a room, of a host, or of all rooms of a matrix."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.core.calendar_feed import Feed, Served
from bot.core.calendar_pieces import Piece, Window, alone, of_series, window
from bot.core.model import Role, Room, Series, Show
from bot.core.planning_port import CalendarLink
from bot.core.ports import Ports, Tx
from bot.core.reply import Msg, msg
from bot.core.schedule import OneOff
from bot.core.signin import hash_of
from handlers.calendar_words import Words

READ_EVERY = timedelta(hours=1)
"""How often it is written down that a calendar was read."""
_FAR = timedelta(days=10_000)
"""No show is planned later."""
ORIGIN = "calendar.origin"
"""The fact that makes the ids of events unique in the world."""


async def find(token: str, ports: Ports) -> str | None:
    """The id of the calendar at the address with this token; None: there is none, or none any more."""
    digest = hash_of(token)
    link = await ports.store.read(lambda tx: tx.calendar_links.by_hash(digest))
    return None if link is None or link.revoked_at is not None else link.id


async def served(link_id: str, ports: Ports) -> Served:
    """The calendar as it stands, and from when it has been so. That it was read is kept, once in a while."""
    now = ports.clock.now()

    def look(tx: Tx) -> tuple[CalendarLink, Feed, str, datetime | None]:
        link = tx.calendar_links.get(link_id)
        if link is None:
            raise LookupError(link_id)
        shown = feed(tx, link, now, ports)
        state = shown.digest
        return link, shown, state, _since(tx.fact(_fact(link)), state)

    link, shown, state, since = await ports.store.read(look)
    if since is None or link.read_at is None or now - link.read_at >= READ_EVERY:
        since = await ports.store.write(lambda tx: _read(tx, link_id, state, now))
    return Served(shown, state, since)


def _fact(link: CalendarLink) -> str:
    return f"calendar:{link.id}"


def _since(kept: str | None, state: str) -> datetime | None:
    """From when the calendar has shown this, if it was read since it began to; `kept` is STATE and INSTANT."""
    known, _, at = (kept or "").partition(" ")
    return datetime.fromisoformat(at) if known == state else None


def _read(tx: Tx, link_id: str, state: str, now: datetime) -> datetime:
    """Keeps that it was read, and from when it has shown this."""
    link = tx.calendar_links.get(link_id)
    now = now.replace(microsecond=0)
    if link is None:
        return now
    tx.calendar_links.save(replace(link, read_at=now))
    since = _since(tx.fact(_fact(link)), state)
    if since is None:
        tx.remember(_fact(link), f"{state} {now.isoformat()}")
    return since or now


def feed(tx: Tx, link: CalendarLink, now: datetime, ports: Ports) -> Feed:
    """The calendar as it stands."""
    rooms = {room.slug: room for room in tx.rooms.all(archived=True)}
    match link.kind:
        case "room":
            chosen = _of_room(tx, rooms[link.name], window(now), ports)
        case "matrix":
            chosen = _of_matrix(tx, link.name, rooms, window(now), ports)
        case "host":
            chosen = _of_host(tx, link.name, rooms, window(now), ports)
    reader = ports.words.reader(chosen.language, chosen.zone)
    words = Words(
        reader, ports.team.zone, rooms, {person.slug: person for person in tx.people.all()},
        f"{tx.fact(ORIGIN) or ''}.showcaller", window(now),
        names_room=link.kind != "room", names_host=link.kind != "host",
    )  # fmt: skip
    pieces = [(piece, None) for piece in map(alone, chosen.loose)] + list(_pieces(tx, chosen, window(now)))
    events = sorted((words.event(*told) for told in pieces), key=lambda event: (event.start, event.uid))
    return Feed(reader.line(chosen.name), reader.line(chosen.about), chosen.zone, window(now), tuple(events))


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What belongs into a calendar. `loose`: shows of no series; `series`: each with its shows, skipped ones too."""

    name: Msg
    about: Msg
    zone: str
    language: str
    loose: Collection[Show] = ()
    series: Collection[tuple[Series, Collection[Show]]] = ()
    is_shown: Callable[[Show], bool] = lambda _show: True


def _of_room(tx: Tx, room: Room, shown: Window, ports: Ports) -> _Chosen:
    zone, language = room.market.zone, ports.team.language
    if room.archived_at is not None:
        name = msg("calendar.name.archived", name=room.name)
        return _Chosen(name, msg("calendar.about.archived", room=room.slug), zone, language)
    loose, series = _grouped(tx, tx.shows.between(shown.start, shown.start + _FAR, room.slug), room.slug)
    about = msg("calendar.about.room", room=room.slug, team=ports.team.name)
    return _Chosen(msg("calendar.name", name=room.name), about, zone, language, loose, series)


def _of_matrix(tx: Tx, matrix: str, rooms: Mapping[str, Room], shown: Window, ports: Ports) -> _Chosen:
    mine = {room.slug for room in rooms.values() if room.matrix == matrix and room.archived_at is None}
    shows = [show for show in tx.shows.between(shown.start, shown.start + _FAR) if show.room in mine]
    loose, series = _grouped(tx, shows)
    about = msg("calendar.about.matrix" if mine else "calendar.about.empty", matrix=matrix, team=ports.team.name)
    name = msg("calendar.name.matrix", matrix=matrix, team=ports.team.name)
    return _Chosen(name, about, ports.team.zone, ports.team.language, loose, series)


def _of_host(tx: Tx, host: str, rooms: Mapping[str, Room], shown: Window, ports: Ports) -> _Chosen:
    person = tx.people.get(host)
    zone = (person.zone if person else None) or ports.team.zone
    language = (person.language if person else None) or ports.team.language
    called = person.name if person else host
    if tx.people.rights(host).highest < Role.HOST:
        name = msg("calendar.name.no_host", name=called)
        return _Chosen(name, msg("calendar.about.no_host", name=called), zone, language)
    shows = tx.shows.of_host(host, shown.start, shown.start + _FAR)
    ours = [series for series in tx.shows.all_series() if series.host == host and _is_in_use(rooms, series.room)]
    whole = [(item, tx.shows.of_series(item.id, shown.start)) for item in ours]
    names = {item.id for item in ours}
    loose = [show for show in shows if show.series not in names and show.state != "skipped"]
    about = msg("calendar.about.host", name=called, team=ports.team.name)
    return _Chosen(
        msg("calendar.name", name=called), about, zone, language, loose, whole, lambda show: show.host == host
    )


def _is_in_use(rooms: Mapping[str, Room], slug: str) -> bool:
    room = rooms.get(slug)
    return room is not None and room.archived_at is None


def _grouped(
    tx: Tx, shows: Collection[Show], room: str | None = None
) -> tuple[list[Show], list[tuple[Series, Collection[Show]]]]:
    """Shows of no series, and the others by their series."""
    known = {series.id: series for series in tx.shows.all_series(room) if not isinstance(series.phrase, OneOff)}
    groups: dict[str, list[Show]] = {}
    loose = []
    for show in shows:
        if show.series in known:
            groups.setdefault(show.series, []).append(show)
        elif show.state != "skipped":
            loose.append(show)
    return loose, [(known[name], group) for name, group in groups.items()]


def _pieces(tx: Tx, chosen: _Chosen, shown: Window) -> list[tuple[Piece, Series]]:
    sums = _sequences(tx, [series for series, _ in chosen.series])
    return [
        (piece, series)
        for series, shows in chosen.series
        for piece in of_series(series, shows, shown, sequence=sums[series.id], is_shown=chosen.is_shown)
    ]


def _sequences(tx: Tx, chosen: Collection[Series]) -> dict[str, int]:
    """The number of each rule: what its shows have gone through, with those of the series that were split from it.

    A split takes shows away from a series, and with them their numbers; together they never fall.
    """
    sums: dict[str, int] = {}
    before = {series.id: series.since for series in tx.shows.all_series()}
    for name, number in tx.shows.revisions().items():
        at: str | None = name
        seen: set[str] = set()
        while at is not None and at not in seen:
            sums[at] = sums.get(at, 0) + number
            seen.add(at)
            at = before.get(at)
    return {series.id: sums.get(series.id, 0) for series in chosen}
