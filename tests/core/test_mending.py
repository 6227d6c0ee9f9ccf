"""A line to type instead is a whole line, also where only one option of a command was wrong."""

from __future__ import annotations

import pytest

from bot.core.mending import whole_line
from bot.core.reply import msg


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


@pytest.mark.parametrize(
    ("typed", "instead", "wrong", "line"),
    [
        ("/host add yuki zone=Tokyo hours=any", "Asia/Tokyo", {"zone": "Tokyo"},
         "/host add yuki zone=Asia/Tokyo hours=any"),
        ("/show plan us_main 12.12 20:00 host=mia", "12 dec 20:00", {"text": "12.12 20:00", "word": "12.12"},
         "/show plan us_main 12 dec 20:00 host=mia"),
        ("/show plan us_main 12.12 host=mia 20:00", "fri 20:00", {"text": "12.12 20:00", "word": "12.12"}, "fri 20:00"),
        ('/x zone="New Yrk" a=1', "America/New_York", {"zone": "New Yrk"}, '/x zone="America/New_York" a=1'),
        ("/x about=monthly", "monthly on the 15th", {"text": "monthly"}, '/x about="monthly on the 15th"'),
        ("/product add us P1 19.9.9", "19.90", {"price": "19.9.9", "n": 2}, "/product add us P1 19.90"),
        ("/show plan mia mia", "leon", {"host": "mia"}, "leon"),  # which of the two was wrong is not said
        ("/show plan us_main every fri", "20:00", {"text": "fr"}, "20:00"),  # a part of a word is no place
        ("/show plan us_main fri", "fri 20:00", {}, "fri 20:00"),
    ],
)  # fmt: skip
def test_what_was_wrong_is_replaced_where_it_stood(typed, instead, wrong, line):
    assert line == whole_line(typed, instead, msg("internal", **wrong))
