"""Shows, their series, rundowns and cues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.core.model import Cue, Segment, Show
from storage.rows import Repo, dump, instant, load, read_instant


class Shows(Repo):
    def get(self, show: str) -> Show | None:
        row = self.row("select * from shows where id = ?", [show])
        return None if row is None else _show(row)

    def save(self, show: Show) -> None:
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
        }
        self.save_row("shows", row, "id")

    def between(self, start: datetime, end: datetime, room: str | None = None) -> list[Show]:
        """Shows that start in [start, end), by start."""
        sql = """select * from shows
            where starts_at >= ? and starts_at < ? and (? is null or room = ?) order by starts_at, id"""
        return [_show(row) for row in self.rows(sql, [instant(start), instant(end), room, room])]

    def planned(self) -> list[Show]:
        sql = "select * from shows where state in ('planned', 'go', 'no_go') order by starts_at, id"
        return [_show(row) for row in self.rows(sql)]

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
        for cue in cues:
            self.save_cue(cue)

    def save_cue(self, cue: Cue) -> None:
        row = {
            "id": cue.id,
            "show": cue.show,
            "kind": cue.kind,
            "at_s": cue.at_s,
            "state": cue.state,
            "sku": cue.sku,
            "needs_operator": int(cue.needs_operator),
        }
        self.save_row("cues", row, "id")

    def series(self, series: str) -> Mapping[str, Any] | None:
        row = self.row("select data from series where id = ?", [series])
        return None if row is None else load(row["data"])

    def save_series(self, series: str, data: Mapping[str, Any]) -> None:
        self.save_row("series", {"id": series, "data": dump(data)}, "id")


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
    )


def _cue(row: dict[str, Any]) -> Cue:
    return Cue(row["id"], row["show"], row["kind"], row["at_s"], row["state"], row["sku"], bool(row["needs_operator"]))
