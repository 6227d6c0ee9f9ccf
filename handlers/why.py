"""/why: everything kept about an id. Due, sent, by which attempt, pressed by whom, or why not, and what comes next."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from bot.core.command import Arg, Context
from bot.core.errors import NotFoundError
from bot.core.ports import Tx
from bot.core.reply import Item, Items, Listing, Reply, msg, reply
from handlers import escalation, lookup, why_planned, why_said
from handlers.chronicle import Told

_ABOVE = frozenset(("above", "^", "上面", "上一条"))
_NUMBERED = re.compile(r"([a-z])\d+")
_KINDS = {
    "a": "alert",
    "i": "import",
    "h": "hand_off",
    "m": "message",
    "n": "nudge",
    "o": "offer",
    "p": "prompt",
    "q": "question",
    "u": "deed",
    "w": "series",
    "x": "session",
}
"""Ids that are a letter and a number, by their letter."""
_CAP = 60

Finder = Callable[[Tx, str, Context], Told | None]
FINDERS: tuple[Finder, ...] = (
    why_said.alert,
    why_said.prompt,
    why_said.hand_off,
    why_said.nudge,
    why_said.message,
    why_said.line,
    why_said.answer,
    why_said.destination,
    why_said.deed,
    why_said.question,
    why_planned.show,
    why_planned.offer,
    why_planned.cue,
    why_planned.session,
    why_planned.series,
    why_planned.plan_import,
    why_planned.room,
    why_planned.person,
    why_planned.pair,
)
"""Each answers for one kind of id, or with None. Whatever else gets ids that people see gets a line here."""


@dataclass(frozen=True, slots=True)
class Why:
    subject: Annotated[str | None, Arg("a1", completer="why", rest=True, help="arg.why_subject")] = None


def find(tx: Tx, request: Why, ctx: Context) -> Told | None:
    """What there is to tell, and whose it is; the right to read it is asked for the very room found here."""
    subject = _named(tx, request, ctx)
    if subject is None:
        return None
    return next((told for finder in FINDERS if (told := finder(tx, subject, ctx)) is not None), None)


async def why(request: Why, ctx: Context) -> Reply:
    def work(tx: Tx) -> Reply:
        subject, told = _named(tx, request, ctx), find(tx, request, ctx)
        if subject is None or told is None:
            raise _unknown(tx, subject, ctx)
        ladder = tuple(Item(line) for line in escalation.story(tx, subject))
        asked = [Items(ladder, title=msg("ask.story.title"))] if ladder else []
        return reply(*told.blocks, *asked)

    return await ctx.ports.store.read(work)


def _named(tx: Tx, request: Why, ctx: Context) -> str | None:
    """The id that is asked about; without one it is the channel's newest message. None: there is none yet."""
    subject = (request.subject or "above").strip().strip("`.,;:")
    if subject.casefold() not in _ABOVE:
        return subject.removeprefix("/")
    newest = tx.outbox.newest(ctx.actor.channel)
    return None if newest is None else newest.id


def _unknown(tx: Tx, subject: str | None, ctx: Context) -> NotFoundError:
    """The nearest ids there are, or how ids look."""
    if subject is None:
        return NotFoundError("why.nothing_above", try_instead="/why a1")
    found = _NUMBERED.fullmatch(subject.casefold())
    newest = tx.last_id(found[1]) if found and found[1] in _KINDS else None
    if found and newest is not None:
        kind = msg(f"why.kind.{_KINDS[found[1]]}")
        return NotFoundError(
            "why.not_given", subject=subject[:_CAP], kind=kind, newest=newest, try_instead=f"/why {newest}"
        )  # fmt: skip
    known = _known(tx, lookup.seen(tx, ctx), ctx.now)
    near = difflib.get_close_matches(subject[:_CAP], known, n=3, cutoff=0.5)
    if near:
        return NotFoundError(
            "why.unknown_near", subject=subject[:_CAP], near=Listing(tuple(near)), try_instead=f"/why {near[0]}"
        )
    return NotFoundError("why.unknown", subject=subject[:_CAP], try_instead="/now")


def _known(tx: Tx, rooms: Collection[str], now: datetime) -> list[str]:
    """Ids somebody may have meant: what is live or ahead in these rooms, the rooms and their goods, the people."""
    shows = [item.id for item in tx.shows.following(now, rooms=rooms, limit=lookup.NEAREST)]
    shows += [session.show for session in tx.sessions.live() if session.show and session.room in rooms]
    return [
        *(alert.id for alert in tx.alerts.open() if alert.room in rooms),
        *shows,
        *(cue.id for show in shows for cue in tx.shows.cues(show)),
        *rooms,
        *(f"{product.room}/{product.sku}" for room in rooms for product in tx.rooms.products(room)),
        *(person.slug for person in tx.people.all()),
    ]
