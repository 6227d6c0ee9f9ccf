"""Looking around: what is on now, why something was said or not, whether the bot is well."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal

from bot.core.command import Arg, Context
from bot.core.errors import NotFoundError
from bot.core.live import LiveSession
from bot.core.model import Session, Show
from bot.core.ports import Tx
from bot.core.records import Alert, Message, Prompt
from bot.core.reply import Block, Code, Facts, Heading, Item, Items, Line, Note, Reply, Span, Text, When, msg, reply
from bot.core.tick import TICK_S
from bot.core.verdict import Outlook
from bot.core.watch import SOURCE_RULE, StateSpan
from handlers import alert_card, escalation, lookup, rundowns

_WINDOW_TICKS = 12


@dataclass(frozen=True, slots=True)
class Nothing:
    pass


@dataclass(frozen=True, slots=True)
class Now:
    room: Annotated[str | None, Arg("us_main", completer="room")] = None


@dataclass(frozen=True, slots=True)
class Why:
    subject: Annotated[str, Arg("a1", completer="why")]


async def now(request: Now, ctx: Context) -> Reply:
    # The counts belong to the event loop: read from a storage thread they could change under the reader's hands.
    measured = {live.session.id: _measured(live) for live in ctx.ports.live}

    def work(tx: Tx) -> Reply:
        if request.room is not None:
            lookup.room(tx, request.room)
        blocks: list[Block] = []
        for session in tx.sessions.live(request.room):
            if session.id in measured:
                blocks += _live(tx, session, measured[session.id], ctx)
        if not blocks:
            blocks.append(Text(msg("now.nothing_live")))
        ahead = _ahead(tx, request.room, ctx)
        if ahead:
            blocks.append(Items(tuple(_coming(show, ctx) for show in ahead), title=msg("now.next")))
        elif not tx.rooms.all():
            blocks += [Note(msg("room.none")), Code("/room add us_main us")]
        return reply(*blocks)

    return await ctx.ports.store.read(work)


def _ahead(tx: Tx, room: str | None, ctx: Context) -> list[Show]:
    """The next shows; one that should have begun is still to come until its planned end."""
    planned = [show for show in tx.shows.planned() if room in (None, show.room)]
    return [show for show in planned if show.starts_at + timedelta(seconds=show.duration_s) > ctx.now][:5]


def _coming(show: Show, ctx: Context) -> Item:
    left_s = int((show.starts_at - ctx.now).total_seconds())
    span = Span(abs(left_s) // 60 * 60)
    return Item(
        msg("show.when_line", show=show.id, when=When(show.starts_at, show.zone), host=show.host or msg("none")),
        note=msg("now.in", left=span) if left_s > 0 else msg("now.late", by=span),
    )


def _measured(live: LiveSession) -> list[tuple[Line, Line]]:
    """What memory knows of a room: the last two minutes, the sums, what the rules can judge."""
    last = live.tally.between(max(0, (live.judged - _WINDOW_TICKS + 1) * TICK_S), (live.judged + 1) * TICK_S)
    minutes = min(_WINDOW_TICKS, live.judged + 1) * TICK_S / 60
    gross = live.tally.gross()
    orders = live.tally.count("orders")
    rows: list[tuple[Line, Line]] = [
        (msg("now.concurrent"), msg("value", value=None if last.acu is None else round(last.acu))),
        (
            msg("now.comments"),
            msg("value", value=None if last.comments is None or not minutes else round(last.comments / minutes)),
        ),
        (msg("now.orders"), msg("value", value=orders.value if orders else None)),
        (msg("now.gmv"), msg("value", value=gross.value if gross else None)),
    ]
    for span in live.watch.spans((live.judged + 1) * TICK_S)[::-1]:
        label = msg(f"rule.{span.rule}")
        if all(label != row[0] for row in rows):
            rows.append((label, _state(span, live.watch.outlook(span.rule))))
    return rows


def _state(span: StateSpan, outlook: Outlook | None) -> Line:
    """What a rule can do now, and what that means for whoever relies on it."""
    key = f"rule_state.{span.state}"
    if span.rule == SOURCE_RULE:
        return msg(f"{key}_source")
    if outlook is None or outlook.usual_per_min is None or span.state not in {"judging", "too_quiet"}:
        return msg(key)
    slow = "_slow" if span.state == "judging" and outlook.is_slow else "_usual"
    return msg(f"{key}{slow}", n=outlook.usual_per_min, p=outlook.probability)


def _live(tx: Tx, session: Session, measured: list[tuple[Line, Line]], ctx: Context) -> list[Block]:
    elapsed = int((ctx.now - session.started_at).total_seconds())
    rows = list(measured)
    show = tx.shows.get(session.show) if session.show else None
    next_cue: Item | None = None
    if show is not None:
        coming = [cue for cue in tx.shows.cues(show.id) if cue.state == "planned"]
        if coming:
            at = rundowns.cue_at(show, session, coming[0])
            next_cue = Item(
                rundowns.cue_text(tx, show, coming[0]),
                note=msg("now.cue_note", when=When(at, style="time"), id=coming[0].id),
            )
    blocks: list[Block] = [
        Heading(msg("now.live", room=session.room, since=Span(elapsed // 60 * 60))),
        Facts(tuple(rows)),
    ]
    if next_cue is not None:
        blocks.append(Items((next_cue,), title=msg("now.next_cue")))
    opened = tx.alerts.open(session.room)
    if opened:
        items = tuple(
            Item(alert.now, note=msg("now.alert_line", alert=alert.id, state=msg(f"alert_state.{alert.state}")))
            for alert in opened
        )
        blocks.append(Items(items, title=msg("now.alerts")))
    return blocks


async def why(request: Why, ctx: Context) -> Reply:
    """Everything kept about an alert, a message, a prompt, a show or a cue: due, sent, pressed by whom, or why not."""

    def work(tx: Tx) -> Reply:
        subject = request.subject.strip()
        told = tuple(Item(line) for line in escalation.story(tx, subject))
        asked = [Items(told, title=msg("ask.story.title"))] if told else []
        for find in (_why_alert, _why_prompt, _why_message, _why_subject):
            blocks = find(tx, subject, ctx)
            if blocks:
                return reply(*blocks, *asked)
        if asked:
            return reply(Heading(msg("why.subject", subject=subject)), *asked)
        raise NotFoundError("why.unknown", subject=subject[:60], try_instead="/now")

    return await ctx.ports.store.read(work)


Event = tuple[datetime, Line]


def _timeline(events: list[Event], ctx: Context) -> Items:
    zone = ctx.actor.zone
    ordered = sorted(events, key=lambda event: event[0])
    spans_days = ordered[-1][0] - ordered[0][0] > timedelta(hours=12)
    style: Literal["full", "time"] = "full" if spans_days else "time"
    return Items(
        tuple(Item(msg("why.line", when=When(at, zone, style), what=text)) for at, text in ordered),
        title=msg("why.what_happened"),
    )


def _audit(tx: Tx, subject: str) -> list[Event]:
    names = {person.slug: person.name for person in tx.people.all()}
    return [
        (
            entry.at,
            msg(
                "why.did",
                who=names.get(entry.actor, entry.actor),
                action=lookup.what_was_done(entry),
                via=entry.via,
                detail=_detail(entry.before, entry.after),
            ),
        )
        for entry in tx.audit.of_subject(subject)
    ]


def _detail(before: object, after: object) -> str:
    """What was there and what came instead: values as people typed them, no punctuation of ours."""
    return " → ".join(lookup.told(item) for item in (before, after) if item not in (None, [], {}))[:200]


def _timers(tx: Tx, subject: str) -> list[Event]:
    events: list[Event] = []
    for timer in tx.timers.of_subject(subject):
        done = msg("why.timer_done", kind=timer.kind, outcome=timer.outcome)
        waits = msg("why.timer_waits", kind=timer.kind)
        events.append((timer.done_at, done) if timer.done_at else (timer.due_at, waits))
    return events


def _messages(tx: Tx, messages: list[Message]) -> list[Event]:
    events: list[Event] = []
    for message in messages:
        for row in tx.outbox.deliveries(message.id):
            what = msg(
                f"why.{row.op}",
                message=message.id,
                channel=row.channel,
                state=msg(f"delivery.{row.state}"),
                n=row.attempt,
            )
            events.append((row.sent_at or row.created_at, what))
    return events


def _nudges(tx: Tx, session: str, subject: str) -> list[Event]:
    events: list[Event] = []
    for row in tx.alerts.nudges(session):
        if row.subject == subject:
            reason = msg(f"nudge_why.{row.why}") if row.why else None
            text = (
                msg("why.nudge_dropped", why=reason)
                if row.state == "dropped"
                else msg(f"why.nudge_{row.state}", to=row.to or msg("none"))
            )
            events.append((row.at or row.due_at, text))
            sent = tx.outbox.by_key(f"nudge:{row.id}")
            events += _messages(tx, [sent] if sent else [])
    return events


def _why_alert(tx: Tx, subject: str, ctx: Context) -> list[Block]:
    alert = tx.alerts.get(subject)
    return [] if alert is None else _alert_blocks(tx, alert, ctx)


def _alert_blocks(tx: Tx, alert: Alert, ctx: Context) -> list[Block]:
    events: list[Event] = [(alert.opened_at, msg("why.alert_opened", reason=alert.reason))]
    if alert.resolved_at is not None:
        events.append((alert.resolved_at, msg("why.alert_cleared", reason=alert.now)))
    events += (
        _audit(tx, alert.id)
        + _nudges(tx, alert.session, alert.id)
        + _messages(tx, tx.outbox.of_subject(alert.id))
        + _timers(tx, alert.id)
    )
    events += [
        (
            prompt.offered_at,
            msg("why.prompt_offered", prompt=prompt.id, tactic=msg(f"core.tactic.{prompt.tactic}"), text=prompt.text),
        )
        for prompt in tx.alerts.prompts(alert.session)
        if prompt.alert == alert.id
    ]
    evidence: tuple[tuple[Line, Line], ...] = tuple(
        (msg(f"evidence.{name}"), msg("value", value=value)) for name, value in alert.evidence.items()
    )
    blocks: list[Block] = [Heading(msg("why.alert", alert=alert.id, room=alert.room)), Facts(evidence)]
    if alert.not_useful_by is not None:
        blocks.append(alert_card.not_useful(tx, alert))
    return [*blocks, _timeline(events, ctx)]


def _why_prompt(tx: Tx, subject: str, ctx: Context) -> list[Block]:
    prompt: Prompt | None = tx.alerts.prompt(subject)
    if prompt is None:
        return []
    events: list[Event] = [
        (
            prompt.offered_at,
            msg("why.prompt_offered", prompt=prompt.id, tactic=msg(f"core.tactic.{prompt.tactic}"), text=prompt.text),
        )
    ]
    if prompt.at is not None:
        person = tx.people.get(prompt.by or "")
        events.append(
            (
                prompt.at,
                msg(
                    "why.prompt_answered",
                    state=msg(f"prompt.is_{prompt.state}"),
                    who=person.name if person else prompt.by,
                ),
            )
        )
    return [Heading(msg("why.prompt", prompt=prompt.id, room=prompt.room)), _timeline(events, ctx)]


def _why_message(tx: Tx, subject: str, ctx: Context) -> list[Block]:
    message = tx.outbox.message(subject)
    if message is None:
        return []
    alert = tx.alerts.get(message.subject or "")
    if alert is not None:
        return _alert_blocks(tx, alert, ctx)
    events: list[Event] = [(message.created_at, msg("why.message_created", kind=message.kind, key=message.key))]
    events += _messages(tx, [message]) + (_audit(tx, message.subject) if message.subject else [])
    return [Heading(msg("why.message", message=message.id, channel=message.channel)), _timeline(events, ctx)]


def _why_subject(tx: Tx, subject: str, ctx: Context) -> list[Block]:
    """A show, a cue, a session or a room: its timers, messages and what people did."""
    show = tx.shows.get(subject)
    session = tx.sessions.of_show(subject) if show else tx.sessions.get(subject)
    cue = tx.shows.cue(subject)
    known = show or session or cue or tx.rooms.get(subject) or tx.rooms.product(*_product(subject))
    if known is None:
        return []
    subjects = [subject, *([session.id] if session and session.id != subject else [])]
    events: list[Event] = []
    for name in subjects:
        events += _audit(tx, name) + _messages(tx, tx.outbox.of_subject(name))
        events += _timers(tx, name)
    if cue is not None and (of_show := tx.sessions.of_show(cue.show)) is not None:
        events += _nudges(tx, of_show.id, cue.id)
    blocks: list[Block] = [Heading(msg("why.subject", subject=subject))]
    return [*blocks, _timeline(events, ctx)] if events else [*blocks, Note(msg("why.nothing_yet"))]


def _product(subject: str) -> tuple[str, str]:
    """Products are named ROOM/SKU."""
    room, _, sku = subject.partition("/")
    return room, sku


async def status(_request: Nothing, ctx: Context) -> Reply:
    vitals = ctx.ports.vitals()

    def work(tx: Tx) -> Reply:
        counts, recent = tx.outbox.counts(), tx.outbox.counts(ctx.now - timedelta(days=1))
        waiting = counts.get("new", 0) + counts.get("sending", 0)
        trouble = recent.get("failed", 0) + recent.get("uncertain", 0)  # what came too late was rightly dropped
        next_due = tx.timers.next_due()
        rows: list[tuple[Line, Line]] = [
            (msg("status.version"), str(vitals["version"])),
            (msg("status.up"), msg("value", value=Span(int(vitals["up_s"])))),
            (msg("status.clock"), msg("value", value=When(ctx.now, ctx.ports.team.zone))),
            (msg("status.zone_data"), str(vitals["zone_data"])),
            (msg("status.live_rooms"), msg("value", value=len(tx.sessions.live()))),
            (msg("status.waiting"), msg("value", value=waiting)),
            (msg("status.sent"), msg("value", value=counts.get("sent", 0))),
            (
                msg("status.undelivered"),
                msg("status.undelivered_line", failed=recent.get("failed", 0), expired=recent.get("expired", 0)),
            ),
            (
                msg("status.next_timer"),
                msg("value", value=When(next_due, ctx.ports.team.zone)) if next_due else msg("none"),
            ),
        ]
        silent = _silent_sources(tx, ctx)
        late = next_due is not None and next_due < ctx.now - timedelta(minutes=1)
        notes: list[Block] = [
            Note(msg("status.silent", room=room, source=source, since=Span(since))) for room, source, since in silent
        ]
        if late:
            notes.append(Note(msg("status.late")))
        healthy = not (trouble or silent or late)
        title = msg("status.well") if healthy else msg("status.look")
        return reply(Heading(title), Facts(tuple(rows)), *notes, tone="good" if healthy else "warning")

    return await ctx.ports.store.read(work)


def _silent_sources(tx: Tx, ctx: Context) -> list[tuple[str, str, int]]:
    found = []
    for session in tx.sessions.live():
        last = tx.signals.last_at(session.id)
        silent_s = int((ctx.now - (last or session.started_at)).total_seconds())
        if silent_s > 120:  # noqa: PLR2004 - two minutes without any line from a live room
            sources = ", ".join(name for name, _ in tx.signals.sources(session.room)) or "-"
            found.append((session.room, sources, silent_s))
    return found
