"""What a schedule phrase means: a rule in wall time, without zone and without instants.

Reading one from words is bot.core.phrase_grammar and bot.core.schedule. Further kinds (monthly, several times a day)
become further members of Phrase.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DAY = tuple(range(7))
WEEKDAYS = tuple(range(5))
WEEKENDS = (5, 6)
MAX_INTERVAL = 52

_NAMED = {EVERY_DAY: "daily", WEEKDAYS: "weekdays", WEEKENDS: "weekends"}


@dataclass(frozen=True, slots=True)
class OneOff:
    """Once, at a naive wall time."""

    wall: datetime

    def __post_init__(self) -> None:
        if self.wall.tzinfo is not None:
            raise ValueError(f"{self.wall.isoformat()} is not a wall time: it has a zone")


@dataclass(frozen=True, slots=True)
class Weekly:
    """On `weekdays` (0 is Monday, ascending) of every `interval`-th week, counted from the week of `first`.

    `first` is the first date of the series, so one of its weekdays; `until` includes its day; `count` counts from
    `first`. Weeks begin on Monday.
    """

    weekdays: tuple[int, ...]
    wall: time
    first: date
    interval: int = 1
    until: date | None = None
    count: int | None = None

    def __post_init__(self) -> None:
        if not self.weekdays or list(self.weekdays) != sorted(set(self.weekdays) & set(EVERY_DAY)):
            raise ValueError(f"weekdays must be ascending numbers from 0 to 6, not {self.weekdays!r}")
        if self.first.weekday() not in self.weekdays:
            raise ValueError(f"the first date {self.first} is none of the weekdays {self.weekdays!r}")
        if not 1 <= self.interval <= MAX_INTERVAL or (self.count is not None and self.count < 1):
            raise ValueError(f"interval {self.interval!r} or count {self.count!r} is out of range")


Phrase = OneOff | Weekly


def phrase_text(phrase: Phrase) -> str:
    """The phrase as a person may type it; it reads back as an equal phrase (a one-off as long as it is ahead)."""
    if isinstance(phrase, OneOff):
        return f"{phrase.wall:%Y-%m-%d %H:%M}"
    days = ",".join(DAY_NAMES[day] for day in phrase.weekdays)
    if phrase.interval > 1:
        head = f"every {phrase.interval} weeks {days}"
    else:
        head = _NAMED.get(phrase.weekdays) or f"every {days}"
    text = f"{head} {phrase.wall:%H:%M} from {phrase.first}"
    if phrase.until is not None:
        text += f" until {phrase.until}"
    return text if phrase.count is None else f"{text} x{phrase.count}"


def to_json(phrase: Phrase) -> dict[str, Any]:
    """A plain dict for the store; `from_json` is its inverse."""
    if isinstance(phrase, OneOff):
        return {"kind": "once", "wall": phrase.wall.isoformat()}
    return {
        "kind": "weekly",
        "weekdays": [DAY_NAMES[day] for day in phrase.weekdays],
        "wall": phrase.wall.isoformat(),
        "first": phrase.first.isoformat(),
        "interval": phrase.interval,
        "until": None if phrase.until is None else phrase.until.isoformat(),
        "count": phrase.count,
    }


def from_json(stored: Mapping[str, Any]) -> Phrase:
    """Reads what `to_json` wrote.

    Raises:
        ValueError: of another kind (a newer version wrote it) or malformed.
    """
    try:
        if stored["kind"] == "once":
            return OneOff(datetime.fromisoformat(stored["wall"]))
        if stored["kind"] == "weekly":
            return Weekly(
                weekdays=tuple(DAY_NAMES.index(day) for day in stored["weekdays"]),
                wall=time.fromisoformat(stored["wall"]),
                first=date.fromisoformat(stored["first"]),
                interval=stored["interval"],
                until=None if stored["until"] is None else date.fromisoformat(stored["until"]),
                count=stored["count"],
            )
    except (KeyError, TypeError) as missing:
        raise ValueError(f"not a stored schedule phrase: {stored!r}") from missing
    raise ValueError(f"a schedule phrase of the unknown kind {stored['kind']!r}")
