"""What is kept about something, as a list of what happened and one of what comes next: timers, messages, nudges, audit.

The parts of /why share this; what the thing itself is they say themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from bot.core.command import Context
from bot.core.events import timer_name
from bot.core.ports import Tx
from bot.core.records import AuditEntry, Delivery, Message, NudgeRow, Timer
from bot.core.reply import Block, Heading, Item, Items, Line, Msg, Note, Reply, Say, Span, Text, When, msg
from bot.core.rights import LEAST_OF_CHANNEL
from handlers import lookup

_LONGEST = 30
"""Lines shown of a long story, the newest; a phone's screen ends somewhere."""
_ONE_DAY = timedelta(hours=12)
"""A story longer than this needs dates."""
_PROMPT_S = 2
"""What takes longer than this, in seconds, is said to have been late."""
_CAP = 200

Event = tuple[datetime, Line] | tuple[datetime, Line, Line]
"""When and what; a third line is small print."""


@dataclass(frozen=True, slots=True)
class Told:
    """What /why answers about an id. `room`: whose it is, and so who may read it; None where it is no room's.

    `is_of_many`: it tells of several rooms, and whoever reads it must have a role that holds everywhere.
    """

    room: str | None
    blocks: list[Block]
    is_of_many: bool = False


@dataclass(slots=True)
class Chronicle:
    """Collects a story; `blocks` tells it."""

    tx: Tx
    ctx: Context
    happened: list[Event] = field(default_factory=list)
    coming: list[Event] = field(default_factory=list)
    _told: set[str] = field(default_factory=set)

    def blocks(self) -> list[Block]:
        """What happened, oldest first, and what comes next; that there is none of either is said too."""
        told: list[Block] = []
        if self.happened:
            shown = sorted(self.happened, key=lambda event: event[0])[-_LONGEST:]
            left_out = len(self.happened) - len(shown)
            if left_out:
                told.append(Note(msg("why.earlier", n=left_out)))
            told.append(_listed(shown, msg("why.what_happened")))
        else:
            told.append(Note(msg("why.nothing_yet")))
        if self.coming:
            return [*told, _listed(sorted(self.coming, key=lambda event: event[0]), msg("why.what_comes"))]
        return [*told, Note(msg("why.nothing_comes"))]

    def about(self, subject: str) -> None:
        """All that is filed under an id: what people did, what was said, what falls due."""
        self.audit(self.tx.audit.of_subject(subject))
        self.timers(subject)
        self.messages(self.tx.outbox.of_subject(subject))

    def audit(self, entries: Iterable[AuditEntry]) -> None:
        names = {person.slug: person.name for person in self.tx.people.all()}
        for entry in entries:
            who, what = names.get(entry.actor, entry.actor), lookup.what_was_done(entry)
            change = _change(entry)
            told = msg("why.did" if change else "why.did_plain", who=who, action=what, via=entry.via, change=change)
            self.happened.append((entry.at, told))

    # -- timers ----------------------------------------------------------------

    def timers(self, subject: str) -> None:
        for timer in self.tx.timers.of_subject(subject):
            self.timer(timer)

    def timer(self, timer: Timer) -> None:
        name = msg(f"timer.{timer_name(timer.kind)}")
        if timer.done_at is not None:
            self.happened.append((timer.done_at, _done(timer, timer.done_at, name)))
        elif timer.due_at <= self.ctx.now:
            self.coming.append((timer.due_at, msg("why.timer_overdue", timer=name)))
        else:
            self.coming.append((timer.due_at, msg("why.timer_comes", timer=name)))

    # -- messages --------------------------------------------------------------

    def messages(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self.message(message)

    def message(self, message: Message, *, says: bool = True) -> None:
        """Every delivery of it; edits that arrived are one line, however many there were. `says`: with its words."""
        if message.id in self._told:
            return
        self._told.add(message.id)
        words = (first_line(message.reply),) if says and self.may_read(message.channel) else ()
        edits: dict[str, list[Delivery]] = {}
        for row in self.tx.outbox.deliveries(message.id):
            if row.op == "edit" and row.state in ("sent", "replaced"):
                edits.setdefault(row.destination, []).append(row)
            elif row.state in ("new", "sending"):
                self.coming.append((row.due_at, self._waits(row), *words))
            else:
                self.happened.append((row.sent_at or row.done_at or row.created_at, _went(row), *words))
        for destination, rows in edits.items():
            at = max(row.sent_at or row.done_at or row.created_at for row in rows)
            self.happened.append((at, msg("why.edited", n=len(rows), message=message.id, where=destination)))

    def _waits(self, row: Delivery) -> Msg:
        to = {"message": row.message, "where": row.destination}
        state = self.tx.outbox.state_of(row.destination)
        if state is not None and state.parked_at is not None:
            return msg("why.parked", **to, error=state.why)
        if row.state == "sending":
            return msg("why.sending", **to, n=row.attempt)
        if row.attempt == 0:
            return msg("why.waits", **to)
        return msg("why.waits_again", **to, n=row.attempt + 1, error=row.error or msg("why.no_reason"))

    def presses(self, message: str, chats: Iterable[str]) -> None:
        """What people did with the buttons of a message."""
        for chat in sorted(set(chats)):
            self.audit(self.tx.audit.by_via(f"{chat}:{message}"))

    # -- nudges ----------------------------------------------------------------

    def nudges(self, session: str, subject: str) -> None:
        for row in self.tx.alerts.nudges(session):
            if row.subject == subject:
                self.nudge(row)

    def nudge(self, row: NudgeRow) -> None:
        to = self.person(row.to)
        if row.state == "waiting":
            until = When(row.expires_at, style="time")
            self.coming.append((row.due_at, msg("why.nudge_waiting", nudge=row.id, to=to, until=until)))
            return
        at = row.at or row.due_at
        if row.state == "dropped":
            reason = msg(f"nudge_why.{row.why}") if row.why else msg("why.no_reason")
            self.happened.append((at, msg("why.nudge_dropped", nudge=row.id, why=reason)))
            return
        waited_s = int((at - row.due_at).total_seconds())
        had_to_wait = waited_s > _PROMPT_S
        told = msg("why.nudge_waited" if had_to_wait else "why.nudge_sent", nudge=row.id, to=to, waited=Span(waited_s))
        self.happened.append((at, told))
        sent = self.tx.outbox.by_key(f"nudge:{row.id}")
        if sent is not None:
            self.message(sent)

    def may_read(self, channel: str) -> bool:
        """Whether what is said in a channel is for this person; that something was said is."""
        return self.ctx.actor.role >= LEAST_OF_CHANNEL[channel]

    def person(self, slug: str | None) -> Line:
        return msg("none") if slug is None else lookup.name(self.tx, slug)


def _listed(events: Sequence[Event], title: Msg) -> Items:
    """In the reader's own zone; days are named where there is more than one."""
    spans_days = events[-1][0] - events[0][0] > _ONE_DAY
    style: Literal["full", "time"] = "full" if spans_days else "time"
    return Items(
        tuple(
            Item(msg("why.line", when=When(event[0], style=style), what=event[1]), note=next(iter(event[2:]), None))
            for event in events
        ),
        title=title,
    )


def first_line(answer: Reply) -> Line:
    """What a message is, in its own first words."""
    for block in answer.blocks:
        match block:
            case Heading(text) | Text(text) | Note(text):
                return text
            case Say(text=text):
                return text
            case Items(items, title) if title is not None or items:
                return title if title is not None else items[0].text
    return msg("none")


def _change(entry: AuditEntry) -> str:
    """What was there and what came instead: values as people typed them, no punctuation of ours."""
    values = (item for item in (entry.before, entry.after) if item not in (None, [], {}))
    return " → ".join(lookup.told(item) for item in values)[:_CAP]


def _done(timer: Timer, done_at: datetime, name: Msg) -> Msg:
    outcome = timer.outcome or ""
    by_s = int((done_at - timer.due_at).total_seconds())
    if outcome == "cancelled":  # the row keeps when it was due, not when it was cancelled
        return msg("why.timer_cancelled", timer=name)
    if outcome.startswith("dropped"):
        return msg("why.timer_dropped", timer=name, by=Span(by_s))
    return msg("why.timer_late", timer=name, by=Span(by_s)) if by_s > _PROMPT_S else msg("why.timer_done", timer=name)


def _went(row: Delivery) -> Msg:
    """What became of a delivery that is over."""
    to = {"message": row.message, "where": row.destination}
    if row.state == "sent" and row.repeat:
        return msg("why.sent_again", **to, n=row.attempt)
    if row.state == "sent":
        late_s = 0 if row.sent_at is None else int((row.sent_at - row.created_at).total_seconds())
        if row.attempt > 1 or late_s > _PROMPT_S:
            return msg("why.sent_late", **to, n=row.attempt, by=Span(late_s))
        return msg("why.sent", **to)
    state = msg(f"delivery.{row.state}")
    if row.error is None or row.state == "expired":
        return msg("why.not_sent", **to, state=state, n=row.attempt)
    return msg("why.not_sent_because", **to, state=state, n=row.attempt, error=row.error)
