"""/matrix: every room of a matrix in one message that keeps itself up to date, and what the matrix is organised by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from bot.core.command import Arg, Context
from bot.core.errors import NotFoundError, UserError
from bot.core.events import MatrixDue
from bot.core.model import Organised, Room
from bot.core.ports import Ports, Tx
from bot.core.reply import Actions, Button, Code, Note, Reply, Text, msg, reply
from handlers import lookup, matrix_card, matrix_cards
from handlers.lookup import record
from handlers.matrix_cards import Card

_BY = ("brand", "category", "region")
_MOST_BUTTONS = 20


@dataclass(frozen=True, slots=True)
class ShowMatrix:
    matrix: Annotated[str | None, Arg("main", completer="matrix", help="arg.which_matrix")] = None
    page: Annotated[int, Arg("2", kind="integer", keyed=True, least=1)] = 1


@dataclass(frozen=True, slots=True)
class EditMatrix:
    matrix: Annotated[str, Arg("main", completer="matrix", help="arg.which_matrix")]
    organised_by: Annotated[str, Arg("region", kind="choice", choices=_BY, keyed=True)]


async def show_matrix(request: ShowMatrix, ctx: Context) -> Reply:
    """The card itself is a message of its own, so that it can be edited for as long as it stands."""
    watched = matrix_card.viewers(ctx.ports.live)

    def work(tx: Tx) -> Reply:
        seen = lookup.seen(tx, ctx)
        names = sorted({room.matrix for room in tx.rooms.all() if room.slug in seen})
        if not names:
            return reply(Text(msg("room.none")), Code("/room add us_main us"))
        if request.matrix is None and len(names) > 1:
            return _which(names)
        name = names[0] if request.matrix is None else lookup.matrix(tx, request.matrix, ctx)
        rooms = matrix_cards.rooms_of(tx, name)
        shown = [room for room in rooms if room.slug in seen]
        if not shown:
            raise NotFoundError(
                "matrix.unknown", matrix=name[:60], known=lookup.near(name, names), try_instead=f"/matrix {names[0]}"
            )
        _check_page(request.page, name, shown)
        card = matrix_card.draw(tx, name, shown, ctx.now, watched, page=request.page)
        place = _place(tx, ctx)
        if len(shown) < len(rooms):  # what others may see must not stand where it is edited for them
            own = Note(msg("matrix.own_rooms", n=len(shown)))
            return replace(card.reply, blocks=(*card.reply.blocks, own), private=True)
        is_for_all = place is None or matrix_cards.is_for_all(tx, place, rooms)
        if place is None or request.page > 1 or not is_for_all:
            as_it_is = (*card.reply.blocks, Note(msg("matrix.as_it_is")))
            return replace(card.reply, blocks=as_it_is, private=not is_for_all)
        matrix_cards.stand(tx, ctx, name, place, card)
        return reply(Text(msg("matrix.stands", matrix=name)))

    return await ctx.ports.store.write(work)


async def prepare(event: MatrixDue, ports: Ports) -> Card | None:
    """Draws it beside the writer; what changes meanwhile moves the timer, so that an old card is never put up."""
    watched = matrix_card.viewers(ports.live)
    name = event.subject.partition(":")[2]

    def work(tx: Tx) -> Card | None:
        if not matrix_cards.is_wanted(tx, name):
            return None
        return matrix_card.draw(tx, name, matrix_cards.rooms_of(tx, name), event.now, watched)

    return await ports.store.read(work)


def on_due(tx: Tx, event: MatrixDue, _ports: Ports, card: Card | None) -> None:
    if card is not None:
        matrix_cards.put_up(tx, event.subject.partition(":")[2], card, event.now)


def _which(names: list[str]) -> Reply:
    buttons = tuple(Button(name, "matrix", {"matrix": name}) for name in names[:_MOST_BUTTONS])
    return reply(Text(msg("matrix.which", n=len(names))), Actions(buttons))


def _check_page(page: int, name: str, rooms: list[Room]) -> None:
    pages = max(1, -(-len(rooms) // matrix_card.PAGE))
    if not 1 <= page <= pages:
        raise UserError("matrix.no_page", page=page, pages=pages, try_instead=f"/matrix {name}")


def _place(tx: Tx, ctx: Context) -> str | None:
    """Where the bot can post and edit by itself; None: it only may answer there."""
    actor = ctx.actor
    destination = f"{actor.chat}:{actor.address or actor.channel}"
    is_own = not actor.address or actor.address.startswith("@")
    return destination if is_own or tx.outbox.purposes(destination) else None


async def edit_matrix(request: EditMatrix, ctx: Context) -> Reply:
    def work(tx: Tx) -> Reply:
        name = lookup.matrix(tx, request.matrix, ctx)
        old = tx.rooms.matrix(name)
        by = _organised(request.organised_by)
        tx.rooms.save_matrix(replace(old, organised_by=by))
        matrix_cards.touch(tx, name, ctx.now)
        record(
            tx, ctx, "matrix.edit", matrix_cards.subject(name),
            {"organised_by": old.organised_by or "none"}, {"organised_by": by},
        )  # fmt: skip
        return reply(
            Text(msg("matrix.edited", matrix=name)), Note(msg(f"matrix.organised.{by}")), Code(f"/matrix {name}"),
            tone="good",
        )  # fmt: skip

    return await ctx.ports.store.write(work)


def _organised(text: str) -> Organised:
    return text  # type: ignore[return-value]  # the choices of the argument are the literals
