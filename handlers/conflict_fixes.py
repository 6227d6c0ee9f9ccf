"""What mends a conflict, as buttons: another time, another host, one of the two left out, or a manager's word."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core import hosting, schedule
from bot.core.command import CommandTable
from bot.core.conflicts import LED, Conflict
from bot.core.errors import UserError
from bot.core.model import Person, Role, Show
from bot.core.ports import Ports, Tx
from bot.core.reply import Button, Field, When, msg
from bot.core.rights import place_of
from bot.core.zones import resolve
from handlers.conflict_finding import Freedom, of

_STEPS = 12
"""So many busy times are jumped over in search of a free one."""
_FAR = timedelta(days=7)
"""A time further off mends nothing."""
_CANCELLED = 2
"""Shows in the way that a refused plan offers to cancel."""
_MINUTE = timedelta(minutes=1)
_TO_COME = ("planned", "go", "no_go")

Sees = Callable[[str], bool]
"""Whether whoever reads may know of the room."""


@dataclass(frozen=True, slots=True)
class Again:
    """A command that is refused, and what it was given: a fix is the same command with another `when` or `host`.

    `shows`: all of them, as they would stand; without them a series is not offered at another hour. `phrase`: what
    `when` was read as; without it `when` is read again. Of a command that takes `despite` (a reason), a manager's
    override is the same command with it.
    """

    command: str
    args: Mapping[str, str] = field(default_factory=dict)
    shows: Sequence[Show] = ()
    phrase: schedule.Phrase | None = None


def of_saved(tx: Tx, conflict: Conflict, ports: Ports, sees: Sees) -> tuple[Button, ...]:
    """Fixes of a conflict between two shows that are planned."""
    now, show, other = ports.clock.now(), conflict.show, conflict.other
    found: list[Button] = []
    for one in (show, other):
        free = free_time(tx, one, conflict, now) if one.state in _TO_COME and sees(one.room) else None
        if free is not None:
            label = msg("conflict.fix.move", show=one.id, when=When(free.starts_at, free.zone))
            found.append(Button(label, "show move", {"show": one.id, "when": _wall(free)}, "primary"))
            break
    if conflict.kind in ("host", "rest") and show.state in _TO_COME:
        for person in free_hosts(tx, [show], ports):
            label = msg("conflict.fix.host", show=show.id, host=person.name)
            found.append(Button(label, "show host", {"show": show.id, "host": person.slug}))
            break
    found += [
        _off(one, ports.commands) for one in (show, other) if one.state in _TO_COME and sees(one.room)
    ]  # fmt: skip
    args = {"show": show.id, "other": other.id}
    found.append(Button(msg("conflict.fix.allow"), "conflict allow", args, form=(Field("reason", msg("arg.reason")),)))
    return _there(found, ports.commands)


def of_again(tx: Tx, found: Sequence[Conflict], again: Again, ports: Ports, sees: Sees) -> tuple[Button, ...]:
    """Fixes of a command that is refused, or asked about first, because of these."""
    if again.command not in ports.commands:
        return ()
    takes = {parameter.name for parameter in ports.commands.get(again.command).parameters}
    shows = again.shows or _shows(found)
    fixes = list(_other_times(tx, found, again, ports.clock.now())) if "when" in takes else []
    if "host" in takes and any(item.kind in ("host", "rest") for item in found):
        for person in free_hosts(tx, shows, ports):
            label = msg("conflict.fix.with_host", host=person.name)
            fixes.append(Button(label, again.command, {**again.args, "host": person.slug}))
            break
    given = {show.id for show in shows}
    in_the_way = {item.other.id: item.other for item in found if item.is_error and item.other.id not in given}
    others = [show for show in in_the_way.values() if show.state in _TO_COME and sees(show.room)]
    fixes += [_off(show, ports.commands) for show in others[:_CANCELLED]]
    if "despite" in takes and any(item.is_error for item in found):
        form = (Field("despite", msg("arg.reason")),)
        at_once = {"save": "yes"} if "save" in takes and len(shows) == 1 else {}  # nothing is left to look at first
        args = {**again.args, **at_once}
        fixes.append(Button(msg("conflict.fix.despite"), again.command, args, "danger", form))
    return _there(fixes, ports.commands)


def _shows(found: Sequence[Conflict]) -> list[Show]:
    return list({(item.show.id, item.show.starts_at): item.show for item in found}.values())


def _there(buttons: Sequence[Button], commands: CommandTable) -> tuple[Button, ...]:
    return tuple(button for button in buttons if button.command in commands)


def _off(show: Show, commands: CommandTable) -> Button:
    """One date of a series is left out, a single show cancelled."""
    if show.series is not None and "show skip" in commands:
        return Button(msg("conflict.fix.skip", show=show.id), "show skip", {"show": show.id}, "danger")
    return Button(msg("conflict.fix.cancel", show=show.id), "show cancel", {"show": show.id}, "danger")


def _other_times(tx: Tx, found: Sequence[Conflict], again: Again, now: datetime) -> Iterator[Button]:
    first, zone = found[0], found[0].show.zone
    shows, phrase = again.shows or _shows(found), again.phrase or _read(again.args.get("when", ""), zone, now)
    if phrase is None or again.args.get("scope", "this") != "this":
        return
    if not isinstance(phrase, schedule.OneOff):
        for key, other in _other_phrases(tx, found, again.shows, phrase, now):
            when = schedule.phrase_text(other)
            if _read(when, zone, now) is not None:
                yield Button(msg(key, when=when), again.command, {**again.args, "when": when}, "primary")
    elif len(shows) == 1 and (free := free_time(tx, shows[0], first, now)) is not None:
        label = msg("conflict.fix.when", when=When(free.starts_at, free.zone))
        yield Button(label, again.command, {**again.args, "when": _wall(free)}, "primary")


def _read(when: str, zone: str, now: datetime) -> schedule.Phrase | None:
    """None: nobody could type it, so no button may either; not every rule has a phrase."""
    try:
        return schedule.parse(when, now=now, zone=zone)
    except UserError:
        return None


def _other_phrases(
    tx: Tx, found: Sequence[Conflict], shows: Sequence[Show], phrase: schedule.Recurring, now: datetime
) -> Iterator[tuple[str, schedule.Phrase]]:
    """The series at another hour that is free on all its dates; the series without the dates that are taken."""
    first = found[0].show
    free = free_time(tx, first, found[0], now) if shows else None
    if free is not None:
        by = free.starts_local - first.starts_local
        shifted = [_moved(show, show.starts_at + by) for show in shows]
        standing = [show for show in shifted if show is not None and show.starts_at > now]
        if len(standing) == len(shows) and not any(item.is_error for item in of(tx, standing, now)):
            other = _shifted(phrase, int(by.total_seconds()) // 60)
            yield from [] if other is None else [("conflict.fix.when_series", other)]
    taken = {item.show.starts_local.date() for item in found}
    if len(taken) < len({show.starts_local.date() for show in shows}) or not shows:
        yield "conflict.fix.without", schedule.without(phrase, taken)


def _shifted(phrase: schedule.Recurring, minutes: int) -> schedule.Phrase | None:
    """None: on the days it would come to there is no rule for it, as for the day before each first Friday."""
    try:
        return schedule.shifted(phrase, minutes=minutes)
    except UserError:
        return None


def _wall(show: Show) -> str:
    return f"{show.starts_local:%Y-%m-%d %H:%M}"


def free_time(tx: Tx, show: Show, conflict: Conflict, now: datetime) -> Show | None:
    """The show at the time nearest to its own that no error forbids, nor a conflict of this kind; None: none is near.

    Right after what is in the way, or so that it ends right before it, with the rest its host needs.
    """
    tried = [_seek(tx, show, conflict, now, is_later=is_later) for is_later in (True, False)]
    found = [one for one in tried if one is not None]
    return min(found, key=lambda one: abs(one.starts_at - show.starts_at), default=None)


def _seek(tx: Tx, show: Show, conflict: Conflict, now: datetime, *, is_later: bool) -> Show | None:
    at = show
    for _ in range(_STEPS):
        in_the_way = [item for item in of(tx, [at], now) if item.is_error or item.kind == conflict.kind]
        if not in_the_way:
            return at if at != show else None
        starts = [_start_beside(at, item, is_later=is_later) for item in in_the_way]
        moved = _moved(at, max(starts) if is_later else min(starts))
        if moved is None or moved.starts_at <= now or abs(moved.starts_at - show.starts_at) > _FAR:
            return None
        at = moved
    return None


def _start_beside(show: Show, conflict: Conflict, *, is_later: bool) -> datetime:
    """When the show has to start to be clear of what is in its way."""
    other, rest = conflict.other, timedelta(seconds=conflict.least_s or 0)
    if conflict.kind == "product":
        return other.starts_at + LED if is_later else other.starts_at - LED
    if is_later:
        return other.ends_at + rest
    return other.starts_at - rest - timedelta(seconds=show.duration_s)


def _moved(show: Show, at: datetime) -> Show | None:
    """At that instant, to the whole minute; None where its wall time means another instant (twice a year)."""
    whole = at.astimezone(UTC).replace(second=0, microsecond=0)
    if whole < at and at > show.starts_at:
        whole += _MINUTE
    wall = whole.astimezone(ZoneInfo(show.zone)).replace(tzinfo=None, fold=0)
    if resolve(wall, show.zone).at != whole:
        return None
    return replace(show, starts_at=whole, starts_local=wall)


def free_hosts(tx: Tx, shows: Sequence[Show], ports: Ports) -> Iterator[Person]:
    """Hosts against whom nothing speaks for all of these shows of one room: eligible, awake, rested, not elsewhere."""
    room = tx.rooms.get(shows[0].room)
    if room is None:
        return
    freedom, rights = Freedom(tx, shows, ports.clock.now()), tx.people.all_rights()
    people = {person.slug: person for person in tx.people.all()}
    for profile in tx.people.hosts():
        person = people.get(profile.person)
        if person is None or person.slug == shows[0].host or rights[person.slug].at(place_of(room)) < Role.HOST:
            continue
        zone = person.zone or ports.team.zone
        theirs = [replace(show, host=person.slug) for show in shows]
        if any(hosting.doubts(person, profile, show, room.market, zone=zone) for show in theirs):
            continue
        if freedom.has(profile):
            yield person
