"""The standard rundown of a show and the cues in it (PRODUCT section 7). Offsets are seconds from the show's start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.model import Cue, CueKind, Segment, SegmentKind

LEAD_S = 20
"""A cue goes out this long before its time."""
CUE_LIVES_S = 60
"""A cue that cannot be sent within this time of its moment is dropped and counted, never sent late."""

_UNIT_S = (45 * 60, 60 * 60)
_WARM_UP_S = 15 * 60
_CLOSE_S = 10 * 60
_BREAK_S = 10 * 60
_STEPS: tuple[tuple[CueKind, float], ...] = (
    ("hold", 0.0),
    ("tease", 0.4),
    ("countdown", 4 / 7),
    ("release", 22 / 35),
    ("recap", 6 / 7),
)
"""Hold -> tease -> countdown -> release -> recap, as shares of one product's time."""


@dataclass(frozen=True, slots=True)
class Rundown:
    segments: tuple[Segment, ...]
    cues: tuple[Cue, ...]


def standard(show: str, duration_s: int, skus: Sequence[str]) -> Rundown:
    """Warm-up, selling units of 45-60 min with an interaction after each (the first a giveaway), close.

    Short shows shrink in proportion. Products are spread over the units in order; with none, the units have no
    product cues.
    """
    scale = min(1.0, duration_s / 3600)
    warm_up, close, pause = (round(length * scale) for length in (_WARM_UP_S, _CLOSE_S, _BREAK_S))
    middle = duration_s - warm_up - close
    units = max(1, round(middle / (sum(_UNIT_S) / 2 + pause)))
    unit_s = middle // units - pause
    plan: list[tuple[SegmentKind, int, tuple[str, ...]]] = [("warm_up", warm_up, ())]
    for index, share in enumerate(_spread(skus, units)):
        plan.append(("selling", unit_s, share))
        plan.append(("giveaway" if index == 0 and units > 1 else "interaction", pause, ()))
    plan.append(("close", duration_s - warm_up - units * (unit_s + pause), ()))
    segments: list[Segment] = []
    at = 0
    for position, (kind, length, share) in enumerate(plan):
        segments.append(Segment(show, position, kind, at, length, share))
        at += length
    return Rundown(tuple(segments), tuple(_cues(show, segments)))


def _spread(skus: Sequence[str], units: int) -> list[tuple[str, ...]]:
    base, more = divmod(len(skus), units)
    shares: list[tuple[str, ...]] = []
    start = 0
    for index in range(units):
        size = base + (index < more)
        shares.append(tuple(skus[start : start + size]))
        start += size
    return shares


def _cues(show: str, segments: Sequence[Segment]) -> list[Cue]:
    planned: list[tuple[int, CueKind, str | None, bool]] = []
    for segment in segments:
        if segment.kind == "selling" and segment.skus:
            each = segment.length_s // len(segment.skus)
            for index, sku in enumerate(segment.skus):
                start = segment.starts_s + index * each
                planned += [(start + round(share * each), kind, sku, kind == "release") for kind, share in _STEPS]
        elif segment.kind == "giveaway":
            planned.append((segment.starts_s, "giveaway", None, True))
        elif segment.kind == "close":
            planned += [(segment.starts_s, "segment", None, False)]
            planned += [(segment.starts_s + segment.length_s // 2, "hand_off", None, False)]
        elif segment.position > 0:
            planned.append((segment.starts_s, "segment", None, False))
    planned.sort(key=lambda cue: cue[0])
    return [
        Cue(f"{show}.c{number}", show, kind, at_s, "planned", sku, operator)
        for number, (at_s, kind, sku, operator) in enumerate(planned, 1)
    ]
