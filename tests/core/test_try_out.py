import random

from bot.core.rules.cold_room import RING_AT
from bot.core.tick import Tick
from bot.core.tuning import Trial, try_out
from bot.core.watch import Watch


def ticks(minutes=60, cold=range(30, 40), dead=range(0)):
    dice = random.Random(5)
    for index in range(minutes * 6):
        if index // 6 in dead:
            yield Tick(index)
        else:
            comments = 0 if index // 6 in cold else dice.randint(4, 10)
            yield Tick(index, comments=comments, concurrent=300, heartbeat=True)


def test_it_rings_when_the_watch_of_the_live_bot_does():
    watch = Watch()
    live = [change.t_s for tick in ticks() for change in watch.step(tick) if change.kind == "opened"]
    trial = try_out(list(ticks()), "normal")
    assert len(live) == 1
    assert tuple(live) == trial.rings_s
    assert 2400 < trial.judged_s <= 3000


def test_the_sensitivity_is_the_one_asked_for(monkeypatch):
    monkeypatch.setitem(RING_AT, "calm", 1_000.0)
    assert () == try_out(list(ticks()), "calm").rings_s
    assert try_out(list(ticks()), "keen").rings_s


def test_a_silent_source_is_no_cold_room_and_is_not_judged():
    trial = try_out(list(ticks(cold=range(0), dead=range(20, 50))), "keen")
    assert () == trial.rings_s
    assert trial.judged_s < 1800


def test_nothing_is_nothing():
    assert Trial((), 0) == try_out([], "normal")
