"""IANA time zones by name, and the one place where a wall time becomes an instant.

Recurrence and what people type belong to bot.core.schedule.
"""

from __future__ import annotations

import difflib
import functools
import re
import zoneinfo
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

import tzdata  # type: ignore[import-untyped]  # its stubs are not among the test dependencies

from bot.core.errors import NotFoundError
from bot.core.excerpt import excerpt
from bot.core.reply import Listing

# The operating system's zone files differ from machine to machine (absent on Windows, years old on servers). With
# the tzdata package alone, one version decides everywhere, and a change of it can be seen and announced.
zoneinfo.reset_tzpath(to=[])

EXAMPLES = ("America/New_York", "Asia/Bangkok", "Europe/London")

_LONGEST = 64  # no zone name is near this; what is longer is not compared letter by letter
_AREAS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")

# Only suggested, never taken: CST is Chicago and Shanghai, IST is three countries, and cities are not zones.
_NEAR = {
    "pst": "America/Los_Angeles",
    "pdt": "America/Los_Angeles",
    "pt": "America/Los_Angeles",
    "mst": "America/Denver America/Phoenix",
    "mdt": "America/Denver",
    "cst": "America/Chicago Asia/Shanghai",
    "cdt": "America/Chicago",
    "edt": "America/New_York",
    "et": "America/New_York",
    "brt": "America/Sao_Paulo",
    "bst": "Europe/London Asia/Dhaka",
    "cest": "Europe/Berlin Europe/Paris",
    "eest": "Europe/Athens Europe/Kyiv",
    "msk": "Europe/Moscow",
    "gst": "Asia/Dubai",
    "pkt": "Asia/Karachi",
    "ist": "Asia/Kolkata Europe/Dublin Asia/Jerusalem",
    "ict": "Asia/Bangkok Asia/Ho_Chi_Minh",
    "wib": "Asia/Jakarta",
    "sgt": "Asia/Singapore",
    "myt": "Asia/Kuala_Lumpur",
    "pht": "Asia/Manila",
    "hkt": "Asia/Hong_Kong",
    "jst": "Asia/Tokyo",
    "kst": "Asia/Seoul",
    "aest": "Australia/Sydney Australia/Brisbane",
    "aedt": "Australia/Sydney",
    "nyc": "America/New_York",
    "miami": "America/New_York",
    "boston": "America/New_York",
    "la": "America/Los_Angeles",
    "sf": "America/Los_Angeles",
    "san_francisco": "America/Los_Angeles",
    "seattle": "America/Los_Angeles",
    "las_vegas": "America/Los_Angeles",
    "houston": "America/Chicago",
    "dallas": "America/Chicago",
    "beijing": "Asia/Shanghai",
    "shenzhen": "Asia/Shanghai",
    "guangzhou": "Asia/Shanghai",
    "hangzhou": "Asia/Shanghai",
    "china": "Asia/Shanghai",
    "hanoi": "Asia/Ho_Chi_Minh",
    "vietnam": "Asia/Ho_Chi_Minh",
    "thailand": "Asia/Bangkok",
    "malaysia": "Asia/Kuala_Lumpur",
    "indonesia": "Asia/Jakarta Asia/Makassar Asia/Jayapura",
    "philippines": "Asia/Manila",
    "mumbai": "Asia/Kolkata",
    "delhi": "Asia/Kolkata",
    "india": "Asia/Kolkata",
    "osaka": "Asia/Tokyo",
    "korea": "Asia/Seoul",
    "uk": "Europe/London",
    "germany": "Europe/Berlin",
    "france": "Europe/Paris",
    "spain": "Europe/Madrid",
    "italy": "Europe/Rome",
    "usa": "America/New_York America/Chicago America/Denver America/Los_Angeles",
    "us": "America/New_York America/Chicago America/Denver America/Los_Angeles",
    "纽约": "America/New_York",
    "洛杉矶": "America/Los_Angeles",
    "芝加哥": "America/Chicago",
    "美国": "America/New_York America/Chicago America/Denver America/Los_Angeles",
    "伦敦": "Europe/London",
    "英国": "Europe/London",
    "巴黎": "Europe/Paris",
    "北京": "Asia/Shanghai",
    "上海": "Asia/Shanghai",
    "中国": "Asia/Shanghai",
    "香港": "Asia/Hong_Kong",
    "台北": "Asia/Taipei",
    "东京": "Asia/Tokyo",
    "日本": "Asia/Tokyo",
    "首尔": "Asia/Seoul",
    "曼谷": "Asia/Bangkok",
    "泰国": "Asia/Bangkok",
    "越南": "Asia/Ho_Chi_Minh",
    "新加坡": "Asia/Singapore",
    "马来西亚": "Asia/Kuala_Lumpur",
    "马尼拉": "Asia/Manila",
    "雅加达": "Asia/Jakarta",
    "墨西哥": "America/Mexico_City",
    "圣保罗": "America/Sao_Paulo",
}


def zone(name: str) -> ZoneInfo:
    """The zone of that IANA name, upper or lower case.

    Nothing else is taken: cities and abbreviations are suggested only, since "PST" is also what people write in summer.

    Raises:
        NotFoundError: `zone.unknown`, with up to five suggestions; the best is `try_instead`.
    """
    key = _names().get(name.strip().lower()) if len(name) <= _LONGEST else None
    if key is None:
        near = _suggestions(name)
        raise NotFoundError("zone.unknown", try_instead=near[0], name=excerpt(name), suggestions=Listing(near))
    return ZoneInfo(key)


def named(word: str) -> tuple[str, ...]:
    """The zones that a name, a city or a nickname stands for; none where it is unknown."""
    typed = re.sub(r"[\s_]+", "_", word.strip().lower())
    if typed in _names():
        return (_names()[typed],)
    return tuple(dict.fromkeys(_NEAR.get(typed, "").split() + _cities().get(typed, [])))


def nicknames() -> dict[str, tuple[str, ...]]:
    """What people say of a zone that is in none of its names ("beijing", "pst", "北京"), by zone."""
    found: dict[str, list[str]] = {}
    for word, names in _NEAR.items():
        for name in names.split():
            found.setdefault(name, []).append(word)
    return {name: tuple(words) for name, words in found.items()}


def tzdata_version() -> str:
    """The IANA release in use, like "2026a"."""
    return str(tzdata.IANA_VERSION)


@dataclass(frozen=True, slots=True)
class Resolved:
    """A wall time made an instant: `at` aware UTC, `local` the same instant as the zone's clocks show it.

    `wall` is the naive wall time that was asked for. `note` is "gap" where that is skipped on its day (`local` is then
    another one), "overlap" where it comes twice. Compare `at`: by PEP 495 a `local` in an overlap equals nothing in
    another zone.
    """

    at: datetime
    local: datetime
    note: Literal["gap", "overlap"] | None
    wall: datetime


def resolve(wall: datetime, zone: ZoneInfo | str) -> Resolved:
    """The instant of a naive wall time; in an overlap the first.

    A time in a gap is read with the offset before the gap (RFC 5545 3.3.5): 02:30 becomes 03:30.

    Raises:
        NotFoundError: no such zone.
        ValueError: `wall` carries a zone already.
        OverflowError: within a day of datetime's first or last year.
    """
    if wall.tzinfo is not None:
        raise ValueError(f"{wall.isoformat()} is not a wall time: it has a zone")
    return _resolved(wall, _info(zone))


@functools.lru_cache(maxsize=16_384)
def _resolved(wall: datetime, info: ZoneInfo) -> Resolved:
    """Kept: a plan of some hundred series asks for the same few hours of each day over and over."""
    first = wall.replace(tzinfo=info, fold=0)  # PEP 495: in a gap, fold 0 is the offset before it
    at = first.astimezone(UTC)
    local = at.astimezone(info)
    note: Literal["gap", "overlap"] | None = None
    if local.replace(tzinfo=None, fold=0) != wall.replace(fold=0):
        note = "gap"
    elif first.utcoffset() != first.replace(fold=1).utcoffset():
        note = "overlap"
    return Resolved(at, local, note, wall)


def _info(name: ZoneInfo | str) -> ZoneInfo:
    return name if isinstance(name, ZoneInfo) else zone(name)


@functools.cache
def _names() -> dict[str, str]:
    return {name.lower(): name for name in sorted(zoneinfo.available_timezones())}


@functools.cache
def _cities() -> dict[str, list[str]]:
    """City -> zone names. Etc/ is left out: its signs are reversed (Etc/GMT+8 is eight hours *behind* UTC)."""
    cities: dict[str, list[str]] = {}
    for name in _names().values():
        area, _, rest = name.partition("/")
        if rest and area in _AREAS:
            cities.setdefault(rest.rpartition("/")[2].lower(), []).append(name)
    return cities


def _suggestions(name: str) -> tuple[str, ...]:
    """Best first, at most five, never empty."""
    typed = re.sub(r"[\s_]+", "_", name[:_LONGEST].strip().lower())
    cities = _cities()
    found = _NEAR.get(typed, "").split() + cities.get(typed, [])
    if not found and typed:
        city = typed.rpartition("/")[2]
        near = [city] if city in cities else difflib.get_close_matches(city, cities, n=3, cutoff=0.7)
        found = [zone_name for each in near for zone_name in cities[each]]
        areas = [key for key, value in _names().items() if value.partition("/")[0] in _AREAS]
        found += [_names()[key] for key in difflib.get_close_matches(typed, areas, n=3, cutoff=0.75)]
    return tuple(dict.fromkeys(found))[:5] or EXAMPLES
