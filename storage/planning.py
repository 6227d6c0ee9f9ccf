"""What is kept of planning beside the shows: allowed conflicts, offers to hosts, calendar links, files, hand-offs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from typing import Any

from bot.core.facts import PromptLine
from bot.core.planning_port import Allowed, CalendarLink, HandOff, HostOffer, PlanImport, ToldConflict, Upload
from storage.rows import Repo, dump, instant, instant_or_none, load, read_instant, read_instant_or_none


class AllowedConflicts(Repo):
    def save(self, allowed: Allowed) -> None:
        row = {
            "kind": allowed.kind,
            "show": allowed.show,
            "other": allowed.other,
            "by": allowed.by,
            "at": instant(allowed.at),
            "reason": allowed.reason,
        }
        self.save_row("allowed_conflicts", row, "kind", "show", "other")

    def of(self, shows: Collection[str]) -> list[Allowed]:
        names = dump(sorted(shows))
        sql = """select * from allowed_conflicts where show in (select value from json_each(?))
            union select * from allowed_conflicts where other in (select value from json_each(?))
            order by at, kind, show, other"""
        return [
            Allowed(row["kind"], row["show"], row["other"], row["by"], read_instant(row["at"]), row["reason"])
            for row in self.rows(sql, [names, names])
        ]

    def remove(self, allowed: Allowed) -> None:
        sql = "delete from allowed_conflicts where kind = ? and show = ? and other = ?"
        self.db.execute(sql, [allowed.kind, allowed.show, allowed.other])


class ToldConflicts(Repo):
    def save(self, told: ToldConflict) -> None:
        row = {
            "kind": told.kind,
            "show": told.show,
            "other": told.other,
            "message": told.message,
            "at": instant(told.at),
            "gone_at": instant_or_none(told.gone_at),
        }
        self.save_row("told_conflicts", row, "kind", "show", "other")

    def of(self, shows: Collection[str]) -> list[ToldConflict]:
        names = dump(sorted(shows))
        sql = """select * from told_conflicts where show in (select value from json_each(?))
            union select * from told_conflicts where other in (select value from json_each(?))
            order by at, kind, show, other"""
        return [_told(row) for row in self.rows(sql, [names, names])]

    def of_message(self, key: str) -> list[ToldConflict]:
        sql = "select * from told_conflicts where message = ? order by rowid"
        return [_told(row) for row in self.rows(sql, [key])]


class HostOffers(Repo):
    def get(self, offer: str) -> HostOffer | None:
        row = self.row("select * from host_offers where id = ?", [offer])
        return None if row is None else _offer(row)

    def save(self, offer: HostOffer) -> None:
        row = {
            "id": offer.id,
            "show": offer.show,
            "kind": offer.kind,
            "instead_of": offer.instead_of,
            "asked": dump(offer.asked),
            "made_by": offer.made_by,
            "made_at": instant(offer.made_at),
            "until": instant(offer.until),
            "taken_by": offer.taken_by,
            "closed_at": instant_or_none(offer.closed_at),
            "outcome": offer.outcome,
        }
        self.save_row("host_offers", row, "id")

    def of_show(self, show: str) -> list[HostOffer]:
        return [_offer(row) for row in self.rows("select * from host_offers where show = ? order by rowid", [show])]

    def open(self) -> list[HostOffer]:
        return [_offer(row) for row in self.rows("select * from host_offers where closed_at is null order by rowid")]


class CalendarLinks(Repo):
    def get(self, link: str) -> CalendarLink | None:
        row = self.row("select * from calendar_links where id = ?", [link])
        return None if row is None else _link(row)

    def by_hash(self, digest: str) -> CalendarLink | None:
        row = self.row("select * from calendar_links where hash = ?", [digest])
        return None if row is None else _link(row)

    def save(self, link: CalendarLink) -> None:
        row = {
            "id": link.id,
            "hash": link.hash,
            "kind": link.kind,
            "name": link.name,
            "made_by": link.made_by,
            "made_at": instant(link.made_at),
            "revoked_at": instant_or_none(link.revoked_at),
            "revoked_by": link.revoked_by,
            "read_at": instant_or_none(link.read_at),
        }
        self.save_row("calendar_links", row, "id")

    def all(self) -> list[CalendarLink]:
        return [_link(row) for row in self.rows("select * from calendar_links order by rowid")]


class PlanFiles(Repo):
    def upload(self, upload: str) -> Upload | None:
        row = self.row("select * from uploads where id = ?", [upload])
        if row is None:
            return None
        return Upload(row["id"], row["name"], row["media_type"], row["data"], row["by"], read_instant(row["at"]))

    def save_upload(self, upload: Upload) -> None:
        row = {
            "id": upload.id,
            "name": upload.name,
            "media_type": upload.media_type,
            "data": upload.data,
            "by": upload.by,
            "at": instant(upload.at),
        }
        self.save_row("uploads", row, "id")

    def forget_uploads(self, before: datetime) -> int:
        return int(self.db.execute("delete from uploads where at < ?", [instant(before)]).rowcount)

    def brought(self, person: str, since: datetime) -> int:
        sql = "select count(*) as n from uploads where by = ? and at > ?"
        return int((self.row(sql, [person, instant(since)]) or {"n": 0})["n"])

    def get(self, plan: str) -> PlanImport | None:
        row = self.row("select * from plan_imports where id = ?", [plan])
        if row is None:
            return None
        return PlanImport(
            row["id"], row["name"], row["made_by"], read_instant(row["made_at"]), load(row["rows"]), row["state"],
            read_instant_or_none(row["done_at"]), row["done_by"], tuple(load(row["shows"])),
        )  # fmt: skip

    def save(self, plan: PlanImport) -> None:
        row = {
            "id": plan.id,
            "name": plan.name,
            "made_by": plan.made_by,
            "made_at": instant(plan.made_at),
            "rows": dump(list(plan.rows)),
            "state": plan.state,
            "done_at": instant_or_none(plan.done_at),
            "done_by": plan.done_by,
            "shows": dump(plan.shows),
        }
        self.save_row("plan_imports", row, "id")


class HandOffs(Repo):
    def get(self, hand_off: str) -> HandOff | None:
        row = self.row("select * from hand_offs where id = ?", [hand_off])
        return None if row is None else _hand_off(row)

    def save(self, hand_off: HandOff) -> None:
        row = {
            "id": hand_off.id,
            "session": hand_off.session,
            "room": hand_off.room,
            "why": hand_off.why,
            "line": dump(_line_row(hand_off)),
            "offered_at": instant(hand_off.offered_at),
            "used_at": instant_or_none(hand_off.used_at),
            "used_by": hand_off.used_by,
            "arrived": hand_off.arrived,
        }
        self.save_row("hand_offs", row, "id")

    def of_session(self, session: str) -> list[HandOff]:
        rows = self.rows("select * from hand_offs where session = ? order by rowid", [session])
        return [_hand_off(row) for row in rows]

    def to_room(self, room: str, since: datetime) -> list[HandOff]:
        sql = "select * from hand_offs where room = ? and offered_at >= ? order by offered_at, rowid"
        return [_hand_off(row) for row in self.rows(sql, [room, instant(since)])]


def _told(row: dict[str, Any]) -> ToldConflict:
    return ToldConflict(
        row["kind"], row["show"], row["other"], row["message"], read_instant(row["at"]),
        read_instant_or_none(row["gone_at"]),
    )  # fmt: skip


def _offer(row: dict[str, Any]) -> HostOffer:
    return HostOffer(
        row["id"], row["show"], row["kind"], row["instead_of"], tuple(load(row["asked"])), row["made_by"],
        read_instant(row["made_at"]), read_instant(row["until"]), row["taken_by"],
        read_instant_or_none(row["closed_at"]), row["outcome"],
    )  # fmt: skip


def _link(row: dict[str, Any]) -> CalendarLink:
    return CalendarLink(
        row["id"], row["hash"], row["kind"], row["name"], row["made_by"], read_instant(row["made_at"]),
        read_instant_or_none(row["revoked_at"]), row["revoked_by"], read_instant_or_none(row["read_at"]),
    )  # fmt: skip


def _line_row(hand_off: HandOff) -> dict[str, Any]:
    """The line with what it is about, as JSON values: the column holds all that was said and of what."""
    withdrawn = instant_or_none(hand_off.withdrawn_at)
    return {**asdict(hand_off.line), "about": hand_off.about, "withdrawn_at": withdrawn}


def _hand_off(row: dict[str, Any]) -> HandOff:
    said = load(row["line"])
    line = PromptLine(said["id"], said["tactic"], said["text"], said["language"], said["gloss"])
    return HandOff(
        row["id"], row["session"], row["room"], row["why"], line, read_instant(row["offered_at"]), said["about"],
        read_instant_or_none(said["withdrawn_at"]), read_instant_or_none(row["used_at"]), row["used_by"],
        row["arrived"],
    )  # fmt: skip
