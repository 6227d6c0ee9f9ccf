"""Planning shows: one that is nothing to decide about is saved at once, everything else is shown first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import repeat
from typing import Annotated

from bot.core import hosting, schedule
from bot.core.command import Arg, Context
from bot.core.conflicts import Conflict
from bot.core.errors import ConflictError, UserError
from bot.core.mending import first_product
from bot.core.model import Room, Series, Show
from bot.core.ports import Tx
from bot.core.records import Deed
from bot.core.reply import (
    Actions,
    Block,
    Button,
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
from bot.core.zones import Resolved
from handlers import changes, conflicts, dates, lookup, occasions, planned_hosts, snapshot, timetable, undo
from handlers.lookup import record

_MANY = 1000
DESPITE = Arg("both rooms share the set", keyed=True, help="arg.despite")
SAVE = Arg("yes", kind="flag", keyed=True, hidden=True)


@dataclass(frozen=True, slots=True)
class PlanShow:
    room: Annotated[str, Arg("us_main", completer="room")]
    when: Annotated[str, Arg("fri 20:00", rest=True, completer="when")]
    length: Annotated[int, Arg("2h30m", kind="duration", keyed=True)] = 2 * 3600
    host: Annotated[str | None, Arg("mia", keyed=True, completer="host")] = None
    title: Annotated[str | None, Arg("Friday night", keyed=True)] = None
    benefit: Annotated[str | None, Arg("a free tote", keyed=True)] = None
    likes_goal: Annotated[int | None, Arg("1000", kind="integer", keyed=True, least=0)] = None
    despite: Annotated[str | None, DESPITE] = None
    save: Annotated[bool | None, SAVE] = None


@dataclass(frozen=True, slots=True)
class _Draft:
    """What would be saved."""

    room: Room
    series: Series
    times: Sequence[Resolved]
    shows: Sequence[Show]
    found: Sequence[Conflict]
    again: conflicts.Again

    @property
    def is_series(self) -> bool:
        return not isinstance(self.series.phrase, schedule.OneOff)


async def plan(request: PlanShow, ctx: Context) -> Reply:
    if request.save is False:
        return not_now()
    check_length(request.length)
    check_goal(request.likes_goal)
    if request.despite is not None:
        conflicts.checked_reason(request.despite)

    def work(tx: Tx) -> Reply:
        drawn = _draft(tx, request, ctx)
        if request.despite is None and (refused := conflicts.refuse(tx, ctx, drawn.found, drawn.again)) is not None:
            return refused
        doubts = _doubts(tx, drawn.shows, ctx)
        warned = any(not item.is_error for item in drawn.found)
        is_clear = not (
            drawn.is_series or warned or doubts or any(map(dates.is_odd, repeat(ctx), drawn.shows, drawn.times))
        )
        if not is_clear and not request.save:
            return _preview(tx, drawn, doubts, ctx)
        return _saved(tx, drawn, request, ctx)

    return await ctx.ports.store.write(work)


def not_now() -> Reply:
    return reply(Text(msg("plan.not_now")), private=True)


def check_length(length: int) -> None:
    if not timetable.SHORTEST_S <= length <= timetable.LONGEST_S:
        raise UserError("show.bad_length", length=Span(length), try_instead="length=2h30m")


def check_goal(likes: int | None) -> None:
    if likes is not None and likes < 0:
        raise UserError("show.bad_goal", likes=str(likes), try_instead="likes_goal=1000")


def _draft(tx: Tx, request: PlanShow, ctx: Context) -> _Draft:
    room = lookup.active_room(tx, request.room)
    zone = room.market.zone
    if request.host is not None:
        planned_hosts.check(tx, request.host, room)
    phrase = schedule.parse(request.when, now=ctx.now, zone=zone)
    times = timetable.dates(phrase, zone, ctx.now, after=ctx.now)
    if not times:
        raise UserError("show.no_dates", when=request.when[:80], try_instead=f"/show plan {room.slug} fri 20:00")
    series = Series(
        id="" if isinstance(phrase, schedule.OneOff) else "+",
        room=room.slug,
        phrase=phrase,
        zone=zone,
        duration_s=request.length,
        host=request.host,
        title=request.title,
        benefit=request.benefit,
        likes_goal=request.likes_goal,
    )
    shows = timetable.drafts(tx, series, times)
    _check_new(tx, series, shows)
    again = conflicts.Again("show plan", _args(request, phrase), shows, phrase)
    return _Draft(room, series, times, shows, conflicts.of(tx, shows, ctx.now), again)


def _check_new(tx: Tx, series: Series, shows: Sequence[Show]) -> None:
    """The same thing planned already is not planned once more: a button was pressed twice."""
    for known in tx.shows.all_series(series.room) if series.id else ():
        if (known.phrase, known.duration_s) == (series.phrase, series.duration_s) and not known.ended:
            raise ConflictError(
                "plan.series_known", room=series.room, series=known.id, rule=schedule.phrase_text(known.phrase),
                try_instead=f"/show series {series.room}",
            )  # fmt: skip
    first = shows[0]
    same = tx.shows.between(first.starts_at, first.starts_at + timedelta(seconds=1), first.room)
    for known_show in same if not series.id else ():
        if known_show.state in timetable.TO_COME and known_show.duration_s == first.duration_s:
            raise ConflictError(
                "plan.known", show=known_show.id, when=When(first.starts_at, first.zone),
                try_instead=f"/show list {first.room}",
            )  # fmt: skip


def _args(request: PlanShow, phrase: schedule.Phrase) -> dict[str, str]:
    """The same plan once more, with words that mean the same dates whenever they are read."""
    given = {
        "room": request.room,
        "when": schedule.phrase_text(phrase),
        "length": f"{request.length}s",
        "host": request.host,
        "title": request.title,
        "benefit": request.benefit,
        "likes_goal": request.likes_goal,
        "despite": request.despite,
    }
    return {name: str(value) for name, value in given.items() if value is not None}


# -- shown first ---------------------------------------------------------------


def _preview(tx: Tx, drawn: _Draft, doubts: Sequence[Msg], ctx: Context) -> Reply:
    shows = drawn.shows
    rule = schedule.phrase_text(drawn.series.phrase)
    title = msg("plan.shown_series", room=drawn.room.slug, rule=rule) if drawn.is_series else msg("plan.shown")
    blocks: list[Block] = [
        Heading(msg("plan.not_saved", room=drawn.room.slug)),
        Text(_each(tx, drawn)),
        *dates.listed(tx, shows, ctx, title, asked=drawn.times),
        *([Note(follows(drawn.series, shows, ctx))] if drawn.is_series else []),
        *_special(shows[dates.SHOWN :], ctx),
        *[Note(remark) for remark in schedule.remarks(drawn.series.phrase, drawn.times)],
        *[Note(doubt) for doubt in doubts],
        *conflicts.blocks(tx, drawn.found, ctx, drawn.again),
    ]
    label = msg("button.plan_all", n=len(shows)) if drawn.is_series else msg("button.plan_it")
    yes = Button(label, "show plan", {**drawn.again.args, "save": "yes"}, "primary")
    no = Button(msg("button.not_now_plan"), "show plan", {**drawn.again.args, "save": "no"})
    return reply(*blocks, Actions((yes, no)))


def _each(tx: Tx, drawn: _Draft) -> Msg:
    """How long it runs and who hosts; both may not be what was meant, the length above all where none was given."""
    series = drawn.series
    host = lookup.person(tx, series.host).name if series.host else None
    if host is None:
        return msg("plan.each", length=Span(series.duration_s))
    return msg("plan.each_hosted", length=Span(series.duration_s), host=host)


def _special(shows: Sequence[Show], ctx: Context) -> list[Block]:
    """Holidays and sale days among the dates that are not shown, so that Christmas is not planned unseen."""
    items: list[Item] = []
    told = set()
    for show in shows:
        day = show.starts_local.date()
        if day not in told and dates.is_special(ctx, show):
            told.add(day)
            note = occasions.beside(ctx.ports, show.zone, show.starts_at, ctx.actor.language)
            items.append(Item(msg("value", value=When(show.starts_at, show.zone, "date")), note=note))
    if not items:
        return []
    out = " ".join(str(day) for day in sorted(told)[:1])
    return [Items(tuple(items[: dates.SHOWN]), title=msg("plan.special")), Note(msg("plan.leave_out", day=out))]


def follows(series: Series, shows: Sequence[Show], ctx: Context) -> Msg:
    """How many dates come after those that are shown, and until when."""
    shown = shows[: dates.SHOWN][-1].starts_at
    phrase = series.phrase
    if isinstance(phrase, schedule.OneOff) or (phrase.until is None and phrase.count is None):
        return msg("plan.endless", n=len(shows))
    rest = schedule.occurrences(phrase, series.zone, after=shown, count=_MANY)
    if not rest:
        return msg("plan.no_more", n=len(shows[: dates.SHOWN]))
    return msg("plan.more", n=len(rest), until=When(rest[-1].at, series.zone, "date"))


def _doubts(tx: Tx, shows: Sequence[Show], ctx: Context) -> list[Msg]:
    """What speaks against the host, by what is known of them: each thing once."""
    return list({repr(doubt): doubt for show in shows for doubt in doubts_about(tx, show, ctx)}.values())


def doubts_about(tx: Tx, show: Show, ctx: Context) -> list[Msg]:
    """Of one show."""
    profile = tx.people.host(show.host) if show.host else None
    if profile is None or show.host is None:
        return []
    room, person = lookup.room(tx, show.room), lookup.person(tx, show.host)
    return hosting.doubts(person, profile, show, room.market, zone=person.zone or ctx.ports.team.zone)


# -- saved ---------------------------------------------------------------------


def _saved(tx: Tx, drawn: _Draft, request: PlanShow, ctx: Context) -> Reply:
    series = replace(drawn.series, id=tx.next_id("w")) if drawn.is_series else drawn.series
    if series.id:
        tx.shows.save_series(series)
    planned = [timetable.add(tx, series, time, ctx.ports) for time in drawn.times]
    when = schedule.phrase_text(series.phrase)
    after = {"when": when, "host": request.host, "shows": len(planned), "series": series.id or None}
    record(tx, ctx, "show.plan", planned[0].id, after=after)
    ids = [series.id] if series.id else []
    left = snapshot.after(tx, [show.id for show in planned], ids)
    deed = undo.offer(tx, ctx, "show.plan", planned[0].id, snapshot.before(tx, [], []), left)
    said = conflicts.planned(tx, ctx, planned, request.despite)
    answer = _planned(tx, ctx, drawn, planned)
    return replace(answer, blocks=(*answer.blocks, *said, *undo.blocks(deed)))


def _planned(tx: Tx, ctx: Context, drawn: _Draft, planned: Sequence[Show]) -> Reply:
    first = planned[0]
    rows: list[tuple[Line, Line]] = [
        (msg("show.field.market_time"), msg("value", value=When(first.starts_at, first.zone)))
    ]
    host = tx.people.get(first.host) if first.host else None
    if host is not None:
        host_zone = host.zone or ctx.ports.team.zone
        rows.append((msg("show.field.host_time", host=host.name), msg("value", value=When(first.starts_at, host_zone))))
    rows.append((msg("show.field.team_time"), msg("value", value=When(first.starts_at, ctx.ports.team.zone))))
    rows += occasions.row(ctx.ports, first, ctx.actor.language)
    rows.append((msg("show.field.length"), msg("value", value=Span(first.duration_s))))
    segments, cues = len(tx.shows.segments(first.id)), len(tx.shows.cues(first.id))
    rows.append((msg("show.field.rundown"), msg("show.rundown_line", segments=segments, cues=cues)))
    blocks: list[Block] = [Heading(msg("show.planned", show=first.id, room=first.room)), Facts(tuple(rows))]
    if first.series is not None:
        blocks.append(_of_series(planned, ctx))
    for time, notes in zip(drawn.times, schedule.notes(drawn.times), strict=True):
        blocks += [Note(schedule.note_msg(note, time, first.zone)) for note in notes]
    blocks += [Note(remark) for remark in schedule.remarks(drawn.series.phrase, drawn.times)]
    blocks += [] if host or not hosting.needs_host(drawn.room) else [Note(msg("show.no_host"))]
    if not tx.rooms.products(first.room):
        blocks += [Note(msg("show.no_products")), Code(first_product(drawn.room))]
    posted_at = first.starts_at - timedelta(seconds=timetable.BEFORE["ChecklistDue"])
    is_ahead = posted_at > ctx.now
    blocks.append(Note(msg("show.what_next", when=When(posted_at, first.zone)) if is_ahead else msg("show.now_next")))
    return reply(*blocks, tone="good")


def _of_series(planned: Sequence[Show], ctx: Context) -> Items:
    items = tuple(
        Item(
            msg("show.when_short", show=show.id, when=When(show.starts_at, show.zone)),
            note=occasions.beside(ctx.ports, show.zone, show.starts_at, ctx.actor.language),
        )
        for show in planned[: dates.SHOWN]
    )
    return Items(items, title=msg("show.series_title", n=len(planned)))


# -- taken back ----------------------------------------------------------------


def _unplanned(pairs: changes.Pairs) -> Reply:
    first = pairs[0][0]
    text = msg("undo.unplanned", show=first.id, n=len(pairs), when=When(first.starts_at, first.zone))
    return reply(Text(text), tone="warning")


def _instead(tx: Tx, deed: Deed, _ctx: Context) -> str:
    show = tx.shows.get(deed.subject)
    if show is None or show.is_off:
        return "/show list"
    return f"/show cancel {show.id}" + (" scope=all" if show.series else "")


PLANNED = changes.way("show.unplanned", _unplanned, _instead, told=())
"""A plan taken back is left out, as if it had never been: it is in no list, and /why and the audit tell of it."""
