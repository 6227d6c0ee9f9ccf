"""kill -9 while a show day is served: nothing promised is lost, nothing is doubled."""

from __future__ import annotations

import asyncio
import os
import random

import pytest

from tests.crash.client import Strike
from tests.crash.day import live
from tests.crash.moments import random_strikes
from tests.crash.outcome import Outcome, differences

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the many starts are forks, which this system has not")

KILLS = 50
DAYS = 2
"""The random kills are spread over so many days, lived at the same time."""
ANSWERED_S = 60.0
"""Longer than any answer takes: the process is killed once it has answered, and the answer counts as lost."""


def same(expected: Outcome, found: Outcome, note: str) -> None:
    for difference in differences(expected, found):
        pytest.fail(f"{difference}, after {note}")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The day as it goes when nobody kills anything."""
    return asyncio.run(live(tmp_path_factory.mktemp("undisturbed") / "day", {}, is_fresh=True))


def test_the_undisturbed_day_has_everything_in_it(undisturbed):
    """Otherwise the tests below would compare nothing with nothing."""
    result, evening = undisturbed
    kinds = [kind for _, _, kind in result.promised]
    for kind in ("reminder", "checklist", "checklist.blocked", "owners", "go", "no_go", "session", "cue", "summary"):
        assert kind in kinds, kind
    assert kinds.count("alert.cold_room") == 1
    assert kinds.count("alert.clear") == 1
    assert any(kind.startswith("nudge.") for kind in kinds)
    assert {"alert ack", "prompt used", "cue done", "cue delay"} <= evening.stages.keys()
    assert result.undelivered == []
    assert result.figures["settled"]["orders"]["value"] != result.figures["provisional"]["orders"]["value"]


async def test_killed_in_every_stage_nothing_is_lost_or_doubled(undisturbed, tmp_path):
    """Before each stage's first request, while it was being answered, and when the answer was on its way."""
    expected, evening = undisturbed
    took = [took_s for _, took_s in evening.client.took]
    plans = {
        "before": {number: Strike(None) for number in evening.stages.values()},
        "during": {number: Strike(took[number] * 0.7) for number in evening.stages.values()},
        "after": {number: Strike(ANSWERED_S) for number in evening.stages.values()},
    }
    days = await asyncio.gather(*(live(tmp_path / name, plan) for name, plan in plans.items()))
    for (found, again), name in zip(days, plans, strict=True):
        assert again.client.served.starts == 1 + len(evening.stages)
        same(expected, found, f"kills {name} the first request of {evening.stages}")


async def test_fifty_random_kills_lose_and_double_nothing(undisturbed, tmp_path):
    expected, evening = undisturbed
    plans = [random_strikes(evening, random.Random(20270312 + day), KILLS // DAYS) for day in range(DAYS)]
    days = await asyncio.gather(*(live(tmp_path / f"day{day}", plan) for day, plan in enumerate(plans)))
    assert sum(again.client.served.starts - 1 for _, again in days) == KILLS
    for (found, _), plan in zip(days, plans, strict=True):
        same(expected, found, f"kills at {plan}")
