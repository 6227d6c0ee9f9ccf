import json
import math
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.coldfilter import unpacked
from bot.core.reply import Span
from bot.core.rules.cold_room import RING_AT, WARM_S, ColdRoom
from bot.core.tick import Tick

HOUR = 360


class Room:
    """A made-up room: Poisson comments around a level with slow and fast ups and downs, seeded."""

    def __init__(self, seed, *, per_min=45.0, viewers=400, wiggle=0.3, gauge=True, ticks=HOUR):
        self.rng = random.Random(seed)
        self.gauge = gauge
        self.viewers = [float(viewers)] * ticks
        self.rate = [per_min / 6] * ticks
        drift = 0.0
        keep = math.exp(-10 / 60)
        for i in range(ticks):
            drift = keep * drift + self.rng.gauss(0, wiggle * math.sqrt(1 - keep * keep))
            self.rate[i] *= math.exp(drift)
        self.per_viewer = [1.0] * ticks
        self.giveaway = [False] * ticks
        self.paused = [False] * ticks

    def comments(self, start_s, end_s, factor):
        for i in range(start_s // 10, end_s // 10):
            self.per_viewer[i] *= factor
        return self

    def leave(self, start_s, end_s, factor, ramp_s=180):
        for i in range(start_s // 10, len(self.viewers)):
            t = i * 10
            depth = min(max((t - start_s) / ramp_s, 0), 1) - min(max((t - end_s) / ramp_s, 0), 1)
            self.viewers[i] *= factor**depth
            self.rate[i] *= factor**depth
        return self

    def ticks(self):
        for i, rate in enumerate(self.rate):
            mean = rate * self.per_viewer[i] * self.rng.gammavariate(6, 1 / 6)
            yield Tick(
                i,
                comments=poisson(self.rng, mean),
                concurrent=poisson(self.rng, self.viewers[i]) if self.gauge else None,
                heartbeat=self.gauge,
                giveaway=self.giveaway[i],
                paused=self.paused[i],
            )


def poisson(rng, mean):
    if mean > 50:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


def judge(ticks, rule=None):
    """(opened, cleared, states): lists of (t_s, Finding), states per tick."""
    rule = rule or ColdRoom()
    opened, cleared, states = [], [], []
    for tick in ticks:
        verdict = rule.evaluate(tick, silent=False)
        states.append(verdict.state)
        if verdict.opened:
            opened.append((tick.ends_s, verdict.opened))
        if verdict.cleared:
            cleared.append((tick.ends_s, verdict.cleared))
    return opened, cleared, states


SEEDS = range(12)


def test_most_deep_spells_in_a_usual_room_ring_within_four_minutes():
    found = 0
    for seed in SEEDS:
        opened, _, _ = judge(Room(seed).comments(1800, 2400, 0.25).ticks())
        found += any(1800 <= t <= 2040 for t, _ in opened)
    assert found >= 9


def test_most_spells_ring_and_clear_without_any_gauge():
    rung = ended = 0
    for seed in SEEDS:
        opened, cleared, _ = judge(Room(seed, gauge=False).comments(1800, 2400, 0.2).ticks())
        rung += any(1800 <= t <= 2400 for t, _ in opened)
        ended += any(2340 <= t <= 2580 for t, _ in cleared)
    assert (rung >= 10, ended >= 9) == (True, True)


def test_an_ordinary_hour_is_left_alone():
    rings = sum(len(judge(Room(seed).ticks())[0]) for seed in range(24))
    assert rings <= 6


def rings_in_lull(ramp_s, *, gauge):
    rings = 0
    for seed in SEEDS:
        opened, _, _ = judge(Room(seed, wiggle=0.15, gauge=gauge).leave(1800, 2700, 0.35, ramp_s).ticks())
        rings += any(1740 <= t <= 2880 for t, _ in opened)
    return rings


@pytest.mark.parametrize("ramp_s", [30, 180])
def test_a_lull_that_follows_leaving_viewers_is_no_cold_room(ramp_s):
    # One in twelve is what rooms do by themselves; without the gauge the same lull rings nearly always.
    assert rings_in_lull(ramp_s, gauge=True) <= 1
    assert rings_in_lull(ramp_s, gauge=False) >= 8


@pytest.mark.parametrize("is_known", [True, False])
def test_neither_a_burst_nor_its_end_rings(is_known):
    rings = 0
    for seed in SEEDS:
        room = Room(seed, wiggle=0.15).comments(1800, 1980, 6)
        room.giveaway[180:198] = [is_known] * 18
        rings += len(judge(room.ticks())[0])
    assert rings == 0


def test_a_wave_of_viewers_who_do_not_write_yet_is_no_cold_room():
    rings = 0
    for seed in SEEDS:
        room = Room(seed, wiggle=0.15)
        room.viewers[180:220] = [viewers * 2.5 for viewers in room.viewers[180:220]]
        rings += len(judge(room.ticks())[0])
    assert rings == 0


def test_nothing_rings_before_ten_minutes():
    opened, _, states = judge(Room(1).comments(300, 900, 0.0).ticks())
    assert states.index("judging") >= WARM_S // 10 - 1
    assert all(t >= WARM_S for t, _ in opened)


def test_reason_and_evidence_give_the_figures():
    [(t, finding), *_], _, _ = judge(Room(2).comments(1800, 2400, 0.2).ticks())
    evidence = finding.evidence
    assert 1800 <= t <= 2040
    assert finding.reason.key == "alert.cold_room.reason"
    assert finding.reason.params["lasted"] == Span(evidence["lasted_s"])
    assert 60 <= evidence["lasted_s"] <= 300
    assert 30 <= evidence["usual_per_min"] <= 60
    assert evidence["comments_per_min"] < 0.6 * evidence["usual_per_min"]
    assert evidence["ratio"] == pytest.approx(evidence["comments_per_min"] / evidence["usual_per_min"], abs=0.01)
    assert 350 <= evidence["concurrent"] <= 450
    assert evidence["signals"] == "comment+concurrent"
    assert 0.55 <= evidence["p"] <= 0.99
    assert finding.reason.params["p"] == evidence["p"]


def test_without_a_gauge_the_reason_names_no_viewers():
    [(_, finding), *_], _, _ = judge(Room(2, gauge=False).comments(1800, 2400, 0.1).ticks())
    assert finding.reason.key == "alert.cold_room.reason_no_gauge"
    assert (finding.evidence["concurrent"], finding.evidence["signals"]) == (None, "comment")


def test_all_clear_says_how_long_it_was_cold():
    _, [(t, finding), *_], _ = judge(Room(2).comments(1800, 2400, 0.2).ticks())
    assert 2400 <= t <= 2580
    assert finding.reason.key == "alert.cold_room.cleared"
    assert 400 <= finding.evidence["lasted_s"] <= 780


def test_a_small_room_is_too_quiet_to_judge():
    opened, _, states = judge(Room(4, per_min=0.8, viewers=15).comments(1800, 2400, 0.0).ticks())
    assert opened == []
    assert set(states[100:]) == {"too_quiet"}


def test_a_spell_that_never_ends_becomes_the_rooms_level():
    keys, still_open = [], 0
    for seed in range(5, 9):
        opened, cleared, states = judge(Room(seed, ticks=2 * HOUR).comments(1800, 7200, 0.25).ticks())
        keys += [finding.reason.key for _, finding in cleared]
        still_open += len(opened) - len(cleared)
        assert states[-1] == "judging"
    assert still_open == 0
    assert keys.count("alert.cold_room.cleared_new_level") >= 3


def test_a_paused_stream_is_not_judged():
    room = Room(6).comments(1800, 2400, 0.0)
    room.paused[180:240] = [True] * 60
    opened, _, states = judge(room.ticks())
    assert [t for t, _ in opened if t <= 2500] == []
    assert set(states[180:240]) == {"no_data"}


def test_a_dead_source_does_not_ring_before_no_data_can_tell():
    rule = ColdRoom()
    for i in range(300):
        silent = i >= 246
        tick = Tick(i) if i >= 240 else Tick(i, comments=40, concurrent=400, heartbeat=True)
        verdict = rule.evaluate(tick, silent=silent)
        assert verdict.opened is None
    assert verdict.state == "no_data"


def test_empty_ticks_of_a_slow_gauge_count_once_it_speaks():
    rule = ColdRoom()
    rings = []
    for i in range(300):
        beat = i % 3 == 0
        tick = Tick(i, comments=0 if i >= 240 else 8, concurrent=400 if beat else None, heartbeat=beat)
        if rule.evaluate(tick, silent=False).opened:
            rings.append(tick.ends_s)
    assert len(rings) == 1
    assert rings[0] <= 2400 + 180


def test_a_lost_gauge_is_carried_and_then_given_up():
    room = list(Room(7).comments(3000, 3500, 0.1).ticks())
    for tick in room[200:]:
        tick.concurrent = None
    opened, _, states = judge(room)
    assert {finding.reason.key for t, finding in opened if t > 3000} == {"alert.cold_room.reason_no_gauge"}
    assert set(states[100:]) == {"judging"}


def test_a_gauge_that_appears_late_does_not_ring():
    rings = 0
    for seed in SEEDS:
        ticks = list(Room(seed, wiggle=0.15).ticks())
        for tick in ticks[:200]:
            tick.concurrent, tick.heartbeat = None, False
        rings += len(judge(ticks)[0])
    assert rings == 0


def test_state_stays_small_and_finite_on_garbage():
    rng = random.Random(9)
    wild = [0, 1, -5, 10**18, 3, 0, 0]
    rule = ColdRoom()
    for i in range(20_000):
        concurrent = rng.choice([None, None, 0, -7, 10**18, 400, 1])
        tick = Tick(i, comments=rng.choice(wild), concurrent=concurrent, heartbeat=rng.random() < 0.3)
        verdict = rule.evaluate(tick, silent=rng.random() < 0.02)
        finding = verdict.opened or verdict.going_on or verdict.cleared
        if finding:
            figures = [value for value in finding.evidence.values() if isinstance(value, float)]
            assert all(math.isfinite(value) for value in figures)
    dumped = json.dumps(rule.dump(), allow_nan=False, separators=(",", ":"))
    assert len(dumped) <= 4096


def test_zeros_for_days_stay_quiet():
    opened, _, states = judge(Tick(i, concurrent=0, heartbeat=True) for i in range(20_000))
    assert opened == []
    assert states[-1] == "too_quiet"


def test_the_calmer_the_rarer():
    rings = {}
    for sensitivity in RING_AT:
        rings[sensitivity] = sum(
            len(judge(Room(seed).comments(1800, 2040, 0.4).ticks(), ColdRoom(sensitivity))[0]) for seed in range(24)
        )
    assert rings["calm"] < rings["normal"] < rings["keen"]


def test_a_giveaway_in_a_cold_spell_is_no_warmth():
    room = Room(2).comments(1800, 2700, 0.2).comments(2220, 2460, 30)
    room.giveaway[222:246] = [True] * 24
    _, cleared, _ = judge(room.ticks())
    assert not [t for t, _ in cleared if 2220 <= t <= 2470]
    untold = Room(2).comments(1800, 2700, 0.2).comments(2220, 2460, 30)
    _, cleared, _ = judge(untold.ticks())
    assert [t for t, _ in cleared if 2220 <= t <= 2470]


def with_likes(room, factor=1.0, start_s=0, end_s=0):
    for tick in room.ticks():
        share = factor if start_s <= tick.index * 10 < end_s else 1.0
        tick.likes = poisson(room.rng, 40 * share * room.rng.gammavariate(4, 1 / 4))
        yield tick


def test_likes_that_fall_too_help_an_alarm_and_are_named():
    soon = {True: 0, False: 0}
    for seed in SEEDS:
        for fall in (True, False):
            room = Room(seed).comments(1800, 2400, 0.25)
            opened, _, _ = judge(with_likes(room, 0.3 if fall else 1.0, 1800, 2400))
            soon[fall] += sum(t - 1800 if 1800 <= t <= 2400 else 600 for t, _ in opened[:1]) or 600
    assert soon[True] < soon[False]
    assert {finding.evidence["signals"] for _, finding in opened} == {"comment+concurrent+like"}


def test_likes_alone_ring_nothing():
    rings = sum(len(judge(with_likes(Room(seed, wiggle=0.15), 0.05, 1800, 2400))[0]) for seed in SEEDS)
    assert rings == 0


def test_likes_that_stop_altogether_are_a_source_that_stopped():
    quiet = sum(len(judge(with_likes(Room(seed), 0.0, 1800, 3600))[0]) for seed in SEEDS)
    usual = sum(len(judge(with_likes(Room(seed)))[0]) for seed in SEEDS)
    assert quiet <= usual + 2


def test_severity_grows_with_depth_and_duration():
    rule, told = ColdRoom(), []
    for tick in Room(2).comments(1800, 2700, 0.05).ticks():
        verdict = rule.evaluate(tick, silent=False)
        told += [found.severity for found in (verdict.opened, verdict.going_on) if found]
    assert told[0] == "warning"
    assert told[-1] == "urgent"


def test_a_late_line_is_judged_as_if_it_had_been_in_time():
    ticks = list(Room(8).ticks())[:200]
    gone = range(120, 124)
    timely, late = ColdRoom(), ColdRoom()
    for tick in ticks:
        timely.evaluate(tick, silent=False)
        if tick.index == 126:
            late.amend(ticks[120:126])
        late.evaluate(replace(tick, comments=0) if tick.index in gone else tick, silent=False)
    mine, theirs = late.dump()["course"], timely.dump()["course"]
    assert mine["belief"] == theirs["belief"]
    held, plain = ColdRoom(), ColdRoom()
    for tick in ticks[:121]:
        plain.evaluate(tick, silent=False)
        held.evaluate(Tick(120) if tick.index == 120 else tick, silent=False)
    held.amend([ticks[120]])
    for rule in (plain, held):
        rule.evaluate(ticks[121], silent=False)
    assert [entry[:2] for entry in held.dump()["course"]["log"]] == [
        entry[:2] for entry in plain.dump()["course"]["log"]
    ]


def test_a_line_later_than_a_minute_changes_nothing():
    ticks = list(Room(8).ticks())[:200]
    rule = ColdRoom()
    for tick in ticks:
        rule.evaluate(tick, silent=False)
    before = rule.dump()
    rule.amend([replace(ticks[100], comments=0), ticks[199], ticks[198]])
    assert rule.dump() == before


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.builds(
            dict,
            comments=st.one_of(st.just(0), st.integers(0, 40), st.integers(0, 10**9)),
            likes=st.one_of(st.just(0), st.integers(0, 10**9)),
            concurrent=st.one_of(st.none(), st.integers(0, 3000), st.integers(-5, 10**9)),
            heartbeat=st.booleans(),
            paused=st.integers(0, 20).map(lambda n: n == 0),
            giveaway=st.integers(0, 20).map(lambda n: n == 0),
        ),
        min_size=40,
        max_size=160,
    ),
    st.data(),
)
def test_stored_and_restored_at_any_tick_it_says_the_same(rows, data):
    cut = data.draw(st.integers(0, len(rows)))
    ticks = [Tick(index, **row) for index, row in enumerate(rows)]
    whole, first, second = ColdRoom(), ColdRoom(), ColdRoom()
    expected = [whole.evaluate(tick, silent=False) for tick in ticks[:cut]]
    assert [first.evaluate(tick, silent=False) for tick in ticks[:cut]] == expected
    stored = json.dumps(first.dump(), allow_nan=False, separators=(",", ":"))
    assert len(stored) <= 4096
    second.restore(json.loads(stored))
    late = [replace(tick, comments=tick.comments + 3) for tick in ticks[max(0, cut - 4) : cut]]
    whole.amend(late)
    second.amend(late)
    for tick in ticks[cut:]:
        assert whole.evaluate(tick, silent=False) == second.evaluate(tick, silent=False)
    assert whole.dump() == second.dump()


@pytest.mark.parametrize("comments", [0, 10**9])
def test_the_same_for_a_day_ends_finite(comments):
    rule = ColdRoom()
    for i in range(10_000):
        rule.evaluate(Tick(i, comments=comments, likes=comments, concurrent=comments, heartbeat=True), silent=False)
    state = unpacked(rule.dump()["course"]["belief"])
    assert all(math.isfinite(number) for numbers in state for number in numbers)
    assert all(abs(number) < 1e4 for belief in state[:4] for number in belief)
