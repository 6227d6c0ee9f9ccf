"""Another host for a show: by name, by an offer that the first to tap takes, and taking either back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, Any

from bot.core.command import Arg, Context, More, Where
from bot.core.errors import ConflictError, NotFoundError, UserError
from bot.core.model import Role, Show
from bot.core.planning_port import HostOffer, OfferKind
from bot.core.ports import Tx
from bot.core.records import Deed, Post
from bot.core.reply import Block, Facts, Heading, Line, Note, Reply, Span, Text, When, msg, reply
from bot.core.rights import Place, place_of
from handlers import (
    asking,
    conflicts,
    lookup,
    no_show,
    offers,
    planned_hosts,
    shows,
    snapshot,
    telling,
    timetable,
    undo,
)
from handlers.conflicts import Again
from handlers.lookup import record
from handlers.undo import Way

NOBODY = "none"
_LONGEST_LATE_S = 3 * 3600


@dataclass(frozen=True, slots=True)
class SetHost:
    show: shows.ShowId
    host: Annotated[str, Arg("mia", completer="host", help="arg.new_host")]
    despite: Annotated[str | None, Arg("agreed with Mia", keyed=True, help="arg.despite")] = None


@dataclass(frozen=True, slots=True)
class OneOffer:
    offer: Annotated[str, Arg("o1")]


@dataclass(frozen=True, slots=True)
class Late:
    show: shows.ShowId
    by: Annotated[int, Arg("10m", kind="duration", help="arg.late_by")]


async def set_host(request: SetHost, ctx: Context) -> Reply:
    def work(tx: Tx) -> Reply:
        show = to_come(tx, request.show, ctx)
        new = None if request.host == NOBODY else request.host
        if new is not None:
            planned_hosts.check(tx, new, lookup.room(tx, show.room))
        if new == show.host:
            raise ConflictError("host.is_it", show=show.id, host=request.host, try_instead=f"/show offer {show.id}")
        args = {"show": show.id, "host": request.host}
        found = conflicts.of(tx, [replace(show, host=new)], ctx.now)
        if request.despite is None and (no := conflicts.refuse(tx, ctx, found, Again("show host", args))) is not None:
            return no
        pairs, deed = give(tx, show, new, ctx, "show.host")
        if request.despite is not None:
            conflicts.allow(tx, ctx, found, request.despite)
        return _given(tx, ctx, deed, *pairs, doubts=conflicts.blocks(tx, found, ctx))

    return await ctx.ports.store.write(work)


def to_come(tx: Tx, text: str, ctx: Context) -> Show:
    show = lookup.show(tx, text, ctx)
    if show.state not in timetable.TO_COME:
        state = msg(f"show_state.{show.state}")
        raise ConflictError("show.is_over", show=show.id, state=state, try_instead=f"/show list {show.room}")
    return show


def give(tx: Tx, show: Show, host: str | None, ctx: Context, action: str) -> tuple[tuple[Show, Show], Deed]:
    """The show is this host's from now on; whoever loses or gets it is told, and so is the team."""
    kept = snapshot.before(tx, [show], [])
    after = replace(show, host=host)
    timetable.changed(tx, [(show, after)], ctx.ports)
    record(tx, ctx, action, show.id, {"host": show.host}, {"host": host})
    deed = undo.offer(tx, ctx, action, show.id, kept, snapshot.after(tx, [show.id], []))
    _tell(tx, ctx, deed.id, show, after)
    return (show, after), deed


def _tell(tx: Tx, ctx: Context, deed: str, before: Show, after: Show) -> None:
    """Each of the two in a message of their own, in their own time; the team everywhere it reads."""
    for slug, key in ((before.host, "host.lost"), (after.host, "host.got")):
        if slug is not None and slug != ctx.actor.person:
            when = When(after.starts_at, _zone(tx, slug, ctx))
            text = msg(key, show=after.id, room=lookup.room(tx, after.room).name, when=when)
            answer = reply(Heading(text), Note(msg("host.changed_by", who=ctx.actor.name)))
            tx.outbox.post(Post(f"host:{deed}:{slug}", "host", "show.host", answer, after.id, to=slug), ctx.now)
    post = Post(f"host:{deed}", "team", "show.host", reply(*_lines(tx, before, after)), after.id)
    telling.tell_others(tx, ctx, post, after.room)


def _zone(tx: Tx, slug: str, ctx: Context) -> str:
    person = tx.people.get(slug)
    return (person.zone if person else None) or ctx.ports.team.zone


def _name(tx: Tx, slug: str | None) -> Line:
    return msg("none") if slug is None else lookup.name(tx, slug)


def _lines(tx: Tx, before: Show, after: Show) -> list[Block]:
    said = msg("host.changed", show=after.id, old=_name(tx, before.host), new=_name(tx, after.host))
    return [Heading(said), Note(msg("host.at", when=When(after.starts_at, after.zone)))]


def _given(
    tx: Tx, ctx: Context, deed: Deed, before: Show, after: Show, doubts: Collection[Block]
) -> Reply:  # fmt: skip
    rows: list[tuple[Line, Line]] = [
        (msg("show.field.market_time"), msg("value", value=When(after.starts_at, after.zone)))
    ]
    if after.host is not None:
        zone = _zone(tx, after.host, ctx)
        label = msg("show.field.host_time", host=lookup.name(tx, after.host))
        rows.append((label, msg("value", value=When(after.starts_at, zone))))
    notes = [Note(doubt) for doubt in planned_hosts.doubts(tx, after, ctx)]
    head = _lines(tx, before, after)[0]
    return reply(head, Facts(tuple(rows)), *notes, *doubts, *undo.blocks(deed), tone="good")


# -- offers ----------------------------------------------------------------------


async def offer(request: shows.OneShow, ctx: Context) -> Reply:
    """Puts the show to the hosts who could do it. Its own host may do that, too."""

    def work(tx: Tx) -> Reply:
        show = to_come(tx, request.show, ctx)
        if offers.open_of(tx, show.id) is not None:
            raise ConflictError("offer.is_open", show=show.id, try_instead=f"/why {show.id}")
        kind: OfferKind = "swap" if ctx.now < show.starts_at else "stand_in"
        asked = offers.candidates(tx, show, kind, ctx.ports)
        if not asked:
            raise ConflictError("offer.nobody_free", show=show.id, try_instead=f"/show host {show.id} NAME")
        made = offers.make(tx, show, kind, asked, ctx.ports, by=ctx.actor.person)
        record(tx, ctx, "show.offer", show.id, None, {"offer": made.id, "asked": list(made.asked)})
        names = ", ".join(lookup.name(tx, slug) for slug in made.asked)
        return reply(Text(msg("offer.made", show=show.id, names=names)), Note(msg("offer.first_has_it")), tone="good")

    return await ctx.ports.store.write(work)


def _whose(tx: Tx, request: Any, ctx: Context) -> Role:
    """A host may do it with their own show; with others' only operators."""
    show = lookup.show(tx, request.show, ctx)
    return Role.NOBODY if show.host == ctx.actor.person else Role.OPERATOR


OF_OTHERS = More("for a show of somebody else: operator", _whose)


async def take(request: OneOffer, ctx: Context) -> Reply:
    """The first to tap has it."""

    def work(tx: Tx) -> Reply:
        made = find(tx, request.offer)
        show = lookup.show(tx, made.show, ctx)
        me = ctx.actor.person
        _check_open(tx, made, me)
        if me not in made.asked:
            raise ConflictError("offer.not_asked", offer=made.id, show=show.id, try_instead=f"/why {show.id}")
        if show.state not in timetable.TO_COME:
            raise ConflictError("show.is_over", show=show.id, state=msg(f"show_state.{show.state}"), try_instead="/now")
        if offers.why_not(tx, show, me, ctx.now):
            raise ConflictError("offer.not_free", show=show.id, try_instead="/hosts hours")
        offers.close(tx, made, "taken", ctx.ports, me)
        (_, after), deed = give(tx, show, me, ctx, "offer.take")
        when = When(after.starts_at, _zone(tx, me, ctx))
        blocks = (Heading(msg("offer.yours_now", show=after.id, when=when)), Note(msg("offer.everybody_knows")))
        return reply(*blocks, *undo.blocks(deed), tone="good", private=True)

    return await ctx.ports.store.write(work)


def find(tx: Tx, offer_id: str) -> HostOffer:
    found = tx.host_offers.get(offer_id)
    if found is None:
        raise NotFoundError("offer.unknown", offer=offer_id[:60], try_instead="/show list")
    return found


def _check_open(tx: Tx, made: HostOffer, me: str | None = None) -> None:
    if made.taken_by is not None and made.taken_by == me:
        raise ConflictError("offer.yours_already", show=made.show, try_instead=f"/why {made.show}")
    if made.taken_by is not None:
        raise ConflictError(
            "offer.gone", show=made.show, who=lookup.name(tx, made.taken_by), try_instead=f"/why {made.show}"
        )
    if made.closed_at is not None:
        raise ConflictError("offer.closed", show=made.show, try_instead=f"/why {made.show}")


async def withdraw(request: OneOffer, ctx: Context) -> Reply:
    def work(tx: Tx) -> Reply:
        made = find(tx, request.offer)
        _check_open(tx, made)
        offers.close(tx, made, "withdrawn", ctx.ports)
        record(tx, ctx, "offer.withdraw", made.id, "open", "withdrawn")
        return reply(Text(msg("offer.withdrawn_now", show=made.show)))

    return await ctx.ports.store.write(work)


def _of_offer(tx: Tx, request: Any, _ctx: Context) -> Place:
    made = find(tx, request.offer)
    show = tx.shows.get(made.show)
    return place_of(lookup.room(tx, show.room if show else ""))


OFFER = Where("the offered show's room", _of_offer)


# -- late ------------------------------------------------------------------------


async def late(request: Late, ctx: Context) -> Reply:
    """It will begin late: nobody is alarmed before that time, and then everybody again."""

    def work(tx: Tx) -> Reply:
        if not 0 < request.by <= _LONGEST_LATE_S:
            raise UserError("show.bad_late", by=Span(request.by), try_instead=f"/show late {request.show} 10m")
        show = to_come(tx, request.show, ctx)
        if abs(ctx.now - show.starts_at) > timedelta(hours=3):
            raise UserError("show.not_late_yet", show=show.id, try_instead=f"/show move {show.id} 20:30")
        by = max(ctx.now, show.starts_at) + timedelta(seconds=request.by)
        asking.answered(tx, ctx, show.id, asking.NO_SHOW, "show.late")
        tx.timers.set("NoShowDue", show.id, by)
        record(tx, ctx, "show.late", show.id, None, {"by": by.isoformat()})
        said = msg("show.late", show=show.id, room=show.room, when=When(by, show.zone, "time"), who=ctx.actor.name)
        no_show.late(tx, show, said, ctx.now)
        answer = reply(Text(said), Note(msg("show.late_then")))
        post = Post(f"late:{show.id}:{by:%H%M%S}", "team", "show.late", answer, show.id)
        telling.tell_others(tx, ctx, post, show.room)
        return answer

    return await ctx.ports.store.write(work)


# -- taking it back --------------------------------------------------------------


def _take_back(tx: Tx, deed: Deed, ctx: Context) -> Reply:
    [(left, again)] = snapshot.restore(tx, deed, ctx)
    undo.record(tx, ctx, deed, deed.subject, {"host": left.host}, {"host": again.host})
    if deed.action == "offer.take":
        taken = [made for made in tx.host_offers.of_show(again.id) if made.taken_by == left.host]
        if taken and taken[-1].until > ctx.now:
            offers.reopen(tx, taken[-1], ctx.ports)
    _tell(tx, ctx, f"back-{deed.id}", left, again)
    return reply(*_lines(tx, left, again), undo.by(ctx), tone="good")


def _instead(_tx: Tx, deed: Deed, _ctx: Context) -> str:
    was = deed.before["shows"][deed.subject]["show"]["host"]
    return f"/show host {deed.subject} {was or NOBODY}"


GIVEN = Way(_take_back, _instead)
"""How a show has the host again that it had."""
