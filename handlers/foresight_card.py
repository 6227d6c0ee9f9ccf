"""The message about a change of clocks: which clocks, whose hour moves at which shows, and what was decided."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from bot.core import availability, foresight
from bot.core.foresight import Change, Moved
from bot.core.model import HostProfile
from bot.core.ports import Tx
from bot.core.reply import (
    Actions,
    Block,
    Button,
    Heading,
    Item,
    Items,
    Line,
    Listing,
    Msg,
    Note,
    Reply,
    Text,
    When,
    msg,
    reply,
)
from handlers import lookup

MOST_ITEMS = 15
MOST_WITH_BUTTONS = 8
"""Series with buttons of their own: Discord takes 25 buttons below a message."""

_LONGEST = timedelta(days=1)
"""No show is planned longer."""


@dataclass(frozen=True, slots=True)
class Answers:
    """`walls`: where each show stood when it was first told; `kept`: who keeps the market's hour, by series."""

    walls: Mapping[str, datetime] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def read(text: str | None) -> Answers:
        if text is None:
            return Answers()
        found = json.loads(text)
        return Answers({show: datetime.fromisoformat(wall) for show, wall in found["walls"].items()}, found["kept"])

    def text(self) -> str:
        walls = {show: wall.isoformat(timespec="minutes") for show, wall in self.walls.items()}
        return json.dumps({"walls": walls, "kept": dict(self.kept)})


@dataclass(frozen=True, slots=True)
class Sheet:
    """What there is to say of one day's change. `groups`: by series (or show), host and wall time."""

    matrix: str
    day: date
    changes: tuple[Change, ...]
    groups: Mapping[tuple[str, str, str], Sequence[Moved]]
    answers: Answers

    @property
    def until(self) -> datetime:
        """When the first of them happens; from then on there is nothing to decide."""
        return min(change.at for change in self.changes)

    @property
    def series(self) -> list[str]:
        """Those with more than one date that wait for an answer."""
        found = {group[0].show.series for group in self.groups.values()}
        return sorted(name for name in found if name is not None and name not in self.answers.kept)


def draw(tx: Tx, sheet: Sheet) -> Reply:
    day = When(sheet.until, sheet.changes[0].zone, "date")
    waiting = sheet.series
    items = _items(tx, sheet, waiting)
    clocks = tuple(Item(_clock(change)) for change in sheet.changes)
    blocks: list[Block] = [
        Heading(msg("foresight.title", day=day, matrix=sheet.matrix)),
        Items(clocks),
        Items(tuple(items), title=msg("foresight.moving")) if items else Text(msg("foresight.nothing")),
    ]
    if len(sheet.groups) > MOST_ITEMS:
        blocks.append(Note(msg("foresight.more", n=len(sheet.groups) - MOST_ITEMS)))
    if len(waiting) > 1:
        keep = Button(msg("button.foresight_keep_all"), "foresight keep", _args(sheet), until=sheet.until)
        blocks.append(Actions((keep,)))
    if waiting:
        blocks.append(Note(msg("foresight.how")))
    return reply(*blocks, tone="warning" if waiting else "normal")


def _args(sheet: Sheet) -> dict[str, str]:
    return {"matrix": sheet.matrix, "day": sheet.day.isoformat()}


def _clock(change: Change) -> Msg:
    before, after = foresight.told_offset(change.before_s), foresight.told_offset(change.after_s)
    return msg("foresight.clock", zone=change.zone, at=When(change.at, change.zone), before=before, after=after)


def _items(tx: Tx, sheet: Sheet, waiting: Sequence[str]) -> list[Item]:
    """By start; each series has its buttons where it comes first."""
    items, told = [], set[str]()
    for group in itertools.islice(sheet.groups.values(), MOST_ITEMS):
        series = group[0].show.series
        has_buttons = series in waiting and series not in told and len(told) < MOST_WITH_BUTTONS
        if series is not None and has_buttons:
            told.add(series)
        items.append(_item(tx, sheet, group, has_buttons=has_buttons))
    return items


def _item(tx: Tx, sheet: Sheet, group: Sequence[Moved], *, has_buttons: bool) -> Item:
    first = group[0].show
    seats = [each for each in group if each.show.id == first.id]
    n = len({each.show.id for each in group})
    when = When(first.starts_at, first.zone)
    text = (
        msg("foresight.show", show=first.id, when=when)
        if n == 1
        else msg("foresight.shows", room=first.room, n=n, when=when)
    )
    said: list[Msg] = [_hour(tx, each) for each in seats]
    said += _doubts(tx, seats)
    kept_by = sheet.answers.kept.get(first.series or "")
    if kept_by is not None:
        said.append(msg("foresight.kept_by", who=lookup.name(tx, kept_by)))
    buttons = _buttons(sheet, seats[0]) if has_buttons else ()
    return Item(text, "done" if kept_by else "none", msg("value", value=Listing(tuple(said))), buttons)


def _hour(tx: Tx, each: Moved) -> Msg:
    old, new = f"{each.before:%H:%M}", f"{each.after:%H:%M}"
    who: Line = msg("foresight.team") if each.seat.who == "" else lookup.name(tx, each.seat.who)
    if each.before.date() == each.after.date():
        return msg("foresight.hour", who=who, old=old, new=new, zone=each.seat.zone)
    days = (msg(f"matrix.day.{local.weekday()}") for local in (each.before, each.after))
    old_day, new_day = days
    return msg("foresight.hour_day", who=who, old=old, new=new, zone=each.seat.zone, old_day=old_day, new_day=new_day)


def _doubts(tx: Tx, seats: Sequence[Moved]) -> list[Msg]:
    """What the new hour means for the host: night, outside their hours, too little rest."""
    each = next((item for item in seats if item.seat.who), None)
    if each is None:
        return []
    found = [msg("foresight.night")] if each.is_night_now else []
    profile = tx.people.host(each.seat.who)
    if profile is None:
        return found
    length = timedelta(seconds=each.show.duration_s)
    was, fits = (availability.covers(profile.hours, at, at + length) for at in (each.before, each.after))
    if profile.hours and was and not fits:
        found.append(msg("foresight.outside_hours"))
    return [*found, *_rest(tx, each, profile)]


def _rest(tx: Tx, each: Moved, profile: HostProfile) -> list[Msg]:
    """Only shows of another market can come nearer: those of its own move along."""
    show, least = each.show, timedelta(seconds=profile.rest_s)
    near = tx.shows.of_host(profile.person, show.starts_at - least - _LONGEST, show.ends_at + least)
    others = [other for other in near if other.zone != show.zone and not other.is_off]
    gaps = [max(show.starts_at - other.ends_at, other.starts_at - show.ends_at) for other in others]
    return [msg("foresight.short_rest")] if any(gap < least for gap in gaps) else []


def _buttons(sheet: Sheet, each: Moved) -> tuple[Button, ...]:
    """`each`: as the host sees it, else as the team: then the host's hour stays, and must not be moved either."""
    show = each.show
    label = msg("button.foresight_keep", room=show.room, at=f"{show.starts_local:%H:%M}")
    args = _args(sheet) | {"series": show.series or ""}
    keep = Button(label, "foresight keep", args, "primary", until=sheet.until)
    at = foresight.wall_for(show, each.by)
    if at.date() != show.starts_local.date() or (show.host or "") != each.seat.who:
        return (keep,)  # a series on another day is another rule, to be typed
    wall = f"{at:%H:%M}"
    label = msg("button.foresight_shift", room=show.room, at=wall)
    args = {"show": show.id, "when": wall, "scope": "following"}
    return keep, Button(label, "show move", args, until=sheet.until)
