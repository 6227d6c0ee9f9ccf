"""A host's hours: whatever is understood can be typed again, what is not is named, and shows fit or do not."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import availability
from bot.core.availability import Window, covers, parse, told
from bot.core.errors import UserError

MONDAY = datetime(2027, 3, 15)  # noqa: DTZ001 - wall time

_windows = st.lists(
    st.tuples(st.integers(0, 7 * 1440 - 1), st.integers(1, 1440)).map(lambda pair: Window(pair[0], sum(pair))),
    min_size=1,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mon 18:00-20:00", [(18 * 60, 20 * 60)]),
        ("mon 22:00-02:00", [(22 * 60, 26 * 60)]),
        ("Monday,wed 9:00-10:00", [(540, 600), (2 * 1440 + 540, 2 * 1440 + 600)]),
        ("周一、周三 9:00至10:00", [(540, 600), (2 * 1440 + 540, 2 * 1440 + 600)]),
        ("星期日 22：00-04：00", [(6 * 1440 + 1320, 7 * 1440 + 240)]),
        ("sat-mon 10:00-11:00", [(600, 660), (5 * 1440 + 600, 5 * 1440 + 660), (6 * 1440 + 600, 6 * 1440 + 660)]),
        ("weekends 20:00-24:00", [(5 * 1440 + 1200, 6 * 1440), (6 * 1440 + 1200, 7 * 1440)]),
        ("mon 08:00-10:00; mon 09:00-12:00", [(480, 720)]),
        ("mon 08:00-10:00；mon 10:00-12:00", [(480, 720)]),
        ("daily 00:00-24:00", [(0, 7 * 1440)]),
    ],
)
def test_what_people_type(text, expected):
    assert [Window(*pair) for pair in expected] == list(parse(text))


@pytest.mark.parametrize(
    "text",
    ["", ";", "mon", "18:00-20:00", "mon 25:00-26:00", "mon 18:60-19:00", "someday 18:00-20:00", "周八 18:00-20:00",
     "mon-tue-wed 18:00-20:00", "mon 18-20", "monkey 24:30-25:00", "mon 18:00-20:00 tue", "x" * 5000],
)  # fmt: skip
def test_what_is_not_understood_is_named_with_what_can_be_typed(text):
    with pytest.raises(UserError) as refused:
        parse(text)
    assert "hours.unclear" == refused.value.message.key
    assert availability.EXAMPLE in refused.value.try_instead
    parse(availability.EXAMPLE)


@given(st.text(max_size=60))
def test_no_text_is_more_than_a_sentence_away(text):
    try:
        windows = parse(text)
    except UserError:
        return
    assert windows


@pytest.mark.parametrize(
    ("typed", "again"),
    [
        ("mon,tue,wed,thu,fri 18:00-02:00", "mon-fri 18:00-02:00"),
        ("mon,tue,thu,fri,sat 10:00-12:00", "mon,tue,thu-sat 10:00-12:00"),
        ("weekends 20:00-24:00", "sat,sun 20:00-00:00"),
        ("mon-fri 18:00-20:00; sat 10:00-12:00", "mon-fri 18:00-20:00; sat 10:00-12:00"),
    ],
)
def test_days_in_a_row_are_told_as_a_range(typed, again):
    assert again == told(parse(typed))


@given(_windows)
def test_what_is_told_can_be_typed_and_means_the_same(windows):
    again = parse(told(windows))
    for minute in range(0, 7 * 1440, 7):
        at = MONDAY + timedelta(minutes=minute)
        then = at + timedelta(minutes=1)
        assert covers(windows, at, then) == covers(again, at, then), (minute, told(windows))


@given(_windows, st.integers(0, 7 * 1440 - 1), st.integers(1, 600))
def test_a_show_is_covered_exactly_where_each_of_its_minutes_is(windows, start, length):
    at = MONDAY + timedelta(minutes=start)
    each = all(
        covers(windows, at + timedelta(minutes=minute), at + timedelta(minutes=minute + 1)) for minute in range(length)
    )
    assert each == covers(windows, at, at + timedelta(minutes=length))
