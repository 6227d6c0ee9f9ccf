"""Hand-offs: sent to the host by the operators when a room is cold, used by the host, and gone with the sibling."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated

from bot.core.command import Arg, Context
from bot.core.errors import ConflictError
from bot.core.model import Session
from bot.core.planning_port import HandOff
from bot.core.ports import Ports, Tx
from bot.core.records import Alert, NudgeRow
from bot.core.reply import Reply, Text, When, msg, reply
from handlers import alert_card, asking, handoff_card, handoff_offers, lookup, nudging, prompting, rundowns
from handlers.lookup import record

LIVES = timedelta(seconds=120)
"""A line the host could not get by then is dropped; the operators may send it once more."""
_RECENT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OneHandOff:
    hand_off: Annotated[str, Arg("h1", completer="hand_off", help="arg.hand_off")]


async def send(request: OneHandOff, ctx: Context) -> Reply:
    """The operators decide that a cold room's viewers are sent on: the host gets the line in the next free slot."""

    def work(tx: Tx) -> Reply:
        hand_off, session = _offered(tx, request.hand_off)
        alert = tx.alerts.get(hand_off.about)
        if alert is None or hand_off.why != "cold":
            raise ConflictError("handoff.of_cue", hand_off=hand_off.id, cue=hand_off.about)
        if alert.state == "resolved":
            raise ConflictError("alert.is_resolved", alert=alert.id, try_instead="/now")
        if session.state != "live":
            raise ConflictError("session.none_live", room=session.room, try_instead="/now")
        last = handoff_card.nudge(tx, hand_off)
        if last is not None and last.state != "dropped":
            raise _sent(tx, hand_off)
        if not handoff_offers.is_good(tx, hand_off, ctx.ports, ctx.now):
            to = handoff_card.name(tx, hand_off.room)
            raise ConflictError("handoff.gone", room=to, try_instead=f"/prompt {session.room}")
        _nudge(tx, hand_off, session, ctx.now)
        record(tx, ctx, "handoff.send", hand_off.id, "offered", "sent")
        asking.answered(tx, ctx, alert.id, asking.ALERT, "handoff.send")
        prompting.on_alert_taken(tx, alert, ctx.now)
        alert_card.redraw(tx, alert.id, ctx.ports)
        return reply(Text(msg("handoff.said_send", room=handoff_card.name(tx, hand_off.room))), private=True)

    return await ctx.ports.store.write(work)


def _offered(tx: Tx, text: str) -> tuple[HandOff, Session]:
    """A hand-off that nobody has used, with the session whose viewers it is for."""
    hand_off = lookup.hand_off(tx, text)
    session = tx.sessions.get(hand_off.session)
    if session is None:
        raise LookupError(f"hand-off {hand_off.id} has no session")
    if hand_off.used_at is not None:
        who, when = lookup.name(tx, hand_off.used_by or ""), When(hand_off.used_at, style="time")
        raise ConflictError("handoff.is_used", hand_off=hand_off.id, who=who, when=when)
    return hand_off, session


def _sent(tx: Tx, hand_off: HandOff) -> ConflictError:
    who, when = lookup.who_did(tx, hand_off.id, "handoff.send") or (msg("none"), None)
    return ConflictError("handoff.is_sent", hand_off=hand_off.id, who=who, when=when)


def _nudge(tx: Tx, hand_off: HandOff, session: Session, now: datetime) -> None:
    show = tx.shows.get(session.show) if session.show else None
    row = NudgeRow(
        id=tx.next_id("n"),
        session=session.id,
        kind="hand_off",
        due_at=now,
        expires_at=now + LIVES,
        subject=hand_off.id,
        reply=handoff_card.host_card(tx, hand_off, session.room),
        to=show.host if show else None,
    )
    nudging.add(tx, row, now)


async def used(request: OneHandOff, ctx: Context) -> Reply:
    """The host has sent the viewers on; from now on those who come are counted."""

    def work(tx: Tx) -> Reply:
        hand_off, session = _offered(tx, request.hand_off)
        if hand_off.why == "end":
            raise ConflictError("handoff.of_cue", hand_off=hand_off.id, cue=hand_off.about)
        new = replace(hand_off, used_at=ctx.now, used_by=ctx.actor.person)
        tx.hand_offs.save(new)
        last = handoff_card.nudge(tx, new)
        record(tx, ctx, "handoff.used", hand_off.id, "offered" if last is None else "sent", "used")
        if last is not None and last.state == "sent":
            tx.outbox.edit(f"nudge:{last.id}", handoff_card.host_card(tx, new, session.room), ctx.now)
        elif last is not None and last.state == "waiting":
            tx.alerts.save_nudge(replace(last, state="dropped", at=ctx.now, why="done"))
        asking.answered(tx, ctx, hand_off.about, asking.ALERT, "handoff.used")
        if (alert := tx.alerts.get(hand_off.about)) is not None:
            prompting.on_alert_taken(tx, alert, ctx.now)
        alert_card.redraw(tx, hand_off.about, ctx.ports)
        return reply(Text(msg("handoff.said_used", room=handoff_card.name(tx, hand_off.room))), private=True)

    return await ctx.ports.store.write(work)


def on_off_air(tx: Tx, room: str, ports: Ports, now: datetime) -> None:
    """The room has gone off air: nobody may be sent there any more, and who was to be is sent elsewhere."""
    for found in tx.hand_offs.to_room(room, now - _RECENT):
        session = tx.sessions.get(found.session)
        is_open = found.is_to_live and found.stands and found.used_at is None
        if not is_open or session is None or session.state != "live":
            continue
        alert, cue = tx.alerts.get(found.about), tx.shows.cue(found.about)
        if alert is not None:
            _elsewhere(tx, alert, session, ports, now)
        elif cue is not None and cue.state in ("planned", "sent"):
            handoff_offers.at_end(tx, session, cue, ports, now)
            rundowns.redraw_by_id(tx, cue.id, now)


def _elsewhere(tx: Tx, alert: Alert, session: Session, ports: Ports, now: datetime) -> None:
    handoff_offers.when_cold(tx, alert, session, ports, now)
    alert_card.redraw(tx, alert.id, ports)
