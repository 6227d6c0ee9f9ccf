"""Destinations in trouble: the notice when one refuses for good, its resumption, and how each is doing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from bot.core.command import Arg, Context
from bot.core.delivery_policy import KINDS, family
from bot.core.errors import ConflictError
from bot.core.ports import Tx
from bot.core.records import Channel, Post, Traffic
from bot.core.reply import (
    Actions,
    Block,
    Button,
    Heading,
    Item,
    Items,
    Line,
    Listing,
    Msg,
    Note,
    Reply,
    Span,
    Text,
    Value,
    When,
    msg,
    reply,
)
from handlers import lookup

_NOTICE = "delivery.parked"
_RESUME = "delivery resume"
_DAY = timedelta(days=1)
_PURPOSES: tuple[Channel, ...] = ("team", "host", "managers")
_CAP = 80


@dataclass(frozen=True, slots=True)
class Resume:
    destination: Annotated[str, Arg("web:team", completer="parked")]


@dataclass(frozen=True, slots=True)
class Look:
    pass


def on_parked(tx: Tx, destination: str, why: str, now: datetime) -> None:
    """Direct messages that wait there go to their channel; one notice says what waits, where somebody can read it."""
    moved = tx.outbox.move(destination, now)
    channel, to = _where_to_say(tx, destination)
    if not to:
        return
    tx.outbox.move(destination, now, kind=_NOTICE, to=to)  # of another one parked before, whose button must be seen
    kinds = tx.outbox.waiting_kinds(destination, now)
    blocks: list[Block] = [Heading(msg("relay.parked", destination=destination)), Text(msg("relay.why", why=why))]
    blocks.append(Text(msg("relay.waiting", n=sum(kinds.values()), kinds=_told(kinds)) if kinds else _nothing()))
    if moved:
        blocks.append(Text(msg("relay.moved", n=len(moved))))
    blocks += [Note(msg("relay.how")), Actions((_button(destination),))]
    post = Post(
        _key(destination, now), channel, _NOTICE, reply(*blocks, tone="warning"), destination, urgent=True, only=to
    )
    tx.outbox.post(post, now)


def _where_to_say(tx: Tx, parked: str) -> tuple[Channel, tuple[str, ...]]:
    """The team's destinations that still take messages, else the managers', else the web chat's team channel."""
    shut = {state.destination for state in tx.outbox.parked()} | {parked}
    for purpose in ("team", "managers"):
        open_ones = tuple(name for name in tx.outbox.bound(purpose) if name not in shut)
        if open_ones:
            return ("team" if purpose == "team" else "managers"), open_ones
    return "team", tuple({"web:team"} - shut)


def _key(destination: str, parked_at: datetime) -> str:
    return f"parked:{destination}:{parked_at.isoformat()}"


def _button(destination: str) -> Button:
    return Button(msg("relay.resume"), _RESUME, {"destination": destination}, style="primary")


def _nothing() -> Msg:
    return msg("relay.nothing_waits")


def _told(kinds: Mapping[str, int]) -> Listing:
    """Kinds with their counts, in words."""
    families: Counter[str] = Counter()
    for kind, n in kinds.items():
        families[family(kind)] += n
    return Listing(tuple(msg("relay.count", kind=kind_name(name), n=n) for name, n in families.most_common()))


def kind_name(name: str) -> Value:
    """A family of kinds in words."""
    return msg(f"relay.kind.{name}") if name in KINDS else name


async def resume(request: Resume, ctx: Context) -> Reply:
    """Sends again to a parked destination: what is still worth it, in order; the rest expires."""

    def work(tx: Tx) -> Reply:
        destination = request.destination
        state = tx.outbox.state_of(destination)
        if state is None or state.parked_at is None:
            known = lookup.near(destination, [item.destination for item in tx.outbox.parked()])
            raise ConflictError(
                "relay.not_parked", destination=destination[:_CAP], known=known, try_instead="/delivery list"
            )
        expired = tx.outbox.expire_late(destination, ctx.now)
        kinds = tx.outbox.waiting_kinds(destination, ctx.now)
        waiting = sum(kinds.values())
        tx.outbox.unpark(destination)
        done: Line = msg("relay.resumed", destination=destination, n=waiting, expired=expired)
        key = _key(destination, state.parked_at)
        if tx.outbox.by_key(key) is not None:
            blocks: list[Block] = [
                Heading(msg("relay.was_parked", destination=destination)),
                Text(msg("relay.why", why=state.why)),
                Text(msg("relay.resumed_by", who=ctx.actor.name, when=When(ctx.now))),
                Text(msg("relay.sent_again", n=waiting, kinds=_told(kinds)) if kinds else _nothing()),
            ]
            if expired:
                blocks.append(Note(msg("relay.expired", n=expired)))
            tx.outbox.edit(key, reply(*blocks, tone="good"), ctx.now)
        before = {"parked": state.parked_at.isoformat(), "why": state.why}
        lookup.record(tx, ctx, "delivery.resume", destination, before, {"sent": waiting, "expired": expired})
        return reply(Text(done), tone="good")

    return await ctx.ports.store.write(work)


async def look(_request: Look, ctx: Context) -> Reply:
    """Every destination: well, waiting or parked; its queue, and what became of the last day's messages."""

    def work(tx: Tx) -> Reply:
        rows = {row.destination: row for row in tx.outbox.traffic(ctx.now - _DAY)}
        for purpose in _PURPOSES:
            for name in tx.outbox.bound(purpose):
                rows.setdefault(name, Traffic(name, None, 0, None))
        items = tuple(_item(row, ctx) for _, row in sorted(rows.items()))
        return reply(Heading(msg("relay.destinations")), Items(items))

    return await ctx.ports.store.read(work)


def _item(row: Traffic, ctx: Context) -> Item:
    state, line = row.state, msg("relay.line_well", destination=row.destination)
    buttons: tuple[Button, ...] = ()
    if state is not None and state.parked_at is not None:
        line = msg("relay.line_parked", destination=row.destination, since=When(state.parked_at), why=state.why)
        buttons = (_button(row.destination),)
    elif state is not None and state.not_before is not None and state.not_before > ctx.now:
        line = msg("relay.line_waits", destination=row.destination, until=When(state.not_before), why=state.why)
    figures: Msg = msg(
        "relay.figures",
        sent=row.sent,
        failed=row.failed,
        expired=row.expired,
        uncertain=row.uncertain,
        repeated=row.repeated,
    )
    if row.oldest is not None:
        oldest = Span(int((ctx.now - row.oldest).total_seconds()))
        figures = msg("relay.queue", n=row.waiting, oldest=oldest, figures=figures)
    return Item(line, note=figures, buttons=buttons)
