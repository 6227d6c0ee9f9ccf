"""The host's attention: nudges wait here for a free slot, and what is no longer worth saying is dropped and counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from bot.core.attention import Nudge, choose
from bot.core.events import NudgeDue
from bot.core.model import Session
from bot.core.ports import Ports, Tx
from bot.core.records import NudgeRow, Post
from bot.core.rundown import LEAD_S
from handlers import alert_card


def add(tx: Tx, nudge: NudgeRow, now: datetime) -> None:
    """Queues a nudge; the budget decides when, and whether, it goes out."""
    tx.alerts.save_nudge(nudge)
    tx.timers.set("NudgeDue", nudge.session, now)


def drop_waiting(tx: Tx, session: Session, now: datetime) -> None:
    """The session is over: what still waits for its slot has lost its moment."""
    for nudge in tx.alerts.nudges(session.id):
        if nudge.state == "waiting":
            tx.alerts.save_nudge(replace(nudge, state="dropped", at=now, why="ended"))


def on_nudge_due(tx: Tx, event: NudgeDue, ports: Ports) -> None:
    session = tx.sessions.get(event.subject)
    if session is None:
        return
    rows = {row.id: row for row in tx.alerts.nudges(session.id)}
    waiting = [
        Nudge(row.id, row.kind, row.due_at.timestamp(), row.expires_at.timestamp())
        for row in rows.values()
        if row.state == "waiting"
    ]
    sent = [row.at.timestamp() for row in rows.values() if row.state == "sent" and row.at is not None]
    choice = choose(
        waiting,
        last_sent_s=max(sent, default=None),
        now_s=event.now.timestamp(),
        next_release_s=_next_release(tx, session, event.now),
    )
    for nudge, why in choice.dropped:
        tx.alerts.save_nudge(replace(rows[nudge.id], state="dropped", at=event.now, why=why))
        _mark(tx, rows[nudge.id].subject, "dropped", ports)
    if choice.send is not None:
        _send(tx, rows[choice.send.id], ports, event.now)
    if choice.wake_s is not None and session.state == "live":
        wake = datetime.fromtimestamp(choice.wake_s, UTC)
        tx.timers.set("NudgeDue", session.id, max(wake, event.now + timedelta(milliseconds=1)))


def _send(tx: Tx, row: NudgeRow, ports: Ports, now: datetime) -> None:
    tx.alerts.save_nudge(replace(row, state="sent", at=now))
    promise = Post(
        f"nudge:{row.id}",
        "host",
        f"nudge.{row.kind}",
        row.reply,
        row.subject,
        to=row.to,
        urgent=True,
        expires_at=row.expires_at,
    )
    tx.outbox.post(promise, now)
    _mark(tx, row.subject, "sent", ports)


def _mark(tx: Tx, subject: str, state: Literal["sent", "dropped"], ports: Ports) -> None:
    """What became of the cue the nudge was for; a dropped one is not still to come. Of a hand-off the team sees it."""
    cue = tx.shows.cue(subject)
    if cue is not None and cue.state == "planned":
        tx.shows.save_cue(replace(cue, state=state))
    hand_off = tx.hand_offs.get(subject)
    if hand_off is not None:
        alert_card.redraw(tx, hand_off.about, ports)


def _next_release(tx: Tx, session: Session, now: datetime) -> float | None:
    """When the next release cue will want its slot: its moment less its lead time."""
    show = tx.shows.get(session.show) if session.show else None
    if show is None:
        return None
    base = max(show.starts_at, session.started_at)
    due = (
        base + timedelta(seconds=cue.at_s - LEAD_S)
        for cue in tx.shows.cues(show.id)
        if cue.kind == "release" and cue.state == "planned"
    )
    return min((at.timestamp() for at in due if at > now), default=None)
