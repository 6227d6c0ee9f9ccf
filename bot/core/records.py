"""What is kept beside the nouns of model.py: alerts with their prompts, messages in the outbox, timers, the audit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from bot.core.escalation import AskKind, Audience, Course
from bot.core.model import AlertState, PromptState
from bot.core.reply import Msg, Reply
from bot.core.verdict import Severity

Channel = Literal["team", "host", "managers"]
OutboxState = Literal["new", "sending", "sent", "failed", "expired", "replaced", "uncertain"]


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert per room, kind and session is open at a time. `opened_s` counts from the session's start.

    `severity` is the worst it has had. `not_useful_by`: who said that it should not have rung, whatever its state.
    """

    id: str
    room: str
    kind: str
    session: str
    opened_at: datetime
    opened_s: int
    state: AlertState
    severity: Severity
    reason: Msg
    evidence: Mapping[str, float | int | str | None]
    now: Msg
    resolved_at: datetime | None = None
    by: str | None = None
    by_at: datetime | None = None
    snoozed_until: datetime | None = None
    missing: tuple[tuple[str, tuple[str, ...]], ...] = ()
    not_useful_by: str | None = None
    not_useful_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """A line offered to a host; `line` is the playbook line's id, `position` 0 is the one the host got first."""

    id: str
    session: str
    room: str
    alert: str | None
    tactic: str
    line: str
    language: str
    text: str
    gloss: str | None
    state: PromptState
    offered_at: datetime
    position: int = 0
    by: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NudgeRow:
    """A nudge waiting for the host's attention, or its fate. Times in UTC."""

    id: str
    session: str
    kind: Literal["release", "alert", "hand_off", "cue"]
    due_at: datetime
    expires_at: datetime
    subject: str
    reply: Reply
    to: str | None
    state: Literal["waiting", "sent", "dropped"] = "waiting"
    at: datetime | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """A message promised to a channel. `key` makes it unique: the same promise twice is one message.

    `expires_at` None: its kind says how long it is worth saying. `only`: these destinations, instead of the channel's.
    `room`: whose it is, None: its subject's. `pings`: people whose attention it wants, by slug; whom it is for anyway.
    """

    key: str
    channel: Channel
    kind: str
    reply: Reply
    subject: str | None = None
    to: str | None = None
    urgent: bool = False
    expires_at: datetime | None = None
    only: tuple[str, ...] = ()
    room: str | None = None
    pings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """A promised message as /why shows it."""

    id: str
    key: str
    channel: str
    kind: str
    subject: str | None
    to: str | None
    reply: Reply
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Pressed:
    """What a button stands for. `is_current`: the message still carries it."""

    command: str
    args: Mapping[str, str]
    is_current: bool


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody's account in a chat; `account` is that chat's own id of it."""

    chat: str
    account: str
    person: str
    linked_at: datetime


@dataclass(frozen=True, slots=True)
class Code:
    """A one-time code, as a digest. `person`: whom it is about, None where that is told when it is used."""

    digest: str
    purpose: Literal["link", "first_admin", "invite"]
    person: str | None
    made_at: datetime
    valid_until: datetime
    used_at: datetime | None = None

    def why_not(self, now: datetime) -> Literal["used", "expired"] | None:
        """Why it opens nothing any more; None while it does."""
        if self.used_at is not None:
            return "used"
        return "expired" if now >= self.valid_until else None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One row of the outbox: a post or an edit of `message` for one destination.

    `attempt` counts every try, `failures` those that failed. `may_have_arrived`: a try ended without anybody knowing;
    `first_attempt_at` is the first try that may have brought it. `repeat`: sent once more although it may have arrived,
    and readers must be told so; the two before then speak of the repeat. `direct`: a direct message to `to`. `done_at`:
    when nothing more was to do. `subject`, `room` and `show` are what the message is about; `pings` the people whose
    attention it wants, by slug.
    """

    id: int
    message: str
    destination: str
    op: Literal["post", "edit"]
    channel: str
    kind: str
    to: str | None
    reply: Reply
    urgent: bool
    state: OutboxState
    attempt: int
    created_at: datetime
    due_at: datetime
    expires_at: datetime | None
    sent_at: datetime | None = None
    ref: str | None = None
    error: str | None = None
    failures: int = 0
    may_have_arrived: bool = False
    first_attempt_at: datetime | None = None
    repeat: bool = False
    direct: bool = False
    done_at: datetime | None = None
    subject: str | None = None
    room: str | None = None
    show: str | None = None
    pings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Binding:
    """Messages of a purpose go to this destination; `room` None: those of every room that has none of its own there."""

    purpose: Channel
    destination: str
    room: str | None = None


@dataclass(frozen=True, slots=True)
class DestinationState:
    """What is known of a destination in trouble ("CHAT:ADDRESS").

    `not_before`: it asked to wait, or failed; `parked_at`: it refuses for good and waits for somebody to resume it.
    `since`: since when it has been so; `failures` in a row.
    """

    destination: str
    not_before: datetime | None
    parked_at: datetime | None
    why: str | None
    since: datetime | None
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Traffic:
    """One destination's queue, and what became of its rows since an instant; `oldest`: when that was promised."""

    destination: str
    state: DestinationState | None
    waiting: int
    oldest: datetime | None
    sent: int = 0
    failed: int = 0
    expired: int = 0
    uncertain: int = 0
    repeated: int = 0


@dataclass(frozen=True, slots=True)
class Dwell:
    """Seconds from promise to delivery, over `n` posts and edits of one kind."""

    kind: str
    n: int
    p50_s: float
    p99_s: float
    worst_s: float


AskEnd = Literal["answered", "nobody", "on_air", "cancelled", "moved", "cleared", "off_air", "dropped"]


@dataclass(frozen=True, slots=True)
class Ask:
    """A message that needs an answer, and how far its ladder has come. Times in UTC.

    `key` is the message that asked first; `steps` how many of the ladder are behind it. `outcome` None: still open.
    A question that ended with "nobody" may be answered after all: then `answered_at` is later than `closed_at`.
    `answer` is the action that was the answer ("alert.ack"), `answered_in` the channel it was pressed or typed in.
    """

    id: str
    kind: AskKind
    subject: str
    room: str
    key: str
    asked_at: datetime
    moment: datetime | None = None
    steps: int = 0
    next_at: datetime | None = None
    closed_at: datetime | None = None
    outcome: AskEnd | None = None
    answered_at: datetime | None = None
    answered_by: str | None = None
    answered_in: str | None = None
    answer: str | None = None

    @property
    def is_open(self) -> bool:
        return self.outcome is None

    @property
    def course(self) -> Course:
        return Course(self.kind, self.asked_at, self.moment)


@dataclass(frozen=True, slots=True)
class AskStep:
    """One audience asked by one step of a question's ladder, or why not; `key` is the message, which may be shared."""

    ask: str
    step: int
    audience: Audience
    at: datetime
    key: str | None
    outcome: Literal["asked", "dropped", "on_air", "nobody_there"]


@dataclass(frozen=True, slots=True)
class Timer:
    id: int
    kind: str
    subject: str
    due_at: datetime
    done_at: datetime | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """`before` and `after` are small JSON values.

    `via` is the chat, with the message whose button was pressed ("web:m12"); `channel` that chat's channel, None where
    it is not known. `room` and `show`: what the subject belongs to, None where it is neither's.
    """

    at: datetime
    actor: str
    via: str
    action: str
    subject: str
    before: Any = None
    after: Any = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    channel: str | None = None
    room: str | None = None
    show: str | None = None
    number: int | None = field(default=None, compare=False)
    """Its place in the audit, known once it is there."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What a person may take back before `until`. Times in UTC; `before` and `after` are small JSON values.

    `action` as in the audit ("show.cancel"), `entry` the number of its entry there, `channel` where it was answered.
    """

    id: str
    person: str
    action: str
    subject: str
    channel: str
    entry: int
    made_at: datetime
    until: datetime
    before: Any
    after: Any
    undone_at: datetime | None = None
    undone_by: str | None = None


@dataclass(frozen=True, slots=True)
class StoredSignal:
    """A signal as it was accepted. `at` UTC; `data` the line's own fields."""

    at: datetime
    source: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class WebMessage:
    """One message of the web chat. A person's has `text`, the bot's `reply`. `rev` grows with every post and edit."""

    id: str
    at: datetime
    channel: str
    kind: str
    author: str | None
    to: str | None = None
    private: bool = False
    text: str | None = None
    reply: Reply | None = None
    nonce: str | None = None
    answers: str | None = None
    rev: int = 0
    first_rev: int = 0
