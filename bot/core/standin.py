"""Who could do a show instead of its host, and in which order they are asked.

Asked is whoever hosts in the room, speaks to its market, and is not elsewhere then nor with too little rest; at most
ten, those first who are on air least within three days around it. Before the start an offer is a swap: it goes to
hosts in whose hours the show lies, and stands for a day, but to an hour before the start. From the start on a stand-in
is looked for: hosts outside their hours are asked too, after the others, and it stands for half an hour. The first to
tap has it, and may take that back for a minute. An offer ends with its show, with the stream, and when somebody is
named; where the show is held after all, it stands again. A host who cannot says so with a button below their reminder,
which offers the show; where there is nobody to ask, the operators are told. For an avatar nobody is asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.model import HostProfile, Person
from bot.core.planning_port import OfferKind

MOST = 10
"""Hosts one offer is put to: more would only be woken in vain."""
_SWAP_ENDS = timedelta(hours=1)
"""Before the start: later than this nobody gets ready any more who was not asked as a stand-in."""
_SWAP_LASTS, _STAND_IN_LASTS = timedelta(hours=24), timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A host who is free for the show and speaks to its market.

    `is_in_hours`: it lies in the hours they have named (or they have named none). `on_air_s`: seconds they are planned
    to be on air within three days around it.
    """

    person: Person
    profile: HostProfile
    is_in_hours: bool
    on_air_s: int


def ranked(candidates: Iterable[Candidate], kind: OfferKind) -> list[Candidate]:
    """Who is asked, the first choice first: within their hours, then whoever is on air least; at most MOST.

    Outside their hours only a stand-in is asked: then it is this or nobody.
    """
    asked = [one for one in candidates if one.is_in_hours or kind == "stand_in"]
    return sorted(asked, key=lambda one: (not one.is_in_hours, one.on_air_s, one.person.slug))[:MOST]


def lasts_until(kind: OfferKind, now: datetime, starts_at: datetime, ends_at: datetime) -> datetime:
    """How long an offer stands (UTC): a swap for a day, but to an hour before the start; a stand-in for half an hour.

    Where that hour has begun already, a swap stands until the start. None stands beyond the show's planned end.
    """
    if kind == "stand_in":
        return min(now + _STAND_IN_LASTS, ends_at)
    last = starts_at - _SWAP_ENDS
    return min(now + _SWAP_LASTS, last if last > now else max(starts_at, now))
