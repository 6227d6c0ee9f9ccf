"""/why of what was said: a message, a nudge, an alert, a line for the host."""

from __future__ import annotations

from datetime import timedelta

from bot.core import belonging
from bot.core.chats_port import ChatAnswer
from bot.core.command import Context
from bot.core.model import Person
from bot.core.ports import Tx
from bot.core.records import Alert, Channel, DestinationState, Message, WebMessage
from bot.core.reply import (
    Block,
    Facts,
    Heading,
    Line,
    Listing,
    Msg,
    Note,
    Text,
    When,
    buttons_of,
    msg,
)
from handlers import alert_card, handoff_card, lookup, surroundings, undo
from handlers.chronicle import Chronicle, Told, first_line

Rows = list[tuple[Line, Line]]
_CAP = 300
_DAY = timedelta(days=1)
_PURPOSES: tuple[Channel, ...] = ("team", "host", "managers")


def message(tx: Tx, subject: str, ctx: Context) -> Told | None:
    """A message the bot promised: to whom, why it came or did not, what was pressed."""
    found = tx.outbox.message(subject)
    if found is None:
        return None
    rows = tx.outbox.deliveries(found.id)
    is_private = found.kind == "answer" and any(":@" in row.destination for row in rows)
    if is_private and found.to != ctx.actor.person:
        return Told(None, [Heading(msg("why.message", message=found.id)), Text(msg("why.private"))])
    tale = Chronicle(tx, ctx)
    tale.happened.append((found.created_at, msg("why.promised")))
    tale.message(found, says=False)
    tale.presses(found.id, (row.destination.partition(":")[0] for row in rows))
    rooms = {question.room for question in tx.asks.of_message(found.key)}
    rooms |= {slug for slug in belonging.place(tx, found.subject or "")[:1] if slug is not None}
    facts = Facts(tuple(_message_facts(tale, found)))
    blocks: list[Block] = [Heading(msg("why.message", message=found.id)), facts, *tale.blocks()]
    return Told(min(rooms, default=None), blocks, is_of_many=len(rooms) > 1)


def _message_facts(tale: Chronicle, found: Message) -> Rows:
    says = first_line(found.reply) if tale.may_read(found.channel) else msg("why.not_yours")
    rows: Rows = [(msg("why.field.says"), says)]
    to: Line = msg(f"web.channel.{found.channel}")
    rows.append(
        (msg("why.field.to"), to if found.to is None else msg("why.to_person", who=tale.person(found.to), where=to))
    )
    if found.subject is not None:
        rows.append((msg("why.field.about"), msg("why.ask", id=found.subject)))
    expires = next((row.expires_at for row in tale.tx.outbox.deliveries(found.id) if row.expires_at), None)
    good_until = msg("why.always_good") if expires is None else msg("value", value=When(expires))
    rows.append((msg("why.field.good_until"), good_until))
    rows.append((msg("why.field.seen"), msg("why.seen_unknown")))
    has_presses = any(tale.tx.audit.by_via(f"{chat}:{found.id}") for chat in _chats(tale.tx, found))
    if buttons_of(found.reply) and not has_presses:
        rows.append((msg("why.field.pressed"), msg("why.by_nobody")))
    return rows


def _chats(tx: Tx, found: Message) -> set[str]:
    return {row.destination.partition(":")[0] for row in tx.outbox.deliveries(found.id)}


def line(tx: Tx, subject: str, ctx: Context) -> Told | None:
    """What a person typed in the web chat, or what a command answered there."""
    found = tx.webchat.get(subject)
    if found is None:
        return None
    heading = Heading(msg("why.message", message=found.id))
    tale = Chronicle(tx, ctx)
    if found.private and ctx.actor.person not in (found.to, found.author):
        return Told(None, [heading, Text(msg("why.private"))])
    if not tale.may_read(found.channel):
        return Told(None, [heading, Text(msg("why.not_yours"))])
    tale.presses(found.id, ["web"])
    happened = tale.blocks() if tale.happened else []
    return Told(None, [heading, Facts(tuple(_line_facts(tale, found))), *happened])


def _line_facts(tale: Chronicle, found: WebMessage) -> Rows:
    where = msg(f"web.channel.{found.channel}")
    rows: Rows = [(msg("why.field.at"), msg("value", value=When(found.at))), (msg("why.field.to"), where)]
    if found.author is not None:
        rows.insert(0, (msg("why.field.said_by"), tale.person(found.author)))
        rows.append((msg("why.field.says"), (found.text or "")[:_CAP]))
        answer = tale.tx.webchat.answer_to(found.id)
        rows.append((msg("why.field.answer"), msg("why.no_answer") if answer is None else msg("why.ask", id=answer.id)))
        return rows
    rows.insert(0, (msg("why.field.said_by"), "Showcaller"))
    asked = tale.tx.webchat.get(found.answers) if found.answers else None
    if found.reply is not None:
        rows.append((msg("why.field.says"), first_line(found.reply)))
    if asked is not None:
        who = tale.person(asked.author)
        rows.append(
            (msg("why.field.answers"), msg("why.answers", id=asked.id, who=who, text=(asked.text or "")[:_CAP]))
        )
    return rows


def answer(tx: Tx, subject: str, ctx: Context) -> Told | None:
    """What a command was answered in another chat, where it did not go through the outbox."""
    found = tx.chats.answer(subject)
    if found is None:
        return None
    heading, destination = Heading(msg("why.message", message=subject)), f"{found.chat}:{found.address}"
    tale = Chronicle(tx, ctx)
    asker = tx.people.by_account(found.chat, found.account)
    if found.is_private and not _is_account(ctx, found, asker):
        return Told(None, [heading, Text(msg("why.private"))])
    bound = tx.outbox.purposes(destination)
    if not tale.may_read(bound[0][0] if bound else "team"):
        return Told(None, [heading, Text(msg("why.not_yours"))])
    tale.presses(subject, [found.chat])
    name = found.account if asker is None else asker.name
    rows: Rows = [
        (msg("why.field.said_by"), "Showcaller"),
        (msg("why.field.asked_by"), name),
        (msg("why.field.at"), msg("value", value=When(found.at))),
        (msg("why.field.to"), surroundings.seen(ctx.ports).told(destination)),
        (msg("why.field.says"), first_line(found.reply)),
    ]
    return Told(None, [heading, Facts(tuple(rows)), *(tale.blocks() if tale.happened else [])])


def _is_account(ctx: Context, found: ChatAnswer, asker: Person | None) -> bool:
    """Whether whoever asks is who was answered, with or without a name here."""
    is_here = (found.chat, found.account) == (ctx.actor.chat, ctx.actor.account)
    return is_here or (asker is not None and asker.slug == ctx.actor.person)


def nudge(tx: Tx, subject: str, ctx: Context) -> Told | None:
    """A nudge for a host on air: when it was due, and what the attention budget made of it."""
    found = tx.alerts.nudge(subject)
    if found is None:
        return None
    tale = Chronicle(tx, ctx)
    tale.nudge(found)
    sent = tx.outbox.by_key(f"nudge:{found.id}")
    if sent is not None:
        tale.presses(sent.id, _chats(tx, sent))
    state = msg(f"nudge_state.{found.state}")
    if found.state == "dropped" and found.why:
        state = msg("why.state_because", state=state, why=msg(f"nudge_why.{found.why}"))
    rows: Rows = [
        (msg("why.field.says"), first_line(found.reply)),
        (msg("why.field.state"), state),
        (msg("why.field.to"), tale.person(found.to)),
        (msg("why.field.about"), msg("why.ask", id=found.subject)),
        (msg("why.field.due"), msg("value", value=When(found.due_at))),
        (msg("why.field.good_until"), msg("value", value=When(found.expires_at, style="time"))),
    ]
    session = tx.sessions.get(found.session)
    blocks: list[Block] = [Heading(msg("why.nudge", nudge=found.id)), Facts(tuple(rows)), *tale.blocks()]
    return Told(None if session is None else session.room, blocks)


def alert(tx: Tx, subject: str, ctx: Context) -> Told | None:
    """An alert: by what it rang, who took it, what the host was offered."""
    found = tx.alerts.get(subject)
    if found is None:
        return None
    tale = Chronicle(tx, ctx)
    tale.happened.append((found.opened_at, msg("why.alert_opened", reason=found.reason)))
    if found.resolved_at is not None:
        tale.happened.append((found.resolved_at, msg("why.alert_cleared", reason=found.now)))
    tale.nudges(found.session, found.id)
    tale.about(found.id)
    for prompt in tx.alerts.prompts(found.session):
        if prompt.alert == found.id:
            tactic = msg(f"core.tactic.{prompt.tactic}")
            offered = msg("why.prompt_offered", prompt=prompt.id, tactic=tactic, text=prompt.text)
            tale.happened.append((prompt.offered_at, offered))
    if found.snoozed_until is not None and found.state == "snoozed":
        tale.coming.append((found.snoozed_until, msg("why.rings_again")))
    blocks: list[Block] = [Heading(msg("why.alert", alert=found.id, room=found.room)), _alert_facts(tale, found)]
    for tactic_id, needed in found.missing:
        facts = Listing(tuple(msg(f"core.fact.{name}") for name in needed))
        blocks.append(Note(msg("prompt.missing", tactic=msg(f"core.tactic.{tactic_id}"), facts=facts)))
    if found.not_useful_by is not None:
        blocks.append(alert_card.not_useful(tx, found))
    return Told(found.room, [*blocks, *tale.blocks()])


def _alert_facts(tale: Chronicle, found: Alert) -> Facts:
    state = msg(f"alert_state.{found.state}")
    if found.state != "resolved" and alert_card.is_over(tale.tx, found):
        state = msg("why.ended_without_all_clear")
    taken = msg("why.by_nobody") if found.by is None else tale.person(found.by)
    rows: Rows = [
        (msg("why.field.state"), msg("why.alert_state", state=state, severity=msg(f"severity.{found.severity}"))),
        (msg("why.field.taken"), taken),
        (msg("why.field.session"), msg("why.ask", id=found.session)),
    ]
    rows += [(msg(f"evidence.{name}"), msg("value", value=value)) for name, value in found.evidence.items()]
    return Facts(tuple(rows))


def prompt(tx: Tx, subject: str, ctx: Context) -> Told | None:
    """A line for the host: where it was shown, and who used it."""
    found = tx.alerts.prompt(subject)
    if found is None:
        return None
    tale = Chronicle(tx, ctx)
    tactic = msg(f"core.tactic.{found.tactic}")
    tale.happened.append((found.offered_at, msg("why.prompt_offered", prompt=found.id, tactic=tactic, text=found.text)))
    about = found.alert or found.id
    entries = [entry for entry in tx.audit.of_subject(about) if found.id in (entry.before, entry.after, entry.subject)]
    tale.audit(entries)
    if found.at is not None and not entries:  # nobody did it: what it said was no longer true
        tale.happened.append((found.at, msg("why.prompt_withdrawn")))
    if found.alert is not None:
        tale.nudges(found.session, found.alert)
    rows: Rows = [
        (msg("why.field.state"), msg(f"prompt.is_{found.state}")),
        (msg("why.field.by"), msg("why.by_nobody") if found.by is None else lookup.name(tx, found.by)),
        (msg("why.field.about"), msg("why.ask", id=found.alert or found.session)),
    ]
    heading = Heading(msg("why.prompt", prompt=found.id, room=found.room))
    return Told(found.room, [heading, Facts(tuple(rows)), *tale.blocks()])


def hand_off(tx: Tx, subject: str, ctx: Context) -> Told | None:
    """A line that sends viewers on: where to and why, who decided it, who used it, and how many came."""
    found = tx.hand_offs.get(subject)
    if found is None:
        return None
    tale = Chronicle(tx, ctx)
    tale.happened.append((found.offered_at, msg("why.hand_off_offered", text=found.line.text)))
    if found.withdrawn_at is not None:
        tale.happened.append((found.withdrawn_at, msg("why.hand_off_withdrawn")))
    tale.about(found.id)
    tale.nudges(found.session, found.about if found.why == "end" else found.id)
    used = msg("why.by_nobody") if found.used_at is None else tale.person(found.used_by)
    rows: Rows = [
        (msg("why.field.to"), handoff_card.name(tx, found.room)),
        (msg("why.field.because"), msg(f"handoff.why.{found.why}")),
        (msg("why.field.used_by"), used),
        (msg("why.field.arrived"), msg("value", value=found.arrived)),
        (msg("why.field.about"), msg("why.ask", id=found.about)),
    ]
    session = tx.sessions.get(found.session)
    blocks: list[Block] = [Heading(msg("why.hand_off", hand_off=found.id)), Facts(tuple(rows)), *tale.blocks()]
    return Told(None if session is None else session.room, blocks)


def destination(tx: Tx, subject: str, ctx: Context) -> Told | None:
    """A place that messages go to, CHAT:ADDRESS: whether it takes them, and what waits."""
    found = next((row for row in tx.outbox.traffic(ctx.now - _DAY) if row.destination == subject), None)
    purposes = _bound(tx, subject, ctx)
    if found is None and not purposes and not tx.outbox.purposes(subject):
        return None
    tale = Chronicle(tx, ctx)
    tale.about(subject)
    rows: Rows = [
        (msg("why.field.state"), _standing(None if found is None else found.state, ctx)),
        (msg("why.field.waiting"), msg("value", value=0 if found is None else found.waiting)),
        (msg("why.field.purposes"), _listing(purposes)),
        (msg("why.field.more"), "/delivery list"),
    ]
    if (told := surroundings.seen(ctx.ports).told(subject)) != subject:
        rows.insert(0, (msg("why.field.what"), told))
    return Told(None, [Heading(msg("why.destination", where=subject)), Facts(tuple(rows)), *tale.blocks()])


def _bound(tx: Tx, subject: str, ctx: Context) -> list[Msg]:
    """The purposes of a destination: of all rooms, and of those rooms alone that this person may know of."""
    rooms = lookup.seen(tx, ctx)
    of_all = [msg(f"web.channel.{purpose}") for purpose in _PURPOSES if subject in tx.outbox.bound(purpose)]
    return of_all + [
        msg("why.purpose_of_room", purpose=msg(f"web.channel.{purpose}"), room=room)
        for purpose, room in tx.outbox.purposes(subject)
        if room in rooms and room is not None
    ]


def _listing(items: list[Msg]) -> Line:
    return msg("value", value=Listing(tuple(items)))


def _standing(state: DestinationState | None, ctx: Context) -> Msg:
    if state is not None and state.parked_at is not None:
        return msg("why.destination_parked", since=When(state.parked_at), error=state.why)
    if state is not None and state.not_before is not None and state.not_before > ctx.now:
        return msg("why.destination_waits", until=When(state.not_before), error=state.why)
    return msg("why.destination_well")


def deed(tx: Tx, subject: str, ctx: Context) -> Told | None:
    """What somebody did and could take back for a minute."""
    found = tx.undo.get(subject)
    if found is None:
        return None
    tale = Chronicle(tx, ctx)
    tale.audit(
        entry
        for entry in tx.audit.of_subject(found.subject)
        if entry.number == found.entry or entry.detail.get("deed") == found.id
    )
    if found.undone_at is None and found.until > ctx.now:
        tale.coming.append((found.until, msg("why.undo_ends")))
    undone = msg("why.by_nobody") if found.undone_by is None else tale.person(found.undone_by)
    rows: Rows = [
        (msg("why.field.what"), undo.name(found)),
        (msg("why.field.about"), msg("why.ask", id=found.subject)),
        (msg("why.field.by"), tale.person(found.person)),
        (msg("why.field.undone"), undone),
    ]
    of_people = lookup.is_of_people(found.action)  # roles may have been those of any room
    room = None if of_people else lookup.place_of_deed(tx, found.action, found.subject)[0]
    blocks: list[Block] = [Heading(msg("why.deed", deed=found.id)), Facts(tuple(rows)), *tale.blocks()]
    return Told(room, blocks, is_of_many=of_people)


def question(tx: Tx, subject: str, ctx: Context) -> Told | None:
    """What waits for an answer; its ladder is told with whatever is about it."""
    found = tx.asks.get(subject)
    if found is None:
        return None
    tale = Chronicle(tx, ctx)
    tale.timers(found.id)
    rows: Rows = [
        (msg("why.field.what"), msg(f"ask.kind.{found.kind}")),
        (msg("why.field.about"), msg("why.ask", id=found.subject)),
        (msg("why.field.due"), msg("value", value=When(found.asked_at))),
    ]
    return Told(found.room, [Heading(msg("why.question", ask=found.id)), Facts(tuple(rows)), *tale.blocks()])
