"""/why of what is planned or kept: shows, cues, checklist items, timers, sessions, series, rooms, goods, people."""

from __future__ import annotations

from datetime import timedelta

from bot.core import belonging
from bot.core.command import Context
from bot.core.events import timer_name
from bot.core.model import Cue, Show
from bot.core.planning_port import HostOffer
from bot.core.ports import Tx
from bot.core.records import AuditEntry, Timer
from bot.core.reply import Block, Facts, Heading, Item, Items, Line, Listing, Note, When, msg
from handlers import conflicts, cue_card, lookup, offers, rundowns, timetable
from handlers.chronicle import Chronicle, Told

Rows = list[tuple[Line, Line]]
_SHOWN = 5
_LOOKED_AT = 200
_FAR = timedelta(days=400)


def show(tx: Tx, subject: str, ctx: Context) -> Told | None:
    """With what its session said and did."""
    found = tx.shows.get(subject)
    if found is None:
        return None
    tale = Chronicle(tx, ctx)
    tale.about(found.id)
    session = tx.sessions.of_show(found.id)
    if session is not None:
        tale.about(session.id)
    rows: Rows = [
        (msg("why.field.state"), msg(f"show_state.{found.state}")),
        (msg("show.field.market_time"), msg("value", value=When(found.starts_at, found.zone))),
        (msg("why.field.your_time"), msg("value", value=When(found.starts_at))),
        (msg("show.field.host"), tale.person(found.host)),
    ]
    if session is not None:
        rows.append((msg("why.field.session"), msg("why.ask", id=session.id)))
    if found.series is not None:
        rows.append((msg("why.field.series"), msg("why.ask", id=found.series)))
    kinds = [timer_name(timer.kind) for timer in tx.timers.of_subject(found.id)]
    hint = [Note(msg("why.name_a_timer", example=f"/why {found.id}/{kinds[-1]}"))] if kinds else []
    heading = Heading(msg("why.show", show=found.id, room=found.room))
    told = [heading, Facts(tuple(rows)), *conflicts.story(tx, found, ctx), *tale.blocks(), *hint]
    return Told(found.room, told)


def offer(tx: Tx, subject: str, ctx: Context) -> Told | None:
    """A show put to other hosts: by whom, to whom, and what became of it."""
    found = tx.host_offers.get(subject)
    planned = tx.shows.get(found.show) if found else None
    if found is None or planned is None:
        return None
    tale = Chronicle(tx, ctx)
    tale.about(found.id)
    tale.audit(entry for entry in tx.audit.of_subject(planned.id) if _is_of(entry, found))
    tale.messages(item for item in tx.outbox.of_subject(planned.id) if offers.is_about(item.key, found))
    rows: Rows = [
        (msg("why.field.state"), offers.standing(tx, found, planned.zone)),
        (msg("offer.so_far"), tale.person(found.instead_of)),
        (msg("offer.asked"), msg("value", value=Listing(tuple(map(tale.person, found.asked))))),
        (msg("why.field.show"), msg("why.ask", id=planned.id)),
    ]
    heading = Heading(msg("why.offer", offer=found.id, show=planned.id))
    return Told(planned.room, [heading, Facts(tuple(rows)), *tale.blocks()])


def _is_of(entry: AuditEntry, found: HostOffer) -> bool:
    """Putting it up names it; taking it is a deed of its show, at the instant it was closed."""
    made = entry.action == "show.offer" and isinstance(entry.after, dict) and entry.after.get("offer") == found.id
    return made or (entry.action == "offer.take" and entry.at == found.closed_at)


def cue(tx: Tx, subject: str, ctx: Context) -> Told | None:
    found = tx.shows.cue(subject)
    planned = tx.shows.get(found.show) if found else None
    if found is None or planned is None:
        return None
    tale = Chronicle(tx, ctx)
    session = tx.sessions.of_show(planned.id)
    if session is not None:
        tale.nudges(session.id, found.id)
    tale.about(found.id)
    tale.audit(_moved_with_others(tx, found))
    by_plan = planned.starts_at + timedelta(seconds=found.at_s)
    at = by_plan if session is None else rundowns.cue_at(planned, session, found)
    rows: Rows = [
        (msg("why.field.what"), cue_card.cue_text(tx, planned, found)),
        (msg("why.field.state"), msg(f"cue.state_{found.state}")),
        (msg("why.field.due"), msg("value", value=When(at))),
        (msg("why.field.show"), msg("why.ask", id=planned.id)),
    ]
    blocks: list[Block] = [Heading(msg("why.cue", cue=found.id)), Facts(tuple(rows)), *tale.blocks()]
    if found.state == "planned" and session is None:
        blocks.append(Note(msg("why.cue_waits_for_show")))
    if found.state == "dropped" and not tale.happened:
        blocks.append(Note(msg("why.cue_never_came")))
    if found.state == "sent" and rundowns.is_told_by_its_release(tx, found):
        blocks.append(Note(msg("why.cue_told_by_release")))
    return Told(planned.room, blocks)


def _moved_with_others(tx: Tx, found: Cue) -> list[AuditEntry]:
    """Delays of an earlier cue, which move all that follow it."""
    return [
        entry
        for entry in tx.audit.newest(_LOOKED_AT, show=found.show)
        if entry.action == "cue.delay"
        and entry.subject != found.id
        and isinstance(entry.after, dict)
        and entry.after.get("at_s", found.at_s) < found.at_s
    ]


def pair(tx: Tx, subject: str, ctx: Context) -> Told | None:
    """Two names: a product of a room, an item of a checklist, a timer of anything; with a slash or a space."""
    first, _, second = subject.replace("/", " ", 1).partition(" ")
    second = second.strip()
    if not second:
        return None
    for one, other in ((first, second), (second, first)):
        told = _product(tx, one, other, ctx) or _timer(tx, one, other, ctx) or _item(tx, one, other, ctx)
        if told is not None:
            return told
    return None


def _product(tx: Tx, room_slug: str, sku: str, ctx: Context) -> Told | None:
    found = tx.rooms.product(room_slug, sku)
    if found is None:
        return None
    tale = Chronicle(tx, ctx)
    tale.about(f"{found.room}/{found.sku}")
    rows: Rows = [
        (msg("why.field.what"), found.name),
        (msg("why.field.price"), msg("value", value=found.price)),
        (msg("why.field.stock"), msg("value", value=found.stock)),
    ]
    heading = Heading(msg("why.product", sku=found.sku, room=found.room))
    return Told(found.room, [heading, Facts(tuple(rows)), *tale.blocks()])


def _show_named(tx: Tx, name: str, ctx: Context) -> Show | None:
    """By its id, or by its room."""
    found = tx.shows.get(name)
    return lookup.show(tx, name, ctx) if found is None and tx.rooms.get(name) is not None else found


def _timer(tx: Tx, subject: str, kind: str, ctx: Context) -> Told | None:
    timer = _find_timer(tx, subject, kind)
    if timer is None and tx.rooms.get(subject) is not None and (named := _show_named(tx, subject, ctx)) is not None:
        timer = _find_timer(tx, named.id, kind)
    if timer is None:
        return None
    name = timer_name(timer.kind)
    tale = Chronicle(tx, ctx)
    tale.timer(timer)
    tale.messages(item for item in tx.outbox.of_subject(timer.subject) if item.kind.partition(".")[0] == name)
    rows: Rows = [
        (msg("why.field.what"), msg(f"timer.{name}")),
        (msg("why.field.due"), msg("value", value=When(timer.due_at))),
        (msg("why.field.about"), msg("why.ask", id=timer.subject)),
    ]
    heading = Heading(msg("why.timer", timer=f"{timer.subject}/{name}"))
    asked = tx.asks.get(timer.subject)
    room = belonging.place(tx, timer.subject)[0] if asked is None else asked.room
    return Told(room, [heading, Facts(tuple(rows)), *tale.blocks()])


def _find_timer(tx: Tx, subject: str, kind: str) -> Timer | None:
    wanted = kind.casefold()
    known = tx.timers.of_subject(subject)
    return next((item for item in known if wanted in (timer_name(item.kind), item.kind.casefold())), None)


def _item(tx: Tx, show_name: str, key: str, ctx: Context) -> Told | None:
    planned = _show_named(tx, show_name, ctx)
    found = tx.checklists.item(planned.id, key) if planned else None
    if planned is None or found is None:
        return None
    tale = Chronicle(tx, ctx)
    tale.audit(
        entry
        for entry in tx.audit.of_subject(planned.id)
        if any(isinstance(side, list) and side[:1] == [key] for side in (entry.before, entry.after))
    )
    due = planned.starts_at - timedelta(seconds=found.due_s)
    rows: Rows = [
        (msg("why.field.what"), msg(f"checklist.item.{key}")),
        (msg("why.field.state"), msg(f"item_state.{found.state}")),
        (msg("why.field.by"), _by(tale, found.by, is_done=found.state == "done")),
        (msg("why.field.due"), msg("value", value=When(due))),
        (msg("why.field.show"), msg("why.ask", id=planned.id)),
    ]
    if found.reason:
        rows.insert(2, (msg("why.field.reason"), found.reason))
    heading = Heading(msg("why.item", item=f"{planned.id}/{key}"))
    return Told(planned.room, [heading, Facts(tuple(rows)), *tale.blocks()])


def _by(tale: Chronicle, slug: str | None, *, is_done: bool) -> Line:
    if slug is not None:
        return tale.person(slug)
    return msg("checklist.by_facts") if is_done else msg("why.by_nobody")


def session(tx: Tx, subject: str, ctx: Context) -> Told | None:
    found = tx.sessions.get(subject)
    if found is None:
        return None
    tale = Chronicle(tx, ctx)
    tale.happened.append((found.started_at, msg("why.went_on_air", room=found.room)))
    if found.ended_at is not None:
        who = found.ended_by or ""
        by = msg(f"why.ended_by_{who}") if who in ("stream", "silence") else lookup.name(tx, who)
        tale.happened.append((found.ended_at, msg("why.went_off_air", by=by)))
    tale.about(found.id)
    rows: Rows = [
        (msg("why.field.state"), msg(f"session_state.{found.state}")),
        (msg("why.field.show"), msg("why.ask", id=found.show) if found.show else msg("why.unplanned")),
        (msg("why.field.last_signal"), _when(tx, found.id)),
    ]
    alerts = tx.alerts.of_session(found.id)
    listed = tuple(
        Item(msg("why.alert_line", alert=item.id, title=msg(f"alert.{item.kind}.title")), note=item.reason)
        for item in alerts
    )
    blocks: list[Block] = [Heading(msg("why.session", session=found.id, room=found.room)), Facts(tuple(rows))]
    rang = [Items(listed, title=msg("why.alerts"))] if listed else []
    return Told(found.room, [*blocks, *tale.blocks(), *rang])


def _when(tx: Tx, session_id: str) -> Line:
    last = tx.signals.last_at(session_id)
    return msg("value", value=When(last) if last else None)


def series(tx: Tx, subject: str, ctx: Context) -> Told | None:
    kept = tx.shows.series(subject)
    if kept is None:
        return None
    shows = tx.shows.of_series(subject, ctx.now - timetable.HORIZON)
    first = tx.shows.of_series(subject, limit=1)  # with it the series was planned
    tale = Chronicle(tx, ctx)
    for item in {show.id: show for show in [*first, *shows]}.values():
        tale.audit(entry for entry in tx.audit.of_subject(item.id) if entry.action in ("show.plan", "show.cancel"))
    ahead = [item for item in shows if item.starts_at > ctx.now and not item.is_off]
    tale.coming += [(item.starts_at, msg("why.show_comes", show=item.id)) for item in ahead[:_SHOWN]]
    rows: Rows = [
        (msg("why.field.room"), kept.room),
        (msg("show.field.host"), tale.person(kept.host)),
        (msg("why.field.state"), msg("why.series_ended") if kept.ended else msg("why.series_goes_on")),
    ]
    return Told(kept.room, [Heading(msg("why.series", series=subject)), Facts(tuple(rows)), *tale.blocks()])


def plan_import(tx: Tx, subject: str, ctx: Context) -> Told | None:
    kept = tx.plan_files.get(subject)
    if kept is None:
        return None
    rooms = sorted({str(row["room"]) for row in kept.rows})
    tale = Chronicle(tx, ctx)
    tale.audit(tx.audit.of_subject(subject))
    tale.messages(tx.outbox.of_subject(subject))
    state = "dropped" if kept.state == "undone" and kept.done_at is None else kept.state
    rows: Rows = [
        (msg("why.field.room"), msg("value", value=Listing(tuple(rooms)))),
        (msg("why.field.state"), msg(f"plan.state.{state}")),
    ]
    blocks: list[Block] = [Heading(msg("why.import", plan=subject, file=kept.name)), Facts(tuple(rows)), *tale.blocks()]
    return Told(rooms[0] if len(rooms) == 1 else None, blocks, is_of_many=len(rooms) > 1)


def room(tx: Tx, subject: str, ctx: Context) -> Told | None:
    found = tx.rooms.get(subject)
    if found is None:
        return None
    tale = Chronicle(tx, ctx)
    tale.audit(entry for entry in tx.audit.of_subject(subject) if not lookup.is_of_people(entry.action))
    tale.messages(tx.outbox.of_subject(subject))
    tale.timers(subject)
    ahead = lookup.ahead(tx, found.slug, ctx.now)[:_SHOWN]
    tale.coming += [(item.starts_at, msg("why.show_comes", show=item.id)) for item in ahead]
    rows: Rows = [(msg("why.field.state"), msg("why.room_archived" if found.archived_at else "why.room_open"))]
    for item in tx.sessions.of_room(found.slug, 1):
        rows.append((msg("why.field.last_session"), msg("why.ask", id=item.id)))
    rows.append((msg("why.field.more"), f"/room info {found.slug}"))
    return Told(found.slug, [Heading(msg("why.room", room=found.slug)), Facts(tuple(rows)), *tale.blocks()])


def person(tx: Tx, subject: str, ctx: Context) -> Told | None:
    """What is theirs to know about somebody else stays with /me and /audit."""
    found = tx.people.get(subject)
    if found is None:
        return None
    tale = Chronicle(tx, ctx)
    seen = lookup.seen(tx, ctx)
    ahead = [
        item
        for item in tx.shows.of_host(subject, ctx.now, ctx.now + _FAR)
        if item.room in seen and item.starts_at > ctx.now and item.state in timetable.TO_COME
    ]
    tale.coming += [(item.starts_at, msg("why.show_comes", show=item.id)) for item in ahead[:_SHOWN]]
    rows: Rows = [
        (msg("me.role"), msg(f"role.{found.role.name.lower()}")),
        (msg("why.field.more"), f"/audit who={subject}"),
    ]
    blocks = tale.blocks()[1:]  # what people did is not kept under their name
    return Told(None, [Heading(msg("why.person", name=found.name)), Facts(tuple(rows)), *blocks])
