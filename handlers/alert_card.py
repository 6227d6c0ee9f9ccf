"""The one message of an alert, as it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.core.escalation import Audience
from bot.core.ports import Ports, Tx
from bot.core.records import Alert, Prompt
from bot.core.reply import (
    Actions,
    Block,
    Button,
    Heading,
    Item,
    Items,
    Line,
    Listing,
    Msg,
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
from handlers import asking, handoff_card, lookup

_TONES: Mapping[str, Tone] = {"notice": "warning", "warning": "alert", "urgent": "alert"}
"""How an alert looks that nobody has taken; a taken or snoozed one looks like the mildest."""


def card(tx: Tx, alert: Alert, ports: Ports) -> Reply:
    """The alert's one message, as it stands: what, how bad, why, lines to say, who took it."""
    names = {person.slug: person.name for person in tx.people.all()}
    blocks: list[Block] = [Heading(_title(alert)), Text(alert.now)]
    if alert.state == "resolved" and alert.resolved_at is not None:
        took = Span(int((alert.resolved_at - alert.opened_at).total_seconds()))
        blocks.append(Note(msg("alert.was", reason=alert.reason, took=took)))
    prompts = [item for item in tx.alerts.prompts(alert.session) if item.alert == alert.id]
    for prompt in prompts:
        blocks += _line(prompt, names)
    blocks += handoff_card.of_alert(tx, alert)
    for tactic, needed in alert.missing:
        facts = Listing(tuple(msg(f"core.fact.{name}") for name in needed))
        blocks.append(Note(msg("prompt.missing", tactic=msg(f"core.tactic.{tactic}"), facts=facts)))
    return _standing(tx, alert, ports, blocks)


def again(tx: Tx, alert: Alert, ports: Ports) -> Reply:
    """The message that rings once more after a snooze, as it stands."""
    return _standing(tx, alert, ports, [Text(msg("alert.snooze_over", title=_title(alert))), Note(alert.now)])


def worse(tx: Tx, alert: Alert, ports: Ports) -> Reply:
    """The message that rings once more because it has become urgent after somebody had answered, as it stands."""
    return _standing(tx, alert, ports, [Text(msg("alert.worse", title=_title(alert))), Note(alert.now)])


def asked(tx: Tx, key: str, audience: Audience, ports: Ports) -> Reply:
    """The message by which alerts that nobody has taken are put to an audience once more, as they stand."""
    found = tx.asks.of_message(key)
    waiting = [question for question in found if question.is_open]
    alerts = [alert for subject in dict.fromkeys(item.subject for item in found) if (alert := tx.alerts.get(subject))]
    who = asking.names(tx, audience, {question.room for question in waiting})
    is_clear = all(item.state == "resolved" for item in alerts)
    settled = msg("ask.alert.clear" if is_clear else "ask.alert.settled", n=len(alerts))
    title = msg("ask.alert.call", who=who, n=len(waiting)) if waiting else settled
    rows = []
    for alert in alerts:
        actions = _buttons(alert, can_be_taken=not is_over(tx, alert))
        text = msg("ask.alert.item", title=_title(alert), now=alert.now)
        rows.append(Item(text, note=_in_short(tx, alert, ports), buttons=actions.buttons))
    tone: Tone = "alert" if waiting else "good" if is_clear else "warning"
    return reply(Heading(title), Items(tuple(rows)), tone=tone)


def _in_short(tx: Tx, alert: Alert, ports: Ports) -> Line:
    """Who has it; or for how long it has waited, and whom it goes to next."""
    if alert.state == "resolved" and alert.resolved_at is not None:
        return msg("ask.alert.over", took=Span(int((alert.resolved_at - alert.opened_at).total_seconds())))
    if is_over(tx, alert):
        return msg("alert.until_the_end")
    if alert.state == "snoozed":
        return _snoozed(tx, alert, ports)
    if alert.state == "acknowledged":
        return taken_by(tx, alert)
    question = asking.latest(tx, alert.id, asking.ALERT)
    if question is not None and (said := asking.answered_line(tx, question)) is not None:
        return said
    since = Span(int((ports.clock.now() - alert.opened_at).total_seconds()) // 60 * 60)
    coming = asking.next_line(question) if question is not None else None
    return (
        msg("ask.alert.waits", since=since) if coming is None else msg("ask.alert.waits_next", since=since, next=coming)
    )


def _title(alert: Alert) -> Msg:
    """The room, what it is and, until its all-clear, how bad."""
    if alert.state == "resolved":
        return msg("alert.headline", room=alert.room, title=msg(f"alert.{alert.kind}.cleared_title"))
    title, severity = msg(f"alert.{alert.kind}.title"), msg(f"severity.{alert.severity}")
    return msg("alert.headline_severity", room=alert.room, title=title, severity=severity)


def _standing(tx: Tx, alert: Alert, ports: Ports, blocks: list[Block]) -> Reply:
    """What every message of an alert ends with: who took it, until when it is quiet, what can be pressed; its look."""
    over = alert.state != "resolved" and is_over(tx, alert)
    if alert.by is not None and alert.state in ("acknowledged", "resolved"):
        blocks.append(Note(taken_by(tx, alert)))
    if alert.state == "snoozed":
        blocks.append(Note(_snoozed(tx, alert, ports)))
    if over:
        blocks.append(Note(msg("alert.until_the_end")))
    elif alert.state == "open":
        blocks += asking.standing(tx, alert.id, asking.ALERT)
    if alert.not_useful_by is not None:
        blocks.append(not_useful(tx, alert))
    is_ringing = alert.state == "open" and not over
    tone: Tone = "good" if alert.state == "resolved" else _TONES[alert.severity] if is_ringing else "warning"
    return reply(*blocks, _buttons(alert, can_be_taken=not over), tone=tone)


def taken_by(tx: Tx, alert: Alert) -> Msg:
    """Who acknowledged it, and when."""
    when = When(alert.by_at, style="time") if alert.by_at else None
    return msg("alert.acknowledged_by", who=lookup.name(tx, alert.by or ""), when=when)


def _snoozed(tx: Tx, alert: Alert, ports: Ports) -> Msg:
    until = When(alert.snoozed_until, ports.team.zone, "time") if alert.snoozed_until else None
    return msg("alert.snoozed_until", who=lookup.name(tx, alert.by or ""), when=until)


def not_useful(tx: Tx, alert: Alert) -> Note:
    """Who said that it should not have rung."""
    when = When(alert.not_useful_at, style="time") if alert.not_useful_at else None
    return Note(msg("alert.not_useful_by", who=lookup.name(tx, alert.not_useful_by or ""), when=when))


def is_over(tx: Tx, alert: Alert) -> bool:
    """Whether the session it rang in has ended."""
    session = tx.sessions.get(alert.session)
    return session is None or session.state != "live"


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


def _buttons(alert: Alert, *, can_be_taken: bool) -> Actions:
    """Taking and snoozing end with the alert and its show; saying whether it was any use does not."""
    of_it = {"alert": alert.id}
    found: list[Button] = []
    if can_be_taken and alert.state != "resolved":
        if alert.state != "acknowledged":
            found.append(Button(msg("button.ack"), "alert ack", of_it, "primary"))
        found.append(Button(msg("button.snooze"), "alert snooze", {**of_it, "by": "10m"}))
    said = alert.not_useful_by is not None
    found.append(
        Button(msg("button.useful"), "alert useful", of_it)
        if said
        else Button(msg("button.not_useful"), "alert not_useful", of_it)
    )
    return Actions((*found, Button(msg("button.why"), "why", {"subject": alert.id})))


RUNG_AGAIN: Mapping[str, Callable[[Tx, Alert, Ports], Reply]] = {"alert.again": again, "alert.worse": worse}
"""Further messages of an alert, by kind; they follow it as its card does."""


def redraw(tx: Tx, alert_id: str, ports: Ports) -> None:
    """Edits every message of the alert to how it stands."""
    alert = tx.alerts.get(alert_id)
    if alert is None or tx.outbox.by_key(f"alert:{alert_id}") is None:
        return
    now = ports.clock.now()
    tx.outbox.edit(f"alert:{alert_id}", card(tx, alert, ports), now)
    for message in tx.outbox.of_subject(alert_id):
        if message.kind in RUNG_AGAIN:
            tx.outbox.edit(message.key, RUNG_AGAIN[message.kind](tx, alert, ports), now)
    for key, audience in asking.copies(tx, alert_id, asking.ALERT):
        tx.outbox.edit(key, asked(tx, key, audience, ports), now)
