"""Cold room: comments fall well below this room's own level for its present viewers.

How likely that is: bot/core/coldfilter.py, from comments per viewer (audience.py), and likes as a second witness
(witness.py). This file decides when that rings and clears, and says it in figures. docs/detection.md has it whole.
"""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, TypeAlias

from bot.core.audience import Audience
from bot.core.course import Course, How
from bot.core.reply import Msg, Span
from bot.core.tick import TICK_S, Tick
from bot.core.verdict import NO_NEWS, Finding, JudgingState, Outlook, Severity, Verdict
from bot.core.witness import Likes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Sensitivity: TypeAlias = Literal["calm", "normal", "keen"]

WARM_S = 600
RING_AT: Final[Mapping[Sensitivity, float]] = {"calm": 1.3, "normal": 0.22, "keen": -0.3}
"""Log odds of cold that ring (normal: P 0.55); a point more is about half the false alarms."""
CLEAR_AT, BACK = -1.0, 0.55
"""All clear when the log odds are lower (P 0.27) and the last minute or more had this share of what is usual: a brief
burst of comments is no end."""
QUIET_BELOW, AWAKE_FROM, QUIET_WHILE_OPEN = 1.3, 1.6, 0.5
"""Usual comments per minute: judging stops, starts again, an open alert is given up."""
SLOW_BELOW: Final = 5.0
"""Usual comments per minute: up to here it takes about five minutes to ring."""
NEW_LEVEL_S, NEW_LEVEL, NOT_BACK = 30 * 60, 0.7, 0.5
"""How long it rings, or what is left of the level per viewer, before it is taken for what the room is now; and what
comments must be back to, of the level when it rang, to be called back."""
HELD_TICKS = 6
TOLD_EVERY_S = 60

_PER_MIN: Final = 60 / TICK_S
_PRESENT, _RECOVERY = 12, 9
"""Ticks that "now" means while it is cold, and when it clears."""
_WHOLE_FROM = 10
_MOST_SURE = 0.99
"""Said at most: a model is never surer of its own figures."""
_MILD, _DEEP = 0.45, 0.15
_SHORT_S, _LONG_S = 300, 600


class ColdRoom:
    id: ClassVar[str] = "cold_room"
    form: ClassVar[int] = 2

    def __init__(self, sensitivity: Sensitivity = "normal") -> None:
        self._ring_at = RING_AT[sensitivity]
        self._audience = Audience()
        self._course = Course()
        self._likes = Likes()
        self._held: list[int] = []  # comments of ticks not yet known to be empty
        self._next = 0
        self._has_heartbeat = self._is_quiet = False
        self._began_s: int | None = None  # of the spell that rings now
        self._rang_s = 0
        self._usual_then = 0.0  # when it rang: usual comments per tick and viewer
        self._told_s = 0

    def evaluate(self, tick: Tick, *, silent: bool) -> Verdict:
        """Judges one tick. A paused stream and a silent source are not judged; an open alert waits for them to end."""
        self._next = tick.index + 1
        self._audience.watch(tick.concurrent)
        self._has_heartbeat = self._has_heartbeat or tick.heartbeat
        if silent or tick.paused:
            self._settle("missed")
            self._add("missed", tick.comments, None)
            return NO_NEWS["warming" if tick.ends_s < WARM_S else "no_data"]
        # Where a heartbeat is due, an empty tick may be the source's silence: it counts once something follows it.
        if not tick.comments and self._has_heartbeat and tick.is_empty and len(self._held) < HELD_TICKS:
            self._held.append(0)
            return NO_NEWS[self._state(tick.ends_s)]
        if self._held:
            self._settle("counted")
        if tick.giveaway:
            self._add("waited", tick.comments, None)
            return NO_NEWS[self._state(tick.ends_s)]
        self._add("counted", tick.comments, tick.likes)
        return self._judge(tick.ends_s)

    def amend(self, ticks: Sequence[Tick]) -> None:
        """Ticks judged before, as they are now that late lines have come; older than a minute they stay as they were.

        Comments only: likes are too weak a witness, and viewers too slow, for one late line to matter.
        """
        first_held = self._next - len(self._held)
        is_other = False
        for tick in ticks:
            if first_held <= tick.index < self._next:
                self._held[tick.index - first_held] = tick.comments
                continue
            how: How = "missed" if tick.paused else "waited" if tick.giveaway else "counted"
            is_other |= self._course.correct(first_held - tick.index, how, tick.comments)
        if is_other:
            self._course.rerun()

    def _settle(self, how: How) -> None:
        """What was held is judged: empty ticks of a slow source, or of one that is gone."""
        for comments in self._held:
            self._add("counted" if comments else how, comments, 0 if how == "counted" else None)
        self._held.clear()

    def _add(self, how: How, comments: int, likes: int | None) -> None:
        viewers = self._audience.viewers
        self._course.add(how, comments, viewers)
        self._likes.hear(likes, viewers)

    @property
    def probability(self) -> float | None:
        """Of being cold, as of the last judged tick; None while it begins."""
        return None if self._course.belief.age < 0 else 1 / (1 + exp(-self._log_odds))

    @property
    def usual_per_min(self) -> float | None:
        """Comments a minute that the present viewers usually write; None while it begins."""
        return None if self._course.belief.age < 0 else self._course.belief.mean_usual * _PER_MIN

    def outlook(self) -> Outlook:
        """What is usual, how likely cold is (never surer than an alert would say it), and whether it is slow here."""
        usual, p = self.usual_per_min, self.probability
        return Outlook(
            None if usual is None else _said(usual),
            None if p is None else round(min(max(p, 1 - _MOST_SURE), _MOST_SURE), 2),
            usual is not None and usual < SLOW_BELOW,
        )

    @property
    def _log_odds(self) -> float:
        return self._course.belief.log_odds + self._likes.word

    def _judge(self, now_s: int) -> Verdict:
        belief = self._course.belief
        limit = AWAKE_FROM if self._is_quiet else QUIET_BELOW if self._began_s is None else QUIET_WHILE_OPEN
        self._is_quiet = belief.age >= 0 and belief.usual * _PER_MIN < limit
        state = self._state(now_s)
        if self._began_s is not None:
            return self._follow(state, now_s, now_s - self._began_s)
        if state != "judging" or self._log_odds < self._ring_at:
            return NO_NEWS[state]
        spell = self._course.spell
        if not spell.ticks:  # a burst can pull "cold" along until it means hot (docs/detection.md)
            return NO_NEWS[state]
        ticks, per_tick = spell.ticks, spell.comments / spell.ticks
        usual = spell.usual / ticks * belief.mean_usual / belief.usual
        self._began_s, self._rang_s, self._told_s = now_s - ticks * TICK_S, now_s, now_s
        self._usual_then = belief.mean_usual / (self._audience.viewers or 1.0)
        return Verdict(state, opened=self._finding("alert.cold_room.reason", ticks * TICK_S, per_tick, usual))

    def _follow(self, state: JudgingState, now_s: int, lasted_s: int) -> Verdict:
        """The open alert: cleared, told anew once a minute, or left as it is."""
        belief, viewers = self._course.belief, self._audience.viewers or 1.0
        is_clear = self._log_odds < CLEAR_AT and self._course.per_tick(_RECOVERY) >= BACK * belief.usual
        is_over = now_s - self._rang_s >= NEW_LEVEL_S
        if self._is_quiet:
            key = "alert.cold_room.cleared_quiet"
        elif is_over or is_clear:
            was = self._usual_then * viewers
            is_lower = belief.mean_usual < NEW_LEVEL * was or self._course.per_tick(_RECOVERY) < NOT_BACK * was
            is_new_level = is_over or is_lower
            key = "alert.cold_room.cleared_new_level" if is_new_level else "alert.cold_room.cleared"
        elif now_s - self._told_s >= TOLD_EVERY_S:
            self._told_s = now_s
            now = self._course.per_tick(_PRESENT)
            return Verdict(state, going_on=self._finding("alert.cold_room.reason", lasted_s, now, belief.mean_usual))
        else:
            return NO_NEWS[state]
        usual = self._usual_then * viewers if key == "alert.cold_room.cleared_new_level" else belief.mean_usual
        finding = self._finding(key, lasted_s, self._course.per_tick(_RECOVERY), usual)
        if is_over:
            belief.forget()
        self._began_s = None
        return Verdict(state, cleared=finding)

    def _finding(self, key: str, lasted_s: int, per_tick: float, usual: float) -> Finding:
        viewers = self._audience.viewers
        p = round(min(self.probability or 0.0, _MOST_SURE), 2)
        counted = None if viewers is None else round(viewers)
        if counted is None and key == "alert.cold_room.reason":
            key = "alert.cold_room.reason_no_gauge"
        params = {"n": _said(per_tick * _PER_MIN), "usual": _said(usual * _PER_MIN), "viewers": counted, "p": p}
        signals = ["comment"] + ["concurrent"] * (counted is not None) + ["like"] * self._likes.is_heard
        ratio = per_tick / usual
        evidence = {
            "comments_per_min": round(per_tick * _PER_MIN, 2),
            "usual_per_min": round(usual * _PER_MIN, 2),
            "concurrent": counted,
            "ratio": round(ratio, 3),
            "p": p,
            "spread": round(self._course.belief.spread, 3),
            "lasted_s": lasted_s,
            "signals": "+".join(signals),
        }
        return Finding(Msg(key, {**params, "lasted": Span(lasted_s)}), evidence, _severity(ratio, lasted_s))

    def _state(self, now_s: int) -> JudgingState:
        if now_s < WARM_S or self._course.belief.age < 0:
            return "warming"
        return "too_quiet" if self._is_quiet else "judging"

    def dump(self) -> dict[str, Any]:
        return {
            "audience": self._audience.dump(),
            "course": self._course.dump(),
            "likes": self._likes.dump(),
            "held": list(self._held),
            "next": self._next,
            "has_heartbeat": self._has_heartbeat,
            "is_quiet": self._is_quiet,
            "began_s": self._began_s,
            "usual_then": self._usual_then,
            "rang_s": self._rang_s,
            "told_s": self._told_s,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        for name, value in state.items():
            if name in {"audience", "course", "likes"}:
                getattr(self, f"_{name}").restore(value)
            else:
                setattr(self, f"_{name}", list(value) if name == "held" else value)


def _severity(ratio: float, lasted_s: int) -> Severity:
    """From depth and duration: a dip that is mild and young is worth a look, a deep or long one cannot wait."""
    if lasted_s >= _LONG_S or (ratio < _DEEP and lasted_s >= _SHORT_S):
        return "urgent"
    return "notice" if ratio > _MILD and lasted_s < _SHORT_S else "warning"


def _said(per_min: float) -> int | float:
    """As somebody would say it: whole above ten, else one decimal."""
    rounded = round(per_min, 1) if per_min < _WHOLE_FROM else round(per_min)
    return int(rounded) if rounded == int(rounded) else rounded
