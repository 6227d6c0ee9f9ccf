"""What is offered for what somebody has typed so far."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.handling import LONGEST_LABEL, Offer
from bot.core.matching import MOST_OFFERS, folded, matching

ROOMS = [Offer(f"room_{number}", f"Room {number}") for number in range(60)]


def values(offers):
    return [offer.value for offer in offers]


@pytest.mark.parametrize(
    ("typed", "count"), [("nothing like it", 0), ("room_1", 11), ("m 57", 1), ("room", MOST_OFFERS)]
)
def test_as_many_as_fit_and_25_at_most(typed, count):
    assert len(matching(ROOMS, typed)) == count


def test_three_of_sixty():
    assert values(matching(ROOMS, "5", limit=3)) == ["room_5", "room_50", "room_51"]


def test_nothing_typed_gives_the_likeliest_in_the_order_given():
    assert matching(ROOMS, "") == ROOMS[:MOST_OFFERS] == matching(ROOMS, "  ")


def test_the_better_fit_comes_first_and_equals_stay_in_order():
    offers = [
        Offer("far", "somewhere in between us"),
        Offer("xus"),
        Offer("b", "the us one"),
        Offer("a", "us by label"),
        Offer("us_2"),
        Offer("us_1"),
        Offer("named", also=("us",)),
    ]
    assert values(matching(offers, "us")) == ["named", "us_2", "us_1", "a", "far", "b", "xus"]


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("sao paulo", "São Paulo"),
        ("SÃO PAULO", "Sao Paulo"),
        ("ｓａｏ　ｐａｕｌｏ", "São Paulo"),
        ("sao_paulo", "São-Paulo"),
        ("lodz", "Łódź"),
        ("da nang", "Đà Nẵng"),
        ("strasse", "Straße"),
        ("上海", "上海 · 中国标准时间"),
        ("ﾄｳｷｮｳ", "トウキョウ"),
        ("서울", "서울특별시"),
    ],
)
def test_case_accents_and_widths_do_not_matter(typed, label):
    assert matching([Offer("v", label), Offer("other")], typed) == [Offer("v", label)]


def test_a_mark_that_is_a_letter_of_its_script_counts():
    assert matching([Offer("v", "กา")], "กี") == []
    assert matching([Offer("v", "ร้าน")], "ร้าน") == [Offer("v", "ร้าน")]


def test_words_are_found_in_any_order_but_all_of_them():
    offers = [
        Offer("America/Sao_Paulo", "São Paulo · UTC-3", also=("Brazil",)),
        Offer("America/Bahia", also=("Brazil",)),
    ]
    assert values(matching(offers, "brazil paulo")) == ["America/Sao_Paulo"]


OFFER = st.builds(Offer, st.text(max_size=20), st.text(max_size=20), st.none(), st.tuples(st.text(max_size=9)))


@given(st.lists(OFFER, max_size=40), st.text(max_size=12))
def test_whatever_is_typed_gives_some_of_the_offers_and_no_other(offers, typed):
    found = matching(offers, typed)
    assert len(found) <= MOST_OFFERS
    assert all(found.count(offer) <= offers.count(offer) for offer in found)
    text = {offer: " ".join(folded(name) for name in (offer.value, offer.label, *offer.also)) for offer in found}
    assert all(word in text[offer] for offer in found for word in folded(typed).split())


@given(st.lists(OFFER, min_size=1, max_size=40), st.data())
def test_whoever_types_the_whole_value_finds_it_first(offers, data):
    wanted = folded(data.draw(st.sampled_from(offers)).value)
    first = matching(offers, wanted)[0]
    assert not wanted or wanted in {folded(name) for name in (first.value, first.label, *first.also)}


@given(st.builds(Offer, st.text(max_size=120), st.text(max_size=300)))
def test_where_only_one_line_is_seen_it_has_the_value_and_is_short(offer):
    assert len(offer.alone) <= LONGEST_LABEL
    if offer.label and len(offer.value) < 90 and offer.value.isprintable():
        assert offer.alone.endswith(f"({offer.value})")
