"""/status: what is wrong first, in the order of harm, each with its mend; then the figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from math import ceil
from typing import Literal

from bot.core import belonging
from bot.core.command import Context
from bot.core.delivery_policy import family
from bot.core.events import timer_name
from bot.core.model import Session
from bot.core.ports import Tx
from bot.core.records import Traffic
from bot.core.reply import Block, Facts, Heading, Item, Items, Line, Listing, Msg, Note, Reply, Span, When, msg, reply
from bot.core.vitals import DISK_LOW_BYTES, SKEW_S, Vitals
from handlers import delivery, heartbeats, lookup, zonechange

_LATE = timedelta(minutes=1)
_STALE = timedelta(minutes=2)
"""A message that waits longer than this is stuck, not under way."""
_DAY = timedelta(days=1)
_SLOWEST = 3
"""Families of kinds whose waiting times are worth a line; GET /metrics has all."""
_MANY = 1000
_QUEUES = 4
_ROOMS = 12
"""So many live rooms are shown with their sources; a phone's screen ends somewhere."""


@dataclass(frozen=True, slots=True)
class Status:
    pass


@dataclass(frozen=True, slots=True)
class _Seen:
    """Everything the answer is made of, read at one moment."""

    tx: Tx
    ctx: Context
    vitals: Vitals
    traffic: list[Traffic]
    rooms: set[str]
    """Those this person may know of."""

    def live(self) -> list[Session]:
        return [session for session in self.tx.sessions.live() if session.room in self.rooms]


async def status(_request: Status, ctx: Context) -> Reply:
    vitals = ctx.ports.vitals()

    def work(tx: Tx) -> Reply:
        seen = _Seen(tx, ctx, vitals, tx.outbox.traffic(ctx.now - _DAY), lookup.seen(tx, ctx))
        wrong = [item for look in _LOOKS for item in look(seen)]
        blocks: list[Block] = [Heading(_title(seen, len(wrong)))]
        if wrong:
            blocks.append(Items(tuple(wrong)))
        blocks.append(Facts(tuple(_figures(seen))))
        blocks += _on_air(seen)
        blocks += [Note(line) for line in _worth_knowing(seen)]
        return reply(*blocks, tone="warning" if wrong else "good")

    return await ctx.ports.store.read(work)


def _title(seen: _Seen, wrong: int) -> Msg:
    if wrong:
        return msg("status.look", n=wrong)
    due = seen.tx.timers.next_due()
    following = msg("none") if due is None else When(due, style="time")
    return msg("status.well", n=len(seen.live()), waiting=_waiting(seen), next=following)


def _waiting(seen: _Seen) -> int:
    return sum(row.waiting for row in seen.traffic)


# -- what is wrong ---------------------------------------------------------------


def _stuck_loops(seen: _Seen) -> Iterator[Item]:
    for loop in seen.vitals.loops:
        if not loop.is_alive:
            since = Span(int(loop.beat_s))
            yield Item(msg(f"status.stuck_{loop.name}", since=since), note=msg("status.mend_restart"))


def _chats_down(seen: _Seen) -> Iterator[Item]:
    for chat in seen.vitals.chats:
        if chat.why is not None:
            since = Span(max(0, int((seen.ctx.now - chat.since).total_seconds())))
            yield Item(msg("status.chat_down", chat=chat.name, since=since), note=chat.why)
        yield from (Item(msg("status.chat_lacks", chat=chat.name), note=note) for note in chat.notes)


def _full_disk(seen: _Seen) -> Iterator[Item]:
    free = seen.vitals.free_bytes
    if free is not None and free < DISK_LOW_BYTES:
        yield Item(msg("status.disk_low", free=_size(free)), note=msg("status.mend_disk"))


def _late_timers(seen: _Seen) -> Iterator[Item]:
    late = seen.tx.timers.due(seen.ctx.now - _LATE, _MANY)
    if not late:
        return
    by = Span(int((seen.ctx.now - late[0].due_at).total_seconds()))
    shown = next((timer for timer in late if belonging.place(seen.tx, timer.subject)[0] in {None, *seen.rooms}), None)
    if shown is None:  # none of them is this person's to know
        yield Item(msg("status.late_elsewhere", n=len(late), by=by))
        return
    kind = timer_name(shown.kind)
    text = msg("status.late", n=len(late), kind=msg(f"timer.{kind}"), subject=shown.subject, by=by)
    yield Item(text, note=msg("status.mend_ask", line=f"/why {shown.subject}/{kind}"))


def _parked(seen: _Seen) -> Iterator[Item]:
    for state in seen.tx.outbox.parked():
        if ":@" in state.destination and not seen.tx.outbox.waiting_kinds(state.destination, seen.ctx.now):
            continue  # somebody does not want private messages, and misses none
        text = msg("status.parked", where=state.destination, why=state.why)
        yield Item(text, note=msg("status.mend_parked", line=f"/delivery resume {state.destination}"))


def _stuck_queues(seen: _Seen) -> Iterator[Item]:
    for row in seen.traffic:
        is_parked = row.state is not None and row.state.parked_at is not None
        if row.oldest is not None and not is_parked and seen.ctx.now - row.oldest > _STALE:
            since = Span(int((seen.ctx.now - row.oldest).total_seconds()))
            text = msg("status.stale", n=row.waiting, where=row.destination, since=since)
            yield Item(text, note=msg("status.mend_ask", line=f"/why {row.destination}"))


def _lost(seen: _Seen) -> Iterator[Item]:
    """What came too late was rightly dropped; these were not."""
    newest = seen.tx.outbox.undelivered(seen.ctx.now - _DAY, _MANY)
    for state, n in (("failed", _sum(seen, "failed")), ("uncertain", _sum(seen, "uncertain"))):
        message = next((row.message for row in newest if row.state == state), None)
        if n and message is not None:
            yield Item(msg(f"status.lost_{state}", n=n), note=msg("status.mend_ask", line=f"/why {message}"))


def _sum(seen: _Seen, name: Literal["sent", "failed", "uncertain", "expired", "repeated"]) -> int:
    return sum(getattr(row, name) for row in seen.traffic)


def _silent(seen: _Seen) -> Iterator[Item]:
    for found in heartbeats.silences(seen.tx, seen.ctx.ports.live, seen.ctx.now):
        if found.room not in seen.rooms:
            continue
        text = msg("status.silent", room=found.room, source=found.source, since=Span(found.since_s))
        yield Item(text, note=msg("status.mend_source", line=f"/room info {found.room}"))


def _wrong_clock(seen: _Seen) -> Iterator[Item]:
    ping = seen.vitals.ping
    if ping is not None and ping.skew_s is not None and abs(ping.skew_s) >= SKEW_S:
        by = Span(abs(round(ping.skew_s)))
        text = msg("status.clock_behind" if ping.skew_s > 0 else "status.clock_ahead", by=by, host=ping.host)
        yield Item(text, note=msg("status.mend_clock"))
    for jump in seen.vitals.jumps[-1:]:
        by = Span(abs(round(jump.by_s)))
        text = msg("status.clock_jumped" if jump.by_s > 0 else "status.clock_set_back", by=by, at=When(jump.at))
        yield Item(text, note=msg("status.mend_clock"))


def _ping_unanswered(seen: _Seen) -> Iterator[Item]:
    ping = seen.vitals.ping
    if ping is not None and ping.error is not None:
        yield Item(msg("status.ping_unanswered", host=ping.host, error=ping.error), note=msg("status.mend_ping"))


def _mishaps(seen: _Seen) -> Iterator[Item]:
    found = seen.vitals.mishaps
    if found:
        newest = found[-1]
        at = When(newest.at, style="time")
        text = msg("status.mishaps", n=len(found), reference=newest.reference, what=newest.what, at=at)
        yield Item(text, note=msg("status.mend_log", reference=newest.reference))


_LOOKS: tuple[Callable[[_Seen], Iterator[Item]], ...] = (
    _stuck_loops,
    _chats_down,
    _full_disk,
    _late_timers,
    _parked,
    _stuck_queues,
    _lost,
    _silent,
    _wrong_clock,
    _ping_unanswered,
    _mishaps,
)
"""In the order of harm: nothing happens any more, something is late, something was lost, something cannot be seen."""


# -- figures ---------------------------------------------------------------------


def _figures(seen: _Seen) -> Iterator[tuple[Line, Line]]:
    vitals, now, ctx = seen.vitals, seen.ctx.now, seen.ctx
    version = msg("status.version_line", version=vitals.version, up=Span(int(vitals.up_s)))
    yield msg("status.version"), version
    yield msg("status.clock"), msg("value", value=When(now, ctx.actor.zone))
    yield msg("status.zone_data"), _zone_data(seen)
    yield msg("status.loops"), _loops(vitals)
    yield msg("status.timers"), _timers(seen, now)
    yield msg("status.waiting"), _queue(seen, now)
    figures = msg(
        "status.delivered_line",
        sent=_sum(seen, "sent"),
        failed=_sum(seen, "failed"),
        uncertain=_sum(seen, "uncertain"),
        expired=_sum(seen, "expired"),
        repeated=_sum(seen, "repeated"),
    )
    yield msg("status.delivered"), figures
    if (slowest := _dwell(seen, now)) is not None:
        yield msg("status.dwell"), slowest
    yield (
        msg("status.disk"),
        msg("status.disk_line", used=_size(vitals.database_bytes), free=_size(vitals.free_bytes)),
    )
    yield msg("status.errors"), msg("value", value=len(vitals.mishaps))
    if vitals.ping is not None:
        yield msg("status.ping"), _ping(vitals)
    if (backup := seen.tx.fact("backup_at")) is not None:
        yield msg("status.backup"), msg("value", value=When(datetime.fromisoformat(backup)))


def _dwell(seen: _Seen, now: datetime) -> Line | None:
    """How long deliveries of the last day took, of the slowest families of kinds; None where there was none."""
    families: dict[str, float] = {}
    for row in seen.tx.outbox.dwell(now - _DAY):
        name = family(row.kind)
        families[name] = max(families.get(name, 0.0), row.p99_s)
    slowest = sorted(families.items(), key=lambda item: (-item[1], item[0]))[:_SLOWEST]
    told = tuple(
        msg("status.dwell_kind", kind=delivery.kind_name(name), within=Span(max(1, ceil(within))))
        for name, within in slowest
    )
    return msg("value", value=Listing(told)) if told else None


def _zone_data(seen: _Seen) -> Line:
    change = zonechange.last_change(seen.tx)
    if change is None:
        return seen.vitals.zone_data
    version, at = seen.vitals.zone_data, When(change.at, style="date")
    return msg("status.zone_data_line", n=change.moved, version=version, before=change.before, at=at)


def _loops(vitals: Vitals) -> Line:
    if not vitals.loops:
        return msg("status.loops_by_hand")
    stuck = sum(not loop.is_alive for loop in vitals.loops)
    if stuck:
        return msg("status.loops_stuck", n=stuck)
    beat_s = max(loop.beat_s for loop in vitals.loops)
    return msg("status.loops_line", n=len(vitals.loops), ago=Span(int(beat_s)))


def _timers(seen: _Seen, now: datetime) -> Line:
    due = seen.tx.timers.next_due()
    if due is None:
        return msg("none")
    late = len(seen.tx.timers.due(now - _LATE, _MANY))
    return msg("status.timers_line", when=When(due), late=late)


def _queue(seen: _Seen, now: datetime) -> Line:
    """By destination, the fullest first: a number alone does not say which chat is in trouble."""
    queues = sorted((row for row in seen.traffic if row.waiting), key=lambda row: -row.waiting)
    if not queues:
        return msg("value", value=0)
    told = [
        msg(
            "status.queue_line",
            n=row.waiting,
            where=row.destination,
            age=Span(int((now - row.oldest).total_seconds()) if row.oldest else 0),
        )
        for row in queues[:_QUEUES]
    ]
    more = len(queues) - len(told)
    return msg("value", value=Listing((*told, msg("status.more_queues", n=more)) if more else tuple(told)))


def _ping(vitals: Vitals) -> Line:
    ping = vitals.ping
    if ping is None:
        return msg("none")
    if ping.withheld is not None:
        return msg("status.ping_withheld", host=ping.host)
    if ping.reached_s is None:
        return msg("status.ping_never", host=ping.host)
    return msg("status.ping_line", host=ping.host, ago=Span(int(ping.reached_s)))


def _size(count: int | None) -> Msg | None:
    """Megabytes, from a gigabyte on gigabytes; None stays unknown."""
    if count is None:
        return None
    mega = Decimal(count) / 1_000_000
    if mega < 1000:  # noqa: PLR2004 - a gigabyte
        return msg("status.megabytes", n=mega.quantize(Decimal("0.1")))
    return msg("status.gigabytes", n=(mega / 1000).quantize(Decimal("0.1")))


def _on_air(seen: _Seen) -> list[Block]:
    """Every room on air with its sources."""
    live = seen.live()
    blocks: list[Block] = []
    for session in live[:_ROOMS]:
        since = Span(max(0, int((seen.ctx.now - session.started_at).total_seconds()) // 60 * 60))
        title = msg("now.live", room=session.room, since=since)
        sources = seen.tx.signals.sources(session.room)
        rows = tuple(heartbeats.item(source, seen.ctx.now, on_air=True) for source in sources)
        blocks.append(Items(rows or (Item(msg("status.no_source")),), title=title))
    if len(live) > _ROOMS:
        blocks.append(Note(msg("status.more_rooms", n=len(live) - _ROOMS)))
    return blocks


def _worth_knowing(seen: _Seen) -> Iterator[Msg]:
    """Nothing is wrong with these yet."""
    for room, until in seen.tx.signals.ending_secrets(seen.ctx.now):
        if room in seen.rooms:
            yield msg("status.secret_ends", room=room, at=When(until))
