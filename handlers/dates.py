"""Dates as people see them before anything is saved: in market, host and team time, with what is odd about each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from bot.core import schedule
from bot.core.command import Context
from bot.core.model import Show
from bot.core.ports import Ports, Tx
from bot.core.reply import Item, Items, Line, Msg, Note, When, msg
from bot.core.zones import Resolved, resolve
from handlers import occasions

SHOWN = 8
"""Dates that are shown; how many follow is told."""


def listed(
    tx: Tx,
    shows: Sequence[Show],
    ctx: Context,
    title: Msg,
    before: Mapping[str, Show] | None = None,
    asked: Sequence[Resolved] = (),
) -> list[Items | Note]:
    """The first dates, each with its times and what is odd about it; then what clock changes mean.

    `before`: the shows as they are now, by id, where they are to change. `asked`: the times as they were asked for,
    where the shows do not tell it.
    """
    shown = list(shows[:SHOWN])
    times = list(asked[:SHOWN]) or [resolved(show) for show in shown]
    moves = _moves(tx, shown, ctx.ports)
    items: list[Item] = []
    explained: dict[str, Note] = {}
    for show, time, notes, moved in zip(shown, times, schedule.notes(times), moves, strict=True):
        beside: list[Line] = [*_elsewhere(tx, show, ctx.ports)]
        beside += [msg(f"plan.note.{note.replace(' ', '_')}") for note in notes]
        beside += moved
        found = occasions.beside(ctx.ports, show.zone, show.starts_at, ctx.actor.language)
        beside += [] if found is None else [found]
        items.append(Item(_when(show, (before or {}).get(show.id)), note=_joined(beside)))
        for note in notes:
            explained.setdefault(note, Note(schedule.note_msg(note, time, show.zone)))
    return [Items(tuple(items), title=title), *explained.values()]


def resolved(show: Show) -> Resolved:
    """Its time as the clocks of its market have it: by the rule, unless it was moved by hand."""
    if show.slot is not None and (by_rule := resolve(show.slot, show.zone)).at == show.starts_at:
        return by_rule
    return resolve(show.starts_local, show.zone)


def is_odd(ctx: Context, show: Show, asked: Resolved | None = None) -> bool:
    """Whether the date is one to look at first: a time that does not exist or comes twice, a holiday, a sale day."""
    return (asked or resolved(show)).note is not None or is_special(ctx, show)


def is_special(ctx: Context, show: Show) -> bool:
    """Whether its date is a holiday or a sale day in its market."""
    day = show.starts_at.astimezone(ZoneInfo(show.zone)).date()
    return any(
        item.kind in ("holiday", "sale") for item in ctx.ports.occasions.on(show.zone, day, ctx.actor.language)
    )  # fmt: skip


def _when(show: Show, before: Show | None) -> Msg:
    now = When(show.starts_at, show.zone)
    if before is None or before.starts_at == show.starts_at:
        return msg("plan.date", show=show.id, when=now)
    return msg("plan.date_moves", show=show.id, before=When(before.starts_at, before.zone), when=now)


def zones(tx: Tx, show: Show, ports: Ports) -> list[tuple[Msg, str]]:
    """Whose clocks matter beside the market's, with their zone: the host's, the team's; a zone is told once."""
    host = tx.people.get(show.host) if show.host else None
    found: list[tuple[Msg, str]] = []
    if host is not None:
        found.append((msg("plan.for", who=host.name), host.zone or ports.team.zone))
    found.append((msg("plan.for_team"), ports.team.zone))
    told: dict[str, tuple[Msg, str]] = {show.zone: (msg("plan.for_team"), show.zone)}
    return [pair for pair in found if told.setdefault(pair[1], pair) is pair]


def _elsewhere(tx: Tx, show: Show, ports: Ports) -> list[Msg]:
    return [
        msg("plan.elsewhere", who=who, when=When(show.starts_at, zone)) for who, zone in zones(tx, show, ports)
    ]  # fmt: skip


def _moves(tx: Tx, shows: Sequence[Show], ports: Ports) -> list[list[Msg]]:
    """For each show, for whom the hour is another one than before although the market's is the same."""
    found: list[list[Msg]] = [[] for _ in shows[:1]]
    for before, show in pairwise(shows):
        moved = []
        for who, zone in zones(tx, show, ports):
            if _ahead(before.starts_at, before, zone) != _ahead(show.starts_at, show, zone):
                moved.append(msg("plan.hour_moves", who=who))
        found.append(moved)
    return found


def _ahead(at: datetime, show: Show, zone: str) -> float:
    """Seconds by which the zone's clocks are ahead of the market's at that instant."""
    here, there = (at.astimezone(ZoneInfo(name)).utcoffset() for name in (show.zone, zone))
    return (there.total_seconds() if there else 0) - (here.total_seconds() if here else 0)


def _joined(lines: Sequence[Line]) -> Line | None:
    """Side by side."""
    if not lines:
        return None
    joined = lines[0]
    for line in lines[1:]:
        joined = msg("plan.beside", one=joined, other=line)
    return joined
