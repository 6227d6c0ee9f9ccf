"""Sessions: what went on air, how far the rules have judged it, its last figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from bot.core.matrix import Result
from bot.core.model import Session
from bot.core.money import Money
from storage.rows import Repo, dump, instant, instant_or_none, load, read_instant, read_instant_or_none

_RESULTS = """select room, id, figures ->> (part || '.gmv_gross.value'), figures ->> (part || '.gmv_gross.unit'),
        figures ->> (part || '.acu.value')
    from (select s.room, s.id, s.started_at, s.figures,
            iif(json_type(s.figures, '$.settled') is null, '$.provisional', '$.settled') as part
        from json_each(?) r join sessions s on s.rowid in (
            select rowid from sessions where room = r.value and figures is not null and state != 'live'
            order by started_at desc limit ?))
    order by room, started_at desc"""
_FIELDS = "id, room, show, started_at, state, ended_at, ended_by"


class Sessions(Repo):
    def get(self, session: str) -> Session | None:
        return self._one("where id = ?", session)

    def save(self, session: Session) -> None:
        row = {
            "id": session.id,
            "room": session.room,
            "show": session.show,
            "started_at": instant(session.started_at),
            "state": session.state,
            "ended_at": instant_or_none(session.ended_at),
            "ended_by": session.ended_by,
        }
        self.save_row("sessions", row, "id")

    def live(self, room: str | None = None) -> list[Session]:
        return self._many("where state = 'live' and (? is null or room = ?) order by started_at, id", room, room)

    def latest(self, room: str) -> Session | None:
        return self._one("where room = ? order by started_at desc limit 1", room)

    def of_show(self, show: str) -> Session | None:
        return self._one("where show = ? order by started_at desc limit 1", show)

    def of_room(self, room: str, limit: int) -> list[Session]:
        """The newest first."""
        return self._many("where room = ? order by started_at desc limit ?", room, limit)

    def reported(
        self, room: str, since: datetime, limit: int, names: Sequence[str]
    ) -> list[tuple[Session, Mapping[str, Any]]]:
        """Sessions that began since then, the newest first, with these of their figures: settled, else provisional."""
        # Reading a whole summary takes ten times as long as all the rest, and hundreds may be asked for.
        newest = "iif(json_type(figures, '$.settled') = 'object', '$.settled.', '$.provisional.')"
        some = ", ".join(f"json_extract(figures, {newest} || ?) as figure_{place}" for place in range(len(names)))
        sql = f"""select {_FIELDS}, {some} from sessions
            where room = ? and started_at >= ? and state in ('provisional', 'settled') and figures is not null
            order by started_at desc limit ?"""  # noqa: S608 - no data in it
        return [
            (_session(row), {name: load(row[f"figure_{place}"] or "null") for place, name in enumerate(names)})
            for row in self.rows(sql, [*names, room, instant(since), limit])
        ]

    def watch(self, session: str) -> tuple[int, Mapping[str, Any]] | None:
        row = self.row("select judged_tick, watch from sessions where id = ? and watch is not null", [session])
        return None if row is None else (row["judged_tick"], load(row["watch"]))

    def save_watch(self, session: str, tick: int, state: Mapping[str, Any]) -> None:
        self.db.execute("update sessions set judged_tick = ?, watch = ? where id = ?", [tick, dump(state), session])

    def figures(self, session: str) -> Mapping[str, Any] | None:
        row = self.row("select figures from sessions where id = ? and figures is not null", [session])
        return None if row is None else load(row["figures"])

    def save_figures(self, session: str, figures: Mapping[str, Any]) -> None:
        self.db.execute("update sessions set figures = ? where id = ?", [dump(figures), session])

    def results(self, rooms: Sequence[str], limit: int) -> Mapping[str, list[Result]]:
        """What the newest sessions of each room brought that have figures, the newest first."""
        found: dict[str, list[Result]] = {}
        for room, session, amount, currency, acu in self.db.execute(_RESULTS, [dump(rooms), limit]):
            gmv = None if amount is None else Money.parse(amount, currency)
            found.setdefault(room, []).append(Result(session, gmv, None if acu is None else Decimal(acu)))
        return found

    def _one(self, where: str, *args: Any) -> Session | None:
        return next(iter(self._many(where, *args)), None)

    def _many(self, where: str, *args: Any) -> list[Session]:
        sql = f"select {_FIELDS} from sessions {where}"  # noqa: S608 - `where` is one of the literals above
        return [_session(row) for row in self.rows(sql, args)]


def _session(row: dict[str, Any]) -> Session:
    return Session(
        id=row["id"],
        room=row["room"],
        show=row["show"],
        started_at=read_instant(row["started_at"]),
        state=row["state"],
        ended_at=read_instant_or_none(row["ended_at"]),
        ended_by=row["ended_by"],
    )
