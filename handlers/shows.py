"""Starting and ending shows by hand, and finding one that is to be changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from bot.core.command import Arg, Context
from bot.core.errors import ConflictError, UserError
from bot.core.model import Show
from bot.core.ports import Tx
from bot.core.reply import Reply, Text, When, msg, reply
from handlers import asking, lookup, sessions, timetable, undo
from handlers.lookup import record

ShowId = Annotated[str, Arg("us_main", completer="show", help="arg.show")]


@dataclass(frozen=True, slots=True)
class OneShow:
    show: ShowId


def to_come(tx: Tx, text: str, ctx: Context) -> Show:
    """The show that is named, if it is still to be held.

    Raises:
        ConflictError: it is live, over or off.
    """
    show = lookup.show(tx, text, ctx)
    if show.state == "live":
        raise ConflictError("show.is_live", show=show.id, try_instead=f"/show end {show.room}")
    if show.state not in timetable.TO_COME:
        raise ConflictError(
            "show.is_over", show=show.id, state=msg(f"show_state.{show.state}"), try_instead=f"/show list {show.room}"
        )
    return show


async def start(request: OneShow, ctx: Context) -> Reply:
    def work(tx: Tx) -> Reply:
        show = lookup.show(tx, request.show, ctx)
        if show.state == "live":
            raise ConflictError("show.is_live", show=show.id, try_instead="/now")
        if show.state in ("cancelled", "skipped", "ended"):
            raise ConflictError(
                "show.is_over", show=show.id, state=msg(f"show_state.{show.state}"), try_instead="/show list"
            )
        on_air = next(iter(tx.sessions.live(show.room)), None)
        if on_air is not None and on_air.show is not None:
            raise ConflictError("session.room_live", room=show.room, try_instead=f"/show end {show.room}")
        if abs((show.starts_at - ctx.now).total_seconds()) > 3 * 3600:
            raise UserError(
                "show.too_early", show=show.id, when=When(show.starts_at, show.zone), try_instead="/show list"
            )
        asking.answered(tx, ctx, show.id, asking.NO_SHOW, "show.start")
        if on_air is not None:  # unplanned so far
            sessions.join(tx, on_air, show, ctx.ports)
        else:
            sessions.open_session(tx, show.room, show, ctx.now, ctx.ports)
        record(tx, ctx, "show.start", show.id, show.state, "live")
        return reply(Text(msg("show.started", show=show.id)), tone="good")

    answer = await ctx.ports.store.write(work)
    await sessions.load_live(ctx.ports)
    return answer


async def end(request: OneShow, ctx: Context) -> Reply:
    def work(tx: Tx) -> Reply:
        session = next(iter(tx.sessions.live(request.show)), None) if tx.rooms.get(request.show) else None
        if session is None:
            show = lookup.show(tx, request.show, ctx)
            found = tx.sessions.of_show(show.id)
            if found is None or found.state != "live":
                raise ConflictError("show.not_live", show=show.id, try_instead="/now")
            session = found
        closed = sessions.close_session(tx, session, ctx.now, ctx.actor.person, ctx.ports)
        subject = session.show or session.id
        record(tx, ctx, "show.end", subject, session.state, "ended")
        after = {"session": session.id, "ended_at": None if closed.ended_at is None else closed.ended_at.isoformat()}
        deed = undo.offer(tx, ctx, "show.end", subject, session.state, after)
        text = msg("show.ended_now", show=session.show or session.room)
        return reply(Text(text), *undo.blocks(deed), tone="good")

    answer = await ctx.ports.store.write(work)
    await sessions.load_live(ctx.ports)
    return answer
