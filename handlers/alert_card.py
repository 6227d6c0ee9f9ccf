"""The one message of an alert, as it stands."""

from __future__ import annotations

from dataclasses import replace

from bot.core.ports import Ports, Tx
from bot.core.records import Alert, Prompt
from bot.core.reply import (
    Actions,
    Block,
    Button,
    Heading,
    Listing,
    Note,
    Reply,
    Say,
    Span,
    Text,
    Tone,
    When,
    msg,
    reply,
)


def card(tx: Tx, alert: Alert, ports: Ports) -> Reply:
    """The alert's one message, as it stands: what, why, lines to say, who took it."""
    names = {person.slug: person.name for person in tx.people.all()}
    title = "cleared_title" if alert.state == "resolved" else "title"
    blocks: list[Block] = [
        Heading(msg("alert.headline", room=alert.room, title=msg(f"alert.{alert.kind}.{title}"))),
        Text(alert.now),
    ]
    if alert.state == "resolved" and alert.resolved_at is not None:
        blocks.append(
            Note(
                msg(
                    "alert.was",
                    reason=alert.reason,
                    took=Span(int((alert.resolved_at - alert.opened_at).total_seconds())),
                )
            )
        )
    prompts = [item for item in tx.alerts.prompts(alert.session) if item.alert == alert.id]
    for prompt in prompts:
        blocks += _line(prompt, names)
    for tactic, needed in alert.missing:
        facts = Listing(tuple(msg(f"core.fact.{name}") for name in needed))
        blocks.append(Note(msg("prompt.missing", tactic=msg(f"core.tactic.{tactic}"), facts=facts)))
    if alert.by is not None and alert.state in ("acknowledged", "resolved"):
        blocks.append(
            Note(
                msg(
                    "alert.acknowledged_by",
                    who=names.get(alert.by, alert.by),
                    when=When(alert.by_at, style="time") if alert.by_at else None,
                )
            )
        )
    if alert.state == "snoozed":
        blocks.append(
            Note(
                msg(
                    "alert.snoozed_until",
                    when=When(alert.snoozed_until, ports.team.zone, "time") if alert.snoozed_until else None,
                )
            )
        )
    blocks += buttons(alert)
    tone: Tone = "good" if alert.state == "resolved" else "alert" if alert.state == "open" else "warning"
    return reply(*blocks, tone=tone)


def _line(prompt: Prompt, names: dict[str, str]) -> list[Block]:
    said = Say(prompt.text, prompt.language, msg(f"core.tactic.{prompt.tactic}"), prompt.gloss)
    if prompt.state == "offered":
        return [replace(said, buttons=(Button(msg("button.used"), "prompt used", {"prompt": prompt.id}),))]
    who = names.get(prompt.by or "", prompt.by)
    return [
        said,
        Note(msg(f"prompt.state_{prompt.state}", who=who, when=When(prompt.at, style="time") if prompt.at else None)),
    ]


def buttons(alert: Alert) -> list[Block]:
    why = Button(msg("button.why"), "why", {"subject": alert.id})
    if alert.state == "resolved":
        return [Actions((why,))]
    found = [Button(msg("button.snooze"), "alert snooze", {"alert": alert.id, "by": "10m"}), why]
    if alert.state != "acknowledged":
        found.insert(0, Button(msg("button.ack"), "alert ack", {"alert": alert.id}, "primary"))
    return [Actions(tuple(found))]


def redraw(tx: Tx, alert_id: str, ports: Ports) -> None:
    alert = tx.alerts.get(alert_id)
    if alert is not None and tx.outbox.by_key(f"alert:{alert_id}") is not None:
        tx.outbox.edit(f"alert:{alert_id}", card(tx, alert, ports), ports.clock.now())
