import json
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.reply import Msg
from bot.core.rules import RULES
from bot.core.tick import Tick
from bot.core.verdict import Finding, Outlook, Verdict
from bot.core.watch import Watch


class Scripted:
    """A rule that answers from a list and notes what it was told."""

    id = "scripted"
    form = 1

    def __init__(self, verdicts):
        self.verdicts = verdicts
        self.silent = []

    def evaluate(self, tick, *, silent):
        self.silent.append(silent)
        return self.verdicts[tick.index]

    def dump(self):
        return {}

    def restore(self, state):
        pass


def session(seed, ticks=400):
    """A busy hour with a cold spell, a dead source and a pause somewhere in it."""
    rng = random.Random(seed)
    cold, dead, paused = (range(start, start + 45) for start in rng.sample(range(70, 340, 60), 3))
    for i in range(ticks):
        if i in dead:
            yield Tick(i)
            continue
        comments = 1 if i in cold else rng.randint(4, 10)
        yield Tick(i, comments=comments, concurrent=rng.randint(280, 320), heartbeat=True, paused=i in paused)


def test_rules_have_distinct_ids_and_no_data_comes_first():
    ids = [rule.id for rule in RULES]
    assert len(set(ids)) == len(ids)
    assert ids[0] == "no_data"


def test_changes_carry_the_moment_of_the_decision():
    finding = Finding(Msg("x"), {})
    verdicts = [Verdict("warming"), Verdict("judging", opened=finding), Verdict("judging", cleared=finding)]
    watch = Watch([Scripted(verdicts)])
    changes = [change for i in range(3) for change in watch.step(Tick(i))]
    assert [(change.rule, change.kind, change.t_s) for change in changes] == [
        ("scripted", "opened", 20),
        ("scripted", "cleared", 30),
    ]


def test_spans_cover_the_session():
    verdicts = [Verdict("warming"), Verdict("judging"), Verdict("judging"), Verdict("too_quiet")]
    watch = Watch([Scripted(verdicts)])
    for i in range(4):
        watch.step(Tick(i))
    spans = [(span.state, span.from_s, span.to_s) for span in watch.spans(57)]
    assert spans == [("warming", 0, 20), ("judging", 20, 40), ("too_quiet", 40, 57)]


def test_an_unjudged_session_was_warming_up():
    spans = Watch().spans(7)
    assert [(span.rule, span.state, span.from_s, span.to_s) for span in spans] == [
        (rule.id, "warming", 0, 7) for rule in RULES
    ]


def test_a_silent_source_is_told_to_the_rules_after_it():
    class Source(Scripted):
        id = "no_data"

    other = Scripted([Verdict("judging")] * 3)
    watch = Watch([Source([Verdict("judging"), Verdict("no_data"), Verdict("judging")]), other])
    for i in range(3):
        watch.step(Tick(i))
    assert other.silent == [False, True, False]


@pytest.mark.parametrize("index", [0, 2])
def test_a_tick_left_out_or_judged_twice_is_an_error(index):
    watch = Watch()
    watch.step(Tick(0))
    with pytest.raises(ValueError, match="tick 1 is next"):
        watch.step(Tick(index))


def test_a_dead_source_is_never_a_cold_room():
    ticks = [Tick(i, comments=8, concurrent=300, heartbeat=True) for i in range(200)]
    ticks += [Tick(i) for i in range(200, 260)]
    ticks += [Tick(i, comments=8, concurrent=300, heartbeat=True) for i in range(260, 300)]
    watch = Watch()
    changes = [(change.rule, change.kind) for tick in ticks for change in watch.step(tick)]
    assert {rule for rule, _ in changes} == {"no_data"}
    assert [kind for _, kind in changes if kind != "going_on"] == ["opened", "cleared"]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 50), st.integers(0, 400))
def test_dump_and_restore_at_any_tick_change_nothing(seed, cut):
    ticks = list(session(seed))
    whole, first, second = Watch(), Watch(), Watch()
    expected = [whole.step(tick) for tick in ticks]
    found = [first.step(tick) for tick in ticks[:cut]]
    second.restore(json.loads(json.dumps(first.dump(), allow_nan=False)))
    found += [second.step(tick) for tick in ticks[cut:]]
    assert expected == found
    assert whole.spans(4000) == second.spans(4000)
    assert whole.dump() == second.dump()


def test_state_of_another_form_is_not_restored_and_the_rule_begins_afresh():
    """After an upgrade a room that is on air goes on being judged; only what that rule had learnt is gone."""
    ticks = list(session(1))
    before, after = Watch(), Watch()
    for tick in ticks[:200]:
        before.step(tick)
    kept = before.dump()
    kept["forms"]["cold_room"] = 1
    kept["rules"]["cold_room"] = {"of": "another form"}
    after.restore(kept)
    assert after.next_index == 200
    for tick in ticks[200:]:
        after.step(tick)
    assert after.spans(4000)[-1].to_s == 4000


def test_the_made_up_session_has_something_to_lose():
    watch = Watch()
    kinds = {(change.rule, change.kind) for tick in session(1) for change in watch.step(tick)}
    assert {("cold_room", "opened"), ("cold_room", "cleared"), ("no_data", "opened"), ("no_data", "cleared")} <= kinds


@pytest.mark.parametrize("wild", [False, True])
def test_a_hundred_thousand_ticks_of_zeros_or_garbage_end_finite(wild):
    rng = random.Random(1)
    numbers = [0, 0, 1, 7, -3, 10**15]
    watch = Watch()
    for i in range(100_000):
        if wild:
            tick = Tick(i, comments=rng.choice(numbers), concurrent=rng.choice([None, *numbers]), heartbeat=i % 2 == 0)
        else:
            tick = Tick(i)
        for change in watch.step(tick):
            figures = [value for value in change.finding.evidence.values() if value is not None]
            assert all(math.isfinite(value) for value in figures if not isinstance(value, str))
    state = watch.dump()
    assert all(len(json.dumps(rule, allow_nan=False)) < 4096 for rule in state["rules"].values())


def test_only_rules_that_tell_have_an_outlook_and_nothing_is_known_before_a_room_has_begun():
    watch = Watch()
    assert watch.outlook("no_data") is None
    assert watch.outlook("never_heard_of") is None
    assert Outlook(None, None, is_slow=False) == watch.outlook("cold_room")
    for index in range(10):
        watch.step(Tick(index, 3, concurrent=100, heartbeat=True))
    assert watch.outlook("cold_room").usual_per_min == pytest.approx(18, rel=0.2)
