"""What is shown of a hand-off: the line in the alert's card and on the host's, and what became of it."""

from __future__ import annotations

from bot.core.excerpt import excerpt
from bot.core.model import Cue, Show
from bot.core.planning_port import HandOff
from bot.core.ports import Tx
from bot.core.records import Alert, NudgeRow
from bot.core.reply import Actions, Block, Button, Heading, Msg, Note, Reply, Say, When, msg, reply
from handlers import lookup

_LABEL = 40
"""A room's name on a button; longer ones are cut."""


def of_subject(tx: Tx, session: str, about: str) -> HandOff | None:
    """The newest hand-off of a cue or an alert, withdrawn or not."""
    return next((item for item in tx.hand_offs.of_session(session)[::-1] if item.about == about), None)


def of_cue(tx: Tx, show: Show, cue: Cue) -> HandOff | None:
    """What the host is to say at a hand-off cue; None: there is nowhere to send viewers to."""
    session = tx.sessions.of_show(show.id) if cue.kind == "hand_off" else None
    found = None if session is None else of_subject(tx, session.id, cue.id)
    return found if found is not None and found.stands else None


def name(tx: Tx, room: str) -> str:
    """How viewers know the room."""
    found = tx.rooms.get(room)
    return room if found is None else found.name


def nudge(tx: Tx, hand_off: HandOff) -> NudgeRow | None:
    """The last time the host was to get it on its own."""
    rows = [row for row in tx.alerts.nudges(hand_off.session) if row.subject == hand_off.id]
    return rows[-1] if rows else None


def say(hand_off: HandOff) -> Say:
    line = hand_off.line
    return Say(line.text, line.language, msg(f"core.tactic.{line.tactic}"), line.gloss)


def title(tx: Tx, hand_off: HandOff) -> Msg:
    """What the host is asked to do, in short."""
    if hand_off.is_to_live:
        return msg("handoff.cue_live", room=name(tx, hand_off.room))
    return msg("handoff.cue_later", room=name(tx, hand_off.room))


def of_alert(tx: Tx, alert: Alert) -> list[Block]:
    """The hand-off as one more tactic of the alert's card; sending it is the operators' to decide."""
    found = of_subject(tx, alert.session, alert.id)
    if found is None:
        return []
    said = say(found)
    if found.used_at is not None:
        who = lookup.name(tx, found.used_by or "")
        return [said, Note(msg("handoff.state_used", who=who, when=When(found.used_at, style="time")))]
    if not found.stands:
        return [Note(msg("handoff.gone", room=name(tx, found.room)))]
    last = nudge(tx, found)
    if last is not None and last.state != "dropped":
        return [said, Note(msg(f"handoff.state_{last.state}"))]
    notes: list[Block] = [] if last is None else [Note(msg("handoff.state_dropped"))]
    session = tx.sessions.get(alert.session)
    if alert.state == "resolved" or session is None or session.state != "live":
        return [said, *notes]
    label = msg("button.send_viewers", room=excerpt(name(tx, found.room), _LABEL))
    button = Button(label, "handoff send", {"hand_off": found.id})
    return [Say(said.text, said.language, said.tactic, said.gloss, (button,)), *notes]


def host_card(tx: Tx, hand_off: HandOff, room: str) -> Reply:
    """Readable in two seconds: where to, the line, one button."""
    if hand_off.used_at is not None:
        return reply(say(hand_off), Note(msg("prompt.host_used")), tone="good")
    if not hand_off.stands:
        return reply(Note(msg("handoff.host_gone", room=name(tx, hand_off.room))))
    button = Button(msg("button.used"), "handoff used", {"hand_off": hand_off.id}, "primary")
    heading = Heading(msg("handoff.say_now", room=room, to=name(tx, hand_off.room)))
    return reply(heading, say(hand_off), Actions((button,)), tone="alert")
