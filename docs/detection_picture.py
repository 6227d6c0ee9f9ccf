"""Draws docs/detection.png: what the cold-room rule saw, believed and did in the demo's evening.

python -m docs.detection_picture
"""

from __future__ import annotations

import json
from math import exp
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt

from bot.core.rules.cold_room import CLEAR_AT, RING_AT, ColdRoom
from bot.core.tally import Tally
from bot.core.tick import TICK_S
from bot.feeds.decode import read_recording

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
RECORDING = ROOT / "bot/demo/us_evening.jsonl.gz"
LABELS = ROOT / "bot/demo/us_evening.labels.json"
PICTURE = ROOT / "docs/detection.png"
FROM_S, TO_S = 2400, 7200
_SHADES = {"cold": "#9ecae1", "lull": "#eeeeee", "giveaway": "#fde0c5"}

Row = tuple[float, float, float | None, float | None]
"""Minute, comments a minute, usual a minute, probability of cold."""


def judged() -> tuple[list[Row], list[tuple[str, float]]]:
    """Every tick's row; and what was decided, when (minutes)."""
    tally, rule = Tally("USD"), ColdRoom()
    rows: list[Row] = []
    decided: list[tuple[str, float]] = []
    for line in _lines():
        tally.add(line, line.t)
    for index in range(tally.last_index):
        tick = tally.tick(index)
        verdict = rule.evaluate(tick, silent=False)
        at_min = tick.ends_s / 60
        rows.append((at_min, tick.comments * 60 / TICK_S, rule.usual_per_min, rule.probability))
        if verdict.opened is not None:
            decided.append(("rings", at_min))
        if verdict.cleared is not None:
            decided.append(("all clear", at_min))
    return rows, decided


def _lines() -> Iterator[Any]:
    for chunk in read_recording(RECORDING).chunks():
        yield from chunk


def draw() -> None:
    rows, decided = judged()
    rows = [row for row in rows if FROM_S / 60 <= row[0] <= TO_S / 60]
    minutes = [row[0] for row in rows]
    figure, (counts, belief) = plt.subplots(2, 1, sharex=True, figsize=(10, 5), height_ratios=[3, 2])
    counts.plot(minutes, [row[1] for row in rows], color="#bbbbbb", lw=0.8, label="comments a minute, each 10 s")
    smooth = [sum(row[1] for row in rows[max(0, i - 5) : i + 1]) / min(i + 1, 6) for i in range(len(rows))]
    counts.plot(minutes, smooth, color="#333333", lw=1.4, label="the last minute")
    counts.plot(minutes, [row[2] for row in rows], color="#d95f02", lw=1.4, label="usual for the present viewers")
    belief.plot(minutes, [row[3] for row in rows], color="#1f78b4", lw=1.6, label="P(cold)")
    for what, odds in (("rings above", RING_AT["normal"]), ("clears below", CLEAR_AT)):
        at = 1 / (1 + exp(-odds))
        belief.axhline(at, color="#777777", lw=0.8, ls="--")
        belief.text(minutes[0], at + 0.03, what, fontsize=8, color="#777777")
    for label in json.loads(LABELS.read_text("utf-8"))["labels"]:
        if label["kind"] in _SHADES:
            for axes in (counts, belief):
                axes.axvspan(label["start"] / 60, label["end"] / 60, color=_SHADES[label["kind"]], alpha=0.6, lw=0)
            counts.text(label["start"] / 60 + 0.2, 350, label["kind"], fontsize=9)
    for what, at_min in decided:
        belief.axvline(at_min, color="#e31a1c" if what == "rings" else "#33a02c", lw=1.2)
        belief.text(at_min + 0.2, 0.06, what, fontsize=8)
    counts.set(ylabel="comments a minute", ylim=(0, 400))
    belief.set(ylabel="P(cold)", ylim=(0, 1), xlabel="minutes from the start", xlim=(FROM_S / 60, TO_S / 60))
    counts.legend(loc="upper right", fontsize=8, frameon=False)
    figure.tight_layout()
    figure.savefig(PICTURE, dpi=110, metadata={"Software": None})
    plt.close(figure)


if __name__ == "__main__":
    draw()
