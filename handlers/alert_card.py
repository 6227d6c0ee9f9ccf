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
    over = alert.state != "resolved" and is_over(tx, alert)
    if over:
        blocks.append(Note(msg("alert.until_the_end")))
    blocks += [Actions((_why(alert),))] if over else buttons(alert)
    tone: Tone = "good" if alert.state == "resolved" else "alert" if alert.state == "open" and not over else "warning"
    return reply(*blocks, tone=tone)


def is_over(tx: Tx, alert: Alert) -> bool:
    """Whether the session it rang in has ended."""
    session = tx.sessions.get(alert.session)
    return session is None or session.state != "live"


def _why(alert: Alert) -> Button:
    return Button(msg("button.why"), "why", {"subject": alert.id})


def _line(prompt: Prompt, names: dict[str, str]) -> list[Block]:
    said = Say(prompt.text, prompt.language, msg(f"core.tactic.{prompt.tactic}"), prompt.gloss)
    if prompt.state == "offered":
        return [replace(said, buttons=(Button(msg("button.used"), "prompt used", {"prompt": prompt.id}),))]
    if prompt.by is None:
        return [said, Note(msg("prompt.taken_back"))]
    who = names.get(prompt.by, prompt.by)
    return [
        said,
        Note(msg(f"prompt.state_{prompt.state}", who=who, when=When(prompt.at, style="time") if prompt.at else None)),
    ]


def buttons(alert: Alert) -> list[Block]:
    why = _why(alert)
    if alert.state == "resolved":
        return [Actions((why,))]
    found = [Button(msg("button.snooze"), "alert snooze", {"alert": alert.id, "by": "10m"}), why]
    if alert.state != "acknowledged":
        found.insert(0, Button(msg("button.ack"), "alert ack", {"alert": alert.id}, "primary"))
    return [Actions(tuple(found))]


def again(tx: Tx, alert: Alert) -> Reply:
    """The message that rings once more after a snooze, as it stands."""
    title = msg("alert.headline", room=alert.room, title=msg(f"alert.{alert.kind}.title"))
    over = is_over(tx, alert)
    rest = [Actions((_why(alert),))] if over else buttons(alert)
    tone: Tone = "alert" if alert.state == "open" and not over else "normal"
    return reply(Text(msg("alert.snooze_over", title=title)), Note(alert.now), *rest, tone=tone)


def redraw(tx: Tx, alert_id: str, ports: Ports) -> None:
    """Edits every message of the alert to how it stands."""
    alert = tx.alerts.get(alert_id)
    if alert is None or tx.outbox.by_key(f"alert:{alert_id}") is None:
        return
    now = ports.clock.now()
    tx.outbox.edit(f"alert:{alert_id}", card(tx, alert, ports), now)
    for message in tx.outbox.of_subject(alert_id):
        if message.kind == "alert.again":
            tx.outbox.edit(message.key, again(tx, alert), now)
