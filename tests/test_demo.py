"""`run.py demo` as a program: the same bytes whatever surrounds it, and the evening it tells."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = ("messages.jsonl", "summary.json", "summary.md", "chart.png")


def start(out: Path, **environment: str) -> subprocess.Popen[str]:
    call = [sys.executable, "run.py", "demo", "--headless", "--speed", "max", "--exit", "--out", str(out)]
    return subprocess.Popen(call, cwd=ROOT, env=os.environ | environment, stderr=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two runs at once, so that each loads the machine for the other, in different surroundings."""
    folder = tmp_path_factory.mktemp("demo")
    surroundings = (
        {"TZ": "Asia/Tokyo", "PYTHONHASHSEED": "1"},
        {"TZ": "America/Chicago", "PYTHONHASHSEED": "2", "LC_ALL": "C"},
    )
    started = [(folder / str(number), start(folder / str(number), **more)) for number, more in enumerate(surroundings)]
    for _, process in started:
        _, errors = process.communicate(timeout=240)
        assert process.returncode == 0, errors
    return [out for out, _ in started]


def test_the_same_bytes_in_other_surroundings(runs):
    one, other = runs
    assert sorted(FILES) == sorted(path.name for path in one.iterdir())
    for name in FILES:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


@pytest.fixture(scope="module")
def messages(runs):
    return [json.loads(line) for line in (runs[0] / "messages.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def told(runs):
    return json.loads((runs[0] / "summary.json").read_text("utf-8"))


def test_the_spell_rings_within_four_minutes_and_nothing_else_rings(told):
    """The lull (2700-3300 s), the giveaway (4110-4500 s) and its end stay quiet."""
    labels = json.loads((ROOT / "bot/demo/us_evening.labels.json").read_text("utf-8"))["labels"]
    spell = next(label for label in labels if label["kind"] == "cold")
    assert [alert["kind"] for alert in told["alerts"]] == ["cold_room"]
    alert = told["alerts"][0]
    assert spell["start"] < alert["opened_s"] <= spell["start"] + 240
    assert spell["end"] - 60 < alert["resolved_s"] <= spell["end"] + 180


def test_a_late_order_moves_the_settled_summary_and_says_so(messages):
    summary = [
        message
        for message in messages
        if message["channel"] == "managers" and message["text"].startswith("Friday glow-up")
    ]
    assert [message["op"] for message in summary] == ["post", "edit"]
    assert "Provisional" in summary[0]["text"]
    assert "US$5,713.60 → US$5,820.20" in summary[1]["text"]


def test_every_post_comes_once_and_edits_follow_their_post(messages):
    posts = [message["id"] for message in messages if message["op"] == "post"]
    assert len(posts) == len(set(posts))
    seen: set[str] = set()
    for message in messages:
        assert message["op"] == "post" or message["id"] in seen
        seen.add(message["id"])


def test_the_host_is_never_nudged_twice_within_ninety_seconds(messages):
    from datetime import datetime, timedelta
    from itertools import pairwise

    nudges = [
        message
        for message in messages
        if message["channel"] == "host" and message["op"] == "post" and message["buttons"]
    ]
    times = [datetime.fromisoformat(message["at"]) for message in nudges]
    assert len(times) > 20
    assert min(later - earlier for earlier, later in pairwise(times)) >= timedelta(seconds=90)


def test_figures_are_those_of_the_recording(told):
    figures = told["figures"]
    assert figures["orders"]["value"] == 223
    assert figures["gmv_gross"]["value"] == {"amount": "5820.20", "currency": "USD"}
    assert figures["views"]["value"] > figures["viewers"]["value"] > figures["orders"]["value"]
    assert len(told["actions"]) == 3
