"""Shows and their series as they stood, kept with a deed so that taking it back restores exactly that.

One way for everything that changes planned shows: moving, leaving out, cancelling, editing, and planning itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.core import schedule
from bot.core.command import Context
from bot.core.errors import ConflictError
from bot.core.model import Series, Show
from bot.core.ports import Tx
from bot.core.records import Deed
from bot.core.reply import When
from handlers import asking, conflicts, rundowns, timetable, undo

_ASKED = (*asking.GO, *asking.NO_SHOW)


def before(tx: Tx, shows: Iterable[Show], series: Iterable[Series]) -> dict[str, Any]:
    """All that a change of these shows of one room and of their series loses: a small JSON value."""
    kept = {show.id: {"show": _show(show), "timers": _timers(tx, show), "asks": _asks(tx, show)} for show in shows}
    room = next((item["show"]["room"] for item in kept.values()), None)
    skus = [] if room is None else [product.sku for product in tx.rooms.products(room)]
    return {"shows": kept, "series": {item.id: _series(item) for item in series}, "skus": skus}


def after(tx: Tx, shows: Iterable[str], series: Iterable[str]) -> dict[str, Any]:
    """How a deed left them; what has been changed since cannot be taken back."""
    stand = [show for name in shows if (show := tx.shows.get(name)) is not None]
    rules = [rule for name in series if (rule := tx.shows.series(name)) is not None]
    return {
        "shows": {show.id: _show(show) for show in stand},
        "series": {item.id: _series(item) for item in rules},
        "held": {name: _ended(tx, name) for name in sorted({show.series for show in stand if show.series})},
    }


def restore(tx: Tx, deed: Deed, ctx: Context) -> list[tuple[Show, Show]]:
    """Puts everything back; (as the deed left it, as it is again), by start.

    What the deed has made is left out, as if it had never been planned.

    Raises:
        ConflictError: something was changed since, or the time is taken.
    """
    left = [read_show(packed) for packed in deed.after["shows"].values()]
    pairs = [(show, _back(deed, show)) for show in left]
    rules = [*deed.before["series"].values(), *deed.after["series"].values()]
    _check(tx, deed, pairs, ctx, pairs[0][0].room if pairs else rules[0]["room"])
    for name, packed in deed.after["series"].items():
        known = deed.before["series"].get(name)
        made = read_series(name, packed)
        tx.shows.save_series(replace(made, ended=made.ended + 1) if known is None else read_series(name, known))
    timetable.changed(tx, pairs, ctx.ports)
    conflicts.review(tx, ctx.ports, [again for _, again in pairs])
    for show, again in pairs:
        kept = deed.before["shows"].get(show.id)
        if kept is not None:
            rundowns.on_products_since(tx, again, deed.before["skus"], ctx.now)
            _restore_timers(tx, again, kept["timers"])
            _restore_asks(tx, again, kept["asks"], ctx.now)
    return sorted(pairs, key=lambda pair: (pair[1].starts_at, pair[1].id))


def _back(deed: Deed, show: Show) -> Show:
    kept = deed.before["shows"].get(show.id)
    if kept is None:
        return replace(show, state="skipped", series=None, slot=None)
    return read_show(kept["show"])


def _check(tx: Tx, deed: Deed, pairs: Sequence[tuple[Show, Show]], ctx: Context, slug: str) -> None:
    room = tx.rooms.get(slug)
    if room is None or room.archived_at is not None:
        raise undo.changed(tx, deed, tx.audit.of_subject(slug), f"/room restore {slug}")
    for show, _ in pairs:
        if tx.shows.get(show.id) != show:
            raise undo.changed(tx, deed, tx.audit.of_subject(show.id), f"/show list {show.room}")
    for name, packed in deed.after["series"].items():
        now = tx.shows.series(name)
        if now is None or replace(now, ended=0) != replace(read_series(name, packed), ended=0):
            raise undo.changed(tx, deed, _of_series(tx, deed, name), f"/show list {slug}")
    for name, ended in deed.after["held"].items():
        if _ended(tx, name) > ended:  # what ended more than this would have ended it too
            raise undo.changed(tx, deed, _of_series(tx, deed, name), f"/show list {slug}")
    back = {again.id for show, again in pairs if _comes_back(show, again)}
    stand = {again.id: again for _, again in pairs}
    for conflict in conflicts.of(tx, list(stand.values()), ctx.now) if back else ():
        if conflict.kind == "room" and conflict.show.id in back and conflict.other.id not in stand:
            show, other = conflict.show, conflict.other
            raise ConflictError(
                "undo.taken", show=show.id, room=show.room, other=other.id, when=When(other.starts_at, other.zone),
                try_instead=f"/show list {show.room}",
            )  # fmt: skip


def _comes_back(show: Show, again: Show) -> bool:
    return not again.is_off and (show.is_off or show.starts_at != again.starts_at)


def _of_series(tx: Tx, deed: Deed, series: str) -> list[Any]:
    """What was done to it and to its shows that were to come."""
    shows = tx.shows.of_series(series, deed.made_at - timetable.HORIZON)
    entries = [entry for show in shows for entry in tx.audit.of_subject(show.id)]
    return [*entries, *tx.audit.of_subject(series)]


def _ended(tx: Tx, series: str) -> int:
    kept = tx.shows.series(series)
    return 0 if kept is None else kept.ended


# -- timers and questions ------------------------------------------------------


def _timers(tx: Tx, show: Show) -> dict[str, list[str | None]]:
    return {
        timer.kind: [
            timer.due_at.isoformat(), None if timer.done_at is None else timer.done_at.isoformat(), timer.outcome
        ]
        for timer in tx.timers.of_subject(show.id)
        if timer.kind in timetable.BEFORE
    }  # fmt: skip


def _restore_timers(tx: Tx, show: Show, kept: Mapping[str, Sequence[str | None]]) -> None:
    """What fell due meanwhile runs now, late, as after any pause: without the deed it would have run."""
    for kind in timetable.BEFORE:
        due, done, outcome = kept.get(kind, (None, None, None))
        if due is None:
            tx.timers.cancel(kind, show.id)
            continue
        tx.timers.set(kind, show.id, datetime.fromisoformat(due))
        if done is not None:
            [timer] = [item for item in tx.timers.of_subject(show.id) if item.kind == kind]
            tx.timers.done(timer, datetime.fromisoformat(done), outcome or "")


def _asks(tx: Tx, show: Show) -> dict[str, Any]:
    return dict(asking.unanswered(tx, show.id, _ASKED))


def _restore_asks(tx: Tx, show: Show, kept: Mapping[str, Any], now: datetime) -> None:
    for question in tx.asks.of_subject(show.id):
        if question.kind in _ASKED and question.is_open and question.id not in kept:
            asking.end(tx, show.id, (question.kind,), "moved", now)
    for question_id, outcome in kept.items():
        asking.resume(tx, question_id, outcome)


# -- as JSON -------------------------------------------------------------------


def _show(show: Show) -> dict[str, Any]:
    return {
        "id": show.id,
        "room": show.room,
        "host": show.host,
        "local": show.starts_local.isoformat(),
        "zone": show.zone,
        "at": show.starts_at.isoformat(),
        "length": show.duration_s,
        "state": show.state,
        "series": show.series,
        "title": show.title,
        "benefit": show.benefit,
        "goal": show.likes_goal,
        "slot": None if show.slot is None else show.slot.isoformat(),
    }


def read_show(packed: Mapping[str, Any]) -> Show:
    return Show(
        packed["id"], packed["room"], packed["host"], datetime.fromisoformat(packed["local"]), packed["zone"],
        datetime.fromisoformat(packed["at"]), packed["length"], packed["state"], packed["series"], packed["title"],
        packed["benefit"], packed["goal"], None if packed["slot"] is None else datetime.fromisoformat(packed["slot"]),
    )  # fmt: skip


def _series(series: Series) -> dict[str, Any]:
    return {
        "room": series.room,
        "phrase": schedule.to_json(series.phrase),
        "zone": series.zone,
        "length": series.duration_s,
        "host": series.host,
        "title": series.title,
        "benefit": series.benefit,
        "goal": series.likes_goal,
        "ended": series.ended,
        "since": series.since,
    }


def read_series(name: str, packed: Mapping[str, Any]) -> Series:
    return Series(
        name, packed["room"], schedule.from_json(packed["phrase"]), packed["zone"], packed["length"], packed["host"],
        packed["title"], packed["benefit"], packed["goal"], packed["ended"], packed["since"],
    )  # fmt: skip
