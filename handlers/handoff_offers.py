"""Where a room's viewers may go just now, the line that says so, and taking it back where it would not be true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from bot.core import handoff
from bot.core.command import Context
from bot.core.facts import HandOffFacts, PromptLine
from bot.core.handoff import OnAir, Partner
from bot.core.live import LiveSession
from bot.core.model import Cue, Room, Session, Show
from bot.core.planning_port import HandOff
from bot.core.ports import Ports, Tx
from bot.core.records import Alert
from bot.core.reply import Note, Reply, msg, reply
from bot.core.rules.cold_room import ColdRoom
from bot.core.tick import TICK_S
from bot.core.watch import SOURCE_RULE
from handlers import handoff_card


@dataclass(frozen=True, slots=True)
class _Asked:
    """For what a hand-off is looked for: a session's cue ("end") or alert ("cold"); `before`: the one it has."""

    why: Literal["end", "cold"]
    about: str
    session: Session
    room: Room
    before: HandOff | None


def at_end(tx: Tx, session: Session, cue: Cue, ports: Ports, now: datetime) -> None:
    """Keeps what the host is to say at a show's hand-off cue; nothing where no sibling is on air and no show is next.

    Asked again, since the cue was put off or the sibling went off air, it is what is true then.
    """
    asked = _asked(tx, "end", cue.id, session)
    if asked is None:
        return
    rooms = tx.rooms.all()
    ahead = _ahead(tx, [asked.room, *handoff.within_reach(asked.room, rooms)], now)
    _keep(tx, asked, handoff.at_end(asked.room, rooms, _on_air(tx, ports, now), ahead, now), ports, now)


def when_cold(tx: Tx, alert: Alert, session: Session, ports: Ports, now: datetime) -> None:
    """Keeps the alert's hand-off true: offered when a sibling is lively, withdrawn when it is not any more.

    What the host has been sent stands for as long as viewers would find a show there.
    """
    asked = _asked(tx, "cold", alert.id, session)
    if asked is None:
        return
    on_air, before = _on_air(tx, ports, now), asked.before
    if before is not None and before.stands and (found := on_air.get(before.room)) is not None:
        last = handoff_card.nudge(tx, before)
        is_out = last is not None and last.state != "dropped"
        if handoff.takes(found, now) and (is_out or not found.is_cold):
            return
    _keep(tx, asked, handoff.when_cold(asked.room, tx.rooms.all(), on_air, now), ports, now)


def is_good(tx: Tx, hand_off: HandOff, ports: Ports, now: datetime) -> bool:
    """Whether viewers who are sent there now find a show that is not cold itself."""
    found = _on_air(tx, ports, now).get(hand_off.room)
    return hand_off.stands and found is not None and handoff.takes(found, now) and not found.is_cold


def _asked(tx: Tx, why: Literal["end", "cold"], about: str, session: Session) -> _Asked | None:
    """None: it has been said already, or there is nobody to say it."""
    room = tx.rooms.get(session.room)
    before = handoff_card.of_subject(tx, session.id, about)
    if room is None or session.state != "live" or (before is not None and before.used_at is not None):
        return None
    return _Asked(why, about, session, room, before)


def _on_air(tx: Tx, ports: Ports, now: datetime) -> dict[str, OnAir]:
    """Every room on air, by slug."""
    return {session.room: there(tx, session, ports.live.get(session.id), now) for session in tx.sessions.live()}


def there(tx: Tx, session: Session, live: LiveSession | None, now: datetime) -> OnAir:
    """Whether viewers could be sent to this session; without `live` a pause and how cold it is are not known."""
    show = tx.shows.get(session.show) if session.show else None
    ringing = {alert.kind for alert in tx.alerts.open(session.room) if alert.session == session.id}
    at_s = 0.0 if live is None else live.seconds(now)
    is_paused = live is not None and live.tally.airtime.is_broken(at_s - 1, at_s)
    return OnAir(
        until=None if show is None else show.ends_at,
        is_heard=SOURCE_RULE not in ringing and not is_paused,
        is_cold=ColdRoom.id in ringing,
        cold=None if live is None else _cold(live),
    )


def _cold(live: LiveSession) -> float | None:
    """How likely it is that the room is cold; None while that cannot be judged."""
    states = [span.state for span in live.watch.spans((live.judged + 1) * TICK_S) if span.rule == ColdRoom.id]
    outlook = live.watch.outlook(ColdRoom.id)
    return outlook.probability if outlook is not None and states[-1:] == ["judging"] else None


def _ahead(tx: Tx, rooms: Sequence[Room], now: datetime) -> dict[str, datetime]:
    """The next start of each room within a day."""
    found: dict[str, datetime] = {}
    for room in rooms:
        for show in tx.shows.between(now, now + handoff.AHEAD + timedelta(seconds=1), room.slug):
            if show.state in ("planned", "go", "no_go") and show.starts_at > now:
                found[room.slug] = min(show.starts_at, found.get(room.slug, show.starts_at))
    return found


def _keep(tx: Tx, asked: _Asked, found: Partner | None, ports: Ports, now: datetime) -> None:
    """One hand-off a subject: the same once more stays as it is, another takes its place, none withdraws it."""
    line = None if found is None else _line(tx, asked, found, ports, now)
    before = asked.before
    is_same = (
        before is not None and found is not None and line is not None and before.stands
        and (before.room, before.line.tactic) == (found.room.slug, line.tactic)
        and (line.tactic == "hand_off" or before.line.text == line.text)
    )  # fmt: skip
    if is_same:
        return
    if before is not None and before.stands:
        withdraw(tx, before, now)
    if found is not None and line is not None:
        tx.hand_offs.save(
            HandOff(tx.next_id("h"), asked.session.id, found.room.slug, asked.why, line, now, asked.about)
        )


def _line(tx: Tx, asked: _Asked, found: Partner, ports: Ports, now: datetime) -> PromptLine | None:
    facts = HandOffFacts(
        language=asked.room.market.language,
        zone=asked.room.market.zone,
        now=now,
        name=found.room.name,
        handle=found.room.handle,
        theme=found.room.theme,
        starts_at=found.starts_at,
        is_own=found.room.slug == asked.room.slug,
    )
    used = [item.line.id for item in tx.hand_offs.of_session(asked.session.id)]
    return ports.book.hand_off(facts, team_language=ports.team.language, used=used)


def withdraw(tx: Tx, hand_off: HandOff, now: datetime) -> None:
    """It would not be true any more: what waits is dropped, and the host's own card says so."""
    gone = replace(hand_off, withdrawn_at=now)
    tx.hand_offs.save(gone)
    _take_back(tx, gone, handoff_card.host_card(tx, gone, gone.room), "gone", now)


def on_alert_cleared(tx: Tx, alert: Alert, now: datetime) -> None:
    """All clear: nobody needs to be sent away. What the host has said already stays as it is."""
    found = handoff_card.of_subject(tx, alert.session, alert.id)
    if found is not None and found.used_at is None and found.stands:
        said = reply(handoff_card.say(found), Note(msg("prompt.host_cleared")), tone="good")
        _take_back(tx, found, said, "cleared", now)


def _take_back(tx: Tx, hand_off: HandOff, card: Reply, why: str, now: datetime) -> None:
    last = handoff_card.nudge(tx, hand_off)
    if last is not None and last.state == "waiting":
        tx.alerts.save_nudge(replace(last, state="dropped", at=now, why=why))
    elif last is not None and last.state == "sent":
        tx.outbox.edit(f"nudge:{last.id}", card, now)


def on_cue_done(tx: Tx, show: Show, cue: Cue, ctx: Context) -> None:
    """The host said it, or somebody says so."""
    found = handoff_card.of_cue(tx, show, cue)
    if found is not None and found.used_at is None:
        tx.hand_offs.save(replace(found, used_at=ctx.now, used_by=ctx.actor.person))
