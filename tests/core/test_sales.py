from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bot.core.money import Money
from bot.core.reply import msg
from bot.core.signal import Signal
from bot.core.tally import Tally

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


def usd(text: str) -> Money:
    return Money.parse(text, "USD")


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 10**6)), min_size=1))
def test_amounts_add_up_to_the_cent(sold: list[tuple[int, int]]):
    tally = tally_of(*(order(t_s, str(Money(minor, "USD").amount)) for t_s, minor in sold))

    whole = Money(sum(minor for _, minor in sold), "USD")

    assert whole == tally.gross().value
    assert whole == tally.net().value
    spans = [tally.between(start_s, start_s + 50).gmv_gross for start_s in range(0, 350, 50)]
    assert whole.minor == sum(part.minor for part in spans)


EVENTS = st.lists(
    st.tuples(
        st.integers(0, 300),
        st.sampled_from("abc"),
        st.sampled_from(["created", "paid", "cancelled"]),
    ),
    unique=True,
    max_size=12,
)


@given(EVENTS)
def test_each_order_counts_once_by_its_newest_status(events: list[tuple[int, str, str]]):
    price = {"a": 1, "b": 20, "c": 300}
    tally = tally_of(*(order(t_s, str(price[key]), order_id=key, status=status) for t_s, key, status in events))

    stages = ["created", "paid", "cancelled"]
    paid = {key for _, key, status in events if status == "paid"}
    newest = {key: max((t_s, stages.index(status)) for t_s, k, status in events if k == key)[1] for key in paid}
    if events:
        assert len(paid) == tally.count("orders").value
        assert usd(str(sum(price[key] for key in paid))) == tally.gross().value
        assert usd(str(sum(price[key] for key in paid if newest[key] < 2))) == tally.net().value
    assert len(paid) == sum(tally.tick(index).orders for index in range(31))


def test_an_order_lands_in_the_tick_of_its_first_payment():
    late = [order(55, "9", order_id="a"), order(5, "9", order_id="a", status="created"), order(25, "9", order_id="a")]

    tally = tally_of(*late)
    assert [index for index in range(7) if tally.tick(index).orders] == [2]
    assert usd("9") == tally.between(20, 30).gmv_gross


def test_money_back_lowers_net_only_and_never_below_what_was_paid():
    tally = tally_of(
        order(1, "50", order_id="a"),
        order(2, "30", order_id="b"),
        order(3, "20", order_id="c"),
        order(4, "10", order_id="d"),
        line(50, "refund", order_id="a"),
        line(51, "refund", order_id="a", gmv=Decimal(5)),
        line(52, "refund", order_id="b", gmv=Decimal("4.50")),
        order(53, "20", order_id="c", status="cancelled"),
        line(54, "refund", gmv=Decimal(1)),
    )

    assert usd("110") == tally.gross().value
    assert usd("34.50") == tally.net().value  # 110 - 50 - 4.50 - 20 - 1


def test_a_refund_of_unknown_size_makes_net_unknown():
    tally = tally_of(order(1, "50"), line(9, "refund", order_id="before-the-session"))

    assert usd("50") == tally.gross().value
    assert tally.net() is None
    assert (msg("signals.refund_unclear", n=1),) == tally.notes(60)


def test_money_without_a_currency_or_in_two_is_unknown():
    assert tally_of(order(1, "50"), currency=None).gross() is None
    assert usd("50") == tally_of(order(1, "50", currency="USD"), currency=None).gross().value
    assert usd("50") == tally_of(order(1, "50", currency="USD"), currency=None).net().value

    mixed = tally_of(order(1, "50"), order(2, "30", currency="EUR"))
    assert mixed.gross() is None
    assert [note.key for note in mixed.notes(60)] == ["signals.mixed_currencies"]


def test_orders_without_amounts_leave_gmv_to_the_totals():
    lines = [order(1), order(2, "30")]

    assert tally_of(*lines).gross() is None
    assert (msg("signals.no_amount", n=1),) == tally_of(*lines).notes(60)
    told = tally_of(*lines, line(60, "totals", gmv=Decimal("61.50")))
    assert (usd("61.50"), "totals") == (told.gross().value, told.gross().source)
    assert told.net() is None
    assert usd("61.50") == told.between(0, 100).gmv_gross


def test_products_are_told_apart():
    tally = tally_of(
        line(1, "product_click", n=5, sku="A"),
        line(2, "product_click", n=2),
        order(3, "12", sku="A", n=2),
        order(4, "8", sku="B", order_id="x"),
        order(5, "8", sku="B", order_id="x"),
    )

    rows = tally.products()
    assert (5, 2, usd("12")) == (rows["A"].clicks, rows["A"].orders, rows["A"].gmv_gross)
    assert (0, 1, usd("8")) == (rows["B"].clicks, rows["B"].orders, rows["B"].gmv_gross)
    assert tally_of(order(3, "12", sku="A")).products()["A"].clicks is None
