"""The sections of a summary: what they say, what they admit not to know, and where their numbers come from."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import sections
from bot.core.advice import ACTIONS, choose
from bot.core.ledger import FIGURE_NAMES, alert_seconds, ledger, shown
from bot.core.money import Money
from bot.core.reply import Line, Listing, Msg, Share, Span, Table, Value, When, msg
from bot.core.sections import SECTIONS
from bot.core.story import AlertRow, ProductRow, Release, SegmentRow, Story
from prompts.catalogue import Catalogues
from tests.stories import LENGTH_S, bare_story, cold_alert, counted, full_figures, full_story, money, ratio, usd

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

READER = Catalogues.load()
DIGITS = re.compile(r"\d+(?:[.,]\d+)*")


def say(line: Line, language: str = "en") -> str:
    return READER.say(line, language=language)


def lines(blocks: object) -> Iterator[Line]:
    """Every text in the blocks, whatever block it stands in."""
    if isinstance(blocks, Msg | str):
        yield blocks
    elif isinstance(blocks, tuple):
        for each in blocks:
            yield from lines(each)
    elif dataclasses.is_dataclass(blocks):
        for spec in dataclasses.fields(blocks):
            if spec.name not in {"state", "buttons"}:
                yield from lines(getattr(blocks, spec.name))


def texts(blocks: object, language: str = "en") -> list[str]:
    return [say(line, language) for line in lines(blocks)]


def page(story: Story, language: str = "en") -> str:
    return "\n".join(text for section in SECTIONS for text in texts(section(story), language))


def values(value: Value) -> Iterator[Value]:
    """The numbers and times inside a message, all the way down."""
    if isinstance(value, Msg):
        for each in value.params.values():
            yield from values(each)
    elif isinstance(value, Listing):
        for each in value.items:
            yield from values(each)
    elif isinstance(value, int | float | Decimal | Money | Span | Share | When):
        yield value


def table_values(story: Story) -> set[Value]:
    """Every number the prose may use."""
    allowed = {shown(figure) for figure in ledger(story).values()}
    allowed |= {int(figure.value) for figure in ledger(story).values() if figure and isinstance(figure.value, int)}
    return allowed | {shown(figure) for _, *both in story.changed for figure in both}


def strays(story: Story) -> list[Value]:
    """Numbers in the prose that are in no figures table. Reasons bring their own evidence."""
    reasons = {id(row.reason) for row in story.alerts}
    spoken = [line for section in SECTIONS for line in lines(section(story)) if id(line) not in reasons]
    numbers = [value for line in spoken if isinstance(line, Msg) for value in values(line)]
    allowed = table_values(story)
    more_products = len(story.products) - 12
    return [each for each in numbers if not isinstance(each, When) and each not in allowed and each != more_products]


def with_medians(**medians: str) -> Story:
    return full_story(medians={name: Decimal(value) for name, value in medians.items()})


# Where the numbers come from


RICH = full_story(
    medians={"gmv_gross": Decimal(2400), "orders": Decimal(90), "acu": Decimal(420), "live_ctr": Decimal("0.14")},
    changed=(("orders", counted(94), counted(96)), ("gmv_net", None, money("2801.10"))),
    state="settled",
)


@pytest.mark.parametrize("story", [full_story(), bare_story(), RICH], ids=["full", "bare", "rich"])
def test_every_number_in_the_prose_is_in_the_figures_table(story: Story) -> None:
    assert strays(story) == []


def test_a_number_that_is_in_no_table_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    made_up = ("made_up", lambda _: (msg("summary.alert.unused", n=7_777),))
    monkeypatch.setattr(sections, "SECTIONS", (*SECTIONS, made_up[1]))
    monkeypatch.setitem(globals(), "SECTIONS", sections.SECTIONS)
    assert strays(full_story()) == [7_777]


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("story", [full_story(), bare_story(), RICH], ids=["full", "bare", "rich"])
def test_the_catalogues_add_no_number_of_their_own(story: Story, language: str) -> None:
    data = [story.title, *(product.name for product in story.products)]
    data += [say(alert.reason) for alert in story.alerts]
    data += [prompt.text for alert in story.alerts for prompt in alert.prompts]
    times = [
        value
        for section in SECTIONS
        for line in lines(section(story))
        if isinstance(line, Msg)
        for value in values(line)
    ]
    allowed = [*table_values(story), *(each for each in times if isinstance(each, When))]
    data += [say(msg("summary.value", value=value), language) for value in allowed]
    licensed = {number for text in data for number in DIGITS.findall(text)}
    assert set(DIGITS.findall(page(story, language))) <= licensed


# Headline


def test_the_headline_says_what_happened_in_one_line() -> None:
    said = texts(sections.headline(full_story()))
    assert said[1] == "GMV US$2,864.40, 96 orders and 312 viewers on average in 2 h 30 min."


def test_the_headline_compares_with_the_medians() -> None:
    said = texts(sections.headline(with_medians(gmv_gross="2400", orders="97", acu="420")))[1]
    assert "US$2,864.40 (19.4% above the usual US$2,400.00)" in said
    assert "96 orders (as usual)" in said
    assert "312 viewers on average (25.6% below the usual 420)" in said


def test_what_is_unknown_is_named_and_never_nought() -> None:
    story = full_story(figures=full_figures() | {"orders": None, "gmv_gross": None, "ctor": None, "aov": None})
    said = "\n".join(texts(sections.headline(story)))
    assert "Not measured: GMV and Orders." in said
    assert "0 orders" not in said


def test_a_settled_summary_shows_old_and_new() -> None:
    said = texts(sections.headline(RICH))
    assert "Orders: 94 → 96" in said
    assert "Net GMV: not measured → US$2,801.10" in said
    assert any("Settled" in text for text in said)
    assert not any("Provisional" in text for text in said)


def test_a_provisional_summary_says_so() -> None:
    assert any(text.startswith("Provisional") for text in texts(sections.headline(full_story())))


# Funnel


def test_the_funnel_gives_each_steps_rate() -> None:
    (table,) = (block for block in sections.funnel(full_story()) if isinstance(block, Table))
    rows = [[say(cell) for cell in row] for row in table.rows]
    assert rows == [
        ["Views", "12,340", "–"],
        ["Engaged viewers", "1,480", "12.0% of views"],
        ["Product clicks", "1,275", "10.3% of views (LIVE CTR)"],
        ["Orders", "96", "7.5% of product clicks (CTOR)"],
        ["GMV", "US$2,864.40", "US$29.84 per order (AOV)"],
    ]


def test_an_unknown_end_of_the_funnel_is_said_to_be_unknown() -> None:
    figures = full_figures() | {"views": None, "engaged": None, "live_ctr": None, "conversion_rate": None}
    (table,) = (block for block in sections.funnel(full_story(figures=figures)) if isinstance(block, Table))
    rows = [[say(cell) for cell in row] for row in table.rows]
    assert rows[0] == ["Views", "not measured", "–"]
    assert rows[2] == ["Product clicks", "1,275", "–"]


@pytest.mark.parametrize(
    ("medians", "text"),
    [
        ({"live_ctr": "0.20", "ctor": "0.075"}, "Weakest step against the room's usual: Views → Product clicks, 10.3%"),
        ({"live_ctr": "0.10", "ctor": "0.07"}, "No step was weaker than is usual in this room."),
        ({"ctor": "0.30"}, "Weakest step by the share that goes on: Product clicks → Orders, 7.5%"),
        ({}, "Weakest step by the share that goes on: Product clicks → Orders, 7.5%"),
    ],
)
def test_the_weakest_step_says_by_what_measure(medians: dict[str, str], text: str) -> None:
    assert any(said.startswith(text) for said in texts(sections.funnel(with_medians(**medians))))


def test_no_weakest_step_without_both_ends() -> None:
    figures = full_figures() | {"views": None, "engaged": None, "live_ctr": None}
    said = texts(sections.funnel(full_story(figures=figures)))
    assert "The weakest step cannot be named without: Views and Engaged viewers." in said


def test_a_funnel_of_which_nothing_is_known() -> None:
    said = texts(sections.funnel(bare_story()))
    assert said[1].startswith("No source gave views")


def test_figures_entered_by_hand_are_marked() -> None:
    figures = full_figures() | {"orders": counted(96, "lines+note:bo")}
    assert "Entered by hand: Orders." in texts(sections.funnel(full_story(figures=figures)))


# Alerts


def test_an_alert_tells_its_lines_and_what_followed() -> None:
    said = texts(sections.alerts(full_story()))
    assert "3 lines offered; Anna used one after 45 s: “Type 1 for red, 2 for black!” (Easy question)." in said
    assert "All-clear after 5 min 50 s, 5 min 5 s after the line was used." in said
    assert "5 orders in the 10 min after it rang." in said
    assert "12 comments a minute where 41 are usual for 380 viewers" in said


def test_an_alert_without_line_all_clear_or_orders() -> None:
    late = cold_alert(opened_s=LENGTH_S - 120, resolved_s=None, prompts=(), orders_next_10min=None)
    said = texts(sections.alerts(full_story(alerts=(late,))))
    assert "No line was offered." in said
    assert "No all-clear before the end." in said
    assert "Orders in the 2 min after it rang: not measured." in said


def test_a_back_test_blames_nobody_for_lines_nobody_could_use() -> None:
    rows = tuple(replace(row, state="offered", answered_s=None) for row in cold_alert().prompts)
    story = full_story(alerts=(cold_alert(prompts=rows),), replayed=True)
    assert "3 lines would have been offered." in texts(sections.alerts(story))
    assert not re.search(r"\bused\b", "".join(texts(sections.alerts(story)) + texts(sections.actions(story))))


def test_a_line_used_after_the_all_clear_gets_no_credit() -> None:
    alert = cold_alert()
    late = replace(alert, prompts=tuple(replace(row, answered_s=4_700) for row in alert.prompts))
    said = texts(sections.alerts(full_story(alerts=(late,))))
    assert "All-clear after 5 min 50 s." in said


def test_no_alerts_no_section() -> None:
    assert sections.alerts(bare_story()) == ()


def test_overlapping_alerts_are_not_counted_twice() -> None:
    rows = tuple(cold_alert(opened_s=start, resolved_s=end) for start, end in ((100, 300), (200, 250), (290, 400)))
    assert alert_seconds(full_story(alerts=rows), "cold_room") == 300


# Products and segments


def test_products_come_best_seller_first() -> None:
    (table,) = (block for block in sections.products(full_story()) if isinstance(block, Table))
    assert [row[0] for row in table.rows] == ["Clip lamp", "Travel mug", "Glass kettle"]
    assert [say(cell) for cell in table.rows[2]] == ["Glass kettle", "520", "12", "2.3%", "US$468.00"]


def test_a_product_column_nobody_measured_is_left_out_and_named() -> None:
    rows = tuple(replace(row, clicks=None) for row in full_story().products)
    blocks = sections.products(full_story(products=rows))
    assert "Not measured per product: Product clicks." in texts(blocks)
    assert all(say(cell) != "not measured" for block in blocks if isinstance(block, Table) for cell in block.rows[0])


def test_a_long_product_list_is_cut_and_says_so() -> None:
    rows = tuple(ProductRow(f"S{place}", f"Thing {place}", 5, 1, usd("9.00")) for place in range(15))
    blocks = sections.products(full_story(products=rows))
    assert "3 more products sold less." in texts(blocks)


def test_segments_keep_the_rundowns_order_and_name_their_products() -> None:
    (table,) = (block for block in sections.segments(full_story()) if isinstance(block, Table))
    assert [say(row[0]) for row in table.rows] == [
        *("Warm-up", "Selling: Glass kettle", "Giveaway", "Selling: Clip lamp and Travel mug", "Close"),
    ]
    assert [say(cell) for cell in table.rows[1]][1:] == ["15 min", "50 min", "4,000", "330", "1,100", "14", "US$540.00"]


@pytest.mark.parametrize("section", [sections.products, sections.segments])
def test_no_rows_no_table(section: sections.Section) -> None:
    assert section(bare_story()) == ()


# Actions


def advice(story: Story) -> list[str]:
    return [say(action.text) for action in choose(story)]


def test_a_cold_spell_names_what_the_quickest_all_clear_followed() -> None:
    (text,) = (action.text for action in choose(full_story()) if action.topic == "cold")
    assert say(text).startswith(
        "The room was cold for 5 min 50 s in all. The quickest all-clear, 5 min 5 s after the line,"
    )
    assert "“Easy question”" in say(text)


def test_lines_nobody_used_are_pointed_out() -> None:
    unused = cold_alert(prompts=tuple(replace(row, state="offered", answered_s=None) for row in cold_alert().prompts))
    assert any("none of the 3 lines offered was used" in text for text in advice(full_story(alerts=(unused,))))


def test_many_clicks_and_few_orders_ask_for_a_look_at_the_price() -> None:
    assert any(text.startswith("Glass kettle: 520 clicks, but a CTOR of only 2.3%") for text in advice(full_story()))


def test_a_product_that_may_just_be_unlucky_is_left_alone() -> None:
    rows = (ProductRow("A", "Kettle", 30, 1, None), ProductRow("B", "Lamp", 400, 32, None))
    assert not any("CTOR of only" in text for text in advice(full_story(products=rows)))


def test_a_later_segment_that_sold_best_is_moved_forward() -> None:
    found = choose(full_story(alerts=(), products=(), checklist_waived=()))
    assert any(action.topic == "rundown" and action.name == "segment.3.orders_per_100_viewer_hours" for action in found)


def test_waived_items_and_a_late_first_link() -> None:
    quiet = {"alerts": (), "products": (), "segments": ()}
    said = advice(full_story(**quiet, releases=(Release(4_000, "KET-1"),)))
    assert any(text.startswith("1 checklist item was waived (") for text in said)
    assert any(text.startswith("The first product link opened 1 h 7 min after the start") for text in said)


def test_nothing_is_called_low_without_a_median() -> None:
    figures = full_figures() | {"live_ctr": ratio("0.001"), "ctor": ratio("0.001")}
    assert not any(action.topic in {"live_ctr", "ctor"} for action in choose(full_story(figures=figures)))
    usual = {"live_ctr": Decimal("0.1")}
    assert any(action.topic == "live_ctr" for action in choose(full_story(figures=figures, medians=usual)))


def test_with_nothing_measured_the_actions_ask_for_sources() -> None:
    found = choose(bare_story())
    assert [action.topic for action in found] == ["source.orders", "source.gmv_gross", "source.product_clicks"]
    assert [action.figure for action in found] == [None] * ACTIONS
    assert found[0].name == "orders"


def test_each_action_names_its_owner() -> None:
    said = texts(sections.actions(full_story()))
    assert len(said) == 1 + ACTIONS
    assert all(re.search(r"\((operator|host|manager)\)$", text) for text in said[1:])


# Any story at all

COUNTS = st.none() | st.integers(0, 5_000)
MONEY = st.none() | st.integers(0, 10**7).map(lambda minor: Money(minor, "USD"))
NAMED = full_figures()


def _rows(kinds: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[AlertRow, ...]]:
    opened = st.integers(0, LENGTH_S)
    pairs = st.tuples(kinds, opened, st.none() | st.integers(0, 900), COUNTS, st.booleans())
    return st.lists(pairs, max_size=4).map(
        lambda rows: tuple(
            cold_alert(
                kind=kind,
                opened_s=at,
                resolved_s=None if took is None else at + took,
                orders_next_10min=orders,
                **({} if offered else {"prompts": ()}),
            )
            for kind, at, took, orders, offered in rows
        )
    )


@st.composite
def stories(draw: st.DrawFn) -> Story:
    known = draw(st.sets(st.sampled_from(sorted(NAMED))))
    figures: Mapping = {name: NAMED[name] if name in known else None for name in (*FIGURE_NAMES, "engaged")}
    products = draw(st.lists(st.tuples(COUNTS, COUNTS, MONEY), max_size=4))
    segments = draw(
        st.lists(
            st.tuples(st.sampled_from(["selling", "giveaway"]), COUNTS, st.none() | st.decimals(0, 900, places=2)),
            max_size=5,
        )
    )
    medians = draw(st.dictionaries(st.sampled_from(sorted(NAMED)), st.decimals(0, 5_000, places=3)))
    return bare_story(
        figures=figures,
        products=tuple(ProductRow(f"S{place}", f"P{place}", *row) for place, row in enumerate(products)),
        segments=tuple(
            SegmentRow(kind, place * 900, place * 900 + 900, (f"S{place}",), None, orders, orders, None, acu)
            for place, (kind, orders, acu) in enumerate(segments)
        ),
        alerts=draw(_rows(st.sampled_from(["cold_room", "no_data"]))),
        releases=tuple(Release(at, "S0") for at in draw(st.lists(st.integers(0, LENGTH_S), max_size=2))),
        nudges_dropped=draw(st.integers(0, 30)),
        medians=medians or None,
        timeline=full_story().timeline if draw(st.booleans()) else bare_story().timeline,
    )


@settings(max_examples=60, deadline=None)
@given(stories())
def test_always_three_actions_on_three_topics_with_figures_from_the_table(story: Story) -> None:
    found = choose(story)
    table = ledger(story)
    assert len(found) == ACTIONS == len({action.topic for action in found})
    for action in found:
        assert action.figure == table[action.name]
        assert (action.figure is None) == action.topic.startswith("source.")
    assert strays(story) == []
    assert "not measured" not in "".join(say(action.text) for action in found if action.figure is not None).replace(
        "were not measured", ""
    ).replace("was not measured", "")


@settings(max_examples=20, deadline=None)
@given(stories())
def test_every_key_has_its_text_and_its_values(story: Story) -> None:
    for language in ("en", "zh-CN"):
        said = page(story, language)
        assert not re.search(r"summary\.[a-z]", said)
        assert "{" not in said
