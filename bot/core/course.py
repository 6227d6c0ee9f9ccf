"""A session's comments as they were judged, with the last minute open to correction.

Lines come late: what was counted a moment ago may have been too little. The course keeps the counts of the last ticks
and what was believed before them, so that a corrected count runs through again from its own tick on. What was said
meanwhile stays said; what is believed from now on is as if the lines had been in time.
"""

from __future__ import annotations

from math import exp, log
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias

from bot.core.coldfilter import COLD, EACH_TICK, ColdFilter

if TYPE_CHECKING:
    from collections.abc import Mapping

KEPT: Final = 6
"""Ticks that can be corrected at least: a minute."""
How: TypeAlias = Literal["counted", "missed", "waited"]

_LEFT, _CLUMP = exp(COLD.mean), EACH_TICK.clump
_FORGIVEN: Final = 6.0
"""However short a room was, so much is made up by a minute or two as usual: then a spell has to begin anew."""


class Entry(NamedTuple):
    """One tick as it went in: counted; missed, its count unknown; or waited, its count no sign of warmth."""

    how: How
    comments: int
    viewers: float | None


class Spell(NamedTuple):
    """What the room is short of, and since when: the last moment from which it looked colder than usual throughout."""

    short: float = 0.0
    ticks: int = 0
    comments: int = 0
    usual: float = 0.0


NO_SPELL: Final = Spell()


class Course:
    """Fed tick by tick; `belief` and `spell` are as of the newest."""

    def __init__(self) -> None:
        self.belief = ColdFilter()
        self.spell = NO_SPELL
        self._log: list[Entry] = []
        self._marks: list[tuple[str, Spell]] = []
        """What was believed before every KEPT-th entry of the log, from its first on."""

    def add(self, entry: Entry) -> None:
        """The next tick."""
        if len(self._log) == 2 * KEPT:
            del self._log[:KEPT], self._marks[0]
        if len(self._log) % KEPT == 0:
            self._marks.append((self.belief.dump(), self.spell))
        self._log.append(entry)
        if entry.how == "counted":
            self.belief.take(entry.comments, entry.viewers)
            self._measure(entry.comments)
            return
        if entry.how == "missed":
            self.belief.miss()
        else:
            self.belief.wait()
        if self.spell.ticks:
            self.spell = self.spell._replace(ticks=self.spell.ticks + 1)

    def _measure(self, comments: int) -> None:
        if self.belief.age < 0:
            return
        short, ticks, total, expected = self.spell
        usual = self.belief.usual
        # By so much is cold likelier than normal, were there no ups and downs but those inside a tick.
        short += (comments + _CLUMP) * log((_CLUMP + usual) / (_CLUMP + _LEFT * usual)) + comments * COLD.mean
        if short > 0:
            self.spell = Spell(min(short, _FORGIVEN), ticks + 1, total + comments, expected + usual)
        elif ticks:
            self.spell = NO_SPELL

    def correct(self, back: int, entry: Entry) -> bool:
        """Whether the entry so many ticks back (1: the newest) is still kept and was another; `rerun` must follow."""
        if not 1 <= back <= len(self._log):
            return False
        old = self._log[-back]
        if entry.comments == old.comments:
            return False
        self._log[-back] = entry._replace(viewers=old.viewers)
        return True

    def rerun(self) -> None:
        """Believes what follows from the corrected entries."""
        entries, (state, self.spell) = self._log, self._marks[0]
        self.belief.restore(state)
        self._log, self._marks = [], []
        for entry in entries:
            self.add(entry)

    def per_tick(self, ticks: int) -> float:
        """Mean comments of the counted among the last ticks; 0.0 where none was."""
        counts = [entry.comments for entry in self._log[-ticks:] if entry.how == "counted"]
        return sum(counts) / len(counts) if counts else 0.0

    def dump(self) -> dict[str, Any]:
        return {
            "belief": self.belief.dump(),
            "spell": list(self.spell),
            "log": [[entry.how[0], *entry[1:]] for entry in self._log],
            "marks": [[state, list(spell)] for state, spell in self._marks],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        hows: dict[str, How] = {"c": "counted", "m": "missed", "w": "waited"}
        self.belief.restore(state["belief"])
        self.spell = Spell(*state["spell"])
        self._log = [Entry(hows[how], comments, viewers) for how, comments, viewers in state["log"]]
        self._marks = [(belief, Spell(*spell)) for belief, spell in state["marks"]]
