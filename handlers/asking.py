"""Questions that need an answer: asked with their message, answered once for all their copies, and what they say of it.

Everything here runs in the transaction of the message or of the answer. How each kind is drawn is its own file's
matter; the steps themselves are taken in handlers/escalation.py.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.command import Context
from bot.core.escalation import LADDERS, AskKind, Audience, Step
from bot.core.model import Role
from bot.core.ports import Tx
from bot.core.records import Ask, AskEnd, AskStep, Channel
from bot.core.reply import Block, Line, Listing, Msg, Note, Span, When, msg
from bot.core.rights import place_of
from handlers import lookup

GO: tuple[AskKind, ...] = ("go",)
NO_SHOW: tuple[AskKind, ...] = ("no_show",)
ALERT: tuple[AskKind, ...] = ("alert", "alert_urgent")
CUE: tuple[AskKind, ...] = ("release", "hand_off")

CHANNELS: dict[Audience, Channel] = {"operators": "team", "managers": "managers", "host": "host"}
_ROLES: dict[Audience, Role] = {"operators": Role.OPERATOR, "managers": Role.MANAGER, "host": Role.HOST}
_MINUTE = timedelta(minutes=1)


def ask(
    tx: Tx, kind: AskKind, subject: str, room: str, key: str, now: datetime, *, moment: datetime | None = None
) -> None:
    """Opens a question that the message of this key puts; none where it is open already, or no longer worth asking."""
    if _open(tx, subject, (kind,)):
        return
    new = Ask(tx.next_id("q"), kind, subject, room, key, now, moment)
    ends_at = new.course.ends_at
    if ends_at is not None and ends_at <= now:
        return
    _wait(tx, replace(new, next_at=new.course.next_at(0)))


def _wait(tx: Tx, question: Ask) -> None:
    """Keeps the question as it stands, with the timer of what comes next."""
    tx.asks.save(question)
    if question.next_at is None:
        tx.timers.cancel("AskDue", question.id)
    else:
        tx.timers.set("AskDue", question.id, question.next_at)


def move_on(tx: Tx, question: Ask, steps: int, next_at: datetime | None) -> None:
    """So many steps of the ladder are behind it now."""
    _wait(tx, replace(question, steps=steps, next_at=next_at))


def hurry(tx: Tx, question: Ask, kind: AskKind, now: datetime) -> None:
    """Goes on by a steeper ladder; what that one would have done already falls due at once."""
    faster = replace(question, kind=kind)
    at = faster.course.next_at(faster.steps)
    _wait(tx, replace(faster, next_at=None if at is None else max(at, now)))


def answered(tx: Tx, ctx: Context, subject: str, kinds: Collection[AskKind], answer: str) -> None:
    """Somebody answered: nobody is asked any more. A question that ended unanswered learns it as well.

    Call it before the messages are drawn anew. `answer`: the action as the audit has it.
    """
    newest = latest(tx, subject, kinds)
    if newest is None or newest.answered_at is not None or newest.outcome not in (None, "nobody"):
        return
    said = replace(
        newest, answered_at=ctx.now, answered_by=ctx.actor.person, answered_in=ctx.actor.channel, answer=answer
    )
    if newest.is_open:
        said = replace(said, closed_at=ctx.now, outcome="answered", next_at=None)
    tx.asks.save(said)
    tx.timers.cancel("AskDue", newest.id)


def end(tx: Tx, subject: str, kinds: Collection[AskKind], outcome: AskEnd, now: datetime) -> None:
    """It is not worth asking any more, and that was no answer."""
    for question in _open(tx, subject, kinds):
        tx.asks.save(replace(question, closed_at=now, outcome=outcome, next_at=None))
        tx.timers.cancel("AskDue", question.id)


def unanswered(tx: Tx, subject: str, kinds: Collection[AskKind]) -> dict[str, AskEnd | None]:
    """Questions that nobody has answered, and how they stand: None is open, the others ended so; for `resume`."""
    found = [question for question in tx.asks.of_subject(subject) if question.kind in kinds]
    return {item.id: item.outcome for item in found if item.answered_at is None and item.outcome in (None, "nobody")}


def resume(tx: Tx, ask_id: str, outcome: AskEnd | None = None) -> None:
    """What answered or ended it was taken back: it stands as before; what fell due meanwhile runs now."""
    question = tx.asks.get(ask_id)
    if question is None:
        return
    asked = replace(question, outcome=outcome, answered_at=None, answered_by=None, answered_in=None, answer=None)
    if outcome is None:
        asked = replace(asked, closed_at=None, next_at=asked.course.next_at(asked.steps))
    _wait(tx, asked)


def _open(tx: Tx, subject: str, kinds: Collection[AskKind]) -> list[Ask]:
    return [question for question in tx.asks.of_subject(subject) if question.is_open and question.kind in kinds]


def latest(tx: Tx, subject: str, kinds: Collection[AskKind]) -> Ask | None:
    """The newest question of these kinds about it."""
    return next((question for question in tx.asks.of_subject(subject)[::-1] if question.kind in kinds), None)


def copies(tx: Tx, subject: str, kinds: Collection[AskKind]) -> list[tuple[str, Audience]]:
    """Every message by which steps of these questions were put, with its audience; the first ones are not among them.

    A message may be shared with other questions, and is then named once.
    """
    asked = [question for question in tx.asks.of_subject(subject) if question.kind in kinds]
    return list(dict.fromkeys(copy for question in asked for copy in copies_of(tx, question)))


def copies_of(tx: Tx, question: Ask | None) -> list[tuple[str, Audience]]:
    """As `copies`, of one question."""
    steps = tx.asks.steps(question.id) if question is not None else []
    return [(step.key, step.audience) for step in steps if step.key is not None]


def people(tx: Tx, role: Role, rooms: Collection[str]) -> tuple[str, ...]:
    """Whose attention something about these rooms wants: who has just that role there; where nobody has it, the admins.

    A higher role does not count: it would call everybody above each time.
    """
    places = [place_of(room) for slug in rooms if (room := tx.rooms.get(slug)) is not None]
    held = {slug: {rights.at(place) for place in places} for slug, rights in tx.people.all_rights().items()}

    def having(wanted: Role) -> tuple[str, ...]:
        return tuple(slug for slug, roles in held.items() if wanted in roles)

    return having(role) or having(Role.ADMIN)


def audience(tx: Tx, of: Audience, rooms: Collection[str]) -> tuple[str, ...]:
    """Whose attention a question wants that is put to this audience."""
    return people(tx, _ROLES[of], rooms)


def names(tx: Tx, of: Audience, rooms: Collection[str]) -> Listing:
    """Who is called by name about these rooms."""
    return Listing(tuple(lookup.name(tx, slug) for slug in audience(tx, of, rooms)))


# -- what a message says of its question ---------------------------------------


def standing(tx: Tx, subject: str, kinds: Collection[AskKind]) -> list[Block]:
    """Of the newest question of these kinds: who answered, when; or who has been asked so far, and who is next."""
    question = latest(tx, subject, kinds)
    if question is None:
        return []
    said = answered_line(tx, question)
    if said is not None:
        return [Note(said)]
    lines: list[Line] = [msg("ask.nobody")] if question.outcome == "nobody" else []
    asked = [step for step in tx.asks.steps(question.id) if step.outcome == "asked"]
    if asked:
        lines.append(msg("ask.asked", who=Listing(tuple(_asked(step) for step in asked))))
    coming = next_line(question) if question.is_open else None
    return [Note(line) for line in (*lines, *([coming] if coming else []))]


def answered_line(tx: Tx, question: Ask) -> Msg | None:
    if question.answered_by is None or question.answered_at is None:
        return None
    return msg(
        "ask.answered_by", who=lookup.name(tx, question.answered_by), when=When(question.answered_at, style="time")
    )


def _asked(step: AskStep) -> Msg:
    return msg("ask.asked_one", who=msg(f"ask.who.{step.audience}"), when=When(step.at, style="time"))


def next_line(question: Ask) -> Msg | None:
    """Whom it goes to next. A step counted from a moment in seconds is told so: a clock shows minutes."""
    at = question.course.at(question.steps)
    if at is None:
        return None
    ladder = LADDERS[question.kind]
    step = ladder.steps[question.steps]
    who = next_who(step)
    if ladder.counts_from == "moment" and step.at_s % 60 and question.moment is not None:
        return msg("ask.next_after", who=who, after=Span(int((at - question.moment).total_seconds())))
    return msg("ask.next", who=who, when=When(at, style="time"))


def next_who(step: Step) -> Listing:
    """Whom a step is going to ask."""
    return Listing(tuple(msg(f"ask.next_who.{audience}") for audience in step.to))


def recent(now: datetime) -> datetime:
    """Questions that reach the same people within a minute come in one message."""
    return now - _MINUTE
