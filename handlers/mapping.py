"""/setup role and unrole: what somebody is in a chat (a Discord role, an administrator) gives a role of ours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any

from bot.core.chats_port import MarkRole
from bot.core.command import Arg, Context, More
from bot.core.errors import ConflictError
from bot.core.model import Role
from bot.core.ports import Tx
from bot.core.records import Deed
from bot.core.reply import Actions, Block, Button, Heading, Note, Reply, Text, msg, reply
from bot.core.rights import Scope, needed_to_hand_out
from handlers import places, surroundings, undo
from handlers.granting import ROLES, MatrixOf, RoomOf, named, needed_again, taken, where_taken, written
from handlers.lookup import record
from handlers.surroundings import Around, MarkThere
from handlers.undo import Way

MarkName = Annotated[str, Arg("discord:456", completer="mark")]


@dataclass(frozen=True, slots=True)
class MapRole:
    mark: MarkName
    role: Annotated[str | None, Arg("operator", kind="choice", choices=ROLES, help="arg.granted_role")] = None
    room: RoomOf = None
    matrix: MatrixOf = None


@dataclass(frozen=True, slots=True)
class UnmapRole:
    mark: MarkName
    room: RoomOf = None
    matrix: MatrixOf = None


def rows_of(tx: Tx, chat: str, mark: str) -> list[MarkRole]:
    """All roles that a mark gives, each with its scope."""
    return [row for row in tx.chats.mark_roles(chat) if row.mark == mark]


async def role(request: MapRole, ctx: Context) -> Reply:
    """Whoever bears the mark has the role; without a role, asks which."""
    around = await surroundings.look(ctx)
    there = surroundings.mark(around, request.mark, ctx)
    if request.role is None:
        return _which(there, request, ctx)
    wanted = Role[request.role.upper()]

    def work(tx: Tx) -> Reply:
        scope = places.scope_of(tx, request.room, request.matrix)
        before = _stands(tx, there.chat, there.mark.mark, scope)
        if before == wanted:
            raise ConflictError(
                "setup.mapped_already", mark=there.told, role=named(wanted), scope=scope.told, try_instead="/setup"
            )
        tx.chats.set_mark_role(MarkRole(there.chat, there.mark.mark, scope, wanted))
        _record(tx, ctx, "setup.role", there.name, scope, before, wanted)
        warn = there.mark.is_everybody and wanted > Role.VIEWER
        key = "setup.everybody" if there.mark.is_everybody else "setup.who_can_give"
        about = msg(key, mark=there.calls, group=there.group.name, role=named(wanted), chat=there.chat.capitalize())
        return reply(
            Text(msg("setup.mapped", mark=there.told, role=named(wanted), scope=scope.told)), Note(about),
            tone="warning" if warn else "good",
        )  # fmt: skip

    return await ctx.ports.store.write(work)


def _which(there: MarkThere, request: MapRole, ctx: Context) -> Reply:
    """The roles whoever asks may hand out, as buttons."""
    of = {name: value for name in ("room", "matrix") if (value := getattr(request, name)) is not None}
    buttons = tuple(
        Button(msg(f"choice.role.{name}"), "setup role", {"mark": there.name, "role": name, **of})
        for name in ROLES
        if needed(there, Role[name.upper()]) <= ctx.actor.role
    )
    blocks: list[Block] = [Heading(msg("setup.which_role", mark=there.told)), Actions(buttons)]
    if there.mark.is_everybody:
        blocks.insert(1, Note(msg("setup.is_everybody", mark=there.calls, group=there.group.name)))
    return reply(*blocks)


def needed(there: MarkThere | None, wanted: Role) -> Role:
    """Who may have a mark give a role: as for handing it out; to everybody of a group, more than looking: an admin."""
    if there is not None and there.mark.is_everybody and wanted > Role.VIEWER:
        return Role.ADMIN
    return needed_to_hand_out(wanted)


def _stands(tx: Tx, chat: str, mark: str, scope: Scope) -> Role:
    return next((row.role for row in rows_of(tx, chat, mark) if row.scope == scope), Role.NOBODY)


def _record(tx: Tx, ctx: Context, action: str, name: str, scope: Scope, before: Role, after: Role) -> None:
    told = ({"scope": written(scope), "role": side.name.lower()} for side in (before, after))
    record(tx, ctx, action, name, *told, room_slug=scope.name if scope.kind == "room" else None)


async def unrole(request: UnmapRole, ctx: Context) -> Reply:
    """The mark gives the role of one scope no more, or, without one, none at all."""
    around = surroundings.seen(ctx.ports)

    def work(tx: Tx) -> Reply:
        rows = _meant(tx, request, ctx, around)
        if not rows:
            raise ConflictError("setup.not_mapped", mark=request.mark[:60], try_instead="/setup")
        name = f"{rows[0].chat}:{rows[0].mark}"
        for row in rows:
            tx.chats.set_mark_role(replace(row, role=Role.NOBODY))
            _record(tx, ctx, "setup.unrole", name, row.scope, row.role, Role.NOBODY)
        before = [[row.scope.kind, row.scope.name, row.role.name] for row in rows]
        deed = undo.offer(tx, ctx, "setup.unrole", name, before, None, entries=len(rows))
        told = around.mark_told(rows[0].chat, rows[0].mark)
        return reply(Text(msg("setup.unmapped", mark=told)), *undo.blocks(deed), tone="good")

    return await ctx.ports.store.write(work)


def _meant(tx: Tx, request: UnmapRole, ctx: Context, around: Around) -> list[MarkRole]:
    """The rows of the mark named, also of one that its chat has no more."""
    names = {request.mark, surroundings.typed(request.mark, ctx), f"{ctx.actor.chat}:{request.mark}"}
    there = surroundings.mark_or_none(ctx.ports, request.mark, ctx)
    if there is not None:
        names = {there.name}
    chats = {*ctx.ports.places, *(name.partition(":")[0] for name in names), *around.groups}
    rows = [row for chat in sorted(chats) for row in tx.chats.mark_roles(chat) if f"{chat}:{row.mark}" in names]
    if request.room is None and request.matrix is None:
        return rows
    scope = places.scope_of(tx, request.room, request.matrix, ctx)
    return [row for row in rows if row.scope == scope]


def _map_again(tx: Tx, deed: Deed, ctx: Context) -> Reply:
    chat, _, mark = deed.subject.partition(":")
    held = taken(deed)
    if any(_stands(tx, chat, mark, scope) != Role.NOBODY for scope, _ in held):
        raise undo.changed(tx, deed, tx.audit.of_subject(deed.subject), "/setup")
    for nth, (scope, gave) in enumerate(held):
        tx.chats.set_mark_role(MarkRole(chat, mark, scope, gave))
        told = ({"scope": written(scope), "role": side.name.lower()} for side in (Role.NOBODY, gave))
        room = scope.name if scope.kind == "room" else None
        undo.record(tx, ctx, deed, deed.subject, *told, nth=nth, room_slug=room)
    name = surroundings.seen(ctx.ports).mark_told(chat, mark)
    return reply(Text(msg("setup.mapped_again", mark=name)), tone="good", private=True)


def _line_to_map(_tx: Tx, deed: Deed, _ctx: Context) -> str:
    scope, gave = taken(deed)[0]
    where = f" {scope.kind}={scope.name}" if scope.name else ""
    return f"/setup role {deed.subject} {gave.name.lower()}{where}"


UNMAPPED = Way(_map_again, _line_to_map, where_taken, needed_again)


def _to_map(tx: Tx, request: Any, ctx: Context) -> Role:
    """As for granting: both what it is to give and what it gives now count."""
    there = surroundings.mark_or_none(ctx.ports, request.mark, ctx)
    scope = places.scope_of(tx, request.room, request.matrix, ctx)
    stands = Role.NOBODY if there is None else _stands(tx, there.chat, there.mark.mark, scope)
    wanted = Role.NOBODY if request.role is None else Role[request.role.upper()]
    return max(needed(there, wanted), needed(there, stands))


def _to_unmap(tx: Tx, request: Any, ctx: Context) -> Role:
    rows = _meant(tx, request, ctx, surroundings.seen(ctx.ports))
    return max((needed_to_hand_out(row.role) for row in rows), default=Role.MANAGER)


_MORE = "for manager and admin, and for more than viewer to everybody of a group: admin"
TO_MAP = More(_MORE, _to_map)
TO_UNMAP = More("for manager and admin: admin", _to_unmap)
