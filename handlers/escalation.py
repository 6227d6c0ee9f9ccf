"""Whom a question goes to next: takes the steps of its ladder as they fall due, and tells its story for /why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core import escalation
from bot.core.escalation import LADDERS, AskKind, Audience
from bot.core.events import AskDue
from bot.core.ports import Ports, Tx
from bot.core.records import Ask, AskEnd, AskStep, Message, Post
from bot.core.reply import Line, Msg, Reply, When, msg
from handlers import alert_card, asking, checklists, go_card, lookup, no_show, rundowns

_LIVES = timedelta(minutes=10)
"""What calls somebody about an open question is not worth sending later than this."""


@dataclass(frozen=True, slots=True)
class _Question:
    """What a kind of question does by itself.

    Attributes:
        moot: Why it is not worth asking any more, whatever its ladder says; None: it still is.
        draw: The message that puts it to a further audience; None: nobody is there to be asked.
        redraw: Edits every message of it.
    """

    moot: Callable[[Tx, Ask], AskEnd | None]
    draw: Callable[[Tx, Ask, Audience, str, Ports], Reply | None]
    redraw: Callable[[Tx, Ask, Ports, datetime], None]


def on_ask_due(tx: Tx, event: AskDue, ports: Ports) -> None:
    """Nobody has answered: the next are asked, or it ends and says so."""
    question = tx.asks.get(event.subject)
    if question is None or not question.is_open:
        return
    of_kind, now = _QUESTIONS[question.kind], event.now
    moot = of_kind.moot(tx, question)
    turn = escalation.turn(question.course, question.steps, now)
    for step in turn.dropped if moot is None else ():
        for audience in LADDERS[question.kind].steps[step].to:
            tx.asks.add_step(AskStep(question.id, step, audience, now, None, "dropped"))
    if moot is not None or turn.is_over:
        asking.end(tx, question.subject, (question.kind,), moot or "nobody", now)
        of_kind.redraw(tx, question, ports, now)
        return
    asking.move_on(tx, question, question.steps + len(turn.run), turn.next_at)
    for step in turn.run:
        for audience in LADDERS[question.kind].steps[step].to:
            _put(tx, question, step, audience, ports, now)
    of_kind.redraw(tx, question, ports, now)


def _put(tx: Tx, question: Ask, step: int, audience: Audience, ports: Ports, now: datetime) -> None:
    """One audience is asked, by a message of its own or by one that reached it within the last minute."""
    show = tx.shows.get(question.subject)
    host = show.host if show is not None and audience == "host" else None

    def note(key: str | None, outcome: str) -> None:
        tx.asks.add_step(AskStep(question.id, step, audience, now, key, outcome))  # type: ignore[arg-type]  # literals

    if audience == "host" and host is None:
        note(None, "nobody_there")
        return
    if host is not None and _is_on_air(tx, host):
        note(None, "on_air")  # the budget of their attention is for the show they are in
        return
    shared = _shared(tx, question, audience, now)
    key = shared or f"ask:{question.id}:{step}:{audience}"
    note(key, "asked")
    answer = _QUESTIONS[question.kind].draw(tx, question, audience, key, ports)
    if shared is not None or answer is None:
        return  # the redrawing that follows takes it in
    ends_at = question.course.ends_at
    until = now + _LIVES if ends_at is None else min(ends_at, now + _LIVES)
    subject = None if question.kind in asking.ALERT else question.subject
    kind = "ask.alert" if question.kind in asking.ALERT else f"ask.{question.kind}"
    pings = () if audience == "host" else asking.audience(tx, audience, (question.room,))
    post = Post(
        key, asking.CHANNELS[audience], kind, answer, subject, to=host, urgent=True, expires_at=until,
        room=question.room, pings=pings,
    )  # fmt: skip
    tx.outbox.post(post, now)


def _shared(tx: Tx, question: Ask, audience: Audience, now: datetime) -> str | None:
    """Alerts that come to the same people in the same places within a minute are one message while one is open.

    Whom it would call anew it must not be shared for: nobody is called by an edit.
    """
    if question.kind not in asking.ALERT:
        return None
    key = tx.asks.shared(audience, asking.ALERT, asking.recent(now))
    others = [] if key is None else tx.asks.of_message(key)
    channel = asking.CHANNELS[audience]
    where, called = tx.outbox.bound(channel, question.room), asking.audience(tx, audience, (question.room,))
    if any(tx.outbox.bound(channel, item.room) != where for item in others):
        return None
    is_new = not set(called) <= set(asking.audience(tx, audience, {item.room for item in others}))
    return key if not is_new and any(item.is_open for item in others) else None


def _is_on_air(tx: Tx, host: str) -> bool:
    shows = (tx.shows.get(session.show) for session in tx.sessions.live() if session.show)
    return any(show is not None and show.host == host for show in shows)


# -- the kinds -----------------------------------------------------------------


def _moot_show(tx: Tx, question: Ask) -> AskEnd | None:
    show = tx.shows.get(question.subject)
    if show is None or show.state in ("cancelled", "skipped", "ended"):
        return "cancelled"
    return "on_air" if show.state == "live" else None


def _draw_go(tx: Tx, question: Ask, audience: Audience, _key: str, ports: Ports) -> Reply | None:
    show = tx.shows.get(question.subject)
    return None if show is None else go_card.copy(tx, show, checklists.ensure(tx, show, ports), audience)


def _redraw_go(tx: Tx, question: Ask, ports: Ports, _now: datetime) -> None:
    checklists.redraw(tx, question.subject, ports)


def _draw_no_show(tx: Tx, question: Ask, _audience: Audience, _key: str, ports: Ports) -> Reply | None:
    show = tx.shows.get(question.subject)
    return None if show is None else no_show.copy(tx, show, ports.clock.now())


def _redraw_no_show(tx: Tx, question: Ask, ports: Ports, _now: datetime) -> None:
    show = tx.shows.get(question.subject)
    if show is not None:
        no_show.redraw(tx, show, ports)


def _moot_alert(tx: Tx, question: Ask) -> AskEnd | None:
    alert = tx.alerts.get(question.subject)
    if alert is None or alert.state == "resolved":
        return "cleared"
    return "off_air" if alert_card.is_over(tx, alert) else None


def _draw_alert(tx: Tx, _question: Ask, audience: Audience, key: str, ports: Ports) -> Reply | None:
    return alert_card.asked(tx, key, audience, ports)


def _redraw_alert(tx: Tx, question: Ask, ports: Ports, _now: datetime) -> None:
    alert_card.redraw(tx, question.subject, ports)


def _moot_cue(tx: Tx, question: Ask) -> AskEnd | None:
    cue = tx.shows.cue(question.subject)
    show = tx.shows.get(cue.show) if cue is not None else None
    if show is None or show.state != "live":
        return "off_air"
    return "dropped" if cue is None or cue.state in ("dropped", "done", "skipped") else None


def _draw_cue(tx: Tx, question: Ask, _audience: Audience, _key: str, _ports: Ports) -> Reply | None:
    return rundowns.called_card(tx, question.subject)


def _redraw_cue(tx: Tx, question: Ask, _ports: Ports, now: datetime) -> None:
    rundowns.redraw_by_id(tx, question.subject, now)


_GO = _Question(_moot_show, _draw_go, _redraw_go)
_ALERT = _Question(_moot_alert, _draw_alert, _redraw_alert)
_CUE = _Question(_moot_cue, _draw_cue, _redraw_cue)
_QUESTIONS: dict[AskKind, _Question] = {
    "go": _GO,
    "alert": _ALERT,
    "alert_urgent": _ALERT,
    "release": _CUE,
    "hand_off": _CUE,
    "no_show": _Question(_moot_show, _draw_no_show, _redraw_no_show),
}


# -- what /why tells -----------------------------------------------------------


def messages(tx: Tx, question: Ask) -> list[Message]:
    """All messages of a question: the one that asked first, what else its subject has on a screen, those of the steps.

    Each is drawn anew in the transaction of the answer.
    """
    keys = [question.key]
    if question.kind in asking.GO:
        keys.append(f"checklist:{question.subject}")
    elif question.kind not in asking.NO_SHOW:
        keys += [message.key for message in tx.outbox.of_subject(question.subject)]
    keys += [key for key, _ in asking.copies_of(tx, question)]
    return [found for key in dict.fromkeys(keys) if (found := tx.outbox.by_key(key)) is not None]


def story(tx: Tx, subject: str) -> list[Line]:
    """The ladder of every question about an alert, a show or a cue (or of one, by its own id or that of a message).

    Whom it was put to and when, who comes next and when, who answered and where; empty where nothing was asked.
    """
    message = tx.outbox.message(subject)
    own = tx.asks.get(subject)
    found = tx.asks.of_message(message.key) if message is not None else [own] if own else tx.asks.of_subject(subject)
    return [line for question in found for line in _told(tx, question)]


def _told(tx: Tx, question: Ask) -> list[Line]:
    first = tx.outbox.by_key(question.key)
    lines: list[Line] = [
        msg(
            "ask.story.asked",
            ask=question.id,
            kind=msg(f"ask.kind.{question.kind}"),
            when=_at(question.asked_at),
            who=msg(f"ask.who.{LADDERS[question.kind].first}"),
            message=first.id if first is not None else msg("none"),
        )
    ]
    for step in tx.asks.steps(question.id):
        sent = tx.outbox.by_key(step.key) if step.key is not None else None
        who, when = msg(f"ask.who.{step.audience}"), _at(step.at)
        if sent is not None:
            lines.append(msg("ask.story.step", when=when, who=who, message=sent.id, channel=sent.channel))
        else:
            lines.append(msg(f"ask.story.{step.outcome}", when=when, who=who))
    return lines + _ending(tx, question)


def _ending(tx: Tx, question: Ask) -> list[Line]:
    """What it waits for; or how it ended."""
    lines: list[Line] = []
    if question.is_open and (at := question.course.at(question.steps)) is not None:
        who = asking.next_who(LADDERS[question.kind].steps[question.steps])
        lines.append(msg("ask.story.next", when=_at(at), who=who))
    elif question.is_open:
        lines.append(msg("ask.story.all_asked"))
    if question.closed_at is not None and question.outcome not in (None, "answered"):
        lines.append(msg(f"ask.story.{question.outcome}_end", when=_at(question.closed_at)))
    if question.answered_at is not None:
        lines.append(_answer(tx, question, question.answered_at))
    return lines


def _answer(tx: Tx, question: Ask, at: datetime) -> Msg:
    return msg(
        "ask.story.answered",
        when=_at(at),
        who=lookup.name(tx, question.answered_by or ""),
        channel=question.answered_in,
        what=msg(f"cmd.{question.answer}"),
    )


def _at(at: datetime) -> When:
    return When(at, style="time")
