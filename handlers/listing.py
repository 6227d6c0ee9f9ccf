"""What is planned: /show list tells the shows, /show series the rules behind them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from bot.core import schedule
from bot.core.command import Arg, Context, Where
from bot.core.errors import NotFoundError
from bot.core.model import Series, Show
from bot.core.ports import Tx
from bot.core.reply import (
    Block,
    Button,
    Code,
    Field,
    Heading,
    Item,
    Items,
    Line,
    Listing,
    Note,
    Reply,
    Span,
    Text,
    When,
    msg,
    reply,
)
from bot.core.rights import ANYWHERE, Place, place_of
from handlers import lookup, occasions, reach, timetable

_BEHIND, _AHEAD = timedelta(days=1), timedelta(days=60)
_SHOWN, _SERIES_SHOWN, _ODD_SHOWN = 30, 10, 5


@dataclass(frozen=True, slots=True)
class ListShows:
    room: Annotated[str | None, Arg("us_main", completer="room")] = None
    all: Annotated[bool, Arg("yes", kind="flag", keyed=True, help="arg.all_shows")] = False


@dataclass(frozen=True, slots=True)
class ListSeries:
    series: Annotated[str | None, Arg("us_main", completer="series", help="arg.series_or_room")] = None


async def list_shows(request: ListShows, ctx: Context) -> Reply:
    """Cancelled ones stay in it, with the reason; dates that are left out come with `all`."""

    def work(tx: Tx) -> Reply:
        if request.room is not None:
            lookup.room(tx, request.room)
        seen = lookup.seen(tx, ctx)
        rooms = seen if request.room is None else {request.room} & seen
        start, end = ctx.now - _BEHIND, ctx.now + _AHEAD
        shows = tx.shows.between(start, end, rooms=rooms, limit=_SHOWN, with_skipped=request.all)
        if not shows:
            example = request.room or next((room.slug for room in tx.rooms.all() if room.slug in seen), "us_main")
            return reply(Text(msg("show.none_planned")), Code(f"/show plan {example} fri 20:00 length=2h30m host=mia"))
        n = len(shows)
        if n == _SHOWN:
            n = tx.shows.count(start, end, rooms, with_skipped=request.all)
        items = tuple(Item(_line(tx, show), note=_note(tx, show, ctx)) for show in shows)
        more = [Note(msg("show.list_more", n=n - _SHOWN))] if n > _SHOWN else []
        return reply(Items(items, title=msg("show.list_title", n=n)), *more)

    return await ctx.ports.store.read(work)


def _host(tx: Tx, slug: str | None) -> Line:
    """By the name people read."""
    person = tx.people.get(slug) if slug else None
    return msg("none") if person is None else person.name


def _line(tx: Tx, show: Show) -> Line:
    when = When(show.starts_at, show.zone)
    if show.is_off:
        return msg("show.off_line", show=show.id, when=when)
    return msg("show.when_line", show=show.id, when=when, host=_host(tx, show.host))


def _note(tx: Tx, show: Show, ctx: Context) -> Line:
    stands = occasions.with_state(ctx.ports, show, ctx.actor.language)
    if show.state != "cancelled":
        return stands
    reason = reason_of(tx, show)
    return msg("show.beside", state=msg("show_state.cancelled"), occasion=reason) if reason else stands


def reason_of(tx: Tx, show: Show) -> str | None:
    """Why it was cancelled, if somebody said it."""
    entries = [entry for entry in tx.audit.of_subject(show.id) if entry.action == "show.cancel"]
    said = entries[-1].after if entries else None
    return said.get("reason") if isinstance(said, dict) else None


async def list_series(request: ListSeries, ctx: Context) -> Reply:
    def work(tx: Tx) -> Reply:
        found = _asked(tx, request.series, ctx)
        if not found:
            room = request.series or next(iter(sorted(lookup.seen(tx, ctx))), "us_main")
            return reply(Text(msg("series.none")), Code(f"/show plan {room} every fri 20:00 length=2h"))
        shown = found[:_SERIES_SHOWN]
        blocks: list[Block] = [Heading(msg("series.title", n=len(found)))]
        is_one = request.series is not None and tx.rooms.get(request.series) is None
        blocks += [Items(tuple(_item(tx, series, ctx) for series in shown))]
        if is_one:
            blocks += _odd(tx, found[0], ctx)
        if len(found) > len(shown):
            blocks.append(Note(msg("series.further", n=len(found) - len(shown))))
        return reply(*blocks)

    return await ctx.ports.store.read(work)


def _asked(tx: Tx, name: str | None, ctx: Context) -> list[Series]:
    """One by its id; else those of the room, or of all, that go on."""
    one = None if name is None or tx.rooms.get(name) else tx.shows.series(name)
    if one is not None:
        return [one]
    if name is not None:
        check_name(tx, name, ctx)
    seen = lookup.seen(tx, ctx)
    return [series for series in tx.shows.all_series(name) if series.room in seen and _goes_on(tx, series, ctx)]


def check_name(tx: Tx, name: str, ctx: Context) -> None:
    """Says what series there are where neither a room nor a series is called so."""
    if tx.rooms.get(name) is None:
        seen = lookup.seen(tx, ctx)
        known = [item.id for item in tx.shows.all_series() if item.room in seen and _goes_on(tx, item, ctx)]
        raise NotFoundError(
            "series.unknown", series=name[:60], known=lookup.near(name, known), try_instead="/show series"
        )


def _goes_on(tx: Tx, series: Series, ctx: Context) -> bool:
    return bool(timetable.ahead(tx, series.id, ctx.now)) or not (series.ended or _is_over(series, ctx))


def _is_over(series: Series, ctx: Context) -> bool:
    return not schedule.occurrences(series.phrase, series.zone, after=ctx.now, count=1)


def _item(tx: Tx, series: Series, ctx: Context) -> Item:
    ahead = timetable.ahead(tx, series.id, ctx.now)
    text = msg(
        "series.line", series=series.id, room=series.room, rule=schedule.phrase_text(series.phrase),
        length=Span(series.duration_s), host=_host(tx, series.host),
    )  # fmt: skip
    if not ahead:
        return Item(text, note=msg("series.nothing_ahead"))
    first = ahead[0]
    odd = sum(not reach.is_by_rule(show) for show in _rows(tx, series, ctx))
    note = msg("series.next", when=When(first.starts_at, first.zone), n=len(ahead))
    return Item(text, note=msg("series.with_odd", stands=note, n=odd) if odd else note, buttons=_buttons(first))


def _rows(tx: Tx, series: Series, ctx: Context) -> list[Show]:
    return [show for show in tx.shows.of_series(series.id, ctx.now) if show.starts_at > ctx.now]


def _odd(tx: Tx, series: Series, ctx: Context) -> list[Block]:
    """What is not as the rule says: moved, left out, cancelled."""
    odd = [show for show in _rows(tx, series, ctx) if not reach.is_by_rule(show)]
    out = () if isinstance(series.phrase, schedule.OneOff) else series.phrase.without
    items = [
        Item(_line(tx, show), note=msg(f"show_state.{show.state}") if show.is_off else _moved(show)) for show in odd
    ]
    far = [f"{day}" for day in out if day > ctx.now.date()]
    blocks: list[Block] = [Items(tuple(items[:_SHOWN]), title=msg("series.odd", n=len(items)))] if items else []
    return blocks + ([Note(msg("series.without", dates=Listing(tuple(far))))] if far else [])


def _moved(show: Show) -> Line:
    return msg("series.moved", slot=f"{show.slot:%Y-%m-%d %H:%M}")


def _buttons(first: Show) -> tuple[Button, ...]:
    """What is done most to a series; each asks before it does more than the next show."""
    when = (Field("when", msg("arg.when_new")),)
    reason = (Field("reason", msg("arg.reason")),)
    name = {"show": first.id}
    return (
        Button(msg("button.move_all", series=first.series), "show move", {**name, "scope": "all"}, form=when),
        Button(msg("button.skip_next", series=first.series), "show skip", name),
        Button(
            msg("button.cancel_all", series=first.series),
            "show cancel",
            {**name, "scope": "all"},
            "danger",
            form=reason,
        ),
    )


def _place(tx: Tx, request: ListSeries, ctx: Context) -> Place:
    name = request.series
    if name is None:
        return ANYWHERE
    one = None if tx.rooms.get(name) else tx.shows.series(name)
    if one is None:
        check_name(tx, name, ctx)
    return place_of(lookup.room(tx, name if one is None else one.room))


SERIES_IF_NAMED = Where("the room, if one is named or meant", _place)
