"""Cancelling a show or the rest of its series, and taking that back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any

from bot.core import schedule
from bot.core.command import Arg, Context
from bot.core.errors import ConflictError
from bot.core.model import Show
from bot.core.ports import Ports, Tx
from bot.core.records import AuditEntry, Channel, Deed, Post
from bot.core.reply import Note, Reply, Text, When, msg, reply
from handlers import asking, checklists, lookup, no_show, rundowns, shows, telling, timetable, undo
from handlers.lookup import record
from handlers.undo import Way

_TOLD: tuple[Channel, ...] = ("managers", "team")
"""Channels that hear of every cancelled show; so does its host."""


@dataclass(frozen=True, slots=True)
class CancelShow:
    show: shows.ShowId
    reason: Annotated[str | None, Arg("host is ill", rest=True)] = None
    series: Annotated[bool, Arg("no", kind="flag", keyed=True)] = False


async def cancel(request: CancelShow, ctx: Context) -> Reply:
    def work(tx: Tx) -> Reply:
        show = lookup.show(tx, request.show, ctx)
        if show.state not in timetable.TO_COME:
            raise ConflictError(
                "show.is_over", show=show.id, state=msg(f"show_state.{show.state}"), try_instead="/show list"
            )
        off = [show]
        if request.series and show.series:
            off = [
                item for item in tx.shows.planned() if item.series == show.series and item.starts_at >= show.starts_at
            ]
        before = _as_it_is(tx, off)
        if request.series and show.series:
            _set_ended(tx, show.series, before["ended"] + 1)
        for item in off:
            tx.shows.save(replace(item, state="cancelled"))
            timetable.disarm(tx, item)
            asking.answered(tx, ctx, item.id, asking.NO_SHOW, "show.cancel")
            asking.end(tx, item.id, asking.GO, "cancelled", ctx.now)
            _redraw(tx, item, ctx.ports, request.reason)
            record(tx, ctx, "show.cancel", item.id, item.state, {"state": "cancelled", "reason": request.reason})
        after = {"ended": _times_ended(tx, show), "reason": request.reason}
        deed = undo.offer(tx, ctx, "show.cancel", show.id, before, after)
        answer = _cancelled(off, request.reason)
        for channel in _TOLD:
            telling.tell_others(
                tx, ctx, Post(_key(deed, channel), channel, "show.cancelled", answer, show.id), show.room
            )
        for host, theirs in _by_host(off):
            told = _cancelled(theirs, request.reason)
            tx.outbox.post(Post(_key(deed, "host", host), "host", "show.cancelled", told, show.id, to=host), ctx.now)
        return replace(answer, blocks=(*answer.blocks, *undo.blocks(deed)))

    return await ctx.ports.store.write(work)


def _key(deed: Deed, *to: str) -> str:
    """A show that is cancelled again is told again."""
    return f"cancelled:{deed.id}:{':'.join(to)}"


def _by_host(off: Sequence[Show]) -> list[tuple[str, list[Show]]]:
    hosts = sorted({item.host for item in off if item.host})
    return [(host, [item for item in off if item.host == host]) for host in hosts]


def _cancelled(off: Sequence[Show], reason: str | None) -> Reply:
    first = off[0]
    key = "show.cancelled" if len(off) == 1 else "show.cancelled_series"
    text = msg(key, show=first.id, n=len(off), when=When(first.starts_at, first.zone))
    return reply(Text(text), *([Note(msg("show.reason", reason=reason))] if reason else []), tone="warning")


def _redraw(tx: Tx, show: Show, ports: Ports, reason: str | None) -> None:
    """The cards that hang on whether the show is on."""
    checklists.redraw(tx, show.id, ports)
    now = tx.shows.get(show.id) or show
    if now.state == "cancelled":
        no_show.cancelled(tx, now, _cancelled([now], reason), ports.clock.now())
    else:
        no_show.redraw(tx, now, ports.clock.now())


def _times_ended(tx: Tx, show: Show) -> int:
    """How many cancellations hold the show's series; with none it goes on."""
    kept = tx.shows.series(show.series) if show.series else None
    return 0 if kept is None else kept.ended


def _set_ended(tx: Tx, series: str, times: int) -> None:
    kept = tx.shows.series(series)
    if kept is not None:
        tx.shows.save_series(replace(kept, ended=times))


def _as_it_is(tx: Tx, off: Sequence[Show]) -> dict[str, Any]:
    """What is lost by cancelling these shows of one room: states, timers, questions; and what their rundowns know."""
    kept = {
        show.id: {
            "state": show.state,
            "timers": {
                timer.kind: timer.due_at.isoformat()
                for timer in tx.timers.of_subject(show.id)
                if timer.kind in timetable.BEFORE and timer.done_at is None
            },
            "asks": asking.unanswered(tx, show.id, (*asking.GO, *asking.NO_SHOW)),
        }
        for show in off
    }
    skus = [product.sku for product in tx.rooms.products(off[0].room)]
    return {"shows": kept, "ended": _times_ended(tx, off[0]), "skus": skus}


def _take_back(tx: Tx, deed: Deed, ctx: Context) -> Reply:
    back = [show for name in deed.before["shows"] if (show := tx.shows.get(name)) is not None]
    _check(tx, deed, back)
    series = back[0].series
    if series and _is_of_series(deed):
        _set_ended(tx, series, deed.before["ended"])
    for show in back:
        was = deed.before["shows"][show.id]
        tx.shows.save(replace(show, state=was["state"]))
        rundowns.on_products_since(tx, show, deed.before["skus"], ctx.now)
        # What fell due meanwhile runs now, late, as after any pause: without the deed it would have run.
        for kind, due in was["timers"].items():
            tx.timers.set(kind, show.id, datetime.fromisoformat(due))
        for question, outcome in was.get("asks", {}).items():
            asking.resume(tx, question, outcome)
        _redraw(tx, show, ctx.ports, None)
        undo.record(tx, ctx, deed, show.id, "cancelled", was["state"])
    return _tell(tx, deed, ctx, back)


def _is_of_series(deed: Deed) -> bool:
    """Whether it ended a series, and not just one show."""
    return bool(deed.after["ended"] != deed.before["ended"])


def _check(tx: Tx, deed: Deed, back: Sequence[Show]) -> None:
    """Raises ConflictError unless everything is as the deed left it, and the time still free."""
    room = tx.rooms.get(back[0].room)
    if room is None or room.archived_at is not None:
        raise undo.changed(tx, deed, tx.audit.of_subject(back[0].room), f"/room restore {back[0].room}")
    for show in back:
        if show.state != "cancelled":
            raise undo.changed(tx, deed, tx.audit.of_subject(show.id), f"/show list {show.room}")
        other = timetable.clash(tx, show.room, show.starts_at, show.duration_s)
        if other is not None:
            raise ConflictError(
                "undo.taken", show=show.id, room=show.room, other=other.id, when=When(other.starts_at, other.zone),
                try_instead=f"/show list {show.room}",
            )  # fmt: skip
    if _times_ended(tx, back[0]) > deed.after["ended"]:  # what held more than this show would have held it too
        raise undo.changed(tx, deed, _of_series(tx, back[0]), _instead(tx, deed, None))


def _of_series(tx: Tx, show: Show) -> list[AuditEntry]:
    """What was done to the shows of its series."""
    near = tx.shows.between(show.starts_at - timedelta(days=400), show.starts_at + timedelta(days=400), show.room)
    return [entry for item in near if item.series == show.series for entry in tx.audit.of_subject(item.id)]


def _tell(tx: Tx, deed: Deed, ctx: Context, back: Sequence[Show]) -> Reply:
    """Whoever read that it is off reads in the same message that it is not, and hears it in a new one."""
    reason = deed.after["reason"]
    taken_back = Note(msg("undo.taken_back", who=ctx.actor.name, when=When(ctx.now, style="time")))

    def correct(key: str, theirs: Sequence[Show]) -> None:
        if tx.outbox.by_key(key) is not None:
            was = _cancelled(theirs, reason)
            tx.outbox.edit(key, replace(was, blocks=(*was.blocks, taken_back), tone="normal"), ctx.now)

    answer = _back_on(back, ctx)
    for channel in _TOLD:
        correct(_key(deed, channel), back)
    for channel in undo.told(deed, *_TOLD):
        key = f"back-on:{deed.id}:{channel}"
        telling.tell_others(tx, ctx, Post(key, channel, "show.back_on", answer, deed.subject), back[0].room)
    for host, theirs in _by_host(back):
        correct(_key(deed, "host", host), theirs)
        key, told = f"back-on:{deed.id}:host:{host}", _back_on(theirs, ctx)
        tx.outbox.post(Post(key, "host", "show.back_on", told, deed.subject, to=host), ctx.now)
    return answer


def _back_on(back: Sequence[Show], ctx: Context) -> Reply:
    first = back[0]
    key = "undo.back_on" if len(back) == 1 else "undo.back_on_series"
    text = msg(key, show=first.id, n=len(back), when=When(first.starts_at, first.zone))
    return reply(Text(text), undo.by(ctx), tone="good")


def _instead(tx: Tx, deed: Deed, ctx: Context | None) -> str:
    """The line that plans the show, or its series, once more."""
    show = tx.shows.get(deed.subject)
    if show is None:
        return "/show list"
    kept = tx.shows.series(show.series) if show.series and _is_of_series(deed) else None
    if kept is None and ctx is not None and show.starts_at <= ctx.now:
        return f"/show list {show.room}"  # nothing can be planned into the past
    when = schedule.phrase_text(_rest(kept.phrase, show) if kept else schedule.OneOff(show.starts_local))
    options = {
        "length": f"{show.duration_s // 60}m" if show.duration_s % 60 == 0 else f"{show.duration_s}s",
        "host": show.host,
        "title": show.title,
        "benefit": show.benefit,
        "likes_goal": show.likes_goal,
    }
    words = [f"/show plan {show.room} {when}"]
    words += [f"{name}={_typed(str(value))}" for name, value in options.items() if value is not None]
    return " ".join(words)


def _rest(phrase: schedule.Phrase, show: Show) -> schedule.Phrase:
    """The series from this show on."""
    _, rest = schedule.split(phrase, show.starts_local.date())
    return rest or schedule.OneOff(show.starts_local)


def _typed(value: str) -> str:
    """A value so that it is read back as it is."""
    if '"' in value:
        return f"“{value}”"
    return f'"{value}"' if " " in value else value


CANCELLED = Way(_take_back, _instead)
"""How a cancelled show, or series, is on again."""
