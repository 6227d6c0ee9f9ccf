"""Opening and closing what goes on air, and keeping the live rooms' counts in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.events import QuietEndDue
from bot.core.live import LiveSession
from bot.core.model import Session, Show, ShowState
from bot.core.ports import Ports, Tx
from bot.core.records import Post
from bot.core.reply import Actions, Block, Button, Facts, Heading, Line, Note, Reply, Span, Text, When, msg, reply
from bot.core.rules import rules_for
from bot.core.signal import signal_of
from bot.core.story import SegmentRow
from bot.core.tally import Tally
from bot.core.watch import Watch
from handlers import alerts, asking, checklists, handoffs, matrix_cards, no_show, nudging, offers, rundowns

EARLY_S = 30 * 60
"""A planned show may begin this long before its start; seconds."""
SAME_S = 10 * 60
"""A stream that comes back within this time goes on with the same session; seconds."""
_QUIET_S = 5 * 60
_SUMMARY_S = 5 * 60


def planned_show(tx: Tx, room: str, at: datetime) -> Show | None:
    """The show a stream that is on air at `at` belongs to: one that runs or starts within half an hour.

    Of two it is the one whose start is nearer: nobody waits any more for a show that was never held.
    """
    found = [
        show
        for show in tx.shows.between(at - timedelta(hours=24), at + timedelta(seconds=EARLY_S + 1), room)
        if show.state in ("planned", "go", "no_go") and _planned_end(show) > at
    ]
    return min(found, key=lambda show: abs(show.starts_at - at), default=None)


def is_over(tx: Tx, session: Session, at: datetime) -> bool:
    """Whether a session's show was planned to have ended by then."""
    show = tx.shows.get(session.show) if session.show else None
    return show is None or _planned_end(show) <= at


def open_session(tx: Tx, room: str, show: Show | None, at: datetime, ports: Ports) -> Session:
    """Puts a room on air: the session, its cues' timers, the message in the team channel."""
    session = Session(tx.next_id("x"), room, show.id if show else None, at, "live")
    tx.sessions.save(session)
    matrix_cards.touch_room(tx, room, ports.clock.now())
    tx.signals.adopt(room, session.id, at - timedelta(seconds=EARLY_S))
    if show is not None:
        _put_on_air(tx, show, session, f"on-air:{session.id}", ports)
        return session
    answer = reply(Heading(msg("session.unplanned", room=room)), Note(msg("session.unplanned_help")))
    tx.outbox.post(Post(f"on-air:{session.id}", "team", "session", answer, session.id), ports.clock.now())
    tx.timers.set("QuietEndDue", session.id, at + timedelta(seconds=_QUIET_S))
    return session


def join(tx: Tx, session: Session, show: Show, ports: Ports) -> Session:
    """The stream was on air before its show could begin: from now on it is that show."""
    joined = replace(session, show=show.id)
    tx.sessions.save(joined)
    matrix_cards.touch_room(tx, session.room, ports.clock.now())
    _put_on_air(tx, show, joined, f"on-air:{session.id}:{show.id}", ports)
    return joined


def _put_on_air(tx: Tx, show: Show, session: Session, key: str, ports: Ports) -> None:
    now = ports.clock.now()
    gone_live = replace(show, state="live")
    tx.shows.save(gone_live)
    for kind in ("ReminderDue", "ChecklistDue", "OwnersDue", "GoDue", "NoShowDue"):
        tx.timers.cancel(kind, show.id)
    asking.end(tx, show.id, (*asking.GO, *asking.NO_SHOW), "on_air", now)
    rundowns.arm_cues(tx, gone_live, session, now)
    tx.timers.set("QuietEndDue", session.id, _planned_end(show) + timedelta(seconds=_QUIET_S))
    checklists.redraw(tx, show.id, ports)
    offers.follow(tx, show, gone_live, ports)
    answer = _on_air(tx, gone_live, session, before=show.state)
    tx.outbox.post(Post(key, "team", "session", answer, session.id), now)
    no_show.over(tx, show, session, now)


def _planned_end(show: Show) -> datetime:
    return show.starts_at + timedelta(seconds=show.duration_s)


def _on_air(tx: Tx, show: Show, session: Session, *, before: ShowState) -> Reply:
    late_s = int((session.started_at - show.starts_at).total_seconds())
    host = tx.people.get(show.host) if show.host else None
    rows: list[tuple[Line, Line]] = [
        (msg("show.field.market_time"), msg("value", value=When(session.started_at, show.zone, "time"))),
        (msg("show.field.host"), host.name if host else msg("none")),
        (
            msg("show.field.rundown"),
            msg("show.rundown_line", segments=len(tx.shows.segments(show.id)), cues=len(tx.shows.cues(show.id))),
        ),
    ]
    blocks: list[Block] = [Heading(msg("session.on_air", room=show.room, show=show.id)), Facts(tuple(rows))]
    if abs(late_s) >= 60:  # noqa: PLR2004 - a minute is what people call late
        key = "session.started_late" if late_s > 0 else "session.started_early"
        blocks.append(Note(msg(key, by=Span(abs(late_s)))))
    if before != "go":
        blocks.append(Note(msg("session.against_no_go" if before == "no_go" else "session.without_go")))
    ends = Button(msg("button.end"), "show end", {"show": show.id}, "danger")
    return reply(*blocks, Actions((ends,)), tone="good" if before == "go" else "warning")


def reopen(tx: Tx, session: Session, ports: Ports) -> Session:
    """The stream came back soon enough: the same session goes on."""
    back = replace(session, state="live", ended_at=None, ended_by=None)
    tx.sessions.save(back)
    matrix_cards.touch_room(tx, session.room, ports.clock.now())
    for kind in ("SummaryDue", "SettleDue"):
        tx.timers.cancel(kind, session.id)
    now = ports.clock.now()
    show = tx.shows.get(session.show) if session.show else None
    if show is not None:
        tx.shows.save(replace(show, state="live"))
        rundowns.take_up(tx, show, back, now)
    quiet_from = max(now, _planned_end(show)) if show else now
    tx.timers.set("QuietEndDue", session.id, quiet_from + timedelta(seconds=_QUIET_S))
    answer = reply(Text(msg("session.back", room=session.room)), tone="good")
    tx.outbox.post(Post(f"back:{session.id}:{now.isoformat()}", "team", "session", answer, session.id), now)
    alerts.on_session_turned(tx, back, ports)
    return back


def close_session(tx: Tx, session: Session, at: datetime, by: str, ports: Ports) -> Session:
    """Takes a room off air and promises its summary. `by`: a person, or "stream" or "silence"."""
    at = max(at, session.started_at)
    now = ports.clock.now()
    closed = replace(session, state="ended", ended_at=at, ended_by=by)
    tx.sessions.save(closed)
    matrix_cards.touch_room(tx, session.room, now)
    tx.timers.cancel("QuietEndDue", session.id)
    tx.timers.cancel("NudgeDue", session.id)
    show = tx.shows.get(session.show) if session.show else None
    if show is not None:
        tx.shows.save(replace(show, state="ended"))
        rundowns.drop_rest(tx, show, now)
        checklists.redraw(tx, show.id, ports)
    nudging.drop_waiting(tx, session, now)
    alerts.on_session_turned(tx, closed, ports)
    handoffs.on_off_air(tx, session.room, ports, now)
    due = max(now, at + timedelta(seconds=_SUMMARY_S))
    tx.timers.set("SummaryDue", session.id, due)
    ran = Span(int((at - session.started_at).total_seconds()))
    blocks: list[Block] = [Heading(msg("session.off_air", room=session.room, ran=ran))]
    if by == "silence":
        blocks.append(Note(msg("session.ended_by_silence")))
    blocks.append(Note(msg("session.summary_at", when=When(due, ports.team.zone, "time"))))
    tx.outbox.post(Post(f"off-air:{session.id}:{at.isoformat()}", "team", "session", reply(*blocks), session.id), now)
    return closed


def on_quiet_end(tx: Tx, event: QuietEndDue, ports: Ports) -> None:
    """After the planned end, five minutes without any signal end the session."""
    session = tx.sessions.get(event.subject)
    if session is None or session.state != "live":
        return
    last = tx.signals.last_at(session.id) or session.started_at
    quiet_at = last + timedelta(seconds=_QUIET_S)
    if quiet_at > event.now:
        tx.timers.set("QuietEndDue", session.id, quiet_at)
        return
    show = tx.shows.get(session.show) if session.show else None
    # A source that fell silent early, or was never there, does not shorten the show.
    close_session(tx, session, max(last, _planned_end(show)) if show else last, "silence", ports)


def tally_of(tx: Tx, session: Session) -> Tally:
    """Counts a session anew from what was stored."""
    room = tx.rooms.get(session.room)
    tally = Tally(room.market.currency if room else None)
    tally.giveaways(rundowns.giveaway_spans(tx, session))
    for stored in tx.signals.of_session(session.id):
        tally.add(signal_of(stored.data, stored.source), (stored.at - session.started_at).total_seconds())
    return tally


async def load_live(ports: Ports) -> None:
    """Makes memory hold the live sessions and no others; the rules go on where their stored state ended."""
    before = {live.session.id for live in ports.live}

    def work(tx: Tx) -> tuple[dict[str, Session], list[LiveSession]]:
        wanted = {session.id: session for session in tx.sessions.live()}
        return wanted, [_loaded(tx, session) for session in wanted.values() if session.id not in before]

    wanted, loaded = await ports.store.read(work)
    for gone in before - wanted.keys():
        ports.live.remove(gone)
    for live in loaded:
        if ports.live.get(live.session.id) is None:  # else another batch was quicker, and has counted since
            ports.live.add(live)
    for live in ports.live:
        session = wanted.get(live.session.id, live.session)
        if session.show != live.session.show:
            live.session = session
            await ports.store.read(lambda tx, live=live: refresh(tx, live))  # type: ignore[misc]


def _loaded(tx: Tx, session: Session) -> LiveSession:
    room = tx.rooms.get(session.room)
    sensitivity = room.sensitivity if room else "normal"
    watch = Watch(rules_for(sensitivity))
    live = LiveSession(session, tally_of(tx, session), watch, mark=tx.signals.newest(), sensitivity=sensitivity)
    kept = tx.sessions.watch(session.id)
    if kept is not None:
        live.judged = kept[0]
        live.watch.restore(kept[1])
    return live


def refresh(tx: Tx, live: LiveSession) -> None:
    """The rundown has changed: when its giveaways run."""
    live.tally.giveaways(rundowns.giveaway_spans(tx, live.session))


def segment_rows(tx: Tx, session: Session, tally: Tally, ended_s: int) -> tuple[SegmentRow, ...]:
    """What each segment brought, on the session's own clock."""
    show = tx.shows.get(session.show) if session.show else None
    if show is None:
        return ()
    base = rundowns.base_s(show, session)
    rows = []
    for segment in tx.shows.segments(show.id):
        start, end = max(0, base + segment.starts_s), min(ended_s, base + segment.starts_s + segment.length_s)
        if end <= start:
            continue
        counts = tally.between(start, end)
        rows.append(
            SegmentRow(
                segment.kind,
                start,
                end,
                segment.skus,
                counts.views,
                counts.comments,
                counts.orders,
                counts.gmv_gross,
                counts.acu,
            )
        )
    return tuple(rows)
