"""Planning shows, cancelling them, starting and ending them by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from bot.core import hosting, schedule
from bot.core.command import Arg, Context
from bot.core.errors import ConflictError, UserError
from bot.core.model import Role, Room, Series, Show
from bot.core.ports import Tx
from bot.core.reply import (
    Block,
    Code,
    Facts,
    Heading,
    Item,
    Items,
    Line,
    Msg,
    Note,
    Reply,
    Span,
    Text,
    When,
    msg,
    reply,
)
from bot.core.rights import place_of
from bot.core.zones import Resolved
from handlers import asking, lookup, occasions, sessions, timetable, undo
from handlers.lookup import record

ShowId = Annotated[str, Arg("us_main", completer="show", help="arg.show")]


@dataclass(frozen=True, slots=True)
class PlanShow:
    room: Annotated[str, Arg("us_main", completer="room")]
    when: Annotated[str, Arg("fri 20:00", rest=True, completer="when")]
    length: Annotated[int, Arg("2h30m", kind="duration", keyed=True)] = 2 * 3600
    host: Annotated[str | None, Arg("mia", keyed=True, completer="host")] = None
    title: Annotated[str | None, Arg("Friday night", keyed=True)] = None
    benefit: Annotated[str | None, Arg("a free tote", keyed=True)] = None
    likes_goal: Annotated[int | None, Arg("1000", kind="integer", keyed=True, least=0)] = None


@dataclass(frozen=True, slots=True)
class OneShow:
    show: ShowId


@dataclass(frozen=True, slots=True)
class ListShows:
    room: Annotated[str | None, Arg("us_main", completer="room")] = None


async def plan(request: PlanShow, ctx: Context) -> Reply:
    if not timetable.SHORTEST_S <= request.length <= timetable.LONGEST_S:
        raise UserError("show.bad_length", length=Span(request.length), try_instead="length=2h30m")

    def work(tx: Tx) -> Reply:
        room = lookup.active_room(tx, request.room)
        if request.host is not None:
            _check_host(tx, request.host, room)
        phrase = schedule.parse(request.when, now=ctx.now, zone=room.market.zone)
        is_series = not isinstance(phrase, schedule.OneOff)
        times = timetable.dates(phrase, room.market.zone, ctx.now, after=ctx.now)
        if not times:
            raise UserError("show.no_dates", when=request.when[:80], try_instead=f"/show plan {room.slug} fri 20:00")
        _noclash(tx, room, times, request.length)
        series = Series(
            id=tx.next_id("w") if is_series else "",
            room=room.slug,
            phrase=phrase,
            zone=room.market.zone,
            duration_s=request.length,
            host=request.host,
            title=request.title,
            benefit=request.benefit,
            likes_goal=request.likes_goal,
        )
        if is_series:
            tx.shows.save_series(series)
        planned = [timetable.add(tx, series, time, ctx.ports) for time in times]
        record(
            tx,
            ctx,
            "show.plan",
            planned[0].id,
            after={"when": request.when[:80], "host": request.host, "shows": len(planned)},
        )
        return _planned(tx, ctx, planned, times, phrase)

    return await ctx.ports.store.write(work)


def _check_host(tx: Tx, slug: str, room: Room) -> None:
    person = lookup.person(tx, slug, try_instead="/host add {slug}")
    if tx.people.rights(person.slug).at(place_of(room)) < Role.HOST:
        raise UserError("person.no_host", person=slug, try_instead=f"/host add {slug}")


def _noclash(tx: Tx, room: Room, times: Sequence[Resolved], length: int) -> None:
    for time in times:
        other = timetable.clash(tx, room.slug, time.at, length)
        if other is not None:
            raise ConflictError(
                "show.clash", room=room.slug, show=other.id, when=When(other.starts_at, other.zone),
                try_instead=f"/show cancel {other.id}",
            )  # fmt: skip


def _planned(
    tx: Tx, ctx: Context, planned: Sequence[Show], times: Sequence[Resolved], phrase: schedule.Phrase
) -> Reply:
    first = planned[0]
    host = tx.people.get(first.host) if first.host else None
    rows: list[tuple[Line, Line]] = [
        (msg("show.field.market_time"), msg("value", value=When(first.starts_at, first.zone)))
    ]
    if host is not None:
        host_zone = host.zone or ctx.ports.team.zone
        rows.append((msg("show.field.host_time", host=host.name), msg("value", value=When(first.starts_at, host_zone))))
    rows.append((msg("show.field.team_time"), msg("value", value=When(first.starts_at, ctx.ports.team.zone))))
    rows += occasions.row(ctx.ports, first, ctx.actor.language)
    rows.append((msg("show.field.length"), msg("value", value=Span(first.duration_s))))
    segments = tx.shows.segments(first.id)
    rows.append(
        (msg("show.field.rundown"), msg("show.rundown_line", segments=len(segments), cues=len(tx.shows.cues(first.id))))
    )
    blocks: list[Block] = [Heading(msg("show.planned", show=first.id, room=first.room)), Facts(tuple(rows))]
    if len(planned) > 1:
        items = tuple(
            Item(
                msg("show.when_short", show=show.id, when=When(show.starts_at, show.zone)),
                note=occasions.beside(ctx.ports, show.zone, show.starts_at, ctx.actor.language),
            )
            for show in planned
        )
        blocks.append(Items(items, title=msg("show.series_title", n=len(planned))))
    for time, notes in zip(times, schedule.notes(times), strict=True):
        blocks += [Note(schedule.note_msg(note, time, first.zone)) for note in notes]
    blocks += [Note(remark) for remark in schedule.remarks(phrase, times)]
    blocks += [Note(doubt) for doubt in _doubts(tx, first, ctx)] if host else [Note(msg("show.no_host"))]
    if not tx.rooms.products(first.room):
        blocks += [Note(msg("show.no_products")), Code(f"/product add {first.room} SKU 19.90 name=... stock=100")]
    posted_at = first.starts_at - timedelta(seconds=timetable.BEFORE["ChecklistDue"])
    is_ahead = posted_at > ctx.now
    blocks.append(Note(msg("show.what_next", when=When(posted_at, first.zone)) if is_ahead else msg("show.now_next")))
    return reply(*blocks, tone="good")


def _doubts(tx: Tx, show: Show, ctx: Context) -> list[Msg]:
    """What speaks against the host, by what is known of them."""
    room = lookup.room(tx, show.room)
    person = lookup.person(tx, show.host or "")
    profile = tx.people.host(person.slug)
    if profile is None:
        return []
    near = timedelta(seconds=profile.rest_s + timetable.LONGEST_S)
    others = [item for item in tx.shows.between(show.starts_at - near, show.starts_at + near) if item.host == show.host]
    zone = person.zone or ctx.ports.team.zone
    return hosting.doubts(person, profile, show, room.market, others, zone=zone)


async def list_shows(request: ListShows, ctx: Context) -> Reply:
    def work(tx: Tx) -> Reply:
        if request.room is not None:
            lookup.room(tx, request.room)
        found = tx.shows.between(ctx.now - timedelta(days=1), ctx.now + timedelta(days=60), request.room)
        seen = lookup.seen(tx, ctx)
        shows = [show for show in found if show.room in seen]
        if not shows:
            example = request.room or next((room.slug for room in tx.rooms.all() if room.slug in seen), "us_main")
            return reply(Text(msg("show.none_planned")), Code(f"/show plan {example} fri 20:00 length=2h30m host=mia"))
        items = tuple(
            Item(
                msg(
                    "show.when_line", show=show.id, when=When(show.starts_at, show.zone), host=show.host or msg("none")
                ),
                note=occasions.with_state(ctx.ports, show, ctx.actor.language),
            )
            for show in shows[:30]
        )
        return reply(Items(items, title=msg("show.list_title", n=len(shows))))

    return await ctx.ports.store.read(work)


async def start(request: OneShow, ctx: Context) -> Reply:
    def work(tx: Tx) -> Reply:
        show = lookup.show(tx, request.show, ctx)
        if show.state == "live":
            raise ConflictError("show.is_live", show=show.id, try_instead="/now")
        if show.state in ("cancelled", "skipped", "ended"):
            raise ConflictError(
                "show.is_over", show=show.id, state=msg(f"show_state.{show.state}"), try_instead="/show list"
            )
        on_air = next(iter(tx.sessions.live(show.room)), None)
        if on_air is not None and on_air.show is not None:
            raise ConflictError("session.room_live", room=show.room, try_instead=f"/show end {show.room}")
        if abs((show.starts_at - ctx.now).total_seconds()) > 3 * 3600:
            raise UserError(
                "show.too_early", show=show.id, when=When(show.starts_at, show.zone), try_instead="/show list"
            )
        asking.answered(tx, ctx, show.id, asking.NO_SHOW, "show.start")
        if on_air is not None:  # unplanned so far
            sessions.join(tx, on_air, show, ctx.ports)
        else:
            sessions.open_session(tx, show.room, show, ctx.now, ctx.ports)
        record(tx, ctx, "show.start", show.id, show.state, "live")
        return reply(Text(msg("show.started", show=show.id)), tone="good")

    answer = await ctx.ports.store.write(work)
    await sessions.load_live(ctx.ports)
    return answer


async def end(request: OneShow, ctx: Context) -> Reply:
    def work(tx: Tx) -> Reply:
        session = next(iter(tx.sessions.live(request.show)), None) if tx.rooms.get(request.show) else None
        if session is None:
            show = lookup.show(tx, request.show, ctx)
            found = tx.sessions.of_show(show.id)
            if found is None or found.state != "live":
                raise ConflictError("show.not_live", show=show.id, try_instead="/now")
            session = found
        closed = sessions.close_session(tx, session, ctx.now, ctx.actor.person, ctx.ports)
        subject = session.show or session.id
        record(tx, ctx, "show.end", subject, session.state, "ended")
        after = {"session": session.id, "ended_at": None if closed.ended_at is None else closed.ended_at.isoformat()}
        deed = undo.offer(tx, ctx, "show.end", subject, session.state, after)
        text = msg("show.ended_now", show=session.show or session.room)
        return reply(Text(text), *undo.blocks(deed), tone="good")

    answer = await ctx.ports.store.write(work)
    await sessions.load_live(ctx.ports)
    return answer
