"""Finding the thing somebody named, or saying what there is instead.

With `ctx` only what that person may know of is said: where nobody has checked yet whether they may ask at all.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NoReturn

from bot.core import belonging
from bot.core.command import Context
from bot.core.errors import ConflictError, NotFoundError, UserError
from bot.core.model import Cue, Person, Product, Role, Room, Session, Show
from bot.core.planning_port import HandOff
from bot.core.ports import Tx
from bot.core.records import Alert, AuditEntry, Prompt
from bot.core.reply import Listing, Msg, When, msg

_CAP = 60
NEXT = 10
"""So many shows of a room are looked at where its next ones are meant."""
NEAREST = 200
"""So many of the next shows are compared with a name that was mistyped, or offered while somebody types."""
_OF_PEOPLE = (
    "me", "host.", "person.", "grant", "revoke", "link", "unlink", "claim", "code.", "invite", "signin", "signout",
)  # fmt: skip
"""Actions whose subject is a person, who may be called like a room."""
_OF_ROOMS = ("room.", "product.")
"""Actions whose subject is a room or something in it (ROOM/SKU); a room may be called like a show or an alert."""


def near(typed: str, known: Sequence[str]) -> Listing:
    """Up to three names like what was typed, else the first few there are; an empty listing reads "none"."""
    return Listing(tuple(difflib.get_close_matches(typed, known, n=3, cutoff=0.5) or known[:5]))


def _known(tx: Tx, ctx: Context | None, *, archived: bool = True) -> list[Room]:
    """Rooms to name in an error."""
    return [item for item in tx.rooms.all(archived=archived) if ctx is None or ctx.actor.rights.sees(item)]


def room(tx: Tx, slug: str, ctx: Context | None = None) -> Room:
    found = tx.rooms.get(slug)
    if found is None:
        known = [item.slug for item in _known(tx, ctx)]
        try_instead = "/room list" if known else "/room add us_main us"
        raise NotFoundError("room.unknown", room=slug[:_CAP], known=near(slug, known), try_instead=try_instead)
    return found


def active_room(tx: Tx, slug: str, ctx: Context | None = None) -> Room:
    found = room(tx, slug, ctx)
    if found.archived_at is not None:
        raise ConflictError("room.archived", room=slug, try_instead=f"/room restore {slug}")
    return found


def one_room(tx: Tx, slug: str | None, ctx: Context | None = None, *, try_instead: str) -> Room:
    """By its slug; without one, the only room on air, or the only one there is where none is."""
    if slug is not None:
        return active_room(tx, slug, ctx)
    live, rooms = tx.sessions.live(), tx.rooms.all()
    possible = [session.room for session in live] or [item.slug for item in rooms]
    if len(possible) != 1:
        known = Listing(tuple(item.slug for item in _known(tx, ctx, archived=False)))
        raise UserError("room.which", known=known, try_instead=try_instead)
    return room(tx, possible[0])


def person(tx: Tx, slug: str, *, try_instead: str = "/person add {slug}") -> Person:
    """Whoever is called so; `try_instead` makes somebody of that name."""
    found = tx.people.get(slug)
    if found is None:
        known = [item.slug for item in tx.people.all()]
        raise NotFoundError(
            "person.unknown", person=slug[:_CAP], known=near(slug, known),
            try_instead=try_instead.format(slug=slug[:30]),
        )  # fmt: skip
    return found


def name(tx: Tx, slug: str) -> str:
    """How people call somebody; where others call themselves the same, what they are typed as."""
    found = tx.people.get(slug)
    if found is None or any(
        item.slug != slug and item.name.casefold() == found.name.casefold() for item in tx.people.all()
    ):
        return slug
    return found.name


def product(tx: Tx, room_slug: str, sku: str) -> Product:
    found = tx.rooms.product(room_slug, sku)
    if found is None:
        known = [item.sku for item in tx.rooms.products(room_slug)]
        raise NotFoundError(
            "product.unknown",
            sku=sku[:_CAP],
            room=room_slug,
            known=near(sku, known),
            try_instead=f"/product list {room_slug}",
        )
    return found


def ahead(tx: Tx, room_slug: str, now: datetime, limit: int = NEXT) -> list[Show]:
    """The room's next shows that are planned and not over by plan."""
    return tx.shows.following(now, room=room_slug, limit=limit)


def show(tx: Tx, text: str, ctx: Context) -> Show:
    """By id, or by a room's slug: the room's live show, else the one that runs by plan or is next, else its last."""
    found = tx.shows.get(text)
    if found is not None:
        return found
    if tx.rooms.get(text) is None:
        rooms = seen(tx, ctx)
        upcoming = [item.id for item in tx.shows.following(ctx.now, rooms=rooms, limit=NEAREST)]
        raise NotFoundError("show.unknown", show=text[:_CAP], known=near(text, upcoming), try_instead="/show list")
    session = next(iter(tx.sessions.live(text)), None)
    if session is not None and session.show is not None and (live := tx.shows.get(session.show)) is not None:
        return live
    coming = ahead(tx, text, ctx.now, 1)
    behind = [] if coming else tx.shows.between(ctx.now - timedelta(days=60), ctx.now, text)
    nearest = next(iter((*coming, *behind[-1:])), None)
    if nearest is None:
        may_plan = ctx.actor.role >= Role.OPERATOR
        instead = f"/show plan {text} fri 20:00" if may_plan else "/show list"
        raise NotFoundError("show.none", room=text, try_instead=instead)
    return nearest


def alert(tx: Tx, text: str | None, ctx: Context | None = None, *, try_instead: str = "/now") -> Alert:
    """By id; without one, the alert that is open if there is just one."""
    if text is not None:
        found = tx.alerts.get(text)
        if found is None:
            known = _open_alerts(tx, ctx)
            raise NotFoundError("alert.unknown", alert=text[:_CAP], known=near(text, known), try_instead=try_instead)
        return found
    opened = tx.alerts.open()
    if len(opened) != 1:
        raise UserError("alert.which", known=Listing(tuple(_open_alerts(tx, ctx))), try_instead=try_instead)
    return opened[0]


def _open_alerts(tx: Tx, ctx: Context | None) -> list[str]:
    rooms = {item.slug for item in _known(tx, ctx)}
    return [item.id for item in tx.alerts.open() if item.room in rooms]


def cue(tx: Tx, text: str, ctx: Context | None = None) -> tuple[Cue, Show]:
    """By id, with its show."""
    found = tx.shows.cue(text)
    of = tx.shows.get(found.show) if found else None
    if found is None or of is None:
        rooms = {item.slug for item in _known(tx, ctx)}
        live = [
            item.id
            for session in tx.sessions.live()
            if session.show and session.room in rooms
            for item in tx.shows.cues(session.show)
            if item.state in ("planned", "sent")
        ]
        raise NotFoundError("cue.unknown", cue=text[:_CAP], known=near(text, live), try_instead="/now")
    return found, of


def prompt(tx: Tx, text: str) -> Prompt:
    found = tx.alerts.prompt(text)
    if found is None:
        raise NotFoundError("prompt.unknown", prompt=text[:_CAP], try_instead="/prompt")
    return found


def hand_off(tx: Tx, text: str) -> HandOff:
    found = tx.hand_offs.get(text)
    if found is None:
        raise NotFoundError("handoff.unknown", hand_off=text[:_CAP], try_instead="/now")
    return found


def matrix(tx: Tx, name: str, ctx: Context | None = None) -> str:
    """A matrix there is: some room belongs to it."""
    if all(item.matrix != name for item in tx.rooms.all(archived=True)):
        known = sorted({item.matrix for item in _known(tx, ctx)})
        raise NotFoundError(
            "matrix.unknown",
            matrix=name[:_CAP],
            known=near(name, known),
            try_instead=f"matrix={known[0]}" if known else "/room add us_main us matrix=main",
        )
    return name


def one_scope() -> NoReturn:
    raise UserError("grant.two_scopes")


def live_session(tx: Tx, slug: str | None, ctx: Context | None = None) -> Session:
    """The live session of a room; without a room, the only one there is."""
    if slug is not None:
        room(tx, slug, ctx)
    found = tx.sessions.live(slug)
    if not found and slug is None:
        raise ConflictError("session.nothing_live", try_instead="/show list")
    if not found:
        raise ConflictError("session.none_live", room=slug, try_instead=f"/show start {slug}")
    if len(found) > 1:
        rooms = {item.slug for item in _known(tx, ctx)}
        known = [item.room for item in found if item.room in rooms]
        try_instead = f"room={known[0]}" if known else "/room list"
        raise UserError("room.which", known=Listing(tuple(known)), try_instead=try_instead)
    return found[0]


def who_did(tx: Tx, subject: str, *actions: str) -> tuple[str, When] | None:
    """The name of whoever last did one of these to the subject, and when; None where it was nobody."""
    done = [entry for entry in tx.audit.of_subject(subject) if entry.action in actions]
    if not done:
        return None
    found = tx.people.get(done[-1].actor)
    return found.name if found else done[-1].actor, When(done[-1].at, style="time")


def record(
    tx: Tx, ctx: Context, action: str, subject: str, before: object = None, after: object = None, *,
    room_slug: str | None = None, of: str | None = None, detail: Mapping[str, object] | None = None,
) -> None:  # fmt: skip
    """One audit entry for what this person just did; call it when the subject is saved.

    `room_slug`: the room of a deed whose subject does not tell it. `of`: what the deed belongs to, where that is more
    than the subject tells (a room's figures belong to its session).
    """
    via = f"{ctx.actor.chat}:{ctx.message}" if ctx.message else ctx.actor.chat
    more = detail or {}
    did = str(more.get("action", action))
    is_told = room_slug is not None or is_of_people(did)
    found, show_id = (room_slug, None) if is_told else place_of_deed(tx, did, of or subject)
    tx.audit.add(
        AuditEntry(
            ctx.now, ctx.actor.person, via, action, subject, before, after, {**ctx.actor.elsewhere, **more},
            channel=ctx.actor.channel, room=found, show=show_id,
        )
    )  # fmt: skip


def seen(tx: Tx, ctx: Context) -> set[str]:
    """The rooms this person may know of."""
    return {item.slug for item in _known(tx, ctx)}


def is_of_people(action: str) -> bool:
    """Whether the subject of such an audit entry is a person, who may be called like a room."""
    return action.startswith(_OF_PEOPLE)


def what_was_done(entry: AuditEntry) -> Msg:
    """An entry's action in the words of its command; of an undo also what it took back."""
    taken_back = entry.detail.get("action")
    if entry.action == "undo" and taken_back is not None:
        return msg("undo.entry", what=msg(f"cmd.{taken_back}"))
    return msg(f"cmd.{entry.action}")


def place_of_deed(tx: Tx, action: str, subject: str) -> tuple[str | None, str | None]:
    """The room and the show that something was done to."""
    return (subject.partition("/")[0], None) if action.startswith(_OF_ROOMS) else belonging.place(tx, subject)


def told(value: object) -> str:
    """A value out of the audit as people typed it, no punctuation of ours."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {told(item)}" for name, item in value.items() if item not in (None, "", []))
    if isinstance(value, list):
        return ", ".join(told(item) for item in value if item is not None)
    return str(value)
