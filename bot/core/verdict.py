"""What an alert rule is asked and what it answers. The rules themselves, one file each, are in bot/core/rules.

A rule sees ticks in order, every tick exactly once, empty ones included, and answers with a Verdict. It must not keep
anything that `dump` does not return: `restore(dump())` at any tick goes on exactly as if nothing had happened.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, get_args, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.core.reply import Msg
    from bot.core.tick import Tick

JudgingState = Literal["warming", "judging", "too_quiet", "too_few_orders", "no_data"]
Severity = Literal["notice", "warning", "urgent"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""From the mildest."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found: `reason` in words and figures, `evidence` the figures alone (JSON values)."""

    reason: Msg
    evidence: Mapping[str, float | int | str | None]
    severity: Severity = "warning"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`opened`: ring now. `going_on`: the open alert's present figures. `cleared`: all-clear. At most one is set."""

    state: JudgingState
    opened: Finding | None = None
    going_on: Finding | None = None
    cleared: Finding | None = None


NO_NEWS: Mapping[JudgingState, Verdict] = {state: Verdict(state) for state in get_args(JudgingState)}
"""The verdict of nearly every tick, made once."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a rule goes by right now, for people who look: figures as they would be said, None where not known yet."""

    usual_per_min: float | None
    """Comments a minute that are usual for the present viewers."""
    probability: float | None
    """That what the rule looks for is happening now."""
    is_slow: bool
    """There is so little to judge by that it takes about five minutes to ring."""


class Rule(Protocol):
    """One instance watches one session of one room."""

    id: ClassVar[str]
    form: ClassVar[int]
    """Counts the shapes `dump` has had: state of another form is not restored."""

    def evaluate(self, tick: Tick, *, silent: bool) -> Verdict:
        """Judges one tick; `silent`: the no_data rule holds that the source is down, so counts mean nothing."""
        ...

    def dump(self) -> dict[str, Any]:
        """The whole state as JSON values, at most 4 KiB."""
        ...

    def restore(self, state: Mapping[str, Any]) -> None: ...


@runtime_checkable
class Amends(Protocol):
    """A rule that can be told better of ticks it has judged."""

    def amend(self, ticks: Sequence[Tick]) -> None:
        """Takes ticks of the last minute as they are now; those that did not change cost nothing."""
        ...


@runtime_checkable
class Tells(Protocol):
    """A rule that can say what it goes by."""

    def outlook(self) -> Outlook:
        """As of the last tick it judged."""
        ...
