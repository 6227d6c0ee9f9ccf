"""A change of planned shows is done: saved, audited, told to whoever it concerns; and taken back within the minute."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.core import schedule
from bot.core.command import Context
from bot.core.model import Series, Show
from bot.core.ports import Ports, Tx
from bot.core.records import Channel, Deed, Post
from bot.core.reply import Note, Reply, Text, When, msg, reply
from handlers import asking, checklists, conflicts, no_show, reach, snapshot, telling, timetable, undo, upcoming
from handlers.lookup import record
from handlers.undo import Way

TOLD: tuple[Channel, ...] = ("managers", "team")
"""Channels that hear of every change of a planned show; so does its host."""

Pairs = Sequence[tuple[Show, Show]]
Say = Callable[[Pairs], Reply]
"""What is told of these shows, given as (before, after)."""


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, by its name in the audit, with what is told there beside it; `kind` of the messages about it.

    `despite`: the reason by which errors that are left may stand.
    """

    action: str
    why: Mapping[str, Any]
    kind: str
    despite: str | None = None


def apply(tx: Tx, ctx: Context, change: reach.Change, done: Done, say: Say) -> Reply:
    """Does it; the answer tells it, and can take it back."""
    named = change.reach.show
    known = [item for item in (change.reach.series,) if item is not None]
    before = snapshot.before(tx, [show for show, _ in change.pairs], known)
    rule = _save_rules(tx, change)
    pairs = [(show, _of_rule(after, rule)) for show, after in change.pairs]
    timetable.changed(tx, pairs, ctx.ports)
    seen = _seen(change, pairs)
    for show, after in seen:
        _settle(tx, ctx, show, after, done.action, say)
        record(tx, ctx, done.action, show.id, _short(_told(show, after)), {**_told(after, show), **done.why})
    made = [timetable.add(tx, rule, time, ctx.ports) for time in change.added if rule is not None]
    made += upcoming.keep_going(tx, named.series, ctx.ports) if change.rule is None else []
    ids = [show.id for show, _ in pairs] + [show.id for show in made]
    rules = {item.id for item in (change.reach.series, rule) if item is not None}
    deed = undo.offer(tx, ctx, done.action, named.id, before, snapshot.after(tx, ids, rules))
    conflicts.planned(tx, ctx, [*(after for _, after in seen), *made], done.despite)
    answer = say(seen)
    tell(tx, ctx, deed, done.kind, seen, say)
    return replace(answer, blocks=(*answer.blocks, *undo.blocks(deed)))


def _seen(change: reach.Change, pairs: Pairs) -> list[tuple[Show, Show]]:
    """What people see change, the show that was named among it in any case."""
    seen = {show.id for show, _ in change.seen} | {change.reach.show.id}
    return [pair for pair in pairs if pair[0].id in seen]


def _save_rules(tx: Tx, change: reach.Change) -> Series | None:
    """Saves the series as they are from now on; the one that goes for the shows of the change."""
    if change.rule is None:
        return None
    rule = replace(change.rule, id=tx.next_id("w")) if change.rule.id == reach.NEW else change.rule
    if change.old is not None and rule.id != change.old.id:
        tx.shows.save_series(change.old)
    tx.shows.save_series(rule)
    return rule


def _of_rule(show: Show, rule: Series | None) -> Show:
    return replace(show, series=rule.id) if rule is not None and show.series == reach.NEW else show


def _settle(tx: Tx, ctx: Context, before: Show, after: Show, action: str, say: Say) -> None:
    """Questions about the old time, or about a show that is off, are not asked any more."""
    now = ctx.now
    if after.is_off:
        asking.answered(tx, ctx, after.id, asking.NO_SHOW, action)
        asking.end(tx, after.id, asking.GO, "cancelled", now)
    elif before.starts_at != after.starts_at:
        asking.answered(tx, ctx, after.id, asking.NO_SHOW, action)
        asking.end(tx, after.id, asking.GO, "moved", now)
    redraw(tx, ctx.ports, after, say([(before, after)]))


def redraw(tx: Tx, ports: Ports, show: Show, off: Reply) -> None:
    """The cards that hang on whether the show is on, and when; `off` says that it is not."""
    checklists.redraw(tx, show.id, ports)
    if show.is_off:
        no_show.cancelled(tx, show, off, ports.clock.now())
    else:
        no_show.redraw(tx, show, ports)


def _told(show: Show, other: Show) -> dict[str, Any]:
    """What differs from the other, for the audit."""
    told = {
        "when": f"{show.starts_local:%Y-%m-%d %H:%M}",
        "length": f"{show.duration_s // 60} min",
        "state": show.state,
        "host": show.host,
        "title": show.title,
        "benefit": show.benefit,
        "likes_goal": show.likes_goal,
    }
    differs = {
        "when": show.starts_at != other.starts_at,
        "length": show.duration_s != other.duration_s,
        "state": show.state != other.state,
        "host": show.host != other.host,
        "title": show.title != other.title,
        "benefit": show.benefit != other.benefit,
        "likes_goal": show.likes_goal != other.likes_goal,
    }
    return {name: value for name, value in told.items() if differs[name]}


def _short(told: dict[str, Any]) -> Any:
    """A state alone needs no name."""
    return told["state"] if list(told) == ["state"] else told


# -- whoever hears of it -------------------------------------------------------


def tell(tx: Tx, ctx: Context, deed: Deed, kind: str, seen: Pairs, say: Say) -> None:
    """Managers, team and hosts; a change that is made again is told again."""
    room = seen[0][1].room
    for channel in TOLD:
        post = Post(_key(deed, channel), channel, kind, say(seen), deed.subject, room=room)
        telling.tell_others(tx, ctx, post, room)
    for host, theirs in by_host(seen):
        post = Post(_key(deed, "host", host), "host", kind, say(theirs), theirs[0][1].id, to=host)
        tx.outbox.post(post, ctx.now)


def by_host(pairs: Pairs) -> list[tuple[str, Pairs]]:
    """Whose shows they were or are."""
    hosts = sorted({show.host for pair in pairs for show in pair if show.host})
    return [(host, [pair for pair in pairs if host in (pair[0].host, pair[1].host)]) for host in hosts]


def _key(deed: Deed, *to: str) -> str:
    return f"{deed.action}:{deed.id}:{':'.join(to)}"


# -- taking it back ------------------------------------------------------------


def way(
    kind: str, say: Say, instead: Callable[[Tx, Deed, Context], str], told: tuple[Channel, ...] = TOLD, **more: Any
) -> Way:
    """How a change is taken back.

    `say` tells the shows as they are again, given as (as the deed left it, as it is). `told`: channels that had heard.
    """

    def take_back(tx: Tx, deed: Deed, ctx: Context) -> Reply:
        pairs = snapshot.restore(tx, deed, ctx)
        known = [pair for pair in pairs if pair[0].id in deed.before["shows"]]
        seen = [pair for pair in known if _differs(*pair) or pair[0].id == deed.subject] or list(pairs)
        for left, again in seen:
            redraw(tx, ctx.ports, again, say([(left, again)]))
            if undo.wrote(tx, deed, again.id):
                undo.record(tx, ctx, deed, again.id, _short(_told(left, again)), _short(_told(again, left)))
        return _tell_back(tx, deed, ctx, (kind, told), seen, say)

    return Way(take_back, instead, **more)


def back_on(pairs: Pairs) -> Reply:
    """What is told where shows that were off are to be held again."""
    first = pairs[0][1]
    key = "undo.back_on" if len(pairs) == 1 else "undo.back_on_series"
    return reply(Text(msg(key, show=first.id, n=len(pairs), when=When(first.starts_at, first.zone))), tone="good")


def _differs(left: Show, again: Show) -> bool:
    return replace(left, series=None, slot=None) != replace(again, series=None, slot=None)


def _tell_back(tx: Tx, deed: Deed, ctx: Context, of: tuple[str, tuple[Channel, ...]], seen: Pairs, say: Say) -> Reply:
    """Whoever read of it reads in the same message that it is taken back, and hears it in a new one."""
    kind, told = of
    room = seen[0][1].room
    _correct(tx, deed, ctx, [_key(deed, channel) for channel in TOLD])
    answer = _by(say(seen), ctx)
    for channel in undo.told(deed, *told):
        key = f"back:{deed.id}:{channel}"
        telling.tell_others(tx, ctx, Post(key, channel, kind, answer, deed.subject, room=room), room)
    for host, theirs in by_host(seen):
        _correct(tx, deed, ctx, [_key(deed, "host", host)])
        if tx.outbox.by_key(_key(deed, "host", host)) is not None:
            key = f"back:{deed.id}:host:{host}"
            tx.outbox.post(Post(key, "host", kind, _by(say(theirs), ctx), theirs[0][1].id, to=host), ctx.now)
    return answer


def _by(answer: Reply, ctx: Context) -> Reply:
    return replace(answer, blocks=(*answer.blocks, undo.by(ctx)))


def _correct(tx: Tx, deed: Deed, ctx: Context, keys: Sequence[str]) -> None:
    note = Note(msg("undo.taken_back", who=ctx.actor.name, when=When(ctx.now, style="time")))
    for key in keys:
        sent = tx.outbox.by_key(key)
        if sent is not None:
            was = sent.reply
            tx.outbox.edit(key, replace(was, blocks=(*was.blocks, note), tone="normal"), ctx.now)


def typed(value: str) -> str:
    """A value so that it is read back as it is."""
    if '"' in value:
        return f"“{value}”"
    return f'"{value}"' if " " in value else value


def plan_line(show: Show, phrase: schedule.Phrase) -> str:
    """The line that plans it once more."""
    options = {
        "length": f"{show.duration_s // 60}m" if show.duration_s % 60 == 0 else f"{show.duration_s}s",
        "host": show.host,
        "title": show.title,
        "benefit": show.benefit,
        "likes_goal": show.likes_goal,
    }
    words = [f"/show plan {show.room} {schedule.phrase_text(phrase)}"]
    words += [f"{name}={typed(str(value))}" for name, value in options.items() if value is not None]
    return " ".join(words)
