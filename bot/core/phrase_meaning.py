"""From what was said to what it means: the calendar side of reading a schedule phrase, and every refusal to guess."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import NoReturn

from bot.core.errors import UserError
from bot.core.excerpt import excerpt
from bot.core.phrase_clocks import example_time, times_of
from bot.core.phrase_days import bare_ordinals
from bot.core.phrase_draft import DayOf, Draft, Part, unreadable
from bot.core.phrase_present import Present, the_date
from bot.core.phrase_series import series
from bot.core.phrase_words import ordinal_word
from bot.core.phrase_zone import refuse_foreign_zone
from bot.core.phrases import DAY_NAMES, OneOff, Phrase
from bot.core.reply import Listing, When, msg
from bot.core.zones import resolve

_DAY = timedelta(days=1)


def meaning(draft: Draft, present: Present) -> Phrase:
    """The rule that was meant.

    Raises:
        UserError: it could mean two things, something is missing, it is past, or there is no such time.
    """
    bare_ordinals(draft)
    _leave_weekdays_out(draft)
    _one_day_of_month(draft)
    refuse_foreign_zone(draft, present)
    times = times_of(draft, present)
    if draft.doubt is None:
        _doubt_nth(draft)
    _refuse_doubt(draft, present)
    if not (draft.days or draft.weekdays or draft.nth or draft.month_days):
        _refuse_without_day(draft, present, times)
    _refuse_mixture(draft)
    day = _the_day(draft, present, times)
    if not times:
        instead = f"{excerpt(draft.raw.strip(), 200)} {example_time(draft)}"
        raise UserError("schedule.no_time", try_instead=instead, text=excerpt(draft.raw))
    if draft.repeats or draft.nth or draft.month_days or len(draft.weekdays) > 1:
        return series(draft, present, times)
    return _one_off(draft, present, day, times)


def _one_day_of_month(draft: Draft) -> None:
    """Reads "the 15th" of nothing that repeats as the next 15th there is."""
    if draft.repeats or not draft.month_days or draft.nth:
        return
    number, part = draft.month_days[0]
    if len(draft.month_days) > 1 or number < 0:
        last = draft.month_days[-1][1]
        words = draft.raw[part.start : last.end]
        monthly = f"monthly on the {words}" if words.isascii() else f"每月{words}"
        draft.months = 1
        draft.doubt_about(Part(words, part.start, last.end), (monthly,) if number < 0 else (monthly, part.text))
        return
    draft.month_days.clear()
    draft.days.append((DayOf(None, number), part))


def _leave_weekdays_out(draft: Draft) -> None:
    """Takes the days after "daily except" from the others."""
    if not draft.weekdays_out:
        return
    part = draft.parts["weekdays out"]
    if not draft.weekdays_out <= draft.weekdays or draft.nth:
        raise unreadable(draft.raw, part)
    draft.weekdays -= draft.weekdays_out
    if not draft.weekdays:
        instead = draft.raw[: draft.parts["without"].start].strip()
        raise UserError("schedule.nothing_left", try_instead=instead, part=part.text, at=part.start + 1)


def _doubt_nth(draft: Draft) -> None:
    """Like "first fri": of every month, or the next one? "every last sunday" leaves no doubt."""
    if not draft.nth or draft.months is not None:
        return
    which, weekday, part = draft.nth[0]
    if draft.repeats and which in {1, -1}:
        draft.months = 1
        return
    if not part.text.isascii():
        draft.doubt_about(part, (f"每月{part.text}", f"周{'一二三四五六日'[weekday]}"))
    elif which in {1, -1}:
        draft.doubt_about(part, (f"every {part.text}", DAY_NAMES[weekday]))
    else:
        draft.doubt_about(part, (f"monthly on the {ordinal_word(which)} {DAY_NAMES[weekday]}", DAY_NAMES[weekday]))


def _refuse_mixture(draft: Draft) -> None:
    """What says two kinds of days: a date and a rhythm, weeks and months."""
    of_month = [part for _, _, part in draft.nth] + [part for _, part in draft.month_days]
    of_week = [draft.parts[name] for name in ("weekdays", "interval") if name in draft.parts]
    dates = [part for _, part in draft.days]
    if draft.months is not None and not of_month:
        _refuse_without_day_of_month(draft)
    kinds = [kind for kind in (of_month, of_week, dates) if kind]
    if draft.nth and draft.month_days:
        raise unreadable(draft.raw, max(of_month, key=lambda part: part.start))
    if len(dates) > 1:
        raise unreadable(draft.raw, dates[1])
    if of_month and len(kinds) > 1:
        raise unreadable(draft.raw, max((part for kind in kinds for part in kind), key=lambda part: part.start))
    if dates and (draft.repeats or len(draft.weekdays) > 1):
        names = ("weekdays", "interval", "start", "until", "count")
        said = dates + [draft.parts[name] for name in names if name in draft.parts]
        raise unreadable(draft.raw, max(said, key=lambda part: part.start))


def _the_day(draft: Draft, present: Present, times: tuple[time, ...]) -> date | None:
    if not draft.days:
        return None
    (day, part), clock = draft.days[0], times[0] if times else time()
    found = the_date(draft, present, day, part, lambda each: present.is_ahead(each, clock))
    if draft.weekdays:
        _check_weekday(draft, found, clock if times else None)
    return found


def _one_off(draft: Draft, present: Present, day: date | None, times: tuple[time, ...]) -> OneOff:
    if draft.without:
        instead = draft.raw[: draft.parts["without"].start].strip()
        part = draft.parts["without"]
        raise UserError("schedule.except_once", try_instead=instead, part=part.text, at=part.start + 1)
    clock = times[-1]
    is_by_weekday = day is None
    if day is None:
        day = present.today + _DAY * ((min(draft.weekdays) - present.today.weekday()) % 7)
        if not present.is_ahead(day, times[0]):
            day += 7 * _DAY
    wall = datetime.combine(day, clock)
    if not present.is_ahead(day, clock):
        raise UserError(
            "schedule.past",
            try_instead=f"tomorrow {clock:%H:%M}",
            text=excerpt(draft.raw),
            when=When(resolve(wall, present.zone).at, present.zone.key),
        )
    if len(times) > 1:
        _refuse_times_once(draft, day, times, is_by_weekday=is_by_weekday)
    return OneOff(wall)


def _refuse_times_once(draft: Draft, day: date, times: tuple[time, ...], *, is_by_weekday: bool) -> NoReturn:
    """Several times of one day are a series of that day only, or of every week."""
    clocks = ",".join(f"{each:%H:%M}" for each in times)
    every = f"every {DAY_NAMES[day.weekday()]} {clocks}"
    others = (every,) if is_by_weekday else tuple(f"{day} {each:%H:%M}" for each in times)
    readings = (f"{every} from {day} x{len(times)}", *others)
    part = draft.clocks[1].part
    raise UserError(
        "schedule.ambiguous", try_instead=readings[0], part=part.text, at=part.start + 1, readings=Listing(readings)
    )


def _check_weekday(draft: Draft, day: date, clock: time | None) -> None:
    """One of "fri" and "2027-03-13", a Saturday, is a slip, and only the person knows which."""
    said = min(draft.weekdays)
    if day.weekday() == said:
        return
    nearest = day + _DAY * ((said - day.weekday() + 3) % 7 - 3)
    readings = tuple(f"{each} {clock or time(20):%H:%M}" for each in (day, nearest))
    raise UserError(
        "schedule.weekday_mismatch",
        try_instead=readings[0],
        date=day.isoformat(),
        actual=msg(f"schedule.weekday.{DAY_NAMES[day.weekday()]}"),
        typed=msg(f"schedule.weekday.{DAY_NAMES[said]}"),
        readings=Listing(readings),
    )


def _refuse_doubt(draft: Draft, present: Present) -> None:
    if draft.next_weekday is not None:
        coming = present.today + _DAY * ((draft.next_weekday - present.today.weekday() - 1) % 7 + 1)
        draft.doubt_about(draft.parts["next"], (f"{coming}", f"{coming + 7 * _DAY}"))
    if draft.doubt is None:
        return
    part, words = draft.doubt
    missing = "" if draft.clocks else f" {example_time(draft)}"
    readings = tuple(draft.replaced(part, each) + missing for each in words)
    raise UserError(
        "schedule.ambiguous",
        try_instead=readings[0],
        part=part.text,
        at=part.start + 1,
        readings=Listing(readings),
    )


def _refuse_without_day(draft: Draft, present: Present, times: tuple[time, ...]) -> NoReturn:
    at = ",".join(f"{each:%H:%M}" for each in times) or example_time(draft)
    if draft.months is not None:
        _refuse_without_day_of_month(draft)
    if draft.interval:
        readings: tuple[str, ...] = (f"every {draft.interval} weeks fri {at}",)
    elif draft.repeats or len(times) > 1:
        readings = (f"every fri {at}", f"daily {at}")
    else:
        today = (f"today {at}",) if times and present.is_ahead(present.today, times[0]) else ()
        readings = (*today, f"tomorrow {at}", f"daily {at}")
    raise UserError("schedule.no_day", try_instead=readings[0], text=excerpt(draft.raw), readings=Listing(readings))


def _refuse_without_day_of_month(draft: Draft) -> NoReturn:
    """Like "monthly fri": the first, the last, every one?"""
    part = draft.parts.get("months") or draft.parts.get("weekdays") or Part(draft.raw, 0, len(draft.raw))
    clock = draft.raw[draft.clocks[0].part.start : draft.clocks[-1].part.end] if draft.clocks else "20:00"
    day = min(draft.weekdays, default=None)
    if part.text.isascii():
        dates = f"monthly on the 15th {clock}"
        instead = dates if day is None else f"first {DAY_NAMES[day]} of the month {clock}"
    else:
        dates = f"每月15号 {clock}"
        instead = dates if day is None else f"每月第一个周{'一二三四五六日'[day]} {clock}"
    readings = tuple(dict.fromkeys((instead, dates)))
    raise UserError(
        "schedule.no_day_of_month", try_instead=instead, text=excerpt(draft.raw), readings=Listing(readings)
    )
