"""The shape of the demo evening: what happens when, as factors on the room's usual level. Seconds from the start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.demo.goods import PRODUCTS
from bot.demo.noise import exp

START = "2027-03-12T20:00:00-05:00"
"""A Friday, two days before daylight-saving time begins in the market."""
LENGTH_S = 9000
STEP_S = 10

RELEASES: tuple[tuple[int, str], ...] = tuple(
    zip((1560, 2610, 3660, 5310, 6360, 7410), (product.sku for product in PRODUCTS), strict=True)
)
"""When the default rundown of this length releases each product's link."""

_ON_AIR_BEFORE_S, _ON_AIR_AFTER_S = 660, 390
_RELEASE_TAU_S = 120
_AFTERGLOW_S = 40


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that truly happens in [start_s, end_s), and the factor it has at its full strength."""

    kind: str
    start_s: int
    end_s: int
    factor: float

    def covers(self, t_s: float) -> bool:
        return self.start_s <= t_s < self.end_s

    def share(self, t_s: float, ramp_s: float) -> float:
        """0 outside, 1 at full strength; it grows over `ramp_s` from the start and is gone by the end."""
        return max(0.0, min(1.0, (t_s - self.start_s) / ramp_s, (self.end_s - t_s) / ramp_s))


LULL = Happening("lull", 2700, 3300, 0.45)
GIVEAWAY = Happening("giveaway", 4110, 4500, 5.0)
COLD = Happening("cold", 5520, 6000, 0.3)
STALL = Happening("stall", 6600, 7100, 0.0)
HAPPENINGS = (LULL, GIVEAWAY, COLD, STALL)

_RECOVERY = Happening("recovery", 6000, 6240, 1.3)
_CAUGHT_UP = Happening("caught_up", 7100, 7400, 1.6)

#             from, comments, clicks, orders: the segments' own pace
_SEGMENTS = (
    (0, 1.0, 0.3, 0.3),
    (900, 1.0, 1.0, 1.0),
    (4050, 1.0, 0.6, 0.6),
    (4650, 1.0, 1.0, 1.0),
    (7800, 1.1, 0.7, 0.7),
    (8400, 1.1, 0.6, 0.8),
)


def _pace(t_s: float, column: int) -> float:
    return next(row[column] for row in reversed(_SEGMENTS) if t_s >= row[0])


def released(t_s: float) -> str | None:
    """The product whose link was released last."""
    return next((sku for at_s, sku in reversed(RELEASES) if t_s >= at_s), None)


def on_air(t_s: float) -> str | None:
    """The product the host is talking about: each has 1,050 s of its selling unit, most of them before the release."""
    return next((sku for at_s, sku in RELEASES if -_ON_AIR_BEFORE_S <= t_s - at_s < _ON_AIR_AFTER_S), None)


def _release_glow(t_s: float) -> float:
    """1 at a release, fading."""
    since = next((t_s - at_s for at_s, _ in reversed(RELEASES) if t_s >= at_s), None)
    return 0.0 if since is None else exp(-min(since / _RELEASE_TAU_S, 20))


def viewers(t_s: float) -> float:
    """Factor on the usual number of viewers: filling over 15 minutes, leaving in the last ten, and the lull."""
    filling = 0.15 + 0.85 * (1 - exp(-t_s / 300))
    leaving = 1 - 0.45 * max(0.0, (t_s - (LENGTH_S - 600)) / 600)
    lull = 1 - (1 - LULL.factor) * LULL.share(t_s, 180)
    return filling * leaving * lull * (1 + 0.1 * GIVEAWAY.share(t_s, 90))


def _giveaway(t_s: float) -> float:
    if t_s < GIVEAWAY.end_s:
        return 1.0 if GIVEAWAY.covers(t_s) else 0.0
    return exp(-min((t_s - GIVEAWAY.end_s) / _AFTERGLOW_S, 20))


def chatting(t_s: float) -> float:
    """Factor on comments per viewer."""
    cold = COLD.factor if COLD.covers(t_s) else 1.0
    recovery = 1 + (_RECOVERY.factor - 1) * _RECOVERY.share(t_s, 30)
    burst = 1 + (GIVEAWAY.factor - 1) * _giveaway(t_s)
    return _pace(t_s, 1) * cold * recovery * burst * (1 + 0.1 * _release_glow(t_s))


def liking(t_s: float) -> float:
    """Factor on likes per viewer; in the cold spell they fall less than comments."""
    return (0.6 if COLD.covers(t_s) else 1.0) * (1 + 1.5 * _giveaway(t_s))


def clicking(t_s: float) -> float:
    """Factor on product clicks per viewer."""
    return _pace(t_s, 2) * (1 + 1.4 * _release_glow(t_s))


def buying(t_s: float) -> float:
    """Factor on orders per click. Sales sag with the room in the cold spell and stop in the stall."""
    if STALL.covers(t_s):
        return STALL.factor
    cold = 0.6 if COLD.covers(t_s) else 1.0
    caught_up = _CAUGHT_UP.factor if _CAUGHT_UP.covers(t_s) else 1.0
    return _pace(t_s, 3) * cold * caught_up * (1 + 0.4 * _release_glow(t_s))


def labels() -> dict[str, Any]:
    """What truly happens and when, for judging alert rules against the recording. Seconds from the start."""
    return {
        "name": "us_evening",
        "room": "us_main",
        "seconds": float(LENGTH_S),
        "labels": [
            {"kind": h.kind, "start": float(h.start_s), "end": float(h.end_s), "factor": h.factor} for h in HAPPENINGS
        ],
        "releases": [{"t": at_s, "sku": sku} for at_s, sku in RELEASES],
    }
