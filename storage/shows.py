"""Shows, their series, rundowns and cues."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.core.matrix import Airtime
from bot.core.model import Cue, Segment, Series, Show
from bot.core.schedule import from_json, to_json
from storage.rows import Repo, dump, instant, load, read_instant

_TO_COME = "state in ('planned', 'go', 'no_go')"
_SEEN_IN_CALENDARS = ("room", "host", "starts_at", "duration_s", "state", "title")
_NOT_SKIPPED = "and state != 'skipped'"
_A_DAY = 100
"""More shows of a series than any day has."""
_LONGEST = timedelta(days=1)
"""No show is planned longer."""


class Shows(Repo):
    def get(self, show: str) -> Show | None:
        row = self.row("select * from shows where id = ?", [show])
        return None if row is None else _show(row)

    def save(self, show: Show) -> None:
        """Inserts or updates; `sequence` is counted here: by one where something changes that a calendar shows."""
        row = {
            "id": show.id,
            "room": show.room,
            "host": show.host,
            "starts_local": show.starts_local.isoformat(timespec="minutes"),
            "zone": show.zone,
            "starts_at": instant(show.starts_at),
            "duration_s": show.duration_s,
            "state": show.state,
            "series": show.series,
            "title": show.title,
            "benefit": show.benefit,
            "likes_goal": show.likes_goal,
            "slot": None if show.slot is None else show.slot.isoformat(timespec="minutes"),
        }
        old = self.row("select * from shows where id = ?", [show.id])
        if old is not None:
            row["sequence"] = old["sequence"] + any(old[name] != row[name] for name in _SEEN_IN_CALENDARS)
        self.save_row("shows", row, "id")

    def between(
        self,
        start: datetime,
        end: datetime,
        room: str | None = None,
        *,
        rooms: Collection[str] | None = None,
        limit: int | None = None,
        with_skipped: bool = True,
    ) -> list[Show]:
        """Shows that start in [start, end), by start; those of one room or of some, the first so many."""
        mine, args = _in_rooms(room, rooms)
        is_by_time = limit is not None or (room is None and rooms is None)
        sql = f"""select * from shows indexed by {"shows_by_start" if is_by_time else "shows_by_room"}
            where starts_at >= ? and starts_at < ? {mine} {"" if with_skipped else _NOT_SKIPPED}
            order by starts_at, id limit ?"""  # noqa: S608
        most = -1 if limit is None else limit
        return [_show(row) for row in self.rows(sql, [instant(start), instant(end), *args, most])]

    def count(self, start: datetime, end: datetime, rooms: Collection[str], *, with_skipped: bool = True) -> int:
        """How many shows of these rooms start in [start, end)."""
        mine, args = _in_rooms(None, rooms)
        within = f"starts_at >= ? and starts_at < ? {mine}"
        # both counts are read from an index alone; a state beside each show would mean reading every row
        sql = f"select (select count(*) from shows indexed by shows_by_room where {within}) as n"  # noqa: S608
        given = [instant(start), instant(end), *args]
        if not with_skipped:
            sql += (
                f" , (select count(*) from shows indexed by shows_skipped where state = 'skipped' and {within}) as off"  # noqa: S608
            )
            given *= 2
        row = self.row(sql, given) or {"n": 0}
        return int(row["n"]) - int(row.get("off", 0))

    def airtimes(self, start: datetime, end: datetime) -> list[Airtime]:
        """All that are to be held or run and that touch [start, end), by start."""
        sql = """select id, room, host, zone, starts_at, duration_s from shows
            where starts_at > ? and starts_at < ? and state in ('planned', 'go', 'no_go', 'live')
            order by starts_at, id"""
        found = []
        for row in self.db.execute(sql, [instant(start - _LONGEST), instant(end)]):
            begins = read_instant(row[4])
            if (ends := begins + timedelta(seconds=row[5])) > start:
                found.append(Airtime(row[0], row[1], row[2], row[3], begins, ends))
        return found

    def planned(self, room: str | None = None) -> list[Show]:
        """All that are to be held, by start."""
        mine, args = _in_rooms(room, None)
        return [
            _show(row)
            for row in self.rows(f"select * from shows where {_TO_COME} {mine} order by starts_at, id", args)  # noqa: S608
        ]

    def following(
        self, now: datetime, *, room: str | None = None, rooms: Collection[str] | None = None, limit: int = 1
    ) -> list[Show]:
        """The next ones to be held that are not over by plan at `now`, by start."""
        index = "shows_planned" if room is None else "shows_by_room"
        mine, args = _in_rooms(room, rooms)
        sql = f"""select * from shows indexed by {index} where {_TO_COME} and starts_at > ? {mine}
            and julianday(starts_at) + duration_s / 86400.0 > julianday(?)
            order by starts_at, id limit ?"""  # noqa: S608 - no data in it
        return [_show(row) for row in self.rows(sql, [instant(now - _LONGEST), *args, instant(now), limit])]

    def of_series(self, series: str, since: datetime | None = None, limit: int | None = None) -> list[Show]:
        """Its shows that start at `since` or later, or every one there is; by start, the first so many."""
        sql = "select * from shows where series = ? and starts_at >= ? order by starts_at limit ?"
        args = [series, "" if since is None else instant(since), -1 if limit is None else limit]
        return [_show(row) for row in self.rows(sql, args)]

    def last_slots(self, series: str, since: datetime) -> list[datetime]:
        """The naive wall times of the last day for which it has shows, of those that start at `since` or later."""
        sql = """select slot from shows where series = ? and starts_at >= ? and slot is not null
            order by slot desc limit ?"""
        slots = [datetime.fromisoformat(row["slot"]) for row in self.rows(sql, [series, instant(since), _A_DAY])]
        return [slot for slot in slots if slots[0] - slot < timedelta(days=1)]

    def held(self, series: str, after: datetime) -> int:
        """How many of its shows that start later are not off."""
        sql = """select count(*) as n from shows
            where series = ? and starts_at > ? and state not in ('cancelled', 'skipped')"""
        return int((self.row(sql, [series, instant(after)]) or {"n": 0})["n"])

    def revisions(self, room: str | None = None) -> dict[str, int]:
        """For each series how many shows it has and what their `sequence`s add up to: grows with each change."""
        sql = """select series, count(*) + sum(sequence) as number from shows
            where series is not null and (? is null or room = ?) group by series"""
        return {row["series"]: row["number"] for row in self.rows(sql, [room, room])}

    def of_host(self, host: str, start: datetime, end: datetime) -> list[Show]:
        """Shows of the host that start in [start, end), by start."""
        sql = "select * from shows where host = ? and starts_at >= ? and starts_at < ? order by starts_at, id"
        return [_show(row) for row in self.rows(sql, [host, instant(start), instant(end)])]

    def led_by(self, sku: str, start: datetime, end: datetime) -> list[Show]:
        """Shows whose rundown begins with that product and that start in [start, end), by start."""
        sql = "select * from shows where lead_sku = ? and starts_at >= ? and starts_at < ? order by starts_at, id"
        return [_show(row) for row in self.rows(sql, [sku, instant(start), instant(end)])]

    def lead(self, show: str) -> str | None:
        """The first product of its rundown."""
        row = self.row("select lead_sku from shows where id = ?", [show])
        return None if row is None else row["lead_sku"]

    def leads(self, shows: Collection[str]) -> dict[str, str | None]:
        """As `lead`, of many; a show that is not kept is missing."""
        sql = "select id, lead_sku from shows where id in (select value from json_each(?))"
        return {row["id"]: row["lead_sku"] for row in self.rows(sql, [dump(list(shows))])}

    def segments(self, show: str) -> list[Segment]:
        return [
            Segment(
                row["show"], row["position"], row["kind"], row["starts_s"], row["length_s"], tuple(load(row["skus"]))
            )
            for row in self.rows("select * from segments where show = ? order by position", [show])
        ]

    def cues(self, show: str) -> list[Cue]:
        return [_cue(row) for row in self.rows("select * from cues where show = ? order by at_s, rowid", [show])]

    def cue(self, cue: str) -> Cue | None:
        row = self.row("select * from cues where id = ?", [cue])
        return None if row is None else _cue(row)

    def set_rundown(self, show: str, segments: Sequence[Segment], cues: Sequence[Cue]) -> None:
        self.db.execute("delete from segments where show = ?", [show])
        self.db.execute("delete from cues where show = ?", [show])
        self.db.table("segments").insert_all(
            {
                "show": show,
                "position": segment.position,
                "kind": segment.kind,
                "starts_s": segment.starts_s,
                "length_s": segment.length_s,
                "skus": dump(segment.skus),
            }
            for segment in segments
        )
        self.db.table("cues").insert_all(_cue_row(cue) for cue in cues)
        lead = next((segment.skus[0] for segment in segments if segment.skus), None)
        self.db.execute("update shows set lead_sku = ? where id = ?", [lead, show])

    def save_cue(self, cue: Cue) -> None:
        self.save_row("cues", _cue_row(cue), "id")

    def series(self, series: str) -> Series | None:
        row = self.row("select * from series where id = ?", [series])
        return None if row is None else self._series(row)

    def all_series(self, room: str | None = None) -> list[Series]:
        """The oldest first."""
        rows = self.rows("select * from series where ? is null or room = ? order by rowid", [room, room])
        return [self._series(row) for row in rows]

    def save_series(self, series: Series) -> None:
        data = {
            "room": series.room,
            "phrase": to_json(series.phrase),
            "zone": series.zone,
            "length": series.duration_s,
            "host": series.host,
            "title": series.title,
            "benefit": series.benefit,
            "goal": series.likes_goal,
            "ended": series.ended,
            "since": series.since,
        }
        self.save_row("series", {"id": series.id, "room": series.room, "data": dump(data)}, "id")

    def _series(self, row: dict[str, Any]) -> Series:
        kept = load(row["data"])
        zone = kept.get("zone") or (self.row("select zone from rooms where slug = ?", [kept["room"]]) or {})["zone"]
        return Series(
            row["id"], kept["room"], from_json(kept["phrase"]), zone, kept["length"], kept["host"], kept["title"],
            kept["benefit"], kept["goal"], int(kept.get("ended") or 0), kept.get("since"),
        )  # fmt: skip


def _in_rooms(room: str | None, rooms: Collection[str] | None) -> tuple[str, list[str]]:
    """The condition, and what goes into it."""
    if room is not None:
        return "and room = ?", [room]
    return ("", []) if rooms is None else ("and room in (select value from json_each(?))", [dump(sorted(rooms))])


def _show(row: dict[str, Any]) -> Show:
    return Show(
        id=row["id"],
        room=row["room"],
        host=row["host"],
        starts_local=datetime.fromisoformat(row["starts_local"]),
        zone=row["zone"],
        starts_at=read_instant(row["starts_at"]),
        duration_s=row["duration_s"],
        state=row["state"],
        series=row["series"],
        title=row["title"],
        benefit=row["benefit"],
        likes_goal=row["likes_goal"],
        slot=None if row["slot"] is None else datetime.fromisoformat(row["slot"]),
        sequence=row["sequence"],
    )


def _cue_row(cue: Cue) -> dict[str, Any]:
    return {
        "id": cue.id,
        "show": cue.show,
        "kind": cue.kind,
        "at_s": cue.at_s,
        "state": cue.state,
        "sku": cue.sku,
        "needs_operator": int(cue.needs_operator),
    }


def _cue(row: dict[str, Any]) -> Cue:
    return Cue(row["id"], row["show"], row["kind"], row["at_s"], row["state"], row["sku"], bool(row["needs_operator"]))
