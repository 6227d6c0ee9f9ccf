"""The pre-show checklist: posted an hour ahead, ticked by tapping, closed by a go or a no-go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Annotated

from bot.core import checklist
from bot.core.command import Arg, Context
from bot.core.errors import ConflictError, NotFoundError, UserError
from bot.core.events import ChecklistDue, GoDue, OwnersDue
from bot.core.model import ChecklistItem, Role, Show
from bot.core.ports import Ports, Tx
from bot.core.records import Channel, Post
from bot.core.reply import (
    Block,
    Button,
    Facts,
    Heading,
    Item,
    Items,
    Line,
    Listing,
    Note,
    Reply,
    Span,
    Text,
    When,
    msg,
    reply,
)
from handlers import asking, cards, go_card, lookup
from handlers.lookup import record

ShowId = Annotated[str, Arg("us_main", completer="show", help="arg.show")]
Key = Annotated[str, Arg("microphone", completer="item")]
_IN_SIGHT = timedelta(hours=2)
"""A card posted no longer than this before the start still stands for it."""


@dataclass(frozen=True, slots=True)
class OneChecklist:
    show: ShowId


@dataclass(frozen=True, slots=True)
class OneItem:
    show: ShowId
    item: Key


@dataclass(frozen=True, slots=True)
class ItemReason:
    show: ShowId
    item: Key
    reason: Annotated[str, Arg("no signal from the lapel mic", rest=True)]


@dataclass(frozen=True, slots=True)
class NoGo:
    show: ShowId
    reason: Annotated[str, Arg("power cut in the studio", rest=True)]


def ensure(tx: Tx, show: Show, ports: Ports) -> list[ChecklistItem]:
    """The show's items, made from the template the first time they are needed."""
    items = tx.checklists.items(show.id)
    if not items:
        for position, line in enumerate(ports.book.checklist()):
            item = ChecklistItem(
                show.id, line.key, line.section, line.owner, line.required, line.due_s, "open", line.auto
            )
            tx.checklists.save(item, position)
        items = tx.checklists.items(show.id)
    return _tick_by_facts(tx, show, items, ports.clock.now())


def _tick_by_facts(tx: Tx, show: Show, items: Sequence[ChecklistItem], now: datetime) -> list[ChecklistItem]:
    """Items that facts answer tick themselves, and untick themselves when the facts change."""
    products = tx.rooms.products(show.room)
    facts = {
        "prices_set": bool(products) and all(product.stock is not None for product in products),
        "rundown_complete": bool(tx.shows.cues(show.id)),
        "host_assigned": show.host is not None,
    }
    changed = {item.key: item for item in checklist.by_facts(items, facts, now)}
    for item in changed.values():
        tx.checklists.save(item)
    return [changed.get(item.key, item) for item in items]


def card(tx: Tx, show: Show, items: Sequence[ChecklistItem], ports: Ports) -> Reply:
    """The one message of a show's checklist, as it stands."""
    seen = checklist.progress(items)
    host = tx.people.get(show.host) if show.host else None
    names = {person.slug: person.name for person in tx.people.all()}
    rows: list[tuple[Line, Line]] = [
        (msg("show.field.market_time"), msg("value", value=When(show.starts_at, show.zone))),
        (msg("show.field.host"), host.name if host else msg("none")),
        (
            msg("checklist.progress"),
            msg("checklist.progress_line", done=seen.settled, total=seen.total, open=seen.open_required),
        ),
    ]
    blocks: list[Block] = [Heading(msg("checklist.title", room=show.room)), Facts(tuple(rows))]
    active = show.state in ("planned", "no_go", "go")
    for section, group in groupby(items, key=lambda item: item.section):
        lines = tuple(_line(item, names, active=active) for item in group)
        blocks.append(Items(lines, title=msg(f"checklist.section.{section}")))
    blocks += go_card.verdict(tx, show, items)
    tone = {"go": "good", "no_go": "error", "cancelled": "warning"}.get(show.state, "normal")
    return reply(*blocks, tone=tone)  # type: ignore[arg-type]  # the values above are tones


def _line(item: ChecklistItem, names: dict[str, str], *, active: bool) -> Item:
    text = msg(f"checklist.item.{item.key}")
    notes: Line | None = None
    if item.state == "done":
        when = When(item.at, style="time") if item.at else None
        notes = (
            msg("checklist.by", who=names.get(item.by, item.by), when=when) if item.by else msg("checklist.by_facts")
        )
    elif item.state in ("waived", "blocked"):
        notes = msg(f"checklist.{item.state}_by", who=names.get(item.by or "", item.by), reason=item.reason)
    elif item.required:
        notes = msg("checklist.owner_required", owner=msg(f"role.{item.owner.name.lower()}"))
    else:
        notes = msg("checklist.owner", owner=msg(f"role.{item.owner.name.lower()}"))
    args = {"show": item.show, "item": item.key}
    buttons: tuple[Button, ...] = ()
    if active and item.state in ("open", "blocked"):
        buttons = (
            Button(msg("button.tick"), "checklist tick", args, "primary"),
            Button(msg("button.block"), "checklist block", args, form=go_card.REASON),
            Button(msg("button.waive"), "checklist waive", args, form=go_card.REASON),
        )
    elif active:
        buttons = (Button(msg("button.untick"), "checklist untick", args),)
    return Item(text, item.state, notes, buttons)


def redraw(tx: Tx, show_id: str, ports: Ports) -> None:
    """Edits the posted card, if there is one, to how things stand."""
    show = tx.shows.get(show_id)
    posted = cards.keys(tx, "checklist", show_id)
    if show is not None and posted:
        items = ensure(tx, show, ports)
        for key in posted:
            tx.outbox.edit(key, card(tx, show, items, ports), ports.clock.now())
        go_card.redraw(tx, show, items, ports.clock.now())


def on_facts_changed(tx: Tx, room: str, ports: Ports) -> None:
    """Products came or changed: posted checklists tick or open what hangs on them."""
    for show in tx.shows.planned(room):
        redraw(tx, show.id, ports)


def post(tx: Tx, show: Show, ports: Ports, now: datetime) -> None:
    """The card; where one is in sight already, that one is brought up to date."""
    if _is_in_sight(tx, show):
        redraw(tx, show.id, ports)
        return
    answer = card(tx, show, ensure(tx, show, ports), ports)
    tx.outbox.post(Post(cards.new_key(tx, "checklist", show), "team", "checklist", answer, show.id), now)


def _is_in_sight(tx: Tx, show: Show) -> bool:
    """The newest card was posted for this start, or for one that was moved by an hour at most."""
    posted = cards.keys(tx, "checklist", show.id)
    newest = tx.outbox.by_key(posted[-1]) if posted else None
    return newest is not None and newest.created_at >= show.starts_at - _IN_SIGHT


async def show_checklist(request: OneChecklist, ctx: Context) -> Reply:
    def work(tx: Tx) -> Reply:
        show = lookup.show(tx, request.show, ctx)
        return card(tx, show, ensure(tx, show, ctx.ports), ctx.ports)

    return await ctx.ports.store.write(work)


def too_late(show: Show) -> ConflictError:
    return ConflictError("checklist.too_late", show=show.id, state=msg(f"show_state.{show.state}"), try_instead="/now")


Change = Callable[[ChecklistItem], ChecklistItem]
Also = Callable[[Tx, Show, ChecklistItem, ChecklistItem], Sequence[Block]]
"""What else comes of it, given the item before and after; returns what the answer says of that."""


async def change_item(
    show_text: str, key: str, ctx: Context, action: str, change: Change, also: Also | None = None
) -> Reply:
    """One item of a show that is still to come, changed, audited and drawn anew."""

    def work(tx: Tx) -> Reply:
        show = lookup.show(tx, show_text, ctx)
        if show.state in ("live", "ended", "cancelled", "skipped"):
            raise too_late(show)
        items = ensure(tx, show, ctx.ports)
        old = next((item for item in items if item.key == key), None)
        if old is None:
            known = lookup.near(key, [item.key for item in items])
            raise NotFoundError(
                "checklist.no_item", item=key[:60], known=known, try_instead=f"/checklist show {show.id}"
            )
        new = change(old)
        tx.checklists.save(new)
        record(tx, ctx, f"checklist.{action}", show.id, [key, old.state], [key, new.state, new.reason])
        redraw(tx, show.id, ctx.ports)
        more = () if also is None else also(tx, show, old, new)
        item = msg(f"checklist.item.{key}")
        left = len(checklist.open_required(tx.checklists.items(show.id)))
        return reply(
            Text(msg(f"checklist.did_{action}", item=item)), Note(msg("checklist.left", n=left)), *more, private=True
        )

    return await ctx.ports.store.write(work)


async def tick(request: OneItem, ctx: Context) -> Reply:
    def change(item: ChecklistItem) -> ChecklistItem:
        return checklist.ticked(item, ctx.actor.person, ctx.now)

    return await change_item(request.show, request.item, ctx, "tick", change)


async def untick(request: OneItem, ctx: Context) -> Reply:
    def change(item: ChecklistItem) -> ChecklistItem:
        return checklist.unticked(item, ctx.actor.person, ctx.now)

    return await change_item(request.show, request.item, ctx, "untick", change)


async def block(request: ItemReason, ctx: Context) -> Reply:
    def change(item: ChecklistItem) -> ChecklistItem:
        return checklist.blocked(item, ctx.actor.person, ctx.now, request.reason)

    def tell_owner(tx: Tx, show: Show, _old: ChecklistItem, item: ChecklistItem) -> Sequence[Block]:
        text = msg(
            "checklist.blocked_post", item=msg(f"checklist.item.{item.key}"), who=ctx.actor.name, reason=request.reason
        )
        owner = msg("checklist.owner", owner=msg(f"role.{item.owner.name.lower()}"))
        to = show.host if item.owner == Role.HOST else None
        promise = Post(
            key=f"blocked:{show.id}:{item.key}:{ctx.now.isoformat()}",
            channel="host" if to else "managers" if item.owner == Role.MANAGER else "team",
            kind="checklist.blocked",
            reply=reply(Text(text), Note(owner), tone="warning"),
            subject=show.id,
            to=to,
            expires_at=show.starts_at,
            pings=_owners(tx, show, item.owner),
        )
        tx.outbox.post(promise, ctx.now)
        return ()

    return await change_item(request.show, request.item, ctx, "block", change, tell_owner)


async def go(request: OneChecklist, ctx: Context) -> Reply:
    def work(tx: Tx) -> Reply:
        show = lookup.show(tx, request.show, ctx)
        if show.state == "go":
            who, when = lookup.who_did(tx, show.id, "checklist.go") or (None, None)
            raise ConflictError("checklist.already_go", show=show.id, who=who, when=when)
        if show.state not in ("planned", "no_go"):
            raise too_late(show)
        waiting = checklist.open_required(ensure(tx, show, ctx.ports))
        if waiting:
            names = Listing(tuple(msg(f"checklist.item.{item.key}") for item in waiting))
            example = f'/checklist waive {show.id} {waiting[0].key} reason="..."'
            raise UserError("checklist.go_refused", n=len(waiting), items=names, try_instead=example)
        tx.shows.save(replace(show, state="go"))
        tx.timers.cancel("GoDue", show.id)
        tx.timers.cancel("OwnersDue", show.id)
        record(tx, ctx, "checklist.go", show.id, show.state, "go")
        asking.answered(tx, ctx, show.id, asking.GO, "checklist.go")
        redraw(tx, show.id, ctx.ports)
        text = msg("checklist.go_said", who=ctx.actor.name, show=show.id, when=When(show.starts_at, show.zone, "time"))
        if show.host:
            post_to = Post(
                f"go-host:{show.id}:{ctx.now.isoformat()}",
                "host",
                "go",
                reply(Text(text), tone="good"),
                show.id,
                to=show.host,
                expires_at=show.starts_at,
            )
            tx.outbox.post(post_to, ctx.now)
        return reply(Text(text), tone="good")

    return await ctx.ports.store.write(work)


async def no_go(request: NoGo, ctx: Context) -> Reply:
    def work(tx: Tx) -> Reply:
        show = lookup.show(tx, request.show, ctx)
        if show.state not in ("planned", "go", "no_go"):
            raise too_late(show)
        last = next(
            (entry for entry in reversed(tx.audit.of_subject(show.id)) if entry.action == "checklist.no_go"), None
        )
        if show.state == "no_go" and last is not None and last.after == ["no_go", request.reason]:
            raise ConflictError("checklist.already_no_go", show=show.id, who=last.actor)
        tx.shows.save(replace(show, state="no_go"))
        record(tx, ctx, "checklist.no_go", show.id, show.state, ["no_go", request.reason])
        asking.answered(tx, ctx, show.id, asking.GO, "checklist.no_go")
        redraw(tx, show.id, ctx.ports)
        text = msg("checklist.no_go_said", who=ctx.actor.name, show=show.id, reason=request.reason)
        answer = reply(Text(text), tone="error")
        tx.outbox.post(
            Post(f"no-go:{show.id}:{ctx.now.isoformat()}", "managers", "no_go", answer, show.id, urgent=True), ctx.now
        )
        if show.host:
            key = f"no-go-host:{show.id}:{ctx.now.isoformat()}"
            tx.outbox.post(Post(key, "host", "no_go", answer, show.id, to=show.host, urgent=True), ctx.now)
        return answer

    return await ctx.ports.store.write(work)


def _is_past(show: Show, now: datetime) -> bool:
    """The bot was down all through it."""
    return show.starts_at + timedelta(seconds=show.duration_s) <= now


def on_checklist_due(tx: Tx, event: ChecklistDue, ports: Ports) -> None:
    """T-60 min."""
    show = tx.shows.get(event.subject)
    if show is not None and show.state in ("planned", "no_go") and not _is_past(show, event.now):
        post(tx, show, ports, event.now)


def on_owners_due(tx: Tx, event: OwnersDue, ports: Ports) -> None:
    """T-15 min: only the owners of required items that are still open hear of it."""
    show = tx.shows.get(event.subject)
    if show is None or show.state not in ("planned", "no_go"):
        return
    waiting = checklist.open_required(ensure(tx, show, ports))
    for owner in sorted({item.owner for item in waiting}):
        lines = tuple(Item(msg(f"checklist.item.{item.key}"), item.state) for item in waiting if item.owner == owner)
        left = Span(max(0, int((show.starts_at - event.now).total_seconds())))
        title = msg("checklist.owners_title", owner=msg(f"role.{owner.name.lower()}"), left=left)
        to = show.host if owner == Role.HOST else None
        channel: Channel = "host" if to else "managers" if owner == Role.MANAGER else "team"
        answer = reply(Items(lines, title=title), tone="warning")
        key, pings = cards.new_key(tx, f"owners-{owner.name}", show), _owners(tx, show, owner)
        post = Post(key, channel, "owners", answer, show.id, to=to, expires_at=show.starts_at, pings=pings)
        tx.outbox.post(post, event.now)


def _owners(tx: Tx, show: Show, owner: Role) -> tuple[str, ...]:
    """Whose attention an item of the show wants; a host is its host, or nobody."""
    if owner == Role.HOST:
        return (show.host,) if show.host else ()
    return asking.people(tx, owner, (show.room,))


def on_go_due(tx: Tx, event: GoDue, ports: Ports) -> None:
    """T-10 min: go or no-go? A no-go that stands is an answer: then it is shown again, and nobody is chased."""
    show = tx.shows.get(event.subject)
    if show is None or show.state not in ("planned", "no_go") or _is_past(show, event.now):
        return
    key = cards.new_key(tx, "go", show)
    if show.state == "planned":
        asking.ask(tx, "go", show.id, show.room, key, event.now, moment=show.starts_at)
    post(tx, show, ports, event.now)
    answer = go_card.card(tx, show, ensure(tx, show, ports))
    expires = show.starts_at + timedelta(minutes=15)
    pings = asking.audience(tx, "operators", (show.room,))
    post_go = Post(key, "team", "go", answer, show.id, urgent=True, expires_at=expires, pings=pings)
    tx.outbox.post(post_go, event.now)
    redraw(tx, show.id, ports)
