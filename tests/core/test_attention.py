import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.attention import BUDGET_S, Nudge, choose


def nudge(kind, due=0.0, expires=1000.0, name=None):
    return Nudge(name or kind, kind, due, expires)


def names(choice):
    return choice.send.id if choice.send else None, [(dropped.id, why) for dropped, why in choice.dropped]


def test_nothing_waiting_is_nothing_to_wake_for():
    assert choose([], last_sent_s=None, now_s=5, next_release_s=50).wake_s is None


def test_an_alert_outranks_a_cue_and_the_cue_waits():
    choice = choose([nudge("cue"), nudge("alert")], last_sent_s=None, now_s=10)
    assert names(choice) == ("alert", [])
    assert choice.wake_s == 10 + BUDGET_S


def test_what_cannot_outlive_the_slot_is_outranked():
    choice = choose([nudge("cue", expires=60), nudge("alert")], last_sent_s=None, now_s=10)
    assert names(choice) == ("alert", [("cue", "outranked")])


def test_a_release_outranks_an_alert():
    choice = choose([nudge("alert"), nudge("release", expires=60)], last_sent_s=None, now_s=10)
    assert names(choice) == ("release", [])


def test_a_hand_off_stands_between_alert_and_cue():
    waiting = [nudge("cue"), nudge("hand_off"), nudge("alert")]
    order = []
    now = 0.0
    while waiting:
        sent = choose(waiting, last_sent_s=None, now_s=now).send
        order.append(sent.id)
        waiting.remove(sent)
    assert order == ["alert", "hand_off", "cue"]


def test_no_second_nudge_within_the_budget():
    choice = choose([nudge("alert")], last_sent_s=10, now_s=99.9)
    assert names(choice) == (None, [])
    assert choice.wake_s == 100
    assert choose([nudge("alert")], last_sent_s=10, now_s=100).send == nudge("alert")


def test_a_coming_release_reserves_the_slot():
    waiting = [nudge("alert"), nudge("release", due=100, expires=160)]
    held = choose(waiting, last_sent_s=None, now_s=20)
    assert names(held) == (None, [])
    assert held.wake_s == 100
    assert names(choose(waiting, last_sent_s=None, now_s=10)) == ("alert", [])


def test_a_release_that_is_only_announced_reserves_as_well():
    assert choose([nudge("alert")], last_sent_s=None, now_s=20, next_release_s=100).send is None
    assert choose([nudge("alert")], last_sent_s=None, now_s=20, next_release_s=110).send == nudge("alert")


def test_what_has_expired_is_dropped_as_late():
    choice = choose([nudge("alert", expires=20), nudge("cue")], last_sent_s=None, now_s=20)
    assert names(choice) == ("cue", [("alert", "late")])


def test_what_is_not_due_waits_and_is_not_dropped():
    choice = choose([nudge("cue", due=50, expires=80), nudge("alert")], last_sent_s=None, now_s=0)
    assert names(choice) == ("alert", [])
    assert choice.wake_s == 50


@st.composite
def evening(draw):
    """Nudges with the moment they become known; releases are known from the start and at least a budget apart."""
    found, at = [], 0.0
    for number in range(draw(st.integers(0, 4))):
        at += draw(st.integers(BUDGET_S, 400))
        found.append((0.0, Nudge(f"r{number}", "release", at, at + draw(st.integers(1, 60)))))
    for number in range(draw(st.integers(0, 12))):
        known = float(draw(st.integers(0, 1500)))
        due = known + draw(st.integers(0, 120))
        kind = draw(st.sampled_from(["alert", "hand_off", "cue"]))
        found.append((known, Nudge(f"n{number:02}", kind, due, due + draw(st.integers(1, 200)))))
    return found


def live(plan):
    """Plays the plan as the bot does: chooses when something becomes known and when it asked to be woken."""
    unknown = sorted(plan, key=lambda pair: (pair[0], pair[1].id))
    pending, sent, dropped, last, now = [], [], [], None, 0.0
    for _ in range(10_000):
        pending += [nudge for known, nudge in unknown if known <= now]
        unknown = [pair for pair in unknown if pair[0] > now]
        choice = choose(pending, last_sent_s=last, now_s=now)
        if choice.send:
            sent.append((now, choice.send))
            last = now
        dropped += choice.dropped
        gone = [choice.send, *(nudge for nudge, _ in choice.dropped)]
        pending = [nudge for nudge in pending if nudge not in gone]
        moments = [known for known, _ in unknown] + ([] if choice.wake_s is None else [choice.wake_s])
        if not moments:
            assert pending == []
            return sent, dropped
        assert min(moments) > now
        now = min(moments)
    raise AssertionError("never came to an end")


@settings(max_examples=200, deadline=None)
@given(evening())
def test_an_evening_keeps_the_budget_and_loses_nothing(plan):
    sent, dropped = live(plan)
    times = [at for at, _ in sent]
    assert all(later - earlier >= BUDGET_S for earlier, later in itertools.pairwise(times))
    assert all(nudge.due_s <= at < nudge.expires_s for at, nudge in sent)
    assert {nudge.id: at for at, nudge in sent if nudge.kind == "release"} == {
        nudge.id: nudge.due_s for _, nudge in plan if nudge.kind == "release"
    }
    fate = [nudge.id for _, nudge in sent] + [nudge.id for nudge, _ in dropped]
    assert sorted(fate) == sorted(nudge.id for _, nudge in plan)


@settings(max_examples=100, deadline=None)
@given(evening())
def test_the_order_of_the_list_does_not_matter(plan):
    pending = [nudge for _, nudge in plan]
    forward = choose(pending, last_sent_s=None, now_s=300)
    assert forward == choose(reversed(pending), last_sent_s=None, now_s=300)
