"""`/alert tune`: what the room's last shows would have rung at each sensitivity, beside what people said of what rang.

A show is counted anew from its stored signals, as after a restart, and judged by the rules of the live bot
(bot/core/tuning.py). That is work for threads: the event loop goes on meanwhile, and nothing is written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from bot.core import sensitivity
from bot.core.command import Arg, Context
from bot.core.model import Room, Session
from bot.core.ports import Tx
from bot.core.reply import (
    Actions,
    Block,
    Button,
    Code,
    Heading,
    Item,
    Items,
    Line,
    Listing,
    Note,
    Reply,
    Span,
    Table,
    Text,
    Value,
    When,
    msg,
    reply,
)
from bot.core.rules.cold_room import ColdRoom, Sensitivity
from bot.core.sensitivity import SENSITIVITIES
from bot.core.tick import TICK_S, Tick
from bot.core.tuning import Trial, try_out
from handlers import lookup, sessions

LOOKS_AT = 5
"""The room's last so many shows."""

Trials = Mapping[Sensitivity, Trial]


@dataclass(frozen=True, slots=True)
class Tune:
    room: Annotated[str | None, Arg("us_main", completer="room")] = None


@dataclass(frozen=True, slots=True)
class _Rang:
    """An alert that did ring; the names of who said what of it, None where nobody did."""

    alert: str
    at: datetime
    taken: str | None
    used: str | None
    not_useful: str | None


@dataclass(frozen=True, slots=True)
class _Show:
    session: Session
    ticks: Sequence[Tick]
    rang: tuple[_Rang, ...]


@dataclass(frozen=True, slots=True)
class _Tried:
    session: Session
    rang: tuple[_Rang, ...]
    trials: Trials

    @property
    def is_judged(self) -> bool:
        return any(trial.judged_s for trial in self.trials.values())


async def tune(request: Tune, ctx: Context) -> Reply:
    store = ctx.ports.store
    room, over = await store.read(lambda tx: _over(tx, request))
    tried = []
    for session in over:  # one after the other: a show's counts are let go before the next are made
        show = await store.read(lambda tx, session=session: _counted(tx, session))  # type: ignore[misc]
        tried.append(_Tried(session, show.rang, await asyncio.to_thread(_try_all, show.ticks)))
    return reply(*_blocks(room, tried))


def _over(tx: Tx, request: Tune) -> tuple[Room, list[Session]]:
    """The room and its last shows that are over, the newest first."""
    room = lookup.one_room(tx, request.room, try_instead="/alert tune us_main")
    newest = tx.sessions.of_room(room.slug, LOOKS_AT + 1)  # one of them may be on air
    return room, [session for session in newest if session.state != "live"][:LOOKS_AT]


def _counted(tx: Tx, session: Session) -> _Show:
    tally = sessions.tally_of(tx, session)
    rang = tuple(
        _Rang(
            alert.id,
            alert.opened_at,
            taken=_who(tx, alert.id, "alert.ack"),
            used=_who(tx, alert.id, "prompt.used"),
            not_useful=lookup.name(tx, alert.not_useful_by) if alert.not_useful_by else None,
        )
        for alert in tx.alerts.of_session(session.id)
        if alert.kind == ColdRoom.id
    )
    return _Show(session, [tally.tick(index) for index in range(_judged(tx, session))], rang)


def _judged(tx: Tx, session: Session) -> int:
    """How many ticks the live bot judged: it stops some seconds off the end, or minutes after a source fell silent."""
    kept = tx.sessions.watch(session.id)
    if kept is not None:
        return kept[0] + 1
    return int(((session.ended_at or session.started_at) - session.started_at).total_seconds()) // TICK_S


def _who(tx: Tx, alert: str, action: str) -> str | None:
    done = lookup.who_did(tx, alert, action)
    return None if done is None else done[0]


def _try_all(ticks: Sequence[Tick]) -> Trials:
    return {setting: try_out(ticks, setting) for setting in SENSITIVITIES}


def _blocks(room: Room, tried: Sequence[_Tried]) -> list[Block]:
    now = msg("tune.now", level=sensitivity.name(room.sensitivity), means=sensitivity.false_alarms(room.sensitivity))
    if not tried:
        title = Heading(msg("tune.none", room=room.slug))
        return [title, Text(msg("tune.none_help")), Code(f"/show plan {room.slug} fri 20:00"), Note(now), _others(room)]
    blocks: list[Block] = [Heading(msg("tune.title", room=room.slug, n=len(tried))), Text(now), _totals(room, tried)]
    if any(one.rang for one in tried):
        blocks.append(Text(_people(tried)))
    blocks += [_show(one, room.market.zone) for one in tried]
    if len(tried) < LOOKS_AT:
        blocks.append(Note(msg("tune.few", n=len(tried), looks_at=LOOKS_AT)))
    return [*blocks, Note(msg("tune.how")), _others(room)]


def _totals(room: Room, tried: Sequence[_Tried]) -> Table:
    judged = [one for one in tried if one.is_judged]

    def row(setting: Sensitivity) -> tuple[Line, ...]:
        name = sensitivity.name(setting)
        rings = sum(len(one.trials[setting].rings_s) for one in judged) if judged else None
        return (
            msg("tune.in_force", level=name) if setting == room.sensitivity else name,
            msg("value", value=rings),
            sensitivity.false_alarms(setting),
        )

    columns = ("tune.column.sensitivity", "tune.column.rings", "tune.column.usual")
    return Table(tuple(msg(column) for column in columns), tuple(row(setting) for setting in SENSITIVITIES))


def _people(tried: Sequence[_Tried]) -> Line:
    """What people said of everything that rang."""
    rang = [alert for one in tried for alert in one.rang]
    return msg(
        "tune.people",
        n=len(rang),
        taken=sum(alert.taken is not None for alert in rang),
        used=sum(alert.used is not None for alert in rang),
        not_useful=sum(alert.not_useful is not None for alert in rang),
    )


def _show(one: _Tried, zone: str) -> Items:
    session = one.session
    length = Span(int(((session.ended_at or session.started_at) - session.started_at).total_seconds()))
    title = msg("tune.show", when=When(session.started_at, zone), length=length)
    if one.is_judged:
        items = [Item(_would(one, setting, zone)) for setting in SENSITIVITIES]
    else:
        items = [Item(msg("tune.not_judged"))]
    items += [Item(msg("tune.rang", when=When(alert.at, zone, "time"), alert=alert.alert), note=_said(alert))
              for alert in one.rang]  # fmt: skip
    return Items(tuple(items), title=title)


def _would(one: _Tried, setting: Sensitivity, zone: str) -> Line:
    times: tuple[Value, ...] = tuple(
        When(one.session.started_at + timedelta(seconds=at_s), zone, "time") for at_s in one.trials[setting].rings_s
    )
    if not times:
        return msg("tune.would_not", level=sensitivity.name(setting))
    return msg("tune.would", level=sensitivity.name(setting), n=len(times), times=Listing(times))


def _said(alert: _Rang) -> Line:
    said = (
        ("tune.said_taken", alert.taken),
        ("tune.said_used", alert.used),
        ("tune.said_not_useful", alert.not_useful),
    )
    told: tuple[Value, ...] = tuple(msg(key, who=who) for key, who in said if who is not None)
    return msg("value", value=Listing(told)) if told else msg("tune.said_nothing")


def _others(room: Room) -> Actions:
    return Actions(
        tuple(
            Button(
                msg("button.set_sensitivity", level=sensitivity.name(setting)),
                "room edit",
                {"room": room.slug, "sensitivity": setting},
            )
            for setting in SENSITIVITIES
            if setting != room.sensitivity
        )
    )
