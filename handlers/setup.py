"""/setup: how the bot is bound to its chats: which place gets what, what gives which role, what it may not do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from bot.core.chats_port import MarkRole
from bot.core.command import Arg, Context
from bot.core.model import Role
from bot.core.ports import Tx
from bot.core.records import Channel
from bot.core.reply import (
    Actions,
    Block,
    Button,
    Code,
    Heading,
    Item,
    Items,
    Msg,
    Note,
    Reply,
    msg,
    reply,
)
from handlers import lookup, surroundings
from handlers.binding import MOST_SHOWN
from handlers.granting import named
from handlers.surroundings import PURPOSES, Around, PlaceThere


@dataclass(frozen=True, slots=True)
class LookAtSetup:
    room: Annotated[str | None, Arg("us_main", completer="room", help="arg.setup_room")] = None


async def look(request: LookAtSetup, ctx: Context) -> Reply:
    """All of it, or what holds for one room; with buttons for the place where it was typed."""
    around = await surroundings.look(ctx)

    def work(tx: Tx) -> Reply:
        room = None if request.room is None else lookup.room(tx, request.room, ctx).slug
        title = msg("setup.title") if room is None else msg("setup.title_room", room=room)
        blocks: list[Block] = [Heading(title), *(Note(_unreachable(chat)) for chat in around.unreachable)]
        blocks += _where(tx, ctx, around, room)
        blocks += _lacking(tx, around, surroundings.here(ctx))
        if ctx.ports.places:
            blocks += _roles(tx, ctx, around, room)
        else:
            blocks.append(Note(msg("setup.no_chats")))
        return reply(*blocks)

    return await ctx.ports.store.read(work)


def _unreachable(chat: str) -> Msg:
    return msg("setup.unreachable", chat=chat.capitalize())


# -- where messages go ---------------------------------------------------------


def _where(tx: Tx, ctx: Context, around: Around, room: str | None) -> list[Block]:
    """Where messages go, and what can be done about it from here."""
    here = surroundings.here(ctx)
    place = next((item for item in around.places() if item.name == here), None)
    lines = surroundings.where_lines(tx, around, room)
    buttons = [button for purpose in PURPOSES for button in _button(tx, purpose, place, room, around)]
    items = Items(tuple(Item(line) for line in lines), title=msg("setup.where"))
    return [items, Actions(tuple(buttons))] if buttons else [items]


def _button(tx: Tx, purpose: Channel, place: PlaceThere | None, room: str | None, around: Around) -> tuple[Button, ...]:
    """To bind or unbind the place where it was typed; elsewhere, to choose a place."""
    of = {"purpose": purpose} if room is None else {"purpose": purpose, "room": room}
    label = {"what": surroundings.purpose_name(purpose)}
    if place is None:
        has_places = any(True for _ in around.places())
        return (Button(msg("button.choose_place", **label), "setup bind", of),) if has_places else ()
    of |= {"place": place.name}
    if (purpose, room) in tx.outbox.purposes(place.name):
        return (Button(msg("button.unbind_here", **label, place=place.place.name), "setup unbind", of, "danger"),)
    if place.place.is_closed:
        return ()
    return (Button(msg("button.bind_here", **label, place=place.place.name), "setup bind", of, "primary"),)


def _lacking(tx: Tx, around: Around, here: str | None) -> list[Block]:
    """What the bot may not do where it is to write, and in the groups that are the team's: anybody may let it in."""
    blocks: list[Block] = []
    bound = {row.destination for chat in around.groups for row in tx.outbox.bindings(chat)}
    ours = bound | {here}
    for place in around.places():
        if place.name in bound:
            missing = [name for name in place.place.missing if name not in place.group.missing]
            blocks += surroundings.lacks(missing, msg("setup.lacking", place=place.told))
    for chat, groups in around.groups.items():
        for group in groups:
            if len(groups) > 1 and not any(f"{chat}:{place.address}" in ours for place in group.places):
                continue
            title = msg("setup.lacking_group", group=group.name, chat=chat.capitalize())
            blocks += surroundings.lacks(group.missing, title)
    return blocks


# -- who may do what -----------------------------------------------------------


def _roles(tx: Tx, ctx: Context, around: Around, room: str | None) -> list[Block]:
    """What gives a role already, each to be taken back; and what could, to choose from."""
    rows = [row for chat in around.groups for row in tx.chats.mark_roles(chat)]
    if room is not None:
        rows = [row for row in rows if row.scope.kind == "room" and row.scope.name == room]
    blocks: list[Block] = [
        Items(tuple(_mapped(row, around) for row in rows[:MOST_SHOWN]), title=msg("setup.roles"))
        if rows
        else Note(msg("setup.no_roles"))
    ]
    of = {} if room is None else {"room": room}
    given = {f"{row.chat}:{row.mark}" for row in rows}
    free = [mark for mark in around.near(ctx).marks() if mark.name not in given]
    items = tuple(
        Item(mark.told, buttons=(Button(msg("button.give_role"), "setup role", {"mark": mark.name, **of}),))
        for mark in free[:MOST_SHOWN]
    )
    if items:
        blocks.append(Items(items, title=msg("setup.roles_how")))
    if len(free) > MOST_SHOWN:
        blocks += [Note(msg("setup.more_marks", n=len(free) - MOST_SHOWN)), Code("/setup role")]
    return blocks


def _mapped(row: MarkRole, around: Around) -> Item:
    name = around.mark_told(row.chat, row.mark)
    scope: dict[str, str] = {} if row.scope.kind == "everywhere" else {row.scope.kind: row.scope.name}
    text = msg("setup.mapped_line", mark=name, role=named(row.role), scope=row.scope.told)
    button = Button(
        msg("button.unrole", mark=name), "setup unrole", {"mark": f"{row.chat}:{row.mark}", **scope}, "danger"
    )
    warn = msg("setup.gives_admin") if row.role == Role.ADMIN else None
    return Item(text, note=warn, buttons=(button,))
