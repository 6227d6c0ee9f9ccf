"""The ladders of questions: whenever somebody answers, exactly the steps before it have run, in order, none late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.escalation import LADDERS, Course, turn

NOON = datetime(2027, 3, 12, 12, tzinfo=UTC)
MOMENTS = st.integers(-1200, 7200)
WAKES = st.lists(st.integers(0, 7200), max_size=12).map(sorted)


def after(seconds):
    return NOON + timedelta(seconds=seconds)


@st.composite
def courses(draw):
    """Asked at noon, about a moment before or after it."""
    kind = draw(st.sampled_from(sorted(LADDERS)))
    return Course(kind, NOON, after(draw(MOMENTS)) if LADDERS[kind].moment else None)


def lived(course, until, wakes=None):
    """Runs at its own instants, or only when woken; returns (instant, step) as they ran, the dropped, and if over."""
    ran, dropped, done, at = [], [], 0, course.next_at(0)
    instants = iter(wakes if wakes is not None else [])
    while True:
        at = next(instants, None) if wakes is not None else at
        if at is None or at > until:
            return ran, dropped, False
        result = turn(course, done, max(at, NOON))
        ran += [(at, step) for step in result.run]
        dropped += result.dropped
        done += len(result.run)
        if result.is_over:
            return ran, dropped, True
        at = result.next_at


@given(courses(), st.integers(0, 9000))
def test_whenever_it_is_answered_exactly_the_steps_before_have_run(course, answer_s):
    ran, dropped, _ = lived(course, after(answer_s))
    times = [course.at(step) for step in range(len(LADDERS[course.kind].steps))]
    assert [(at, step) for step, at in enumerate(times) if at is not None and at <= after(answer_s)] == ran
    assert [] == dropped


@given(courses())
def test_steps_never_go_back_and_none_comes_before_the_asking_or_at_the_end(course):
    times = [at for step in range(len(LADDERS[course.kind].steps)) if (at := course.at(step)) is not None]
    assert times == sorted(times)
    assert all(at >= NOON + timedelta(seconds=LADDERS[course.kind].soonest_s) for at in times)
    assert course.ends_at is None or all(at < course.ends_at for at in times)


@given(courses(), WAKES)
def test_woken_whenever_each_step_runs_once_in_order_and_none_after_the_end(course, wakes_s):
    wakes = [after(seconds) for seconds in wakes_s]
    ran, dropped, is_over = lived(course, after(10_000), wakes)
    steps = [step for _, step in ran]
    assert list(range(len(steps))) == steps
    assert all(course.at(step) <= at for at, step in ran)
    assert course.ends_at is None or all(at < course.ends_at for at, _ in ran)
    assert is_over == (course.ends_at is not None and any(at >= course.ends_at for at in wakes))
    due = [step for step in range(len(LADDERS[course.kind].steps)) if course.at(step) is not None]
    if is_over:
        assert due == steps + dropped, "what was not asked in time is counted"
    else:
        assert [] == dropped


@given(courses())
def test_after_the_last_step_it_only_waits_for_its_end(course):
    steps = sum(course.at(step) is not None for step in range(len(LADDERS[course.kind].steps)))
    assert course.ends_at == course.next_at(steps)
    assert course.at(len(LADDERS[course.kind].steps)) is None


@pytest.mark.parametrize(
    ("kind", "moment_s", "expected"),
    [
        ("go", 600, [240, 420]),
        ("go", 300, [60, 120]),  # planned five minutes ahead: nobody is called in the minute they were asked in
        ("go", 90, [60, 60]),
        ("go", 50, [None, None]),
        ("alert", None, [180, 360]),
        ("alert_urgent", None, [90, 180]),
        ("release", 20, [50]),
        ("release", -45, [None]),  # it could be said only 45 seconds after its time: 20 more are past its end
        ("hand_off", 20, [50]),
        ("no_show", 3420, [240]),
        ("no_show", 200, [None]),
    ],
)
def test_when_the_steps_come(kind, moment_s, expected):
    course = Course(kind, NOON, None if moment_s is None else after(moment_s))
    found = [course.at(step) for step in range(len(LADDERS[kind].steps))]
    assert [None if at is None else after(at) for at in expected] == found


def test_a_question_that_counts_from_a_moment_needs_one():
    with pytest.raises(ValueError, match="'go' counts from a moment"):
        Course("go", NOON).next_at(0)
