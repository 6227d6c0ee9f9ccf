"""A session's comments as they were judged, with the last minute open to correction.

Lines come late: what was counted a moment ago may have been too little. The course keeps the counts of the last ticks
and what was believed before them, so that a corrected count runs through again from its own tick on. What was said
meanwhile stays said; what is believed from now on is as if the lines had been in time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias

from bot.core.belief import speaks_for
from bot.core.coldfilter import COLD, COLD_LEAVES, EACH_TICK, ColdFilter, Snapshot, packed, unpacked

if TYPE_CHECKING:
    from collections.abc import Mapping

KEPT: Final = 6
"""Ticks that can be corrected at least: a minute."""
How: TypeAlias = Literal["counted", "missed", "waited"]
Entry: TypeAlias = tuple[How, int, float | None]
"""A tick as it went in, its comments and viewers: counted; missed, so unknown; or waited, being no sign of warmth."""

_FORGIVEN: Final = 6.0
"""However short a room was, so much is made up by a minute or two as usual: then a spell has to begin anew."""


class Spell(NamedTuple):
    """What the room is short of, and since when: the last moment from which it looked colder than usual throughout."""

    short: float = 0.0
    ticks: int = 0
    comments: int = 0
    usual: float = 0.0


class Course:
    """Fed tick by tick; `belief` and `spell` are as of the newest."""

    def __init__(self) -> None:
        self.belief = ColdFilter()
        self._short = 0.0
        self._ticks = self._comments = 0
        self._usual = 0.0
        self._log: list[Entry] = []
        self._marks: list[tuple[Snapshot, Spell]] = []
        """What was believed before every KEPT-th entry of the log, from its first on."""

    @property
    def spell(self) -> Spell:
        return Spell(self._short, self._ticks, self._comments, self._usual)

    @spell.setter
    def spell(self, spell: Spell) -> None:
        self._short, self._ticks, self._comments, self._usual = spell

    def add(self, how: How, comments: int, viewers: float | None) -> None:
        """The next tick."""
        log_, belief = self._log, self.belief
        kept = len(log_)
        if not kept % KEPT:
            if kept == 2 * KEPT:
                del log_[:KEPT], self._marks[0]
            self._marks.append((belief.snapshot(), self.spell))
        log_.append((how, comments, viewers))
        if how != "counted":
            belief.miss() if how == "missed" else belief.wait()
            self._ticks += self._ticks > 0
            return
        belief.take(comments, viewers)
        if belief.age < 0:
            return
        usual = belief.usual
        # By so much is cold likelier than normal, were there no ups and downs but those inside a tick.
        short = self._short + speaks_for(COLD.mean, COLD_LEAVES, comments, usual, EACH_TICK.clump)
        if short > 0:
            self._short = min(short, _FORGIVEN)
            self._ticks += 1
            self._comments += comments
            self._usual += usual
        elif self._ticks:
            self.spell = Spell()

    def correct(self, back: int, how: How, comments: int) -> bool:
        """Whether the entry so many ticks back (1: the newest) is still kept and was another; `rerun` must follow."""
        if not 1 <= back <= len(self._log):
            return False
        _, before, viewers = self._log[-back]
        if comments == before:
            return False
        self._log[-back] = (how, comments, viewers)
        return True

    def rerun(self) -> None:
        """Believes what follows from the corrected entries."""
        entries, (state, self.spell) = self._log, self._marks[0]
        self.belief.go_back(state)
        self._log, self._marks = [], []
        for entry in entries:
            self.add(*entry)

    def per_tick(self, ticks: int) -> float:
        """Mean comments of the counted among the last ticks; 0.0 where none was."""
        counts = [comments for how, comments, _ in self._log[-ticks:] if how == "counted"]
        return sum(counts) / len(counts) if counts else 0.0

    def dump(self) -> dict[str, Any]:
        return {
            "belief": packed(self.belief.snapshot()),
            "spell": list(self.spell),
            "log": [[how[0], comments, viewers] for how, comments, viewers in self._log],
            "marks": [[packed(state), list(spell)] for state, spell in self._marks],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        hows: dict[str, How] = {"c": "counted", "m": "missed", "w": "waited"}
        self.belief.go_back(unpacked(state["belief"]))
        self.spell = Spell(*state["spell"])
        self._log = [(hows[how], comments, viewers) for how, comments, viewers in state["log"]]
        self._marks = [(unpacked(belief), Spell(*spell)) for belief, spell in state["marks"]]
