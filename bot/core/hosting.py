"""What speaks against a host for a show: hours, rest, market, language. Doubts are told, they forbid nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core import availability
from bot.core.markets import MARKETS
from bot.core.model import HostProfile, Market, Person, Show
from bot.core.reply import Listing, Msg, Span, msg


def doubts(
    person: Person, profile: HostProfile, show: Show, market: Market, others: Iterable[Show], *, zone: str
) -> list[Msg]:
    """One sentence each. `others` are the host's other shows, `zone` (IANA) is where the host lives."""
    found = [
        _hours(person, profile, show, zone),
        _market(person, profile, market),
        _language(person, market),
        _rest(person, profile, show, others),
    ]
    return [doubt for doubt in found if doubt is not None]


def _end(show: Show) -> datetime:
    return show.starts_at + timedelta(seconds=show.duration_s)


def _hours(person: Person, profile: HostProfile, show: Show, zone: str) -> Msg | None:
    if not profile.hours:
        return None
    here = ZoneInfo(zone)
    starts, ends = (at.astimezone(here).replace(tzinfo=None) for at in (show.starts_at, _end(show)))
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


def _rest(person: Person, profile: HostProfile, show: Show, others: Iterable[Show]) -> Msg | None:
    """The shortest rest before or after; none at all where two shows overlap."""
    worst: tuple[timedelta, Show] | None = None
    for other in others:
        if other.id == show.id or other.is_off:
            continue
        rest = max(show.starts_at - _end(other), other.starts_at - _end(show), timedelta(0))
        if rest < timedelta(seconds=profile.rest_s) and (worst is None or rest < worst[0]):
            worst = (rest, other)
    if worst is None:
        return None
    rest_s, least = Span(int(worst[0].total_seconds())), Span(profile.rest_s)
    return msg("host.doubt_rest", host=person.name, rest=rest_s, show=worst[1].id, least=least)
