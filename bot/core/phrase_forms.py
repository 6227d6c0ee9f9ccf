"""A schedule phrase in the words a person may type, and as the store keeps it; both read back as an equal phrase."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from bot.core.phrases import (
    DAY_NAMES,
    EVERY_DAY,
    LAST,
    WEEKDAYS,
    WEEKENDS,
    Monthly,
    OneOff,
    Phrase,
    Recurring,
    Weekly,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMED = {EVERY_DAY: "daily", WEEKDAYS: "weekdays", WEEKENDS: "weekends"}
_NTH = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", LAST: "last"}
_ENDINGS = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}


def phrase_text(phrase: Phrase) -> str:
    """The phrase as a person may type it; it reads back as an equal phrase (a one-off as long as it is ahead)."""
    if isinstance(phrase, OneOff):
        return f"{phrase.wall:%Y-%m-%d %H:%M}"
    clocks = ",".join(f"{each:%H:%M}" for each in phrase.times)
    text = f"{_rhythm(phrase)} {clocks} from {phrase.first}"
    if phrase.until is not None:
        text += f" until {phrase.until}"
    if phrase.count is not None:
        text += f" x{phrase.count}"
    if phrase.without:
        text += f" except {','.join(f'{day}' for day in phrase.without)}"
    return text


def _rhythm(rule: Recurring) -> str:
    if isinstance(rule, Weekly):
        days = ",".join(DAY_NAMES[day] for day in rule.weekdays)
        if rule.interval > 1:
            return f"every {rule.interval} weeks {days}"
        return _NAMED.get(rule.weekdays) or f"every {days}"
    words = [f"{_NTH[which]} {DAY_NAMES[weekday]}" for which, weekday in rule.nth]
    words += ["last day" if day == LAST else f"{day}{_ENDINGS.get(day, 'th')}" for day in rule.days]
    head = "monthly" if rule.interval == 1 else f"every {rule.interval} months"
    return f"{head} on the {', '.join(words)}"


def to_json(phrase: Phrase) -> dict[str, Any]:
    """A plain dict for the store; `from_json` is its inverse."""
    if isinstance(phrase, OneOff):
        return {"kind": "once", "wall": phrase.wall.isoformat()}
    rhythm: dict[str, Any]
    if isinstance(phrase, Weekly):
        rhythm = {"kind": "weekly", "weekdays": [DAY_NAMES[day] for day in phrase.weekdays]}
    else:
        nth = [[which, DAY_NAMES[weekday]] for which, weekday in phrase.nth]
        rhythm = {"kind": "monthly", "days": list(phrase.days), "nth": nth}
    return rhythm | {
        "times": [each.isoformat() for each in phrase.times],
        "first": phrase.first.isoformat(),
        "interval": phrase.interval,
        "until": None if phrase.until is None else phrase.until.isoformat(),
        "count": phrase.count,
        "without": [day.isoformat() for day in phrase.without],
    }


def from_json(stored: Mapping[str, Any]) -> Phrase:
    """Reads what `to_json` wrote, and what it wrote when a series had one time of day only ("wall").

    Raises:
        ValueError: of another kind (a newer version wrote it) or malformed.
    """
    try:
        if stored["kind"] == "once":
            return OneOff(datetime.fromisoformat(stored["wall"]))
        if stored["kind"] == "weekly":
            return Weekly(tuple(DAY_NAMES.index(day) for day in stored["weekdays"]), **_common(stored))
        if stored["kind"] == "monthly":
            nth = tuple((which, DAY_NAMES.index(weekday)) for which, weekday in stored["nth"])
            return Monthly(days=tuple(stored["days"]), nth=nth, **_common(stored))
    except (KeyError, TypeError) as missing:
        raise ValueError(f"not a stored schedule phrase: {stored!r}") from missing
    raise ValueError(f"a schedule phrase of the unknown kind {stored['kind']!r}")


def _common(stored: Mapping[str, Any]) -> dict[str, Any]:
    times = stored["times"] if "times" in stored else [stored["wall"]]
    return {
        "times": tuple(time.fromisoformat(each) for each in times),
        "first": date.fromisoformat(stored["first"]),
        "interval": stored["interval"],
        "until": None if stored["until"] is None else date.fromisoformat(stored["until"]),
        "count": stored["count"],
        "without": tuple(date.fromisoformat(day) for day in stored.get("without", ())),
    }
