from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.metrics import figures
from bot.core.money import Money
from bot.core.signal import Signal
from bot.core.story import Figure
from bot.core.tally import Tally

NAMES = [
    "views",
    "viewers",
    "acu",
    "pcu",
    "comments",
    "likes",
    "shares",
    "follows",
    "product_clicks",
    "orders",
    "gmv_gross",
    "gmv_net",
    "aov",
    "gpm",
    "live_ctr",
    "ctor",
    "conversion_rate",
    "interaction_rate",
    "uv_value",
    "gmv_per_hour",
    "avg_view_duration_s",
]

TOTALS = Signal(
    kind="totals",
    views=2976,
    viewers=2000,
    comments=300,
    likes=700,
    shares=40,
    follows=60,
    product_clicks=1275,
    orders=58,
    gmv=Decimal("1234.56"),
    currency="USD",
    watch_s=90_000,
)


def of(*signals: Signal, ended_s: float = 5400.0) -> dict[str, Figure | None]:
    tally = Tally("USD")
    for place, signal in enumerate(signals):
        tally.add(signal, place * 10.0)
    return dict(figures(tally, ended_s=ended_s))


def usd(text: str) -> Money:
    return Money.parse(text, "USD")


@pytest.mark.parametrize(
    ("name", "value", "unit", "basis"),
    [
        ("views", 2976, "count", "entries into the room"),
        ("orders", 58, "count", "paid orders (one per checkout), cancelled and refunded ones included"),
        ("gmv_gross", usd("1234.56"), "USD", "paid amount at order time, cancelled and refunded orders included"),
        ("aov", usd("21.29"), "USD", "gmv_gross / orders"),
        ("gpm", usd("414.84"), "USD", "gmv_gross x 1000 / views"),
        ("uv_value", usd("0.62"), "USD", "gmv_gross / viewers"),
        ("gmv_per_hour", usd("823.04"), "USD", "gmv_gross / hours on air"),
        ("live_ctr", Decimal("0.4284"), "ratio", "product clicks / views"),
        ("ctor", Decimal("0.0455"), "ratio", "orders / product clicks"),
        ("conversion_rate", Decimal("0.0290"), "ratio", "orders / viewers"),
        ("interaction_rate", Decimal("0.3696"), "ratio", "(comments + likes + shares + follows) / views"),
        ("avg_view_duration_s", Decimal("45.0"), "s", "total watch time / viewers"),
    ],
)
def test_formulas(name: str, value: object, unit: str, basis: str):
    assert Figure(value, unit, basis, "totals") == of(TOTALS)[name]


def test_every_name_is_there_and_unknown_is_none():
    assert set(NAMES) <= set(of())
    assert {None} == set(of().values())
    assert of(TOTALS)["engaged"] is None
    assert of(TOTALS)["gmv_net"] is None
    assert of(TOTALS)["acu"] is None


def test_a_figure_names_all_its_sources():
    found = of(Signal(kind="view", n=10, source="agora"), TOTALS, Signal(kind="note", likes=5))

    assert found["views"].source == "agora"
    assert found["live_ctr"].source == "agora+totals"
    assert found["likes"].source == "totals"


def test_a_zero_below_the_line_is_unknown_but_above_it_is_zero():
    quiet = of(Signal(kind="totals", views=0, viewers=0, product_clicks=0, orders=0, gmv=Decimal(0), currency="USD"))
    assert {None} == {quiet[name] for name in ("aov", "gpm", "uv_value", "live_ctr", "ctor", "conversion_rate")}
    assert usd("0") == quiet["gmv_gross"].value

    clicked = of(Signal(kind="totals", product_clicks=9, orders=0))
    assert Decimal("0.0000") == clicked["ctor"].value


def test_the_interaction_rate_needs_all_its_parts():
    assert of(Signal(kind="totals", views=10, comments=1, likes=1, shares=1))["interaction_rate"] is None


def test_average_and_peak_say_what_was_left_out():
    found = of(*(Signal(kind="concurrent", n=n) for n in (100, 200, 300)), ended_s=100.0)

    assert (
        Figure(
            Decimal("150.0"),
            "viewers",
            "time-weighted mean of concurrent viewers, 80 s without a reading left out",
            "lines",
        )
        == found["acu"]
    )
    assert found["pcu"].value == 300


def test_the_break_between_two_parts_of_a_session_is_not_on_air():
    tally = Tally("USD")
    for t_s, state in ((0, "started"), (3600, "ended"), (4200, "started"), (7800, "ended")):
        tally.add(Signal(kind="stream", state=state), t_s)
    tally.add(Signal(kind="order", gmv=Decimal(100)), 50)

    assert usd("50") == figures(tally, ended_s=7800)["gmv_per_hour"].value


def test_a_currency_without_decimals_is_rounded_to_whole_units():
    tally = Tally("JPY")
    tally.add(Signal(kind="order", n=3, gmv=Decimal(1000)), 5)

    assert Money(333, "JPY") == figures(tally, ended_s=60)["aov"].value


@given(st.integers(1, 10**9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_ratios_are_right_to_half_of_their_last_decimal(views: int, clicks: int, orders: int):
    found = of(Signal(kind="totals", views=views, product_clicks=clicks, orders=orders))

    assert abs(found["live_ctr"].value - Decimal(clicks) / views) <= Decimal("0.00005")
    if clicks:
        assert abs(found["ctor"].value - Decimal(orders) / clicks) <= Decimal("0.00005")
    else:
        assert found["ctor"] is None
