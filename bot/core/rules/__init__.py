"""Alert rules: one file each, pure, none knows another. RULES is the explicit list; order is the order of judging."""

from __future__ import annotations

from bot.core.rules.cold_room import ColdRoom, Sensitivity
from bot.core.rules.no_data import NoData
from bot.core.verdict import Rule

RULES: tuple[type[Rule], ...] = (NoData, ColdRoom)
"""Every rule, in the order of judging: no_data first, because the others must know of a silent source."""


def rules_for(sensitivity: Sensitivity = "normal") -> tuple[Rule, ...]:
    """Fresh rules for one session of one room; `sensitivity` is the room's, the one knob."""
    return tuple(ColdRoom(sensitivity) if rule is ColdRoom else rule() for rule in RULES)
