"""One reader's words: turns message keys and typed values into text in a language and a time zone."""

from __future__ import annotations

import string
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_date

from bot.core.money import Money
from bot.core.reply import Line, Listing, Msg, Share, Span, Value, When
from prompts import figures

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from babel import Locale


@dataclass(frozen=True, slots=True)
class Template:
    """A text cut at its placeholders: (literal, placeholder or None) pairs. Values are never read for placeholders."""

    parts: tuple[tuple[str, str | None], ...]

    @classmethod
    def parse(cls, text: str) -> Template:
        """Reads "{name}"; doubled braces are braces.

        Raises:
            ValueError: a brace stands alone, or a placeholder is no plain name (format specs are not allowed).
        """
        parts = []
        for literal, name, spec, conversion in string.Formatter().parse(text):
            if name is not None and (spec or conversion or not name.isidentifier()):
                raise ValueError(f"placeholder {{{name}}} must be a plain name without a format")
            parts.append((literal, name))
        return cls(tuple(parts))

    @property
    def names(self) -> frozenset[str]:
        return frozenset(name for _, name in self.parts if name is not None)

    def __str__(self) -> str:
        return self.fill(lambda name: f"{{{name}}}")

    def fill(self, value_of: Callable[[str], str]) -> str:
        return "".join(literal + ("" if name is None else value_of(name)) for literal, name in self.parts)


@dataclass(frozen=True, slots=True)
class Words:
    """The forms of one key in one language; `plural` picks the form for a count."""

    forms: tuple[Template, ...]
    plural: Callable[[int], int]

    @property
    def names(self) -> frozenset[str]:
        return frozenset[str]().union(*(form.names for form in self.forms))

    def form(self, count: Value) -> Template:
        """The form for `count`; a count that is no whole number takes the last, the general one."""
        if len(self.forms) > 1 and isinstance(count, int):
            return self.forms[self.plural(abs(count))]
        return self.forms[-1]


@dataclass(frozen=True, slots=True)
class Reader:
    """`shelves`: the reader's catalogue, then those to fall back to. `zone`: an IANA name; an unknown one is UTC.

    `moment` draws an instant where it can (a chat that shows each reader their own time), else gives None.
    """

    shelves: tuple[Mapping[str, Words], ...]
    locale: Locale
    zone: str
    moment: Callable[[When], str | None] | None = None

    def line(self, line: Line) -> str:
        """The text of a message; a str is data and stays as it is. A key nobody translated is shown as the key."""
        if isinstance(line, str):
            return line
        for shelf in self.shelves:
            words = shelf.get(line.key)
            if words is not None:
                return words.form(line.params.get("n")).fill(lambda name: self._param(line, name))
        return line.key

    def value(self, value: Value) -> str:
        """One value as this reader writes it; None and NaN are "not measured"."""
        text: str | None
        match value:
            case str() | Msg():
                text = self.line(value)
            case int() | float() | Decimal():
                text = figures.number(value, self.locale)
            case Money():
                text = figures.money(value, self.locale)
            case Share():
                text = figures.share(value.ratio, value.digits, self.locale)
            case When():
                text = self._when(value)
            case Span():
                text = self._span(value.seconds)
            case Listing():
                text = self._listing(value)
            case None:
                text = None
        return self._say("core.not_measured") if text is None else text

    def _param(self, line: Msg, name: str) -> str:
        return self.value(line.params[name]) if name in line.params else f"{{{name}}}"

    def _say(self, key: str, **params: Value) -> str:
        return self.line(Msg(key, params))

    def _when(self, when: When) -> str:
        if when.at.tzinfo is None:
            raise ValueError(f"{when.at!r} has no zone: it would be shown as another instant")
        if self.moment is not None and (drawn := self.moment(when)) is not None:
            return drawn
        zone = _zone(when.zone or self.zone)
        local = when.at.astimezone(zone)
        place = figures.place(zone.key, self.locale)
        name = figures.zone_name(local, self.locale)
        style = when.style
        if style in ("time", "exact") and local.replace(fold=1 - local.fold).utcoffset() != local.utcoffset():
            style = "full"  # the hour that the clocks repeat: the city alone would leave open which of the two
        params = {
            "date": self._date(local, "core.pattern.date"),
            "day": self._date(local, "core.pattern.day"),
            "time": local.strftime("%H:%M:%S" if when.style == "exact" else "%H:%M"),
            "zone": name,
        }
        if place is None:
            return self._say(f"core.when.{style}_zone", **params)
        return self._say(f"core.when.{style}", place=place, **params)

    def _date(self, local: datetime, pattern: str) -> str:
        return str(format_date(local, self._say(pattern), locale=self.locale))

    def _span(self, seconds: int) -> str:
        """The two largest units; what is dropped is rounded, so 2 h 59 min 40 s is 3 h."""
        left = abs(seconds)
        for limit, unit in ((86_400, 3_600), (3_600, 60)):
            if left >= limit:
                left = round(left / unit) * unit
                break
        parts = []
        for name, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1)):
            count, left = divmod(left, size)
            if count:
                parts.append(self._say(f"core.span.{name}", n=count))
        text = " ".join(parts) or self._say("core.span.seconds", n=0)
        return f"-{text}" if seconds < 0 else text

    def _listing(self, listing: Listing) -> str:
        if not listing.items:
            return self._say("core.list.none")
        head, *rest = [self.value(item) for item in listing.items]
        for item in rest[:-1]:
            head = self._say("core.list.middle", head=head, item=item)
        return self._say("core.list.end", head=head, item=rest[-1]) if rest else head


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(UTC.tzname(None))
