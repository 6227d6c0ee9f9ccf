"""What leaves as .ics is read back by others' libraries to our own instants, hosts and states."""

from __future__ import annotations

import random
import re
import zoneinfo
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import icalendar
import pytest
import recurring_ical_events

from bot.calendars.write import _timezone, write
from bot.core import schedule
from bot.core.calendar_feed import Feed
from bot.core.calendar_pieces import of_series, window
from bot.core.model import Market, Person, Role, Room, Series, Show
from bot.core.phrases import Monthly, Weekly
from bot.core.ports import Team
from bot.core.transitions import transitions
from bot.core.zones import resolve, zone
from handlers.calendar_words import Words
from handlers.timetable import dates
from prompts.catalogue import Catalogues

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
SHOWN = window(NOW)
UNTIL = NOW + timedelta(days=730)
ZONES = (
    "America/New_York", "Europe/London", "Europe/Dublin", "Africa/Casablanca", "Asia/Gaza", "America/Sao_Paulo",
    "Asia/Tehran", "Pacific/Apia", "Antarctica/Troll", "Australia/Lord_Howe", "America/Santiago", "Africa/Cairo",
    "Asia/Shanghai", "Pacific/Chatham", "America/Scoresbysund", "Atlantic/Azores", "Asia/Beirut", "America/Havana",
)  # fmt: skip
ALIASES = {name for name in zoneinfo.available_timezones() if name.startswith(("Etc/", "US/", "Canada/", "Brazil/"))}
TEAM = Team("Lamps", "en", "Asia/Shanghai")
PEOPLE = {slug: Person(slug, slug.capitalize(), Role.HOST, zone="Asia/Shanghai") for slug in ("mia", "leo", "ana")}
ROOM = Room("us_main", "US main", "tiktok", Market("America/New_York", "en-US", "USD"))
WORDS = Words(
    Catalogues.load().reader("en"),
    TEAM.zone,
    {"us_main": ROOM},
    PEOPLE,
    "test",
    SHOWN,
    names_room=False,
    names_host=True,
)


def clock_changes(name: str) -> list[datetime]:
    """Wall times within the hours that a change skips or repeats."""
    info = zone(name)
    found = []
    for change in transitions(info, NOW, UNTIL):
        size = abs(change.after - change.before)
        wall = (change.at + min(change.before, change.after)).replace(tzinfo=None)
        found.append(wall + size / 2)
    return found


def a_phrase(chance: random.Random, name: str) -> schedule.Phrase:
    """A rule that began half a year ago, or will in spring; two of five meet a change of the clocks."""
    changes = clock_changes(name)
    times = {
        time(chance.randrange(24), chance.choice((0, 15, 30, 45))) for _ in range(chance.choice((1, 1, 1, 1, 2, 3)))
    }
    days = tuple(sorted(chance.sample(range(7), chance.choice((1, 1, 2, 3, 7)))))
    met = chance.choice(changes) if changes and chance.random() < 0.4 else None
    if met is not None:  # beside it the time that it may become
        times |= {met.time(), *chance.choice(([], [(met + timedelta(hours=1)).time()]))}
        days = tuple(sorted({*days[:2], met.weekday()}))
    first = date(2026, 8, 1) + timedelta(days=chance.randrange(270))
    more = {
        "until": first + timedelta(days=chance.randrange(1, 500)) if chance.random() < 0.25 else None,
        "count": chance.randrange(1, 120) if chance.random() < 0.25 else None,
    }
    if chance.random() < 0.7:
        while first.weekday() not in days:
            first += timedelta(days=1)
        phrase = Weekly(days, tuple(sorted(times)), first, chance.choice((1, 1, 1, 2, 3, 5)), **more)
    else:
        of = chance.choice((first, first, met.date() if met else first))
        which = chance.choice(((of.day - 1) // 7 + 1, -1))
        on = chance.choice(
            ({"nth": ((which, of.weekday()),)}, {"days": (of.day,)}, {"days": (of.day, -1)}, {"days": (31,)})
        )
        if more.get("count"):
            more["count"] = min(more["count"], 30)
        while not (phrase := _monthly(tuple(sorted(times)), first, chance.choice((1, 1, 2, 3)), on, more)):
            first += timedelta(days=1)
    if chance.random() < 0.3:
        found = schedule.occurrences(phrase, name, after=SHOWN.start, count=30)
        out = tuple(sorted({item.wall.date() for item in chance.sample(found, min(3, len(found)))}))
        phrase = replace(phrase, without=out)
    return phrase


def _monthly(times: tuple[time, ...], first: date, interval: int, on: dict, more: dict) -> schedule.Phrase | None:
    try:
        return Monthly(times, first, interval=interval, **on, **more)
    except ValueError:  # the rhythm does not meet that date
        return None


def a_series(chance: random.Random, number: int) -> tuple[Series, list[Show]]:
    """A series with the shows that are planned by now, some of them moved, skipped, cancelled, swapped or renamed."""
    name = chance.choice(ZONES)
    series = Series(
        f"w{number}", "us_main", a_phrase(chance, name), name, chance.choice((1800, 3600, 9000)),
        chance.choice((None, "mia")), chance.choice((None, "Lamps", "Día de 灯 🎉; a,b\\c")), ended=0,
    )  # fmt: skip
    if chance.random() < 0.1:
        series = replace(series, ended=1)
    begun = max(SHOWN.start, NOW - timedelta(days=chance.randrange(70)))
    past = schedule.occurrences(series.phrase, name, after=begun, count=200)
    times = [item for item in past if item.at <= NOW] + dates(series.phrase, name, NOW, after=NOW)
    rows = []
    for at, item in enumerate(times):
        show = Show(
            f"w{number}s{at}", series.room, series.host, item.local.replace(tzinfo=None, fold=0), name, item.at,
            series.duration_s, "ended" if item.at < NOW else "planned", series.id, series.title, slot=item.wall,
        )  # fmt: skip
        rows.append(changed(chance, show))
    return series, rows


def changed(chance: random.Random, show: Show) -> Show:
    match chance.randrange(16):
        case 0:
            moved = resolve(
                show.starts_local + timedelta(minutes=chance.choice((-1500, -90, 30, 600, 4320))), show.zone
            )
            show = replace(show, starts_local=moved.local.replace(tzinfo=None, fold=0), starts_at=moved.at)
        case 1:
            show = replace(show, state="skipped")
        case 2:
            show = replace(show, state="cancelled")
        case 3:
            show = replace(show, host=chance.choice(("leo", "ana", None)))
        case 4:
            show = replace(show, title="Something else", duration_s=show.duration_s + 900)
        case 5:
            show = replace(show, state="cancelled", host="leo")
        case 6:
            show = replace(show, state="no_go")
        case _:
            return show
    return replace(show, sequence=1)


Seen = tuple[datetime, int, str, str]
"""Start (UTC), length in seconds, status, summary."""


def expected(series: Series, rows: list[Show], host: str | None = None) -> list[Seen]:
    """Our own view, by the rows and the schedule alone; `host`: only what is theirs."""
    shows = [row for row in rows if row.state != "skipped" and host in (None, row.host)]
    last = max((resolve(row.slot, row.zone).at for row in rows), default=NOW)
    seen = [_seen(row.starts_at, row.duration_s, row.host, row.title, row.state) for row in shows]
    if rows and not series.ended and host in (None, series.host):
        to_come = schedule.between(series.phrase, series.zone, last + timedelta(seconds=1), UNTIL)
        seen += [_seen(item.at, series.duration_s, series.host, series.title, "planned") for item in to_come]
    return sorted(item for item in seen if item[0] < UNTIL)


def _seen(at: datetime, length: int, host: str | None, title: str | None, state: str) -> Seen:
    status = {"cancelled": "CANCELLED", "no_go": "TENTATIVE"}.get(state, "CONFIRMED" if host else "TENTATIVE")
    summary = (title or "US main") + (f" ({host.capitalize()})" if host else "")
    return at, length, status, f"Cancelled: {summary}" if state == "cancelled" else summary


def feed_of(series: Series, rows: list[Show], *, is_shown=lambda _show: True) -> Feed:
    pieces = of_series(series, rows, SHOWN, sequence=7, is_shown=is_shown)
    return Feed("Test", "About", "UTC", SHOWN, tuple(WORDS.event(piece, series) for piece in pieces))


def read(text: bytes, start: datetime = SHOWN.start, end: datetime = UNTIL) -> list[Seen]:
    """As somebody else's reader has it."""
    calendar = icalendar.Calendar.from_ical(text)
    found = []
    for event in recurring_ical_events.of(calendar).between(start, end):
        at, length = event["DTSTART"].dt.astimezone(UTC), event["DTEND"].dt - event["DTSTART"].dt
        if "DURATION" in event:
            length = event["DURATION"].dt
        found.append((at, int(length.total_seconds()), str(event["STATUS"]), str(event["SUMMARY"])))
    return sorted(item for item in found if start <= item[0] < end)


@pytest.mark.parametrize("seed", range(10))
def test_random_series_are_read_back_to_our_own_dates(seed):
    chance = random.Random(seed)
    for number in range(30):
        series, rows = a_series(chance, number)
        text = write(feed_of(series, rows), NOW)
        assert read(text) == expected(series, rows), (series, text.decode())


@pytest.mark.parametrize("host", ["mia", "leo"])
def test_a_hosts_calendar_has_what_is_theirs_of_each_series_and_nothing_else(host):
    chance, found = random.Random(host), 0
    for number in range(40):
        series, rows = a_series(chance, number)
        text = write(feed_of(series, rows, is_shown=lambda show: show.host == host), NOW)
        assert read(text) == expected(series, rows, host), (series, text.decode())
        found += len(expected(series, rows, host))
    assert found > 30


def test_a_reader_who_knows_no_zone_by_name_finds_the_same_by_ours():
    """The VTIMEZONE alone tells the offsets: the zones are called as nobody's data has them."""
    chance = random.Random("zones")
    for number in range(15):
        series, rows = a_series(chance, number)
        text = write(feed_of(series, rows), NOW)
        assert text.count(b"BEGIN:VTIMEZONE") == (1 if rows else 0)
        ours = re.sub(rb"TZID([:=])" + series.zone.encode(), rb"TZID\1Ours-%d" % number, text)
        assert read(ours) == expected(series, rows), (series, ours.decode())


def test_every_zones_changes_are_told_to_the_second():
    """What stands in the file, read as RFC 5545 says, is what the zone data says, at every change and between them."""
    wrong = []
    for name in sorted(zoneinfo.available_timezones() - ALIASES):
        text = _timezone(name, SHOWN).to_ical().decode()
        made = icalendar.Timezone.from_ical(text.replace(f"TZID:{name}", "TZID:Ours")).to_tz(lookup_tzid=False)
        info = zone(name)
        moments = [SHOWN.start + timedelta(days=59 * step) for step in range(20)]
        for change in transitions(info, SHOWN.start, SHOWN.end):
            moments += [change.at - timedelta(seconds=1), change.at, change.at + timedelta(hours=30)]
        walls = [moment.astimezone(info) for moment in moments]
        wrong += [
            wall for wall in walls if not wall.fold and made.utcoffset(wall.replace(tzinfo=None)) != wall.utcoffset()
        ]
    assert wrong == []
