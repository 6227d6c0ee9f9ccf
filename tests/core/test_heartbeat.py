"""The rhythm of a source: learned from its heartbeats, whatever the batches they come in."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.heartbeat import Source, after_beats, is_beat

NOW = datetime(2027, 3, 13, 1, tzinfo=UTC)


def beats(*seconds):
    return [NOW + timedelta(seconds=second) for second in seconds]


def source(*seconds, heard=None):
    beat_at, gaps = after_beats(None, (), beats(*seconds))
    return Source("own", heard or beat_at or NOW, beat_at, gaps)


def test_the_median_of_the_gaps_is_what_is_usual():
    assert 10 == source(0, 10, 20, 31, 41).usual_s


def test_one_late_beat_does_not_change_what_is_usual():
    assert 10 == source(0, 10, 20, 30, 140, 150, 160).usual_s


@pytest.mark.parametrize("seconds", [(), (0,), (0, 10), (0, 10, 20), (0, 0, 0, 0, 0)])
def test_too_few_beats_are_no_rhythm_and_never_overdue(seconds):
    found = source(*seconds)
    assert found.usual_s is None
    assert not found.is_overdue(NOW + timedelta(days=3))


def test_the_night_between_two_sessions_is_no_gap():
    assert 10 == source(0, 10, 20, 86_400, 86_410, 86_420).usual_s


@pytest.mark.parametrize(("silent_s", "overdue"), [(60, False), (61, True), (5, False)])
def test_a_quick_source_is_overdue_after_a_minute(silent_s, overdue):
    found = source(0, 10, 20, 30)
    assert overdue is found.is_overdue(NOW + timedelta(seconds=30 + silent_s))


@pytest.mark.parametrize(("silent_s", "overdue"), [(100, False), (120, False), (121, True)])
def test_a_slow_source_is_overdue_after_twice_its_rhythm(silent_s, overdue):
    found = source(0, 60, 120, 180)
    assert overdue is found.is_overdue(NOW + timedelta(seconds=180 + silent_s))


def test_a_chat_line_is_a_sign_of_life_but_no_heartbeat():
    found = source(0, 10, 20, 30, heard=NOW + timedelta(seconds=95))
    assert not found.is_overdue(NOW + timedelta(seconds=100))


@pytest.mark.parametrize(
    ("kind", "name", "beats_"),
    [
        ("concurrent", "own", True),
        ("quality", "own", True),
        ("totals", "poll", True),
        ("comment", "own", False),
        ("order", "own", False),
        ("concurrent", "note:olga", False),
        ("note", "own", False),
    ],
)
def test_what_a_machine_reports_by_itself_is_a_heartbeat(kind, name, beats_):
    assert beats_ is is_beat(kind, name)


def test_a_sender_whose_clock_is_ahead_is_not_silent_for_less_than_nothing():
    assert 0 == source(0, heard=NOW + timedelta(minutes=5)).silent_s(NOW)


@given(
    seconds=st.lists(st.integers(0, 2_000), max_size=40),
    cuts=st.lists(st.integers(0, 40), max_size=5),
    dice=st.randoms(use_true_random=False),
)
def test_batches_and_their_inner_order_make_no_difference(seconds, cuts, dice):
    whole = after_beats(None, (), beats(*seconds))
    state = (None, ())
    ordered = beats(*sorted(seconds))
    places = [0, *sorted(min(cut, len(ordered)) for cut in cuts), len(ordered)]
    for first, last in itertools.pairwise(places):
        batch = ordered[first:last]
        dice.shuffle(batch)
        state = after_beats(*state, batch)
    assert whole == state
