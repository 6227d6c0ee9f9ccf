"""A recurrence rule of a calendar (RFC 5545, 3.3.10): its dates within bounds, and the schedule phrase it amounts to.

A rule may stand for a million dates, or for none in all eternity: no more of it is looked at than is needed.
"""

from __future__ import annotations

import calendar
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr

from bot.core import schedule
from bot.core.errors import UserError
from bot.core.phrases import DAY_NAMES

_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_PARTS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS"})
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_ORDINALS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"}
_STEPS = 40_000
"""Dates of a rule that are gone through: a daily one since 1920."""
COMPARED = 400
_LOOK_AHEAD = timedelta(days=3 * 366)
"""So many dates, at most so far ahead, must be the same for a phrase to be taken for the rule."""
_WEEK = timedelta(days=7)
_LEAP_YEAR = 2028
_LAST = datetime(2100, 1, 1)  # noqa: DTZ001 - a wall time


@dataclass(frozen=True, slots=True)
class Rule:
    """`parts` as the file gives them, values always lists; `first` is the naive wall time of its first date.

    `until` is naive, in the same wall time, and its moment included.
    """

    parts: Mapping[str, Sequence[Any]]
    first: datetime
    interval: int
    count: int | None
    until: datetime | None


def rule_of(parts: Mapping[str, Sequence[Any]], first: datetime, until: datetime | None) -> Rule:
    """Checks what can be checked without going through its dates.

    Raises:
        UserError: it recurs too often, has parts that are not read, or has no dates.
    """
    given = {name.upper(): list(values) for name, values in parts.items()}
    freq = str(given.get("FREQ", [""])[0]).upper()
    if freq in {"SECONDLY", "MINUTELY", "HOURLY"}:
        raise UserError("plan.ics_too_often", try_instead="FREQ=DAILY", freq=freq)
    others = sorted(set(given) - _PARTS)
    if freq not in _FREQUENCIES or others:
        raise UserError("plan.ics_rule", try_instead="FREQ=WEEKLY;BYDAY=FR", part=others[0] if others else "FREQ")
    interval = int(given.get("INTERVAL", [1])[0])
    count = int(given["COUNT"][0]) if "COUNT" in given else None
    if not 1 <= interval <= 1_000 or (count is not None and count < 1) or not _is_possible(given):  # noqa: PLR2004
        raise UserError("plan.ics_no_dates", try_instead="FREQ=WEEKLY;BYDAY=FR")
    return Rule(given | {"FREQ": [freq]}, first, interval, count, until)


def _is_possible(parts: Mapping[str, Sequence[Any]]) -> bool:
    """Whether there is such a day at all; dateutil would look for the 30th of February until the year 9999."""
    months = [int(month) for month in parts.get("BYMONTH", range(1, 13))]
    lengths = [calendar.monthrange(_LEAP_YEAR, month)[1] for month in months if 1 <= month <= 12]  # noqa: PLR2004
    days = [abs(int(day)) for day in parts.get("BYMONTHDAY", [1])]
    return (bool(lengths and days) and 1 <= min(days) <= max(lengths) and "BYSETPOS" not in parts) or _is_nth_day(parts)


def _is_nth_day(parts: Mapping[str, Sequence[Any]]) -> bool:
    """The one use of BYSETPOS that programs make: the nth of some weekdays in a month."""
    positions = [int(position) for position in parts.get("BYSETPOS", [])]
    is_monthly = str(parts["FREQ"][0]).upper() == "MONTHLY"
    return is_monthly and "BYDAY" in parts and "BYMONTHDAY" not in parts and all(p in _ORDINALS for p in positions)


def walls(rule: Rule, since: datetime) -> Iterator[datetime]:
    """Its naive wall times from shortly before the naive `since` on, in order.

    Raises:
        UserError: too many lie before that, or its first date is not one of its dates.
    """
    begin = rule.first
    if next(iter(_rrule(rule, begin)), None) != begin:
        raise UserError("plan.ics_first", try_instead="DTSTART", first=f"{begin:%Y-%m-%d %H:%M}")
    if rule.count is None:
        begin = _nearer(rule, since)
    last = min(rule.until or _LAST, _LAST)
    dates = itertools.takewhile(lambda wall: wall <= last, _rrule(rule, begin))
    for step, wall in enumerate(itertools.islice(dates, rule.count)):
        if step > _STEPS:
            raise UserError("plan.ics_too_old", try_instead="DTSTART")
        if wall >= since - _WEEK:
            yield wall


def _nearer(rule: Rule, since: datetime) -> datetime:
    """A date to begin with that leaves the rule as it is: whole intervals of days or weeks are passed over."""
    unit = {"DAILY": timedelta(days=1), "WEEKLY": _WEEK}.get(str(rule.parts["FREQ"][0]))
    behind = since - 2 * _WEEK - rule.first
    if unit is None or behind <= timedelta(0):
        return rule.first
    return rule.first + behind // (unit * rule.interval) * unit * rule.interval


def _rrule(rule: Rule, begin: datetime) -> rrule:
    parts = {name: values for name, values in rule.parts.items() if name not in {"COUNT", "UNTIL"}}
    text = ";".join(f"{name}={','.join(str(value) for value in values)}" for name, values in parts.items())
    found = rrulestr(text, dtstart=begin)
    assert isinstance(found, rrule)  # noqa: S101 - rrulestr makes a set only of several lines
    return found


def phrase_of(rule: Rule, first: datetime, upcoming: Sequence[datetime], now: datetime) -> schedule.Phrase | None:
    """The phrase in the market's wall time that has the same dates; None: none that we know.

    `first`: the rule's first date, aware, in the market's zone. `upcoming`: what `compared` gives of its instants.
    """
    zone = first.tzinfo.key if isinstance(first.tzinfo, ZoneInfo) else "UTC"
    begins = [first.date()]
    if rule.count is None:  # one that began in another century may as well begin with its next date
        begins += [at.astimezone(first.tzinfo).date() for at in upcoming[:1]]
    for text in (_text(rule, first, begin) for begin in begins):
        if text is None:
            return None
        try:
            phrase = schedule.parse(text, now=now, zone=zone)
        except UserError:
            continue
        ours = schedule.occurrences(phrase, zone, after=now, count=COMPARED)
        if compared((time.at for time in ours), now) == list(upcoming):
            return phrase
    return None


def compared(instants: Iterable[datetime], now: datetime) -> list[datetime]:
    """What of a rule's instants is looked at to see whether two rules are one: years with their clock changes."""
    ahead = itertools.takewhile(lambda at: at <= now + _LOOK_AHEAD, (at for at in instants if at > now))
    return list(itertools.islice(ahead, COMPARED))


def _text(rule: Rule, first: datetime, begin: date) -> str | None:
    """The rule from `begin` on in the words of a schedule phrase, on the clock of `first`; None where it has none."""
    parts = rule.parts
    shift = (first.date() - rule.first.date()).days  # where it is another day there
    match str(parts["FREQ"][0]):
        case "DAILY" if not parts.keys() & {"BYDAY", "BYMONTHDAY", "BYMONTH"} and rule.interval == 1:
            head = "daily"
        case "DAILY" if not parts.keys() & {"BYDAY", "BYMONTHDAY", "BYMONTH"} and rule.interval % 7 == 0:
            head = _weekly(rule.interval // 7, [first.weekday()])
        case "DAILY" | "WEEKLY" if not parts.keys() & {"BYMONTHDAY", "BYMONTH"}:
            if str(parts["FREQ"][0]) == "DAILY" and rule.interval > 1:
                return None
            days = [_DAYS.index(str(day)) for day in parts.get("BYDAY", []) if str(day) in _DAYS]
            head = _weekly(rule.interval, [(day + shift) % 7 for day in days or [rule.first.weekday()]])
        case "MONTHLY" if shift == 0 and "BYMONTH" not in parts and (monthly := _monthly(rule)) is not None:
            head = monthly
        case _:
            return None
    text = f"{head} {first:%H:%M} from {begin}"
    if rule.until is not None:
        on_the_day = rule.until.time() >= rule.first.time()
        text += f" until {rule.until.date() + timedelta(days=shift - (not on_the_day))}"
    return text if rule.count is None else f"{text} x{rule.count}"


def _weekly(interval: int, days: Sequence[int]) -> str:
    names = ",".join(DAY_NAMES[day] for day in sorted(set(days)))
    return f"every {names}" if interval == 1 else f"every {interval} weeks {names}"


def _monthly(rule: Rule) -> str | None:
    every = "every month" if rule.interval == 1 else f"every {rule.interval} months"
    if "BYDAY" not in rule.parts:
        days = [int(day) for day in rule.parts.get("BYMONTHDAY", [rule.first.day])]
        if days == [-1]:
            return f"{every} on the last day"
        if min(days) < 1:
            return None
        return f"{every} on the {' and '.join(f'{day}{_ending(day)}' for day in sorted(days))}"
    found = _nth_weekdays(rule)
    if found is None or len({weekday for _, weekday in found}) > 1:
        return None
    nths = " and ".join(_ORDINALS[nth] for nth, _ in sorted(found, key=lambda row: row[0] % 7))
    return f"{every} on the {nths} {DAY_NAMES[found[0][1]]}"


def _nth_weekdays(rule: Rule) -> list[tuple[int, int]] | None:
    names = [str(day) for day in rule.parts["BYDAY"]]
    positions = [int(nth) for nth in rule.parts.get("BYSETPOS", [])]
    if positions and len(names) == 1 and names[0] in _DAYS:
        return [(nth, _DAYS.index(names[0])) for nth in positions]
    found = [re.fullmatch(r"([+-]?[0-9])(MO|TU|WE|TH|FR|SA|SU)", name) for name in names]
    if positions or "BYMONTHDAY" in rule.parts or not all(found):
        return None
    pairs = [(int(each[1]), _DAYS.index(each[2])) for each in found if each is not None]
    return pairs if all(nth in _ORDINALS for nth, _ in pairs) else None


def _ending(day: int) -> str:
    return "th" if 11 <= day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")  # noqa: PLR2004 - eleventh
