"""New zone data: what moves is recomputed and announced, never moved silently."""

from __future__ import annotations

from dataclasses import replace

from bot.core.ports import Ports, Tx
from bot.core.records import Post
from bot.core.reply import Heading, Item, Items, When, msg, reply
from bot.core.zones import resolve
from handlers import shows

_FACT = "tzdata"


def announce(tx: Tx, version: str, ports: Ports) -> None:
    """Compares the zone data's version with the one the plans were made with, and resolves every planned show anew."""
    before = tx.fact(_FACT)
    tx.remember(_FACT, version)
    if before is None or before == version:
        return
    now = ports.clock.now()
    moved: list[Item] = []
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
        moved_show = replace(show, starts_at=at)
        tx.shows.save(moved_show)
        shows.arm(tx, moved_show, ports)
    if moved:
        answer = reply(
            Heading(msg("show.zone_data_changed", old=before, new=version)), Items(tuple(moved)), tone="warning"
        )
        tx.outbox.post(Post(f"tzdata:{version}", "team", "zone_data", answer), now)
