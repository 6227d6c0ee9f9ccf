"""Viewers are sent on with what is true of the other room, in the market's language and the team's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.facts import HandOffFacts
from prompts.book import HAND_OFFS, Book

BOOK = Book.load()
NOW = datetime(2027, 3, 13, 1, tzinfo=UTC)  # 20:00 of the 12th in New York
NEW_YORK = "America/New_York"


def said(language="en", team="en", used=(), **facts):
    about = HandOffFacts(language, NEW_YORK, NOW, "Glow Side", **facts)
    return BOOK.hand_off(about, team_language=team, used=list(used))


@pytest.mark.parametrize("language", ["en", "zh-CN", "es-MX"])
@pytest.mark.parametrize("handle", [None, "@glow"])
@pytest.mark.parametrize("theme", [None, "lamps", " . "])
def test_a_line_says_the_name_and_all_else_that_is_known_and_no_number(language, handle, theme):
    line = said(language, handle=handle, theme=theme)
    assert line.tactic == "hand_off"
    assert "Glow Side" in line.text
    assert (handle or "Glow") in line.text
    assert ("lamps" in line.text) == (theme == "lamps")
    assert not any(sign.isdigit() for sign in line.text)


def test_the_next_time_it_is_another_line_that_says_as_much_and_after_all_of_them_the_first_again():
    used = []
    for _ in range(3):
        line = said(handle="@glow", theme="lamps", used=used)
        used.append(line.id)
        assert "@glow" in line.text
        assert "lamps" in line.text
    assert used[0] != used[1]
    assert used[0] == used[2]


@pytest.mark.parametrize(
    ("hours", "day"), [(3, "today at 11:00 PM"), (4, "tomorrow at 12:00 AM"), (24, "tomorrow at 8:00 PM")]
)
def test_a_later_show_is_told_by_the_viewers_own_clock(hours, day):
    later = said(starts_at=NOW + timedelta(hours=hours)).text.replace("\N{NO-BREAK SPACE}", " ")
    own = said(starts_at=NOW + timedelta(hours=hours), is_own=True).text
    assert day in later
    assert "Glow Side" in later
    assert "Glow Side" not in own


def test_a_show_that_is_neither_today_nor_tomorrow_is_not_spoken_of():
    assert said(starts_at=NOW + timedelta(hours=29)) is None


def test_the_team_reads_it_in_its_own_language():
    line = said("en", team="zh-CN", theme="lamps")
    assert (line.language, "正在" in line.gloss) == ("en", True)
    assert said("zh-CN", team="zh-CN").gloss is None


def test_every_line_of_a_room_on_air_names_it_and_every_line_of_a_show_its_start():
    live, later = (BOOK.hand_offs[tactic] for tactic in HAND_OFFS)
    assert [] == [line.id for line in live if "sibling" not in line.needs]
    assert [] == [line.id for line in later if not {"next_at", "back_at"} & set(line.needs)]
    assert [] == [line.id for line in later if "next_at" in line.needs and "sibling" not in line.needs]
