import json

from hypothesis import given
from hypothesis import strategies as st

from bot.core.reply import Span
from bot.core.rules.no_data import NoData
from bot.core.tick import Tick


def judge(ticks):
    rule = NoData()
    return [rule.evaluate(tick, silent=False) for tick in ticks]


def beats(count, every=1, first=0):
    return [Tick(first + i, heartbeat=i % every == 0, concurrent=5 if i % every == 0 else None) for i in range(count)]


def empty(count, first):
    return [Tick(first + i) for i in range(count)]


def test_sixty_silent_seconds_ring_and_the_first_data_clears():
    ticks = [*beats(20), *empty(30, 20), Tick(50, comments=1), *beats(5, first=51)]
    verdicts = judge(ticks)
    opened = [i for i, verdict in enumerate(verdicts) if verdict.opened]
    cleared = [i for i, verdict in enumerate(verdicts) if verdict.cleared]
    assert (opened, cleared) == ([25], [50])
    assert verdicts[25].opened.evidence == {"silent_s": 60}
    assert verdicts[25].opened.reason.params == {"silent": Span(60)}
    assert verdicts[50].cleared.evidence == {"silent_s": 300}
    assert [verdict.state for verdict in verdicts[24:27]] == ["judging", "no_data", "no_data"]
    assert verdicts[50].state == "judging"


def test_the_open_alert_is_told_anew_once_a_minute():
    verdicts = judge([*beats(20), *empty(30, 20)])
    assert [i for i, verdict in enumerate(verdicts) if verdict.going_on] == [31, 37, 43, 49]
    assert verdicts[49].going_on.evidence == {"silent_s": 300}


def test_chat_alone_has_no_heartbeat():
    ticks = [*(Tick(i, comments=9) for i in range(50)), *empty(200, 50)]
    assert {(verdict.state, verdict.opened) for verdict in judge(ticks)} == {("warming", None)}


def test_one_figure_noted_by_hand_is_no_rhythm():
    ticks = [Tick(0, heartbeat=True), *empty(100, 1), Tick(101, heartbeat=True), *empty(100, 102)]
    assert not any(verdict.opened for verdict in judge(ticks))


def test_a_slow_rhythm_is_given_twice_its_time():
    verdicts = judge([*beats(100, every=6), *empty(30, 100)])
    assert [i for i, verdict in enumerate(verdicts) if verdict.opened] == [96 + 12]


def test_comments_keep_a_dead_gauge_from_being_silence():
    ticks = [*beats(20), *(Tick(i, comments=1) for i in range(20, 120))]
    assert not any(verdict.opened for verdict in judge(ticks))


def test_a_paused_stream_may_be_silent_for_ten_minutes():
    verdicts = judge([*beats(20), *(Tick(i, paused=True) for i in range(20, 100))])
    assert [i for i, verdict in enumerate(verdicts) if verdict.opened] == [20 + 59]


@given(st.lists(st.sampled_from(["beat", "chat", "none"]), max_size=120))
def test_it_opens_only_after_a_minute_and_alternates(kinds):
    rule, silent, is_open = NoData(), 0, False
    for i, kind in enumerate(kinds):
        tick = Tick(i, comments=kind == "chat", heartbeat=kind == "beat")
        silent = silent + 1 if kind == "none" else 0
        verdict = rule.evaluate(tick, silent=False)
        assert not (verdict.opened and (is_open or silent < 6))
        assert not (verdict.cleared and (not is_open or silent))
        is_open = verdict.opened is not None or (is_open and verdict.cleared is None)
        assert (verdict.state == "no_data") == is_open
        assert not (is_open and not silent)


@given(st.lists(st.booleans(), max_size=80), st.integers(0, 80))
def test_dump_and_restore_change_nothing(pattern, cut):
    whole, first, second = NoData(), NoData(), NoData()
    expected = [whole.evaluate(Tick(i, heartbeat=beat), silent=False) for i, beat in enumerate(pattern)]
    found = [first.evaluate(Tick(i, heartbeat=beat), silent=False) for i, beat in enumerate(pattern[:cut])]
    second.restore(json.loads(json.dumps(first.dump())))
    found += [second.evaluate(Tick(i + cut, heartbeat=beat), silent=False) for i, beat in enumerate(pattern[cut:])]
    assert expected == found
