"""The living cards of a matrix: where one stands, and when it is written anew.

A card stands in the place where somebody asked for it, one in each. Whoever changes something on it calls `touch`; a
few seconds later, so that many changes are one edit, it is drawn anew, and so it is when a show should begin or end.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.command import Context
from bot.core.model import Role, Room
from bot.core.ports import Tx
from bot.core.records import Post
from bot.core.reply import Note, Reply, msg, reply
from bot.core.rights import Place

SOON = timedelta(seconds=5)
"""How long changes are gathered before the card is written anew."""
_MOST = 20
"""Places a card stands in; where it stood longest it is no longer kept up to date."""
_TIMER = "MatrixDue"
_GONE = ("failed", "expired")
"""What became of the last edit, where somebody has deleted the message, or it never arrived."""


def subject(matrix: str) -> str:
    """A matrix may be called like a room, and a timer or an entry of the audit must not be taken for the room's."""
    return f"matrix:{matrix}"


def rooms_of(tx: Tx, matrix: str) -> list[Room]:
    return [room for room in tx.rooms.all() if room.matrix == matrix]


def touch_room(tx: Tx, slug: str, now: datetime) -> None:
    room = tx.rooms.get(slug)
    if room is not None:
        touch(tx, room.matrix, now)


def touch(tx: Tx, matrix: str, now: datetime) -> None:
    """Something on the card has changed."""
    if not _standing(tx, matrix):
        return
    waiting = [
        timer.due_at for timer in tx.timers.of_subject(subject(matrix)) if timer.kind == _TIMER and not timer.done_at
    ]
    if not any(now < due <= now + SOON for due in waiting):  # else whoever changes much would put it off for ever
        tx.timers.set(_TIMER, subject(matrix), now + SOON)


def stand(tx: Tx, ctx: Context, matrix: str, destination: str, card: Card) -> None:
    """Puts the card into that place; an earlier one there says where to look."""
    cards = dict(_standing(tx, matrix))
    if (old := cards.pop(destination, None)) is not None:
        tx.outbox.edit(old.key, _moved(matrix), ctx.now)
    while len(cards) >= _MOST:
        given_up = cards.pop(next(iter(cards)))
        tx.outbox.edit(given_up.key, _left_alone(matrix), ctx.now)
    key = f"{subject(matrix)}:{tx.next_id('k')}"
    tx.outbox.post(Post(key, "team", "matrix", card.reply, only=(destination,)), ctx.now)
    cards[destination] = _Standing(key, ctx.actor.person)
    _keep(tx, matrix, cards)
    tx.timers.set(_TIMER, subject(matrix), card.until)


@dataclass(frozen=True, slots=True)
class Card:
    """`until`: from this instant on it says something else although nobody has changed anything."""

    reply: Reply
    until: datetime


@dataclass(frozen=True, slots=True)
class _Standing:
    """`key` of its message; `by`: who asked for it."""

    key: str
    by: str


def _standing(tx: Tx, matrix: str) -> Mapping[str, _Standing]:
    """By destination, the oldest first."""
    kept = tx.fact(f"cards:{matrix}")
    return {} if kept is None else {place: _Standing(*item) for place, item in json.loads(kept).items()}


def _keep(tx: Tx, matrix: str, cards: Mapping[str, _Standing]) -> None:
    tx.remember(f"cards:{matrix}", json.dumps({place: [item.key, item.by] for place, item in cards.items()}))


def is_wanted(tx: Tx, matrix: str) -> bool:
    """Whether it stands anywhere."""
    return bool(_standing(tx, matrix))


def put_up(tx: Tx, matrix: str, card: Card, now: datetime) -> None:
    """Edits every card that says something else now, and waits for the next moment at which it would."""
    cards = dict(_standing(tx, matrix))
    for destination, item in list(cards.items()):
        if tx.outbox.fate(item.key) in _GONE:
            del cards[destination]
        elif _may_see(tx, matrix, destination, item.by):
            tx.outbox.edit(item.key, card.reply, now)
        else:
            del cards[destination]
            tx.outbox.edit(item.key, _left_alone(matrix), now)
    _keep(tx, matrix, cards)
    if cards:
        tx.timers.set(_TIMER, subject(matrix), card.until)


def is_for_all(tx: Tx, destination: str, rooms: Iterable[Room]) -> bool:
    """Whether it may stand there: a channel that is only some rooms' own is read by people who may know of no other."""
    bound = {room for _, room in tx.outbox.purposes(destination)}
    return not bound or None in bound or {room.slug for room in rooms} <= bound


def _may_see(tx: Tx, matrix: str, destination: str, person: str) -> bool:
    """Who reads a channel its chat decides; in a private chat it is the one who asked."""
    if ":@" not in destination:
        return is_for_all(tx, destination, rooms_of(tx, matrix))
    return tx.people.rights(person).at(Place("matrix", matrix)) >= Role.VIEWER


def _moved(matrix: str) -> Reply:
    return reply(Note(msg("matrix.moved", matrix=matrix)))


def _left_alone(matrix: str) -> Reply:
    return reply(Note(msg("matrix.left_alone", matrix=matrix, line=f"/matrix {matrix}")))
