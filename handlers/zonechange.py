"""New zone data: what moves is recomputed and announced, never moved silently."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.model import Show
from bot.core.ports import Ports, Tx
from bot.core.records import AuditEntry, Post
from bot.core.reply import Heading, Item, Items, Reply, When, msg, reply
from bot.core.zones import resolve
from handlers import asking, checklists, conflicts, reach, timetable

_FACT = "tzdata"
_CHANGED = "tzdata_changed"


@dataclass(frozen=True, slots=True)
class ZoneChange:
    """The last change of the zone data: from which version, when it was seen, how many planned shows it moved."""

    before: str
    at: datetime
    moved: int


def last_change(tx: Tx) -> ZoneChange | None:
    """None: the zone data is the one this installation began with."""
    kept = tx.fact(_CHANGED)
    if kept is None:
        return None
    before, at, moved = kept.split(" ")
    return ZoneChange(before, datetime.fromisoformat(at), int(moved))


def announce(tx: Tx, version: str, ports: Ports) -> None:
    """Compares the zone data's version with the one the plans were made with, and resolves every planned show anew."""
    before = tx.fact(_FACT)
    tx.remember(_FACT, version)
    if before is None or before == version:
        return
    now = ports.clock.now()
    moved = [
        (show, after) for show in tx.shows.planned() if (after := _anew(tx, show)) != show and show.starts_at > now
    ]
    timetable.changed(tx, moved, ports)
    tx.remember(_CHANGED, f"{before} {now.isoformat()} {len(moved)}")
    if not moved:
        return
    for show, after in moved:
        asking.end(tx, show.id, asking.GO, "moved", now)
        checklists.redraw(tx, after.id, ports)
    conflicts.review(tx, ports, [after for _, after in moved])
    answer = _told(before, version, moved)
    tx.outbox.post(Post(f"tzdata:{version}", "team", "zone_data", answer), now)
    for host in sorted({show.host for show, _ in moved if show.host}):
        theirs = [pair for pair in moved if pair[0].host == host]
        post = Post(f"tzdata:{version}:{host}", "host", "zone_data", _told(before, version, theirs), to=host)
        tx.outbox.post(post, now)


def _anew(tx: Tx, show: Show) -> Show:
    """The show as the zone data of today has it: by the rule of its series, unless somebody moved it by hand.

    A date in a gap is kept as the hour it came to; only its slot still tells which hour was meant.
    """
    wall = show.starts_local
    if show.slot is not None and (wall == show.slot or not _was_moved(tx, show)):
        wall = show.slot
    time = resolve(wall, show.zone)
    return reach.at(show, time)


def _was_moved(tx: Tx, show: Show) -> bool:
    """Whether the last move of it was of this one show."""
    moves = [entry for entry in tx.audit.of_subject(show.id) if _is_move(entry)]
    last = moves[-1] if moves else None
    return last is not None and last.action == "show.move" and (last.after or {}).get("reach", "this") == "this"


def _is_move(entry: AuditEntry) -> bool:
    return entry.action == "show.move" or entry.detail.get("action") == "show.move"


def _told(before: str, version: str, moved: Sequence[tuple[Show, Show]]) -> Reply:
    items = tuple(
        Item(
            msg(
                "show.moved_line",
                show=show.id,
                old=When(show.starts_at, "UTC"),
                new=When(after.starts_at, "UTC"),
                local=When(after.starts_at, show.zone),
            )
        )
        for show, after in moved
    )
    return reply(Heading(msg("show.zone_data_changed", old=before, new=version)), Items(items), tone="warning")
