"""What is on air now, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from bot.core.command import Arg, Context
from bot.core.live import LiveSession
from bot.core.model import Session, Show
from bot.core.ports import Tx
from bot.core.reply import Block, Code, Facts, Heading, Item, Items, Line, Note, Reply, Span, Text, When, msg, reply
from bot.core.tick import TICK_S
from bot.core.verdict import Outlook
from bot.core.watch import SOURCE_RULE, StateSpan
from handlers import cue_card, lookup, rundowns

_WINDOW_TICKS = 12
_COMING = 5


@dataclass(frozen=True, slots=True)
class Now:
    room: Annotated[str | None, Arg("us_main", completer="room")] = None


async def now(request: Now, ctx: Context) -> Reply:
    # The counts belong to the event loop: read from a storage thread they could change under the reader's hands.
    measured = {live.session.id: _measured(live) for live in ctx.ports.live}

    def work(tx: Tx) -> Reply:
        if request.room is not None:
            lookup.room(tx, request.room)
        blocks: list[Block] = []
        seen = lookup.seen(tx, ctx)
        for session in tx.sessions.live(request.room):
            if session.id in measured and session.room in seen:
                blocks += _live(tx, session, measured[session.id], ctx)
        if not blocks:
            blocks.append(Text(msg("now.nothing_live")))
        ahead = tx.shows.following(
            ctx.now, rooms=seen if request.room is None else {request.room} & seen, limit=_COMING
        )
        if ahead:
            blocks.append(Items(tuple(_coming(show, ctx) for show in ahead), title=msg("now.next")))
        elif not tx.rooms.all():
            blocks += [Note(msg("room.none")), Code("/room add us_main us")]
        return reply(*blocks)

    return await ctx.ports.store.read(work)


def _coming(show: Show, ctx: Context) -> Item:
    left_s = int((show.starts_at - ctx.now).total_seconds())
    span = Span(abs(left_s) // 60 * 60)
    return Item(
        msg("show.when_line", show=show.id, when=When(show.starts_at, show.zone), host=show.host or msg("none")),
        note=msg("now.in", left=span) if left_s > 0 else msg("now.late", by=span),
    )


def _measured(live: LiveSession) -> list[tuple[Line, Line]]:
    """What memory knows of a room: the last two minutes, the sums, what the rules can judge."""
    last = live.tally.between(max(0, (live.judged - _WINDOW_TICKS + 1) * TICK_S), (live.judged + 1) * TICK_S)
    minutes = min(_WINDOW_TICKS, live.judged + 1) * TICK_S / 60
    gross = live.tally.gross()
    orders = live.tally.count("orders")
    rows: list[tuple[Line, Line]] = [
        (msg("now.concurrent"), msg("value", value=None if last.acu is None else round(last.acu))),
        (
            msg("now.comments"),
            msg("value", value=None if last.comments is None or not minutes else round(last.comments / minutes)),
        ),
        (msg("now.orders"), msg("value", value=orders.value if orders else None)),
        (msg("now.gmv"), msg("value", value=gross.value if gross else None)),
    ]
    for span in live.watch.spans((live.judged + 1) * TICK_S)[::-1]:
        label = msg(f"rule.{span.rule}")
        if all(label != row[0] for row in rows):
            rows.append((label, _state(span, live.watch.outlook(span.rule))))
    return rows


def _state(span: StateSpan, outlook: Outlook | None) -> Line:
    """What a rule can do now, and what that means for whoever relies on it."""
    key = f"rule_state.{span.state}"
    if span.rule == SOURCE_RULE:
        return msg(f"{key}_source")
    if outlook is None or outlook.usual_per_min is None or span.state not in {"judging", "too_quiet"}:
        return msg(key)
    slow = "_slow" if span.state == "judging" and outlook.is_slow else "_usual"
    return msg(f"{key}{slow}", n=outlook.usual_per_min, p=outlook.probability)


def _live(tx: Tx, session: Session, measured: list[tuple[Line, Line]], ctx: Context) -> list[Block]:
    elapsed = int((ctx.now - session.started_at).total_seconds())
    rows = list(measured)
    show = tx.shows.get(session.show) if session.show else None
    next_cue: Item | None = None
    if show is not None:
        coming = [cue for cue in tx.shows.cues(show.id) if cue.state == "planned"]
        if coming:
            at = rundowns.cue_at(show, session, coming[0])
            next_cue = Item(
                cue_card.cue_text(tx, show, coming[0]),
                note=msg("now.cue_note", when=When(at, style="time"), id=coming[0].id),
            )
    blocks: list[Block] = [
        Heading(msg("now.live", room=session.room, since=Span(elapsed // 60 * 60))),
        Facts(tuple(rows)),
    ]
    if next_cue is not None:
        blocks.append(Items((next_cue,), title=msg("now.next_cue")))
    opened = tx.alerts.open(session.room)
    if opened:
        items = tuple(
            Item(alert.now, note=msg("now.alert_line", alert=alert.id, state=msg(f"alert_state.{alert.state}")))
            for alert in opened
        )
        blocks.append(Items(items, title=msg("now.alerts")))
    return blocks
