"""Watches one session: runs every rule over its ticks in order and keeps what each rule was able to judge, when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from bot.core.rules import rules_for
from bot.core.verdict import Amends, Finding, JudgingState, Outlook, Rule, Tells, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.core.tick import Tick

SOURCE_RULE = "no_data"
"""The rule whose finding tells the others that counts mean nothing."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a rule decided at `t_s`, seconds from the session's start."""

    rule: str
    kind: Literal["opened", "going_on", "cleared"]
    finding: Finding
    t_s: int


@dataclass(frozen=True, slots=True)
class StateSpan:
    """What a rule could do from one moment to the other, in seconds from the session's start."""

    rule: str
    state: JudgingState
    from_s: int
    to_s: int


class Watch:
    """`rules` in the order of judging; None: all of them."""

    def __init__(self, rules: Sequence[Rule] | None = None) -> None:
        self._rules = tuple(rules_for() if rules is None else rules)
        self._next = 0
        # A tick is judged at its end, so nothing is judged before: every rule begins by warming up.
        self._turns: dict[str, list[tuple[int, JudgingState]]] = {rule.id: [(0, "warming")] for rule in self._rules}

    @property
    def next_index(self) -> int:
        """The tick to be judged next."""
        return self._next

    def step(self, tick: Tick) -> list[Change]:
        """Judges one tick with every rule.

        Raises:
            ValueError: a tick left out or judged twice; empty ticks are ticks too.
        """
        if tick.index != self._next:
            raise ValueError(f"tick {tick.index} cannot be judged: tick {self._next} is next")
        self._next += 1
        changes: list[Change] = []
        silent = False
        for rule in self._rules:
            verdict = rule.evaluate(tick, silent=silent)
            if rule.id == SOURCE_RULE:
                silent = verdict.state == "no_data"
            turns = self._turns[rule.id]
            if turns[-1][1] != verdict.state:
                turns.append((tick.ends_s, verdict.state))
            change = _change(rule.id, verdict, tick.ends_s)
            if change is not None:
                changes.append(change)
        return changes

    def amend(self, ticks: Sequence[Tick]) -> None:
        """Ticks judged before, as they are now that late lines have come. Nothing is taken back that was said."""
        for rule in self._rules:
            if isinstance(rule, Amends):
                rule.amend(ticks)

    def spans(self, end_s: int) -> list[StateSpan]:
        """Every rule's states, covering the session from 0 to `end_s` without gaps."""
        found: list[StateSpan] = []
        for rule in self._rules:
            turns = tuple(self._turns[rule.id])  # a tick may add one while a transaction, in its thread, reads them
            ends = [at_s for at_s, _ in turns[1:]] + [end_s]
            for (from_s, state), to_s in zip(turns, ends, strict=True):
                if from_s < min(to_s, end_s):
                    found.append(StateSpan(rule.id, state, from_s, min(to_s, end_s)))
        return found

    def outlook(self, rule: str) -> Outlook | None:
        """What the rule of this id goes by right now; None: it is not here, or tells nothing."""
        return next((found.outlook() for found in self._rules if found.id == rule and isinstance(found, Tells)), None)

    def dump(self) -> dict[str, Any]:
        """The whole state as JSON values."""
        return {
            "next": self._next,
            "turns": {rule: [list(turn) for turn in turns] for rule, turns in self._turns.items()},
            "forms": {rule.id: rule.form for rule in self._rules},
            "rules": {rule.id: rule.dump() for rule in self._rules},
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Goes on where `dump` was taken; a rule that was not there then, or was another form of it, begins afresh."""
        self._next = state["next"]
        for rule in self._rules:
            if state.get("forms", {}).get(rule.id) == rule.form:
                rule.restore(state["rules"][rule.id])
                self._turns[rule.id] = [(at_s, name) for at_s, name in state["turns"][rule.id]]


def _change(rule: str, verdict: Verdict, t_s: int) -> Change | None:
    if verdict.opened is not None:
        return Change(rule, "opened", verdict.opened, t_s)
    if verdict.going_on is not None:
        return Change(rule, "going_on", verdict.going_on, t_s)
    if verdict.cleared is not None:
        return Change(rule, "cleared", verdict.cleared, t_s)
    return None
