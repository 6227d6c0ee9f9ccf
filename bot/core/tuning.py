"""What a session that is over would have rung under another sensitivity: its ticks, through the live bot's rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.core.rules import rules_for
from bot.core.rules.cold_room import ColdRoom
from bot.core.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.core.rules.cold_room import Sensitivity
    from bot.core.tick import Tick


@dataclass(frozen=True, slots=True)
class Trial:
    """When cold room would have rung, and for how long it could be judged at all; seconds (from the start)."""

    rings_s: tuple[int, ...]
    judged_s: int


def try_out(ticks: Sequence[Tick], sensitivity: Sensitivity) -> Trial:
    """Judges a whole session anew; `ticks` from its first on, as the live bot saw them."""
    watch = Watch(rules_for(sensitivity))
    rings_s = tuple(
        change.t_s
        for tick in ticks
        for change in watch.step(tick)
        if change.rule == ColdRoom.id and change.kind == "opened"
    )
    spans = watch.spans(ticks[-1].ends_s if ticks else 0)
    judged_s = sum(span.to_s - span.from_s for span in spans if (span.rule, span.state) == (ColdRoom.id, "judging"))
    return Trial(rings_s, judged_s)
