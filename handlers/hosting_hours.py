"""/hosts hours: what a week asks of each host, by the plan: hours on air, nights, rest, free days; who has too much."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from bot.core import hours
from bot.core.command import Arg, Context
from bot.core.errors import ConflictError, UserError
from bot.core.excerpt import excerpt
from bot.core.hours import Shift, Week
from bot.core.model import HostProfile, Person
from bot.core.ports import Tx
from bot.core.reply import (
    Block,
    Code,
    Facts,
    Heading,
    Item,
    Items,
    Line,
    Listing,
    Msg,
    Note,
    Reply,
    Share,
    Span,
    Text,
    When,
    msg,
    reply,
)
from handlers import lookup

_DAY = re.compile(r"20\d{2}-\d{2}-\d{2}")
_WORDS = {"this": 0, "next": 7, "last": -7, "本周": 0, "下周": 7, "上周": -7}
_MARGIN = timedelta(days=8)
"""Shows so long before and after a week are its neighbours, for the rest between them."""
_MOST = 25


@dataclass(frozen=True, slots=True)
class HostHours:
    host: Annotated[str | None, Arg("mia", completer="host")] = None
    week: Annotated[str | None, Arg("2027-03-08", keyed=True)] = None


@dataclass(frozen=True, slots=True)
class _Host:
    """One host's week, and the one after it. `shifts`: those seen, around both."""

    person: Person
    profile: HostProfile
    zone: str
    shifts: list[Shift]
    week: Week
    following: Week


async def host_hours(request: HostHours, ctx: Context) -> Reply:
    def work(tx: Tx) -> Reply:
        profiles = _profiles(tx, request.host)
        if not profiles:
            return reply(Text(msg("host.none")), Code("/host add mia name=Mia"))
        seen = lookup.seen(tx, ctx)
        everybody = [_host(tx, profile, request.week, seen, ctx) for profile in tx.people.hosts()]
        shown = [host for host in everybody if host.profile in profiles]
        blocks = _alone(shown[0], everybody) if request.host else _together(shown, everybody)
        if len(seen) < len(tx.rooms.all()):
            blocks.append(Note(msg("hours.own_rooms")))
        blocks.append(Note(msg("hours.night")))
        return reply(*blocks)

    return await ctx.ports.store.read(work)


def _profiles(tx: Tx, slug: str | None) -> list[HostProfile]:
    if slug is None:
        return tx.people.hosts()
    person = lookup.person(tx, slug, try_instead="/host add {slug}")
    found = tx.people.host(person.slug)
    if found is None:
        raise ConflictError("person.no_host", person=person.slug, try_instead=f"/host add {person.slug}")
    return [found]


def _monday(text: str | None, today: date) -> date:
    """The Monday of the week that was asked for: a day in it, or which from here.

    Raises:
        UserError: neither.
    """
    if text is None or text.casefold() in _WORDS:
        return hours.monday_of(today + timedelta(days=_WORDS.get((text or "this").casefold(), 0)))
    day = _day(text)
    if day is None:
        raise UserError("hours.bad_week", week=excerpt(text), try_instead=f"week={today.isoformat()}")
    return hours.monday_of(day)


def _day(text: str) -> date | None:
    """In this century: no plan lies beyond, and somewhere there datetime ends."""
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _host(tx: Tx, profile: HostProfile, text: str | None, seen: set[str], ctx: Context) -> _Host:
    person = lookup.person(tx, profile.person)
    zone_name = person.zone or ctx.ports.team.zone
    zone = ZoneInfo(zone_name)
    monday = _monday(text, ctx.now.astimezone(zone).date())
    start, end = hours.bounds(monday, zone, 14)
    shows = tx.shows.of_host(person.slug, start - _MARGIN, end + _MARGIN)
    shifts = [Shift(show.id, show.starts_at, show.ends_at) for show in shows if not show.is_off and show.room in seen]
    after = monday + timedelta(days=7)
    return _Host(person, profile, zone_name, shifts, hours.week(monday, zone, shifts), hours.week(after, zone, shifts))


def _together(shown: Sequence[_Host], everybody: Sequence[_Host]) -> list[Block]:
    """The busiest first: a line about the week each, and one about what is wrong with it."""
    ordered = sorted(shown, key=lambda host: (-host.week.on_air_s, -host.following.on_air_s, host.person.slug))
    items = [Item(_line(host), note=_note(host, everybody)) for host in ordered[:_MOST]]
    mondays = sorted({host.week.monday for host in shown})
    title = msg("hours.title", monday=mondays[0].isoformat(), n=len(shown))
    mean = Span(sum(host.week.on_air_s for host in everybody) // len(everybody))
    blocks: list[Block] = [Heading(title), Items(tuple(items))]
    if len(ordered) > _MOST:
        blocks.append(Note(msg("hours.more", n=len(ordered) - _MOST, line="/hosts hours HOST")))
    if len(everybody) > 1:
        blocks.append(Note(msg("hours.mean", mean=mean)))
    return blocks


def _line(host: _Host) -> Msg:
    week = host.week
    if not week.on_air_s:
        return msg("hours.line_none", host=host.person.slug)
    name, n, on_air, free = host.person.slug, week.shows, Span(week.on_air_s), len(week.free)
    if not week.night_s:
        return msg("hours.line_day", host=name, n=n, on_air=on_air, free=free)
    return msg("hours.line", host=name, n=n, on_air=on_air, night=Span(week.night_s), free=free)


def _note(host: _Host, everybody: Sequence[_Host]) -> Msg:
    after = host.following
    following = (
        msg("hours.following", n=after.shows, on_air=Span(after.on_air_s))
        if after.shows
        else msg("hours.following_none")
    )
    said = [*_wrong(host, everybody), following]
    note = said[0]
    for line in said[1:]:
        note = msg("plan.beside", one=note, other=line)
    return note


def _wrong(host: _Host, everybody: Sequence[_Host]) -> list[Msg]:
    """Rest that is too short, and more than a fair share."""
    found = []
    rest = host.week.rest_s
    if rest is not None and rest < host.profile.rest_s:
        found.append(msg("hours.short_rest", rest=Span(rest), least=Span(host.profile.rest_s)))
    if host.week.shows and not host.week.free:
        found.append(msg("hours.no_free_day"))
    for key, each in (
        ("hours.above", {item.person.slug: item.week.on_air_s for item in everybody}),
        ("hours.above_night", {item.person.slug: item.week.night_s for item in everybody}),
    ):
        times = hours.above(each).get(host.person.slug)
        if times is not None:
            found.append(msg(key, share=Share(times)))
    return found


def _alone(host: _Host, everybody: Sequence[_Host]) -> list[Block]:
    monday = host.week.monday.isoformat()
    rows: list[tuple[Line, Line]] = [
        (msg("hours.field.zone"), host.zone if host.person.zone else msg("me.team_value", value=host.zone)),
        *_rows(host, host.week),
    ]
    blocks: list[Block] = [
        Heading(msg("hours.of_host", host=host.person.name, monday=monday)),
        Facts(tuple(rows)),
        *_shows(host),
    ]
    wrong = _wrong(host, everybody)
    if wrong:
        blocks.append(Items(tuple(Item(line) for line in wrong), title=msg("hours.look")))
    blocks += [Heading(msg("hours.week_after")), Facts(tuple(_rows(host, host.following)))]
    return blocks


def _rows(host: _Host, week: Week) -> list[tuple[Line, Line]]:
    free = Listing(tuple(msg(f"matrix.day.{day.weekday()}") for day in week.free))
    rest = msg("hours.no_rest") if week.rest_s is None else _rest(week.rest_s, host.profile.rest_s)
    return [
        (msg("hours.field.shows"), msg("value", value=week.shows)),
        (msg("hours.field.on_air"), msg("value", value=Span(week.on_air_s))),
        (msg("hours.field.night"), msg("value", value=Span(week.night_s))),
        (msg("hours.field.rest"), rest),
        (msg("hours.field.free"), msg("value", value=free)),
    ]


def _rest(rest_s: int, least_s: int) -> Msg:
    return msg("hours.rest", rest=Span(rest_s), least=Span(least_s))


def _shows(host: _Host) -> list[Block]:
    """What the week is made of, in the host's own time."""
    zone = ZoneInfo(host.zone)
    start, end = hours.bounds(host.week.monday, zone)
    items = [Item(_shift(shift, host.zone, zone)) for shift in host.shifts if start <= shift.starts_at < end]
    return [Items(tuple(items), title=msg("hours.shows"))] if items else []


def _shift(shift: Shift, zone_name: str, zone: ZoneInfo) -> Msg:
    night_s = hours.night_s(shift.starts_at, shift.ends_at, zone)
    when, length = When(shift.starts_at, zone_name), Span(_seconds(shift.starts_at, shift.ends_at))
    if not night_s:
        return msg("hours.show", show=shift.show, when=when, length=length)
    return msg("hours.show_night", show=shift.show, when=when, length=length, night=Span(night_s))


def _seconds(start: datetime, end: datetime) -> int:
    return int((end - start).total_seconds())
