"""What the card of a matrix says: each room with what is on air or next and its last result; what the plan misses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property

from bot.core import coverage, handoff, hosting, matrix
from bot.core.handoff import OnAir
from bot.core.live import LiveRooms, LiveSession
from bot.core.matrix import Airtime, Result, Usual
from bot.core.model import Room, Session
from bot.core.ports import Tx
from bot.core.reply import (
    Block,
    Code,
    Heading,
    Item,
    Items,
    Line,
    Listing,
    Msg,
    Note,
    Share,
    Text,
    Value,
    When,
    msg,
    reply,
)
from bot.core.tick import TICK_S
from handlers import conflicts, handoff_offers
from handlers.matrix_cards import Card

AT_LENGTH = 10
"""So many rooms are shown with role, theme and result in a line of their own; more have one line each."""
PAGE = 30
"""Rooms of one card: as many short lines as one message of Telegram holds (4,096 characters)."""
REFRESH = timedelta(minutes=5)
"""While a room is on air its viewers are written anew so often."""
_WINDOW_TICKS = 12
_MARKETS, _GROUPS, _NAMED = 5, 3, 6
_LOOKED_AT = 20
"""Shows that are asked for conflicts each time the card is drawn."""


def viewers(live: LiveRooms) -> dict[str, int]:
    """Concurrent viewers by session, over the last two minutes; whose number nobody told is left out.

    The counts belong to the event loop: to be called there and not in a transaction.
    """
    found = {session.session.id: _viewers(session) for session in live}
    return {session: round(count) for session, count in found.items() if count is not None}


def _viewers(live: LiveSession) -> float | None:
    begins, ends = max(0, live.judged - _WINDOW_TICKS + 1) * TICK_S, (live.judged + 1) * TICK_S
    acu = live.tally.between(begins, ends).acu
    return None if acu is None else float(acu)


def draw(tx: Tx, name: str, rooms: Sequence[Room], now: datetime, watched: Mapping[str, int], *, page: int = 1) -> Card:
    """`rooms`: those of the matrix that are shown; `watched` is what `viewers` gave."""
    picture = _Picture(tx, name, rooms, now, watched)
    shown = picture.page(page)
    by = tx.rooms.matrix(name).organised_by
    blocks: list[Block] = [
        Heading(msg("matrix.title", matrix=name, n=len(rooms), live=len(picture.live))),
        *([Text(msg(f"matrix.organised.{by}"))] if by else []),
        Items(tuple(picture.item(room) for room in shown)),
        *_left(picture, page),
        *_holes(picture),
        *_alike(rooms),
        *_in_conflict(tx, picture),
    ]
    return Card(reply(*blocks), picture.until())


def _left(picture: _Picture, page: int) -> list[Block]:
    """Where the rooms are that do not fit."""
    pages = -(-len(picture.rooms) // PAGE)
    if pages <= 1:
        return []
    following = page + 1 if page < pages else 1
    return [
        Note(msg("matrix.page", page=page, pages=pages, n=len(picture.rooms))),
        Code(f"/matrix {picture.name} page={following}"),
    ]


def _holes(picture: _Picture) -> list[Block]:
    lines = [line for line in picture.gaps() if line is not None]
    if not lines:
        return []
    more = [Item(msg("matrix.more_markets", n=len(lines) - _MARKETS))] if len(lines) > _MARKETS else []
    items = [*(Item(line) for line in lines[:_MARKETS]), *more]
    return [Items(tuple(items), title=msg("matrix.gaps"))]


def _alike(rooms: Sequence[Room]) -> list[Block]:
    """The largest groups, where there are many."""
    found = sorted(matrix.alike(rooms), key=lambda group: (group.theme is not None, -len(group.rooms)))
    lines = [
        msg("matrix.no_theme", rooms=_some(group.rooms))
        if group.theme is None
        else msg("matrix.same_theme", theme=group.theme, rooms=_some(group.rooms))
        for group in found[:_GROUPS]
    ]
    return [Items(tuple(Item(line) for line in lines), title=msg("matrix.alike"))] if lines else []


def _in_conflict(tx: Tx, picture: _Picture) -> list[Block]:
    """How many conflicts are open among the shows that come soonest; /show list names them."""
    shows = [show for item in picture.soonest(_LOOKED_AT) if (show := tx.shows.get(item.show)) is not None]
    found = conflicts.of(tx, shows, picture.now)
    return [Note(msg("matrix.conflicts", n=len(found), shows=len(shows)))] if found else []


def _some(names: Sequence[str]) -> Listing:
    more = len(names) - _NAMED
    shown: tuple[Value, ...] = tuple(names[:_NAMED])
    return Listing((*shown, msg("matrix.more", n=more)) if more > 0 else shown)


class _Picture:
    """Everything about the rooms, read at one moment, with a handful of queries whatever their number."""

    def __init__(self, tx: Tx, name: str, rooms: Sequence[Room], now: datetime, watched: Mapping[str, int]) -> None:
        self.tx, self.name, self.rooms, self.now, self._watched = tx, name, rooms, now, watched
        slugs = {room.slug for room in rooms}
        self.live = {session.room: session for session in tx.sessions.live() if session.room in slugs}
        self._airtimes = [item for item in tx.shows.airtimes(now, now + timedelta(days=8)) if item.room in slugs]
        self._results: Mapping[str, list[Result]] = {}

    def page(self, number: int) -> list[Room]:
        """The rooms in their order; where not all fit, those on air and those on air soonest come first."""
        rooms = matrix.in_order(self.rooms, self.tx.rooms.matrix(self.name).organised_by)
        if len(rooms) > PAGE:
            late = datetime.max.replace(tzinfo=self.now.tzinfo)
            rooms.sort(key=lambda room: (room.slug not in self.live, self._starts.get(room.slug, late)))
        shown = rooms[(number - 1) * PAGE : number * PAGE]
        self._results = self.tx.sessions.results([room.slug for room in shown], matrix.MOST_SESSIONS + 1)
        return shown

    def soonest(self, most: int) -> list[Airtime]:
        return self._airtimes[:most]

    @cached_property
    def _next(self) -> dict[str, Airtime]:
        """The show of each room that is due or comes next, where it is not on air with it."""
        found: dict[str, Airtime] = {}
        for item in self._airtimes:
            on_air = self.live.get(item.room)
            if on_air is None or on_air.show != item.show:
                found.setdefault(item.room, item)
        for room in self.rooms:
            if room.slug not in found and room.slug not in self.live:
                for show in self.tx.shows.following(self.now, room=room.slug):
                    found[room.slug] = Airtime(show.id, show.room, show.host, show.zone, show.starts_at, show.ends_at)
        return found

    @cached_property
    def _starts(self) -> dict[str, datetime]:
        return {room: item.starts_at for room, item in self._next.items()}

    @cached_property
    def _names(self) -> dict[str, str]:
        return {person.slug: person.name for person in self.tx.people.all()}

    def item(self, room: Room) -> Item:
        text = msg("matrix.room", room=room.slug, state=self._state(room))
        results = self._results.get(room.slug, [])
        usual = matrix.usual(results[1:], room.market.currency)
        to = self._partner(room)
        if len(self.rooms) > AT_LENGTH:
            part = matrix.share(results[0].gmv, usual.gmv) if results else None
            with_last = text if part is None else msg("matrix.short_last", room=text, share=Share(part))
            return Item(with_last if to is None else msg("matrix.short_to", room=with_last, to=to[0].slug))
        what = msg(
            "matrix.what", role=msg(f"room_role.{room.role}"), market=matrix.market_name(room.market),
            theme=room.theme or msg("matrix.themeless"),
        )  # fmt: skip
        result = _result(room, results[0], usual) if results else msg("matrix.no_result")
        return Item(text, note=msg("matrix.note", what=what, result=result, to=self._to(to)))

    def _state(self, room: Room) -> Msg:
        session = self.live.get(room.slug)
        if session is not None:
            return self._on_air(room, session)
        item = self._next.get(room.slug)
        if item is None:
            return msg("matrix.nothing")
        host = self._host(room, item.host)
        key = "matrix.next" if item.starts_at > self.now else "matrix.late"
        return msg(key, when=When(item.starts_at, item.zone), host=host)

    def _on_air(self, room: Room, session: Session) -> Msg:
        show = self.tx.shows.get(session.show) if session.show else None
        since, host = When(session.started_at, room.market.zone, "time"), self._host(room, show.host if show else None)
        count = self._watched.get(session.id)
        acu = matrix.usual(self._results.get(room.slug, [])[: matrix.MOST_SESSIONS], room.market.currency).acu
        if count is None:
            return msg("matrix.on_air", since=since, host=host)
        if acu is None or len(self.rooms) > AT_LENGTH:
            return msg("matrix.on_air_viewers", since=since, host=host, viewers=count)
        return msg("matrix.on_air_usual", since=since, host=host, viewers=count, usual=round(acu))

    def _host(self, room: Room, slug: str | None) -> Line:
        if slug is None:
            return msg("matrix.no_host" if hosting.needs_host(room) else "host_mode.avatar")
        return self._names.get(slug, slug)

    def _partner(self, room: Room) -> tuple[Room, datetime | None] | None:
        """As its host would be told at the end of a show; the room's own next show stands beside it already."""
        ahead = {slug: at for slug, at in self._starts.items() if slug != room.slug}
        found = handoff.at_end(room, self.rooms, self._there, ahead, self.now, within=None)
        return None if found is None else (found.room, found.starts_at)

    @cached_property
    def _there(self) -> dict[str, OnAir]:
        return {slug: handoff_offers.there(self.tx, session, None, self.now) for slug, session in self.live.items()}

    def _to(self, to: tuple[Room, datetime | None] | None) -> Msg:
        if to is None:
            return msg("matrix.no_partner")
        other, starts_at = to
        if starts_at is None:
            return msg("matrix.partner_live", room=other.slug)
        return msg("matrix.partner_next", room=other.slug, when=When(starts_at, other.market.zone))

    @cached_property
    def _evenings(self) -> dict[str, tuple[Room, list[coverage.Evening]]]:
        """By market: rooms of the same viewers are on air for it, in whichever zone they are."""
        stretches: dict[tuple[str, str], list[coverage.Stretch]] = {}
        audiences = {room.slug: matrix.audience(room.market) for room in self.rooms}
        for item in self._airtimes:
            stretches.setdefault(audiences[item.room], []).append((item.starts_at, item.ends_at))
        found: dict[str, tuple[Room, list[coverage.Evening]]] = {}
        for room in self.rooms:
            name = matrix.market_name(room.market)
            if name not in found:
                mine = stretches.get(audiences[room.slug], [])
                found[name] = (room, coverage.evenings(room.market.zone, self.now, mine))
        return found

    def gaps(self) -> list[Msg | None]:
        """What each market misses in its evenings, in words; None: nothing."""
        return [_gap(name, evenings) for name, (_, evenings) in sorted(self._evenings.items())]

    def until(self) -> datetime:
        """The next start or end of a show, or end of an evening; on air, viewers are worth a look before."""
        moments = [at for item in self._airtimes for at in (item.starts_at, item.ends_at)]
        moments += [evening.ends_at for _, evenings in self._evenings.values() for evening in evenings[:1]]
        moments += [self._starts[room] for room in self._starts]
        moments += [self.now + REFRESH] if self.live else []
        return min((at for at in moments if at > self.now), default=self.now + timedelta(days=1))


def _result(room: Room, last: Result, usual: Usual) -> Msg:
    if last.gmv is None:
        return msg("matrix.unmeasured")
    if usual.gmv is None:
        told = msg("matrix.last_few", gmv=last.gmv, n=usual.known)
    else:
        part = matrix.share(last.gmv, usual.gmv)
        told = msg("matrix.last", gmv=last.gmv, share=None if part is None else Share(part), usual=usual.gmv)
    reached = matrix.share(last.gmv, room.targets.gmv)
    if reached is None:
        return told
    return msg("matrix.with_target", last=told, share=Share(reached), target=room.targets.gmv)


def _gap(market: str, evenings: Sequence[coverage.Evening]) -> Msg | None:
    empty = [evening for evening in evenings if evening.is_empty]
    empty_h = _hours(sum(evening.empty_s for evening in evenings))
    if not empty_h:
        return None
    if len(empty) == len(evenings):
        return msg("matrix.gap_all", market=market)
    whole_h = _hours(sum(evening.length_s for evening in evenings))
    if not empty:
        return msg("matrix.gap_part", market=market, empty=empty_h, whole=whole_h)
    days = Listing(tuple(msg(f"matrix.day.{evening.day.weekday()}") for evening in empty))
    return msg("matrix.gap", market=market, days=days, empty=empty_h, whole=whole_h)


def _hours(seconds: int) -> Decimal:
    """To a tenth, without a zero behind the point."""
    hours = (Decimal(seconds) / 3600).quantize(Decimal("0.1"))
    return hours.quantize(Decimal(1)) if hours == hours.to_integral() else hours
