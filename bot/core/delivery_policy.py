"""How long a message is worth saying, what to do when it is unknown whether it arrived, how long a failure waits.

Pure; the relay and the outbox carry it out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from bot.core.records import Delivery

LEASE_S = 60
"""How long a row belongs to whoever took it, on the injected clock."""

LIMIT_S = 45.0
"""The longest one call of a chat may take, in real seconds; below the lease, so that a late answer is never recorded
for a row that somebody else has taken up."""

PATIENCE = 5
"""Failures of one row at the head of its queue before the rows behind it may pass: one message that a chat's library
stumbles over must not silence a channel. Until then order is kept."""

FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 300.0
_LONGEST_PAUSE_S = 86_400.0
_SHORTEST_PAUSE_S = 0.1

_MIN, _HOUR, _DAY = 60, 3_600, 86_400


@dataclass(frozen=True, slots=True)
class KindPolicy:
    """What a kind of message is worth.

    `if_unknown`: a post that may or may not have arrived, on a chat that cannot tell, is dropped, or sent once more and
    marked as a repeat. `lasts_s`: how long it is worth saying where the handler set no end.
    """

    if_unknown: Literal["drop", "repeat"]
    lasts_s: int


KINDS: Mapping[str, KindPolicy] = {
    "alert": KindPolicy("repeat", _HOUR),
    "answer": KindPolicy("repeat", _HOUR),
    "ask": KindPolicy("repeat", _HOUR),
    "checklist": KindPolicy("repeat", 3 * _HOUR),
    "conflict": KindPolicy("repeat", 7 * _DAY),
    "cue": KindPolicy("drop", 10 * _MIN),
    "delivery": KindPolicy("repeat", 7 * _DAY),
    "foresight": KindPolicy("repeat", 7 * _DAY),
    "go": KindPolicy("repeat", _HOUR),
    "matrix": KindPolicy("repeat", 6 * _HOUR),
    "no_go": KindPolicy("repeat", 3 * _HOUR),
    "no_show": KindPolicy("repeat", 2 * _HOUR),
    "nudge": KindPolicy("drop", 5 * _MIN),
    "offer": KindPolicy("repeat", 24 * _HOUR),
    "owners": KindPolicy("repeat", _HOUR),
    "plan": KindPolicy("repeat", 7 * _DAY),
    "prompt": KindPolicy("drop", 5 * _MIN),
    "reminder": KindPolicy("repeat", 12 * _HOUR),
    "session": KindPolicy("repeat", 6 * _HOUR),
    "setup": KindPolicy("repeat", _HOUR),
    "show": KindPolicy("repeat", 7 * _DAY),
    "summary": KindPolicy("repeat", 7 * _DAY),
    "zone_data": KindPolicy("repeat", 7 * _DAY),
}
"""By a kind's family, the part before the first dot. What a host reads out on air is dropped: heard twice, it is worse
than missed."""

QUIET_ABOUT_A_SHOW = frozenset({"cue", "owners", "prompt", "session"})
"""Families that are for who follows a show closely: where a chat has a thread or topic for it, they go there, without
a sound. Alerts, go, no-go, no-show, questions and summaries stay in the channel."""

OTHER = KindPolicy("repeat", _DAY)
"""A kind nobody has thought about is rather said twice than lost."""


def family(kind: str) -> str:
    return kind.partition(".")[0]


def policy(kind: str) -> KindPolicy:
    return KINDS.get(family(kind), OTHER)


def worth_until(kind: str, given: datetime | None, now: datetime) -> datetime:
    """The handler's own end, else the kind's, counted from the promise."""
    return given if given is not None else now + timedelta(seconds=policy(kind).lasts_s)


Again = Literal["send", "repeat", "drop"]


def again(delivery: Delivery, idempotent_s: float | None, now: datetime) -> Again:
    """What to do with a row that was just taken.

    `idempotent_s`: seconds since the first attempt within which the chat posts nothing new for the same row; None: it
    never knows. The call itself may take up to LIMIT_S, and must end inside that window.
    """
    if delivery.op == "edit" or not delivery.may_have_arrived:
        return "send"
    if idempotent_s == math.inf:
        return "send"  # the chat knows what it has; it also refuses what is too late and not there
    if delivery.expires_at is not None and delivery.expires_at <= now:
        return "drop"
    if idempotent_s is not None and delivery.first_attempt_at is not None:
        age_s = (now - delivery.first_attempt_at).total_seconds()
        if age_s + LIMIT_S <= idempotent_s:
            return "send"
    if delivery.repeat or policy(delivery.kind).if_unknown == "drop":
        return "drop"
    return "repeat"


def backoff_s(failures: int, spread: float) -> float:
    """Seconds to wait after so many failures in a row (1 or more): doubling from 1 s to 5 min.

    Spread by an eighth up or down, so that what failed together does not return together; `spread` is in [0, 1).
    """
    wait = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(max(failures, 1) - 1, 10))
    return wait * (0.875 + 0.25 * spread)


def spread_of(delivery: Delivery) -> float:
    """In [0, 1): differs from row to row and from attempt to attempt, and is the same in every run."""
    return (delivery.id * 0.618_033_988_749 + delivery.attempt * 0.414_213_562_373) % 1


def pause_s(asked_s: float) -> float:
    """What a destination asked for, within reason: not so short that it goes round in circles, and a day at most."""
    if not math.isfinite(asked_s):
        return LONGEST_WAIT_S
    return min(_LONGEST_PAUSE_S, max(_SHORTEST_PAUSE_S, asked_s))
