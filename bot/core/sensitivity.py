"""The cold-room rule's one knob as people meet it: the three settings, and what each costs in false alarms.

What a setting does to the rule is in bot/core/rules/cold_room.py.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final, get_args

from bot.core.reply import Msg, Span, msg
from bot.core.rules.cold_room import Sensitivity

if TYPE_CHECKING:
    from collections.abc import Mapping

SENSITIVITIES: Final[tuple[Sensitivity, ...]] = get_args(Sensitivity)
"""From the one that rings least."""
FALSE_ALARMS_PER_HOUR: Final[Mapping[Sensitivity, float]] = {"calm": 0.1, "normal": 0.25, "keen": 0.49}
"""Measured on real rhythms outside their cold spells (docs/detection.md); every text about false alarms is made from
these."""

_SHOW_H = 3
"""A typical show, in hours."""
_SHOWS = 4
"""People picture so many shows at most; rarer is told as one alarm in ever more shows."""


def name(sensitivity: Sensitivity) -> Msg:
    return msg(f"sensitivity.{sensitivity}")


def false_alarms(sensitivity: Sensitivity) -> Msg:
    """What the setting costs, in shows rather than rates: "about 2 false alarms in 3 shows of 3 h"."""
    per_show = FALSE_ALARMS_PER_HOUR[sensitivity] * _SHOW_H
    near = Fraction(per_show).limit_denominator(_SHOWS) or Fraction(1, round(1 / per_show))
    return msg(
        "sensitivity.false_alarms",
        n=near.denominator,
        alarms=msg("sensitivity.alarms", n=near.numerator),
        length=Span(_SHOW_H * 3600),
    )
