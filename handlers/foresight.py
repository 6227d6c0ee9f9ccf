"""Two weeks before clocks change: whose hour moves at which shows, said once, with a button for each series.

One message for each matrix and day of a change. It is edited while the change is ahead: as shows are planned, moved and
cancelled, and as somebody decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from bot.core import foresight
from bot.core.command import Arg, Context
from bot.core.errors import ConflictError, NotFoundError
from bot.core.events import ForesightDue
from bot.core.foresight import Change, Moved, Seat
from bot.core.model import Show
from bot.core.ports import Ports, Tx
from bot.core.records import Post
from bot.core.reply import Reply, Text, msg, reply
from bot.core.zones import resolve
from handlers import foresight_card
from handlers.foresight_card import Answers, Sheet
from handlers.lookup import record
from handlers.matrix_cards import SOON, rooms_of, subject

_TIMER = "ForesightDue"
_AT = time(9)
"""When it is looked at, in the team's wall time, day by day."""
_TO_COME = ("planned", "go", "no_go")


@dataclass(frozen=True, slots=True)
class KeepHour:
    matrix: Annotated[str, Arg("main", completer="matrix", help="arg.which_matrix")]
    day: Annotated[str, Arg("2027-03-14")]
    series: Annotated[str | None, Arg("w1", help="arg.foreseen_series")] = None


def watch(tx: Tx, room: str, ports: Ports) -> None:
    """A show of the room was planned or changed.

    From its first show on a matrix is looked at every day; while a change is told and ahead, within seconds.
    """
    found = tx.rooms.get(room)
    if found is None:
        return
    name, now = subject(found.matrix), ports.clock.now()
    told_until = tx.fact(_fact(found.matrix))
    is_told = told_until is not None and datetime.fromisoformat(told_until) > now
    waiting = [timer.due_at for timer in tx.timers.of_subject(name) if timer.kind == _TIMER and timer.done_at is None]
    due = now + SOON if is_told else _next_look(ports)
    if not waiting or min(waiting) > due:
        tx.timers.set(_TIMER, name, due)


def watch_all(tx: Tx, ports: Ports) -> None:
    """At start: every matrix with something planned."""
    now = ports.clock.now()
    for matrix in sorted({room.matrix for room in tx.rooms.all()}):
        ahead = (room.slug for room in rooms_of(tx, matrix) if tx.shows.following(now, room=room.slug))
        if (room := next(ahead, None)) is not None:
            watch(tx, room, ports)


def _next_look(ports: Ports) -> datetime:
    zone, now = ZoneInfo(ports.team.zone), ports.clock.now()
    today = now.astimezone(zone).date()
    looks = (resolve(datetime.combine(today + timedelta(days=number), _AT), zone).at for number in range(3))
    return next(at for at in looks if at > now)


async def prepare(event: ForesightDue, ports: Ports) -> list[tuple[Sheet, Reply]]:
    """Looked up and drawn beside the writer: a big plan takes its time."""
    matrix = event.subject.partition(":")[2]

    def work(tx: Tx) -> list[tuple[Sheet, Reply]]:
        return [(sheet, foresight_card.draw(tx, sheet)) for sheet in sheets(tx, matrix, event.now, ports)]

    return await ports.store.read(work)


def on_due(tx: Tx, event: ForesightDue, ports: Ports, found: list[tuple[Sheet, Reply]]) -> None:
    for sheet, answer in found:
        _tell(tx, sheet, answer, event.now)
    tx.timers.set(_TIMER, event.subject, _next_look(ports))


def _tell(tx: Tx, sheet: Sheet, answer: Reply, now: datetime) -> None:
    """The message once; from then on it is edited, also when nothing moves any more."""
    key = _key(sheet.matrix, sheet.day)
    if tx.outbox.by_key(key) is not None:
        tx.outbox.edit(key, answer, now)
    elif sheet.groups:
        tx.outbox.post(Post(key, "team", "foresight", answer, expires_at=sheet.changes[-1].at), now)
    else:
        return
    shows = {each.show.id: each.show for group in sheet.groups.values() for each in group}
    walls = {show.id: show.starts_local for show in shows.values()} | dict(sheet.answers.walls)
    tx.remember(key, replace(sheet.answers, walls=walls).text())
    known = tx.fact(_fact(sheet.matrix))
    if known is None or datetime.fromisoformat(known) < sheet.until:
        tx.remember(_fact(sheet.matrix), sheet.until.isoformat())


def _fact(matrix: str) -> str:
    """Until when something that was told is still ahead."""
    return f"foresight:{matrix}"


def _key(matrix: str, day: date) -> str:
    return f"foresight:{matrix}:{day.isoformat()}"


def sheets(tx: Tx, matrix: str, now: datetime, ports: Ports) -> list[Sheet]:
    """One for each day within two weeks on which clocks change that matter to this matrix."""
    rooms = {room.slug: room.market.zone for room in rooms_of(tx, matrix)}
    people = {person.slug: person.zone or ports.team.zone for person in tx.people.all()}
    zones = {*rooms.values(), *people.values(), ports.team.zone}
    coming = foresight.coming(zones, now)
    if not coming:
        return []
    shows = [
        show
        for show in tx.shows.between(now, coming[-1].at + foresight.AFTER)
        if show.room in rooms and show.state in _TO_COME
    ]
    moved = [
        each
        for show in shows
        for seat in _seats(show, people, ports.team.zone)
        if (each := foresight.moved(show, seat, now)) is not None
    ]
    days = sorted({change.day for change in coming})
    return [_sheet(tx, matrix, day, coming, moved) for day in days]


def _seats(show: Show, people: dict[str, str], team: str) -> list[Seat]:
    """Host and team; one who lives where the team is stands for both."""
    if show.host is None:
        return [Seat("", team)]
    zone = people.get(show.host, team)
    return [Seat(show.host, zone), *([Seat("", team)] if zone != team else [])]


def _sheet(tx: Tx, matrix: str, day: date, coming: Sequence[Change], moved: Sequence[Moved]) -> Sheet:
    answers = Answers.read(tx.fact(_key(matrix, day)))
    told = [each for each in moved if not foresight.is_kept(each, answers.walls.get(each.show.id))]
    groups = foresight.of_day(told, day)
    touched = {zone for each in told if each.day == day for zone in (each.show.zone, each.seat.zone)}
    here = [change for change in coming if change.day == day]
    changes = [change for change in here if change.zone in touched] or here
    return Sheet(matrix, day, tuple(changes), groups, answers)


async def keep(request: KeepHour, ctx: Context) -> Reply:
    """Somebody has decided that the market's hour stays, for one series or for all that wait."""

    def work(tx: Tx) -> Reply:
        sheet = _asked(tx, request, ctx)
        waiting = sheet.series if request.series is None else [request.series]
        by = dict.fromkeys(waiting, ctx.actor.person)
        decided = replace(sheet, answers=replace(sheet.answers, kept=dict(sheet.answers.kept) | by))
        for series in waiting:
            found = tx.shows.series(series)
            record(
                tx, ctx, "foresight.keep", series, {"answer": "open"}, {"answer": "kept", "day": request.day},
                room_slug=None if found is None else found.room,
            )  # fmt: skip
        _tell(tx, decided, foresight_card.draw(tx, decided), ctx.now)
        return reply(Text(msg("foresight.kept", n=len(waiting))), private=True)

    return await ctx.ports.store.write(work)


def _asked(tx: Tx, request: KeepHour, ctx: Context) -> Sheet:
    """The sheet of that day, as things stand now.

    Raises:
        NotFoundError: nothing was said about such a day, or the day is past.
        ConflictError: there is nothing (any more) to decide.
    """
    found = sheets(tx, request.matrix, ctx.now, ctx.ports)
    sheet = next((item for item in found if item.day.isoformat() == request.day), None)
    if sheet is None or tx.outbox.by_key(_key(sheet.matrix, sheet.day)) is None:
        raise NotFoundError("foresight.unknown", day=request.day[:20], matrix=request.matrix[:60])
    if not sheet.series or (request.series is not None and request.series not in sheet.series):
        raise ConflictError("foresight.decided", try_instead="/show list")
    return sheet
