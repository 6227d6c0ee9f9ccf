"""What speaks against a host for a show: hours, market, language. Doubts are told, they forbid nothing."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from bot.core import availability
from bot.core.markets import MARKETS
from bot.core.model import HostProfile, Market, Person, Room, Show
from bot.core.reply import Listing, Msg, msg


def needs_host(room: Room) -> bool:
    """An avatar speaks by itself: nobody is asked to stand in for it."""
    return room.host_mode != "avatar"


def doubts(person: Person, profile: HostProfile, show: Show, market: Market, *, zone: str) -> list[Msg]:
    """One sentence each. `zone` (IANA) is where the host lives. Rest is no doubt: bot/core/conflicts.py."""
    found = [
        _hours(person, profile, show, zone),
        _market(person, profile, market),
        _language(person, market),
    ]
    return [doubt for doubt in found if doubt is not None]


def _hours(person: Person, profile: HostProfile, show: Show, zone: str) -> Msg | None:
    if not profile.hours:
        return None
    here = ZoneInfo(zone)
    starts, ends = (at.astimezone(here).replace(tzinfo=None) for at in (show.starts_at, show.ends_at))
    if availability.covers(profile.hours, starts, ends):
        return None
    return msg("host.doubt_hours", host=person.name, hours=availability.told(profile.hours), zone=zone)


def _market(person: Person, profile: HostProfile, market: Market) -> Msg | None:
    """A market is its currency and language: rooms of one market may lie in several zones."""
    kinds = {(MARKETS[name].currency, MARKETS[name].language) for name in profile.markets if name in MARKETS}
    if not profile.markets or (market.currency, market.language) in kinds:
        return None
    return msg("host.doubt_market", host=person.name, markets=Listing(profile.markets))


def _language(person: Person, market: Market) -> Msg | None:
    spoken = {language.partition("-")[0].lower() for language in person.speaks}
    if not spoken or market.language.partition("-")[0].lower() in spoken:
        return None
    return msg("host.doubt_speaks", host=person.name, speaks=Listing(person.speaks), language=market.language)
