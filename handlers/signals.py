"""Signals in: stored once, counted, judged tick by tick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from bot.core.command import Arg, Context
from bot.core.errors import ConflictError, NotFoundError, UserError
from bot.core.live import LiveSession
from bot.core.model import Room
from bot.core.money import CURRENCIES
from bot.core.ports import Ports, Tx
from bot.core.reply import Listing, Msg, Reply, Text, msg, reply
from bot.core.signal import PERSON, TOTALS, signal_of
from handlers import alerts, lookup, sessions
from handlers.homes import Incoming, Kept, keep
from handlers.lookup import record

_NUMBERS = ("concurrent", *TOTALS)
_MAX = 10**12
_GMV_DIGITS = 12
LATE_TICKS = 6
"""A line may come so much later than its own time and still be judged: a minute."""


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

    def work(tx: Tx) -> tuple[Accepted, Kept]:
        if tx.rooms.get(batch.room) is None:
            raise NotFoundError("room.unknown", room=batch.room[:60], known=None)
        before = tx.signals.webhook(batch.room, batch.webhook_id)
        if before == batch.digest:
            return Accepted(0, len(batch.signals)), Kept((), 0)
        if before is not None:
            raise ConflictError("signals.other_body", id=batch.webhook_id[:80])
        tx.signals.remember_webhook(batch.room, batch.webhook_id, batch.digest, now, len(batch.signals))
        kept = keep(tx, batch.room, batch.signals, ports)
        return Accepted(len(kept.lines), len(batch.signals) - len(kept.lines)), kept

    accepted, kept = await ports.store.write(work)
    await _count(kept, ports)
    return accepted


async def _count(kept: Kept, ports: Ports) -> None:
    """After the commit: what is on air is counted in memory; a session new there is read from the store, whole."""
    await sessions.load_live(ports)
    for session, stored in kept.lines:
        live = ports.live.get(session or "")
        if live is not None and kept.mark > live.mark:  # else it was among what was read
            live.tally.add(signal_of(stored.data, stored.source), live.seconds(stored.at))


async def on_tick(live: LiveSession, now: datetime, ports: Ports) -> None:
    """Judges the room's next tick; what rings, changes or clears is promised in the transaction keeping the state."""
    index = live.judged + 1
    live.watch.amend([live.tally.tick(late) for late in range(max(0, index - LATE_TICKS), index)])
    changes = live.watch.step(live.tally.tick(index))
    state = live.watch.dump()

    def work(tx: Tx) -> Room | None:
        session = tx.sessions.get(live.session.id)
        if session is None or session.state != "live":
            return None
        live.session = session  # a show may have joined it
        tx.sessions.save_watch(live.session.id, index, state)
        for change in changes:
            alerts.on_change(tx, live, change, ports)
        return tx.rooms.get(session.room)

    try:
        room = await ports.store.write(work)
        if room is None:
            ports.live.remove(live.session.id)
        else:
            live.tune(room.sensitivity)  # it may have been changed while this session was being read
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

    def work(tx: Tx) -> tuple[Reply, Kept]:
        room = lookup.one_room(tx, request.room, try_instead="room=us_main").slug
        source = f"{PERSON}{ctx.actor.person}"
        kept = keep(tx, room, [Incoming(ctx.now, source, None, data)], ctx.ports)
        session = kept.lines[0][0]
        if session is None:
            raise ConflictError("session.none_live", room=room, try_instead=f"/show start {room}")
        figures = {name: value for name, value in data.items() if name != "kind"}
        record(tx, ctx, "note", room, after=figures, of=session)
        told: tuple[Msg | str, ...] = tuple(f"{name} {value}" for name, value in figures.items())
        return reply(Text(msg("note.kept", room=room, figures=Listing(told))), tone="good"), kept

    answer, kept = await ctx.ports.store.write(work)
    await _count(kept, ctx.ports)
    return answer


def _figure(name: str, text: str) -> Any:
    if name == "currency":
        if text.upper() not in CURRENCIES:
            raise UserError("currency.unknown", currency=text[:10], try_instead="currency=USD")
        return text.upper()
    if name == "gmv":
        if text.replace(".", "", 1).isdecimal() and len(text.partition(".")[0]) <= _GMV_DIGITS:
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
