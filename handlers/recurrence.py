"""What becomes of a series' rule when its shows are changed: where it ends, how it goes on, at which time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from bot.core import schedule
from bot.core.zones import resolve

_DAY = timedelta(days=1)
_MOMENT = timedelta(microseconds=1)
_MANY = 1000


def slots(phrase: schedule.Phrase, zone: str, first: date, last: date) -> list[datetime]:
    """The wall times the rule gives from one date to another, both included."""
    begin = resolve(datetime.combine(first, time()), zone).at - _MOMENT
    found = schedule.occurrences(phrase, zone, after=begin, count=_MANY)
    return [each.wall for each in found if first <= each.wall.date() <= last]


def rest(phrase: schedule.Phrase, zone: str, slot: datetime) -> schedule.Phrase:
    """The rule from this date of it on; of a number of dates, those that are left."""
    if isinstance(phrase, schedule.OneOff):
        return phrase
    left = phrase.count
    if left is not None:
        begin = resolve(datetime.combine(phrase.first, time()), zone).at - _DAY
        every = schedule.occurrences(phrase, zone, after=begin, count=left)
        left = sum(each.wall.date() >= slot.date() for each in every)
    return replace(phrase, first=slot.date(), count=left or None)


def until(phrase: schedule.Phrase, slot: datetime) -> schedule.Phrase:
    """The rule up to the day before this date of it."""
    if isinstance(phrase, schedule.OneOff):
        return phrase
    return replace(phrase, until=slot.date() - _DAY, count=None)


def at_time(phrase: schedule.Phrase, new: time) -> schedule.Phrase:
    """The same days at another time."""
    return phrase if isinstance(phrase, schedule.OneOff) else replace(phrase, wall=new)


def bounded_as(phrase: schedule.Phrase, old: schedule.Phrase) -> schedule.Phrase:
    """A rule that says no end ends as the one it takes the place of."""
    if isinstance(phrase, schedule.OneOff) or isinstance(old, schedule.OneOff) or is_bounded(phrase):
        return phrase
    return replace(phrase, until=old.until, count=old.count)


def is_bounded(phrase: schedule.Phrase) -> bool:
    return isinstance(phrase, schedule.OneOff) or phrase.until is not None or phrase.count is not None
