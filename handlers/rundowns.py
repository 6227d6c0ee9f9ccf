"""Cues on air: when they go out, and done / skip / +5 min."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated

from bot.core.command import Arg, Context
from bot.core.errors import ConflictError, NotFoundError, UserError
from bot.core.events import CueDue
from bot.core.model import Cue, Session, Show
from bot.core.ports import Ports, Tx
from bot.core.records import NudgeRow, Post
from bot.core.reply import Actions, Button, Heading, Msg, Note, Reply, Span, Text, When, msg, reply
from bot.core.rundown import CUE_LIVES_S, LEAD_S
from handlers import lookup, nudging
from handlers.lookup import record

_NUDGE_KIND = {"release": "release", "hand_off": "hand_off"}

CueId = Annotated[str, Arg("us_main-0312.c4", completer="cue")]


@dataclass(frozen=True, slots=True)
class OneCue:
    cue: CueId


@dataclass(frozen=True, slots=True)
class DelayCue:
    cue: CueId
    by: Annotated[int, Arg("5m", kind="duration")] = 300


def base_s(show: Show, session: Session) -> int:
    """Where the rundown begins on the session's clock: the planned start, or the real one if that was later."""
    return max(0, round((show.starts_at - session.started_at).total_seconds()))


def cue_at(show: Show, session: Session, cue: Cue) -> datetime:
    return session.started_at + timedelta(seconds=base_s(show, session) + cue.at_s)


def arm_cues(tx: Tx, show: Show, session: Session, now: datetime) -> None:
    """A timer for every cue still to come; one whose time has passed is dropped, and counted."""
    for cue in tx.shows.cues(show.id):
        if cue.state != "planned":
            continue
        at = cue_at(show, session, cue)
        if at + timedelta(seconds=CUE_LIVES_S) <= now:
            tx.shows.save_cue(replace(cue, state="dropped"))
        else:
            tx.timers.set("CueDue", cue.id, max(now, at - timedelta(seconds=LEAD_S)))


def drop_rest(tx: Tx, show: Show, session: Session, now: datetime) -> None:
    """The show is over: what was not sent is not worth saying any more."""
    for cue in tx.shows.cues(show.id):
        if cue.state == "planned":
            tx.shows.save_cue(replace(cue, state="dropped"))
            tx.timers.cancel("CueDue", cue.id)
    for nudge in tx.alerts.nudges(session.id):
        if nudge.state == "waiting":
            tx.alerts.save_nudge(replace(nudge, state="dropped", at=now, why="ended"))


def cue_text(tx: Tx, show: Show, cue: Cue) -> Msg:
    product = tx.rooms.product(show.room, cue.sku) if cue.sku else None
    if cue.kind == "segment":
        segment = next((item for item in tx.shows.segments(show.id) if item.starts_s == cue.at_s), None)
        return msg("cue.segment", segment=msg(f"segment.{segment.kind}") if segment else msg("segment.selling"))
    if cue.kind == "giveaway" and show.benefit:
        return msg("cue.giveaway_benefit", benefit=show.benefit)
    if cue.kind == "release" and product is not None:
        return msg("cue.release_price", product=product.name, price=product.price)
    return msg(f"cue.{cue.kind}", product=product.name if product else cue.sku or "")


def on_cue_due(tx: Tx, event: CueDue, ports: Ports) -> None:
    """Ahead of the cue's moment: the host's nudge waits for its slot; the operator hears of what needs a hand."""
    cue = tx.shows.cue(event.subject)
    show = tx.shows.get(cue.show) if cue else None
    session = tx.sessions.of_show(show.id) if show else None
    if cue is None or show is None or session is None or session.state != "live" or cue.state != "planned":
        return
    at = cue_at(show, session, cue)
    expires = at + timedelta(seconds=CUE_LIVES_S)
    if show.host is not None:
        nudge = NudgeRow(
            id=tx.next_id("n"),
            session=session.id,
            kind=_NUDGE_KIND.get(cue.kind, "cue"),  # type: ignore[arg-type]  # the literals of NudgeRow.kind
            due_at=event.now,
            expires_at=expires,
            subject=cue.id,
            reply=host_card(tx, show, cue, at),
            to=show.host,
        )
        nudging.add(tx, nudge, event.now)
    if cue.needs_operator:
        promise = Post(
            f"cue:{cue.id}", "team", "cue", operator_card(tx, show, cue, at), cue.id, urgent=True, expires_at=expires
        )
        tx.outbox.post(promise, event.now)
        tx.shows.save_cue(replace(cue, state="sent"))


def host_card(tx: Tx, show: Show, cue: Cue, at: datetime) -> Reply:
    buttons = (
        Button(msg("button.done"), "cue done", {"cue": cue.id}, "primary"),
        Button(msg("button.skip"), "cue skip", {"cue": cue.id}),
    )
    return reply(
        Heading(cue_text(tx, show, cue)),
        Note(msg("cue.at", when=When(at, show.zone, "time"))),
        Actions(_left(cue, buttons)),
    )


def operator_card(tx: Tx, show: Show, cue: Cue, at: datetime) -> Reply:
    buttons = (
        Button(msg("button.done"), "cue done", {"cue": cue.id}, "primary"),
        Button(msg("button.skip"), "cue skip", {"cue": cue.id}),
        Button(msg("button.delay"), "cue delay", {"cue": cue.id, "by": "5m"}),
    )
    title = msg("cue.operator", room=show.room, cue=cue_text(tx, show, cue))
    note = (
        msg(f"cue.state_{cue.state}")
        if cue.state in ("done", "skipped")
        else msg("cue.at", when=When(at, show.zone, "time"))
    )
    return reply(
        Heading(title), Note(note), Actions(_left(cue, buttons)), tone="good" if cue.state == "done" else "normal"
    )


def _left(cue: Cue, buttons: tuple[Button, ...]) -> tuple[Button, ...]:
    return () if cue.state in ("done", "skipped", "dropped") else buttons


def _find(tx: Tx, cue_id: str) -> tuple[Cue, Show]:
    cue = tx.shows.cue(cue_id)
    show = tx.shows.get(cue.show) if cue else None
    if cue is None or show is None:
        live = [
            item.id
            for found in tx.sessions.live()
            if found.show
            for item in tx.shows.cues(found.show)
            if item.state in ("planned", "sent")
        ]
        raise NotFoundError("cue.unknown", cue=cue_id[:60], known=lookup.near(cue_id, live), try_instead="/now")
    return cue, show


def _redraw(tx: Tx, show: Show, cue: Cue, now: datetime) -> None:
    session = tx.sessions.of_show(show.id)
    if session is None:
        return
    at = cue_at(show, session, cue)
    if tx.outbox.by_key(f"cue:{cue.id}") is not None:
        tx.outbox.edit(f"cue:{cue.id}", operator_card(tx, show, cue, at), now)
    for nudge in tx.alerts.nudges(session.id):
        if nudge.subject == cue.id:
            answer = host_card(tx, show, cue, at)
            if nudge.state == "sent":
                tx.outbox.edit(f"nudge:{nudge.id}", answer, now)
            elif nudge.state == "waiting" and cue.state in ("done", "skipped"):
                tx.alerts.save_nudge(replace(nudge, state="dropped", at=now, why=cue.state))


async def _settle(cue_id: str, ctx: Context, state: str) -> Reply:
    def work(tx: Tx) -> Reply:
        old, show = _find(tx, cue_id)
        if old.state in ("done", "skipped", "dropped"):
            raise ConflictError("cue.over", cue=old.id, state=msg(f"cue.state_{old.state}"))
        new = replace(old, state=state)  # type: ignore[arg-type]  # one of the two literals below
        tx.shows.save_cue(new)
        tx.timers.cancel("CueDue", old.id)
        record(tx, ctx, f"cue.{state}", old.id, old.state, state)
        _redraw(tx, show, new, ctx.now)
        return reply(Text(msg(f"cue.said_{state}", cue=cue_text(tx, show, new))), private=True)

    return await ctx.ports.store.write(work)


async def done(request: OneCue, ctx: Context) -> Reply:
    return await _settle(request.cue, ctx, "done")


async def skip(request: OneCue, ctx: Context) -> Reply:
    return await _settle(request.cue, ctx, "skipped")


async def delay(request: DelayCue, ctx: Context) -> Reply:
    def work(tx: Tx) -> Reply:
        if not 0 < request.by <= 3600:  # noqa: PLR2004 - an hour
            raise UserError("cue.bad_delay", by=Span(request.by), try_instead=f"/cue delay {request.cue} 5m")
        old, show = _find(tx, request.cue)
        if old.state in ("done", "skipped", "dropped"):
            raise ConflictError("cue.over", cue=old.id, state=msg(f"cue.state_{old.state}"))
        cues = tx.shows.cues(show.id)
        moved = _shift(cues, old, request.by)
        segments = [
            replace(item, starts_s=item.starts_s + request.by)
            if item.starts_s >= old.at_s
            else replace(item, length_s=item.length_s + request.by)
            if item.starts_s + item.length_s > old.at_s
            else item
            for item in tx.shows.segments(show.id)
        ]
        tx.shows.set_rundown(show.id, segments, moved)
        session = tx.sessions.of_show(show.id)
        if session is not None and session.state == "live":
            for cue in moved:
                if cue.state == "planned" and cue.at_s >= old.at_s:
                    tx.timers.set(
                        "CueDue", cue.id, max(ctx.now, cue_at(show, session, cue) - timedelta(seconds=LEAD_S))
                    )
            _withdraw(tx, session, old, ctx.now)
        record(tx, ctx, "cue.delay", old.id, old.at_s, old.at_s + request.by)
        over = max((item.starts_s + item.length_s for item in segments), default=0) - show.duration_s
        return reply(
            Text(msg("cue.delayed", by=Span(request.by))),
            *([Note(msg("cue.overrun", over=Span(over)))] if over > 0 else []),
        )

    return await ctx.ports.store.write(work)


def _shift(cues: Sequence[Cue], from_cue: Cue, by_s: int) -> list[Cue]:
    """The cue and everything still planned after it, later by `by_s` seconds."""
    return [
        replace(cue, at_s=cue.at_s + by_s, state="planned")
        if cue.id == from_cue.id or (cue.state == "planned" and cue.at_s >= from_cue.at_s)
        else cue
        for cue in cues
    ]


def _withdraw(tx: Tx, session: Session, cue: Cue, now: datetime) -> None:
    for nudge in tx.alerts.nudges(session.id):
        if nudge.subject == cue.id and nudge.state == "waiting":
            tx.alerts.save_nudge(replace(nudge, state="dropped", at=now, why="moved"))
    if tx.outbox.by_key(f"cue:{cue.id}") is not None:
        tx.outbox.edit(f"cue:{cue.id}", reply(Text(msg("cue.moved"))), now)
