"""`/slot suggest`: three fixed weekly slots for a room, with reasons, and how little is known. Nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from bot.core import availability, conflicts, slots
from bot.core.command import Arg, Context
from bot.core.errors import UserError
from bot.core.model import Market, Person, Room, Session, Show
from bot.core.money import Money
from bot.core.phrases import DAY_NAMES
from bot.core.ports import Tx
from bot.core.reply import (
    Block,
    Button,
    Heading,
    Item,
    Items,
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
from bot.core.slot_value import Aired, K
from handlers import lookup, timetable

WEEKS = 26
"""Older shows say little of the market of today."""
_MOST, _MOST_OTHERS, _ROOMS = 500, 100, 10
_FIGURES = ("gmv_per_hour", "acu")
_USUAL, _OF_LAST = 2, 20
_AHEAD = timedelta(weeks=slots.DATES + 1)


@dataclass(frozen=True, slots=True)
class SuggestSlots:
    room: Annotated[str, Arg("us_main", completer="room")]
    length: Annotated[int, Arg("2h30m", kind="duration", keyed=True)] = 2 * 3600
    host: Annotated[str | None, Arg("mia", keyed=True, completer="host")] = None


async def suggest(request: SuggestSlots, ctx: Context) -> Reply:
    if not timetable.SHORTEST_S <= request.length <= timetable.LONGEST_S:
        raise UserError("show.bad_length", length=Span(request.length), try_instead="length=2h30m")

    def work(tx: Tx) -> Reply:
        room = lookup.active_room(tx, request.room)
        asked = _question(tx, room, request, ctx)
        return reply(*_blocks(room, asked, slots.suggest(asked)))

    return await ctx.ports.store.read(work)


def _question(tx: Tx, room: Room, request: SuggestSlots, ctx: Context) -> slots.Question:
    since = ctx.now - timedelta(weeks=WEEKS)
    seen = lookup.seen(tx, ctx)
    others = [item for item in tx.rooms.all() if item.slug != room.slug and _is_of(item.market, room.market)]
    known = [item for item in others if item.slug in seen][:_ROOMS]
    hosts = [_named(tx, request.host)] if request.host is not None else _usual(tx, room, ctx)
    return slots.Question(
        zone=room.market.zone,
        length_s=request.length,
        now=ctx.now,
        own=[_aired(room, *found) for found in tx.sessions.reported(room.slug, since, _MOST, _FIGURES)],
        others=[
            [_aired(other, *found) for found in tx.sessions.reported(other.slug, since, _MOST_OTHERS, _FIGURES)]
            for other in known
        ],
        hosts=[_host(tx, person, ctx) for person in hosts],
        is_named=request.host is not None,
        plan=[_taken(show, show.id) for show in _ahead(tx, room, ctx)],
        siblings=[taken for other in others for taken in _of_sibling(tx, other, room, seen, ctx)],
    )


def _is_of(market: Market, other: Market) -> bool:
    """A market is its currency and language: rooms of one may lie in several zones."""
    return (market.currency, market.language) == (other.currency, other.language)


def _aired(room: Room, session: Session, figures: Mapping[str, Any]) -> Aired:
    """Figures in another currency than the market's of today are not known in it."""
    zone, ended_at = ZoneInfo(room.market.zone), session.ended_at or session.started_at
    gmv, acu = figures["gmv_per_hour"], figures["acu"]
    return Aired(
        starts=session.started_at.astimezone(zone).replace(tzinfo=None),
        length_s=int((ended_at - session.started_at).total_seconds()),
        gmv_per_hour=float(gmv["value"]) if gmv is not None and gmv["unit"] == room.market.currency else None,
        acu=None if acu is None else float(acu["value"]),
    )


def _named(tx: Tx, slug: str) -> Person:
    person = lookup.person(tx, slug, try_instead="/host add {slug}")
    if tx.people.host(slug) is None:
        raise UserError("person.no_host", person=slug, try_instead=f"/host add {slug}")
    return person


def _usual(tx: Tx, room: Room, ctx: Context) -> list[Person]:
    """Who hosted most of the room's last shows, or is to host those to come; an avatar needs no rest."""
    if room.host_mode == "avatar":
        return []
    past = [tx.shows.get(item.show) for item in tx.sessions.of_room(room.slug, _OF_LAST) if item.show is not None]
    shows = [show for show in (*past, *_ahead(tx, room, ctx)) if show is not None]
    counted = Counter(show.host for show in shows if show.host is not None)
    found = [tx.people.get(slug) for slug, _ in sorted(counted.items(), key=lambda item: (-item[1], item[0]))]
    return [person for person in found if person is not None and tx.people.host(person.slug) is not None][:_USUAL]


def _host(tx: Tx, person: Person, ctx: Context) -> slots.Host:
    profile = tx.people.host(person.slug)
    if profile is None:
        raise LookupError(f"{person.slug} does not host")
    shows = tx.shows.of_host(person.slug, ctx.now - timedelta(days=3), ctx.now + _AHEAD)
    taken = tuple(_taken(show, show.id) for show in shows if not show.is_off)
    zone = person.zone or ctx.ports.team.zone
    return slots.Host(person.slug, person.name, zone, profile.hours, profile.rest_s, taken)


def _taken(show: Show, name: str, *, is_rival: bool = False) -> slots.Taken:
    return slots.Taken(show.starts_at, show.ends_at, name, is_rival)


def _of_sibling(tx: Tx, other: Room, room: Room, seen: Collection[str], ctx: Context) -> list[slots.Taken]:
    """What it has planned; whoever may not know of the room is not told its name."""
    theme = conflicts.plain(room.theme)
    is_rival = theme is not None and theme == conflicts.plain(other.theme)
    name = other.slug if other.slug in seen else ""
    return [_taken(show, name, is_rival=is_rival) for show in _ahead(tx, other, ctx)]


def _ahead(tx: Tx, room: Room, ctx: Context) -> list[Show]:
    found = tx.shows.between(ctx.now - timedelta(days=1), ctx.now + _AHEAD, room.slug)
    return [show for show in found if show.state in timetable.TO_COME]


def _blocks(room: Room, asked: slots.Question, found: slots.Suggestion) -> list[Block]:
    title = msg("slot.title", n=len(found.slots), room=room.slug, length=Span(asked.length_s))
    blocks: list[Block] = [Heading(title), Text(_known(room, found))]
    if found.shows and not found.measured:
        blocks.append(Text(msg("slot.no_gmv")))
    if found.slots:
        blocks.append(Items(tuple(_item(room, asked, slot) for slot in found.slots)))
    if len(found.slots) < slots.SLOTS:
        named = asked.hosts[0].name if asked.is_named else msg("slot.any_host")
        blocks.append(Note(msg("slot.fewer", n=len(found.slots), host=named)))
    if not asked.hosts and room.host_mode != "avatar":
        blocks.append(Note(msg("slot.no_host")))
    return [*blocks, Note(msg("slot.how", n=int(K), weeks=WEEKS))]


def _known(room: Room, found: slots.Suggestion) -> Msg:
    """How much the order rests on."""
    if found.shows >= K:
        return msg("slot.known", n=found.shows)
    if found.shows:
        return msg("slot.known_few", n=found.shows)
    if found.market_shows:
        return msg("slot.known_market", room=room.slug, n=found.market_shows)
    return msg("slot.known_nothing", room=room.slug)


def _item(room: Room, asked: slots.Question, slot: slots.Slot) -> Item:
    day, wall = msg(f"slot.day.{DAY_NAMES[slot.weekday]}"), f"{slot.wall:%H:%M}"
    text = msg("slot.line", day=day, time=wall, next=When(slot.next_at, room.market.zone))
    reasons = [*_worth(room, slot), *(_at(slot, at) for at in slot.hosts), *_plan(asked, slot)]
    note = reasons[0]
    for reason in reasons[1:]:
        note = msg("slot.also", first=note, second=reason)
    return Item(text, note=note, buttons=() if slot.planned else (_button(room, asked, slot, day, wall),))


def _worth(room: Room, slot: slots.Slot) -> list[Msg]:
    worth = slot.estimate
    found = [msg("slot.expected_none")]
    if worth.expected is not None and worth.low is not None and worth.high is not None:
        amounts = {name: _money(getattr(worth, name), room) for name in ("expected", "low", "high")}
        found = [msg("slot.expected", **amounts)]
    found.append(msg("slot.seen", n=slot.shows, share=Share(worth.own)) if slot.shows else msg("slot.seen_none"))
    if slot.acu is not None:
        found.append(msg("slot.acu", acu=round(slot.acu)))
    if slot.weeks_kept:
        found.append(msg("slot.kept", n=slot.weeks_kept, of=slots.KEPT_WEEKS))
    return found


def _money(amount: float, room: Room) -> Money:
    """Whole units: more digits would say more than is known."""
    return Money.parse(Decimal(round(amount)), room.market.currency)


def _at(slot: slots.Slot, at: slots.AtHost) -> Msg:
    """The hour where a host lives, and their rest before and after."""
    hour = msg("slot.host", host=at.host.name, when=When(slot.next_at, at.host.zone), rest=_rest(at))
    if at.is_outside:
        return msg("slot.outside", hour=hour, hours=availability.told(at.host.hours))
    return msg("slot.night", hour=hour) if at.is_night else hour


def _rest(at: slots.AtHost) -> Msg:
    if at.rest_s is None:
        return msg("slot.rest_free")
    key = "slot.rest" if at.rest_s >= at.host.rest_s else "slot.rest_short"
    return msg(key, rest=Span(max(0, at.rest_s)), least=Span(at.host.rest_s))


def _plan(asked: slots.Question, slot: slots.Slot) -> list[Msg]:
    """What the plan has at that hour."""
    found = []
    if slot.siblings:
        found.append(msg("slot.siblings", rooms=Listing(slot.siblings)))
    elif asked.siblings:
        found.append(msg("slot.no_sibling"))
    if slot.planned:
        found.append(msg("slot.planned", show=slot.planned))
    return found


def _button(room: Room, asked: slots.Question, slot: slots.Slot, day: Msg, wall: str) -> Button:
    """Plans it every week: with the host who was asked for, else with the first of the usual ones who can."""
    host = next((at.host for at in slot.hosts if at.can or asked.is_named), None)
    args = {
        "room": room.slug,
        "when": f"every {DAY_NAMES[slot.weekday]} {wall}",
        "length": f"{asked.length_s // 60}m",
        **({} if host is None else {"host": host.slug}),
    }
    key = "slot.button.plan" if host is None else "slot.button.plan_with"
    return Button(msg(key, day=day, time=wall, host=host.name if host else None), "show plan", args, "primary")
