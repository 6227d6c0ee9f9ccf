"""/plan: a file of shows is looked at line by line, then planned as a whole, and can be taken back as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated

from bot.core.command import Arg, Context, Where
from bot.core.conflicts import Conflict
from bot.core.errors import ConflictError, NotFoundError, UserError
from bot.core.events import UploadOver
from bot.core.model import Room, Show
from bot.core.plan_file import PlanFile, line_from_json, line_to_json, place_in_file
from bot.core.planning_port import PlanImport, Upload
from bot.core.ports import Ports, Tx
from bot.core.records import Deed, Post
from bot.core.reply import Note, Reply, Text, When, msg, reply
from bot.core.rights import ANYWHERE, OVERALL, Place, place_of
from handlers import conflicts, import_told, lookup, snapshot, telling, timetable, undo
from handlers.import_check import Checked, Good, check, known
from handlers.lookup import record

KEPT = timedelta(days=1)
"""How long a file is kept, and its preview can be imported."""
_CAP = 60

PlanId = Annotated[str, Arg("i1")]


@dataclass(frozen=True, slots=True)
class ImportPlan:
    file: Annotated[str, Arg("d1", kind="file")]
    room: Annotated[str | None, Arg("us_main", keyed=True, completer="room")] = None


@dataclass(frozen=True, slots=True)
class OnePlan:
    plan: PlanId


async def import_plan(request: ImportPlan, ctx: Context) -> Reply:
    """The preview: nothing is planned yet."""
    look = await ctx.ports.store.read(lambda tx: (_upload(tx, request.file, ctx), known(tx, ctx, request.room)))
    upload, facts = look
    file = await ctx.ports.plan_reader.read(upload.name, upload.data, facts)

    def work(tx: Tx) -> Reply:
        found = looked_at(tx, ctx, file)
        plan = pending(tx, ctx, upload.name, found)
        return import_told.preview(tx, ctx, plan, file, found, _in_the_way(tx, ctx, found), ctx.now + KEPT)

    return await ctx.ports.store.write(work)


def looked_at(tx: Tx, ctx: Context, file: PlanFile) -> Checked:
    """What of the file could be planned, and every problem there is."""
    try:
        found = check(tx, ctx, file.lines)
    except UserError as error:  # as a whole it cannot be planned
        found = import_told.as_a_whole(error)
    found.problems = sorted([*file.problems, *found.problems], key=place_in_file)
    return found


def pending(tx: Tx, ctx: Context, name: str, found: Checked) -> PlanImport:
    """Keeps what could be planned until somebody imports it; without anything good in it, it is not kept."""
    rows = [line_to_json(good.line) for good in found.good]
    plan = PlanImport(tx.next_id("i"), name, ctx.actor.person, ctx.now, rows)
    if rows:
        tx.plan_files.save(plan)
    return plan


def _upload(tx: Tx, name: str, ctx: Context) -> Upload:
    """Only who brought a file may use it."""
    found = tx.plan_files.upload(name.strip().lower())
    if found is None or found.by != ctx.actor.person:
        raise NotFoundError("plan.no_file", file=name[:_CAP], try_instead="/help plan import")
    return found


def _in_the_way(tx: Tx, ctx: Context, found: Checked) -> list[Conflict]:
    drafts: list[Show] = []
    taken: set[str] = set()
    for good in found.good:
        for date in good.held:
            draft = timetable.draft(tx, good.like("w0" if good.is_series else ""), date.moved or date.time, taken)
            taken.add(draft.id)
            drafts.append(replace(draft, duration_s=date.length_s))
    return conflicts.of(tx, drafts, ctx.now)


async def apply_plan(request: OnePlan, ctx: Context) -> Reply:
    def work(tx: Tx) -> Reply:
        plan = _shown(tx, request.plan, ctx)
        found = check(tx, ctx, [line_from_json(row) for row in plan.rows])
        if found.problems:
            first = found.problems[0]
            raise ConflictError("plan.changed_since", where=first.where, why=first.what, n=len(found.problems),
                                try_instead="/show list")  # fmt: skip
        if not found.good:
            raise ConflictError("plan.all_there", try_instead="/show list")
        clashes = _in_the_way(tx, ctx, found)
        refusal = conflicts.refuse(tx, ctx, clashes, conflicts.Again("plan apply", {"plan": plan.id}))
        return refusal or _import(tx, ctx, plan, found)

    return await ctx.ports.store.write(work)


def _import(tx: Tx, ctx: Context, plan: PlanImport, found: Checked) -> Reply:
    shows: list[Show] = []
    series: list[str] = []
    for good in found.good:
        like = good.like(tx.next_id("w") if good.is_series else "")
        if good.is_series:
            tx.shows.save_series(like)
            series.append(like.id)
        shows += _planned(tx, ctx, good, like.id, plan)
    n = sum(not show.is_off for show in shows)
    after = {"file": plan.name, "shows": n, "rooms": found.rooms}
    record(tx, ctx, "plan.apply", plan.id, after=after, room_slug=_only_room(plan))
    names = [show.id for show in shows]
    left = snapshot.after(tx, names, series)
    deed = undo.offer(tx, ctx, "plan.apply", plan.id, snapshot.before(tx, [], []), left)
    tx.plan_files.save(
        replace(plan, state="done", done_at=ctx.now, done_by=ctx.actor.person, shows=tuple(names))
    )  # fmt: skip
    conflicts.review(tx, ctx.ports, shows, ctx)
    answer = import_told.imported(ctx, plan, found, n)
    telling.tell_others(tx, ctx, Post(f"plan-imported:{plan.id}", "team", "plan.imported", answer, plan.id))
    return replace(answer, blocks=(*answer.blocks, Note(msg("plan.undo_later", plan=plan.id)), *undo.blocks(deed)))


def _planned(tx: Tx, ctx: Context, good: Good, series: str, plan: PlanImport) -> list[Show]:
    like = good.like(series)
    shows = []
    for date in good.dates:
        if date.out and not good.is_series:
            continue
        show = timetable.add(tx, like, date.time, ctx.ports, "skipped" if date.out else "planned")
        if date.moved is not None or date.length_s != show.duration_s:
            to = date.moved or date.time
            wall = to.local.replace(tzinfo=None, fold=0)
            moved = replace(show, starts_local=wall, starts_at=to.at, duration_s=date.length_s)
            timetable.changed(tx, [(show, moved)], ctx.ports)
            show = tx.shows.get(show.id) or moved
        if not show.is_off:
            when = f"{show.starts_local:%Y-%m-%d %H:%M}"
            record(tx, ctx, "show.plan", show.id, after={"when": when, "host": show.host, "import": plan.id})
        shows.append(show)
    return shows


async def drop_plan(request: OnePlan, ctx: Context) -> Reply:
    """Not now: what was read is forgotten."""

    def work(tx: Tx) -> Reply:
        plan = _shown(tx, request.plan, ctx)
        tx.plan_files.save(replace(plan, state="undone"))
        room, detail = _only_room(plan), {"file": plan.name}
        record(tx, ctx, "plan.drop", plan.id, "shown", "dropped", room_slug=room, detail=detail)
        return reply(Text(msg("plan.dropped", file=plan.name)))

    return await ctx.ports.store.write(work)


async def undo_plan(request: OnePlan, ctx: Context) -> Reply:
    """Later than a minute after it, as long as nothing of it was changed."""

    def work(tx: Tx) -> Reply:
        plan = _plan(tx, request.plan)
        deed = tx.undo.of("plan.apply", plan.id)
        if plan.state != "done" or deed is None:
            raise ConflictError("plan.not_done", plan=plan.id, state=msg(f"plan.state.{_state(plan)}"),
                                try_instead="/show list")  # fmt: skip
        answer = _taken_back(tx, deed, ctx)
        record(tx, ctx, "plan.undo", plan.id, "done", "undone", room_slug=_only_room(plan))
        tx.undo.undone(deed.id, ctx.actor.person, ctx.now)
        return answer

    return await ctx.ports.store.write(work)


def _take_back(tx: Tx, deed: Deed, ctx: Context) -> Reply:
    answer = _taken_back(tx, deed, ctx)
    undo.record(tx, ctx, deed, deed.subject, "done", "undone", room_slug=_only_room(_plan(tx, deed.subject)))
    return answer


def _taken_back(tx: Tx, deed: Deed, ctx: Context) -> Reply:
    plan = _plan(tx, deed.subject)
    shows = [show for name in plan.shows if (show := tx.shows.get(name)) is not None]
    begun = [show for show in shows if not show.is_off and show.starts_at <= ctx.now]
    if begun:
        raise ConflictError("plan.begun", show=begun[0].id, try_instead=f"/show list {begun[0].room}")
    _leave_out_later(tx, deed, ctx)
    pairs = snapshot.restore(tx, deed, ctx)
    tx.plan_files.save(replace(plan, state="undone"))
    n = sum(not before.is_off for before, _ in pairs)
    answer = reply(Text(msg("plan.undone", file=plan.name, n=n)), undo.by(ctx), tone="good")
    telling.tell_others(tx, ctx, Post(f"plan-undone:{plan.id}", "team", "plan.undone", answer, plan.id))
    return answer


def _leave_out_later(tx: Tx, deed: Deed, ctx: Context) -> None:
    """Shows that its series have got since then go with them, unless somebody has taken one in hand."""
    for name in deed.after["series"]:
        for show in timetable.ahead(tx, name, ctx.now):
            if show.id in deed.after["shows"]:
                continue
            if show.state != "planned" or tx.audit.of_subject(show.id):
                raise undo.changed(tx, deed, tx.audit.of_subject(show.id), f"/show list {show.room}")
            timetable.changed(tx, [(show, replace(show, state="skipped", series=None, slot=None))], ctx.ports)


# -- which one, and whose ------------------------------------------------------


def _plan(tx: Tx, name: str) -> PlanImport:
    found = tx.plan_files.get(name.strip().lower())
    if found is None:
        newest = tx.last_id("i")
        raise NotFoundError("plan.unknown", plan=name[:_CAP], try_instead=f"/plan undo {newest or 'i1'}")
    return found


def _shown(tx: Tx, name: str, ctx: Context) -> PlanImport:
    """One that waits to be imported."""
    plan = _plan(tx, name)
    if plan.state != "shown":
        who = lookup.name(tx, plan.done_by) if plan.done_by else None
        if plan.state == "done" and who is not None and plan.done_at is not None:
            raise ConflictError("plan.done_already", file=plan.name, who=who, when=When(plan.done_at, style="exact"),
                                try_instead=f"/plan undo {plan.id}")  # fmt: skip
        raise ConflictError("plan.not_done", plan=plan.id, state=msg(f"plan.state.{_state(plan)}"),
                            try_instead="/help plan import")  # fmt: skip
    if plan.made_at + KEPT <= ctx.now:
        raise ConflictError("plan.too_old", file=plan.name, try_instead="/help plan import")
    return plan


def _state(plan: PlanImport) -> str:
    return "dropped" if plan.state == "undone" and plan.done_at is None else plan.state


def _only_room(plan: PlanImport) -> str | None:
    names = {str(row["room"]) for row in plan.rows}
    return names.pop() if len(names) == 1 else None


def _rooms(tx: Tx, plan: PlanImport) -> list[Room]:
    names = {str(row["room"]) for row in plan.rows}
    return [room for name in sorted(names) if (room := tx.rooms.get(name)) is not None]


def _place(tx: Tx, request: OnePlan, ctx: Context) -> Place:
    """Of all its rooms the one where this person has the least rights."""
    rights = tx.people.rights(ctx.actor.person)
    places = [place_of(room) for room in _rooms(tx, _plan(tx, request.plan))]
    return min(places, key=rights.at, default=ANYWHERE)


def _place_of_deed(tx: Tx, deed: Deed) -> Place:
    """The one room, or the one matrix, that all of it is in."""
    plan = tx.plan_files.get(deed.subject)
    rooms: Sequence[Room] = [] if plan is None else _rooms(tx, plan)
    if len(rooms) == 1:
        return place_of(rooms[0])
    matrices = {room.matrix for room in rooms}
    return Place("matrix", matrices.pop()) if len(matrices) == 1 else OVERALL


WHERE = Where("every room of the import", _place)
IMPORTED = undo.Way(_take_back, lambda _tx, deed, _ctx: f"/plan undo {deed.subject}", place=_place_of_deed)
"""How an import is taken back."""


# -- files ---------------------------------------------------------------------


def on_upload_over(tx: Tx, event: UploadOver, ports: Ports) -> None:
    """A day after it was brought."""
    tx.plan_files.forget_uploads(event.now - KEPT + timedelta(seconds=1))
