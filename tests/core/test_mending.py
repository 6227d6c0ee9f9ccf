"""A line to type instead is a whole line, also where only one option of a command was wrong."""

from __future__ import annotations

import pytest

from bot.core.mending import whole_line


@pytest.mark.parametrize(
    ("typed", "instead", "line"),
    [
        ("/host edit mia rest=40h", "rest=8h", "/host edit mia rest=8h"),
        ('/me hours="some day" rest=8h', 'hours="mon 18:00-20:00"', '/me hours="mon 18:00-20:00" rest=8h'),
        ("/host edit mia hours=“some day”", 'hours="mon 18:00-20:00"', '/host edit mia hours="mon 18:00-20:00"'),
        ("/note orders=3 ", "room=us_main", "/note orders=3 room=us_main"),
        ("/product edit us P1 list_price=9 price=x", "price=1", "/product edit us P1 list_price=9 price=1"),
        ("/host edit mia rest=", "rest=8h", "/host edit mia rest=8h"),
        ("/show plan us_main", "/show plan us_main fri 20:00", "/show plan us_main fri 20:00"),
        ("/show plan us_main", "fri 20:00", "fri 20:00"),
        ("rest=40h", "rest=8h", "rest=8h"),
        ("/grant mia boss", None, None),
    ],
)  # fmt: skip
def test_an_option_takes_its_place(typed, instead, line):
    assert line == whole_line(typed, instead)
