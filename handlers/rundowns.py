"""Cues on air: when they go out, and done / skip / +5 min."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated

from bot.core.attention import BUDGET_S
from bot.core.command import Arg, Context
from bot.core.errors import ConflictError, UserError
from bot.core.escalation import AskKind
from bot.core.events import CueDue
from bot.core.model import Cue, CueKind, Segment, Session, Show
from bot.core.ports import Ports, Tx
from bot.core.records import NudgeRow, Post
from bot.core.reply import Note, Reply, Span, Text, When, msg, reply
from bot.core.rundown import CUE_LIVES_S, LEAD_S, Rundown, standard
from handlers import asking, cue_card, handoff_offers, lookup, nudging
from handlers.lookup import record

_NUDGE_KIND = {"release": "release", "hand_off": "hand_off"}
_ASKED: dict[CueKind, AskKind] = {"release": "release", "hand_off": "hand_off"}
"""Cues that go to the operators when the host does not answer."""

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


def giveaway_spans(tx: Tx, session: Session) -> list[tuple[int, int]]:
    """Seconds from the session's start in which the rundown has a giveaway."""
    show = tx.shows.get(session.show) if session.show else None
    if show is None:
        return []
    base = base_s(show, session)
    return [
        (base + segment.starts_s, base + segment.starts_s + segment.length_s)
        for segment in tx.shows.segments(show.id)
        if segment.kind == "giveaway"
    ]


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


def drop_rest(tx: Tx, show: Show, now: datetime) -> None:
    """The show is over: what was not sent is not worth saying any more, and nobody is asked about what was."""
    for cue in tx.shows.cues(show.id):
        question = asking.latest(tx, cue.id, asking.CUE)
        if question is not None and question.is_open:
            asking.end(tx, cue.id, asking.CUE, "off_air", now)
            redraw(tx, show, cue, now)
        if cue.state == "planned":
            tx.shows.save_cue(replace(cue, state="dropped"))
            tx.timers.cancel("CueDue", cue.id)


def take_up(tx: Tx, show: Show, session: Session, now: datetime) -> None:
    """The show goes on after all: what the end dropped and is still to come is planned again."""
    for cue in tx.shows.cues(show.id):
        back = cue
        if cue.state == "dropped" and cue_at(show, session, cue) > now:
            back = replace(cue, state="planned")
            tx.shows.save_cue(back)
        question = asking.latest(tx, cue.id, asking.CUE)
        if question is not None and question.outcome == "off_air":
            asking.resume(tx, question.id)  # past its moment it ends at once, and says so
            redraw(tx, show, back, now)
    arm_cues(tx, show, session, now)


def on_cue_due(tx: Tx, event: CueDue, ports: Ports) -> None:
    """Ahead of the cue's moment: the host's nudge waits for its slot; the operator hears of what needs a hand."""
    cue = tx.shows.cue(event.subject)
    show = tx.shows.get(cue.show) if cue else None
    session = tx.sessions.of_show(show.id) if show else None
    if cue is None or show is None or session is None or session.state != "live" or cue.state != "planned":
        return
    if cue.kind == "hand_off":
        handoff_offers.at_end(tx, session, cue, ports, event.now)
    at = cue_at(show, session, cue)
    if is_told_by_its_release(tx, cue):
        tx.shows.save_cue(replace(cue, state="sent"))
        return
    expires = at + timedelta(seconds=CUE_LIVES_S)
    nudge = NudgeRow(
        id=tx.next_id("n"),
        session=session.id,
        kind=_NUDGE_KIND.get(cue.kind, "cue"),  # type: ignore[arg-type]  # the literals of NudgeRow.kind
        due_at=event.now,
        expires_at=expires,
        subject=cue.id,
        reply=cue_card.host_card(tx, show, cue, at),
        to=show.host,
    )
    if expires <= event.now:
        tx.shows.save_cue(replace(cue, state="dropped"))
        tx.alerts.save_nudge(replace(nudge, state="dropped", at=event.now, why="late"))
        return
    if cue.kind in _ASKED:
        asking.ask(tx, _ASKED[cue.kind], cue.id, show.room, f"nudge:{nudge.id}", event.now, moment=at)
    nudging.add(tx, nudge, event.now)
    if cue.needs_operator:
        promise = Post(
            cue_card.card_key(cue),
            "team",
            "cue",
            cue_card.operator_card(tx, show, cue, at),
            cue.id,
            urgent=True,
            expires_at=expires,
        )
        tx.outbox.post(promise, event.now)
        tx.shows.save_cue(replace(cue, state="sent"))


def is_told_by_its_release(tx: Tx, cue: Cue) -> bool:
    """The budget has one slot for a countdown and the release close behind it: the release's card says both."""
    if cue.kind != "countdown":
        return False
    return any(
        other.kind == "release" and other.sku == cue.sku and 0 <= other.at_s - cue.at_s < BUDGET_S
        for other in tx.shows.cues(cue.show)
    )


def redraw(tx: Tx, show: Show, cue: Cue, now: datetime) -> None:
    session = tx.sessions.of_show(show.id)
    if session is None:
        return
    at = cue_at(show, session, cue)
    if tx.outbox.by_key(cue_card.card_key(cue)) is not None:
        tx.outbox.edit(cue_card.card_key(cue), cue_card.operator_card(tx, show, cue, at), now)
    question = asking.latest(tx, cue.id, asking.CUE)
    for key, _ in asking.copies_of(tx, question) if question is not None and question.moment == at else ():
        tx.outbox.edit(key, cue_card.operator_card(tx, show, cue, at, is_called=True), now)
    for nudge in tx.alerts.nudges(session.id):
        if nudge.subject == cue.id:
            answer = cue_card.host_card(tx, show, cue, at)
            if nudge.state == "sent":
                tx.outbox.edit(f"nudge:{nudge.id}", answer, now)
            elif nudge.state == "waiting" and cue.state in ("done", "skipped"):
                tx.alerts.save_nudge(replace(nudge, state="dropped", at=now, why=cue.state))
            elif nudge.state == "waiting":
                tx.alerts.save_nudge(replace(nudge, reply=answer))


def redraw_by_id(tx: Tx, cue_id: str, now: datetime) -> None:
    cue = tx.shows.cue(cue_id)
    show = tx.shows.get(cue.show) if cue else None
    if cue is not None and show is not None:
        redraw(tx, show, cue, now)


def called_card(tx: Tx, cue_id: str) -> Reply | None:
    """The copy that calls the operators by name; None for a cue that is nowhere on air."""
    cue = tx.shows.cue(cue_id)
    show = tx.shows.get(cue.show) if cue else None
    session = tx.sessions.of_show(show.id) if show else None
    if cue is None or show is None or session is None:
        return None
    return cue_card.operator_card(tx, show, cue, cue_at(show, session, cue), is_called=True)


def on_product_changed(tx: Tx, room: str, sku: str, now: datetime) -> None:
    """A cue somebody has on the screen, or will have in a moment, tells the price as it is now."""
    for session in tx.sessions.live(room):
        show = tx.shows.get(session.show) if session.show else None
        for cue in tx.shows.cues(show.id) if show else ():
            if show is not None and cue.sku == sku and cue.state in ("planned", "sent"):
                redraw(tx, show, cue, now)


def on_products_since(tx: Tx, show: Show, skus: Sequence[str], now: datetime) -> None:
    """A show that was off for a while: what has been added to the room's products `skus` meanwhile goes in."""
    present = [product.sku for product in tx.rooms.products(show.room)]
    if present != list(skus) and show.starts_at > now:
        _take_in(tx, show, skus, present)


def on_product_added(tx: Tx, room: str, now: datetime) -> None:
    """A rundown nobody has changed since it was made takes the new product in."""
    skus = [product.sku for product in tx.rooms.products(room)]
    for show in tx.shows.planned(room):
        if show.starts_at <= now:
            continue
        _take_in(tx, show, skus[:-1], skus)


def _take_in(tx: Tx, show: Show, old: Sequence[str], new: Sequence[str]) -> None:
    if standard(show.id, show.duration_s, old) == Rundown(
        tuple(tx.shows.segments(show.id)), tuple(tx.shows.cues(show.id))
    ):
        after = standard(show.id, show.duration_s, new)
        tx.shows.set_rundown(show.id, after.segments, after.cues)


def _is_over(tx: Tx, cue: Cue) -> ConflictError:
    state = msg(f"cue.state_{cue.state}")
    somebody = lookup.who_did(tx, cue.id, "cue.done", "cue.skip")
    if somebody is None:
        return ConflictError("cue.over", cue=cue.id, state=state)
    return ConflictError("cue.over_by", cue=cue.id, state=state, who=somebody[0], when=somebody[1])


async def _settle(cue_id: str, ctx: Context, state: str) -> Reply:
    def work(tx: Tx) -> Reply:
        old, show = lookup.cue(tx, cue_id)
        if old.state in ("done", "skipped", "dropped"):
            raise _is_over(tx, old)
        new = replace(old, state=state)  # type: ignore[arg-type]  # one of the two literals below
        tx.shows.save_cue(new)
        tx.timers.cancel("CueDue", old.id)
        action = "cue.skip" if state == "skipped" else "cue.done"
        record(tx, ctx, action, old.id, old.state, state)
        if state == "done":
            handoff_offers.on_cue_done(tx, show, new, ctx)
        asking.answered(tx, ctx, old.id, asking.CUE, action)
        redraw(tx, show, new, ctx.now)
        return reply(Text(msg(f"cue.said_{state}", cue=cue_card.cue_text(tx, show, new))), private=True)

    return await ctx.ports.store.write(work)


async def done(request: OneCue, ctx: Context) -> Reply:
    return await _settle(request.cue, ctx, "done")


async def skip(request: OneCue, ctx: Context) -> Reply:
    return await _settle(request.cue, ctx, "skipped")


async def delay(request: DelayCue, ctx: Context) -> Reply:
    def work(tx: Tx) -> tuple[Reply, str]:
        if not 0 < request.by <= 3600:  # noqa: PLR2004 - an hour
            raise UserError("cue.bad_delay", by=Span(request.by), try_instead=f"/cue delay {request.cue} 5m")
        old, show = lookup.cue(tx, request.cue)
        if old.state in ("done", "skipped", "dropped"):
            raise _is_over(tx, old)
        pressed = tx.outbox.message(ctx.message) if ctx.message else None
        if pressed is not None and pressed.kind == "cue" and pressed.key != cue_card.card_key(old):
            session = tx.sessions.of_show(show.id)
            at = cue_at(show, session, old) if session else None
            raise ConflictError("cue.moved_already", cue=old.id, when=When(at, style="time") if at else None)
        cues = tx.shows.cues(show.id)
        moved = _shift(cues, old, request.by)
        segments = [_moved(item, old.at_s, request.by) for item in tx.shows.segments(show.id)]
        tx.shows.set_rundown(show.id, segments, moved)
        session = tx.sessions.of_show(show.id)
        asking.answered(tx, ctx, old.id, asking.CUE, "cue.delay")
        if session is not None and session.state == "live":
            for cue in moved:
                if cue.state == "planned" and cue.at_s >= old.at_s:
                    tx.timers.set(
                        "CueDue", cue.id, max(ctx.now, cue_at(show, session, cue) - timedelta(seconds=LEAD_S))
                    )
            _withdraw(tx, session, old, {new.id for new, cue in zip(moved, cues, strict=True) if new != cue}, ctx.now)
        record(tx, ctx, "cue.delay", old.id, {"at_s": old.at_s}, {"at_s": old.at_s + request.by})
        over = max((item.starts_s + item.length_s for item in segments), default=0) - show.duration_s
        answer = reply(
            Text(msg("cue.delayed", by=Span(request.by))),
            *([Note(msg("cue.overrun", over=Span(over)))] if over > 0 else []),
        )
        return answer, show.id

    answer, show_id = await ctx.ports.store.write(work)
    for live in ctx.ports.live:
        if live.session.show == show_id:
            spans = await ctx.ports.store.read(lambda tx, live=live: giveaway_spans(tx, live.session))  # type: ignore[misc]
            live.tally.giveaways(spans)
    return answer


def _moved(segment: Segment, from_s: int, by_s: int) -> Segment:
    """What begins from there on begins later; the segment before, or around it, lasts longer."""
    if segment.starts_s >= from_s:
        return replace(segment, starts_s=segment.starts_s + by_s)
    if segment.starts_s + segment.length_s >= from_s:
        return replace(segment, length_s=segment.length_s + by_s)
    return segment


def _shift(cues: Sequence[Cue], from_cue: Cue, by_s: int) -> list[Cue]:
    """The cue and everything still planned after it, later by `by_s` seconds."""
    return [
        replace(cue, at_s=cue.at_s + by_s, state="planned")
        if cue.id == from_cue.id or (cue.state == "planned" and cue.at_s >= from_cue.at_s)
        else cue
        for cue in cues
    ]


def _withdraw(tx: Tx, session: Session, cue: Cue, moved: Collection[str], now: datetime) -> None:
    """Nothing is said at the old time: neither by what waits nor by the cards of `cue` that are out."""
    gone = reply(Text(msg("cue.moved")))
    for nudge in tx.alerts.nudges(session.id):
        if nudge.subject in moved and nudge.state == "waiting":
            tx.alerts.save_nudge(replace(nudge, state="dropped", at=now, why="moved"))
        elif nudge.subject == cue.id and nudge.state == "sent":
            tx.outbox.edit(f"nudge:{nudge.id}", gone, now)
    for key, _ in asking.copies_of(tx, asking.latest(tx, cue.id, asking.CUE)):
        tx.outbox.edit(key, gone, now)
    if tx.outbox.by_key(cue_card.card_key(cue)) is not None:
        tx.outbox.edit(cue_card.card_key(cue), gone, now)
