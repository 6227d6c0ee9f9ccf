"""A reply is stored as text and read back equal, whatever people wrote into it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from bot.core import reply as words
from bot.core.money import CURRENCIES, Money
from bot.core.reply import Reply, button_id, buttons_of, decode, encode

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_INSTANTS = st.builds(
    lambda at, hours: at.replace(tzinfo=timezone(timedelta(hours=hours)) if hours else UTC),
    st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1)),  # noqa: DTZ001 - made aware above
    st.integers(-12, 14),
)
_LEAVES = st.one_of(
    st.none(), _TEXT, st.integers(), st.floats(allow_nan=False), st.decimals(allow_nan=False, allow_infinity=False),
    st.builds(Money, st.integers(-(10**15), 10**15), st.sampled_from(sorted(CURRENCIES))),
    st.builds(
        words.When, _INSTANTS, st.sampled_from([None, "Asia/Shanghai"]), st.sampled_from(["full", "date", "time"]),
    ),
    st.builds(words.Span, st.integers()), st.builds(words.Share, st.floats(0, 9), st.integers(0, 3)),
)  # fmt: skip
_NAMES = st.one_of(st.just("$"), st.just("value"), _TEXT)
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.builds(words.Msg, _TEXT, st.dictionaries(_NAMES, inner, max_size=3)),
        st.builds(words.Listing, st.lists(inner, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)
_LINES = st.one_of(_TEXT, st.builds(words.Msg, _TEXT, st.dictionaries(_NAMES, _VALUES, max_size=3)))
_MSG = st.builds(words.Msg, _TEXT, st.dictionaries(_NAMES, _VALUES, max_size=2))


def _tuples(of):
    return st.lists(of, max_size=3).map(tuple)


_BUTTONS = _tuples(
    st.builds(
        words.Button, _LINES, _TEXT, st.dictionaries(_NAMES, _TEXT, max_size=3),
        st.sampled_from(["plain", "primary", "danger"]),
        _tuples(st.builds(words.Field, _TEXT, _MSG, st.booleans())),
    )
)  # fmt: skip
_ITEMS = st.builds(
    words.Item, _LINES, st.sampled_from(["none", "open", "done"]), st.one_of(st.none(), _LINES), _BUTTONS
)
_BLOCKS = st.one_of(
    st.builds(words.Heading, _LINES), st.builds(words.Text, _LINES), st.builds(words.Note, _LINES),
    st.builds(words.Code, _TEXT), st.builds(words.Facts, _tuples(st.tuples(_LINES, _LINES))),
    st.builds(words.Items, _tuples(_ITEMS), st.one_of(st.none(), _LINES)),
    st.builds(words.Table, _tuples(_LINES), _tuples(_tuples(_LINES))),
    st.builds(words.Say, _TEXT, _TEXT, st.one_of(st.none(), _MSG), st.one_of(st.none(), _TEXT), _BUTTONS),
    st.builds(words.Image, _TEXT, _LINES), st.builds(words.Actions, _BUTTONS),
)  # fmt: skip
_REPLIES = st.builds(Reply, _tuples(_BLOCKS), st.sampled_from(["normal", "alert", "good"]), st.booleans())


@given(_REPLIES)
def test_what_is_stored_is_read_back_equal(answer):
    again = decode(encode(answer))
    assert answer == again
    assert encode(answer) == encode(again)


@given(_TEXT.filter(lambda text: len(text) > 4), st.booleans())
def test_a_secret_is_in_nothing_that_is_kept(text, qr):
    answer = words.reply(words.Text("link"), words.Secret(text, qr), private=True)
    kept = decode(encode(answer))
    assert kept == words.without_secrets(answer)
    assert kept.blocks[1] == words.Secret("", qr)
    assert encode(answer) == encode(kept)
    assert repr(words.Secret("PSST")) == "Secret(qr=False)"


@given(_REPLIES)
def test_buttons_keep_their_ids_through_the_store(answer):
    ids = [button_id("m1", button) for button in buttons_of(answer)]
    assert ids == [button_id("m1", button) for button in buttons_of(decode(encode(answer)))]
    assert all(len(name) == 10 and name.isalnum() for name in ids)
