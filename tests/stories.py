"""Sessions told by hand, for the tests of the summary and its chart."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.core.ledger import FIGURE_NAMES
from bot.core.model import Market, Room
from bot.core.money import Money
from bot.core.reply import msg
from bot.core.story import (
    AlertRow,
    Figure,
    ProductRow,
    PromptRow,
    Release,
    SegmentRow,
    Story,
    Timeline,
)

LENGTH_S = 9_000
START = datetime(2027, 3, 13, 1, 0, tzinfo=UTC)


def usd(amount: str) -> Money:
    return Money.parse(amount, "USD")


def counted(value: int, source: str = "lines") -> Figure:
    return Figure(value, "count", "counted", source)


def ratio(value: str) -> Figure:
    return Figure(Decimal(value), "ratio", "recomputed", "lines")


def money(amount: str) -> Figure:
    return Figure(usd(amount), "USD", "paid amount", "lines")


def full_figures() -> dict[str, Figure | None]:
    return {
        "views": counted(12_340, "totals"),
        "viewers": counted(9_120, "totals"),
        "engaged": counted(1_480),
        "acu": Figure(Decimal("312.4166"), "viewers", "time-weighted mean of concurrent", "lines"),
        "pcu": Figure(486, "viewers", "maximum of concurrent", "lines"),
        "comments": counted(3_411),
        "likes": counted(20_117),
        "shares": counted(212),
        "follows": counted(188),
        "product_clicks": counted(1_275),
        "orders": counted(96),
        "gmv_gross": money("2864.40"),
        "gmv_net": money("2801.10"),
        "aov": money("29.84"),
        "gpm": money("232.12"),
        "live_ctr": ratio("0.10332"),
        "ctor": ratio("0.07529"),
        "conversion_rate": ratio("0.01053"),
        "interaction_rate": ratio("1.93906"),
        "uv_value": money("0.31"),
        "gmv_per_hour": money("1145.76"),
        "avg_view_duration_s": Figure(Decimal("94.2"), "s", "watch time / viewers", "totals"),
    }


def cold_alert(**changes: Any) -> AlertRow:
    reason = msg("summary.value", value="12 comments a minute where 41 are usual for 380 viewers")
    prompts = (
        PromptRow("self_qa", "People ask if it works on 220 volts: yes.", "en", "replaced", 4_210),
        PromptRow("low_threshold_question", "Type 1 for red, 2 for black!", "en", "used", 4_210, 4_255, "Anna"),
        PromptRow("visible_benefit", "At a thousand likes we draw a kettle.", "en", "offered", 4_210),
    )
    evidence = {"comments_per_min": 12.0, "usual_per_min": 41.0, "concurrent": 380, "lasted_s": 130}
    alert = AlertRow("cold_room", 4_210, 4_560, reason, evidence, prompts, "Bo", 5)
    return replace(alert, **changes)


def timeline(length_s: int = LENGTH_S, seed: int = 7) -> Timeline:
    """A room that fills, has one cold spell and one hole in its gauge."""
    rng = random.Random(seed)
    concurrent: list[float | None] = []
    interactions: list[int | None] = []
    orders: list[int | None] = []
    for step in range(length_s // 10):
        share = step * 10 / length_s
        viewers = 120 + 330 * math.sin(math.pi * min(1, share * 1.15)) + rng.gauss(0, 9)
        concurrent.append(None if 0.66 < share < 0.69 else max(0, viewers))
        cold = 0.3 if 4_000 < step * 10 < 4_560 else 1
        interactions.append(max(0, round(viewers * 0.07 * cold + rng.gauss(0, 3))))
        orders.append(sum(rng.random() < 0.02 for _ in range(6)))
    return Timeline(10, tuple(concurrent), tuple(interactions), tuple(orders))


def full_story(**changes: Any) -> Story:
    """A show with everything measured."""
    room = Room("us_main", "US main", "tiktok", Market("America/New_York", "en", "USD"))
    products = (
        ProductRow("KET-1", "Glass kettle", 520, 12, usd("468.00")),
        ProductRow("LMP-2", "Clip lamp", 405, 51, usd("1524.90")),
        ProductRow("MUG-3", "Travel mug", 350, 33, usd("871.50")),
    )
    segments = (
        SegmentRow("warm_up", 0, 900, (), 1_800, 260, 0, usd("0"), Decimal("180.5")),
        SegmentRow("selling", 900, 3_900, ("KET-1",), 4_000, 1_100, 14, usd("540.00"), Decimal("330.2")),
        SegmentRow("giveaway", 3_900, 4_500, (), 900, 420, 3, usd("89.70"), Decimal("360.0")),
        SegmentRow("selling", 4_500, 7_800, ("LMP-2", "MUG-3"), 4_600, 1_400, 75, usd("2144.70"), Decimal("352.9")),
        SegmentRow("close", 7_800, 9_000, (), 1_040, 231, 4, usd("90.00"), Decimal("211.0")),
    )
    story = Story(
        room=room,
        title="US main · Kitchen Friday",
        show="show-1",
        host="Anna",
        started_at=START,
        ended_at=START + timedelta(seconds=LENGTH_S),
        state="provisional",
        figures=full_figures(),
        products=products,
        segments=segments,
        alerts=(cold_alert(),),
        timeline=timeline(),
        releases=(Release(2_100, "KET-1"), Release(5_400, "LMP-2"), Release(6_900, "MUG-3")),
        checklist_waived=(("backup_line", "arrives on Monday"),),
        nudges_dropped=2,
    )
    return replace(story, **changes)


def bare_story(**changes: Any) -> Story:
    """A session of which nothing is known but that it took place."""
    nothing = (None,) * (LENGTH_S // 10)
    story = full_story(
        figures=dict.fromkeys(FIGURE_NAMES),
        products=(),
        segments=(),
        alerts=(),
        timeline=Timeline(10, nothing, nothing, nothing),
        releases=(),
        checklist_waived=(),
        nudges_dropped=0,
    )
    return replace(story, **changes)
