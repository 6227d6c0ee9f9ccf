"""docs/phrases.md: every phrase on it is typed, and means what the page says."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest

from bot.core.errors import UserError
from bot.core.reply import Listing
from bot.core.schedule import parse, phrase_text

PAGE = (Path(__file__).parents[1] / "docs" / "phrases.md").read_text("utf-8")
ZONE, NOW = "America/New_York", datetime.fromisoformat("2027-03-10T10:00:00-05:00")
READ, ASKED = PAGE.split("## What is asked, not guessed")


def rows(text: str) -> list[tuple[str, list[str]]]:
    found = re.findall(r"^\| `([^`]+)` \| (.+) \|$", text, re.MULTILINE)
    return [(typed, re.findall("`([^`]+)`", rest)) for typed, rest in found]


def test_the_page_has_both_languages() -> None:
    typed = [typed for typed, _ in rows(PAGE)]
    assert sum(not each.isascii() for each in typed) > 25
    assert sum(each.isascii() for each in typed) > 50


@pytest.mark.parametrize(("typed", "said"), rows(READ))
def test_what_is_read_is_repeated_as_the_page_says(typed: str, said: list[str]) -> None:
    assert [phrase_text(parse(typed, now=NOW, zone=ZONE))] == said


@pytest.mark.parametrize(("typed", "said"), rows(ASKED))
def test_what_is_asked_or_refused_offers_what_the_page_says(typed: str, said: list[str]) -> None:
    with pytest.raises(UserError) as raised:
        parse(typed, now=NOW, zone=ZONE)
    readings = raised.value.message.params.get("readings")
    assert list(readings.items if isinstance(readings, Listing) else [raised.value.try_instead]) == said


@pytest.mark.parametrize("typed", re.findall("`([^`|/]+ [^`|]+time|周五[^`|]+时间|fri 20:00 America/New_York)`", ASKED))
def test_the_rooms_own_zone_may_be_said(typed: str) -> None:
    assert phrase_text(parse(typed, now=NOW, zone=ZONE)) == "2027-03-12 20:00"
