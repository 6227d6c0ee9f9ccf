"""The summary as one post and as summary.json."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from bot.core import summary
from bot.core.ledger import FIGURE_NAMES
from bot.core.reply import Heading, Image, Note, decode, encode, msg
from bot.core.story import Figure
from prompts.catalogue import Catalogues
from tests.stories import bare_story, cold_alert, full_figures, full_story

if TYPE_CHECKING:
    from bot.core.reply import Line
    from bot.core.story import Story

READER = Catalogues.load()


def say(line: Line) -> str:
    return READER.say(line, language="en")


def as_json(story: Story) -> dict[str, Any]:
    return summary.to_json(story, say)


def test_the_post_opens_with_the_headline_and_the_chart() -> None:
    blocks = summary.reply(full_story(), "chart-1.png").blocks
    assert blocks[0] == Heading("US main · Kitchen Friday")
    image = next(place for place, block in enumerate(blocks) if isinstance(block, Image))
    assert blocks[image] == Image("chart-1.png", msg("summary.chart.alt", title="US main · Kitchen Friday"))
    assert all(isinstance(block, Heading | Note) for block in blocks[:image] if block is not blocks[1])


def test_without_a_chart_there_is_no_picture() -> None:
    assert not any(isinstance(block, Image) for block in summary.reply(full_story(), None).blocks)


@pytest.mark.parametrize("story", [full_story(), bare_story()], ids=["full", "bare"])
def test_the_post_survives_being_stored(story: Story) -> None:
    reply = summary.reply(story, "chart.png")
    assert decode(encode(reply)) == reply


def test_the_file_has_the_keys_of_the_schema_in_their_order() -> None:
    found = as_json(full_story())
    assert list(found) == [
        *("room", "show", "start", "end", "state", "figures", "segments", "products", "alerts", "prompts", "actions"),
    ]
    assert list(found["figures"]) == [*FIGURE_NAMES, "engaged"]
    assert found["room"] == "us_main"
    assert found["state"] == "provisional"


def test_times_carry_the_markets_offset() -> None:
    found = as_json(full_story())
    assert (found["start"], found["end"]) == ("2027-03-12T20:00:00-05:00", "2027-03-12T22:30:00-05:00")


def test_figures_are_numbers_and_money_is_exact() -> None:
    figures = as_json(full_story())["figures"]
    assert figures["orders"] == {"value": 96, "unit": "count", "basis": "counted", "source": "lines"}
    assert figures["gmv_gross"]["value"] == {"amount": "2864.40", "currency": "USD"}
    assert figures["ctor"]["value"] == pytest.approx(0.0753)
    assert figures["acu"]["value"] == pytest.approx(312.42)


def test_unknown_is_null_and_never_nought() -> None:
    found = as_json(bare_story(show=None))
    assert found["show"] is None
    assert set(found["figures"].values()) == {None}
    assert all(action["figure"]["value"] is None for action in found["actions"])


def test_names_missing_from_the_story_are_null_too() -> None:
    figures = as_json(bare_story(figures={}))["figures"]
    assert figures == dict.fromkeys(FIGURE_NAMES)


def test_segments_products_alerts_and_prompts() -> None:
    found = as_json(full_story())
    assert found["segments"][1] == {
        "kind": "selling",
        "starts_s": 900,
        "ends_s": 3900,
        "skus": ["KET-1"],
        "views": 4000,
        "acu": 330.2,
        "comments": 1100,
        "orders": 14,
        "gmv_gross": {"amount": "540.00", "currency": "USD"},
    }
    assert found["products"][0]["ctor"] == pytest.approx(0.0231)
    assert found["alerts"][0]["reason"] == "12 comments a minute where 41 are usual for 380 viewers"
    assert found["alerts"][0]["resolved_s"] == 4560
    assert [prompt["state"] for prompt in found["prompts"]] == ["replaced", "used", "offered"]
    assert found["prompts"][1]["by"] == "Anna"


def test_three_actions_with_text_figure_and_owner() -> None:
    actions = as_json(full_story())["actions"]
    assert len(actions) == 3
    for action in actions:
        assert list(action) == ["text", "figure", "owner"]
        assert action["owner"] in {"operator", "host", "manager"}
        assert action["figure"]["value"] is not None
        assert re.search(r"\d", action["text"])


def test_the_file_is_json_whatever_the_evidence() -> None:
    wild = cold_alert(evidence={"ratio": float("nan"), "spread": float("inf"), "concurrent": None, "n": 3})
    found = as_json(full_story(alerts=(wild,)))
    assert json.loads(json.dumps(found, allow_nan=False))["alerts"][0]["evidence"] == {
        "ratio": None,
        "spread": None,
        "concurrent": None,
        "n": 3,
    }


def test_the_same_story_makes_the_same_file() -> None:
    figures = full_figures()
    shuffled = dict(sorted(figures.items(), reverse=True))
    once, again = as_json(full_story()), as_json(full_story(figures=shuffled))
    assert json.dumps(once) == json.dumps(again)


def test_whole_decimals_are_written_as_integers() -> None:
    figures = full_figures() | {"acu": Figure(Decimal("300.000"), "viewers", "mean", "lines")}
    assert json.dumps(as_json(full_story(figures=figures))["figures"]["acu"]["value"]) == "300"


def test_a_zone_nobody_knows_leaves_the_instant() -> None:
    story = full_story()
    lost = replace(story.room, market=replace(story.room.market, zone="Mars/Olympus"))
    assert as_json(replace(story, room=lost))["start"] == "2027-03-13T01:00:00+00:00"
