"""Which shows are in each other's way. Whom to compare with whom is looked up by index, never by reading every show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property

from bot.core.conflicts import LED, Conflict, Standing, audience, counts, find, plain, standing
from bot.core.model import HostProfile, Room, Show
from bot.core.planning_port import Setting
from bot.core.ports import Tx

LONGEST = timedelta(hours=24)
"""No show is planned longer, and no host needs more rest."""
_REST_S = HostProfile("").rest_s


def of(tx: Tx, shows: Sequence[Show], now: datetime, *, with_allowed: bool = False) -> list[Conflict]:
    """Conflicts of shows as they would stand, errors first, without what a manager has allowed.

    A show with the id of a saved one stands instead of it; one that is not saved yet may have the id "". What is over
    by plan at `now` is not looked at.
    """
    asked = [show for show in shows if counts(show) and show.ends_at > now]
    if not asked:
        return []
    around = _Around(tx)
    leads = tx.shows.leads([show.id for show in shows if show.id])
    mine = [
        around.standing(show, leads.get(show.id) if show.id in leads else around.first(show.room)) for show in asked
    ]
    given = {show.id for show in shows if show.id}
    others = [item for name, item in around.near(mine).items() if name not in given]
    others += [around.standing(show, leads.get(show.id)) for show in shows if show not in asked]
    found = find(mine, others)
    return found if with_allowed else _not_allowed(tx, found)


def ahead(tx: Tx, now: datetime, until: datetime) -> list[Conflict]:
    """All there are between shows of which one at least is to come before `until`."""
    shows = tx.shows.between(now - 2 * LONGEST, until + 2 * LONGEST)
    leads = tx.shows.leads([show.id for show in shows])
    around = _Around(tx)
    all_of_them = [around.standing(show, leads.get(show.id)) for show in shows]
    mine = [item for item in all_of_them if item.show.ends_at > now and item.show.starts_at < until]
    return _not_allowed(tx, find(mine, all_of_them))


def _not_allowed(tx: Tx, found: list[Conflict]) -> list[Conflict]:
    if not found:
        return []
    kept = tx.allowed.of({name for item in found for name in item.pair if name})
    allowed = {(item.kind, item.show, item.other) for item in kept}
    return [item for item in found if item.name not in allowed]


class Freedom:
    """Who could host these shows as well: neither elsewhere nor with too little rest, by what `of` says.

    Of each host only their own shows are read, so that hundreds of hosts can be asked at once.
    """

    def __init__(self, tx: Tx, shows: Sequence[Show], now: datetime) -> None:
        self._tx, self._around = tx, _Around(tx)
        self._asked = [show for show in shows if counts(show) and show.ends_at > now]
        self._given = {show.id for show in shows if show.id}

    def has(self, profile: HostProfile) -> bool:
        rest = timedelta(seconds=profile.rest_s)
        mine = [self._around.of_host(replace(show, host=profile.person), profile) for show in self._asked]
        near: dict[str, Standing] = {}
        for item in mine:
            if item.host is not None:
                start, end = item.show.starts_at - LONGEST - rest, item.show.ends_at + rest
                theirs = self._tx.shows.of_host(item.host, start, end)
                near |= {show.id: self._around.of_host(show, profile) for show in theirs if show.id not in self._given}
        found = [item for item in find(mine, list(near.values())) if item.kind in ("host", "rest")]
        return not _not_allowed(self._tx, found)


class _Around:
    """The rooms and hosts that conflicts hang on, each read once."""

    def __init__(self, tx: Tx) -> None:
        self.tx = tx
        self._rooms: dict[str, Room] = {}
        self._near: dict[str, list[str]] = {}
        self._rest: dict[str, int] = {}
        self._first: dict[str, str | None] = {}

    @cached_property
    def _settings(self) -> list[Setting]:
        return self.tx.rooms.settings()

    def standing(self, show: Show, lead: str | None) -> Standing:
        rest_s = self._rest_s(show.host) if show.host else _REST_S
        return standing(show, self._room(show.room), rest_s=rest_s, lead=lead)

    def of_host(self, show: Show, profile: HostProfile) -> Standing:
        """One of that host's, as far as only they matter."""
        return standing(show, self._room(show.room), rest_s=profile.rest_s, lead=None)

    def first(self, room: str) -> str | None:
        """The product with which the rundown of a new show begins."""
        if room not in self._first:
            self._first[room] = next((product.sku for product in self.tx.rooms.products(room)), None)
        return self._first[room]

    def near(self, mine: Iterable[Standing]) -> dict[str, Standing]:
        """The saved shows that could be in their way, by id."""
        found: dict[str, Standing] = {}
        shows = self.tx.shows
        for item in mine:
            start, end = item.show.starts_at, item.show.ends_at
            for show in shows.between(start - LONGEST, end, rooms=self._kin(item.show.room)):
                if show.ends_at > start:
                    found.setdefault(show.id, self._other(show))
            if item.host is not None:
                rest = timedelta(seconds=item.rest_s)
                for show in shows.of_host(item.host, start - LONGEST - rest, end + rest):
                    found.setdefault(show.id, self._other(show))
            if item.lead is not None:
                for show in shows.led_by(item.lead, start - LED, start + LED):
                    found[show.id] = self.standing(show, item.lead)
        return found

    def _other(self, show: Show) -> Standing:
        """Found for something else than its leading product; of hosts, only those looked at matter."""
        return standing(show, self._room(show.room), rest_s=self._rest.get(show.host or "", _REST_S), lead=None)

    def _rest_s(self, host: str) -> int:
        if host not in self._rest:
            profile = self.tx.people.host(host)
            self._rest[host] = _REST_S if profile is None else profile.rest_s
        return self._rest[host]

    def _room(self, slug: str) -> Room:
        if slug not in self._rooms:
            found = self.tx.rooms.get(slug)
            if found is None:
                raise LookupError(f"a show of room {slug}, which there is not")
            self._rooms[slug] = found
        return self._rooms[slug]

    def _kin(self, slug: str) -> list[str]:
        """The room, those in its studio, and those that sell the same to the same market."""
        if slug not in self._near:
            own = self._room(slug)
            studio, to = plain(own.studio), audience(own.market.currency, own.market.language, own.theme)
            # A room with neither has no kin: then the settings of all rooms need not be read.
            self._near[slug] = (
                [slug]
                if studio is None and to is None
                else [
                    item.room
                    for item in self._settings
                    if item.room == slug
                    or (studio is not None and plain(item.studio) == studio)
                    or (to is not None and audience(item.currency, item.language, item.theme) == to)
                ]
            )
        return self._near[slug]
