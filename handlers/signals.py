"""Signals in: stored once, counted, judged tick by tick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from bot.core.command import Arg, Context
from bot.core.errors import ConflictError, NotFoundError, UserError
from bot.core.live import LiveSession
from bot.core.model import Session
from bot.core.money import CURRENCIES
from bot.core.ports import Ports, Tx
from bot.core.records import StoredSignal
from bot.core.reply import Listing, Msg, Reply, Text, msg, reply
from bot.core.signal import PERSON, TOTALS, signal_of
from handlers import alerts, lookup, sessions
from handlers.lookup import record

_OPENERS = ("concurrent", "comment")
_LATE_KINDS = ("order", "refund", "totals")
_NUMBERS = ("concurrent", *TOTALS)
_MAX = 10**12


@dataclass(frozen=True, slots=True)
class Incoming:
    """One checked signal. `data` as bot.core.signal.data_of makes it; `at` UTC; `source_id` the sender's own id of it."""

    at: datetime
    source: str
    source_id: str | None
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Delivered:
    """A batch: `webhook_id` and `digest` of its body tell a repeat from a forgery."""

    room: str
    webhook_id: str
    digest: str
    signals: Sequence[Incoming]


@dataclass(frozen=True, slots=True)
class Accepted:
    accepted: int
    duplicates: int


async def receive(batch: Delivered, ports: Ports) -> Accepted:
    """Keeps a batch, all of it or nothing, and returns after the commit.

    Raises:
        NotFoundError: no such room.
        ConflictError: this webhook id came before with another body.
    """
    now = ports.clock.now()

    def work(tx: Tx) -> tuple[Accepted, list[tuple[str, StoredSignal]]]:
        if tx.rooms.get(batch.room) is None:
            raise NotFoundError("room.unknown", room=batch.room[:60], known=None)
        before = tx.signals.webhook(batch.room, batch.webhook_id)
        if before == batch.digest:
            return Accepted(0, len(batch.signals)), []
        if before is not None:
            raise ConflictError("signals.other_body", id=batch.webhook_id[:80])
        tx.signals.remember_webhook(batch.room, batch.webhook_id, batch.digest, now, len(batch.signals))
        return _keep(tx, batch.room, batch.signals, ports)

    accepted, fresh = await ports.store.write(work)
    await _count(fresh, ports)
    return accepted


def _keep(
    tx: Tx, room: str, signals: Sequence[Incoming], ports: Ports
) -> tuple[Accepted, list[tuple[str, StoredSignal]]]:
    """Stores line by line in arrival order, so that a stream's start and end fall where they belong."""
    fresh: list[tuple[str, StoredSignal]] = []
    accepted = 0
    pending: list[tuple[StoredSignal, str | None]] = []
    session = _current(tx, room)

    def flush() -> None:
        nonlocal accepted
        places = tx.signals.store(room, session.id if session else None, pending)
        accepted += len(places)
        if session is not None:
            fresh.extend((session.id, pending[place][0]) for place in places)
        pending.clear()

    for line in signals:
        stored = StoredSignal(line.at, line.source, line.data)
        turned = _turn(tx, room, session, stored, ports)
        if turned is not session:
            flush()
            session = turned
        pending.append((stored, line.source_id))
        if _ends(stored) and session is not None and session.state == "live":
            flush()
            sessions.close_session(tx, session, stored.at, "stream", ports)
            session = _current(tx, room)
    flush()
    return Accepted(accepted, len(signals) - accepted), fresh


def _current(tx: Tx, room: str) -> Session | None:
    """Where a line of this room belongs just now: the live session, else the last one until it is settled."""
    live = next(iter(tx.sessions.live(room)), None)
    if live is not None:
        return live
    latest = tx.sessions.latest(room)
    return latest if latest is not None and latest.state != "settled" else None


def _turn(tx: Tx, room: str, session: Session | None, line: StoredSignal, ports: Ports) -> Session | None:
    """The session this line belongs to; opens one, or takes an ended one up again, where the line says so."""
    if session is not None and session.state == "live":
        return session
    kind = line.data["kind"]
    starts = kind == "stream" and line.data.get("state") == "started"
    if session is not None and session.ended_at is not None:
        gap_s = (line.at - session.ended_at).total_seconds()
        if starts and 0 <= gap_s <= sessions.SAME_S and session.state == "ended":
            return sessions.reopen(tx, session, ports)
        if kind in _LATE_KINDS or gap_s <= sessions.SAME_S:
            return session
    if starts or kind in _OPENERS:
        found = tx.rooms.get(room)
        if found is not None and found.archived_at is None:
            return sessions.open_session(tx, room, sessions.planned_show(tx, room, line.at), line.at, ports)
    return session


def _ends(line: StoredSignal) -> bool:
    return line.data["kind"] == "stream" and line.data.get("state") == "ended"


async def _count(fresh: Sequence[tuple[str, StoredSignal]], ports: Ports) -> None:
    """After the commit: what is on air is counted in memory; a session new here is read from the store, whole."""
    known = {live.session.id for live in ports.live}
    for session, stored in fresh:
        live = ports.live.get(session)
        if live is not None:
            live.tally.add(signal_of(stored.data, stored.source), live.seconds(stored.at))
    wanted = {session.id for session in await ports.store.read(lambda tx: tx.sessions.live())}
    for gone in known - wanted:
        ports.live.remove(gone)
    if wanted - known:
        await sessions.load_live(ports)


async def on_tick(live: LiveSession, now: datetime, ports: Ports) -> None:
    """Judges the room's next tick; what rings, changes or clears is promised in the transaction that keeps the state."""
    index = live.judged + 1
    changes = live.watch.step(live.tally.tick(index))
    state = live.watch.dump()

    def work(tx: Tx) -> None:
        session = tx.sessions.get(live.session.id)
        if session is None or session.state != "live":
            return
        tx.sessions.save_watch(live.session.id, index, state)
        for change in changes:
            alerts.on_change(tx, live, change, ports)

    try:
        await ports.store.write(work)
    except BaseException:
        ports.live.remove(live.session.id)  # memory has run ahead of what is stored: read it again
        await sessions.load_live(ports)
        raise
    live.judged = index


@dataclass(frozen=True, slots=True)
class NoteFigures:
    values: Annotated[Mapping[str, str], Arg("concurrent=320 orders=12", kind="values", help="arg.note_values")]
    room: Annotated[str | None, Arg("us_main", keyed=True, completer="room")] = None


async def note(request: NoteFigures, ctx: Context) -> Reply:
    """Figures by hand: totals so far, and the gauge."""
    if not request.values:
        raise UserError("note.nothing", try_instead="/note concurrent=320 orders=12")
    data: dict[str, Any] = {"kind": "note"}
    for name, text in request.values.items():
        data[name] = _figure(name, text)

    def work(tx: Tx) -> tuple[Reply, list[tuple[str, StoredSignal]]]:
        room = request.room
        if room is not None:
            lookup.active_room(tx, room)
        elif (found := _only_room(tx)) is not None:
            room = found
        else:
            raise UserError(
                "room.which", known=Listing(tuple(item.slug for item in tx.rooms.all())), try_instead="room=us_main"
            )
        source = f"{PERSON}{ctx.actor.person}"
        _, fresh = _keep(tx, room, [Incoming(ctx.now, source, None, data)], ctx.ports)
        if not fresh:
            raise ConflictError("session.none_live", room=room, try_instead=f"/show start {room}")
        record(tx, ctx, "note", room, after={name: value for name, value in data.items() if name != "kind"})
        told: tuple[Msg | str, ...] = tuple(f"{name} {value}" for name, value in data.items() if name != "kind")
        return reply(Text(msg("note.kept", room=room, figures=Listing(told))), tone="good"), fresh

    answer, fresh = await ctx.ports.store.write(work)
    await _count(fresh, ctx.ports)
    return answer


def _only_room(tx: Tx) -> str | None:
    live = tx.sessions.live()
    if len(live) == 1:
        return live[0].room
    rooms = tx.rooms.all()
    return rooms[0].slug if not live and len(rooms) == 1 else None


def _figure(name: str, text: str) -> Any:
    if name == "currency":
        if text.upper() not in CURRENCIES:
            raise UserError("currency.unknown", currency=text[:10], try_instead="currency=USD")
        return text.upper()
    if name == "gmv":
        if text.replace(".", "", 1).isdecimal():
            return text
        raise UserError("note.bad_number", name=name, value=text[:30], try_instead="gmv=1240.50")
    if name == "text":
        return text
    if name not in _NUMBERS:
        near = lookup.near(name, [*_NUMBERS, "gmv"])
        raise UserError("note.unknown", name=name[:30], known=near, try_instead="/note concurrent=320 orders=12")
    if not text.isdecimal() or int(text) > _MAX:
        raise UserError("note.bad_number", name=name, value=text[:30], try_instead=f"{name}=12")
    return int(text)
