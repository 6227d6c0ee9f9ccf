"""Cancelling a show, the rest of its series or all of it that is to come; and taking that back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from bot.core import schedule
from bot.core.command import Arg, Context
from bot.core.model import Series, Show
from bot.core.ports import Tx
from bot.core.records import Deed
from bot.core.reply import Note, Reply, Text, When, msg, reply
from handlers import asking_first, changes, planning, reach, shows, timetable
from handlers.reach import ScopeArg


@dataclass(frozen=True, slots=True)
class CancelShow:
    show: shows.ShowId
    reason: Annotated[str | None, Arg("host is ill", rest=True)] = None
    scope: ScopeArg = "this"
    series: Annotated[bool, Arg("no", kind="flag", keyed=True, hidden=True)] = False
    save: Annotated[bool | None, planning.SAVE] = None


async def cancel(request: CancelShow, ctx: Context) -> Reply:
    if request.save is False:
        return planning.not_now()
    scope = "following" if request.series and request.scope == "this" else request.scope

    def work(tx: Tx) -> Reply:
        show = shows.to_come(tx, request.show, ctx)
        found = reach.of(tx, show, scope, ctx.now)
        pairs = tuple((row, replace(row, state="cancelled")) for row in found.later if row.state in timetable.TO_COME)
        rule = None if found.series is None else replace(found.series, ended=found.series.ended + 1)
        change = reach.Change(found, pairs, rule)
        if len(pairs) > 1 and not request.save:
            args = {"show": show.id, "scope": scope} | ({"reason": request.reason} if request.reason else {})
            again = asking_first.Again("show cancel", args, danger=True)
            return asking_first.preview(tx, change, ctx, msg("change.cancel_first", n=len(pairs)), again)
        done = changes.Done("show.cancel", {"reason": request.reason}, "show.cancelled")
        return changes.apply(
            tx, ctx, change, done, lambda seen: cancelled([after for _, after in seen], request.reason)
        )

    return await ctx.ports.store.write(work)


def cancelled(off: Sequence[Show], reason: str | None) -> Reply:
    first = off[0]
    key = "show.cancelled" if len(off) == 1 else "show.cancelled_series"
    text = msg(key, show=first.id, n=len(off), when=When(first.starts_at, first.zone))
    return reply(Text(text), *([Note(msg("show.reason", reason=reason))] if reason else []), tone="warning")


def _instead(tx: Tx, deed: Deed, ctx: Context | None) -> str:
    """The line that plans the show, or its series, once more."""
    show = tx.shows.get(deed.subject)
    if show is None:
        return "/show list"
    kept: Series | None = tx.shows.series(show.series) if show.series and deed.after["series"] else None
    if kept is None and ctx is not None and show.starts_at <= ctx.now:
        return f"/show list {show.room}"  # nothing can be planned into the past
    phrase: schedule.Phrase = schedule.OneOff(show.starts_local)
    if kept is not None:
        first = min((tx.shows.get(name) or show for name in deed.after["shows"]), key=lambda item: item.starts_at)
        _, rest = schedule.split(kept.phrase, (first.slot or first.starts_local).date())
        phrase = rest or phrase
    return changes.plan_line(show, phrase)


CANCELLED = changes.way("show.back_on", changes.back_on, _instead)
"""How a cancelled show, or series, is on again."""
