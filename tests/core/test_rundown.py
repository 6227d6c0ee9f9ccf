"""The standard rundown: nothing missing, nothing over, cues where their segments are."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bot.core.rundown import standard

_SKUS = st.lists(st.text(min_size=1, max_size=6), max_size=40, unique=True)
_LENGTHS = st.integers(min_value=600, max_value=24 * 3600)


@given(_LENGTHS, _SKUS)
def test_segments_fill_the_show_without_gaps(length, skus):
    segments = standard("s", length, skus).segments
    assert length == sum(segment.length_s for segment in segments)
    assert 0 == segments[0].starts_s
    assert all(before.starts_s + before.length_s == after.starts_s for before, after in pairwise(segments))
    assert all(segment.length_s > 0 for segment in segments)
    assert list(range(len(segments))) == [segment.position for segment in segments]
    assert ("warm_up", "close") == (segments[0].kind, segments[-1].kind)


@given(_LENGTHS, _SKUS)
def test_every_product_is_sold_once_and_in_order(length, skus):
    rundown = standard("s", length, skus)
    assert skus == [sku for segment in rundown.segments for sku in segment.skus]
    assert skus == [cue.sku for cue in rundown.cues if cue.kind == "release"]


@given(_LENGTHS, _SKUS)
def test_cues_come_in_order_inside_the_show(length, skus):
    cues = standard("s", length, skus).cues
    times = [cue.at_s for cue in cues]
    assert times == sorted(times)
    assert all(0 < at_s < length for at_s in times)
    assert len({cue.id for cue in cues}) == len(cues)
    selling = [
        (segment.starts_s, segment.starts_s + segment.length_s, segment.skus)
        for segment in standard("s", length, skus).segments
    ]
    for cue in cues:
        if cue.sku is not None:
            assert any(start <= cue.at_s < end and cue.sku in of_unit for start, end, of_unit in selling)


@given(_LENGTHS, st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=12, unique=True))
def test_the_steps_of_a_product_keep_their_order(length, skus):
    rundown = standard("s", length, skus)
    order = ["hold", "tease", "countdown", "release", "recap"]
    for sku in skus:
        of_product = [cue for cue in rundown.cues if cue.sku == sku]
        by_time = [cue.kind for cue in sorted(of_product, key=lambda cue: (cue.at_s, order.index(cue.kind)))]
        assert by_time == [kind for kind in order if kind in by_time]
        assert {"hold", "release"} <= set(by_time)
