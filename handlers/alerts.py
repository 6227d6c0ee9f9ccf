"""Alerts: one message per alert, edited as it develops, and what people do with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated

from bot.core.command import Arg, Context
from bot.core.errors import ConflictError
from bot.core.escalation import AskKind
from bot.core.events import SnoozeOver
from bot.core.live import LiveSession
from bot.core.model import Session
from bot.core.ports import Ports, Tx
from bot.core.records import Alert, Post
from bot.core.reply import Note, Reply, Text, When, msg, reply
from bot.core.verdict import SEVERITIES
from bot.core.watch import Change
from handlers import alert_card, asking, handoff_offers, lookup, prompting
from handlers.lookup import record

_PROMPTED = ("cold_room",)
"""Alerts that a line from the host can answer."""
_AGAIN_LIVES = timedelta(minutes=10)
"""What rings once more about an open alert is not worth sending later than this."""

AlertId = Annotated[str | None, Arg("a1", completer="alert")]


@dataclass(frozen=True, slots=True)
class OneAlert:
    alert: AlertId = None


@dataclass(frozen=True, slots=True)
class Snooze:
    alert: AlertId = None
    by: Annotated[int, Arg("10m", kind="duration", help="arg.snooze_by")] = 600


def on_change(tx: Tx, live: LiveSession, change: Change, ports: Ports) -> None:
    """A rule rang, went on or cleared."""
    now = ports.clock.now()
    session = live.session
    current = next(
        (item for item in tx.alerts.open(session.room) if item.kind == change.rule and item.session == session.id), None
    )
    if change.kind == "opened" and current is None:
        _open(tx, live, change, ports, now)
    elif current is None:
        return
    elif change.kind == "cleared":
        _clear(tx, current, change, live, ports, now)
    elif change.kind == "going_on":
        _go_on(tx, live.session, current, change, ports, now)


def _open(tx: Tx, live: LiveSession, change: Change, ports: Ports, now: datetime) -> None:
    session = live.session
    alert = Alert(
        id=tx.next_id("a"),
        room=session.room,
        kind=change.rule,
        session=session.id,
        opened_at=session.started_at + timedelta(seconds=change.t_s),
        opened_s=change.t_s,
        state="open",
        severity=change.finding.severity,
        reason=change.finding.reason,
        evidence=change.finding.evidence,
        now=change.finding.reason,
    )
    tx.alerts.save(alert)
    if change.rule in _PROMPTED:
        missing = prompting.offer(tx, alert, session, live.tally.pins, ports, now)
        alert = replace(alert, missing=missing)
        tx.alerts.save(alert)
        prompting.nudge_host(tx, alert, session, now)
        handoff_offers.when_cold(tx, alert, session, ports, now)
    key = f"alert:{alert.id}"
    asking.ask(tx, _ladder(alert), alert.id, alert.room, key, now)
    answer = alert_card.card(tx, alert, ports)
    tx.outbox.post(Post(key, "team", f"alert.{alert.kind}", answer, alert.id, urgent=True), now)


def _go_on(tx: Tx, session: Session, before: Alert, change: Change, ports: Ports, now: datetime) -> None:
    """Present figures; the worst it has been stays. Once it cannot wait, and nobody has it, that is said."""
    worst = max(before.severity, change.finding.severity, key=SEVERITIES.index)
    alert = replace(before, now=change.finding.reason, severity=worst)
    tx.alerts.save(alert)
    has_become_urgent = alert.severity == "urgent" and before.severity != "urgent"
    if has_become_urgent and alert.state == "open":
        _hurry(tx, alert, ports, now)
    if alert.kind in _PROMPTED:
        handoff_offers.when_cold(tx, alert, session, ports, now)
    if alert.state != "snoozed":
        alert_card.redraw(tx, alert.id, ports)


def _ladder(alert: Alert) -> AskKind:
    return "alert_urgent" if alert.severity == "urgent" else "alert"


def _hurry(tx: Tx, alert: Alert, ports: Ports, now: datetime) -> None:
    """The next are asked sooner; where it had been answered (a line was used, and did not help), it is asked anew."""
    question = asking.latest(tx, alert.id, asking.ALERT)
    if question is not None and question.is_open:
        asking.hurry(tx, question, _ladder(alert), now)
        return
    _ring(tx, alert, f"worse:{alert.id}", "alert.worse", ports, now)


def _ring(tx: Tx, alert: Alert, key: str, kind: str, ports: Ports, now: datetime) -> None:
    """It is asked anew, by a message of its own."""
    asking.ask(tx, _ladder(alert), alert.id, alert.room, key, now)
    answer = alert_card.RUNG_AGAIN[kind](tx, alert, ports)
    until = now + _AGAIN_LIVES
    tx.outbox.post(Post(key, "team", kind, answer, alert.id, urgent=True, expires_at=until), now)


def _clear(tx: Tx, alert: Alert, change: Change, live: LiveSession, ports: Ports, now: datetime) -> None:
    at = live.session.started_at + timedelta(seconds=change.t_s)
    tx.alerts.save(replace(alert, state="resolved", resolved_at=at, now=change.finding.reason))
    tx.timers.cancel("SnoozeOver", alert.id)
    asking.end(tx, alert.id, asking.ALERT, "cleared", now)
    alert_card.redraw(tx, alert.id, ports)
    prompting.withdraw(tx, alert, now)
    handoff_offers.on_alert_cleared(tx, alert, now)
    done = replace(alert, resolved_at=at)
    answer = reply(
        Text(msg("alert.headline", room=alert.room, title=msg(f"alert.{alert.kind}.cleared_title"))),
        Note(change.finding.reason),
        tone="good",
    )
    tx.outbox.post(Post(f"clear:{alert.id}", "team", "alert.clear", answer, done.id, urgent=True), now)


def on_session_turned(tx: Tx, session: Session, ports: Ports) -> None:
    """The session ended, or went on after all: an alert without its all-clear stays so, but rings only on air."""
    for alert in tx.alerts.of_session(session.id):
        if alert.state == "resolved":
            continue
        if alert.state == "snoozed":
            tx.timers.cancel("SnoozeOver", alert.id)
            alert = replace(alert, state="open", snoozed_until=None)  # noqa: PLW2901 - as it is from here on
            tx.alerts.save(alert)
        now = ports.clock.now()
        if session.state != "live":
            asking.end(tx, alert.id, asking.ALERT, "off_air", now)
        elif alert.state == "open":
            asking.ask(tx, _ladder(alert), alert.id, alert.room, f"alert:{alert.id}", now)
        alert_card.redraw(tx, alert.id, ports)


def _find(tx: Tx, text: str | None) -> Alert:
    """An alert that somebody can still do something about."""
    alert = lookup.alert(tx, text)
    if alert.state == "resolved":
        raise ConflictError("alert.is_resolved", alert=alert.id, try_instead=f"/why {alert.id}")
    if alert_card.is_over(tx, alert):
        raise ConflictError("alert.is_over", alert=alert.id, room=alert.room, try_instead=f"/why {alert.id}")
    return alert


async def ack(request: OneAlert, ctx: Context) -> Reply:
    def work(tx: Tx) -> Reply:
        alert = _find(tx, request.alert)
        if alert.state == "acknowledged":
            when = When(alert.by_at, style="time") if alert.by_at else None
            raise ConflictError("alert.is_acknowledged", alert=alert.id, who=lookup.name(tx, alert.by or ""), when=when)
        tx.alerts.save(replace(alert, state="acknowledged", by=ctx.actor.person, by_at=ctx.now, snoozed_until=None))
        tx.timers.cancel("SnoozeOver", alert.id)
        record(tx, ctx, "alert.ack", alert.id, alert.state, "acknowledged")
        _answer(tx, ctx, alert, "alert.ack")
        return reply(Text(msg("alert.acknowledged", alert=alert.id)), private=True)

    return await ctx.ports.store.write(work)


def _answer(tx: Tx, ctx: Context, alert: Alert, action: str) -> None:
    """Nobody is asked any more; all that see the alert, the host too, see who has it."""
    asking.answered(tx, ctx, alert.id, asking.ALERT, action)
    alert_card.redraw(tx, alert.id, ctx.ports)
    prompting.on_alert_taken(tx, alert, ctx.now)


async def snooze(request: Snooze, ctx: Context) -> Reply:
    def work(tx: Tx) -> Reply:
        alert = _find(tx, request.alert)
        until = ctx.now + timedelta(seconds=max(60, min(request.by, 4 * 3600)))
        if alert.snoozed_until is not None and until - alert.snoozed_until < timedelta(minutes=1):
            # The same press again, or one that adds nothing.
            when = When(alert.snoozed_until, ctx.ports.team.zone, "time")
            raise ConflictError("alert.is_snoozed", alert=alert.id, who=lookup.name(tx, alert.by or ""), when=when)
        tx.alerts.save(replace(alert, state="snoozed", by=ctx.actor.person, by_at=ctx.now, snoozed_until=until))
        tx.timers.set("SnoozeOver", alert.id, until)
        record(tx, ctx, "alert.snooze", alert.id, alert.state, ["snoozed", until.isoformat()])
        _answer(tx, ctx, alert, "alert.snooze")
        return reply(
            Text(msg("alert.snoozed", alert=alert.id, when=When(until, ctx.ports.team.zone, "time"))), private=True
        )

    return await ctx.ports.store.write(work)


def on_snooze_over(tx: Tx, event: SnoozeOver, ports: Ports) -> None:
    """Still not resolved: it rings again, in words of its own."""
    alert = tx.alerts.get(event.subject)
    if alert is None or alert.state != "snoozed" or alert_card.is_over(tx, alert):
        return
    ringing = replace(alert, state="open", snoozed_until=None)
    tx.alerts.save(ringing)
    _ring(tx, ringing, f"snooze-over:{alert.id}:{event.due.isoformat()}", "alert.again", ports, event.now)
    alert_card.redraw(tx, alert.id, ports)


async def not_useful(request: OneAlert, ctx: Context) -> Reply:
    """It should not have rung. That changes nothing about it: it is said for whoever tunes the room."""

    def work(tx: Tx) -> Reply:
        alert = lookup.alert(tx, request.alert, try_instead="/alert not_useful a1")
        if alert.not_useful_by is not None:
            when = When(alert.not_useful_at, style="time") if alert.not_useful_at else None
            who = lookup.name(tx, alert.not_useful_by)
            raise ConflictError(
                "alert.is_not_useful", alert=alert.id, who=who, when=when, try_instead=f"/alert useful {alert.id}"
            )
        tx.alerts.save(replace(alert, not_useful_by=ctx.actor.person, not_useful_at=ctx.now))
        record(tx, ctx, "alert.not_useful", alert.id, "useful", "not useful")
        alert_card.redraw(tx, alert.id, ctx.ports)
        return reply(Text(msg("alert.said_not_useful", alert=alert.id, room=alert.room)), private=True)

    return await ctx.ports.store.write(work)


async def useful(request: OneAlert, ctx: Context) -> Reply:
    """Takes "not useful" back, whoever said it."""

    def work(tx: Tx) -> Reply:
        alert = lookup.alert(tx, request.alert, try_instead="/alert useful a1")
        if alert.not_useful_by is None:
            raise ConflictError("alert.is_useful", alert=alert.id, try_instead=f"/alert not_useful {alert.id}")
        tx.alerts.save(replace(alert, not_useful_by=None, not_useful_at=None))
        record(tx, ctx, "alert.useful", alert.id, "not useful", "useful")
        alert_card.redraw(tx, alert.id, ctx.ports)
        return reply(Text(msg("alert.said_useful", alert=alert.id)), private=True)

    return await ctx.ports.store.write(work)
