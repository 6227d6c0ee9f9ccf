"""Another host for a show: by name, by an offer that the first to tap takes, and taking either back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, Any

from bot.core import hosting
from bot.core.command import Arg, Context, More, Where
from bot.core.errors import ConflictError, NotFoundError, UserError
from bot.core.model import Role, Show
from bot.core.planning_port import HostOffer, OfferKind
from bot.core.ports import Tx
from bot.core.records import Deed, Post
from bot.core.reply import Facts, Heading, Line, Note, Reply, Span, Text, When, msg, reply
from bot.core.rights import Place, place_of
from handlers import (
    asking,
    changes,
    changing,
    lookup,
    no_show,
    offers,
    planned_hosts,
    planning,
    reach,
    shows,
    telling,
    timetable,
)
from handlers.lookup import record
from handlers.undo import Way

NOBODY = "none"
_LONGEST_LATE_S = 3 * 3600
_MOVED = "20:30"


@dataclass(frozen=True, slots=True)
class SetHost:
    show: shows.ShowId
    host: Annotated[str, Arg("mia", completer="host", help="arg.new_host")]
    scope: reach.ScopeArg = "this"
    despite: Annotated[str | None, planning.DESPITE] = None
    save: Annotated[bool | None, planning.SAVE] = None


@dataclass(frozen=True, slots=True)
class OneOffer:
    offer: Annotated[str, Arg("o1")]


@dataclass(frozen=True, slots=True)
class Late:
    show: shows.ShowId
    by: Annotated[int, Arg("10m", kind="duration", help="arg.late_by")]


async def set_host(request: SetHost, ctx: Context) -> Reply:
    if request.save is False:
        return planning.not_now()

    def work(tx: Tx) -> Reply:
        show = shows.to_come(tx, request.show, ctx)
        new = None if request.host == NOBODY else request.host
        if new is not None:
            planned_hosts.check(tx, new, lookup.room(tx, show.room))
        if new == show.host and request.scope == "this":
            raise ConflictError("host.is_it", show=show.id, host=request.host, try_instead=f"/show offer {show.id}")
        change = _change(tx, show, new, request.scope, ctx)
        args = {"show": show.id, "host": request.host, "scope": change.reach.scope, "despite": request.despite}
        title = msg("host.first", n=len(change.seen), host=_name(tx, new))
        plan = changing.Plan(change, title, "show host", args, request.despite, save=bool(request.save))
        return changing.decide(tx, ctx, plan, changes.Done("show.host", {}, "show.host"), _say(tx, ctx))

    return await ctx.ports.store.write(work)


def _change(tx: Tx, show: Show, host: str | None, scope: str, ctx: Context) -> reach.Change:
    found = reach.of(tx, show, scope, ctx.now)
    if found.series is None:
        return reach.one(found, replace(show, host=host))
    return reach.edited(
        found, found.series, lambda row: replace(row, host=host), lambda rule: replace(rule, host=host)
    )  # fmt: skip


def _say(tx: Tx, ctx: Context) -> changes.Say:
    """Who had it, who has it, and when that is for everybody."""

    def say(seen: changes.Pairs) -> Reply:
        before, after = seen[0]
        old, new = _name(tx, before.host), _name(tx, after.host)
        head = msg("host.changed", show=after.id, old=old, new=new, n=len(seen))
        rows: list[tuple[Line, Line]] = [
            (msg("show.field.market_time"), msg("value", value=When(after.starts_at, after.zone)))
        ]
        for slug in (before.host, after.host):
            if slug is not None:
                label = msg("show.field.host_time", host=lookup.name(tx, slug))
                rows.append((label, msg("value", value=When(after.starts_at, _zone(tx, slug, ctx)))))
        return reply(Heading(head), Facts(tuple(rows)), tone="warning")

    return say


def _zone(tx: Tx, slug: str, ctx: Context) -> str:
    person = tx.people.get(slug)
    return (person.zone if person else None) or ctx.ports.team.zone


def _name(tx: Tx, slug: str | None) -> Line:
    return msg("none") if slug is None else lookup.name(tx, slug)


# -- offers ----------------------------------------------------------------------


async def offer(request: shows.OneShow, ctx: Context) -> Reply:
    """Puts the show to the hosts who could do it. Its own host may do that, too."""

    def work(tx: Tx) -> Reply:
        show = shows.to_come(tx, request.show, ctx)
        if offers.open_of(tx, show.id) is not None:
            raise ConflictError("offer.is_open", show=show.id, try_instead=f"/why {show.id}")
        if not hosting.needs_host(lookup.room(tx, show.room)):
            raise ConflictError("offer.avatar", show=show.id, room=show.room, try_instead=f"/why {show.id}")
        kind: OfferKind = "swap" if ctx.now < show.starts_at else "stand_in"
        asked = offers.candidates(tx, show, kind, ctx.ports)
        if not asked and show.host == ctx.actor.person:
            return _cannot(tx, show, ctx)
        if not asked:
            raise ConflictError("offer.nobody_free", show=show.id, try_instead=f"/show host {show.id} NAME")
        made = offers.make(tx, show, kind, asked, ctx.ports, by=ctx.actor.person)
        record(tx, ctx, "show.offer", show.id, None, {"offer": made.id, "asked": list(made.asked)})
        no_show.redraw(tx, show, ctx.ports)
        names = ", ".join(lookup.name(tx, slug) for slug in made.asked)
        return reply(Text(msg("offer.made", show=show.id, names=names)), Note(msg("offer.first_has_it")), tone="good")

    return await ctx.ports.store.write(work)


def _cannot(tx: Tx, show: Show, ctx: Context) -> Reply:
    """Its own host cannot do it, and there is nobody to ask: the operators have to know, and decide."""
    when = When(show.starts_at, show.zone)
    told = (
        Heading(msg("offer.cannot", who=ctx.actor.name, show=show.id, when=when)),
        Note(msg("offer.cannot_help", show=show.id)),
    )
    key = f"offer-cannot:{show.id}:{show.host}:{show.starts_at:%Y%m%dT%H%M}"
    pings = asking.audience(tx, "operators", (show.room,))
    tx.outbox.post(Post(key, "team", offers.KIND, reply(*told, tone="warning"), show.id, pings=pings), ctx.now)
    record(tx, ctx, "show.offer", show.id, None, {"asked": []})
    return reply(Text(msg("offer.cannot_said", show=show.id)), tone="warning")


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
        if not offers.is_free(tx, show, me, ctx.now):
            raise ConflictError("offer.not_free", show=show.id, try_instead="/hosts hours")
        offers.close(tx, made, "taken", ctx.ports, me)
        change = _change(tx, show, me, "this", ctx)
        answer = changes.apply(tx, ctx, change, changes.Done("offer.take", {}, "show.host"), _say(tx, ctx))
        when = When(show.starts_at, _zone(tx, me, ctx))
        mine = (Heading(msg("offer.yours_now", show=show.id, when=when)), Note(msg("offer.everybody_knows")))
        return replace(answer, blocks=(*mine, *answer.blocks), tone="good", private=True)

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
        no_show.redraw(tx, lookup.show(tx, made.show, ctx), ctx.ports)
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
        show = shows.to_come(tx, request.show, ctx)
        if abs(ctx.now - show.starts_at) > timedelta(hours=3):
            raise UserError("show.not_late_yet", show=show.id, try_instead=f"/show move {show.id} {_MOVED}")
        by = max(ctx.now, show.starts_at) + timedelta(seconds=request.by)
        if by >= show.ends_at:  # a stream that comes then would not be taken for it
            raise ConflictError(
                "show.late_beyond", show=show.id, by=When(by, show.zone, "time"),
                end=When(show.ends_at, show.zone, "time"), try_instead=f"/show move {show.id} {_MOVED}",
            )  # fmt: skip
        asking.answered(tx, ctx, show.id, asking.NO_SHOW, "show.late")
        tx.timers.set("NoShowDue", show.id, by)
        record(tx, ctx, "show.late", show.id, None, {"by": by.isoformat()})
        said = msg("show.late", show=show.id, room=show.room, when=When(by, show.zone, "time"), who=ctx.actor.name)
        no_show.late(tx, show, said, ctx.now)
        answer = reply(Text(said), Note(msg("show.late_then")))
        post = Post(f"late:{show.id}:{ctx.now.isoformat()}", "team", "show.late", answer, show.id)
        telling.tell_others(tx, ctx, post, show.room)
        return answer

    return await ctx.ports.store.write(work)


# -- taking it back --------------------------------------------------------------


def _instead(_tx: Tx, deed: Deed, _ctx: Context) -> str:
    was = deed.before["shows"][deed.subject]["show"]["host"]
    return f"/show host {deed.subject} {was or NOBODY}"


def _host_back(tx: Tx, deed: Deed, ctx: Context) -> Reply:
    return changes.way("show.host", _say(tx, ctx), _instead).take_back(tx, deed, ctx)


def _give_back(tx: Tx, deed: Deed, ctx: Context) -> Reply:
    """The offer stands as it did before it was taken."""
    answer = _host_back(tx, deed, ctx)
    taken = [made for made in tx.host_offers.of_show(deed.subject) if made.outcome == "taken"]
    if taken and taken[-1].until > ctx.now:
        offers.reopen(tx, taken[-1], ctx.ports)
    return answer


GIVEN, TAKEN = Way(_host_back, _instead), Way(_give_back, _instead)
"""How a show has the host again that it had."""
