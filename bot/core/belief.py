"""What an explanation of a room's counts believes: a Gaussian of a slow level, a fast wiggle and, in a spell, a shift.

Plain tuples and unrolled sums on purpose: these run for every explanation of every room every ten seconds, and the
same as matrices cost twenty times as much.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log
from typing import TypeAlias

Level: TypeAlias = tuple[float, float, float, float, float]
"""Means of the wiggle x and the level b; var x, cov(x, b), var b."""
Shifted: TypeAlias = tuple[float, float, float, float, float, float, float, float, float]
"""Means of x, b and the shift d; var x, cov(x, b), cov(x, d), var b, cov(b, d), var d."""

DOUBT_MOST = 4.0
"""A level that may be e^2 times more or less is not known at all; its variance grows no further."""
_STEP, _LEAST_VAR = 1.5, 1e-9


@dataclass(frozen=True, slots=True)
class Pace:
    """How things move from one count to the next."""

    keep: float
    """Share of x that is left."""
    drift: float
    """Variance that b gains."""
    to_cold: float
    to_hot: float
    to_dip: float
    from_cold: float
    from_hot: float
    from_dip: float
    clump: float
    """Size of the negative binomial: variance m + m^2 / clump."""


@dataclass(frozen=True, slots=True)
class Shift:
    """What is believed of d on entering a spell."""

    mean: float
    var: float

    def begin(self, level: Level) -> Shifted:
        x, b, xx, xb, bb = level
        return (x, b, self.mean, xx, xb, 0.0, bb, 0.0, self.var)


def lifted(one: Level, by: float) -> Level:
    return (one[0], one[1] + by, *one[2:])


def lifted_shifted(one: Shifted, by: float) -> Shifted:
    return (one[0], one[1] + by, *one[2:])


def rejoined(one: Level, back: Shifted, share: float) -> Level:
    """One Gaussian with the mean and the covariance of those who stayed and of those back from a spell (`share`)."""
    x, b, xx, xb, bb = one
    x2, b2, _, xx2, xb2, _, bb2, _, _ = back
    rest = 1 - share
    dx, db = x2 - x, b2 - b
    rest_x = rest * dx
    return (
        x + share * dx,
        b + share * db,
        rest * xx + share * (xx2 + rest_x * dx),
        rest * xb + share * (xb2 + rest_x * db),
        rest * bb + share * (bb2 + rest * db * db),
    )


def drifted(one: Level, keep: float, fresh: float, wander: float) -> Level:
    """Until the next count: x falls back towards 0 and is moved anew, b wanders."""
    x, b, xx, xb, bb = one
    return (keep * x, b, keep * keep * xx + fresh, keep * xb, bb + wander if bb < DOUBT_MOST else bb)


def entered(
    one: Shifted, level: Level, shift: Shift, share: float, keep: float, fresh: float, wander: float
) -> Shifted:
    """Those in a spell and those who just entered it, `share` of the whole, as one; and it drifts to the next count."""
    x, b, d, xx, xb, xd, bb, bd, dd = one
    x2, b2, xx2, xb2, bb2 = level
    rest = 1 - share
    dx, db, apart = x2 - x, b2 - b, shift.mean - d
    rest_x, rest_b = rest * dx, rest * db
    var_b = rest * bb + share * (bb2 + rest_b * db)
    return (
        keep * (x + share * dx),
        b + share * db,
        d + share * apart,
        keep * keep * (rest * xx + share * (xx2 + rest_x * dx)) + fresh,
        keep * (rest * xb + share * (xb2 + rest_x * db)),
        keep * (rest * xd + share * rest_x * apart),
        var_b + wander if var_b < DOUBT_MOST else var_b,
        rest * bd + share * rest_b * apart,
        rest * dd + share * (shift.var + rest * apart * apart),
    )


def corrected(one: Level, count: int, log_viewers: float, clump: float) -> tuple[float, Level]:
    """How well it foretold the count (log), and what it believes now."""
    x, b, xx, xb, bb = one
    gain_x, gain_b = xx + xb, xb + bb
    evidence, move, sure = _fitted(x + b + log_viewers, gain_x + gain_b, count, clump)
    pull_x, pull_b = gain_x * sure, gain_b * sure
    return evidence, (
        x + gain_x * move,
        b + gain_b * move,
        xx - gain_x * pull_x,
        xb - gain_x * pull_b,
        bb - gain_b * pull_b,
    )


def corrected_shifted(one: Shifted, count: int, log_viewers: float, clump: float) -> tuple[float, Shifted]:
    x, b, d, xx, xb, xd, bb, bd, dd = one
    gain_x, gain_b, gain_d = xx + xb + xd, xb + bb + bd, xd + bd + dd
    evidence, move, sure = _fitted(x + b + d + log_viewers, gain_x + gain_b + gain_d, count, clump)
    pull_x, pull_b, pull_d = gain_x * sure, gain_b * sure, gain_d * sure
    return evidence, (
        x + gain_x * move,
        b + gain_b * move,
        d + gain_d * move,
        xx - gain_x * pull_x,
        xb - gain_x * pull_b,
        xd - gain_x * pull_d,
        bb - gain_b * pull_b,
        bd - gain_b * pull_d,
        dd - gain_d * pull_d,
    )


def _fitted(guess: float, var: float, count: int, clump: float) -> tuple[float, float, float]:
    """The log mean between what was guessed and what was counted: two Newton steps, Laplace's approximation there.

    Returns the log evidence (without the part all explanations share), (log mean - guess) / var, and how much surer
    the count makes the guess.
    """
    if var < _LEAST_VAR:  # noqa: PLR1730 - a call more, five times a tick
        var = _LEAST_VAR
    mean = exp(guess)
    whole = clump + mean
    both = (count + clump) * clump
    pull = var * clump
    move = pull * (count - mean) / whole / (1 + var * both * mean / (whole * whole))
    if not -_STEP < move < _STEP:
        move = _STEP if move > 0 else -_STEP
    mean = exp(guess + move)
    whole = clump + mean
    step = (pull * (count - mean) / whole - move) / (1 + var * both * mean / (whole * whole))
    if not -_STEP < step < _STEP:
        step = _STEP if step > 0 else -_STEP
    move += step
    mean = exp(guess + move)
    whole = clump + mean
    curve = both * mean / (whole * whole)
    surer = 1 + var * curve
    evidence = count * (guess + move) - (count + clump) * log(whole) - 0.5 * (move * move / var + log(surer))
    return evidence, move / var, curve / surer
