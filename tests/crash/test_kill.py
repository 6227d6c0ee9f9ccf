"""kill -9 while a show day is served: nothing promised is lost, nothing is doubled."""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.crash.evening import BEGINS_AT, Evening
from tests.crash.served import Client, Served, Strike

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the many starts are forks, which this system has not")

KILLS = 50
DAYS = 2
"""The random kills are spread over so many days, lived at the same time."""
ANSWERED_S = 60.0
"""Longer than any answer takes: the process is killed once it has answered, and the answer counts as lost."""
_WEIGHT = {"send": 1, "clock": 1, "say": 8, "press": 8}


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything that must be the same, however often the process died."""

    chat: dict[str, list[str]]
    promised: list[tuple[str, ...]]
    undelivered: list[tuple[str, ...]]
    alerts: list[tuple[str, ...]]
    audit: list[tuple[str, ...]]
    timers: list[tuple[str, ...]]
    nudges: list[tuple[str, ...]]
    figures: Any
    signals: list[tuple[str, ...]]
    files: list[tuple[str, ...]]


async def live(folder: Path, strikes: dict[int, Strike], *, is_fresh: bool = False) -> tuple[Outcome, Evening]:
    """One day, with the process killed at these requests."""
    served = Served(folder, is_fresh=is_fresh)
    try:
        await served.start(BEGINS_AT)
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(60)) as http:
            evening = Evening(Client(served, http, BEGINS_AT, strikes=strikes))
            await evening.run()
            return await outcome(evening.client), evening
    finally:
        served.close()
        said = served.said()
        assert "Traceback" not in said, said[-2000:]


async def outcome(client: Client) -> Outcome:
    chat = {}
    for channel in ("team", "host", "managers"):
        seen = await client.messages(channel, "manager")
        assert len({message["id"] for message in seen}) == len(seen)
        chat[channel] = sorted(f"{message['author']['id']}: {message['text']}" for message in seen)
    with client.served.rows() as rows:

        def table(sql: str) -> list[tuple[str, ...]]:
            return [tuple(str(value) for value in row) for row in rows.execute(sql)]

        figures = json.loads(rows.execute("select figures from sessions").fetchone()[0])
        return Outcome(
            chat=chat,
            promised=table("select key, channel, kind from messages order by key"),
            undelivered=table("select message, op, state from outbox where state != 'sent'"),
            alerts=table("select id, kind, opened_s, state, resolved_at, by, by_at from alerts order by id"),
            # A press repeated because its answer was lost finds the work done: that refusal is in the audit, rightly.
            audit=table(
                "select at, actor, action, subject, before, after from audit where action != 'refused' "
                "order by subject, id"
            ),
            timers=[
                (*row[:3], re.sub(r", \d+ s late", "", row[3]))
                for row in table(
                    "select kind, subject, due_at, outcome from timers where kind != 'NudgeDue' order by kind, subject"
                )
            ],
            nudges=table("select kind, subject, state, why from nudges order by kind, subject, state"),
            figures=figures,
            signals=table("select session, kind, at, count(*) from signals group by 1, 2, 3 order by 1, 2, 3"),
            files=table("select name, media_type from files order by name"),
        )


def same(expected: Outcome, found: Outcome, note: str) -> None:
    for name in Outcome.__dataclass_fields__:
        wanted, got = getattr(expected, name), getattr(found, name)
        if wanted != got:
            lost, more = Counter(_lines(wanted)) - Counter(_lines(got)), Counter(_lines(got)) - Counter(_lines(wanted))
            pytest.fail(f"{name}: lost {list(lost.elements())}, new or doubled {list(more.elements())}, after {note}")


def _lines(value: Any) -> list[str]:
    """Rows, however they are kept, as lines that can be counted."""
    if isinstance(value, dict):
        return [f"{name}: {line}" for name, inner in value.items() for line in _lines(inner)]
    return [str(row) for row in value] if isinstance(value, list) else [str(value)]


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


def random_strikes(evening: Evening, spread: random.Random, kills: int) -> dict[int, Strike]:
    """Moments while a request is answered, or between two; what people do is hit more often than a plain tick."""
    took = evening.client.took
    weights = [_WEIGHT[what] for what, _ in took]
    strikes: dict[int, Strike] = {}
    while len(strikes) < kills:
        number = spread.choices(range(len(took)), weights)[0]
        after_s = spread.uniform(0, 1.3 * took[number][1])
        strikes[number] = Strike(None if spread.random() < 0.2 else after_s)
    return strikes
