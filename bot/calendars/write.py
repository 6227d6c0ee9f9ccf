"""A feed as an iCalendar file (RFC 5545), as Google Calendar, Apple Calendar and Outlook read it."""

from __future__ import annotations

import functools
import unicodedata
from datetime import datetime, timedelta

from icalendar import Calendar, Timezone, TimezoneDaylight, TimezoneStandard
from icalendar import Event as VEvent
from icalendar.prop import vDuration, vRecur

from bot.core.calendar_feed import Event, Feed
from bot.core.calendar_pieces import Rule, Window
from bot.core.excerpt import whole
from bot.core.transitions import transitions
from bot.core.zones import zone as zone_named

REFRESH = timedelta(hours=1)
"""How often readers should look again; most have their own mind about it."""
_LONGEST = 500
"""Characters of a line of text; a title has at most 2,000, and calendars show some dozens."""


def write(feed: Feed, since: datetime) -> bytes:
    """The file. `since`: the instant from which the feed shows this; the same feed and instant give the same bytes."""
    calendar = Calendar()
    calendar.add("prodid", "-//Showcaller//Showcaller//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("last-modified", since)  # of the whole: RFC 7986, 5.4
    calendar.add("x-wr-calname", _line(feed.name))
    calendar.add("x-wr-caldesc", _line(feed.about))
    calendar.add("x-wr-timezone", feed.zone)
    calendar.add("refresh-interval", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(REFRESH))
    for name in sorted({event.zone for event in feed.events} | {_zone_of(event) for event in feed.events} - {"UTC"}):
        calendar.add_component(_timezone(name, feed.shown))
    for event in feed.events:
        calendar.add_component(_event(event, since))
    return bytes(calendar.to_ical())


def _event(event: Event, since: datetime) -> VEvent:
    info = zone_named(event.zone)
    found = VEvent()
    found.add("uid", event.uid)
    found.add("dtstamp", since)
    found.add("sequence", event.sequence)
    found.add("dtstart", event.start)
    found.add("duration", timedelta(seconds=event.duration_s))
    if event.slot is not None:
        found.add("recurrence-id", event.slot.replace(tzinfo=info))
    if event.rule is not None:
        found.add("rrule", _rule(event.rule))
    if event.without:
        found.add("exdate", [wall.replace(tzinfo=info) for wall in event.without])
    found.add("summary", _line(event.summary))
    found.add("description", _text(event.description))
    if event.location:
        found.add("location", _line(event.location))
    found.add("categories", [_line(name) for name in event.categories])
    found.add("status", event.status)
    found.add("transp", "TRANSPARENT" if event.status == "CANCELLED" else "OPAQUE")
    return found


def _rule(rule: Rule) -> vRecur:
    parts: dict[str, object] = {"FREQ": rule.freq, "INTERVAL": rule.interval}
    if rule.until is not None:
        parts["UNTIL"] = rule.until
    if rule.days:
        parts["BYDAY"] = list(rule.days)
    if rule.month_days:
        parts["BYMONTHDAY"] = list(rule.month_days)
    return vRecur(parts | {"WKST": "MO"})


def _zone_of(event: Event) -> str:
    return getattr(event.start.tzinfo, "key", "UTC")


@functools.lru_cache(maxsize=256)
def _timezone(name: str, shown: Window) -> Timezone:
    """What the zone's clocks do in the window, each change named: rules like Morocco's fit into no RRULE.

    An onset is written in the wall time that holds before it (RFC 5545, 3.6.5), which icalendar's own maker does not.
    """
    info = zone_named(name)
    found = Timezone()
    found.add("tzid", name)
    begin = shown.start - timedelta(days=366)  # whatever is shown is after the first change
    first = begin.astimezone(info)
    offset = first.utcoffset() or timedelta()
    changes = transitions(info, begin, shown.end + timedelta(days=366))
    least = min([offset, *(change.after for change in changes)])
    onsets = [(first.replace(tzinfo=None, fold=0), offset, offset, first.tzname() or name)]
    onsets += [
        ((change.at + change.before).replace(tzinfo=None), change.before, change.after, change.name)
        for change in changes
    ]
    for wall, before, after, abbreviation in onsets:
        part = TimezoneStandard() if after == least else TimezoneDaylight()
        part.add("dtstart", wall)
        part.add("tzoffsetfrom", before)
        part.add("tzoffsetto", after)
        part.add("tzname", abbreviation)
        found.add_component(part)
    return found


def _line(text: str) -> str:
    """On one line."""
    cleaned = " ".join(_text(text).split())
    return cleaned if len(cleaned) <= _LONGEST else cleaned[: _LONGEST - 1] + "…"


def _text(text: str) -> str:
    """Without what some readers take for the end of a line, or the file: control characters, half characters."""
    parts = "\n".join(whole(text).splitlines())
    return "".join(c for c in parts if c == "\n" or unicodedata.category(c) != "Cc")
