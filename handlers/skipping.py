"""Leaving dates of a series out: one that is a show already, or one that is too far ahead to be one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Annotated

from bot.core import schedule
from bot.core.command import Arg, Context, Where
from bot.core.errors import ConflictError, UserError
from bot.core.model import Series, Show
from bot.core.ports import Tx
from bot.core.records import Deed, Post
from bot.core.reply import Listing, Note, Reply, Text, When, msg, reply
from bot.core.rights import OVERALL, Place, place_of
from bot.core.zones import resolve
from handlers import changes, listing, lookup, reach, shows, snapshot, telling, timetable, undo
from handlers.lookup import record
from handlers.undo import Way

_DAY = timedelta(days=1)
_AROUND = timedelta(days=45)
_NEAREST, _MANY = 3, 1000


@dataclass(frozen=True, slots=True)
class SkipShow:
    show: Annotated[str, Arg("us_main-0312", completer="show", help="arg.show_or_series")]
    date: Annotated[str | None, Arg("2027-12-25", rest=True, help="arg.skip_date")] = None


async def skip(request: SkipShow, ctx: Context) -> Reply:
    def work(tx: Tx) -> Reply:
        series = _series(tx, request.show)
        if request.date is None and series is None:
            return _skip_rows(tx, ctx, [shows.to_come(tx, request.show, ctx)])
        if request.date is None and series is not None:
            raise UserError(
                "skip.which_date", series=series.id, try_instead=f"/show skip {series.id} {_soon(series, ctx)}"
            )
        found = series or _series_of(tx, shows.to_come(tx, request.show, ctx))
        day = _day(request.date or "", found, ctx)
        rows = [
            row for row in timetable.recent(tx, found.id, ctx.now) if row.slot is not None and row.slot.date() == day
        ]
        held = [row for row in rows if row.state in timetable.TO_COME and row.starts_at > ctx.now]
        if held:
            return _skip_rows(tx, ctx, held)
        if rows or day in _without(found):
            raise ConflictError("skip.already", day=f"{day}", try_instead=f"/show series {found.id}")
        return _skip_far(tx, ctx, found, day)

    return await ctx.ports.store.write(work)


def _series(tx: Tx, name: str) -> Series | None:
    """A series by its own id; shows and rooms of that name go first."""
    return None if tx.shows.get(name) or tx.rooms.get(name) else tx.shows.series(name)


def _series_of(tx: Tx, show: Show) -> Series:
    found = tx.shows.series(show.series) if show.series else None
    if found is None:
        raise ConflictError("skip.single", show=show.id, try_instead=f"/show cancel {show.id}")
    return found


def _day(text: str, series: Series, ctx: Context) -> date:
    phrase = schedule.parse(f"{text} 23:59", now=ctx.now, zone=series.zone)
    if not isinstance(phrase, schedule.OneOff):
        raise UserError("skip.one_day", text=text[:60], try_instead=f"/show skip {series.id} {_soon(series, ctx)}")
    return phrase.wall.date()


def _soon(series: Series, ctx: Context) -> str:
    ahead = schedule.occurrences(series.phrase, series.zone, after=ctx.now, count=2)
    return f"{ahead[-1].wall:%Y-%m-%d}" if ahead else "2027-12-25"


def _without(series: Series) -> Sequence[date]:
    return () if isinstance(series.phrase, schedule.OneOff) else series.phrase.without


def _skip_rows(tx: Tx, ctx: Context, rows: Sequence[Show]) -> Reply:
    _series_of(tx, rows[0])
    found = reach.Reach(rows[0], None, "this", rows[0].starts_local, tuple(rows))
    change = reach.Change(found, tuple((row, replace(row, state="skipped")) for row in rows))
    return changes.apply(tx, ctx, change, changes.Done("show.skip", {}, "show.skipped"), _say_skipped)


def _say_skipped(seen: changes.Pairs) -> Reply:
    first = seen[0][1]
    text = msg("skip.skipped", show=first.id, room=first.room, when=When(first.starts_at, first.zone), n=len(seen))
    return reply(Text(text), Note(msg("skip.goes_on", series=first.series)), tone="warning")


def _skip_far(tx: Tx, ctx: Context, series: Series, day: date) -> Reply:
    """The date is no show yet: the rule leaves it out."""
    phrase = series.phrase
    times = schedule.between(phrase, series.zone, _begin(day, series), _begin(day + _DAY, series))
    if isinstance(phrase, schedule.OneOff) or not times:
        near = schedule.between(phrase, series.zone, _begin(day - _AROUND, series), _begin(day + _AROUND, series))
        near = near or schedule.occurrences(phrase, series.zone, after=ctx.now, count=_MANY)
        nearest = sorted({each.wall.date() for each in near}, key=lambda each: abs(each - day))[:_NEAREST]
        raise UserError(
            "skip.no_date", series=series.id, day=f"{day:%a %Y-%m-%d}", rule=schedule.phrase_text(phrase),
            nearest=Listing(tuple(f"{each:%a %Y-%m-%d}" for each in sorted(nearest))),
            try_instead=f"/show skip {series.id} {nearest[0] if nearest else _soon(series, ctx)}",
        )  # fmt: skip
    before = snapshot.before(tx, [], [series])
    tx.shows.save_series(replace(series, phrase=schedule.without(phrase, [day])))
    record(tx, ctx, "show.skip", series.id, schedule.phrase_text(phrase), {"without": f"{day}"}, room_slug=series.room)
    deed = undo.offer(tx, ctx, "show.skip", series.id, before, snapshot.after(tx, [], [series.id]))
    text = msg("skip.left_out", series=series.id, room=series.room, when=When(times[0].at, series.zone))
    answer = reply(Text(text), tone="warning")
    _tell(tx, ctx, deed, series, answer)
    return replace(answer, blocks=(*answer.blocks, *undo.blocks(deed)))


def _tell(tx: Tx, ctx: Context, deed: Deed, series: Series, answer: Reply) -> None:
    for channel in changes.TOLD:
        key = f"{deed.id}:{ctx.now.isoformat()}:{channel}"
        post = Post(key, channel, "show.skipped", answer, series.room, room=series.room)
        telling.tell_others(tx, ctx, post, series.room)


def _begin(day: date, series: Series) -> datetime:
    return resolve(datetime.combine(day, time()), series.zone).at


# -- taken back ----------------------------------------------------------------


def _instead(tx: Tx, deed: Deed, ctx: Context) -> str:
    show = tx.shows.get(deed.subject)
    if show is None:
        return f"/show series {deed.subject}"
    is_ahead = show.starts_at > ctx.now
    return changes.plan_line(show, schedule.OneOff(show.starts_local)) if is_ahead else f"/show list {show.room}"


_ROWS = changes.way("show.back_on", changes.back_on, _instead)


def _take_back(tx: Tx, deed: Deed, ctx: Context) -> Reply:
    if deed.before["shows"]:
        return _ROWS.take_back(tx, deed, ctx)
    snapshot.restore(tx, deed, ctx)
    [series] = [found for name in deed.before["series"] if (found := tx.shows.series(name)) is not None]
    rule = schedule.phrase_text(series.phrase)
    undo.record(tx, ctx, deed, series.id, None, {"rule": rule}, room_slug=series.room)
    answer = reply(Text(msg("undo.rule_back", series=series.id, rule=rule)), undo.by(ctx), tone="good")
    _tell(tx, ctx, deed, series, answer)
    return answer


def _room_of(tx: Tx, deed: Deed) -> Place:
    show = tx.shows.get(deed.subject)
    series = tx.shows.series(deed.subject) if show is None else None
    slug = show.room if show is not None else None if series is None else series.room
    return OVERALL if slug is None else place_of(lookup.room(tx, slug))


SKIPPED = Way(_take_back, _instead, place=_room_of)


def _place(tx: Tx, request: SkipShow, ctx: Context) -> Place:
    """The show's room; of a series, its own."""
    series = _series(tx, request.show)
    if series is not None:
        return place_of(lookup.room(tx, series.room))
    if tx.shows.get(request.show) is None:
        listing.check_name(tx, request.show, ctx)
    return place_of(lookup.room(tx, lookup.show(tx, request.show, ctx).room))


SHOW_OR_SERIES = Where("the show's room", _place)
