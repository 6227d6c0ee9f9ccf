"""Public holidays by the holidays library, sale days and seasons by occasions.toml, for the country of a time zone.

The library is loaded at the first question: it would cost every start and every command line half as much again. Only
holidays of a whole country are told; a zone does not say in which of its states a market is.
"""

from __future__ import annotations

import functools
import re
import tomllib
import unicodedata
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.core.errors import StartError
from bot.core.occasions import WEEKDAYS, Announced, Occasion, Rule, days_of
from bot.core.reply import Line, Msg, msg
from prompts.zones import country_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

_FILE = Path(__file__).with_name("occasions.toml")
_HOLIDAY = "holiday."
_ALTERNATIVE = "Alternative holiday for "
_IN_BRACKETS = re.compile(r"\s*\(([^)]*)\)$")
_DAY_OFF = ("observed", "in lieu", "substituted from", "additional holiday")
"""How the library marks a day that stands in for the holiday itself."""
_A_DAY_OFF = "Day off"
"""Exchanged for a working weekend, in the year's own decree."""
_OF_LIBRARY = {"zh-CN": "zh_CN", "zh": "zh_CN"}
_KINDS = ("holiday", "sale", "season")
_WAYS = ("day", "nth", "easter", "monthly")
_FIELDS = {"id", "kind", "countries", "source", "announced", "plus", "latest", "never_easter", "lasts", "since"}


@dataclass(frozen=True, slots=True)
class Occasions:
    """`rules` are of our own table; `known` the keys of the names of holidays that have a text of ours."""

    rules: tuple[Rule, ...]
    known: frozenset[str]

    @classmethod
    def load(cls, keys: Collection[str], path: Path = _FILE) -> Occasions:
        """Reads the table; `keys` are those of the catalogues.

        Raises:
            StartError: an entry is wrong; names file and entry.
        """
        return cls(read_rules(path), frozenset(key for key in keys if key.startswith(_HOLIDAY)))

    def on(self, zone: str, day: date, language: str) -> tuple[Occasion, ...]:
        """Holidays first, then sale days, then seasons."""
        country = country_of(zone)
        if country is None:
            return ()
        own = _own(self.rules, country, day.year).get(day, ())
        found = [self._holiday(text, country, day, language) for text in _public(country, day.year).get(day, ())]
        return tuple(sorted((*found, *own), key=lambda item: _KINDS.index(item.kind)))

    def _holiday(self, text: str, country: str, day: date, language: str) -> Occasion:
        name, marks = _parts(text)
        key = _HOLIDAY + slug(name)
        said: Line = Msg(key) if key in self.known else _in_language(text, country, day, language)
        is_day_off = name != _A_DAY_OFF and any(mark.startswith(_DAY_OFF) for mark in marks)
        return Occasion(
            msg("occasion.day_off", name=said) if is_day_off else said,
            "holiday",
            is_expected=any("estimated" in mark for mark in marks),
        )


def slug(name: str) -> str:
    """A holiday's English name as the end of its key: "Benito Juárez's birthday" is "benito_juarez_s_birthday"."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")


def _parts(text: str) -> tuple[str, list[str]]:
    """The name, and what the library adds to it in brackets or before it."""
    marks = []
    while (found := _IN_BRACKETS.search(text)) is not None:
        marks.append(found[1])
        text = text[: found.start()]
    if text.startswith(_ALTERNATIVE):
        marks.append("observed")
    return text.removeprefix(_ALTERNATIVE), marks


def _in_language(text: str, country: str, day: date, language: str) -> str:
    """A name without a text of ours; where the day has one name only, the library's own in that language."""
    there = _public(country, day.year, _OF_LIBRARY.get(language, "")).get(day, ())
    return _parts(there[0] if len(there) == 1 else text)[0]


@functools.lru_cache(maxsize=512)
def _public(country: str, year: int, language: str = "") -> Mapping[date, tuple[str, ...]]:
    """The public holidays of a country by day, in English where the library has it or in a language it has."""
    import holidays  # noqa: PLC0415 - takes 70 ms; most commands never ask

    try:
        found = holidays.country_holidays(country, years=year, language=language or None)
    except NotImplementedError:  # the library lacks some twenty small countries
        return {}
    spoken = found.supported_languages
    english = next((name for name in ("en_US", *spoken) if name in spoken and name.startswith("en")), None)
    wanted = language if language in spoken else english
    if wanted is not None and wanted != found.language:
        found = holidays.country_holidays(country, years=year, language=wanted)
    return {day: tuple(text.split("; ")) for day, text in found.items() if day.year == year}


@functools.lru_cache(maxsize=512)
def _own(rules: tuple[Rule, ...], country: str, year: int) -> Mapping[date, tuple[Occasion, ...]]:
    table: dict[date, tuple[Occasion, ...]] = {}
    for rule in rules:
        for day in days_of(rule, year, country):
            said = Occasion(Msg(f"occasion.{rule.id}"), rule.kind, rule.is_expected)
            table[day] = (*table.get(day, ()), said)
    return table


def read_rules(path: Path = _FILE) -> tuple[Rule, ...]:
    """The rules of the table, in the file's order.

    Raises:
        StartError: the file cannot be read or an entry is wrong.
    """
    try:
        page = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise StartError(f"{path.name}: cannot be read: {error}") from error
    rules = tuple(_rules(page.get("occasion", []), path.name))
    ids = [rule.id for rule in rules]
    if len(ids) != len(set(ids)):
        raise StartError(f"{path.name}: the id {max(ids, key=ids.count)!r} stands twice")
    return rules


def _rules(entries: list[dict[str, Any]], where: str) -> Iterator[Rule]:
    for place, entry in enumerate(entries, 1):
        here = f"{where}, occasion {place} ({entry.get('id', 'without id')})"
        unknown = entry.keys() - _FIELDS - {*_WAYS, "expected"}
        if unknown:
            raise StartError(f"{here}: {min(unknown)} is no field")
        ways = [way for way in (*_WAYS, "announced") if way in entry]
        if len(ways) != 1:
            raise StartError(f"{here}: exactly one of {', '.join(_WAYS)} and announced tells the days")
        try:
            yield _rule(entry)
        except (KeyError, TypeError, ValueError) as error:
            raise StartError(f"{here}: {error!r}") from error


def _rule(entry: Mapping[str, Any]) -> Rule:
    if entry["kind"] not in _KINDS or not str(entry["source"]).strip() or not entry["countries"]:
        raise ValueError("kind must be holiday, sale or season; source and countries must say something")
    more: dict[str, Any] = {name: entry[name] for name in _FIELDS - {"announced", "countries"} if name in entry}
    more |= {name: entry[name] for name in ("easter", "monthly") if name in entry}
    if "day" in entry:
        month, day = map(int, entry["day"].split("-"))
        more["day"] = (date(2000, month, day).month, day)  # refuses what no year has
    if "nth" in entry:
        n, weekday, month = entry["nth"].split()
        more["nth"] = (int(n), WEEKDAYS.index(weekday), int(month))
    announced = tuple(_announced(item, entry["source"]) for item in entry.get("announced", ()))
    return Rule(
        **more,
        countries=tuple(entry["countries"]),
        announced=announced,
        is_expected=entry.get("expected", False),
    )


def _announced(item: Mapping[str, Any], source: str) -> Announced:
    if item["first"] > item["last"]:
        raise ValueError(f"{item['first']} is after {item['last']}")
    return Announced(item["first"], item["last"], item.get("source", source), tuple(item.get("countries", ())))
