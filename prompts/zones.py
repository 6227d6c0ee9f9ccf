"""The world's zones as people know them: by city, country and the zone's own name, from CLDR and IANA's tables.

What is canonical is IANA's table of zones by country; CLDR's own ids are the oldest ones (Asia/Calcutta), and IANA's
links have joined places that people tell apart (Oslo is a link to Berlin).
"""

from __future__ import annotations

import functools
import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from babel.core import get_global

from bot.core import zones  # and with it tzdata alone decides which zones there are
from bot.core.ports import NamedZone
from prompts import figures

if TYPE_CHECKING:
    from babel import Locale

_UTC = "UTC"
_NO_PLACES = frozenset({"Factory", "localtime"})
_SEP = " · "


@dataclass(frozen=True, slots=True)
class _Named:
    """A zone in one language: `name` is what its label says after the city, `words` all it is called."""

    zone: ZoneInfo
    city: str
    name: str | None
    words: tuple[str, ...]


class Zones:
    """The zones in these languages (BCP 47); nothing is read before the first question."""

    def __init__(self, languages: Sequence[str]) -> None:
        self._languages = tuple(languages)
        self._labelled: dict[str, tuple[datetime, Mapping[str, NamedZone]]] = {}

    def canonical(self, zone: str) -> str:
        return _canonical().get(zone, zone)

    def named(self, language: str, now: datetime) -> Mapping[str, NamedZone]:
        """Every zone by its canonical name, those without a city last; offsets at `now`, to the minute."""
        known = figures.nearest(language, self._languages, self._languages[0])
        minute = now.replace(second=0, microsecond=0)
        kept = self._labelled.get(known)
        if kept is None or kept[0] != minute:
            kept = self._labelled[known] = (minute, self._label(known, minute))
        return kept[1]

    def _label(self, language: str, now: datetime) -> Mapping[str, NamedZone]:
        also = _also(self._languages)
        return {
            name: NamedZone(name, item.city or name, _label(item, now), also[name])
            for name, item in _in_language(language).items()
        }


def country_of(zone: str) -> str | None:
    """The ISO 3166 code of the country IANA lists the zone under, an older name of it too; None: it has none.

    IANA lists a zone under one country each; where its clocks are those of others too, they have zones of their own.
    """
    return _countries().get(_canonical().get(zone, zone))


def _label(item: _Named, now: datetime) -> str:
    parts = (item.city, item.name, figures.offset(now.astimezone(item.zone)))
    return _SEP.join(dict.fromkeys(part for part in parts if part))


@functools.cache
def _in_language(language: str) -> Mapping[str, _Named]:
    locale = figures.locale_of(language)
    return {name: _named(name, country, locale) for name, country in _countries().items()}


def _named(name: str, country: str | None, locale: Locale) -> _Named:
    zone = ZoneInfo(name)
    territory = None if country is None else str(locale.territories.get(country, country))
    long = _names_of(name, locale)
    in_use = long.get("generic") if _has_summer_time(zone) else long.get("standard")
    called = in_use or long.get("standard") or long.get("generic") or territory
    city = figures.place(name, locale) or ("" if called is not None else name)
    return _Named(zone, city, called, tuple(filter(None, (city, *long.values(), territory))))


def _names_of(name: str, locale: Locale) -> dict[str, str]:
    """What CLDR calls the zone: "generic", "standard" and "daylight", as far as the language has them."""
    ids = (name, *figures.other_names(name))
    metazones = get_global("meta_zones")
    found: dict[str, str] = {}
    for metazone in dict.fromkeys(metazones[key] for key in ids if key in metazones):
        found |= locale.meta_zones.get(metazone, {}).get("long", {})
    for key in ids:  # London has a summer time of its own in a zone of many
        found |= locale.time_zones.get(key, {}).get("long", {})
    return {kind: str(text) for kind, text in found.items()}


_SEASONS = (datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 7, 15, tzinfo=UTC))


def _has_summer_time(zone: ZoneInfo) -> bool:
    return len({moment.astimezone(zone).utcoffset() for moment in _SEASONS}) > 1


@functools.cache
def _also(languages: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    """What each zone is found by beside its name and its label, in every language at once."""
    aliases: dict[str, list[str]] = {}
    for alias, name in _canonical().items():
        if alias != name:
            aliases.setdefault(name, []).append(alias)
    nicknames = zones.nicknames()
    found = {}
    for name, country in _countries().items():
        words = [word for language in languages for word in _in_language(language)[name].words]
        short = [text for moment in _SEASONS if (text := moment.astimezone(ZoneInfo(name)).strftime("%Z")).isalpha()]
        code = [] if country is None else [country]
        found[name] = tuple(
            dict.fromkeys([*words, *nicknames.get(name, ()), *short, *code, *sorted(aliases.get(name, ()))])
        )
    return found


@functools.cache
def _countries() -> Mapping[str, str | None]:
    """Canonical name -> ISO 3166 code; the zones without a country come last."""
    with_country = _table()
    rest = sorted({*_canonical().values()} - with_country.keys(), key=lambda name: (name != _UTC, name))
    return {**{name: with_country[name] for name in sorted(with_country)}, **dict.fromkeys(rest)}


@functools.cache
def _canonical() -> Mapping[str, str]:
    """Every name zoneinfo knows -> the one in use."""
    known, links = _table(), _links()
    found = {}
    for name in zoneinfo.available_timezones() - _NO_PLACES:
        group = [other for other in figures.other_names(name) if other in known]
        target = name if name in known or not group else group[0]
        while target not in known and target in links:
            target = links[target]
        found[name] = _UTC if target == "Etc/UTC" else target
    return found


@functools.cache
def _table() -> Mapping[str, str]:
    """IANA's zones by country: zone -> ISO 3166 code."""
    rows = [line.split("\t") for line in _read("zone.tab") if not line.startswith("#")]
    return {row[2]: row[0] for row in rows}


@functools.cache
def _links() -> Mapping[str, str]:
    """Old name -> zone."""
    rows = [line.split() for line in _read("tzdata.zi") if line.startswith("L ")]
    return {row[2]: row[1] for row in rows}


def _read(name: str) -> list[str]:
    return (resources.files("tzdata.zoneinfo") / name).read_text("utf-8").splitlines()
