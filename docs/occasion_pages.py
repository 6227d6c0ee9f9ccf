"""docs/occasions.md: the sale days and seasons of our own table, each with its rule and where that comes from."""

from __future__ import annotations

from collections.abc import Iterator

from bot.core.occasions import Announced, Rule
from bot.core.reply import Msg
from prompts.catalogue import Catalogues
from prompts.occasions import read_rules

_ABOUT = """\
Beside a date stands what it is in the market: a public holiday, a big sale day, a season. Nothing is ever skipped for
it. The market's country is the one IANA lists its time zone under; a zone without a country (UTC) has no occasions.

**Public holidays** are those of the [holidays](https://github.com/vacanza/holidays) library, for the whole country: a
zone does not say in which state a market is. Where the moon or a decree decides, the library estimates, and the bot
says "expected".

**Sale days and seasons** are the table below, `prompts/occasions.toml`. What is announced year by year holds for the
years listed and is absent in others: a guess would be planned on. To add a year, add its dates and where they were
announced, and run `python -m docs.reference`."""
_WHICH = {1: "first", 2: "second", 3: "third", 4: "fourth", -1: "last"}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def lines() -> Iterator[str]:
    """The page, line by line."""
    reader = Catalogues.load().reader("en")
    yield from ("# Holidays and sale days", "", "<!-- Made by `python -m docs.reference`; do not edit. -->", "")
    yield from _ABOUT.splitlines()
    for kind, title in (("sale", "Sale days"), ("season", "Seasons")):
        yield from ("", f"## {title}", "", "| What | Countries | When | By |", "| --- | --- | --- | --- |")
        for rule in (item for item in read_rules() if item.kind == kind):
            name = reader.line(Msg(f"occasion.{rule.id}"))
            when = when_of(rule) + (", expected" if rule.is_expected else "")
            yield f"| {name} | {' '.join(rule.countries)} | {when} | {rule.source} |"
            yield from (_year(item) for item in rule.announced if item.source != rule.source)


def when_of(rule: Rule) -> str:
    """The rule in words."""
    said = _first(rule)
    if rule.plus:
        said = f"{rule.plus} day{'s' if rule.plus > 1 else ''} after the {said}"
    if rule.lasts > 1:
        said += f", {rule.lasts} days"
    if rule.latest is not None:
        said += f", a week earlier where that is later than the {rule.latest}th"
    if rule.never_easter is not None:
        said += f", a week later where that is Easter + {rule.never_easter} days"
    return said + (f", since {rule.since}" if rule.since else "")


def _first(rule: Rule) -> str:
    if rule.day is not None:
        return f"{rule.day[1]} {_MONTHS[rule.day[0] - 1]}"
    if rule.nth is not None:
        n, weekday, month = rule.nth
        return f"{_WHICH[n]} {_DAYS[weekday]} of {_MONTHS[month - 1]}"
    if rule.easter is not None:
        return f"Easter Sunday {rule.easter:+} days"
    if rule.monthly is not None:
        return f"the {rule.monthly}th of each month"
    is_by_year = any(item.source != rule.source for item in rule.announced)
    return "as announced:" if is_by_year else f"{rule.announced[0].first.year} to {rule.announced[-1].last.year}"


def _year(item: Announced) -> str:
    return f"| | {' '.join(item.countries)} | {item.first} to {item.last} | {item.source} |"
