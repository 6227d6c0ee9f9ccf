"""What speaks against two shows beside each other.

Two shows run at once if each begins before the other ends: one that begins when another ends does not touch it. Counted
are shows that are planned, have a go or a no-go, or are on air; cancelled and skipped ones are in nobody's way, and one
that has ended only tires its host.

- room: two shows of one room run at once.
- host: two shows of one host run at once in two rooms. An avatar room has no host and needs no rest.
- studio: shows of two rooms with the same studio run at once. Case and blanks make no difference, as with themes.
- rest: between two shows of one host lies less than the host's least rest (8 h, if nothing else was said), and they do
  not run at once; a show that has ended counts here until that time is over.
- theme: shows of two rooms with the same theme and market run at once. A market is its currency and language.
- product: shows of two rooms begin with the same product (SKU), and less than 24 h lie between their starts.

Pure: who has to be compared with whom is the caller's to find.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal

from bot.core.model import Room, Show
from bot.core.planning_port import ConflictKind

ERRORS: tuple[ConflictKind, ...] = ("room", "host", "studio", "rest")
"""These forbid a plan, unless a manager says otherwise; the other kinds are warnings."""
KINDS: tuple[ConflictKind, ...] = (*ERRORS, "theme", "product")
"""The gravest first."""
LED = timedelta(hours=24)
"""Two rooms whose shows begin with the same product compete if less than this lies between the two starts."""

Audience = tuple[str, str, str]
"""Whom a room sells to: currency and language (bot/core/hosting.py calls that a market), and its theme."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """`show` is the one that was looked at, `other` what it meets; of two looked at, `show` begins later.

    `about`: the room, host, studio, theme or product (SKU) they have in common. `least_s`: the seconds of rest the host
    needs, `gap_s` those that lie between the two (kind "rest").
    """

    kind: ConflictKind
    show: Show
    other: Show
    about: str
    gap_s: int | None = None
    least_s: int | None = None

    @property
    def is_error(self) -> bool:
        return self.kind in ERRORS

    @property
    def pair(self) -> tuple[str, str]:
        """The two ids in the order of the alphabet, as Allowed has them."""
        first, second = sorted((self.show.id, self.other.id))
        return first, second

    @property
    def flipped(self) -> Conflict:
        """The same, looked at from the other show."""
        return replace(self, show=self.other, other=self.show)

    @property
    def name(self) -> tuple[ConflictKind, str, str]:
        """By this it is known again, as long as both shows are saved."""
        return (self.kind, *self.pair)


@dataclass(frozen=True, slots=True)
class Standing:
    """A show and what its conflicts hang on. `host` None: nobody, or an avatar that needs no rest.

    `rest_s`: the least seconds between two shows of the host. `lead`: SKU of the product its rundown begins with.
    `written`: studio and theme as people wrote them.
    """

    show: Show
    host: str | None = None
    rest_s: int = 8 * 3600
    studio: str | None = None
    audience: Audience | None = None
    lead: str | None = None
    written: tuple[str, str] = ("", "")


@lru_cache(4096)
def plain(text: str | None) -> str | None:
    """A studio or theme as it is compared: case and blanks say nothing."""
    return " ".join(text.split()).casefold() or None if text else None


def audience(currency: str, language: str, theme: str | None) -> Audience | None:
    """None: the room has no theme, and competes with none for an audience."""
    same = plain(theme)
    return None if same is None else (currency, language, same)


def standing(show: Show, room: Room, *, rest_s: int, lead: str | None) -> Standing:
    return Standing(
        show,
        host=None if room.host_mode == "avatar" else show.host,
        rest_s=rest_s,
        studio=plain(room.studio),
        audience=audience(room.market.currency, room.market.language, room.theme),
        lead=lead,
        written=(room.studio or "", room.theme or ""),
    )


def counts(show: Show) -> bool:
    """Whether it can be in the way of another show. One that has ended still tires its host, and that is all."""
    return show.state in ("planned", "go", "no_go", "live")


def find(looked_at: Sequence[Standing], others: Sequence[Standing] = ()) -> list[Conflict]:
    """Every conflict of the shows looked at, with the others and with each other; errors first, then by start.

    A show that is given twice is looked at once; `others` with the id of one looked at are left out.
    """
    mine = {id(item) for item in looked_at if counts(item.show)}
    ids = {item.show.id for item in looked_at if item.show.id}
    found: list[Conflict] = []
    around = [item for item in others if item.show.id not in ids]
    for kind, group in _groups([*looked_at, *around]):
        group.sort(key=lambda item: (item.show.starts_at, item.show.id))
        for place, first in enumerate(group):
            for second in group[place + 1 :]:
                if second.show.starts_at >= _reach(kind, first):
                    break
                if (id(first) in mine or id(second) in mine) and first.show is not second.show:
                    conflict = _between(kind, first, second, is_second=id(second) in mine)
                    found += [] if conflict is None else [conflict]
    return sorted(found, key=order)


def order(conflict: Conflict) -> tuple[bool, datetime, int, datetime, str, str]:
    """Errors first, then by start, the gravest first."""
    show, other = conflict.show, conflict.other
    gravity = KINDS.index(conflict.kind)
    return not conflict.is_error, show.starts_at, gravity, other.starts_at, show.id, other.id


Sharing = Literal["room", "host", "studio", "theme", "product"]


def _groups(shows: Collection[Standing]) -> Iterator[tuple[Sharing, list[Standing]]]:
    """Shows that share what a conflict could be about."""
    shared: defaultdict[tuple[Sharing, object], list[Standing]] = defaultdict(list)
    for item in shows:
        if not counts(item.show) and item.show.state != "ended":
            continue
        keys: Mapping[Sharing, object] = {"host": item.host}
        if item.show.state != "ended":
            keys = {
                "room": item.show.room, "host": item.host, "studio": item.studio, "theme": item.audience,
                "product": item.lead,
            }  # fmt: skip
        for kind, key in keys.items():
            if key is not None:
                shared[kind, key].append(item)
    for (kind, _key), group in shared.items():
        if len(group) > 1:
            yield kind, group


def _reach(kind: Sharing, first: Standing) -> datetime:
    """A show that begins then, or later, is none of the first one's business."""
    if kind == "product":
        return first.show.starts_at + LED
    return first.show.ends_at + timedelta(seconds=first.rest_s if kind == "host" else 0)


def _between(kind: Sharing, first: Standing, second: Standing, *, is_second: bool) -> Conflict | None:
    """Of two within reach of each other, by start."""
    is_one_room = first.show.room == second.show.room
    show, other = (second.show, first.show) if is_second else (first.show, second.show)
    match kind:
        case "room":
            return Conflict("room", show, other, show.room)
        case "host":
            return _of_host(first, second, show, other)
        case _ if is_one_room:
            return None
        case "studio":
            return Conflict("studio", show, other, first.written[0])
        case "theme":
            return Conflict("theme", show, other, first.written[1])
        case "product":
            return Conflict("product", show, other, first.lead or "")


def _of_host(first: Standing, second: Standing, show: Show, other: Show) -> Conflict | None:
    """Twice at once, or too little rest; twice at once in one room is that room's conflict."""
    host = first.host or ""
    gap_s = int((second.show.starts_at - first.show.ends_at).total_seconds())
    is_over = not (counts(first.show) and counts(second.show))
    if gap_s >= 0 or is_over:
        return Conflict("rest", show, other, host, gap_s=max(0, gap_s), least_s=first.rest_s)
    return None if show.room == other.room else Conflict("host", show, other, host, least_s=first.rest_s)
