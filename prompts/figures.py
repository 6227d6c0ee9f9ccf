"""How numbers, money and places are written in a language. Pure; the zone data and CLDR come with the libraries."""

from __future__ import annotations

import functools
import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING

from babel import Locale
from babel.core import get_global
from babel.dates import format_time, get_timezone_name
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_precision, get_currency_symbol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from bot.core.money import Money

_WITHOUT_DECIMALS = frozenset(
    {"IDR"}
)  # CLDR keeps sen in its standard form; no price in rupiah has used them for decades
_CLEARER = {("en", "USD"): "US$", ("en", "JPY"): "JP¥"}  # a bare $ or ¥ is a guess in a team that sells in ten markets
_HOURS_AND_MINUTES = re.compile(r"([+-])(\d\d)(\d\d)")


def nearest(language: str, known: Iterable[str], fallback: str) -> str:
    """The known language for a reader of `language` (BCP 47): itself, another form of it ("zh"), the fallback."""
    asked = language.replace("_", "-").casefold()
    by_name = {name.casefold(): name for name in known}
    by_base = {name.partition("-")[0]: by_name[name] for name in sorted(by_name, reverse=True)}
    return by_name.get(asked) or by_base.get(asked.partition("-")[0], fallback)


def locale_of(language: str) -> Locale:
    """The CLDR locale of a BCP 47 language ("zh-CN")."""
    return Locale.parse(language, sep="-")


def number(value: float | Decimal, locale: Locale) -> str | None:
    """Grouped by the locale. A Decimal keeps its digits, a float shows three figures at least; NaN is None."""
    if isinstance(value, int):
        return str(format_decimal(value, locale=locale))
    if not math.isfinite(value):
        return None
    if isinstance(value, Decimal):
        places = max(0, -int(value.as_tuple().exponent))
        pattern = "#,##0" + ("." + "0" * places if places else "")
        return str(format_decimal(value, format=pattern, locale=locale))
    digits = 2 if abs(value) >= 1 or value == 0 else 2 - math.floor(math.log10(abs(value)))
    rounded = Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits))
    return str(format_decimal(rounded, locale=locale, decimal_quantization=False))


def share(ratio: float, digits: int, locale: Locale) -> str | None:
    """A ratio as a percentage with `digits` decimals; NaN is None."""
    if not math.isfinite(ratio):
        return None
    pattern = "#,##0" + ("." + "0" * digits if digits else "") + "%"
    return str(format_percent(ratio, format=pattern, locale=locale))


def money(value: Money, locale: Locale, *, spoken: bool = False) -> str:
    """The amount with a symbol only this currency has.

    `spoken` is for a line on air, where the market's currency is understood and nobody says ".00": "$30".
    """
    whole = get_currency_precision(value.currency) == 0 or value.currency in _WITHOUT_DECIMALS
    if whole or (spoken and value.amount == value.amount.to_integral_value()):
        pattern = re.sub(r"\.0+", "", locale.currency_formats["standard"].pattern)
        text = format_currency(value.amount, value.currency, pattern, locale=locale, currency_digits=False)
    else:
        text = format_currency(value.amount, value.currency, locale=locale)
    clearer = _CLEARER.get((locale.language, value.currency))
    if clearer is not None and not spoken:
        text = text.replace(get_currency_symbol(value.currency, locale=locale), clearer, 1)
    return re.sub(r"(?<=[A-Za-z])(?=\d)", "\N{NO-BREAK SPACE}", text)


def clock(local: datetime, locale: Locale) -> str:
    """The time of day as it is written there: "8:00 PM", "20:00"."""
    return str(format_time(local, "short", locale=locale)).replace("\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}")


def offset(local: datetime) -> str:
    """The offset of an aware local time: "UTC+8", "UTC+5:30", "UTC"."""
    found = _HOURS_AND_MINUTES.match(local.strftime("%z"))
    if found is None or found.group(2, 3) == ("00", "00"):
        return "UTC"
    sign, hours, minutes = found.groups()
    return f"UTC{sign}{int(hours)}" + (f":{minutes}" if minutes != "00" else "")


def zone_name(local: datetime, locale: Locale) -> str:
    """The name readers of the language know ("EST"), the offset where there is none."""
    name = str(get_timezone_name(local, "short", locale=locale))
    return name if name.isalpha() and name != "GMT" else offset(local)


def place(zone: str, locale: Locale) -> str | None:
    """The city a zone is named after; None for UTC and for Etc/GMT+5, whose sign is the wrong way round."""
    if "/" not in zone or zone.startswith("Etc/"):
        return None
    # CLDR files a city under the zone's oldest name (Asia/Saigon), people write the newest.
    for name in (zone, *other_names(zone)):
        city = locale.time_zones.get(name, {}).get("city")
        if city:
            return str(city)
    return zone.rpartition("/")[2].replace("_", " ")


def other_names(zone: str) -> tuple[str, ...]:
    """What CLDR holds for other names of the same zone, alphabetically."""
    return _other_names().get(zone, ())


@functools.cache
def _other_names() -> Mapping[str, tuple[str, ...]]:
    aliases = get_global("zone_aliases")
    groups: dict[str, set[str]] = {}
    for old, new in aliases.items():
        groups.setdefault(new, {new}).add(old)
    return {name: tuple(sorted(group - {name})) for group in groups.values() for name in group}
