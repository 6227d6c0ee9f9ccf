"""The alert about a show that should be on air and is not: its card, wherever it was posted."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.core import hosting
from bot.core.events import OfferOver
from bot.core.model import Person, Session, Show
from bot.core.ports import Ports, Tx
from bot.core.reply import (
    Actions,
    Block,
    Button,
    Field,
    Heading,
    Listing,
    Msg,
    Note,
    Reply,
    Span,
    Text,
    When,
    msg,
    reply,
)
from handlers import asking, cards, lookup, offers

NAME = "no-show"
_NAMED = 3
"""Stand-ins told by name; the offer goes to more."""


def card(tx: Tx, show: Show, ports: Ports) -> Reply:
    """Nothing is on air, or another show still has the room."""
    session = next((item for item in tx.sessions.live(show.room) if item.show is not None), None)
    if session is not None and session.show is not None:
        text = msg("show.no_show_busy", show=show.id, room=show.room, other=session.show)
        ends = Button(msg("button.end"), "show end", {"show": session.show}, "danger")
        blocks: list[Block] = [Heading(text), Text(msg("show.no_show_busy_help", show=show.id))]
        return reply(*blocks, *asking.standing(tx, show.id, asking.NO_SHOW), Actions((ends,)), tone="alert")
    if (said := _late_said(tx, show, ports.clock.now())) is not None:
        return _late(tx, show, said)
    text = msg("show.no_show", show=show.id, room=show.room, when=When(show.starts_at, show.zone, "time"))
    return _waits(tx, show, [Heading(text), Text(msg("show.no_show_help")), *_stand_in(tx, show, ports)])


def copy(tx: Tx, show: Show, now: datetime) -> Reply:
    """The managers' copy: called by name, and that nobody has answered."""
    if (said := _late_said(tx, show, now)) is not None:
        return _late(tx, show, said)
    who = asking.names(tx, "managers", (show.room,))
    text = msg("ask.no_show.call", who=who, room=show.room, when=When(show.starts_at, show.zone, "time"))
    return _waits(tx, show, [Heading(text), Text(msg("show.no_show_help"))])


def _waits(tx: Tx, show: Show, blocks: list[Block]) -> Reply:
    reason = (Field("reason", msg("arg.reason")),)
    minutes = (Field("by", msg("arg.late_by")),)
    may_ask = hosting.needs_host(lookup.room(tx, show.room)) and offers.open_of(tx, show.id) is None
    stand_in = () if not may_ask else (Button(msg("button.stand_in"), "show offer", {"show": show.id}),)
    buttons = (
        Button(msg("button.start"), "show start", {"show": show.id}, "primary"),
        Button(msg("button.late"), "show late", {"show": show.id}, form=minutes),
        *stand_in,
        Button(msg("button.cancel"), "show cancel", {"show": show.id}, "danger", form=reason),
    )
    return reply(*blocks, *asking.standing(tx, show.id, asking.NO_SHOW), Actions(buttons), tone="alert")


def _stand_in(tx: Tx, show: Show, ports: Ports) -> list[Block]:
    """Who could go on air instead, right now, and whether they have been asked."""
    if not hosting.needs_host(lookup.room(tx, show.room)):
        return []
    offer = offers.open_of(tx, show.id)
    if offer is not None:
        asked = Listing(tuple(lookup.name(tx, slug) for slug in offer.asked))
        return [Note(msg("show.no_show_offered", names=asked))]
    free = offers.candidates(tx, show, "stand_in", ports)[:_NAMED]
    if not free:
        return [Note(msg("show.no_stand_in"))]
    names = Listing(tuple(msg("show.stand_in", name=one.person.name, when=_here(one.person, ports)) for one in free))
    return [Note(msg("show.stand_ins", names=names))]


def _here(person: Person, ports: Ports) -> When:
    return When(ports.clock.now(), person.zone or ports.team.zone, "time")


def redraw(tx: Tx, show: Show, ports: Ports) -> None:
    """It is still waited for: every copy says whom the question goes to next."""
    now = ports.clock.now()
    if cards.keys(tx, NAME, show.id):
        _edit(tx, show, card(tx, show, ports), copy(tx, show, now), now)


def on_offer_over(tx: Tx, event: OfferOver, ports: Ports) -> None:
    """Nobody has taken it in time: where the alarm stands, it does not say any more that somebody is asked."""
    offers.on_over(tx, event, ports)
    offer = tx.host_offers.get(event.subject)
    show = None if offer is None else tx.shows.get(offer.show)
    if show is not None and show.state in ("planned", "go", "no_go"):
        redraw(tx, show, ports)


def late(tx: Tx, show: Show, said: Msg, now: datetime) -> None:
    """Somebody has said that it comes late: it can still be started or called off here."""
    answer = _late(tx, show, said)
    _edit(tx, show, answer, answer, now)


def _late(tx: Tx, show: Show, said: Msg) -> Reply:
    return replace(_waits(tx, show, [Heading(said), Text(msg("show.late_then"))]), tone="warning")


def _late_said(tx: Tx, show: Show, now: datetime) -> Msg | None:
    """By when it is to come by somebody's word, as long as that is ahead."""
    rung = [timer.due_at for timer in tx.timers.of_subject(show.id) if timer.kind == "NoShowDue" and not timer.done_at]
    said = [entry for entry in tx.audit.of_subject(show.id) if entry.action == "show.late"]
    if not rung or not said or not show.starts_at <= now < rung[0]:
        return None
    last = said[-1]
    if not isinstance(last.after, dict) or last.after.get("by") != rung[0].isoformat():
        return None  # it was moved since
    who, when = lookup.name(tx, last.actor), When(rung[0], show.zone, "time")
    return msg("show.late", show=show.id, room=show.room, when=when, who=who)


def over(tx: Tx, show: Show, session: Session, now: datetime) -> None:
    """It is on air after all."""
    late = Span(max(0, int((session.started_at - show.starts_at).total_seconds())))
    text = Heading(msg("show.no_show_over", room=show.room, show=show.id, late=late))
    answer = reply(text, *asking.standing(tx, show.id, asking.NO_SHOW), tone="good")
    _edit(tx, show, answer, answer, now)


def cancelled(tx: Tx, show: Show, answer: Reply, now: datetime) -> None:
    """It will not be held; `answer` says so."""
    blocks = (*answer.blocks, *asking.standing(tx, show.id, asking.NO_SHOW))
    _edit(tx, show, reply(*blocks, tone=answer.tone), reply(*blocks, tone=answer.tone), now)


def _edit(tx: Tx, show: Show, first: Reply, others: Reply, now: datetime) -> None:
    """The newest alert and the copies of its question; what was about a time before the show was moved says so."""
    posted = cards.keys(tx, NAME, show.id)
    if not posted:
        return
    *old, newest = posted
    is_moved = not show.is_off and now < show.starts_at
    question = asking.latest(tx, show.id, asking.NO_SHOW)
    copies = [key for key, _ in asking.copies_of(tx, question)]
    earlier = [key for key, _ in asking.copies(tx, show.id, asking.NO_SHOW) if key not in copies]
    tx.outbox.edit(newest, moved(show) if is_moved else first, now)
    for key in copies:
        tx.outbox.edit(key, moved(show) if is_moved else others, now)
    for key in (*old, *earlier):
        tx.outbox.edit(key, moved(show) if is_moved else again(show), now)


def again(show: Show) -> Reply:
    """What stands in the place of an alert that was rung once more since."""
    return reply(Text(msg("show.no_show_again", room=show.room, show=show.id)))


def moved(show: Show) -> Reply:
    """What stands in the place of an alert about an earlier time."""
    return reply(Text(msg("show.no_show_moved", room=show.room, show=show.id, when=When(show.starts_at, show.zone))))
