"""Rooms as they are shown: the list, one with all that is known of it, the facts under every change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from bot.core import matrix, sensitivity
from bot.core.command import Arg, Context
from bot.core.model import Room, Targets
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
    Note,
    Reply,
    Text,
    Value,
    When,
    msg,
    reply,
)
from handlers import heartbeats, lookup, surroundings

_ONLY_MATRIX = "main"
"""The one that every room is in until somebody names another; not worth a line."""

RoomSlug = Annotated[str, Arg("us_main", completer="room")]


@dataclass(frozen=True, slots=True)
class OneRoom:
    room: RoomSlug


@dataclass(frozen=True, slots=True)
class ListRooms:
    archived: Annotated[bool, Arg("no", kind="flag", keyed=True)] = False


async def list_rooms(request: ListRooms, ctx: Context) -> Reply:
    def work(tx: Tx) -> Reply:
        rooms = [room for room in tx.rooms.all(archived=request.archived) if ctx.actor.rights.sees(room)]
        if not rooms:
            return reply(Text(msg("room.none")), Code("/room add us_main us"))
        live = {session.room for session in tx.sessions.live()}
        items = tuple(
            Item(
                msg("room.line", room=room.slug, name=room.name, platform=room.platform, zone=room.market.zone),
                note=msg("room.live_now")
                if room.slug in live
                else msg("room.is_archived")
                if room.archived_at
                else None,
            )
            for room in rooms
        )
        return reply(Items(items, title=msg("room.list_title", n=len(rooms))))

    return await ctx.ports.store.read(work)


async def room_info(request: OneRoom, ctx: Context) -> Reply:
    def work(tx: Tx) -> Reply:
        room = lookup.room(tx, request.room)
        shows = lookup.ahead(tx, room.slug, ctx.now)[:3]
        blocks: list[Block] = [Heading(room.name), room_facts(tx, room)]
        if shows:
            rows = tuple(
                Item(
                    msg(
                        "show.when_line",
                        show=show.id,
                        when=When(show.starts_at, show.zone),
                        host=show.host or msg("none"),
                    )
                )
                for show in shows
            )
            blocks.append(Items(rows, title=msg("room.next_shows")))
        sources, on_air = tx.signals.sources(room.slug), bool(tx.sessions.live(room.slug))
        if sources:
            blocks.append(
                Items(
                    tuple(heartbeats.item(source, ctx.now, on_air=on_air) for source in sources),
                    title=msg("room.sources"),
                )
            )
        else:
            blocks.append(Note(msg("room.no_source", room=room.slug)))
        blocks += surroundings.of_room(tx, room.slug, ctx)
        return reply(*blocks)

    return await ctx.ports.store.read(work)


def room_facts(tx: Tx, room: Room) -> Facts:
    rows: list[tuple[Line, Line]] = [
        (msg("room.field.market"), f"{room.market.zone}, {room.market.language}, {room.market.currency}"),
        (msg("room.field.platform"), f"{room.platform} {room.handle or ''}".strip()),
        (msg("room.field.role"), msg(f"room_role.{room.role}")),
        (msg("room.field.host_mode"), msg(f"host_mode.{room.host_mode}")),
        (
            msg("room.field.sensitivity"),
            msg(
                "room.sensitivity",
                level=sensitivity.name(room.sensitivity),
                means=sensitivity.false_alarms(room.sensitivity),
            ),
        ),
    ]
    if room.matrix != _ONLY_MATRIX:
        rows.append((msg("room.field.matrix"), room.matrix))
    if room.theme:
        rows.append((msg("room.field.theme"), room.theme))
    if room.studio:
        rows.append((msg("room.field.studio"), room.studio))
    return Facts((*rows, *_purpose_rows(tx, room)))


def _purpose_rows(tx: Tx, room: Room) -> list[tuple[Line, Line]]:
    """What it is for beside the other rooms."""
    rows: list[tuple[Line, Line]] = []
    if (targets := told_targets(room.targets)) is not None:
        rows.append((msg("room.field.targets"), targets))
    if room.testing:
        rows.append((msg("room.field.testing"), room.testing))
    there = Listing(tuple(other.slug for other in matrix.siblings(room, tx.rooms.all())))
    if room.siblings:
        rows.append((msg("room.field.siblings"), msg("value", value=there)))
    elif there.items:
        rows.append((msg("room.field.siblings"), msg("room.siblings_usual", rooms=there)))
    return rows


def told_targets(targets: Targets) -> Line | None:
    """None: there is none."""
    said: list[Value] = []
    if targets.gmv is not None:
        said.append(msg("room.target_gmv", gmv=targets.gmv))
    if targets.orders is not None:
        said.append(msg("room.target_orders", n=targets.orders))
    if targets.acu is not None:
        said.append(msg("room.target_acu", n=targets.acu))
    return msg("value", value=Listing(tuple(said))) if said else None
