"""New zone data: what moves is recomputed and announced, never moved silently."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from bot.core.model import Show
from bot.core.ports import Ports, Tx
from bot.core.records import Post
from bot.core.reply import Heading, Item, Items, When, msg, reply
from bot.core.zones import resolve
from handlers import timetable

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
    moved: list[Item] = []
    shows: list[tuple[Show, Show]] = []
    for show in tx.shows.planned():
        at = resolve(show.starts_local, show.zone).at
        if at == show.starts_at or show.starts_at <= now:
            continue
        line = msg(
            "show.moved_line",
            show=show.id,
            old=When(show.starts_at, "UTC"),
            new=When(at, "UTC"),
            local=When(at, show.zone),
        )
        moved.append(Item(line))
        shows.append((show, replace(show, starts_at=at)))
    timetable.changed(tx, shows, ports)
    tx.remember(_CHANGED, f"{before} {now.isoformat()} {len(moved)}")
    if moved:
        answer = reply(
            Heading(msg("show.zone_data_changed", old=before, new=version)), Items(tuple(moved)), tone="warning"
        )
        tx.outbox.post(Post(f"tzdata:{version}", "team", "zone_data", answer), now)
