"""Lines for the host: offered with an alert or on request, and what the host pressed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated

from bot.core.command import Arg, Context
from bot.core.errors import ConflictError
from bot.core.facts import Benefit, ProductFacts, PromptLine, ShowFacts
from bot.core.model import Product, Session
from bot.core.ports import Ports, Tx
from bot.core.records import Alert, NudgeRow, Prompt
from bot.core.reply import (
    Actions,
    Block,
    Button,
    Heading,
    Listing,
    Msg,
    Note,
    Reply,
    Say,
    Text,
    When,
    buttons_of,
    msg,
    reply,
)
from handlers import alert_card, asking, lookup, nudging
from handlers.lookup import record

NUDGE_LIVES_S = 120
"""A cold-room line the host could not get by then is dropped: the moment has passed."""

Pins = Sequence[tuple[float, str, str]]


@dataclass(frozen=True, slots=True)
class AskPrompt:
    room: Annotated[str | None, Arg("us_main", completer="room")] = None


@dataclass(frozen=True, slots=True)
class OnePrompt:
    prompt: Annotated[str, Arg("p1", completer="prompt")]


def facts_of(tx: Tx, session: Session, pins: Pins, now: datetime) -> ShowFacts:
    """All a line may claim just now."""
    room = tx.rooms.get(session.room)
    if room is None:
        raise LookupError(f"session {session.id} has no room")
    show = tx.shows.get(session.show) if session.show else None
    benefits: tuple[Benefit, ...] = ()
    if show is not None and show.benefit and show.likes_goal:
        benefits = (Benefit(show.benefit, threshold_kind="like", threshold_n=show.likes_goal),)
    elif show is not None and show.benefit:
        benefits = (Benefit(show.benefit),)
    return ShowFacts(
        language=room.market.language,
        currency=room.market.currency,
        now=now,
        market=room.market.zone,
        platform=room.platform,
        products=tuple(_product_facts(product) for product in tx.rooms.products(room.slug)),
        on_air=_on_air(tx, session, pins, now),
        benefits=benefits,
        ends_at=show.starts_at + timedelta(seconds=show.duration_s) if show else None,
    )


def _product_facts(product: Product) -> ProductFacts:
    return ProductFacts(
        sku=product.sku,
        name=product.name,
        price=product.price,
        list_price=product.list_price,
        stock=product.stock,
        limit_per_buyer=product.limit_per_buyer,
        gifts=product.gifts,
        selling_points=product.selling_points,
        ships_from=product.ships_from,
        warranty_days=product.warranty_days,
    )


def _on_air(tx: Tx, session: Session, pins: Pins, now: datetime) -> str | None:
    """The product shown now: the newest cue that has gone out, or the link that was released last."""
    now_s = (now - session.started_at).total_seconds()
    last: tuple[float, str] | None = None
    for t_s, sku, state in pins:
        if state == "released" and t_s <= now_s:
            last = (t_s, sku)
        elif last is not None and (sku, state) == (last[1], "removed") and t_s <= now_s:
            last = None
    show = tx.shows.get(session.show) if session.show else None
    if show is not None:
        base = max(0, round((show.starts_at - session.started_at).total_seconds()))
        held = [
            (float(base + cue.at_s), cue.sku)
            for cue in tx.shows.cues(show.id)
            if cue.kind == "hold" and cue.sku and cue.state != "skipped" and base + cue.at_s <= now_s
        ]
        if held and (last is None or held[-1][0] > last[0]):
            return held[-1][1]
    return last[1] if last else None


def _used(tx: Tx, session: Session) -> list[str]:
    return [prompt.line for prompt in tx.alerts.prompts(session.id)]


def _keep(tx: Tx, session: Session, alert: str | None, line: PromptLine, position: int, now: datetime) -> Prompt:
    prompt = Prompt(
        id=tx.next_id("p"),
        session=session.id,
        room=session.room,
        alert=alert,
        tactic=line.tactic,
        line=line.id,
        language=line.language,
        text=line.text,
        gloss=line.gloss,
        state="offered",
        offered_at=now,
        position=position,
    )
    tx.alerts.save_prompt(prompt)
    return prompt


def offer(
    tx: Tx, alert: Alert, session: Session, pins: Pins, ports: Ports, now: datetime
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Up to three lines with an alert; returns the tactics that the facts cannot support, with what to set."""
    facts = facts_of(tx, session, pins, now)
    lines, missing = ports.book.offer(facts, team_language=ports.team.language, used=_used(tx, session))
    for position, line in enumerate(lines):
        _keep(tx, session, alert.id, line, position, now)
    return tuple((item.tactic, item.missing) for item in missing)


def nudge_host(tx: Tx, alert: Alert, session: Session, now: datetime) -> None:
    """The host gets one line and three buttons, in the next free slot of the budget."""
    show = tx.shows.get(session.show) if session.show else None
    first = next((item for item in tx.alerts.prompts(session.id) if item.alert == alert.id), None)
    if first is None:
        return
    row = NudgeRow(
        id=tx.next_id("n"),
        session=session.id,
        kind="alert",
        due_at=now,
        expires_at=now + timedelta(seconds=NUDGE_LIVES_S),
        subject=alert.id,
        reply=_card(tx, first),
        to=show.host if show else None,
    )
    nudging.add(tx, row, now)


def _card(tx: Tx, prompt: Prompt) -> Reply:
    """The host's card of a line, with who has its alert."""
    alert = tx.alerts.get(prompt.alert) if prompt.alert else None
    if alert is None:
        return host_card(prompt, prompt.room)
    if alert.state == "acknowledged":
        return host_card(prompt, prompt.room, alert_card.taken_by(tx, alert))
    question = asking.latest(tx, alert.id, asking.ALERT)
    return host_card(prompt, prompt.room, asking.answered_line(tx, question) if question else None)


def host_card(prompt: Prompt, room: str, taken: Msg | None = None) -> Reply:
    """Readable in two seconds: the line, and three buttons; `taken`: who is at it already."""
    said = Say(prompt.text, prompt.language, msg(f"core.tactic.{prompt.tactic}"), prompt.gloss)
    if prompt.state != "offered":
        return reply(
            said, Note(msg(f"prompt.host_{prompt.state}")), tone="good" if prompt.state == "used" else "normal"
        )
    notes = [] if taken is None else [Note(taken)]
    return reply(Heading(msg("prompt.say_now", room=room)), said, *notes, Actions(_answers(prompt)), tone="alert")


def _answers(prompt: Prompt) -> tuple[Button, ...]:
    args = {"prompt": prompt.id}
    return (
        Button(msg("button.used"), "prompt used", args, "primary"),
        Button(msg("button.another"), "prompt another", args),
        Button(msg("button.not_now"), "prompt not_now", args),
    )


def on_alert_taken(tx: Tx, alert: Alert, now: datetime) -> None:
    """The host's line stands; its card says who has the alert."""
    for row in tx.alerts.nudges(alert.session):
        shown = tx.alerts.prompt(_on_screen(tx, row) or "") if row.subject == alert.id else None
        if shown is None or row.state == "dropped":
            continue
        card = _card(tx, shown)
        if row.state == "sent":
            tx.outbox.edit(f"nudge:{row.id}", card, now)
        else:
            tx.alerts.save_nudge(replace(row, reply=card))


def withdraw(tx: Tx, alert: Alert, now: datetime) -> None:
    """All clear: a line still waiting is dropped; one the host sees loses its buttons."""
    for row in tx.alerts.nudges(alert.session):
        if row.subject != alert.id:
            continue
        if row.state == "waiting":
            tx.alerts.save_nudge(replace(row, state="dropped", at=now, why="cleared"))
        elif row.state == "sent" and (shown := tx.alerts.prompt(_on_screen(tx, row) or "")) is not None:
            said = Say(shown.text, shown.language, msg(f"core.tactic.{shown.tactic}"), shown.gloss)
            tx.outbox.edit(f"nudge:{row.id}", reply(said, Note(msg("prompt.host_cleared")), tone="good"), now)


def _on_screen(tx: Tx, row: NudgeRow) -> str | None:
    """The prompt the nudge asks about just now; None once it is answered."""
    message = tx.outbox.by_key(f"nudge:{row.id}") if row.state == "sent" else None
    card = message.reply if message is not None else row.reply
    return next((button.args["prompt"] for button in buttons_of(card) if button.command == "prompt used"), None)


def on_product_changed(tx: Tx, room: str, ports: Ports, now: datetime) -> None:
    """A line that is out may not go on claiming what is no longer true: it is filled anew, or taken back."""
    for session in tx.sessions.live(room):
        live = ports.live.get(session.id)
        pins = live.tally.pins if live else ()
        offered = tx.alerts.prompts(session.id)
        for place, old in enumerate(offered):
            if old.state != "offered":
                continue
            before = [
                item.line for item in offered[:place] if (item.alert, item.offered_at) != (old.alert, old.offered_at)
            ]
            facts = facts_of(tx, session, pins, old.offered_at)
            lines, _ = ports.book.offer(facts, team_language=ports.team.language, used=before)
            line = next((item for item in lines if item.tactic == old.tactic), None)
            if line is not None and line.text == old.text:
                continue
            new = (
                replace(old, state="replaced", at=now)
                if line is None
                else replace(old, line=line.id, text=line.text, gloss=line.gloss)
            )
            tx.alerts.save_prompt(new)
            _redraw(tx, old, new, ports, now)


async def ask(request: AskPrompt, ctx: Context) -> Reply:
    """Lines on request, whatever the rules say."""

    def work(tx: Tx) -> Reply:
        session = lookup.live_session(tx, request.room)
        live = ctx.ports.live.get(session.id)
        facts = facts_of(tx, session, live.tally.pins if live else (), ctx.now)
        lines, missing = ctx.ports.book.offer(facts, team_language=ctx.ports.team.language, used=_used(tx, session))
        blocks: list[Block] = [Heading(msg("prompt.title", room=session.room))]
        kept = [_keep(tx, session, None, line, position, ctx.now) for position, line in enumerate(lines)]
        if kept:
            record(tx, ctx, "prompt", session.id, after=[prompt.id for prompt in kept])
        blocks += [
            Say(prompt.text, prompt.language, msg(f"core.tactic.{prompt.tactic}"), prompt.gloss, _answers(prompt))
            for prompt in kept
        ]
        for gap in missing:
            needed = Listing(tuple(msg(f"core.fact.{name}") for name in gap.missing))
            blocks.append(Note(msg("prompt.missing", tactic=msg(f"core.tactic.{gap.tactic}"), facts=needed)))
        return reply(*blocks)

    return await ctx.ports.store.write(work)


def _find(tx: Tx, prompt_id: str) -> tuple[Prompt, Session]:
    prompt = lookup.prompt(tx, prompt_id)
    session = tx.sessions.get(prompt.session)
    if session is None:
        raise LookupError(f"prompt {prompt.id} has no session")
    if prompt.state != "offered":
        when = When(prompt.at, style="time") if prompt.at else None
        who = lookup.name(tx, prompt.by) if prompt.by else msg("checklist.facts")
        raise ConflictError(
            "prompt.answered", prompt=prompt.id, state=msg(f"prompt.is_{prompt.state}"), who=who, when=when
        )
    return prompt, session


def _redraw(tx: Tx, old: Prompt, shown: Prompt, ports: Ports, now: datetime) -> None:
    """Where `old` is on a screen, or about to be, `shown` takes its place; other lines stay where they are."""
    if old.alert is None:
        return
    alert_card.redraw(tx, old.alert, ports)
    for row in tx.alerts.nudges(old.session):
        if row.subject != old.alert or row.state == "dropped" or _on_screen(tx, row) != old.id:
            continue
        card = _card(tx, shown)
        if row.state == "sent":
            tx.outbox.edit(f"nudge:{row.id}", card, now)
        elif shown.state == "offered":
            tx.alerts.save_nudge(replace(row, reply=card))
        else:
            tx.alerts.save_nudge(replace(row, state="dropped", at=now, why="done"))


async def _answer(prompt_id: str, ctx: Context, state: str) -> Reply:
    def work(tx: Tx) -> Reply:
        old, _ = _find(tx, prompt_id)
        new = replace(old, state=state, by=ctx.actor.person, at=ctx.now)  # type: ignore[arg-type]  # one of two literals
        tx.alerts.save_prompt(new)
        record(tx, ctx, f"prompt.{state}", old.alert or old.id, [old.id, old.state], [old.id, state])
        if old.alert is not None and state == "used":
            asking.answered(tx, ctx, old.alert, asking.ALERT, "prompt.used")
        _redraw(tx, old, new, ctx.ports, ctx.now)
        return reply(Text(msg(f"prompt.said_{state}")), private=True)

    return await ctx.ports.store.write(work)


async def used(request: OnePrompt, ctx: Context) -> Reply:
    return await _answer(request.prompt, ctx, "used")


async def not_now(request: OnePrompt, ctx: Context) -> Reply:
    return await _answer(request.prompt, ctx, "not_now")


async def another(request: OnePrompt, ctx: Context) -> Reply:
    def work(tx: Tx) -> Reply:
        old, session = _find(tx, request.prompt)
        alert = tx.alerts.get(old.alert) if old.alert else None
        if alert is not None and alert.state == "resolved":
            raise ConflictError("alert.is_resolved", alert=alert.id, try_instead="/prompt")
        if session.state != "live":
            raise ConflictError("session.none_live", room=session.room, try_instead="/now")
        following = _next_line(tx, old, session, ctx)
        if following is None:
            raise ConflictError("prompt.no_other", try_instead="/prompt")
        tx.alerts.save_prompt(replace(old, state="replaced", by=ctx.actor.person, at=ctx.now))
        record(tx, ctx, "prompt.another", old.alert or old.id, old.id, following.id)
        _redraw(tx, old, following, ctx.ports, ctx.now)
        if old.alert is not None:
            return reply(Text(msg("prompt.said_another")), private=True)
        said = Say(
            following.text,
            following.language,
            msg(f"core.tactic.{following.tactic}"),
            following.gloss,
            _answers(following),
        )
        return reply(said)

    return await ctx.ports.store.write(work)


def _next_line(tx: Tx, old: Prompt, session: Session, ctx: Context) -> Prompt | None:
    """Another tactic's line that came with the alert, else a new one of the same tactic."""
    if old.alert is not None:
        beside = [
            item
            for item in tx.alerts.prompts(session.id)
            if item.alert == old.alert and item.state == "offered" and item.position > old.position
        ]
        if beside:
            return beside[0]
    live = ctx.ports.live.get(session.id)
    facts = facts_of(tx, session, live.tally.pins if live else (), ctx.now)
    shown = [name for name in _used(tx, session) if name != old.line] + [old.line]
    line = ctx.ports.book.another(old.tactic, facts, team_language=ctx.ports.team.language, used=shown)
    return None if line is None else _keep(tx, session, old.alert, line, old.position + 1, ctx.now)
