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
Step: TypeAlias = tuple[float, float, float]
"""Until the next count: the share of x that is left, the variance x gains, the variance b gains."""
Seen: TypeAlias = tuple[int, float, float, float, float]
"""A count as evidence: itself, log viewers, clump (variance m + m^2 / clump), its log, and the variance of that log."""

DOUBT_MOST = 4.0
"""A level that may be e^2 times more or less is not known at all; its variance grows no further."""


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


def speaks_for(mean: float, factor: float, count: int, usual: float, clump: float) -> float:
    """By how much (log) a count is likelier under a shift of this mean than usual, were the level known for sure.

    `factor`: exp(mean), at hand.
    """
    return (count + clump) * log((clump + usual) / (clump + factor * usual)) + count * mean


def rejoined(one: Level, back: Shifted, share: float) -> Level:
    """Those who stayed and those back from a spell, `share` of all, as one Gaussian of the same mean and spread."""
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


def follow(one: Level, others: Level, share: float, shift: float, seen: Seen | None, step: Step) -> tuple[float, Level]:
    """Is joined by `share` of others, learns from the count if there is one, and drifts to the next.

    Returns how well it foretold the count (log, less what all share), and what it expects of the next. That is
    Laplace's approximation: it looks where two Gaussians would meet, the guess and the count's log, and goes one
    Newton step from there; the log evidence follows the same parabola to its top. `shift`: of one that knows its own.
    """
    x, b, xx, xb, bb = one
    x2, b2, xx2, xb2, bb2 = others
    keep, fresh, wander = step
    rest = 1 - share
    dx, db = x2 - x, b2 - b
    rest_x = rest * dx
    x += share * dx
    b += share * db
    xx = rest * xx + share * (xx2 + rest_x * dx)
    xb = rest * xb + share * (xb2 + rest_x * db)
    bb = rest * bb + share * (bb2 + rest * db * db)
    evidence = 0.0
    if seen is not None:
        count, log_viewers, clump, shown, doubt = seen
        gain_x, gain_b = xx + xb, xb + bb
        var = gain_x + gain_b
        guess = x + b + shift + log_viewers
        move = var / (var + doubt) * (shown - guess)
        near = guess + move
        mean = exp(near)
        both, whole = count + clump, mean + clump
        expected = both * mean / whole
        curve = expected * clump / whole
        surer = 1 + var * curve
        slope = count - expected - move / var
        further = slope * var / surer
        evidence = count * near - both * log(whole) - 0.5 * (move * move / var + log(surer) - slope * further)
        pull, sure = (move + further) / var, curve / surer
        lost_x = gain_x * sure
        x += gain_x * pull
        b += gain_b * pull
        xx -= gain_x * lost_x
        xb -= gain_b * lost_x
        bb -= gain_b * gain_b * sure
    return evidence, (
        keep * x,
        b,
        keep * keep * xx + fresh,
        keep * xb,
        bb + wander if bb < DOUBT_MOST else bb,
    )


def follow_shifted(
    one: Shifted, level: Level, share: float, shift: Shift, seen: Seen | None, step: Step
) -> tuple[float, Shifted]:
    """The same with a shift to be learned; written out again, since calls in common would cost all of it more."""
    x, b, d, xx, xb, xd, bb, bd, dd = one
    x2, b2, xx2, xb2, bb2 = level
    keep, fresh, wander = step
    rest = 1 - share
    dx, db, apart = x2 - x, b2 - b, shift.mean - d
    rest_x, rest_b = rest * dx, rest * db
    x += share * dx
    b += share * db
    d += share * apart
    xx = rest * xx + share * (xx2 + rest_x * dx)
    xb = rest * xb + share * (xb2 + rest_x * db)
    xd = rest * xd + share * rest_x * apart
    bb = rest * bb + share * (bb2 + rest_b * db)
    bd = rest * bd + share * rest_b * apart
    dd = rest * dd + share * (shift.var + rest * apart * apart)
    evidence = 0.0
    if seen is not None:
        count, log_viewers, clump, shown, doubt = seen
        gain_x, gain_b, gain_d = xx + xb + xd, xb + bb + bd, xd + bd + dd
        var = gain_x + gain_b + gain_d
        guess = x + b + d + log_viewers
        move = var / (var + doubt) * (shown - guess)
        near = guess + move
        mean = exp(near)
        both, whole = count + clump, mean + clump
        expected = both * mean / whole
        curve = expected * clump / whole
        surer = 1 + var * curve
        slope = count - expected - move / var
        further = slope * var / surer
        evidence = count * near - both * log(whole) - 0.5 * (move * move / var + log(surer) - slope * further)
        pull, sure = (move + further) / var, curve / surer
        lost_x, lost_b = gain_x * sure, gain_b * sure
        x += gain_x * pull
        b += gain_b * pull
        d += gain_d * pull
        xx -= gain_x * lost_x
        xb -= gain_b * lost_x
        xd -= gain_d * lost_x
        bb -= gain_b * lost_b
        bd -= gain_d * lost_b
        dd -= gain_d * gain_d * sure
    return evidence, (
        keep * x,
        b,
        d,
        keep * keep * xx + fresh,
        keep * xb,
        keep * xd,
        bb + wander if bb < DOUBT_MOST else bb,
        bd,
        dd,
    )
