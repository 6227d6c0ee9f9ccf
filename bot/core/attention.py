"""The host's attention budget (PRODUCT section 7): which waiting nudge goes out now, which is no longer worth it.

On air a host gets at most one nudge per 90 s. A release cue due within that time reserves the slot. A release cue
outranks an alert, an alert outranks a hand-off and any other cue. What has expired is dropped, never sent late.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

BUDGET_S = 90

NudgeKind = Literal["release", "alert", "hand_off", "cue"]
Why = Literal["late", "outranked"]

_RANK: dict[NudgeKind, int] = {"release": 0, "alert": 1, "hand_off": 2, "cue": 3}


@dataclass(frozen=True, slots=True)
class Nudge:
    """May be sent at `due_s` and before `expires_s`; seconds on any one scale, the same for the whole call."""

    id: str
    kind: NudgeKind
    due_s: float
    expires_s: float


@dataclass(frozen=True, slots=True)
class Choice:
    """`wake_s`: when to choose again (always later than now); None when nothing is left waiting."""

    send: Nudge | None
    dropped: tuple[tuple[Nudge, Why], ...]
    wake_s: float | None


def choose(
    pending: Iterable[Nudge], *, last_sent_s: float | None, now_s: float, next_release_s: float | None = None
) -> Choice:
    """Decides about all nudges that wait for one host.

    Args:
        pending: Everything neither sent nor dropped so far, in any order.
        last_sent_s: When the last nudge went out; None if none did.
        now_s: The present moment.
        next_release_s: The rundown's next release cue, if it is not among `pending` yet.
    """
    dropped: list[tuple[Nudge, Why]] = []
    waiting: list[Nudge] = []
    for nudge in sorted(pending, key=lambda nudge: (_RANK[nudge.kind], nudge.due_s, nudge.id)):
        if nudge.expires_s <= now_s:
            dropped.append((nudge, "late"))
        else:
            waiting.append(nudge)
    releases = [nudge.due_s for nudge in waiting if nudge.kind == "release"]
    if next_release_s is not None:
        releases.append(next_release_s)
    reserved_s = min((due_s for due_s in releases if due_s > now_s), default=None)
    send = _pick(waiting, last_sent_s, now_s, reserved_s)
    if send is not None:
        last_sent_s = now_s
        waiting.remove(send)
        outranked = [nudge for nudge in waiting if nudge.due_s <= now_s and nudge.expires_s <= now_s + BUDGET_S]
        dropped += [(nudge, "outranked") for nudge in outranked]
        waiting = [nudge for nudge in waiting if nudge not in outranked]
    return Choice(send, tuple(dropped), _wake(waiting, last_sent_s, now_s, reserved_s))


def _pick(waiting: list[Nudge], last_sent_s: float | None, now_s: float, reserved_s: float | None) -> Nudge | None:
    if last_sent_s is not None and now_s < last_sent_s + BUDGET_S:
        return None
    is_reserved = reserved_s is not None and reserved_s < now_s + BUDGET_S
    for nudge in waiting:
        if nudge.due_s <= now_s and (nudge.kind == "release" or not is_reserved):
            return nudge
    return None


def _wake(waiting: list[Nudge], last_sent_s: float | None, now_s: float, reserved_s: float | None) -> float | None:
    """The next moment at which anything can change: something falls due, expires, or the slot becomes free."""
    if not waiting:
        return None
    moments = [moment for nudge in waiting for moment in (nudge.due_s, nudge.expires_s)]
    if last_sent_s is not None:
        moments.append(last_sent_s + BUDGET_S)
    if reserved_s is not None:
        moments.append(reserved_s)
    return min(moment for moment in moments if moment > now_s)
