"""The summary of a session: five minutes after its end, settled a day later, and on request."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Annotated, Any, Literal

from bot.core import summary
from bot.core.command import Arg, Context
from bot.core.errors import ConflictError
from bot.core.events import SettleDue, SummaryDue
from bot.core.metrics import figures
from bot.core.model import Session
from bot.core.money import Money
from bot.core.ports import Ports, Tx
from bot.core.records import Alert, Post, Prompt
from bot.core.reply import Reply
from bot.core.story import AlertRow, Figure, Figures, ProductRow, PromptRow, Story
from bot.core.tally import Tally
from handlers import handoff_arrivals, lookup, matrix_cards, sessions

SETTLES_S = 24 * 3600
"""After this long late orders and refunds are in; seconds from the session's end."""
_STEP_S = 60
_ORDERS_AFTER_S = 600
_MEDIAN_OF = 10
_MEDIAN_LEAST = 3
_WATCHED = ("gmv_gross", "gmv_net", "orders", "aov", "gpm", "ctor")


@dataclass(frozen=True, slots=True)
class ShowSummary:
    show: Annotated[str, Arg("us_main", completer="show", help="arg.show")]


@dataclass(frozen=True, slots=True)
class Drawn:
    """What takes time and was made before the transaction."""

    story: Story
    chart: bytes | None


def story_of(tx: Tx, session: Session, state: Literal["provisional", "settled"], now: datetime) -> Story:
    """Gathers everything known about a session at `now`."""
    room = tx.rooms.get(session.room)
    if room is None or session.ended_at is None:
        raise LookupError(f"session {session.id} is not over")
    ended_s = int((session.ended_at - session.started_at).total_seconds())
    tally = sessions.tally_of(tx, session)
    show = tx.shows.get(session.show) if session.show else None
    values = figures(tally, ended_s=ended_s)
    host = tx.people.get(show.host) if show and show.host else None
    waived = (
        tuple((item.key, item.reason or "") for item in tx.checklists.items(show.id) if item.state == "waived")
        if show
        else ()
    )
    return Story(
        room=room,
        title=(show.title if show else None) or room.name,
        show=session.show,
        host=host.name if host else None,
        started_at=session.started_at,
        ended_at=session.ended_at,
        state=state,
        figures=values,
        products=_products(tx, session, tally),
        segments=sessions.segment_rows(tx, session, tally, ended_s),
        alerts=tuple(_alert(tx, session, alert, tally) for alert in tx.alerts.of_session(session.id)),
        timeline=tally.timeline(_STEP_S, ended_s),
        releases=tally.releases(),
        checklist_waived=waived,
        nudges_dropped=sum(
            nudge.state == "dropped" and nudge.why in ("late", "outranked") for nudge in tx.alerts.nudges(session.id)
        ),
        medians=_medians(tx, session),
        changed=_changed((tx.sessions.figures(session.id) or {}).get("provisional"), values)
        if state == "settled"
        else (),
        notes=tally.notes(ended_s),
        hand_offs=handoff_arrivals.rows(tx, session, now),
    )


def _products(tx: Tx, session: Session, tally: Tally) -> tuple[ProductRow, ...]:
    names = {product.sku: product.name for product in tx.rooms.products(session.room)}
    return tuple(
        ProductRow(sku, names.get(sku, sku), counts.clicks, counts.orders, counts.gmv_gross)
        for sku, counts in tally.products().items()
    )


def _alert(tx: Tx, session: Session, alert: Alert, tally: Tally) -> AlertRow:
    names = {person.slug: person.name for person in tx.people.all()}
    prompts = [prompt for prompt in tx.alerts.prompts(session.id) if prompt.alert == alert.id]
    after = tally.between(alert.opened_s, alert.opened_s + _ORDERS_AFTER_S)
    return AlertRow(
        kind=alert.kind,
        opened_s=alert.opened_s,
        resolved_s=None if alert.resolved_at is None else _seconds(session, alert.resolved_at),
        reason=alert.reason,
        evidence=alert.evidence,
        prompts=tuple(_prompt(session, prompt, names) for prompt in prompts),
        acknowledged_by=names.get(alert.by, alert.by) if alert.by else None,
        orders_next_10min=after.orders,
    )


def _prompt(session: Session, prompt: Prompt, names: Mapping[str, str]) -> PromptRow:
    return PromptRow(
        tactic=prompt.tactic,
        text=prompt.text,
        language=prompt.language,
        state=prompt.state,
        offered_s=_seconds(session, prompt.offered_at),
        answered_s=None if prompt.at is None else _seconds(session, prompt.at),
        by=names.get(prompt.by, prompt.by) if prompt.by else None,
    )


def _seconds(session: Session, at: datetime) -> int:
    return int((at - session.started_at).total_seconds())


def _medians(tx: Tx, session: Session) -> Mapping[str, Decimal] | None:
    """The room's medians over its last sessions before this one; None while there are fewer than three."""
    before = [
        item for item in tx.sessions.of_room(session.room, _MEDIAN_OF + 20) if item.started_at < session.started_at
    ]
    kept = [_latest(found) for item in before[:_MEDIAN_OF] if (found := tx.sessions.figures(item.id)) is not None]
    names = sorted({name for row in kept for name, value in row.items() if value is not None})
    result = {}
    for name in names:
        values = [Decimal(row[name]["value"]) for row in kept if row.get(name) is not None]
        if len(values) >= _MEDIAN_LEAST:
            result[name] = median(values)
    return result or None


def _latest(figures_by_state: Mapping[str, Any]) -> Mapping[str, Any]:
    latest: Mapping[str, Any] = figures_by_state.get("settled") or figures_by_state["provisional"]
    return latest


def pack(values: Figures) -> dict[str, Any]:
    """Figures as JSON values, money in major units."""
    return {name: None if figure is None else _pack(figure) for name, figure in values.items()}


def _pack(figure: Figure) -> dict[str, str]:
    amount = figure.value.amount if isinstance(figure.value, Money) else figure.value
    return {"value": str(amount), "unit": figure.unit, "basis": figure.basis, "source": figure.source}


def _unpack(row: Mapping[str, str] | None) -> Figure | None:
    if row is None:
        return None
    unit = row["unit"]
    currency_length = 3
    if len(unit) == currency_length and unit.isupper():
        return Figure(Money.parse(row["value"], unit), unit, row["basis"], row["source"])
    value = Decimal(row["value"])
    return Figure(int(value) if unit == "count" else value, unit, row["basis"], row["source"])


def _changed(before: Mapping[str, Any] | None, now: Figures) -> tuple[tuple[str, Figure | None, Figure | None], ...]:
    if before is None:
        return ()
    found = []
    for name in _WATCHED:
        old, new = _unpack(before.get(name)), now.get(name)
        if (old.value if old else None) != (new.value if new else None):
            found.append((name, old, new))
    return tuple(found)


async def prepare(event: SummaryDue | SettleDue, ports: Ports) -> Drawn | None:
    """Counts and draws, outside any transaction."""
    state: Literal["provisional", "settled"] = "settled" if isinstance(event, SettleDue) else "provisional"

    def gather(tx: Tx) -> Story | None:
        session = tx.sessions.get(event.subject)
        return (
            None
            if session is None or session.ended_at is None or session.state == "live"
            else story_of(tx, session, state, event.now)
        )

    story = await ports.store.read(gather)
    return None if story is None else Drawn(story, await ports.charts.draw_story(story))


def publish(tx: Tx, event: SummaryDue | SettleDue, ports: Ports, drawn: Drawn | None) -> None:
    """Posts the provisional summary, or edits it when it is settled."""
    session = tx.sessions.get(event.subject)
    if session is None or drawn is None or session.ended_at is None:
        return
    story = drawn.story
    chart = None
    if drawn.chart is not None:
        # Whoever was not shown the summary cannot guess the end of the name: that takes the figures it was drawn from.
        digest = hashlib.sha256(drawn.chart).hexdigest()[:20]
        chart = f"chart-{session.id}-{story.state}-{digest}.png"
        tx.files.save(chart, "image/png", drawn.chart)
    answer = summary.reply(story, chart)
    key = f"summary:{session.id}"
    kept = dict(tx.sessions.figures(session.id) or {}) | {story.state: pack(story.figures)}
    tx.sessions.save_figures(session.id, kept)
    for row in story.hand_offs:
        if row.is_given and (hand_off := tx.hand_offs.get(row.id)) is not None and hand_off.arrived != row.arrived:
            tx.hand_offs.save(replace(hand_off, arrived=row.arrived))
    matrix_cards.touch_room(tx, session.room, event.now)
    if story.state == "settled":
        tx.sessions.save(replace(session, state="settled"))
    else:
        tx.sessions.save(replace(session, state="provisional"))
        tx.timers.set("SettleDue", session.id, max(event.now, session.ended_at + timedelta(seconds=SETTLES_S)))
    if tx.outbox.by_key(key) is not None:  # settled, or the stream came back after the summary was out
        tx.outbox.edit(key, answer, event.now)
    else:
        tx.outbox.post(Post(key, "managers", "summary", answer, session.id), event.now)


async def show_summary(request: ShowSummary, ctx: Context) -> Reply:
    def work(tx: Tx) -> Reply:
        session = _session(tx, request.show, ctx)
        message = tx.outbox.by_key(f"summary:{session.id}")
        if message is None:
            raise ConflictError("summary.not_yet", show=request.show[:60], try_instead="/now")
        return message.reply

    return await ctx.ports.store.read(work)


def _session(tx: Tx, text: str, ctx: Context) -> Session:
    """The session of a show; for a room, its last one that is over."""
    if tx.rooms.get(text) is not None:
        over: Sequence[Session] = [item for item in tx.sessions.of_room(text, 20) if item.state != "live"]
        if over:
            return over[0]
    show = lookup.show(tx, text, ctx)
    session = tx.sessions.of_show(show.id)
    if session is None or session.state == "live":
        raise ConflictError("summary.not_over", show=show.id, try_instead="/now")
    return session
