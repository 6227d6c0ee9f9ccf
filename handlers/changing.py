"""Moving shows, leaving dates of a series out, and changing what a show is called, offers or how long it lasts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Annotated, Any

from bot.core import schedule
from bot.core.command import Arg, Context
from bot.core.errors import ConflictError, UserError
from bot.core.model import Series, Show
from bot.core.ports import Tx
from bot.core.records import Deed
from bot.core.reply import Block, Facts, Line, Msg, Note, Reply, Span, Text, When, msg, reply
from bot.core.zones import resolve
from handlers import asking_first, changes, conflicts, dates, planning, reach, shows, timetable
from handlers.reach import ScopeArg

_MOMENT = timedelta(microseconds=1)
_SLOT = "%Y-%m-%d %H:%M"


@dataclass(frozen=True, slots=True)
class MoveShow:
    show: shows.ShowId
    when: Annotated[str, Arg("sat 20:00", rest=True, completer="when", help="arg.when_new")]
    scope: ScopeArg = "this"
    length: Annotated[int | None, Arg("2h30m", kind="duration", keyed=True)] = None
    despite: Annotated[str | None, planning.DESPITE] = None
    was: Annotated[str | None, Arg("2027-03-12 20:00", keyed=True, hidden=True)] = None
    save: Annotated[bool | None, planning.SAVE] = None


@dataclass(frozen=True, slots=True)
class EditShow:
    show: shows.ShowId
    title: Annotated[str | None, Arg("Friday night", keyed=True)] = None
    benefit: Annotated[str | None, Arg("a free tote", keyed=True)] = None
    likes_goal: Annotated[int | None, Arg("1000", kind="integer", keyed=True, least=0)] = None
    length: Annotated[int | None, Arg("2h30m", kind="duration", keyed=True)] = None
    scope: ScopeArg = "this"
    despite: Annotated[str | None, planning.DESPITE] = None
    save: Annotated[bool | None, planning.SAVE] = None


async def move(request: MoveShow, ctx: Context) -> Reply:
    if request.save is False:
        return planning.not_now()
    if request.length is not None:
        planning.check_length(request.length)

    def work(tx: Tx) -> Reply:
        show = shows.to_come(tx, request.show, ctx)
        if request.was is not None and request.was != f"{show.starts_local:{_SLOT}}":
            raise ConflictError(
                "change.stale", show=show.id, when=When(show.starts_at, show.zone), try_instead="/show list"
            )
        found = reach.of(tx, show, request.scope, ctx.now)
        change, words = _moved(found, request, ctx)
        _check(change, ctx, f"/show move {show.id} {words}")
        args = {
            "show": show.id, "when": words, "scope": found.scope, "length": request.length and f"{request.length}s",
            "despite": request.despite, "was": f"{show.starts_local:{_SLOT}}",
        }  # fmt: skip
        title = msg("change.move_first", n=len(_held(change.seen)))
        plan = Plan(change, title, "show move", args, request.despite, save=bool(request.save))
        return decide(
            tx, ctx, plan, changes.Done("show.move", _scope(found), "show.moved"), _say_moved(tx, change, ctx)
        )

    return await ctx.ports.store.write(work)


def _scope(found: reach.Reach) -> dict[str, Any]:
    return {"reach": found.scope} if found.series is not None else {}


def _moved(found: reach.Reach, request: MoveShow, ctx: Context) -> tuple[reach.Change, str]:
    """The change, and its new time in words that mean the same whenever they are read."""
    show, series = found.show, found.series
    if series is None:
        phrase = _read(request.when, ctx.now, show, series)
        if not isinstance(phrase, schedule.OneOff):
            rule = schedule.phrase_text(phrase)
            instead = (
                f"/show move {show.id} {rule} scope=following" if show.series else f"/show plan {show.room} {rule}"
            )
            raise UserError("change.one_date", show=show.id, try_instead=instead)
        _check_week(request.when, phrase, show, ctx.now)
        asked = resolve(phrase.wall, show.zone)
        after = replace(reach.at(show, asked), duration_s=request.length or show.duration_s)
        return reach.one(found, after, asked), f"{phrase.wall:{_SLOT}}"
    begin = resolve(datetime.combine(found.start.date(), time()), series.zone).at - _MOMENT
    phrase = _read(request.when, max(begin, ctx.now), show, series)
    if isinstance(phrase, schedule.OneOff):
        new = phrase.wall.time()
        _check_times(series, show, new)
        return reach.retimed(found, series, new, request.length), f"{new:%H:%M}"
    return reach.by_rule(found, series, phrase, request.length, ctx.now), schedule.phrase_text(phrase)


def _read(text: str, now: datetime, show: Show, series: Series | None) -> schedule.Phrase:
    """A time alone keeps the date, a day alone the time. For a series: a time or a rule; one date is none."""
    day = (show.slot or show.starts_local).date() if series is not None else show.starts_local.date()
    try:
        phrase = schedule.parse(text, now=now, zone=show.zone)
    except UserError as error:
        if error.message.key == "schedule.no_day":
            return schedule.parse(f"{day} {text}", now=now, zone=show.zone)
        if error.message.key == "schedule.no_time":
            return schedule.parse(f"{text} {show.starts_local:%H:%M}", now=now, zone=show.zone)
        raise
    if series is not None and isinstance(phrase, schedule.OneOff):
        weekday = f"{phrase.wall:%a %H:%M}".lower()
        raise UserError(
            "change.needs_rule", show=show.id, try_instead=f"/show move {show.id} every {weekday} scope=following"
        )
    return phrase


def _check_week(text: str, read: schedule.OneOff, show: Show, now: datetime) -> None:
    """A weekday alone, for a show of another week than this: the coming one, or the one in the show's week?"""
    day = show.starts_local.date()
    monday = resolve(datetime.combine(day - timedelta(days=day.weekday()), time()), show.zone).at - _MOMENT
    try:
        there, later = (_read(text, at, show, None) for at in (monday, monday + timedelta(days=1)))
    except UserError:
        return  # a date that would be past in the show's week: it was named, and is no weekday
    if not isinstance(there, schedule.OneOff) or not isinstance(later, schedule.OneOff) or there.wall == read.wall:
        return
    is_weekday = there.wall.weekday() == later.wall.weekday() == read.wall.weekday()
    own = resolve(there.wall, show.zone)
    if is_weekday and own.at > now:
        raise UserError(
            "change.which_week", text=text[:80], show=show.id, one=When(resolve(read.wall, show.zone).at, show.zone),
            other=When(own.at, show.zone), try_instead=f"/show move {show.id} {there.wall:{_SLOT}}",
        )  # fmt: skip


def _check_times(series: Series, show: Show, new: time) -> None:
    phrase = series.phrase
    times = () if isinstance(phrase, schedule.OneOff) else phrase.times
    if show.slot is not None and new != show.slot.time() and new in times:
        raise ConflictError(
            "change.time_taken", series=series.id, time=f"{new:%H:%M}", try_instead=f"/show series {series.id}"
        )


def _check(change: reach.Change, ctx: Context, line: str, *, is_of_rule: bool = True) -> None:
    """Refuses what changes nothing, and what would put a show into the past."""
    rule, old = change.rule, change.reach.series
    is_same_rule = not is_of_rule or rule is None or old is None or rule.phrase == _rest(old, change.reach.start)
    if not change.seen and not change.added and is_same_rule:
        show = change.reach.show
        raise ConflictError(
            "change.nothing", show=show.id, when=When(show.starts_at, show.zone), try_instead=f"/show list {show.room}"
        )
    for before, after in change.seen:
        if after.starts_at != before.starts_at and after.starts_at <= ctx.now and not after.is_off:
            raise UserError("change.past", when=When(after.starts_at, after.zone), try_instead=line)


def _rest(series: Series, start: datetime) -> schedule.Phrase:
    """The rule as it is now, from that day on."""
    _, rest = schedule.split(series.phrase, start.date())
    return rest or series.phrase


# -- shown first, or done ------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Plan:
    """A change with how it is asked about first."""

    change: reach.Change
    title: Msg
    command: str
    args: dict[str, Any]
    despite: str | None
    save: bool
    more: tuple[Block, ...] = ()


def decide(tx: Tx, ctx: Context, plan: Plan, done: changes.Done, say: changes.Say) -> Reply:
    """Refused, shown first, or done."""
    change = plan.change
    reason = None if plan.despite is None else conflicts.checked_reason(plan.despite)
    args = {name: str(value) for name, value in plan.args.items() if value is not None}
    held = [after for _, after in change.seen if not after.is_off]
    added = [] if change.rule is None else timetable.drafts(tx, change.rule, change.added)
    found = conflicts.of(tx, [*held, *added], ctx.now)
    again = conflicts.Again(plan.command, args, [*held, *added])
    if plan.despite is None and (refused := conflicts.refuse(tx, ctx, found, again)) is not None:
        return refused
    moved = [after for before, after in change.seen if after.starts_at != before.starts_at and not after.is_off]
    doubts = [doubt for show in moved[: dates.SHOWN] for doubt in planning.doubts_about(tx, show, ctx)]
    is_warned = any(not item.is_error for item in found)
    is_odd = any(dates.is_odd(ctx, show, change.asked) for show in moved)
    if not plan.save and (len(change.seen) > 1 or change.added or is_warned or doubts or is_odd):
        more: list[Block] = [*plan.more]
        more += [Note(doubt) for doubt in {repr(doubt): doubt for doubt in doubts}.values()]
        more += conflicts.blocks(tx, found, ctx, again)
        return asking_first.preview(tx, change, ctx, plan.title, asking_first.Again(plan.command, args), more)
    return changes.apply(tx, ctx, change, replace(done, despite=reason), say)


def _held(seen: changes.Pairs) -> changes.Pairs:
    """Those that are on after it; all, where none is."""
    return [pair for pair in seen if not pair[1].is_off and pair[0].starts_at != pair[1].starts_at] or list(seen)


def _say_moved(tx: Tx, change: reach.Change, ctx: Context) -> changes.Say:
    """One show with its times for everybody; several with the first, and what else comes of it."""

    def say(seen: changes.Pairs) -> Reply:
        held = _held(seen)
        before, after = held[0]
        old, new = When(before.starts_at, before.zone), When(after.starts_at, after.zone)
        if len(seen) == 1:
            text = msg("change.moved", show=after.id, before=old, when=new)
            return reply(Text(text), *_clocks(tx, before, after, ctx), tone="warning")
        told = msg("change.moved_series", n=len(held), show=after.id, before=old, when=new)
        rule = [] if change.rule is None else [Note(msg("change.rule", rule=schedule.phrase_text(change.rule.phrase)))]
        return reply(Text(told), *_clocks(tx, before, after, ctx), *rule, *asking_first.told(change), tone="warning")

    return say


def _clocks(tx: Tx, before: Show, after: Show, ctx: Context) -> list[Block]:
    """Before and after on the clocks of host and team, and the new length."""
    rows: list[tuple[Line, Line]] = [
        (who, msg("change.from_to", before=When(before.starts_at, zone), after=When(after.starts_at, zone)))
        for who, zone in dates.zones(tx, after, ctx.ports)
        if before.starts_at != after.starts_at
    ]
    if before.duration_s != after.duration_s:
        spans = msg("change.from_to", before=Span(before.duration_s), after=Span(after.duration_s))
        rows.append((msg("show.field.length"), spans))
    return [Facts(tuple(rows))] if rows else []


# -- editing -------------------------------------------------------------------


async def edit(request: EditShow, ctx: Context) -> Reply:
    if request.save is False:
        return planning.not_now()
    names = ("title", "benefit", "likes_goal")
    new: dict[str, Any] = {name: value for name in names if (value := getattr(request, name)) is not None}
    planning.check_goal(request.likes_goal)
    if request.length is not None:
        planning.check_length(request.length)
        new["duration_s"] = request.length
    if not new:
        raise UserError("change.no_change", try_instead=f'/show edit {request.show[:40]} title="Friday night"')

    def of_show(show: Show) -> Show:
        return replace(show, **new)

    def of_series(series: Series) -> Series:
        return replace(series, **new)

    def work(tx: Tx) -> Reply:
        show = shows.to_come(tx, request.show, ctx)
        found = reach.of(tx, show, request.scope, ctx.now)
        is_one = found.series is None
        change = reach.one(found, of_show(show)) if is_one else reach.edited(found, found.series, of_show, of_series)  # type: ignore[arg-type]  # a series, if not one
        _check(change, ctx, f"/show edit {show.id}", is_of_rule=False)
        args = {
            "show": show.id, "scope": found.scope, "despite": request.despite,
            "length": request.length and f"{request.length}s", **{name: new.get(name) for name in names},
        }  # fmt: skip
        title = msg("change.edit_first", n=len(change.seen))
        new_rows = _fields(*change.seen[0])
        plan = Plan(change, title, "show edit", args, request.despite, save=bool(request.save), more=new_rows)
        return decide(tx, ctx, plan, changes.Done("show.edit", _scope(found), "show.edited"), _say_edited(change))

    return await ctx.ports.store.write(work)


def _say_edited(change: reach.Change | None) -> changes.Say:
    def say(seen: changes.Pairs) -> Reply:
        before, after = seen[0]
        when = When(after.starts_at, after.zone)
        text = msg("change.edited", show=after.id, when=when, n=len(seen))
        more = asking_first.told(change) if change is not None and len(seen) > 1 else []
        return reply(Text(text), *_fields(before, after), *more)

    return say


def _fields(before: Show, after: Show) -> tuple[Block, ...]:
    """What is changed, from what to what."""
    fields: list[tuple[str, Any, Any]] = [
        ("title", before.title, after.title),
        ("benefit", before.benefit, after.benefit),
        ("likes_goal", before.likes_goal, after.likes_goal),
        ("length", Span(before.duration_s), Span(after.duration_s)),
    ]
    rows: list[tuple[Line, Line]] = [
        (msg(f"change.field.{name}"), msg("change.from_to", before=msg("none") if old is None else old, after=new))
        for name, old, new in fields
        if old != new
    ]
    return (Facts(tuple(rows)),) if rows else ()


# -- taken back ----------------------------------------------------------------


def _say_back(pairs: changes.Pairs) -> Reply:
    left, again = _held(pairs)[0]
    old, new = When(left.starts_at, left.zone), When(again.starts_at, again.zone)
    text = msg("undo.moved_back", show=again.id, before=old, when=new, n=len(pairs))
    return reply(Text(text), tone="good")


def _say_edited_back(pairs: changes.Pairs) -> Reply:
    return _say_edited(None)(pairs)


def _move_back(tx: Tx, deed: Deed, ctx: Context) -> str:
    kept = deed.before["shows"].get(deed.subject)
    if kept is None:
        return "/show list"
    when = datetime.fromisoformat(kept["show"]["local"])
    series = next(iter(deed.before["series"].values()), None)
    if series is not None and deed.after["series"]:
        rule = schedule.from_json(series["phrase"])
        _, rest = schedule.split(rule, when.date())
        return f"/show move {deed.subject} {schedule.phrase_text(rest or rule)} scope=following"
    if resolve(when, kept["show"]["zone"]).at <= ctx.now:
        return f"/show list {kept['show']['room']}"
    return f"/show move {deed.subject} {when:{_SLOT}}"


def _edit_back(_tx: Tx, deed: Deed, _ctx: Context) -> str:
    kept = deed.before["shows"].get(deed.subject, {}).get("show", {})
    words = [
        f"{name}={changes.typed(str(kept[key]))}"
        for name, key in (("title", "title"), ("benefit", "benefit"), ("likes_goal", "goal"))
        if kept.get(key) is not None
    ]
    length = f"length={kept.get('length', 3600) // 60}m"
    return " ".join([f"/show edit {deed.subject}", *words, length])


MOVED = changes.way("show.moved", _say_back, _move_back)
EDITED = changes.way("show.edited", _say_edited_back, _edit_back)
