import random
import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.metrics import figures
from bot.core.reply import Span, msg
from bot.core.signal import COMMON, FIELDS, Signal, data_of, signal_of
from bot.core.story import Release
from bot.core.tally import Count, Tally

Line = tuple[float, Signal]


def tally_of(*lines: Line, currency: str | None = "USD") -> Tally:
    tally = Tally(currency)
    for t_s, signal in lines:
        tally.add(signal, t_s)
    return tally


def line(t_s: float, kind: str, **fields) -> Line:
    return t_s, Signal(kind=kind, **fields)


def order(t_s: float, gmv: str | None = None, **fields) -> Line:
    return line(t_s, "order", gmv=None if gmv is None else Decimal(gmv), **fields)


TIMES = st.one_of(st.integers(-40, 400).map(float), st.sampled_from([-0.5, 9.99, 10.0, 59.5, 61.25]))
NS = st.integers(0, 50)
USERS = st.sampled_from([None, "u1", "u2", "u3"])
SOURCES = st.sampled_from([None, "tiktok", "note:li"])
AMOUNTS = st.sampled_from([None, Decimal("0.10"), Decimal("19.905"), Decimal(7)])
CODES = st.sampled_from([None, None, "USD", "EUR"])
IDS = st.sampled_from([None, "o1", "o2"])
SKUS = st.sampled_from([None, "A", "B"])


def made(**fields) -> Signal:
    """Without annotations: hypothesis would otherwise fill in every field that is not named."""
    return Signal(**fields)


SIGNALS = st.one_of(
    st.builds(
        made,
        kind=st.sampled_from(["comment", "view", "like", "share", "follow", "quality", "concurrent", "add_to_cart"]),
        n=NS,
        user=USERS,
        source=SOURCES,
    ),
    st.builds(made, kind=st.just("comment"), text=st.sampled_from(["how much?", "nice", "多少钱", "ship to Leeds?"])),
    st.builds(made, kind=st.just("product_click"), n=NS, sku=SKUS),
    st.builds(
        made,
        kind=st.just("order"),
        n=NS,
        gmv=AMOUNTS,
        currency=CODES,
        sku=SKUS,
        order_id=IDS,
        status=st.sampled_from([None, "created", "paid", "cancelled"]),
    ),
    st.builds(made, kind=st.just("refund"), gmv=AMOUNTS, currency=CODES, order_id=IDS),
    st.builds(
        made,
        kind=st.sampled_from(["totals", "note"]),
        source=SOURCES,
        comments=st.one_of(st.none(), NS),
        viewers=st.one_of(st.none(), NS),
        orders=st.one_of(st.none(), NS),
        gmv=AMOUNTS,
        currency=CODES,
    ),
    st.builds(made, kind=st.just("note"), concurrent=NS),
    st.builds(made, kind=st.just("stream"), state=st.sampled_from(["started", "paused", "resumed", "ended"])),
    st.builds(made, kind=st.just("pin"), sku=st.just("A"), state=st.sampled_from(["released", "removed"])),
)
LINES = st.lists(st.tuples(TIMES, SIGNALS), max_size=40)


def everything(tally: Tally) -> tuple:
    return (
        figures(tally, ended_s=400.0),
        [tally.tick(index) for index in range(45)],
        tally.notes(400.0),
        tally.products(),
        tally.timeline(20, 400.0),
        [tally.between(start_s, start_s + 70.0) for start_s in range(0, 400, 70)],
        tally.pins,
        tally.questions(),
        tally.last_index,
    )


@settings(deadline=None)
@given(LINES, st.sampled_from([None, "USD"]), st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(lines: list[Line], currency: str | None, shuffler: random.Random):
    arrived = lines[:]
    shuffler.shuffle(arrived)

    assert everything(tally_of(*lines, currency=currency)) == everything(tally_of(*arrived, currency=currency))


@settings(deadline=None)
@given(LINES, st.integers(0, 40))
def test_a_tick_never_depends_on_lines_of_a_later_time(lines: list[Line], index: int):
    early = [one for one in lines if one[0] < (index + 1) * 10]

    assert tally_of(*early).tick(index) == tally_of(*lines).tick(index)


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 100)), min_size=1, unique_by=lambda one: one[0]))
def test_totals_are_counted_by_their_differences(reports: list[tuple[int, int]]):
    tally = tally_of(*(line(t_s, "totals", comments=value) for t_s, value in reports))

    expected, before, falls = 0, 0, 0
    for _, value in sorted(reports):
        falls += value < before
        expected += value if value < before else value - before
        before = value
    assert Count(expected, "totals") == tally.count("comments")
    assert expected == sum(tally.tick(index).comments for index in range(31))
    assert expected == sum(tally.between(start_s, start_s + 100).comments for start_s in range(0, 400, 100))
    resets = (msg("signals.totals_reset", counter="comments", source="totals", n=falls),) if falls else ()
    assert resets == tally.notes(400.0)


@given(st.lists(st.tuples(st.integers(-20, 300), st.integers(0, 5000)), unique_by=lambda one: one[0], max_size=12))
def test_acu_is_the_mean_of_the_seconds_that_were_measured(readings: list[tuple[int, int]]):
    tally = tally_of(*(line(t_s, "concurrent", n=n) for t_s, n in readings))

    by_second = []
    for second in range(300):
        before = [one for one in readings if one[0] <= second]
        after = [t_s for t_s, _ in readings if t_s > second]
        if before and min(after, default=300) - max(before)[0] <= 60:
            by_second.append(max(before)[1])

    presence = tally.presence(0, 300)
    assert (len(by_second), 300 - len(by_second)) == (presence.measured_s, presence.gap_s)
    if by_second:
        assert abs(Decimal(sum(by_second)) / len(by_second) - presence.mean) <= Decimal("0.05")
    else:
        assert presence.mean is None


def test_a_gap_is_left_out_and_said():
    tally = tally_of(line(0, "concurrent", n=100), line(10, "concurrent", n=100), line(1000, "concurrent", n=400))

    assert Decimal("300.0") == tally.presence(0, 1020).mean  # 10 s at 100, 20 s at 400
    assert (msg("signals.gauge_gap", gap=Span(990)),) == tally.notes(1020)


def test_lines_land_in_the_tick_of_their_time_and_early_ones_in_the_first():
    tally = tally_of(
        line(25, "comment", n=3), line(-1500, "comment", n=2), line(9.999, "like", n=1), line(20, "concurrent", n=7)
    )

    assert [tally.tick(index).comments for index in range(4)] == [2, 0, 3, 0]
    assert [tally.tick(index).likes for index in range(4)] == [1, 0, 0, 0]
    assert [tally.tick(index).concurrent for index in range(4)] == [None, None, 7, None]
    assert [tally.tick(index).heartbeat for index in range(4)] == [False, False, True, False]
    assert tally.last_index == 2


def test_the_gauge_of_a_tick_is_its_newest_reading():
    tally = tally_of(line(18, "concurrent", n=80), line(12, "concurrent", n=20))

    assert tally.tick(1).concurrent == 80
    assert Count(80, "lines") == tally.peak()


def test_lines_win_over_totals_kind_by_kind():
    tally = tally_of(
        line(5, "comment", n=4),
        line(60, "totals", comments=9, likes=30, viewers=12),
        line(65, "comment", n=2),
        line(70, "note", likes=99),
    )

    assert Count(6, "lines") == tally.count("comments")
    assert Count(30, "totals") == tally.count("likes")
    assert Count(12, "totals") == tally.count("viewers")
    assert tally.count("views") is None
    assert tally.tick(6).comments == 2


def test_ticks_go_by_the_totals_until_lines_or_a_better_source_come():
    tally = tally_of(
        line(5, "note", comments=3, likes=20),
        line(100, "totals", likes=50),
        line(200, "comment", n=4),
    )

    assert [(3, 20), (0, 50), (4, 0)] == [(tick.comments, tick.likes) for tick in map(tally.tick, (0, 10, 20))]


def test_the_source_that_reports_more_often_is_believed():
    once = line(5, "totals", likes=10, source="agora")
    often = [line(t_s, "totals", likes=t_s, source="tiktok") for t_s in (20, 40, 60)]

    assert Count(60, "tiktok") == tally_of(once, *often).count("likes")


def test_zero_needs_somebody_who_said_so():
    assert tally_of(line(5, "view")).count("orders") is None
    assert Count(0, "totals") == tally_of(line(5, "totals", orders=0)).count("orders")
    assert Count(0, "lines") == tally_of(order(5, "9", status="created", order_id="x")).count("orders")


def test_figures_by_hand_are_marked_and_are_no_heartbeat():
    tally = tally_of(
        line(5, "note", concurrent=320, orders=12, source="note:li"), line(20, "concurrent", n=300, source="note:wu")
    )

    assert Count(12, "person") == tally.count("orders")
    assert Count(320, "person") == tally.peak()
    assert [tally.tick(index).heartbeat for index in range(3)] == [False, False, False]
    assert tally.tick(0).orders == 12


def test_unique_people_need_a_name_on_every_line():
    named = [line(1, "view", user="a"), line(2, "view", user="a"), line(3, "view", user="b")]

    assert Count(2, "lines") == tally_of(*named).count("viewers")
    assert tally_of(*named, line(4, "view")).count("viewers") is None
    assert Count(9, "totals") == tally_of(*named, line(4, "view"), line(5, "totals", viewers=9)).count("viewers")
    assert Count(2, "lines") == tally_of(line(1, "like", user="a"), line(2, "comment", user="b")).count("engaged")
    assert tally_of(line(1, "like", user="a"), line(2, "comment")).count("engaged") is None


def test_pauses_breaks_and_giveaways_are_marked_on_the_ticks():
    tally = tally_of(
        line(0, "stream", state="started"),
        line(15, "stream", state="paused"),
        line(31, "stream", state="resumed"),
        line(45, "stream", state="host_left"),
        line(60, "stream", state="ended"),
        line(90, "stream", state="started"),
        line(120, "stream", state="ended"),
    )
    tally.giveaways([(100, 110)])

    assert [index for index in range(13) if tally.tick(index).paused] == [1, 2, 3, 6, 7, 8, 12]
    assert [index for index in range(13) if tally.tick(index).giveaway] == [10]
    assert tally.airtime.ended_s == 120
    assert tally.airtime.on_air_s(120) == 90


def test_a_break_before_the_start_takes_nothing_off_the_air():
    tally = tally_of(line(-100, "stream", state="ended"), line(-50, "stream", state="started"))

    assert tally.airtime.on_air_s(600) == 600
    assert tally.airtime.ended_s is None


def test_the_timeline_tells_silence_from_zero():
    tally = tally_of(
        line(0, "concurrent", n=10),
        line(5, "comment", n=2),
        line(30, "concurrent", n=20),
        line(115, "concurrent", n=30),
        line(116, "comment", n=4),
    )

    timeline = tally.timeline(30, 120)
    assert timeline.concurrent == (10.0, None, None, 30.0)
    assert timeline.interactions == (2, 0, None, 4)
    assert timeline.orders == (None, None, None, None)
    with pytest.raises(ValueError, match="step_s=25"):
        tally.timeline(25)


def test_what_viewers_ask_is_kept_newest_last_and_bounded():
    tally = tally_of(
        line(3, "comment", text="多少钱"), line(1, "comment", text="how big is it"), line(2, "comment", text="lovely")
    )
    assert tally.questions() == ("how big is it", "多少钱")

    many = tally_of(*(line(t_s, "comment", text=f"is it {t_s}?") for t_s in range(80)))
    assert tuple(f"is it {t_s}?" for t_s in range(30, 80)) == many.questions()


def test_pins_in_order_of_time():
    tally = tally_of(line(90.5, "pin", sku="A", state="removed"), line(30.5, "pin", sku="A", state="released"))

    assert tally.pins == ((30.5, "A", "released"), (90.5, "A", "removed"))
    assert (Release(30, "A"),) == tally.releases()


def test_a_wrong_date_costs_no_memory_and_odd_lines_do_no_harm():
    tally = tally_of(
        line(1e12, "comment", n=5),
        line(3, "comment", n=-2),
        line(4, "gift", n=1),
        order(5, "NaN"),
        line(6, "totals", likes=-5, gmv=Decimal(1), currency="???"),
    )

    assert Count(3, "lines") == tally.count("comments")
    assert tally.last_index == 60_479
    assert tally.gross() is None
    assert tally.tick(10**9).comments == 0


def test_an_empty_session_knows_nothing():
    tally = Tally("USD")

    assert tally.last_index == -1
    assert set(figures(tally, ended_s=0).values()) == {None}
    assert tally.notes(600) == ()
    assert tally.timeline(60).orders == ()


@given(SIGNALS)
def test_a_stored_signal_comes_back_as_it_was(signal: Signal):
    assert signal == signal_of(data_of(signal), signal.source)


def test_every_field_of_a_kind_is_an_attribute():
    names = {name for fields in FIELDS.values() for name in fields} | set(COMMON)

    assert names - {"t", "at", "id"} == set(Signal._fields)


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_every_note_has_its_text(language: str):
    root = Path(__file__).parents[2]
    used = set(re.findall(r'"(signals\.\w+)"', (root / "bot/core/tally.py").read_text("utf-8")))
    catalogue = (root / f"prompts/locales/{language}/LC_MESSAGES/signals.po").read_text("utf-8")

    assert used == set(re.findall(r'^msgid "(signals\.\w+)"', catalogue, re.MULTILINE))


def test_a_person_corrects_downwards_and_a_platform_restarts():
    by_hand = tally_of(*(line(t_s, "note", orders=orders, source="note:li") for t_s, orders in ((10, 120), (70, 12))))
    platform = tally_of(*(line(t_s, "totals", orders=orders) for t_s, orders in ((10, 120), (70, 12))))

    assert Count(12, "person") == by_hand.count("orders")
    assert by_hand.between(0, 600).orders == 12
    assert by_hand.tick(7).orders == 0
    assert Count(132, "totals") == platform.count("orders")
